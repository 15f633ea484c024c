/* SPDX-License-Identifier: Apache-2.0
 * See safetensors.h. The checksum is XXH3 of the data, seeded with XXH3 of the header in which the
 * checksum's own digits are 0. JSON is YAML: the header is read with the reader of all our files. */
#include "learn/safetensors.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "base/save.h"

enum { LENGTH_BYTES = 8, ALIGNMENT = 8, MOST_HEADER = 1 << 22, DIGITS = 16 };

static const char METADATA[] = "__metadata__", CHECKSUM[] = "weft_xxh3";

/* Values are copied as they lie in memory. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "safetensors files are little endian");

static const char *const words[] = {
#define WORD(name, word, bytes) word,
    WEFT_BUNDLE_KIND_MAP(WORD)
#undef WORD
};

static const size_t value_bytes[] = {
#define BYTES(name, word, bytes) bytes,
    WEFT_BUNDLE_KIND_MAP(BYTES)
#undef BYTES
};

const char *weft_bundle_word(weft_bundle_kind kind) {
    return words[kind];
}

size_t weft_bundle_value_bytes(weft_bundle_kind kind) {
    return value_bytes[kind];
}

/* ---- the checksum ---------------------------------------------------------------------------- */

/* Where the digits lie in a header that we wrote; NULL: nowhere. A quote within a text is escaped, so
 * no text can look like this. */
static char *find_digits(char *header, size_t length) {
    char before[32];
    int n = snprintf(before, sizeof before, "\"%s\":\"", CHECKSUM);
    char *found = memmem(header, length, before, (size_t)n);
    return found != NULL && (size_t)(header + length - found) >= (size_t)n + DIGITS ? found + n
                                                                                    : NULL;
}

/* Of a header whose digits are 0. */
static void sum_up(const char *header, size_t length, const uint8_t *data, size_t size,
                   char digits[DIGITS + 1]) {
    uint64_t sum = weft_hash(data, size, weft_hash(header, length, 0));
    snprintf(digits, DIGITS + 1, "%016llx", (unsigned long long)sum);
}

static weft_status check_sum(const uint8_t *header, size_t length, const uint8_t *data, size_t size,
                             const char *expected, weft_error *error) {
    char *copy = malloc(length + 1);
    if (copy == NULL) {
        return weft_fail_memory(error, length + 1);
    }
    memcpy(copy, header, length);
    char *digits = find_digits(copy, length);
    char found[DIGITS + 1] = "none";
    if (digits != NULL) {
        memset(digits, '0', DIGITS);
        sum_up(copy, length, data, size, found);
    }
    free(copy);
    if (strcmp(found, expected) == 0) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_INPUT,
              "the file is damaged: the checksum of its contents is %s, it says %.40s", found,
              expected);
    weft_hint(error, "restore the file from where it came from, or make it again");
    return WEFT_ERROR_INPUT;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The part of the data that an array takes. */
typedef struct extent {
    uint64_t begin, end;
    const char *name;
} extent;

static weft_status read_whole_numbers(weft_map *map, const char *key, int most, int64_t *numbers,
                                      int *n, weft_error *error) {
    const weft_node *node = NULL;
    WEFT_TRY(weft_map_node(map, key, WEFT_REQUIRED, &node, error));
    *n = weft_node_is_sequence(node) ? weft_sequence_length(node) : -1;
    if (*n < 0 || *n > most) {
        return weft_node_fail(map->doc, node, error, WEFT_ERROR_INPUT,
                              "expected a list of at most %d whole numbers", most);
    }
    for (int i = 0; i < *n; i++) {
        WEFT_TRY(weft_node_integer(map->doc, weft_sequence_at(node, i), 0, INT64_MAX / 2,
                                   &numbers[i], error));
    }
    return WEFT_OK;
}

/* Multiplies the dims into n; false where one is 0 or the values would take more than `size`. */
static bool count_values(weft_bundle_array *array, size_t size) {
    const size_t most = size / value_bytes[array->kind];
    array->n = 1;
    for (int i = 0; i < array->n_dims; i++) {
        if (array->dims[i] < 1 || (uint64_t)array->dims[i] > most / array->n) {
            return false;
        }
        array->n *= (size_t)array->dims[i];
    }
    return array->n <= most;
}

