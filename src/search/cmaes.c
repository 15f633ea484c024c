/* SPDX-License-Identifier: Apache-2.0
 *
 * CMA-ES with margin: N. Hansen, "The CMA evolution strategy: a tutorial", arXiv 1604.00772, 2016, whose
 * equations and constants are meant by numbers below; R. Hamano, S. Saito, M. Nomura, S. Shirakawa,
 * "CMA-ES with margin", GECCO 2022, for whole numbers; and for genes without an order the categorical
 * distributions of R. Hamano et al., "CatCMA", GECCO 2024. Genomes are drawn from
 *
 *     v = m + s A y,  y ~ N(0, C)          every gene with an order, on [0, 1] of its search scale;
 *     c ~ q                                every gene without one: its choices' probabilities
 *
 * and of each generation of `population` told trials, sorted as in standing.h, the weighted sums of y
 * move m, C and the step s. C = U' U, and y = U' z with z ~ N(0, I): lengths are measured by z, and the
 * step's path is one of z, as with O. Krause, D. R. Arbones, C. Igel, "CMA-ES with optimal covariance
 * update and storage complexity", NIPS 2016.
 *
 * Margin: v is rounded to the nearest of K values; where the probability of a value beside that of m falls
 * below a / 2, a = `margin` / (n population), m and the gene's factor in A become such that it is that:
 * otherwise a step shorter than a value would never leave it.
 *
 * Trials are taken as they were told, not as they were drawn, so that they may come from anywhere. What a
 * genome does not tell is drawn given what it tells, coordinate by coordinate in the order of U (J. Geweke,
 * V. Hajivassiliou, M. Keane: the GHK simulator): z_k from the normal distribution cut to the range of v_k
 * of that value; values at the ends of a gene have the rest of the line, and inactive genes all of it. A z
 * longer than sqrt(n) + FARTHEST is cut to that (N. Hansen, "Injecting external solutions into CMA-ES",
 * arXiv 1110.4181, section 3.2: its own constant would touch draws of ours).
 *
 * Choices: q moves by the natural gradient sum_i w_i (c_i - q) of the better half, over Fisher's length of it
 * times a trust region adapted to how steady its direction is (Y. Akimoto et al., "Adaptive stochastic
 * natural gradient method for one-shot neural architecture search", ICML 2019), and no choice falls below
 * (1 - 0.73^(1/N)) / (K - 1), N genes of K choices (CatCMA, section 4.3). An inactive gene says nothing.
 *
 * Restarts (A. Auger, N. Hansen, "A restart CMA evolution strategy with increasing population size", CEC
 * 2005): where a run has converged, the next begins elsewhere with `restart_factor` times the population. */
#include "base/dense.h"
#include "base/normal.h"
#include "search/optimizer.h"
#include "search/sampling.h"
#include "search/standing.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Draws refused after which the distribution is twice as wide, and its choices are even. */
enum { WIDER = 24, EVEN = 96 };

/* Restarts raise the population up to this. */
static const double MOST_POPULATION = 1e5;

static const double FARTHEST = 3.0;     /* of a z, from the root of n: over four deviations of it */
static const double LONGEST_STEP = 1.0; /* of the logarithm of s, a generation */
static const double EQUAL = 1e-12;      /* relative spread of values that are the same */
static const double NARROW = 1e-12;     /* of a gene's range */
static const double WIDE = 1e3;
static const double ILL = 1e7; /* root of the condition of C */
static const double TRUST_SLACK = 1.5;
static const double LEAST_SHARE = 1e-300; /* of the normal distribution, below FAR */
static const double FAR = -37.0;

typedef struct cmaes {
    const weft_gene_table *table;
    int n;        /* genes with an order */
    int n_words;  /* genes without */
    int n_chance; /* choices of all of them */
    int *genes;   /* (n) */
    int *words;   /* (n_words) */
    int *firsts;  /* (n_words) place of the first choice */

    size_t size; /* of a generation */
    size_t n_better;
    double mass, negative_mass; /* mu_eff, mu_eff of the negative weights */
    double *weights;            /* (size) */
    double c_step, damping, c_path, c_one, c_mu;
    double length; /* E |N(0, I)| */

    double *mean, *factor;      /* (n) m, A */
    double *covariance, *upper; /* (n, n) C, of which the upper half counts; U */
    double step;
    double *step_path, *path; /* (n) */
    double *chances;          /* (n_chance) q */
    double trust;             /* Delta */
    double steadiness;        /* gamma */
    double *course;           /* (n_chance) s */
    bool broken;              /* C could not be factored */

    size_t n_consumed;
    size_t generation; /* of the run */
    weft_standing *members;
    size_t *bests; /* (n_bests), ring: the best trial of each of the last generations */
    size_t n_bests;
    double *z, *y;    /* (size, n) */
    double *room;     /* (n) */
    double *gradient; /* (2, n_chance) of q, and times the root of Fisher's matrix */
    double *draw;     /* (n): of propose */
} cmaes;

