/* SPDX-License-Identifier: Apache-2.0
 *
 * Catalogue entries as YAML: what docs/reference/data.md describes under "The entry file". */
#include "base/doc.h"
#include "base/save.h"
#include "learn/data.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRY_VERSION = 1 };

static const char *const role_words[WEFT_DATA_ROLE_COUNT] = {
#define WEFT_DATA_ROLE_WORD(name, word) [name] = (word),
    WEFT_DATA_ROLE_MAP(WEFT_DATA_ROLE_WORD)
#undef WEFT_DATA_ROLE_WORD
};

const char *weft_data_role_word(weft_data_role role) {
    return role_words[role];
}

/* ---- reading --------------------------------------------------------------------------------- */

static weft_status read_integer(weft_map *map, const char *key, int64_t lower, int64_t upper,
                                int *value, weft_error *error) {
    int64_t number = *value;
    WEFT_TRY(weft_map_integer(map, key, WEFT_REQUIRED, lower, upper, &number, error));
    *value = (int)number;
    return WEFT_OK;
}

/* Copies a text that must fit, with its place in the error otherwise. */
static weft_status read_text(weft_map *map, const char *key, weft_need need, char *buffer,
                             size_t size, weft_error *error) {
    const weft_node *node;
    WEFT_TRY(weft_map_node(map, key, need, &node, error));
    if (node == NULL) {
        return WEFT_OK;
    }
    const char *text;
    WEFT_TRY(weft_node_text(map->doc, node, &text, error));
    if (strlen(text) >= size) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "%s is longer than %zu characters", key, size - 1);
    }
    memcpy(buffer, text, strlen(text) + 1);
    return WEFT_OK;
}

static bool is_sum(const char *text) {
    return strlen(text) == WEFT_SHA256_TEXT - 1 &&
           strspn(text, "0123456789abcdef") == WEFT_SHA256_TEXT - 1;
}

static weft_status read_file(const weft_doc *doc, const weft_node *node, weft_data_file *file,
                             weft_error *error) {
    weft_map map;
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    int role = 0;
    WEFT_TRY(weft_map_choice(&map, "role", WEFT_REQUIRED, role_words, WEFT_DATA_ROLE_COUNT, &role,
                             error));
    file->role = (weft_data_role)role;
    WEFT_TRY(read_text(&map, "path", WEFT_REQUIRED, file->path, sizeof file->path, error));
    WEFT_TRY(read_text(&map, "sha256", WEFT_REQUIRED, file->sha256, sizeof file->sha256, error));
    WEFT_TRY(weft_map_end(&map, error));
    if (file->path[0] != '/') {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "path \"%.200s\" is relative, expected one that starts with '/'",
                              file->path);
    }
    if (!is_sum(file->sha256)) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "sha256 is \"%s\", expected 64 hexadecimal digits (0-9, a-f)",
                              file->sha256);
    }
    return WEFT_OK;
}

static weft_status read_files(weft_map *map, weft_data_entry *entry, weft_error *error) {
    const weft_node *list;
    WEFT_TRY(weft_map_node(map, "files", WEFT_REQUIRED, &list, error));
    if (!weft_node_is_sequence(list) || weft_sequence_length(list) < 1 ||
        weft_sequence_length(list) > WEFT_DATA_MAX_FILES) {
        return weft_node_fail(map->doc, list, error, WEFT_ERROR_INPUT,
                              "files is not a list of 1 to %d files", WEFT_DATA_MAX_FILES);
    }
    for (int i = 0; i < weft_sequence_length(list); i++) {
        WEFT_TRY(read_file(map->doc, weft_sequence_at(list, i), &entry->files[i], error));
        entry->n_files = i + 1;
    }
    return WEFT_OK;
}

/* Each role as often as the format has it, and a test set from exactly one source. */
static weft_status check_roles(const weft_doc *doc, const weft_data_entry *entry,
                               weft_error *error) {
    const weft_data_format *format = weft_data_format_find(entry->info.format);
    int found[WEFT_DATA_ROLE_COUNT] = {0};
    for (int i = 0; i < entry->n_files; i++) {
        found[entry->files[i].role]++;
    }
    const bool has_test = entry->test_every == 0;
    const int expected[WEFT_DATA_ROLE_COUNT] = {
        [WEFT_DATA_TRAIN_IMAGES] = 1,
        [WEFT_DATA_TRAIN_LABELS] = format->has_label_files,
        [WEFT_DATA_TEST_IMAGES] = has_test,
        [WEFT_DATA_TEST_LABELS] = has_test && format->has_label_files,
    };
    for (int role = 0; role < WEFT_DATA_ROLE_COUNT; role++) {
        bool many = format->takes_list && expected[role] == 1 && found[role] > 1;
        if (found[role] != expected[role] && !many) {
            return weft_node_fail(doc, weft_doc_root(doc), error, WEFT_ERROR_INPUT,
                                  "%d files of role %s, expected %d (format %s, test_every %d)",
                                  found[role], role_words[role], expected[role], entry->info.format,
                                  entry->test_every);
        }
    }
    return WEFT_OK;
}

