/* SPDX-License-Identifier: Apache-2.0
 * See supernet_file.h. */
#include "learn/supernet_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/rng.h"
#include "learn/data.h"
#include "learn/safetensors.h"
#include "learn/train_file.h"

static const char TENSORS[] = "tensors", VALUES[] = "values", STATE[] = "descent";
static const char PROGRESS[] = "progress", FIGURES[] = "figures";

enum {
    HASH_TEXT = 17,
    QUANT_TEXT = 160,
    SPLIT_TEXT = 64,
    STEPS = 2 + 2 * (1 + 2 * WEFT_SUPERNET_KINDS),
    SUMS = 1 + 2 * WEFT_SUPERNET_KINDS,
    MOST_TEXTS = 8
};

typedef struct texts {
    char space_hash[HASH_TEXT], settings[HASH_TEXT], dataset[HASH_TEXT], quant[QUANT_TEXT];
    char split[SPLIT_TEXT];
    weft_bundle_text list[MOST_TEXTS];
    int n;
} texts;

static void write_hash(uint64_t hash, char *text) {
    snprintf(text, HASH_TEXT, "%016" PRIx64, hash);
}

/* Whole numbers, then reals, with blanks between them; reals read back to the same bits, whatever the
 * locale. */
static void write_numbers(const int64_t *whole, int n_whole, const double *real, int n_real,
                          char *text, size_t size) {
    size_t used = 0;
    char number[40];
    for (int i = 0; i < n_whole && used < size; i++) {
        used +=
            (size_t)snprintf(text + used, size - used, "%s%" PRId64, used > 0 ? " " : "", whole[i]);
    }
    for (int i = 0; i < n_real && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, " %s",
                                 weft_real_text(real[i], number, sizeof number));
    }
}

static bool read_numbers(const char *text, int64_t *whole, int n_whole, double *real, int n_real) {
    char *end = NULL;
    for (int i = 0; i < n_whole; i++, text = end) {
        whole[i] = strtoll(text, &end, 10);
        if (end == text) {
            return false;
        }
    }
    for (int i = 0; i < n_real; i++, text = end) {
        text += strspn(text, " ");
        real[i] = weft_real_parse(text, &end);
        if (end == text) {
            return false;
        }
    }
    return *text == '\0';
}

enum { QUANT_WHOLE = 6, QUANT_REAL = 2 };

/* Bits as the weights were trained with: "real", or the fields of weft_quant_settings. */
static void write_quant(const weft_train_settings *train, char *text) {
    const weft_quant_settings *q = &train->quant;
    const int64_t whole[QUANT_WHOLE] = {q->weight_bits, q->input_bits, q->ends_at_8,
                                        q->per_channel, q->steps,      q->calibration};
    const double real[QUANT_REAL] = {q->percentile, q->follow};
    if (train->quantize) {
        write_numbers(whole, QUANT_WHOLE, real, QUANT_REAL, text, QUANT_TEXT);
    } else {
        snprintf(text, QUANT_TEXT, "real");
    }
}

static bool read_quant(const char *text, weft_train_settings *train) {
    int64_t whole[QUANT_WHOLE];
    double real[QUANT_REAL];
    if (strcmp(text, "real") == 0) {
        train->quantize = false;
        return true;
    }
    if (!read_numbers(text, whole, QUANT_WHOLE, real, QUANT_REAL) || whole[0] < 0 || whole[0] > 8 ||
        whole[1] < 0 || whole[1] > 8 || whole[4] < 0 || whole[4] >= WEFT_QUANT_STEPS_COUNT ||
        whole[5] < 0 || whole[5] >= WEFT_QUANT_CALIBRATION_COUNT) {
        return false;
    }
    train->quantize = true;
    train->quant = (weft_quant_settings){.weight_bits = (int32_t)whole[0],
                                         .input_bits = (int32_t)whole[1],
                                         .ends_at_8 = whole[2] != 0,
                                         .per_channel = whole[3] != 0,
                                         .steps = (weft_quant_steps)whole[4],
                                         .calibration = (weft_quant_calibration)whole[5],
                                         .percentile = real[0],
                                         .follow = real[1]};
    return true;
}

