/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/training.h"

#include <inttypes.h>

#include "base/clock.h"

#define WORD(name, word) word,
const char *const cli_precisions[] = {WEFT_PRECISION_MAP(WORD) NULL};
const char *const cli_descents[] = {WEFT_DESCENT_MAP(WORD) NULL};
const char *const cli_schedules[] = {WEFT_SCHEDULE_MAP(WORD) NULL};
const char *const cli_quant_steps[] = {WEFT_QUANT_STEPS_MAP(WORD) NULL};
#undef WORD
const char *const cli_splits[] = {"validation", "test", NULL};

weft_status cli_check_needs(cli_call *call) {
    static const struct {
        const char *option, *needs;
    } NEEDS[] = {
        {"quant-steps", "bits"},
        {"per-channel", "bits"},
        {"ends-at-8", "bits"},
        {"chip", "bits"},
        {"teacher-weights", "teacher"},
        {"teaching", "teacher"},
        {"temperature", "teacher"},
        {"checkpoint-every", "checkpoint"},
        {"inherited-rate", "first-phase"},
    };
    for (size_t i = 0; i < sizeof NEEDS / sizeof NEEDS[0]; i++) {
        if (cli_given(call, NEEDS[i].option) && !cli_given(call, NEEDS[i].needs)) {
            return cli_usage(call, "--%s has no use without --%s", NEEDS[i].option, NEEDS[i].needs);
        }
    }
    return WEFT_OK;
}

/* Steps that a checkpoint held took no time of this call. */
bool cli_training_show(void *context, const weft_train_progress *now) {
    cli_training *training = context;
    if (training->first < 0) {
        training->first = now->step;
        training->started = weft_steady_time();
    }
    if (cli_progress_due(&training->progress) || now->step == now->steps) {
        char bar[32], eta[32];
        double seconds = weft_steady_time() - training->started;
        double share = (double)now->step / (double)now->steps;
        double rate = seconds > 0.0 ? (double)(now->step - training->first) / seconds : 0.0;
        double left = rate > 0.0 ? (double)(now->steps - now->step) / rate : 0.0;
        cli_progress_show(
            &training->progress,
            "%s epoch %.1f, step %" PRId64 "/%" PRId64 " | loss %.4f | %.0f images/s | ETA %s",
            cli_progress_bar(share, bar, sizeof bar), now->epoch, now->step, now->steps, now->loss,
            now->images_per_second, cli_duration(left, eta, sizeof eta));
    }
    return true;
}
