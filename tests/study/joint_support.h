/* SPDX-License-Identifier: Apache-2.0
 * Problems whose genes are those of network and chip, and studies of them. */
#ifndef TESTS_STUDY_JOINT_SUPPORT_H
#define TESTS_STUDY_JOINT_SUPPORT_H

#include "study/support.h"

static inline weft_problem *joint(const char *folder, const char *space, const char *chip,
                                  const char *more) {
    char text[2048];
    snprintf(text, sizeof text, "weft: problem/1\nname: joint\nspace: %s\nchip: %s\n%s", space,
             chip, more);
    return read_problem(folder, "joint.yaml", text);
}

static inline void run_study(weft_problem *problem, const char *folder, const char *name, int jobs,
                             char *store, size_t size) {
    weft_study *study = NULL;
    weft_error error;
    path_in(folder, name, store, size);
    expect_ok(weft_study_open(problem, store, &study, &error), &error);
    weft_run_settings settings = {.jobs = jobs};
    weft_status status = weft_study_run(study, &settings, &error);
    expect_ok(status, &error);
    weft_study_close(study);
}

static const char *const STAGED =
    "minimise: ela\n"
    "fixed: {\"pw_*_bits*\": 8, glb_depth: 4096}\n"
    "search:\n"
    "  optimizer: ga\n"
    "  trials: 120\n"
    "  batch: 10\n"
    "  population: 10\n"
    "  hold: last\n"
    "  stages:\n"
    "  - {name: device, free: [cell_bits], trials: 30}\n"
    "  - {name: arrays, free: [rows, columns], trials: 40, minimise: e}\n"
    "  - {name: network, free: [network]}\n";

#endif
