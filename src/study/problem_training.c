/* SPDX-License-Identifier: Apache-2.0
 *
 * What a problem says of training beside plain numbers: bits, and the steps of a candidate's budget. */
#include "study/problem_part.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

enum { LEAST_BITS = 2, MOST_BITS = 8 };

/* ---- bits: 4, [4, 8], layers, none ------------------------------------------------------------- */

static weft_status fail_bits(const weft_doc *doc, const weft_node *node, weft_error *error) {
    weft_node_fail(
        doc, node, error, WEFT_ERROR_INPUT,
        "expected bits from %d to %d: of weights and inputs, such as [4, 8], or of both; "
        "or layers, or none",
        LEAST_BITS, MOST_BITS);
    return WEFT_ERROR_INPUT;
}

static weft_status read_list(const weft_doc *doc, const weft_node *node, weft_quant_settings *quant,
                             weft_error *error) {
    if (weft_sequence_length(node) != 2) {
        return fail_bits(doc, node, error);
    }
    int64_t bits[2] = {0};
    for (int i = 0; i < 2; i++) {
        WEFT_TRY(weft_node_integer(doc, weft_sequence_at(node, i), LEAST_BITS, MOST_BITS, &bits[i],
                                   error));
    }
    quant->weight_bits = (int32_t)bits[0];
    quant->input_bits = (int32_t)bits[1];
    return WEFT_OK;
}

static weft_status read_bits(weft_map *map, weft_train_settings *train, weft_error *error) {
    const weft_node *node = NULL;
    const char *text = NULL;
    int64_t bits = 0;
    weft_error ignored;
    WEFT_TRY(weft_map_node(map, "bits", WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    train->quantize = true;
    if (weft_node_is_sequence(node)) {
        return read_list(map->doc, node, &train->quant, error);
    }
    if (weft_node_integer(map->doc, node, LEAST_BITS, MOST_BITS, &bits, &ignored) == WEFT_OK ||
        (weft_node_text(map->doc, node, &text, &ignored) == WEFT_OK &&
         strcmp(text, "layers") == 0)) {
        train->quant.weight_bits = train->quant.input_bits = (int32_t)bits;
        return WEFT_OK;
    }
    train->quantize = false;
    return text != NULL && strcmp(text, "none") == 0 ? WEFT_OK : fail_bits(map->doc, node, error);
}

static void write_bits(const weft_train_settings *train, FILE *out) {
    if (train->quantize && train->quant.weight_bits > 0) {
        fprintf(out, "  bits: [%d, %d]\n", train->quant.weight_bits, train->quant.input_bits);
    } else {
        fprintf(out, "  bits: %s\n", train->quantize ? "layers" : "none");
    }
}

/* ---- fidelity: [{epochs: 1, share: 0.3}, {epochs: 2}] ------------------------------------------ */

static weft_status read_step(const weft_doc *doc, const weft_node *node, double share,
                             weft_fidelity_step *step, weft_error *error) {
    weft_map map;
    *step = (weft_fidelity_step){.share = share};
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(weft_map_real(&map, "epochs", WEFT_REQUIRED, 0.001, 10000, &step->epochs, error));
    WEFT_TRY(weft_map_real(&map, "share", WEFT_OPTIONAL, 1e-6, 1, &step->share, error));
    return weft_map_end(&map, error);
}

/* `epochs` of the section is the sum: who says another one means something else. */
static weft_status settle_epochs(weft_map *map, weft_accuracy_settings *accuracy,
                                 weft_error *error) {
    const weft_node *node = NULL;
    double sum = 0.0;
    for (int i = 0; i < accuracy->n_fidelities; i++) {
        sum += accuracy->fidelities[i].epochs;
    }
    WEFT_TRY(weft_map_node(map, "epochs", WEFT_OPTIONAL, &node, error));
    if (node != NULL && fabs(accuracy->train.epochs - sum) > 1e-9 * sum) {
        weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                       "epochs is %g, and those of `fidelity` add up to %g", accuracy->train.epochs,
                       sum);
        weft_hint(error, "leave `epochs` out where `fidelity` says them");
        return WEFT_ERROR_INPUT;
    }
    accuracy->train.epochs = sum;
    return WEFT_OK;
}

static weft_status read_steps(weft_map *map, weft_accuracy_settings *accuracy, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, "fidelity", WEFT_OPTIONAL, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    int n = weft_node_is_sequence(node) ? weft_sequence_length(node) : 0;
    if (n < 1 || n > WEFT_MAX_FIDELITIES) {
        weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                       "expected a list of 1 to %d steps of a candidate's training",
                       (int)WEFT_MAX_FIDELITIES);
        weft_hint(error, "for example `fidelity: [{epochs: 1, share: 0.3}, {epochs: 2}]`");
        return WEFT_ERROR_INPUT;
    }
    for (int i = 0; i < n; i++) {
        WEFT_TRY(read_step(map->doc, weft_sequence_at(node, i), accuracy->train.share,
                           &accuracy->fidelities[i], error));
    }
    accuracy->n_fidelities = n;
    return settle_epochs(map, accuracy, error);
}

static void write_steps(const weft_accuracy_settings *accuracy, FILE *out) {
    char epochs[40], share[40];
    for (int i = 0; i < accuracy->n_fidelities; i++) {
        const weft_fidelity_step *step = &accuracy->fidelities[i];
        fprintf(out, "%s{epochs: %s, share: %s}", i == 0 ? "  fidelity: [" : ", ",
                weft_real_text(step->epochs, epochs, sizeof epochs),
                weft_real_text(step->share, share, sizeof share));
    }
    fprintf(out, "%s", accuracy->n_fidelities > 0 ? "]\n" : "");
}

/* ---- both -------------------------------------------------------------------------------------- */

weft_status weft_training_read(weft_map *map, weft_accuracy_settings *accuracy, weft_error *error) {
    WEFT_TRY(read_bits(map, &accuracy->train, error));
    return read_steps(map, accuracy, error);
}

static const struct {
    const char *key;
    unsigned use;
} uses[] = {{"bits", WEFT_OF_TRAININGS}, {"fidelity", WEFT_OF_TRAIN}};

void weft_training_write(const weft_problem_info *info, FILE *out) {
    if (weft_use_counts(uses[0].use, info)) {
        write_bits(&info->accuracy.train, out);
    }
    if (weft_use_counts(uses[1].use, info)) {
        write_steps(&info->accuracy, out);
    }
}

weft_status weft_training_check_use(weft_map *map, const weft_problem_info *info,
                                    weft_error *error) {
    WEFT_TRY(weft_use_check(map, uses[0].key, uses[0].use, info, error));
    return weft_use_check(map, uses[1].key, uses[1].use, info, error);
}
