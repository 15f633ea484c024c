/* SPDX-License-Identifier: Apache-2.0
 *
 * A few small perceptrons, alike but for their seeds: their mean is the prediction, their spread how
 * far it may be off (B. Lakshminarayanan et al., "Simple and scalable predictive uncertainty
 * estimation using deep ensembles", NeurIPS 2017). Each is
 *     h1 = relu(W1 x + b1),  h2 = relu(W2 h1 + b2),  y = w3 h2 + b3
 * trained by AdamW (I. Loshchilov, F. Hutter, ICLR 2019, algorithm 2) with a cosine rate. Rows are
 * mostly zeros, so the first layer is a sum of the rows of W1 whose inputs are not.
 *
 * The loss of a batch is the squared error, or that of ranking: over all pairs with t_i > t_j, in
 * d = y_i - y_j, the hinge max(0, 1/2 - d) or the logistic log(1 + exp(-d)). A ranking loss knows no
 * scale and no zero, so that each member gets a line through (output, target) afterwards. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/model.h"
#include "base/rng.h"

enum { WIDTH = 32, MEMBERS = 4, BATCH = 32, STEPS = 1000 };

static const float RATE = 0.01f;
static const float DECAY = 0.02f; /* a step takes RATE * DECAY of a weight off */
static const float MARGIN = 0.5f;

/* The parameters of a member, one after the other: W1 (columns, WIDTH), b1, W2 (WIDTH, WIDTH), b2, w3,
 * b3. Row i of W1 and W2 holds what input i adds to each output. */
typedef struct layout {
    size_t b1, w2, b2, w3, b3, total;
} layout;

typedef struct net {
    int columns;
    float lines[MEMBERS]
               [2]; /* of each member: what it says is lines[m][0] + lines[m][1] * output */
    float *weights; /* (MEMBERS, layout.total) */
} net;

static layout layout_of(int columns) {
    layout at;
    at.b1 = (size_t)columns * WIDTH;
    at.w2 = at.b1 + WIDTH;
    at.b2 = at.w2 + (size_t)WIDTH * WIDTH;
    at.w3 = at.b2 + WIDTH;
    at.b3 = at.w3 + WIDTH;
    at.total = at.b3 + 1;
    return at;
}

static void destroy(void *state) {
    net *made = state;
    if (made != NULL) {
        free(made->weights);
        free(made);
    }
}

/* ---- forward and backward ---------------------------------------------------------------------- */

/* to += factor * from */
static inline void add_row(float *restrict to, const float *restrict from, float factor) {
    for (int j = 0; j < WIDTH; j++) {
        to[j] += factor * from[j];
    }
}

static void through(const float *weights, const float *bias, const float *inputs, int n,
                    float *out) {
    memcpy(out, bias, WIDTH * sizeof *out);
    for (int i = 0; i < n; i++) {
        if (inputs[i] != 0.0f) {
            add_row(out, weights + (size_t)i * WIDTH, inputs[i]);
        }
    }
    for (int j = 0; j < WIDTH; j++) {
        out[j] = out[j] > 0.0f ? out[j] : 0.0f;
    }
}

static float forward(const float *w, const layout *at, const float *row, int columns, float *h1,
                     float *h2) {
    through(w, w + at->b1, row, columns, h1);
    through(w + at->w2, w + at->b2, h1, WIDTH, h2);
    float y = w[at->b3];
    for (int j = 0; j < WIDTH; j++) {
        y += w[at->w3 + (size_t)j] * h2[j];
    }
    return y;
}

/* Adds to `gradient` what a row gives, for dL/dy = slope. */
static void backward(const float *w, const layout *at, const float *row, int columns,
                     const float *h1, const float *h2, float slope, float *gradient) {
    float d2[WIDTH];
    float d1[WIDTH];
    add_row(gradient + at->w3, h2, slope);
    gradient[at->b3] += slope;
    for (int j = 0; j < WIDTH; j++) {
        d2[j] = h2[j] > 0.0f ? slope * w[at->w3 + (size_t)j] : 0.0f;
    }
    add_row(gradient + at->b2, d2, 1.0f);
    for (int i = 0; i < WIDTH; i++) {
        const float *out = w + at->w2 + (size_t)i * WIDTH;
        float sum = 0.0f;
        for (int j = 0; j < WIDTH; j++) {
            sum += out[j] * d2[j];
        }
        d1[i] = h1[i] > 0.0f ? sum : 0.0f;
        add_row(gradient + at->w2 + (size_t)i * WIDTH, d2, h1[i]);
    }
    add_row(gradient + at->b1, d1, 1.0f);
    for (int c = 0; c < columns; c++) {
        if (row[c] != 0.0f) {
            add_row(gradient + (size_t)c * WIDTH, d1, row[c]);
        }
    }
}

/* ---- losses ------------------------------------------------------------------------------------ */

