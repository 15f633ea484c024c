/* SPDX-License-Identifier: Apache-2.0
 *
 * Building an engine: layers become stages, gradients find their ways, buffers their places. */
#include "learn/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "learn/memory.h"

/* Which tensor every layer's result is in, while the list is made. */
typedef struct lowering {
    weft_engine *engine;
    weft_tensor **tensor_of; /* (n_layers) */
    int *readers;            /* (n_layers), layers that read this one */
} lowering;

/* ---- layers become stages -------------------------------------------------------------------- */

static weft_tensor *add_tensor(weft_engine *engine, weft_shape shape, int producer) {
    weft_tensor *tensor = &engine->tensors[engine->n_tensors++];
    *tensor = (weft_tensor){.shape = shape, .producer = producer};
    tensor->count = weft_size_product((size_t)engine->batch, (size_t)shape.channels);
    tensor->count = weft_size_product(tensor->count, (size_t)shape.height);
    tensor->count = weft_size_product(tensor->count, (size_t)shape.width);
    tensor->claim = WEFT_NO_CLAIM;
    tensor->gradient_claim = WEFT_NO_CLAIM;
    return tensor;
}

/* A ReLU whose only source is a batch norm or a sum that nobody else reads becomes part of it. */
static bool joins_previous(const lowering *low, const weft_layer *layer) {
    if (layer->op != WEFT_OP_RELU) {
        return false;
    }
    weft_op before = low->engine->network->layers[layer->input[0]].op;
    return (before == WEFT_OP_BATCH_NORM || before == WEFT_OP_ADD) &&
           low->readers[layer->input[0]] == 1;
}

static bool does_nothing(const weft_layer *layer) {
    return (layer->op == WEFT_OP_DROPOUT && layer->rate <= 0.0) ||
           (layer->op == WEFT_OP_FLATTEN && layer->in.height == 1 && layer->in.width == 1);
}

static bool is_square(weft_extent extent) {
    return extent.height == extent.width;
}

/* What the kinds leave out of an operation that they have; NULL: nothing. */
static const char *left_out(const weft_layer *layer) {
    if (!is_square(layer->kernel) || !is_square(layer->stride) || !is_square(layer->pad)) {
        return "a window, stride or padding that is not square";
    }
    if (layer->groups != 1) {
        return "groups";
    }
    if (layer->dilation.height != 1 || layer->dilation.width != 1) {
        return "dilation";
    }
    if (layer->op == WEFT_OP_MAX_POOL && layer->pad.height > 0) {
        return "padding";
    }
    if (layer->op == WEFT_OP_LINEAR && (layer->in.height != 1 || layer->tied)) {
        return layer->tied ? "the weights of an embedding" : "a sequence of tokens";
    }
    return NULL;
}

static weft_status check_trainable(const weft_network *network, int i, weft_error *error) {
    const weft_layer *layer = &network->layers[i];
    if (weft_kind_of(layer->op) == NULL) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE, "layer %d: %s cannot be trained", i,
                         weft_op_token(layer->op));
    }
    const char *what = left_out(layer);
    if (what != NULL) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE, "layer %d: %s with %s cannot be trained", i,
                         weft_op_token(layer->op), what);
    }
    return WEFT_OK;
}

static weft_status add_stage(lowering *low, int i, weft_error *error) {
    weft_engine *engine = low->engine;
    const weft_layer *layer = &engine->network->layers[i];
    WEFT_TRY(check_trainable(engine->network, i, error));
    const weft_kind *kind = weft_kind_of(layer->op);
    weft_stage *stage = &engine->stages[engine->n_stages];
    *stage = (weft_stage){.kind = kind, .layer = layer, .layer_index = i};
    stage->index = engine->n_stages++;
    stage->n_inputs = layer->n_inputs;
    stage->output = add_tensor(engine, layer->out, stage->index);
    stage->output->needs_gradient = layer->params > 0;
    for (int k = 0; k < layer->n_inputs; k++) {
        stage->input[k] = low->tensor_of[layer->input[k]];
        stage->input[k]->readers++;
        stage->output->needs_gradient |= stage->input[k]->needs_gradient;
        stage->aside[k] = WEFT_NO_CLAIM;
    }
    for (int k = 0; k < WEFT_STAGE_MAX_CLAIMS; k++) {
        stage->claim[k] = WEFT_NO_CLAIM;
    }
    low->tensor_of[i] = stage->output;
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
        engine->stages[low->tensor_of[i]->producer].relu = true;
        return WEFT_OK;
    }
    if (does_nothing(layer)) {
        low->tensor_of[i] = low->tensor_of[layer->input[0]];
        return WEFT_OK;
    }
    return add_stage(low, i, error);
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
    return WEFT_OK;
}

