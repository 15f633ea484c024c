/* SPDX-License-Identifier: Apache-2.0
 *
 * Supernets over a handful of networks: that they learn, tell better networks from worse, end with the
 * same bytes on any number of threads and after any interruption, and refuse what is not theirs. */
#include "learn/supernet.h"

#include <sys/stat.h>
#include <unistd.h>

#include "learn/train_file.h"
#include "learn/train_support.h"

static char folder[] = "/tmp/weft-supernet-XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static const char *in_folder(const char *name) {
    static char paths[64][256];
    static int next_path;
    char *path = paths[next_path++ % 64];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* ---- a space --------------------------------------------------------------------------------- */

enum { SIDE = 8, CLASSES = 4, TRAIN = 240, TEST = 80 };

/* A convolution, a transformer block over the positions of its map where `attends`, and a head. One
 * that is blind sees the mean of the image alone. */
typedef struct variant {
    int width, kernel;
    bool attends, blind;
} variant;

enum { STEM = 1, NORM, HIDDEN, HEAD, QUERY, KEY, VALUE, OUT, ATTENTION_NORM, SCORES, MIX };

static void place_next(weft_network *network, weft_layer layer, int32_t home) {
    layer.place = home;
    next(network, layer);
}

static void grow_attention(weft_network *network, int width) {
    int map = network->n_layers - 1;
    next(network, plain_layer(WEFT_OP_TOKENS));
    int x = network->n_layers - 1;
    place_next(network, plain_layer(WEFT_OP_LAYER_NORM), ATTENTION_NORM);
    int norm = network->n_layers - 1, of[3];
    for (int i = 0; i < 3; i++) {
        weft_layer layer = linear_layer(width);
        layer.place = QUERY + i;
        of[i] = grow(network, layer, norm, -1);
    }
    weft_layer product = matmul_layer(2, true);
    product.place = SCORES;
    int scores = grow(network, product, of[0], of[1]);
    int weights = grow(network, softmax_layer(2), scores, -1);
    product = matmul_layer(2, false);
    product.place = MIX;
    grow(network, product, weights, of[2]);
    place_next(network, linear_layer(width), OUT);
    grow(network, plain_layer(WEFT_OP_ADD), network->n_layers - 1, x);
    next(network, (weft_layer){.op = WEFT_OP_TO_MAP, .entries = network->layers[map].out.height});
}

static void build(weft_network *network, variant v) {
    weft_error error;
    MUST(weft_network_clear(network, "variant", (weft_shape){1, SIDE, SIDE}, &error));
    if (v.blind) {
        next(network, average_layer(1));
    }
    place_next(network, conv_layer(v.width, v.kernel, 1, v.kernel / 2, false), STEM);
    place_next(network, plain_layer(WEFT_OP_BATCH_NORM), NORM);
    next(network, plain_layer(WEFT_OP_RELU));
    next(network, average_layer(v.blind ? 1 : 4));
    if (v.attends) {
        grow_attention(network, v.width);
    }
    next(network, plain_layer(WEFT_OP_FLATTEN));
    place_next(network, linear_layer(12), v.blind ? HIDDEN + 20 : HIDDEN);
    next(network, plain_layer(WEFT_OP_RELU));
    place_next(network, linear_layer(CLASSES), v.blind ? HEAD + 20 : HEAD);
}

static weft_network *network_of_variant(variant v) {
    weft_network *network = network_of("variant", 1, SIDE, SIDE);
    build(network, v);
    return network;
}

static const variant SMALLEST = {4, 3, false, false}, WIDE = {8, 5, false, false},
                     LARGEST = {8, 5, true, false}, BLIND = {8, 3, false, true};

/* What was asked for. */
typedef struct asked {
    bool has_attention, has_blind;
    int random, largest, smallest, with_attention;
} asked;

