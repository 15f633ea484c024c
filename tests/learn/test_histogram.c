/* SPDX-License-Identifier: Apache-2.0
 *
 * Operand histograms: counts worked out by hand, what must hold after any training, and that a
 * chip's energies follow them. */
#include "learn/histogram.h"

#include <weft/hardware.h>

#include <unistd.h>

#include "learn/train_support.h"

enum { ZERO = WEFT_HISTOGRAM_STEPS, IMAGES = 3, PIXELS = 4 };

/* ---- by hand --------------------------------------------------------------------------------- */

/* The largest magnitude is 15, so a step is 1 and codes are the values to the nearest, halves to
 * the even one: 15 -7 0 1 | 2 4 0 1 | 0 2 -2 -15. */
static const float PICTURES[IMAGES][PIXELS] = {
    {15.0F, -7.0F, 0.0F, 1.0F},
    {2.5F, 3.5F, -0.4F, 0.6F},
    {0.5F, 1.5F, -1.5F, -15.0F},
};

typedef struct album {
    weft_engine *engine;
    int64_t loaded;
} album;

static void load_pictures(void *context, int64_t first, int64_t n) {
    album *a = context;
    a->loaded += n;
    memcpy(a->engine->images, PICTURES[first], (size_t)n * sizeof PICTURES[0]);
}

/* 1 x 2 x 2 -> conv 1 x 1 to 2 channels -> ReLU -> flatten -> linear to 2 classes. */
static weft_network *hand_network(void) {
    weft_error error;
    weft_network *network = NULL;
    MUST(weft_network_create("by-hand", (weft_shape){1, 2, 2}, &network, &error));
    grow(network, conv_layer(2, 1, 1, 0, true), -1, -1);
    grow(network, plain_layer(WEFT_OP_RELU), -1, -1);
    grow(network, plain_layer(WEFT_OP_FLATTEN), -1, -1);
    grow(network, linear_layer(2), -1, -1);
    return network;
}

enum { CONV = 1, LINEAR = 4 };

static rig hand_rig(const weft_network *network, int batch, int lanes) {
    static const float weights[] = {2.0F, -1.0F}, bias[] = {0.0F, 5.0F};
    static const float none[2 * 2 * PIXELS] = {0}, sides[] = {-3.0F, 3.0F};
    weft_error error;
    rig made = rig_open(network, (weft_engine_settings){.batch = batch, .lanes = lanes}, 2);
    weft_engine *engine = made.engine;
    MUST(weft_engine_set(engine, CONV, WEFT_SLOT_WEIGHT, weights, &error));
    MUST(weft_engine_set(engine, CONV, WEFT_SLOT_BIAS, bias, &error));
    MUST(weft_engine_set(engine, LINEAR, WEFT_SLOT_WEIGHT, none, &error));
    MUST(weft_engine_set(engine, LINEAR, WEFT_SLOT_BIAS, sides, &error));
    return made;
}

static weft_status measure(weft_engine *engine, const weft_stop *stop, int64_t *loaded,
                           weft_network **measured, weft_error *error) {
    album a = {.engine = engine};
    const weft_histogram_images images = {IMAGES, load_pictures, &a};
    weft_status status = weft_measure_operands(engine, &images, stop, measured, error);
    *loaded = a.loaded;
    return status;
}

typedef struct pair {
    int code, count;
} pair;

/* Exactly these codes, each `count` of `total` times. */
static void check_counts(const weft_histogram *h, const pair *pairs, size_t n, int total) {
    int count[WEFT_HISTOGRAM_BINS] = {0};
    assert_non_null(h);
    assert_int_equal(h->n, WEFT_HISTOGRAM_BINS);
    for (size_t i = 0; i < n; i++) {
        count[ZERO + pairs[i].code] = pairs[i].count;
        total -= pairs[i].count;
    }
    assert_int_equal(total, 0); /* of the expectation itself */
    int sum = 0;
    for (int i = 0; i < WEFT_HISTOGRAM_BINS; i++) {
        sum += count[i];
    }
    for (int i = 0; i < WEFT_HISTOGRAM_BINS; i++) {
        if (h->share[i] != (double)count[i] / sum) {
            fail_msg("code %d: share %.17g, expected %d of %d", i - ZERO, h->share[i], count[i],
                     sum);
        }
    }
}

#define CHECK_COUNTS(histogram, total, ...)                                                        \
    check_counts(histogram, (const pair[]){__VA_ARGS__},                                           \
                 sizeof((const pair[]){__VA_ARGS__}) / sizeof(pair), total)