static weft_status lower_all(lowering *low, weft_error *error) {
    const weft_network *network = low->engine->network;
    if (network->is_table) {
        return weft_fail(
            error, WEFT_ERROR_INFEASIBLE,
            "network %s is a table of layers: it has no edges, so it cannot be trained",
            network->name);
    }
    for (int i = 0; i < network->n_layers; i++) {
        for (int k = 0; k < network->layers[i].n_inputs; k++) {
            low->readers[network->layers[i].input[k]]++;
        }
    }
    for (int i = 0; i < network->n_layers; i++) {
        WEFT_TRY(lower_layer(low, i, error));
    }
    low->engine->output = low->tensor_of[network->n_layers - 1];
    return check_ends(low, error);
}

static weft_status lower(weft_engine *engine, weft_error *error) {
    size_t n = (size_t)engine->network->n_layers;
    lowering low = {.engine = engine};
    engine->tensors = calloc(n, sizeof *engine->tensors);
    engine->stages = calloc(n, sizeof *engine->stages);
    low.tensor_of = calloc(n, sizeof(*low.tensor_of));
    low.readers = calloc(n, sizeof *low.readers);
    weft_status status = WEFT_OK;
    if (engine->tensors == NULL || engine->stages == NULL || low.tensor_of == NULL ||
        low.readers == NULL) {
        status = weft_fail_memory(error, n * sizeof *engine->stages);
    } else {
        status = lower_all(&low, error);
    }
    free(low.readers);
    free(low.tensor_of);
    return status;
}

/* ---- buffers and their lives ----------------------------------------------------------------- */

static bool runs_backward(const weft_stage *stage) {
    return stage->output->needs_gradient;
}

static size_t tensor_bytes(const weft_tensor *tensor) {
    return weft_size_product(tensor->count, sizeof(float));
}