static weft_status draw(void *context, weft_supernet_draw which, uint64_t seed, uint64_t index,
                        bool first_group, weft_network *network, int *group, weft_error *error) {
    (void)error;
    asked *a = context;
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, index);
    bool attends = a->has_attention && !first_group;
    variant v = {.width = weft_rng_below(&rng, 2) == 0 ? 4 : 8,
                 .kernel = weft_rng_below(&rng, 2) == 0 ? 3 : 5,
                 .attends = attends && weft_rng_below(&rng, 4) > 0,
                 .blind = a->has_blind && weft_rng_below(&rng, 2) == 0};
    v.attends = v.attends && !v.blind;
    bool is_largest = which == WEFT_SUPERNET_LARGEST || which == WEFT_SUPERNET_LARGEST_OF_KINDS;
    bool is_random = which == WEFT_SUPERNET_RANDOM;
    if (is_largest) {
        v = attends ? LARGEST : WIDE;
    } else if (!is_random) {
        v = SMALLEST;
    }
    a->random += is_random;
    a->largest += is_largest;
    a->smallest += !is_largest && !is_random;
    a->with_attention += v.attends;
    build(network, v);
    *group = v.attends;
    return WEFT_OK;
}

static weft_supernet_space space_of(asked *a) {
    return (weft_supernet_space){.context = a, .name = "variants", .hash = 77, .draw = draw};
}

/* ---- trainings ------------------------------------------------------------------------------- */

static weft_dataset dataset;

static void make_dataset(void) {
    if (dataset.train.n == 0) {
        synthetic_make(&dataset, (weft_shape){1, SIDE, SIDE}, CLASSES, TRAIN, TEST, 90);
    }
}

static weft_supernet_settings settings_of(double epochs, const char *save) {
    weft_supernet_settings s;
    weft_supernet_defaults(&s);
    s.train.epochs = epochs;
    s.train.batch = 32;
    s.train.validation = 0.2;
    s.train.learning_rate = 0.05;
    s.train.crop_pad = 0;
    s.train.flip = false;
    s.train.seed = 3;
    s.train.save = save;
    return s;
}

static weft_supernet_result must_train(asked *a, const weft_supernet_settings *s,
                                       const weft_supernet_watch *watch) {
    weft_error error;
    weft_supernet_space space = space_of(a);
    weft_supernet_result result;
    make_dataset();
    MUST(weft_supernet_train(&space, &dataset, s, watch, NULL, &result, &error));
    return result;
}

static weft_supernet *must_open(const char *path) {
    weft_error error;
    weft_supernet *supernet = NULL;
    MUST(weft_supernet_open(path, 77, "variants", &supernet, &error));
    return supernet;
}

static weft_supernet_meter *meter_of(const weft_supernet *supernet, int threads) {
    weft_error error;
    weft_train_settings s = settings_of(1, NULL).train;
    weft_supernet_meter *meter = NULL;
    s.threads = threads;
    s.validation = 0.5; /* which has no say */
    MUST(weft_supernet_meter_create(supernet, &dataset, &s, 96, &meter, &error));
    return meter;
}

static weft_train_result measure(weft_supernet_meter *meter, variant v) {
    weft_error error;
    weft_train_result result;
    weft_network *network = network_of_variant(v);
    MUST(weft_supernet_measure(meter, network, NULL, &result, &error));
    weft_network_destroy(network);
    return result;
}

static void expect_accuracies(const char *path, bool attends, double least) {
    weft_supernet *supernet = must_open(path);
    weft_supernet_meter *meter = meter_of(supernet, 1);
    for (int i = 0; i < (attends ? 8 : 4); i++) {
        variant v = {i % 2 == 0 ? 4 : 8, i / 2 % 2 == 0 ? 3 : 5, i >= 4, false};
        weft_train_result found = measure(meter, v);
        assert_int_equal(found.images_measured, TRAIN / 5);
        if (!(found.accuracy >= least)) {
            fail_msg("%s: width %d, kernel %d%s: accuracy %g", path, v.width, v.kernel,
                     v.attends ? ", attention" : "", found.accuracy);
        }
    }
    weft_supernet_meter_destroy(meter);
    weft_supernet_close(supernet);
}

