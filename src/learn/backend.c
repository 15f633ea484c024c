/* SPDX-License-Identifier: Apache-2.0
 * Which machine runs an engine. */
#include "learn/backend.h"

#ifdef WEFT_CUDA
#include "learn/cuda/device.h"
#endif

#ifndef WEFT_CUDA
weft_status weft_gpu_look(weft_gpu_info *info, weft_error *error) {
    (void)info;
    weft_fail(error, WEFT_ERROR_UNAVAILABLE, "this build of Weft has no CUDA engine");
    weft_hint(error, "configure it with -DWEFT_CUDA=ON where CUDA 12 or later and cuDNN 9 are "
                     "installed, or train on the CPU");
    return WEFT_ERROR_UNAVAILABLE;
}
#endif

static weft_status find_cuda(const weft_backend **backend, weft_error *error) {
    weft_gpu_info info;
    WEFT_TRY(weft_gpu_look(&info, error));
#ifdef WEFT_CUDA
    *backend = &weft_backend_cuda;
#else
    (void)backend;
#endif
    return WEFT_OK;
}

weft_status weft_backend_find(weft_train_device device, const weft_backend **backend,
                              weft_error *error) {
    if (device == WEFT_TRAIN_ON_CUDA) {
        return find_cuda(backend, error);
    }
    weft_error ignored;
    if (device != WEFT_TRAIN_ON_AUTO || find_cuda(backend, &ignored) != WEFT_OK) {
        *backend = &weft_backend_cpu;
    }
    return WEFT_OK;
}

bool weft_backend_has_bf16(weft_train_device device) {
    const weft_backend *backend = NULL;
    weft_error ignored;
    return weft_backend_find(device, &backend, &ignored) == WEFT_OK &&
           backend->check(WEFT_BF16, &ignored) == WEFT_OK;
}

weft_train_device weft_backend_resolve(weft_train_device device) {
    const weft_backend *backend = NULL;
    weft_error ignored;
    if (weft_backend_find(device, &backend, &ignored) != WEFT_OK) {
        return device;
    }
    return backend == &weft_backend_cpu ? WEFT_TRAIN_ON_CPU : WEFT_TRAIN_ON_CUDA;
}
