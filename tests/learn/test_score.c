/* SPDX-License-Identifier: Apache-2.0
 * Scores without training against plain computations in double: forward passes of the reference, gradients
 * as differences of its loss, determinants by elimination; hand cases; what has no score. */
#include "learn/engine_support.h"

#include "learn/codes.h"
#include "learn/flow.h"

enum { IMAGES = 4, CLASSES = 3 };

/* ---- networks ---------------------------------------------------------------------------------- */

/* A residual block with a strided convolution, pools of each kind and a head; `norm` stands where batch
 * norms usually do. */
static weft_network *residual(weft_op norm) {
    weft_network *network = network_of("residual", 2, 6, 6);
    next(network, conv_layer(4, 3, 1, 1, false));
    int entry = next(network, plain_layer(norm));
    next(network, plain_layer(WEFT_OP_RELU));
    next(network, depthwise_layer(4, 3, 1));
    next(network, plain_layer(norm));
    int body = next(network, window_layer(WEFT_OP_AVERAGE_INSIDE, 3, 1, 1));
    grow(network, plain_layer(WEFT_OP_ADD), body, entry);
    int joined = next(network, plain_layer(WEFT_OP_RELU));
    int narrow = grow(network, conv_layer(3, 3, 2, 1, true), joined, -1);
    int pooled = grow(network, window_layer(WEFT_OP_AVERAGE_WINDOW, 2, 2, 0), joined, -1);
    grow(network, plain_layer(WEFT_OP_CONCAT), narrow, pooled);
    next(network, plain_layer(norm));
    next(network, plain_layer(WEFT_OP_RELU6));
    next(network, average_layer(2));
    grow_head(network, CLASSES);
    return network;
}

static weft_network *chain(int depth, int channels, int side) {
    weft_network *network = network_of("chain", channels, side, side);
    for (int i = 0; i < depth; i++) {
        next(network, conv_layer(channels, side > 1 ? 3 : 1, 1, side > 1 ? 1 : 0, false));
        next(network, plain_layer(WEFT_OP_RELU));
    }
    next(network, average_layer(1));
    next(network, linear_layer(2));
    return network;
}

/* ---- the scorer -------------------------------------------------------------------------------- */

static weft_scores scores_of(const weft_network *network, int images, int threads, uint64_t seed) {
    const weft_score_settings settings = {.images = images, .threads = threads};
    bool wanted[WEFT_SCORE_COUNT];
    weft_scores scores;
    weft_scorer *scorer = NULL;
    weft_error error;
    memset(wanted, true, sizeof wanted);
    MUST(weft_scorer_create(NULL, &settings, &scorer, &error));
    MUST(weft_scorer_measure(scorer, network, wanted, seed, NULL, &scores, &error));
    weft_scorer_destroy(scorer);
    return scores;
}

/* The reference with the engine's start values of seed 1. */
static void start_values(const weft_network *network, reference *r, int batch) {
    rig made = rig_open(network, (weft_engine_settings){.batch = batch, .type = WEFT_F32}, 1);
    reference_make(r, network, batch);
    for (int i = 0; i < network->n_layers; i++) {
        for (int s = 0; s < WEFT_SLOTS; s++) {
            for (size_t k = 0; k < r->slot_size[i][s]; k++) {
                r->slot[i][s][k] = (double)slot_of(made.engine, i, (weft_slot_name)s)->value[k];
            }
        }
    }
    rig_close(&made);
}

/* Random images as they are drawn without a data set: channels last, normal; labels uniform. */
static void random_batch(reference *r, uint64_t seed) {
    const weft_shape s = r->network->layers[0].out;
    size_t area = (size_t)s.height * (size_t)s.width, channels = (size_t)s.channels;
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_SCORE, 1);
    for (int n = 0; n < r->batch; n++) {
        r->labels[n] = (uint16_t)weft_rng_below(&rng, CLASSES);
    }
    rng = weft_rng_make(seed, WEFT_PURPOSE_SCORE, 2);
    for (size_t n = 0; n < (size_t)r->batch; n++) {
        for (size_t k = 0; k < area; k++) {
            for (size_t c = 0; c < channels; c++) {
                r->value[0][(n * channels + c) * area + k] = (double)(float)weft_rng_normal(&rng);
            }
        }
    }
}

