/* SPDX-License-Identifier: Apache-2.0
 *
 * Which bits of operands a chip holds. The bits of a code follow those of a layer where the chip's file
 * lets them; where it says a number, or prices a pipeline for one precision, there is a most. */
#include <math.h>

#include "base/error.h"
#include "hardware/hierarchy_cost.h"
#include "hardware/price.h"

enum { INPUTS = 0, WEIGHTS = 1 };

static const char *const OPERAND_WORDS[] = {[INPUTS] = "inputs", [WEIGHTS] = "weights"};

/* Bits of a code that an operand needs. The sign of a magnitude, or which of a pair of devices is
 * written, is beside the code. */
static int32_t needed(int encoding, int32_t bits, bool is_signed) {
    bool beside = encoding == WEFT_ENCODING_MAGNITUDE || encoding == WEFT_ENCODING_DIFFERENTIAL ||
                  encoding == WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED;
    return beside && is_signed ? bits - 1 : bits;
}

/* Bits of the code that the chip has for an operand of a layer of these traits; 0 where it has none. */
static double code_of(const weft_hierarchy *h, const int32_t traits[WEFT_TRAITS], int operand) {
    double values[WEFT_MAX_VARIABLES];
    int at = h->builtin[operand == WEIGHTS ? WEFT_BUILTIN_WEIGHT_CODE : WEFT_BUILTIN_INPUT_CODE];
    return weft_variables_evaluate(h, traits, values) < 0 ? values[at] : 0;
}

static bool holds(const weft_priced *priced, const weft_layer_bits *bits,
                  const weft_layer_signs *signs, int operand) {
    int32_t asked = operand == WEIGHTS ? bits->weights : bits->inputs;
    bool is_signed = operand == WEIGHTS ? signs->weights : signs->inputs;
    if (priced->hierarchy == NULL) {
        return asked <= (operand == WEIGHTS ? priced->weight_bits : priced->activation_bits);
    }
    const weft_hierarchy *h = priced->hierarchy->hierarchy;
    const int32_t traits[WEFT_TRAITS] = {bits->inputs, bits->weights, bits->outputs,
                                         signs->inputs ? WEFT_SIGN_SOME : WEFT_SIGN_NONE,
                                         signs->weights ? WEFT_SIGN_SOME : WEFT_SIGN_NONE};
    int encoding = operand == WEIGHTS ? h->weight_encoding : h->input_encoding;
    return code_of(h, traits, operand) >= needed(encoding, asked, is_signed);
}

static weft_status check(const weft_priced *priced, const weft_layer_bits *bits,
                         const weft_layer_signs *signs, int operand, weft_error *error) {
    if (holds(priced, bits, signs, operand)) {
        return WEFT_OK;
    }
    weft_layer_bits less = *bits;
    int32_t *asked = operand == WEIGHTS ? &less.weights : &less.inputs;
    const int32_t wanted = *asked;
    do {
        --*asked;
    } while (*asked > 0 && !holds(priced, &less, signs, operand));
    weft_fail(error, WEFT_ERROR_INFEASIBLE, "chip '%s' cannot hold %d bits of %s", priced->name,
              wanted, OPERAND_WORDS[operand]);
    if (*asked > 0) {
        weft_hint(error, "at most %d bits of %s fit", *asked, OPERAND_WORDS[operand]);
    }
    return WEFT_ERROR_INFEASIBLE;
}

weft_status weft_priced_check_bits(const weft_priced *priced, const weft_layer_bits *bits,
                                   const weft_layer_signs *signs, weft_error *error) {
    WEFT_TRY(check(priced, bits, signs, WEIGHTS, error));
    return check(priced, bits, signs, INPUTS, error);
}