/* ---- life ------------------------------------------------------------------------------------ */

static void free_generation(cmaes *s) {
    free(s->weights);
    free(s->members);
    free(s->bests);
    free(s->z);
    free(s->y);
    s->weights = s->z = s->y = NULL;
    s->members = NULL;
    s->bests = NULL;
}

static void destroy(void *state) {
    cmaes *s = state;
    double *const vectors[] = {s->mean,   s->factor, s->covariance, s->upper, s->step_path, s->path,
                               s->course, s->room,   s->gradient,   s->draw,  s->chances};
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        free(vectors[i]);
    }
    free_generation(s);
    free(s->genes);
    free(s->words);
    free(s->firsts);
    free(s);
}

/* Genes that are always there come first, exact ones before rounded ones: what is drawn of a gene may
 * then depend on what is known of others. */
static void list_genes(cmaes *s) {
    for (int pass = 0; pass < 4; pass++) {
        for (int g = 0; g < s->table->n_genes; g++) {
            const weft_gene *gene = &s->table->genes[g];
            int place = 2 * (gene->n_conditions > 0) + weft_gene_whole(gene);
            if (gene->kind != WEFT_GENE_CATEGORICAL && weft_gene_varies(gene) && place == pass) {
                s->genes[s->n++] = g;
            }
        }
    }
    for (int g = 0; g < s->table->n_genes; g++) {
        const weft_gene *gene = &s->table->genes[g];
        if (gene->kind == WEFT_GENE_CATEGORICAL && weft_gene_varies(gene)) {
            s->words[s->n_words] = g;
            s->firsts[s->n_words++] = s->n_chance;
            s->n_chance += gene->n_choices;
        }
    }
}

static weft_status make_room(cmaes *s, weft_error *error) {
    size_t n = (size_t)s->n + 1; /* never 0 */
    size_t chances = (size_t)s->n_chance + 1;
    double **const vectors[] = {&s->mean, &s->factor, &s->step_path, &s->path, &s->room, &s->draw};
    bool made = true;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        *vectors[i] = calloc(n, sizeof(double));
        made = made && *vectors[i] != NULL;
    }
    s->covariance = calloc(n * n, sizeof(double));
    s->upper = calloc(n * n, sizeof(double));
    s->chances = calloc(chances, sizeof(double));
    s->course = calloc(chances, sizeof(double));
    s->gradient = calloc(2 * chances, sizeof(double));
    made = made && s->covariance != NULL && s->upper != NULL && s->chances != NULL &&
           s->course != NULL && s->gradient != NULL;
    return made ? WEFT_OK : weft_fail_memory(error, n * n * sizeof(double));
}

/* ---- weights and rates ------------------------------------------------------------------------- */

/* Equations 49 to 53, and (sum w)^2 / sum w^2 of both signs. */
static void fill_weights(cmaes *s) {
    double sums[2] = {0.0, 0.0};
    double squares[2] = {0.0, 0.0};
    s->n_better = s->size / 2;
    for (size_t i = 0; i < s->size; i++) {
        double w = log(0.5 * ((double)s->size + 1.0)) - log((double)i + 1.0);
        s->weights[i] = w;
        sums[i >= s->n_better] += w;
        squares[i >= s->n_better] += w * w;
    }
    s->mass = sums[0] * sums[0] / squares[0];
    s->negative_mass = sums[1] * sums[1] / squares[1];
}

