/* SPDX-License-Identifier: Apache-2.0
 *
 * Ways to compute products: networks in each way against the double-precision reference, ways mixed
 * among the passes of a layer, and what is taken where nothing is measured. */
#include "learn/cache_support.h"
#include "learn/gradient_support.h"

#include "learn/way.h"

typedef enum wish { OWN_ALL, ONEDNN_ALL, OWN_FORWARD, OWN_DATA, OWN_WEIGHTS, WISHES } wish;

static bool wants_own(wish w, int pass) {
    return w == OWN_ALL || (w == OWN_FORWARD && pass == WEFT_DNN_FORWARD) ||
           (w == OWN_DATA && pass == WEFT_DNN_BACKWARD_DATA) ||
           (w == OWN_WEIGHTS && pass == WEFT_DNN_BACKWARD_WEIGHTS);
}

/* ---- fixing choices --------------------------------------------------------------------------- */

static weft_status only(void *context, int way, weft_error *why) {
    const int *wanted = context;
    return way == *wanted ? WEFT_OK : weft_fail(why, WEFT_ERROR_INTERNAL, "not way %d", way);
}

static const weft_way *own_of(const weft_dnn_geometry *g) {
    return weft_way_depthwise.serves(g)  ? &weft_way_depthwise
           : weft_way_winograd.serves(g) ? &weft_way_winograd
                                         : NULL;
}

static void fix(weft_dnn *dnn, const weft_dnn_geometry *g, wish w) {
    const weft_way *own = own_of(g);
    for (int pass = 0; own != NULL && pass < WEFT_DNN_PASSES; pass++) {
        char key[WEFT_WAY_KEY];
        weft_error error;
        int onednn = weft_way_of_onednn(own), got;
        int wanted = wants_own(w, pass) ? 1 - onednn : onednn;
        weft_way_name(own, g, (weft_dnn_pass)pass, key);
        MUST(weft_choices_best(weft_dnn_choices(dnn), key, 2, only, &wanted, &got, &error));
        assert_int_equal(got, wanted);
    }
}

/* What the layers of a network with so many lanes are, as they are met when nothing is measured, is
 * fixed in a new file of choices. Returns how many passes have a way of ours. */
static int fix_network(const weft_network *network, int lanes, weft_type type, wish w) {
    weft_error error;
    weft_dnn *dnn;
    int own = 0;
    setenv("WEFT_KERNELS", "fixed", 1);
    rig made =
        rig_open(network, (weft_engine_settings){.batch = BATCH, .lanes = lanes, .type = type}, 1);
    unsetenv("WEFT_KERNELS");
    MUST(weft_dnn_create(&dnn, &error));
    for (int s = 0; s < made.engine->n_stages; s++) {
        const weft_stage *stage = &made.engine->stages[s];
        if (weft_stage_is_product(stage)) {
            fix(dnn, &stage->geometry, w);
            own += own_of(&stage->geometry) != NULL;
        }
    }
    weft_dnn_destroy(dnn);
    rig_close(&made);
    return own;
}

static void check_ways(const weft_network *network, int lanes, weft_type type, wish w) {
    rig made =
        rig_open(network, (weft_engine_settings){.batch = BATCH, .lanes = lanes, .type = type}, 1);
    for (int s = 0; s < made.engine->n_stages; s++) {
        const weft_stage *stage = &made.engine->stages[s];
        const weft_way *own = weft_stage_is_product(stage) ? own_of(&stage->geometry) : NULL;
        for (int pass = 0; own != NULL && pass < WEFT_DNN_PASSES; pass++) {
            bool runs = pass != WEFT_DNN_BACKWARD_DATA || stage->wants[0];
            const weft_way *expected = wants_own(w, pass) ? own : NULL;
            assert_true(!runs || stage->way[pass] == expected);
        }
    }
    rig_close(&made);
}

/* ---- networks --------------------------------------------------------------------------------- */

static weft_layer biased(weft_layer layer) {
    layer.bias = true;
    return layer;
}

static weft_network *network_at(int i) {
    weft_network *network;
    switch (i) {
    case 0:
        network = network_of("two by winograd", 16, 7, 6);
        next(network, conv_layer(32, 3, 1, 1, true));
        next(network, conv_layer(16, 3, 1, 0, false));
        break;
    case 1:
        network = begin("depthwise", 24, 7);
        next(network, biased(depthwise_layer(24, 3, 1)));
        next(network, depthwise_layer(24, 5, 2));
        break;
    default:
        network = begin("both", 32, 5);
        next(network, conv_layer(48, 3, 1, 1, false));
        next(network, depthwise_layer(48, 3, 1));
    }
    grow_head(network, CLASSES);
    return network;
}

