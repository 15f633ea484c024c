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
    set(&p, "half_select", 2 - a->access * (strcmp(a->kind, "rram-cell") == 0 ? 1 : 0));
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
static void compare_cell(const table *t, int i, const array *a, const weft_part_price *cell,
                         double share) {
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
    (void)a;
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
    compare_cell(t, i, a, &cell, share);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays_equal_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