/* Table 1. The negative weights sum to no more than keeps C positive definite. */
static void fill_rates(cmaes *s) {
    double n = fmax(s->n, 1.0);
    double mass = s->mass;
    s->c_step = (mass + 2.0) / (n + mass + 5.0);
    s->damping = 1.0 + 2.0 * fmax(0.0, sqrt((mass - 1.0) / (n + 1.0)) - 1.0) + s->c_step;
    s->c_path = (4.0 + mass / n) / (n + 4.0 + 2.0 * mass / n);
    s->c_one = 2.0 / ((n + 1.3) * (n + 1.3) + mass);
    s->c_mu = fmin(1.0 - s->c_one,
                   2.0 * (0.25 + mass + 1.0 / mass - 2.0) / ((n + 2.0) * (n + 2.0) + mass));
    s->length = sqrt(n) * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n));
    double least = fmin(1.0 + s->c_one / s->c_mu, 1.0 + 2.0 * s->negative_mass / (mass + 2.0));
    least = fmin(least, (1.0 - s->c_one - s->c_mu) / (n * s->c_mu));
    double positive = 0.0;
    double negative = 0.0;
    for (size_t i = 0; i < s->size; i++) {
        positive += fmax(s->weights[i], 0.0);
        negative += fmax(-s->weights[i], 0.0);
    }
    for (size_t i = 0; i < s->size; i++) {
        s->weights[i] *= s->weights[i] > 0.0 ? 1.0 / positive : least / negative;
    }
}

/* 10 + ceil(30 n / lambda) generations without a change are the end of a run (appendix B.3, TolHistFun);
 * n counts every gene that varies. */
static weft_status set_size(cmaes *s, size_t size, weft_error *error) {
    size_t width = (size_t)s->n + 1;
    free_generation(s);
    s->size = size;
    s->n_bests = 10 + (30 * (size_t)(s->n + s->n_words) + size - 1) / size;
    s->weights = malloc(size * sizeof *s->weights);
    s->members = malloc(size * sizeof *s->members);
    s->bests = calloc(s->n_bests, sizeof *s->bests);
    s->z = malloc(size * width * sizeof *s->z);
    s->y = malloc(size * width * sizeof *s->y);
    if (s->weights == NULL || s->members == NULL || s->bests == NULL || s->z == NULL ||
        s->y == NULL) {
        return weft_fail_memory(error, size * width * sizeof *s->z);
    }
    fill_weights(s);
    fill_rates(s);
    return WEFT_OK;
}

/* ---- a run ------------------------------------------------------------------------------------- */

static int choices_of(const cmaes *s, int word) {
    return s->table->genes[s->words[word]].n_choices;
}

/* Begins where the settings say, and all later runs anywhere. */
static void begin_run(const weft_optimizer *optimizer, cmaes *s) {
    weft_rng rng = weft_rng_make(optimizer->settings.seed, WEFT_PURPOSE_SELECT, s->n_consumed);
    size_t n = (size_t)s->n;
    memset(s->covariance, 0, n * n * sizeof *s->covariance);
    memset(s->upper, 0, n * n * sizeof *s->upper);
    for (size_t k = 0; k < n; k++) {
        s->mean[k] = s->n_consumed == 0 ? 0.5 : weft_rng_uniform(&rng);
        s->factor[k] = s->covariance[k * n + k] = s->upper[k * n + k] = 1.0;
        s->step_path[k] = s->path[k] = 0.0;
    }
    for (int w = 0; w < s->n_words; w++) {
        for (int c = 0; c < choices_of(s, w); c++) {
            s->chances[s->firsts[w] + c] = 1.0 / choices_of(s, w);
        }
    }
    memset(s->course, 0, (size_t)s->n_chance * sizeof *s->course);
    s->trust = 1.0;
    s->steadiness = 0.0;
    s->step = optimizer->settings.first_step;
    s->generation = 0;
    s->broken = false;
}

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    WEFT_TRY(weft_optimizer_one_objective(optimizer, error));
    cmaes *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return weft_fail_memory(error, sizeof *s);
    }
    optimizer->state = s;
    size_t genes = (size_t)optimizer->table.n_genes;
    s->table = &optimizer->table;
    s->genes = malloc(genes * sizeof *s->genes);
    s->words = malloc(genes * sizeof *s->words);
    s->firsts = malloc(genes * sizeof *s->firsts);
    if (s->genes == NULL || s->words == NULL || s->firsts == NULL) {
        return weft_fail_memory(error, genes * sizeof *s->genes);
    }
    list_genes(s);
    WEFT_TRY(make_room(s, error));
    int population = optimizer->settings.population;
    double own = 4.0 + floor(3.0 * log(fmax(s->n + s->n_words, 1.0))); /* equation 48 */
    WEFT_TRY(set_size(s, population > 0 ? (size_t)population : (size_t)own, error));
    begin_run(optimizer, s);
    return WEFT_OK;
}

