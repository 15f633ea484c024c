/* SPDX-License-Identifier: Apache-2.0
 * Perceptrons over genes: against a plain evaluation in double precision, against published
 * predictions, and every way in which files are wrong. */
#include "support.h"

#include <jansson.h>
#include <pthread.h>
#include <zip.h>

#include "accuracy/tensor.h"
#include "base/rng.h"

/* ---- the published predictor of Once-for-All --------------------------------------------------- */

static const double kernels[] = {3, 5, 7};
static const double ofa_expansions[] = {3, 4, 6};
static const double depths[] = {2, 3, 4};
static const double resolutions[] = {112, 128, 144, 160, 176, 192, 208, 224};

enum { OFA_BLOCKS = 20, OFA_STAGES = 5 };

static void ofa_genes(design *d) {
    char name[64];
    /* In an order of their own: binding goes by name. */
    add_gene(d, "resolution", 8, resolutions, NULL);
    for (int i = OFA_BLOCKS - 1; i >= 0; i--) {
        snprintf(name, sizeof name, "expansion%d_%d", i / 4 + 1, i % 4 + 1);
        add_gene(d, name, 3, ofa_expansions, NULL);
    }
    for (int s = 0; s < OFA_STAGES; s++) {
        snprintf(name, sizeof name, "depth%d", s + 1);
        add_gene(d, name, 3, depths, NULL);
    }
    for (int i = 0; i < OFA_BLOCKS; i++) {
        snprintf(name, sizeof name, "kernel%d_%d", i / 4 + 1, i % 4 + 1);
        add_gene(d, name, 3, kernels, NULL);
    }
}

static double index_of(const double *choices, int n, double value) {
    for (int i = 0; i < n; i++) {
        if (choices[i] == value) {
            return i;
        }
    }
    fail_msg("%g is no choice", value);
    return NAN;
}

/* A golden design as a genome; `inactive`: blocks beyond the depth are NaN, else they have values. */
static void ofa_genome(const json_t *golden, bool inactive, double *genome) {
    const json_t *ks = json_object_get(golden, "ks");
    const json_t *e = json_object_get(golden, "e");
    const json_t *d = json_object_get(golden, "d");
    genome[0] = index_of(resolutions, 8, json_number_value(json_object_get(golden, "r")));
    for (int s = 0; s < OFA_STAGES; s++) {
        double depth = json_number_value(json_array_get(d, (size_t)s));
        genome[1 + OFA_BLOCKS + s] = index_of(depths, 3, depth);
        for (int b = 0; b < 4; b++) {
            size_t i = (size_t)(4 * s + b);
            double *kernel = &genome[1 + OFA_BLOCKS + OFA_STAGES + i];
            double *expansion = &genome[OFA_BLOCKS - i];
            *kernel = index_of(kernels, 3, json_number_value(json_array_get(ks, i)));
            *expansion = index_of(ofa_expansions, 3, json_number_value(json_array_get(e, i)));
            if (inactive && b >= (int)depth) {
                *kernel = NAN;
                *expansion = NAN;
            }
        }
    }
}

static void published_predictions_are_reproduced(void **state) {
    (void)state;
    static const char weights[] = "../shared/data/ofa/acc_predictor";
    char path[128];
    snprintf(path, sizeof path, "%s/golden_20.json", weights);
    json_error_t where;
    json_t *goldens = json_load_file(path, 0, &where);
    if (goldens == NULL) {
        print_message("skipped: the published predictor of Once-for-All: %s is not here\n", path);
        skip();
    }
    design d = {0};
    ofa_genes(&d);
    weft_accuracy_settings settings;
    weft_accuracy_defaults(&settings);
    settings.provider = "mlp";
    settings.file = "ofa-mobilenetv3-imagenet";
    settings.weights = weights;
    weft_accuracy *accuracy = must_create(&settings, &d);
    assert_false(weft_accuracy_needs_network(accuracy));
    assert_false(weft_accuracy_has_final(accuracy));
    assert_int_equal(json_array_size(goldens), 20);
    double worst = 0.0;
    for (size_t i = 0; i < json_array_size(goldens); i++) {
        const json_t *golden = json_array_get(goldens, i);
        double wanted = json_number_value(json_object_get(golden, "pred"));
        double genome[MOST_GENES];
        ofa_genome(golden, true, genome);
        double found = must_evaluate(accuracy, genome);
        worst = fmax(worst, fabs(found - wanted));
        /* Blocks beyond the depth are not fed, whatever their genes say. */
        ofa_genome(golden, false, genome);
        assert_true(must_evaluate(accuracy, genome) == found);
    }
    print_message("largest difference to a published prediction: %.2g\n", worst);
    assert_true(worst < 1e-5);
    weft_accuracy_destroy(accuracy);
    json_decref(goldens);
}

/* ---- a perceptron of the published quantized layout, with weights at random ------------------- */

