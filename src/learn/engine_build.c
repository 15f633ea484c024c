/* SPDX-License-Identifier: Apache-2.0
 *
 * Building an engine: layers become stages, gradients find their ways, buffers their places. */
#include "learn/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "learn/backend.h"
#include "learn/memory.h"

/* Layers of products read one or two tensors. */
enum { WEFT_STAGE_QUANTIZED_INPUTS = 2 };

/* Which tensor every layer's result is in, while the list is made. */
typedef struct lowering {
    weft_engine *engine;
    weft_tensor **tensor_of; /* (n_layers) */
    int *readers;            /* (n_layers), layers that read this one */
    bool *positive;          /* (n_layers), layers without values below 0 */
} lowering;

/* ---- layers become stages -------------------------------------------------------------------- */

static weft_tensor *add_tensor(weft_engine *engine, weft_shape shape, int producer) {
    weft_tensor *tensor = &engine->tensors[engine->n_tensors++];
    *tensor = (weft_tensor){.shape = shape, .producer = producer};
    tensor->count = weft_size_product((size_t)engine->lanes[0].images, (size_t)shape.channels);
    tensor->count = weft_size_product(tensor->count, (size_t)shape.height);
    tensor->count = weft_size_product(tensor->count, (size_t)shape.width);
    tensor->claim = WEFT_NO_CLAIM;
    tensor->gradient_claim = WEFT_NO_CLAIM;
    return tensor;
}

static weft_tail tail_of(weft_op op) {
    return op == WEFT_OP_RELU    ? WEFT_TAIL_RELU
           : op == WEFT_OP_RELU6 ? WEFT_TAIL_RELU6
                                 : WEFT_TAIL_NONE;
}

/* A ReLU or ReLU6 whose only source is a batch norm or a sum that nobody else reads becomes part of
 * it; a sum has no ReLU6, which no network puts there. Where a sum became part of a batch norm, so does
 * its ReLU. */
static bool joins_previous(const lowering *low, const weft_layer *layer) {
    weft_tail tail = tail_of(layer->op);
    if (tail == WEFT_TAIL_NONE || low->readers[layer->input[0]] != 1) {
        return false;
    }
    weft_op before = low->engine->network->layers[layer->input[0]].op;
    return before == WEFT_OP_BATCH_NORM || (before == WEFT_OP_ADD && tail == WEFT_TAIL_RELU);
}

/* Maps and sequences lie alike, position by position. */
static bool does_nothing(const weft_layer *layer) {
    bool drops = layer->op == WEFT_OP_DROPOUT || layer->op == WEFT_OP_DROP_PATH;
    return (drops && layer->rate <= 0.0) || layer->op == WEFT_OP_TO_MAP ||
           (layer->op == WEFT_OP_TOKENS && layer->entries == 0) ||
           (layer->op == WEFT_OP_FLATTEN && layer->in.height == 1 && layer->in.width == 1);
}

static weft_status check_trainable(const weft_network *network, int i, weft_error *error) {
    const weft_layer *layer = &network->layers[i];
    const weft_kind *kind = weft_kind_of(layer->op);
    if (kind == NULL) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE, "layer %d: %s cannot be trained", i,
                         weft_op_token(layer->op));
    }
    const char *what = kind->leaves_out != NULL ? kind->leaves_out(layer) : NULL;
    if (what != NULL) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE, "layer %d: %s with %s cannot be trained", i,
                         weft_op_token(layer->op), what);
    }
    return WEFT_OK;
}

static weft_status take_records(weft_engine *engine, weft_stage *stage, weft_error *error) {
    size_t n = (size_t)stage->n_inputs;
    stage->input = weft_arena_take(&engine->records, n, sizeof *stage->input);
    stage->wants = weft_arena_take(&engine->records, n, sizeof *stage->wants);
    stage->aside = weft_arena_take(&engine->records, n, sizeof *stage->aside);
    if (stage->input == NULL || stage->wants == NULL || stage->aside == NULL) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "the engine's records were counted wrongly");
    }
    return WEFT_OK;
}

