/* SPDX-License-Identifier: Apache-2.0
 *
 * CIFAR-10 and CIFAR-100, binary version (https://www.cs.toronto.edu/~kriz/cifar.html): records of
 * one label byte (CIFAR-100: the coarse label, then the fine one, which is used) and 3072 bytes of
 * a planar RGB image of 32 x 32. */
#include "learn/data.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CIFAR_PIXELS = 3 * 32 * 32 };

static const weft_shape cifar_shape = {3, 32, 32};

/* Makes room for `more` images after those there are. */
static weft_status extend(weft_images *images, int64_t more, weft_error *error) {
    int64_t n = images->n + more;
    if ((uint64_t)n > WEFT_DATA_MAX_BYTES / CIFAR_PIXELS) {
        return weft_fail(error, WEFT_ERROR_INPUT, "the images would take more than 4 GiB");
    }
    uint8_t *pixels = realloc(images->pixels, (size_t)n * CIFAR_PIXELS);
    if (pixels == NULL) {
        return weft_fail_memory(error, (size_t)n * CIFAR_PIXELS);
    }
    images->pixels = pixels;
    uint16_t *labels = realloc(images->labels, (size_t)n * sizeof *labels);
    if (labels == NULL) {
        return weft_fail_memory(error, (size_t)n * sizeof *labels);
    }
    images->labels = labels;
    return WEFT_OK;
}

weft_status weft_cifar_parse(const uint8_t *bytes, size_t size, bool coarse, weft_images *images,
                             weft_error *error) {
    const size_t label_bytes = coarse ? 2 : 1;
    const size_t record = label_bytes + CIFAR_PIXELS;
    const int classes = coarse ? 100 : 10;
    if (size == 0 || size % record != 0) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "%zu bytes are not a whole number of %s records of %zu bytes: the file is "
                  "truncated or of another format",
                  size, coarse ? "CIFAR-100" : "CIFAR-10", record);
        if (size > 0 && size % (CIFAR_PIXELS + (coarse ? 1 : 2)) == 0) {
            weft_hint(error, "its length is that of %s records",
                      coarse ? "CIFAR-10 (format cifar10)" : "CIFAR-100 (format cifar100)");
        } else {
            weft_bytes_hint(bytes, size, "FILE", error);
        }
        return WEFT_ERROR_INPUT;
    }
    int64_t n = (int64_t)(size / record);
    for (int64_t i = 0; i < n; i++) {
        int label = bytes[(size_t)i * record + label_bytes - 1];
        if (label >= classes) {
            return weft_fail(error, WEFT_ERROR_INPUT,
                             "label %d of record %" PRId64 " is out of range, expected 0 .. %d",
                             label, i, classes - 1);
        }
    }
    WEFT_TRY(extend(images, n, error));
    for (int64_t i = 0; i < n; i++) {
        const uint8_t *from = bytes + (size_t)i * record;
        images->labels[images->n + i] = from[label_bytes - 1];
        memcpy(images->pixels + (size_t)(images->n + i) * CIFAR_PIXELS, from + label_bytes,
               CIFAR_PIXELS);
    }
    images->n += n;
    return WEFT_OK;
}

static weft_status read_file(weft_data_entry *entry, weft_data_file *file, bool coarse,
                             weft_images *images, weft_error *error) {
    weft_bytes bytes;
    WEFT_TRY(weft_data_read(entry, file, &bytes, error));
    weft_status status = weft_cifar_parse(bytes.data, bytes.size, coarse, images, error);
    if (status != WEFT_OK) {
        weft_error_file(error, file->path);
    }
    free(bytes.data);
    return status;
}

static weft_status read_records(weft_data_entry *entry, weft_data_part part, bool coarse,
                                weft_images *images, weft_error *error) {
    weft_data_role role = part == WEFT_DATA_TRAIN ? WEFT_DATA_TRAIN_IMAGES : WEFT_DATA_TEST_IMAGES;
    weft_images read = {0};
    weft_status status = WEFT_OK;
    for (int i = 0; status == WEFT_OK && i < entry->n_files; i++) {
        if (entry->files[i].role == role) {
            status = read_file(entry, &entry->files[i], coarse, &read, error);
        }
    }
    if (status == WEFT_OK) {
        status = weft_data_check_shape(entry, cifar_shape, entry->info.location, error);
    }
    if (status != WEFT_OK) {
        weft_images_free(&read);
        return status;
    }
    entry->info.classes = coarse ? 100 : 10;
    *images = read;
    return WEFT_OK;
}

static weft_status read_cifar10(weft_data_entry *entry, weft_data_part part, weft_images *images,
                                weft_error *error) {
    return read_records(entry, part, false, images, error);
}

static weft_status read_cifar100(weft_data_entry *entry, weft_data_part part, weft_images *images,
                                 weft_error *error) {
    return read_records(entry, part, true, images, error);
}

const weft_data_format weft_data_cifar10 = {
    .name = "cifar10",
    .takes_list = true,
    .read = read_cifar10,
};

const weft_data_format weft_data_cifar100 = {
    .name = "cifar100",
    .takes_list = true,
    .read = read_cifar100,
};
