/* SPDX-License-Identifier: Apache-2.0
 * What the formats of weights share, and how a path tells its format. */
#include "accuracy/tensor.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "learn/data.h"

/* No predictor of ours is near it; files that claim more are damaged. */
enum { MOST_VALUES = 1 << 28 };

void weft_tensors_destroy(weft_tensors *tensors) {
    if (tensors != NULL) {
        for (int i = 0; i < tensors->n; i++) {
            free(tensors->items[i].values);
        }
        free(tensors->items);
        *tensors = (weft_tensors){0};
    }
}

const weft_tensor *weft_tensors_find(const weft_tensors *tensors, const char *name) {
    for (int i = 0; i < tensors->n; i++) {
        if (strcmp(tensors->items[i].name, name) == 0) {
            return &tensors->items[i];
        }
    }
    return NULL;
}

char *weft_tensor_shape(const weft_tensor *tensor, char *buffer, size_t size) {
    size_t used = 0;
    snprintf(buffer, size, "a single value");
    for (int i = 0; i < tensor->n_dims && used + 1 < size; i++) {
        int written = snprintf(buffer + used, size - used, "%s%lld", i > 0 ? " x " : "",
                               (long long)tensor->dims[i]);
        used += written > 0 ? (size_t)written : 0;
    }
    return buffer;
}

/* ---- values ---------------------------------------------------------------------------------- */

size_t weft_real_bytes(weft_real_kind kind) {
    return kind == WEFT_REAL_64 ? 8 : kind == WEFT_REAL_32 ? 4 : 2;
}

static float real_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* IEEE 754 binary16: 1 bit sign, 5 bits exponent (bias 15), 10 bits fraction. */
static float half_to_real(uint32_t half) {
    int exponent = (int)(half >> 10 & 0x1f);
    float fraction = (float)(half & 0x3ff);
    float value = exponent == 0    ? ldexpf(fraction, -24)
                  : exponent == 31 ? (fraction == 0.0f ? INFINITY : NAN)
                                   : ldexpf(1024.0f + fraction, exponent - 25);
    return (half & 0x8000) != 0 ? -value : value;
}

static float read_real(weft_real_kind kind, bool big_endian, const uint8_t *bytes) {
    size_t size = weft_real_bytes(kind);
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | bytes[big_endian ? i : size - 1 - i];
    }
    double wide;
    switch (kind) {
    case WEFT_REAL_16:
        return half_to_real((uint32_t)bits);
    case WEFT_REAL_BRAIN_16:
        return real_of_bits((uint32_t)bits << 16);
    case WEFT_REAL_32:
        return real_of_bits((uint32_t)bits);
    case WEFT_REAL_64:
        memcpy(&wide, &bits, sizeof wide);
        return (float)wide;
    }
    return NAN;
}

bool weft_tensor_count(weft_tensor *tensor) {
    tensor->n = 1;
    for (int i = 0; i < tensor->n_dims; i++) {
        if (tensor->dims[i] < 1 || tensor->dims[i] > MOST_VALUES ||
            tensor->n > MOST_VALUES / (size_t)tensor->dims[i]) {
            return false;
        }
        tensor->n *= (size_t)tensor->dims[i];
    }
    return true;
}

static weft_status grow(weft_tensors *tensors, weft_error *error) {
    if (tensors->n < tensors->capacity) {
        return WEFT_OK;
    }
    if (tensors->n >= WEFT_TENSORS_MAX) {
        return weft_fail(error, WEFT_ERROR_INPUT, "more than %d arrays", WEFT_TENSORS_MAX);
    }
    int capacity = tensors->capacity == 0 ? 8 : 2 * tensors->capacity;
    weft_tensor *moved = realloc(tensors->items, (size_t)capacity * sizeof *moved);
    if (moved == NULL) {
        return weft_fail_memory(error, (size_t)capacity * sizeof *moved);
    }
    tensors->items = moved;
    tensors->capacity = capacity;
    return WEFT_OK;
}

