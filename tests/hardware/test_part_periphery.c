/* SPDX-License-Identifier: Apache-2.0
 *
 * The classes around the array against published figures. Tables of the reference estimator are
 * read where they are present (../shared/golden/reference); a dozen of their values stand here. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hardware/test_part_periphery.h"

#include "hardware/part/adc.h"

#define GOLDEN "../shared/golden/reference/"
#define SURVEY "../shared/data/adc_survey/adc_survey_1997_2025.csv"

/* ---- reading tables -------------------------------------------------------------------------- */

enum { MAX_COLUMNS = 40, MAX_LINE = 4096 };

/* A line of a CSV file cut into its cells, quotes taken off; returns their number. */
static int cut(char *line, char **cells) {
    int n = 0;
    char *to = line;
    bool quoted = false;
    cells[n++] = to;
    for (const char *from = line; *from != '\0' && *from != '\n' && *from != '\r'; from++) {
        if (*from == '"') {
            quoted = !quoted;
        } else if (*from == ',' && !quoted && n < MAX_COLUMNS) {
            *to++ = '\0';
            cells[n++] = to;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return n;
}

static FILE *open_table(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        print_message("skipped: %s is not here\n", path);
        skip();
    }
    char line[MAX_LINE];
    assert_non_null(fgets(line, sizeof line, file));
    return file;
}

static void expect_near(double found, double expected, double bound, const char *what) {
    double error = expected != 0 ? fabs(found / expected - 1) : fabs(found);
    if (!(error <= bound)) {
        fail_msg("%s: found %.9g, expected %.9g", what, found, expected);
    }
}

/* ---- ADC ------------------------------------------------------------------------------------- */

static weft_part_price adc_at(const char *fit, double bits, double node_nm, double rate) {
    return price_of("adc", "fit=%s resolution=%.17g node=%.17g rate=%.17g", fit, bits,
                    node_nm * 1e-9, rate);
}

/* Spot values of the brief on the regression: energy in pJ. */
static void survey_energy_is_that_of_the_regression(void **state) {
    (void)state;
    expect_near(energy_of(adc_at("survey", 8, 65, 4e7)), 6.494e-12, 2e-4, "8 bit, 65 nm, 40 MS/s");
    expect_near(energy_of(adc_at("survey", 8, 32, 1.28e9)), 1.929e-12, 2e-4,
                "8 bit, 32 nm, 1.28 GS/s");
    expect_near(energy_of(adc_at("survey", 4, 7, 1e5)), 0.05304349409264876e-12, 1e-12, "4 bit");
    expect_near(adc_at("survey", 4, 7, 1e6).area_m2, 133.92478893392368e-12, 1e-12, "area");
}

static void survey_matches_the_reference_table(void **state) {
    (void)state;
    FILE *file = open_table(GOLDEN "component_adc.csv");
    char line[MAX_LINE], what[128];
    char *cells[MAX_COLUMNS];
    int rows = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        assert_true(cut(line, cells) >= 5);
        weft_part_price price = adc_at("survey", atof(cells[0]), atof(cells[1]), atof(cells[2]));
        snprintf(what, sizeof what, "%s bit, %s nm, %s Hz", cells[0], cells[1], cells[2]);
        expect_near(energy_of(price), atof(cells[3]) * 1e-12, 1e-6, what);
        expect_near(price.area_m2, atof(cells[4]) * 1e-12, 1e-6, what);
        rows++;
    }
    fclose(file);
    assert_true(rows > 1000);
}

static void isaac_is_its_table(void **state) {
    (void)state;
    expect_near(energy_of(adc_at("isaac", 8, 32, 1.28e9)), 1.666666667e-12, 1e-12, "8 bit");
    expect_near(energy_of(adc_at("isaac", 4, 32, 1.28e9)), 0.79e-12, 1e-12, "4 bit");
    expect_near(energy_of(adc_at("isaac", 10, 32, 1.28e9)), 2.379022742e-12, 1e-12, "10 bit");
    expect_near(energy_of(adc_at("isaac", 11, 32, 1.28e9)), 2 * 2.379022742e-12, 1e-12, "11 bit");
    expect_near(adc_at("isaac", 8, 32, 1.28e9).area_m2, 1200e-12, 1e-12, "area");
    assert_string_not_equal(adc_at("isaac", 11, 32, 1e9).warning, "");
}

/* Worked out by hand: (100 * 8 + 0.001 * 4^8) fF x 0.81 V2; 8 (0.00653 * 128 + 0.64) ns. */
static void zigzag_is_its_fit(void **state) {
    (void)state;
    weft_part_price price =
        price_of("adc", "fit=zigzag resolution=8 node=28e-9 rate=1e6 voltage=0.9 rows=128");
    expect_near(energy_of(price), 865.536e-15 * 0.81, 1e-12, "energy");
    expect_near(price.read_s, 11.80672e-9, 1e-12, "delay");
    expect_near(price.area_m2, pow(10, 1.206 - 0.0369 * 8) * 256e-12, 1e-12, "area");
    assert_string_equal(price.infeasible, "");
    price = price_of("adc", "fit=zigzag resolution=8 node=28e-9 rate=1e8 voltage=0.9 rows=128");
    assert_non_null(strstr(price.infeasible, "11.81 ns"));
}

