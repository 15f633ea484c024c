/* SPDX-License-Identifier: Apache-2.0
 *
 * Each model says: z = proxy + groups of features + likeness + noise, all of them Gaussian, with scales
 * of their own. So the proxy is what the rest is a residual of, and a group whose scale goes to 0 is not
 * there. Latencies or their logarithms, and the models, are weighed by their evidence (D. MacKay, Neural
 * Computation 4(3), 1992; the density of logarithms is taken back to that of latencies). */
#include "transfer/mixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/dense.h"
#include "transfer/evidence.h"

/* Most measurements that scales are learned from; the rest count for the predictions alone. */
enum { LEARN = 256 };

/* Logarithms of scales before a measurement: of the proxy, the noise and the rest, in variances of z. */
static const double PROXY = 0.5, NOISE = 0.05, REST = 0.01;
static const double SPREAD = 2.0, REST_SPREAD = 3.0;

/* Measurements farther from the median than this many interquartile ranges are brought there. */
static const double OUTLIER = 3.0;

/* Models that are this many nats behind on latencies are not tried on logarithms. */
static const double BEHIND = 12.0;

/* Likeness of a scale below this moves no prediction by a hundredth of the target's deviation. */
static const double UNLIKE = 1e-4;

/* A model with less weight says nothing. */
static const double LEAST_WEIGHT = 1e-6;

void weft_mixture_free(weft_mixture *mixture) {
    free(mixture->places);
    free(mixture->z);
    for (int m = 0; m < WEFT_MAX_MODELS; m++) {
        free(mixture->models[m].a);
        free(mixture->models[m].left_out);
        free(mixture->models[m].factor);
    }
    *mixture = (weft_mixture){0};
}

/* ---- covariances ----------------------------------------------------------------------------- */

/* exp(-2 d / positions), d positions that differ. */
static double likeness(const weft_descriptions *f, const unsigned char *codes, int i, int j) {
    int positions = f->n_positions, differ = 0;
    const unsigned char *a = codes + (size_t)i * (size_t)positions;
    const unsigned char *b = codes + (size_t)j * (size_t)positions;
    for (int p = 0; p < positions; p++) {
        differ += a[p] != b[p];
    }
    return positions > 0 ? exp(-2.0 * differ / positions) : 0.0;
}

/* The groups of a model: the proxy first. Returns how many. */
static int groups_of(const weft_descriptions *f, int rule, bool log_scale, int *groups) {
    groups[0] = log_scale ? WEFT_GROUP_LOG_PROXY : WEFT_GROUP_PROXY;
    int n = rule < 0 ? 0 : f->rules[rule].n_groups;
    if (n > 0) {
        memcpy(groups + 1, f->rules[rule].groups, (size_t)n * sizeof *groups);
    }
    return n + 1;
}

/* gram += scale * x x' for the columns of a group, x the rows of the places; the upper half. */
static void add_gram(const weft_descriptions *f, int group, double scale, const int *places, int n,
                     double *column, double *gram) {
    const weft_feature_group *g = &f->groups[group];
    for (int c = g->begin; c < g->begin + g->width; c++) {
        for (int i = 0; i < n; i++) {
            column[i] = (double)f->x[(size_t)places[i] * (size_t)f->width + (size_t)c];
        }
        for (int i = 0; i < n; i++) {
            double *row = gram + (size_t)i * (size_t)n;
            double factor = scale * column[i];
            for (int j = i; j < n; j++) {
                row[j] += factor * column[j];
            }
        }
    }
}

static void mirror(double *gram, int n) {
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < i; j++) {
            gram[(size_t)i * (size_t)n + (size_t)j] = gram[(size_t)j * (size_t)n + (size_t)i];
        }
    }
}

/* Likewise. */
static void add_likeness(const weft_descriptions *f, int rule, double scale, const int *places,
                         int n, double *gram) {
    for (int i = 0; i < n; i++) {
        for (int j = i; j < n; j++) {
            gram[(size_t)i * (size_t)n + (size_t)j] +=
                scale * likeness(f, f->rules[rule].codes, places[i], places[j]);
        }
    }
}

