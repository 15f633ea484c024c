/* SPDX-License-Identifier: Apache-2.0
 * See train_file.h. */
#include "learn/train_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "learn/backend.h"
#include "learn/data.h"
#include "learn/safetensors.h"
#include "learn/train_settings.h"

static const char *const slot_words[WEFT_SLOTS] = {
    [WEFT_SLOT_WEIGHT] = "weight",
    [WEFT_SLOT_BIAS] = "bias",
    [WEFT_SLOT_MEAN] = "mean",
    [WEFT_SLOT_VARIANCE] = "variance",
    [WEFT_SLOT_WEIGHT_STEP] = "weight_step",
    [WEFT_SLOT_INPUT_STEP] = "input_step",
    [WEFT_SLOT_WEIGHT_EXTENT] = "weight_extent",
    [WEFT_SLOT_INPUT_EXTENT] = "input_extent",
};

enum { HASH_TEXT = 17 };

static void name_slot(const weft_stage *stage, int name, char *text) {
    snprintf(text, WEFT_SLOT_NAME, "%d.%s.%s", stage->layer_index, weft_op_token(stage->layer->op),
             slot_words[name]);
}

/* ---- weights, out ---------------------------------------------------------------------------- */

/* Weights of products in their dimensions, everything else flat. */
void weft_slot_describe(const weft_stage *stage, weft_slot_name name, char *text,
                        weft_bundle_array *array) {
    const weft_slot *slot = &stage->slot[name];
    const weft_layer *layer = stage->layer;
    name_slot(stage, name, text);
    *array = (weft_bundle_array){
        .name = text,
        .kind = WEFT_BUNDLE_F32,
        .n_dims = 1,
        .dims = {(int64_t)slot->count},
        .n = slot->count,
        .values = slot->value,
    };
    if (name == WEFT_SLOT_WEIGHT && weft_stage_is_product(stage)) {
        int64_t window =
            layer->op == WEFT_OP_CONV ? (int64_t)layer->kernel.height * layer->kernel.width : 1;
        array->dims[0] = layer->out.channels;
        array->dims[1] = (int64_t)slot->count / layer->out.channels / window;
        array->n_dims = layer->op == WEFT_OP_CONV ? 4 : 2;
        array->dims[2] = layer->kernel.height;
        array->dims[3] = layer->kernel.width;
    }
}

static bool is_step(int name) {
    return name == WEFT_SLOT_WEIGHT_STEP || name == WEFT_SLOT_INPUT_STEP;
}

static void name_bits(const weft_stage *stage, int name, char *text) {
    snprintf(text, WEFT_SLOT_NAME, "%d.%s.%s", stage->layer_index, weft_op_token(stage->layer->op),
             name == WEFT_SLOT_WEIGHT_STEP ? "weight_bits" : "input_bits");
}

/* A step means nothing without the number of bits that it was trained for. */
static void describe_bits(const weft_stage *stage, int name, char *text, int64_t *bits,
                          weft_bundle_array *array) {
    name_bits(stage, name, text);
    *bits = stage->bits;
    *array = (weft_bundle_array){
        .name = text, .kind = WEFT_BUNDLE_I64, .n_dims = 1, .dims = {1}, .n = 1, .values = bits};
}

static int describe_slots(const weft_engine *engine, weft_bundle_array *arrays,
                          char (*names)[WEFT_SLOT_NAME], int64_t *bits) {
    int n = 0;
    for (int s = 0; s < engine->n_stages; s++) {
        const weft_stage *stage = &engine->stages[s];
        for (int name = 0; name < WEFT_SLOTS; name++) {
            if (stage->slot[name].count > 0) {
                weft_slot_describe(stage, name, names[n], &arrays[n]);
                n++;
            }
            if (stage->slot[name].count > 0 && is_step(name)) {
                describe_bits(stage, name, names[n], &bits[n], &arrays[n]);
                n++;
            }
        }
    }
    return n;
}

