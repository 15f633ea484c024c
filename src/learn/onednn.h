/* SPDX-License-Identifier: Apache-2.0
 *
 * The door to oneDNN: the one place that sees its headers (C APIs 2.x and 3.x). It does for us the
 * products of weighted layers, convolutions and linear layers, in f32 or bf16:
 *
 *     forward            y  = W * x + b
 *     backward data      dx = W' * dy
 *     backward weights   dW = dy * x',  db = sum of dy
 *
 * and products of two activations (attention).
 *
 * Activations are NHWC, of the geometry's type. Weights, biases and their gradients are f32 to the
 * outside, in the plain layout (out, in / groups, kernel, kernel). Each pass wants weights in a
 * layout and type of its own: `pack` makes them, once a step; `unpack` brings back a gradient.
 *
 * A door belongs to one thread at a time, and always runs on that thread alone. It keeps every
 * product that it has made: asking again for the same geometry costs a look into a table. Nothing is
 * allocated by running; scratch memory is the caller's. */
#ifndef WEFT_LEARN_ONEDNN_H
#define WEFT_LEARN_ONEDNN_H

#include "base/error.h"
#include "learn/type.h"

typedef struct weft_dnn weft_dnn;

weft_status weft_dnn_create(weft_dnn **dnn, weft_error *error) WEFT_NODISCARD;
void weft_dnn_destroy(weft_dnn *dnn);

/* The choices among kernels that the door makes, for who offers others beside them; borrowed. */
typedef struct weft_choices weft_choices;
weft_choices *weft_dnn_choices(const weft_dnn *dnn);

/* Whether this CPU computes in bf16 by itself (AVX-512 BF16, AMX); where it does not, asking for bf16
 * is answered with WEFT_ERROR_UNAVAILABLE. */
bool weft_dnn_has_bf16(void);

/* Compared byte by byte: fill it from {0}. */
typedef struct weft_dnn_geometry {
    int32_t type;           /* weft_type */
    int32_t linear;         /* 1: a linear layer of `batch` rows; windows are not looked at */
    int32_t bias;           /* 0 or 1 */
    int32_t input_gradient; /* 1: `backward data` will be asked for */
    int32_t batch;
    int32_t in_channels, in_height, in_width;
    int32_t out_channels, out_height, out_width;
    int32_t kernel_height, kernel_width, stride_height, stride_width;
    int32_t pad_height, pad_width;           /* on each side */
    int32_t dilation_height, dilation_width; /* 1: none */
    int32_t groups;                          /* 1: none */
} weft_dnn_geometry;

typedef enum weft_dnn_pass {
    WEFT_DNN_FORWARD,
    WEFT_DNN_BACKWARD_DATA,
    WEFT_DNN_BACKWARD_WEIGHTS,
    WEFT_DNN_PASSES
} weft_dnn_pass;

/* As words of keys in the file of choices: "forward", "f32|n24|16>32+b|8x8>8x8|k3x3|...". The text has
 * room for WEFT_DNN_NAME bytes. */
enum { WEFT_DNN_NAME = 192 };
const char *weft_dnn_pass_name(weft_dnn_pass pass);
void weft_dnn_geometry_name(const weft_dnn_geometry *geometry, char *text);

typedef struct weft_dnn_product weft_dnn_product;

/* Borrowed from the door: good until it is destroyed. */
weft_status weft_dnn_product_get(weft_dnn *dnn, const weft_dnn_geometry *geometry,
                                 weft_dnn_product **product, weft_error *error) WEFT_NODISCARD;

/* The product of another door's geometry by the kernels that were chosen there, for who shares packed
 * weights or wants the same bits: choices may differ where the file of choices cannot be written. */
weft_status weft_dnn_product_like(weft_dnn *dnn, const weft_dnn_product *model,
                                  weft_dnn_product **product, weft_error *error) WEFT_NODISCARD;

/* Bytes of the weights as a pass reads them, or, for BACKWARD_WEIGHTS, as it writes their gradient
 * (f32; may be padded, padding is written as zero). */
size_t weft_dnn_product_packed(const weft_dnn_product *product, weft_dnn_pass pass);

/* Bytes that a pass needs while it runs; 0 is possible. */
size_t weft_dnn_product_scratch(const weft_dnn_product *product, weft_dnn_pass pass);

/* What a pass reads and writes; the others NULL. Each is aligned to 64 bytes, but for `input`: a part
 * of a batch begins where the one before it ends. */
typedef struct weft_dnn_places {
    const void *input;           /* FORWARD, BACKWARD_WEIGHTS */
    const void *weights;         /* packed; FORWARD, BACKWARD_DATA */
    const float *bias;           /* FORWARD */
    void *output;                /* FORWARD */
    const void *output_gradient; /* both backward */
    void *input_gradient;        /* BACKWARD_DATA */
    float *weights_gradient;     /* packed; BACKWARD_WEIGHTS */
    float *bias_gradient;        /* BACKWARD_WEIGHTS */
    void *scratch;
} weft_dnn_places;

weft_status weft_dnn_product_run(weft_dnn_product *product, weft_dnn_pass pass,
                                 const weft_dnn_places *places, weft_error *error) WEFT_NODISCARD;

/* Plain f32 weights to what FORWARD or BACKWARD_DATA reads. */
weft_status weft_dnn_product_pack(weft_dnn_product *product, weft_dnn_pass pass, const float *plain,
                                  void *packed, weft_error *error) WEFT_NODISCARD;

/* The gradient that BACKWARD_WEIGHTS wrote to the plain layout. */
weft_status weft_dnn_product_unpack(weft_dnn_product *product, const float *packed, float *plain,
                                    weft_error *error) WEFT_NODISCARD;

/* The kernel that was chosen for a pass, "brgconv:avx512_core"; "none" without the pass. */
const char *weft_dnn_product_kernel(const weft_dnn_product *product, weft_dnn_pass pass);

/* ---- products of two activations --------------------------------------------------------------
 * For each image n and head h:  C[n][h] (rows x columns) = A[n][h] (rows x inner) B[n][h] (inner x
 * columns), each element at  n * image + h * head + row * row_step + column * column_step  elements
 * from its base: steps of {1, x} are a transposed matrix. */
typedef struct weft_dnn_matrix {
    int64_t image, head, row_step, column_step;
} weft_dnn_matrix;

typedef struct weft_dnn_matmul_geometry {
    int32_t type, images, heads, rows, inner, columns;
    weft_dnn_matrix a, b, c;
} weft_dnn_matmul_geometry;

typedef struct weft_dnn_matmul weft_dnn_matmul;

weft_status weft_dnn_matmul_get(weft_dnn *dnn, const weft_dnn_matmul_geometry *geometry,
                                weft_dnn_matmul **matmul, weft_error *error) WEFT_NODISCARD;
weft_status weft_dnn_matmul_like(weft_dnn *dnn, const weft_dnn_matmul *model,
                                 weft_dnn_matmul **matmul, weft_error *error) WEFT_NODISCARD;
size_t weft_dnn_matmul_scratch(const weft_dnn_matmul *matmul);
weft_status weft_dnn_matmul_run(weft_dnn_matmul *matmul, const void *a, const void *b, void *c,
                                void *scratch, weft_error *error) WEFT_NODISCARD;
const char *weft_dnn_matmul_kernel(const weft_dnn_matmul *matmul);

#endif