/* ---- learning -------------------------------------------------------------------------------- */

static void test_single_path(void **state) {
    (void)state;
    asked a = {0};
    const char *path = in_folder("single.safetensors");
    weft_supernet_settings s = settings_of(24, path);
    weft_supernet_result result = must_train(&a, &s, NULL);
    assert_int_equal(result.steps, 24 * 6);
    assert_int_equal(result.networks, 24 * 6);
    assert_int_equal(result.cosines[0].pairs, 0);
    assert_true(isnan(result.cosines[0].mean));
    expect_accuracies(path, false, 0.85);
}

/* The smallest and random networks learn from the largest alone. */
static void test_sandwich(void **state) {
    (void)state;
    for (int distils = 0; distils < 2; distils++) {
        asked a = {0};
        const char *path = in_folder("sandwich.safetensors");
        weft_supernet_settings s = settings_of(16, path);
        s.rule = WEFT_SUPERNET_SANDWICH;
        s.distils = distils != 0;
        s.samples = 2;
        weft_supernet_result result = must_train(&a, &s, NULL);
        assert_int_equal(result.networks, 4 * result.steps);
        assert_true(a.largest == result.steps + 1 && a.smallest == result.steps + 1);
        expect_accuracies(path, false, 0.85);
    }
}

static void test_quantized(void **state) {
    (void)state;
    asked a = {0};
    const char *path = in_folder("quantized.safetensors");
    weft_supernet_settings s = settings_of(24, path);
    s.train.quantize = true;
    s.train.quant.weight_bits = 4;
    s.train.quant.input_bits = 4;
    s.train.quant.per_channel = true;
    must_train(&a, &s, NULL);
    weft_supernet *supernet = must_open(path);
    assert_true(supernet->train.quantize && supernet->train.quant.weight_bits == 4);
    const weft_shared *shared = supernet->shared;
    const weft_shared_tensor *step = weft_shared_find(shared, HIDDEN, WEFT_SLOT_WEIGHT_STEP, 4);
    assert_non_null(step);
    assert_int_equal(step->count, 12);
    for (size_t i = 0; i < step->count; i++) {
        assert_true(shared->values[step->offset + i] > 0.0F);
    }
    weft_supernet_close(supernet);
    expect_accuracies(path, false, 0.8);
}

/* Both factors of the products of an attention have steps that its networks share. */
static void test_quantized_attention(void **state) {
    (void)state;
    asked a = {.has_attention = true};
    const char *path = in_folder("attention.safetensors");
    weft_supernet_settings s = settings_of(2, path);
    s.train.quantize = true;
    s.train.quant.weight_bits = s.train.quant.input_bits = 4;
    must_train(&a, &s, NULL);
    weft_supernet *supernet = must_open(path);
    for (int home = SCORES; home <= MIX; home++) {
        for (int slot = WEFT_SLOT_WEIGHT_STEP; slot <= WEFT_SLOT_INPUT_STEP; slot++) {
            const weft_shared_tensor *t = weft_shared_find(supernet->shared, home, slot, 4);
            assert_non_null(t);
            assert_true(t->count == 1 && t->age > 0);
            assert_true(supernet->shared->values[t->offset] > 0.0F);
        }
    }
    weft_supernet_close(supernet);
}

/* A descent that drives steps below 0 leaves them where the next gradient can bring them back. */
static void test_steps_held(void **state) {
    (void)state;
    asked a = {0};
    const char *path = in_folder("held.safetensors");
    weft_supernet_settings s = settings_of(2, path);
    s.train.quantize = true;
    s.train.quant.weight_bits = s.train.quant.input_bits = 2;
    s.train.learning_rate = 8.0;
    s.train.warmup = 0.0;
    s.train.gradient_limit = 1.0;
    must_train(&a, &s, NULL);
    weft_supernet *supernet = must_open(path);
    const weft_shared *shared = supernet->shared;
    int held = 0;
    for (int i = 0; i < shared->n_tensors; i++) {
        const weft_shared_tensor *t = &shared->tensors[i];
        bool steps = t->slot == WEFT_SLOT_WEIGHT_STEP || t->slot == WEFT_SLOT_INPUT_STEP;
        for (size_t k = 0; steps && k < t->count; k++) {
            assert_true(shared->values[t->offset + k] >= 0.0F);
            held += shared->values[t->offset + k] == WEFT_QUANT_LEAST_STEP;
        }
    }
    assert_true(held > 0);
    weft_supernet_close(supernet);
}

