/* SPDX-License-Identifier: Apache-2.0
 *
 * One design: turn the chip, decode the networks, estimate each on each region, add up, check what
 * needs no accuracy, ask for the accuracy, check the rest. What cannot work is infeasible or failed
 * with its reason, and never gets a score. */
#include "study/evaluator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/aggregate.h"
#include "study/judge.h"
#include "study/region.h"

/* A parameter that metrics ask for, where the chip has it. */
typedef struct parameter {
    bool known;
    weft_knob knob;
} parameter;

struct weft_evaluator {
    const weft_problem *problem;
    const weft_accuracy *accuracy;
    weft_cache *cache; /* NULL: none */
    int n_networks, n_regions;
    bool networks_stay;                         /* no gene enters them: built once */
    bool needs_network, penalised;              /* the accuracy does, and has a penalty taken off */
    bool raw_cells, one_channel, raw_violation; /* faults of the accounting */
    int default_bits;                           /* of weights of which the network says nothing */
    parameter cell_bits, unit_cost, dropped;    /* "cell_bits", "cost_per_mm2", "dropped_bits" */
    weft_network **networks;   /* (n_networks) of the design at hand; NULL: none yet */
    weft_workload **workloads; /* (n_networks, n_regions) */
    weft_weights *weights;     /* (n_networks, n_regions) */
    weft_total *totals;        /* (n_networks) */
    weft_region *regions;      /* (n_regions) */
};

/* ---- the chip ---------------------------------------------------------------------------------- */

weft_status weft_evaluator_turn(weft_evaluator *evaluator, const double *genome,
                                weft_error *error) {
    for (int r = 0; r < evaluator->n_regions; r++) {
        WEFT_TRY(weft_region_turn(&evaluator->regions[r], genome, error));
    }
    return WEFT_OK;
}

/* ---- networks -------------------------------------------------------------------------------- */

static weft_status fill_workload(weft_evaluator *e, int which, int r, weft_error *error) {
    weft_workload **workload = &e->workloads[which * e->n_regions + r];
    if (*workload == NULL) {
        WEFT_TRY(weft_workload_create(e->networks[which], workload, error));
    }
    return weft_workload_assign(*workload, e->networks[which], e->n_regions > 1 ? r : -1, error);
}

static weft_status take_network(weft_evaluator *e, const double *genome, int which,
                                weft_error *error) {
    weft_network **network = &e->networks[which];
    WEFT_TRY(*network == NULL
                 ? weft_space_decode(e->problem->space, genome, which, network, error)
                 : weft_space_decode_into(e->problem->space, genome, which, *network, error));
    for (int r = 0; r < e->n_regions; r++) {
        int32_t only = e->n_regions > 1 ? r : -1;
        e->weights[which * e->n_regions + r] = weft_weights_of(*network, only, e->default_bits);
        WEFT_TRY(fill_workload(e, which, r, error));
    }
    return WEFT_OK;
}

static weft_status take_networks(weft_evaluator *e, const double *genome, weft_error *error) {
    for (int n = 0; n < e->n_networks; n++) {
        if (!e->networks_stay || e->networks[n] == NULL) {
            WEFT_TRY(take_network(e, genome, n, error));
        }
    }
    return WEFT_OK;
}

/* ---- cost ------------------------------------------------------------------------------------ */

/* How far the parts of a design are from working: the sum, known where each of them is. */
typedef struct shortfall {
    double distance;
    bool unknown;
} shortfall;

static void add_shortfall(shortfall *lacking, double distance) {
    lacking->unknown = lacking->unknown || !(distance > 0.0);
    lacking->distance += distance;
}

static double shortfall_sum(const shortfall *lacking) {
    return lacking->unknown ? 0.0 : lacking->distance;
}

