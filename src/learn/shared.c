/* SPDX-License-Identifier: Apache-2.0
 * See shared.h; files are in supernet_file.c. */
#include "learn/shared.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/shared_slice.h"

/* ---- keys ------------------------------------------------------------------------------------ */

static uint64_t key_of(int32_t place, int slot, int detail) {
    return (uint64_t)(uint32_t)place << 32 | (uint64_t)(unsigned)slot << 16 |
           (uint64_t)(unsigned)detail;
}

/* The index of a key, or where it would be: -1 - index. */
static int look_up(const weft_shared *shared, uint64_t key) {
    int low = 0, high = shared->n_tensors;
    while (low < high) {
        int middle = (low + high) / 2;
        if (shared->tensors[middle].key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < shared->n_tensors && shared->tensors[low].key == key;
    return found ? low : -1 - low;
}

weft_shared_tensor *weft_shared_find(const weft_shared *shared, int32_t place, int slot,
                                     int detail) {
    int at = look_up(shared, key_of(place, slot, detail));
    return at >= 0 ? &shared->tensors[at] : NULL;
}

/* Steps are of their own for each number of bits. */
static int detail_of(const weft_stage *stage, int slot) {
    return slot >= WEFT_SLOT_WEIGHT_STEP ? stage->bits : 0;
}

/* Batch norms estimate their statistics anew for each network. */
static bool is_shared(const weft_stage *stage, int slot) {
    return stage->slot[slot].count > 0 && slot != WEFT_SLOT_MEAN && slot != WEFT_SLOT_VARIANCE;
}

/* ---- start values ---------------------------------------------------------------------------- */

/* Each row of windows has a stream of its own. */
static uint64_t stream_of(const weft_shared_tensor *t, int32_t o, int32_t i) {
    const uint64_t parts[] = {t->key, (uint64_t)(uint32_t)o << 32 | (uint32_t)i};
    return weft_hash(parts, sizeof parts, 0);
}

static void draw_window(const weft_shared *shared, const weft_shared_tensor *t, int32_t o,
                        int32_t i, float *window, size_t n) {
    weft_rng rng =
        weft_rng_make(shared->settings.seed, WEFT_PURPOSE_INITIALISE, stream_of(t, o, i));
    for (size_t k = 0; k < n; k++) {
        window[k] = (float)(t->deviation * weft_rng_normal(&rng));
    }
}

static float constant_of(const weft_shared_tensor *t) {
    bool norm = t->op == WEFT_OP_BATCH_NORM || t->op == WEFT_OP_LAYER_NORM;
    return norm && t->slot == WEFT_SLOT_WEIGHT ? 1.0F : 0.0F;
}

/* Row by row, so that a tensor that grows keeps what it had. */
static void start_row(const weft_shared *shared, const weft_shared_tensor *t, int32_t o,
                      float *row) {
    size_t window = (size_t)t->sides[2] * (size_t)t->sides[3];
    for (int32_t i = 0; i < t->sides[1]; i++, row += window) {
        if (t->slot == WEFT_SLOTS) {
            *row = o == i ? 1.0F : 0.0F;
        } else if (t->deviation > 0.0) {
            draw_window(shared, t, o, i, row, window);
        } else {
            for (size_t k = 0; k < window; k++) {
                row[k] = constant_of(t);
            }
        }
    }
}

/* ---- making and growing ---------------------------------------------------------------------- */

weft_status weft_shared_create(const weft_shared_settings *settings, size_t n_state,
                               weft_shared **shared, weft_error *error) {
    weft_shared *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->settings = *settings;
    made->n_state = n_state;
    *shared = made;
    return WEFT_OK;
}

static void free_blocks(weft_shared *shared) {
    free(shared->values);
    free(shared->gradients[0]);
    free(shared->gradients[1]);
    free(shared->state);
}

void weft_shared_destroy(weft_shared *shared) {
    if (shared != NULL) {
        free_blocks(shared);
        free(shared->tensors);
        free(shared);
    }
}

static weft_status insert(weft_shared *shared, int at, const weft_shared_tensor *tensor,
                          weft_error *error) {
    if (shared->n_tensors == shared->capacity) {
        int capacity = shared->capacity > 0 ? 2 * shared->capacity : 64;
        weft_shared_tensor *grown = realloc(shared->tensors, (size_t)capacity * sizeof *grown);
        if (grown == NULL) {
            return weft_fail_memory(error, (size_t)capacity * sizeof *grown);
        }
        shared->tensors = grown;
        shared->capacity = capacity;
    }
    memmove(&shared->tensors[at + 1], &shared->tensors[at],
            (size_t)(shared->n_tensors - at) * sizeof *tensor);
    shared->tensors[at] = *tensor;
    shared->n_tensors++;
    return WEFT_OK;
}

/* Of weights by He et al., as the engine draws them (weft_engine_initialise), for the inputs that the
 * largest network has. */
static double deviation_of(const weft_engine *engine, const weft_stage *stage,
                           const weft_shared_tensor *t) {
    if (t->slot != WEFT_SLOT_WEIGHT) {
        return 0.0;
    }
    if (weft_stage_is_product(stage)) {
        double inputs = (double)t->sides[1] * t->sides[2] * t->sides[3];
        return sqrt(weft_engine_gain(engine, stage) / inputs);
    }
    bool table = t->op == WEFT_OP_TOKENS || t->op == WEFT_OP_ADD_EMBEDDING;
    return table ? WEFT_ENGINE_TABLE_DEVIATION : 0.0;
}

/* Notes what a tensor has to hold; its memory comes later. True: it is new or larger now. */
static weft_status need(weft_shared *shared, const weft_shared_tensor *wanted, bool *changed,
                        weft_error *error) {
    int at = look_up(shared, wanted->key);
    if (at < 0) {
        *changed = true;
        return insert(shared, -1 - at, wanted, error);
    }
    weft_shared_tensor *t = &shared->tensors[at];
    if (t->op != wanted->op) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "place %d is of %s and of %s", t->place,
                         weft_op_token(t->op), weft_op_token(wanted->op));
    }
    for (int s = 0; s < WEFT_SHARED_SIDES; s++) {
        if (wanted->sides[s] > t->sides[s]) {
            t->sides[s] = wanted->sides[s];
            *changed = true;
        }
    }
    t->deviation = wanted->deviation < t->deviation ? wanted->deviation : t->deviation;
    return WEFT_OK;
}