weft_status weft_engine_save(const weft_engine *engine, const char *path, weft_error *error) {
    WEFT_TRY(weft_engine_fetch(engine, error));
    size_t most = 2 * (size_t)engine->n_stages * WEFT_SLOTS;
    weft_bundle_array *arrays = calloc(most, sizeof *arrays);
    char(*names)[WEFT_SLOT_NAME] = calloc(most, sizeof *names);
    int64_t *bits = calloc(most, sizeof *bits);
    char hash[HASH_TEXT];
    snprintf(hash, sizeof hash, "%016" PRIx64, weft_network_hash(engine->network));
    const weft_bundle_text texts[] = {
        {"weft", "weights/1"}, {"network", engine->network->name}, {"network_hash", hash}};
    uint8_t *bytes = NULL;
    size_t size = 0;
    weft_status status = arrays != NULL && names != NULL && bits != NULL
                             ? WEFT_OK
                             : weft_fail_memory(error, most * sizeof *arrays);
    if (status == WEFT_OK) {
        int n = describe_slots(engine, arrays, names, bits);
        status = weft_bundle_write(arrays, n, texts, 3, &bytes, &size, error);
    }
    if (status == WEFT_OK) {
        status = weft_bundle_save(path, bytes, size, error);
    }
    free(bytes);
    free(bits);
    free(names);
    free(arrays);
    return status;
}

/* ---- weights, in ----------------------------------------------------------------------------- */

/* Steps and extents of quantizers: a training in reals has none. */
static bool may_be_missing(int name) {
    return name >= WEFT_SLOT_WEIGHT_STEP;
}

enum { SHAPE_TEXT = 256 };

/* "F32 (16, 3, 3, 3)" */
static const char *show_shape(const weft_bundle_array *array, char text[SHAPE_TEXT]) {
    int n = snprintf(text, SHAPE_TEXT, "%s (", weft_bundle_word(array->kind));
    for (int i = 0; i < array->n_dims; i++) {
        n += snprintf(text + n, (size_t)(SHAPE_TEXT - n), "%s%lld", i > 0 ? ", " : "",
                      (long long)array->dims[i]);
    }
    snprintf(text + n, (size_t)(SHAPE_TEXT - n), ")");
    return text;
}

static bool same_shape(const weft_bundle_array *a, const weft_bundle_array *b) {
    return a->kind == b->kind && a->n_dims == b->n_dims &&
           memcmp(a->dims, b->dims, (size_t)a->n_dims * sizeof *a->dims) == 0;
}

/* `found` NULL: there is no such array. */
static weft_status fail_weights(const weft_engine *engine, const weft_bundle *bundle,
                                const weft_bundle_array *found, const weft_bundle_array *expected,
                                weft_error *error) {
    char shapes[2][SHAPE_TEXT];
    const char *network = weft_bundle_get_text(bundle, "network");
    weft_fail(error, WEFT_ERROR_INPUT,
              "these weights, of %s, have %s where network %s needs array \"%s\" of %s",
              network != NULL ? network : "a network without a name",
              found != NULL ? show_shape(found, shapes[0]) : "nothing", engine->network->name,
              expected->name, show_shape(expected, shapes[1]));
    weft_hint(error, "weights fit the network that they were trained in, with the same input and "
                     "classes");
    return WEFT_ERROR_INPUT;
}

/* The bits that a step of a file was trained for; those of the stage where the file does not say. */
static int64_t bits_in_file(const weft_bundle *bundle, const weft_stage *stage, int name) {
    char text[WEFT_SLOT_NAME];
    name_bits(stage, name, text);
    const weft_bundle_array *array = weft_bundle_find(bundle, text);
    int64_t bits = stage->bits;
    if (array != NULL && array->kind == WEFT_BUNDLE_I64 && array->n == 1) {
        memcpy(&bits, array->values, sizeof bits);
    }
    return bits;
}

/* The array of a slot; NULL: there is none. Steps and extents of other bits, or of another number of
 * rows, are none: who quantizes otherwise begins them anew. */
static const weft_bundle_array *find_slot(const weft_bundle *bundle, const weft_stage *stage,
                                          int name) {
    char text[WEFT_SLOT_NAME];
    name_slot(stage, name, text);
    const weft_bundle_array *array = weft_bundle_find(bundle, text);
    if (array == NULL || !may_be_missing(name)) {
        return array;
    }
    bool fits = array->n == stage->slot[name].count &&
                (!is_step(name) || bits_in_file(bundle, stage, name) == stage->bits);
    return fits ? array : NULL;
}