static void test_counts_by_hand(void **state) {
    (void)state;
    weft_network *network = hand_network();
    uint64_t hash = 0;
    /* The last batch is full, half full, alone: what stands behind its images is not counted, in
     * its lane or in others. */
    static const int batches[][2] = {{1, 1}, {2, 1}, {2, 2}, {3, 1},
                                     {3, 3}, {4, 1}, {4, 2}, {4, 4}};
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        weft_error error = {0};
        rig made = hand_rig(network, batches[b][0], batches[b][1]);
        weft_engine *engine = made.engine;
        for (size_t i = 0; i < image_values(engine); i++) {
            set_image(engine, i, 1e6F);
        }
        weft_network *measured = NULL;
        int64_t loaded = 0;
        MUST(measure(engine, NULL, &loaded, &measured, &error));
        assert_int_equal(loaded, 2 * IMAGES);
        const weft_operands *conv = &measured->layers[CONV].operands;
        CHECK_COUNTS(conv->inputs, 12, {-15, 1}, {-7, 1}, {-2, 1}, {0, 3}, {1, 2}, {2, 2}, {4, 1},
                     {15, 1});
        /* A step is 2/15: 2 is 15 of them, -1 is -7.5, which goes to -8. */
        CHECK_COUNTS(conv->weights, 2, {-8, 1}, {15, 1});
        /* 2 x, with a largest magnitude of 30 the same codes as x; and 5 - x in steps of 2:
         * -5 6 2 2 | 1 1 3 2 | 2 2 3 10 from -10 12 5 4 | 2.5 1.5 5.4 4.4 | 4.5 3.5 6.5 20. */
        CHECK_COUNTS(conv->outputs, 24, {-15, 1}, {-7, 1}, {-5, 1}, {-2, 1}, {0, 3}, {1, 4}, {2, 7},
                     {3, 2}, {4, 1}, {6, 1}, {10, 1}, {15, 1});
        /* The same without what the ReLU cuts. */
        const weft_operands *linear = &measured->layers[LINEAR].operands;
        CHECK_COUNTS(linear->inputs, 24, {0, 7}, {1, 4}, {2, 7}, {3, 2}, {4, 1}, {6, 1}, {10, 1},
                     {15, 1});
        /* Zeros alone; then the biases alone. */
        CHECK_COUNTS(linear->weights, 16, {0, 16});
        CHECK_COUNTS(linear->outputs, 6, {-15, 3}, {15, 3});
        assert_null(measured->layers[2].operands.inputs);
        assert_true(b == 0 || weft_network_hash(measured) == hash);
        hash = weft_network_hash(measured);
        weft_network_destroy(measured);
        rig_close(&made);
    }
    assert_true(weft_network_hash(network) != hash);
    weft_network_destroy(network);
}

/* The chip multiplies with rounded weights: with a step of 2 and one of -1, 0, 1 for each, 2 stays and -1
 * is halfway to 0, the even one. Inputs are cut at a step of 1, the outputs are of both. */
static void test_counts_of_rounded_weights(void **state) {
    (void)state;
    static const float weights[] = {2.0F, -1.0F}, bias[] = {0.0F, 5.0F}, two = 2.0F, one = 1.0F;
    weft_error error = {0};
    weft_quant_settings quant;
    weft_quant_defaults(&quant);
    quant.weight_bits = quant.input_bits = 2;
    quant.ends_at_8 = quant.per_channel = false;
    weft_network *network = hand_network(), *measured = NULL;
    rig made = rig_open(network, (weft_engine_settings){.batch = 1, .quant = &quant}, 1);
    MUST(weft_engine_set(made.engine, CONV, WEFT_SLOT_WEIGHT, weights, &error));
    MUST(weft_engine_set(made.engine, CONV, WEFT_SLOT_BIAS, bias, &error));
    MUST(weft_engine_set(made.engine, CONV, WEFT_SLOT_WEIGHT_STEP, &two, &error));
    MUST(weft_engine_set(made.engine, CONV, WEFT_SLOT_INPUT_STEP, &one, &error));
    MUST(weft_engine_set(made.engine, LINEAR, WEFT_SLOT_WEIGHT_STEP, &one, &error));
    MUST(weft_engine_set(made.engine, LINEAR, WEFT_SLOT_INPUT_STEP, &one, &error));
    int64_t loaded = 0;
    MUST(measure(made.engine, NULL, &loaded, &measured, &error));
    const weft_operands *conv = &measured->layers[CONV].operands;
    CHECK_COUNTS(conv->weights, 2, {0, 1}, {15, 1});
    CHECK_COUNTS(conv->inputs, 12, {-15, 3}, {0, 3}, {15, 6});
    weft_network_destroy(measured);
    rig_close(&made);
    weft_network_destroy(network);
}