static void kinds_take_their_steps(void **state) {
    (void)state;
    static const struct {
        const char *fit;
        double steps;
    } KINDS[] = {{"flash", 1}, {"ramp", 64}, {"sar", 7}, {"cyclic", 12}};
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        weft_part_price price = price_of(
            "adc", "fit=%s resolution=6 node=45e-9 rate=1e5 voltage=1 step=2e-9", KINDS[i].fit);
        expect_near(price.read_s, KINDS[i].steps * 2e-9, 1e-12, KINDS[i].fit);
        assert_string_equal(price.infeasible, "");
        price = price_of("adc", "fit=%s resolution=6 node=45e-9 rate=%.17g voltage=1 step=2e-9",
                         KINDS[i].fit, 1.01 / (KINDS[i].steps * 2e-9));
        assert_non_null(strstr(price.infeasible, KINDS[i].fit));
    }
}

/* An 8-bit SAR by hand at 45 nm and 1 V; its switching (64 - 1/2) 0.5 fF. */
static void sar_adds_up(void **state) {
    (void)state;
    weft_terms terms = {0};
    weft_part_price price =
        explain("adc", &terms, "fit=sar resolution=8 node=45e-9 rate=1e6 voltage=1");
    double comparator = term_of(&terms, "E_c"), bit = term_of(&terms, "E_r");
    double noise = 12 * 1.380649e-23 * 300 * 65536;
    expect_near(term_of(&terms, "E_dac"), 63.5 * 0.5e-15, 1e-12, "switching");
    expect_near(term_of(&terms, "noise"), noise, 1e-12, "noise");
    expect_near(energy_of(price), 63.5 * 0.5e-15 + 8 * (comparator + noise + 2 * bit), 1e-12,
                "sum");
}

/* A regression of few bits says so; one too good or too fast too. */
static void adc_says_what_cannot_be_had(void **state) {
    (void)state;
    assert_non_null(strstr(adc_at("survey", 2, 65, 1e6).warning, "4 bit"));
    assert_non_null(strstr(adc_at("survey", 4, 7, 1e6).warning, "below the best published"));
    assert_string_equal(adc_at("survey", 8, 65, 4e7).warning, "");
    weft_adc_best best = weft_adc_best_of(65e-9, 8);
    weft_part_price price = adc_at("survey", 8, 65, 1.5 * best.rate);
    assert_non_null(strstr(price.warning, "above the best published"));
    assert_string_equal(price.infeasible, "");
    price = adc_at("survey", 8, 65, 2.1 * best.rate);
    assert_non_null(strstr(price.infeasible, "over 2 times the best published, 4 GS/s at 65 nm"));
}

/* ---- the survey's best ----------------------------------------------------------------------- */

/* The rule of adc_best.c, from the survey itself: SNDR_plot is column 22, P 23, fsnyq 26. */
static weft_adc_best best_in_survey(double class_nm, double older_than_nm, double bits) {
    FILE *file = open_table(SURVEY);
    weft_adc_best best = {class_nm * 1e-9, bits, INFINITY, 0};
    char line[MAX_LINE];
    char *cells[MAX_COLUMNS];
    while (fgets(line, sizeof line, file) != NULL) {
        if (cut(line, cells) < 27) {
            continue;
        }
        char *end = NULL;
        double node = strtod(cells[5], &end) * 1000;
        if (end == cells[5] || *end != '\0' || node <= older_than_nm || *cells[22] == '\0' ||
            *cells[23] == '\0' || *cells[26] == '\0') {
            continue;
        }
        if ((atof(cells[22]) - 1.76) / 6.02 >= bits - 0.5) {
            best.energy_j = fmin(best.energy_j, atof(cells[23]) / atof(cells[26]));
            best.rate = fmax(best.rate, atof(cells[26]));
        }
    }
    fclose(file);
    return best;
}

static void best_is_that_of_the_survey(void **state) {
    (void)state;
    static const double CLASSES[] = {16, 28, 45, 65, 90, 130, 180};
    for (int c = 0; c < 7; c++) {
        for (int bits = 4; bits <= 16; bits++) {
            weft_adc_best expected = best_in_survey(CLASSES[c], c > 0 ? CLASSES[c - 1] : 0, bits);
            weft_adc_best found = weft_adc_best_of(CLASSES[c] * 1e-9, bits);
            char what[64];
            snprintf(what, sizeof what, "%g nm, %d bit", CLASSES[c], bits);
            expect_near(found.energy_j, expected.energy_j, 1e-5, what);
            expect_near(found.rate, expected.rate, 1e-5, what);
        }
    }
}

static void better_is_newer_and_coarser(void **state) {
    (void)state;
    for (int node = 5; node <= 200; node += 5) {
        for (int bits = 4; bits < 16; bits++) {
            weft_adc_best here = weft_adc_best_of(node * 1e-9, bits);
            weft_adc_best older = weft_adc_best_of((node + 5) * 1e-9, bits);
            weft_adc_best finer = weft_adc_best_of(node * 1e-9, bits + 1);
            assert_true(here.energy_j <= older.energy_j && here.rate >= older.rate);
            assert_true(here.energy_j <= finer.energy_j && here.rate >= finer.rate);
        }
    }
}

