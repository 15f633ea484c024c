/* SPDX-License-Identifier: Apache-2.0
 *
 * One path a type: AVX-512, with its products of bf16 pairs for bf16. */
#include "learn/kernel/winograd_path.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "learn/kernel/inner.h"

#define TARGET    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")))
#define INLINE    TARGET static inline __attribute__((always_inline))
#define WEFT_BODY "learn/kernel/winograd_body.h"
#include "learn/kernel/each_type.h"

const weft_winograd_path *weft_winograd_path_of(weft_type type) {
    bool has_vectors = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    bool has_products = __builtin_cpu_supports("avx512bf16");
    if (!has_vectors || !has_products) {
        return NULL;
    }
    return type == WEFT_F32 ? &path_f32 : &path_bf16;
}

#else

const weft_winograd_path *weft_winograd_path_of(weft_type type) {
    (void)type;
    return NULL;
}

#endif