/* A network that cannot see anything is told from those that can. */
static void test_ranks(void **state) {
    (void)state;
    asked a = {.has_blind = true};
    const char *path = in_folder("ranks.safetensors");
    weft_supernet_settings s = settings_of(24, path);
    must_train(&a, &s, NULL);
    weft_supernet *supernet = must_open(path);
    weft_supernet_meter *meter = meter_of(supernet, 1);
    double worse = measure(meter, BLIND).accuracy;
    assert_true(measure(meter, WIDE).accuracy > worse + 0.2);
    assert_true(measure(meter, SMALLEST).accuracy > worse + 0.2);
    weft_supernet_meter_destroy(meter);
    weft_supernet_close(supernet);
}

/* ---- two phases ------------------------------------------------------------------------------ */

enum { MOST_EPOCHS = 32 };

typedef struct told {
    weft_supernet_epoch epochs[MOST_EPOCHS];
    int n;
    const asked *asked;
    int attention_before; /* networks with attention up to the end of the first phase */
    int64_t stop_behind;  /* step; 0: never */
} told;

static weft_status on_epoch(void *context, const weft_supernet_epoch *done, weft_error *error) {
    (void)error;
    told *t = context;
    assert_true(t->n < MOST_EPOCHS);
    if (!done->second_phase) {
        t->attention_before = t->asked != NULL ? t->asked->with_attention : 0;
    }
    t->epochs[t->n++] = *done;
    return WEFT_OK;
}

static bool on_progress(void *context, const weft_train_progress *now) {
    const told *t = context;
    return t->stop_behind == 0 || now->step < t->stop_behind;
}

static void test_two_phases(void **state) {
    (void)state;
    for (int projects = 0; projects < 2; projects++) {
        asked a = {.has_attention = true};
        told t = {.asked = &a};
        const weft_supernet_watch watch = {NULL, on_epoch, &t};
        const char *path = in_folder("phases.safetensors");
        weft_supernet_settings s = settings_of(16, path);
        s.samples = 2;
        s.first_phase = 0.5;
        s.projects = projects != 0;
        weft_supernet_result result = must_train(&a, &s, &watch);
        assert_int_equal(t.n, 16);
        int64_t pairs = 0, networks = 0;
        for (int e = 0; e < 16; e++) {
            assert_int_equal(t.epochs[e].epoch, e + 1);
            assert_int_equal(t.epochs[e].step, 6 * (e + 1));
            assert_int_equal(t.epochs[e].second_phase, e >= 8);
            assert_int_equal(t.epochs[e].networks, 12);
            assert_true(e >= 8 || t.epochs[e].cosines[WEFT_SUPERNET_CONV].pairs == 0);
            pairs += t.epochs[e].cosines[WEFT_SUPERNET_CONV].pairs;
            networks += t.epochs[e].networks;
        }
        /* Those that were drawn to find the sizes, before anything was trained, had attention. */
        assert_true(a.with_attention > t.attention_before);
        assert_true(pairs > 0 && pairs == result.cosines[WEFT_SUPERNET_CONV].pairs);
        assert_int_equal(networks, result.networks);
        for (int k = 0; k < WEFT_SUPERNET_KINDS; k++) {
            const weft_supernet_cosines *c = &result.cosines[k];
            assert_true(c->pairs > 0 && c->negative >= 0 && c->negative <= c->pairs);
            assert_true(c->mean > -1.0 && c->mean < 1.0);
        }
        /* Attention's own layers were not there in the first phase: they learn at the full rate. */
        weft_supernet *supernet = must_open(path);
        assert_true(weft_shared_find(supernet->shared, STEM, WEFT_SLOT_WEIGHT, 0)->inherited);
        assert_false(weft_shared_find(supernet->shared, QUERY, WEFT_SLOT_WEIGHT, 0)->inherited);
        weft_supernet_close(supernet);
        expect_accuracies(path, true, 0.7);
    }
}

