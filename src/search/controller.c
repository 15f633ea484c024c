/* SPDX-License-Identifier: Apache-2.0
 *
 * The controller of B. Zoph, Q. V. Le, "Neural architecture search with reinforcement learning", ICLR 2017,
 * with an embedding and a softmax of its own for each decision and the cell of H. Pham, M. Y. Guan, B. Zoph,
 * Q. V. Le, J. Dean, "Efficient neural architecture search via parameter sharing", ICML 2018: a long
 * short-term memory (S. Hochreiter, J. Schmidhuber, Neural Computation 9, 1997; F. Gers, J. Schmidhuber,
 * F. Cummins, Neural Computation 12, 2000),
 *
 *     (a_i, a_f, a_o, a_g) = [x, h] W + b
 *     i, f, o = logistic(a_i, a_f, a_o),   g = tanh(a_g)
 *     c' = f c + i g,   h' = o tanh(c')
 *     p = softmax(V_d h' + v_d)            for decision d
 *
 * where x is the embedding of the choice before, E_d'[choice], or the start. Decisions of genes that are
 * not active are left out: the network goes on from the last one made.
 *
 * A gene of more values than a softmax should have is written by digits: its range is cut into equal parts
 * (of its search scale), the chosen one again, and what is drawn is uniform in the last. */
#include "search/controller.h"

#include "base/error.h"
#include "search/sampling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 4 }; /* of sums, in one order on every machine */

static const double INITIAL = 0.1; /* parameters lie in +- that */

/* ---- life -------------------------------------------------------------------------------------- */

static bool is_short(const weft_gene *gene) {
    return weft_gene_whole(gene) && gene->upper - gene->lower < WEFT_GENE_MAX_CHOICES;
}

static size_t recurrent(const weft_controller *c) {
    return (size_t)c->hidden;
}

static size_t biases(const weft_controller *c) {
    return recurrent(c) + (size_t)(8 * c->hidden * c->hidden);
}

static void list_decisions(weft_controller *c) {
    size_t width = (size_t)c->hidden;
    c->n_parameters = biases(c) + 4 * width;
    for (int g = 0; g < c->table->n_genes; g++) {
        const weft_gene *gene = &c->table->genes[g];
        int digits = !weft_gene_varies(gene) ? 0 : is_short(gene) ? 1 : WEFT_CONTROLLER_DIGITS;
        for (int d = 0; d < digits; d++) {
            int choices = digits == 1 ? (int)(gene->upper - gene->lower) + 1
                                      : WEFT_CONTROLLER_PARTS;
            weft_decision *decision = &c->decisions[c->n_decisions++];
            *decision = (weft_decision){
                .gene = g, .digit = d, .n_choices = choices, .head = c->n_parameters};
            decision->embedding = decision->head + (size_t)choices * (width + 1);
            c->n_parameters = decision->embedding + (size_t)choices * width;
        }
    }
}

static weft_status make_steps(weft_controller *c, weft_error *error) {
    size_t width = (size_t)c->hidden;
    size_t n = (size_t)c->n_decisions;
    size_t choices = 0;
    for (size_t d = 0; d < n; d++) {
        choices += (size_t)c->decisions[d].n_choices;
    }
    c->steps = calloc(n + 1, sizeof *c->steps);
    c->memory = calloc(6 * width * n + choices + 1, sizeof *c->memory);
    c->room = calloc(6 * width, sizeof *c->room);
    if (c->steps == NULL || c->memory == NULL || c->room == NULL) {
        return weft_fail_memory(error, (6 * width * n + choices) * sizeof *c->memory);
    }
    double *next = c->memory;
    for (size_t d = 0; d < n; d++) {
        c->steps[d].gates = next;
        c->steps[d].cell = next + 4 * width;
        c->steps[d].hidden = next + 5 * width;
        next += 6 * width;
    }
    c->steps[0].chances = next;
    return WEFT_OK;
}

