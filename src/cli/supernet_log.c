/* SPDX-License-Identifier: Apache-2.0
 * The log of a supernet's training: a line of JSON an epoch. */
#include <stdlib.h>
#include <string.h>

#include "base/save.h"
#include "cli/supernet.h"

/* The step of a line that this file wrote; 0: it is none. */
static long long step_of(const char *line) {
    static const char key[] = "\"step\":";
    const char *at = strstr(line, key);
    return at == NULL ? 0 : strtoll(at + sizeof key - 1, NULL, 10);
}

static weft_status fail_log(const supernet_log *log, weft_error *error) {
    return weft_fail_errno(error, "cannot write the log", log->path);
}

/* Whole lines of steps before `step`, as they are, in *text, which the caller frees. */
static weft_status read_kept(const supernet_log *log, int64_t step, char **text, size_t *size,
                             weft_error *error) {
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
        long long of = step_of(line);
        if (line[length - 1] == '\n' && of > 0 && of < step) {
            fputs(line, kept);
        }
    }
    free(line);
    if (file != NULL) {
        fclose(file);
    }
    return fclose(kept) == 0 ? WEFT_OK : weft_fail_memory(error, *size);
}

/* What is left of an earlier training up to this epoch. */
static weft_status begin(supernet_log *log, int64_t step, weft_error *error) {
    char *text = NULL;
    size_t size = 0;
    weft_status status = read_kept(log, step, &text, &size, error);
    if (status == WEFT_OK) {
        FILE *file = fopen(log->path, "we");
        bool written = file != NULL && fwrite(text, 1, size, file) == size;
        written = (file == NULL || fclose(file) == 0) && written;
        status = written ? WEFT_OK : fail_log(log, error);
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
        WEFT_TRY(begin(log, epoch->step, error));
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