static void test_first_phase_alone(void **state) {
    (void)state;
    asked a = {.has_attention = true};
    told t = {.asked = &a, .stop_behind = 6};
    weft_error error;
    const weft_supernet_watch watch = {on_progress, NULL, &t};
    weft_supernet_settings s = settings_of(4, NULL);
    weft_supernet_space space = space_of(&a);
    weft_supernet_result result;
    s.first_phase = 0.9;
    make_dataset();
    assert_int_equal(weft_supernet_train(&space, &dataset, &s, &watch, NULL, &result, &error),
                     WEFT_STOPPED);
    int found_before = a.with_attention, drawn = a.random;
    t.stop_behind = 12;
    assert_int_equal(weft_supernet_train(&space, &dataset, &s, &watch, NULL, &result, &error),
                     WEFT_STOPPED);
    /* Twice as many steps draw as many networks with attention: those that find the sizes. */
    assert_int_equal(a.with_attention - found_before, found_before);
    assert_int_equal(a.random - drawn, drawn + 6);
}

/* ---- the same bytes -------------------------------------------------------------------------- */

static char *read_file(const char *path, size_t *size) {
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    char *bytes = must_calloc((size_t)about.st_size, 1);
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, (size_t)about.st_size, file), about.st_size);
    fclose(file);
    *size = (size_t)about.st_size;
    return bytes;
}

static void assert_same_files(const char *a, const char *b) {
    size_t one_size, other_size;
    char *one = read_file(a, &one_size), *other = read_file(b, &other_size);
    assert_int_equal(one_size, other_size);
    assert_memory_equal(one, other, one_size);
    free(one);
    free(other);
}

/* All that there is at once. */
static weft_supernet_settings full_settings(const char *save) {
    weft_supernet_settings s = settings_of(5, save);
    s.rule = WEFT_SUPERNET_SANDWICH;
    s.samples = 2;
    s.first_phase = 0.4;
    s.train.quantize = true;
    s.train.quant.weight_bits = s.train.quant.input_bits = 5;
    s.train.descent = WEFT_DESCENT_ADAMW;
    s.train.learning_rate = 0.005;
    s.train.crop_pad = 1;
    s.train.flip = true;
    return s;
}

static void test_threads(void **state) {
    (void)state;
    const char *paths[] = {in_folder("one.safetensors"), in_folder("two.safetensors")};
    for (int i = 0; i < 2; i++) {
        asked a = {.has_attention = true};
        weft_supernet_settings s = full_settings(paths[i]);
        s.train.threads = i + 1;
        must_train(&a, &s, NULL);
    }
    assert_same_files(paths[0], paths[1]);
}

static bool same_cosines(const weft_supernet_cosines *a, const weft_supernet_cosines *b) {
    for (int k = 0; k < WEFT_SUPERNET_KINDS; k++) {
        bool same_mean = a[k].mean == b[k].mean || (isnan(a[k].mean) && isnan(b[k].mean));
        if (a[k].pairs != b[k].pairs || a[k].negative != b[k].negative || !same_mean) {
            return false;
        }
    }
    return true;
}

/* Stopped behind `step`, in the middle of an epoch or at its end, with a checkpoint of that step or of
 * one before; also across the border of the phases. */
