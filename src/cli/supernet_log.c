/* SPDX-License-Identifier: Apache-2.0
 * The log of a supernet's training: a line of JSON an epoch. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/save.h"
#include "cli/supernet.h"

/* A whole number of a line that this file wrote; 0: it is none. */
static long long number_of(const char *line, const char *key) {
    const char *at = strstr(line, key);
    return at == NULL ? 0 : strtoll(at + strlen(key), NULL, 10);
}

/* Whether a line tells of an epoch before `now` of the same training, which had fewer steps behind it
 * then. Before the first epoch there is none. */
static bool is_before(const char *line, const weft_supernet_epoch *now) {
    long long epoch = number_of(line, "\"epoch\":"), step = number_of(line, "\"step\":");
    return epoch > 0 && epoch < now->epoch && step > 0 && step < now->step;
}

static weft_status fail_log(const supernet_log *log, weft_error *error) {
    return weft_fail_errno(error, "cannot write the log", log->path);
}

/* Whole lines of epochs before `now`, as they are, in *text, which the caller frees. */
static weft_status read_kept(const supernet_log *log, const weft_supernet_epoch *now, char **text,
                             size_t *size, weft_error *error) {
    FILE *file = fopen(log->path, "re");
    FILE *kept = open_memstream(text, size);
    if (kept == NULL) {
        if (file != NULL) {
            fclose(file);
        }
        return weft_fail_memory(error, BUFSIZ);
    }
    char *line = NULL;
    size_t room = 0;
    ssize_t length = 0;
    while (file != NULL && (length = getline(&line, &room, file)) > 0) {
        if (line[length - 1] == '\n' && is_before(line, now)) {
            fputs(line, kept);
        }
    }
    free(line);
    if (file != NULL) {
        fclose(file);
    }
    return fclose(kept) == 0 ? WEFT_OK : weft_fail_memory(error, *size);
}

/* In the place of what was there, or not at all. */
static weft_status write_kept(const supernet_log *log, const char *text, size_t size,
                              weft_error *error) {
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(log->path, '/');
    if (slash != NULL) {
        snprintf(folder, sizeof folder, "%.*s", slash == log->path ? 1 : (int)(slash - log->path),
                 log->path);
    }
    return weft_save_file(folder, slash != NULL ? slash + 1 : log->path, text, size, error);
}

/* What is left of the training up to this epoch. */
static weft_status begin(supernet_log *log, const weft_supernet_epoch *now, weft_error *error) {
    char *text = NULL;
    size_t size = 0;
    weft_status status = read_kept(log, now, &text, &size, error);
    if (status == WEFT_OK) {
        status = write_kept(log, text, size, error);
    }
    free(text);
    log->begun = status == WEFT_OK;
    return status;
}

static weft_status write_line(const supernet_log *log, const char *text, weft_error *error) {
    FILE *file = fopen(log->path, "ae");
    if (file == NULL) {
        return fail_log(log, error);
    }
    bool written = fprintf(file, "%s\n", text) > 0;
    return fclose(file) == 0 && written ? WEFT_OK : fail_log(log, error);
}

weft_status supernet_log_add(supernet_log *log, const weft_supernet_epoch *epoch,
                             weft_error *error) {
    if (log->path == NULL) {
        return WEFT_OK;
    }
    if (!log->begun) {
        WEFT_TRY(begin(log, epoch, error));
    }
    weft_json *json = weft_json_create(false);
    if (json == NULL) {
        return weft_fail_memory(error, BUFSIZ);
    }
    weft_json_object_begin(json);
    weft_json_member_integer(json, "epoch", epoch->epoch);
    weft_json_member_integer(json, "step", epoch->step);
    weft_json_member_integer(json, "networks", epoch->networks);
    weft_json_member_integer(json, "phase", epoch->second_phase ? 2 : 1);
    weft_json_member_real(json, "loss", epoch->loss);
    supernet_cosines_json(json, "cosines", epoch->cosines);
    weft_json_object_end(json);
    size_t length = 0;
    const char *text = weft_json_get(json, &length);
    weft_status status = text == NULL ? weft_fail_memory(error, BUFSIZ)
                                      : write_line(log, text, error);
    weft_json_destroy(json);
    return status;
}