/* ---- trials as they were told ------------------------------------------------------------------ */

static double below(double z) {
    return 0.5 * erfc(-z * M_SQRT1_2);
}

/* A standard normal number between two. */
static double draw_between(double lower, double upper, weft_rng *rng) {
    bool mirrored = lower > 0.0; /* small probabilities have digits, those next to 1 have not */
    double a = mirrored ? -upper : lower;
    double b = mirrored ? -lower : upper;
    double from = below(a);
    double p = from + weft_rng_uniform(rng) * (below(b) - from);
    double z = p > LEAST_SHARE ? weft_normal_quantile(fmin(p, 1.0 - DBL_EPSILON)) : fmin(b, FAR);
    z = fmin(fmax(z, a), b);
    return mirrored ? -z : z;
}

/* The range of v that is rounded to the value. */
static void range_of(const weft_gene *gene, double value, double *lower, double *upper) {
    double from;
    double to;
    weft_gene_interval(gene, &from, &to);
    double half = weft_gene_whole(gene) ? 0.5 : 0.0;
    double at = weft_gene_position(gene, value);
    *lower = value <= gene->lower ? -INFINITY : (at - half - from) / (to - from);
    *upper = value >= gene->upper ? INFINITY : (at + half - from) / (to - from);
}

/* y and z of a told genome, and how far z is from that of m. */
static void place(const cmaes *s, const double *genome, weft_rng *rng, double *y, double *z) {
    int n = s->n;
    double length = 0.0;
    memset(y, 0, (size_t)n * sizeof *y);
    for (int k = 0; k < n; k++) {
        const double *row = s->upper + (size_t)k * (size_t)n;
        double value = genome[s->genes[k]];
        double lower = -INFINITY;
        double upper = INFINITY;
        double scale = s->step * s->factor[k];
        if (!isnan(value)) {
            range_of(&s->table->genes[s->genes[k]], value, &lower, &upper);
        }
        lower = ((lower - s->mean[k]) / scale - y[k]) / row[k];
        upper = ((upper - s->mean[k]) / scale - y[k]) / row[k];
        z[k] = lower < upper ? draw_between(lower, upper, rng) : lower;
        length += z[k] * z[k];
        for (int j = k; j < n; j++) {
            y[j] += row[j] * z[k];
        }
    }
    double most = sqrt((double)n) + FARTHEST;
    double cut = length > most * most ? most / sqrt(length) : 1.0;
    for (int k = 0; k < n; k++) {
        z[k] *= cut;
        y[k] *= cut;
    }
}

static void place_all(const weft_optimizer *optimizer, cmaes *s) {
    for (size_t i = 0; i < s->size; i++) {
        size_t row = s->members[i].row;
        weft_rng rng = weft_rng_make(optimizer->settings.seed, WEFT_PURPOSE_STEP, row << 20);
        place(s, weft_history_genome(&optimizer->history, row), &rng, s->y + i * (size_t)s->n,
              s->z + i * (size_t)s->n);
    }
}

/* ---- genes with an order ----------------------------------------------------------------------- */

/* Weighted sum of the better half. */
static void sum_better(const cmaes *s, const double *vectors, double *sum) {
    memset(sum, 0, (size_t)s->n * sizeof *sum);
    for (size_t i = 0; i < s->n_better; i++) {
        const double *vector = vectors + i * (size_t)s->n;
        for (int k = 0; k < s->n; k++) {
            sum[k] += s->weights[i] * vector[k];
        }
    }
}

static double length_of(const double *vector, int n) {
    double sum = 0.0;
    for (int k = 0; k < n; k++) {
        sum += vector[k] * vector[k];
    }
    return sqrt(sum);
}

static void add_square(double *matrix, int n, const double *vector, double weight) {
    for (int i = 0; i < n; i++) {
        double *row = matrix + (size_t)i * (size_t)n;
        double scaled = weight * vector[i];
        for (int j = i; j < n; j++) {
            row[j] += scaled * vector[j];
        }
    }
}