enum { BLOCKS = 21, HALF = 520, BITS = 252, WIDTH = 400, KINDS = 4 };

static const double bit_choices[] = {4, 6, 8};
static const char *const bit_names[KINDS] = {"pw_weight_bits", "pw_input_bits", "dw_weight_bits",
                                             "dw_input_bits"};

/* Channels that come into each block. */
static int channels_of(int block) {
    static const int channels[] = {16, 24, 40, 80, 96, 192};
    return block == 0 ? 16 : channels[(block - 1) / 4 + 1];
}

/* The weights as they stand in files, rows of outputs. */
typedef struct layers {
    float first[WIDTH * HALF], first_bias[WIDTH], bits[WIDTH * BITS], bits_bias[WIDTH];
    float second[WIDTH * WIDTH], second_bias[WIDTH], third[WIDTH * WIDTH], third_bias[WIDTH];
    float last[WIDTH], last_bias[1];
} layers;

typedef struct array {
    const char *name;
    int rows, columns; /* columns 0: one dimension */
    float *values;
} array;

enum { ARRAYS = 10 };

static void name_arrays(layers *l, array *arrays) {
    const array all[ARRAYS] = {
        {"layers.0.0.weight", WIDTH, HALF, l->first},
        {"layers.0.0.bias", WIDTH, 0, l->first_bias},
        {"quantize_fc.weight", WIDTH, BITS, l->bits},
        {"quantize_fc.bias", WIDTH, 0, l->bits_bias},
        {"layers.1.0.weight", WIDTH, WIDTH, l->second},
        {"layers.1.0.bias", WIDTH, 0, l->second_bias},
        {"layers.2.0.weight", WIDTH, WIDTH, l->third},
        {"layers.2.0.bias", WIDTH, 0, l->third_bias},
        {"regressor.weight", 1, WIDTH, l->last},
        {"regressor.bias", 1, 0, l->last_bias},
    };
    memcpy(arrays, all, sizeof all);
}

static size_t size_of(const array *a) {
    return (size_t)a->rows * (size_t)(a->columns > 0 ? a->columns : 1);
}

/* Of a size that keeps the values of every layer around 1, and the output within 0..1. */
static layers *draw_layers(uint64_t seed) {
    layers *l = malloc(sizeof *l);
    assert_non_null(l);
    array arrays[ARRAYS];
    name_arrays(l, arrays);
    for (int a = 0; a < ARRAYS; a++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, (uint64_t)a);
        double deviation = a == 0 || a == 2    ? 0.15
                           : a == 8            ? 0.005
                           : arrays[a].columns ? 0.07
                                               : 0.1;
        for (size_t i = 0; i < size_of(&arrays[a]); i++) {
            arrays[a].values[i] = (float)(deviation * weft_rng_normal(&rng));
        }
    }
    l->last_bias[0] = 0.5f;
    return l;
}

