/* SPDX-License-Identifier: Apache-2.0 */
#include "accuracy/mlp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy/mlp_layer.h"

enum { ALIGNMENT = 64 };

struct weft_mlp {
    weft_mlp_layer branches[WEFT_PREDICTOR_MAX_BRANCHES];
    weft_mlp_layer layers[WEFT_PREDICTOR_MAX_LAYERS];
    int n_branches, n_layers;
    size_t stride; /* the padded width of the widest layer */
    weft_mlp_kernels kernels;
};

void weft_mlp_destroy(weft_mlp *mlp) {
    if (mlp == NULL) {
        return;
    }
    for (int i = 0; i < mlp->n_branches; i++) {
        free(mlp->branches[i].weights);
        free(mlp->branches[i].bias);
    }
    for (int i = 0; i < mlp->n_layers; i++) {
        free(mlp->layers[i].weights);
        free(mlp->layers[i].bias);
    }
    free(mlp);
}

/* ---- from arrays to panels ------------------------------------------------------------------- */

static weft_status find_array(const weft_tensors *tensors, const char *name,
                              const weft_tensor **found, weft_error *error) {
    *found = weft_tensors_find(tensors, name);
    if (*found != NULL) {
        return WEFT_OK;
    }
    const char *names[64];
    size_t n = 0;
    for (int i = 0; i < tensors->n && n < 64; i++) {
        names[n++] = tensors->items[i].name;
    }
    weft_fail(error, WEFT_ERROR_INPUT, "the weights have no array \"%s\" among their %d", name,
              tensors->n);
    const char *nearest = weft_nearest(name, names, n);
    if (nearest != NULL) {
        weft_hint(error, "did you mean \"%s\"?", nearest);
    } else if (n > 0) {
        weft_hint(error, "the first one is \"%s\"", names[0]);
    }
    return WEFT_ERROR_INPUT;
}

static weft_status check_shape(const weft_predictor_layer *layer, const weft_tensor *weight,
                               weft_error *error) {
    int64_t rows = layer->transposed ? layer->inputs : layer->outputs;
    int64_t columns = layer->transposed ? layer->outputs : layer->inputs;
    if (weight->n_dims == 2 && weight->dims[0] == rows && weight->dims[1] == columns) {
        return WEFT_OK;
    }
    char shape[160];
    weft_fail(error, WEFT_ERROR_INPUT,
              "array \"%s\" is %s, expected %lld x %lld: %d outputs of %d inputs", weight->name,
              weft_tensor_shape(weight, shape, sizeof shape), (long long)rows, (long long)columns,
              layer->outputs, layer->inputs);
    if (weight->n_dims == 2 && weight->dims[0] == columns && weight->dims[1] == rows) {
        weft_hint(error, "it is the other way round: add `transposed: %s` to its layer",
                  layer->transposed ? "false" : "true");
    }
    return WEFT_ERROR_INPUT;
}

static weft_status check_bias(const weft_predictor_layer *layer, const weft_tensor *bias,
                              weft_error *error) {
    if (bias->n == (size_t)layer->outputs) {
        return WEFT_OK;
    }
    char shape[160];
    return weft_fail(error, WEFT_ERROR_INPUT,
                     "array \"%s\" is %s, expected %d values: one an output", bias->name,
                     weft_tensor_shape(bias, shape, sizeof shape), layer->outputs);
}

/* Where the weight of output o and input i lies. */
static size_t place_of(const weft_mlp_layer *layer, int o, int i) {
    int whole = layer->panels * WEFT_MLP_PANEL;
    int width = o < whole ? WEFT_MLP_PANEL : WEFT_MLP_LANES;
    int within = o < whole ? o % WEFT_MLP_PANEL : (o - whole) % WEFT_MLP_LANES;
    return (size_t)(o - within) * (size_t)layer->inputs + (size_t)i * (size_t)width +
           (size_t)within;
}

static weft_status layer_create(const weft_predictor_layer *from, const weft_tensors *tensors,
                                weft_mlp_layer *layer, weft_error *error) {
    const weft_tensor *weight = NULL;
    const weft_tensor *bias = NULL;
    WEFT_TRY(find_array(tensors, from->weight, &weight, error));
    WEFT_TRY(check_shape(from, weight, error));
    if (from->bias[0] != '\0') {
        WEFT_TRY(find_array(tensors, from->bias, &bias, error));
        WEFT_TRY(check_bias(from, bias, error));
    }
    layer->inputs = from->inputs;
    layer->outputs = from->outputs;
    layer->activation = from->activation;
    layer->panels = from->outputs / WEFT_MLP_PANEL;
    layer->rest = (from->outputs % WEFT_MLP_PANEL + WEFT_MLP_LANES - 1) / WEFT_MLP_LANES;
    size_t padded = weft_mlp_padded(layer);
    size_t bytes = padded * (size_t)from->inputs * sizeof(float);
    layer->weights = aligned_alloc(ALIGNMENT, bytes);
    layer->bias = aligned_alloc(ALIGNMENT, padded * sizeof(float));
    if (layer->weights == NULL || layer->bias == NULL) {
        return weft_fail_memory(error, bytes);
    }
    memset(layer->weights, 0, bytes);
    memset(layer->bias, 0, padded * sizeof(float));
    for (int o = 0; o < from->outputs; o++) {
        /* -0 becomes 0: leaving out an input of 0 then never shows in a sum. */
        layer->bias[o] = bias == NULL ? 0.0f : bias->values[o] + 0.0f;
        for (int i = 0; i < from->inputs; i++) {
            size_t at = from->transposed ? (size_t)i * (size_t)from->outputs + (size_t)o
                                         : (size_t)o * (size_t)from->inputs + (size_t)i;
            layer->weights[place_of(layer, o, i)] = weight->values[at];
        }
    }
    return WEFT_OK;
}

