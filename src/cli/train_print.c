/* SPDX-License-Identifier: Apache-2.0
 * What weft train prints. */
#include <inttypes.h>

#include "cli/train.h"

/* ---- settings -------------------------------------------------------------------------------- */

#define WORD(name, word) word,
static const char *const DEVICES[] = {WEFT_TRAIN_DEVICE_MAP(WORD)};
#undef WORD

/* Bits of 0 are those that a layer says itself. */
static void quant_json(weft_json *json, const weft_train_settings *s) {
    weft_json_key(json, "quantized");
    if (!s->quantize) {
        weft_json_null(json);
        return;
    }
    weft_json_object_begin(json);
    weft_json_member_integer(json, "weight_bits", s->quant.weight_bits);
    weft_json_member_integer(json, "input_bits", s->quant.input_bits);
    weft_json_member_text(json, "steps", cli_quant_steps[s->quant.steps]);
    weft_json_member_bool(json, "per_channel", s->quant.per_channel);
    weft_json_member_bool(json, "ends_at_8", s->quant.ends_at_8);
    weft_json_object_end(json);
}

static void teacher_json(weft_json *json, const weft_train_settings *s) {
    weft_json_key(json, "teacher");
    if (s->teacher == NULL) {
        weft_json_null(json);
        return;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "network", s->teacher->name);
    weft_json_member_text(json, "weights", s->teacher_weights);
    weft_json_member_real(json, "teaching", s->teaching);
    weft_json_member_real(json, "temperature", s->temperature);
    weft_json_object_end(json);
}

static void steps_json(weft_json *json, const weft_train_settings *s) {
    weft_json_member_integer(json, "batch", s->batch);
    weft_json_member_text(json, "precision", cli_precisions[s->precision]);
    weft_json_member_text(json, "device", DEVICES[s->device]);
    weft_json_member_text(json, "optimizer", cli_descents[s->descent]);
    weft_json_member_text(json, "schedule", cli_schedules[s->schedule]);
    weft_json_member_real(json, "learning_rate", s->learning_rate);
    weft_json_member_real(json, "warmup", s->warmup);
    weft_json_member_real(json, "momentum", s->momentum);
    weft_json_member_real(json, "weight_decay", s->weight_decay);
    weft_json_member_bool(json, "decay_all", s->decay_all);
    weft_json_member_real(json, "gradient_limit", s->gradient_limit);
    weft_json_member_real(json, "average", s->average);
    weft_json_member_real(json, "patience", s->patience);
}

void cli_training_json(weft_json *json, const weft_train_settings *s) {
    weft_json_object_begin(json);
    steps_json(json, s);
    weft_json_member_real(json, "share", s->share);
    weft_json_member_real(json, "validation", s->validation);
    weft_json_member_integer(json, "validation_limit", s->validation_limit);
    weft_json_member_integer(json, "split_seed", (int64_t)s->split_seed);
    weft_json_member_integer(json, "crop_pad", s->crop_pad);
    weft_json_member_bool(json, "flip", s->flip);
    weft_json_member_integer(json, "cutout", s->cutout);
    weft_json_member_real(json, "mixup", s->mixup);
    weft_json_member_real(json, "label_smoothing", s->label_smoothing);
    weft_json_member_integer(json, "threads", s->threads);
    quant_json(json, s);
    teacher_json(json, s);
    weft_json_member_text(json, "weights", s->weights);
    weft_json_member_text(json, "save", s->save);
    weft_json_member_text(json, "checkpoint", s->checkpoint);
    weft_json_object_end(json);
}

static void print_if(double value, const char *what) {
    if (value > 0.0) {
        printf(", %s %g", what, value);
    }
}

void cli_print_recipe(const weft_train_settings *s) {
    printf("recipe       %s, batch %d, learning rate %g (warm-up %g, %s), momentum %g,\n"
           "             weight decay %g%s",
           cli_descents[s->descent], s->batch, s->learning_rate, s->warmup,
           cli_schedules[s->schedule], s->momentum, s->weight_decay,
           s->decay_all ? "" : " of weights alone");
    print_if(s->gradient_limit, "gradient limit");
    print_if(s->average, "average");
    print_if(s->patience, "patience");
    printf("\n             crop pad %d, flip %s, label smoothing %g", s->crop_pad,
           s->flip ? "on" : "off", s->label_smoothing);
    print_if(s->cutout, "cutout");
    print_if(s->mixup, "mixup");
    printf("\n             %s", cli_precisions[s->precision]);
    if (s->quantize && s->quant.weight_bits == 0) {
        printf(", quantized to the bits of the layers (%s steps)", cli_quant_steps[s->quant.steps]);
    } else if (s->quantize) {
        printf(", quantized to %d bits of weights and %d of inputs (%s steps)",
               s->quant.weight_bits, s->quant.input_bits, cli_quant_steps[s->quant.steps]);
    }
    printf("\n");
}

/* ---- results --------------------------------------------------------------------------------- */