/* ---- SRAM ------------------------------------------------------------------------------------ */

static weft_part_price sram_at(double node_nm, double width, double depth) {
    return price_of("sram", "node=%.17g width=%.17g depth=%.17g", node_nm * 1e-9, width, depth);
}

static void sram_has_the_points_of_the_cache_model(void **state) {
    (void)state;
    weft_part_price price = sram_at(22, 32, 64);
    expect_near(energy_of(price), 0.14333e-12, 1e-9, "read");
    expect_near(price.write_j[WEFT_STATISTIC_ONE], 0.23944e-12, 1e-9, "write");
    expect_near(price.leak_w, 9.84114e-8, 1e-9, "leakage");
    expect_near(price.area_m2, 251.543e-12, 1e-9, "area");
    expect_near(price.read_s, 0.255735e-9, 1e-9, "cycle");
    expect_near(energy_of(sram_at(90, 2048, 131072)), 36689.8e-12, 1e-9, "read of 32 MiB");
    expect_near(energy_of(sram_at(7, 8, 16)), 0.0130245e-12, 1e-5, "7 nm, 8 bit, 16 words");
    expect_near(sram_at(28, 8, 16).area_m2, 26.4042e-12, 1e-5, "28 nm");
}

/* Area steps of global buffers at 32 nm that a published search shows, mm2 from 0.5 MiB on. */
static void sram_has_the_steps_of_global_buffers(void **state) {
    (void)state;
    static const double STEPS[] = {2.0223, 1.8313, 6.0196, 6.7781, 20.6273, 32.0871};
    for (int i = 0; i < 6; i++) {
        double step = sram_at(32, 2048, 4096 << i).area_m2 - sram_at(32, 2048, 2048 << i).area_m2;
        assert_true(fabs(step * 1e6 - STEPS[i]) < 1e-4);
    }
}

static void sram_matches_the_reference_table(void **state) {
    (void)state;
    FILE *file = open_table(GOLDEN "component_cacti_sram.csv");
    char line[MAX_LINE], what[128];
    char *cells[MAX_COLUMNS];
    int rows = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        assert_true(cut(line, cells) >= 10);
        weft_part_price price = sram_at(atof(cells[0]), atof(cells[1]), atof(cells[2]));
        snprintf(what, sizeof what, "%s nm, %s bit, %s words", cells[0], cells[1], cells[2]);
        /* Six digits are printed there. */
        expect_near(energy_of(price), atof(cells[5]) * 1e-12, 6e-6, what);
        expect_near(price.write_j[WEFT_STATISTIC_ONE], atof(cells[6]) * 1e-12, 6e-6, what);
        expect_near(price.leak_w, atof(cells[7]), 6e-6, what);
        expect_near(price.area_m2, atof(cells[8]) * 1e-12, 6e-6, what);
        expect_near(price.read_s, atof(cells[9]) * 1e-9, 6e-6, what);
        rows++;
    }
    fclose(file);
    assert_int_equal(rows, 810);
}

/* Runs of the cache model at sizes between its points: read energy and area, pJ and um2. */
static void sram_lies_near_between_the_points(void **state) {
    (void)state;
    static const struct {
        double node, width, depth, read_pj, area_um2;
    } RUNS[] = {
        {22, 160, 11247, 18.9228, 187883},
        {65, 64, 22557, 71.4386, 1.18809e6},
        {32, 448, 316, 15.9937, 35221.1},
        {22, 1056, 32284, 461.555, 4.46146e6},
    };
    for (size_t i = 0; i < sizeof RUNS / sizeof *RUNS; i++) {
        weft_part_price price = sram_at(RUNS[i].node, RUNS[i].width, RUNS[i].depth);
        expect_near(energy_of(price), RUNS[i].read_pj * 1e-12, 0.12, "read between points");
        expect_near(price.area_m2, RUNS[i].area_um2 * 1e-12, 0.12, "area between points");
    }
}

/* Two adders of 11 bits at 22 nm on top of 2048 words; energy with one. */
static void smart_buffers_add_addresses(void **state) {
    (void)state;
    weft_part_price buffer = price_of("smart-buffer", "node=22e-9 width=256 depth=2048");
    weft_part_price sram = sram_at(22, 256, 2048);
    double adder = energy_of(buffer) - energy_of(sram);
    double area = buffer.area_m2 - sram.area_m2;
    /* intadder of 1 and 2 bits at 22 nm: 0.00113465 and 0.00219805 pJ, 1.39044 um2 a bit. */
    expect_near(adder, (0.00113465 + 10 * (0.00219805 - 0.00113465)) * 1e-12, 1e-4, "addition");
    expect_near(area, 2 * 11 * 1.39044e-12, 1e-4, "adders");
    expect_near(buffer.write_j[WEFT_STATISTIC_ONE] - sram.write_j[WEFT_STATISTIC_ONE], adder, 1e-9,
                "addition of a write");
}

/* ---- published figures ----------------------------------------------------------------------- */

/* The part that an entry of the library is, its node and sizes; pJ and um2 there. */
typedef struct entry {
    const char *component, *action, *part, *fields;
    double energy_pj, area_um2;
} entry;