static void fill_parameters(weft_controller *c, uint64_t seed) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_INITIALISE, 0);
    for (size_t i = 0; i < c->n_parameters; i++) {
        c->parameters[i] = INITIAL * (2.0 * weft_rng_uniform(&rng) - 1.0);
    }
    memset(c->parameters + biases(c), 0, 4 * (size_t)c->hidden * sizeof *c->parameters);
    for (int d = 0; d < c->n_decisions; d++) {
        const weft_decision *decision = &c->decisions[d];
        memset(c->parameters + decision->head + (size_t)(decision->n_choices * c->hidden), 0,
               (size_t)decision->n_choices * sizeof *c->parameters);
    }
}

weft_status weft_controller_create(const weft_gene_table *table, int hidden, uint64_t seed,
                                   weft_controller *made, weft_error *error) {
    size_t most = (size_t)table->n_genes * WEFT_CONTROLLER_DIGITS;
    *made = (weft_controller){.table = table, .hidden = hidden};
    made->decisions = calloc(most, sizeof *made->decisions);
    if (made->decisions == NULL) {
        return weft_fail_memory(error, most * sizeof *made->decisions);
    }
    list_decisions(made);
    made->parameters = malloc(made->n_parameters * sizeof *made->parameters);
    if (made->parameters == NULL) {
        return weft_fail_memory(error, made->n_parameters * sizeof *made->parameters);
    }
    fill_parameters(made, seed);
    return make_steps(made, error);
}

void weft_controller_destroy(weft_controller *controller) {
    free(controller->decisions);
    free(controller->parameters);
    free(controller->steps);
    free(controller->memory);
    free(controller->room);
    *controller = (weft_controller){0};
}

/* ---- sums -------------------------------------------------------------------------------------- */

/* to += factor * from */
static void add_row(double *restrict to, const double *restrict from, double factor, int n) {
    for (int k = 0; k < n; k++) {
        to[k] += factor * from[k];
    }
}