static void test_gradients(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        for (int w = 0; w < WISHES; w++) {
            char folder[64];
            cache_make(folder);
            weft_network *network = network_at(i);
            int own = fix_network(network, 1, WEFT_F32, (wish)w);
            own += fix_network(network, 3, WEFT_F32, (wish)w);
            if (own == 0) {
                print_message("%s: none but oneDNN's ways on this CPU\n", network->name);
            }
            check_ways(network, 1, WEFT_F32, (wish)w);
            check_ways(network, 3, WEFT_F32, (wish)w);
            compare_both(network, (conditions){.samples = 2, .seed = 300 + (uint64_t)i});
            weft_network_destroy(network);
            cache_drop(folder);
        }
    }
}

/* ---- bf16: one way beside the other ------------------------------------------------------------- */

/* Gradients of everything after a step on the same numbers. */
static float *gradients_of(const weft_network *network, wish w, size_t *n) {
    weft_error error;
    char folder[64];
    cache_make(folder);
    fix_network(network, 1, WEFT_BF16, w);
    check_ways(network, 1, WEFT_BF16, w);
    rig made = rig_open(network, (weft_engine_settings){.batch = BATCH, .type = WEFT_BF16}, 1);
    weft_engine *engine = made.engine;
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 5);
    for (size_t i = 0; i < image_values(engine); i++) {
        set_image(engine, i, (float)weft_rng_normal(&rng));
    }
    MUST(weft_engine_forward(engine, WEFT_MODE_TRAIN, NULL, &error));
    const uint16_t labels[BATCH] = {0, 1, 2};
    weft_cross_entropy(engine->logits, labels, BATCH, engine->classes, 0.0,
                       engine->logits_gradient);
    MUST(weft_engine_backward(engine, NULL, &error));
    *n = engine->n_parameters;
    float *copy = must_calloc(*n, sizeof *copy);
    memcpy(copy, engine->gradients, *n * sizeof *copy);
    rig_close(&made);
    cache_drop(folder);
    return copy;
}

static void test_bf16(void **state) {
    (void)state;
    if (!weft_dnn_has_bf16()) {
        print_message("this CPU does not compute in bf16\n");
        skip();
    }
    for (int i = 0; i < 3; i++) {
        size_t n, m;
        weft_network *network = network_at(i);
        float *ours = gradients_of(network, OWN_ALL, &n);
        float *theirs = gradients_of(network, ONEDNN_ALL, &m);
        double square = 0.0, error = 0.0;
        assert_int_equal(n, m);
        for (size_t k = 0; k < n; k++) {
            double difference = (double)ours[k] - (double)theirs[k];
            square += (double)theirs[k] * (double)theirs[k];
            error += difference * difference;
        }
        /* Some roundings to 8 bits deep; a wrong pass would be off by all. */
        assert_true(error <= 0.03 * 0.03 * square);
        assert_true(square > 0.0);
        free(ours);
        free(theirs);
        weft_network_destroy(network);
    }
}

/* ---- what is taken ----------------------------------------------------------------------------- */

static weft_dnn_geometry geometry(int in, int out, int kernel, int pad, int groups) {
    int side = 8 + 2 * pad - kernel + 1;
    return (weft_dnn_geometry){.type = WEFT_F32,
                               .input_gradient = 1,
                               .batch = 2,
                               .in_channels = in,
                               .in_height = 8,
                               .in_width = 8,
                               .out_channels = out,
                               .out_height = side,
                               .out_width = side,
                               .kernel_height = kernel,
                               .kernel_width = kernel,
                               .stride_height = 1,
                               .stride_width = 1,
                               .pad_height = pad,
                               .pad_width = pad,
                               .dilation_height = 1,
                               .dilation_width = 1,
                               .groups = groups};
}

static void choose(weft_dnn_geometry g, const weft_way *expected) {
    weft_error error;
    weft_dnn *dnn;
    const weft_way *way[WEFT_DNN_PASSES];
    MUST(weft_dnn_create(&dnn, &error));
    MUST(weft_way_choose(dnn, &g, way, &error));
    for (int pass = 0; pass < WEFT_DNN_PASSES; pass++) {
        assert_ptr_equal(way[pass], expected);
    }
    weft_dnn_destroy(dnn);
}

/* Nothing is measured, nor made for it: oneDNN's, and ours for depthwise convolutions. What a trial of
 * the last one would need no machine has. */
static void test_fixed(void **state) {
    (void)state;
    weft_dnn_geometry large = geometry(16, 16, 3, 1, 16);
    large.batch = INT32_MAX / 2;
    setenv("WEFT_KERNELS", "fixed", 1);
    choose(geometry(16, 16, 3, 1, 1), NULL);
    choose(geometry(16, 24, 5, 2, 1), NULL);
    choose(geometry(16, 16, 3, 1, 4), NULL);
    choose(geometry(16, 16, 3, 1, 16), &weft_way_depthwise);
    choose(large, &weft_way_depthwise);
    unsetenv("WEFT_KERNELS");
}

