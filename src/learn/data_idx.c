/* SPDX-License-Identifier: Apache-2.0
 *
 * IDX, the format of MNIST (http://yann.lecun.com/exdb/mnist/): big-endian 32-bit words. Magic
 * 0x00 0x00 TYPE RANK, then RANK sizes, then the values with the last size running fastest.
 * TYPE 0x08 is unsigned byte, the only one read here. Images: rank 3 (n, height, width) or
 * rank 4 (n, channels, height, width); labels: rank 1 (n). */
#include "learn/data.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { IDX_LABELS = 0x801, IDX_GREY = 0x803, IDX_PLANAR = 0x804, IDX_MAX_RANK = 4 };

static uint32_t word(const uint8_t *bytes, size_t i) {
    const uint8_t *b = bytes + 4 * i;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Checks the length of a header of `rank` sizes and of the values after it, without overflow. */
static weft_status check_length(const uint8_t *bytes, size_t size, size_t rank, weft_error *error) {
    if (size < 4 + 4 * rank) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the file is truncated: %zu bytes, an IDX header of %zu sizes has %zu",
                         size, rank, 4 + 4 * rank);
    }
    uint64_t values = 1;
    for (size_t i = 1; i <= rank; i++) {
        uint32_t side = word(bytes, i);
        if (side == 0) {
            return weft_fail(error, WEFT_ERROR_INPUT, "size %zu of the IDX header is 0", i);
        }
        if (values > WEFT_DATA_MAX_BYTES / side) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "the IDX header asks for more than 4 GiB of values");
        }
        values *= side;
    }
    size_t expected = 4 + 4 * rank + (size_t)values;
    if (size != expected) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the file is %s: %zu bytes, its IDX header asks for %zu",
                         size < expected ? "truncated" : "too long", size, expected);
    }
    return WEFT_OK;
}

static weft_status fail_magic(const uint8_t *bytes, size_t size, bool images, weft_error *error) {
    const char *expected = images ? "0x00000803 (grey images) or 0x00000804 (planar images)"
                                  : "0x00000801 (labels)";
    if (size < 4) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the file has %zu bytes, expected an IDX file: %s first", size, expected);
    }
    uint32_t magic = word(bytes, 0);
    weft_fail(error, WEFT_ERROR_INPUT,
              "not an IDX file of %s: it starts with 0x%08" PRIx32 ", expected %s",
              images ? "images" : "labels", magic, expected);
    if (images ? magic == IDX_LABELS : magic == IDX_GREY || magic == IDX_PLANAR) {
        weft_hint(error, "this file holds %s: the images and the labels were swapped",
                  images ? "labels" : "images");
    } else if (magic >> 16 == 0 && magic >> 8 != 0x08 && (magic & 0xff) <= IDX_MAX_RANK &&
               (magic & 0xff) > 0) {
        weft_hint(error, "IDX files of other types than unsigned byte (0x08) are not read");
    } else {
        weft_bytes_hint(bytes, size, "FILE", error);
    }
    return WEFT_ERROR_INPUT;
}

weft_status weft_idx_parse_images(const uint8_t *bytes, size_t size, weft_idx_view *view,
                                  weft_error *error) {
    uint32_t magic = size < 4 ? 0 : word(bytes, 0);
    if (magic != IDX_GREY && magic != IDX_PLANAR) {
        return fail_magic(bytes, size, true, error);
    }
    size_t rank = magic & 0xff;
    WEFT_TRY(check_length(bytes, size, rank, error));
    uint32_t channels = rank == 4 ? word(bytes, 2) : 1;
    uint32_t height = word(bytes, rank - 1);
    uint32_t width = word(bytes, rank);
    if (channels > WEFT_DATASET_MAX_CHANNELS || height > WEFT_DATA_MAX_SIDE ||
        width > WEFT_DATA_MAX_SIDE) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "images of %" PRIu32 " x %" PRIu32 " x %" PRIu32
                         ", expected at most %d x %d x %d (channels, height, width)",
                         channels, height, width, WEFT_DATASET_MAX_CHANNELS, WEFT_DATA_MAX_SIDE,
                         WEFT_DATA_MAX_SIDE);
    }
    view->n = word(bytes, 1);
    view->shape = (weft_shape){(int32_t)channels, (int32_t)height, (int32_t)width};
    view->bytes = bytes + 4 + 4 * rank;
    return WEFT_OK;
}

