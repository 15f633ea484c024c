/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether the chip suits the space and the goal, told before anything is searched. */
#include "study/evaluator.h"
#include "study/problem_part.h"
#include "study/region.h"

#include <stdio.h>

weft_status weft_knobs_check(const weft_space *space, const weft_chip *chip, weft_error *error) {
    weft_status status = WEFT_OK;
    for (int r = 0; status == WEFT_OK && r < weft_space_n_regions(space); r++) {
        weft_region region = {.space = space};
        status = weft_region_create(space, chip, r, &region, error);
        if (status == WEFT_OK) {
            status = weft_region_check(&region, NULL, error);
        }
        weft_region_free(&region);
    }
    return status;
}

weft_status weft_problem_suit(const weft_problem *problem, const weft_doc *doc,
                              const weft_node *chip, weft_error *error) {
    weft_evaluator *evaluator = NULL;
    weft_status status = weft_evaluator_create(problem, NULL, &evaluator, error);
    if (status == WEFT_OK) {
        status = weft_evaluator_check(evaluator, error);
    }
    weft_evaluator_destroy(evaluator);
    if (status != WEFT_OK && error->line == 0) {
        weft_error inner = *error;
        weft_node_fail(doc, chip, error, inner.status, "%s", inner.message);
        snprintf(error->hint, sizeof error->hint, "%s", inner.hint);
    }
    return status;
}