static const entry ENTRIES[] = {
    {"isaac_router", "read", "router", "fit=isaac node=32e-9 width=256", 20.74, 150000},
    {"isaac_router_shared_by_four", "read", "router", "fit=isaac-quarter node=32e-9", 20.74, 37500},
    {"isaac_eDRAM_bus", "read", "bus", "node=32e-9 width=1", 0.054, 29.296875},
    {"isaac_chip2chip_link", "read", "link", "node=65e-9 width=128", 26, 23e6},
    {"isaac_eDRAM", "read", "edram", "node=32e-9 width=256 depth=2048", 20.45, 83000},
    {"isaac_shift_add", "read", "datapath", "fit=isaac-shift-add node=32e-9", 0.021, 60},
    {"raaam_edram", "read", "edram", "fit=raaam node=16e-9", 2641.92, 131570},
    {"raaam_edram", "write", "edram", "fit=raaam node=16e-9", 2519.04, 131570},
    {"wan_analog_integrator", "read", "integrator", "node=130e-9 voltage=1.8", 0.25, 350},
    {"wan_analog_sample", "read", "sample-hold", "node=130e-9 voltage=1.8", 1.2, 350},
    {"wan_shift_add", "read", "datapath", "fit=wan-shift-add node=130e-9 voltage=1.8", 0.1, 170},
    {"timely_iadder", "read", "analog-adder", "node=65e-9", 0.0368, 40},
    {"timely_psubBuf", "read", "psub-buffer", "fit=sum node=65e-9", 0.0023, 5},
    {"timely_xsubBuf", "read", "psub-buffer", "fit=input node=65e-9", 0.00062, 5},
    {"timely_input_output_buffer", "read", "register-file", "fit=timely node=65e-9", 203.776, 40},
    {"timely_input_output_buffer", "write", "register-file", "fit=timely node=65e-9", 496.624, 40},
    {"aladdin_comparator", "read", "comparator", "node=45e-9 width=32", 0.02947, 71},
    {"aladdin_counter", "read", "counter", "node=45e-9 width=32", 0.25074, 495.5},
    {"aladdin_register", "read", "register-file", "fit=aladdin node=45e-9 width=1", 0.009, 5.98},
    {"atomlayer_register_ladder", "read", "register-file", "fit=atomlayer-ladder node=32e-9", 0.083,
     1620},
    {"atomlayer_input_buffer_transfers", "read", "register-file", "fit=atomlayer-input node=32e-9",
     6.46, 2100},
    {"jia_datapath", "read", "datapath", "fit=jia node=65e-9 voltage=1.2", 12, 10535},
    {"jia_shift_add", "read", "datapath", "fit=jia-shift-add node=65e-9 voltage=1.2", 2.25, 5000},
    {"jia_zero_gate", "read", "datapath", "fit=jia-zero-gate node=65e-9 voltage=1.2", 0.5, 174},
    {"newton_adc", "read", "adc", "fit=newton node=32e-9 resolution=9 rate=1e9", 2.58333333333,
     1500},
    {"forms_adc", "read", "adc", "fit=forms node=32e-9 resolution=4 rate=1e9", 0.22619, 284.375},
    {"timely_tdc", "read", "adc", "fit=timely node=65e-9 resolution=8 rate=1e7", 0.145, 310},
    {"timely_dtc", "read", "dac", "fit=timely node=65e-9 resolution=8", 0.0375, 240},
    {"brahms_dac", "read", "dac", "fit=brahms node=40e-9 resolution=8", 0.291, 438},
    {"isaac_dac", "read", "dac", "fit=isaac node=32e-9 resolution=1", 0.41667, 0.166015625},
    {"timely_charging_comparator", "read", "sense-amplifier", "fit=timely node=65e-9", 0.0417, 40},
    {"aladdin_multiplier", "read", "multiplier", "node=45e-9 width_a=32 width_b=32", 12.68, 6350},
    {"wan_variable_precision_adc", "read", "integrator", "fit=wan-step node=130e-9 voltage=1.8",
     0.3, 400},
    {"raella_quant_multiplier", "read", "datapath", "fit=raella-quantizer node=45e-9", 0.25, 0},
};

static void published_parts_are_as_published(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof ENTRIES / sizeof *ENTRIES; i++) {
        weft_part_price price = price_of(ENTRIES[i].part, "%s", ENTRIES[i].fields);
        bool write = strcmp(ENTRIES[i].action, "write") == 0;
        double energy = write ? price.write_j[WEFT_STATISTIC_ONE] : energy_of(price);
        expect_near(energy, ENTRIES[i].energy_pj * 1e-12, 1e-9, ENTRIES[i].component);
        expect_near(price.area_m2, ENTRIES[i].area_um2 * 1e-12, 1e-9, ENTRIES[i].component);
    }
}

/* The same figures in the reference's own table. */
static void published_parts_match_the_reference_table(void **state) {
    (void)state;
    FILE *file = open_table(GOLDEN "component_library_tables.csv");
    char line[MAX_LINE];
    char *cells[MAX_COLUMNS];
    int found = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        assert_true(cut(line, cells) >= 5);
        for (size_t i = 0; i < sizeof ENTRIES / sizeof *ENTRIES; i++) {
            if (strcmp(cells[0], ENTRIES[i].component) == 0 &&
                strstr(cells[2], ENTRIES[i].action) != NULL && atof(cells[3]) > 0) {
                expect_near(ENTRIES[i].energy_pj, atof(cells[3]), 1e-9, cells[0]);
                expect_near(ENTRIES[i].area_um2, atof(cells[4]), 1e-9, cells[0]);
                found++;
            }
        }
    }
    fclose(file);
    assert_int_equal(found, (int)(sizeof ENTRIES / sizeof *ENTRIES));
}