static weft_status read_array(const weft_doc *doc, const weft_node *node, const uint8_t *data,
                              size_t size, weft_bundle_array *array, extent *taken,
                              weft_error *error) {
    int64_t offset[2] = {0, 0};
    int n = 0, kind = 0;
    weft_map map;
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(weft_map_choice(&map, "dtype", WEFT_REQUIRED, words, WEFT_BUNDLE_KINDS, &kind, error));
    WEFT_TRY(read_whole_numbers(&map, "shape", WEFT_BUNDLE_MAX_DIMS, array->dims, &array->n_dims,
                                error));
    WEFT_TRY(read_whole_numbers(&map, "data_offsets", 2, offset, &n, error));
    WEFT_TRY(weft_map_end(&map, error));
    array->kind = (weft_bundle_kind)kind;
    if (n == 2 && (uint64_t)offset[1] > size) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the file is truncated: array \"%s\" ends at byte %lld of the data, which "
                         "has %zu",
                         array->name, (long long)offset[1], size);
    }
    if (n != 2 || offset[0] > offset[1] || !count_values(array, size) ||
        (uint64_t)(offset[1] - offset[0]) != array->n * value_bytes[kind]) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "the offsets of array \"%s\" are not those of its shape",
                              array->name);
    }
    array->values = data + offset[0];
    *taken = (extent){(uint64_t)offset[0], (uint64_t)offset[1], array->name};
    return WEFT_OK;
}

static weft_status read_texts(const weft_doc *doc, const weft_node *node, weft_bundle *bundle,
                              weft_error *error) {
    if (!weft_node_is_mapping(node)) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT, "expected texts by name");
    }
    int n = weft_mapping_length(node);
    bundle->texts = calloc((size_t)n + 1, sizeof *bundle->texts);
    if (bundle->texts == NULL) {
        return weft_fail_memory(error, ((size_t)n + 1) * sizeof *bundle->texts);
    }
    for (; bundle->n_texts < n; bundle->n_texts++) {
        weft_bundle_text *text = &bundle->texts[bundle->n_texts];
        const weft_node *value = NULL;
        WEFT_TRY(weft_mapping_at(doc, node, bundle->n_texts, &text->key, &value, error));
        WEFT_TRY(weft_node_text(doc, value, &text->value, error));
    }
    return WEFT_OK;
}

static int by_begin(const void *a, const void *b) {
    const extent *x = a, *y = b;
    return (x->begin > y->begin) - (x->begin < y->begin);
}

/* The arrays lie one behind the other and are all that there is. */
static weft_status check_extents(extent *taken, int n, size_t size, weft_error *error) {
    uint64_t end = 0;
    qsort(taken, (size_t)n, sizeof *taken, by_begin);
    for (int i = 0; i < n; i++) {
        if (taken[i].begin != end) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "the file is damaged: array \"%s\" begins at byte %llu of the data, "
                             "where the one before it ends at %llu",
                             taken[i].name, (unsigned long long)taken[i].begin,
                             (unsigned long long)end);
        }
        end = taken[i].end;
    }
    if (end != size) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the file is damaged: its arrays take %llu bytes, the data has %zu",
                         (unsigned long long)end, size);
    }
    return WEFT_OK;
}

static weft_status read_entries(const uint8_t *data, size_t size, weft_bundle *bundle,
                                extent *taken, weft_error *error) {
    const weft_doc *doc = bundle->header;
    const weft_node *root = weft_doc_root(doc);
    for (int i = 0; i < weft_mapping_length(root); i++) {
        const char *name = NULL;
        const weft_node *node = NULL;
        WEFT_TRY(weft_mapping_at(doc, root, i, &name, &node, error));
        if (strcmp(name, METADATA) == 0) {
            WEFT_TRY(read_texts(doc, node, bundle, error));
        } else {
            weft_bundle_array *array = &bundle->arrays[bundle->n_arrays];
            array->name = name;
            WEFT_TRY(read_array(doc, node, data, size, array, &taken[bundle->n_arrays], error));
            bundle->n_arrays++;
        }
    }
    return check_extents(taken, bundle->n_arrays, size, error);
}

