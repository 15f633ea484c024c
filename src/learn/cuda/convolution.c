/* SPDX-License-Identifier: Apache-2.0
 * See convolution.h. */
#include "learn/cuda/convolution.h"

#include <stdlib.h>

struct weft_cuda_convolution {
    cudnnTensorDescriptor_t x, y;
    cudnnFilterDescriptor_t weights;
    cudnnConvolutionDescriptor_t convolution;
    cudnnConvolutionFwdAlgo_t forward;
    cudnnConvolutionBwdDataAlgo_t data;
    cudnnConvolutionBwdFilterAlgo_t filter;
    size_t scratch[WEFT_DNN_PASSES];
};

#define CUDNN(call) WEFT_TRY(weft_cuda_check_cudnn((call), "a convolution", error))

/* ---- what it is ------------------------------------------------------------------------------ */

static cudnnDataType_t data_type(weft_type type) {
    return type == WEFT_F32 ? CUDNN_DATA_FLOAT : CUDNN_DATA_BFLOAT16;
}

static weft_status set_tensor(cudnnTensorDescriptor_t *tensor, weft_type type, int images,
                              weft_shape shape, weft_error *error) {
    CUDNN(cudnnCreateTensorDescriptor(tensor));
    CUDNN(cudnnSetTensor4dDescriptor(*tensor, CUDNN_TENSOR_NHWC, data_type(type), images,
                                     shape.channels, shape.height, shape.width));
    return WEFT_OK;
}