/* A stage for layer i with `n` inputs, yet to be given, and an output. */
static weft_status begin_stage(lowering *low, const weft_kind *kind, int i, int n, weft_shape out,
                               weft_stage **stage, weft_error *error) {
    weft_engine *engine = low->engine;
    weft_stage *made = &engine->stages[engine->n_stages];
    *made = (weft_stage){
        .kind = kind,
        .layer = &engine->network->layers[i],
        .layer_index = i,
        .index = engine->n_stages,
        .n_inputs = n,
    };
    engine->n_stages++;
    WEFT_TRY(take_records(engine, made, error));
    made->output = add_tensor(engine, out, made->index);
    for (int k = 0; k < WEFT_STAGE_MAX_CLAIMS; k++) {
        made->claim[k] = WEFT_NO_CLAIM;
    }
    *stage = made;
    return WEFT_OK;
}

static void read_tensor(weft_stage *stage, int k, weft_tensor *tensor) {
    stage->input[k] = tensor;
    stage->aside[k] = WEFT_NO_CLAIM;
    tensor->readers++;
    stage->output->needs_gradient |= tensor->needs_gradient;
}

/* What layer i reads as its input k, quantized where it has bits: by a stage of its own. A step that
 * is learned is trained, but for it alone no gradient goes on towards the images. */
static weft_status quantized_input(lowering *low, int i, int k, weft_tensor **tensor,
                                   weft_error *error) {
    weft_engine *engine = low->engine;
    const weft_network *network = engine->network;
    *tensor = low->tensor_of[network->layers[i].input[k]];
    if (engine->bits == NULL) {
        return WEFT_OK;
    }
    bool second = k == 1 && network->layers[i].op == WEFT_OP_MATMUL;
    int32_t bits = second ? engine->bits[i].weights : engine->bits[i].inputs;
    if (bits == 0) {
        return WEFT_OK;
    }
    weft_stage *stage;
    WEFT_TRY(begin_stage(low, engine->backend->quantizer, i, 1, (*tensor)->shape, &stage, error));
    read_tensor(stage, 0, *tensor);
    stage->is_quantizer = true;
    stage->operand = k;
    stage->bits = bits;
    stage->range = weft_quant_range_of(bits, !low->positive[network->layers[i].input[k]]);
    stage->output->needs_gradient |= engine->settings.quant->steps == WEFT_QUANT_STEPS_LEARNED;
    *tensor = stage->output;
    return WEFT_OK;
}

static weft_status add_stage(lowering *low, int i, weft_error *error) {
    const weft_layer *layer = &low->engine->network->layers[i];
    WEFT_TRY(check_trainable(low->engine->network, i, error));
    weft_tensor *inputs[WEFT_STAGE_QUANTIZED_INPUTS] = {NULL};
    for (int k = 0; k < layer->n_inputs && k < WEFT_STAGE_QUANTIZED_INPUTS; k++) {
        WEFT_TRY(quantized_input(low, i, k, &inputs[k], error));
    }
    weft_stage *stage;
    WEFT_TRY(begin_stage(low, low->engine->backend->kind_of(layer->op), i, layer->n_inputs,
                         layer->out, &stage, error));
    stage->output->needs_gradient = layer->params > 0;
    for (int k = 0; k < layer->n_inputs; k++) {
        read_tensor(stage, k,
                    k < WEFT_STAGE_QUANTIZED_INPUTS ? inputs[k] : low->tensor_of[layer->input[k]]);
    }
    if (low->engine->bits != NULL && weft_stage_is_product(stage)) {
        stage->bits = low->engine->bits[i].weights;
    }
    stage->passes_gradient = layer->op == WEFT_OP_ADD ? 3U : 0U;
    low->tensor_of[i] = stage->output;
    return WEFT_OK;
}

/* Whether layer `from` has what layer `made_by` gives, and nobody but its reader sees it: there is
 * nothing but layers that do nothing between the two, and each of them has one reader. */
static bool seen_once(const lowering *low, int from, int made_by) {
    while (low->readers[from] == 1 && from != made_by) {
        from = low->engine->network->layers[from].input[0];
    }
    return low->readers[from] == 1;
}

/* The batch norm that can add the other term of the sum in layer i to its result: nobody else reads
 * it, nothing stands behind it, and the other term is there before. Returns which input of the sum it
 * is, or -1. */