static weft_status read_header(const uint8_t *data, size_t size, weft_bundle *bundle,
                               weft_error *error) {
    const weft_node *root = weft_doc_root(bundle->header);
    if (!weft_node_is_mapping(root)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "the safetensors header is no JSON object");
    }
    const size_t n = (size_t)weft_mapping_length(root);
    if (n > WEFT_BUNDLE_MAX_ARRAYS) {
        return weft_fail(error, WEFT_ERROR_INPUT, "more than %d arrays", WEFT_BUNDLE_MAX_ARRAYS);
    }
    bundle->arrays = calloc(n + 1, sizeof *bundle->arrays);
    extent *taken = calloc(n + 1, sizeof *taken);
    weft_status status = bundle->arrays == NULL || taken == NULL
                             ? weft_fail_memory(error, (n + 1) * sizeof *bundle->arrays)
                             : read_entries(data, size, bundle, taken, error);
    free(taken);
    return status;
}

static weft_status read_bytes(const uint8_t *bytes, size_t size, weft_bundle *bundle,
                              weft_error *error) {
    uint64_t length = 0;
    if (size >= LENGTH_BYTES) {
        memcpy(&length, bytes, LENGTH_BYTES);
    }
    if (size < LENGTH_BYTES || length > size - LENGTH_BYTES) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the file is truncated or no safetensors file: its header does not end");
    }
    if (length > MOST_HEADER) {
        return weft_fail(error, WEFT_ERROR_INPUT, "the safetensors header is larger than 4 MiB");
    }
    const uint8_t *header = bytes + LENGTH_BYTES, *data = header + length;
    const size_t rest = size - LENGTH_BYTES - (size_t)length;
    WEFT_TRY(weft_doc_parse((const char *)header, (size_t)length, "safetensors header",
                            &bundle->header, error));
    WEFT_TRY(read_header(data, rest, bundle, error));
    const char *expected = weft_bundle_get_text(bundle, CHECKSUM);
    if (expected == NULL) {
        return WEFT_OK;
    }
    bundle->has_checksum = true;
    return check_sum(header, (size_t)length, data, rest, expected, error);
}

weft_status weft_bundle_parse(const uint8_t *bytes, size_t size, weft_bundle *bundle,
                              weft_error *error) {
    weft_bundle read = {0};
    weft_status status = read_bytes(bytes, size, &read, error);
    if (status != WEFT_OK) {
        weft_bundle_destroy(&read);
        return status;
    }
    *bundle = read;
    return WEFT_OK;
}

void weft_bundle_destroy(weft_bundle *bundle) {
    if (bundle != NULL) {
        free(bundle->arrays);
        free(bundle->texts);
        weft_doc_destroy(bundle->header);
        *bundle = (weft_bundle){0};
    }
}

const weft_bundle_array *weft_bundle_find(const weft_bundle *bundle, const char *name) {
    for (int i = 0; i < bundle->n_arrays; i++) {
        if (strcmp(bundle->arrays[i].name, name) == 0) {
            return &bundle->arrays[i];
        }
    }
    return NULL;
}