double weft_mixture_covariance(const weft_mixture *mixture, int m, int i, int j) {
    const weft_descriptions *f = mixture->features;
    int rule = mixture->models[m].rule, groups[WEFT_MAX_GROUPS + 1];
    int n = groups_of(f, rule, mixture->log_scale, groups);
    double sum = WEFT_MEAN_VARIANCE;
    for (int g = 0; g < n; g++) {
        const weft_feature_group *group = &f->groups[groups[g]];
        const float *a = f->x + (size_t)i * (size_t)f->width + group->begin;
        const float *b = f->x + (size_t)j * (size_t)f->width + group->begin;
        double product = 0.0;
        for (int c = 0; c < group->width; c++) {
            product += (double)a[c] * (double)b[c];
        }
        sum += mixture->models[m].scales[g] * product;
    }
    return rule < 0 ? sum
                    : sum + mixture->models[m].scales[n] * likeness(f, f->rules[rule].codes, i, j);
}

double weft_mixture_noise(const weft_mixture *mixture, int m) {
    int rule = mixture->models[m].rule;
    int groups = rule < 0 ? 1 : 1 + mixture->features->rules[rule].n_groups;
    return mixture->models[m].scales[groups + (rule >= 0)];
}

/* ---- scales ---------------------------------------------------------------------------------- */

/* What learning needs besides the mixture. */
typedef struct learner {
    int n;                 /* measurements that scales are learned from */
    double *grams;         /* (groups + rules, n, n) */
    double *room, *column; /* of the search; (n) */
    bool behind[WEFT_MAX_MODELS];
} learner;

static double *gram_of(const learner *l, int which) {
    return l->grams + (size_t)which * (size_t)l->n * (size_t)l->n;
}

static weft_status make_grams(const weft_descriptions *f, const int *places, int n, learner *l,
                              weft_error *error) {
    int matrices = f->n_groups + f->n_rules;
    size_t size = (size_t)n * (size_t)n;
    size_t room = weft_evidence_room(n, WEFT_MAX_TERMS);
    l->n = n;
    l->grams = calloc((size_t)matrices * size + room + (size_t)n, sizeof *l->grams);
    if (l->grams == NULL) {
        return weft_fail_memory(error, (size_t)matrices * size * sizeof *l->grams);
    }
    l->room = l->grams + (size_t)matrices * size;
    l->column = l->room + room;
    for (int g = 0; g < f->n_groups; g++) {
        add_gram(f, g, 1.0, places, n, l->column, gram_of(l, g));
        mirror(gram_of(l, g), n);
    }
    for (int r = 0; r < f->n_rules; r++) {
        add_likeness(f, r, 1.0, places, n, gram_of(l, f->n_groups + r));
        mirror(gram_of(l, f->n_groups + r), n);
    }
    return WEFT_OK;
}

/* Learns the scales of one model; *evidence is that of z. */
static weft_status learn(const weft_descriptions *f, learner *l, const double *z, int rule,
                         bool log_scale, double *scales, double *evidence, weft_error *error) {
    int groups[WEFT_MAX_GROUPS + 1];
    weft_evidence e = {.n = l->n, .y = z};
    int n = groups_of(f, rule, log_scale, groups);
    for (int g = 0; g < n; g++) {
        e.terms[e.n_terms++] = gram_of(l, groups[g]);
    }
    if (rule >= 0) {
        e.terms[e.n_terms++] = gram_of(l, f->n_groups + rule);
    }
    for (int j = 0; j <= e.n_terms; j++) {
        bool rest = j > 0 && j < e.n_terms;
        e.mean[j] = log(rest ? REST : j == 0 ? PROXY : NOISE);
        e.spread[j] = rest ? REST_SPREAD : SPREAD;
    }
    return weft_evidence_fit(&e, l->room, scales, evidence, error);
}

/* ---- what is learned ------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Values or logarithms, outliers brought in, standardised; *jacobian is what makes the evidence of z that
 * of the values. */