weft_status train_print_json(cli_call *call, const train_arguments *arguments,
                             const train_subject *subject, const weft_train_result *result) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "network", subject->name);
    weft_json_member_text(json, "data", weft_dataset_get_info(subject->dataset)->name);
    weft_json_member_text(json, "split", cli_splits[arguments->split]);
    weft_json_member_real(json, "epochs", arguments->settings.epochs);
    weft_json_member_integer(json, "seed", (int64_t)arguments->settings.seed);
    weft_json_member_real(json, "accuracy", result->accuracy);
    weft_json_member_real(json, "loss", result->loss);
    weft_json_member_real(json, "train_loss", result->train_loss);
    weft_json_member_integer(json, "images_trained", result->images_trained);
    weft_json_member_integer(json, "images_measured", result->images_measured);
    weft_json_member_real(json, "seconds", result->seconds);
    weft_json_member_real(json, "images_per_second", result->images_per_second);
    weft_json_member_integer(json, "macs", subject->network->macs);
    weft_json_member_integer(json, "params", subject->network->params);
    weft_json_key(json, "settings");
    cli_training_json(json, &arguments->settings);
    if (arguments->histograms != NULL) {
        weft_json_member_text(json, "histograms", arguments->histograms);
    }
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

void train_print_text(const train_arguments *arguments, const train_subject *subject,
                      const weft_train_result *result) {
    char params[CLI_QUANTITY], time[32];
    const char *split = cli_splits[arguments->split];
    printf("network           %s (%s parameters)\n", subject->name,
           cli_quantity((double)subject->network->params, "", params, sizeof params));
    printf("data              %s, %" PRId64 " images trained, %" PRId64 " measured\n",
           weft_dataset_get_info(subject->dataset)->name, result->images_trained,
           result->images_measured);
    printf("accuracy          %.4f (%s)\n", result->accuracy, split);
    printf("loss              %.4f (%s), %.4f (last training epoch)\n", result->loss, split,
           result->train_loss);
    printf("time              %s, %.0f images/s\n",
           cli_duration(result->seconds, time, sizeof time), result->images_per_second);
    if (arguments->settings.save != NULL) {
        printf("weights           %s\n", arguments->settings.save);
    }
    if (arguments->histograms != NULL) {
        printf("histograms        %s\n", arguments->histograms);
    }
}

/* ---- the plan -------------------------------------------------------------------------------- */

static weft_status plan_json(cli_call *call, const train_arguments *arguments,
                             const train_subject *subject, const weft_train_plan *plan) {
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "network", subject->name);
    weft_json_member_text(json, "data", weft_dataset_get_info(subject->dataset)->name);
    weft_json_member_integer(json, "macs", subject->network->macs);
    weft_json_member_integer(json, "params", subject->network->params);
    weft_json_member_integer(json, "stages", plan->stages);
    weft_json_member_integer(json, "products", plan->products);
    weft_json_member_integer(json, "quantized", plan->quantized);
    weft_json_member_integer(json, "train_images", plan->train_images);
    weft_json_member_integer(json, "measure_images", plan->measure_images);
    weft_json_member_integer(json, "batch", plan->batch);
    weft_json_member_integer(json, "lanes", plan->lanes);
    weft_json_member_integer(json, "steps_an_epoch", plan->steps_an_epoch);
    weft_json_member_integer(json, "steps", plan->steps);
    weft_json_member_integer(json, "done", plan->done);
    weft_json_member_text(json, "precision", cli_precisions[plan->precision]);
    weft_json_member_integer(json, "bytes", (int64_t)plan->bytes);
    weft_json_key(json, "available_bytes");
    if (plan->available == SIZE_MAX) {
        weft_json_null(json);
    } else {
        weft_json_integer(json, (int64_t)plan->available);
    }
    weft_json_key(json, "settings");
    cli_training_json(json, &arguments->settings);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static void plan_text(const train_arguments *arguments, const train_subject *subject,
                      const weft_train_plan *plan) {
    const weft_train_settings *s = &arguments->settings;
    char params[CLI_QUANTITY], macs[CLI_QUANTITY], bytes[CLI_QUANTITY], left[CLI_QUANTITY];
    printf("network           %s (%s parameters, %s MACs)\n", subject->name,
           cli_quantity((double)subject->network->params, "", params, sizeof params),
           cli_quantity((double)subject->network->macs, "", macs, sizeof macs));
    printf("data              %s, %" PRId64 " images to train on, %" PRId64 " measure (%s)\n",
           weft_dataset_get_info(subject->dataset)->name, plan->train_images, plan->measure_images,
           cli_splits[arguments->split]);
    printf("steps             %" PRId64 " of %d images, %" PRId64 " an epoch", plan->steps,
           plan->batch, plan->steps_an_epoch);
    if (plan->done > 0) {
        printf("; %" PRId64 " are done in %s", plan->done, s->checkpoint);
    }
    printf("\noptimizer         %s, %s schedule from %g\n", cli_descents[s->descent],
           cli_schedules[s->schedule], s->learning_rate);
    printf("kernels           %s, %d operations a step, %d of them products",
           cli_precisions[plan->precision], plan->stages, plan->products);
    if (s->quantize) {
        printf(", %d with quantized weights", plan->quantized);
    }
    printf("\nthreads           %d on %d part%s of the batch\n", s->threads, plan->lanes,
           plan->lanes == 1 ? "" : "s");
    printf("memory            %s", cli_quantity((double)plan->bytes, "B", bytes, sizeof bytes));
    if (plan->available != SIZE_MAX) {
        printf(", %s are free", cli_quantity((double)plan->available, "B", left, sizeof left));
    }
    printf("\n");
}

weft_status train_print_plan(cli_call *call, const train_arguments *arguments,
                             const train_subject *subject, const weft_train_plan *plan) {
    if (arguments->json) {
        return plan_json(call, arguments, subject, plan);
    }
    plan_text(arguments, subject, plan);
    return WEFT_OK;
}