const char *weft_bundle_get_text(const weft_bundle *bundle, const char *key) {
    for (int i = 0; i < bundle->n_texts; i++) {
        if (strcmp(bundle->texts[i].key, key) == 0) {
            return bundle->texts[i].value;
        }
    }
    return NULL;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void write_texts(weft_json *json, const weft_bundle_text *texts, int n) {
    static const char zeros[] = "0000000000000000";
    weft_json_key(json, METADATA);
    weft_json_object_begin(json);
    weft_json_member_text(json, CHECKSUM, zeros);
    for (int i = 0; i < n; i++) {
        /* Who writes again what was read gets a sum of its own. */
        if (strcmp(texts[i].key, CHECKSUM) != 0) {
            weft_json_member_text(json, texts[i].key, texts[i].value);
        }
    }
    weft_json_object_end(json);
}

static void write_entry(weft_json *json, const weft_bundle_array *array, size_t begin, size_t end) {
    weft_json_key(json, array->name);
    weft_json_object_begin(json);
    weft_json_member_text(json, "dtype", words[array->kind]);
    weft_json_key(json, "shape");
    weft_json_array_begin(json);
    for (int d = 0; d < array->n_dims; d++) {
        weft_json_integer(json, array->dims[d]);
    }
    weft_json_array_end(json);
    weft_json_key(json, "data_offsets");
    weft_json_array_begin(json);
    weft_json_integer(json, (int64_t)begin);
    weft_json_integer(json, (int64_t)end);
    weft_json_array_end(json);
    weft_json_object_end(json);
}

/* Wide values first, so that all lie at multiples of their size. Header (json) or data (bytes): the
 * order is told once. Returns the bytes of the data. */
static size_t lay_out(const weft_bundle_array *arrays, int n, weft_json *json, uint8_t *data) {
    size_t at = 0;
    for (size_t width = ALIGNMENT; width > 0; width /= 2) {
        for (int i = 0; i < n; i++) {
            size_t size = arrays[i].n * value_bytes[arrays[i].kind];
            if (value_bytes[arrays[i].kind] != width) {
                continue;
            }
            if (json != NULL) {
                write_entry(json, &arrays[i], at, at + size);
            }
            if (data != NULL) {
                memcpy(data + at, arrays[i].values, size);
            }
            at += size;
        }
    }
    return at;
}

static weft_status put_together(const weft_bundle_array *arrays, int n, const char *header,
                                size_t length, size_t data_size, uint8_t **bytes, size_t *size,
                                weft_error *error) {
    const uint64_t padded = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (padded > MOST_HEADER) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "names, shapes and texts take %zu bytes, at most 4 MiB", length);
    }
    const size_t whole = LENGTH_BYTES + (size_t)padded + data_size;
    uint8_t *made = malloc(whole);
    if (made == NULL) {
        return weft_fail_memory(error, whole);
    }
    char *text = (char *)made + LENGTH_BYTES;
    char digits[DIGITS + 1];
    memcpy(made, &padded, LENGTH_BYTES);
    memset(text, ' ', padded);
    memcpy(text, header, length);
    lay_out(arrays, n, NULL, made + LENGTH_BYTES + padded);
    sum_up(text, padded, made + LENGTH_BYTES + padded, data_size, digits);
    memcpy(find_digits(text, padded), digits, DIGITS);
    *bytes = made;
    *size = whole;
    return WEFT_OK;
}

weft_status weft_bundle_write(const weft_bundle_array *arrays, int n_arrays,
                              const weft_bundle_text *texts, int n_texts, uint8_t **bytes,
                              size_t *size, weft_error *error) {
    weft_json *json = weft_json_create(false);
    if (json == NULL) {
        return weft_fail_memory(error, 4096);
    }
    weft_json_object_begin(json);
    write_texts(json, texts, n_texts);
    size_t data_size = lay_out(arrays, n_arrays, json, NULL);
    weft_json_object_end(json);
    size_t length = 0;
    const char *header = weft_json_get(json, &length);
    weft_status status = header == NULL ? weft_fail_memory(error, length)
                                        : put_together(arrays, n_arrays, header, length, data_size,
                                                       bytes, size, error);
    weft_json_destroy(json);
    return status;
}

weft_status weft_bundle_save(const char *path, const uint8_t *bytes, size_t size,
                             weft_error *error) {
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    if (slash != NULL) {
        int length = slash == path ? 1 : (int)(slash - path);
        if (length >= PATH_MAX) {
            return weft_fail(error, WEFT_ERROR_IO, "the name of the folder is too long");
        }
        snprintf(folder, sizeof folder, "%.*s", length, path);
    }
    return weft_save_file(folder, slash != NULL ? slash + 1 : path, (const char *)bytes, size,
                          error);
}
