/* SPDX-License-Identifier: Apache-2.0
 *
 * A chip as a hierarchy of levels (system, chip, group, tile, macro, array, column, row, cell: any
 * names, any number), with parts at the levels. The file's parameters and expressions become one
 * list of variables, in an order in which each needs only those before it; pricing runs down the
 * list and then asks each part's class for its price. docs/reference/chip-hierarchy.md has the
 * format. */
#ifndef WEFT_HARDWARE_HIERARCHY_H
#define WEFT_HARDWARE_HIERARCHY_H

#include "base/expr.h"
#include "hardware/fill.h"
#include "hardware/operand.h"
#include "hardware/part.h"

enum {
    WEFT_MAX_LEVELS = 16,
    WEFT_MAX_VARIABLES = 512,
    WEFT_MAX_BOUNDS = 8,
    WEFT_MAX_LIMITS = 16,
    WEFT_MAX_HOLDERS = 4, /* parts that a loop in time may be split over */
    WEFT_NAME = 48,
    WEFT_NO_VARIABLE = -1,
};

/* The operands as a set of bits. */
typedef enum weft_tensor {
    WEFT_TENSOR_INPUTS = 1,
    WEFT_TENSOR_WEIGHTS = 2,
    WEFT_TENSOR_OUTPUTS = 4,
} weft_tensor;

/* What is known of a layer before its chip is priced, and what follows from the operands: variables
 * that every chip has. */
#define WEFT_BUILTIN_MAP(X)                                                                        \
    X(WEFT_BUILTIN_INPUT_BITS, "input_bits")                                                       \
    X(WEFT_BUILTIN_WEIGHT_BITS, "weight_bits")                                                     \
    X(WEFT_BUILTIN_OUTPUT_BITS, "output_bits")                                                     \
    X(WEFT_BUILTIN_INPUT_SIGNED, "input_signed")                                                   \
    X(WEFT_BUILTIN_WEIGHT_SIGNED, "weight_signed")                                                 \
    X(WEFT_BUILTIN_INPUT_CODE, "input_code")                                                       \
    X(WEFT_BUILTIN_WEIGHT_CODE, "weight_code")                                                     \
    X(WEFT_BUILTIN_INPUT_SLICE, "input_slice")                                                     \
    X(WEFT_BUILTIN_WEIGHT_SLICE, "weight_slice")                                                   \
    X(WEFT_BUILTIN_INPUT_SLICES, "input_slices")                                                   \
    X(WEFT_BUILTIN_WEIGHT_SLICES, "weight_slices")                                                 \
    X(WEFT_BUILTIN_CYCLE, "cycle")

typedef enum weft_builtin {
#define WEFT_BUILTIN_ENUM(name, token) name,
    WEFT_BUILTIN_MAP(WEFT_BUILTIN_ENUM)
#undef WEFT_BUILTIN_ENUM
        WEFT_BUILTIN_COUNT
} weft_builtin;

/* Variables as bits, by their place in the order of evaluation. */
enum { WEFT_SET_WORDS = WEFT_MAX_VARIABLES / 64 };
typedef struct weft_variable_set {
    uint64_t word[WEFT_SET_WORDS];
} weft_variable_set;

/* A parameter (a quantity of the file), a builtin, or an expression over other variables. */
typedef struct weft_variable {
    char name[WEFT_NAME]; /* "" : the value of a field or count, that nobody refers to */
    int level;            /* a parameter's level; -1: the chip's */
    weft_quantity value;  /* of a parameter: SI, unit and source as written */
    weft_dimension dimension;
    weft_expr *expr;     /* NULL: a parameter */
    char *text;          /* of the expression; NULL: a parameter */
    const weft_doc *doc; /* while the file is read, for errors; NULL afterwards */
    const weft_node *node;
    int32_t line, column, length; /* in h->file, for errors later on; line 0: unknown */
} weft_variable;

/* What makes a part act; the counts are in count.c.
 *   input      each slice of an input that drives a row (row driver, DAC)
 *   readout    each column that is read, at each step (ADC, column driver)
 *   output     each column, once its input slices are added up
 *   result     each output, once its weight slices are added up as well
 *   cell       each product of slices (cell, multiplier)
 *   load       each slice of a weight that is written into a cell, where weights come from outside
 *   step       each step of an array (clock, control)
 *   pass       each word on its way, for each copy inside that it goes to or comes from
 *   merge      the same, one access where copies inside share it in the same step
 *   buffer     a memory: reads and writes of words; keeps what the next step needs again
 *   element    each element that a digital unit takes in (activation, pool): weft_element
 *   hop        each word of the output map for each hop between this layer's copies of the level and
 *              those of the next (router of a mesh)
 *   spill      each word that leaves the chip or comes from there: the network's input and output, and
 *              what of a layer's maps is beyond the capacity
 *   with       whenever the part before it does: several parts that make one component
 *   none       never: area and leakage alone */
