/* SPDX-License-Identifier: Apache-2.0
 *
 * Scores of a network that is not trained. One forward pass in training mode, stage by stage, shows which
 * units are above 0; the backward pass behind it leaves the gradients: what is asked for of one
 * mini-batch is computed once. */
#include <weft/learn.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learn/backend.h"
#include "learn/batch.h"
#include "learn/codes.h"
#include "learn/crew_shelf.h"
#include "learn/engine.h"
#include "learn/flow.h"
#include "learn/loss.h"

/* Parts of the mini-batch's random streams. */
enum { STREAM_ORDER, STREAM_LABELS, STREAM_IMAGES };

struct weft_scorer {
    const weft_dataset *dataset; /* NULL: random images */
    weft_score_settings settings;
    weft_crew_shelf *crews;
};

/* One network. */
typedef struct work {
    const weft_network *network;
    const weft_dataset *dataset;
    size_t images;
    uint64_t seed;
    const weft_stop *stop;
    weft_engine *engine;
    uint16_t *labels; /* (images) */
    weft_codes codes;
} work;

/* ---- names and settings ---------------------------------------------------------------------- */

const char *const *weft_score_names(void) {
    static const char *const names[] = {
#define SCORE_NAME(name, token, looks) token,
        WEFT_SCORE_MAP(SCORE_NAME)
#undef SCORE_NAME
            NULL,
    };
    return names;
}

bool weft_score_looks(weft_score score) {
    static const bool all[] = {
#define SCORE_LOOKS(name, token, looks) looks,
        WEFT_SCORE_MAP(SCORE_LOOKS)
#undef SCORE_LOOKS
    };
    return all[score];
}

void weft_score_defaults(weft_score_settings *settings) {
    *settings = (weft_score_settings){.images = 64, .threads = 1};
}

static weft_status check_settings(const weft_score_settings *settings, const weft_dataset *dataset,
                                  weft_error *error) {
    WEFT_TRY(weft_check_range("images", settings->images, 2, WEFT_SCORE_MOST_IMAGES, error));
    WEFT_TRY(weft_check_range("threads", settings->threads, 1, WEFT_CREW_MAX_THREADS, error));
    if (dataset != NULL && dataset->train.n < settings->images) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "a mini-batch of %d images is asked for, data set %s has %lld to train on",
                  settings->images, dataset->info.name, (long long)dataset->train.n);
        weft_hint(error, "ask for fewer images");
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

/* That the data suit the network. */
static weft_status check_match(const work *w, weft_error *error) {
    if (w->dataset == NULL) {
        return WEFT_OK;
    }
    const weft_dataset_info *data = &w->dataset->info;
    const weft_shape in = w->network->layers[0].out;
    const weft_shape out = w->network->layers[w->network->n_layers - 1].out;
    if (memcmp(&in, &data->shape, sizeof in) != 0 || out.channels != data->classes) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "network %s is for images of %d x %d x %d and %d classes, data set %s has "
                         "%d x %d x %d and %d",
                         w->network->name, in.channels, in.height, in.width, out.channels,
                         data->name, data->shape.channels, data->shape.height, data->shape.width,
                         data->classes);
    }
    return WEFT_OK;
}

/* ---- the mini-batch -------------------------------------------------------------------------- */

static void load_random(work *w) {
    size_t n = w->images, values = w->engine->image_values;
    weft_rng rng = weft_rng_make(w->seed, WEFT_PURPOSE_SCORE, STREAM_LABELS);
    for (size_t i = 0; i < n; i++) {
        w->labels[i] = (uint16_t)weft_rng_below(&rng, w->engine->classes);
    }
    rng = weft_rng_make(w->seed, WEFT_PURPOSE_SCORE, STREAM_IMAGES);
    for (size_t v = 0; v < n * values; v++) {
        ((float *)w->engine->images)[v] = (float)weft_rng_normal(&rng);
    }
}