/* Width linear; depth^0.78; voltage squared; node by Stillmaker: 45 to 32 nm area x 0.46. */
static void published_parts_scale(void **state) {
    (void)state;
    weft_part_price one = price_of("edram", "node=32e-9 width=256 depth=2048");
    weft_part_price wide = price_of("edram", "node=32e-9 width=512 depth=2048");
    weft_part_price deep = price_of("edram", "node=32e-9 width=256 depth=4096");
    expect_near(energy_of(wide), 2 * energy_of(one), 1e-12, "width");
    expect_near(energy_of(deep), pow(2, 0.78) * energy_of(one), 1e-12, "depth");
    expect_near(deep.area_m2, 2 * one.area_m2, 1e-12, "area of depth");
    one = price_of("integrator", "node=130e-9 voltage=0.9");
    expect_near(energy_of(one), 0.0625e-12, 1e-12, "voltage");
    one = price_of("comparator", "node=32e-9 width=32");
    expect_near(one.area_m2, 0.46 * 71e-12, 1e-12, "node");
}

/* Action energies and areas that the reference gives its ISAAC, RAELLA and Jia models, pJ and um2:
 * at 22 nm with the scaling between table nodes that its library has. */
static void published_parts_match_runs_of_the_reference(void **state) {
    (void)state;
    static const struct {
        const char *part, *fields;
        double energy_pj, area_um2;
    } RUNS[] = {
        {"edram", "node=22e-9 node_scaling=mirrored", 18.1844, 75530},
        {"bus", "node=22e-9 width=256 node_scaling=mirrored", 12.2925, 0},
        {"router", "fit=isaac-quarter node=22e-9 width=128 node_scaling=mirrored", 9.22114,
         17062.5},
        {"router", "fit=isaac-quarter node=32e-9 width=128", 10.37, 18750},
        {"datapath", "fit=jia node=65e-9 voltage=0.85", 6.02083, 10535},
        {"datapath", "fit=jia node=32e-9 voltage=0.85", 3.19974, 0},
        {"integrator", "fit=wan-step node=130e-9 voltage=1.8 steps=12", 3.6, 400},
        {"psub-buffer", "fit=sum node=65e-9", 0.0023, 5},
    };
    for (size_t i = 0; i < sizeof RUNS / sizeof *RUNS; i++) {
        weft_part_price price = price_of(RUNS[i].part, "%s", RUNS[i].fields);
        expect_near(energy_of(price), RUNS[i].energy_pj * 1e-12, 5e-6, RUNS[i].fields);
        if (RUNS[i].area_um2 > 0) {
            expect_near(price.area_m2, RUNS[i].area_um2 * 1e-12, 5e-6, RUNS[i].fields);
        }
    }
    weft_part_price linear = price_of("edram", "node=22e-9");
    assert_true(energy_of(linear) < 0.6 * 18.1844e-12);
}

/* Buffers of the same runs: read, write pJ, leakage in a cycle of 1 ns, pJ, area um2. */
static void smart_buffers_match_runs_of_the_reference(void **state) {
    (void)state;
    static const struct {
        double node, width, depth, read_pj, write_pj, leak_pj, area_um2;
    } RUNS[] = {
        {32, 32, 256, 0.727519, 1.12403, 6.93932e-05, 1782.92},
        {32, 32, 512, 1.22983, 1.41958, 0.00014147, 3709.28},
        {32, 32, 1024, 2.19135, 1.96758, 0.0002377, 7198.73},
        {32, 32, 2048, 2.9788, 2.58054, 0.000449469, 13038.2},
        {22, 32, 512, 0.538306, 0.575852, 0.000541163, 1745.41},
        {22, 32, 1024, 0.972487, 0.790501, 0.000857647, 3389.15},
    };
    for (size_t i = 0; i < sizeof RUNS / sizeof *RUNS; i++) {
        weft_part_price price = price_of("smart-buffer", "node=%.17g width=%g depth=%g",
                                         RUNS[i].node * 1e-9, RUNS[i].width, RUNS[i].depth);
        expect_near(energy_of(price), RUNS[i].read_pj * 1e-12, 5e-6, "read");
        expect_near(price.write_j[WEFT_STATISTIC_ONE], RUNS[i].write_pj * 1e-12, 5e-6, "write");
        expect_near(price.leak_w, RUNS[i].leak_pj * 1e-3, 5e-6, "leakage");
        expect_near(price.area_m2, RUNS[i].area_um2 * 1e-12, 5e-6, "area");
    }
}

/* ---- capacitors and ladders ------------------------------------------------------------------ */