static bool is_product(const weft_network *network, int layer) {
    weft_op op = network->layers[layer].op;
    return op == WEFT_OP_CONV || op == WEFT_OP_LINEAR;
}

static void check_near(double found, double expected, double share) {
    if (!(fabs(found - expected) <= share * fabs(expected))) {
        fail_msg("%.12g, expected %.12g", found, expected);
    }
}

/* ---- synaptic flow ----------------------------------------------------------------------------- */

static double output_sum(const reference *r, int from) {
    double sum = 0.0;
    reference_forward(r, from);
    for (int c = 0; c < r->network->layers[r->network->n_layers - 1].out.channels; c++) {
        sum += reference_logits(r)[c];
    }
    return sum;
}

/* The outputs are linear in each weight alone: its derivative is a difference, exactly. ReLU6 would cut
 * what the flow lets pass, so values are kept small: the score is of degree 1 in the input. */
static double flow_by_differences(const weft_network *network) {
    static const double INPUT = 1e-3;
    reference r;
    double flow = 0.0;
    start_values(network, &r, 1);
    for (size_t k = 0; k < shape_size(network->layers[0].out); k++) {
        r.value[0][k] = INPUT;
    }
    for (int i = 0; i < network->n_layers; i++) {
        for (size_t k = 0; is_product(network, i) && k < r.slot_size[i][WEFT_SLOT_WEIGHT]; k++) {
            r.slot[i][WEFT_SLOT_WEIGHT][k] = fabs(r.slot[i][WEFT_SLOT_WEIGHT][k]);
        }
    }
    double before = output_sum(&r, 0);
    for (int i = 0; i < network->n_layers; i++) {
        for (size_t k = 0; is_product(network, i) && k < r.slot_size[i][WEFT_SLOT_WEIGHT]; k++) {
            double *w = &r.slot[i][WEFT_SLOT_WEIGHT][k], kept = *w;
            *w = 2.0 * kept;
            flow += output_sum(&r, i) - before;
            *w = kept;
            reference_forward(&r, i);
        }
    }
    reference_free(&r);
    return flow / INPUT;
}

static void flow_is_the_sum_of_differences(void **state) {
    (void)state;
    weft_network *network = residual(WEFT_OP_RELU);
    double expected = log(flow_by_differences(network));
    check_near(scores_of(network, IMAGES, 1, 1).value[WEFT_SCORE_SYNFLOW], expected, 1e-9);
    weft_network_destroy(network);
    network = network_of("pools", 1, 7, 5);
    next(network, conv_layer(3, 3, 2, 1, false));
    next(network, pool_layer(2, 1));
    weft_layer grouped = conv_layer(6, 2, 1, 1, false);
    grouped.groups = 3;
    grouped.dilation = (weft_extent){2, 1};
    next(network, grouped);
    grow_head(network, CLASSES);
    expected = log(flow_by_differences(network));
    check_near(scores_of(network, IMAGES, 1, 1).value[WEFT_SCORE_SYNFLOW], expected, 1e-9);
    weft_network_destroy(network);
}

/* Layers stand in equal places, so that their weights are equal. */
static void flow_passes_norms(void **state) {
    (void)state;
    weft_network *with = residual(WEFT_OP_BATCH_NORM), *without = residual(WEFT_OP_RELU);
    assert_true(scores_of(with, IMAGES, 1, 3).value[WEFT_SCORE_SYNFLOW] ==
                scores_of(without, IMAGES, 1, 3).value[WEFT_SCORE_SYNFLOW]);
    weft_network_destroy(with);
    weft_network_destroy(without);
}

