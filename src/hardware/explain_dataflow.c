/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/explain_dataflow.h"

#include <stdio.h>

void weft_explain_dataflow_cycles(const weft_question *question, int32_t depth,
                                  const weft_loop_work *work, int32_t l) {
    const weft_flow_cost *cost = NULL;
    weft_dataflow_mapping(work, l, &cost);
    const struct {
        const char *name, *equation;
        double value;
    } rows[] = {
        {"computing", "steps x cycles of a step", cost->ideal},
        {"stall", "of the port that its transfers outlast the most", cost->stall},
        {"loading", "the first inputs and weights, level by level", cost->loading},
        {"storing", "the last outputs, level by level", cost->storing},
    };
    weft_explain_row(question->to, depth, cost->cycles, "1",
                     "computing + stall + loading + storing; all but computing is booked under the "
                     "outermost memory",
                     NULL, "cycles");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        weft_explain_row(question->to, depth + 1, rows[i].value, "1", rows[i].equation, NULL, "%s",
                         rows[i].name);
    }
}

void weft_explain_dataflow_order(const weft_question *question, int32_t depth,
                                 const weft_loop_work *work, int32_t l) {
    static const char *const DIMS[] = {
#define DIM(name, token) token,
        WEFT_DIM_MAP(DIM)
#undef DIM
    };
    const weft_flow_cost *cost = NULL;
    const weft_flow_mapping *mapping = weft_dataflow_mapping(work, l, &cost);
    char text[256] = "none";
    size_t used = 0;
    for (int i = 0; i < mapping->n_loops && used < sizeof text; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %d", i > 0 ? ", " : "",
                                 DIMS[mapping->dim[i]], mapping->turns[i]);
    }
    weft_explain_row(question->to, depth, 0, "", text, NULL, "loops in time, inner to outer");
}