/* An .npy of 32-bit reals, version 1. Returns its bytes. */
static size_t npy_of(const array *a, char *bytes) {
    char shape[40], header[128];
    if (a->columns > 0) {
        snprintf(shape, sizeof shape, "(%d, %d)", a->rows, a->columns);
    } else {
        snprintf(shape, sizeof shape, "(%d,)", a->rows);
    }
    int n = snprintf(header, sizeof header,
                     "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shape);
    memcpy(bytes, "\x93NUMPY\x01\x00", 8);
    bytes[8] = 118;
    bytes[9] = 0;
    memset(bytes + 10, ' ', 118);
    memcpy(bytes + 10, header, (size_t)n);
    bytes[127] = '\n';
    memcpy(bytes + 128, a->values, size_of(a) * sizeof(float));
    return 128 + size_of(a) * sizeof(float);
}

static const char *write_npz(layers *l, const char *name) {
    static char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    array arrays[ARRAYS];
    name_arrays(l, arrays);
    int code = 0;
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    assert_non_null(archive);
    for (int a = 0; a < ARRAYS; a++) {
        char *bytes = malloc(256 + size_of(&arrays[a]) * sizeof(float));
        char member[64];
        assert_non_null(bytes);
        size_t size = npy_of(&arrays[a], bytes);
        snprintf(member, sizeof member, "%s.npy", arrays[a].name);
        zip_source_t *source = zip_source_buffer(archive, bytes, size, 1);
        zip_int64_t at = zip_file_add(archive, member, source, 0);
        assert_true(at >= 0);
        zip_set_file_compression(archive, (zip_uint64_t)at,
                                 a % 2 == 0 ? ZIP_CM_STORE : ZIP_CM_DEFLATE, 1);
    }
    assert_int_equal(zip_close(archive), 0);
    return path;
}

static const char *write_safetensors(layers *l, const char *name) {
    array arrays[ARRAYS];
    weft_tensors tensors = {0};
    weft_tensor items[ARRAYS] = {0};
    name_arrays(l, arrays);
    for (int a = 0; a < ARRAYS; a++) {
        snprintf(items[a].name, sizeof items[a].name, "%s", arrays[a].name);
        items[a].n_dims = arrays[a].columns > 0 ? 2 : 1;
        items[a].dims[0] = arrays[a].rows;
        items[a].dims[1] = arrays[a].columns;
        items[a].n = size_of(&arrays[a]);
        items[a].values = arrays[a].values;
    }
    tensors.items = items;
    tensors.n = ARRAYS;
    uint8_t *bytes = NULL;
    size_t size = 0;
    weft_error error;
    assert_int_equal(weft_safetensors_write(&tensors, &bytes, &size, &error), WEFT_OK);
    const char *path = write_file(name, bytes, size);
    free(bytes);
    return path;
}

/* The genes of the space, and room for the choices of expansions. */
typedef struct apq_design {
    design d;
    double expansions[BLOCKS][64];
    int n_expansions[BLOCKS];
} apq_design;

static apq_design *apq_genes(void) {
    apq_design *a = calloc(1, sizeof *a);
    char name[64];
    assert_non_null(a);
    for (int s = 0; s < 6; s++) {
        snprintf(name, sizeof name, "depth%d", s + 1);
        add_gene(&a->d, name, 3, depths, NULL);
    }
    for (int i = 0; i < BLOCKS; i++) {
        snprintf(name, sizeof name, "kernel%d_%d", i / 4 + 1, i % 4 + 1);
        add_gene(&a->d, name, 3, kernels, NULL);
    }
    for (int i = 0; i < BLOCKS; i++) {
        int in = channels_of(i);
        for (int c = 4 * in; c <= 6 * in; c += 8) {
            a->expansions[i][a->n_expansions[i]++] = (double)c / in;
        }
        snprintf(name, sizeof name, "expansion%d_%d", i / 4 + 1, i % 4 + 1);
        add_gene(&a->d, name, a->n_expansions[i], a->expansions[i], NULL);
    }
    for (int k = 0; k < KINDS; k++) {
        for (int i = 0; i < BLOCKS; i++) {
            snprintf(name, sizeof name, "%s%d_%d", bit_names[k], i / 4 + 1, i % 4 + 1);
            add_gene(&a->d, name, 3, bit_choices, NULL);
        }
    }
    return a;
}

enum {
    AT_KERNEL = 6,
    AT_EXPANSION = 6 + BLOCKS,
    AT_BITS = 6 + 2 * BLOCKS,
    APQ_GENES = 6 + 6 * BLOCKS
};

static bool block_active(const double *genome, int block) {
    return block % 4 < (int)depths[(int)genome[block / 4]];
}

static void draw_genome(const apq_design *a, weft_rng *rng, double *genome) {
    for (int g = 0; g < APQ_GENES; g++) {
        genome[g] = (double)weft_rng_below(rng, (uint64_t)a->d.genes[g].n_choices);
        int block = g < AT_KERNEL ? -1 : (g - AT_KERNEL) % BLOCKS;
        if (block >= 0 && !block_active(genome, block)) {
            genome[g] = NAN;
        }
    }
}

/* The oracle: the encoding written out as the publication has it, sums in double precision. */
static double oracle(const apq_design *a, const layers *l, const double *genome, bool blind) {
    static double x[HALF + BITS], h[WIDTH], g[WIDTH];
    memset(x, 0, sizeof x);
    int at = 3 * BLOCKS;
    for (int i = 0; i < BLOCKS; i++) {
        if (block_active(genome, i)) {
            x[3 * i + (int)genome[AT_KERNEL + i]] = 1.0;
            x[at + (int)genome[AT_EXPANSION + i]] = 1.0;
            for (int k = 0; k < KINDS; k++) {
                int choice = blind ? 2 : (int)genome[AT_BITS + k * BLOCKS + i];
                x[HALF + (k * BLOCKS + i) * 3 + choice] = 1.0;
            }
        }
        at += a->n_expansions[i];
    }
    assert_int_equal(at, HALF);
    for (int o = 0; o < WIDTH; o++) {
        double sum = l->first_bias[o], more = l->bits_bias[o];
        for (int i = 0; i < HALF; i++) {
            sum += (double)l->first[o * HALF + i] * x[i];
        }
        for (int i = 0; i < BITS; i++) {
            more += (double)l->bits[o * BITS + i] * x[HALF + i];
        }
        h[o] = fmax(sum, 0.0) + more;
    }
    const float *weights[2] = {l->second, l->third};
    const float *biases[2] = {l->second_bias, l->third_bias};
    for (int layer = 0; layer < 2; layer++) {
        for (int o = 0; o < WIDTH; o++) {
            double sum = biases[layer][o];
            for (int i = 0; i < WIDTH; i++) {
                sum += (double)weights[layer][o * WIDTH + i] * h[i];
            }
            g[o] = fmax(sum, 0.0);
        }
        memcpy(h, g, sizeof h);
    }
    double out = l->last_bias[0];
    for (int i = 0; i < WIDTH; i++) {
        out += (double)l->last[i] * h[i];
    }
    return out;
}

static weft_accuracy_settings apq_settings(const char *weights) {
    weft_accuracy_settings settings;
    weft_accuracy_defaults(&settings);
    settings.provider = "mlp";
    settings.file = "apq-proxyless-imagenet";
    settings.weights = weights;
    return settings;
}

static void random_weights_give_what_a_plain_evaluation_gives(void **state) {
    (void)state;
    enum { DESIGNS = 40 };
    layers *l = draw_layers(11);
    apq_design *a = apq_genes();
    weft_accuracy_settings settings = apq_settings(write_npz(l, "random.npz"));
    weft_accuracy *fed = must_create(&settings, &a->d);
    settings.blind_bits = true;
    weft_accuracy *blind = must_create(&settings, &a->d);
    settings.blind_bits = false;
    settings.weights = write_safetensors(l, "random.safetensors");
    weft_accuracy *other = must_create(&settings, &a->d);
    weft_rng rng = weft_rng_make(12, WEFT_PURPOSE_TEST, 0);
    int differ = 0;
    for (int i = 0; i < DESIGNS; i++) {
        double genome[APQ_GENES];
        draw_genome(a, &rng, genome);
        double wanted = oracle(a, l, genome, false);
        double unfed = oracle(a, l, genome, true);
        assert_true(wanted > 0.0 && wanted < 1.0);
        double found = must_evaluate(fed, genome);
        assert_true(fabs(found - wanted) < 1e-5);
        assert_true(fabs(must_evaluate(blind, genome) - unfed) < 1e-5);
        assert_true(must_evaluate(other, genome) == found);
        differ += fabs(wanted - unfed) > 1e-4;
    }
    assert_true(differ > DESIGNS / 2); /* the bits count */
    weft_accuracy_destroy(fed);
    weft_accuracy_destroy(blind);
    weft_accuracy_destroy(other);
    free(a);
    free(l);
}

enum { MANY = 71 };

typedef struct many_job {
    const weft_accuracy *accuracy;
    const double *genomes;
    weft_accuracy_result results[MANY];
    weft_status status;
} many_job;

static void *run_many(void *context) {
    many_job *j = context;
    weft_error error;
    /* Cut elsewhere than the batches. */
    j->status = weft_accuracy_evaluate_many(j->accuracy, NULL, j->genomes, 5, j->results, &error);
    if (j->status == WEFT_OK) {
        j->status = weft_accuracy_evaluate_many(j->accuracy, NULL,
                                                j->genomes + (size_t)5 * APQ_GENES, MANY - 5,
                                                j->results + 5, &error);
    }
    return NULL;
}

static void batches_and_threads_change_no_bit(void **state) {
    (void)state;
    enum { THREADS = 3 };
    layers *l = draw_layers(21);
    apq_design *a = apq_genes();
    weft_accuracy_settings settings = apq_settings(write_npz(l, "batch.npz"));
    weft_accuracy *accuracy = must_create(&settings, &a->d);
    weft_rng rng = weft_rng_make(22, WEFT_PURPOSE_TEST, 0);
    double *genomes = malloc(sizeof *genomes * MANY * APQ_GENES);
    assert_non_null(genomes);
    for (int i = 0; i < MANY; i++) {
        draw_genome(a, &rng, genomes + (size_t)i * APQ_GENES);
    }
    genomes[3 * APQ_GENES + AT_KERNEL] = 7; /* no choice: this design alone has no accuracy */
    static many_job jobs[THREADS];
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++) {
        jobs[t] = (many_job){.accuracy = accuracy, .genomes = genomes};
        assert_int_equal(pthread_create(&threads[t], NULL, run_many, &jobs[t]), 0);
    }
    weft_accuracy_result all[MANY];
    weft_error error = {0};
    assert_int_equal(weft_accuracy_evaluate_many(accuracy, NULL, genomes, MANY, all, &error),
                     WEFT_OK);
    for (int t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_join(threads[t], NULL), 0);
        assert_int_equal(jobs[t].status, WEFT_OK);
    }
    for (int i = 0; i < MANY; i++) {
        if (i == 3) {
            weft_accuracy_result result;
            assert_true(isnan(all[i].accuracy) && isnan(jobs[0].results[i].accuracy));
            assert_int_equal(weft_accuracy_evaluate(accuracy, NULL, genomes + (size_t)i * APQ_GENES,
                                                    WEFT_FIDELITY_CANDIDATE, 1, NULL, &result,
                                                    &error),
                             WEFT_ERROR_EVALUATION);
            continue;
        }
        double one = must_evaluate(accuracy, genomes + (size_t)i * APQ_GENES);
        assert_memory_equal(&all[i].accuracy, &one, sizeof one);
        for (int t = 0; t < THREADS; t++) {
            assert_memory_equal(&jobs[t].results[i].accuracy, &one, sizeof one);
        }
    }
    weft_accuracy_destroy(accuracy);
    free(genomes);
    free(a);
    free(l);
}

