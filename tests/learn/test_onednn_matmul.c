/* SPDX-License-Identifier: Apache-2.0
 *
 * Products of two activations against double precision: dense, transposed, heads side by side in
 * one row, with gaps that must stay as they are. */
#include "learn/dnn_support.h"

enum { SEED = 41 };

static weft_error error;

/* How a matrix of (images, heads, rows, columns) lies. */
typedef enum lie { DENSE, TRANSPOSED, TOKENS, TOKENS_TRANSPOSED, LIES } lie;

static weft_dnn_matrix lay(lie how, int heads, int rows, int columns, int gap) {
    int64_t pitch = (int64_t)heads * columns + gap, across = (int64_t)heads * rows + gap;
    switch (how) {
    case DENSE:
        return (weft_dnn_matrix){(int64_t)heads * rows * columns, (int64_t)rows * columns, columns,
                                 1};
    case TRANSPOSED:
        return (weft_dnn_matrix){(int64_t)heads * rows * columns, (int64_t)rows * columns, 1, rows};
    case TOKENS: /* rows are tokens, heads side by side in each */
        return (weft_dnn_matrix){pitch * rows, columns, pitch, 1};
    case TOKENS_TRANSPOSED: /* columns are tokens */
    case LIES:
        break;
    }
    return (weft_dnn_matrix){across * columns, rows, 1, across};
}

static size_t at(const weft_dnn_matrix *m, int n, int h, int row, int column) {
    return (size_t)(n * m->image + h * m->head + row * m->row_step + column * m->column_step);
}

static size_t extent(const weft_dnn_matmul_geometry *g, const weft_dnn_matrix *m, int rows,
                     int columns) {
    return at(m, g->images - 1, g->heads - 1, rows - 1, columns - 1) + 1;
}

/* A sum of `inner` terms at the places of one element. */
static void add_element(const weft_dnn_matmul_geometry *g, int n, int h, int row, int column,
                        const double *a, const double *b, sums *c) {
    size_t i = at(&g->c, n, h, row, column);
    for (int k = 0; k < g->inner; k++) {
        sums_add(c, i, a[at(&g->a, n, h, row, k)] * b[at(&g->b, n, h, k, column)]);
    }
}

static sums reference(const weft_dnn_matmul_geometry *g, const double *a, const double *b,
                      bool *written) {
    sums c = sums_make(extent(g, &g->c, g->rows, g->columns));
    for (int n = 0; n < g->images; n++) {
        for (int h = 0; h < g->heads; h++) {
            for (int i = 0; i < g->rows * g->columns; i++) {
                int row = i / g->columns, column = i % g->columns;
                written[at(&g->c, n, h, row, column)] = true;
                add_element(g, n, h, row, column, a, b, &c);
            }
        }
    }
    return c;
}

/* Elements between the matrix's own keep their bytes, 0xff. */
static void check_gaps(const place *c, weft_type type, const bool *written, size_t n) {
    const unsigned char *bytes = c->data;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < weft_type_size(type) && !written[i]; k++) {
            assert_int_equal(bytes[i * weft_type_size(type) + k], 0xff);
        }
    }
}

/* What is written of the result; the expected value elsewhere is what is there. */
static void check_result(place *c, weft_type type, const sums *expected, const bool *written) {
    check_gaps(c, type, written, expected->n);
    for (size_t i = 0; i < expected->n; i++) {
        if (!written[i]) {
            place_set(c, type, i, 0.0F);
        }
    }
    check_sums(c, type, expected, type == WEFT_F32 ? 0x1p-18 : 0x1p-8, "product");
}

static void check_matmul(weft_dnn *dnn, const weft_dnn_matmul_geometry *g, weft_rng *rng) {
    weft_type type = (weft_type)g->type;
    size_t na = extent(g, &g->a, g->rows, g->inner), nb = extent(g, &g->b, g->inner, g->columns);
    size_t nc = extent(g, &g->c, g->rows, g->columns);
    double *a = new_doubles(na), *b = new_doubles(nb);
    bool *written = calloc(nc, sizeof *written);
    assert_non_null(written);
    place left = place_random(type, na, rng, a), right = place_random(type, nb, rng, b);
    place result = place_make(nc * weft_type_size(type));
    sums expected = reference(g, a, b, written);
    weft_dnn_matmul *matmul, *again;
    MUST(weft_dnn_matmul_get(dnn, g, &matmul, &error));
    place scratch = place_make(weft_dnn_matmul_scratch(matmul));
    /* A product of two vectors, neither of which follows itself, has no other kernel. */
    assert_true(g->rows * g->columns == 1 || strstr(weft_dnn_matmul_kernel(matmul), "ref") == NULL);
    MUST(weft_dnn_matmul_run(matmul, left.data, right.data, result.data, scratch.data, &error));
    check_result(&result, type, &expected, written);
    MUST(weft_dnn_matmul_get(dnn, g, &again, &error));
    assert_ptr_equal(again, matmul);
    place_free(&left, "left factor");
    place_free(&right, "right factor");
    place_free(&result, "product");
    place_free(&scratch, "scratch");
    sums_free(&expected);
    free(a);
    free(b);
    free(written);
}

