/* SPDX-License-Identifier: Apache-2.0
 * See checkpoint.h. */
#include "learn/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "learn/data.h"
#include "learn/safetensors.h"

enum { HASHES = 3, HASH_TEXT = 17, STEPS = 4, SUMS = 2 };

static const char FORMAT_KEY[] = "weft", FORMAT[] = "checkpoint/1";
static const char PROGRESS[] = "weft.progress", FIGURES[] = "weft.figures";
static const char *const hash_keys[HASHES] = {"network", "settings", "dataset"};
static const char *const hash_words[HASHES] = {"another network", "other settings",
                                               "another data set"};

static void write_hashes(const weft_checkpoint *checkpoint, char texts[HASHES][HASH_TEXT]) {
    const uint64_t hashes[HASHES] = {checkpoint->network, checkpoint->settings,
                                     checkpoint->dataset};
    for (int i = 0; i < HASHES; i++) {
        snprintf(texts[i], HASH_TEXT, "%016" PRIx64, hashes[i]);
    }
}

/* ---- saving ---------------------------------------------------------------------------------- */

static weft_bundle_array describe(const char *name, weft_bundle_kind kind, const void *values,
                                  size_t n) {
    return (weft_bundle_array){
        .name = name, .kind = kind, .n_dims = 1, .dims = {(int64_t)n}, .n = n, .values = values};
}

weft_status weft_checkpoint_save(const char *path, const weft_checkpoint *checkpoint,
                                 weft_error *error) {
    const weft_train_place *at = &checkpoint->at;
    const int64_t progress[STEPS] = {at->step, at->loss_steps, at->best_step, at->gave_up};
    const double figures[SUMS] = {at->loss_sum, at->best_accuracy};
    char hashes[HASHES][HASH_TEXT];
    weft_bundle_text texts[HASHES + 1] = {{FORMAT_KEY, FORMAT}};
    write_hashes(checkpoint, hashes);
    for (int i = 0; i < HASHES; i++) {
        texts[i + 1] = (weft_bundle_text){hash_keys[i], hashes[i]};
    }
    const int n = checkpoint->n_blocks;
    weft_bundle_array *arrays = calloc((size_t)n + 2, sizeof *arrays);
    if (arrays == NULL) {
        return weft_fail_memory(error, ((size_t)n + 2) * sizeof *arrays);
    }
    for (int i = 0; i < n; i++) {
        const weft_checkpoint_block *block = &checkpoint->blocks[i];
        arrays[i] = describe(block->name, WEFT_BUNDLE_F32, block->values, block->count);
    }
    arrays[n] = describe(PROGRESS, WEFT_BUNDLE_I64, progress, STEPS);
    arrays[n + 1] = describe(FIGURES, WEFT_BUNDLE_F64, figures, SUMS);
    uint8_t *bytes = NULL;
    size_t size = 0;
    weft_status status = weft_bundle_write(arrays, n + 2, texts, HASHES + 1, &bytes, &size, error);
    free(arrays);
    if (status == WEFT_OK) {
        status = weft_bundle_save(path, bytes, size, error);
        free(bytes);
    }
    return status;
}

/* ---- loading --------------------------------------------------------------------------------- */

static weft_status check_format(const weft_bundle *bundle, weft_error *error) {
    const char *format = weft_bundle_get_text(bundle, FORMAT_KEY);
    if (format == NULL || strcmp(format, FORMAT) != 0 || !bundle->has_checksum) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "this is no checkpoint: expected \"%s\": \"%s\" and a checksum",
                         FORMAT_KEY, FORMAT);
    }
    return WEFT_OK;
}

weft_status weft_checkpoint_check(const weft_bundle *bundle, const weft_checkpoint_claim *claims,
                                  int n, weft_error *error) {
    char list[128] = "";
    for (int i = 0; i < n; i++) {
        const char *found = weft_bundle_get_text(bundle, claims[i].key);
        if (found == NULL || strcmp(found, claims[i].expected) != 0) {
            weft_list_add(list, sizeof list, claims[i].word);
        }
    }
    if (list[0] == '\0') {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_INPUT, "the checkpoint is of %s", list);
    weft_hint(error, "go on with what it was made with, or remove it to begin anew");
    return WEFT_ERROR_INPUT;
}

static weft_status check_hashes(const weft_bundle *bundle, const weft_checkpoint *checkpoint,
                                weft_error *error) {
    char hashes[HASHES][HASH_TEXT];
    weft_checkpoint_claim claims[HASHES];
    write_hashes(checkpoint, hashes);
    for (int i = 0; i < HASHES; i++) {
        claims[i] = (weft_checkpoint_claim){hash_keys[i], hashes[i], hash_words[i]};
    }
    return weft_checkpoint_check(bundle, claims, HASHES, error);
}