static weft_status need_slot(weft_shared *shared, const weft_engine *engine,
                             const weft_stage *stage, int slot, bool *changed, weft_error *error) {
    const weft_layer *layer = stage->layer;
    if (layer->place == 0) {
        weft_fail(error, WEFT_ERROR_INFEASIBLE,
                  "layer %d (%s) of %s has no place: its family cannot be a supernet",
                  stage->layer_index, weft_op_token(layer->op), engine->network->name);
        weft_hint(error, "spaces of imc, small-mobilenetv2, small-hybrid and the elastic families "
                         "can");
        return WEFT_ERROR_INFEASIBLE;
    }
    weft_shared_tensor t = {
        .key = key_of(layer->place, slot, detail_of(stage, slot)),
        .op = layer->op,
        .place = layer->place,
        .slot = (int16_t)slot,
        .detail = (int16_t)detail_of(stage, slot),
    };
    weft_slice_sides(stage, slot, t.sides);
    t.deviation = deviation_of(engine, stage, &t);
    t.decays = shared->settings.decay_all ? slot < WEFT_SLOT_WEIGHT_STEP : t.deviation > 0.0;
    return need(shared, &t, changed, error);
}

static bool has_kernel(const weft_shared_tensor *t) {
    return t->op == WEFT_OP_CONV && t->slot == WEFT_SLOT_WEIGHT && t->sides[2] == t->sides[3];
}

/* Matrices for every smaller odd kernel above 1, down to the smallest that is asked for. */
static weft_status need_matrices(weft_shared *shared, const weft_stage *stage, bool *changed,
                                 weft_error *error) {
    const weft_layer *layer = stage->layer;
    const weft_shared_tensor *t = weft_shared_find(shared, layer->place, WEFT_SLOT_WEIGHT, 0);
    if (!shared->settings.transforms_kernels || t == NULL || !has_kernel(t)) {
        return WEFT_OK;
    }
    int32_t largest = t->sides[2], smallest = layer->kernel.height;
    for (int32_t k = largest - 2; k >= smallest && k > 1; k -= 2) {
        weft_shared_tensor matrix = {
            .key = key_of(layer->place, WEFT_SLOTS, k),
            .op = layer->op,
            .place = layer->place,
            .slot = WEFT_SLOTS,
            .detail = (int16_t)k,
            .sides = {k * k, k * k, 1, 1},
        };
        WEFT_TRY(need(shared, &matrix, changed, error));
    }
    return WEFT_OK;
}