/* Which images were kept from the training: seed, and share of the training set. */
static void write_split(const weft_train_settings *train, char *text) {
    const int64_t seed = (int64_t)train->split_seed;
    write_numbers(&seed, 1, &train->validation, 1, text, SPLIT_TEXT);
}

static bool read_split(const char *text, weft_train_settings *train) {
    int64_t seed;
    double share;
    if (!read_numbers(text, &seed, 1, &share, 1) || !(share > 0.0 && share < 1.0)) {
        return false;
    }
    train->split_seed = (uint64_t)seed;
    train->validation = share;
    return true;
}

static void write_texts(const weft_shared *shared, const weft_supernet_settings *settings,
                        const weft_supernet_space *space, const char *format, texts *t) {
    write_hash(space->hash, t->space_hash);
    write_quant(&settings->train, t->quant);
    write_split(&settings->train, t->split);
    t->n = 0;
    t->list[t->n++] = (weft_bundle_text){"weft", format};
    t->list[t->n++] = (weft_bundle_text){"space", space->name};
    t->list[t->n++] = (weft_bundle_text){"space_hash", t->space_hash};
    t->list[t->n++] = (weft_bundle_text){"quant", t->quant};
    t->list[t->n++] = (weft_bundle_text){"split", t->split};
    t->list[t->n++] = (weft_bundle_text){
        "kernels", shared->settings.transforms_kernels ? "transformed" : "cropped"};
}

static weft_bundle_array floats(const char *name, const float *values, size_t n) {
    return (weft_bundle_array){.name = name,
                               .kind = WEFT_BUNDLE_F32,
                               .n_dims = 1,
                               .dims = {(int64_t)n},
                               .n = n,
                               .values = values};
}

static weft_status write_file(const weft_bundle_array *arrays, int n, const texts *t,
                              const char *path, weft_error *error) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    WEFT_TRY(weft_bundle_write(arrays, n, t->list, t->n, &bytes, &size, error));
    weft_status status = weft_bundle_save(path, bytes, size, error);
    free(bytes);
    return status;
}

/* The sizes as an array; its values are malloc'ed. */
static weft_status describe_tensors(const weft_shared *shared, weft_bundle_array *array,
                                    int64_t **rows, weft_error *error) {
    size_t n = (size_t)shared->n_tensors * WEFT_SHARED_FIELDS;
    *rows = malloc(n * sizeof **rows);
    if (*rows == NULL) {
        return weft_fail_memory(error, n * sizeof **rows);
    }
    weft_shared_describe(shared, *rows);
    *array = (weft_bundle_array){.name = TENSORS,
                                 .kind = WEFT_BUNDLE_I64,
                                 .n_dims = 2,
                                 .dims = {shared->n_tensors, WEFT_SHARED_FIELDS},
                                 .n = n,
                                 .values = *rows};
    return WEFT_OK;
}

weft_status weft_supernet_save(const weft_shared *shared, const weft_supernet_settings *settings,
                               const weft_supernet_space *space, const char *path,
                               weft_error *error) {
    texts t;
    int64_t *rows;
    weft_bundle_array arrays[2];
    write_texts(shared, settings, space, "supernet/1", &t);
    WEFT_TRY(describe_tensors(shared, &arrays[0], &rows, error));
    arrays[1] = floats(VALUES, shared->values, shared->n);
    weft_status status = write_file(arrays, 2, &t, path, error);
    free(rows);
    return status;
}

/* ---- checkpoints ----------------------------------------------------------------------------- */

static weft_status add_hashes(const weft_supernet_settings *s, const weft_dataset *dataset,
                              texts *t, weft_error *error) {
    uint64_t hash;
    WEFT_TRY(weft_train_settings_hash(&s->train, &hash, error));
    const double numbers[] = {s->first_phase, s->inherited_rate};
    const int64_t integers[] = {s->rule, s->samples, s->distils, s->transforms_kernels,
                                s->projects};
    hash = weft_hash(integers, sizeof integers, weft_hash(numbers, sizeof numbers, hash));
    write_hash(hash, t->settings);
    write_hash(weft_dataset_hash(dataset), t->dataset);
    t->list[t->n++] = (weft_bundle_text){"settings", t->settings};
    t->list[t->n++] = (weft_bundle_text){"dataset", t->dataset};
    return WEFT_OK;
}

