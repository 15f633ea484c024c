/* SPDX-License-Identifier: Apache-2.0
 *
 * One path a type: AVX-512, with its products of bf16 pairs for bf16. */
#include "learn/kernel/winograd_path.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "learn/kernel/inner.h"

#define TARGET_0  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#define TARGET_1  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")))
#define TARGET    WEFT_PASTE(TARGET_, VALUE_IS_BF16)
#define INLINE    TARGET static inline __attribute__((always_inline))
#define WEFT_BODY "learn/kernel/winograd_body.h"
#include "learn/kernel/each_type.h"

const weft_winograd_path *weft_winograd_path_of(weft_type type) {
    bool has_vectors = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (!has_vectors || (type == WEFT_BF16 && !__builtin_cpu_supports("avx512bf16"))) {
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
