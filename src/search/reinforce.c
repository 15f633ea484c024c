/* SPDX-License-Identifier: Apache-2.0
 *
 * A controller (controller.h) trained by REINFORCE: R. J. Williams, "Simple statistical gradient-following
 * algorithms for connectionist reinforcement learning", Machine Learning 8, 1992; B. Zoph, Q. V. Le, "Neural
 * architecture search with reinforcement learning", ICLR 2017. Each `population` told trials are a step of
 * Adam (D. P. Kingma, J. Ba, ICLR 2015) up
 *
 *     1/B sum_b (u_b - c) log p(genome_b)  +  entropy 1/B sum_b H_b                   (ICLR 2017, eq. 3)
 *
 * with c the moving average of u over the steps before (decay `baseline`; that of the step itself at first)
 * and H the entropy of the choices on the way (R. J. Williams, J. Peng, "Function optimization using
 * connectionist reinforcement learning algorithms", Connection Science 3, 1991).
 *
 * Rewards have no unit: u is the normal quantile of a trial's place among the newest WINDOW told ones,
 *
 *     u = Phi^-1((n_worse + n_equal / 2) / n)                (itself one of the equal ones)
 *
 * as evolution strategies shape fitness (D. Wierstra et al., JMLR 15, 2014). One objective: by its value.
 * Several: by what a trial added to the front's hypervolume when it was told; of those that added nothing, by
 * how far they lay behind it (growth.h). Then the infeasible by their violation, then the failed.
 *
 * Told trials count whoever proposed them. Where a genome is known or illegal, logits are divided by
 * 1 + attempt / 4 for the next draw. */
#include "base/normal.h"
#include "search/controller.h"
#include "search/growth.h"
#include "search/optimizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POPULATION = 8, WINDOW = 100, ATTEMPTS = 4 };

/* Adam, as the paper has them. */
static const double FIRST_DECAY = 0.9;
static const double SECOND_DECAY = 0.999;
static const double LEAST_ROOT = 1e-8;

/* What a trial is worth, the larger the better: first by `grade`. */
typedef struct worth {
    int grade;
    double value;
} worth;

typedef struct reinforce {
    weft_controller controller;
    weft_growth growth;
    size_t size; /* of a step */
    size_t n_consumed;
    uint64_t n_steps;
    worth window[WINDOW]; /* ring: of told trial t at t % WINDOW */
    double *rewards;      /* (size) */
    double baseline;
    double *gradient, *first, *second; /* (n_parameters) */
} reinforce;

static void destroy(void *state) {
    reinforce *s = state;
    weft_controller_destroy(&s->controller);
    weft_growth_destroy(&s->growth);
    free(s->rewards);
    free(s->gradient);
    free(s->first);
    free(s->second);
    free(s);
}

static weft_status create(weft_optimizer *optimizer, weft_error *error) {
    const weft_optimizer_settings *settings = &optimizer->settings;
    reinforce *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return weft_fail_memory(error, sizeof *s);
    }
    optimizer->state = s;
    s->size = settings->population > 0 ? (size_t)settings->population : POPULATION;
    WEFT_TRY(weft_controller_create(&optimizer->table, settings->hidden, settings->seed,
                                    &s->controller, error));
    WEFT_TRY(weft_growth_create(settings->n_objectives, &s->growth, error));
    size_t n = s->controller.n_parameters;
    s->rewards = malloc(s->size * sizeof *s->rewards);
    s->gradient = malloc(n * sizeof *s->gradient);
    s->first = calloc(n, sizeof *s->first);
    s->second = calloc(n, sizeof *s->second);
    return s->rewards != NULL && s->gradient != NULL && s->first != NULL && s->second != NULL
               ? WEFT_OK
               : weft_fail_memory(error, n * sizeof *s->gradient);
}

/* ---- rewards ----------------------------------------------------------------------------------- */

static weft_status weigh(const weft_optimizer *optimizer, reinforce *s, size_t row, worth *is,
                         weft_error *error) {
    const weft_outcome *outcome = &optimizer->history.outcomes[row];
    *is = (worth){.grade = -2};
    if (outcome->state == WEFT_OUTCOME_INFEASIBLE) {
        *is = (worth){.grade = -1, .value = -outcome->violation};
    } else if (outcome->state == WEFT_OUTCOME_OK) {
        double amount = 0.0;
        WEFT_TRY(weft_growth_take(&s->growth, outcome->objectives, row, &amount, error));
        *is = (worth){.value = optimizer->settings.n_objectives == 1 ? -outcome->objectives[0]
                                                                     : amount};
    }
    return WEFT_OK;
}