/* All that is counted, as one row of integers and one of reals. */
static void write_place(const weft_supernet_place *place, int64_t *steps, double *sums) {
    const weft_supernet_count *counts[] = {&place->all, &place->before};
    *steps++ = place->at.step;
    *steps++ = place->at.loss_steps;
    *sums++ = place->at.loss_sum;
    for (int i = 0; i < 2; i++) {
        *steps++ = counts[i]->networks;
        for (int k = 0; k < WEFT_SUPERNET_KINDS; k++) {
            *steps++ = counts[i]->agreement[k].pairs;
            *steps++ = counts[i]->agreement[k].negative;
            *sums++ = counts[i]->agreement[k].sum;
        }
    }
}

static void read_place(const int64_t *steps, const double *sums, weft_supernet_place *place) {
    weft_supernet_place read = {0};
    weft_supernet_count *counts[] = {&read.all, &read.before};
    read.at.step = *steps++;
    read.at.loss_steps = *steps++;
    read.at.loss_sum = *sums++;
    for (int i = 0; i < 2; i++) {
        counts[i]->networks = *steps++;
        for (int k = 0; k < WEFT_SUPERNET_KINDS; k++) {
            counts[i]->agreement[k].pairs = *steps++;
            counts[i]->agreement[k].negative = *steps++;
            counts[i]->agreement[k].sum = *sums++;
        }
    }
    *place = read;
}

weft_status weft_supernet_keep(const weft_shared *shared, const weft_supernet_settings *settings,
                               const weft_supernet_space *space, const weft_dataset *dataset,
                               const weft_supernet_place *at, weft_error *error) {
    texts t;
    int64_t *rows, steps[STEPS];
    double sums[SUMS];
    weft_bundle_array arrays[5];
    write_place(at, steps, sums);
    write_texts(shared, settings, space, "supernet-checkpoint/1", &t);
    WEFT_TRY(add_hashes(settings, dataset, &t, error));
    WEFT_TRY(describe_tensors(shared, &arrays[0], &rows, error));
    arrays[1] = floats(VALUES, shared->values, shared->n);
    arrays[2] = floats(STATE, shared->state, shared->n * shared->n_state);
    arrays[3] = (weft_bundle_array){.name = PROGRESS,
                                    .kind = WEFT_BUNDLE_I64,
                                    .n_dims = 1,
                                    .dims = {STEPS},
                                    .n = STEPS,
                                    .values = steps};
    arrays[4] = (weft_bundle_array){.name = FIGURES,
                                    .kind = WEFT_BUNDLE_F64,
                                    .n_dims = 1,
                                    .dims = {SUMS},
                                    .n = SUMS,
                                    .values = sums};
    weft_status status = write_file(arrays, 5, &t, settings->train.checkpoint, error);
    free(rows);
    return status;
}

/* ---- reading --------------------------------------------------------------------------------- */

static weft_status expect_text(const weft_bundle *bundle, const char *key, const char *expected,
                               const char *what, weft_error *error) {
    const char *found = weft_bundle_get_text(bundle, key);
    if (found != NULL && strcmp(found, expected) == 0) {
        return WEFT_OK;
    }
    return weft_fail(error, WEFT_ERROR_INPUT,
                     "this file is of %s (\"%s\" is \"%.40s\", expected "
                     "\"%.40s\")",
                     what, key, found != NULL ? found : "", expected);
}

static weft_status find_array(const weft_bundle *bundle, const char *name, weft_bundle_kind kind,
                              const weft_bundle_array **array, weft_error *error) {
    *array = weft_bundle_find(bundle, name);
    if (*array == NULL || (*array)->kind != kind) {
        return weft_fail(error, WEFT_ERROR_INPUT, "the supernet has no array \"%s\" of kind %s",
                         name, weft_bundle_word(kind));
    }
    return WEFT_OK;
}