/* Equations 45 to 47; a member far from m pulls C down no more than one at the usual distance. */
static void move_covariance(cmaes *s, bool stalled) {
    size_t n = (size_t)s->n;
    double keep = 1.0 - s->c_one - s->c_mu;
    for (size_t i = s->n_better; i < s->size; i++) {
        keep -= s->c_mu * s->weights[i]; /* the better ones sum to 1 */
    }
    keep += stalled ? s->c_one * s->c_path * (2.0 - s->c_path) : 0.0;
    for (size_t i = 0; i < n * n; i++) {
        s->covariance[i] *= keep;
    }
    add_square(s->covariance, s->n, s->path, s->c_one);
    for (size_t i = 0; i < s->size; i++) {
        double weight = s->weights[i];
        if (weight < 0.0) {
            double length = length_of(s->z + i * n, s->n);
            weight *= (double)s->n / fmax(length * length, 1e-30);
        }
        add_square(s->covariance, s->n, s->y + i * n, s->c_mu * weight);
    }
    memcpy(s->upper, s->covariance, n * n * sizeof *s->upper);
    s->broken = !weft_cholesky(s->upper, s->n, s->n);
}

/* Equations 41 to 44. */
static void move_mean(cmaes *s) {
    double kept = 1.0 - s->c_step;
    sum_better(s, s->z, s->room);
    for (int k = 0; k < s->n; k++) {
        s->step_path[k] = kept * s->step_path[k] +
                          sqrt(s->c_step * (2.0 - s->c_step) * s->mass) * s->room[k];
    }
    double length = length_of(s->step_path, s->n);
    double warm = sqrt(1.0 - pow(kept, 2.0 * ((double)s->generation + 1.0)));
    bool stalled = !(length < (1.4 + 2.0 / (s->n + 1.0)) * s->length * warm);
    sum_better(s, s->y, s->room);
    for (int k = 0; k < s->n; k++) {
        s->mean[k] += s->step * s->room[k];
        s->path[k] *= 1.0 - s->c_path;
        s->path[k] += stalled ? 0.0 : sqrt(s->c_path * (2.0 - s->c_path) * s->mass) * s->room[k];
    }
    s->step *= exp(fmin(s->c_step / s->damping * (length / s->length - 1.0), LONGEST_STEP));
    move_covariance(s, stalled);
}

/* ---- the margin -------------------------------------------------------------------------------- */

/* Deviation of v_k. */
static double deviation_of(const cmaes *s, int k) {
    size_t n = (size_t)s->n;
    return s->step * s->factor[k] * sqrt(s->covariance[(size_t)k * n + (size_t)k]);
}

/* m is in the first or the last value: the threshold beside it is not left behind. */
static void keep_threshold(cmaes *s, int k, double threshold, double deviation, double share) {
    double reach = -weft_normal_quantile(share) * deviation;
    double off = s->mean[k] - threshold;
    s->mean[k] = threshold + fmin(fmax(off, -reach), reach);
}

/* m is between two thresholds: the probabilities beyond them are at least share / 2, and what that takes
 * comes from those that are more (equations 15 to 17 of Hamano et al. 2022). */
static void keep_both(cmaes *s, int k, double lower, double upper, double deviation, double share) {
    double least = 0.5 * share;
    double left = below((lower - s->mean[k]) / deviation);
    double right = below((s->mean[k] - upper) / deviation);
    double middle = 1.0 - left - right;
    if (left >= least && right >= least) {
        return;
    }
    left = fmax(left, least);
    right = fmax(right, least);
    double excess = (1.0 - left - right - middle) / (left + right + middle - 3.0 * least);
    left += excess * (left - least);
    right += excess * (right - least);
    double to_left = -weft_normal_quantile(left);
    double to_right = -weft_normal_quantile(right);
    double wanted = (upper - lower) / (to_left + to_right);
    s->mean[k] = (lower * to_right + upper * to_left) / (to_left + to_right);
    s->factor[k] *= wanted / deviation;
}

static void keep_margin(const weft_optimizer *optimizer, cmaes *s) {
    double share = optimizer->settings.margin / ((double)s->n * (double)s->size);
    for (int k = 0; k < s->n; k++) {
        const weft_gene *gene = &s->table->genes[s->genes[k]];
        double values = gene->upper - gene->lower + 1.0;
        if (!weft_gene_whole(gene) || share <= 0.0) {
            s->mean[k] = fmin(fmax(s->mean[k], 0.0), 1.0);
            continue;
        }
        double at = fmin(fmax(floor(s->mean[k] * values), 0.0), values - 1.0);
        double deviation = deviation_of(s, k);
        if (at == 0.0) {
            keep_threshold(s, k, 1.0 / values, deviation, fmin(share, 0.5));
        } else if (at == values - 1.0) {
            keep_threshold(s, k, at / values, deviation, fmin(share, 0.5));
        } else {
            keep_both(s, k, at / values, (at + 1.0) / values, deviation, fmin(share, 0.5));
        }
    }
}