#define WEFT_ACTION_MAP(X)                                                                         \
    X(WEFT_ACTION_INPUT, "input")                                                                  \
    X(WEFT_ACTION_READOUT, "readout")                                                              \
    X(WEFT_ACTION_OUTPUT, "output")                                                                \
    X(WEFT_ACTION_RESULT, "result")                                                                \
    X(WEFT_ACTION_CELL, "cell")                                                                    \
    X(WEFT_ACTION_LOAD, "load")                                                                    \
    X(WEFT_ACTION_STEP, "step")                                                                    \
    X(WEFT_ACTION_PASS, "pass")                                                                    \
    X(WEFT_ACTION_MERGE, "merge")                                                                  \
    X(WEFT_ACTION_BUFFER, "buffer")                                                                \
    X(WEFT_ACTION_ELEMENT, "element")                                                              \
    X(WEFT_ACTION_HOP, "hop")                                                                      \
    X(WEFT_ACTION_SPILL, "spill")                                                                  \
    X(WEFT_ACTION_WITH, "with")                                                                    \
    X(WEFT_ACTION_NONE, "none")

typedef enum weft_action {
#define WEFT_ACTION_ENUM(name, token) name,
    WEFT_ACTION_MAP(WEFT_ACTION_ENUM)
#undef WEFT_ACTION_ENUM
        WEFT_ACTION_COUNT
} weft_action;

/* The settings of a part that are not fields of its class, each a variable or none. */
#define WEFT_PART_SETTING_MAP(X)                                                                   \
    X(WEFT_SETTING_INSTANCES, "instances", 1)                                                      \
    X(WEFT_SETTING_WORD, "word", 1) /* bits a buffer or link moves at once; else values */         \
    X(WEFT_SETTING_ENERGY_SCALE, "energy_scale", 1)                                                \
    X(WEFT_SETTING_WRITE_SCALE, "write_scale", 1)                                                  \
    X(WEFT_SETTING_AREA_SCALE, "area_scale", 1)                                                    \
    X(WEFT_SETTING_LEAKAGE_SCALE, "leakage_scale", 1)                                              \
    X(WEFT_SETTING_CAPACITY, "capacity", 0) /* bits that a buffer keeps; 0: it is not asked */

typedef enum weft_setting {
#define WEFT_SETTING_ENUM(name, token, fallback) name,
    WEFT_PART_SETTING_MAP(WEFT_SETTING_ENUM)
#undef WEFT_SETTING_ENUM
        WEFT_SETTING_COUNT
} weft_setting;

/* What a layer of products brings along for digital units, in elements: its own outputs, and what
 * the layers after it that are no products take in, up to the next layer of products. */
#define WEFT_ELEMENT_MAP(X)                                                                        \
    X(WEFT_ELEMENT_OUTPUT, "output")                                                               \
    X(WEFT_ELEMENT_ACTIVATION, "activation")                                                       \
    X(WEFT_ELEMENT_POOL, "pool")                                                                   \
    X(WEFT_ELEMENT_ADD, "add")                                                                     \
    X(WEFT_ELEMENT_MULTIPLY, "multiply")                                                           \
    X(WEFT_ELEMENT_NORM, "norm")                                                                   \
    X(WEFT_ELEMENT_SOFTMAX, "softmax")

typedef enum weft_element {
#define WEFT_ELEMENT_ENUM(name, token) name,
    WEFT_ELEMENT_MAP(WEFT_ELEMENT_ENUM)
#undef WEFT_ELEMENT_ENUM
        WEFT_ELEMENT_COUNT
} weft_element;