/* ---- small predictors ------------------------------------------------------------------------ */

/* Two genes of choices, one of a value, one of words, and inputs that never change. */
static const char small_text[] =
    "weft: predictor/1\n"
    "name: small\n"
    "kind: mlp\n"
    "source: this test\n"
    "accuracy: {unit: percent, scale: 10, offset: 50}\n"
    "branches:\n"
    "  - width: 2\n"
    "    weight: w\n"
    "    bias: b\n"
    "    activation: none\n"
    "    features:\n"
    "      - {one_hot: [3, 5], genes: \"k*\", count: 2, absent: 5}\n"
    "      - {number: {mean: 2, deviation: 4}, genes: width, scale: 0.5, inactive: 6}\n"
    "      - {one_hot: [conv, skip], genes: [op, kind], blind: skip}\n"
    "      - {fixed: [1, -0.5]}\n"
    "layers:\n"
    "  - {width: 1, weight: v, activation: none, transposed: true}\n";

/* Columns: k1=3 k1=5 k2=3 k2=5 width conv skip fixed fixed. The second output does not count. */
static const float small_w[2][9] = {{1, 2, 4, 8, 16, 32, 64, 128, 256},
                                    {5, 5, 5, 5, 5, 5, 5, 5, 5}};
static const float small_b[2] = {0.25f, 9.0f};
static const float small_v[2] = {0.0078125f, 0.0f};

