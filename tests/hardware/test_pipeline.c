/* SPDX-License-Identifier: Apache-2.0
 *
 * The closed form of the pixel pipeline against the plain recursion it stands for, pixel by pixel,
 * bit for bit, over random networks; and the critical path against its own claim. */
#include "hardware/support.h"

#include "hardware/pipeline.h"

enum { MAX_LAYERS = 12, MAX_SIDE = 40, CASES = 20000 };

/* The recursion (1) of pipeline.h as it is written there. */
static int64_t plain_latency(const weft_pipe_layer *layers, int n,
                             int64_t done[MAX_LAYERS][MAX_SIDE * MAX_SIDE]) {
    bool consumed[MAX_LAYERS] = {false};
    int64_t latest = 0;
    for (int l = 0; l < n; l++) {
        const weft_pipe_layer *layer = &layers[l];
        int64_t before = 0;
        for (int i = 0; i < layer->height; i++) {
            for (int j = 0; j < layer->width; j++) {
                int64_t begin = before;
                for (int m = 0; m < layer->n_inputs; m++) {
                    const weft_pipe_edge *e = &layer->input[m];
                    int r = e->row_first + e->row_step * i;
                    int c = e->column_first + e->column_step * j;
                    r = r < e->height ? r : e->height - 1;
                    c = c < e->width ? c : e->width - 1;
                    int64_t ready = done[e->layer][r * e->width + c];
                    begin = ready > begin ? ready : begin;
                    consumed[e->layer] = true;
                }
                before = begin + layer->time[weft_pipe_class(i, j)];
                done[l][i * layer->width + j] = before;
            }
        }
    }
    for (int l = 0; l < n; l++) {
        int64_t end = done[l][layers[l].height * layers[l].width - 1];
        latest = !consumed[l] && end > latest ? end : latest;
    }
    return latest;
}

static int32_t between(weft_rng *rng, int32_t low, int32_t high) {
    return low + (int32_t)weft_rng_below(rng, (uint64_t)(high - low + 1));
}

/* Times that are sometimes equal, sometimes far apart, sometimes nothing. */
static void random_times(weft_rng *rng, weft_pipe_layer *layer) {
    int64_t scale = (int64_t)1 << between(rng, 0, 30);
    int64_t usual = (int64_t)weft_rng_below(rng, (uint64_t)scale + 1);
    for (int c = 0; c < WEFT_PIPE_CLASSES; c++) {
        layer->time[c] = between(rng, 0, 2) > 0 ? usual
                                                : (int64_t)weft_rng_below(rng, 3 * (uint64_t)scale);
    }
}

static weft_pipe_edge random_edge(weft_rng *rng, const weft_pipe_layer *layers, int from,
                                  bool to_one) {
    weft_pipe_edge edge = {
        .layer = from, .height = layers[from].height, .width = layers[from].width};
    if (to_one) {
        edge.row_first = edge.height - 1;
        edge.column_first = edge.width - 1;
        edge.row_step = edge.column_step = 1;
        return edge;
    }
    edge.row_step = between(rng, 0, 9) == 0 ? 3 * between(rng, 0, 1) : between(rng, 1, 2);
    edge.column_step = between(rng, 0, 3) > 0 ? edge.row_step : between(rng, 1, 3);
    edge.row_first = between(rng, 0, 4);
    edge.column_first = between(rng, 0, 3) > 0 ? edge.row_first : between(rng, 0, 4);
    return edge;
}