/* Tensors and their values, into an empty `shared`. */
static weft_status take_tensors(const weft_bundle *bundle, weft_shared *shared, weft_error *error) {
    const weft_bundle_array *rows, *values;
    WEFT_TRY(find_array(bundle, TENSORS, WEFT_BUNDLE_I64, &rows, error));
    WEFT_TRY(find_array(bundle, VALUES, WEFT_BUNDLE_F32, &values, error));
    if (rows->n_dims != 2 || rows->dims[1] != WEFT_SHARED_FIELDS || rows->dims[0] > 1 << 20) {
        return weft_fail(error, WEFT_ERROR_INPUT, "array \"%s\" has not %d columns", TENSORS,
                         (int)WEFT_SHARED_FIELDS);
    }
    int64_t *copy = malloc(rows->n * sizeof *copy);
    if (copy == NULL) {
        return weft_fail_memory(error, rows->n * sizeof *copy);
    }
    memcpy(copy, rows->values, rows->n * sizeof *copy);
    weft_status status = weft_shared_begin(shared, copy, (int)rows->dims[0], values->n, error);
    free(copy);
    WEFT_TRY(status);
    memcpy(shared->values, values->values, shared->n * sizeof *shared->values);
    return WEFT_OK;
}

static weft_status take_checkpoint(const weft_bundle *bundle, weft_shared *shared,
                                   weft_supernet_place *at, weft_error *error) {
    const weft_bundle_array *state, *progress, *figures;
    WEFT_TRY(take_tensors(bundle, shared, error));
    WEFT_TRY(find_array(bundle, STATE, WEFT_BUNDLE_F32, &state, error));
    WEFT_TRY(find_array(bundle, PROGRESS, WEFT_BUNDLE_I64, &progress, error));
    WEFT_TRY(find_array(bundle, FIGURES, WEFT_BUNDLE_F64, &figures, error));
    if (state->n != shared->n * shared->n_state || progress->n != STEPS || figures->n != SUMS) {
        return weft_fail(error, WEFT_ERROR_INPUT, "the checkpoint's arrays have other sizes");
    }
    int64_t steps[STEPS];
    double sums[SUMS];
    memcpy(steps, progress->values, sizeof steps);
    memcpy(sums, figures->values, sizeof sums);
    memcpy(shared->state, state->values, state->n * sizeof *shared->state);
    read_place(steps, sums, at);
    return WEFT_OK;
}

/* Everything that was admitted before is in the checkpoint, too. */
static weft_status resume(const weft_bundle *bundle, const texts *t, weft_shared *shared,
                          weft_supernet_place *at, weft_error *error) {
    WEFT_TRY(expect_text(bundle, "weft", "supernet-checkpoint/1", "another kind", error));
    const weft_checkpoint_claim claims[] = {{"space_hash", t->space_hash, "another space"},
                                            {"dataset", t->dataset, "another data set"},
                                            {"settings", t->settings, "other settings"}};
    WEFT_TRY(weft_checkpoint_check(bundle, claims, 3, error));
    weft_shared *made;
    WEFT_TRY(weft_shared_create(&shared->settings, shared->n_state, &made, error));
    weft_status status = take_checkpoint(bundle, made, at, error);
    if (status == WEFT_OK) {
        weft_shared old = *shared;
        *shared = *made;
        *made = old;
    }
    weft_shared_destroy(made);
    return status;
}

static weft_status read_bundle(const char *path, weft_bytes *bytes, weft_bundle *bundle,
                               weft_error *error) {
    WEFT_TRY(weft_bytes_read_large(path, bytes, error));
    return weft_bundle_parse(bytes->data, bytes->size, bundle, error);
}

weft_status weft_supernet_resume(weft_shared *shared, const weft_supernet_settings *settings,
                                 const weft_supernet_space *space, const weft_dataset *dataset,
                                 weft_supernet_place *at, weft_error *error) {
    const char *path = settings->train.checkpoint;
    if (path == NULL || path[0] == '\0' || access(path, F_OK) != 0) {
        return WEFT_OK;
    }
    texts t;
    weft_bytes bytes = {0};
    weft_bundle bundle = {0};
    write_texts(shared, settings, space, "supernet-checkpoint/1", &t);
    WEFT_TRY(add_hashes(settings, dataset, &t, error));
    weft_status status = read_bundle(path, &bytes, &bundle, error);
    if (status == WEFT_OK) {
        status = resume(&bundle, &t, shared, at, error);
    }
    weft_bundle_destroy(&bundle);
    free(bytes.data);
    if (status != WEFT_OK) {
        weft_error_file(error, path);
    }
    return status;
}

