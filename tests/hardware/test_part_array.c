/* SPDX-License-Identifier: Apache-2.0
 * The parts of arrays against the reference estimator: NeuroSim V1.3 in
 * accelergy-neurosim-plug-in@bf874bc, each column of its tables. */
#include "hardware/golden_table.h"
#include "hardware/part_support.h"

#define GOLDEN "../shared/golden/reference/"

/* What is known of an array, by the names of the chip file. */
typedef struct array {
    const char *kind; /* "rram-cell" or "sram-cell" */
    double node, voltage, device;
    double rows, columns, columns_a_mux;
    double read_pulse;
    double cell_area, cell_aspect;
    double resistance_on, resistance_off, read_voltage;
    double access, access_resistance, access_voltage, access_width;
    double write_voltage, write_pulse;
    double capacitance_scale, capacitance_add;
    double nmos_width, pmos_width;
} array;

static part part_in(const array *a, const char *class) {
    part p = part_of(class);
    set(&p, "cell_kind", strcmp(a->kind, "sram-cell") == 0);
    set(&p, "node", a->node);
    set(&p, "voltage", a->voltage);
    set(&p, "device", a->device);
    set(&p, "rows", a->rows);
    set(&p, "columns", a->columns);
    set(&p, "columns_a_mux", a->columns_a_mux);
    set(&p, "read_pulse", a->read_pulse);
    set(&p, "cell_area", a->cell_area);
    set(&p, "cell_aspect", a->cell_aspect);
    set(&p, "resistance_on", a->resistance_on);
    set(&p, "resistance_off", a->resistance_off);
    set(&p, "read_voltage", a->read_voltage);
    set(&p, "access", a->access);
    set(&p, "access_resistance", a->access_resistance);
    set(&p, "access_voltage", a->access_voltage);
    set(&p, "access_width", a->access_width);
    set(&p, "write_voltage", a->write_voltage);
    set(&p, "write_pulse", a->write_pulse);
    set(&p, "capacitance_scale", a->capacitance_scale);
    set(&p, "capacitance_add", a->capacitance_add);
    set(&p, "nmos_width", a->nmos_width);
    set(&p, "pmos_width", a->pmos_width);
    set(&p, "write_flips", 2); /* as the reference counts */
    set(&p, "half_select", 2); /* SRAM too; 1T1R arrays have none either way */
    return p;
}

static weft_part_price price_in(const array *a, const char *class) {
    part p = part_in(a, class);
    return price_of(&p);
}

static void use_cell(const table *cells, int row, array *a) {
    a->kind = strcmp(table_text(cells, row, "MemCellType"), "SRAM") == 0 ? "sram-cell"
                                                                         : "rram-cell";
    a->device = table_real(cells, row, "DeviceRoadmap") == 1 ? 0 : 1;
    a->cell_area = table_real(cells, row, "CellArea");
    a->cell_aspect = table_real(cells, row, "CellAspectRatio");
    a->resistance_on = table_real(cells, row, "ResistanceOn");
    a->resistance_off = table_real(cells, row, "ResistanceOff");
    a->read_voltage = table_real(cells, row, "ReadVoltage");
    a->access = strcmp(table_text(cells, row, "AccessType"), "CMOS") == 0;
    a->access_resistance = table_real(cells, row, "AccessTransistorResistance");
    a->access_voltage = table_real(cells, row, "AccessVoltage");
    a->access_width = table_real(cells, row, "AccessCMOSWidth");
    a->write_voltage = table_real(cells, row, "SetVoltage");
    a->write_pulse = table_real(cells, row, "SetPulse") * 1e-9;
    a->capacitance_scale = table_real(cells, row, "CellCapacitanceMultiplier");
    a->capacitance_add = table_real(cells, row, "CellCapacitanceAdjust");
    a->nmos_width = table_real(cells, row, "SRAMCellNMOSWidth");
    a->pmos_width = table_real(cells, row, "SRAMCellPMOSWidth");
}

