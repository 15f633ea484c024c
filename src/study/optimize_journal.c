/* SPDX-License-Identifier: Apache-2.0
 *
 * The journal of a search with a program: the first line says of which problem, each further line is a
 * finished trial, written in one piece and synchronised to the disk before the next one counts. A kill
 * can only cut off the last line: it has no newline, and is cut away. */
#include "study/optimize.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"

/* A journal beyond this is not one of ours. */
static const off_t LARGEST = (off_t)1 << 32;

static weft_status fail_at(weft_journal *journal, int line, weft_error *error) {
    weft_error_file(error, journal->path);
    error->line = line;
    if (error->hint[0] == '\0') {
        weft_hint(error, "give another --journal, or remove that line");
    }
    return error->status;
}

static weft_status write_all(weft_journal *journal, const char *text, weft_error *error) {
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t written = write(journal->descriptor, text, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return weft_fail_errno(error, "the journal cannot be written", journal->path);
        }
        text += written;
        length -= (size_t)written;
    }
    if (fdatasync(journal->descriptor) != 0 && errno != EINVAL && errno != EROFS) {
        return weft_fail_errno(error, "the journal cannot be written", journal->path);
    }
    return WEFT_OK;
}

/* ---- the first line -------------------------------------------------------------------------- */

static weft_status write_header(weft_journal *journal, const char *identity, weft_error *error) {
    weft_json *json = weft_json_create(false);
    if (json == NULL) {
        return weft_fail_memory(error, 1);
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "weft", "optimize/1");
    weft_json_member_text(json, "problem", identity);
    weft_json_object_end(json);
    const char *text = weft_json_get(json, NULL);
    weft_status status = text == NULL ? weft_fail_memory(error, 1)
                                      : write_all(journal, text, error);
    weft_json_destroy(json);
    return status != WEFT_OK ? status : write_all(journal, "\n", error);
}

static weft_status check_header(weft_journal *journal, const char *line, size_t length,
                                const char *identity, weft_error *error) {
    json_error_t problem;
    json_t *root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &problem);
    const char *format = json_string_value(json_object_get(root, "weft"));
    const char *text = json_string_value(json_object_get(root, "problem"));
    weft_status status = WEFT_OK;
    if (format == NULL || text == NULL || strcmp(format, "optimize/1") != 0) {
        weft_fail(error, WEFT_ERROR_STORE, "this is no journal of weft optimize");
        weft_hint(error, "give another --journal");
        status = fail_at(journal, 1, error);
    } else if (strcmp(text, identity) != 0) {
        weft_fail(error, WEFT_ERROR_STORE,
                  "the journal is of another problem: genes, objectives, constraints, search or "
                  "seed differ");
        weft_hint(error, "give another --journal, or remove this one to begin anew");
        status = fail_at(journal, 1, error);
    }
    json_decref(root);
    return status;
}

/* ---- reading --------------------------------------------------------------------------------- */

static weft_status read_text(weft_journal *journal, char **text, size_t *length,
                             weft_error *error) {
    struct stat found;
    *text = NULL;
    if (fstat(journal->descriptor, &found) != 0 || !S_ISREG(found.st_mode) ||
        found.st_size > LARGEST) {
        weft_fail(error, WEFT_ERROR_STORE, "this is no journal of weft optimize");
        weft_hint(error, "give another --journal");
        return fail_at(journal, 0, error);
    }
    char *bytes = malloc((size_t)found.st_size + 1);
    if (bytes == NULL) {
        return weft_fail_memory(error, (size_t)found.st_size);
    }
    *length = 0;
    while (*length < (size_t)found.st_size) {
        ssize_t n = read(journal->descriptor, bytes + *length, (size_t)found.st_size - *length);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            break;
        }
        *length += (size_t)n;
    }
    bytes[*length] = '\0';
    *text = bytes;
    return WEFT_OK;
}

typedef struct reader {
    const weft_optimize *optimize;
    weft_status (*each)(void *context, const weft_optimize_trial *trial, weft_error *error);
    void *context;
    const char *identity;
} reader;

/* The whole lines; *used becomes their bytes. */
static weft_status read_lines(weft_journal *journal, const reader *by, const char *text,
                              size_t length, size_t *used, weft_error *error) {
    weft_gene_table table = weft_space_genes(by->optimize->space);
    double *genome = malloc(((size_t)table.n_genes + 1) * sizeof *genome);
    weft_status status = genome == NULL ? weft_fail_memory(error, sizeof *genome) : WEFT_OK;
    *used = 0;
    for (int line = 1; status == WEFT_OK; line++) {
        const char *begin = text + *used;
        const char *end = memchr(begin, '\n', length - *used);
        if (end == NULL) {
            break;
        }
        weft_optimize_trial trial = {.genome = genome};
        size_t n = (size_t)(end - begin);
        if (line == 1) {
            status = check_header(journal, begin, n, by->identity, error);
        } else {
            status = weft_record_read(by->optimize, begin, n, &trial, error);
            status = status != WEFT_OK ? status : by->each(by->context, &trial, error);
            status = status != WEFT_OK ? fail_at(journal, line, error) : WEFT_OK;
        }
        *used += n + 1;
    }
    free(genome);
    return status;
}

static weft_status take_in(weft_journal *journal, const reader *by, weft_error *error) {
    char *text = NULL;
    size_t length = 0;
    size_t used = 0;
    WEFT_TRY(read_text(journal, &text, &length, error));
    weft_status status = read_lines(journal, by, text, length, &used, error);
    free(text);
    WEFT_TRY(status);
    if (used < length && (ftruncate(journal->descriptor, (off_t)used) != 0 ||
                          lseek(journal->descriptor, (off_t)used, SEEK_SET) < 0)) {
        return weft_fail_errno(error, "the journal cannot be written", journal->path);
    }
    return used == 0 ? write_header(journal, by->identity, error) : WEFT_OK;
}

weft_status weft_journal_open(const weft_optimize *optimize, const char *path,
                              weft_status (*each)(void *context, const weft_optimize_trial *trial,
                                                  weft_error *error),
                              void *context, weft_journal *journal, weft_error *error) {
    reader by = {.optimize = optimize, .each = each, .context = context};
    char *identity = NULL;
    *journal = (weft_journal){.descriptor = -1, .path = path};
    WEFT_TRY(weft_optimize_identity(optimize, &identity, error));
    by.identity = identity;
    weft_status status = weft_lock_take(&journal->lock, path, error);
    if (status != WEFT_OK) {
        free(identity);
        return status;
    }
    journal->descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    status = journal->descriptor < 0 ? weft_fail_errno(error, "the journal cannot be opened", path)
                                     : take_in(journal, &by, error);
    free(identity);
    if (status != WEFT_OK) {
        weft_journal_close(journal);
    }
    return status;
}

void weft_journal_close(weft_journal *journal) {
    if (journal->descriptor >= 0) {
        close(journal->descriptor);
        journal->descriptor = -1;
    }
    weft_lock_release(&journal->lock);
}

weft_status weft_journal_add(weft_journal *journal, const weft_optimize *optimize,
                             const weft_optimize_trial *trial, weft_error *error) {
    char *line = weft_record_write(optimize, trial);
    if (line == NULL) {
        return weft_fail_memory(error, 1);
    }
    weft_status status = write_all(journal, line, error);
    free(line);
    return status;
}