static void capacitors_charge(void **state) {
    (void)state;
    weft_part_price price = price_of("capacitor", "node=22e-9 voltage=0.8 capacitance=2e-15");
    expect_near(energy_of(price), 2e-15 * 0.64, 1e-12, "C V^2");
    expect_near(price.area_m2, 2e-15 / 2.3e-3 + 1e-12, 1e-12, "area");
    price =
        price_of("capacitor", "node=65e-9 voltage=1 capacitance=2e-15 stacked=yes share=product");
    expect_near(price.read_j[WEFT_STATISTIC_PRODUCT], 2e-15, 1e-12, "product");
    expect_near(energy_of(price), 0, 0, "nothing else");
    expect_near(price.area_m2, 0, 0, "stacked");
    price = price_of("wire", "length=1e-3 voltage=1");
    expect_near(energy_of(price), 0.2e-12, 1e-12, "a millimetre");
    expect_near(price.read_s, 0.38 * 1.3257e7 * 2e-10 * 1e-6, 1e-12, "its delay");
}

/* 5 kohm, 8 bits, 0.35 V, 5 ns at 22 nm; the controller (0.35 * 22)^2 8 8e-17. */
static void ladders_draw_current(void **state) {
    (void)state;
    weft_part_price price = price_of("dac-r2r", "node=22e-9 voltage=0.35 resolution=8 cycle=5e-9");
    expect_near(price.read_j[WEFT_STATISTIC_LADDER], 0.35 * 0.35 / 1e4 * 5e-9, 1e-12, "ladder");
    expect_near(energy_of(price), 7.7 * 7.7 * 8 * 8e-17, 1e-12, "controller");
    weft_part_price bits = price_of("register", "node=22e-9 bits=8 voltage=0");
    expect_near(price.read_j[WEFT_STATISTIC_INPUT_TOGGLE], energy_of(bits), 1e-12, "register");
    expect_near(price.area_m2 - bits.area_m2, 0.7e-14 * 8 * 5000, 1e-9, "resistors");
    expect_near(price.read_s, 7.5 * log(2) * 5e3 * 10e-15, 1e-12, "settling");
    assert_string_equal(price.warning, "");
    price = price_of("dac-r2r", "node=22e-9 voltage=0.35 resolution=8 cycle=0.1e-9");
    assert_non_null(strstr(price.warning, "settles"));
    price = price_of("dac-c2c", "node=22e-9 voltage=0.5 resolution=8 unit_capacitance=2e-15");
    expect_near(price.read_j[WEFT_STATISTIC_LADDER], 0.5e-15, 1e-12, "C-2C ladder");
}

static void ladders_multiply(void **state) {
    (void)state;
    weft_part_price both =
        price_of("capacitive-multiplier", "node=22e-9 voltage=0.7 resolution=8 port=both");
    expect_near(both.read_j[WEFT_STATISTIC_INPUT_STEP], 24 * 2e-15 * 0.49 * 1.67 / 8, 1e-12, "a");
    expect_near(both.read_j[WEFT_STATISTIC_RMS_TOGGLE], 24 * 2e-15 * 0.49, 1e-12, "b");
    weft_part_price b =
        price_of("capacitive-multiplier", "node=22e-9 voltage=0.7 resolution=8 port=b");
    expect_near(b.area_m2, 0, 0, "area of port b");
    expect_near(b.read_j[WEFT_STATISTIC_INPUT_STEP], 0, 0, "port b alone");
}

static void memories_outside_cost_by_the_bit(void **state) {
    (void)state;
    static const struct {
        const char *type;
        double pj;
    } MEMORIES[] = {{"lpddr4", 8}, {"hbm2", 3.9}, {"hmc", 4.2},     {"gddr5", 14},
                    {"lpddr", 40}, {"ddr3", 70},  {"ddr4", 20.3125}};
    for (size_t i = 0; i < sizeof MEMORIES / sizeof *MEMORIES; i++) {
        weft_part_price price = price_of("dram", "type=%s width=128", MEMORIES[i].type);
        expect_near(energy_of(price), 128e-12 * MEMORIES[i].pj, 1e-12, MEMORIES[i].type);
        assert_true(price.read_s > 0 && price.area_m2 == 0);
    }
}

/* ---- gates ----------------------------------------------------------------------------------- */

/* Figures of a published chip's reference model at 28 nm and 0.9 V: full adder 4.7892 um2 and
 * 4.2 fF, 1-bit multiplier 0.35 fF, clock of the place-value adders and of the accumulator. */
static void gates_are_multiples_of_a_nand(void **state) {
    (void)state;
    weft_part_price price = price_of("gates", "full_adders=1");
    expect_near(price.area_m2, 4.7892e-12, 1e-9, "full adder");
    expect_near(energy_of(price), 4.2e-15 * 0.81, 1e-9, "full adder");
    price = price_of("gates", "multipliers=1 depth=1");
    expect_near(energy_of(price), 2.835e-16, 1e-9, "multiplier");
    expect_near(price.read_s, 47.8e-12, 1e-9, "delay");
    price = price_of("gates", "flip_flops=2 activity=0.5 node=22e-9 voltage=0.8");
    expect_near(energy_of(price), 3 * 0.7e-15 * 0.64 * 22 / 28, 1e-9, "flip-flops at 22 nm");
    price = price_of("line-load", "cells=1024");
    expect_near(energy_of(price), 1024 * 0.35e-15 * 0.81, 1e-9, "line");
}

