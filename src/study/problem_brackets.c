/* SPDX-License-Identifier: Apache-2.0
 *
 * How a search spends less on bad designs: its brackets, the fidelities that they evaluate designs at, and
 * whether it waits for batches. */
#include "study/problem_part.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

/* What `fidelity` of the search may name; further ones are steps that `accuracy` lists. */
typedef enum fidelity_kind { BY_EPOCHS, BY_SHARE, N_KINDS, UNNAMED = -1 } fidelity_kind;
static const char *const KINDS[N_KINDS] = {"epochs", "share"};

/* The keys that mean nothing without brackets. */
typedef struct bracket_keys {
    fidelity_kind kind;
    double lowest, highest; /* NaN: not said */
} bracket_keys;

static weft_status fail_at(weft_map *map, const char *key, weft_error *error, const char *message,
                           const char *hint) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, WEFT_OPTIONAL, &node, error));
    weft_node_fail(map->doc, node != NULL ? node : map->node, error, WEFT_ERROR_INPUT, "%s",
                   message);
    weft_hint(error, "%s", hint);
    return WEFT_ERROR_INPUT;
}

/* ---- reading --------------------------------------------------------------------------------- */

static weft_status read_name(weft_map *map, weft_brackets_settings *brackets, weft_error *error) {
    const char *words[WEFT_MAX_RUNGS];
    const char *const *names = weft_brackets_names();
    int n = 0;
    int chosen = 0;
    words[n++] = "none";
    for (int i = 0; names[i] != NULL; i++) {
        words[n++] = names[i];
    }
    WEFT_TRY(weft_map_choice(map, "brackets", WEFT_OPTIONAL, words, n, &chosen, error));
    brackets->name = chosen > 0 ? names[chosen - 1] : NULL;
    return WEFT_OK;
}

/* A fidelity that the engine has not is told so. */
static weft_status read_kind(weft_map *map, fidelity_kind *kind, weft_error *error) {
    const weft_node *node = NULL;
    const char *text = NULL;
    int chosen = UNNAMED;
    WEFT_TRY(weft_map_node(map, "fidelity", WEFT_OPTIONAL, &node, error));
    if (node != NULL) {
        WEFT_TRY(weft_node_text(map->doc, node, &text, error));
    }
    if (text != NULL && strcmp(text, "resolution") == 0) {
        return fail_at(
            map, "fidelity", error,
            "there is no fidelity 'resolution': images are trained at the size that the "
            "data set has",
            "the fidelities are `epochs` and `share` (of the training images), and steps "
            "of both with `fidelity` of `accuracy`");
    }
    WEFT_TRY(weft_map_choice(map, "fidelity", WEFT_OPTIONAL, KINDS, N_KINDS, &chosen, error));
    *kind = (fidelity_kind)chosen;
    return WEFT_OK;
}

static weft_status read_keys(weft_map *map, weft_brackets_settings *brackets, bracket_keys *keys,
                             weft_error *error) {
    int64_t first = brackets->first_rung;
    int64_t least = brackets->least_whole;
    *keys = (bracket_keys){.kind = UNNAMED, .lowest = NAN, .highest = NAN};
    WEFT_TRY(read_name(map, brackets, error));
    WEFT_TRY(weft_map_real(map, "reduction", WEFT_OPTIONAL, 1.5, 100, &brackets->reduction, error));
    WEFT_TRY(weft_map_integer(map, "first_rung", WEFT_OPTIONAL, 0, 1000000, &first, error));
    WEFT_TRY(weft_map_integer(map, "least_whole", WEFT_OPTIONAL, 1, 1000000, &least, error));
    WEFT_TRY(read_kind(map, &keys->kind, error));
    WEFT_TRY(weft_map_real(map, "lowest", WEFT_OPTIONAL, 1e-6, 10000, &keys->lowest, error));
    WEFT_TRY(weft_map_real(map, "highest", WEFT_OPTIONAL, 1e-6, 10000, &keys->highest, error));
    brackets->first_rung = (int)first;
    brackets->least_whole = (int)least;
    return WEFT_OK;
}

/* ---- fidelities ------------------------------------------------------------------------------ */