/* All regions, as networks below: distances of those that cannot work add up. */
static weft_status estimate_network(weft_evaluator *e, int which, weft_error *error) {
    weft_total *sum = &e->totals[which];
    weft_status status = WEFT_OK;
    shortfall lacking = {0};
    double idle_w = 0.0;
    for (int r = 0; r < e->n_regions; r++) {
        weft_total part;
        weft_error inner;
        weft_status now = weft_estimate(e->regions[r].priced,
                                        e->workloads[which * e->n_regions + r], &part, &inner);
        double part_idle_w = e->n_regions > 1 ? weft_priced_idle(e->regions[r].priced, NULL) : 0.0;
        if (now == WEFT_OK && r == 0) {
            *sum = part;
            idle_w = part_idle_w;
        } else if (now == WEFT_OK && status == WEFT_OK) {
            weft_total_add(sum, &idle_w, &part, part_idle_w);
        } else if (now != WEFT_OK) {
            *error = status == WEFT_OK ? inner : *error;
            status = status == WEFT_OK ? now : status;
            add_shortfall(&lacking, inner.distance);
        }
    }
    if (status != WEFT_OK) {
        error->distance = shortfall_sum(&lacking);
        return status;
    }
    return e->n_regions > 1 ? weft_total_check(e->regions[0].priced, sum, error) : WEFT_OK;
}

static double parameter_value(const weft_evaluator *e, const parameter *of) {
    return of->known ? weft_priced_value(e->regions[0].priced, &of->knob) : NAN;
}

/* What converters leave off: the most of all regions. */
static double dropped_bits(const weft_evaluator *e) {
    double most = NAN;
    for (int r = 0; e->dropped.known && r < e->n_regions; r++) {
        most = fmax(most, weft_priced_value(e->regions[r].priced, &e->dropped.knob));
    }
    return most;
}

/* The cells that the weights of all layers of a network need at once, as the published code counts
 * them, against those that there are. */
static double cells_of_network(const weft_evaluator *e, int which) {
    double needed = 0.0;
    for (int r = 0; r < e->n_regions; r++) {
        double cell_bits =
            e->cell_bits.known ? weft_priced_value(e->regions[r].priced, &e->cell_bits.knob) : 1.0;
        needed +=
            weft_weights_cells(&e->weights[which * e->n_regions + r], cell_bits, e->one_channel);
    }
    return needed;
}

static weft_status check_cells(const weft_evaluator *e, double *metrics, weft_error *error) {
    double there = 0.0;
    double needed = 0.0;
    for (int r = 0; r < e->n_regions; r++) {
        there += weft_priced_cells(e->regions[r].priced);
    }
    for (int n = 0; n < e->n_networks; n++) {
        needed = fmax(needed, cells_of_network(e, n));
    }
    metrics[WEFT_METRIC_CELLS] = there;
    metrics[WEFT_METRIC_CELLS_NEEDED] = needed;
    return needed <= there || !e->raw_cells
               ? WEFT_OK
               : weft_fail_beyond(error, e->raw_violation ? needed - there : 1.0 - there / needed,
                                  "the weights need %.4g cells, the chip has %.4g", needed, there);
}

/* Which of several networks it is that the chip cannot run. */
static weft_status name_network(const weft_evaluator *e, int which, weft_error *error) {
    char message[sizeof error->message];
    snprintf(message, sizeof message, "%s: %.400s",
             weft_space_network_name(e->problem->space, which), error->message);
    snprintf(error->message, sizeof error->message, "%s", message);
    return error->status;
}

/* All networks; where some cannot run, their distances add up, so that mending one brings the design
 * nearer. The reason is that of the first. */
static weft_status estimate_networks(weft_evaluator *e, weft_error *error) {
    shortfall lacking = {0};
    weft_status status = WEFT_OK;
    for (int n = 0; n < e->n_networks; n++) {
        weft_error inner;
        weft_status now = estimate_network(e, n, &inner);
        if (now == WEFT_OK) {
            continue;
        }
        if (status == WEFT_OK) {
            *error = inner;
            status = e->n_networks > 1 ? name_network(e, n, error) : now;
        }
        if (now != WEFT_ERROR_INFEASIBLE) {
            return status;
        }
        add_shortfall(&lacking, inner.distance);
    }
    if (status != WEFT_OK) {
        error->distance = shortfall_sum(&lacking);
    }
    return status;
}

