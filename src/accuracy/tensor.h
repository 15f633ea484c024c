/* SPDX-License-Identifier: Apache-2.0
 *
 * Weights from files: arrays by name, as 32-bit reals.
 *   .npy            one array, named after its file (NumPy enhancement proposal 1, versions 1 to 3)
 *   a folder        every .npy file in it
 *   .npz            a zip archive of .npy members
 *   .safetensors    a JSON header and the bytes (huggingface/safetensors, format 0.4)
 * Reals of 16, 32 and 64 bits are read, and bfloat16 of safetensors. Every value must be finite. */
#ifndef WEFT_ACCURACY_TENSOR_H
#define WEFT_ACCURACY_TENSOR_H

#include "base/error.h"

enum { WEFT_TENSOR_NAME = 128, WEFT_TENSOR_MAX_DIMS = 8, WEFT_TENSORS_MAX = 4096 };

typedef struct weft_tensor {
    char name[WEFT_TENSOR_NAME];
    int n_dims;
    int64_t dims[WEFT_TENSOR_MAX_DIMS]; /* row by row: the last one runs fastest */
    size_t n;                           /* their product; at least 1 */
    float *values;                      /* (n) */
} weft_tensor;

typedef struct weft_tensors {
    weft_tensor *items;
    int n, capacity;
} weft_tensors;

/* WEFT_ERROR_IO: cannot be read; WEFT_ERROR_INPUT: what is wrong with the bytes, and of which
 * array. The caller destroys what was read. */
weft_status weft_tensors_read(const char *path, weft_tensors *tensors,
                              weft_error *error) WEFT_NODISCARD;
void weft_tensors_destroy(weft_tensors *tensors);

/* The array of that name, or NULL. */
const weft_tensor *weft_tensors_find(const weft_tensors *tensors, const char *name);

/* "400 x 520". Returns `buffer`. */
char *weft_tensor_shape(const weft_tensor *tensor, char *buffer, size_t size);

/* ---- the formats: each appends to *tensors; errors have no file yet --------------------------- */
weft_status weft_npy_parse(const uint8_t *bytes, size_t size, const char *name,
                           weft_tensors *tensors, weft_error *error) WEFT_NODISCARD;
weft_status weft_npz_parse(const uint8_t *bytes, size_t size, weft_tensors *tensors,
                           weft_error *error) WEFT_NODISCARD;
weft_status weft_safetensors_parse(const uint8_t *bytes, size_t size, weft_tensors *tensors,
                                   weft_error *error) WEFT_NODISCARD;

/* The bytes of a .safetensors file of 32-bit reals, the header padded so that the data lie at a
 * multiple of 8; malloc'ed, the caller frees. */
weft_status weft_safetensors_write(const weft_tensors *tensors, uint8_t **bytes, size_t *size,
                                   weft_error *error) WEFT_NODISCARD;

/* ---- for the formats -------------------------------------------------------------------------- */

/* How a value lies in a file: bits, and which way round. */
typedef enum weft_real_kind {
    WEFT_REAL_16,
    WEFT_REAL_BRAIN_16, /* bfloat16: the upper half of 32 bits */
    WEFT_REAL_32,
    WEFT_REAL_64,
} weft_real_kind;

size_t weft_real_bytes(weft_real_kind kind);

/* Appends an array whose n * weft_real_bytes(kind) bytes are given; its dims and name from
 * *described, whose values are ignored. WEFT_ERROR_INPUT for a second array of the name and for a
 * value that is not finite. */
weft_status weft_tensors_add(weft_tensors *tensors, const weft_tensor *described,
                             weft_real_kind kind, bool big_endian, const uint8_t *bytes,
                             weft_error *error) WEFT_NODISCARD;

/* Multiplies the dims of *tensor into its n; false where they are not positive or too many. */
bool weft_tensor_count(weft_tensor *tensor);

#endif
