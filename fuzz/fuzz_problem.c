/* SPDX-License-Identifier: Apache-2.0
 * Problem files, with a space and a chip of their own: reading never fails badly, and what is read is written,
 * read and written the same. */
#include "study/problem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses 1 KiB on some texts with deep flow sequences, on its own error path. */
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml.so";
}

static void require(bool condition) {
    if (!condition) {
        abort();
    }
}

/* The space and the chip do not change: read once. */
static weft_space *space;
static weft_chip *chip;

static void read_both(void) {
    weft_error error;
    require(space != NULL || weft_space_read("imc-cnn-small", &space, &error) == WEFT_OK);
    require(chip != NULL || weft_chip_read("mnsim-130nm-rram", &chip, &error) == WEFT_OK);
}

static weft_problem *parse(const char *text, weft_error *error) {
    weft_problem *problem = NULL;
    weft_status status = weft_problem_parse(text, weft_space_text(space), weft_chip_text(chip),
                                            "fuzz.yaml", &problem, error);
    require((status == WEFT_OK) == (problem != NULL));
    require(status == WEFT_OK || error->message[0] != '\0');
    return problem;
}

/* Whatever the steps are, their shares of the work rise to the whole. */
static void check_fidelities(const weft_problem *problem) {
    int n = problem->info.accuracy.n_fidelities;
    double before = 0.0;
    require(problem->info.brackets.name == NULL || n > 1);
    for (int k = 0; k < n; k++) {
        double share = weft_problem_fidelity_share(problem, k);
        require(share >= before && share <= 1.0);
        before = share;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    weft_error error;
    weft_problem_texts texts;
    char *text = malloc(size + 1);
    require(text != NULL);
    memcpy(text, size > 0 ? (const char *)data : "", size);
    text[size] = '\0';
    read_both();
    weft_problem *problem = parse(text, &error);
    free(text);
    if (problem == NULL) {
        char buffer[2048];
        weft_error_format(&error, buffer, sizeof buffer);
        return 0;
    }
    check_fidelities(problem);
    if (weft_problem_write(problem, &texts, &error) == WEFT_OK) {
        weft_problem_texts again;
        weft_problem *copy = parse(texts.problem, &error);
        require(copy != NULL && weft_problem_write(copy, &again, &error) == WEFT_OK);
        require(strcmp(texts.problem, again.problem) == 0);
        free(texts.problem);
        free(again.problem);
        weft_problem_destroy(copy);
    }
    weft_problem_destroy(problem);
    return 0;
}
