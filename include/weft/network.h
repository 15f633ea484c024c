/* SPDX-License-Identifier: Apache-2.0
 *
 * Networks: layers on a directed graph, with shapes, multiply-accumulates (MACs) and parameters.
 * This one definition is what is trained (learn.h) and what is mapped onto the chip (hardware.h).
 *
 * A network is grown layer by layer; each addition infers its shape or fails with the reason.
 * Layers stand in topological order: every input of a layer has a smaller index. Skip connections
 * are edges like any other.
 */
#ifndef WEFT_NETWORK_H
#define WEFT_NETWORK_H

#include <weft/base.h>

/* Every operation, once: name, token. What each needs and makes is at weft_layer. */
#define WEFT_OP_MAP(X)                                                                             \
    X(WEFT_OP_INPUT, "input")                                                                      \
    X(WEFT_OP_CONV, "conv")                                                                        \
    X(WEFT_OP_BATCH_NORM, "batch_norm")                                                            \
    X(WEFT_OP_RELU, "relu")                                                                        \
    X(WEFT_OP_MAX_POOL, "max_pool")                                                                \
    X(WEFT_OP_AVERAGE_POOL, "average_pool")                                                        \
    X(WEFT_OP_ADD, "add")                                                                          \
    X(WEFT_OP_FLATTEN, "flatten")                                                                  \
    X(WEFT_OP_LINEAR, "linear")                                                                    \
    X(WEFT_OP_DROPOUT, "dropout")                                                                  \
    X(WEFT_OP_MATMUL, "matmul")                                                                    \
    X(WEFT_OP_LAYER_NORM, "layer_norm")                                                            \
    X(WEFT_OP_RELU6, "relu6")                                                                      \
    X(WEFT_OP_HARD_SWISH, "hard_swish")                                                            \
    X(WEFT_OP_HARD_SIGMOID, "hard_sigmoid")                                                        \
    X(WEFT_OP_SIGMOID, "sigmoid")                                                                  \
    X(WEFT_OP_GELU, "gelu")                                                                        \
    X(WEFT_OP_SOFTMAX, "softmax")                                                                  \
    X(WEFT_OP_AVERAGE_WINDOW, "average_window")                                                    \
    X(WEFT_OP_MULTIPLY, "multiply")                                                                \
    X(WEFT_OP_CONCAT, "concat")                                                                    \
    X(WEFT_OP_SLICE, "slice")                                                                      \
    X(WEFT_OP_TOKENS, "tokens")                                                                    \
    X(WEFT_OP_TOKEN, "token")                                                                      \
    X(WEFT_OP_EMBEDDING, "embedding")                                                              \
    X(WEFT_OP_ADD_EMBEDDING, "add_embedding")                                                      \
    X(WEFT_OP_PAD_CHANNELS, "pad_channels")                                                        \
    X(WEFT_OP_TO_MAP, "map")                                                                       \
    X(WEFT_OP_DROP_PATH, "drop_path")                                                              \
    X(WEFT_OP_AVERAGE_INSIDE, "average_inside")

/* The order is part of the hash: new operations go to the end. */
typedef enum weft_op {
#define WEFT_OP_ENUM(name, token) name,
    WEFT_OP_MAP(WEFT_OP_ENUM)
#undef WEFT_OP_ENUM
        WEFT_OP_COUNT
} weft_op;

/* Channels, height, width. A flat vector of n features is {n, 1, 1}; a sequence of T tokens with n
 * features each is {n, T, 1}. */
typedef struct weft_shape {
    int32_t channels, height, width;
} weft_shape;

/* Along the rows (height) and along the columns (width) of a map. */
typedef struct weft_extent {
    int32_t height, width;
} weft_extent;

/* How often each value of an operand occurs: n bins that sum to 1, bin i stands for the value
 * i - (n - 1) / 2 in units of the operand's step, so with odd n the centre bin is zero. */
typedef struct weft_histogram {
    int32_t n;
    const double *share;
} weft_histogram;

/* Histograms of a layer's operands, NULL where unknown. */
typedef struct weft_operands {
    const weft_histogram *inputs, *weights, *outputs;
} weft_operands;

/* Bits of a layer's operands; 0: what the chip takes where nobody says otherwise. */
typedef struct weft_layer_bits {
    int32_t weights, inputs, outputs;
} weft_layer_bits;

