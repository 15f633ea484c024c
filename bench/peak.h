/* SPDX-License-Identifier: Apache-2.0
 *
 * What a core computes at most: multiply-adds on registers alone, as many at once as hide their
 * latency. An operation is a multiplication or an addition. */
#ifndef WEFT_BENCH_PEAK_H
#define WEFT_BENCH_PEAK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

typedef struct peak_way {
    float (*loop)(void);
    double operations; /* of a call */
    const char *name;  /* NULL: there is no way */
} peak_way;

#if defined(__x86_64__)

#include <immintrin.h>

/* Independent sums: two units with a latency of 4 or 5 cycles need ten. */
enum { PEAK_CHAINS = 12, PEAK_ROUNDS = 100000 };

/* Each loop returns something that depends on all of its work. */
__attribute__((target("avx512f"))) static float peak_avx512(void) {
    __m512 sum[PEAK_CHAINS], a = _mm512_set1_ps(0.999F), b = _mm512_set1_ps(1e-3F);
    for (int i = 0; i < PEAK_CHAINS; i++) {
        sum[i] = _mm512_set1_ps((float)i);
    }
    for (int r = 0; r < PEAK_ROUNDS; r++) {
#pragma GCC unroll 12
        for (int i = 0; i < PEAK_CHAINS; i++) {
            sum[i] = _mm512_fmadd_ps(sum[i], a, b);
        }
    }
    float all = 0.0F;
    for (int i = 0; i < PEAK_CHAINS; i++) {
        all += _mm512_reduce_add_ps(sum[i]);
    }
    return all;
}

__attribute__((target("avx2,fma"))) static float peak_avx2(void) {
    __m256 sum[PEAK_CHAINS], a = _mm256_set1_ps(0.999F), b = _mm256_set1_ps(1e-3F);
    for (int i = 0; i < PEAK_CHAINS; i++) {
        sum[i] = _mm256_set1_ps((float)i);
    }
    for (int r = 0; r < PEAK_ROUNDS; r++) {
#pragma GCC unroll 12
        for (int i = 0; i < PEAK_CHAINS; i++) {
            sum[i] = _mm256_fmadd_ps(sum[i], a, b);
        }
    }
    float all = 0.0F;
    for (int i = 0; i < PEAK_CHAINS; i++) {
        all += _mm_cvtss_f32(_mm256_castps256_ps128(sum[i]));
    }
    return all;
}

__attribute__((target("avx512f,avx512bf16"))) static float peak_dot_bf16(void) {
    __m512 sum[PEAK_CHAINS];
    __m512bh a = (__m512bh)_mm512_set1_epi16(0x3f80), b = (__m512bh)_mm512_set1_epi16(0x3a80);
    for (int i = 0; i < PEAK_CHAINS; i++) {
        sum[i] = _mm512_set1_ps((float)i);
    }
    for (int r = 0; r < PEAK_ROUNDS; r++) {
#pragma GCC unroll 12
        for (int i = 0; i < PEAK_CHAINS; i++) {
            sum[i] = _mm512_dpbf16_ps(sum[i], a, b);
        }
    }
    float all = 0.0F;
    for (int i = 0; i < PEAK_CHAINS; i++) {
        all += _mm512_reduce_add_ps(sum[i]);
    }
    return all;
}

/* Tiles of 16 x 16 sums, 16 x 32 and 32 x 16 factors; four sums at once hide the latency. */
typedef struct peak_tiles {
    uint8_t palette, start, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
} peak_tiles;

__attribute__((target("amx-tile,amx-bf16"))) static float peak_amx(void) {
    peak_tiles tiles = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        tiles.bytes[i] = 64;
        tiles.rows[i] = 16;
    }
    static float sums[16][16];
    static uint16_t ones[16][32];
    for (size_t i = 0; i < 16 * 32; i++) {
        ones[i / 32][i % 32] = 0x3f80;
    }
    _tile_loadconfig(&tiles);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    _tile_loadd(4, ones, 64);
    _tile_loadd(5, ones, 64);
    _tile_loadd(6, ones, 64);
    _tile_loadd(7, ones, 64);
    for (int r = 0; r < PEAK_ROUNDS; r++) {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    float all = 0.0F;
    _tile_stored(0, sums, 64);
    all += sums[15][15];
    _tile_stored(1, sums, 64);
    all += sums[15][15];
    _tile_stored(2, sums, 64);
    all += sums[15][15];
    _tile_stored(3, sums, 64);
    all += sums[15][15];
    _tile_release();
    return all;
}

/* Linux gives tiles to who asks for them (arch_prctl, ARCH_REQ_XCOMP_PERM of XFEATURE_XTILE_DATA). */
static int peak_may_use_tiles(void) {
    enum { REQUEST = 0x1023, TILE_DATA = 18 };
    return __builtin_cpu_supports("amx-bf16") && syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0;
}

static peak_way peak_f32_way(void) {
    if (__builtin_cpu_supports("avx512f")) {
        return (peak_way){peak_avx512, 2.0 * 16 * PEAK_CHAINS * PEAK_ROUNDS, "AVX-512"};
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return (peak_way){peak_avx2, 2.0 * 8 * PEAK_CHAINS * PEAK_ROUNDS, "AVX2"};
    }
    return (peak_way){0};
}

static peak_way peak_bf16_way(void) {
    if (peak_may_use_tiles()) {
        return (peak_way){peak_amx, 2.0 * 4 * 16 * 16 * 32 * PEAK_ROUNDS, "AMX"};
    }
    if (__builtin_cpu_supports("avx512bf16")) {
        return (peak_way){peak_dot_bf16, 2.0 * 32 * PEAK_CHAINS * PEAK_ROUNDS, "AVX-512 BF16"};
    }
    return (peak_way){0};
}

#else

static peak_way peak_f32_way(void) {
    return (peak_way){0};
}

static peak_way peak_bf16_way(void) {
    return (peak_way){0};
}

#endif

/* Operations a second of this thread: the best of several runs; 0 where there is no way. */
static double peak_rate(peak_way way) {
    enum { RUNS = 15 };
    double best = 0.0;
    volatile float sink = 0.0F;
    for (int i = 0; i < RUNS && way.loop != NULL; i++) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        sink = sink + way.loop();
        clock_gettime(CLOCK_MONOTONIC, &end);
        double seconds = (double)(end.tv_sec - start.tv_sec) +
                         1e-9 * (double)(end.tv_nsec - start.tv_nsec);
        double rate = way.operations / seconds;
        best = rate > best ? rate : best;
    }
    return best;
}

#endif
