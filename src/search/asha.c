/* SPDX-License-Identifier: Apache-2.0
 *
 * ASHA: L. Li, K. Jamieson, A. Rostamizadeh, E. Gonina, J. Ben-tzur, M. Hardt, B. Recht, A. Talwalkar, "A
 * system for massively parallel hyperparameter tuning", MLSys 2020, algorithm 2, with s = 0. One bracket
 * without end and without barriers: from the highest rung down, a design goes on that is among the best
 *
 *     floor(|rung k| / eta)
 *
 * of those told there and did not go on yet; where there is none, a new design begins at the lowest
 * fidelity. A rung never has to be complete, so some go on that later results would have held back.
 * Designs that are infeasible before they are evaluated do not count in |rung|. */
#include "search/brackets.h"

#include <math.h>

static weft_status next(weft_brackets *brackets, weft_job *job, weft_error *error) {
    weft_bracket *bracket = NULL;
    WEFT_TRY(weft_brackets_reach(brackets, 0, &bracket, error));
    for (int k = brackets->settings.n_fidelities - 2; k >= 0; k--) {
        const weft_rung_member *best = NULL;
        weft_rung *rung = &bracket->rungs[k];
        size_t top = (size_t)floor((double)rung->n_counted / brackets->settings.reduction);
        WEFT_TRY(weft_rung_best(brackets, rung, top, &best, error));
        if (best != NULL) {
            *job = weft_job_on(best, 0, k, k);
            return WEFT_OK;
        }
    }
    *job = weft_job_new(brackets, 0, 0);
    return brackets->exhausted ? WEFT_DONE : WEFT_OK;
}

const weft_scheme weft_scheme_asha = {.name = "asha", .next = next};
