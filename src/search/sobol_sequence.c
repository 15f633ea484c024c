/* SPDX-License-Identifier: Apache-2.0 */
#include "search/sobol_sequence.h"

#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

enum { BITS = WEFT_SOBOL_BITS };

/* Numbers m_k drawn for a dimension, dimensions before it that they are judged with. */
enum { CANDIDATES = 12, NEIGHBOURS = 8 };

/* ---- primitive polynomials ------------------------------------------------------------------- */

/* Whether the powers of x modulo the polynomial (bit k: x^k) run through all residues but 0. */
static bool primitive(uint32_t polynomial, int degree) {
    uint32_t order = 0;
    uint32_t power = 1;
    do {
        power <<= 1;
        power ^= (power >> degree & 1) != 0 ? polynomial : 0;
        order++;
    } while (power != 1);
    return order == (UINT32_C(1) << degree) - 1;
}

/* The next primitive polynomial, by degree; its constant term is 1. */
static uint32_t next_polynomial(uint32_t polynomial, int *degree) {
    do {
        polynomial += 2;
        *degree += polynomial >> (*degree + 1) != 0;
    } while (!primitive(polynomial, *degree));
    return polynomial;
}

/* ---- direction numbers ----------------------------------------------------------------------- */

/* v_1 .. v_s are given, the others follow. Bit s - l of the polynomial is a_l. */
static void recur(uint32_t polynomial, int degree, uint64_t *v) {
    for (int k = degree; k < BITS; k++) {
        v[k] = v[k - degree] ^ (v[k - degree] >> degree);
        for (int l = 1; l < degree; l++) {
            v[k] ^= (polynomial >> (degree - l) & 1) != 0 ? v[k - l] : 0;
        }
    }
}

static void draw_directions(uint32_t polynomial, int degree, weft_rng *rng, uint64_t *v) {
    for (int k = 0; k < degree; k++) {
        uint64_t odd = 2 * weft_rng_below(rng, UINT64_C(1) << k) + 1;
        v[k] = odd << (BITS - 1 - k);
    }
    recur(polynomial, degree, v);
}

/* Row `digit` (0: of 1/2) of the matrix whose first m columns are v: bit k is that of v[k]. */
static uint32_t row_of(const uint64_t *v, int digit, int m) {
    uint32_t row = 0;
    for (int k = 0; k < m; k++) {
        row |= (uint32_t)(v[k] >> (BITS - 1 - digit) & 1) << k;
    }
    return row;
}

/* Adds a row to a basis, basis[k] of leading bit k; false: it depends on those that are there. */
static bool add_row(uint32_t row, int m, uint32_t *basis) {
    for (int k = m - 1; k >= 0 && row != 0; k--) {
        if ((row >> k & 1) == 0) {
            continue;
        }
        if (basis[k] == 0) {
            basis[k] = row;
            return true;
        }
        row ^= basis[k];
    }
    return false;
}

/* m less the largest n such that any p rows of one and n - p rows of the other are independent. */
static int t_value(const uint64_t *one, const uint64_t *other, int m) {
    uint32_t rows[32];
    uint32_t ones[32] = {0};
    int least = m;
    for (int q = 0; q < m; q++) {
        rows[q] = row_of(other, q, m);
    }
    for (int p = 0; p <= least; p++) {
        uint32_t basis[32];
        memcpy(basis, ones, sizeof basis);
        int q = 0;
        while (p + q < m && add_row(rows[q], m, basis)) {
            q++;
        }
        least = p + q < least ? p + q : least; /* p and q + 1 rows depend on each other */
        if (p < m && !add_row(row_of(one, p, m), m, ones)) {
            least = p < least ? p : least;
        }
    }
    return m - least;
}

static int judge(const weft_sobol *sobol, int dimension, const uint64_t *v) {
    static const int sizes[] = {4, 7, 10};
    int sum = 0;
    for (int j = dimension - 1; j >= 0 && j >= dimension - NEIGHBOURS; j--) {
        for (int i = 0; i < 3; i++) {
            sum += t_value(&sobol->directions[(size_t)j * BITS], v, sizes[i]);
        }
    }
    return sum;
}