/* Of a step that is to be as it was trained: one that the file has must be of these bits and rows. */
static weft_status check_trained(const weft_bundle *bundle, const weft_stage *stage, int name,
                                 weft_error *error) {
    char text[WEFT_SLOT_NAME];
    name_slot(stage, name, text);
    const weft_bundle_array *array = weft_bundle_find(bundle, text);
    if (array == NULL || find_slot(bundle, stage, name) != NULL) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_INPUT,
              "\"%s\" was trained as %zu for %lld bits, expected %zu for %d", text, array->n,
              (long long)bits_in_file(bundle, stage, name), stage->slot[name].count,
              (int)stage->bits);
    weft_hint(error,
              "trained steps go with the bits, and with steps a channel or a layer, that they "
              "were trained with; else calibrate with error, min-max or percentile");
    return WEFT_ERROR_INPUT;
}

static weft_status check_slot(const weft_engine *engine, const weft_bundle *bundle,
                              const weft_stage *stage, int name, weft_error *error) {
    char text[WEFT_SLOT_NAME];
    weft_bundle_array expected;
    weft_slot_describe(stage, (weft_slot_name)name, text, &expected);
    const weft_bundle_array *found = find_slot(bundle, stage, name);
    if (found == NULL ? may_be_missing(name) : same_shape(found, &expected)) {
        return WEFT_OK;
    }
    return fail_weights(engine, bundle, found, &expected, error);
}

static void take_slot(const weft_bundle *bundle, const weft_stage *stage, int name) {
    const weft_bundle_array *array = find_slot(bundle, stage, name);
    if (array != NULL) {
        memcpy(stage->slot[name].value, array->values, array->n * sizeof(float));
    }
}

/* Everything is checked before anything is changed. */
static weft_status take_weights(weft_engine *engine, const weft_bundle *bundle, bool trained,
                                weft_error *error) {
    WEFT_TRY(weft_engine_fetch(engine, error));
    for (int pass = 0; pass < 2; pass++) {
        for (int s = 0; s < engine->n_stages; s++) {
            const weft_stage *stage = &engine->stages[s];
            for (int name = 0; name < WEFT_SLOTS; name++) {
                if (stage->slot[name].count == 0) {
                    continue;
                }
                if (pass == 0) {
                    WEFT_TRY(check_slot(engine, bundle, stage, name, error));
                    WEFT_TRY(trained && is_step(name) ? check_trained(bundle, stage, name, error)
                                                      : WEFT_OK);
                } else {
                    take_slot(bundle, stage, name);
                }
            }
        }
    }
    weft_engine_touch(engine);
    return WEFT_OK;
}

static weft_status load(weft_engine *engine, const char *path, bool trained, weft_error *error) {
    weft_bytes bytes = {0};
    weft_bundle bundle = {0};
    WEFT_TRY(weft_bytes_read_large(path, &bytes, error));
    weft_status status = weft_bundle_parse(bytes.data, bytes.size, &bundle, error);
    if (status == WEFT_OK) {
        status = take_weights(engine, &bundle, trained, error);
    }
    weft_bundle_destroy(&bundle);
    free(bytes.data);
    if (status != WEFT_OK) {
        weft_error_file(error, path);
    }
    return status;
}

weft_status weft_engine_load(weft_engine *engine, const char *path, weft_error *error) {
    return load(engine, path, false, error);
}

weft_status weft_engine_load_trained(weft_engine *engine, const char *path, weft_error *error) {
    return load(engine, path, true, error);
}

/* ---- checkpoints ----------------------------------------------------------------------------- */

static weft_status hash_file(const char *path, uint64_t *hash, weft_error *error) {
    *hash = 0;
    if (!weft_is_given(path)) {
        return WEFT_OK;
    }
    weft_bytes bytes = {0};
    WEFT_TRY(weft_bytes_read_large(path, &bytes, error));
    *hash = weft_hash(bytes.data, bytes.size, 1);
    free(bytes.data);
    return WEFT_OK;
}

