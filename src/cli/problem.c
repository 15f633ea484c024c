/* SPDX-License-Identifier: Apache-2.0
 * What a problem wants and how it counts, as every command says it. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "cli/cli.h"

/* ---- metrics --------------------------------------------------------------------------------- */

char *cli_metric_text(weft_metric metric, double value, char *buffer, size_t size) {
    const char *unit = weft_metric_unit(metric);
    bool is_count = strcmp(unit, "1") == 0;
    if (isnan(value)) {
        snprintf(buffer, size, "-");
    } else if (metric == WEFT_METRIC_ACCURACY || metric == WEFT_METRIC_UTILISATION ||
               metric == WEFT_METRIC_COST || metric == WEFT_METRIC_DROPPED_BITS ||
               metric == WEFT_METRIC_PENALTY) {
        snprintf(buffer, size, "%.4g", value);
    } else if (metric == WEFT_METRIC_PROXY) {
        snprintf(buffer, size, "%.6g", value);
    } else if (is_count) {
        cli_quantity(value, "", buffer, size);
    } else if (unit[0] == 'T' || unit[0] == 'm') { /* TOPS has its prefix, mm2 is not linear */
        snprintf(buffer, size, "%#.4g", value);
        size_t length = strlen(buffer);
        bool bare = length > 0 && buffer[length - 1] == '.';
        snprintf(buffer + length - bare, size - length + bare, " %s", unit);
    } else {
        cli_quantity(value, unit, buffer, size);
    }
    return buffer;
}