/* Products in f32 are not to be rounded to TF32. */
static weft_status describe(weft_cuda_convolution *c, const weft_layer *layer, int images,
                            weft_type type, weft_error *error) {
    WEFT_TRY(set_tensor(&c->x, type, images, layer->in, error));
    WEFT_TRY(set_tensor(&c->y, type, images, layer->out, error));
    CUDNN(cudnnCreateFilterDescriptor(&c->weights));
    CUDNN(cudnnSetFilter4dDescriptor(c->weights, data_type(type), CUDNN_TENSOR_NHWC,
                                     layer->out.channels, layer->in.channels / layer->groups,
                                     layer->kernel.height, layer->kernel.width));
    CUDNN(cudnnCreateConvolutionDescriptor(&c->convolution));
    CUDNN(cudnnSetConvolution2dDescriptor(c->convolution, layer->pad.height, layer->pad.width,
                                          layer->stride.height, layer->stride.width,
                                          layer->dilation.height, layer->dilation.width,
                                          CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
    CUDNN(cudnnSetConvolutionGroupCount(c->convolution, layer->groups));
    CUDNN(cudnnSetConvolutionMathType(c->convolution,
                                      type == WEFT_F32 ? CUDNN_FMA_MATH : CUDNN_TENSOR_OP_MATH));
    return WEFT_OK;
}

/* ---- algorithms ------------------------------------------------------------------------------ */

enum { CANDIDATES = 8 };

/* The first of `n` answers that works and is deterministic, into *algorithm; `found`: whether. */
#define TAKE_FIRST(answers, n, algorithm, bytes, found)                                            \
    do {                                                                                           \
        (found) = false;                                                                           \
        for (int i_ = 0; i_ < (n) && !(found); i_++) {                                             \
            if ((answers)[i_].status == CUDNN_STATUS_SUCCESS &&                                    \
                (answers)[i_].determinism == CUDNN_DETERMINISTIC) {                                \
                *(algorithm) = (answers)[i_].algo;                                                 \
                *(bytes) = (answers)[i_].memory;                                                   \
                (found) = true;                                                                    \
            }                                                                                      \
        }                                                                                          \
    } while (0)

static bool choose_forward(const weft_cuda *cuda, weft_cuda_convolution *c) {
    cudnnConvolutionFwdAlgoPerf_t answers[CANDIDATES];
    int n = 0;
    bool found = false;
    if (cudnnGetConvolutionForwardAlgorithm_v7(cuda->cudnn, c->x, c->weights, c->convolution, c->y,
                                               CANDIDATES, &n, answers) == CUDNN_STATUS_SUCCESS) {
        TAKE_FIRST(answers, n, &c->forward, &c->scratch[WEFT_DNN_FORWARD], found);
    }
    return found && cudnnGetConvolutionForwardWorkspaceSize(
                        cuda->cudnn, c->x, c->weights, c->convolution, c->y, c->forward,
                        &c->scratch[WEFT_DNN_FORWARD]) == CUDNN_STATUS_SUCCESS;
}

static bool choose_data(const weft_cuda *cuda, weft_cuda_convolution *c) {
    cudnnConvolutionBwdDataAlgoPerf_t answers[CANDIDATES];
    int n = 0;
    bool found = false;
    if (cudnnGetConvolutionBackwardDataAlgorithm_v7(cuda->cudnn, c->weights, c->y, c->convolution,
                                                    c->x, CANDIDATES, &n,
                                                    answers) == CUDNN_STATUS_SUCCESS) {
        TAKE_FIRST(answers, n, &c->data, &c->scratch[WEFT_DNN_BACKWARD_DATA], found);
    }
    return found && cudnnGetConvolutionBackwardDataWorkspaceSize(
                        cuda->cudnn, c->weights, c->y, c->convolution, c->x, c->data,
                        &c->scratch[WEFT_DNN_BACKWARD_DATA]) == CUDNN_STATUS_SUCCESS;
}

static bool choose_filter(const weft_cuda *cuda, weft_cuda_convolution *c) {
    cudnnConvolutionBwdFilterAlgoPerf_t answers[CANDIDATES];
    int n = 0;
    bool found = false;
    if (cudnnGetConvolutionBackwardFilterAlgorithm_v7(cuda->cudnn, c->x, c->y, c->convolution,
                                                      c->weights, CANDIDATES, &n,
                                                      answers) == CUDNN_STATUS_SUCCESS) {
        TAKE_FIRST(answers, n, &c->filter, &c->scratch[WEFT_DNN_BACKWARD_WEIGHTS], found);
    }
    return found && cudnnGetConvolutionBackwardFilterWorkspaceSize(
                        cuda->cudnn, c->x, c->y, c->convolution, c->weights, c->filter,
                        &c->scratch[WEFT_DNN_BACKWARD_WEIGHTS]) == CUDNN_STATUS_SUCCESS;
}

/* cuDNN pads both sides alike; a map with positions that no window sees, or windows beyond the
 * padding, is none of its. */
static bool has_same_map(const weft_cuda_convolution *c, const weft_layer *layer, int images) {
    int n, channels, height, width;
    return cudnnGetConvolution2dForwardOutputDim(c->convolution, c->x, c->weights, &n, &channels,
                                                 &height, &width) == CUDNN_STATUS_SUCCESS &&
           n == images && channels == layer->out.channels && height == layer->out.height &&
           width == layer->out.width;
}

weft_status weft_cuda_convolution_create(const weft_cuda *cuda, const weft_layer *layer, int images,
                                         weft_type type, weft_cuda_convolution **made,
                                         weft_error *error) {
    weft_cuda_convolution *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return weft_fail_memory(error, sizeof *c);
    }
    weft_status status = describe(c, layer, images, type, error);
    bool works = status == WEFT_OK && has_same_map(c, layer, images) && choose_forward(cuda, c) &&
                 choose_data(cuda, c) && choose_filter(cuda, c);
    if (!works) {
        weft_cuda_convolution_destroy(c);
        c = NULL;
    }
    WEFT_TRY(status);
    *made = c;
    return WEFT_OK;
}

void weft_cuda_convolution_destroy(weft_cuda_convolution *c) {
    if (c == NULL) {
        return;
    }
    if (c->x != NULL) {
        cudnnDestroyTensorDescriptor(c->x);
    }
    if (c->y != NULL) {
        cudnnDestroyTensorDescriptor(c->y);
    }
    if (c->weights != NULL) {
        cudnnDestroyFilterDescriptor(c->weights);
    }
    if (c->convolution != NULL) {
        cudnnDestroyConvolutionDescriptor(c->convolution);
    }
    free(c);
}

size_t weft_cuda_convolution_scratch(const weft_cuda_convolution *c, weft_dnn_pass pass) {
    return c->scratch[pass];
}

/* ---- running --------------------------------------------------------------------------------- */

weft_status weft_cuda_convolution_run(const weft_cuda *cuda, const weft_cuda_convolution *c,
                                      weft_dnn_pass pass, const void *first, const void *second,
                                      void *result, void *scratch, weft_error *error) {
    const float one = 1.0F, zero = 0.0F;
    size_t bytes = c->scratch[pass];
    switch (pass) {
    case WEFT_DNN_FORWARD:
        CUDNN(cudnnConvolutionForward(cuda->cudnn, &one, c->x, first, c->weights, second,
                                      c->convolution, c->forward, scratch, bytes, &zero, c->y,
                                      result));
        return WEFT_OK;
    case WEFT_DNN_BACKWARD_DATA:
        CUDNN(cudnnConvolutionBackwardData(cuda->cudnn, &one, c->weights, second, c->y, first,
                                           c->convolution, c->data, scratch, bytes, &zero, c->x,
                                           result));
        return WEFT_OK;
    case WEFT_DNN_BACKWARD_WEIGHTS:
        CUDNN(cudnnConvolutionBackwardFilter(cuda->cudnn, &one, c->x, first, c->y, second,
                                             c->convolution, c->filter, scratch, bytes, &zero,
                                             c->weights, result));
        return WEFT_OK;
    case WEFT_DNN_PASSES:
        break;
    }
    return weft_fail(error, WEFT_ERROR_INTERNAL, "a convolution has no pass %d", (int)pass);
}