/* A changed kernel is measured anew. */
static void test_revisions(void **state) {
    (void)state;
    char before[WEFT_WAY_KEY], after[WEFT_WAY_KEY];
    weft_dnn_geometry g = geometry(16, 16, 3, 1, 1);
    weft_way changed = weft_way_winograd;
    changed.revision++;
    weft_way_name(&weft_way_winograd, &g, WEFT_DNN_FORWARD, before);
    weft_way_name(&changed, &g, WEFT_DNN_FORWARD, after);
    assert_string_not_equal(before, after);
}

/* Where oneDNN cannot, nobody asks it, whatever the file says. */
static void test_wide_padding(void **state) {
    (void)state;
    char folder[64];
    weft_error error;
    weft_dnn *dnn;
    weft_dnn_geometry g = geometry(16, 16, 3, 3, 16);
    cache_make(folder);
    MUST(weft_dnn_create(&dnn, &error));
    fix(dnn, &g, ONEDNN_ALL);
    weft_dnn_destroy(dnn);
    choose(g, &weft_way_depthwise);
    cache_drop(folder);
}

/* What was measured once is what is taken from then on. */
static void test_remembered(void **state) {
    (void)state;
    char folder[64];
    weft_error error;
    weft_dnn *dnn;
    weft_dnn_geometry g = geometry(32, 32, 3, 1, 1);
    const weft_way *first[WEFT_DNN_PASSES], *second[WEFT_DNN_PASSES];
    cache_make(folder);
    for (int i = 0; i < 2; i++) {
        MUST(weft_dnn_create(&dnn, &error));
        MUST(weft_way_choose(dnn, &g, i == 0 ? first : second, &error));
        weft_dnn_destroy(dnn);
    }
    assert_memory_equal(first, second, sizeof first);
    cache_drop(folder);
}

/* ---- doors -------------------------------------------------------------------------------------- */

/* A line of a file of choices is cut into its key and its way. */
static int cut_line(char *line) {
    *strrchr(line, ' ') = '\0'; /* the check */
    char *word = strrchr(line, ' ');
    *word = '\0';
    return atoi(word + 1);
}

/* The choices of a file's text, remembered by one door; then its own file says otherwise to others. */
static void mislead(weft_dnn *first, const char *text, const char *folder) {
    weft_error error;
    char path[320];
    assert_true(cache_file(folder, path));
    for (int turn = 0; turn < 2; turn++) {
        char *lines = strdup(text);
        assert_non_null(lines);
        for (char *line = strtok(lines, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            int way = cut_line(line), got = way;
            if (turn == 0) {
                MUST(weft_choices_best(weft_dnn_choices(first), line, 3, only, &way, &got, &error));
                assert_int_equal(got, way);
            } else {
                cache_add(path, line, way == 0 ? 1 : 0);
            }
        }
        free(lines);
    }
}

/* Lanes share packed weights: what the first chooses is taken by all, whatever their doors know. */
static void test_lanes_agree(void **state) {
    (void)state;
    weft_error error;
    char before[64], folder[64];
    weft_network *network = network_at(2);
    const weft_engine_settings settings = {.batch = 4, .lanes = 2};
    cache_make(before);
    rig alone = rig_open(network, settings, 1), made = {0};
    char *text = cache_text(before);
    cache_make(folder);
    MUST(weft_crew_create(2, &made.crew, &error));
    mislead(weft_crew_door(made.crew, 0), text, folder);
    MUST(weft_engine_create(network, made.crew, &settings, &made.engine, &error));
    for (int s = 0; s < made.engine->n_stages; s++) {
        weft_dnn_product *const products[] = {alone.engine->lanes[0].product[s],
                                              made.engine->lanes[0].product[s],
                                              made.engine->lanes[1].product[s]};
        for (int pass = 0; products[0] != NULL && pass < WEFT_DNN_PASSES; pass++) {
            const char *name = weft_dnn_product_kernel(products[0], (weft_dnn_pass)pass);
            for (int i = 1; i < 3; i++) {
                assert_string_equal(weft_dnn_product_kernel(products[i], (weft_dnn_pass)pass),
                                    name);
            }
        }
    }
    free(text);
    rig_close(&alone);
    rig_close(&made);
    weft_network_destroy(network);
    cache_drop(folder);
    cache_drop(before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),   cmocka_unit_test(test_bf16),
        cmocka_unit_test(test_fixed),       cmocka_unit_test(test_wide_padding),
        cmocka_unit_test(test_remembered),  cmocka_unit_test(test_revisions),
        cmocka_unit_test(test_lanes_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
