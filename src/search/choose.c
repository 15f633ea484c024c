/* SPDX-License-Identifier: Apache-2.0
 *
 * Which optimizer, where nobody names one: the table of docs/explanation/which-optimizer.md as a rule. What
 * decides is how many trials there are to learn from, then how much a proposal may cost beside a trial, the
 * number of genes that vary, and the number of objectives. */
#include <weft/search.h>

#include <stdio.h>

/* Gaussian processes win while an ask stays cheap beside what it saves: 500 trials take some ten seconds
 * together, 1 000 a minute or two, which only trainings are slower than. */
enum { GP_TRIALS = 500, GP_TRAININGS = 1000, FEW_GENES = 10, FEW_STARTUP = 10 };

/* With so many genes 200 trials take a minute, and a model of a gene at a time learns little where each was
 * tried a few times: from there on breeding, which needs no model, is ahead of it. */
enum { MANY_GENES = 50, GP_TRIALS_OF_MANY = 200 };

/* TPE is ahead until generations have had time: some forty of them. */
enum { TPE_TRIALS = 2000, LEAST_POPULATION = 20, MOST_POPULATION = 150, GENERATIONS = 40 };

static int population_of(uint64_t trials) {
    uint64_t population = trials / GENERATIONS;
    return population < LEAST_POPULATION  ? LEAST_POPULATION
           : population > MOST_POPULATION ? MOST_POPULATION
                                          : (int)population;
}

static const char *choose_breeding(const weft_search_traits *traits, weft_search_choice *choice) {
    bool directions = traits->n_objectives > 3;
    choice->name = traits->n_objectives == 1 ? "ga" : directions ? "nsga3" : "nsga2";
    choice->population = directions ? 0 : population_of(traits->trials);
    return traits->n_genes > MANY_GENES ? "breeds, for models learn little of so many genes"
           : traits->n_objectives == 1  ? "breeds, and climbs fastest with many trials"
                                        : "breeds, and spreads many trials along the front";
}

void weft_optimizer_choose(const weft_search_traits *traits, weft_search_choice *choice) {
    uint64_t trials = traits->trials;
    bool many = traits->n_genes > MANY_GENES;
    uint64_t gp_trials = traits->costly ? GP_TRAININGS : many ? GP_TRIALS_OF_MANY : GP_TRIALS;
    const char *why;
    *choice = (weft_search_choice){.name = "tpe"};
    if (trials <= gp_trials && traits->n_objectives <= 3) {
        choice->name = "gp";
        choice->startup_trials = traits->n_genes <= FEW_GENES ? FEW_STARTUP : 0;
        why = "learns the most from few";
    } else if (many) {
        why = choose_breeding(traits, choice);
    } else if (traits->costly || trials <= TPE_TRIALS) {
        why = "learns gene by gene, and asks in no time";
    } else {
        why = choose_breeding(traits, choice);
    }
    snprintf(choice->reason, sizeof choice->reason, "%llu %s trials, %d gene%s, %d objective%s: %s",
             (unsigned long long)trials, traits->costly ? "costly" : "cheap", traits->n_genes,
             traits->n_genes == 1 ? "" : "s", traits->n_objectives,
             traits->n_objectives == 1 ? "" : "s", why);
}
