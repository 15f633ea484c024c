/* SPDX-License-Identifier: Apache-2.0
 *
 * Which machine runs an engine, and what every backend has to have: no device is needed for this. What
 * the GPU computes is tested in test_cuda.c. */
#include "learn/backend.h"
#include "learn/engine_support.h"
#include "learn/trainer.h"
#ifdef WEFT_CUDA
#include "learn/cuda/device.h"
#endif

static bool has_gpu(void) {
    weft_gpu_info info;
    weft_error error;
    return weft_gpu_look(&info, &error) == WEFT_OK;
}

static weft_network *small(void) {
    weft_network *network = network_of("small", 2, 6, 6);
    next(network, conv_layer(4, 3, 1, 1, true));
    next(network, plain_layer(WEFT_OP_BATCH_NORM));
    grow_head(network, 3);
    return network;
}

/* ---- which one ------------------------------------------------------------------------------- */

static void test_cpu_is_the_default(void **state) {
    (void)state;
    weft_error error;
    const weft_backend *backend = NULL;
    MUST(weft_backend_find((weft_train_device)0, &backend, &error));
    assert_ptr_equal(backend, &weft_backend_cpu);
    weft_train_settings settings;
    weft_train_defaults(&settings);
    assert_int_equal(settings.device, WEFT_TRAIN_ON_CPU);
    assert_int_equal(weft_backend_resolve(settings.device), WEFT_TRAIN_ON_CPU);
    assert_int_equal(weft_backend_has_bf16(WEFT_TRAIN_ON_CPU), weft_dnn_has_bf16());
}

/* 'auto' takes the GPU where there is one, and the CPU without a word where there is none. */
static void test_auto_takes_what_there_is(void **state) {
    (void)state;
    weft_error error;
    const weft_backend *backend = NULL;
    MUST(weft_backend_find(WEFT_TRAIN_ON_AUTO, &backend, &error));
    assert_int_equal(backend != &weft_backend_cpu, has_gpu());
    assert_int_equal(weft_backend_resolve(WEFT_TRAIN_ON_AUTO),
                     has_gpu() ? WEFT_TRAIN_ON_CUDA : WEFT_TRAIN_ON_CPU);
}

static void test_says_why_there_is_no_gpu(void **state) {
    (void)state;
    if (has_gpu()) {
        skip();
    }
    weft_error error = {0};
    weft_gpu_info info = {.major = -1};
    const weft_backend *backend = NULL;
    assert_int_equal(weft_gpu_look(&info, &error), WEFT_ERROR_UNAVAILABLE);
    assert_int_equal(info.major, -1);
    assert_int_equal(weft_backend_find(WEFT_TRAIN_ON_CUDA, &backend, &error),
                     WEFT_ERROR_UNAVAILABLE);
    assert_null(backend);
#ifdef WEFT_CUDA
    assert_non_null(strstr(error.message, "CUDA sees no GPU here"));
#else
    assert_non_null(strstr(error.message, "no CUDA engine"));
    assert_non_null(strstr(error.hint, "-DWEFT_CUDA=ON"));
#endif
    assert_false(weft_backend_has_bf16(WEFT_TRAIN_ON_CUDA));
    assert_int_equal(weft_backend_resolve(WEFT_TRAIN_ON_CUDA), WEFT_TRAIN_ON_CUDA);
}

/* Engines and trainings are refused, not run elsewhere. */
static void test_refuses_without_a_gpu(void **state) {
    (void)state;
    if (has_gpu()) {
        skip();
    }
    weft_error error = {0};
    weft_network *network = small();
    weft_crew *crew = NULL;
    weft_engine *engine = NULL;
    MUST(weft_crew_create(1, &crew, &error));
    const weft_engine_settings settings = {.batch = 4, .device = WEFT_TRAIN_ON_CUDA};
    assert_int_equal(weft_engine_create(network, crew, &settings, &engine, &error),
                     WEFT_ERROR_UNAVAILABLE);
    assert_null(engine);
    weft_train_settings train;
    weft_train_defaults(&train);
    train.device = WEFT_TRAIN_ON_CUDA;
    weft_trainer trainer;
    assert_int_equal(weft_trainer_create(network, crew, &train, 4, NULL, &trainer, &error),
                     WEFT_ERROR_UNAVAILABLE);
    weft_trainer_free(&trainer);
    weft_crew_destroy(crew);
    weft_network_destroy(network);
}

/* ---- one training, two devices --------------------------------------------------------------- */