typedef struct weft_part {
    char name[WEFT_NAME];
    char text[64];
    int level;
    int action;
    unsigned tensors;  /* weft_tensor: of pass, merge and buffer */
    unsigned below;    /* the operands that a buffer further out holds as well */
    unsigned holds;    /* of a buffer: dimensions that may be looped over inside it, bit d */
    unsigned elements; /* bit e: element e is counted */
    const weft_part_class *class;
    int field[WEFT_PART_MAX_FIELDS];     /* variable; WEFT_NO_VARIABLE: the class's fallback */
    int inherited[WEFT_PART_MAX_FIELDS]; /* the chip's parameter of the same name, or none */
    bool chosen[WEFT_PART_MAX_FIELDS];   /* a field with words: its part says which */
    double choice[WEFT_PART_MAX_FIELDS]; /* of a field with words: its index */
    int setting[WEFT_SETTING_COUNT];
    int endurance;   /* the field that tells how many writes a cell survives; -1: none */
    int scales_with; /* weft_statistic that the energy of a read goes with; -1: as the class says */
} weft_part;

/* What the counting of a layer reads of a part, close together. */
typedef struct weft_role {
    int8_t level, action;
    uint8_t tensors, below; /* weft_tensor */
    bool carries_inputs, carries_outputs, carries_weights;
    bool gated;       /* copies that are not in use do not leak */
    uint8_t elements; /* of a part that acts on elements: weft_element */
} weft_role;

typedef struct weft_level {
    char name[WEFT_NAME];
    int count;       /* variable; WEFT_NO_VARIABLE: 1 */
    unsigned shares; /* operands that copies may get, or add up, together (weft_tensor) */
    bool takes_all;  /* fill: all. What is left of the weights is spread here; it must fit */
    int n_groups;
    weft_fill_group groups[WEFT_FILL_MAX_GROUPS];
    bool gated; /* copies that are not in use do not leak */
} weft_level;

/* Whose the chip is while a layer runs; execute.c lays layers out, hierarchy_cost.c charges them.
 *   resident  the weights of all layers lie on the chip at once, each in arrays of its own; what is
 *             left over may hold copies of the slowest
 *   reload    layers take turns on the whole chip; their weights are written before each
 *   alone     each layer as if the chip held it alone, weights in place and no turn paid: what
 *             CiMLoop counts for a layer, and CIMNAS adds up
 *   dataflow  layers take turns on one array; operands stream through memories with ports, in the
 *             loop order that is best for each layer: dataflow.h, what ZigZag counts */
#define WEFT_ACCOUNTING_MAP(X)                                                                     \
    X(WEFT_ACCOUNTING_RESIDENT, "resident")                                                        \
    X(WEFT_ACCOUNTING_RELOAD, "reload")                                                            \
    X(WEFT_ACCOUNTING_ALONE, "alone")                                                              \
    X(WEFT_ACCOUNTING_DATAFLOW, "dataflow")

typedef enum weft_accounting {
#define WEFT_ACCOUNTING_ENUM(name, token) name,
    WEFT_ACCOUNTING_MAP(WEFT_ACCOUNTING_ENUM)
#undef WEFT_ACCOUNTING_ENUM
        WEFT_ACCOUNTING_COUNT
} weft_accounting;

/* Numbers of `execution`, each a variable or none. */
#define WEFT_EXECUTION_NUMBER_MAP(X)                                                               \
    X(WEFT_NUMBER_BATCH, "batch", 1)                                                               \
    X(WEFT_NUMBER_COPIES, "copies", 1)     /* at most, of a layer's weights; 0: as many as fit */  \
    X(WEFT_NUMBER_WAY, "way", 1)           /* hops of a word where nothing tells, as in `alone` */ \
    X(WEFT_NUMBER_TREE, "tree", 0)         /* children of a node of a tree of tiles; 0: a mesh */  \
    X(WEFT_NUMBER_HOP_TIME, "hop_time", 0) /* of a word, a hop and a copy of the level: s */       \
    X(WEFT_NUMBER_STEP_CYCLES, "step_cycles", 1) /* that a step of the arrays takes */             \
    X(WEFT_NUMBER_READ_RATE, "read_rate", 0)     /* bits a cell gives a cycle; 0: no limit */      \
    X(WEFT_NUMBER_STRIDES, "strides", 1)         /* 0: strides and dilations taken as 1 */         \
    X(WEFT_NUMBER_INFERENCES, "inferences", 0)   /* in the life of the chip; 0: not asked */       \
    X(WEFT_NUMBER_PARTIAL_BITS, "partial_bits",                                                    \
      0)                                       /* dataflow: of a partial sum; 0: an output's */    \
    X(WEFT_NUMBER_LOOPS, "loops", 6)           /* dataflow: in time, that are ordered */           \
    X(WEFT_NUMBER_CANDIDATES, "candidates", 3) /* dataflow: spreads that are tried */              \
    X(WEFT_NUMBER_SEARCH, "search", 0)         /* alone: see refetch.c; 0: the best mapping */     \
    X(WEFT_NUMBER_POWER, "power_limit", 0)                                                         \
    X(WEFT_NUMBER_DENSITY, "density_limit", 0) /* W/m2 */                                          \
    X(WEFT_NUMBER_AREA, "area_limit", 0)