enum { WEFT_NO_BLOCK = -1, WEFT_MAX_BITS = 64 };

/* One layer. Which fields an operation uses (others are ignored); in: the shape of its first input.
 *   CONV            out_channels, kernel, stride, pad, dilation, groups, bias; depthwise: groups =
 *                   in.channels
 *   LINEAR          out_channels, bias, tied; of each token where the input is a sequence {n, T, 1}
 *   MATMUL          two inputs, groups (heads), transpose. Per head, sequences {g a, T, 1} and
 *                   {g b, U, 1}: transpose: A B^T, a = b, gives {g U, T, 1} (scores Q K^T);
 *                   otherwise A B, a = U, gives {g b, T, 1} (scores times V)
 *   BATCH_NORM      scale and shift of each channel (also of MobileBERT's NoNorm)
 *   LAYER_NORM      scale and shift of each channel, statistics over the channels of a position
 *   MAX_POOL, AVERAGE_WINDOW   kernel, stride, pad
 *   AVERAGE_INSIDE  the same; the mean is over those positions of the window that lie on the map,
 *                   where AVERAGE_WINDOW counts zeros of the padding (PyTorch's count_include_pad)
 *   AVERAGE_POOL    adaptive, to pool_side x pool_side; 1: global
 *   ADD             two inputs of equal shape
 *   MULTIPLY        two inputs, the second of equal shape or {channels, 1, 1} (squeeze-excite)
 *   CONCAT          any number of inputs of equal height and width, along the channels
 *   SLICE           out_channels channels from channel `offset` on
 *   PAD_CHANNELS    channels of zeros behind those of the input, up to out_channels
 *   TOKENS          {n, H, W} becomes the sequence {n, H W + entries, 1}, with `entries` trained
 *                   tokens in front (class token); behind them position (y, x) is token y W + x
 *   TO_MAP          the way back: {n, T, 1} becomes the map {n, H, W} of H = `entries` rows, W = T / H;
 *                   token t is position (t / W, t % W)
 *   TOKEN           keeps token `offset` of a sequence: {n, 1, 1}
 *   EMBEDDING       a sequence of numbers {1, T, 1} becomes {out_channels, T, 1}, from a trained
 *                   table of `entries` rows
 *   ADD_EMBEDDING   adds to each token a row of a trained table of `entries` rows (positions, kinds
 *                   of token)
 *   SOFTMAX         over the channels of a position, in `groups` equal parts (heads)
 *   DROPOUT         rate: of the values
 *   DROP_PATH       rate: of the images. In training all values of an image become 0 with this
 *                   probability and are divided by 1 - rate otherwise, drawn for each image and layer
 *                   anew; nothing where a network is measured. Stands before the sum of a residual
 *                   block, on the branch that may be missing (Huang et al., "Deep networks with
 *                   stochastic depth", ECCV 2016, arXiv 1603.09382)
 *   FLATTEN and the activations take nothing */
typedef struct weft_layer {
    weft_op op;
    const int32_t *input; /* n_inputs producers; the network keeps a copy of its own */
    int32_t n_inputs;
    int32_t block; /* the block it belongs to, from 0; WEFT_NO_BLOCK: input or head */
    int32_t out_channels;
    weft_extent kernel, stride, pad; /* pad: zeros on each side */
    weft_extent dilation;            /* 0 means 1 */
    int32_t groups;                  /* 0 means 1 */
    int32_t pool_side;
    int32_t offset, entries;
    bool bias;
    bool transpose;
    bool tied;   /* LINEAR: its weights are those of an embedding, counted there */
    double rate; /* the share that is dropped, 0 <= rate < 1 */
    /* Carried for the hardware; the network keeps copies of its own. */
    weft_layer_bits bits;
    weft_operands operands;
    /* Of layers of products, for the hardware as well: how often its weights lie on the chip, to work
     * side by side (0: the chip decides), and the part of a system that it runs on (hardware.h,
     * weft_workload_assign). Part of the hash where they are not 0. */
    int32_t copies, region;
    /* Where a layer with parameters, or a product of two activations, whose quantizers have steps,
     * stands in its family: layers of two networks of a family that
     * have the same place share weights in a supernet, the smaller one has a slice of the larger. 0:
     * it shares with nobody. Not part of the hash. */
    int32_t place;
    const char *name; /* of a layer in a table; NULL: none. Not part of the hash. */
    /* inferred: */
    int32_t batch; /* 1, except in a layer table */
    weft_shape in, out;
    int64_t macs;   /* multiply-accumulates for one input, in a table for its batch; 0: none */
    int64_t params; /* trained weights, biases, scales and shifts */
} weft_layer;