/* Field by field: a struct's padding has no meaning. */
weft_status weft_train_settings_hash(const weft_train_settings *s, uint64_t *hash,
                                     weft_error *error) {
    uint64_t files[2], teacher = s->teacher != NULL ? weft_network_hash(s->teacher) : 0;
    WEFT_TRY(hash_file(s->weights, &files[0], error));
    WEFT_TRY(hash_file(s->teacher_weights, &files[1], error));
    const weft_quant_settings *q = &s->quant;
    const double numbers[] = {
        s->epochs,   s->share,       s->validation,      s->learning_rate,
        s->warmup,   s->momentum,    s->weight_decay,    s->gradient_limit,
        s->average,  s->mixup,       s->label_smoothing, s->patience,
        s->teaching, s->temperature, q->percentile,      q->follow,
    };
    const int64_t integers[] = {
        (int64_t)s->seed,
        (int64_t)s->split_seed,
        s->batch,
        s->validation_limit,
        (int64_t)weft_train_type(s),
        (int64_t)weft_backend_resolve(s->device),
        s->descent,
        s->schedule,
        s->decay_all,
        s->crop_pad,
        s->flip,
        s->cutout,
        s->split,
        s->quantize,
        q->weight_bits,
        q->input_bits,
        q->ends_at_8,
        q->per_channel,
        q->steps,
        q->calibration,
        (int64_t)teacher,
        (int64_t)files[0],
        (int64_t)files[1],
    };
    *hash = weft_hash(integers, sizeof integers, weft_hash(numbers, sizeof numbers, 0));
    return WEFT_OK;
}

enum { MOST_BLOCKS = 4 };

/* The trainer's arrays, as they are in a checkpoint. */
static int list_blocks(const weft_trainer *trainer, weft_checkpoint_block *blocks) {
    const weft_engine *engine = trainer->engine;
    int n = 0;
    blocks[n++] = (weft_checkpoint_block){"parameters", engine->parameters, engine->n_parameters};
    if (engine->n_statistics > 0) {
        blocks[n++] =
            (weft_checkpoint_block){"statistics", engine->statistics, engine->n_statistics};
    }
    if (trainer->n_state > 0) {
        blocks[n++] = (weft_checkpoint_block){"descent", trainer->state, trainer->n_state};
    }
    if (trainer->average != NULL) {
        blocks[n++] = (weft_checkpoint_block){"average", trainer->average, engine->n_parameters};
    }
    return n;
}

weft_status weft_train_record_make(const weft_trainer *trainer, const weft_dataset *dataset,
                                   int64_t steps, weft_train_record *record, weft_error *error) {
    weft_train_record made = {
        .network = weft_network_hash(trainer->engine->network),
        .dataset = weft_dataset_hash(dataset),
        .steps = steps,
    };
    WEFT_TRY(weft_train_settings_hash(trainer->settings, &made.settings, error));
    *record = made;
    return WEFT_OK;
}

static weft_checkpoint describe_checkpoint(const weft_trainer *trainer,
                                           const weft_train_record *record,
                                           weft_checkpoint_block *blocks) {
    return (weft_checkpoint){
        .network = record->network,
        .settings = record->settings,
        .dataset = record->dataset,
        .steps = record->steps,
        .blocks = blocks,
        .n_blocks = list_blocks(trainer, blocks),
    };
}

weft_status weft_train_resume(weft_trainer *trainer, const weft_train_record *record,
                              const char *path, weft_train_place *at, weft_error *error) {
    if (access(path, F_OK) != 0) {
        return WEFT_OK;
    }
    weft_checkpoint_block blocks[MOST_BLOCKS];
    weft_checkpoint checkpoint = describe_checkpoint(trainer, record, blocks);
    WEFT_TRY(weft_engine_fetch(trainer->engine, error));
    WEFT_TRY(weft_checkpoint_load(path, &checkpoint, error));
    *at = checkpoint.at;
    trainer->engine->steps = at->step;
    trainer->updates = at->step;
    weft_engine_touch(trainer->engine);
    return WEFT_OK;
}

weft_status weft_train_keep(const weft_trainer *trainer, const weft_train_record *record,
                            const char *path, const weft_train_place *at, weft_error *error) {
    weft_checkpoint_block blocks[MOST_BLOCKS];
    WEFT_TRY(weft_engine_fetch(trainer->engine, error));
    weft_checkpoint checkpoint = describe_checkpoint(trainer, record, blocks);
    checkpoint.at = *at;
    return weft_checkpoint_save(path, &checkpoint, error);
}
