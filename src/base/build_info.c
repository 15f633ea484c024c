/* SPDX-License-Identifier: Apache-2.0 */
#include <weft/base.h>

#include "weft_build_config.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown compiler"
#endif

/* What the code was compiled for, not what this machine has: the first question of a bug report
 * about an illegal instruction or a slow run. */
#if defined(__AVX512F__)
#define CPU "AVX-512"
#elif defined(__AVX2__)
#define CPU "AVX2"
#elif defined(__x86_64__)
#define CPU "x86-64"
#elif defined(__aarch64__)
#define CPU "AArch64"
#else
#define CPU "generic CPU"
#endif

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZER ", AddressSanitizer"
#elif defined(__SANITIZE_THREAD__)
#define SANITIZER ", ThreadSanitizer"
#else
#define SANITIZER ""
#endif

const char *weft_version(void) {
    return WEFT_VERSION;
}

const char *weft_build_info(void) {
    return "weft " WEFT_VERSION ", " COMPILER ", " WEFT_BUILD_TYPE ", compiled for " CPU SANITIZER;
}