static void choose_directions(weft_sobol *sobol) {
    uint32_t polynomial = 1;
    int degree = 0;
    for (int k = 0; k < BITS; k++) {
        sobol->directions[k] = UINT64_C(1) << (BITS - 1 - k);
    }
    for (int j = 1; j < sobol->n_dimensions; j++) {
        weft_rng rng = weft_rng_make(0, WEFT_PURPOSE_SCRAMBLE, (uint64_t)j);
        int least = INT32_MAX;
        polynomial = next_polynomial(polynomial, &degree);
        for (int i = 0; i < CANDIDATES; i++) {
            uint64_t v[BITS];
            draw_directions(polynomial, degree, &rng, v);
            int sum = judge(sobol, j, v);
            if (sum < least) {
                least = sum;
                memcpy(&sobol->directions[(size_t)j * BITS], v, sizeof v);
            }
        }
    }
}

/* ---- scramble -------------------------------------------------------------------------------- */

static uint64_t parity(uint64_t bits) {
    for (int half = 32; half > 0; half /= 2) {
        bits ^= bits >> half;
    }
    return bits & 1;
}

/* Digit r of a product is that of the number, plus a random sum of those before it. */
static void scramble(uint64_t *directions, weft_rng *rng) {
    uint64_t made[BITS] = {0};
    for (int r = 0; r < BITS; r++) {
        uint64_t digit = UINT64_C(1) << (BITS - 1 - r);
        uint64_t before = ((UINT64_C(1) << BITS) - 1) & ~(2 * digit - 1);
        uint64_t row = digit | (weft_rng_u64(rng) & before);
        for (int k = 0; k < BITS; k++) {
            made[k] |= parity(row & directions[k]) != 0 ? digit : 0;
        }
    }
    memcpy(directions, made, sizeof made);
}

/* ---- life ------------------------------------------------------------------------------------ */

weft_status weft_sobol_create_plain(int n_dimensions, weft_sobol *sobol, weft_error *error) {
    size_t n = n_dimensions > 0 ? (size_t)n_dimensions : 1;
    weft_sobol made = {.n_dimensions = (int)n};
    made.directions = malloc(n * BITS * sizeof *made.directions);
    made.shifts = calloc(n, sizeof *made.shifts);
    if (made.directions == NULL || made.shifts == NULL) {
        weft_sobol_destroy(&made);
        return weft_fail_memory(error, n * BITS * sizeof *made.directions);
    }
    choose_directions(&made);
    *sobol = made;
    return WEFT_OK;
}

weft_status weft_sobol_create(int n_dimensions, uint64_t seed, weft_sobol *sobol,
                              weft_error *error) {
    WEFT_TRY(weft_sobol_create_plain(n_dimensions, sobol, error));
    size_t n = (size_t)sobol->n_dimensions;
    for (size_t j = 0; j < n; j++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_SCRAMBLE, n + j);
        scramble(sobol->directions + j * BITS, &rng);
        sobol->shifts[j] = weft_rng_u64(&rng) >> (64 - BITS);
    }
    return WEFT_OK;
}

void weft_sobol_destroy(weft_sobol *sobol) {
    free(sobol->directions);
    free(sobol->shifts);
    sobol->directions = NULL;
    sobol->shifts = NULL;
}

double weft_sobol_coordinate(const weft_sobol *sobol, uint64_t index, int dimension) {
    const uint64_t *v = &sobol->directions[(size_t)dimension * BITS];
    uint64_t x = sobol->shifts[dimension];
    for (int k = 0; index != 0 && k < BITS; k++, index >>= 1) {
        x ^= (index & 1) != 0 ? v[k] : 0;
    }
    return (double)x * 0x1p-52;
}

int weft_sobol_t_value(const weft_sobol *sobol, int one, int other, int m) {
    return t_value(&sobol->directions[(size_t)one * BITS], &sobol->directions[(size_t)other * BITS],
                   m);
}