/* ---- genes without an order --------------------------------------------------------------------- */

static void fill_gradient(const weft_optimizer *optimizer, cmaes *s) {
    memset(s->gradient, 0, (size_t)s->n_chance * sizeof *s->gradient);
    for (size_t i = 0; i < s->n_better; i++) {
        const double *genome = weft_history_genome(&optimizer->history, s->members[i].row);
        for (int w = 0; w < s->n_words; w++) {
            double value = genome[s->words[w]];
            for (int c = 0; c < choices_of(s, w) && !isnan(value); c++) {
                int at = s->firsts[w] + c;
                s->gradient[at] += s->weights[i] * ((value == c) - s->chances[at]);
            }
        }
    }
}

/* The root of Fisher's matrix times the gradient: K - 1 numbers of a gene of K choices; gives its square.
 * (Akimoto et al. 2019, appendix B.) */
static double fisher(const cmaes *s, double *rooted) {
    double sum = 0.0;
    for (int w = 0; w < s->n_words; w++) {
        int last = choices_of(s, w) - 1;
        const double *q = s->chances + s->firsts[w];
        const double *g = s->gradient + s->firsts[w];
        for (int c = 0; c < last; c++) {
            double r = g[c] / sqrt(q[c]) + sqrt(q[c]) * g[last] / (q[last] + sqrt(q[last]));
            rooted[s->firsts[w] + c] = r;
            sum += r * r;
        }
        rooted[s->firsts[w] + last] = 0.0;
    }
    return sum;
}

/* At least `least` each, and 1 together. */
static void raise_chances(double *chances, int n, double least) {
    double sum = 0.0;
    for (int c = 0; c < n; c++) {
        chances[c] = fmax(chances[c], least);
        sum += chances[c];
    }
    double over = sum - n * least;
    for (int c = 0; c < n; c++) {
        chances[c] -= over > 0.0 ? (sum - 1.0) * (chances[c] - least) / over : 0.0;
    }
}

static void move_chances(const weft_optimizer *optimizer, cmaes *s) {
    fill_gradient(optimizer, s);
    double *rooted = s->gradient + s->n_chance;
    double length = sqrt(fisher(s, rooted)) + 1e-30;
    for (int c = 0; c < s->n_chance; c++) {
        s->chances[c] += s->gradient[c] / (s->trust * length);
    }
    double free_chances = (double)(s->n_chance - s->n_words);
    double rate = 1.0 / (s->trust * sqrt(free_chances));
    double square = 0.0;
    for (int c = 0; c < s->n_chance; c++) {
        s->course[c] = (1.0 - rate) * s->course[c] + sqrt(rate * (2.0 - rate)) * rooted[c] / length;
        square += s->course[c] * s->course[c];
    }
    s->steadiness = (1.0 - rate) * (1.0 - rate) * s->steadiness + rate * (2.0 - rate);
    s->trust *= exp(rate * (s->steadiness - square / TRUST_SLACK));
    s->trust = fmax(s->trust, 1.0 / sqrt(free_chances)); /* a rate of 1 */
    double rest = 1.0 - pow(0.73, 1.0 / s->n_words);
    for (int w = 0; w < s->n_words; w++) {
        int n = choices_of(s, w);
        raise_chances(s->chances + s->firsts[w], n, rest / (n - 1));
    }
}

/* ---- the end of a run -------------------------------------------------------------------------- */

/* The value of a trial among those of its state. */
static double value_of(const weft_outcome *outcome) {
    return outcome->state == WEFT_OUTCOME_OK           ? outcome->objectives[0]
           : outcome->state == WEFT_OUTCOME_INFEASIBLE ? outcome->violation
                                                       : 0.0;
}

/* Whether the best of each of the last generations are the same. */
static bool is_flat(const weft_optimizer *optimizer, const cmaes *s) {
    const weft_outcome *outcomes = optimizer->history.outcomes;
    const weft_outcome *first = &outcomes[s->bests[0]];
    double lower = value_of(first);
    double upper = lower;
    if (s->generation < s->n_bests) {
        return false;
    }
    for (size_t i = 1; i < s->n_bests; i++) {
        const weft_outcome *other = &outcomes[s->bests[i]];
        if (other->state != first->state) {
            return false;
        }
        lower = fmin(lower, value_of(other));
        upper = fmax(upper, value_of(other));
    }
    return lower == upper || upper - lower <= EQUAL * fmax(fabs(lower), fabs(upper));
}