static weft_status cost_design(weft_evaluator *e, const double *genome, double *metrics,
                               weft_error *error) {
    WEFT_TRY(take_networks(e, genome, error));
    WEFT_TRY(check_cells(e, metrics, error));
    WEFT_TRY(estimate_networks(e, error));
    weft_aggregate_of of = {.n = e->n_networks,
                            .totals = e->totals,
                            .networks = (const weft_network *const *)e->networks,
                            .how = e->problem->info.aggregate};
    weft_aggregate_metrics(&of, metrics);
    metrics[WEFT_METRIC_COST] = metrics[WEFT_METRIC_AREA] * parameter_value(e, &e->unit_cost);
    metrics[WEFT_METRIC_DROPPED_BITS] = dropped_bits(e);
    return WEFT_OK;
}

/* ---- accuracy -------------------------------------------------------------------------------- */

static weft_status accuracy_of(weft_evaluator *e, const double *genome, weft_fidelity fidelity,
                               const weft_stop *stop, double *metrics, weft_error *error) {
    weft_accuracy_result result;
    const weft_accuracy_query query = {.network = e->needs_network ? e->networks[0] : NULL,
                                       .genome = genome,
                                       .fidelity = fidelity,
                                       .seed = e->problem->info.seed,
                                       .stop = stop};
    WEFT_TRY(weft_cache_evaluate(e->cache, e->accuracy, &query, &result, error));
    metrics[e->problem->info.scores ? WEFT_METRIC_PROXY : WEFT_METRIC_ACCURACY] = result.accuracy;
    metrics[WEFT_METRIC_PENALTY] = e->penalised ? result.penalty : NAN;
    return WEFT_OK;
}

/* False where the trial ends here. */
static bool measure_accuracy(weft_evaluator *e, const weft_stop *stop, weft_trial *trial,
                             weft_status *status, weft_error *error) {
    if (e->accuracy == NULL) {
        return true;
    }
    *status = accuracy_of(e, trial->genome, trial->fidelity, stop, trial->metrics, error);
    if (*status == WEFT_ERROR_EVALUATION) {
        weft_trial_end(trial, WEFT_TRIAL_FAILED, INFINITY, error->message);
        *status = WEFT_OK;
        return false;
    }
    return *status == WEFT_OK;
}

/* A design that cannot be costed is worse than any that breaks constraints: they are not even known. */
static double violation_of(const weft_evaluator *e, const weft_error *error) {
    static const double UNKNOWN_CONSTRAINTS = 1e3;
    if (error->distance <= 0.0) {
        return INFINITY;
    }
    return e->raw_violation ? error->distance : UNKNOWN_CONSTRAINTS + error->distance;
}

/* ---- a trial --------------------------------------------------------------------------------- */

weft_status weft_evaluator_run(weft_evaluator *evaluator, const weft_stop *stop, weft_trial *trial,
                               weft_error *error) {
    weft_status status = weft_evaluator_turn(evaluator, trial->genome, error);
    if (status == WEFT_OK) {
        status = cost_design(evaluator, trial->genome, trial->metrics, error);
    }
    if (status == WEFT_ERROR_INFEASIBLE) {
        weft_trial_end(trial, WEFT_TRIAL_INFEASIBLE, violation_of(evaluator, error),
                       error->message);
        return WEFT_OK;
    }
    if (status == WEFT_ERROR_INPUT) { /* values of its genes that the chip has no meaning for */
        weft_trial_end(trial, WEFT_TRIAL_FAILED, INFINITY, error->message);
        return WEFT_OK;
    }
    if (status == WEFT_OK && weft_trial_check(evaluator->problem, trial) &&
        measure_accuracy(evaluator, stop, trial, &status, error) &&
        weft_trial_check(evaluator->problem, trial) &&
        weft_trial_knows(evaluator->problem, trial)) {
        weft_trial_score(evaluator->problem, trial);
    }
    return status;
}

/* What the turned chip alone breaks: then no network has to be estimated. */
static bool chip_holds(const weft_evaluator *e, double *metrics) {
    double area = 0.0;
    for (int r = 0; r < e->n_regions; r++) {
        area += weft_priced_area(e->regions[r].priced);
    }
    metrics[WEFT_METRIC_AREA] = area;
    return weft_problem_holds(e->problem, metrics);
}

