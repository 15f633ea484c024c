/* SPDX-License-Identifier: Apache-2.0
 *
 * Trained weights, measured as they are and quantized. Two engines, one after the other: in reals, which
 * calibrates, and with quantizers. */
#include <weft/learn.h>

#include <stdlib.h>

#include "base/clock.h"
#include "learn/batch.h"
#include "learn/dataset.h"
#include "learn/ptq.h"
#include "learn/quant_bits.h"
#include "learn/split.h"
#include "learn/train_file.h"
#include "learn/train_settings.h"
#include "learn/trainer.h"

typedef struct quantizing {
    const weft_quantize_settings *settings;
    const weft_network *network;
    const weft_dataset *dataset;
    const weft_stop *stop;
    weft_crew *crew;
    weft_trainer trainer; /* its engine alone: it measures */
    weft_parts parts;     /* what measures, and of the training images those that calibrate */
    weft_normaliser normaliser;
    weft_ptq ptq;
} quantizing;

void weft_quantize_defaults(weft_quantize_settings *settings) {
    *settings = (weft_quantize_settings){.images = 512};
    weft_train_defaults(&settings->train);
    settings->train.quantize = true;
}

/* ---- can it be done -------------------------------------------------------------------------- */

/* Weights have both signs; what a layer reads may not, of a product of two activations either operand. */
static void find_signs(const weft_network *network, bool *positive, weft_layer_signs *signs) {
    weft_layers_positive(network, positive);
    for (int i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        bool product = layer->op == WEFT_OP_MATMUL;
        signs[i].inputs = layer->n_inputs == 0 || !positive[layer->input[0]];
        signs[i].weights = !product || !positive[layer->input[1]];
    }
}

weft_status weft_quantize_check(const weft_network *network, const weft_quant_settings *settings,
                                const weft_priced *priced, weft_error *error) {
    size_t n = (size_t)network->n_layers;
    weft_layer_bits *bits = calloc(n, sizeof *bits);
    bool *positive = calloc(n, sizeof *positive);
    weft_layer_signs *signs = calloc(n, sizeof *signs);
    weft_status status = bits != NULL && positive != NULL && signs != NULL
                             ? weft_quant_choose(network, settings, bits, error)
                             : weft_fail_memory(error, n * sizeof *bits);
    if (status == WEFT_OK && priced != NULL) {
        find_signs(network, positive, signs);
        status = weft_quant_check_chip(network, bits, signs, priced, error);
    }
    free(signs);
    free(positive);
    free(bits);
    return status;
}

static weft_status check(const weft_network *network, const weft_dataset *dataset,
                         const weft_quantize_settings *settings, weft_error *error) {
    WEFT_TRY(weft_train_check(&settings->train, error));
    WEFT_TRY(weft_train_check_match(network, dataset, error));
    if (settings->images < 1) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "%lld images to calibrate with; expected 1 or more",
                         (long long)settings->images);
    }
    if (settings->train.weights == NULL || settings->train.weights[0] == '\0') {
        weft_fail(error, WEFT_ERROR_INPUT, "there are no trained weights to quantize");
        weft_hint(error, "`weft train` writes them with --save");
        return WEFT_ERROR_INPUT;
    }
    return weft_quantize_check(network, &settings->train.quant, settings->priced, error);
}

/* ---- engines --------------------------------------------------------------------------------- */

static bool keeps_steps(const quantizing *q) {
    return q->settings->train.quant.calibration == WEFT_QUANT_CALIBRATION_TRAINED;
}

static weft_status open_engine(quantizing *q, const weft_quant_settings *quant, weft_error *error) {
    const weft_train_settings *s = &q->settings->train;
    weft_engine_destroy(q->trainer.engine);
    q->trainer = (weft_trainer){.settings = s};
    const weft_engine_settings engine = {
        .batch = s->batch, .type = weft_train_type(s), .device = s->device, .quant = quant};
    WEFT_TRY(weft_engine_create(q->network, q->crew, &engine, &q->trainer.engine, error));
    WEFT_TRY(weft_engine_initialise(q->trainer.engine, s->seed, q->stop, error));
    return keeps_steps(q) && quant != NULL
               ? weft_engine_load_trained(q->trainer.engine, s->weights, error)
               : weft_engine_load(q->trainer.engine, s->weights, error);
}