enum { WEFT_NETWORK_NAME = 128 };

typedef struct weft_network {
    char name[WEFT_NETWORK_NAME]; /* "imc:R32,V64" */
    weft_layer *layers;
    int32_t n_layers, capacity;
    int32_t n_blocks;
    int64_t macs, params; /* sums over the layers */
    /* A layer table: layers 1 .. n_layers - 1 are CONV, LINEAR or MATMUL of given dimensions, in
     * their order; shapes do not follow from the layer before. Edges only say the order. */
    bool is_table;
    struct weft_network_memory *memory; /* the network's own: edges, histograms, names */
} weft_network;

WEFT_API const char *weft_op_token(weft_op op);

/* An empty network with its input layer (index 0). Sides and channels 1 .. 65536. */
WEFT_API weft_status weft_network_create(const char *name, weft_shape input, weft_network **network,
                                         weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_network_destroy(weft_network *network);

/* Empties a network and begins anew, as if it had just been created, in the memory that it has: for
 * who builds many, one after the other. Pointers into it are no longer good. After an error it is as
 * it was. */
WEFT_API weft_status weft_network_clear(weft_network *network, const char *name, weft_shape input,
                                        weft_error *error) WEFT_NODISCARD;

/* Appends a copy of *layer (its inferred fields are ignored and computed), *index becomes its
 * place. WEFT_ERROR_INFEASIBLE when it cannot be built: a window larger than the map, shapes that
 * do not add up, a pool below 1 x 1; the message says which layer and which shapes. */
WEFT_API weft_status weft_network_add(weft_network *network, const weft_layer *layer,
                                      int32_t *index, weft_error *error) WEFT_NODISCARD;

/* Makes `copy`, whatever it was, the same as another network, in the memory that it has. After an
 * error it holds some of the layers. */
WEFT_API weft_status weft_network_copy(const weft_network *network, weft_network *copy,
                                       weft_error *error) WEFT_NODISCARD;

/* A 64-bit hash of everything that makes a difference to training or hardware: ops, edges, sizes,
 * bits, histograms, copies and regions; not of names. Equal phenotypes have equal hashes. */
WEFT_API uint64_t weft_network_hash(const weft_network *network);

/* ---- what the hardware computes ---------------------------------------------------------------
 * A layer of products as the seven loops of a convolution and its groups, all at least 1:
 *   out[n][g m][p][q] += weight[g m][c][r][s] in[n][g c][p stride + r dilation][...]
 * macs = n g c m r s p q. A depthwise convolution has g = channels and c = m = 1; a linear layer
 * over T tokens p = T, q = 1; a product of two activations g = heads, p = T of the first, and the
 * second in the place of the weights: `dynamic`, they are written anew for each input. */
typedef struct weft_loops {
    int32_t n;    /* batch */
    int32_t c, m; /* input and output channels of a group */
    int32_t r, s; /* rows and columns of the kernel */
    int32_t p, q; /* rows and columns of the output */
    int32_t g;    /* groups */
    int32_t stride_h, stride_w, dilation_h, dilation_w;
    bool dynamic;
} weft_loops;

/* Fills *loops for CONV, LINEAR and MATMUL and returns true; false for other operations. */
WEFT_API bool weft_layer_loops(const weft_network *network, int32_t layer, weft_loops *loops);

/* Appends a layer of given dimensions to a network that holds only such layers (is_table is set by
 * the first). `op` is CONV, LINEAR or MATMUL; bits, operands, copies, region and name are those of
 * *carried, which may be NULL. WEFT_ERROR_INPUT where a dimension is below 1 or a count overflows 64 bits. */
WEFT_API weft_status weft_network_add_loops(weft_network *network, weft_op op,
                                            const weft_loops *loops, const weft_layer *carried,
                                            weft_error *error) WEFT_NODISCARD;

/* ---- topology ---------------------------------------------------------------------------------
 * What skip connections make of a network, as two figures that need no training: NN-Degree (Li et
 * al., "FLASH", ACM TECS 20(5s), 2021, arXiv 2108.00568) and NN-Mass (Bhardwaj et al., CVPR 2021, arXiv
 * 1910.00780), counted on any graph.
 *
 * Nodes are the output channels of convolutions and linear layers that work on maps or tokens, not on
 * single values: classifiers and squeeze-excite have none. Layer i has n_i nodes, and a channel that
 * it takes in leads to f_i = n_i / groups of them. Its depth is one more than the largest among what
 * its input channels come from (followed through norms, activations, pools, joins); the image has
 * depth 0. Skips of layer i are, in channels,
 *   - those of its input that come from layers less deep than that largest depth (concatenation), and
 *   - those that are added to its output, or to what norms make of it, from layers less deep than it.
 * A cell is what lies between two changes of the size of the maps, in the order of the layers. With
 * s_i skips, of which p_i could be (the channels of layers of its cell that are at least two less
 * deep) and q_i come from its own cell,
 *   degree  g = sum over cells of  sum_i f_i (n_i + s_i) / sum_i n_i
 *   mass    m = sum over cells of  (sum_i q_i / sum_i p_i) sum_i n_i
 * In a cell of d layers with w channels each, degree is w + SC / (w d), SC = w sum_i s_i: the links
 * that a node has in the mean, of a lattice in which each node leads to all w of the next layer, and
 * of skips. A skip that is added to a network (it joins no deeper layer, and changes no n_i) never
 * lowers the degree. */
enum { WEFT_TOPOLOGY_MAX_CELLS = 64 };

typedef struct weft_topology_cell {
    weft_extent map; /* height and width of what its layers give */
    int32_t layers;
    int64_t nodes;    /* sum of n_i */
    int64_t skips;    /* sum of s_i, channels */
    int64_t inside;   /* sum of q_i */
    int64_t possible; /* sum of p_i */
    int64_t links;    /* sum of f_i (n_i + s_i) */
    double degree;    /* links / nodes */
    double density;   /* inside / possible; 0 where none is possible */
} weft_topology_cell;

typedef struct weft_topology {
    double degree, mass;
    int32_t depth; /* of the deepest layer */
    int32_t n_cells;
    weft_topology_cell cells[WEFT_TOPOLOGY_MAX_CELLS];
} weft_topology;

/* WEFT_ERROR_INPUT: a layer table, which has no edges; a network without such layers, or with more than
 * WEFT_TOPOLOGY_MAX_CELLS cells. */
WEFT_API weft_status weft_network_topology(const weft_network *network, weft_topology *topology,
                                           weft_error *error) WEFT_NODISCARD;

/* ---- networks by name ------------------------------------------------------------------------ */

/* A family of networks that has a name: a row of the table that `weft_network_read` looks into. */
typedef struct weft_network_family {
    const char *name;    /* "resnet18" */
    const char *text;    /* one line for a list */
    const char *source;  /* paper or code it follows */
    const char *options; /* the keys it knows: "input,classes,width" */
} weft_network_family;

/* Row i of the table, NULL behind the last one. */
WEFT_API const weft_network_family *weft_network_family_at(size_t i);

/* An option that some families take: "width" and one line for a list. */
typedef struct weft_network_option {
    const char *name, *text;
} weft_network_option;

/* Option i of all, NULL behind the last one. */
WEFT_API const weft_network_option *weft_network_option_at(size_t i);

/* Builds the network that `text` names:
 *   resnet18                                 a family
 *   resnet18@input=3x32x32,classes=10        with options (docs/reference/networks.md)
 *   imc:R32,V64                              the imc family with its blocks; options as above
 *   layers.csv, ./layers.yaml                a layer table: a '/' in it or the ending .csv, .yaml
 * Unknown names and options are WEFT_ERROR_INPUT with the nearest one; a file that cannot be read
 * WEFT_ERROR_IO; a network whose maps shrink to nothing WEFT_ERROR_INFEASIBLE. */
WEFT_API weft_status weft_network_read(const char *text, weft_network **network,
                                       weft_error *error) WEFT_NODISCARD;

/* The same for a training: told the shape of its input and its classes where the text does not say
 * them and names no file; "resnet20" for 3 x 32 x 32 and 10 classes is
 * resnet20@input=3x32x32,classes=10. The head of an imc network whose text does not say it pools to
 * WEFT_IMC_TRAINED_POOL. */
WEFT_API weft_status weft_network_read_for(const char *text, weft_shape input, int classes,
                                           weft_network **network,
                                           weft_error *error) WEFT_NODISCARD;

/* A layer table from memory, `name` is what errors call it (docs/reference/networks.md). Errors are
 * WEFT_ERROR_INPUT with line and column. */
WEFT_API weft_status weft_network_parse_csv(const char *text, size_t length, const char *name,
                                            weft_network **network,
                                            weft_error *error) WEFT_NODISCARD;
WEFT_API weft_status weft_network_parse_yaml(const char *text, size_t length, const char *name,
                                             weft_network **network,
                                             weft_error *error) WEFT_NODISCARD;

/* Writes the layers of products of any network as a layer table in CSV, with bits and histograms
 * where the layers carry some; weft_network_read gives the same loops back. A layer without a name
 * gets its kind and place ("conv7"). The file is replaced as a whole or stays as it was. A network
 * without products is WEFT_ERROR_INPUT, a file that cannot be written WEFT_ERROR_IO. */
WEFT_API weft_status weft_network_write_csv(const weft_network *network, const char *path,
                                            weft_error *error) WEFT_NODISCARD;

/* ---- the imc family: chains of VGG, MVGG and RES blocks ----------------------------------------
 * Source: Amin, Mohammadi, Zand, "Multi-objective neural architecture search for in-memory
 * computing" (ISVLSI 2024, arXiv 2406.06746); exact layer orders from the authors' follow-up code
 * (CrossNAS). ci: input channels, k: kernels.
 *   VGG    conv3x3(ci,k) BN ReLU conv3x3(k,k) BN ReLU maxpool2x2      (biases; halves the map)
 *   MVGG   the same without the pool
 *   RES    conv3x3(ci,k) BN ReLU conv3x3(k,k) BN, plus conv1x1(ci,k) BN of the input; ReLU
 *          (no biases)
 *   head   adaptive average pool to pool x pool, flatten, then for each hidden width: linear ReLU
 *          dropout; then linear to the classes                                              */
typedef enum weft_block { WEFT_BLOCK_VGG, WEFT_BLOCK_MVGG, WEFT_BLOCK_RES } weft_block;

enum { WEFT_IMC_MAX_DEPTH = 32, WEFT_IMC_MAX_HIDDEN = 8, WEFT_IMC_MAX_KERNELS = 4096 };

/* The side that the head of the paper's trained networks pools to, as in the space imc-cnn. */
enum { WEFT_IMC_TRAINED_POOL = 2 };

typedef struct weft_imc_spec {
    weft_shape input; /* default 3 x 32 x 32 */
    int32_t classes;  /* default 10 */
    int32_t depth;
    weft_block blocks[WEFT_IMC_MAX_DEPTH];
    int32_t kernels[WEFT_IMC_MAX_DEPTH];
    int32_t head_pool;                   /* default 1; WEFT_IMC_TRAINED_POOL where it is trained */
    int32_t n_hidden;                    /* default 2 */
    int32_t hidden[WEFT_IMC_MAX_HIDDEN]; /* default 200, 50 */
    double dropout;                      /* default 0.2 */
} weft_imc_spec;

/* Defaults: depth 0, input 3x32x32, 10 classes, head 1x1 -> 200 -> 50, dropout 0.2. */
WEFT_API void weft_imc_defaults(weft_imc_spec *spec);

/* Reads "R32,V64,M128" (an optional "imc:" in front) into blocks and kernels of *spec. */
WEFT_API weft_status weft_imc_parse(const char *text, weft_imc_spec *spec,
                                    weft_error *error) WEFT_NODISCARD;

/* Writes "R32,V64,M128"; returns `buffer`. */
WEFT_API char *weft_imc_text(const weft_imc_spec *spec, char *buffer, size_t size);

WEFT_API weft_status weft_imc_build(const weft_imc_spec *spec, weft_network **network,
                                    weft_error *error) WEFT_NODISCARD;

/* The same in the place of a network that is there, whatever it was; after an error it holds some of
 * the layers. */
WEFT_API weft_status weft_imc_build_into(const weft_imc_spec *spec, weft_network *network,
                                         weft_error *error) WEFT_NODISCARD;

#endif