static bool is_of_name(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

/* Whether an expression has the token as a name of its own. */
static bool has_name(const char *expression, const char *token) {
    size_t length = strlen(token);
    for (const char *at = expression; (at = strstr(at, token)) != NULL; at += length) {
        if ((at == expression || !is_of_name(at[-1])) && !is_of_name(at[length])) {
            return true;
        }
    }
    return false;
}

bool cli_problem_names(const weft_problem_info *info, weft_metric metric) {
    const char *token = weft_metric_token(metric);
    bool names = has_name(info->score, token);
    for (int i = 0; i < info->n_objectives && info->score[0] == '\0'; i++) {
        names = names || info->objectives[i] == metric;
    }
    for (int i = 0; i < info->n_constraints; i++) {
        names = names || has_name(info->constraints[i], token);
    }
    for (int i = 0; i < info->n_soft; i++) {
        names = names || has_name(info->soft[i].limit, token);
    }
    return names;
}

char *cli_goal_text(const weft_problem_info *info, double value, char *buffer, size_t size) {
    if (info->score[0] == '\0' && info->n_objectives == 1) {
        return cli_metric_text(info->objectives[0], value, buffer, size);
    }
    snprintf(buffer, size, isnan(value) ? "-" : "%.5g", value);
    return buffer;
}

char *cli_aims_text(const weft_problem_info *info, char *buffer, size_t size) {
    if (info->score[0] != '\0') {
        snprintf(buffer, size, "%s (%s)", info->score, info->maximise[0] ? "most" : "least");
        return buffer;
    }
    buffer[0] = '\0';
    for (int i = 0; i < info->n_objectives; i++) {
        size_t used = strlen(buffer);
        snprintf(buffer + used, size - used, "%s%s (%s)", i > 0 ? ", " : "",
                 weft_metric_token(info->objectives[i]), info->maximise[i] ? "most" : "least");
    }
    return buffer;
}

void cli_print_preference(const weft_problem_info *info) {
    for (int i = 0; i < info->n_soft; i++) {
        printf("soft limit   %s, weight %.4g for a break by %.4g %%\n", info->soft[i].limit,
               info->soft[i].weight, 100.0 * info->soft[i].scale);
    }
    for (int i = 0; i < info->n_aims; i++) {
        const weft_aim_info *aim = &info->aims[i];
        char text[CLI_QUANTITY], scale[CLI_QUANTITY];
        printf("aim          %s %s, in scales of %s\n", weft_metric_token(aim->metric),
               cli_metric_text(aim->metric, aim->aim, text, sizeof text),
               cli_metric_text(aim->metric, aim->scale, scale, sizeof scale));
    }
}

void cli_preference_json(weft_json *json, const weft_problem_info *info) {
    weft_json_key(json, "soft");
    weft_json_array_begin(json);
    for (int i = 0; i < info->n_soft; i++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "limit", info->soft[i].limit);
        weft_json_member_real(json, "weight", info->soft[i].weight);
        weft_json_member_real(json, "scale", info->soft[i].scale);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
    weft_json_key(json, "reference");
    weft_json_array_begin(json);
    for (int i = 0; i < info->n_aims; i++) {
        weft_json_object_begin(json);
        weft_json_member_text(json, "metric", weft_metric_token(info->aims[i].metric));
        weft_json_member_real(json, "aim", info->aims[i].aim);
        weft_json_member_real(json, "scale", info->aims[i].scale);
        weft_json_object_end(json);
    }
    weft_json_array_end(json);
}

/* ---- accounting ------------------------------------------------------------------------------ */

/* "chip (resident)": the accounting of a chip's own file is that which the file says. */
char *cli_accounting_text(weft_problem *problem, char *buffer, size_t size) {
    const weft_problem_info *info = weft_problem_get_info(problem);
    weft_chip_about about;
    int n_off = 0;
    weft_chip_get_about(weft_problem_get_chip(problem), &about);
    if (info->n_faults == 0) {
        snprintf(buffer, size, "%s (%s)", info->accounting, about.accounting);
        return buffer;
    }
    snprintf(buffer, size, "%s", info->accounting);
    for (int f = 0; f < info->n_faults; f++) {
        if (!info->faults[f].on) {
            size_t used = strlen(buffer);
            snprintf(buffer + used, size - used, "%s%s", n_off++ == 0 ? " without " : ", ",
                     info->faults[f].name);
        }
    }
    return buffer;
}

void cli_accounting_json(weft_json *json, weft_problem *problem) {
    const weft_problem_info *info = weft_problem_get_info(problem);
    weft_chip_about about;
    weft_chip_get_about(weft_problem_get_chip(problem), &about);
    weft_json_key(json, "accounting");
    weft_json_object_begin(json);
    weft_json_member_text(json, "name", info->accounting);
    weft_json_member_text(json, "execution", about.accounting);
    weft_json_key(json, "faults");
    weft_json_array_begin(json);
    for (int f = 0; f < info->n_faults; f++) {
        if (info->faults[f].on) {
            weft_json_text(json, info->faults[f].name);
        }
    }
    weft_json_array_end(json);
    weft_json_object_end(json);
}

/* A point that is best in all: each side reaches from 0 to the reference at 1.1. */
double cli_most_hypervolume(int n_objectives) {
    return pow(1.1, n_objectives);
}

/* ---- several studies ------------------------------------------------------------------------- */

static void vectors_json(weft_json *json, const char *key, const double *vectors, size_t n,
                         int width) {
    weft_json_key(json, key);
    if (vectors == NULL) {
        weft_json_null(json);
        return;
    }
    weft_json_array_begin(json);
    for (size_t i = 0; i < n; i++) {
        weft_json_array_begin(json);
        for (int d = 0; d < width; d++) {
            weft_json_real(json, vectors[i * (size_t)width + (size_t)d]);
        }
        weft_json_array_end(json);
    }
    weft_json_array_end(json);
}

void cli_attainment_json(weft_json *json, const weft_several_result *result) {
    weft_json_key(json, "quartiles");
    weft_json_array_begin(json);
    for (int q = 0; q < 5; q++) {
        weft_json_real(json, result->quartiles[q]);
    }
    weft_json_array_end(json);
    weft_json_key(json, "attainment");
    if (result->n_objectives < 2) {
        weft_json_null(json);
        return;
    }
    weft_json_object_begin(json);
    vectors_json(json, "front", result->front, result->n_front, result->n_objectives);
    weft_json_key(json, "share");
    weft_json_array_begin(json);
    for (size_t i = 0; i < result->n_front; i++) {
        weft_json_real(json, result->share[i]);
    }
    weft_json_array_end(json);
    vectors_json(json, "median", result->n_objectives == 2 ? result->median : NULL,
                 result->n_median, 2);
    weft_json_object_end(json);
}

void cli_print_quartiles(const weft_problem_info *info, const weft_several_result *result) {
    printf("quartiles    ");
    for (int q = 0; q < 5; q++) {
        char value[CLI_QUANTITY];
        printf("%s%s", q > 0 ? ", " : "",
               cli_goal_text(info, result->quartiles[q], value, sizeof value));
    }
    if (result->n_objectives == 1) {
        printf(" (best: least, lower, median, upper, largest)\n");
    } else {
        printf(" (hypervolume, all on one scale, of %.4g at most: least, lower, median, upper, "
               "largest)\n",
               cli_most_hypervolume(result->n_objectives));
    }
}