static const char *write_npy(const char *name, int rows, int columns, const float *values) {
    static char bytes[4096];
    float *copy = malloc((size_t)rows * (size_t)(columns > 0 ? columns : 1) * sizeof *copy);
    assert_non_null(copy);
    const array a = {name, rows, columns, copy};
    char file[64];
    memcpy(copy, values, size_of(&a) * sizeof *copy);
    size_t size = npy_of(&a, bytes);
    snprintf(file, sizeof file, "small/%s.npy", name);
    const char *path = write_file(file, bytes, size);
    free(copy);
    return path;
}

/* The folder of the small predictor's weights. */
static const char *small_weights(void) {
    static char path[160];
    snprintf(path, sizeof path, "%s/small", folder);
    mkdir(path, 0700);
    write_npy("w", 2, 9, small_w[0]);
    write_npy("b", 2, 0, small_b);
    write_npy("v", 2, 1, small_v);
    return path;
}

static weft_accuracy_settings small_settings(const char *text) {
    weft_accuracy_settings settings;
    weft_accuracy_defaults(&settings);
    settings.provider = "mlp";
    settings.file = write_text("small.yaml", text);
    settings.weights = small_weights();
    return settings;
}

static const double odd[] = {3, 5};
static const char *const ops[] = {"conv", "skip"};

/* What the perceptron says of a sum of the first layer. */
static double said(double sum) {
    return (50.0 + 10.0 * 0.0078125 * (0.25 + sum + 128.0 - 128.0)) / 100.0;
}

static void every_kind_of_feature_is_fed(void **state) {
    (void)state;
    design d = {0};
    add_gene(&d, "k2", 2, odd, NULL);
    add_gene(&d, "width", 0, NULL, NULL);
    add_gene(&d, "k1", 2, odd, NULL);
    add_gene(&d, "kind", 2, NULL, ops);
    weft_accuracy_settings settings = small_settings(small_text);
    weft_accuracy *accuracy = must_create(&settings, &d);
    const double full[] = {0, 20, 1, 0};       /* k2 = 3, k1 = 5, width 20: (10 - 2) / 4 = 2 */
    const double no_width[] = {1, NAN, 0, 1};  /* as width 6: (6 - 2) / 4 = 1, without the scale */
    const double no_kernel[] = {NAN, 4, 0, 0}; /* nothing of k2; width 4: 0 */
    assert_true(fabs(must_evaluate(accuracy, full) - said(2 + 4 + 2 * 16 + 32)) < 1e-9);
    assert_true(fabs(must_evaluate(accuracy, no_width) - said(1 + 8 + 16 + 64)) < 1e-9);
    assert_true(fabs(must_evaluate(accuracy, no_kernel) - said(1 + 32)) < 1e-9);
    weft_accuracy_destroy(accuracy);
    settings.blind_bits = true;
    accuracy = must_create(&settings, &d);
    assert_true(fabs(must_evaluate(accuracy, full) - said(2 + 4 + 2 * 16 + 64)) < 1e-9);
    weft_accuracy_destroy(accuracy);
    /* A space without k2: it reads as 5. */
    settings.blind_bits = false;
    design less = {0};
    add_gene(&less, "k1", 2, odd, NULL);
    add_gene(&less, "op", 2, NULL, ops);
    add_gene(&less, "width", 0, NULL, NULL);
    accuracy = must_create(&settings, &less);
    const double genome[] = {0, 1, 4};
    assert_true(fabs(must_evaluate(accuracy, genome) - said(1 + 8 + 64)) < 1e-9);
    weft_accuracy_destroy(accuracy);
}