/* ---- laying out ------------------------------------------------------------------------------ */

static size_t padded(size_t floats) {
    return (floats + 15) / 16 * 16;
}

/* What was in a tensor of the old layout to where it is now; the rest of the tensor stays. */
static void move_tensor(const weft_shared_tensor *old, const weft_shared_tensor *new,
                        const float *from, float *to) {
    size_t columns = (size_t)old->sides[3];
    int32_t row_shift = (new->sides[2] - old->sides[2]) / 2;
    int32_t column_shift = (new->sides[3] - old->sides[3]) / 2;
    for (int32_t o = 0; o < old->sides[0]; o++) {
        for (int32_t i = 0; i < old->sides[1]; i++) {
            for (int32_t r = 0; r < old->sides[2]; r++) {
                size_t source = old->offset + (((size_t)o * (size_t)old->sides[1] + (size_t)i) *
                                                   (size_t)old->sides[2] +
                                               (size_t)r) *
                                                  columns;
                size_t window = ((size_t)o * (size_t) new->sides[1] + (size_t)i) *
                                    (size_t) new->sides[2] +
                                (size_t)(r + row_shift);
                size_t target = new->offset + window *(size_t) new->sides[3] + (size_t)column_shift;
                memcpy(to + target, from + source, columns * sizeof *to);
            }
        }
    }
}

static void place_tensors(weft_shared *shared) {
    size_t at = 0;
    for (int i = 0; i < shared->n_tensors; i++) {
        weft_shared_tensor *t = &shared->tensors[i];
        t->offset = at;
        t->count = (size_t)t->sides[0] * (size_t)t->sides[1] * (size_t)t->sides[2] *
                   (size_t)t->sides[3];
        at += padded(t->count);
    }
    shared->n = at;
}

static weft_status take_blocks(weft_shared *shared, weft_error *error) {
    size_t n = shared->n + 1;
    shared->values = calloc(n, sizeof(float));
    shared->gradients[0] = calloc(n, sizeof(float));
    shared->gradients[1] = calloc(n, sizeof(float));
    shared->state = calloc(n * (shared->n_state + 1), sizeof(float));
    if (shared->values == NULL || shared->gradients[0] == NULL || shared->gradients[1] == NULL ||
        shared->state == NULL) {
        return weft_fail_memory(error, n * (3 + shared->n_state) * sizeof(float));
    }
    return WEFT_OK;
}

static void start_values(const weft_shared *shared, const weft_shared_tensor *t) {
    size_t row = (size_t)t->sides[1] * (size_t)t->sides[2] * (size_t)t->sides[3];
    for (int32_t o = 0; o < t->sides[0]; o++) {
        start_row(shared, t, o, shared->values + t->offset + (size_t)o * row);
    }
}

/* Blocks of the new layout, with what the old ones had. Tensors that have never been trained begin
 * anew: their start values are those of the largest network. */
static weft_status lay_out(weft_shared *shared, const weft_shared *old, weft_error *error) {
    place_tensors(shared);
    WEFT_TRY(take_blocks(shared, error));
    for (int i = 0; i < shared->n_tensors; i++) {
        const weft_shared_tensor *t = &shared->tensors[i];
        start_values(shared, t);
        int before = look_up(old, t->key);
        if (before < 0 || t->age == 0) {
            continue;
        }
        const weft_shared_tensor *was = &old->tensors[before];
        move_tensor(was, t, old->values, shared->values);
        for (size_t s = 0; s < shared->n_state; s++) {
            move_tensor(was, t, old->state + s * old->n, shared->state + s * shared->n);
        }
    }
    return WEFT_OK;
}

static weft_status need_all(weft_shared *shared, const weft_engine *engine, bool *changed,
                            weft_error *error) {
    for (int s = 0; s < engine->n_stages; s++) {
        const weft_stage *stage = &engine->stages[s];
        for (int slot = 0; slot < WEFT_SLOTS; slot++) {
            if (is_shared(stage, slot)) {
                WEFT_TRY(need_slot(shared, engine, stage, slot, changed, error));
            }
        }
    }
    for (int s = 0; s < engine->n_stages; s++) {
        WEFT_TRY(need_matrices(shared, &engine->stages[s], changed, error));
    }
    return WEFT_OK;
}