/* The first images of a shuffled order. */
static weft_status load_data(work *w, weft_error *error) {
    const weft_images *images = &w->dataset->train;
    const weft_view as_it_is = {0};
    size_t n = (size_t)images->n, values = w->engine->image_values;
    uint32_t *order = malloc(n * sizeof *order);
    weft_normaliser *normaliser = malloc(sizeof *normaliser);
    if (order == NULL || normaliser == NULL) {
        free(order);
        free(normaliser);
        return weft_fail_memory(error, n * sizeof *order);
    }
    for (size_t i = 0; i < n; i++) {
        order[i] = (uint32_t)i;
    }
    weft_rng rng = weft_rng_make(w->seed, WEFT_PURPOSE_SCORE, STREAM_ORDER);
    weft_rng_shuffle(&rng, order, n);
    weft_normaliser_fill(w->dataset, normaliser);
    for (size_t i = 0; i < w->images; i++) {
        w->labels[i] = images->labels[order[i]];
        weft_view_fill(normaliser, images->pixels + order[i] * values, &as_it_is, WEFT_F32,
                       (float *)w->engine->images + i * values);
    }
    free(order);
    free(normaliser);
    return WEFT_OK;
}

static weft_status load(work *w, weft_error *error) {
    size_t bytes = w->images * sizeof *w->labels;
    w->labels = malloc(bytes);
    if (w->labels == NULL) {
        return weft_fail_memory(error, bytes);
    }
    if (w->dataset == NULL) {
        load_random(w);
        return WEFT_OK;
    }
    return load_data(w, error);
}

/* ---- passes ---------------------------------------------------------------------------------- */

/* Whether what comes out of the stage went through a rectifier, whose output is above 0 where its input
 * is. */
static bool is_rectified(const weft_stage *stage) {
    weft_op op = stage->layer->op;
    return stage->tail != WEFT_TAIL_NONE || op == WEFT_OP_RELU || op == WEFT_OP_RELU6 ||
           op == WEFT_OP_HARD_SWISH || op == WEFT_OP_GELU;
}

static weft_status take_codes(work *w, const weft_stage *stage, weft_error *error) {
    const weft_engine *engine = w->engine;
    const weft_tensor *tensor = stage->output;
    size_t units = tensor->count / (size_t)engine->lanes[0].images;
    int image = 0;
    WEFT_TRY(weft_codes_expect(&w->codes, units, error));
    for (int l = 0; l < engine->n_lanes; l++) {
        const weft_lane *lane = &engine->lanes[l];
        const void *values;
        WEFT_TRY(weft_engine_show(engine, lane, tensor, &values, error));
        for (int i = 0; i < lane->images; i++) {
            weft_codes_take(&w->codes, image++, (const float *)values + (size_t)i * units, units);
        }
    }
    weft_codes_count(&w->codes, units);
    return WEFT_OK;
}

/* What follows is looked at right after each stage ran: later ones reuse its bytes. */
static weft_status forward(work *w, bool with_codes, weft_error *error) {
    weft_engine *engine = w->engine;
    if (with_codes) {
        WEFT_TRY(weft_codes_create((int)w->images, &w->codes, error));
    }
    engine->seed = w->seed;
    WEFT_TRY(weft_engine_begin(engine, WEFT_MODE_TRAIN, error));
    for (int s = 0; s < engine->n_stages; s++) {
        if (weft_stop_requested(w->stop)) {
            return WEFT_STOPPED;
        }
        WEFT_TRY(weft_engine_forward_stage(engine, s, error));
        if (with_codes && is_rectified(&engine->stages[s])) {
            WEFT_TRY(take_codes(w, &engine->stages[s], error));
        }
    }
    return engine->backend->give(engine, error);
}

static weft_status backward(work *w, weft_error *error) {
    weft_engine *engine = w->engine;
    (void)weft_cross_entropy(engine->logits, w->labels, w->images, engine->classes, 0.0,
                             engine->logits_gradient);
    return weft_engine_backward(engine, w->stop, error);
}

/* ---- scores ---------------------------------------------------------------------------------- */

static void set_value(weft_scores *scores, weft_score score, double value) {
    if (isfinite(value)) {
        scores->value[score] = value;
    } else {
        snprintf(scores->reason[score], WEFT_SCORE_REASON, "values of the passes are not finite");
    }
}