/* The text with a part replaced. */
static const char *with(const char *text, const char *part, const char *by) {
    static char made[4096];
    const char *at = strstr(text, part);
    assert_non_null(at);
    snprintf(made, sizeof made, "%.*s%s%s", (int)(at - text), text, by, at + strlen(part));
    return made;
}

static void small_genes(design *d) {
    add_gene(d, "k1", 2, odd, NULL);
    add_gene(d, "k2", 2, odd, NULL);
    add_gene(d, "width", 0, NULL, NULL);
    add_gene(d, "op", 2, NULL, ops);
}

static void genes_that_do_not_fit_are_refused(void **state) {
    (void)state;
    static const double more[] = {3, 5, 7};
    static const char *const others[] = {"conv", "pool"};
    weft_accuracy_settings settings = small_settings(small_text);
    design d = {0};
    small_genes(&d);
    weft_accuracy_destroy(must_create(&settings, &d));
    add_gene(&d, "k3", 2, odd, NULL);
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "has 3 of them");
    d.table.n = 4;
    add_gene(&d, "stem", 2, odd, NULL);
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "\"stem\"");
    settings.ignore = "head st?m";
    weft_accuracy_destroy(must_create(&settings, &d));
    settings.ignore = "";
    d.table.n = 4;
    d.genes[0] = (weft_gene_meaning){.name = "k1", .n_choices = 3, .numbers = more};
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "\"k1\" may be 7");
    d.genes[0] = (weft_gene_meaning){.name = "k1", .n_choices = 2, .numbers = odd};
    d.genes[3].words = others;
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "may be pool");
    d.table.n = 3;
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "\"op\" or \"kind\"");
    must_refuse(&settings, NULL, WEFT_ERROR_INPUT, "there are none");
    settings.provider = "table";
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "is an mlp");
    settings.provider = "mlp";
    settings.file = "ofa-mobilenet-imagenet";
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "unknown predictor");
    settings.file = NULL;
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "needs the `file`");
}

static void predictions_outside_0_to_1_are_no_accuracies(void **state) {
    (void)state;
    design d = {0};
    small_genes(&d);
    weft_accuracy_settings settings =
        small_settings(with(small_text, "offset: 50", "offset: 99.9"));
    weft_accuracy *accuracy = must_create(&settings, &d);
    const double genomes[] = {0, 0, 4, 0, 1, 1, 40, 1};
    weft_accuracy_result results[2];
    weft_error error = {0};
    assert_int_equal(weft_accuracy_evaluate_many(accuracy, NULL, genomes, 2, results, &error),
                     WEFT_OK);
    assert_true(isnan(results[1].accuracy));
    assert_int_equal(weft_accuracy_evaluate(accuracy, NULL, genomes + 4, WEFT_FIDELITY_CANDIDATE, 1,
                                            NULL, &results[0], &error),
                     WEFT_ERROR_EVALUATION);
    assert_non_null(strstr(error.message, "expected 0 to 1"));
    weft_accuracy_destroy(accuracy);
}

static void bad_files_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *part, *by, *word;
    } faults[] = {
        {"weft: predictor/1", "weft: predictor/2", "predictor/2"},
        {"kind: mlp", "kind: mpl", "mlp"},
        {"source: this test\n", "", "source"},
        {"unit: percent", "unit: promille", "share"},
        {"one_hot: [3, 5]", "one_hot: [3, 3]", "twice"},
        {"one_hot: [3, 5]", "one_hot: []", "1 to 256 values"},
        {"one_hot: [3, 5]", "number: {}, one_hot: [3, 5]", "found 2"},
        {"absent: 5", "absent: 7", "none of the feature's values"},
        {"blind: skip", "blind: 8", "none of the feature's values"},
        {"deviation: 4", "deviation: 0", "0"},
        {"fixed: [1, -0.5]", "fixed: [1, x]", "number"},
        {"count: 2", "cuont: 2", "count"},
        {"activation: none\n", "activation: nnoe\n", "none"},
        {"width: 1,", "width: 2,", "expected 1"},
        {"layers:", "leyers:", "layers"},
    };
    design d = {0};
    small_genes(&d);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        weft_accuracy_settings settings =
            small_settings(with(small_text, faults[i].part, faults[i].by));
        weft_accuracy *accuracy = NULL;
        weft_error error = {0};
        must_refuse(&settings, &d, WEFT_ERROR_INPUT, faults[i].word);
        assert_int_equal(create(&settings, &d, &accuracy, &error), WEFT_ERROR_INPUT);
        assert_true(error.line > 0);
        assert_non_null(strstr(error.file, "small.yaml"));
    }
}