static int norm_that_adds(const lowering *low, int i) {
    const weft_layer *layer = &low->engine->network->layers[i];
    if (layer->op != WEFT_OP_ADD) {
        return -1;
    }
    for (int k = 0; k < 2; k++) {
        const weft_tensor *term = low->tensor_of[layer->input[k]];
        const weft_tensor *other = low->tensor_of[layer->input[1 - k]];
        if (term->producer <= other->producer) {
            continue;
        }
        const weft_stage *norm = &low->engine->stages[term->producer];
        if (norm->layer->op == WEFT_OP_BATCH_NORM && norm->tail == WEFT_TAIL_NONE &&
            norm->n_inputs == 1 && seen_once(low, layer->input[k], norm->layer_index)) {
            return k;
        }
    }
    return -1;
}

/* The sum of layer i becomes part of the batch norm in front of it. */
static weft_status join_sum(lowering *low, int i, int k, weft_error *error) {
    const weft_layer *layer = &low->engine->network->layers[i];
    weft_tensor *result = low->tensor_of[layer->input[k]];
    weft_stage *norm = &low->engine->stages[result->producer];
    weft_tensor *x = norm->input[0];
    norm->n_inputs = 2;
    WEFT_TRY(take_records(low->engine, norm, error));
    norm->input[0] = x;
    norm->aside[0] = WEFT_NO_CLAIM;
    read_tensor(norm, 1, low->tensor_of[layer->input[1 - k]]);
    norm->passes_gradient = 2U;
    low->tensor_of[i] = result;
    return WEFT_OK;
}

static weft_status lower_layer(lowering *low, int i, weft_error *error) {
    weft_engine *engine = low->engine;
    const weft_layer *layer = &engine->network->layers[i];
    if (layer->op == WEFT_OP_INPUT) {
        low->tensor_of[i] = add_tensor(engine, layer->out, -1);
        engine->input = low->tensor_of[i];
        return WEFT_OK;
    }
    if (joins_previous(low, layer)) {
        low->tensor_of[i] = low->tensor_of[layer->input[0]];
        engine->stages[low->tensor_of[i]->producer].tail = tail_of(layer->op);
        return WEFT_OK;
    }
    if (does_nothing(layer)) {
        low->tensor_of[i] = low->tensor_of[layer->input[0]];
        return WEFT_OK;
    }
    int k = norm_that_adds(low, i);
    return k >= 0 ? join_sum(low, i, k, error) : add_stage(low, i, error);
}

static weft_status check_ends(const lowering *low, weft_error *error) {
    const weft_network *network = low->engine->network;
    int last = network->n_layers - 1;
    const weft_shape out = network->layers[last].out;
    for (int i = 0; i < last; i++) {
        if (low->readers[i] == 0) {
            return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                             "layer %d (%s) leads nowhere: only the last layer may be unread", i,
                             weft_op_token(network->layers[i].op));
        }
    }
    if (low->engine->n_stages == 0 || out.height != 1 || out.width != 1) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "the last layer gives %d x %d x %d: a classifier ends with one value for "
                         "each class",
                         out.channels, out.height, out.width);
    }
    if (!low->engine->output->needs_gradient) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE, "the network has nothing to train");
    }
    return WEFT_OK;
}

static weft_status check_network(const weft_network *network, weft_error *error) {
    if (network->is_table) {
        return weft_fail(
            error, WEFT_ERROR_INFEASIBLE,
            "network %s is a table of layers: it has no edges, so it cannot be trained",
            network->name);
    }
    if (network->n_layers > WEFT_ENGINE_MAX_LAYERS) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE,
                         "network %s has %d layers, at most %d can be trained", network->name,
                         network->n_layers, (int)WEFT_ENGINE_MAX_LAYERS);
    }
    return WEFT_OK;
}

static weft_status lower_all(lowering *low, weft_error *error) {
    const weft_network *network = low->engine->network;
    for (int i = 0; i < network->n_layers; i++) {
        for (int k = 0; k < network->layers[i].n_inputs; k++) {
            low->readers[network->layers[i].input[k]]++;
        }
    }
    weft_layers_positive(network, low->positive);
    for (int i = 0; i < network->n_layers; i++) {
        WEFT_TRY(lower_layer(low, i, error));
    }
    low->engine->output = low->tensor_of[network->n_layers - 1];
    return check_ends(low, error);
}