static void transform(const double *values, int n, bool log_scale, double *sorted, double *z,
                      double *mean, double *deviation, double *jacobian) {
    *jacobian = 0.0;
    for (int i = 0; i < n; i++) {
        z[i] = log_scale ? log(values[i]) : values[i];
        *jacobian -= log_scale ? z[i] : 0.0;
    }
    memcpy(sorted, z, (size_t)n * sizeof *z);
    qsort(sorted, (size_t)n, sizeof *sorted, by_value);
    double middle = sorted[n / 2], range = sorted[3 * n / 4] - sorted[n / 4];
    double sum = 0.0, square = 0.0;
    for (int i = 0; i < n; i++) {
        if (range > 0.0) {
            z[i] = fmax(middle - OUTLIER * range, fmin(middle + OUTLIER * range, z[i]));
        }
        sum += z[i];
    }
    *mean = sum / n;
    for (int i = 0; i < n; i++) {
        square += (z[i] - *mean) * (z[i] - *mean) / n;
    }
    *deviation = square > 0.0 ? sqrt(square) : 1.0;
    for (int i = 0; i < n; i++) {
        z[i] = (z[i] - *mean) / *deviation;
    }
    *jacobian -= n * log(*deviation);
}

/* The upper half of K of a model: from the matrices that scales were learned from, where these have all
 * measurements. */
static void fill_covariance(const weft_mixture *made, int m, const learner *l, double *column,
                            double *k) {
    const weft_descriptions *f = made->features;
    size_t n = (size_t)made->n;
    int groups[WEFT_MAX_GROUPS + 1], rule = made->models[m].rule;
    int n_groups = groups_of(f, rule, made->log_scale, groups);
    for (size_t i = 0; i < n * n; i++) {
        k[i] = WEFT_MEAN_VARIANCE;
    }
    for (int g = 0; g < n_groups + (rule >= 0); g++) {
        double scale = made->models[m].scales[g];
        const double *gram = gram_of(l, g < n_groups ? groups[g] : f->n_groups + rule);
        for (size_t i = 0; l->n == made->n && i < n * n; i++) {
            k[i] += scale * gram[i];
        }
        if (l->n < made->n && g < n_groups) {
            add_gram(f, groups[g], scale, made->places, made->n, column, k);
        } else if (l->n < made->n) {
            add_likeness(f, rule, scale, made->places, made->n, k);
        }
    }
    for (size_t i = 0; i < n; i++) {
        k[i * n + i] += weft_mixture_noise(made, m) + 1e-6;
    }
}

/* Solves a model for all measurements with its scales. */
static weft_status solve(weft_mixture *made, int m, const learner *l, double *column,
                         weft_error *error) {
    size_t n = (size_t)made->n;
    double *k = malloc(n * n * sizeof *k), *inverse = malloc(n * n * sizeof *inverse);
    double *a = malloc(n * sizeof *a), *left_out = malloc(n * sizeof *left_out);
    made->models[m].factor = k;
    made->models[m].a = a;
    made->models[m].left_out = left_out;
    if (k == NULL || inverse == NULL || a == NULL || left_out == NULL) {
        free(inverse);
        return weft_fail_memory(error, n * n * sizeof *k);
    }
    fill_covariance(made, m, l, column, k);
    bool solved = weft_cholesky(k, made->n, made->n);
    if (solved) {
        weft_cholesky_inverse(k, made->n, made->n, inverse);
        memcpy(a, made->z, n * sizeof *a);
        weft_solve_lower(k, made->n, made->n, a);
        weft_solve_upper(k, made->n, made->n, a);
        for (size_t i = 0; i < n; i++) { /* C. Rasmussen and C. Williams, 2006, equation 5.12 */
            left_out[i] = made->z[i] - a[i] / inverse[i * n + i];
        }
    }
    free(inverse);
    return solved ? WEFT_OK
                  : weft_fail(error, WEFT_ERROR_INTERNAL,
                              "the covariance of the measurements has no factor");
}

/* Weights from evidence: of a scale the sum over its models, so that they are weighed against each
 * other. */
static double weigh(const double *evidence, int n, double *weights) {
    double best = -INFINITY, sum = 0.0;
    for (int m = 0; m < n; m++) {
        best = fmax(best, evidence[m]);
    }
    for (int m = 0; m < n; m++) {
        weights[m] = exp(evidence[m] - best);
        sum += weights[m];
    }
    for (int m = 0; m < n; m++) {
        weights[m] = weights[m] / sum < LEAST_WEIGHT ? 0.0 : weights[m] / sum;
    }
    return best + log(fmax(sum, 1.0)); /* the best alone adds 1 */
}

