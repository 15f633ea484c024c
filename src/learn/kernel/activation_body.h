/* SPDX-License-Identifier: Apache-2.0
 *
 * The loops of activation.c over values of one type. */

WEFT_INLINE void TYPED(forward_loop)(weft_activation f, const VALUE *x, VALUE *y, size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        y[i] = NARROW(value_of(f, WIDE(x[i])));
    }
}

WEFT_INLINE void TYPED(backward_loop)(weft_activation f, const VALUE *x, const VALUE *dy, VALUE *dx,
                                      size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        dx[i] = NARROW(gradient_of(f, WIDE(x[i]), WIDE(dy[i])));
    }
}

/* One loop for each function: the switch is outside. */
#define WEFT_ACTIVATION_CASES(loop, ...)                                                           \
    case WEFT_ACTIVATION_RELU:                                                                     \
        loop(WEFT_ACTIVATION_RELU, __VA_ARGS__);                                                   \
        return;                                                                                    \
    case WEFT_ACTIVATION_RELU6:                                                                    \
        loop(WEFT_ACTIVATION_RELU6, __VA_ARGS__);                                                  \
        return;                                                                                    \
    case WEFT_ACTIVATION_HARD_SWISH:                                                               \
        loop(WEFT_ACTIVATION_HARD_SWISH, __VA_ARGS__);                                             \
        return;                                                                                    \
    case WEFT_ACTIVATION_HARD_SIGMOID:                                                             \
        loop(WEFT_ACTIVATION_HARD_SIGMOID, __VA_ARGS__);                                           \
        return;                                                                                    \
    case WEFT_ACTIVATION_SIGMOID:                                                                  \
        loop(WEFT_ACTIVATION_SIGMOID, __VA_ARGS__);                                                \
        return;                                                                                    \
    case WEFT_ACTIVATION_GELU:                                                                     \
        loop(WEFT_ACTIVATION_GELU, __VA_ARGS__);                                                   \
        return;

WEFT_CLONES static void TYPED(forward)(weft_activation f, const VALUE *x, VALUE *y, size_t n) {
    switch (f) { WEFT_ACTIVATION_CASES(TYPED(forward_loop), x, y, n) }
}

WEFT_CLONES static void TYPED(backward)(weft_activation f, const VALUE *x, const VALUE *dy,
                                        VALUE *dx, size_t n) {
    switch (f) { WEFT_ACTIVATION_CASES(TYPED(backward_loop), x, dy, dx, n) }
}

#undef WEFT_ACTIVATION_CASES