/* Room for the lists of all stages' inputs. */
static size_t records_bytes(const weft_network *network) {
    size_t bytes = 0;
    for (int i = 0; i < network->n_layers; i++) {
        size_t n = (size_t)network->layers[i].n_inputs;
        bytes += weft_arena_room(n, sizeof(weft_tensor *)) + weft_arena_room(n, sizeof(bool)) +
                 weft_arena_room(n, sizeof(int));
        /* Each may be quantized by a stage of its own, or become part of a batch norm's. */
        bytes += n * (weft_arena_room(1, sizeof(weft_tensor *)) + weft_arena_room(1, sizeof(bool)) +
                      weft_arena_room(1, sizeof(int)));
    }
    return bytes;
}

/* Stages at most: the layers, and quantizers of what they read. */
static size_t stages_at_most(const weft_engine *engine) {
    size_t n = (size_t)engine->network->n_layers;
    return engine->bits != NULL ? n * (1 + WEFT_STAGE_QUANTIZED_INPUTS) : n;
}

static weft_status lower(weft_engine *engine, weft_error *error) {
    size_t n = (size_t)engine->network->n_layers, stages = stages_at_most(engine);
    lowering low = {.engine = engine};
    WEFT_TRY(weft_arena_create(records_bytes(engine->network), &engine->records, error));
    engine->tensors = calloc(stages, sizeof *engine->tensors);
    engine->stages = calloc(stages, sizeof *engine->stages);
    low.tensor_of = calloc(n, sizeof(*low.tensor_of));
    low.readers = calloc(n, sizeof *low.readers);
    low.positive = calloc(n, sizeof *low.positive);
    weft_status status = WEFT_OK;
    if (engine->tensors == NULL || engine->stages == NULL || low.tensor_of == NULL ||
        low.readers == NULL || low.positive == NULL) {
        status = weft_fail_memory(error, stages * sizeof *engine->stages);
    } else {
        status = lower_all(&low, error);
    }
    free(low.positive);
    free(low.readers);
    free(low.tensor_of);
    return status;
}

/* ---- buffers and their lives ----------------------------------------------------------------- */

static bool runs_backward(const weft_stage *stage) {
    return stage->output->needs_gradient;
}

/* Sums pass the gradient of their result on; others may have any number of inputs. */
static bool passes_gradient(const weft_stage *stage, int k) {
    return k < 2 && (stage->passes_gradient >> k & 1U) != 0;
}

static size_t tensor_bytes(const weft_engine *engine, const weft_tensor *tensor) {
    return weft_size_product(tensor->count, weft_type_size(engine->settings.type));
}

/* The input lies with the whole batch, outside of the plan. */
static weft_status claim_activations(weft_engine *engine, weft_error *error) {
    for (int t = 0; t < engine->n_tensors; t++) {
        weft_tensor *tensor = &engine->tensors[t];
        int born = tensor->producer < 0 ? 0 : tensor->producer;
        size_t bytes = tensor == engine->input ? 0 : tensor_bytes(engine, tensor);
        WEFT_TRY(weft_plan_claim(&engine->plan, bytes, born, born, &tensor->claim, error));
    }
    for (int s = 0; s < engine->n_stages; s++) {
        const weft_stage *stage = &engine->stages[s];
        int backward = weft_moment_backward(engine, stage);
        for (int k = 0; k < stage->n_inputs; k++) {
            weft_plan_extend(&engine->plan, stage->input[k]->claim, weft_moment_forward(stage));
            bool read_again = stage->kind->keeps_input && !passes_gradient(stage, k);
            if (read_again && runs_backward(stage)) {
                weft_plan_extend(&engine->plan, stage->input[k]->claim, backward);
            }
        }
        if (stage->kind->keeps_output && runs_backward(stage)) {
            weft_plan_extend(&engine->plan, stage->output->claim, backward);
        }
    }
    weft_plan_extend(&engine->plan, engine->output->claim, engine->n_stages);
    return WEFT_OK;
}

/* The tensor that holds the gradient of this one. */
static const weft_tensor *gradient_root(const weft_tensor *tensor) {
    while (tensor->gradient_of != NULL) {
        tensor = tensor->gradient_of;
    }
    return tensor;
}

