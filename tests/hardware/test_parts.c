/* SPDX-License-Identifier: Apache-2.0
 *
 * Component models against figures worked out by hand from their equations. */
#include "hardware/support.h"

#include "hardware/mapping.h"
#include "hardware/parts.h"
#include "hardware/quantum.h"

#include <math.h>

#define Q(value, unit) "{value: " value ", unit: " unit ", source: test}"
#define N(value)       Q(value, "\"1\"")

static void assert_close(double value, double expected, double tolerance) {
    if (!(fabs(value - expected) <= tolerance * fabs(expected))) {
        fail_msg("%.12g, expected %.12g", value, expected);
    }
}

static void cells_draw_what_ohm_says(void **state) {
    (void)state;
    weft_chip *chip = chip_with("");
    /* 0.1 (0.15 V)^2 (0.33 / 10 kohm + 0.67 / 1 Mohm) = 2.25 mV2 x 33.67 uS */
    assert_close(weft_cell_read_power(chip), 2.25e-3 * 33.67e-6, 1e-12);
    weft_chip_destroy(chip);
}

static void crossbars_have_cells_and_drivers(void **state) {
    (void)state;
    weft_chip *chip = chip_with("");
    assert_close(weft_crossbar_area(chip), (65536 * 1.44 + 256 * 1150) * 1e-12, 1e-12);
    /* 8 kB of cells: 2e-4 x 64 + 5e-6 x 8 = 0.01284 ps on top of 3.16 ns */
    assert_close(weft_seconds(weft_crossbar_read_time(chip)), 3.16e-9 + 0.01284e-12, 1e-6);
    weft_chip_destroy(chip);
}

static void converters_take_their_clocks(void **state) {
    (void)state;
    weft_converter c = {.bits = {.value = 6}, .rate = {.value = 1e9}};
    c.kind = WEFT_CONVERTER_STEPS;
    assert_close(weft_seconds(weft_converter_time(&c)), 8e-9, 1e-6);
    c.kind = WEFT_CONVERTER_FLASH;
    assert_close(weft_seconds(weft_converter_time(&c)), 1e-9, 1e-6);
    c.kind = WEFT_CONVERTER_RAMP;
    assert_close(weft_seconds(weft_converter_time(&c)), 64e-9, 1e-6);
}

static void digital_circuits_scale(void **state) {
    (void)state;
    weft_chip *chip = chip_with("");
    assert_close(weft_circuit_power(&chip->reg), 18.8e-9 * 45 * 45 / (65.0 * 65), 1e-12);
    assert_close(weft_circuit_area(&chip->shift), 1.42e-12, 1e-12);
    static const double transistors[] = {8, 8, 24, 24, 72, 72, 72, 72, 216};
    for (int ways = 1; ways <= 9; ways++) {
        assert_close(weft_multiplexer_power(chip, ways), transistors[ways - 1] * 12e-9, 1e-12);
        assert_close(weft_multiplexer_area(chip, ways),
                     transistors[ways - 1] * 10 * 130e-9 * 130e-9, 1e-12);
    }
    assert_close(weft_seconds(weft_multiplexer_time(1e-9, 2)), 2e-9, 1e-6);
    assert_close(weft_seconds(weft_multiplexer_time(1e-9, 7)), 2e-9, 1e-6);
    assert_close(weft_seconds(weft_multiplexer_time(1e-9, 8)), 3e-9, 1e-6);
    assert_close(weft_seconds(weft_multiplexer_time(1e-9, 64)), 4e-9, 1e-6);
    weft_chip_destroy(chip);
}

static void trees_have_the_right_number_of_nodes(void **state) {
    (void)state;
    for (int64_t n = 1; n < 70; n++) {
        assert_int_equal(weft_adders_of_groups(n), n - 1); /* n values take n - 1 additions */
        assert_int_equal(weft_levels(n), (int)ceil(log2((double)n)));
    }
    assert_int_equal(weft_joints_of_tile(1), 0);
    assert_int_equal(weft_joints_of_tile(4), 3);
    assert_int_equal(weft_joints_of_tile(16), 15);
}