static array array_of(const table *arrays, int row, const table *cells) {
    array a = {
        .node = table_real(arrays, row, "technology_nm") * 1e-9,
        .voltage = table_real(arrays, row, "voltage_V"),
        .rows = table_real(arrays, row, "rows"),
        .columns = table_real(arrays, row, "cols"),
        .columns_a_mux = table_real(arrays, row, "cols_muxed"),
        .read_pulse = table_real(arrays, row, "read_pulse_width_s"),
    };
    const char *name = table_text(arrays, row, "cell_config");
    for (int i = 0; i < cells->n_rows; i++) {
        if (strcmp(table_text(cells, i, "cell_config"), name) == 0) {
            use_cell(cells, i, &a);
            return a;
        }
    }
    fail_msg("the cell '%s' is not in memory_cells.csv", name);
    return a;
}

static void report(errors *e, const table *t, double median, double worst) {
    double middle = errors_median(e);
    int w = e->worst_row;
    print_message("%-22s n %4d  median %.2e  worst %.2e  (%s %sx%s/%s %s nm %s V)\n", e->name, e->n,
                  middle, e->worst, table_text(t, w, "cell_config"), table_text(t, w, "rows"),
                  table_text(t, w, "cols"), table_text(t, w, "cols_muxed"),
                  table_text(t, w, "technology_nm"), table_text(t, w, "voltage_V"));
    if (middle > median || e->worst > worst) {
        fail_msg("%s: median %g above %g, or worst %g above %g", e->name, middle, median, e->worst,
                 worst);
    }
}

/* One column of the reference's table each. */
enum {
    ROW,
    ROW_ON,
    ROW_AREA,
    ROW_LEAK,
    COLUMN,
    COLUMN_AREA,
    COLUMN_LEAK,
    READ_LOW,
    READ_HIGH,
    WRITE_LOW,
    WRITE_HIGH,
    CELL_AREA,
    CELL_LEAK,
    WHOLE_ROW,
    BIT_LINE,
    N_COLUMNS
};
static errors ERRORS[N_COLUMNS] = {
    [ROW] = {.name = "row, at rest"},
    [ROW_ON] = {.name = "row, on"},
    [ROW_AREA] = {.name = "row area"},
    [ROW_LEAK] = {.name = "row leakage"},
    [COLUMN] = {.name = "column"},
    [COLUMN_AREA] = {.name = "column area"},
    [COLUMN_LEAK] = {.name = "column leakage"},
    [READ_LOW] = {.name = "cell read, low"},
    [READ_HIGH] = {.name = "cell read, high"},
    [WRITE_LOW] = {.name = "cell write, low"},
    [WRITE_HIGH] = {.name = "cell write, high"},
    [CELL_AREA] = {.name = "cell area"},
    [CELL_LEAK] = {.name = "cell leakage"},
    [WHOLE_ROW] = {.name = "write of a whole row"},
    [BIT_LINE] = {.name = "bit line"},
};

static void add_pico(int column, int row, double ours, double theirs) {
    errors_add(&ERRORS[column], row, ours * 1e12, theirs);
}

/* Where several columns share a converter the reference divides the energy of a written row by their
 * number: those rows are left out. */
static void compare_row(const table *t, int i, const array *a, double cell_write, double lines) {
    weft_part_price row = price_in(a, "row-driver");
    add_pico(ROW, i, row.read_j[WEFT_STATISTIC_ONE], table_real(t, i, "row_read_act"));
    add_pico(ROW_ON, i, row.read_j[WEFT_STATISTIC_INPUT], table_real(t, i, "row_read_per"));
    add_pico(ROW_AREA, i, row.area_m2, table_real(t, i, "row_area"));
    add_pico(ROW_LEAK, i, row.leak_w, table_real(t, i, "row_leak"));
    if (a->columns_a_mux == 1) {
        double ours = row.write_j[WEFT_STATISTIC_ONE] + lines + a->columns * cell_write;
        double theirs = table_real(t, i, "row_write_on_lo") +
                        a->columns * table_real(t, i, "cell_write_lo");
        add_pico(WHOLE_ROW, i, ours, theirs);
    }
}

/* A cell without an access transistor (width 0) has no resistance that the reference could size its
 * multiplexer for. */
