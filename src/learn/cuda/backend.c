/* SPDX-License-Identifier: Apache-2.0
 *
 * See device.h. Parameters, gradients and statistics stay on the device, and so do the steps of
 * training: what the host reads is brought over when it asks, what it writes is sent before the
 * next pass. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learn/cuda/convolution.h"
#include "learn/cuda/kinds.h"
#include "learn/kernel/array.h"

/* ---- what CUDA says -------------------------------------------------------------------------- */

weft_status weft_cuda_check(cudaError_t code, const char *what, weft_error *error) {
    if (code == cudaSuccess) {
        return WEFT_OK;
    }
    bool memory = code == cudaErrorMemoryAllocation;
    return weft_fail(error, memory ? WEFT_ERROR_MEMORY : WEFT_ERROR_EVALUATION,
                     "the GPU failed at %s: %s", what, cudaGetErrorString(code));
}

weft_status weft_cuda_check_cublas(cublasStatus_t code, const char *what, weft_error *error) {
    if (code == CUBLAS_STATUS_SUCCESS) {
        return WEFT_OK;
    }
    bool memory = code == CUBLAS_STATUS_ALLOC_FAILED;
    return weft_fail(error, memory ? WEFT_ERROR_MEMORY : WEFT_ERROR_EVALUATION,
                     "cuBLAS failed at %s: %s", what, cublasGetStatusString(code));
}

weft_status weft_cuda_check_cudnn(cudnnStatus_t code, const char *what, weft_error *error) {
    if (code == CUDNN_STATUS_SUCCESS) {
        return WEFT_OK;
    }
    return weft_fail(error, WEFT_ERROR_EVALUATION, "cuDNN failed at %s: %s", what,
                     cudnnGetErrorString(code));
}

weft_status weft_cuda_launched(const weft_stage *stage, weft_error *error) {
    cudaError_t code = cudaGetLastError();
    if (code == cudaSuccess) {
        return WEFT_OK;
    }
    char what[64];
    snprintf(what, sizeof what, "layer %d (%s)", stage->layer_index,
             weft_op_token(stage->layer->op));
    return weft_cuda_check(code, what, error);
}

/* ---- what there is --------------------------------------------------------------------------- */

/* bf16 in matrix units: Ampere and later. */
enum { LEAST_MAJOR_FOR_BF16 = 8 };

weft_status weft_gpu_look(weft_gpu_info *info, weft_error *error) {
    int devices = 0;
    struct cudaDeviceProp found;
    cudaError_t code = cudaGetDeviceCount(&devices);
    if (code == cudaSuccess && devices > 0) {
        code = cudaGetDeviceProperties(&found, 0);
    }
    if (code != cudaSuccess || devices == 0) {
        weft_fail(error, WEFT_ERROR_UNAVAILABLE, "CUDA sees no GPU here: %s",
                  code != cudaSuccess ? cudaGetErrorString(code) : "there is none");
        weft_hint(error, "train on the CPU, or on a machine with an NVIDIA GPU and its driver");
        return WEFT_ERROR_UNAVAILABLE;
    }
    *info = (weft_gpu_info){
        .major = found.major,
        .minor = found.minor,
        .memory = (double)found.totalGlobalMem,
        .has_bf16 = found.major >= LEAST_MAJOR_FOR_BF16,
    };
    snprintf(info->name, sizeof info->name, "%s", found.name);
    return WEFT_OK;
}

static weft_status check(weft_type type, weft_error *error) {
    weft_gpu_info info;
    WEFT_TRY(weft_gpu_look(&info, error));
    if (type == WEFT_F32 || info.has_bf16) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_UNAVAILABLE, "this GPU (%s) has no arithmetic in bf16", info.name);
    weft_hint(error, "train in f32, or with 'auto', which takes bf16 where the GPU has it");
    return WEFT_ERROR_UNAVAILABLE;
}

static size_t available(const weft_engine *engine) {
    (void)engine;
    size_t left = 0, all = 0;
    return cudaMemGetInfo(&left, &all) == cudaSuccess ? left : 0;
}

/* ---- a crew's libraries ---------------------------------------------------------------------- */

