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

/* Of weights by He et al., for the inputs that the largest network has. */
static double deviation_of(const weft_shared_tensor *t) {
    double inputs = (double)t->sides[1] * t->sides[2] * t->sides[3];
    switch (t->start) {
    case WEFT_SHARED_TABLE:
        return WEFT_ENGINE_TABLE_DEVIATION;
    case WEFT_SHARED_PRODUCT:
        return sqrt(t->gain / inputs);
    case WEFT_SHARED_ZERO:
    case WEFT_SHARED_ONE:
    case WEFT_SHARED_IDENTITY:
    case WEFT_SHARED_STARTS:
        break;
    }
    return 0.0;
}

static void draw_window(const weft_shared *shared, const weft_shared_tensor *t, int32_t o,
                        int32_t i, float *window, size_t n) {
    weft_rng rng =
        weft_rng_make(shared->settings.seed, WEFT_PURPOSE_INITIALISE, stream_of(t, o, i));
    double deviation = deviation_of(t);
    for (size_t k = 0; k < n; k++) {
        window[k] = (float)(deviation * weft_rng_normal(&rng));
    }
}

/* Row by row, so that a tensor that grows keeps what it had. */
static void start_row(const weft_shared *shared, const weft_shared_tensor *t, int32_t o,
                      float *row) {
    size_t window = (size_t)t->sides[2] * (size_t)t->sides[3];
    for (int32_t i = 0; i < t->sides[1]; i++, row += window) {
        if (t->start >= WEFT_SHARED_TABLE) {
            draw_window(shared, t, o, i, row, window);
            continue;
        }
        bool one = t->start == WEFT_SHARED_ONE || (t->start == WEFT_SHARED_IDENTITY && o == i);
        for (size_t k = 0; k < window; k++) {
            row[k] = one ? 1.0F : 0.0F;
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

/* As weft_engine_initialise begins them. */
static weft_shared_start start_of(const weft_stage *stage, int slot) {
    weft_op op = stage->layer->op;
    if (slot != WEFT_SLOT_WEIGHT) {
        return WEFT_SHARED_ZERO;
    }
    if (weft_stage_is_product(stage)) {
        return WEFT_SHARED_PRODUCT;
    }
    bool table = op == WEFT_OP_TOKENS || op == WEFT_OP_ADD_EMBEDDING;
    return table ? WEFT_SHARED_TABLE : WEFT_SHARED_ONE;
}

/* Notes what a tensor has to hold; its memory comes later. *changed: it is new, larger, or begins
 * with something else. */
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
    if (wanted->gain < t->gain) {
        t->gain = wanted->gain;
        *changed = true;
    }
    return WEFT_OK;
}

static bool has_kernel(const weft_shared_tensor *t) {
    return t->op == WEFT_OP_CONV && t->slot == WEFT_SLOT_WEIGHT && t->sides[2] == t->sides[3];
}

/* A matrix for each size below `largest` down to `smallest`, but for 1. */
static weft_status need_matrices(weft_shared *shared, const weft_shared_tensor *weight,
                                 int32_t largest, int32_t smallest, bool *changed,
                                 weft_error *error) {
    for (int32_t k = largest - 2; k >= smallest && k > 1; k -= 2) {
        const weft_shared_tensor matrix = {
            .key = key_of(weight->place, WEFT_SLOTS, k),
            .op = weight->op,
            .place = weight->place,
            .slot = WEFT_SLOTS,
            .detail = (int16_t)k,
            .sides = {k * k, k * k, 1, 1},
            .start = WEFT_SHARED_IDENTITY,
            .gain = 1.0,
            .decays = false,
        };
        WEFT_TRY(need(shared, &matrix, changed, error));
    }
    return WEFT_OK;
}

/* The kernel that was the largest of its place is smaller than the largest now: it needs matrices as
 * well as this one. */
static weft_status need_weight(weft_shared *shared, const weft_shared_tensor *weight, bool *changed,
                               weft_error *error) {
    int at = look_up(shared, weight->key);
    int32_t own = weight->sides[2], before = at >= 0 ? shared->tensors[at].sides[2] : own;
    WEFT_TRY(need(shared, weight, changed, error));
    if (!shared->settings.transforms_kernels || !has_kernel(weight)) {
        return WEFT_OK;
    }
    return own > before ? need_matrices(shared, weight, own, before, changed, error)
                        : need_matrices(shared, weight, before, own, changed, error);
}

static weft_status need_slot(weft_shared *shared, const weft_engine *engine,
                             const weft_stage *stage, int slot, bool *changed, weft_error *error) {
    const weft_layer *layer = stage->layer;
    if (layer->place == 0) {
        weft_fail(error, WEFT_ERROR_INFEASIBLE,
                  "layer %d (%s) of %s has no place: its family cannot be a supernet",
                  stage->layer_index, weft_op_token(layer->op), engine->network->name);
        weft_hint(error, "spaces of imc, vgg-mixed, nasbench201, nasbench-macro, proxyless, "
                         "ofa-mobilenetv3, small-mobilenetv2 and small-hybrid can");
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
    if (t.sides[2] > WEFT_SHARED_MAX_KERNEL || t.sides[3] > WEFT_SHARED_MAX_KERNEL) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "layer %d of %s has a kernel of %d x %d: a supernet has kernels up to %d",
                         stage->layer_index, engine->network->name, t.sides[2], t.sides[3],
                         (int)WEFT_SHARED_MAX_KERNEL);
    }
    t.start = start_of(stage, slot);
    t.gain = t.start == WEFT_SHARED_PRODUCT ? weft_engine_gain(engine, stage) : 1.0;
    t.decays = shared->settings.decay_all ? slot < WEFT_SLOT_WEIGHT_STEP
                                          : t.start >= WEFT_SHARED_TABLE;
    return slot == WEFT_SLOT_WEIGHT ? need_weight(shared, &t, changed, error)
                                    : need(shared, &t, changed, error);
}

/* ---- laying out ------------------------------------------------------------------------------ */

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
        at += weft_padded_floats(t->count);
    }
    shared->n = at;
}