/* slopes[i] = dL/dy_i of a batch. */
static void slopes_of(weft_model_loss loss, const float *y, const float *t, int n, float *slopes) {
    memset(slopes, 0, (size_t)n * sizeof *slopes);
    if (loss == WEFT_LOSS_SQUARED) {
        for (int i = 0; i < n; i++) {
            slopes[i] = 2.0f * (y[i] - t[i]) / (float)n;
        }
        return;
    }
    float share = 2.0f / (float)n; /* each row is in some n / 2 pairs */
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            if (!(t[i] > t[j])) {
                continue;
            }
            float d = y[i] - y[j];
            float slope = loss == WEFT_LOSS_HINGE ? (d < MARGIN ? 1.0f : 0.0f)
                                                  : 1.0f / (1.0f + expf(d));
            slopes[i] -= share * slope;
            slopes[j] += share * slope;
        }
    }
}

/* ---- training ---------------------------------------------------------------------------------- */

typedef struct trainer {
    const weft_samples *samples;
    layout at;
    float *weights, *gradient, *first, *second; /* (total) each; moments of the gradient */
    uint32_t *order;                            /* (n) */
    float h1[BATCH][WIDTH], h2[BATCH][WIDTH], y[BATCH], t[BATCH], slopes[BATCH];
} trainer;

static void fill_normal(float *weights, size_t n, int inputs, weft_rng *rng) {
    double deviation = sqrt(2.0 / inputs); /* K. He et al., ICCV 2015, equation 10 */
    for (size_t i = 0; i < n; i++) {
        weights[i] = (float)(deviation * weft_rng_normal(rng));
    }
}

/* Some 8 inputs of a row are not 0, whatever their number: that is what the first layer sees. */
static void initialise(trainer *t, weft_rng *rng) {
    int columns = t->samples->features->n_columns;
    fill_normal(t->weights, t->at.b1, columns < 8 ? columns : 8, rng);
    fill_normal(t->weights + t->at.w2, (size_t)WIDTH * WIDTH, WIDTH, rng);
    fill_normal(t->weights + t->at.w3, WIDTH, 2 * WIDTH, rng);
}

static void adam(trainer *t, int step, float rate) {
    const float slow = 0.9f;
    const float slower = 0.99f;
    float correct = 1.0f / (1.0f - powf(slow, (float)(step + 1)));
    float correct2 = 1.0f / (1.0f - powf(slower, (float)(step + 1)));
    for (size_t i = 0; i < t->at.total; i++) {
        float g = t->gradient[i];
        t->first[i] = slow * t->first[i] + (1.0f - slow) * g;
        t->second[i] = slower * t->second[i] + (1.0f - slower) * g * g;
        float change = t->first[i] * correct / (sqrtf(t->second[i] * correct2) + 1e-8f);
        t->weights[i] -= rate * (change + DECAY * t->weights[i]);
    }
}

static void step_batch(trainer *t, weft_model_loss loss, int first, int n, int step) {
    const weft_samples *s = t->samples;
    int columns = s->features->n_columns;
    for (int b = 0; b < n; b++) {
        size_t i = t->order[first + b];
        t->t[b] = s->targets[i];
        t->y[b] =
            forward(t->weights, &t->at, s->rows + i * (size_t)columns, columns, t->h1[b], t->h2[b]);
    }
    slopes_of(loss, t->y, t->t, n, t->slopes);
    memset(t->gradient, 0, t->at.total * sizeof *t->gradient);
    for (int b = 0; b < n; b++) {
        size_t i = t->order[first + b];
        backward(t->weights, &t->at, s->rows + i * (size_t)columns, columns, t->h1[b], t->h2[b],
                 t->slopes[b], t->gradient);
    }
    adam(t, step, 0.5f * RATE * (1.0f + cosf((float)M_PI * (float)step / (float)STEPS)));
}

static weft_status train_member(trainer *t, const weft_model_options *options, int member) {
    uint64_t seed = weft_model_seed(options->seed, (uint64_t)member);
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_INITIALISE, 0);
    int n = t->samples->n;
    memset(t->weights, 0, t->at.total * sizeof *t->weights);
    memset(t->first, 0, t->at.total * sizeof *t->first);
    memset(t->second, 0, t->at.total * sizeof *t->second);
    initialise(t, &rng);
    for (int i = 0; i < n; i++) {
        t->order[i] = (uint32_t)i;
    }
    int at = n;
    uint64_t epoch = 0;
    for (int step = 0; step < STEPS; step++) {
        if (at + BATCH / 2 > n) {
            if (weft_stop_requested(options->stop)) {
                return WEFT_STOPPED;
            }
            weft_rng shuffle = weft_rng_make(seed, WEFT_PURPOSE_SHUFFLE, epoch++);
            weft_rng_shuffle(&shuffle, t->order, (size_t)n);
            at = 0;
        }
        int size = n - at < BATCH ? n - at : BATCH;
        step_batch(t, options->loss, at, size, step);
        at += size;
    }
    return WEFT_OK;
}

/* ---- the ensemble ------------------------------------------------------------------------------ */

static double output_of(const net *made, int member, const float *row, float *h) {
    layout at = layout_of(made->columns);
    const float *weights = made->weights + (size_t)member * at.total;
    return (double)forward(weights, &at, row, made->columns, h, h + WIDTH);
}