static void test_stops_and_refuses(void **state) {
    (void)state;
    static const float bad[] = {NAN, INFINITY};
    weft_error error = {0};
    weft_network *network = hand_network(), *measured = NULL;
    rig made = hand_rig(network, 2, 1);
    weft_engine *engine = made.engine;
    weft_stop stop = {0};
    int64_t loaded = 0;
    atomic_store(&stop.requested, true);
    assert_int_equal(measure(engine, &stop, &loaded, &measured, &error), WEFT_STOPPED);
    for (int i = 0; i < 2; i++) {
        const float weights[] = {1.0F, bad[i]};
        MUST(weft_engine_set(engine, CONV, WEFT_SLOT_WEIGHT, weights, &error));
        assert_int_equal(measure(engine, NULL, &loaded, &measured, &error), WEFT_ERROR_EVALUATION);
        assert_non_null(strstr(error.message, "layer 1 (conv)"));
    }
    assert_null(measured);
    rig_close(&made);
    weft_network_destroy(network);
}

/* ---- after a training ------------------------------------------------------------------------ */

static weft_train_settings short_settings(weft_split split) {
    weft_train_settings settings;
    weft_train_defaults(&settings);
    settings.seed = 3;
    settings.batch = 16;
    settings.split = split;
    return settings;
}

static weft_network *train(const weft_network *network, const weft_dataset *dataset,
                           weft_split split, int64_t images, weft_train_result *result) {
    weft_error error = {0};
    weft_train_settings settings = short_settings(split);
    weft_network *measured = NULL;
    MUST(weft_train_with_histograms(network, dataset, &settings, images, NULL, NULL, NULL, result,
                                    &measured, &error));
    return measured;
}

/* Sums to 1, reaches the outermost bin on one side at least. Returns the share below zero. */
static double check_shares(const weft_histogram *h) {
    double sum = 0.0, below = 0.0;
    assert_non_null(h);
    assert_int_equal(h->n, WEFT_HISTOGRAM_BINS);
    for (int i = 0; i < WEFT_HISTOGRAM_BINS; i++) {
        assert_true(h->share[i] >= 0.0 && h->share[i] <= 1.0);
        sum += h->share[i];
        below += i < ZERO ? h->share[i] : 0.0;
    }
    assert_true(fabs(sum - 1.0) < 1e-12);
    assert_true(h->share[0] > 0.0 || h->share[WEFT_HISTOGRAM_BINS - 1] > 0.0);
    return below;
}

static void test_every_product_has_them(void **state) {
    (void)state;
    weft_error error = {0};
    weft_dataset dataset;
    synthetic_make(&dataset, (weft_shape){3, 8, 8}, 5, 200, 40, 60);
    weft_network *network = small_network("V8,R12", &dataset);
    weft_train_result result, plain;
    weft_network *measured = train(network, &dataset, WEFT_SPLIT_VALIDATION, 24, &result);
    assert_int_equal(measured->n_layers, network->n_layers);
    assert_int_equal(measured->macs, network->macs);
    assert_int_equal(measured->n_blocks, network->n_blocks);
    int products = 0;
    for (int32_t i = 0; i < measured->n_layers; i++) {
        const weft_operands *operands = &measured->layers[i].operands;
        weft_loops loops;
        if (!weft_layer_loops(measured, i, &loops)) {
            assert_true(operands->inputs == NULL && operands->weights == NULL);
            continue;
        }
        double below = check_shares(operands->inputs);
        /* Normalised images have both signs; a ReLU, a pool of it, a sum's ReLU have one. */
        assert_true(products == 0 ? below > 0.0 : below == 0.0);
        assert_true(check_shares(operands->weights) > 0.0);
        assert_true(check_shares(operands->outputs) > 0.0);
        products++;
    }
    assert_int_equal(products, 2 + 3 + 3);
    /* The training is the one without histograms. */
    weft_train_settings settings = short_settings(WEFT_SPLIT_VALIDATION);
    MUST(weft_train(network, &dataset, &settings, NULL, NULL, NULL, &plain, &error));
    assert_memory_equal(&result.accuracy, &plain.accuracy, sizeof plain.accuracy);
    assert_memory_equal(&result.loss, &plain.loss, sizeof plain.loss);
    assert_int_equal(result.images_measured, plain.images_measured);
    weft_network_destroy(measured);
    weft_network_destroy(network);
    synthetic_free(&dataset);
}

static uint64_t measured_hash(const weft_network *network, const weft_dataset *dataset,
                              weft_split split, int64_t images) {
    weft_train_result result;
    weft_network *measured = train(network, dataset, split, images, &result);
    uint64_t hash = weft_network_hash(measured);
    weft_network_destroy(measured);
    return hash;
}