static void resume_at(int64_t step, double every, const char *whole, const told *all) {
    weft_error error;
    asked a = {.has_attention = true};
    told t = {.stop_behind = step};
    const weft_supernet_watch watch = {on_progress, on_epoch, &t};
    const char *path = in_folder("resumed.safetensors"), *kept = in_folder("checkpoint");
    weft_supernet_settings s = full_settings(path);
    weft_supernet_space space = space_of(&a);
    weft_supernet_result result;
    s.train.batch = 16;
    s.train.checkpoint = kept;
    s.train.checkpoint_every = every;
    assert_int_equal(weft_supernet_train(&space, &dataset, &s, &watch, NULL, &result, &error),
                     WEFT_STOPPED);
    assert_int_equal(access(path, F_OK), -1);
    t.stop_behind = 0;
    int before = t.n;
    MUST(weft_supernet_train(&space, &dataset, &s, &watch, NULL, &result, &error));
    assert_same_files(whole, path);
    const weft_supernet_epoch *last = &t.epochs[t.n - 1], *expected = &all->epochs[all->n - 1];
    assert_true(t.n >= all->n && t.n > before);
    assert_true(last->epoch == expected->epoch && last->loss == expected->loss);
    assert_true(last->networks == expected->networks);
    assert_true(same_cosines(last->cosines, expected->cosines));
    /* It is done: once more changes nothing. */
    MUST(weft_supernet_train(&space, &dataset, &s, NULL, NULL, &result, &error));
    assert_same_files(whole, path);
    unlink(path);
    unlink(kept);
}

static void test_resume(void **state) {
    (void)state;
    asked a = {.has_attention = true};
    told all = {0};
    const weft_supernet_watch watch = {NULL, on_epoch, &all};
    const char *whole = in_folder("whole.safetensors");
    weft_supernet_settings s = full_settings(whole);
    s.train.batch = 16; /* 12 steps an epoch, 24 of 60 in the first phase */
    must_train(&a, &s, &watch);
    resume_at(8, 1e-9, whole, &all);
    resume_at(20, 0, whole, &all);
    resume_at(24, 1e-9, whole, &all);
    resume_at(31, 1e-9, whole, &all);
    resume_at(59, 0, whole, &all);
}

/* ---- measuring ------------------------------------------------------------------------------- */

static void test_meter(void **state) {
    (void)state;
    asked a = {.has_attention = true};
    const char *path = in_folder("meter.safetensors");
    weft_supernet_settings s = settings_of(6, path);
    must_train(&a, &s, NULL);
    weft_supernet *supernet = must_open(path);
    weft_supernet_meter *one = meter_of(supernet, 1), *two = meter_of(supernet, 2);
    weft_train_result largest = measure(one, LARGEST), smallest = measure(one, SMALLEST);
    weft_train_result again = measure(one, LARGEST);
    assert_true(again.accuracy == largest.accuracy && again.loss == largest.loss);
    again = measure(two, SMALLEST);
    assert_true(again.accuracy == smallest.accuracy && again.loss == smallest.loss);
    again = measure(two, LARGEST);
    assert_true(again.accuracy == largest.accuracy && again.loss == largest.loss);
    assert_true(largest.loss != smallest.loss);
    weft_supernet_meter_destroy(one);
    weft_supernet_meter_destroy(two);
    weft_supernet_meter_destroy(NULL);
    weft_supernet_close(supernet);
    weft_supernet_close(NULL);
}

/* What is cut out is what is gathered, and an engine takes it. */
static void test_cut(void **state) {
    (void)state;
    weft_error error;
    asked a = {0};
    const char *path = in_folder("of-cut.safetensors"), *own = in_folder("cut.safetensors");
    weft_supernet_settings s = settings_of(2, path);
    must_train(&a, &s, NULL);
    weft_supernet *supernet = must_open(path);
    weft_network *network = network_of_variant(SMALLEST);
    MUST(weft_supernet_cut(supernet, network, own, &error));
    const weft_engine_settings settings = {.batch = 4, .type = WEFT_F32};
    rig loaded = rig_open(network, settings, 1), gathered = rig_open(network, settings, 1);
    MUST(weft_engine_load(loaded.engine, own, &error));
    MUST(weft_shared_gather(supernet->shared, gathered.engine, &error));
    assert_memory_equal(loaded.engine->parameters, gathered.engine->parameters,
                        loaded.engine->n_parameters * sizeof(float));
    rig_close(&loaded);
    rig_close(&gathered);
    weft_network_destroy(network);
    weft_supernet_close(supernet);
}