static weft_status check_array(const weft_bundle *bundle, const char *name, weft_bundle_kind kind,
                               size_t count, const weft_bundle_array **found, weft_error *error) {
    const weft_bundle_array *array = weft_bundle_find(bundle, name);
    if (array == NULL) {
        return weft_fail(error, WEFT_ERROR_INPUT, "the checkpoint has no block \"%s\"", name);
    }
    if (array->kind != kind || array->n != count) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "block \"%s\" of the checkpoint has %zu values of kind %s, expected %zu "
                         "of kind %s",
                         name, array->n, weft_bundle_word(array->kind), count,
                         weft_bundle_word(kind));
    }
    *found = array;
    return WEFT_OK;
}

static weft_status check_blocks(const weft_bundle *bundle, const weft_checkpoint *checkpoint,
                                weft_error *error) {
    const weft_bundle_array *array = NULL;
    for (int i = 0; i < checkpoint->n_blocks; i++) {
        const weft_checkpoint_block *block = &checkpoint->blocks[i];
        WEFT_TRY(check_array(bundle, block->name, WEFT_BUNDLE_F32, block->count, &array, error));
    }
    if (bundle->n_arrays != checkpoint->n_blocks + 2) {
        return weft_fail(error, WEFT_ERROR_INPUT, "the checkpoint has %d blocks, expected %d",
                         bundle->n_arrays - 2, checkpoint->n_blocks);
    }
    return WEFT_OK;
}

/* A checkpoint is made behind a step, so the epoch at hand has a loss. */
static weft_status check_progress(const int64_t steps[STEPS], weft_error *error) {
    const int64_t step = steps[0], loss_steps = steps[1], best_step = steps[2];
    if (step < 0 || loss_steps < (step > 0) || loss_steps > step) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the checkpoint is at step %lld and has the loss of %lld", (long long)step,
                         (long long)loss_steps);
    }
    if (best_step < 0 || best_step > step) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the checkpoint is at step %lld and was best at step %lld",
                         (long long)step, (long long)best_step);
    }
    return WEFT_OK;
}

/* Everything is looked at before anything is written. */
static weft_status take(const weft_bundle *bundle, weft_checkpoint *checkpoint, weft_error *error) {
    const weft_bundle_array *progress = NULL, *figures = NULL;
    int64_t steps[STEPS];
    double sums[SUMS];
    WEFT_TRY(check_format(bundle, error));
    WEFT_TRY(check_hashes(bundle, checkpoint, error));
    WEFT_TRY(check_array(bundle, PROGRESS, WEFT_BUNDLE_I64, STEPS, &progress, error));
    WEFT_TRY(check_array(bundle, FIGURES, WEFT_BUNDLE_F64, SUMS, &figures, error));
    WEFT_TRY(check_blocks(bundle, checkpoint, error));
    memcpy(steps, progress->values, sizeof steps);
    memcpy(sums, figures->values, sizeof sums);
    WEFT_TRY(check_progress(steps, error));
    if (steps[0] > checkpoint->steps) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the checkpoint is at step %lld, the training has %lld",
                         (long long)steps[0], (long long)checkpoint->steps);
    }
    for (int i = 0; i < checkpoint->n_blocks; i++) {
        const weft_checkpoint_block *block = &checkpoint->blocks[i];
        memcpy(block->values, weft_bundle_find(bundle, block->name)->values,
               block->count * sizeof *block->values);
    }
    checkpoint->at = (weft_train_place){
        .step = steps[0],
        .loss_steps = steps[1],
        .loss_sum = sums[0],
        .best_accuracy = sums[1],
        .best_step = steps[2],
        .gave_up = steps[3] != 0,
    };
    return WEFT_OK;
}

weft_status weft_checkpoint_load(const char *path, weft_checkpoint *checkpoint, weft_error *error) {
    weft_bytes bytes = {0};
    weft_bundle bundle = {0};
    WEFT_TRY(weft_bytes_read_large(path, &bytes, error));
    weft_status status = weft_bundle_parse(bytes.data, bytes.size, &bundle, error);
    if (status == WEFT_OK) {
        status = take(&bundle, checkpoint, error);
    }
    weft_bundle_destroy(&bundle);
    free(bytes.data);
    if (status != WEFT_OK) {
        weft_error_file(error, path);
    }
    return status;
}

/* ---- what it is of, and when to save it ------------------------------------------------------ */

static uint64_t hash_images(const weft_images *images, size_t size, uint64_t before) {
    uint64_t hash = weft_hash(&images->n, sizeof images->n, before);
    if (images->n == 0) {
        return hash;
    }
    hash = weft_hash(images->pixels, (size_t)images->n * size, hash);
    return weft_hash(images->labels, (size_t)images->n * sizeof *images->labels, hash);
}

uint64_t weft_dataset_hash(const weft_dataset *dataset) {
    const weft_shape shape = dataset->info.shape;
    const int32_t sizes[] = {shape.channels, shape.height, shape.width, dataset->info.classes};
    const size_t size = (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
    uint64_t hash = weft_hash(sizes, sizeof sizes, 0);
    hash = hash_images(&dataset->train, size, hash);
    return hash_images(&dataset->test, size, hash);
}

bool weft_checkpoint_due(weft_checkpoint_clock *clock, double now, bool epoch_ends) {
    bool due = epoch_ends || (clock->every > 0.0 && now - clock->saved >= clock->every);
    clock->saved = due ? now : clock->saved;
    return due;
}