static void compare_column(const table *t, int i, const array *a, const weft_part_price *lines) {
    weft_part_price column = price_in(a, "column-driver");
    if (a->access_width > 0 || a->columns_a_mux == 1) {
        add_pico(COLUMN, i, column.read_j[WEFT_STATISTIC_ONE], table_real(t, i, "col_read_act"));
        add_pico(COLUMN_AREA, i, column.area_m2 + lines->area_m2, table_real(t, i, "col_area"));
    }
    add_pico(COLUMN_LEAK, i, column.leak_w + lines->leak_w, table_real(t, i, "col_leak"));
    part line = part_in(a, "bit-line");
    errors_add(&ERRORS[BIT_LINE], i, term_of(&line, "C_bl") * 1e15,
               table_real(t, i, "bitline_cap_fF"));
}

/* The reference counts a column's share of the source-line switches to the cell that is written. */
static void compare_cell(const table *t, int i, const weft_part_price *cell, double share) {
    double low = cell->read_j[WEFT_STATISTIC_INPUT];
    add_pico(READ_LOW, i, low, table_real(t, i, "cell_read_lo"));
    add_pico(READ_HIGH, i, low + cell->read_j[WEFT_STATISTIC_PRODUCT],
             table_real(t, i, "cell_read_hi"));
    double write = cell->write_j[WEFT_STATISTIC_ONE] + share;
    add_pico(WRITE_LOW, i, write, table_real(t, i, "cell_write_lo"));
    add_pico(WRITE_HIGH, i, write + cell->write_j[WEFT_STATISTIC_WEIGHT],
             table_real(t, i, "cell_write_hi"));
    add_pico(CELL_AREA, i, cell->area_m2, table_real(t, i, "cell_area"));
    add_pico(CELL_LEAK, i, cell->leak_w, table_real(t, i, "cell_leak"));
}

static void compare(const table *t, int i, const array *a) {
    weft_part_price lines = {0};
    double share = 0;
    if (strcmp(a->kind, "sram-cell") != 0) {
        part p = part_in(a, "switch-matrix");
        lines = price_of(&p);
        share = term_of(&p, "3 C_d Vwrite^2");
    }
    weft_part_price cell = price_in(a, a->kind);
    compare_row(t, i, a, cell.write_j[WEFT_STATISTIC_ONE], lines.write_j[WEFT_STATISTIC_ONE]);
    compare_column(t, i, a, &lines);
    compare_cell(t, i, &cell, share);
}

static void test_arrays_equal_the_reference(void **state) {
    (void)state;
    table arrays, cells;
    if (!table_read(GOLDEN "component_neurosim_array.csv", &arrays) ||
        !table_read(GOLDEN "memory_cells.csv", &cells)) {
        print_message("skipped: ../shared/golden/reference is not here\n");
        skip();
    }
    for (int i = 0; i < arrays.n_rows; i++) {
        array a = array_of(&arrays, i, &cells);
        compare(&arrays, i, &a);
    }
    for (int i = 0; i < N_COLUMNS; i++) {
        report(&ERRORS[i], &arrays, 0.02, 0.10);
    }
    table_free(&arrays);
    table_free(&cells);
}

/* ---- figures of the reference that are kept here, so that they are checked anywhere ------------- */

static const array RRAM_EXAMPLE = {
    .kind = "rram-cell",
    .device = 1,
    .read_pulse = 1e-9,
    .cell_area = 40,
    .cell_aspect = 1,
    .resistance_on = 250e3,
    .resistance_off = 1e6,
    .read_voltage = 0.1,
    .access = 1,
    .access_resistance = 1000,
    .access_voltage = 0.1,
    .access_width = 1,
    .write_voltage = 1.75,
    .write_pulse = 8520e-9,
    .capacitance_scale = 0.25,
};
static const array RRAM_ISAAC = {
    .kind = "rram-cell",
    .device = 1,
    .read_pulse = 1e-9,
    .cell_area = 16,
    .cell_aspect = 1,
    .resistance_on = 1333,
    .resistance_off = 20e3,
    .read_voltage = 0.2,
    .access_voltage = 0.1,
    .access_width = 4,
    .write_voltage = 2,
    .write_pulse = 40e-9,
    .capacitance_scale = 0.3,
};
static const array SRAM_JIA = {
    .kind = "sram-cell",
    .device = 1,
    .cell_area = 426,
    .cell_aspect = 1,
    .read_voltage = 0.1,
    .access_voltage = 0.1,
    .access_width = 4,
    .write_voltage = 2,
    .write_pulse = 10e-9,
    .capacitance_scale = 6.5,
    .nmos_width = 10,
    .pmos_width = 10,
};