weft_status weft_shared_admit(weft_shared *shared, const weft_engine *engine, weft_error *error) {
    weft_shared old = *shared;
    size_t bytes = (size_t)shared->n_tensors * sizeof *old.tensors;
    old.tensors = malloc(bytes + 1);
    if (old.tensors == NULL) {
        return weft_fail_memory(error, bytes);
    }
    if (bytes > 0) {
        memcpy(old.tensors, shared->tensors, bytes);
    }
    bool changed = false;
    weft_status status = need_all(shared, engine, &changed, error);
    if (status == WEFT_OK && changed) {
        status = lay_out(shared, &old, error);
        free_blocks(&old);
    }
    free(old.tensors);
    return status;
}

/* ---- slices ---------------------------------------------------------------------------------- */

static weft_status fail_outside(const weft_engine *engine, const weft_stage *stage,
                                weft_error *error) {
    weft_fail(error, WEFT_ERROR_INPUT,
              "layer %d (%s) of %s is not in the supernet, or larger than there",
              stage->layer_index, weft_op_token(stage->layer->op), engine->network->name);
    weft_hint(error, "a supernet answers for the networks of the space that it was trained over");
    return WEFT_ERROR_INPUT;
}

static void add_matrices(const weft_shared *shared, weft_slice *slice) {
    const weft_shared_tensor *t = slice->tensor;
    if (!shared->settings.transforms_kernels || !has_kernel(t)) {
        return;
    }
    for (int32_t k = t->sides[2] - 2; k >= slice->sides[2] && k > 1; k -= 2) {
        const weft_shared_tensor *matrix = weft_shared_find(shared, t->place, WEFT_SLOTS, k);
        if (matrix != NULL) {
            slice->matrices[slice->n_matrices++] = matrix;
        }
    }
}

static weft_status find_slice(const weft_shared *shared, const weft_engine *engine,
                              const weft_stage *stage, int slot, weft_slice *slice,
                              weft_error *error) {
    *slice = (weft_slice){0};
    slice->tensor = weft_shared_find(shared, stage->layer->place, slot, detail_of(stage, slot));
    if (slice->tensor == NULL || slice->tensor->op != stage->layer->op) {
        return fail_outside(engine, stage, error);
    }
    weft_slice_sides(stage, slot, slice->sides);
    for (int s = 0; s < WEFT_SHARED_SIDES; s++) {
        if (slice->sides[s] > slice->tensor->sides[s]) {
            return fail_outside(engine, stage, error);
        }
    }
    if (slot == WEFT_SLOT_WEIGHT) {
        add_matrices(shared, slice);
    }
    return WEFT_OK;
}

weft_status weft_shared_gather(const weft_shared *shared, weft_engine *engine, weft_error *error) {
    WEFT_TRY(weft_engine_fetch(engine, error));
    for (int s = 0; s < engine->n_stages; s++) {
        const weft_stage *stage = &engine->stages[s];
        for (int slot = 0; slot < WEFT_SLOTS; slot++) {
            if (is_shared(stage, slot)) {
                weft_slice slice;
                WEFT_TRY(find_slice(shared, engine, stage, slot, &slice, error));
                weft_slice_gather(&slice, shared->values, stage->slot[slot].value);
            }
        }
    }
    weft_engine_touch(engine);
    return WEFT_OK;
}

static void note_touched(const weft_shared *shared, const weft_shared_tensor *tensor, int group,
                         int64_t step) {
    weft_shared_tensor *t = &shared->tensors[tensor - shared->tensors];
    t->age += t->touched[0] != step && t->touched[1] != step;
    t->touched[group] = step;
}

weft_status weft_shared_scatter(weft_shared *shared, const weft_engine *engine, int group,
                                float weight, int64_t step, weft_error *error) {
    WEFT_TRY(weft_engine_fetch(engine, error));
    for (int s = 0; s < engine->n_stages; s++) {
        const weft_stage *stage = &engine->stages[s];
        for (int slot = 0; slot < WEFT_SLOTS; slot++) {
            if (!is_shared(stage, slot) || !stage->slot[slot].is_trained) {
                continue;
            }
            weft_slice slice;
            WEFT_TRY(find_slice(shared, engine, stage, slot, &slice, error));
            weft_slice_scatter(&slice, shared->values, stage->slot[slot].gradient, weight,
                               shared->gradients[group]);
            note_touched(shared, slice.tensor, group, step);
            for (int k = 0; k < slice.n_matrices; k++) {
                note_touched(shared, slice.matrices[k], group, step);
            }
        }
    }
    return WEFT_OK;
}