typedef enum weft_execution_number {
#define WEFT_NUMBER_ENUM(name, token, fallback) name,
    WEFT_EXECUTION_NUMBER_MAP(WEFT_NUMBER_ENUM)
#undef WEFT_NUMBER_ENUM
        WEFT_NUMBER_COUNT
} weft_execution_number;

/* A word that all fields of a name take where their part does not say another. */
enum { WEFT_MAX_CHOICES = 16 };
typedef struct weft_choice {
    char name[WEFT_NAME], word[WEFT_NAME];
} weft_choice;

/* The cycle may not be shorter than any of these. */
typedef struct weft_bound {
    char name[WEFT_NAME];
    int variable;
} weft_bound;

/* A value that what can be built bounds, from above or from below: limits.h. */
typedef struct weft_limit {
    char name[WEFT_NAME];
    int value, bound; /* variables */
    bool from_below;
} weft_limit;

typedef struct weft_hierarchy {
    atomic_int owners; /* the chip and its prices */
    char file[256];    /* where the variables with a line stand */
    int n_variables;
    weft_variable variables[WEFT_MAX_VARIABLES]; /* the builtins first */
    int n_ordered;
    int16_t order[WEFT_MAX_VARIABLES];             /* of evaluation */
    int16_t place[WEFT_MAX_VARIABLES];             /* of a variable in it */
    weft_variable_set follows[WEFT_MAX_VARIABLES]; /* the variable and all that need it */
    int n_choices;
    weft_choice choices[WEFT_MAX_CHOICES];
    int n_levels;
    weft_level levels[WEFT_MAX_LEVELS]; /* from the outside in */
    int n_parts;
    weft_part parts[WEFT_MAX_PARTS];
    weft_role roles[WEFT_MAX_PARTS];
    weft_variable_set priced_by[WEFT_MAX_PARTS]; /* what the price of one such part needs, */
    weft_variable_set scaled_by[WEFT_MAX_PARTS]; /* and what its scales and copies need besides */
    weft_variable_set counted_by;                /* what the counting of layers needs */
    int16_t holders[WEFT_DIM_COUNT][WEFT_MAX_HOLDERS]; /* parts that hold it; -1: outside of all */
    uint8_t n_holders[WEFT_DIM_COUNT];                 /* at least 1 */
    uint64_t layout; /* number for all that counting reads of the hierarchy itself */
    int array_level; /* whose copies are arrays: outside of the levels that share an operand */
    int clock_part;  /* that the cycle is booked under: the first that is read out, or 0 */
    /* That writing weights is booked under: the first that loads, or clock_part; waiting for memories
     * in `dataflow`: the outermost one of weights. */
    int load_part;
    bool has_hops;
    int16_t spill_part;   /* the first that maps leave the chip by; -1: none */
    bool asks_signs;      /* an expression asks for the sign of an operand */
    bool streams_weights; /* a buffer on weights: they come from outside for each inference */
    int n_bounds;
    weft_bound bounds[WEFT_MAX_BOUNDS];
    int n_limits;
    weft_limit limits[WEFT_MAX_LIMITS];
    int builtin[WEFT_BUILTIN_COUNT]; /* variables */
    int input_encoding, weight_encoding, missing, assumed;
    int accounting, execution;
    int objective; /* of the loop orders: weft_flow_objective */
    int number[WEFT_NUMBER_COUNT];
} weft_hierarchy;

/* The dimensions of an operand, bit d for dimension d. */
static inline unsigned weft_tensor_dims(unsigned tensor) {
    const unsigned both = 1U << WEFT_DIM_N | 1U << WEFT_DIM_P | 1U << WEFT_DIM_Q | 1U << WEFT_DIM_G;
    const unsigned window = 1U << WEFT_DIM_C | 1U << WEFT_DIM_R | 1U << WEFT_DIM_S;
    return tensor == WEFT_TENSOR_INPUTS ? both | window | 1U << WEFT_DIM_X
           : tensor == WEFT_TENSOR_OUTPUTS
               ? both | 1U << WEFT_DIM_M
               : window | 1U << WEFT_DIM_M | 1U << WEFT_DIM_G | 1U << WEFT_DIM_Y;
}

#endif