/* The same again, other images something else, and never the test set. */
static void test_images_decide(void **state) {
    (void)state;
    weft_dataset dataset;
    synthetic_make(&dataset, (weft_shape){1, 8, 8}, 4, 120, 24, 60);
    weft_network *network = small_network("V8", &dataset);
    uint64_t few = measured_hash(network, &dataset, WEFT_SPLIT_TEST, 8);
    assert_true(few == measured_hash(network, &dataset, WEFT_SPLIT_TEST, 8));
    assert_true(few != measured_hash(network, &dataset, WEFT_SPLIT_TEST, 12));
    /* 15 % of 30 in each of 4 classes are 20: asking for more gives all of them. */
    assert_true(measured_hash(network, &dataset, WEFT_SPLIT_TEST, 20) ==
                measured_hash(network, &dataset, WEFT_SPLIT_TEST, 1000000));
    memset(dataset.test.pixels, 255, (size_t)dataset.test.n * 64);
    assert_true(few == measured_hash(network, &dataset, WEFT_SPLIT_TEST, 8));
    weft_network_destroy(network);
    synthetic_free(&dataset);
}

static void test_bad_requests(void **state) {
    (void)state;
    weft_error error = {0};
    weft_dataset dataset;
    synthetic_make(&dataset, (weft_shape){1, 8, 8}, 4, 40, 8, 60);
    weft_network *network = small_network("V8", &dataset), *measured = NULL;
    weft_train_settings settings = short_settings(WEFT_SPLIT_TEST);
    weft_train_result result;
    assert_int_equal(weft_train_with_histograms(network, &dataset, &settings, 0, NULL, NULL, NULL,
                                                &result, &measured, &error),
                     WEFT_ERROR_INPUT);
    settings.validation = 0.0;
    assert_int_equal(weft_train_with_histograms(network, &dataset, &settings, 8, NULL, NULL, NULL,
                                                &result, &measured, &error),
                     WEFT_ERROR_INPUT);
    settings = short_settings(WEFT_SPLIT_TEST);
    weft_stop stop = {0};
    atomic_store(&stop.requested, true);
    assert_int_equal(weft_train_with_histograms(network, &dataset, &settings, 8, NULL, NULL, &stop,
                                                &result, &measured, &error),
                     WEFT_STOPPED);
    /* No crew: the images that were found for the histograms are given back. */
    setenv("WEFT_KERNELS", "nonsense", 1);
    assert_int_equal(weft_train_with_histograms(network, &dataset, &settings, 8, NULL, NULL, NULL,
                                                &result, &measured, &error),
                     WEFT_ERROR_USAGE);
    unsetenv("WEFT_KERNELS");
    assert_null(measured);
    weft_network_destroy(network);
    synthetic_free(&dataset);
}

/* ---- on a chip ------------------------------------------------------------------------------- */

static double energy_on(const weft_priced *priced, const weft_network *network) {
    weft_error error = {0};
    weft_workload *workload = NULL;
    weft_cost *cost = NULL;
    MUST(weft_workload_create(network, &workload, &error));
    MUST(weft_cost_create(priced, workload, &cost, &error));
    double energy = cost->total.energy_j;
    weft_cost_destroy(cost);
    weft_workload_destroy(workload);
    return energy;
}

/* The measured network itself and the table that is read back cost the same, and not what the chip
 * assumes of a network that nobody measured. */
static void test_energies_follow(void **state) {
    (void)state;
    weft_error error = {0};
    weft_dataset dataset;
    synthetic_make(&dataset, (weft_shape){1, 8, 8}, 4, 120, 24, 60);
    weft_network *network = small_network("V8,R8", &dataset), *table = NULL;
    weft_train_result result;
    weft_network *measured = train(network, &dataset, WEFT_SPLIT_VALIDATION, 16, &result);
    char folder[] = "/tmp/weft-histogram-XXXXXX", file[64];
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/measured.csv", folder);
    MUST(weft_network_write_csv(measured, file, &error));
    weft_status status = weft_network_read(file, &table, &error);
    unlink(file);
    rmdir(folder);
    MUST(status);
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    MUST(weft_chip_read("basic-65nm-rram", &chip, &error));
    MUST(weft_priced_create(chip, &priced, &error));
    double assumed = energy_on(priced, network);
    double known = energy_on(priced, measured);
    double read = energy_on(priced, table);
    assert_true(isfinite(assumed) && isfinite(known) && known > 0.0);
    assert_true(fabs(known / assumed - 1.0) > 1e-3);
    assert_true(fabs(read / known - 1.0) < 1e-12);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
    weft_network_destroy(table);
    weft_network_destroy(measured);
    weft_network_destroy(network);
    synthetic_free(&dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_by_hand),    cmocka_unit_test(test_counts_of_rounded_weights),
        cmocka_unit_test(test_stops_and_refuses), cmocka_unit_test(test_every_product_has_them),
        cmocka_unit_test(test_images_decide),     cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_energies_follow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