weft_status weft_shared_learn_steps(weft_shared *shared, const weft_engine *engine,
                                    weft_error *error) {
    WEFT_TRY(weft_engine_fetch(engine, error));
    for (int s = 0; s < engine->n_stages; s++) {
        const weft_stage *stage = &engine->stages[s];
        for (int slot = WEFT_SLOT_WEIGHT_STEP; slot < WEFT_SLOTS; slot++) {
            if (!is_shared(stage, slot)) {
                continue;
            }
            weft_slice slice;
            WEFT_TRY(find_slice(shared, engine, stage, slot, &slice, error));
            float *known = shared->values + slice.tensor->offset;
            const float *found = stage->slot[slot].value;
            for (size_t i = 0; i < stage->slot[slot].count; i++) {
                known[i] = known[i] == 0.0F ? found[i] : known[i];
            }
        }
    }
    return WEFT_OK;
}

void weft_shared_clear(weft_shared *shared) {
    for (int g = 0; g < 2; g++) {
        if (shared->gradients[g] != NULL) {
            memset(shared->gradients[g], 0, shared->n * sizeof(float));
        }
    }
}

/* ---- in a file ------------------------------------------------------------------------------- */

void weft_shared_describe(const weft_shared *shared, int64_t *rows) {
    for (int i = 0; i < shared->n_tensors; i++) {
        const weft_shared_tensor *t = &shared->tensors[i];
        const int64_t row[WEFT_SHARED_FIELDS] = {
            t->place,    t->op,       t->slot,     t->detail, t->sides[0],
            t->sides[1], t->sides[2], t->sides[3], t->age,    t->inherited,
        };
        memcpy(rows + (size_t)i * WEFT_SHARED_FIELDS, row, sizeof row);
    }
}

static bool is_within(int64_t value, int64_t low, int64_t high) {
    return value >= low && value <= high;
}

static bool row_can_be(const int64_t *row) {
    bool can = is_within(row[0], 1, INT32_MAX) && is_within(row[1], 0, WEFT_OP_COUNT - 1) &&
               is_within(row[2], 0, WEFT_SLOTS) && is_within(row[3], 0, INT16_MAX) && row[8] >= 0 &&
               is_within(row[9], 0, 1);
    int64_t count = 1;
    for (int s = 0; s < WEFT_SHARED_SIDES; s++) {
        can = can && is_within(row[4 + s], 1, 1 << 20);
        can = can && !__builtin_mul_overflow(count, row[4 + s], &count);
    }
    bool window = row[6] <= WEFT_SHARED_MAX_KERNEL && row[7] <= WEFT_SHARED_MAX_KERNEL;
    return can && window && count <= (int64_t)1 << 31;
}

weft_status weft_shared_begin(weft_shared *shared, const int64_t *rows, int n_tensors,
                              weft_error *error) {
    uint64_t before = 0;
    for (int i = 0; i < n_tensors; i++) {
        const int64_t *row = rows + (size_t)i * WEFT_SHARED_FIELDS;
        uint64_t key = row_can_be(row) ? key_of((int32_t)row[0], (int)row[2], (int)row[3]) : before;
        if (key <= before) {
            return weft_fail(error, WEFT_ERROR_INPUT, "tensor %d of the supernet cannot be", i);
        }
        before = key;
        weft_shared_tensor t = {
            .key = key,
            .op = (weft_op)row[1],
            .place = (int32_t)row[0],
            .slot = (int16_t)row[2],
            .detail = (int16_t)row[3],
            .sides = {(int32_t)row[4], (int32_t)row[5], (int32_t)row[6], (int32_t)row[7]},
            .age = row[8],
            .inherited = row[9] != 0,
        };
        WEFT_TRY(insert(shared, i, &t, error));
    }
    place_tensors(shared);
    return take_blocks(shared, error);
}

void weft_shared_copy_rules(const weft_shared *from, weft_shared *to) {
    for (int i = 0; i < to->n_tensors; i++) {
        int at = look_up(from, to->tensors[i].key);
        if (at >= 0) {
            to->tensors[i].deviation = from->tensors[at].deviation;
            to->tensors[i].decays = from->tensors[at].decays;
        }
    }
}