static void predict(const void *state, const float *row, void *scratch, double *mean,
                    double *deviation) {
    const net *made = state;
    double said[MEMBERS];
    double sum = 0.0;
    double squares = 0.0;
    for (int m = 0; m < MEMBERS; m++) {
        said[m] = (double)made->lines[m][0] +
                  (double)made->lines[m][1] * output_of(made, m, row, scratch);
        sum += said[m];
    }
    *mean = sum / MEMBERS;
    for (int m = 0; m < MEMBERS; m++) {
        squares += (said[m] - *mean) * (said[m] - *mean);
    }
    if (deviation != NULL) {
        *deviation = sqrt(squares / (MEMBERS - 1));
    }
}

static size_t scratch(const void *state) {
    (void)state;
    return 2 * WIDTH * sizeof(float);
}

/* The line that brings a member's ranks back to the scale of the targets, by least squares. */
static void fit_line(net *made, int member, const weft_samples *samples) {
    double n = samples->n;
    double sx = 0.0;
    double sy = 0.0;
    double sxx = 0.0;
    double sxy = 0.0;
    float h[2 * WIDTH];
    for (int i = 0; i < samples->n; i++) {
        double x = output_of(made, member, samples->rows + (size_t)i * (size_t)made->columns, h);
        double y = (double)samples->targets[i];
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    double spread = sxx - sx * sx / n;
    double slope = spread > 1e-12 ? (sxy - sx * sy / n) / spread : 0.0;
    made->lines[member][0] = (float)((sy - slope * sx) / n);
    made->lines[member][1] = (float)slope;
}

static weft_status train_all(net *made, const weft_samples *samples,
                             const weft_model_options *options, weft_error *error) {
    layout at = layout_of(made->columns);
    trainer *t = calloc(1, sizeof *t);
    float *room = calloc(4 * at.total, sizeof *room);
    uint32_t *order = calloc((size_t)samples->n, sizeof *order);
    weft_status status = t != NULL && room != NULL && order != NULL
                             ? WEFT_OK
                             : weft_fail_memory(error, 4 * at.total * sizeof *room);
    if (status == WEFT_OK) {
        *t = (trainer){.samples = samples,
                       .at = at,
                       .weights = room,
                       .gradient = room + at.total,
                       .first = room + 2 * at.total,
                       .second = room + 3 * at.total,
                       .order = order};
    }
    for (int m = 0; m < MEMBERS && status == WEFT_OK; m++) {
        status = train_member(t, options, m);
        memcpy(made->weights + (size_t)m * at.total, t->weights, at.total * sizeof *room);
    }
    free(t);
    free(room);
    free(order);
    return status;
}

static weft_status create(int columns, net **to, weft_error *error) {
    void *made = NULL;
    size_t n = MEMBERS * layout_of(columns).total;
    WEFT_TRY(weft_model_room(sizeof(net), &made, error));
    net *at = made;
    *at = (net){.columns = columns, .weights = calloc(n, sizeof(float))};
    if (at->weights == NULL) {
        destroy(at);
        return weft_fail_memory(error, n * sizeof(float));
    }
    *to = at;
    return WEFT_OK;
}

static weft_status fit(const weft_samples *samples, const weft_model_options *options, void **state,
                       weft_error *error) {
    net *made = NULL;
    WEFT_TRY(create(samples->features->n_columns, &made, error));
    weft_status status = train_all(made, samples, options, error);
    if (status != WEFT_OK) {
        destroy(made);
        return status;
    }
    for (int m = 0; m < MEMBERS; m++) {
        made->lines[m][1] = 1.0f;
        if (options->loss != WEFT_LOSS_SQUARED) {
            fit_line(made, m, samples);
        }
    }
    *state = made;
    return WEFT_OK;
}

static weft_status save(const void *state, const char *prefix, weft_tensors *arrays,
                        weft_error *error) {
    const net *made = state;
    WEFT_TRY(weft_model_put(arrays, prefix, "lines", MEMBERS, 2, &made->lines[0][0], error));
    return weft_model_put(arrays, prefix, "weights", MEMBERS, (int)layout_of(made->columns).total,
                          made->weights, error);
}

static weft_status load(const weft_features *features, const char *prefix,
                        const weft_tensors *arrays, void **state, weft_error *error) {
    const weft_tensor *lines = NULL;
    const weft_tensor *weights = NULL;
    net *made = NULL;
    int total = (int)layout_of(features->n_columns).total;
    WEFT_TRY(weft_model_take(arrays, prefix, "lines", MEMBERS, 2, &lines, error));
    WEFT_TRY(weft_model_take(arrays, prefix, "weights", MEMBERS, total, &weights, error));
    WEFT_TRY(create(features->n_columns, &made, error));
    for (size_t m = 0; m < MEMBERS; m++) {
        made->lines[m][0] = lines->values[2 * m];
        made->lines[m][1] = lines->values[2 * m + 1];
    }
    memcpy(made->weights, weights->values, weights->n * sizeof(float));
    *state = made;
    return WEFT_OK;
}

const weft_model_kind weft_model_net = {
    .name = "mlp",
    .fit = fit,
    .destroy = destroy,
    .scratch = scratch,
    .predict = predict,
    .save = save,
    .load = load,
};