static void bad_weights_are_refused(void **state) {
    (void)state;
    design d = {0};
    small_genes(&d);
    weft_accuracy_settings settings = small_settings(small_text);
    float bad[18];
    memcpy(bad, small_w, sizeof bad);
    write_npy("w", 9, 2, bad);
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "is 9 x 2, expected 2 x 9");
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "`transposed: true`");
    write_npy("w", 2, 8, bad);
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "2 outputs of 9 inputs");
    bad[7] = NAN;
    write_npy("w", 2, 9, bad);
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "value 7");
    small_weights();
    write_npy("b", 3, 0, bad);
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "expected 2 values");
    small_weights();
    char path[200];
    snprintf(path, sizeof path, "%s/small/v.npy", folder);
    assert_int_equal(truncate(path, 132), 0);
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "truncated: 4 bytes");
    assert_int_equal(remove(path), 0);
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "no array \"v\"");
    snprintf(path, sizeof path, "%s/nowhere.npz", folder);
    settings.weights = path;
    must_refuse(&settings, &d, WEFT_ERROR_IO, "cannot read");
    settings.weights = "weights.pt";
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, ".safetensors");
    settings.weights = write_text("damaged.npz", "PK\x03\x04 and no more");
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "no whole archive");
    settings.weights = NULL;
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "comes without weights");
}

/* Every kind of real gives the same numbers; all cuts of a file are refused. */
static void arrays_are_read_whole_or_not_at_all(void **state) {
    (void)state;
    static const char header[] = "\x93NUMPY\x01\x00\x46\x00"
                                 "{'descr': '%s', 'fortran_order': %s, 'shape': (2, 3), }";
    static const float wanted[6] = {1.0f, -2.0f, 0.5f, 0.25f, 3.0f, -0.125f};
    uint8_t bytes[256];
    weft_error error = {0};
    for (int wide = 0; wide < 2; wide++) {
        for (int turned = 0; turned < 2; turned++) {
            weft_tensors tensors = {0};
            memset(bytes, ' ', sizeof bytes);
            memcpy(bytes, header, 10);
            char text[80];
            int n = snprintf(text, sizeof text, header + 10, wide ? "<f8" : "<f4",
                             turned ? "True" : "False");
            memcpy(bytes + 10, text, (size_t)n);
            size_t at = 80;
            for (int i = 0; i < 6; i++) {
                double real = wanted[turned ? i % 2 * 3 + i / 2 : i];
                float single = (float)real;
                memcpy(bytes + at, wide ? (void *)&real : (void *)&single, wide ? 8 : 4);
                at += wide ? 8 : 4;
            }
            assert_int_equal(weft_npy_parse(bytes, at, "x", &tensors, &error), WEFT_OK);
            assert_memory_equal(tensors.items[0].values, wanted, sizeof wanted);
            assert_int_equal(tensors.items[0].dims[1], 3);
            weft_tensors_destroy(&tensors);
            for (size_t cut = 0; cut < at; cut++) {
                assert_int_equal(weft_npy_parse(bytes, cut, "x", &tensors, &error),
                                 WEFT_ERROR_INPUT);
            }
            assert_int_equal(tensors.n, 0);
            weft_tensors_destroy(&tensors);
        }
    }
}

static void safetensors_are_read_whole_or_not_at_all(void **state) {
    (void)state;
    float values[6] = {1, 2, 3, 4, 5, 6};
    weft_tensor items[2] = {
        {.name = "a", .n_dims = 2, .dims = {2, 2}, .n = 4, .values = values},
        {.name = "b.c", .n_dims = 1, .dims = {2}, .n = 2, .values = values + 4}};
    const weft_tensors tensors = {.items = items, .n = 2};
    uint8_t *bytes = NULL;
    size_t size = 0;
    weft_error error = {0};
    assert_int_equal(weft_safetensors_write(&tensors, &bytes, &size, &error), WEFT_OK);
    assert_true(bytes[0] % 8 == 0);
    for (size_t cut = 0; cut <= size; cut++) {
        weft_tensors read = {0};
        weft_status status = weft_safetensors_parse(bytes, cut, &read, &error);
        assert_int_equal(status, cut == size ? WEFT_OK : WEFT_ERROR_INPUT);
        if (status == WEFT_OK) {
            assert_memory_equal(weft_tensors_find(&read, "a")->values, values, 16);
            assert_memory_equal(weft_tensors_find(&read, "b.c")->values, values + 4, 8);
        }
        weft_tensors_destroy(&read);
    }
    free(bytes);
}