/* One channel and one position: R is the product of all weights, S that times the number of layers. */
static void flow_of_a_chain_is_its_product(void **state) {
    (void)state;
    static const int depths[] = {1, 3, 2000};
    for (size_t d = 0; d < sizeof depths / sizeof depths[0]; d++) {
        int depth = depths[d];
        weft_network *network = chain(depth, 1, 1);
        double sum = log(depth + 1.0), score = 0.0, last = 0.0;
        weft_error error;
        for (int i = 1; i < network->n_layers - 1; i++) {
            float w = 1.0F;
            if (is_product(network, i)) {
                weft_start_normal(5, i, sqrt(2.0), &w, 1);
            }
            sum += log(fabs((double)w));
        }
        float head[2];
        weft_start_normal(5, network->n_layers - 1, 1.0, head, 2);
        last = fabs((double)head[0]) + fabs((double)head[1]);
        MUST(weft_flow_score(network, 5, NULL, &score, &error));
        check_near(score, sum + log(last), 1e-9);
        weft_network_destroy(network);
    }
}

/* Beyond what a double holds: each further layer of many channels adds about as much as the one before. */
static void flow_of_deep_networks_stays_finite(void **state) {
    (void)state;
    double score[2] = {0};
    weft_error error;
    for (int i = 0; i < 2; i++) {
        weft_network *network = chain(250 * (i + 1), 16, 3);
        MUST(weft_flow_score(network, 1, NULL, &score[i], &error));
        weft_network_destroy(network);
    }
    assert_true(isfinite(score[1]) && score[1] > log(1.7e308));
    check_near(score[1] / score[0], 2.0, 0.05);
}

/* ---- codes ------------------------------------------------------------------------------------- */

static void take_all(weft_codes *codes, const float *values, size_t units, const int *order) {
    weft_error error;
    MUST(weft_codes_expect(codes, units, &error));
    for (int i = 0; i < codes->n; i++) {
        weft_codes_take(codes, i, values + (size_t)order[i] * units, units);
    }
    weft_codes_count(codes, units);
}

/* 1100 and 1010: K = [[4, 2], [2, 4]], of determinant 12. */
static void two_codes_by_hand(void **state) {
    (void)state;
    static const float values[] = {1, 0.5F, 0, -1, 2, 0, 3, -0.0F};
    static const int order[] = {0, 1}, same[] = {0, 0};
    weft_codes codes;
    weft_error error;
    bool exists = false;
    double score = 0.0;
    MUST(weft_codes_create(2, &codes, &error));
    take_all(&codes, values, 4, order);
    MUST(weft_codes_score(&codes, &exists, &score, &error));
    assert_true(exists);
    check_near(score, log(12.0), 1e-14);
    weft_codes_free(&codes);
    MUST(weft_codes_create(2, &codes, &error));
    take_all(&codes, values, 4, same);
    MUST(weft_codes_score(&codes, &exists, &score, &error));
    assert_false(exists);
    weft_codes_free(&codes);
}

/* ln |det| by elimination with the largest pivot; -infinity where there is none. */
static double log_determinant(double *k, int n) {
    double sum = 0.0;
    for (int c = 0; c < n; c++) {
        int best = c;
        for (int r = c + 1; r < n; r++) {
            best = fabs(k[r * n + c]) > fabs(k[best * n + c]) ? r : best;
        }
        for (int j = 0; j < n; j++) {
            double kept = k[c * n + j];
            k[c * n + j] = k[best * n + j];
            k[best * n + j] = kept;
        }
        sum += log(fabs(k[c * n + c]));
        for (int r = c + 1; r < n; r++) {
            double share = k[r * n + c] / k[c * n + c];
            for (int j = c; j < n; j++) {
                k[r * n + j] -= share * k[c * n + j];
            }
        }
    }
    return sum;
}