static weft_status score_codes(work *w, const bool *wanted, weft_scores *scores,
                               weft_error *error) {
    bool exists = false;
    double value = 0.0;
    WEFT_TRY(weft_codes_score(&w->codes, &exists, &value, error));
    const struct {
        weft_score score;
        double value;
    } both[] = {{WEFT_SCORE_NASWOT, value},
                {WEFT_SCORE_COMBINED, value * log((double)w->network->macs)}};
    for (int i = 0; i < 2; i++) {
        if (wanted[both[i].score] && exists) {
            set_value(scores, both[i].score, both[i].value);
        } else if (wanted[both[i].score]) {
            snprintf(scores->reason[both[i].score], WEFT_SCORE_REASON,
                     w->codes.units == 0 ? "the network has no rectifiers"
                                         : "the codes of two images agree: the determinant is 0");
        }
    }
    return WEFT_OK;
}

static void score_gradients(const work *w, const bool *wanted, weft_scores *scores) {
    double norms = 0.0, saliences = 0.0;
    for (int s = 0; s < w->engine->n_stages; s++) {
        const weft_stage *stage = &w->engine->stages[s];
        const weft_slot *weight = &stage->slot[WEFT_SLOT_WEIGHT];
        double squares = 0.0;
        for (size_t i = 0; weft_stage_is_product(stage) && i < weight->count; i++) {
            double g = weight->gradient[i];
            squares += g * g;
            saliences += fabs(g * (double)weight->value[i]);
        }
        norms += sqrt(squares);
    }
    if (wanted[WEFT_SCORE_GRAD_NORM]) {
        set_value(scores, WEFT_SCORE_GRAD_NORM, norms);
    }
    if (wanted[WEFT_SCORE_SNIP]) {
        set_value(scores, WEFT_SCORE_SNIP, saliences);
    }
}

static weft_status look(work *w, const bool *wanted, weft_scores *scores, weft_error *error) {
    const bool codes = wanted[WEFT_SCORE_NASWOT] || wanted[WEFT_SCORE_COMBINED];
    WEFT_TRY(weft_engine_initialise(w->engine, w->seed, w->stop, error));
    WEFT_TRY(load(w, error));
    WEFT_TRY(forward(w, codes, error));
    if (codes) {
        WEFT_TRY(score_codes(w, wanted, scores, error));
    }
    if (wanted[WEFT_SCORE_GRAD_NORM] || wanted[WEFT_SCORE_SNIP]) {
        WEFT_TRY(backward(w, error));
        score_gradients(w, wanted, scores);
    }
    return WEFT_OK;
}

/* Scores that look at images. A network that the engine cannot run has none of them. */
static weft_status measure_looking(work *w, const bool *wanted, weft_crew *crew,
                                   weft_scores *scores, weft_error *error) {
    const weft_engine_settings settings = {
        .batch = (int)w->images, .type = WEFT_F32, .device = WEFT_TRAIN_ON_CPU};
    WEFT_TRY(check_match(w, error));
    weft_status status = weft_engine_create(w->network, crew, &settings, &w->engine, error);
    if (status == WEFT_ERROR_INFEASIBLE) {
        for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
            if (wanted[s] && weft_score_looks((weft_score)s)) {
                snprintf(scores->reason[s], WEFT_SCORE_REASON, "%s", error->message);
            }
        }
        return WEFT_OK;
    }
    return status == WEFT_OK ? look(w, wanted, scores, error) : status;
}

static weft_status measure_flow(const work *w, weft_scores *scores, weft_error *error) {
    double value = 0.0;
    char *reason = scores->reason[WEFT_SCORE_SYNFLOW];
    weft_status status = weft_flow_score(w->network, w->seed, w->stop, &value, error);
    if (status == WEFT_ERROR_INFEASIBLE) {
        snprintf(reason, WEFT_SCORE_REASON, "%s", error->message);
        return WEFT_OK;
    }
    WEFT_TRY(status);
    if (isfinite(value)) {
        scores->value[WEFT_SCORE_SYNFLOW] = value;
    } else {
        snprintf(reason, WEFT_SCORE_REASON, "no path leads from the input to the output");
    }
    return WEFT_OK;
}