/* Learns all models on latencies or logarithms, and takes them where they have more evidence. */
static weft_status try_scale(weft_mixture *made, learner *l, const double *values, bool log_scale,
                             double *best, weft_error *error) {
    weft_mixture tried = *made;
    double evidence[WEFT_MAX_MODELS], weights[WEFT_MAX_MODELS], jacobian;
    double *z = malloc(2 * (size_t)made->n * sizeof *z);
    if (z == NULL) {
        return weft_fail_memory(error, 2 * (size_t)made->n * sizeof *z);
    }
    transform(values, made->n, log_scale, z + made->n, z, &tried.mean, &tried.deviation, &jacobian);
    tried.log_scale = log_scale;
    for (int m = 0; m < made->n_models; m++) {
        tried.models[m].rule = m - 1;
        evidence[m] = -INFINITY;
        if (l->behind[m]) {
            continue;
        }
        weft_status status = learn(made->features, l, z, m - 1, log_scale, tried.models[m].scales,
                                   &evidence[m], error);
        if (status != WEFT_OK) {
            free(z);
            return status;
        }
    }
    for (int m = 0; m < made->n_models; m++) {
        for (int other = 0; other < made->n_models; other++) {
            l->behind[m] = l->behind[m] || evidence[m] < evidence[other] - BEHIND;
        }
    }
    double total = weigh(evidence, made->n_models, weights) + jacobian;
    if (total > *best) {
        *best = total;
        memcpy(made->z, z, (size_t)made->n * sizeof *z);
        tried.z = made->z;
        *made = tried;
        for (int m = 0; m < made->n_models; m++) {
            made->models[m].weight = weights[m];
        }
    }
    free(z);
    return WEFT_OK;
}

static weft_status fit(weft_mixture *made, learner *l, const double *values, weft_error *error) {
    double best = -INFINITY;
    WEFT_TRY(make_grams(made->features, made->places, made->n < LEARN ? made->n : LEARN, l, error));
    WEFT_TRY(try_scale(made, l, values, false, &best, error));
    WEFT_TRY(try_scale(made, l, values, true, &best, error));
    double *column = malloc((size_t)made->n * sizeof *column);
    weft_status status = column != NULL ? WEFT_OK
                                        : weft_fail_memory(error, (size_t)made->n * sizeof *column);
    for (int m = 0; m < made->n_models && status == WEFT_OK; m++) {
        if (made->models[m].weight > 0.0) {
            status = solve(made, m, l, column, error);
        }
    }
    free(column);
    return status;
}

weft_status weft_mixture_fit(const weft_descriptions *features, const int *places,
                             const double *values, int n, weft_mixture *mixture,
                             weft_error *error) {
    weft_mixture made = {.features = features, .n = n, .n_models = 1 + features->n_rules};
    learner l = {0};
    size_t size = (size_t)n;
    made.places = malloc(size * sizeof *made.places);
    made.z = malloc(size * sizeof *made.z);
    weft_status status = made.places != NULL && made.z != NULL
                             ? WEFT_OK
                             : weft_fail_memory(error, size * sizeof *made.z);
    if (status == WEFT_OK) {
        memcpy(made.places, places, size * sizeof *places);
        status = fit(&made, &l, values, error);
    }
    free(l.grams);
    if (status != WEFT_OK) {
        weft_mixture_free(&made);
        return status;
    }
    *mixture = made;
    return WEFT_OK;
}

/* ---- predictions ----------------------------------------------------------------------------- */

/* All models as one: a weight a column, and for each rule one a measurement. */
typedef struct sums {
    float *column;                    /* (width) */
    double *likeness[WEFT_MAX_RULES]; /* (n); NULL: none */
    double constant, by_distance[WEFT_MAX_POSITIONS + 1];
} sums;