static void test_look(void **state) {
    (void)state;
    weft_error error;
    asked a = {0};
    weft_supernet_settings s = settings_of(3, in_folder("unwritten.safetensors"));
    weft_supernet_space space = space_of(&a);
    weft_supernet_survey survey;
    make_dataset();
    s.rule = WEFT_SUPERNET_SANDWICH;
    MUST(weft_supernet_look(&space, &dataset, &s, &survey, &error));
    assert_int_equal(survey.images, TRAIN - TRAIN / 5);
    assert_int_equal(survey.steps, 18);
    assert_int_equal(survey.networks, 54);
    /* 8 x 1 x 5 x 5, its matrix, two of 8, 12 x 128 and 12, 4 x 12 and 4 */
    assert_int_equal(survey.tensors, 8);
    assert_int_equal(survey.parameters, 200 + 81 + 16 + 12 * 128 + 12 + 48 + 4);
    assert_true(survey.bytes > 4 * 4 * survey.parameters);
    assert_int_equal(access(s.train.save, F_OK), -1);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void refuse_open(const char *path, uint64_t hash, weft_status status, const char *says) {
    weft_error error = {0};
    weft_supernet *supernet = NULL;
    assert_int_equal(weft_supernet_open(path, hash, "others", &supernet, &error), status);
    assert_null(supernet);
    if (strstr(error.message, says) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, says);
    }
    assert_non_null(strstr(error.file, path));
}

static void test_other_files(void **state) {
    (void)state;
    weft_error error;
    asked a = {0};
    const char *path = in_folder("mine.safetensors"), *other = in_folder("other.safetensors");
    weft_supernet_settings s = settings_of(1, path);
    must_train(&a, &s, NULL);
    refuse_open(path, 78, WEFT_ERROR_INPUT, "over the space variants, not over others");
    weft_supernet *supernet = NULL;
    MUST(weft_supernet_open(path, 0, "", &supernet, &error));
    weft_network *network = network_of_variant(SMALLEST);
    MUST(weft_supernet_cut(supernet, network, other, &error));
    refuse_open(other, 77, WEFT_ERROR_INPUT, "another kind");
    refuse_open(in_folder("none.safetensors"), 77, WEFT_ERROR_IO, "");
    size_t size;
    char *bytes = read_file(path, &size);
    size_t step = quick() ? size / 40 : size / 400;
    for (size_t i = 0; i < size; i += step) {
        bytes[i] ^= 4;
        FILE *file = fopen(other, "wbe");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes, 1, size, file), size);
        fclose(file);
        bytes[i] ^= 4;
        weft_supernet *damaged = NULL;
        assert_int_not_equal(weft_supernet_open(other, 77, "variants", &damaged, &error), WEFT_OK);
    }
    free(bytes);
    weft_network_destroy(network);
    weft_supernet_close(supernet);
}

static void refuse_measure(const weft_supernet *supernet, weft_network *network, const char *says) {
    weft_error error = {0};
    weft_train_result result;
    weft_supernet_meter *meter = meter_of(supernet, 1);
    assert_int_equal(weft_supernet_measure(meter, network, NULL, &result, &error),
                     WEFT_ERROR_INPUT);
    if (strstr(error.message, says) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, says);
    }
    /* The meter is as good as before. */
    assert_true(measure(meter, SMALLEST).images_measured == TRAIN / 5);
    weft_supernet_meter_destroy(meter);
    weft_network_destroy(network);
}