static int compare(const worth *a, const worth *b) {
    return a->grade != b->grade ? a->grade - b->grade
                                : (a->value > b->value) - (a->value < b->value);
}

/* Of the trial at `place` among the n of the window. */
static double reward_of(const reinforce *s, size_t place, size_t n) {
    double worse = 0.0;
    for (size_t i = 0; i < n; i++) {
        int order = compare(&s->window[place], &s->window[i]);
        worse += order > 0 ? 1.0 : order == 0 ? 0.5 : 0.0;
    }
    return weft_normal_quantile(worse / (double)n);
}

/* The rewards of a step, less the baseline. A window smaller than the step is filled as often as it takes:
 * each trial is compared with those that are in it by then. */
static weft_status fill_rewards(const weft_optimizer *optimizer, reinforce *s, weft_error *error) {
    double sum = 0.0;
    for (size_t first = 0; first < s->size; first += WINDOW) {
        size_t end = first + WINDOW < s->size ? first + WINDOW : s->size;
        for (size_t i = first; i < end; i++) {
            size_t row = s->n_consumed + i;
            WEFT_TRY(weigh(optimizer, s, row, &s->window[row % WINDOW], error));
        }
        size_t told = s->n_consumed + end;
        for (size_t i = first; i < end; i++) {
            s->rewards[i] =
                reward_of(s, (s->n_consumed + i) % WINDOW, told < WINDOW ? told : WINDOW);
            sum += s->rewards[i];
        }
    }
    double mean = sum / (double)s->size;
    double baseline = s->n_steps == 0 ? mean : s->baseline;
    double decay = optimizer->settings.baseline;
    for (size_t i = 0; i < s->size; i++) {
        s->rewards[i] -= baseline;
    }
    s->baseline = decay * baseline + (1.0 - decay) * mean;
    return WEFT_OK;
}

/* ---- steps ------------------------------------------------------------------------------------- */

static void climb(reinforce *s, double rate) {
    weft_controller *c = &s->controller;
    double first_rest = 1.0 - pow(FIRST_DECAY, (double)s->n_steps);
    double second_rest = 1.0 - pow(SECOND_DECAY, (double)s->n_steps);
    for (size_t i = 0; i < c->n_parameters; i++) {
        double g = s->gradient[i];
        s->first[i] = FIRST_DECAY * s->first[i] + (1.0 - FIRST_DECAY) * g;
        s->second[i] = SECOND_DECAY * s->second[i] + (1.0 - SECOND_DECAY) * g * g;
        c->parameters[i] += rate * (s->first[i] / first_rest) /
                            (sqrt(s->second[i] / second_rest) + LEAST_ROOT);
    }
}

static weft_status take_step(const weft_optimizer *optimizer, reinforce *s, weft_error *error) {
    const weft_optimizer_settings *settings = &optimizer->settings;
    WEFT_TRY(fill_rewards(optimizer, s, error));
    memset(s->gradient, 0, s->controller.n_parameters * sizeof *s->gradient);
    for (size_t i = 0; i < s->size; i++) {
        double entropy;
        weft_controller_read(&s->controller,
                             weft_history_genome(&optimizer->history, s->n_consumed + i), &entropy);
        weft_controller_learn(&s->controller, s->rewards[i] / (double)s->size,
                              settings->entropy / (double)s->size, s->gradient);
    }
    s->n_steps++;
    climb(s, settings->learning_rate);
    s->n_consumed += s->size;
    return WEFT_OK;
}

static weft_status prepare(weft_optimizer *optimizer, weft_error *error) {
    reinforce *s = optimizer->state;
    while (optimizer->history.n - s->n_consumed >= s->size) {
        WEFT_TRY(take_step(optimizer, s, error));
    }
    return WEFT_OK;
}

static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    (void)trial;
    reinforce *s = optimizer->state;
    weft_controller_draw(&s->controller, 1.0 + (double)attempt / ATTEMPTS, rng, genome);
}

const weft_method weft_method_reinforce = {.name = "reinforce",
                                           .create = create,
                                           .destroy = destroy,
                                           .prepare = prepare,
                                           .propose = propose};
