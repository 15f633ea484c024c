/* SPDX-License-Identifier: Apache-2.0
 * Random search: every gene uniform given its parents (Bergstra and Bengio, "Random search for
 * hyper-parameter optimization", JMLR 2012). */
#include "search/optimizer.h"
#include "search/sampling.h"

static void propose(const weft_optimizer *optimizer, uint64_t trial, int attempt, weft_rng *rng,
                    double *genome) {
    (void)trial;
    (void)attempt;
    weft_optimizer_draw(optimizer, rng, genome);
}

const weft_method weft_method_random = {.name = "random", .propose = propose};