static void leave(void *guest) {
    weft_cuda *cuda = guest;
    if (cuda->cudnn != NULL) {
        cudnnDestroy(cuda->cudnn);
    }
    if (cuda->cublas != NULL) {
        cublasDestroy(cuda->cublas);
    }
    if (cuda->stream != NULL) {
        cudaStreamDestroy(cuda->stream);
    }
    free(cuda);
}

static weft_status fill_libraries(weft_cuda *cuda, weft_error *error) {
    WEFT_TRY(weft_cuda_check(cudaStreamCreateWithFlags(&cuda->stream, cudaStreamNonBlocking),
                             "making a stream", error));
    WEFT_TRY(weft_cuda_check_cublas(cublasCreate(&cuda->cublas), "its start", error));
    WEFT_TRY(
        weft_cuda_check_cublas(cublasSetStream(cuda->cublas, cuda->stream), "its start", error));
    WEFT_TRY(weft_cuda_check_cudnn(cudnnCreate(&cuda->cudnn), "its start", error));
    return weft_cuda_check_cudnn(cudnnSetStream(cuda->cudnn, cuda->stream), "its start", error);
}

static weft_status find_libraries(weft_crew *crew, weft_cuda **cuda, weft_error *error) {
    *cuda = weft_crew_guest(crew);
    if (*cuda != NULL) {
        return WEFT_OK;
    }
    weft_cuda *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    weft_status status = fill_libraries(made, error);
    if (status != WEFT_OK) {
        leave(made);
        return status;
    }
    weft_crew_keep(crew, made, leave);
    *cuda = made;
    return WEFT_OK;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static weft_status open_engine(weft_engine *engine, weft_error *error) {
    size_t stages = (size_t)engine->n_stages;
    weft_cuda_engine *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    engine->device = made;
    made->convolution = calloc(stages, sizeof(*made->convolution));
    made->knows_steps = calloc(stages, sizeof *made->knows_steps);
    if (made->convolution == NULL || made->knows_steps == NULL) {
        return weft_fail_memory(error, stages * sizeof(*made->convolution));
    }
    return find_libraries(engine->crew, &made->cuda, error);
}

static void close_engine(weft_engine *engine) {
    weft_cuda_engine *d = weft_cuda_of(engine);
    if (d == NULL) {
        return;
    }
    if (d->cuda != NULL) {
        cudaStreamSynchronize(d->cuda->stream);
    }
    for (int s = 0; d->convolution != NULL && s < engine->n_stages; s++) {
        weft_cuda_convolution_destroy(d->convolution[s]);
    }
    for (int i = 0; i < d->n_twins; i++) {
        if (d->twins[i].is_own) {
            cudaFree(d->twins[i].device);
        }
    }
    cudaFree(engine->remote.base);
    engine->remote = (weft_arena){0};
    free(d->convolution);
    free(d->knows_steps);
    free(d->shown);
    free(d);
    engine->device = NULL;
}

/* What the host has: parameters and their gradients, statistics, logits and their gradients,
 * images. */
static size_t host_bytes(const weft_engine *engine) {
    size_t batch = (size_t)engine->settings.batch;
    return 2 * weft_arena_room(engine->n_parameters, sizeof(float)) +
           weft_arena_room(engine->n_statistics, sizeof(float)) +
           2 * weft_arena_room(batch * engine->classes, sizeof(float)) +
           weft_arena_room(batch * engine->image_values, weft_type_size(engine->settings.type));
}

/* `bytes` are those of all buffers; the twins of logits are not needed, the scratch of norms is. */
static weft_status take(weft_engine *engine, size_t bytes, weft_error *error) {
    void *base = NULL;
    bytes += weft_arena_room(WEFT_CUDA_NORM_SCRATCH, sizeof(double));
    WEFT_TRY(weft_cuda_check(cudaMalloc(&base, bytes), "taking memory", error));
    engine->remote = (weft_arena){.base = base, .size = bytes};
    return weft_crew_lend(engine->crew, host_bytes(engine), &engine->memory, error);
}

static void *take_remote(weft_engine *engine, size_t n, size_t size) {
    void *taken = engine->remote.base + engine->remote.used;
    engine->remote.used += weft_arena_room(n, size);
    return taken;
}

static void add_twin(weft_engine *engine, float *host, size_t n, bool is_moved) {
    weft_cuda_engine *d = weft_cuda_of(engine);
    d->twins[d->n_twins++] = (weft_cuda_twin){
        .host = host,
        .device = take_remote(engine, n, sizeof(float)),
        .n = n,
        .is_moved = is_moved,
    };
}

static weft_status bind(weft_engine *engine, weft_error *error) {
    weft_cuda_engine *d = weft_cuda_of(engine);
    add_twin(engine, engine->parameters, engine->n_parameters, true);
    add_twin(engine, engine->gradients, engine->n_parameters, false);
    add_twin(engine, engine->statistics, engine->n_statistics, true);
    d->norm = take_remote(engine, WEFT_CUDA_NORM_SCRATCH, sizeof *d->norm);
    d->host_is_ahead = true;
    const weft_cuda_twin *gradients = &d->twins[WEFT_CUDA_GRADIENTS];
    return weft_cuda_check(
        cudaMemsetAsync(gradients->device, 0, gradients->n * sizeof(float), d->cuda->stream),
        "clearing memory", error);
}

/* ---- between host and device ----------------------------------------------------------------- */

static weft_status send(const weft_engine *engine, const void *host, void *device, size_t bytes,
                        weft_error *error) {
    return weft_cuda_check(
        cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, weft_cuda_stream(engine)),
        "sending to its memory", error);
}