static void buffers_leak_and_switch(void **state) {
    (void)state;
    weft_chip *chip = chip_with("");
    assert_close(weft_buffer_read_power(chip, 0), 7.5695e-12 / 20e-9 + 1.006428e-3, 1e-12);
    assert_close(weft_buffer_write_power(chip, 8), 0.243037e-9 / 20e-9 + 243.484e-3, 1e-12);
    weft_chip_destroy(chip);
}

/* Every tile is filled once; neighbours in snake and shells touch; the first shells by hand. */
static void meshes_are_filled_once(void **state) {
    (void)state;
    static int16_t row[64 * 64];
    static int16_t column[64 * 64];
    static const int sizes[][2] = {{1, 1}, {1, 7}, {5, 1}, {4, 4}, {3, 8}, {9, 2}, {64, 64}};
    for (int placement = 0; placement < WEFT_PLACEMENT_COUNT; placement++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            int rows = sizes[s][0];
            int columns = sizes[s][1];
            static bool seen[64][64];
            memset(seen, 0, sizeof seen);
            weft_mesh_order(placement, rows, columns, row, column);
            for (int t = 0; t < rows * columns; t++) {
                assert_in_range(row[t], 0, rows - 1);
                assert_in_range(column[t], 0, columns - 1);
                assert_false(seen[row[t]][column[t]]);
                seen[row[t]][column[t]] = true;
                bool touching = placement == WEFT_PLACEMENT_SNAKE ||
                                (placement == WEFT_PLACEMENT_SHELLS && rows == columns);
                if (t > 0 && touching) {
                    assert_int_equal(abs(row[t] - row[t - 1]) + abs(column[t] - column[t - 1]), 1);
                }
            }
        }
    }
    static const int shells[9][2] = {{0, 0}, {0, 1}, {1, 1}, {1, 0}, {2, 0},
                                     {2, 1}, {2, 2}, {1, 2}, {0, 2}};
    weft_mesh_order(WEFT_PLACEMENT_SHELLS, 64, 64, row, column);
    for (int t = 0; t < 9; t++) {
        assert_int_equal(row[t], shells[t][0]);
        assert_int_equal(column[t], shells[t][1]);
    }
}

/* ---- mapping --------------------------------------------------------------------------------- */

static int32_t hops(const weft_priced *p, int64_t a, int64_t b) {
    return abs(p->tile_row[a] - p->tile_row[b]) + abs(p->tile_column[a] - p->tile_column[b]);
}

static int32_t hops_to_accumulator(const weft_priced *p, int64_t t) {
    return abs(p->tile_row[t] - p->mesh_rows / 2) + p->tile_column[t];
}

/* in + out hops of the best merging tile, by trying all pairs of tiles. */
static int32_t fewest_hops(const weft_priced *p, const weft_workload *w, int32_t l) {
    const weft_hw_layer *layer = &w->layers[l];
    const weft_hw_place *place = &w->places[l];
    int32_t best = INT32_MAX;
    for (int64_t a = place->first_tile; a < place->first_tile + place->tiles; a++) {
        int32_t in = 0;
        int32_t out = layer->to_accumulator ? hops_to_accumulator(p, a) : 0;
        for (int64_t b = place->first_tile; b < place->first_tile + place->tiles; b++) {
            in = hops(p, a, b) > in ? hops(p, a, b) : in;
        }
        for (int32_t k = 0; k < layer->n_consumers && !layer->to_accumulator; k++) {
            const weft_hw_place *to = &w->places[w->consumers[layer->first_consumer + k]];
            for (int64_t b = to->first_tile; b < to->first_tile + to->tiles; b++) {
                out = hops(p, a, b) > out ? hops(p, a, b) : out;
            }
        }
        best = in + out < best ? in + out : best;
    }
    return best;
}

