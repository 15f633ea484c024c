/* SPDX-License-Identifier: Apache-2.0
 * What the tests of accuracies share: a folder of their own, genes, and designs to ask for. */
#ifndef TESTS_ACCURACY_SUPPORT_H
#define TESTS_ACCURACY_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/accuracy.h>

static char folder[64];

static inline int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/weft-test-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static inline int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command); /* a folder that this test made */
}

static inline const char *write_file(const char *name, const void *bytes, size_t size) {
    static char path[64][160];
    static int next = 0;
    char *at = path[next++ % 64];
    snprintf(at, sizeof path[0], "%s/%s", folder, name);
    FILE *file = fopen(at, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return at;
}

static inline const char *write_text(const char *name, const char *text) {
    return write_file(name, text, strlen(text));
}

/* ---- genes ----------------------------------------------------------------------------------- */

enum { MOST_GENES = 160 };

typedef struct design {
    weft_gene_meaning genes[MOST_GENES];
    char names[MOST_GENES][48];
    weft_design_genes table;
} design;

static inline void add_gene(design *d, const char *name, int n, const double *numbers,
                            const char *const *words) {
    int g = d->table.n++;
    assert_true(g < MOST_GENES);
    snprintf(d->names[g], sizeof d->names[g], "%s", name);
    d->genes[g] = (weft_gene_meaning){
        .name = d->names[g], .n_choices = n, .numbers = numbers, .words = words};
    d->table.genes = d->genes;
}

static inline weft_status create(const weft_accuracy_settings *settings, const design *d,
                                 weft_accuracy **accuracy, weft_error *error) {
    return weft_accuracy_create(settings, d == NULL ? NULL : &d->table, accuracy, error);
}

static inline weft_accuracy *must_create(const weft_accuracy_settings *settings, const design *d) {
    weft_accuracy *accuracy = NULL;
    weft_error error = {0};
    if (create(settings, d, &accuracy, &error) != WEFT_OK) {
        fail_msg("%s: %s (%s)", error.file, error.message, error.hint);
    }
    return accuracy;
}

static inline double must_evaluate(const weft_accuracy *accuracy, const double *genome) {
    weft_accuracy_result result;
    weft_error error = {0};
    if (weft_accuracy_evaluate(accuracy, NULL, genome, WEFT_FIDELITY_CANDIDATE, 1, NULL, &result,
                               &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    assert_true(isnan(result.loss) && result.penalty == 0.0);
    return result.accuracy;
}

/* That an accuracy cannot be created, with a word of the message or hint. */
static inline void must_refuse(const weft_accuracy_settings *settings, const design *d,
                               weft_status status, const char *word) {
    weft_accuracy *accuracy = NULL;
    weft_error error = {0};
    assert_int_equal(create(settings, d, &accuracy, &error), status);
    assert_null(accuracy);
    if (strstr(error.message, word) == NULL && strstr(error.hint, word) == NULL) {
        fail_msg("'%s' is neither in \"%s\" nor in \"%s\"", word, error.message, error.hint);
    }
}

#endif