static weft_status check_levels(weft_map *map, const bracket_keys *keys, double highest,
                                double *lowest, weft_error *error) {
    const char *what = KINDS[keys->kind];
    char message[200];
    if (isnan(keys->lowest)) {
        snprintf(message, sizeof message, "`fidelity: %s` needs `lowest`, at which designs begin",
                 what);
        return fail_at(map, "fidelity", error, message,
                       "for example `fidelity: epochs, lowest: 1, highest: 9`");
    }
    if (keys->kind == BY_SHARE && highest > 1.0) {
        return fail_at(map, "highest", error,
                       "`highest` is more than all images, expected 1 at most",
                       "a share of 1 is the whole training part");
    }
    if (!(keys->lowest < highest)) {
        snprintf(message, sizeof message, "`lowest` is %g, expected less than the highest, %g %s",
                 keys->lowest, highest, keys->kind == BY_SHARE ? "of the images" : "epochs");
        return fail_at(map, "lowest", error, message,
                       "brackets go from the lowest to the highest by factors of `reduction`");
    }
    *lowest = keys->lowest;
    return WEFT_OK;
}

/* Steps up to the levels R eta^-s, s = s_max ... 0, the least of them no less than the lowest (Li et al.
 * 2018). */
static weft_status make_steps(weft_map *map, const weft_brackets_settings *brackets,
                              const bracket_keys *keys, weft_accuracy_settings *accuracy,
                              weft_error *error) {
    static const double ROUNDING = 1e-9;
    double eta = brackets->reduction;
    double own = keys->kind == BY_SHARE ? accuracy->train.share : accuracy->train.epochs;
    double highest = isnan(keys->highest) ? own : keys->highest;
    double lowest = 0.0;
    WEFT_TRY(check_levels(map, keys, highest, &lowest, error));
    int most = (int)floor(log(highest / lowest) / log(eta) + ROUNDING);
    if (most < 1 || most >= WEFT_MAX_FIDELITIES) {
        char message[200];
        snprintf(message, sizeof message,
                 "%g to %g by factors of %g are %d fidelities, expected 2 to %d", lowest, highest,
                 eta, most + 1, (int)WEFT_MAX_FIDELITIES);
        return fail_at(map, "lowest", error, message, "change `lowest`, `highest` or `reduction`");
    }
    double before = 0.0;
    double epochs = 0.0;
    accuracy->n_fidelities = most + 1;
    for (int k = 0; k <= most; k++) {
        double level = highest * pow(eta, k - most);
        weft_fidelity_step *step = &accuracy->fidelities[k];
        *step =
            keys->kind == BY_SHARE
                ? (weft_fidelity_step){.epochs = accuracy->train.epochs, .share = level}
                : (weft_fidelity_step){.epochs = level - before, .share = accuracy->train.share};
        before = level;
        epochs += step->epochs;
    }
    accuracy->train.epochs = epochs;
    return WEFT_OK;
}

/* Whether the section `accuracy` says a key itself. */
static weft_status find_in_accuracy(const weft_map *outer, const char *key, const weft_node **node,
                                    weft_error *error) {
    weft_map map = *outer;
    weft_map inner;
    const weft_node *section = NULL;
    *node = NULL;
    WEFT_TRY(weft_map_node(&map, "accuracy", WEFT_OPTIONAL, &section, error));
    if (section == NULL) {
        return WEFT_OK;
    }
    WEFT_TRY(weft_map_begin(map.doc, section, &inner, error));
    return weft_map_node(&inner, key, WEFT_OPTIONAL, node, error);
}

static weft_status settle_fidelities(weft_problem *problem, const weft_map *outer, weft_map *map,
                                     const bracket_keys *keys, weft_error *error) {
    weft_accuracy_settings *accuracy = &problem->info.accuracy;
    const weft_node *epochs = NULL;
    if (keys->kind == UNNAMED) {
        return accuracy->n_fidelities > 1
                   ? WEFT_OK
                   : fail_at(
                         map, "brackets", error, "brackets need fidelities to evaluate at",
                         "add `fidelity: epochs` with `lowest` and `highest`, or list the steps "
                         "with `fidelity` of `accuracy`");
    }
    if (accuracy->n_fidelities > 0) {
        return fail_at(map, "fidelity", error,
                       "the fidelities are listed with `fidelity` of `accuracy` already",
                       "leave one of both out");
    }
    WEFT_TRY(find_in_accuracy(outer, "epochs", &epochs, error));
    if (keys->kind == BY_EPOCHS && epochs != NULL && !isnan(keys->highest) &&
        keys->highest != accuracy->train.epochs) {
        weft_node_fail(map->doc, epochs, error, WEFT_ERROR_INPUT,
                       "epochs is %g, and `highest` of the search is %g", accuracy->train.epochs,
                       keys->highest);
        weft_hint(error, "leave one of both out");
        return WEFT_ERROR_INPUT;
    }
    return make_steps(map, &problem->info.brackets, keys, accuracy, error);
}