static void test_other_networks(void **state) {
    (void)state;
    weft_error error = {0};
    asked a = {0};
    const char *path = in_folder("narrow.safetensors");
    weft_supernet_settings s = settings_of(1, path);
    must_train(&a, &s, NULL);
    weft_supernet *supernet = must_open(path);
    refuse_measure(supernet, network_of_variant((variant){9, 3, false, false}),
                   "not in the supernet");
    refuse_measure(supernet, network_of_variant((variant){8, 7, false, false}),
                   "not in the supernet");
    refuse_measure(supernet, network_of_variant(LARGEST), "not in the supernet");
    weft_network *coloured = network_of("coloured", 3, SIDE, SIDE);
    grow_head(coloured, CLASSES);
    refuse_measure(supernet, coloured, "takes 3 x 8 x 8");
    weft_supernet_meter *meter = NULL;
    assert_int_equal(weft_supernet_meter_create(supernet, &dataset, &s.train, 0, &meter, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "0 images"));
    weft_supernet_close(supernet);
}

static void refuse_settings(weft_supernet_settings s, const char *says) {
    weft_error error = {0};
    asked a = {0};
    weft_supernet_space space = space_of(&a);
    weft_supernet_result result;
    make_dataset();
    assert_int_equal(weft_supernet_train(&space, &dataset, &s, NULL, NULL, &result, &error),
                     WEFT_ERROR_INPUT);
    if (strstr(error.message, says) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, says);
    }
}

static void test_settings(void **state) {
    (void)state;
    const weft_supernet_settings sound = settings_of(1, NULL);
    weft_supernet_settings s = sound;
    s.samples = 0;
    refuse_settings(s, "samples is 0");
    s = sound, s.samples = 65;
    refuse_settings(s, "samples is 65");
    s = sound, s.first_phase = 1.0;
    refuse_settings(s, "first_phase is 1");
    s = sound, s.first_phase = 0.5;
    refuse_settings(s, "has attention");
    s = sound, s.inherited_rate = 0.0;
    refuse_settings(s, "inherited_rate is 0");
    s = sound, s.train.mixup = 0.2;
    refuse_settings(s, "without mixup");
    s = sound, s.train.split = WEFT_SPLIT_TEST;
    refuse_settings(s, "training part");
    s = sound, s.train.batch = 0;
    refuse_settings(s, "batch is 0");
}

/* A checkpoint of another training is not gone on with. */
static void test_other_checkpoints(void **state) {
    (void)state;
    weft_error error = {0};
    asked a = {0};
    weft_supernet_settings s = settings_of(1, NULL);
    weft_supernet_space space = space_of(&a);
    weft_supernet_result result;
    s.train.checkpoint = in_folder("of-one");
    s.train.checkpoint_every = 0;
    must_train(&a, &s, NULL);
    s.samples = 2;
    assert_int_equal(weft_supernet_train(&space, &dataset, &s, NULL, NULL, &result, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "other settings"));
    s.samples = 1;
    space.hash++;
    assert_int_equal(weft_supernet_train(&space, &dataset, &s, NULL, NULL, &result, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "another space"));
    s.samples = 2;
    assert_int_equal(weft_supernet_train(&space, &dataset, &s, NULL, NULL, &result, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "another space"));
    assert_non_null(strstr(error.message, "other settings"));
    assert_non_null(strstr(error.hint, "remove it to begin anew"));
    s.samples = 1;
    space.hash--;
    dataset.train.pixels[0] ^= 1;
    assert_int_equal(weft_supernet_train(&space, &dataset, &s, NULL, NULL, &result, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "another data set"));
    dataset.train.pixels[0] ^= 1;
}

static int clean_up(void **state) {
    synthetic_free(&dataset);
    return remove_folder(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_path),
        cmocka_unit_test(test_sandwich),
        cmocka_unit_test(test_quantized),
        cmocka_unit_test(test_quantized_attention),
        cmocka_unit_test(test_steps_held),
        cmocka_unit_test(test_ranks),
        cmocka_unit_test(test_two_phases),
        cmocka_unit_test(test_first_phase_alone),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_meter),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_look),
        cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_other_networks),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_other_checkpoints),
    };
    return cmocka_run_group_tests_name("supernet", tests, make_folder, clean_up);
}
