/* SPDX-License-Identifier: Apache-2.0
 *
 * Hyperband: L. Li, K. Jamieson, G. DeSalvo, A. Rostamizadeh, A. Talwalkar, "Hyperband: a novel
 * bandit-based approach to hyperparameter optimization", JMLR 18(185), 2018, algorithm 1. How far low
 * fidelities mislead is not known before, so brackets of successive halving (halving.c) take turns, from
 * many designs at the lowest fidelity to few that are evaluated as a whole at once: with s_max + 1
 * fidelities, s = s_max, s_max - 1, ..., 0, and again,
 *
 *     n_s = ceil((s_max + 1) / (s + 1) eta^s)   designs at fidelity s_max - s */
#include "search/brackets.h"

#include <math.h>

static weft_bracket_shape shape(const weft_brackets *brackets, int bracket) {
    static const double ROUNDING = 1e-9;
    int most = brackets->settings.n_fidelities - 1;
    int s = most - bracket % (most + 1);
    double n = (most + 1.0) / (s + 1.0) * pow(brackets->settings.reduction, s);
    return (weft_bracket_shape){.n = (size_t)fmin(ceil(n - ROUNDING), 1e6), .fidelity = most - s};
}

static weft_status next(weft_brackets *brackets, weft_job *job, weft_error *error) {
    return weft_halving_next(brackets, shape, job, error);
}

const weft_scheme weft_scheme_hyperband = {.name = "hyperband", .next = next};
