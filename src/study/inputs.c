/* SPDX-License-Identifier: Apache-2.0
 *
 * What a study rests on beside its own texts: the files that tell accuracies, and the layers of its
 * networks. Were they changed, one study would hold trials of two different worlds. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "accuracy/provider.h"
#include "base/rng.h"
#include "base/share.h"
#include "study/problem_part.h"

/* ---- files ----------------------------------------------------------------------------------- */

static weft_status hash_file(const char *path, uint64_t *hash, weft_error *error) {
    enum { CHUNK = 1 << 16 };
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return weft_fail_errno(error, "cannot read the file", path);
    }
    char *chunk = malloc(CHUNK);
    if (chunk == NULL) {
        fclose(file);
        return weft_fail_memory(error, CHUNK);
    }
    size_t n = 0;
    while ((n = fread(chunk, 1, CHUNK, file)) > 0) {
        *hash = weft_hash(chunk, n, *hash);
    }
    weft_status status = ferror(file) == 0 ? WEFT_OK
                                           : weft_fail_errno(error, "cannot read the file", path);
    free(chunk);
    fclose(file);
    return status;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* The files of a folder, in order of their names; folders within it are left out. */
static weft_status hash_folder(const char *path, uint64_t *hash, weft_error *error) {
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, NULL, by_name);
    if (n < 0) {
        return weft_fail_errno(error, "cannot read the folder", path);
    }
    weft_status status = WEFT_OK;
    for (int i = 0; i < n; i++) {
        char inner[2 * WEFT_PROBLEM_PATH];
        struct stat file;
        snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        if (status == WEFT_OK && stat(inner, &file) == 0 && S_ISREG(file.st_mode)) {
            *hash = weft_hash(entries[i]->d_name, strlen(entries[i]->d_name), *hash);
            status = hash_file(inner, hash, error);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* `kind`: where a name of ours is found; NULL: it is a path always. */
static weft_status hash_named(const char *kind, const char *name, uint64_t *hash,
                              weft_error *error) {
    char path[2 * WEFT_PROBLEM_PATH];
    struct stat file;
    if (kind != NULL) {
        WEFT_TRY(weft_share_find(kind, name, path, sizeof path, error));
    } else {
        snprintf(path, sizeof path, "%s", name);
    }
    if (stat(path, &file) != 0) {
        return weft_fail_errno(error, "cannot read the file", path);
    }
    return S_ISDIR(file.st_mode) ? hash_folder(path, hash, error) : hash_file(path, hash, error);
}

static weft_status hash_accuracy(const weft_problem *problem, uint64_t *hash, weft_error *error) {
    const weft_accuracy_settings *accuracy = &problem->info.accuracy;
    const struct {
        const char *kind, *name;
    } files[] = {{"predictors", accuracy->file},
                 {NULL, accuracy->weights},
                 {NULL, accuracy->csv},
                 {NULL, accuracy->teacher_weights},
                 {"penalties", accuracy->penalty}};
    *hash = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (files[i].name[0] != '\0') {
            WEFT_TRY(hash_named(files[i].kind, files[i].name, hash, error));
        }
    }
    return WEFT_OK;
}

static weft_status write_settings(const weft_problem *problem, char **text, size_t *size,
                                  weft_error *error) {
    const weft_problem_info *info = &problem->info;
    FILE *out = open_memstream(text, size);
    if (out == NULL) {
        return weft_fail_memory(error, 4096);
    }
    fprintf(out, "%s %s %s\n", weft_version(), problem->provider, problem->data);
    weft_options_write(WEFT_OPTIONS_ACCURACY, info, out);
    weft_training_write(info, out);
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(*text);
        return weft_fail_memory(error, *size);
    }
    return WEFT_OK;
}

/* A training is told by the section of the problem that asks for it, without what names files: those
 * are told by what is in them, and the cache itself changes nothing. Settings that leave something to the
 * machine, such as `precision: auto`, count as it takes them. */
weft_status weft_problem_accuracy_hash(const weft_problem *problem, const weft_accuracy *accuracy,
                                       uint64_t *hash, weft_error *error) {
    char *text = NULL;
    size_t size = 0;
    uint64_t parts[3] = {0, weft_accuracy_opened(accuracy), weft_accuracy_settled(accuracy)};
    WEFT_TRY(hash_accuracy(problem, &parts[0], error));
    WEFT_TRY(write_settings(problem, &text, &size, error));
    *hash = weft_hash(text, size, weft_hash(parts, sizeof parts, 0));
    free(text);
    return WEFT_OK;
}

/* ---- networks -------------------------------------------------------------------------------- */

/* Of the networks where all genes are held; 0: these cannot be built. */
static weft_status hash_networks(const weft_problem *problem, uint64_t *hash, weft_error *error) {
    weft_gene_table table = weft_space_genes(problem->space);
    double *genome = calloc((size_t)table.n_genes, sizeof *genome);
    if (genome == NULL) {
        return weft_fail_memory(error, (size_t)table.n_genes * sizeof *genome);
    }
    weft_problem_hold(problem, genome);
    weft_genome_canonical(&table, genome);
    *hash = 0;
    for (int n = 0; n < weft_space_n_networks(problem->space); n++) {
        weft_network *network = NULL;
        weft_error ignored;
        if (weft_space_decode(problem->space, genome, n, &network, &ignored) == WEFT_OK) {
            uint64_t one = weft_network_hash(network);
            *hash = weft_hash(&one, sizeof one, *hash);
        }
        weft_network_destroy(network);
    }
    free(genome);
    return WEFT_OK;
}

weft_status weft_problem_inputs(const weft_problem *problem, const weft_accuracy *accuracy,
                                char text[WEFT_INPUTS_TEXT], weft_error *error) {
    uint64_t files = 0;
    uint64_t networks = 0;
    uint64_t opened = 0;
    if (accuracy != NULL) {
        WEFT_TRY(hash_accuracy(problem, &files, error));
        opened = weft_accuracy_opened(accuracy);
    }
    WEFT_TRY(hash_networks(problem, &networks, error));
    snprintf(text, WEFT_INPUTS_TEXT, "accuracy %016llx, networks %016llx, opened %016llx",
             (unsigned long long)files, (unsigned long long)networks, (unsigned long long)opened);
    return WEFT_OK;
}