weft_status weft_tensors_add(weft_tensors *tensors, const weft_tensor *described,
                             weft_real_kind kind, bool big_endian, const uint8_t *bytes,
                             weft_error *error) {
    if (weft_tensors_find(tensors, described->name) != NULL) {
        return weft_fail(error, WEFT_ERROR_INPUT, "there are two arrays \"%s\"", described->name);
    }
    WEFT_TRY(grow(tensors, error));
    float *values = malloc(described->n * sizeof *values);
    if (values == NULL) {
        return weft_fail_memory(error, described->n * sizeof *values);
    }
    size_t size = weft_real_bytes(kind);
    for (size_t i = 0; i < described->n; i++) {
        values[i] = read_real(kind, big_endian, bytes + i * size);
        if (!isfinite(values[i])) {
            double found = (double)values[i];
            free(values);
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "array \"%s\" holds %g as value %zu (from 0), expected finite numbers "
                             "of 32 bits",
                             described->name, found, i);
        }
    }
    weft_tensor *made = &tensors->items[tensors->n++];
    *made = *described;
    made->values = values;
    return WEFT_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text);
    size_t m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* The name of an .npy file without folder and ending. */
static void name_of_file(const char *path, char *name, size_t size) {
    const char *slash = strrchr(path, '/');
    const char *start = slash == NULL ? path : slash + 1;
    snprintf(name, size, "%.*s", (int)(strlen(start) - strlen(".npy")), start);
}

static weft_status parse(const char *path, const weft_bytes *bytes, weft_tensors *tensors,
                         weft_error *error) {
    char name[WEFT_TENSOR_NAME];
    if (ends_with(path, ".npy")) {
        name_of_file(path, name, sizeof name);
        return weft_npy_parse(bytes->data, bytes->size, name, tensors, error);
    }
    if (ends_with(path, ".npz")) {
        return weft_npz_parse(bytes->data, bytes->size, tensors, error);
    }
    return weft_safetensors_parse(bytes->data, bytes->size, tensors, error);
}

static weft_status read_file(const char *path, weft_tensors *tensors, weft_error *error) {
    if (!ends_with(path, ".npy") && !ends_with(path, ".npz") && !ends_with(path, ".safetensors")) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "expected weights as .npy, .npz, .safetensors or a folder of .npy files");
        weft_error_file(error, path);
        weft_hint(error, "docs/reference/predictors.md says how to turn other files into these");
        return WEFT_ERROR_INPUT;
    }
    weft_bytes bytes = {0};
    WEFT_TRY(weft_bytes_read(path, &bytes, error));
    weft_status status = parse(path, &bytes, tensors, error);
    free(bytes.data);
    if (status != WEFT_OK) {
        weft_error_file(error, path);
    }
    return status;
}

static int is_npy(const struct dirent *entry) {
    return ends_with(entry->d_name, ".npy") && entry->d_name[0] != '.';
}

static weft_status read_folder(const char *folder, weft_tensors *tensors, weft_error *error) {
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_npy, alphasort);
    if (n < 0) {
        return weft_fail_errno(error, "cannot read the folder", folder);
    }
    weft_status status = WEFT_OK;
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (status == WEFT_OK) {
            status = read_file(path, tensors, error);
        }
        free(entries[i]);
    }
    free(entries);
    if (status == WEFT_OK && tensors->n == 0) {
        weft_fail(error, WEFT_ERROR_INPUT, "the folder holds no .npy file");
        weft_error_file(error, folder);
        status = WEFT_ERROR_INPUT;
    }
    return status;
}

weft_status weft_tensors_read(const char *path, weft_tensors *tensors, weft_error *error) {
    struct stat info;
    weft_tensors read = {0};
    bool is_folder = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
    weft_status status = is_folder ? read_folder(path, &read, error)
                                   : read_file(path, &read, error);
    if (status != WEFT_OK) {
        weft_tensors_destroy(&read);
        return status;
    }
    *tensors = read;
    return WEFT_OK;
}