static double dot(const double *a, const double *b, int n) {
    double sums[LANES] = {0.0};
    int k = 0;
    for (; k + LANES <= n; k += LANES) {
        for (int l = 0; l < LANES; l++) {
            sums[l] += a[k + l] * b[k + l];
        }
    }
    for (; k < n; k++) {
        sums[0] += a[k] * b[k];
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* ---- forward ----------------------------------------------------------------------------------- */

/* The input of the step at `at`: the start, or the choice before. */
static size_t input_of(const weft_controller *c, int at) {
    if (at == 0) {
        return 0;
    }
    const weft_controller_step *before = &c->steps[at - 1];
    return c->decisions[before->decision].embedding + (size_t)before->choice * (size_t)c->hidden;
}

static void run_cell(weft_controller *c, int at) {
    int width = c->hidden;
    weft_controller_step *step = &c->steps[at];
    const double *x = c->parameters + input_of(c, at);
    const double *weights = c->parameters + recurrent(c);
    memcpy(step->gates, c->parameters + biases(c), (size_t)(4 * width) * sizeof *step->gates);
    for (int k = 0; k < width; k++) {
        add_row(step->gates, weights + (size_t)(4 * width) * (size_t)k, x[k], 4 * width);
    }
    for (int k = 0; k < width && at > 0; k++) {
        add_row(step->gates, weights + (size_t)(4 * width) * (size_t)(width + k),
                c->steps[at - 1].hidden[k], 4 * width);
    }
    for (int k = 0; k < width; k++) {
        double *gate = step->gates + k;
        double before = at > 0 ? c->steps[at - 1].cell[k] : 0.0;
        gate[0] = 1.0 / (1.0 + exp(-gate[0]));
        gate[width] = 1.0 / (1.0 + exp(-gate[width]));
        gate[2 * width] = 1.0 / (1.0 + exp(-gate[2 * width]));
        gate[3 * width] = tanh(gate[3 * width]);
        step->cell[k] = gate[width] * before + gate[0] * gate[3 * width];
        step->hidden[k] = gate[2 * width] * tanh(step->cell[k]);
    }
}

static void run_head(weft_controller *c, int at, double temperature) {
    weft_controller_step *step = &c->steps[at];
    const weft_decision *decision = &c->decisions[step->decision];
    const double *weights = c->parameters + decision->head;
    const double *own = weights + (size_t)decision->n_choices * (size_t)c->hidden;
    double most = -INFINITY;
    double sum = 0.0;
    for (int k = 0; k < decision->n_choices; k++) {
        double logit = dot(weights + (size_t)k * (size_t)c->hidden, step->hidden, c->hidden);
        step->chances[k] = (logit + own[k]) / temperature;
        most = fmax(most, step->chances[k]);
    }
    for (int k = 0; k < decision->n_choices; k++) {
        step->chances[k] = exp(step->chances[k] - most);
        sum += step->chances[k];
    }
    for (int k = 0; k < decision->n_choices; k++) {
        step->chances[k] /= sum;
    }
}

/* The step of a decision, up to its probabilities. Steps share memory in the order they are made. */
static weft_controller_step *begin_step(weft_controller *c, int decision, double temperature) {
    int at = c->n_steps++;
    c->steps[at].decision = decision;
    c->steps[at].chances = at == 0 ? c->steps[0].chances
                                   : c->steps[at - 1].chances +
                                         c->decisions[c->steps[at - 1].decision].n_choices;
    run_cell(c, at);
    run_head(c, at, temperature);
    return &c->steps[at];
}

/* ---- draw -------------------------------------------------------------------------------------- */

static int draw_choice(const double *chances, int n, weft_rng *rng) {
    double left = weft_rng_uniform(rng);
    for (int k = 0; k < n - 1; k++) {
        left -= chances[k];
        if (left < 0.0) {
            return k;
        }
    }
    return n - 1;
}

void weft_controller_draw(weft_controller *c, double temperature, weft_rng *rng, double *genome) {
    int next = 0;
    c->n_steps = 0;
    for (int g = 0; g < c->table->n_genes; g++) {
        const weft_gene *gene = &c->table->genes[g];
        bool active = weft_gene_active(c->table, genome, g);
        double share = 0.0;
        double part = 1.0;
        genome[g] = active ? gene->lower : (double)NAN;
        for (; next < c->n_decisions && c->decisions[next].gene == g; next++) {
            if (!active) {
                continue;
            }
            weft_controller_step *step = begin_step(c, next, temperature);
            step->choice = draw_choice(step->chances, c->decisions[next].n_choices, rng);
            part /= WEFT_CONTROLLER_PARTS;
            share += part * step->choice;
            genome[g] = gene->lower + step->choice;
        }
        if (active && weft_gene_varies(gene) && !is_short(gene)) {
            genome[g] = weft_gene_at(gene, share + part * weft_rng_uniform(rng));
        }
    }
}

/* ---- read -------------------------------------------------------------------------------------- */

/* The choice that a decision made for the gene's value. */
static int choice_of(const weft_gene *gene, int digit, double value) {
    if (is_short(gene)) {
        return (int)(value - gene->lower);
    }
    double lower;
    double upper;
    weft_gene_interval(gene, &lower, &upper);
    double share = (weft_gene_position(gene, value) - lower) / (upper - lower);
    int choice = 0;
    for (int d = 0; d <= digit; d++) {
        share *= WEFT_CONTROLLER_PARTS;
        choice = (int)fmin(fmax(floor(share), 0.0), WEFT_CONTROLLER_PARTS - 1);
        share -= choice;
    }
    return choice;
}

double weft_controller_read(weft_controller *c, const double *genome, double *entropy) {
    double sum = 0.0;
    *entropy = 0.0;
    c->n_steps = 0;
    for (int d = 0; d < c->n_decisions; d++) {
        const weft_decision *decision = &c->decisions[d];
        double value = genome[decision->gene];
        if (isnan(value)) {
            continue;
        }
        weft_controller_step *step = begin_step(c, d, 1.0);
        step->choice = choice_of(&c->table->genes[decision->gene], decision->digit, value);
        sum += log(fmax(step->chances[step->choice], 1e-300));
        for (int k = 0; k < decision->n_choices; k++) {
            *entropy -= step->chances[k] * log(fmax(step->chances[k], 1e-300));
        }
    }
    return sum;
}

/* ---- learn ------------------------------------------------------------------------------------- */

/* d/d logit_k of  reward log p_choice + weight H  is  reward ([k = choice] - p_k) - weight p_k (log p_k + H);
 * gives what it is by h'. */
static void learn_head(weft_controller *c, const weft_controller_step *step, double reward,
                       double weight, double *gradient, double *by_hidden) {
    const weft_decision *decision = &c->decisions[step->decision];
    size_t width = (size_t)c->hidden;
    size_t own = decision->head + (size_t)decision->n_choices * width;
    double entropy = 0.0;
    for (int k = 0; k < decision->n_choices; k++) {
        entropy -= step->chances[k] * log(fmax(step->chances[k], 1e-300));
    }
    for (int k = 0; k < decision->n_choices; k++) {
        double p = step->chances[k];
        double slope = reward * ((k == step->choice) - p) -
                       weight * p * (log(fmax(p, 1e-300)) + entropy);
        size_t row = decision->head + (size_t)k * width;
        add_row(gradient + row, step->hidden, slope, c->hidden);
        add_row(by_hidden, c->parameters + row, slope, c->hidden);
        gradient[own + (size_t)k] += slope;
    }
}

/* From what the aim is by h' and c' to what it is by the gates' arguments, and by c. */
static void learn_gates(const weft_controller *c, int at, const double *by_hidden, double *by_cell,
                        double *by_gates) {
    const weft_controller_step *step = &c->steps[at];
    int width = c->hidden;
    for (int k = 0; k < width; k++) {
        double i = step->gates[k];
        double f = step->gates[width + k];
        double o = step->gates[2 * width + k];
        double g = step->gates[3 * width + k];
        double before = at > 0 ? c->steps[at - 1].cell[k] : 0.0;
        double bent = tanh(step->cell[k]);
        double slope = by_cell[k] + by_hidden[k] * o * (1.0 - bent * bent);
        by_gates[k] = slope * g * i * (1.0 - i);
        by_gates[width + k] = slope * before * f * (1.0 - f);
        by_gates[2 * width + k] = by_hidden[k] * bent * o * (1.0 - o);
        by_gates[3 * width + k] = slope * i * (1.0 - g * g);
        by_cell[k] = slope * f;
    }
}

/* To the weights, to the input, and to h of the step before. */
static void learn_inputs(const weft_controller *c, int at, const double *by_gates, double *gradient,
                         double *by_hidden) {
    int width = c->hidden;
    int four = 4 * width;
    size_t input = input_of(c, at);
    add_row(gradient + biases(c), by_gates, 1.0, four);
    for (int k = 0; k < width; k++) {
        size_t row = recurrent(c) + (size_t)four * (size_t)k;
        add_row(gradient + row, by_gates, c->parameters[input + (size_t)k], four);
        gradient[input + (size_t)k] += dot(c->parameters + row, by_gates, four);
    }
    for (int k = 0; k < width && at > 0; k++) {
        size_t row = recurrent(c) + (size_t)four * (size_t)(width + k);
        add_row(gradient + row, by_gates, c->steps[at - 1].hidden[k], four);
        by_hidden[k] = dot(c->parameters + row, by_gates, four);
    }
}

void weft_controller_learn(weft_controller *c, double reward, double weight, double *gradient) {
    size_t width = (size_t)c->hidden;
    double *by_hidden = c->room;
    double *by_cell = c->room + width;
    double *by_gates = c->room + 2 * width;
    memset(c->room, 0, 2 * width * sizeof *c->room);
    for (int at = c->n_steps - 1; at >= 0; at--) {
        learn_head(c, &c->steps[at], reward, weight, gradient, by_hidden);
        learn_gates(c, at, by_hidden, by_cell, by_gates);
        learn_inputs(c, at, by_gates, gradient, by_hidden);
    }
}