/* Arrays of 128 x 128, energies in pJ, areas in um2, as the reference gives them. */
static const struct {
    const array *cell;
    double node, voltage, columns_a_mux;
    double row, on, low, high, row_area, column_area;
} SPOTS[] = {
    {&RRAM_EXAMPLE, 130, 1, 1, 0.0851837, 0.0445471, 9.98145e-06, 3.97048e-05, 8318.22, 7278.44},
    {&RRAM_EXAMPLE, 32, 1, 1, 0.0117265, 0.00643753, 9.98145e-06, 3.97048e-05, 504.015, 441.013},
    {&RRAM_EXAMPLE, 7, 1, 1, 0.00338587, 0.00439764, 9.98145e-06, 3.97048e-05, 33.6381, 25.4842},
    {&RRAM_ISAAC, 22, 1, 1, 0.00701365, 0.0204223, 0.00194714, 0.0213221, 572.536, 208.159},
    {&RRAM_ISAAC, 65, 1, 1, 0.0323189, 0.199582, 0.00194714, 0.0213221, 8417.44, 1817.09},
    {&SRAM_JIA, 14, 0.85, 1, 0.00494042, 0.139907, 0, 0, 197.182, 0},
    {&SRAM_JIA, 65, 0.85, 1, 0.0234935, 0.544407, 0, 0, 3652.2, 0},
    {&SRAM_JIA, 32, 1, 4, 0.0117442, 0.292977, 0, 0, 844.052, 1033.43},
};

static void expect_near(double ours, double theirs, double tolerance, const char *what, int spot) {
    if (fabs(ours - theirs) > tolerance * fabs(theirs)) {
        fail_msg("spot %d: %s is %g, expected %g", spot, what, ours, theirs);
    }
}

static void test_spot_values(void **state) {
    (void)state;
    for (int i = 0; i < (int)(sizeof SPOTS / sizeof SPOTS[0]); i++) {
        array a = *SPOTS[i].cell;
        a.node = SPOTS[i].node * 1e-9;
        a.voltage = SPOTS[i].voltage;
        a.rows = a.columns = 128;
        a.columns_a_mux = SPOTS[i].columns_a_mux;
        bool sram = a.cell_area == SRAM_JIA.cell_area;
        weft_part_price row = price_in(&a, "row-driver");
        weft_part_price cell = price_in(&a, a.kind);
        double column = price_in(&a, "column-driver").area_m2;
        column += sram ? 0 : price_in(&a, "switch-matrix").area_m2;
        double low = cell.read_j[WEFT_STATISTIC_INPUT];
        /* Shared converters add a thousandth to the figures there, by how they are split. */
        expect_near(row.read_j[WEFT_STATISTIC_ONE] * 1e12, SPOTS[i].row, 2e-3, "row", i);
        expect_near(row.read_j[WEFT_STATISTIC_INPUT] * 1e12, SPOTS[i].on, 1e-5, "row, on", i);
        expect_near(low * 1e12, SPOTS[i].low, 1e-5, "lowest read", i);
        expect_near((low + cell.read_j[WEFT_STATISTIC_PRODUCT]) * 1e12, SPOTS[i].high, 1e-5,
                    "highest read", i);
        expect_near(row.area_m2 * 1e12, SPOTS[i].row_area, 1e-5, "row area", i);
        expect_near(column * 1e12, SPOTS[i].column_area, 1e-5, "column area", i);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays_equal_the_reference),
        cmocka_unit_test(test_spot_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
