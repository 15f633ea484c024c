/* SPDX-License-Identifier: Apache-2.0
 * NumPy's .npy: magic, version, length of the header, then the header, a Python dictionary of the
 * three keys descr, fortran_order and shape, then the values. */
#include "accuracy/tensor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The header as it is read. */
typedef struct header {
    const char *at, *end;
    char descr[16];
    bool fortran, has_descr, has_fortran, has_shape;
    weft_tensor *tensor;
} header;

static weft_status fail_header(const header *h, weft_error *error, const char *expected) {
    int left = h->end - h->at > 20 ? 20 : (int)(h->end - h->at);
    char found[24];
    for (int i = 0; i < left; i++) {
        found[i] = h->at[i] >= ' ' && h->at[i] <= '~' ? h->at[i] : '?';
    }
    found[left] = '\0';
    return weft_fail(error, WEFT_ERROR_INPUT,
                     "array \"%s\": its NumPy header has '%s', expected %s", h->tensor->name, found,
                     expected);
}

static void skip_blanks(header *h) {
    while (h->at < h->end && (*h->at == ' ' || *h->at == '\n' || *h->at == '\t')) {
        h->at++;
    }
}

static bool take(header *h, char c) {
    skip_blanks(h);
    if (h->at < h->end && *h->at == c) {
        h->at++;
        return true;
    }
    return false;
}

static bool take_word(header *h, const char *word) {
    size_t n = strlen(word);
    skip_blanks(h);
    if ((size_t)(h->end - h->at) >= n && memcmp(h->at, word, n) == 0) {
        h->at += n;
        return true;
    }
    return false;
}

/* A text in single or double quotes, without escapes. */
static bool take_text(header *h, char *text, size_t size) {
    skip_blanks(h);
    if (h->at >= h->end || (*h->at != '\'' && *h->at != '"')) {
        return false;
    }
    const char *close = memchr(h->at + 1, *h->at, (size_t)(h->end - h->at - 1));
    if (close == NULL || (size_t)(close - h->at - 1) >= size) {
        return false;
    }
    snprintf(text, size, "%.*s", (int)(close - h->at - 1), h->at + 1);
    h->at = close + 1;
    return true;
}

static bool take_number(header *h, int64_t *number) {
    enum { MOST_DIGITS = 15 };
    skip_blanks(h);
    const char *start = h->at;
    *number = 0;
    while (h->at < h->end && *h->at >= '0' && *h->at <= '9' && h->at - start < MOST_DIGITS) {
        *number = 10 * *number + (*h->at++ - '0');
    }
    return h->at > start;
}

static weft_status read_shape(header *h, weft_error *error) {
    weft_tensor *tensor = h->tensor;
    if (!take(h, '(')) {
        return fail_header(h, error, "a shape such as (400, 520)");
    }
    while (!take(h, ')')) {
        int64_t size;
        if (tensor->n_dims == WEFT_TENSOR_MAX_DIMS || !take_number(h, &size)) {
            return fail_header(h, error, "a shape such as (400, 520) of at most 8 sizes");
        }
        tensor->dims[tensor->n_dims++] = size;
        if (!take(h, ',')) {
            if (!take(h, ')')) {
                return fail_header(h, error, "',' or ')' in the shape");
            }
            break;
        }
    }
    h->has_shape = true;
    return WEFT_OK;
}

static weft_status read_entry(header *h, weft_error *error) {
    char key[24];
    if (!take_text(h, key, sizeof key) || !take(h, ':')) {
        return fail_header(h, error, "a key in quotes and ':'");
    }
    if (strcmp(key, "descr") == 0 && !h->has_descr) {
        h->has_descr = take_text(h, h->descr, sizeof h->descr);
        return h->has_descr ? WEFT_OK : fail_header(h, error, "a kind of number such as '<f4'");
    }
    if (strcmp(key, "fortran_order") == 0 && !h->has_fortran) {
        h->fortran = take_word(h, "True");
        h->has_fortran = h->fortran || take_word(h, "False");
        return h->has_fortran ? WEFT_OK : fail_header(h, error, "True or False");
    }
    if (strcmp(key, "shape") == 0 && !h->has_shape) {
        return read_shape(h, error);
    }
    return weft_fail(error, WEFT_ERROR_INPUT,
                     "array \"%s\": its NumPy header has the key '%s', expected descr, "
                     "fortran_order and shape, once each",
                     h->tensor->name, key);
}