static weft_status fill(weft_mlp *mlp, const weft_predictor_file *file, const weft_tensors *tensors,
                        weft_error *error) {
    for (int b = 0; b < file->n_branches; b++) {
        weft_mlp_layer *branch = &mlp->branches[mlp->n_branches++];
        WEFT_TRY(layer_create(&file->branches[b], tensors, branch, error));
        mlp->stride = weft_mlp_padded(branch);
    }
    for (int l = 0; l < file->n_layers; l++) {
        weft_mlp_layer *layer = &mlp->layers[mlp->n_layers++];
        WEFT_TRY(layer_create(&file->layers[l], tensors, layer, error));
        size_t padded = weft_mlp_padded(layer);
        mlp->stride = padded > mlp->stride ? padded : mlp->stride;
    }
    return WEFT_OK;
}

weft_status weft_mlp_create(const weft_predictor_file *file, const weft_tensors *tensors,
                            weft_mlp **mlp, weft_error *error) {
    weft_mlp *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->kernels = weft_mlp_kernels_best();
    weft_status status = fill(made, file, tensors, error);
    if (status != WEFT_OK) {
        weft_mlp_destroy(made);
        return status;
    }
    *mlp = made;
    return WEFT_OK;
}

/* ---- evaluation ------------------------------------------------------------------------------ */

/* Scratch memory: values before and after a layer, (WEFT_MLP_BATCH, stride) each, then the inputs
 * of one design that are not 0. */
size_t weft_mlp_scratch(const weft_mlp *mlp) {
    return 2 * (size_t)WEFT_MLP_BATCH * mlp->stride * sizeof(float) +
           mlp->stride * sizeof(weft_input);
}

static void activate(weft_activation activation, float *values, int n) {
    switch (activation) {
    case WEFT_ACTIVATION_NONE:
        break;
    case WEFT_ACTIVATION_RELU:
        for (int i = 0; i < n; i++) {
            values[i] = values[i] < 0.0f ? 0.0f : values[i]; /* NaN stays */
        }
        break;
    case WEFT_ACTIVATION_TANH:
        for (int i = 0; i < n; i++) {
            values[i] = tanhf(values[i]);
        }
        break;
    case WEFT_ACTIVATION_SIGMOID:
        for (int i = 0; i < n; i++) {
            values[i] = 1.0f / (1.0f + expf(-values[i]));
        }
        break;
    }
}

/* The first layer of a design: the sum of its branches, each through its activation. */
static void first_layer(const weft_mlp *mlp, const weft_mlp_inputs *design, float *values,
                        float *more) {
    for (int b = 0; b < mlp->n_branches; b++) {
        const weft_mlp_layer *branch = &mlp->branches[b];
        float *out = b == 0 ? values : more;
        mlp->kernels.sparse(branch, design->inputs[b], design->n[b], out);
        activate(branch->activation, out, branch->outputs);
        for (int i = 0; b > 0 && i < branch->outputs; i++) {
            values[i] += more[i];
        }
    }
}

static int list_inputs(const float *values, int n, weft_input *list) {
    int used = 0;
    for (int i = 0; i < n; i++) {
        list[used] = (weft_input){.column = i, .value = values[i]};
        used += values[i] != 0.0f;
    }
    return used;
}

static void later_layer(const weft_mlp *mlp, const weft_mlp_layer *layer, const float *in, int n,
                        float *out, weft_input *list) {
    int groups = mlp->kernels.dense == NULL || layer->rest > 0 ? 0 : n / WEFT_MLP_ROWS;
    if (groups > 0) {
        mlp->kernels.dense(layer, in, mlp->stride, groups, out);
    }
    for (int d = groups * WEFT_MLP_ROWS; d < n; d++) {
        int used = list_inputs(in + (size_t)d * mlp->stride, layer->inputs, list);
        mlp->kernels.sparse(layer, list, used, out + (size_t)d * mlp->stride);
    }
    for (int d = 0; d < n; d++) {
        activate(layer->activation, out + (size_t)d * mlp->stride, layer->outputs);
    }
}

void weft_mlp_evaluate(const weft_mlp *mlp, const weft_mlp_inputs *designs, int n, void *scratch,
                       float *outputs) {
    float *now = scratch;
    float *next = now + (size_t)WEFT_MLP_BATCH * mlp->stride;
    weft_input *list = (weft_input *)(void *)(next + (size_t)WEFT_MLP_BATCH * mlp->stride);
    for (int d = 0; d < n; d++) {
        first_layer(mlp, &designs[d], now + (size_t)d * mlp->stride, next);
    }
    for (int l = 0; l < mlp->n_layers; l++) {
        later_layer(mlp, &mlp->layers[l], now, n, next, list);
        float *before = now;
        now = next;
        next = before;
    }
    for (int d = 0; d < n; d++) {
        outputs[d] = now[(size_t)d * mlp->stride];
    }
}