static weft_status claim_activations(weft_engine *engine, weft_error *error) {
    for (int t = 0; t < engine->n_tensors; t++) {
        weft_tensor *tensor = &engine->tensors[t];
        int born = tensor->producer < 0 ? 0 : tensor->producer;
        WEFT_TRY(weft_plan_claim(&engine->plan, tensor_bytes(tensor), born, born, &tensor->claim,
                                 error));
    }
    for (int s = 0; s < engine->n_stages; s++) {
        const weft_stage *stage = &engine->stages[s];
        int backward = weft_moment_backward(engine, stage);
        for (int k = 0; k < stage->n_inputs; k++) {
            weft_plan_extend(&engine->plan, stage->input[k]->claim, weft_moment_forward(stage));
            if (stage->kind->keeps_input && runs_backward(stage)) {
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
static weft_tensor *gradient_root(weft_tensor *tensor) {
    while (tensor->gradient_of != NULL) {
        tensor = tensor->gradient_of;
    }
    return tensor;
}

/* The gradient of a sum is the gradient of each term: the terms may read it where it is, when they
 * get none from elsewhere and do not change it (a sum with ReLU masks its gradient in place). */
static bool may_share(const weft_engine *engine, const weft_stage *stage,
                      const weft_tensor *input) {
    if (!stage->kind->shares_gradient || input->readers != 1 || input->producer < 0) {
        return false;
    }
    const weft_stage *producer = &engine->stages[input->producer];
    return !(producer->kind->shares_gradient && producer->relu);
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
    size_t bytes = tensor_bytes(input);
    if (may_share(engine, stage, input)) {
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
    if (!output->needs_gradient) {
        return weft_fail(error, WEFT_ERROR_INFEASIBLE, "the network has nothing to train");
    }
    WEFT_TRY(weft_plan_claim(&engine->plan, tensor_bytes(output), engine->n_stages,
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

void *weft_stage_place(const weft_engine *engine, const weft_stage *stage, int which) {
    int claim = stage->claim[which];
    return claim == WEFT_NO_CLAIM ? NULL : engine->workspace + engine->plan.claims[claim].offset;
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* Every slot starts on a cache line. */
static size_t padded(size_t floats) {
    return (floats + 15) / 16 * 16;
}

static bool is_trained(int name) {
    return name == WEFT_SLOT_WEIGHT || name == WEFT_SLOT_BIAS;
}

/* Floats of all slots, trained ones or the others. */
static size_t slot_floats(const weft_engine *engine, bool trained) {
    size_t sum = 0;
    for (int s = 0; s < engine->n_stages; s++) {
        for (int name = 0; name < WEFT_SLOTS; name++) {
            sum += is_trained(name) == trained ? padded(engine->stages[s].slot[name].stored) : 0;
        }
    }
    return sum;
}

static void place_slots(weft_engine *engine, float *state) {
    size_t at = 0;
    for (int s = 0; s < engine->n_stages; s++) {
        for (int name = 0; name < WEFT_SLOTS; name++) {
            weft_slot *slot = &engine->stages[s].slot[name];
            if (is_trained(name)) {
                slot->value = engine->parameters + at;
                slot->gradient = engine->gradients + at;
                at += padded(slot->stored);
            } else {
                slot->value = state;
                state += padded(slot->stored);
            }
        }
    }
}

static float *claimed(const weft_engine *engine, int claim) {
    if (claim == WEFT_NO_CLAIM) {
        return NULL;
    }
    return (float *)(void *)(engine->workspace + engine->plan.claims[claim].offset);
}

static void place_tensors(weft_engine *engine) {
    for (int t = 0; t < engine->n_tensors; t++) {
        weft_tensor *tensor = &engine->tensors[t];
        tensor->data = claimed(engine, tensor->claim);
        tensor->gradient = claimed(engine, gradient_root(tensor)->gradient_claim);
    }
    for (int s = 0; s < engine->n_stages; s++) {
        weft_stage *stage = &engine->stages[s];
        for (int k = 0; k < stage->n_inputs; k++) {
            float *aside = claimed(engine, stage->aside[k]);
            stage->input_gradient[k] = aside != NULL     ? aside
                                       : stage->wants[k] ? stage->input[k]->gradient
                                                         : NULL;
        }
    }
}

static weft_status check_memory(const weft_engine *engine, size_t bytes, weft_error *error) {
    char what[WEFT_NETWORK_NAME + 64];
    snprintf(what, sizeof what, "training %s at batch %d", engine->network->name, engine->batch);
    return weft_memory_check(bytes, what, error);
}

static weft_status take_memory(weft_engine *engine, weft_error *error) {
    WEFT_TRY(weft_plan_place(&engine->plan, error));
    engine->n_parameters = slot_floats(engine, true);
    size_t n_state = slot_floats(engine, false) + 1; /* never an empty block */
    size_t total = 3 * weft_arena_room(engine->n_parameters, sizeof(float)) +
                   weft_arena_room(n_state, sizeof(float)) + weft_arena_room(engine->plan.size, 1);
    WEFT_TRY(check_memory(engine, total, error));
    WEFT_TRY(weft_arena_create(total, &engine->memory, error));
    engine->parameters = weft_arena_take(&engine->memory, engine->n_parameters, sizeof(float));
    engine->gradients = weft_arena_take(&engine->memory, engine->n_parameters, sizeof(float));
    engine->velocity = weft_arena_take(&engine->memory, engine->n_parameters, sizeof(float));
    float *state = weft_arena_take(&engine->memory, n_state, sizeof(float));
    if (engine->parameters == NULL || engine->gradients == NULL || engine->velocity == NULL ||
        state == NULL || engine->memory.size - engine->memory.used < engine->plan.size) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "the engine's memory was counted wrongly");
    }
    /* The rest as it is: hundreds of megabytes that are written before they are read. */
    engine->workspace = engine->memory.base + engine->memory.used;
    engine->memory.used += engine->plan.size;
    place_slots(engine, state);
    place_tensors(engine);
    return WEFT_OK;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static weft_status build(weft_engine *engine, weft_error *error) {
    WEFT_TRY(weft_dnn_create(&engine->dnn, error));
    WEFT_TRY(lower(engine, error));
    WEFT_TRY(claim_activations(engine, error));
    WEFT_TRY(claim_gradients(engine, error));
    /* What is far too large is refused before oneDNN hears of it. */
    WEFT_TRY(weft_plan_place(&engine->plan, error));
    WEFT_TRY(check_memory(engine, engine->plan.size, error));
    for (int s = 0; s < engine->n_stages; s++) {
        weft_stage *stage = &engine->stages[s];
        WEFT_TRY(stage->kind->create(engine, stage, error));
    }
    WEFT_TRY(take_memory(engine, error));
    for (int s = 0; s < engine->n_stages; s++) {
        weft_stage *stage = &engine->stages[s];
        if (stage->kind->bind != NULL) {
            WEFT_TRY(stage->kind->bind(engine, stage, error));
        }
    }
    return WEFT_OK;
}

weft_status weft_engine_create(const weft_network *network, int batch, weft_engine **engine,
                               weft_error *error) {
    weft_engine *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->network = network;
    made->batch = batch;
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
    for (int s = 0; s < engine->n_stages; s++) {
        if (engine->stages[s].kind->destroy != NULL) {
            engine->stages[s].kind->destroy(&engine->stages[s]);
        }
        weft_dnn_product_destroy(engine->stages[s].product);
    }
    weft_arena_destroy(&engine->memory);
    weft_plan_destroy(&engine->plan);
    free(engine->stages);
    free(engine->tensors);
    weft_dnn_destroy(engine->dnn);
    free(engine);
}

size_t weft_engine_bytes(const weft_engine *engine) {
    return engine->memory.size;
}