static weft_status read_header(header *h, weft_error *error) {
    if (!take(h, '{')) {
        return fail_header(h, error, "'{'");
    }
    while (!take(h, '}')) {
        WEFT_TRY(read_entry(h, error));
        if (!take(h, ',')) {
            if (!take(h, '}')) {
                return fail_header(h, error, "',' or '}'");
            }
            break;
        }
    }
    skip_blanks(h);
    if (h->at != h->end) {
        return fail_header(h, error, "its end");
    }
    if (!h->has_descr || !h->has_fortran || !h->has_shape) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "array \"%s\": its NumPy header lacks descr, fortran_order or shape",
                         h->tensor->name);
    }
    return WEFT_OK;
}

static weft_status kind_of(const header *h, weft_real_kind *kind, bool *big_endian,
                           weft_error *error) {
    *big_endian = h->descr[0] == '>';
    const char *type = strchr("<>|=", h->descr[0]) != NULL && h->descr[0] != '\0' ? h->descr + 1
                                                                                  : h->descr;
    if (strcmp(type, "f2") == 0) {
        *kind = WEFT_REAL_16;
    } else if (strcmp(type, "f4") == 0) {
        *kind = WEFT_REAL_32;
    } else if (strcmp(type, "f8") == 0) {
        *kind = WEFT_REAL_64;
    } else {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "array \"%s\" holds numbers of kind '%s', expected reals: f2, f4 or f8",
                         h->tensor->name, h->descr);
    }
    return WEFT_OK;
}

/* A matrix whose first index runs fastest, put the other way round in place. */
static weft_status turn(weft_tensor *tensor, weft_error *error) {
    size_t rows = (size_t)tensor->dims[0];
    size_t columns = (size_t)tensor->dims[1];
    float *turned = malloc(tensor->n * sizeof *turned);
    if (turned == NULL) {
        return weft_fail_memory(error, tensor->n * sizeof *turned);
    }
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < columns; c++) {
            turned[r * columns + c] = tensor->values[c * rows + r];
        }
    }
    free(tensor->values);
    tensor->values = turned;
    return WEFT_OK;
}

static weft_status read_values(const header *h, const uint8_t *bytes, size_t size,
                               weft_tensors *tensors, weft_error *error) {
    weft_tensor *tensor = h->tensor;
    weft_real_kind kind = WEFT_REAL_32;
    bool big_endian = false;
    WEFT_TRY(kind_of(h, &kind, &big_endian, error));
    char shape[160];
    weft_tensor_shape(tensor, shape, sizeof shape);
    if (!weft_tensor_count(tensor) || (h->fortran && tensor->n_dims > 2)) {
        return weft_fail(error, WEFT_ERROR_INPUT, "array \"%s\" has the shape %s%s", tensor->name,
                         shape, h->fortran ? " in Fortran's order" : "");
    }
    size_t expected = tensor->n * weft_real_bytes(kind);
    if (size != expected) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "array \"%s\" is %s: %zu bytes of values, its shape %s of %s asks for %zu",
                         tensor->name, size < expected ? "truncated" : "too long", size, shape,
                         h->descr, expected);
    }
    WEFT_TRY(weft_tensors_add(tensors, tensor, kind, big_endian, bytes, error));
    return h->fortran && tensor->n_dims == 2 ? turn(&tensors->items[tensors->n - 1], error)
                                             : WEFT_OK;
}

weft_status weft_npy_parse(const uint8_t *bytes, size_t size, const char *name,
                           weft_tensors *tensors, weft_error *error) {
    static const uint8_t magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
    weft_tensor tensor = {0};
    snprintf(tensor.name, sizeof tensor.name, "%s", name);
    if (size < 10 || memcmp(bytes, magic, sizeof magic) != 0) {
        return weft_fail(error, WEFT_ERROR_INPUT, "array \"%s\" is no NumPy file (.npy)", name);
    }
    if (bytes[6] < 1 || bytes[6] > 3) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "array \"%s\" is a NumPy file of version %d, expected 1 to 3", name,
                         bytes[6]);
    }
    size_t start = bytes[6] == 1 ? 10 : 12;
    uint64_t length = (uint64_t)bytes[8] | (uint64_t)bytes[9] << 8;
    if (start == 12 && size >= start) {
        length |= (uint64_t)bytes[10] << 16 | (uint64_t)bytes[11] << 24;
    }
    if (size < start || length > size - start) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "array \"%s\" is truncated: its NumPy header does not end", name);
    }
    const char *text = (const char *)bytes + start;
    header h = {.at = text, .end = text + length, .tensor = &tensor};
    WEFT_TRY(read_header(&h, error));
    return read_values(&h, bytes + start + length, size - start - (size_t)length, tensors, error);
}