static weft_status measure(quantizing *q, double *accuracy, double *loss, weft_error *error) {
    return weft_trainer_measure(&q->trainer, &q->normaliser, &q->parts.measure, q->stop, accuracy,
                                loss, error);
}

static void load_images(void *context, int64_t first, int64_t n) {
    quantizing *q = context;
    weft_trainer_load(&q->trainer, &q->normaliser, &q->parts.train, first, n);
}

/* So many training images, the same share of each class. */
static weft_status choose_images(quantizing *q, weft_error *error) {
    weft_train_settings s = q->settings->train;
    WEFT_TRY(weft_parts_create(q->dataset, &s, &q->parts, error));
    double share = (double)q->settings->images / (double)q->parts.train.n;
    if (share < 1.0) {
        weft_parts_destroy(&q->parts);
        s.share *= share;
        WEFT_TRY(weft_parts_create(q->dataset, &s, &q->parts, error));
    }
    return WEFT_OK;
}

static weft_status quantize(quantizing *q, weft_quantize_result *made, weft_error *error) {
    const weft_train_settings *s = &q->settings->train;
    WEFT_TRY(choose_images(q, error));
    weft_normaliser_fill(q->dataset, &q->normaliser);
    WEFT_TRY(weft_crew_create(s->threads, &q->crew, error));
    WEFT_TRY(weft_ptq_begin(q->network, &s->quant, &q->ptq, error));
    WEFT_TRY(open_engine(q, NULL, error));
    WEFT_TRY(measure(q, &made->real_accuracy, &made->real_loss, error));
    if (!keeps_steps(q)) {
        const weft_ptq_images images = {q->parts.train.n, load_images, q};
        WEFT_TRY(weft_ptq_calibrate(&q->ptq, q->trainer.engine, &images, q->stop, error));
    }
    weft_quant_settings quant = s->quant;
    quant.steps = WEFT_QUANT_STEPS_LEARNED;
    WEFT_TRY(open_engine(q, &quant, error));
    WEFT_TRY(weft_ptq_apply(&q->ptq, q->trainer.engine, error));
    WEFT_TRY(measure(q, &made->accuracy, &made->loss, error));
    bool saves = s->save != NULL && s->save[0] != '\0';
    return saves ? weft_ptq_save(&q->ptq, q->trainer.engine, s->save, error) : WEFT_OK;
}

static void count_layers(const quantizing *q, weft_quantize_result *made) {
    made->images_calibrated = keeps_steps(q) ? 0 : q->parts.train.n;
    made->images_measured = q->parts.measure.n;
    for (int i = 0; i < q->ptq.n; i++) {
        const weft_ptq_layer *layer = &q->ptq.layers[i];
        if (layer->weights != NULL) {
            int64_t n = (int64_t)(layer->weights->rows * layer->weights->n);
            made->layers++;
            made->norms += layer->norm >= 0;
            made->weights += n;
            made->weight_bits += n * layer->weights->bits;
        }
    }
}

weft_status weft_quantize(const weft_network *network, const weft_dataset *dataset,
                          const weft_quantize_settings *settings, const weft_stop *stop,
                          weft_quantize_result *result, weft_error *error) {
    WEFT_TRY(check(network, dataset, settings, error));
    double began = weft_steady_time();
    quantizing q = {.settings = settings, .network = network, .dataset = dataset, .stop = stop};
    weft_quantize_result made = {0};
    weft_status status = quantize(&q, &made, error);
    if (status == WEFT_OK) {
        count_layers(&q, &made);
        made.seconds = weft_steady_time() - began;
        *result = made;
    }
    weft_ptq_free(&q.ptq);
    weft_engine_destroy(q.trainer.engine);
    weft_crew_destroy(q.crew);
    weft_parts_destroy(&q.parts);
    return status;
}
