/* SPDX-License-Identifier: Apache-2.0
 * A problem's provider of accuracies, which is told what the genes mean. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study/problem.h"

/* The genes as a provider of accuracies asks for them. */
static void describe_genes(const weft_problem *problem, weft_design_genes *genes,
                           weft_gene_meaning *meanings, double *numbers, const char **words) {
    const weft_space *space = problem->space;
    weft_gene_table table = weft_space_genes(space);
    int n_knobs = 0;
    const weft_space_knob *knobs = weft_space_knobs(space, &n_knobs);
    for (int g = 0; g < table.n_genes; g++) {
        const weft_gene *gene = &table.genes[g];
        weft_gene_meaning *meaning = &meanings[g];
        *meaning =
            (weft_gene_meaning){.name = gene->name,
                                .n_choices = gene->n_choices,
                                .stands = !weft_gene_varies(gene) || !isnan(problem->fixed[g])};
        bool is_word = gene->n_choices > 0 && weft_space_word(space, g, 0) != NULL;
        for (int c = 0; c < gene->n_choices; c++) {
            numbers[c] = weft_space_number(space, g, c);
            words[c] = weft_space_word(space, g, c);
        }
        meaning->numbers = is_word || gene->n_choices == 0 ? NULL : numbers;
        meaning->words = is_word ? words : NULL;
        numbers += gene->n_choices;
        words += gene->n_choices;
    }
    for (int k = 0; k < n_knobs; k++) {
        meanings[knobs[k].gene].of_chip = true;
    }
    *genes = (weft_design_genes){.n = table.n_genes, .genes = meanings};
}

void weft_meanings_free(weft_meanings *meanings) {
    free(meanings->all);
    free(meanings->numbers);
    free(meanings->words);
    *meanings = (weft_meanings){0};
}

weft_status weft_meanings_make(const weft_problem *problem, weft_meanings *meanings,
                               weft_error *error) {
    size_t n = (size_t)weft_space_genes(problem->space).n_genes;
    size_t room = n * WEFT_GENE_MAX_CHOICES;
    weft_meanings made = {.all = calloc(n, sizeof *made.all),
                          .numbers = calloc(room, sizeof *made.numbers),
                          .words = calloc(room, sizeof *made.words)};
    if (made.all == NULL || made.numbers == NULL || made.words == NULL) {
        weft_meanings_free(&made);
        return weft_fail_memory(error, room * sizeof *made.numbers);
    }
    describe_genes(problem, &made.genes, made.all, made.numbers, made.words);
    *meanings = made;
    return WEFT_OK;
}

/* Weights of a supernet must be those of the problem's space. */
static weft_status name_space(const weft_problem *problem, weft_accuracy_settings *settings,
                              weft_error *error) {
    if (strcmp(problem->provider, "supernet") != 0) {
        return WEFT_OK;
    }
    weft_space_supernet *networks;
    WEFT_TRY(weft_space_supernet_create(problem->space, &networks, error));
    settings->space_hash = weft_space_supernet_get(networks)->hash;
    settings->space_name = weft_space_name(problem->space);
    weft_space_supernet_destroy(networks);
    return WEFT_OK;
}

weft_status weft_problem_accuracy(const weft_problem *problem, weft_accuracy **accuracy,
                                  weft_error *error) {
    weft_meanings meanings;
    weft_accuracy_settings settings = problem->info.accuracy;
    WEFT_TRY(name_space(problem, &settings, error));
    WEFT_TRY(weft_meanings_make(problem, &meanings, error));
    weft_status status = weft_accuracy_create(&settings, &meanings.genes, accuracy, error);
    weft_meanings_free(&meanings);
    return status;
}