/* Waits for all that was asked for: what went wrong before is told here. */
static weft_status bring(const weft_engine *engine, const void *device, void *host, size_t bytes,
                         weft_error *error) {
    cudaError_t code =
        cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, weft_cuda_stream(engine));
    if (code == cudaSuccess) {
        code = cudaStreamSynchronize(weft_cuda_stream(engine));
    }
    return weft_cuda_check(code, "a pass", error);
}

static weft_status mirror(weft_engine *engine, float *host, size_t n, weft_error *error) {
    weft_cuda_engine *d = weft_cuda_of(engine);
    void *device = NULL;
    if (d->n_twins == WEFT_CUDA_TWINS) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "an engine mirrors %d arrays at most",
                         WEFT_CUDA_TWINS - WEFT_CUDA_OTHERS);
    }
    WEFT_TRY(weft_cuda_check(cudaMalloc(&device, n * sizeof *host), "taking memory", error));
    d->twins[d->n_twins++] =
        (weft_cuda_twin){.host = host, .device = device, .n = n, .is_own = true, .is_moved = true};
    d->host_is_ahead = true;
    engine->is_packed = false;
    return WEFT_OK;
}

float *weft_cuda_change(const weft_engine *engine, const float *host) {
    weft_cuda_engine *d = weft_cuda_of(engine);
    for (int i = 0; i < d->n_twins; i++) {
        if (d->twins[i].host == host) {
            d->twins[i].is_ahead = true;
            return d->twins[i].device;
        }
    }
    return NULL;
}

weft_status weft_cuda_send_moved(weft_engine *engine, weft_error *error) {
    weft_cuda_engine *d = weft_cuda_of(engine);
    for (int i = 0; i < d->n_twins && d->host_is_ahead; i++) {
        const weft_cuda_twin *twin = &d->twins[i];
        if (twin->is_moved) {
            WEFT_TRY(send(engine, twin->host, twin->device, twin->n * sizeof(float), error));
        }
    }
    d->host_is_ahead = false;
    return WEFT_OK;
}

static weft_status fetch(const weft_engine *engine, weft_error *error) {
    weft_cuda_engine *d = weft_cuda_of(engine);
    for (int i = 0; i < d->n_twins; i++) {
        weft_cuda_twin *twin = &d->twins[i];
        if (twin->is_ahead) {
            WEFT_TRY(bring(engine, twin->device, twin->host, twin->n * sizeof(float), error));
            twin->is_ahead = false;
        }
    }
    return WEFT_OK;
}

static void touch(weft_engine *engine) {
    weft_cuda_engine *d = weft_cuda_of(engine);
    d->host_is_ahead = true;
    memset(d->knows_steps, 0, (size_t)engine->n_stages * sizeof *d->knows_steps);
    for (int i = 0; i < d->n_twins; i++) {
        d->twins[i].is_ahead = false;
    }
}

