/* SPDX-License-Identifier: Apache-2.0
 * From a catalogue entry to a data set in memory: reading, checking, splitting, statistics. */
#include "learn/data.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const weft_data_format *const formats[] = {
    &weft_data_idx,
    &weft_data_cifar10,
    &weft_data_cifar100,
    &weft_data_folder_png,
};

const weft_data_format *weft_data_format_find(const char *name) {
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(formats[i]->name, name) == 0) {
            return formats[i];
        }
    }
    return NULL;
}

/* ---- what formats need ----------------------------------------------------------------------- */

weft_data_file *weft_data_entry_file(weft_data_entry *entry, weft_data_role role) {
    for (int i = 0; i < entry->n_files; i++) {
        if (entry->files[i].role == role) {
            return &entry->files[i];
        }
    }
    return NULL;
}

static size_t image_bytes(weft_shape shape) {
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

weft_status weft_images_create(int64_t n, weft_shape shape, weft_images *images,
                               weft_error *error) {
    size_t each = image_bytes(shape);
    if ((uint64_t)n > WEFT_DATA_MAX_BYTES / each) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "%" PRId64 " images of %zu bytes would take more than 4 GiB", n, each);
    }
    uint8_t *pixels = malloc((size_t)n * each);
    uint16_t *labels = calloc((size_t)n, sizeof *labels);
    if (pixels == NULL || labels == NULL) {
        free(pixels);
        free(labels);
        return weft_fail_memory(error, (size_t)n * each);
    }
    *images = (weft_images){.n = n, .pixels = pixels, .labels = labels};
    return WEFT_OK;
}

void weft_images_free(weft_images *images) {
    free(images->pixels);
    free(images->labels);
    *images = (weft_images){0};
}

weft_status weft_data_check_sum(const weft_data_entry *entry, weft_data_file *file, const char *sum,
                                weft_error *error) {
    if (file->sha256[0] == '\0') {
        memcpy(file->sha256, sum, WEFT_SHA256_TEXT);
        return WEFT_OK;
    }
    if (strcmp(file->sha256, sum) == 0) {
        return WEFT_OK;
    }
    weft_fail(
        error, WEFT_ERROR_INPUT,
        "the contents are not those of data set \"%s\": SHA-256 (unpacked) is %s, expected %s",
        entry->info.name, sum, file->sha256);
    weft_error_file(error, file->path);
    if (entry->package[0] != '\0') {
        weft_hint(error, "restore it: apt install --reinstall %s", entry->package);
    } else {
        weft_hint(error,
                  "the file changed since it was added: restore it, or, where the change is meant, "
                  "run weft data add %s again with --replace",
                  entry->info.name);
    }
    return WEFT_ERROR_INPUT;
}

weft_status weft_data_check_shape(weft_data_entry *entry, weft_shape shape, const char *path,
                                  weft_error *error) {
    weft_shape *known = &entry->info.shape;
    if (known->channels == 0) {
        *known = shape;
        return WEFT_OK;
    }
    if (known->channels == shape.channels && known->height == shape.height &&
        known->width == shape.width) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_INPUT,
              "images of %d x %d x %d, expected %d x %d x %d (channels, height, width)",
              shape.channels, shape.height, shape.width, known->channels, known->height,
              known->width);
    weft_error_file(error, path);
    return WEFT_ERROR_INPUT;
}

weft_status weft_data_read(const weft_data_entry *entry, weft_data_file *file, weft_bytes *bytes,
                           weft_error *error) {
    weft_bytes read;
    WEFT_TRY(weft_bytes_read(file->path, &read, error));
    weft_sha256 sha;
    char sum[WEFT_SHA256_TEXT];
    weft_sha256_begin(&sha);
    weft_sha256_add(&sha, read.data, read.size);
    weft_sha256_end(&sha, sum);
    weft_status status = weft_data_check_sum(entry, file, sum, error);
    if (status != WEFT_OK) {
        free(read.data);
        return status;
    }
    *bytes = read;
    return WEFT_OK;
}

/* ---- the test set that is taken out of the training set -------------------------------------- */

/* Whether image i goes to the test set: it is the `every`-th, 2 every-th, ... of its class. */
static bool is_test(const weft_images *images, int64_t i, int every, uint32_t *seen) {
    uint32_t place = ++seen[images->labels[i]];
    return place % (uint32_t)every == 0;
}

static weft_status split_test(weft_data_entry *entry, weft_images *train, weft_images *test,
                              weft_error *error) {
    const size_t each = image_bytes(entry->info.shape);
    const size_t counts = (size_t)entry->info.classes * sizeof(uint32_t);
    uint32_t *seen = calloc(1, counts);
    if (seen == NULL) {
        return weft_fail_memory(error, counts);
    }
    int64_t n_test = 0;
    for (int64_t i = 0; i < train->n; i++) {
        n_test += is_test(train, i, entry->test_every, seen);
    }
    weft_status status = WEFT_OK;
    if (n_test == 0) {
        status = weft_fail(error, WEFT_ERROR_INPUT,
                           "no class has %d images, of which the last would be for the test",
                           entry->test_every);
        weft_error_file(error, entry->files[0].path);
        weft_hint(error, "give a smaller --test-every");
    } else {
        status = weft_images_create(n_test, entry->info.shape, test, error);
    }
    memset(seen, 0, counts);
    int64_t kept = 0;
    int64_t moved = 0;
    for (int64_t i = 0; status == WEFT_OK && i < train->n; i++) {
        bool to_test = is_test(train, i, entry->test_every, seen);
        weft_images *to = to_test ? test : train;
        int64_t place = to_test ? moved++ : kept++;
        memmove(to->pixels + (size_t)place * each, train->pixels + (size_t)i * each, each);
        to->labels[place] = train->labels[i];
    }
    free(seen);
    if (status == WEFT_OK) {
        train->n = kept;
    }
    return status;
}