/* In two parts of units, of which one ends within a word; and the images in another order. */
static void codes_against_plain_counting(void **state) {
    (void)state;
    enum { N = 9, PARTS = 2 };
    static const size_t units[PARTS] = {150, 64};
    static const int orders[2][N] = {{0, 1, 2, 3, 4, 5, 6, 7, 8}, {4, 8, 1, 0, 7, 3, 2, 6, 5}};
    static float values[PARTS][N * 150];
    double k[N * N] = {0}, expected, score[2];
    weft_error error;
    weft_rng rng = weft_rng_make(11, WEFT_PURPOSE_TEST, 0);
    for (int p = 0; p < PARTS; p++) {
        for (size_t v = 0; v < N * units[p]; v++) {
            values[p][v] = (float)weft_rng_normal(&rng);
        }
        for (size_t u = 0; u < units[p]; u++) {
            for (size_t i = 0; i < N; i++) {
                for (size_t j = 0; j < N; j++) {
                    k[i * N + j] += (values[p][i * units[p] + u] > 0) ==
                                    (values[p][j * units[p] + u] > 0);
                }
            }
        }
    }
    expected = log_determinant(k, N);
    for (int o = 0; o < 2; o++) {
        weft_codes codes;
        bool exists = false;
        MUST(weft_codes_create(N, &codes, &error));
        for (int p = 0; p < PARTS; p++) {
            take_all(&codes, values[p], units[p], orders[o]);
        }
        MUST(weft_codes_score(&codes, &exists, &score[o], &error));
        assert_true(exists);
        check_near(score[o], expected, 1e-12);
        weft_codes_free(&codes);
    }
}

static bool rectifies(weft_op op) {
    return op == WEFT_OP_RELU || op == WEFT_OP_RELU6 || op == WEFT_OP_HARD_SWISH ||
           op == WEFT_OP_GELU;
}

static double naswot_of(const reference *r) {
    double k[IMAGES * IMAGES] = {0};
    for (int l = 0; l < r->network->n_layers; l++) {
        size_t size = shape_size(r->network->layers[l].out);
        for (size_t u = 0; rectifies(r->network->layers[l].op) && u < size; u++) {
            for (size_t i = 0; i < IMAGES; i++) {
                for (size_t j = 0; j < IMAGES; j++) {
                    k[i * IMAGES + j] += (r->value[l][i * size + u] > 0) ==
                                         (r->value[l][j * size + u] > 0);
                }
            }
        }
    }
    return log_determinant(k, IMAGES);
}

static void naswot_of_a_network(void **state) {
    (void)state;
    weft_network *network = residual(WEFT_OP_BATCH_NORM);
    reference r;
    start_values(network, &r, IMAGES);
    random_batch(&r, 1);
    reference_forward(&r, 0);
    check_near(scores_of(network, IMAGES, 1, 1).value[WEFT_SCORE_NASWOT], naswot_of(&r), 1e-12);
    reference_free(&r);
    weft_network_destroy(network);
}

/* ---- gradients --------------------------------------------------------------------------------- */

/* Both scores from central differences of the reference's loss. */
static void gradient_scores(reference *r, double *norms, double *saliences) {
    const double step = 1e-5;
    *norms = *saliences = 0.0;
    reference_forward(r, 0);
    for (int i = 0; i < r->network->n_layers; i++) {
        double squares = 0.0;
        for (size_t k = 0; is_product(r->network, i) && k < r->slot_size[i][WEFT_SLOT_WEIGHT];
             k++) {
            double *w = &r->slot[i][WEFT_SLOT_WEIGHT][k], kept = *w;
            *w = kept + step;
            double up = reference_loss(r, i);
            *w = kept - step;
            double gradient = (up - reference_loss(r, i)) / (2.0 * step);
            *w = kept;
            squares += gradient * gradient;
            *saliences += fabs(gradient * kept);
        }
        reference_forward(r, i);
        *norms += sqrt(squares);
    }
}