/* ---- opening --------------------------------------------------------------------------------- */

static weft_status check_space(const weft_bundle *bundle, uint64_t space_hash,
                               const char *space_name, weft_error *error) {
    char expected[HASH_TEXT];
    write_hash(space_hash, expected);
    const char *found = weft_bundle_get_text(bundle, "space_hash");
    const char *name = weft_bundle_get_text(bundle, "space");
    if (space_hash == 0 || (found != NULL && strcmp(found, expected) == 0)) {
        return WEFT_OK;
    }
    bool same_name = name != NULL && strcmp(name, space_name) == 0;
    weft_fail(error, WEFT_ERROR_INPUT,
              "this supernet was trained over the space %.80s, not over %s%.80s",
              name != NULL ? name : "without a name", same_name ? "this " : "", space_name);
    weft_hint(error, same_name ? "the genes of its networks, its input or its classes have changed "
                                 "since: train one anew, weft supernet train"
                               : "train one over this space: weft supernet train");
    return WEFT_ERROR_INPUT;
}

static weft_status open_bundle(const weft_bundle *bundle, uint64_t space_hash,
                               const char *space_name, weft_supernet *supernet, weft_error *error) {
    WEFT_TRY(expect_text(bundle, "weft", "supernet/1", "another kind", error));
    WEFT_TRY(check_space(bundle, space_hash, space_name, error));
    const char *kernels = weft_bundle_get_text(bundle, "kernels");
    const char *quant = weft_bundle_get_text(bundle, "quant");
    weft_train_defaults(&supernet->train);
    const char *split = weft_bundle_get_text(bundle, "split");
    if (kernels == NULL || quant == NULL || split == NULL || !read_quant(quant, &supernet->train) ||
        !read_split(split, &supernet->train)) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the supernet does not say its kernels, bits and validation images");
    }
    const weft_shared_settings settings = {
        .transforms_kernels = strcmp(kernels, "transformed") == 0,
    };
    WEFT_TRY(weft_shared_create(&settings, 0, &supernet->shared, error));
    return take_tensors(bundle, supernet->shared, error);
}

weft_status weft_supernet_parse(const uint8_t *bytes, size_t size, uint64_t space_hash,
                                const char *space_name, weft_supernet **supernet,
                                weft_error *error) {
    weft_bundle bundle = {0};
    weft_supernet *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = weft_bundle_parse(bytes, size, &bundle, error);
    if (status == WEFT_OK) {
        status = open_bundle(&bundle, space_hash, space_name, made, error);
    }
    weft_bundle_destroy(&bundle);
    if (status != WEFT_OK) {
        weft_supernet_close(made);
        return status;
    }
    *supernet = made;
    return WEFT_OK;
}

weft_status weft_supernet_open(const char *path, uint64_t space_hash, const char *space_name,
                               weft_supernet **supernet, weft_error *error) {
    weft_bytes bytes = {0};
    weft_status status = weft_bytes_read_large(path, &bytes, error);
    if (status == WEFT_OK) {
        status =
            weft_supernet_parse(bytes.data, bytes.size, space_hash, space_name, supernet, error);
    }
    free(bytes.data);
    if (status != WEFT_OK) {
        weft_error_file(error, path);
    }
    return status;
}

void weft_supernet_close(weft_supernet *supernet) {
    if (supernet != NULL) {
        weft_shared_destroy(supernet->shared);
        free(supernet);
    }
}

uint64_t weft_supernet_hash(const weft_supernet *supernet) {
    const weft_shared *shared = supernet->shared;
    return weft_hash(shared->values, shared->n * sizeof *shared->values, 0);
}

void weft_supernet_align(const weft_supernet *supernet, weft_train_settings *settings) {
    settings->validation = supernet->train.validation;
    settings->split_seed = supernet->train.split_seed;
    settings->quantize = supernet->train.quantize;
    settings->quant = supernet->train.quant;
}
