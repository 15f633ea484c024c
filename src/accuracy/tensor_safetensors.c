/* SPDX-License-Identifier: Apache-2.0
 * The safetensors format: 8 bytes with the length of the header (little endian), the header, a
 * JSON object {"name": {"dtype", "shape", "data_offsets": [begin, end]}, "__metadata__": {...}},
 * then the data, as many bytes as all arrays have. */
#include "accuracy/tensor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/json.h"

/* JSON is YAML: the header is read with the reader of all our files. */
enum { LENGTH_BYTES = 8, MOST_HEADER = 1 << 22 };

static weft_status read_kind(weft_map *map, weft_real_kind *kind, weft_error *error) {
    static const char *const words[] = {"F16", "BF16", "F32", "F64"};
    static const weft_real_kind kinds[] = {WEFT_REAL_16, WEFT_REAL_BRAIN_16, WEFT_REAL_32,
                                           WEFT_REAL_64};
    int choice = 0;
    WEFT_TRY(weft_map_choice(map, "dtype", WEFT_REQUIRED, words, 4, &choice, error));
    *kind = kinds[choice];
    return WEFT_OK;
}

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

static weft_status read_array(const weft_doc *doc, const weft_node *node, const char *name,
                              const uint8_t *data, size_t size, size_t *covered,
                              weft_tensors *tensors, weft_error *error) {
    weft_tensor tensor = {0};
    weft_real_kind kind = WEFT_REAL_32;
    int64_t offset[2] = {0, 0};
    int n = 0;
    weft_map map;
    snprintf(tensor.name, sizeof tensor.name, "%s", name);
    WEFT_TRY(weft_map_begin(doc, node, &map, error));
    WEFT_TRY(read_kind(&map, &kind, error));
    WEFT_TRY(read_whole_numbers(&map, "shape", WEFT_TENSOR_MAX_DIMS, tensor.dims, &tensor.n_dims,
                                error));
    WEFT_TRY(read_whole_numbers(&map, "data_offsets", 2, offset, &n, error));
    WEFT_TRY(weft_map_end(&map, error));
    if (!weft_tensor_count(&tensor) || n != 2 || offset[0] > offset[1] ||
        (uint64_t)(offset[1] - offset[0]) != tensor.n * weft_real_bytes(kind)) {
        return weft_node_fail(doc, node, error, WEFT_ERROR_INPUT,
                              "the offsets of array \"%s\" are not those of its shape", name);
    }
    if ((uint64_t)offset[1] > size) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the file is truncated: array \"%s\" ends at byte %lld of the data, which "
                         "has %zu",
                         name, (long long)offset[1], size);
    }
    *covered += tensor.n * weft_real_bytes(kind);
    return weft_tensors_add(tensors, &tensor, kind, false, data + offset[0], error);
}

static weft_status read_arrays(const weft_doc *doc, const uint8_t *data, size_t size,
                               weft_tensors *tensors, weft_error *error) {
    const weft_node *root = weft_doc_root(doc);
    size_t covered = 0;
    if (!weft_node_is_mapping(root)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "the safetensors header is no JSON object");
    }
    for (int i = 0; i < weft_mapping_length(root); i++) {
        const char *name = NULL;
        const weft_node *node = NULL;
        WEFT_TRY(weft_mapping_at(doc, root, i, &name, &node, error));
        if (strcmp(name, "__metadata__") != 0) {
            WEFT_TRY(read_array(doc, node, name, data, size, &covered, tensors, error));
        }
    }
    if (covered != size) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the file is damaged: its arrays take %zu bytes, the data has %zu",
                         covered, size);
    }
    return tensors->n > 0 ? WEFT_OK : weft_fail(error, WEFT_ERROR_INPUT, "the file holds no array");
}

weft_status weft_safetensors_parse(const uint8_t *bytes, size_t size, weft_tensors *tensors,
                                   weft_error *error) {
    uint64_t length = 0;
    for (int i = LENGTH_BYTES - 1; size >= LENGTH_BYTES && i >= 0; i--) {
        length = length << 8 | bytes[i];
    }
    if (size < LENGTH_BYTES || length > size - LENGTH_BYTES) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the file is truncated or no safetensors file: its header does not end");
    }
    if (length > MOST_HEADER) {
        return weft_fail(error, WEFT_ERROR_INPUT, "the safetensors header is larger than 4 MiB");
    }
    weft_doc *doc = NULL;
    WEFT_TRY(weft_doc_parse((const char *)bytes + LENGTH_BYTES, (size_t)length,
                            "safetensors header", &doc, error));
    weft_status status = read_arrays(doc, bytes + LENGTH_BYTES + length,
                                     size - LENGTH_BYTES - (size_t)length, tensors, error);
    weft_doc_destroy(doc);
    return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void write_header(const weft_tensors *tensors, weft_json *json) {
    size_t offset = 0;
    weft_json_object_begin(json);
    for (int i = 0; i < tensors->n; i++) {
        const weft_tensor *tensor = &tensors->items[i];
        size_t end = offset + tensor->n * sizeof(float);
        weft_json_key(json, tensor->name);
        weft_json_object_begin(json);
        weft_json_member_text(json, "dtype", "F32");
        weft_json_key(json, "shape");
        weft_json_array_begin(json);
        for (int d = 0; d < tensor->n_dims; d++) {
            weft_json_integer(json, tensor->dims[d]);
        }
        weft_json_array_end(json);
        weft_json_key(json, "data_offsets");
        weft_json_array_begin(json);
        weft_json_integer(json, (int64_t)offset);
        weft_json_integer(json, (int64_t)end);
        weft_json_array_end(json);
        weft_json_object_end(json);
        offset = end;
    }
    weft_json_object_end(json);
}

static void put_word(uint8_t *bytes, uint64_t word, int n) {
    for (int i = 0; i < n; i++) {
        bytes[i] = (uint8_t)(word >> 8 * i);
    }
}

static uint8_t *lay_out(const weft_tensors *tensors, const char *header, size_t length,
                        size_t *size) {
    size_t padded = (length + 7) / 8 * 8;
    *size = LENGTH_BYTES + padded;
    for (int i = 0; i < tensors->n; i++) {
        *size += tensors->items[i].n * sizeof(float);
    }
    uint8_t *bytes = malloc(*size);
    if (bytes == NULL) {
        return NULL;
    }
    put_word(bytes, padded, LENGTH_BYTES);
    memset(bytes + LENGTH_BYTES, ' ', padded);
    memcpy(bytes + LENGTH_BYTES, header, length);
    uint8_t *at = bytes + LENGTH_BYTES + padded;
    for (int i = 0; i < tensors->n; i++) {
        for (size_t v = 0; v < tensors->items[i].n; v++, at += sizeof(float)) {
            uint32_t word;
            memcpy(&word, &tensors->items[i].values[v], sizeof word);
            put_word(at, word, sizeof word);
        }
    }
    return bytes;
}

weft_status weft_safetensors_write(const weft_tensors *tensors, uint8_t **bytes, size_t *size,
                                   weft_error *error) {
    weft_json *json = weft_json_create(false);
    if (json == NULL) {
        return weft_fail_memory(error, 4096);
    }
    write_header(tensors, json);
    size_t length = 0;
    const char *header = weft_json_get(json, &length);
    uint8_t *made = header == NULL ? NULL : lay_out(tensors, header, length, size);
    weft_json_destroy(json);
    if (made == NULL) {
        return weft_fail_memory(error, length);
    }
    *bytes = made;
    return WEFT_OK;
}