static void trees_add_what_they_should(void **state) {
    (void)state;
    const double full = 7.8 * 0.614e-12;
    expect_near(price_of("gate-tree", "inputs=128 bits=8").area_m2, 1136 * full, 1e-9, "sum");
    weft_part_price price = price_of("gate-tree", "inputs=8 bits=8 kind=place-value");
    expect_near(price.area_m2, 76 * full, 1e-9, "place values");
    expect_near(price.read_s, 1.3384e-9, 1e-9, "their delay");
    price = price_of("gate-tree", "inputs=16 bits=1 kind=single-bit");
    expect_near(price.area_m2, (26 - 15 * (1 - 3.4 / 7.8)) * full, 1e-9, "half adders");
    price = price_of("gate-accumulator", "bits=24 input_bits=16 path=carry");
    expect_near(price.read_s, 0.87952e-9, 1e-9, "accumulator, carry");
    expect_near(price.area_m2, 24 * 13.8 * 0.614e-12, 1e-9, "accumulator");
    price = price_of("gate-accumulator", "bits=20 input_bits=16 path=sum");
    expect_near(price.read_s, (0.22944 + 4 * 0.0956) * 1e-9, 1e-9, "accumulator, sum");
    expect_near(price_of("gate-tree", "inputs=1 bits=8").area_m2, 0, 0, "no tree");
}

/* Two chips of the validation set of zigzag-imc@df34a6f from their parts: area and clock of its model;
 * the memories' areas are given there. */
static void chips_add_up_from_their_gates(void **state) {
    (void)state;
    weft_part_price mult = price_of("gates", "multipliers=%d depth=1", 64 * 128 * 2);
    weft_part_price column = price_of("gate-tree", "inputs=128 bits=2");
    weft_part_price row = price_of("gate-tree", "inputs=8 bits=16");
    weft_part_price acc = price_of("gate-accumulator", "bits=23 input_bits=17 path=sum");
    double area = mult.area_m2 + 64 * column.area_m2 + 8 * row.area_m2 + 8 * acc.area_m2;
    expect_near(area + 8 * 0.00193147e-6, 0.146149274e-6, 1e-6, "ISSCC 2023, 7.2: area");
    expect_near(mult.read_s + column.read_s + acc.read_s + row.read_s, 5.40140e-9, 1e-6,
                "ISSCC 2023, 7.2: clock");

    mult = price_of("gates", "node=22e-9 multipliers=%d depth=1", 512 * 1024 * 2);
    weft_part_price adc =
        price_of("adc", "fit=zigzag node=22e-9 resolution=6 rows=1024 voltage=0.8 rate=1e6");
    area = mult.area_m2 + 512 * adc.area_m2 + 2 * 0.24496704e-6;
    expect_near(area, 1.244290345e-6, 1e-6, "CICC 2021: area");
    expect_near(mult.read_s + adc.read_s, 44.00812e-9, 1e-6, "CICC 2021: clock");
    weft_part_price line = price_of("line-load", "node=22e-9 voltage=0.8 cells=1024 load=1");
    weft_part_price enable = price_of("line-load", "node=22e-9 voltage=0.8 cells=1024");
    weft_part_price dac = price_of("dac", "fit=zigzag node=22e-9 resolution=7 voltage=0.8");
    double lines = energy_of(line) + energy_of(enable);
    weft_part_price cells =
        price_of("gates", "node=22e-9 voltage=0.8 multipliers=%d", 512 * 1024 * 2);
    double energy = energy_of(cells) + 512 * (lines + energy_of(adc)) + 1024 * energy_of(dac);
    expect_near(2 * 1024 * 512 / energy, 1179.899e12, 1e-5, "CICC 2021: operations a joule");
}

/* ---- pulses, hops, pins, clocks, units ------------------------------------------------------- */

static void pulses_count(void **state) {
    (void)state;
    weft_part_price price = price_of("dac-pulse", "node=45e-9 resolution=4 step=1e-9");
    expect_near(price.read_j[WEFT_STATISTIC_INPUT], 15 * 0.25074e-12 * 4 / 32, 1e-9, "counts");
    expect_near(energy_of(price), 36e-15, 1e-9, "register");
    expect_near(price.read_s, 15e-9, 1e-9, "steps");
    price = price_of("dac-pulse", "node=45e-9 resolution=4 counting=full");
    expect_near(energy_of(price), 36e-15 + 15 * 0.25074e-12 * 4 / 32, 1e-9, "all steps");
    /* One of 64 counters of 4 bits at 7 nm in a run of the reference. */
    price = price_of("dac-pulse", "node=7e-9 resolution=4 register=no");
    expect_near(64 * price.area_m2, 233.876e-12, 5e-6, "counter at 7 nm");
    price = price_of("dac", "fit=zigzag node=28e-9 resolution=2 voltage=0.9");
    expect_near(energy_of(price), 0.081e-12, 1e-9, "zigzag");
    expect_near(price_of("dac", "fit=zigzag node=28e-9 resolution=1").area_m2, 0, 0, "one bit");
}

