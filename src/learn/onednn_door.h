/* SPDX-License-Identifier: Apache-2.0
 * What the files of the door to oneDNN share. */
#ifndef WEFT_LEARN_ONEDNN_DOOR_H
#define WEFT_LEARN_ONEDNN_DOOR_H

#include "learn/choice.h"
#include "learn/onednn.h"
#include "learn/onednn_api.h"
#include "learn/onednn_table.h"

#include <omp.h>

struct weft_dnn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_attr_t
        with_scratch;              /* scratch memory is the caller's: of all that is computed */
    dnnl_primitive_attr_t listing; /* of descriptors that nothing is ever made from */
    weft_choices *choices;
    weft_dnn_table products, matmuls;
};

/* oneDNN makes and runs kernels for as many threads as OpenMP would give the calling one, and a
 * kernel must run with the number that it was made for: always 1, whatever the caller has set,
 * which is put back afterwards. */
static inline int weft_dnn_alone(void) {
    int before = omp_get_max_threads();
    omp_set_num_threads(1);
    return before;
}

static inline void weft_dnn_not_alone(int before) {
    omp_set_num_threads(before);
}

static inline dnnl_data_type_t weft_dnn_type(int32_t type) {
    return type == WEFT_BF16 ? dnnl_bf16 : dnnl_f32;
}

/* Where a `size`-byte part of scratch memory ends and the next may begin. */
static inline size_t weft_dnn_aligned(size_t size) {
    enum { ALIGNMENT = 64 };
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* What oneDNN answered, as an error of ours. */
weft_status weft_dnn_fail(weft_error *error, dnnl_status_t status, const char *what);

/* WEFT_ERROR_UNAVAILABLE for bf16 on a CPU that does not compute in it. */
weft_status weft_dnn_check_type(int32_t type, weft_error *error) WEFT_NODISCARD;

#define WEFT_DNN_TRY(call, what)                                                                   \
    do {                                                                                           \
        dnnl_status_t weft_dnn_try_status_ = (call);                                               \
        if (weft_dnn_try_status_ != dnnl_success) {                                                \
            return weft_dnn_fail(error, weft_dnn_try_status_, what);                               \
        }                                                                                          \
    } while (0)

/* Made for onednn.c, which keeps the door. */
void weft_dnn_product_destroy(weft_dnn_product *product);
void weft_dnn_matmul_destroy(weft_dnn_matmul *matmul);

#endif