static void bits_do_not_count_twice(void **state) {
    (void)state;
    layers *l = draw_layers(31);
    apq_design *a = apq_genes();
    weft_accuracy_settings settings = apq_settings(write_npz(l, "twice.npz"));
    settings.penalty = "haq-mobilenetv2";
    must_refuse(&settings, &a->d, WEFT_ERROR_INPUT, "would count twice");
    settings.blind_bits = true;
    weft_accuracy *accuracy = must_create(&settings, &a->d);
    assert_true(weft_accuracy_needs_network(accuracy));
    weft_accuracy_destroy(accuracy);
    free(a);
    free(l);
}

/* ---- import and check ------------------------------------------------------------------------ */

static void an_import_is_checked_and_complete(void **state) {
    (void)state;
    design d = {0};
    small_genes(&d);
    weft_accuracy_settings settings = small_settings(small_text);
    char out[160];
    snprintf(out, sizeof out, "%s/imported", folder);
    weft_predictor_import_settings import = {
        .encoding = settings.file, .weights = settings.weights, .folder = out, .name = "mine"};
    weft_predictor_imported imported;
    weft_error error = {0};
    assert_int_equal(weft_predictor_import(&import, &imported, &error), WEFT_OK);
    assert_int_equal(imported.arrays, 3);
    assert_int_equal(imported.params, 18 + 2 + 2);
    /* The same predictions, without naming weights. */
    const double genome[] = {0, 1, 12, 1};
    weft_accuracy *before = must_create(&settings, &d);
    settings.file = imported.path;
    settings.weights = "";
    weft_accuracy *after = must_create(&settings, &d);
    assert_true(must_evaluate(before, genome) == must_evaluate(after, genome));
    weft_accuracy_destroy(before);
    weft_accuracy_destroy(after);
    /* Not over another one; and not with other weights than it checked. */
    assert_int_equal(weft_predictor_import(&import, &imported, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "there already"));
    import.replace = true;
    assert_int_equal(weft_predictor_import(&import, &imported, &error), WEFT_OK);
    import.name = "../mine";
    assert_int_equal(weft_predictor_import(&import, &imported, &error), WEFT_ERROR_INPUT);
    char weights[200];
    snprintf(weights, sizeof weights, "%s/mine.safetensors", out);
    FILE *file = fopen(weights, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    assert_true(fputc(1, file) == 1);
    assert_int_equal(fclose(file), 0);
    must_refuse(&settings, &d, WEFT_ERROR_INPUT, "another SHA-256");
}

static void predictions_are_compared_with_given_ones(void **state) {
    (void)state;
    char text[512];
    weft_accuracy_settings small = small_settings(small_text);
    weft_predictor_check_settings settings = {.file = small.file, .weights = small.weights};
    weft_predictor_checked checked;
    weft_error error = {0};
    snprintf(text, sizeof text, "op,accuracy,width,k2,k1\nconv,%.17g,4,3,5\nskip,%.17g,,-,3\n",
             said(2 + 4 + 32), said(1 + 16 + 64) + 1e-3);
    settings.golden = write_text("golden.csv", text);
    assert_int_equal(weft_predictor_check(&settings, &checked, &error), WEFT_OK);
    assert_int_equal(checked.n, 2);
    assert_int_equal(checked.missing, 0);
    assert_int_equal(checked.worst_row, 1);
    assert_true(fabs(checked.worst - 1e-3) < 1e-7 && fabs(checked.mean - 5e-4) < 1e-7);
    snprintf(text, sizeof text,
             "[{\"k\": [5, 3], \"width\": 4, \"op\": \"conv\", \"top\": %.17g, \"id\": 7},\n"
             " {\"k\": [3, null], \"width\": null, \"op\": \"skip\", \"top\": %.17g}]",
             100 * said(2 + 4 + 32), 100 * said(1 + 16 + 64));
    settings.golden = write_text("golden.json", text);
    settings.column = "top";
    settings.percent = true;
    assert_int_equal(weft_predictor_check(&settings, &checked, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "\"id\""));
    settings.ignore = "id";
    assert_int_equal(weft_predictor_check(&settings, &checked, &error), WEFT_OK);
    assert_true(checked.worst < 1e-7);
    settings.column = "bottom";
    assert_int_equal(weft_predictor_check(&settings, &checked, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "\"bottom\""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_predictions_are_reproduced),
        cmocka_unit_test(random_weights_give_what_a_plain_evaluation_gives),
        cmocka_unit_test(batches_and_threads_change_no_bit),
        cmocka_unit_test(every_kind_of_feature_is_fed),
        cmocka_unit_test(genes_that_do_not_fit_are_refused),
        cmocka_unit_test(predictions_outside_0_to_1_are_no_accuracies),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(bad_weights_are_refused),
        cmocka_unit_test(arrays_are_read_whole_or_not_at_all),
        cmocka_unit_test(safetensors_are_read_whole_or_not_at_all),
        cmocka_unit_test(bits_do_not_count_twice),
        cmocka_unit_test(an_import_is_checked_and_complete),
        cmocka_unit_test(predictions_are_compared_with_given_ones),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
