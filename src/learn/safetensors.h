/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays and texts by name in one file, in the safetensors format (huggingface/safetensors 0.4): 8
 * bytes with the length of the header (little endian); the header, a JSON object {"__metadata__":
 * {key: text, ...}, name: {"dtype", "shape", "data_offsets": [begin, end]}, ...}; then the bytes of
 * all arrays, without gaps.
 *
 * Files of ours carry a checksum of header and data among their texts, so that one flipped bit is
 * found. Files of others have none and are read as well. */
#ifndef WEFT_LEARN_SAFETENSORS_H
#define WEFT_LEARN_SAFETENSORS_H

#include "base/doc.h"

enum { WEFT_BUNDLE_MAX_DIMS = 8, WEFT_BUNDLE_MAX_ARRAYS = 1 << 16 };

/* Kinds of values: word in a file, bytes. */
#define WEFT_BUNDLE_KIND_MAP(X)                                                                    \
    X(WEFT_BUNDLE_U8, "U8", 1)                                                                     \
    X(WEFT_BUNDLE_I8, "I8", 1)                                                                     \
    X(WEFT_BUNDLE_I64, "I64", 8)                                                                   \
    X(WEFT_BUNDLE_F16, "F16", 2)                                                                   \
    X(WEFT_BUNDLE_BF16, "BF16", 2)                                                                 \
    X(WEFT_BUNDLE_F32, "F32", 4)                                                                   \
    X(WEFT_BUNDLE_F64, "F64", 8)

typedef enum weft_bundle_kind {
#define WEFT_BUNDLE_ENUM(name, word, bytes) name,
    WEFT_BUNDLE_KIND_MAP(WEFT_BUNDLE_ENUM)
#undef WEFT_BUNDLE_ENUM
        WEFT_BUNDLE_KINDS
} weft_bundle_kind;

const char *weft_bundle_word(weft_bundle_kind kind);
size_t weft_bundle_value_bytes(weft_bundle_kind kind);

typedef struct weft_bundle_array {
    const char *name;
    weft_bundle_kind kind;
    int n_dims;
    int64_t dims[WEFT_BUNDLE_MAX_DIMS]; /* row by row: the last one runs fastest; 1 or more each */
    size_t n;                           /* their product; 1 where there are none */
    const void *values;                 /* little endian; read: at any address */
} weft_bundle_array;

typedef struct weft_bundle_text {
    const char *key, *value;
} weft_bundle_text;

/* What was read. Names and texts are its own, values borrowed from the bytes that were parsed. */
typedef struct weft_bundle {
    weft_bundle_array *arrays;
    weft_bundle_text *texts;
    int n_arrays, n_texts;
    bool has_checksum; /* which is right */
    weft_doc *header;
} weft_bundle;

/* WEFT_ERROR_INPUT: what is wrong with the bytes: truncated, unknown kinds, sizes that are not those
 * of the shapes, arrays that overlap or leave gaps, a name twice, a header above 4 MiB, a checksum
 * that is not that of the contents. */
weft_status weft_bundle_parse(const uint8_t *bytes, size_t size, weft_bundle *bundle,
                              weft_error *error) WEFT_NODISCARD;
void weft_bundle_destroy(weft_bundle *bundle);

/* The array of that name, the text of that key, or NULL. */
const weft_bundle_array *weft_bundle_find(const weft_bundle *bundle, const char *name);
const char *weft_bundle_get_text(const weft_bundle *bundle, const char *key);

/* The bytes of a file with a checksum, each array at a multiple of the size of its values (8 for the
 * first); malloc'ed, the caller frees. Names and keys differ from each other and from
 * "__metadata__"; WEFT_ERROR_INPUT for a header above 4 MiB. */
weft_status weft_bundle_write(const weft_bundle_array *arrays, int n_arrays,
                              const weft_bundle_text *texts, int n_texts, uint8_t **bytes,
                              size_t *size, weft_error *error) WEFT_NODISCARD;

/* Replaces the file at `path` with such bytes; on failure what was there stays. */
weft_status weft_bundle_save(const char *path, const uint8_t *bytes, size_t size,
                             weft_error *error) WEFT_NODISCARD;

#endif