/* ---- what goes together ------------------------------------------------------------------------ */

static weft_status check_alone(weft_map *map, weft_error *error) {
    static const char *const OF_BRACKETS[] = {"reduction", "first_rung", "least_whole",
                                              "fidelity",  "lowest",     "highest"};
    for (size_t i = 0; i < sizeof OF_BRACKETS / sizeof *OF_BRACKETS; i++) {
        const weft_node *node = NULL;
        WEFT_TRY(weft_map_node(map, OF_BRACKETS[i], WEFT_OPTIONAL, &node, error));
        if (node != NULL) {
            char message[80];
            snprintf(message, sizeof message, "`%s` means nothing without `brackets`",
                     OF_BRACKETS[i]);
            return fail_at(map, OF_BRACKETS[i], error, message,
                           "leave it out, or add `brackets: hyperband`");
        }
    }
    return WEFT_OK;
}

static weft_status check_problem(const weft_problem *problem, weft_map *map, weft_error *error) {
    const weft_problem_info *info = &problem->info;
    bool asks = weft_problem_uses(problem, WEFT_METRIC_ACCURACY) ||
                weft_problem_uses(problem, WEFT_METRIC_PENALTY);
    if (!asks || strcmp(problem->provider, "train") != 0) {
        return fail_at(map, "brackets", error,
                       asks ? "brackets need accuracies that are trained step by step"
                            : "brackets need an accuracy: costs of the hardware have one fidelity",
                       "name `accuracy` among the objectives and `provider: train`, or leave "
                       "`brackets` out");
    }
    if (info->n_stages > 0) {
        return fail_at(map, "brackets", error, "brackets and `stages` do not go together",
                       "leave one of both out");
    }
    weft_brackets_settings settings = info->brackets;
    weft_brackets *made = NULL;
    settings.n_objectives = info->n_objectives;
    settings.n_fidelities = info->accuracy.n_fidelities;
    if (weft_brackets_create(&settings, &made, error) != WEFT_OK) {
        const weft_error inner = *error;
        return fail_at(map, "brackets", error, inner.message, inner.hint);
    }
    weft_brackets_destroy(made);
    return WEFT_OK;
}

weft_status weft_bracket_options_read(weft_problem *problem, const weft_map *outer, weft_map *map,
                                      weft_error *error) {
    weft_problem_info *info = &problem->info;
    bracket_keys keys;
    WEFT_TRY(weft_map_bool(map, "asynchronous", WEFT_OPTIONAL, &info->asynchronous, error));
    WEFT_TRY(read_keys(map, &info->brackets, &keys, error));
    if (info->asynchronous && info->n_stages > 0) {
        return fail_at(map, "asynchronous", error,
                       "`asynchronous` and `stages` do not go together: a stage waits for the one "
                       "before",
                       "leave one of both out");
    }
    if (info->brackets.name == NULL) {
        return check_alone(map, error);
    }
    WEFT_TRY(settle_fidelities(problem, outer, map, &keys, error));
    return check_problem(problem, map, error);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* The fidelities are the steps of `accuracy`. */
void weft_bracket_options_write(const weft_problem_info *info, FILE *out) {
    const weft_brackets_settings *brackets = &info->brackets;
    char number[40];
    if (brackets->name != NULL) {
        fprintf(out, "  brackets: %s\n  reduction: %s\n", brackets->name,
                weft_real_text(brackets->reduction, number, sizeof number));
        fprintf(out, "  first_rung: %d\n  least_whole: %d\n", brackets->first_rung,
                brackets->least_whole);
    }
    if (info->asynchronous) {
        fprintf(out, "  asynchronous: true\n");
    }
}