/* 'auto' is the CPU where there is no GPU: the same bits. */
static void test_auto_is_the_cpu_without_a_gpu(void **state) {
    (void)state;
    if (has_gpu()) {
        skip();
    }
    weft_error error;
    weft_network *network = small();
    rig a = rig_open(network, (weft_engine_settings){.batch = 4}, 1);
    rig b = rig_open(network, (weft_engine_settings){.batch = 4, .device = WEFT_TRAIN_ON_AUTO}, 1);
    weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, 0);
    for (size_t k = 0; k < image_values(a.engine); k++) {
        float value = (float)weft_rng_normal(&rng);
        set_image(a.engine, k, value);
        set_image(b.engine, k, value);
    }
    MUST(weft_engine_forward(a.engine, WEFT_MODE_TRAIN, NULL, &error));
    MUST(weft_engine_forward(b.engine, WEFT_MODE_TRAIN, NULL, &error));
    assert_memory_equal(a.engine->logits, b.engine->logits,
                        logit_count(a.engine) * sizeof *a.engine->logits);
    const void *shown;
    const weft_lane *lane = &a.engine->lanes[0];
    MUST(weft_engine_show(a.engine, lane, a.engine->output, &shown, &error));
    assert_memory_equal(shown, a.engine->logits, logit_count(a.engine) * sizeof(float));
    rig_close(&a);
    rig_close(&b);
    weft_network_destroy(network);
}

/* ---- what the GPU has ------------------------------------------------------------------------ */

#ifdef WEFT_CUDA

/* What the CPU trains the GPU does, too, and its buffers live as long. */
static void test_gpu_has_every_kind(void **state) {
    (void)state;
    int n = 0;
    for (int op = 0; op < WEFT_OP_COUNT; op++) {
        const weft_kind *ours = weft_kind_of((weft_op)op);
        const weft_kind *theirs = weft_cuda_kind_of((weft_op)op);
        if ((ours == NULL) != (theirs == NULL)) {
            fail_msg("%s: one device has it, the other has not", weft_op_token((weft_op)op));
        }
        if (ours == NULL) {
            continue;
        }
        n++;
        assert_int_equal(theirs->op, op);
        assert_int_equal(theirs->keeps_input, ours->keeps_input);
        assert_int_equal(theirs->keeps_output, ours->keeps_output);
        assert_non_null(theirs->create);
        assert_non_null(theirs->forward);
        assert_non_null(theirs->backward);
    }
    assert_in_range(n, 20, WEFT_OP_COUNT);
    assert_int_equal(weft_backend_cuda.quantizer->keeps_input, weft_kind_quantizer.keeps_input);
    assert_int_equal(weft_backend_cuda.quantizer->keeps_output, weft_kind_quantizer.keeps_output);
}

/* What CUDA, cuBLAS and cuDNN say becomes an error with what was asked of them. */
static void test_tells_what_failed(void **state) {
    (void)state;
    weft_error error = {0};
    MUST(weft_cuda_check(cudaSuccess, "nothing", &error));
    MUST(weft_cuda_check_cublas(CUBLAS_STATUS_SUCCESS, "nothing", &error));
    MUST(weft_cuda_check_cudnn(CUDNN_STATUS_SUCCESS, "nothing", &error));
    assert_int_equal(weft_cuda_check(cudaErrorMemoryAllocation, "taking memory", &error),
                     WEFT_ERROR_MEMORY);
    assert_non_null(strstr(error.message, "taking memory"));
    assert_int_equal(weft_cuda_check(cudaErrorLaunchFailure, "a pass", &error),
                     WEFT_ERROR_EVALUATION);
    assert_int_equal(weft_cuda_check_cublas(CUBLAS_STATUS_ALLOC_FAILED, "a product", &error),
                     WEFT_ERROR_MEMORY);
    assert_int_equal(weft_cuda_check_cublas(CUBLAS_STATUS_INVALID_VALUE, "a product", &error),
                     WEFT_ERROR_EVALUATION);
    assert_int_equal(weft_cuda_check_cudnn(CUDNN_STATUS_BAD_PARAM, "a convolution", &error),
                     WEFT_ERROR_EVALUATION);
    assert_non_null(strstr(error.message, "a convolution"));
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cpu_is_the_default),
        cmocka_unit_test(test_auto_takes_what_there_is),
        cmocka_unit_test(test_says_why_there_is_no_gpu),
        cmocka_unit_test(test_refuses_without_a_gpu),
        cmocka_unit_test(test_auto_is_the_cpu_without_a_gpu),
#ifdef WEFT_CUDA
        cmocka_unit_test(test_gpu_has_every_kind),
        cmocka_unit_test(test_tells_what_failed),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