static void gradients_against_differences(void **state) {
    (void)state;
    static const weft_op norms[] = {WEFT_OP_BATCH_NORM, WEFT_OP_RELU};
    for (int n = 0; n < 2; n++) {
        weft_network *network = residual(norms[n]);
        weft_scores scores = scores_of(network, IMAGES, 1, 1);
        reference r;
        double norm = 0.0, salience = 0.0;
        start_values(network, &r, IMAGES);
        random_batch(&r, 1);
        gradient_scores(&r, &norm, &salience);
        check_near(scores.value[WEFT_SCORE_GRAD_NORM], norm, 1e-4);
        check_near(scores.value[WEFT_SCORE_SNIP], salience, 1e-4);
        reference_free(&r);
        weft_network_destroy(network);
    }
}

/* ---- all of them ------------------------------------------------------------------------------- */

/* 64 images are several lanes. */
static void threads_and_seeds(void **state) {
    (void)state;
    weft_network *network = network_named("nasbench201@arch=331320,input=3x8x8,depth=1x1x1");
    weft_scores one = scores_of(network, 64, 1, 7);
    for (int threads = 2; threads <= 3; threads++) {
        weft_scores other = scores_of(network, 64, threads, 7);
        assert_memory_equal(one.value, other.value, sizeof one.value);
    }
    weft_scores other = scores_of(network, 64, 1, 8);
    for (int s = 0; s < WEFT_SCORE_NN_DEGREE; s++) {
        assert_true(isfinite(one.value[s]) && one.value[s] != other.value[s]);
        assert_string_equal(one.reason[s], "");
    }
    check_near(one.value[WEFT_SCORE_COMBINED],
               one.value[WEFT_SCORE_NASWOT] * log((double)network->macs), 1e-15);
    weft_topology topology;
    weft_error error;
    MUST(weft_network_topology(network, &topology, &error));
    assert_true(one.value[WEFT_SCORE_NN_DEGREE] == topology.degree && topology.degree > 0.0);
    assert_true(one.value[WEFT_SCORE_NN_MASS] == topology.mass);
    assert_true(one.value[WEFT_SCORE_PARAMS] == (double)network->params);
    assert_true(one.value[WEFT_SCORE_MACS] == (double)network->macs);
    weft_network_destroy(network);
}

static void what_was_not_asked_for_is_unknown(void **state) {
    (void)state;
    const weft_score_settings settings = {.images = IMAGES, .threads = 1};
    weft_network *network = residual(WEFT_OP_BATCH_NORM);
    weft_scores all = scores_of(network, IMAGES, 1, 1), scores;
    weft_scorer *scorer = NULL;
    weft_error error;
    MUST(weft_scorer_create(NULL, &settings, &scorer, &error));
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        bool wanted[WEFT_SCORE_COUNT] = {false};
        wanted[s] = true;
        MUST(weft_scorer_measure(scorer, network, wanted, 1, NULL, &scores, &error));
        for (int t = 0; t < WEFT_SCORE_COUNT; t++) {
            assert_true(t == s ? scores.value[t] == all.value[t] : isnan(scores.value[t]));
        }
    }
    weft_scorer_destroy(scorer);
    weft_scorer_destroy(NULL);
    weft_network_destroy(network);
}

static void no_signal_no_score(void **state) {
    (void)state;
    weft_network *network = network_named("nasbench201@arch=000000,input=3x8x8,depth=1x1x1");
    weft_scores scores = scores_of(network, IMAGES, 1, 1);
    assert_true(isnan(scores.value[WEFT_SCORE_SYNFLOW]) && isnan(scores.value[WEFT_SCORE_NASWOT]));
    assert_non_null(strstr(scores.reason[WEFT_SCORE_SYNFLOW], "no path"));
    assert_non_null(strstr(scores.reason[WEFT_SCORE_NASWOT], "determinant"));
    assert_non_null(strstr(scores.reason[WEFT_SCORE_COMBINED], "determinant"));
    assert_true(scores.value[WEFT_SCORE_SNIP] == 0.0);
    assert_true(scores.value[WEFT_SCORE_GRAD_NORM] == 0.0);
    weft_network_destroy(network);
}

