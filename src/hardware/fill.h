/* SPDX-License-Identifier: Apache-2.0
 *
 * Spatial filling: which loops of a layer are spread over the copies of a level.
 *
 * A level has `capacity` copies of what is inside it and a list of groups of dimensions. Group after
 * group takes the factors that keep the most copies busy; what is left of a dimension is
 * ceil(rest / factor), and goes to the next level or into time. */
#ifndef WEFT_HARDWARE_FILL_H
#define WEFT_HARDWARE_FILL_H

#include <stdbool.h>
#include <stdint.h>

/* The loops: batch, input and output channels of a group, rows and columns of the kernel, rows and
 * columns of the output, groups, slices of an input (in time) and of a weight (side by side). */
#define WEFT_DIM_MAP(X)                                                                            \
    X(WEFT_DIM_N, "N")                                                                             \
    X(WEFT_DIM_C, "C")                                                                             \
    X(WEFT_DIM_M, "M")                                                                             \
    X(WEFT_DIM_R, "R")                                                                             \
    X(WEFT_DIM_S, "S")                                                                             \
    X(WEFT_DIM_P, "P")                                                                             \
    X(WEFT_DIM_Q, "Q")                                                                             \
    X(WEFT_DIM_G, "G")                                                                             \
    X(WEFT_DIM_X, "X")                                                                             \
    X(WEFT_DIM_Y, "Y")

typedef enum weft_dim {
#define WEFT_DIM_ENUM(name, token) name,
    WEFT_DIM_MAP(WEFT_DIM_ENUM)
#undef WEFT_DIM_ENUM
        WEFT_DIM_COUNT
} weft_dim;

enum { WEFT_FILL_MAX_DIMS = 4, WEFT_FILL_MAX_GROUPS = 8 };

/* Dimensions that are filled together. */
typedef struct weft_fill_group {
    uint8_t n;
    uint8_t dim[WEFT_FILL_MAX_DIMS];
} weft_fill_group;

/* Answers given before, direct-mapped by (sizes, capacity): part of a workload's scratch. An answer
 * depends on nothing else, so it is the same whether it was kept or not. With room for those of 200
 * layers that all differ, the time of a network grows with its layers nearly alone; more room costs
 * every new workload time to clear it. */
enum { WEFT_FILL_MEMO = 4096, WEFT_FILL_INNER = 1024 };
typedef struct weft_fill_answer {
    int32_t capacity; /* 0: empty */
    int32_t size[WEFT_FILL_MAX_DIMS];
    int32_t factor[WEFT_FILL_MAX_DIMS];
    double busy;
} weft_fill_answer;

typedef struct weft_fill_memo {
    weft_fill_answer rows[WEFT_FILL_MEMO];   /* of what was asked */
    weft_fill_answer inner[WEFT_FILL_INNER]; /* of what searching for it asked */
} weft_fill_memo;

/* The factors of WEFT_FILL_MAX_DIMS sizes (1 where there are fewer) whose product fits `capacity`
 * and that keep most copies busy on average; see fill.c. Sizes and capacity are at least 1. */
void weft_fill_best(const int32_t size[WEFT_FILL_MAX_DIMS], int32_t capacity, weft_fill_memo *memo,
                    weft_fill_answer *answer);

/* Fills one level: factor[] of each dimension (1: not spread), rest[] is updated. */
void weft_fill_level(const weft_fill_group *groups, int n_groups, int32_t capacity,
                     int32_t rest[WEFT_DIM_COUNT], int32_t factor[WEFT_DIM_COUNT],
                     weft_fill_memo *memo);

#endif