/* In the place of those that are there, which stay where memory is short. */
static weft_status take_blocks(weft_shared *shared, weft_error *error) {
    size_t n = shared->n + 1;
    weft_shared taken = {
        .values = calloc(n, sizeof(float)),
        .gradients = {calloc(n, sizeof(float)), calloc(n, sizeof(float))},
        .state = calloc(n * (shared->n_state + 1), sizeof(float)),
    };
    if (taken.values == NULL || taken.gradients[0] == NULL || taken.gradients[1] == NULL ||
        taken.state == NULL) {
        free_blocks(&taken);
        return weft_fail_memory(error, n * (3 + shared->n_state) * sizeof(float));
    }
    shared->values = taken.values;
    shared->gradients[0] = taken.gradients[0];
    shared->gradients[1] = taken.gradients[1];
    shared->state = taken.state;
    return WEFT_OK;
}

static void start_values(const weft_shared *shared, const weft_shared_tensor *t) {
    size_t row = (size_t)t->sides[1] * (size_t)t->sides[2] * (size_t)t->sides[3];
    for (int32_t o = 0; o < t->sides[0]; o++) {
        start_row(shared, t, o, shared->values + t->offset + (size_t)o * row);
    }
}

/* Blocks of the new layout, with what the old ones had: gradients too, for a draw in the middle of a
 * step may be larger than all before. Tensors that have never been trained begin
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
        for (int g = 0; g < 2; g++) {
            move_tensor(was, t, old->gradients[g], shared->gradients[g]);
        }
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
    return WEFT_OK;
}

/* Everything as it was. */
static void take_back(weft_shared *shared, const weft_shared *old) {
    if (shared->values != old->values) {
        free_blocks(shared);
    }
    weft_shared_tensor *tensors = shared->tensors;
    int capacity = shared->capacity;
    if (old->n_tensors > 0) {
        memcpy(tensors, old->tensors, (size_t)old->n_tensors * sizeof *tensors);
    }
    *shared = *old;
    shared->tensors = tensors;
    shared->capacity = capacity;
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
    }
    if (status != WEFT_OK) {
        take_back(shared, &old);
    } else if (changed) {
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

static void take_steps(const weft_slot *found, weft_quant_steps steps, float *known) {
    bool follow = steps == WEFT_QUANT_STEPS_MIN_MAX;
    for (size_t i = 0; i < found->count; i++) {
        known[i] = follow || known[i] == 0.0F ? found->value[i] : known[i];
    }
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
            take_steps(&stage->slot[slot], engine->settings.quant->steps,
                       shared->values + slice.tensor->offset);
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

/* A real in a row of integers, bit by bit. */
static int64_t bits_of(double value) {
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double real_of(int64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void weft_shared_describe(const weft_shared *shared, int64_t *rows) {
    for (int i = 0; i < shared->n_tensors; i++) {
        const weft_shared_tensor *t = &shared->tensors[i];
        const int64_t row[WEFT_SHARED_FIELDS] = {
            t->place,    t->op,       t->slot,          t->detail, t->sides[0],
            t->sides[1], t->sides[2], t->sides[3],      t->age,    t->inherited,
            t->start,    t->decays,   bits_of(t->gain),
        };
        memcpy(rows + (size_t)i * WEFT_SHARED_FIELDS, row, sizeof row);
    }
}

static const double MOST_GAIN = 1e3;

static bool is_within(int64_t value, int64_t low, int64_t high) {
    return value >= low && value <= high;
}

static bool is_matrix_row(const int64_t *row) {
    int64_t kernel = row[3];
    return is_within(kernel, 2, WEFT_SHARED_MAX_KERNEL) && row[4] == kernel * kernel &&
           row[5] == kernel * kernel && row[6] == 1 && row[7] == 1;
}

static bool row_can_be(const int64_t *row) {
    bool can = is_within(row[0], 1, INT32_MAX) && is_within(row[1], 0, WEFT_OP_COUNT - 1) &&
               is_within(row[2], 0, WEFT_SLOTS) && is_within(row[3], 0, INT16_MAX) && row[8] >= 0 &&
               is_within(row[9], 0, 1) && is_within(row[10], 0, WEFT_SHARED_STARTS - 1) &&
               is_within(row[11], 0, 1) && real_of(row[12]) > 0.0 && real_of(row[12]) <= MOST_GAIN;
    int64_t count = 1;
    for (int s = 0; s < WEFT_SHARED_SIDES; s++) {
        can = can && is_within(row[4 + s], 1, 1 << 20);
        can = can && !__builtin_mul_overflow(count, row[4 + s], &count);
    }
    bool window = row[6] <= WEFT_SHARED_MAX_KERNEL && row[7] <= WEFT_SHARED_MAX_KERNEL;
    return can && window && count <= (int64_t)1 << 31 &&
           (row[2] < WEFT_SLOTS || is_matrix_row(row));
}

weft_status weft_shared_begin(weft_shared *shared, const int64_t *rows, int n_tensors,
                              size_t n_values, weft_error *error) {
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
            .start = (weft_shared_start)row[10],
            .decays = row[11] != 0,
            .gain = real_of(row[12]),
        };
        WEFT_TRY(insert(shared, i, &t, error));
    }
    place_tensors(shared);
    if (shared->n != n_values) {
        return weft_fail(error, WEFT_ERROR_INPUT, "the supernet has %zu values, expected %zu",
                         n_values, shared->n);
    }
    return take_blocks(shared, error);
}