/* ---- statistics ------------------------------------------------------------------------------ */

/* Mean and standard deviation of a channel from its histogram: exact sums, no order to depend on.
 * A channel without any spread gets deviation 1, so that dividing by it is harmless. */
static void measure_channel(const weft_images *images, weft_shape shape, int channel, float *mean,
                            float *deviation) {
    const size_t plane = (size_t)shape.height * (size_t)shape.width;
    uint64_t histogram[256] = {0};
    for (int64_t i = 0; i < images->n; i++) {
        const uint8_t *pixels = images->pixels +
                                ((size_t)i * (size_t)shape.channels + (size_t)channel) * plane;
        for (size_t p = 0; p < plane; p++) {
            histogram[pixels[p]]++;
        }
    }
    double n = (double)images->n * (double)plane;
    double sum = 0.0;
    for (int v = 0; v < 256; v++) {
        sum += (double)histogram[v] * v;
    }
    double centre = sum / n;
    double squares = 0.0;
    for (int v = 0; v < 256; v++) {
        squares += (double)histogram[v] * (v - centre) * (v - centre);
    }
    double spread = sqrt(squares / n);
    *mean = (float)(centre / 255.0);
    *deviation = spread > 0.0 ? (float)(spread / 255.0) : 1.0F;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static weft_status check_count(const weft_data_entry *entry, int64_t known, int64_t found,
                               const char *what, weft_error *error) {
    if (known == 0 || known == found) {
        return WEFT_OK;
    }
    return weft_fail(error, WEFT_ERROR_INPUT,
                     "data set \"%s\" has %" PRId64 " %s images, its entry says %" PRId64,
                     entry->info.name, found, what, known);
}

static weft_status load_parts(weft_data_entry *entry, weft_dataset *dataset, weft_error *error) {
    const weft_data_format *format = weft_data_format_find(entry->info.format);
    WEFT_TRY(format->read(entry, WEFT_DATA_TRAIN, &dataset->train, error));
    if (entry->info.classes < 2) {
        weft_fail(error, WEFT_ERROR_INPUT, "all images are of one class, expected at least two");
        weft_error_file(error, entry->files[0].path);
        return WEFT_ERROR_INPUT;
    }
    if (entry->test_every > 0) {
        WEFT_TRY(split_test(entry, &dataset->train, &dataset->test, error));
    } else {
        WEFT_TRY(format->read(entry, WEFT_DATA_TEST, &dataset->test, error));
    }
    WEFT_TRY(check_count(entry, entry->info.train_images, dataset->train.n, "training", error));
    WEFT_TRY(check_count(entry, entry->info.test_images, dataset->test.n, "test", error));
    entry->info.train_images = dataset->train.n;
    entry->info.test_images = dataset->test.n;
    for (int c = 0; c < entry->info.shape.channels; c++) {
        measure_channel(&dataset->train, entry->info.shape, c, &dataset->mean[c],
                        &dataset->deviation[c]);
    }
    return WEFT_OK;
}

weft_status weft_data_load(weft_data_entry *entry, weft_dataset **dataset, weft_error *error) {
    weft_dataset *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = load_parts(entry, made, error);
    if (status != WEFT_OK) {
        weft_dataset_close(made);
        return status;
    }
    weft_data_entry_look(entry);
    made->info = entry->info;
    *dataset = made;
    return WEFT_OK;
}

weft_status weft_dataset_open(const char *name, weft_dataset **dataset, weft_error *error) {
    weft_data_entry *entry = malloc(sizeof *entry);
    if (entry == NULL) {
        return weft_fail_memory(error, sizeof *entry);
    }
    weft_status status = weft_data_find(name, entry, error);
    if (status == WEFT_OK) {
        status = weft_data_load(entry, dataset, error);
        if (status == WEFT_ERROR_IO && error->hint[0] == '\0') {
            if (entry->package[0] != '\0') {
                weft_hint(error, "data set \"%s\" is of Debian's package %s: apt install %s", name,
                          entry->package, entry->package);
            } else {
                weft_hint(error,
                          "data set \"%s\" needs it: restore it, or name its new place with weft "
                          "data add %s ... --replace",
                          name, name);
            }
        }
    }
    free(entry);
    return status;
}

void weft_dataset_close(weft_dataset *dataset) {
    if (dataset == NULL) {
        return;
    }
    weft_images_free(&dataset->train);
    weft_images_free(&dataset->test);
    free(dataset);
}

const weft_dataset_info *weft_dataset_get_info(const weft_dataset *dataset) {
    return &dataset->info;
}
