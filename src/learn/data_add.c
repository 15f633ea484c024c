/* SPDX-License-Identifier: Apache-2.0
 * `weft data add`: checks settings and files, then writes the entry. */
#include "base/utf8.h"
#include "learn/data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool given(const char *text) {
    return text != NULL && text[0] != '\0';
}

/* The catalogue is YAML, which is UTF-8. */
static bool is_utf8(const char *text) {
    size_t left = strlen(text);
    while (left > 0) {
        size_t length = weft_utf8_length(text, left);
        if (length == 0) {
            return false;
        }
        text += length;
        left -= length;
    }
    return true;
}

static weft_status need(const char *value, const char *option, const char *format,
                        weft_error *error) {
    return given(value)
               ? WEFT_OK
               : weft_fail(error, WEFT_ERROR_USAGE, "format %s needs --%s", format, option);
}

static weft_status refuse(const char *value, const char *option, const char *format,
                          weft_error *error) {
    return !given(value) ? WEFT_OK
                         : weft_fail(error, WEFT_ERROR_USAGE,
                                     "format %s takes no --%s: its labels are with the images",
                                     format, option);
}

/* Whether the test set comes from exactly one place. */
static weft_status check_test(const weft_data_add_settings *s, const weft_data_format *format,
                              weft_error *error) {
    bool has_files = given(s->test_images) || given(s->test_labels);
    if (s->test_every < 0 || s->test_every == 1 || s->test_every > 1000000) {
        return weft_fail(error, WEFT_ERROR_USAGE, "test-every is %d, expected 2 .. 1000000",
                         s->test_every);
    }
    if (has_files && s->test_every > 0) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "both a test set and --test-every were given, expected one of them");
    }
    if (!has_files && s->test_every == 0) {
        weft_fail(error, WEFT_ERROR_USAGE, "no test set was given");
        weft_hint(error,
                  "give --test-images%s, or --test-every N to take every N-th image of each "
                  "class for it",
                  format->has_label_files ? " and --test-labels" : "");
        return WEFT_ERROR_USAGE;
    }
    return WEFT_OK;
}

static weft_status check_files(const weft_data_add_settings *s, const weft_data_format *format,
                               weft_error *error) {
    WEFT_TRY(need(s->train_images, "train-images", format->name, error));
    WEFT_TRY(check_test(s, format, error));
    if (!format->has_label_files) {
        WEFT_TRY(refuse(s->train_labels, "train-labels", format->name, error));
        return refuse(s->test_labels, "test-labels", format->name, error);
    }
    WEFT_TRY(need(s->train_labels, "train-labels", format->name, error));
    if (s->test_every == 0) {
        WEFT_TRY(need(s->test_images, "test-images", format->name, error));
        WEFT_TRY(need(s->test_labels, "test-labels", format->name, error));
    }
    return WEFT_OK;
}