static weft_dnn_matmul_geometry random_matmul(weft_rng *rng, weft_type type, int round) {
    weft_dnn_matmul_geometry g = {.type = (int32_t)type};
    int gap = weft_rng_below(rng, 2) == 0 ? 0 : (int)weft_rng_below(rng, 70);
    g.images = 1 + (int)weft_rng_below(rng, 4);
    g.heads = 1 + (int)weft_rng_below(rng, 4);
    g.rows = 1 + (int)weft_rng_below(rng, 40);
    g.inner = 1 + (int)weft_rng_below(rng, 40);
    g.columns = 1 + (int)weft_rng_below(rng, 40);
    g.a = lay((lie)weft_rng_below(rng, LIES), g.heads, g.rows, g.inner, gap);
    g.b = lay((lie)weft_rng_below(rng, LIES), g.heads, g.inner, g.columns, gap);
    g.c = lay((lie)weft_rng_below(rng, LIES), g.heads, g.rows, g.columns, gap);
    snprintf(label, sizeof label,
             "seed %d round %d: %s, %d images, %d heads, %d x %d x %d, gap %d, steps %lld %lld, "
             "%lld %lld, %lld %lld",
             SEED, round, type == WEFT_BF16 ? "bf16" : "f32", g.images, g.heads, g.rows, g.inner,
             g.columns, gap, (long long)g.a.row_step, (long long)g.a.column_step,
             (long long)g.b.row_step, (long long)g.b.column_step, (long long)g.c.row_step,
             (long long)g.c.column_step);
    return g;
}

static void random_products(weft_type type) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    int n = scale != NULL && strcmp(scale, "quick") == 0 ? 30 : 150;
    char folder[64];
    weft_dnn *dnn;
    cache_make(folder);
    MUST(weft_dnn_create(&dnn, &error));
    for (int round = 0; round < n; round++) {
        weft_rng rng = weft_rng_make(SEED, WEFT_PURPOSE_TEST, (uint64_t)round);
        weft_dnn_matmul_geometry g = random_matmul(&rng, type, round);
        check_matmul(dnn, &g, &rng);
    }
    weft_dnn_destroy(dnn);
    cache_drop(folder);
}

static void random_products_in_f32(void **state) {
    (void)state;
    random_products(WEFT_F32);
}

static void random_products_in_bf16(void **state) {
    (void)state;
    if (!weft_dnn_has_bf16()) {
        skip();
    }
    random_products(WEFT_BF16);
}

/* As many tokens as images, heads side by side: brgemm of 3.7.2 multiplies the wrong images. */
static void as_many_tokens_as_images(void **state) {
    (void)state;
    enum { N = 16, HEADS = 2, WIDTH = 32 };
    char folder[64];
    weft_dnn *dnn;
    cache_make(folder);
    MUST(weft_dnn_create(&dnn, &error));
    for (int type = WEFT_F32; type <= (weft_dnn_has_bf16() ? WEFT_BF16 : WEFT_F32); type++) {
        weft_rng rng = weft_rng_make(SEED, WEFT_PURPOSE_TEST, 99);
        weft_dnn_matmul_geometry g = {
            .type = type, .images = N, .heads = HEADS, .rows = N, .inner = WIDTH, .columns = N};
        g.a = lay(TOKENS, HEADS, N, WIDTH, 0); /* queries by keys */
        g.b = lay(TOKENS_TRANSPOSED, HEADS, WIDTH, N, 0);
        g.c = lay(DENSE, HEADS, N, N, 0);
        check_matmul(dnn, &g, &rng);
        g.inner = N; /* weights of attention by values */
        g.columns = WIDTH;
        g.a = lay(DENSE, HEADS, N, N, 0);
        g.b = lay(TOKENS, HEADS, N, WIDTH, 0);
        g.c = lay(TOKENS, HEADS, N, WIDTH, 0);
        check_matmul(dnn, &g, &rng);
    }
    weft_dnn_destroy(dnn);
    cache_drop(folder);
}

static void wrong_products_are_refused(void **state) {
    (void)state;
    char folder[64];
    weft_dnn *dnn;
    weft_dnn_matmul *m;
    cache_make(folder);
    MUST(weft_dnn_create(&dnn, &error));
    const weft_dnn_matrix one = {1, 1, 1, 1};
    const weft_dnn_matmul_geometry good = {WEFT_F32, 1, 1, 1, 1, 1, one, one, one};
    weft_dnn_matmul_geometry g = good;
    MUST(weft_dnn_matmul_get(dnn, &g, &m, &error));
    g.inner = 0;
    assert_int_equal(weft_dnn_matmul_get(dnn, &g, &m, &error), WEFT_ERROR_INPUT);
    g = good;
    g.b.row_step = 0;
    assert_int_equal(weft_dnn_matmul_get(dnn, &g, &m, &error), WEFT_ERROR_INPUT);
    g = good;
    g.c.image = -1;
    assert_int_equal(weft_dnn_matmul_get(dnn, &g, &m, &error), WEFT_ERROR_INPUT);
    g = good;
    g.type = -1;
    assert_int_equal(weft_dnn_matmul_get(dnn, &g, &m, &error), WEFT_ERROR_INTERNAL);
    weft_dnn_destroy(dnn);
    cache_drop(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_products_in_f32),
        cmocka_unit_test(random_products_in_bf16),
        cmocka_unit_test(as_many_tokens_as_images),
        cmocka_unit_test(wrong_products_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