/* Whether the distribution has no use any more: narrower than any difference, or out of shape. */
static bool is_degenerate(const cmaes *s) {
    double widest = 0.0;
    double least = INFINITY;
    double most = 0.0;
    bool exact = false;
    for (int k = 0; k < s->n; k++) {
        double diagonal = s->upper[(size_t)k * (size_t)s->n + (size_t)k];
        bool real = !weft_gene_whole(&s->table->genes[s->genes[k]]);
        exact = exact || real;
        widest = real ? fmax(widest, deviation_of(s, k)) : widest;
        least = fmin(least, diagonal);
        most = fmax(most, diagonal);
    }
    return s->n > 0 && (s->broken || most > ILL * least || !(s->step < WIDE) ||
                        (exact && widest < NARROW) || s->step < 1e-100);
}

static weft_status restart(const weft_optimizer *optimizer, cmaes *s, weft_error *error) {
    double size = (double)s->size * optimizer->settings.restart_factor;
    WEFT_TRY(set_size(s, (size_t)fmin(size, fmax(MOST_POPULATION, (double)s->size)), error));
    begin_run(optimizer, s);
    return WEFT_OK;
}

/* ---- generations ------------------------------------------------------------------------------- */

static weft_status take_generation(const weft_optimizer *optimizer, cmaes *s, weft_error *error) {
    for (size_t i = 0; i < s->size; i++) {
        s->members[i] = (weft_standing){.row = s->n_consumed + i};
    }
    WEFT_TRY(weft_standings_sort(&optimizer->history, 1, s->members, s->size, error));
    s->n_consumed += s->size;
    if (s->n > 0) {
        place_all(optimizer, s);
        move_mean(s);
        keep_margin(optimizer, s);
    }
    if (s->n_words > 0) {
        move_chances(optimizer, s);
    }
    s->bests[s->generation % s->n_bests] = s->members[0].row;
    s->generation++;
    return is_flat(optimizer, s) || is_degenerate(s) ? restart(optimizer, s, error) : WEFT_OK;
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    cmaes *s = optimizer->state;
    while (optimizer->history.n - s->n_consumed >= s->size) {
        WEFT_TRY(take_generation(optimizer, s, error));
    }
    return WEFT_OK;
}

/* ---- propose ----------------------------------------------------------------------------------- */

static double draw_choice(const cmaes *s, int word, double even, weft_rng *rng) {
    int n = choices_of(s, word);
    double left = weft_rng_uniform(rng);
    for (int c = 0; c < n - 1; c++) {
        left -= (1.0 - even) * s->chances[s->firsts[word] + c] + even / n;
        if (left < 0.0) {
            return c;
        }
    }
    return n - 1;
}

static double value_at(const weft_gene *gene, double v) {
    double lower;
    double upper;
    weft_gene_interval(gene, &lower, &upper);
    return weft_gene_value(gene, lower + fmin(fmax(v, 0.0), 1.0) * (upper - lower));
}

static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    (void)trial;
    const cmaes *s = optimizer->state;
    double wider = s->step * exp2((double)(attempt / WIDER));
    for (int g = 0; g < s->table->n_genes; g++) {
        genome[g] = s->table->genes[g].lower;
    }
    memset(s->draw, 0, (size_t)s->n * sizeof *s->draw);
    for (int k = 0; k < s->n; k++) {
        const double *row = s->upper + (size_t)k * (size_t)s->n;
        double z = weft_rng_normal(rng);
        for (int j = k; j < s->n; j++) {
            s->draw[j] += row[j] * z;
        }
        double v = s->mean[k] + wider * s->factor[k] * s->draw[k];
        genome[s->genes[k]] = value_at(&s->table->genes[s->genes[k]], v);
    }
    for (int w = 0; w < s->n_words; w++) {
        genome[s->words[w]] = draw_choice(s, w, (double)attempt / EVEN, rng);
    }
    weft_genome_canonical(s->table, genome);
}

const weft_method weft_method_cmaes = {
    .name = "cmaes", .create = create, .destroy = destroy, .prepare = prepare, .propose = propose};