static int random_pipe(weft_rng *rng, weft_pipe_layer *layers) {
    int n = between(rng, 1, MAX_LAYERS);
    for (int l = 0; l < n; l++) {
        weft_pipe_layer layer = {.height = between(rng, 1, MAX_SIDE),
                                 .width = between(rng, 1, MAX_SIDE)};
        bool small = between(rng, 0, 7) == 0;
        if (small) {
            layer.height = layer.width = 1;
        } else if (l > 0 && between(rng, 0, 3) > 0) { /* like most networks: the same map */
            layer.height = layers[l - 1].height;
            layer.width = layers[l - 1].width;
        }
        layer.n_inputs = l == 0 ? 0 : between(rng, 0, 9) == 0 ? 0 : between(rng, 1, 2);
        for (int m = 0; m < layer.n_inputs; m++) {
            int from = m == 0 && between(rng, 0, 4) > 0 ? l - 1 : between(rng, 0, l - 1);
            layer.input[m] = random_edge(rng, layers, from, small);
        }
        random_times(rng, &layer);
        layers[l] = layer;
    }
    return n;
}

/* The sum of counted pixels times their time is the latency. */
static void check_trace(const weft_pipeline *pipeline, const weft_pipe_layer *layers, int n,
                        int64_t latency, uint64_t index) {
    int64_t count[MAX_LAYERS][WEFT_PIPE_CLASSES];
    int64_t sum = 0;
    weft_pipeline_trace(pipeline, layers, count);
    for (int l = 0; l < n; l++) {
        for (int c = 0; c < WEFT_PIPE_CLASSES; c++) {
            assert_true(count[l][c] >= 0);
            sum += count[l][c] * layers[l].time[c];
        }
    }
    if (sum != latency) {
        fail_msg("case %llu: the critical path sums to %lld, the latency is %lld",
                 (unsigned long long)index, (long long)sum, (long long)latency);
    }
}

static void closed_form_equals_the_recursion(void **state) {
    (void)state;
    static int64_t done[MAX_LAYERS][MAX_SIDE * MAX_SIDE];
    for (uint64_t index = 0; index < CASES; index++) {
        weft_rng rng = weft_rng_make(7, WEFT_PURPOSE_TEST, index);
        weft_pipe_layer layers[MAX_LAYERS];
        int n = random_pipe(&rng, layers);
        weft_error error;
        weft_pipeline pipeline = {0};
        int64_t latency = 0;
        expect_ok(weft_pipeline_fit(&pipeline, n, &error), &error, "create");
        expect_ok(weft_pipeline_run(&pipeline, layers, &latency, &error), &error, "run");
        int64_t expected = plain_latency(layers, n, done);
        if (latency != expected) {
            fail_msg("case %llu (seed 7): %lld, expected %lld", (unsigned long long)index,
                     (long long)latency, (long long)expected);
        }
        check_trace(&pipeline, layers, n, latency, index);
        weft_pipeline_destroy(&pipeline);
    }
}

/* Big maps: cost that does not grow with the pixels. */
static void wide_maps_take_few_runs(void **state) {
    (void)state;
    enum { N = 4, SIDE = 60000 };
    weft_pipe_layer layers[N] = {{.height = SIDE, .width = SIDE, .time = {9, 8, 7, 6}}};
    for (int l = 1; l < N; l++) {
        layers[l] = (weft_pipe_layer){.height = SIDE, .width = SIDE, .n_inputs = 1};
        layers[l].input[0] = (weft_pipe_edge){l - 1, SIDE, SIDE, 1, 1, 1, 1};
        for (int c = 0; c < WEFT_PIPE_CLASSES; c++) {
            layers[l].time[c] = l % 2 == 1 ? 4 : 9;
        }
    }
    weft_error error;
    weft_pipeline pipeline = {0};
    int64_t latency = 0;
    expect_ok(weft_pipeline_fit(&pipeline, N, &error), &error, "create");
    expect_ok(weft_pipeline_run(&pipeline, layers, &latency, &error), &error, "run");
    assert_true(latency > (int64_t)SIDE * SIDE * 6);
    assert_true(pipeline.n_runs < 64);
    weft_pipeline_destroy(&pipeline);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_form_equals_the_recursion),
        cmocka_unit_test(wide_maps_take_few_runs),
    };
    return cmocka_run_group_tests_name("hardware/pipeline", tests, NULL, NULL);
}