static void add_model(const weft_mixture *mixture, int m, sums *s, double *column) {
    const weft_descriptions *f = mixture->features;
    int groups[WEFT_MAX_GROUPS + 1], rule = mixture->models[m].rule;
    int n_groups = groups_of(f, rule, mixture->log_scale, groups);
    double weight = mixture->models[m].weight;
    for (int i = 0; i < mixture->n; i++) {
        double a = weight * mixture->models[m].a[i];
        const float *row = f->x + (size_t)mixture->places[i] * (size_t)f->width;
        s->constant += WEFT_MEAN_VARIANCE * a;
        for (int g = 0; g < n_groups; g++) {
            const weft_feature_group *group = &f->groups[groups[g]];
            double scale = a * mixture->models[m].scales[g];
            for (int c = group->begin; c < group->begin + group->width; c++) {
                column[c] += scale * (double)row[c];
            }
        }
        if (rule >= 0 && s->likeness[rule] != NULL) {
            s->likeness[rule][i] += a * mixture->models[m].scales[n_groups];
        }
    }
}

static float dot(const float *a, const float *b, int n) {
    float sum[8] = {0.0F};
    int i = 0;
    for (; i + 8 <= n; i += 8) {
        for (int l = 0; l < 8; l++) {
            sum[l] += a[i + l] * b[i + l];
        }
    }
    for (; i < n; i++) {
        sum[0] += a[i] * b[i];
    }
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

static double predict_one(const weft_mixture *mixture, const sums *s, int i) {
    const weft_descriptions *f = mixture->features;
    int positions = f->n_positions;
    double z = s->constant + (double)dot(f->x + (size_t)i * (size_t)f->width, s->column, f->width);
    for (int r = 0; r < f->n_rules; r++) {
        const unsigned char *own = f->rules[r].codes + (size_t)i * (size_t)positions;
        for (int k = 0; s->likeness[r] != NULL && positions > 0 && k < mixture->n; k++) {
            const unsigned char *other = f->rules[r].codes +
                                         (size_t)mixture->places[k] * (size_t)positions;
            int differ = 0;
            for (int p = 0; p < positions; p++) {
                differ += own[p] != other[p];
            }
            z += s->likeness[r][k] * s->by_distance[differ];
        }
    }
    return z;
}

static double value_of(const weft_mixture *mixture, double z) {
    double value = mixture->mean + mixture->deviation * z;
    return mixture->log_scale ? exp(value) : value;
}

weft_status weft_mixture_predict(const weft_mixture *mixture, double *predicted, double *left_out,
                                 weft_error *error) {
    const weft_descriptions *f = mixture->features;
    size_t width = (size_t)f->width, n = (size_t)mixture->n;
    double *block = calloc(width + WEFT_MAX_RULES * n, sizeof *block);
    sums s = {.column = malloc(width * sizeof *s.column)};
    if (block == NULL || s.column == NULL) {
        free(block);
        free(s.column);
        return weft_fail_memory(error, (width + n) * sizeof *block);
    }
    memset(left_out, 0, n * sizeof *left_out);
    for (int m = 0; m < mixture->n_models; m++) {
        int rule = mixture->models[m].rule;
        if (mixture->models[m].weight == 0.0) {
            continue;
        }
        if (rule >= 0 && mixture->models[m].scales[1 + f->rules[rule].n_groups] >= UNLIKE) {
            s.likeness[rule] = block + width + (size_t)rule * n;
        }
        add_model(mixture, m, &s, block);
        for (size_t i = 0; i < n; i++) {
            left_out[i] += mixture->models[m].weight * mixture->models[m].left_out[i];
        }
    }
    for (size_t c = 0; c < width; c++) {
        s.column[c] = (float)block[c];
    }
    for (int d = 0; d <= f->n_positions; d++) {
        s.by_distance[d] = exp(-2.0 * d / (f->n_positions > 0 ? f->n_positions : 1));
    }
    for (int i = 0; i < f->n; i++) {
        predicted[i] = f->known[i] ? value_of(mixture, predict_one(mixture, &s, i)) : (double)NAN;
    }
    for (size_t i = 0; i < n; i++) {
        left_out[i] = value_of(mixture, left_out[i]);
    }
    free(block);
    free(s.column);
    return WEFT_OK;
}