static void hops_and_pins_pay_by_the_bit(void **state) {
    (void)state;
    weft_part_price price =
        price_of("mesh-router", "node=32e-9 width=256 voltage=1 hop_length=1e-3 cycle=1e-9");
    expect_near(energy_of(price), 20.74e-12 + 64 * 0.2e-12, 1e-9, "a flit over 1 mm");
    expect_near(price.read_s, 5e-9, 1e-9, "five cycles");
    price = price_of("chip-io", "width=32 pins=8");
    expect_near(energy_of(price), 32 * 0.25 * 10e-12 * 3.24, 1e-9, "pads");
    expect_near(price.read_s, 40e-9, 1e-9, "four beats of 10 ns");
    price = price_of("chip-io", "kind=serial width=1000 pins=4");
    expect_near(energy_of(price), 1.17e-9, 1e-9, "serial");
    expect_near(price_of("link", "node=65e-9").read_s, 2.5e-9, 1e-9, "128 bit at 6.4 GB/s");
}

/* A square millimetre, 65536 register bits in 1024 leaves of 64: l = 1.5 mm (32 - 1). */
static void clocks_reach_every_register(void **state) {
    (void)state;
    weft_terms terms = {0};
    weft_part_price price =
        explain("clock-tree", &terms, "node=45e-9 voltage=1 region=1e-6 registers=65536");
    double length = term_of(&terms, "l");
    expect_near(length, 1.5e-3 * 31, 1e-9, "length");
    double caps = 2e-10 * length + term_of(&terms, "C_registers");
    expect_near(energy_of(price), 4.0 / 3 * caps, 1e-9, "energy");
    weft_part_price gated =
        price_of("clock-tree", "node=45e-9 voltage=1 region=1e-6 registers=65536 active=0.25");
    expect_near(energy_of(gated), energy_of(price) / 4, 1e-9, "gated");
}

static void units_do_their_operations(void **state) {
    (void)state;
    weft_part_price relu = price_of("digital-unit", "function=relu node=45e-9 width=32");
    expect_near(energy_of(relu), (0.02947 + 64 * 0.009) * 1e-12, 1e-9, "relu");
    expect_near(relu.area_m2, (71 + 64 * 5.98) * 1e-12, 1e-9, "relu");
    weft_part_price pool =
        price_of("digital-unit", "function=max-pool node=45e-9 width=32 window=9");
    expect_near(energy_of(pool) - energy_of(relu), 7 * 0.02947e-12, 1e-9, "eight compares");
    weft_part_price product = price_of("digital-unit", "function=multiply node=45e-9 width=8");
    expect_near(energy_of(product), (12.68 / 16 + 16 * 0.009) * 1e-12, 1e-9, "multiply");
    weft_part_price gelu = price_of("digital-unit", "function=gelu node=45e-9 width=8");
    double table = energy_of(sram_at(45, 8, 256));
    expect_near(energy_of(gelu) - energy_of(product), table + 0.21e-12 / 4, 1e-9, "table");
}

static void latches_sense(void **state) {
    (void)state;
    weft_part_price small = price_of("sense-amplifier", "fit=latch node=45e-9 voltage=1");
    weft_part_price loaded = price_of(
        "sense-amplifier",
        "fit=latch node=45e-9 voltage=1 line_capacitance=20e-15 swing=0.1 read_current=10e-6");
    expect_near(energy_of(loaded) - energy_of(small), 20e-15 * 0.1, 1e-6, "bit line");
    assert_true(loaded.read_s > 0.2e-9 && small.read_s > 0 && small.read_s < 0.1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survey_energy_is_that_of_the_regression),
        cmocka_unit_test(survey_matches_the_reference_table),
        cmocka_unit_test(isaac_is_its_table),
        cmocka_unit_test(zigzag_is_its_fit),
        cmocka_unit_test(kinds_take_their_steps),
        cmocka_unit_test(sar_adds_up),
        cmocka_unit_test(adc_says_what_cannot_be_had),
        cmocka_unit_test(best_is_that_of_the_survey),
        cmocka_unit_test(better_is_newer_and_coarser),
        cmocka_unit_test(sram_has_the_points_of_the_cache_model),
        cmocka_unit_test(sram_has_the_steps_of_global_buffers),
        cmocka_unit_test(sram_matches_the_reference_table),
        cmocka_unit_test(sram_lies_near_between_the_points),
        cmocka_unit_test(smart_buffers_add_addresses),
        cmocka_unit_test(published_parts_are_as_published),
        cmocka_unit_test(published_parts_match_the_reference_table),
        cmocka_unit_test(published_parts_scale),
        cmocka_unit_test(published_parts_match_runs_of_the_reference),
        cmocka_unit_test(smart_buffers_match_runs_of_the_reference),
        cmocka_unit_test(capacitors_charge),
        cmocka_unit_test(ladders_draw_current),
        cmocka_unit_test(ladders_multiply),
        cmocka_unit_test(memories_outside_cost_by_the_bit),
        cmocka_unit_test(gates_are_multiples_of_a_nand),
        cmocka_unit_test(trees_add_what_they_should),
        cmocka_unit_test(chips_add_up_from_their_gates),
        cmocka_unit_test(pulses_count),
        cmocka_unit_test(hops_and_pins_pay_by_the_bit),
        cmocka_unit_test(clocks_reach_every_register),
        cmocka_unit_test(units_do_their_operations),
        cmocka_unit_test(latches_sense),
    };
    return cmocka_run_group_tests_name("hardware/part_periphery", tests, NULL, NULL);
}