weft_status weft_evaluator_quick(weft_evaluator *evaluator, const double *genome,
                                 weft_trial_state *state, double *metrics, double *vector,
                                 weft_error *error) {
    for (int m = 0; m < WEFT_METRIC_COUNT; m++) {
        metrics[m] = NAN;
    }
    *state = WEFT_TRIAL_INFEASIBLE;
    weft_status status = weft_evaluator_turn(evaluator, genome, error);
    if (status == WEFT_OK && !chip_holds(evaluator, metrics)) {
        return WEFT_OK;
    }
    if (status == WEFT_OK) {
        status = cost_design(evaluator, genome, metrics, error);
    }
    if (status == WEFT_ERROR_INFEASIBLE) {
        return WEFT_OK;
    }
    if (status == WEFT_ERROR_INPUT) {
        *state = WEFT_TRIAL_FAILED;
        return WEFT_OK;
    }
    if (status != WEFT_OK || !weft_problem_holds(evaluator->problem, metrics)) {
        return status;
    }
    if (evaluator->accuracy != NULL) {
        WEFT_TRY(accuracy_of(evaluator, genome, WEFT_FIDELITY_CANDIDATE, NULL, metrics, error));
        if (!weft_problem_holds(evaluator->problem, metrics)) {
            return WEFT_OK;
        }
    }
    weft_problem_vector(evaluator->problem, metrics, vector);
    *state = WEFT_TRIAL_OK;
    for (int i = 0; i < evaluator->problem->info.n_objectives; i++) {
        *state = isfinite(vector[i]) ? *state : WEFT_TRIAL_FAILED;
    }
    return WEFT_OK;
}

bool weft_evaluator_is_cheap(const weft_evaluator *evaluator, int gene) {
    bool turns = false;
    for (int r = 0; r < evaluator->n_regions; r++) {
        bool structural = false;
        turns = weft_region_has(&evaluator->regions[r], gene, &structural) || turns;
        if (structural) {
            return false;
        }
    }
    return turns;
}

weft_status weft_evaluator_check(weft_evaluator *evaluator, weft_error *error) {
    for (int r = 0; r < evaluator->n_regions; r++) {
        WEFT_TRY(weft_region_check(&evaluator->regions[r], evaluator->problem->fixed, error));
    }
    return WEFT_OK;
}

/* ---- making one ------------------------------------------------------------------------------ */

static void find_parameter(const weft_chip *chip, const char *name, parameter *to) {
    weft_error ignored;
    to->known = weft_chip_knob(chip, name, "", &to->knob, &ignored) == WEFT_OK;
}

/* What a metric is made of, which the chip must have where the problem asks for it. */
static weft_status need_parameter(const weft_evaluator *e, weft_metric metric, const char *name,
                                  parameter *to, weft_error *error) {
    const char *token = weft_metric_token(metric);
    find_parameter(e->problem->chip, name, to);
    if (to->known || !weft_problem_uses(e->problem, metric)) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_INPUT, "chip '%s' has no value '%s', so that it has no `%s`",
              weft_chip_name(e->problem->chip), name, token);
    weft_hint(error,
              "leave `%s` out, or take a chip of levels that has it, such as "
              "weft-32nm-rram or weft-sram",
              token);
    return WEFT_ERROR_INPUT;
}

static weft_status need_penalty(const weft_evaluator *e, weft_error *error) {
    if (e->penalised || !weft_problem_uses(e->problem, WEFT_METRIC_PENALTY)) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_INPUT,
              "the problem asks for `penalty`, and its `accuracy` names none to take off");
    weft_hint(error, "name one, as in `accuracy: {provider: mlp, ..., penalty: haq-mobilenetv2}`");
    return WEFT_ERROR_INPUT;
}