weft_status weft_idx_parse_labels(const uint8_t *bytes, size_t size, weft_idx_view *view,
                                  weft_error *error) {
    if (size < 4 || word(bytes, 0) != IDX_LABELS) {
        return fail_magic(bytes, size, false, error);
    }
    WEFT_TRY(check_length(bytes, size, 1, error));
    view->n = word(bytes, 1);
    view->shape = (weft_shape){1, 1, 1};
    view->bytes = bytes + 8;
    return WEFT_OK;
}

/* The classes are 0 .. the largest training label; no other label may follow. */
static weft_status check_labels(weft_data_entry *entry, const weft_idx_view *labels,
                                weft_error *error) {
    int largest = 0;
    for (int64_t i = 0; i < labels->n; i++) {
        largest = labels->bytes[i] > largest ? labels->bytes[i] : largest;
        if (entry->info.classes > 0 && labels->bytes[i] >= entry->info.classes) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "label %d of image %" PRId64 " is out of range: the training labels "
                             "are 0 .. %d",
                             labels->bytes[i], i, entry->info.classes - 1);
        }
    }
    if (entry->info.classes == 0) {
        entry->info.classes = largest + 1;
    }
    return WEFT_OK;
}

static weft_status take_images(weft_data_entry *entry, weft_data_file *file, weft_images *images,
                               weft_error *error) {
    weft_bytes bytes;
    WEFT_TRY(weft_data_read(entry, file, &bytes, error));
    weft_idx_view view;
    weft_status status = weft_idx_parse_images(bytes.data, bytes.size, &view, error);
    if (status != WEFT_OK) {
        weft_error_file(error, file->path);
    }
    if (status == WEFT_OK) {
        status = weft_data_check_shape(entry, view.shape, file->path, error);
    }
    if (status == WEFT_OK) {
        status = weft_images_create(view.n, view.shape, images, error);
    }
    if (status == WEFT_OK) {
        memcpy(images->pixels, view.bytes, bytes.size - (size_t)(view.bytes - bytes.data));
    }
    free(bytes.data);
    return status;
}

static weft_status take_labels(weft_data_entry *entry, weft_data_file *file,
                               const char *images_path, weft_images *images, weft_error *error) {
    weft_bytes bytes;
    WEFT_TRY(weft_data_read(entry, file, &bytes, error));
    weft_idx_view view;
    weft_status status = weft_idx_parse_labels(bytes.data, bytes.size, &view, error);
    if (status == WEFT_OK && view.n != images->n) {
        status = weft_fail(error, WEFT_ERROR_INPUT,
                           "%" PRId64 " labels, but %" PRId64 " images in %.300s", view.n,
                           images->n, images_path);
    }
    if (status == WEFT_OK) {
        status = check_labels(entry, &view, error);
    }
    if (status != WEFT_OK) {
        weft_error_file(error, file->path);
    }
    for (int64_t i = 0; status == WEFT_OK && i < view.n; i++) {
        images->labels[i] = view.bytes[i];
    }
    free(bytes.data);
    return status;
}

static weft_status read_idx(weft_data_entry *entry, weft_data_part part, weft_images *images,
                            weft_error *error) {
    bool train = part == WEFT_DATA_TRAIN;
    weft_data_file *pictures =
        weft_data_entry_file(entry, train ? WEFT_DATA_TRAIN_IMAGES : WEFT_DATA_TEST_IMAGES);
    weft_data_file *labels =
        weft_data_entry_file(entry, train ? WEFT_DATA_TRAIN_LABELS : WEFT_DATA_TEST_LABELS);
    weft_images read = {0};
    WEFT_TRY(take_images(entry, pictures, &read, error));
    weft_status status = take_labels(entry, labels, pictures->path, &read, error);
    if (status != WEFT_OK) {
        weft_images_free(&read);
        return status;
    }
    *images = read;
    return WEFT_OK;
}

const weft_data_format weft_data_idx = {
    .name = "idx",
    .has_label_files = true,
    .read = read_idx,
};