/* The gradient of a sum is the gradient of each term: the terms may read it where it is, when they
 * get none from elsewhere and do not change it (a sum with ReLU masks its gradient in place). */
static bool may_share(const weft_engine *engine, const weft_stage *stage, int k) {
    const weft_tensor *input = stage->input[k];
    if (!passes_gradient(stage, k) || input->readers != 1 || input->producer < 0) {
        return false;
    }
    const weft_stage *producer = &engine->stages[input->producer];
    return producer->passes_gradient == 0 || producer->tail == WEFT_TAIL_NONE;
}

/* Decides how input k of a stage gets its gradient. Called from the last stage to the first. */
static weft_status claim_input_gradient(weft_engine *engine, weft_stage *stage, int k,
                                        weft_error *error) {
    weft_tensor *input = stage->input[k];
    if (!input->needs_gradient) {
        return WEFT_OK;
    }
    int now = weft_moment_backward(engine, stage);
    int until = 2 * engine->n_stages - input->producer;
    size_t bytes = tensor_bytes(engine, input);
    if (may_share(engine, stage, k)) {
        input->gradient_of = stage->output;
        weft_plan_extend(&engine->plan, gradient_root(input)->gradient_claim, until);
        return WEFT_OK;
    }
    stage->wants[k] = true;
    if (input->gradient_claim == WEFT_NO_CLAIM) {
        return weft_plan_claim(&engine->plan, bytes, now, until, &input->gradient_claim, error);
    }
    return weft_plan_claim(&engine->plan, bytes, now, now, &stage->aside[k], error);
}

static weft_status claim_gradients(weft_engine *engine, weft_error *error) {
    weft_tensor *output = engine->output;
    WEFT_TRY(weft_plan_claim(&engine->plan, tensor_bytes(engine, output), engine->n_stages,
                             2 * engine->n_stages - output->producer, &output->gradient_claim,
                             error));
    for (int s = engine->n_stages - 1; s >= 0; s--) {
        weft_stage *stage = &engine->stages[s];
        for (int k = 0; k < stage->n_inputs && runs_backward(stage); k++) {
            WEFT_TRY(claim_input_gradient(engine, stage, k, error));
        }
    }
    return WEFT_OK;
}

weft_status weft_stage_claim(weft_engine *engine, weft_stage *stage, int which, size_t bytes,
                             int first, int last, weft_error *error) {
    if (bytes == 0) {
        return WEFT_OK;
    }
    return weft_plan_claim(&engine->plan, bytes, first, last, &stage->claim[which], error);
}

/* ---- where everything lies ------------------------------------------------------------------- */

static void *claimed(const weft_engine *engine, const weft_lane *lane, int claim) {
    return claim == WEFT_NO_CLAIM ? NULL : lane->workspace + engine->plan.claims[claim].offset;
}

void *weft_stage_place(const weft_engine *engine, const weft_stage *stage, const weft_lane *lane,
                       int which) {
    return claimed(engine, lane, stage->claim[which]);
}

void *weft_lane_values(const weft_engine *engine, const weft_lane *lane,
                       const weft_tensor *tensor) {
    return tensor == engine->input ? lane->input : claimed(engine, lane, tensor->claim);
}

void *weft_lane_gradient(const weft_engine *engine, const weft_lane *lane,
                         const weft_tensor *tensor) {
    return claimed(engine, lane, gradient_root(tensor)->gradient_claim);
}