static weft_status find_parameters(weft_evaluator *e, weft_error *error) {
    weft_error ignored;
    const weft_chip *chip = e->problem->chip;
    find_parameter(chip, "cell_bits", &e->cell_bits);
    WEFT_TRY(need_penalty(e, error));
    WEFT_TRY(need_parameter(e, WEFT_METRIC_COST, "cost_per_mm2", &e->unit_cost, error));
    WEFT_TRY(need_parameter(e, WEFT_METRIC_DROPPED_BITS, "dropped_bits", &e->dropped, error));
    double bits = 8; /* of the published system; chips of levels say their own */
    if (weft_priced_named(e->regions[0].priced, "weight_bits", &bits, &ignored) != WEFT_OK ||
        !(bits >= 1 && bits <= WEFT_MAX_BITS)) {
        bits = 8;
    }
    e->default_bits = (int)bits;
    if (e->raw_cells && !e->cell_bits.known) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "chip '%s' has no parameter 'cell_bits': its cells cannot be counted",
                         weft_chip_name(chip));
    }
    return WEFT_OK;
}

static weft_status allocate(weft_evaluator *e, weft_error *error) {
    size_t n = (size_t)e->n_networks;
    size_t regions = (size_t)e->n_regions;
    e->networks = calloc(n, sizeof(weft_network *));
    e->workloads = calloc(n * regions, sizeof(weft_workload *));
    e->weights = calloc(n * regions, sizeof *e->weights);
    e->totals = calloc(n, sizeof *e->totals);
    e->regions = calloc(regions, sizeof *e->regions);
    return e->networks != NULL && e->workloads != NULL && e->weights != NULL && e->totals != NULL &&
                   e->regions != NULL
               ? WEFT_OK
               : weft_fail_memory(error, n * regions * sizeof *e->weights);
}

static weft_status fill(weft_evaluator *e, weft_error *error) {
    const weft_problem *problem = e->problem;
    e->n_networks = weft_space_n_networks(problem->space);
    e->n_regions = weft_space_n_regions(problem->space);
    e->networks_stay = weft_space_network_is_fixed(problem->space);
    e->needs_network = e->accuracy != NULL && weft_accuracy_needs_network(e->accuracy);
    e->penalised = problem->info.accuracy.penalty != NULL &&
                   problem->info.accuracy.penalty[0] != '\0';
    e->raw_cells = weft_problem_fault(problem, WEFT_FAULT_RAW_CELLS);
    e->one_channel = weft_problem_fault(problem, WEFT_FAULT_DEPTHWISE);
    e->raw_violation = weft_problem_fault(problem, WEFT_FAULT_VIOLATION);
    WEFT_TRY(allocate(e, error));
    for (int r = 0; r < e->n_regions; r++) {
        WEFT_TRY(weft_region_create(problem->space, problem->chip, r, &e->regions[r], error));
    }
    return find_parameters(e, error);
}

weft_status weft_evaluator_create(const weft_problem *problem, const weft_accuracy *accuracy,
                                  weft_evaluator **evaluator, weft_error *error) {
    weft_evaluator *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->problem = problem;
    made->accuracy = accuracy;
    weft_status status = fill(made, error);
    if (status != WEFT_OK) {
        weft_evaluator_destroy(made);
        return status;
    }
    *evaluator = made;
    return WEFT_OK;
}

void weft_evaluator_share(weft_evaluator *evaluator, weft_cache *cache) {
    evaluator->cache = cache;
}

void weft_evaluator_destroy(weft_evaluator *evaluator) {
    if (evaluator == NULL) {
        return;
    }
    for (int n = 0; evaluator->networks != NULL && n < evaluator->n_networks; n++) {
        weft_network_destroy(evaluator->networks[n]);
    }
    for (int w = 0;
         evaluator->workloads != NULL && w < evaluator->n_networks * evaluator->n_regions; w++) {
        weft_workload_destroy(evaluator->workloads[w]);
    }
    for (int r = 0; evaluator->regions != NULL && r < evaluator->n_regions; r++) {
        weft_region_free(&evaluator->regions[r]);
    }
    free(evaluator->networks);
    free(evaluator->workloads);
    free(evaluator->weights);
    free(evaluator->totals);
    free(evaluator->regions);
    free(evaluator);
}