static void distances_are_those_of_all_pairs(void **state) {
    (void)state;
    static const char *const orders[] = {"rows", "snake", "shells", "diagonals"};
    for (uint64_t i = 0; i < 400; i++) {
        char text[128];
        char changes[64];
        weft_error error;
        weft_workload *w = NULL;
        weft_rng rng = weft_rng_make(21, WEFT_PURPOSE_TEST, i);
        snprintf(changes, sizeof changes, "mesh: {placement: %s}", orders[i % 4]);
        weft_priced *priced = priced_with(changes);
        weft_network *network = imc_network(random_imc(&rng, 6, text, sizeof text), 32, 1);
        expect_ok(weft_workload_create(network, &w, &error), &error, text);
        expect_ok(weft_map_workload(priced, w, &error), &error, text);
        for (int32_t l = 0; l < w->n_layers; l++) {
            if (w->layers[l].op != WEFT_HW_ADD) {
                assert_int_equal(w->places[l].in_hops + w->places[l].out_hops,
                                 fewest_hops(priced, w, l));
            }
        }
        weft_workload_destroy(w);
        weft_network_destroy(network);
        weft_priced_destroy(priced);
    }
}

/* conv3x3 64>300 and linear 300>200 on 256 x 256 crossbars, by hand. */
static void crossbars_are_counted(void **state) {
    (void)state;
    weft_error error;
    weft_workload *w = NULL;
    weft_priced *priced = priced_with("");
    weft_network *network = imc_network("M64,M300", 32, 1);
    expect_ok(weft_workload_create(network, &w, &error), &error, "");
    expect_ok(weft_map_workload(priced, w, &error), &error, "");
    const weft_hw_place *conv = &w->places[2];
    assert_int_equal(w->layers[2].out.channels, 300);
    assert_int_equal(conv->pes, 8 * 2 * 3); /* planes, ceil(300/256), ceil(64/28) */
    assert_int_equal(conv->tiles, 12);
    assert_int_equal(conv->row, 252);
    assert_int_equal(conv->column, 256);
    const weft_hw_place *linear = &w->places[5];
    assert_int_equal(w->layers[5].op, WEFT_HW_LINEAR);
    assert_int_equal(linear->pes, 8 * 1 * 2); /* ceil(300/256) */
    assert_int_equal(linear->row, 256);
    weft_workload_destroy(w);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
}

/* A kernel larger than a crossbar is cut over several. */
static void huge_kernels_are_cut(void **state) {
    (void)state;
    weft_error error;
    weft_workload *w = NULL;
    weft_priced *priced = priced_with("crossbar: {rows: " N("7") ", subarray_rows: " N("7") "}");
    weft_network *network = imc_network("M4", 32, 1);
    expect_ok(weft_workload_create(network, &w, &error), &error, "");
    expect_ok(weft_map_workload(priced, w, &error), &error, "");
    assert_int_equal(w->places[0].pes, 8 * 4); /* ceil(3 x 9 / 7) */
    assert_int_equal(w->places[0].row, 7);
    weft_workload_destroy(w);
    weft_network_destroy(network);
    weft_priced_destroy(priced);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_draw_what_ohm_says),
        cmocka_unit_test(crossbars_have_cells_and_drivers),
        cmocka_unit_test(converters_take_their_clocks),
        cmocka_unit_test(digital_circuits_scale),
        cmocka_unit_test(trees_have_the_right_number_of_nodes),
        cmocka_unit_test(buffers_leak_and_switch),
        cmocka_unit_test(meshes_are_filled_once),
        cmocka_unit_test(distances_are_those_of_all_pairs),
        cmocka_unit_test(crossbars_are_counted),
        cmocka_unit_test(huge_kernels_are_cut),
    };
    return cmocka_run_group_tests_name("hardware/parts", tests, NULL, NULL);
}