static weft_status check_settings(const weft_data_add_settings *s, weft_error *error) {
    if (s->name == NULL || !weft_data_name_legal(s->name)) {
        weft_fail(error, WEFT_ERROR_USAGE, "\"%.100s\" cannot be the name of a data set",
                  s->name == NULL ? "" : s->name);
        weft_hint(error,
                  "a name has 1 to %d of a-z, 0-9, '-', '_' and starts with a letter or "
                  "digit",
                  WEFT_DATASET_NAME - 1);
        return WEFT_ERROR_USAGE;
    }
    const weft_data_format *format = given(s->format) ? weft_data_format_find(s->format) : NULL;
    if (format == NULL) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "unknown format \"%.50s\", expected one of " WEFT_DATA_FORMATS,
                         given(s->format) ? s->format : "");
    }
    WEFT_TRY(check_files(s, format, error));
    if (s->resize < 0 || s->resize > WEFT_DATA_MAX_SIDE || (s->resize > 0 && !format->is_folder)) {
        return weft_fail(error, WEFT_ERROR_USAGE,
                         "resize is %d, expected 1 .. %d, and only with format folder", s->resize,
                         WEFT_DATA_MAX_SIDE);
    }
    if (s->note != NULL && strlen(s->note) >= sizeof((weft_dataset_info *)0)->note) {
        return weft_fail(error, WEFT_ERROR_USAGE, "the note is longer than %zu characters",
                         sizeof((weft_dataset_info *)0)->note - 1);
    }
    if (s->note != NULL && !is_utf8(s->note)) {
        return weft_fail(error, WEFT_ERROR_USAGE, "the note is not UTF-8");
    }
    if (!s->replace && weft_data_exists(s->name)) {
        weft_fail(error, WEFT_ERROR_INPUT, "there is a data set \"%s\" already", s->name);
        weft_hint(error, "take another name, or give --replace");
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

/* Adds one file under its absolute path. */
static weft_status add_file(weft_data_entry *entry, weft_data_role role, const char *path,
                            weft_error *error) {
    if (entry->n_files == WEFT_DATA_MAX_FILES) {
        return weft_fail(error, WEFT_ERROR_USAGE, "more than %d files", WEFT_DATA_MAX_FILES);
    }
    char *absolute = realpath(path, NULL);
    if (absolute == NULL) {
        return weft_fail_errno(error, "cannot read the file", path);
    }
    weft_data_file *file = &entry->files[entry->n_files++];
    file->role = role;
    int length = snprintf(file->path, sizeof file->path, "%s", absolute);
    free(absolute);
    if (length < 0 || length >= (int)sizeof file->path) {
        weft_fail(error, WEFT_ERROR_INPUT, "the path is longer than %d characters",
                  WEFT_DATA_PATH - 1);
        weft_error_file(error, path);
        return WEFT_ERROR_INPUT;
    }
    if (!is_utf8(file->path)) {
        weft_fail(error, WEFT_ERROR_INPUT, "the path is not UTF-8, which the catalogue needs");
        weft_error_file(error, path);
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

/* Adds the files of a role: one, or several joined by ','. */
static weft_status add_files(weft_data_entry *entry, weft_data_role role, const char *paths,
                             bool takes_list, weft_error *error) {
    if (!given(paths)) {
        return WEFT_OK;
    }
    if (!takes_list) {
        return add_file(entry, role, paths, error);
    }
    for (const char *from = paths; from != NULL;) {
        const char *comma = strchr(from, ',');
        size_t length = comma == NULL ? strlen(from) : (size_t)(comma - from);
        char path[WEFT_DATA_PATH];
        if (length == 0 || length >= sizeof path) {
            return weft_fail(error, WEFT_ERROR_USAGE,
                             "the list \"%.200s\" has an empty or too long path, expected files "
                             "joined by ','",
                             paths);
        }
        memcpy(path, from, length);
        path[length] = '\0';
        WEFT_TRY(add_file(entry, role, path, error));
        from = comma == NULL ? NULL : comma + 1;
    }
    return WEFT_OK;
}

static weft_status fill_entry(const weft_data_add_settings *s, weft_data_entry *entry,
                              weft_error *error) {
    const weft_data_format *format = weft_data_format_find(s->format);
    snprintf(entry->info.name, sizeof entry->info.name, "%s", s->name);
    snprintf(entry->info.format, sizeof entry->info.format, "%s", s->format);
    snprintf(entry->info.note, sizeof entry->info.note, "%s", s->note == NULL ? "" : s->note);
    entry->test_every = s->test_every;
    entry->resize = s->resize;
    const char *const paths[WEFT_DATA_ROLE_COUNT] = {
        [WEFT_DATA_TRAIN_IMAGES] = s->train_images,
        [WEFT_DATA_TRAIN_LABELS] = s->train_labels,
        [WEFT_DATA_TEST_IMAGES] = s->test_images,
        [WEFT_DATA_TEST_LABELS] = s->test_labels,
    };
    for (int role = 0; role < WEFT_DATA_ROLE_COUNT; role++) {
        WEFT_TRY(add_files(entry, (weft_data_role)role, paths[role], format->takes_list, error));
    }
    return WEFT_OK;
}

static weft_status add_entry(const weft_data_add_settings *settings, weft_data_entry *entry,
                             weft_error *error) {
    char folder[WEFT_DATA_PATH - WEFT_DATASET_NAME - 8]; /* room for "/NAME.yaml" */
    WEFT_TRY(weft_data_folder(folder, sizeof folder, error));
    WEFT_TRY(fill_entry(settings, entry, error));
    weft_dataset *dataset;
    WEFT_TRY(weft_data_load(entry, &dataset, error));
    weft_dataset_close(dataset);
    return weft_data_entry_write(entry, folder, error);
}

weft_status weft_data_add(const weft_data_add_settings *settings, weft_dataset_info *info,
                          weft_error *error) {
    WEFT_TRY(check_settings(settings, error));
    weft_data_entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL) {
        return weft_fail_memory(error, sizeof *entry);
    }
    weft_status status = add_entry(settings, entry, error);
    if (status == WEFT_OK) {
        *info = entry->info;
    }
    free(entry);
    return status;
}