/* Room on the host for the values of a tensor. */
static weft_status make_room(const weft_engine *engine, const weft_tensor *tensor, size_t *bytes,
                             weft_error *error) {
    weft_cuda_engine *d = weft_cuda_of(engine);
    *bytes = tensor->count * weft_type_size(engine->settings.type);
    if (*bytes > d->shown_bytes) {
        free(d->shown);
        d->shown = malloc(*bytes);
        d->shown_bytes = d->shown != NULL ? *bytes : 0;
    }
    return d->shown != NULL ? WEFT_OK : weft_fail_memory(error, *bytes);
}

static weft_status show(const weft_engine *engine, const weft_lane *lane, const weft_tensor *tensor,
                        const void **values, weft_error *error) {
    weft_cuda_engine *d = weft_cuda_of(engine);
    size_t bytes;
    WEFT_TRY(make_room(engine, tensor, &bytes, error));
    WEFT_TRY(bring(engine, weft_lane_values(engine, lane, tensor), d->shown, bytes, error));
    *values = d->shown;
    return WEFT_OK;
}

/* ---- passes ---------------------------------------------------------------------------------- */

static weft_status load(weft_engine *engine, weft_error *error) {
    size_t bytes = (size_t)engine->settings.batch * engine->image_values *
                   weft_type_size(engine->settings.type);
    return send(engine, engine->images, engine->lanes[0].input, bytes, error);
}

/* Passes in training move running statistics and set steps of quantizers; packing sets those of
 * weights. */
static void note_changes(const weft_engine *engine) {
    (void)weft_cuda_change(engine, engine->parameters);
    (void)weft_cuda_change(engine, engine->statistics);
}

static weft_status pack(weft_engine *engine, weft_error *error) {
    WEFT_TRY(weft_cuda_send_moved(engine, error));
    for (int s = 0; s < engine->n_stages; s++) {
        if (weft_stage_is_product(&engine->stages[s])) {
            weft_cuda_pack_weights(engine, &engine->stages[s]);
            WEFT_TRY(weft_cuda_launched(&engine->stages[s], error));
        }
    }
    note_changes(engine);
    return WEFT_OK;
}

static weft_status give(weft_engine *engine, weft_error *error) {
    const weft_lane *lane = &engine->lanes[0];
    const weft_tensor *output = engine->output;
    if (engine->mode == WEFT_MODE_TRAIN) {
        note_changes(engine);
    }
    const void *logits;
    WEFT_TRY(show(engine, lane, output, &logits, error));
    weft_array_convert(engine->settings.type, logits, WEFT_F32, engine->logits, output->count);
    return WEFT_OK;
}

static weft_status take_gradient(weft_engine *engine, weft_error *error) {
    const weft_lane *lane = &engine->lanes[0];
    const weft_tensor *output = engine->output;
    size_t bytes;
    WEFT_TRY(make_room(engine, output, &bytes, error));
    weft_cuda_engine *d = weft_cuda_of(engine);
    weft_array_convert(WEFT_F32, engine->logits_gradient, engine->settings.type, d->shown,
                       output->count);
    return send(engine, d->shown, weft_lane_gradient(engine, lane, output), bytes, error);
}

static weft_status add(weft_engine *engine, const void *x, void *y, size_t n, weft_error *error) {
    weft_cuda_add_to(weft_cuda_stream(engine), engine->settings.type, x, y, n);
    return weft_cuda_check(cudaGetLastError(), "a sum of gradients", error);
}

static weft_status reduce(weft_engine *engine, weft_error *error) {
    for (int s = 0; s < engine->n_stages; s++) {
        weft_stage *stage = &engine->stages[s];
        if (stage->bits > 0 && !stage->is_quantizer) {
            weft_cuda_unround_gradient(engine, stage);
            WEFT_TRY(weft_cuda_launched(stage, error));
        }
    }
    (void)weft_cuda_change(engine, engine->gradients);
    return WEFT_OK;
}

const weft_backend weft_backend_cuda = {
    .name = "CUDA",
    .kind_of = weft_cuda_kind_of,
    .quantizer = &weft_cuda_kind_quantizer,
    .most_lanes = 1,
    .check = check,
    .available = available,
    .open = open_engine,
    .close = close_engine,
    .take = take,
    .bind = bind,
    .load = load,
    .pack = pack,
    .give = give,
    .take_gradient = take_gradient,
    .add = add,
    .reduce = reduce,
    .move = weft_cuda_move_parameters,
    .mirror = mirror,
    .fetch = fetch,
    .touch = touch,
    .show = show,
};