static void what_has_no_score_says_why(void **state) {
    (void)state;
    weft_network *network = network_of("tokens", 8, 4, 1);
    grow_encoder(network, 8, 2, 8);
    next(network, (weft_layer){.op = WEFT_OP_TOKEN});
    next(network, linear_layer(CLASSES));
    weft_scores scores = scores_of(network, IMAGES, 1, 1);
    assert_non_null(strstr(scores.reason[WEFT_SCORE_SYNFLOW], "layer_norm"));
    assert_true(isfinite(scores.value[WEFT_SCORE_SNIP]));
    weft_network_destroy(network);
    network = network_of("linear", 2, 3, 3); /* nothing rectifies */
    grow_head(network, CLASSES);
    scores = scores_of(network, IMAGES, 1, 1);
    assert_non_null(strstr(scores.reason[WEFT_SCORE_NASWOT], "no rectifiers"));
    weft_network_destroy(network);
    static const char table[] = "C,M\n3,4\n";
    weft_error error;
    MUST(weft_network_parse_csv(table, strlen(table), "table", &network, &error));
    scores = scores_of(network, IMAGES, 1, 1);
    assert_non_null(strstr(scores.reason[WEFT_SCORE_SYNFLOW], "table"));
    assert_non_null(strstr(scores.reason[WEFT_SCORE_SNIP], "table"));
    assert_true(scores.reason[WEFT_SCORE_NN_MASS][0] != '\0');
    assert_true(scores.value[WEFT_SCORE_PARAMS] == 12.0);
    weft_network_destroy(network);
}

/* 3, 1, 2 and 1.5, 1.5, 3; then the second network has no SNIP: 2, 1, 3. */
static void ranks_by_hand(void **state) {
    (void)state;
    static const double values[3][2] = {{9, 4}, {-1, 4}, {2, 7}};
    const bool both[WEFT_SCORE_COUNT] = {[WEFT_SCORE_SYNFLOW] = true, [WEFT_SCORE_SNIP] = true};
    weft_scores scores[3] = {0};
    double sums[3];
    for (int i = 0; i < 3; i++) {
        scores[i].value[WEFT_SCORE_SYNFLOW] = values[i][0];
        scores[i].value[WEFT_SCORE_SNIP] = values[i][1];
    }
    weft_scores_rank(scores, 3, both, sums);
    assert_true(sums[0] == 4.5 && sums[1] == 2.5 && sums[2] == 5.0);
    scores[1].value[WEFT_SCORE_SNIP] = NAN;
    weft_scores_rank(scores, 3, both, sums);
    assert_true(sums[0] == 5.0 && sums[1] == 2.0 && sums[2] == 5.0);
}

static void bad_settings_are_refused(void **state) {
    (void)state;
    static const weft_score_settings bad[] = {
        {.images = 1, .threads = 1}, {.images = 5000, .threads = 1}, {.images = 8, .threads = 0}};
    weft_scorer *scorer = NULL;
    weft_error error;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(weft_scorer_create(NULL, &bad[i], &scorer, &error), WEFT_ERROR_INPUT);
    }
    assert_null(scorer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flow_is_the_sum_of_differences),
        cmocka_unit_test(flow_passes_norms),
        cmocka_unit_test(flow_of_a_chain_is_its_product),
        cmocka_unit_test(flow_of_deep_networks_stays_finite),
        cmocka_unit_test(two_codes_by_hand),
        cmocka_unit_test(codes_against_plain_counting),
        cmocka_unit_test(naswot_of_a_network),
        cmocka_unit_test(gradients_against_differences),
        cmocka_unit_test(threads_and_seeds),
        cmocka_unit_test(what_was_not_asked_for_is_unknown),
        cmocka_unit_test(no_signal_no_score),
        cmocka_unit_test(what_has_no_score_says_why),
        cmocka_unit_test(ranks_by_hand),
        cmocka_unit_test(bad_settings_are_refused),
    };
    return cmocka_run_group_tests_name("score", tests, NULL, NULL);
}