static weft_status read_numbers(weft_map *map, weft_data_entry *entry, weft_error *error) {
    weft_dataset_info *info = &entry->info;
    weft_shape *shape = &info->shape;
    WEFT_TRY(read_integer(map, "channels", 1, WEFT_DATASET_MAX_CHANNELS, &shape->channels, error));
    WEFT_TRY(read_integer(map, "height", 1, WEFT_DATA_MAX_SIDE, &shape->height, error));
    WEFT_TRY(read_integer(map, "width", 1, WEFT_DATA_MAX_SIDE, &shape->width, error));
    WEFT_TRY(read_integer(map, "classes", 2, WEFT_DATA_MAX_CLASSES, &info->classes, error));
    WEFT_TRY(weft_map_integer(map, "train_images", WEFT_REQUIRED, 1, UINT32_MAX,
                              &info->train_images, error));
    WEFT_TRY(weft_map_integer(map, "test_images", WEFT_REQUIRED, 1, UINT32_MAX, &info->test_images,
                              error));
    int64_t every = 0;
    int64_t resize = 0;
    WEFT_TRY(weft_map_integer(map, "test_every", WEFT_OPTIONAL, 0, 1000000, &every, error));
    WEFT_TRY(weft_map_integer(map, "resize", WEFT_OPTIONAL, 0, WEFT_DATA_MAX_SIDE, &resize, error));
    entry->test_every = (int)every;
    entry->resize = (int)resize;
    return WEFT_OK;
}

static weft_status read_entry(const weft_doc *doc, weft_data_entry *entry, weft_error *error) {
    weft_map map;
    WEFT_TRY(weft_map_begin(doc, weft_doc_root(doc), &map, error));
    const weft_node *node;
    int64_t version;
    WEFT_TRY(weft_map_node(&map, "version", WEFT_REQUIRED, &node, error));
    WEFT_TRY(weft_node_integer(doc, node, 1, INT32_MAX, &version, error));
    if (version > ENTRY_VERSION) {
        weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                       "an entry of version %" PRId64 ", this Weft reads version %d", version,
                       ENTRY_VERSION);
        weft_hint(error, "a newer Weft wrote it: use that one, or add the set again");
        return WEFT_ERROR_INPUT;
    }
    WEFT_TRY(weft_map_node(&map, "format", WEFT_REQUIRED, &node, error));
    const char *format;
    WEFT_TRY(weft_node_text(doc, node, &format, error));
    if (weft_data_format_find(format) == NULL) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "unknown format \"%.100s\", expected one of " WEFT_DATA_FORMATS,
                              format);
    }
    snprintf(entry->info.format, sizeof entry->info.format, "%s", format);
    WEFT_TRY(read_numbers(&map, entry, error));
    WEFT_TRY(
        read_text(&map, "note", WEFT_OPTIONAL, entry->info.note, sizeof entry->info.note, error));
    WEFT_TRY(read_files(&map, entry, error));
    WEFT_TRY(weft_map_end(&map, error));
    return check_roles(doc, entry, error);
}

weft_status weft_data_entry_parse(const char *text, size_t length, const char *path,
                                  weft_data_entry *entry, weft_error *error) {
    weft_doc *doc;
    WEFT_TRY(weft_doc_parse(text, length, path, &doc, error));
    memset(entry, 0, sizeof *entry);
    weft_status status = read_entry(doc, entry, error);
    weft_doc_destroy(doc);
    return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void write_text(FILE *file, const weft_data_entry *entry) {
    const weft_dataset_info *info = &entry->info;
    fprintf(file, "# A data set of Weft's catalogue, written by `weft data add`.\n");
    fprintf(file, "version: %d\nformat: %s\n", ENTRY_VERSION, info->format);
    fprintf(file, "channels: %" PRId32 "\nheight: %" PRId32 "\nwidth: %" PRId32 "\n",
            info->shape.channels, info->shape.height, info->shape.width);
    fprintf(file, "classes: %d\n", info->classes);
    fprintf(file, "train_images: %" PRId64 "\ntest_images: %" PRId64 "\n", info->train_images,
            info->test_images);
    fprintf(file, "test_every: %d\nresize: %d\nnote: ", entry->test_every, entry->resize);
    weft_text_emit(info->note, file);
    fprintf(file, "\n# sha256: of the unpacked contents\nfiles:\n");
    for (int i = 0; i < entry->n_files; i++) {
        fprintf(file, "  - role: %s\n    path: ", role_words[entry->files[i].role]);
        weft_text_emit(entry->files[i].path, file);
        fprintf(file, "\n    sha256: \"%s\"\n", entry->files[i].sha256);
    }
}

/* Makes a folder and those above it. */
static weft_status make_folders(const char *folder, weft_error *error) {
    char path[WEFT_DATA_PATH];
    if (snprintf(path, sizeof path, "%s", folder) >= (int)sizeof path) {
        return weft_fail(error, WEFT_ERROR_IO, "the path of the catalogue is too long");
    }
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        WEFT_TRY(weft_save_folder(path, error));
        *slash = '/';
    }
    return weft_save_folder(path, error);
}

static weft_status entry_text(const weft_data_entry *entry, char **text, size_t *size,
                              weft_error *error) {
    FILE *file = open_memstream(text, size);
    if (file == NULL) {
        return weft_fail_memory(error, 4096);
    }
    write_text(file, entry);
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed) {
        free(*text);
        return weft_fail_memory(error, *size);
    }
    return WEFT_OK;
}

weft_status weft_data_entry_write(const weft_data_entry *entry, const char *folder,
                                  weft_error *error) {
    char *text = NULL;
    size_t size = 0;
    char name[WEFT_DATASET_NAME + 8];
    snprintf(name, sizeof name, "%s.yaml", entry->info.name);
    WEFT_TRY(entry_text(entry, &text, &size, error));
    weft_status status = make_folders(folder, error);
    if (status == WEFT_OK) {
        status = weft_save_file(folder, name, text, size, error);
    }
    free(text);
    if (status == WEFT_ERROR_IO) {
        weft_hint(error, "set WEFT_DATA to a folder that can be written");
    }
    return status;
}