/* NN-Degree and NN-Mass. */
static void measure_topology(const work *w, const bool *wanted, weft_scores *scores) {
    weft_topology topology;
    weft_error why;
    const bool has = weft_network_topology(w->network, &topology, &why) == WEFT_OK;
    const struct {
        weft_score score;
        double value;
    } both[] = {{WEFT_SCORE_NN_DEGREE, has ? topology.degree : NAN},
                {WEFT_SCORE_NN_MASS, has ? topology.mass : NAN}};
    for (int i = 0; i < 2; i++) {
        if (wanted[both[i].score] && has) {
            scores->value[both[i].score] = both[i].value;
        } else if (wanted[both[i].score]) {
            snprintf(scores->reason[both[i].score], WEFT_SCORE_REASON, "%s", why.message);
        }
    }
}

static bool any_looks(const bool *wanted) {
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        if (wanted[s] && weft_score_looks((weft_score)s)) {
            return true;
        }
    }
    return false;
}

static weft_status measure(const weft_scorer *scorer, work *w, const bool *wanted,
                           weft_scores *scores, weft_error *error) {
    weft_crew *crew = NULL;
    if (wanted[WEFT_SCORE_PARAMS]) {
        scores->value[WEFT_SCORE_PARAMS] = (double)w->network->params;
    }
    if (wanted[WEFT_SCORE_MACS]) {
        scores->value[WEFT_SCORE_MACS] = (double)w->network->macs;
    }
    if (wanted[WEFT_SCORE_NN_DEGREE] || wanted[WEFT_SCORE_NN_MASS]) {
        measure_topology(w, wanted, scores);
    }
    if (wanted[WEFT_SCORE_SYNFLOW]) {
        WEFT_TRY(measure_flow(w, scores, error));
    }
    if (!any_looks(wanted)) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_crew_shelf_take(scorer->crews, &crew, error));
    weft_status status = measure_looking(w, wanted, crew, scores, error);
    weft_engine_destroy(w->engine);
    weft_codes_free(&w->codes);
    free(w->labels);
    weft_crew_shelf_give(scorer->crews, crew);
    return status;
}

weft_status weft_scorer_measure(const weft_scorer *scorer, const weft_network *network,
                                const bool wanted[WEFT_SCORE_COUNT], uint64_t seed,
                                const weft_stop *stop, weft_scores *scores, weft_error *error) {
    weft_scores made = {0};
    work w = {.network = network,
              .dataset = scorer->dataset,
              .images = (size_t)scorer->settings.images,
              .seed = seed,
              .stop = stop};
    for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
        made.value[s] = NAN;
    }
    WEFT_TRY(measure(scorer, &w, wanted, &made, error));
    *scores = made;
    return WEFT_OK;
}

/* ---- ranks ----------------------------------------------------------------------------------- */

/* Below all that have one. */
static double ranked_value(const weft_scores *scores, int score) {
    return isnan(scores->value[score]) ? -INFINITY : scores->value[score];
}

static double rank_of(const weft_scores *scores, int n, int i, int score) {
    const double own = ranked_value(&scores[i], score);
    int less = 0, equal = 0;
    for (int j = 0; j < n; j++) {
        double other = ranked_value(&scores[j], score);
        less += other < own;
        equal += other == own;
    }
    return less + (equal + 1) / 2.0;
}

void weft_scores_rank(const weft_scores *scores, int n, const bool wanted[WEFT_SCORE_COUNT],
                      double *sums) {
    for (int i = 0; i < n; i++) {
        sums[i] = 0.0;
        for (int s = 0; s < WEFT_SCORE_COUNT; s++) {
            sums[i] += wanted[s] ? rank_of(scores, n, i, s) : 0.0;
        }
    }
}

/* ---- scorers --------------------------------------------------------------------------------- */

weft_status weft_scorer_create(const weft_dataset *dataset, const weft_score_settings *settings,
                               weft_scorer **scorer, weft_error *error) {
    WEFT_TRY(check_settings(settings, dataset, error));
    weft_scorer *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->dataset = dataset;
    made->settings = *settings;
    weft_status status = weft_crew_shelf_create(settings->threads, &made->crews, error);
    if (status != WEFT_OK) {
        free(made);
        return status;
    }
    *scorer = made;
    return WEFT_OK;
}

void weft_scorer_destroy(weft_scorer *scorer) {
    if (scorer != NULL) {
        weft_crew_shelf_destroy(scorer->crews);
        free(scorer);
    }
}
