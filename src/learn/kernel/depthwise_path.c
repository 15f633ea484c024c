/* SPDX-License-Identifier: Apache-2.0
 *
 * The paths: 16 lanes with AVX-512, with or without a conversion to bf16, 8 with AVX2 and FMA, 4 on
 * any CPU. */
#include "learn/kernel/depthwise_path.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "learn/kernel/inner.h"

#define CONVERTS  0
#define LANES     4
#define PATH_NAME "any"
#define TARGET
#define PATH(name) TYPED(name##_any)
#define WEFT_BODY  "learn/kernel/depthwise_body.h"
#include "learn/kernel/each_type.h"
#undef PATH
#undef LANES
#undef CONVERTS
#undef PATH_NAME
#undef TARGET

#if defined(__x86_64__)

#define CONVERTS   0
#define LANES      8
#define PATH_NAME  "avx2"
#define TARGET     __attribute__((target("avx2,fma")))
#define PATH(name) TYPED(name##_avx2)
#define WEFT_BODY  "learn/kernel/depthwise_body.h"
#include "learn/kernel/each_type.h"
#undef PATH
#undef LANES
#undef CONVERTS
#undef PATH_NAME
#undef TARGET

#define CONVERTS   0
#define LANES      16
#define PATH_NAME  "avx512"
#define TARGET     __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#define PATH(name) TYPED(name##_avx512)
#define WEFT_BODY  "learn/kernel/depthwise_body.h"
#include "learn/kernel/each_type.h"
#undef PATH
#undef LANES
#undef CONVERTS
#undef PATH_NAME
#undef TARGET

#define CONVERTS   1
#define LANES      16
#define PATH_NAME  "avx512_bf16"
#define TARGET     __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")))
#define PATH(name) TYPED(name##_native)
#define WEFT_BODY  "learn/kernel/depthwise_body.h"
#include "learn/kernel/each_type.h"
#undef PATH
#undef LANES
#undef CONVERTS
#undef PATH_NAME
#undef TARGET

#endif

#if defined(__x86_64__)
static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

const weft_depthwise_path *weft_depthwise_path_at(weft_type type, size_t i) {
    const weft_depthwise_path *found[4];
    size_t n = 0;
#if defined(__x86_64__)
    if (has_avx512() && __builtin_cpu_supports("avx512bf16")) {
        found[n++] = type == WEFT_F32 ? &path_native_f32 : &path_native_bf16;
    }
    if (has_avx512()) {
        found[n++] = type == WEFT_F32 ? &path_avx512_f32 : &path_avx512_bf16;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        found[n++] = type == WEFT_F32 ? &path_avx2_f32 : &path_avx2_bf16;
    }
#endif
    found[n++] = type == WEFT_F32 ? &path_any_f32 : &path_any_bf16;
    return i < n ? found[i] : NULL;
}