void *weft_input_gradient(const weft_engine *engine, const weft_stage *stage, const weft_lane *lane,
                          int k) {
    if (!stage->wants[k]) {
        return NULL;
    }
    return stage->aside[k] != WEFT_NO_CLAIM ? claimed(engine, lane, stage->aside[k])
                                            : weft_lane_gradient(engine, lane, stage->input[k]);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void place_slots(weft_engine *engine) {
    engine->n_parameters = engine->n_statistics = engine->n_partials = engine->n_sums = 0;
    for (int s = 0; s < engine->n_stages; s++) {
        engine->stages[s].sums_offset = engine->n_sums;
        engine->n_sums += engine->stages[s].rows;
        for (int name = 0; name < WEFT_SLOTS; name++) {
            weft_slot *slot = &engine->stages[s].slot[name];
            size_t *end = slot->is_trained ? &engine->n_parameters : &engine->n_statistics;
            slot->offset = *end;
            *end += weft_padded_floats(slot->count);
            slot->partial_offset = engine->n_partials;
            engine->n_partials += weft_padded_floats(slot->partial);
        }
    }
}

/* Bytes of all packed weights. */
static size_t place_packed(weft_engine *engine) {
    size_t end = 0;
    for (int s = 0; s < engine->n_stages; s++) {
        for (int pass = 0; pass < 2; pass++) {
            engine->stages[s].packed_offset[pass] = end;
            end += weft_arena_room(engine->stages[s].packed_bytes[pass], 1);
        }
    }
    return end;
}

static void bind_slots(weft_engine *engine) {
    for (int s = 0; s < engine->n_stages; s++) {
        for (int name = 0; name < WEFT_SLOTS; name++) {
            weft_slot *slot = &engine->stages[s].slot[name];
            slot->value = (slot->is_trained ? engine->parameters : engine->statistics) +
                          slot->offset;
            slot->gradient = slot->is_trained ? engine->gradients + slot->offset : NULL;
        }
    }
}

/* "batch 37 would fit": memory is what does not depend on the batch, and what grows with it. */
static void hint_what_fits(const weft_engine *engine, size_t bytes, size_t growing,
                           weft_error *error) {
    size_t available = engine->backend->available(engine);
    size_t fixed = bytes - growing;
    double batch = available > fixed ? (double)(available - fixed) / (double)growing *
                                           (double)engine->settings.batch
                                     : 0.0;
    if (batch >= 1.0) {
        weft_hint(error, "batch %d would fit; or use narrower networks, or fewer jobs at once",
                  (int)batch);
    } else {
        weft_hint(error, "no batch would fit: use narrower networks, or fewer jobs at once");
    }
}

static weft_status check_memory(const weft_engine *engine, size_t bytes, size_t growing,
                                weft_error *error) {
    char what[WEFT_NETWORK_NAME + 64];
    snprintf(what, sizeof what, "training %s at batch %d", engine->network->name,
             engine->settings.batch);
    weft_status status = weft_memory_check(bytes, engine->backend->available(engine), what, error);
    if (status != WEFT_OK) {
        hint_what_fits(engine, bytes, growing, error);
    }
    return status;
}

static size_t sum_of(const size_t *terms, int n) {
    size_t sum = 0;
    for (int i = 0; i < n; i++) {
        if (__builtin_add_overflow(sum, terms[i], &sum)) {
            return SIZE_MAX;
        }
    }
    return sum;
}

/* Bytes that grow with the batch. */
static size_t batch_bytes(const weft_engine *engine) {
    size_t batch = (size_t)engine->settings.batch, lanes = (size_t)engine->n_lanes;
    size_t logits = weft_size_product(batch, engine->classes);
    const size_t terms[] = {
        weft_arena_room(weft_size_product(batch, engine->image_values),
                        weft_type_size(engine->settings.type)),
        weft_size_product(2, weft_arena_room(logits, sizeof(float))),
        weft_size_product(lanes, engine->plan.size),
    };
    return sum_of(terms, 3);
}

/* Bytes that do not: parameters, gradients, statistics, partials, what quantized weights need, packed
 * weights. */
static size_t parameter_bytes(const weft_engine *engine, size_t packed) {
    const size_t terms[] = {
        weft_size_product(2, weft_arena_room(engine->n_parameters, sizeof(float))),
        weft_arena_room(engine->n_statistics, sizeof(float)),
        weft_size_product((size_t)engine->n_lanes,
                          weft_arena_room(engine->n_partials, sizeof(float))),
        weft_arena_room(engine->n_sums, sizeof(double)),
        engine->n_sums > 0 ? weft_arena_room(engine->n_parameters, sizeof(float)) : 0,
        packed,
    };
    return sum_of(terms, 6);
}

/* Bytes that the engine's user takes for itself, of the same memory. */
static size_t beside_bytes(const weft_engine *engine, size_t parameters) {
    const weft_engine_settings *s = &engine->settings;
    bool in_host = engine->backend->mirror == NULL;
    size_t arrays = (size_t)s->beside + (in_host ? (size_t)s->buffers : 0);
    return weft_size_product(arrays, weft_size_product(parameters, sizeof(float)));
}

/* What all these are at least, known from the network alone: with parameters and gradients. */
static size_t least_parameter_bytes(const weft_engine *engine) {
    size_t n = (size_t)engine->network->params;
    const size_t terms[] = {weft_size_product(n, 2 * sizeof(float)), beside_bytes(engine, n)};
    return sum_of(terms, 2);
}

/* Hundreds of megabytes that are written before they are read: taken as they are. */
static void *take_raw(weft_arena *arena, size_t bytes) {
    void *taken = arena->base + arena->used;
    arena->used += weft_arena_room(bytes, 1);
    return taken;
}

static size_t images_bytes(const weft_engine *engine) {
    return (size_t)engine->settings.batch * engine->image_values *
           weft_type_size(engine->settings.type);
}

/* What kernels work in; `images` is where they find the batch. */
static void bind_lanes(weft_engine *engine, weft_arena *memory, void *images) {
    size_t part = images_bytes(engine) / (size_t)engine->n_lanes;
    for (int l = 0; l < engine->n_lanes; l++) {
        weft_lane *lane = &engine->lanes[l];
        lane->workspace = take_raw(memory, engine->plan.size);
        lane->partials = take_raw(memory, engine->n_partials * sizeof(float));
        lane->input = (unsigned char *)images + (size_t)l * part;
    }
}

static void bind_packed(weft_engine *engine, weft_arena *memory, size_t packed) {
    engine->packed = take_raw(memory, packed);
    if (engine->n_sums > 0) {
        engine->sums = take_raw(memory, engine->n_sums * sizeof *engine->sums);
        engine->rounded = take_raw(memory, engine->n_parameters * sizeof *engine->rounded);
    }
}

static weft_status take_memory(weft_engine *engine, weft_error *error) {
    WEFT_TRY(weft_plan_place(&engine->plan, error));
    place_slots(engine);
    size_t packed = place_packed(engine);
    size_t growing = batch_bytes(engine);
    const size_t terms[] = {growing, parameter_bytes(engine, packed)};
    size_t total = sum_of(terms, 2);
    const size_t all[] = {total, beside_bytes(engine, engine->n_parameters)};
    WEFT_TRY(check_memory(engine, sum_of(all, 2), growing, error));
    WEFT_TRY(engine->backend->take(engine, total, error));
    size_t batch = (size_t)engine->settings.batch;
    weft_arena *memory = &engine->memory;
    engine->parameters = weft_arena_take(memory, engine->n_parameters, sizeof(float));
    engine->gradients = weft_arena_take(memory, engine->n_parameters, sizeof(float));
    engine->statistics = weft_arena_take(memory, engine->n_statistics, sizeof(float));
    engine->logits = weft_arena_take(memory, batch * engine->classes, sizeof(float));
    engine->logits_gradient = weft_arena_take(memory, batch * engine->classes, sizeof(float));
    engine->images = take_raw(memory, images_bytes(engine));
    bool is_remote = engine->remote.base != NULL;
    memory = is_remote ? &engine->remote : &engine->memory;
    bind_packed(engine, memory, packed);
    bind_lanes(engine, memory, is_remote ? take_raw(memory, images_bytes(engine)) : engine->images);
    bind_slots(engine);
    return engine->backend->bind != NULL ? engine->backend->bind(engine, error) : WEFT_OK;
}

/* ---- lanes ----------------------------------------------------------------------------------- */

int weft_engine_lanes(int batch) {
    enum { LEAST_IMAGES = 16 };
    for (int lanes = 4; lanes > 1; lanes /= 2) {
        if (batch % lanes == 0 && batch / lanes >= LEAST_IMAGES) {
            return lanes;
        }
    }
    return 1;
}

static weft_status make_lanes(weft_engine *engine, weft_error *error) {
    const weft_engine_settings *s = &engine->settings;
    int lanes = s->lanes > 0 ? s->lanes : weft_engine_lanes(s->batch);
    lanes = lanes > 0 && engine->backend->most_lanes == 1 ? 1 : lanes;
    if (lanes > WEFT_ENGINE_MAX_LANES || s->batch % lanes != 0) {
        weft_fail(error, WEFT_ERROR_INPUT, "batch %d cannot be cut into %d equal lanes", s->batch,
                  lanes);
        weft_hint(error, "lanes divide the batch and are at most %d", (int)WEFT_ENGINE_MAX_LANES);
        return WEFT_ERROR_INPUT;
    }
    size_t layers = stages_at_most(engine);
    engine->lanes = calloc((size_t)lanes, sizeof *engine->lanes);
    if (engine->lanes == NULL) {
        return weft_fail_memory(error, (size_t)lanes * sizeof *engine->lanes);
    }
    engine->n_lanes = lanes;
    for (int l = 0; l < lanes; l++) {
        weft_lane *lane = &engine->lanes[l];
        *lane = (weft_lane){.index = l, .images = s->batch / lanes};
        lane->door = weft_crew_door(engine->crew, l % weft_crew_threads(engine->crew));
        lane->product = calloc(layers, sizeof(*lane->product));
        lane->matmul = calloc(layers, sizeof *lane->matmul);
        if (lane->product == NULL || lane->matmul == NULL) {
            return weft_fail_memory(error, layers * sizeof *lane->matmul);
        }
    }
    return WEFT_OK;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static weft_status choose_bits(weft_engine *engine, weft_error *error) {
    if (engine->settings.quant == NULL) {
        return WEFT_OK;
    }
    size_t n = (size_t)engine->network->n_layers;
    engine->bits = calloc(n, sizeof *engine->bits);
    if (engine->bits == NULL) {
        return weft_fail_memory(error, n * sizeof *engine->bits);
    }
    WEFT_TRY(weft_quant_check(engine->settings.quant, error));
    return weft_quant_choose(engine->network, engine->settings.quant, engine->bits, error);
}

static weft_status build(weft_engine *engine, weft_error *error) {
    WEFT_TRY(check_network(engine->network, error));
    WEFT_TRY(weft_backend_find(engine->settings.device, &engine->backend, error));
    WEFT_TRY(engine->backend->check(engine->settings.type, error));
    WEFT_TRY(choose_bits(engine, error));
    WEFT_TRY(make_lanes(engine, error));
    WEFT_TRY(lower(engine, error));
    const weft_shape in = engine->input->shape;
    engine->image_values = (size_t)in.channels * (size_t)in.height * (size_t)in.width;
    engine->classes = (size_t)engine->output->shape.channels;
    WEFT_TRY(claim_activations(engine, error));
    WEFT_TRY(claim_gradients(engine, error));
    /* What is far too large is refused before oneDNN or cuDNN hears of it. */
    WEFT_TRY(weft_plan_place(&engine->plan, error));
    size_t growing = batch_bytes(engine);
    const size_t terms[] = {growing, least_parameter_bytes(engine)};
    WEFT_TRY(check_memory(engine, sum_of(terms, 2), growing, error));
    if (engine->backend->open != NULL) {
        WEFT_TRY(engine->backend->open(engine, error));
    }
    for (int s = 0; s < engine->n_stages; s++) {
        weft_stage *stage = &engine->stages[s];
        WEFT_TRY(stage->kind->create(engine, stage, error));
    }
    return take_memory(engine, error);
}

weft_status weft_engine_create(const weft_network *network, weft_crew *crew,
                               const weft_engine_settings *settings, weft_engine **engine,
                               weft_error *error) {
    weft_engine *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->network = network;
    made->crew = crew;
    made->settings = *settings;
    weft_status status = build(made, error);
    if (status != WEFT_OK) {
        weft_engine_destroy(made);
        return status;
    }
    *engine = made;
    return WEFT_OK;
}

void weft_engine_destroy(weft_engine *engine) {
    if (engine == NULL) {
        return;
    }
    if (engine->backend != NULL && engine->backend->close != NULL) {
        engine->backend->close(engine);
    }
    for (int l = 0; l < engine->n_lanes; l++) {
        free(engine->lanes[l].product);
        free(engine->lanes[l].matmul);
    }
    free(engine->lanes);
    free(engine->bits);
    if (engine->memory.base != NULL) {
        weft_crew_return(engine->crew, &engine->memory);
    }
    weft_arena_destroy(&engine->records);
    weft_plan_destroy(&engine->plan);
    free(engine->stages);
    free(engine->tensors);
    free(engine);
}

size_t weft_engine_bytes(const weft_engine *engine) {
    return engine->memory.used + engine->remote.used;
}
