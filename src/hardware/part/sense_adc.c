/* SPDX-License-Identifier: Apache-2.0
 *
 * The flash converters of all columns of one array, made of sense amplifiers: 2^b - 1 of them a
 * column, each with a reference of its own, and an encoder. Resistive columns are read by current,
 * SRAM columns by voltage.
 *
 *   R(n)  = 0.5 V / (Vread n G), n cells of conductance G in parallel, G the least (E_min) or the
 *           largest (E_max) of a cell
 *   P(R)  = a (2^b - 1) + k exp(-c log10 R)                        fits to circuit simulations
 *   t(R)  = 1 ns by voltage; by current the slowest reference of 2 to 2^b - 1, 1 to 10 ns, with
 *           q_i = (R_on + i R_off / 2^b) / (rows R),
 *           t_i = (u ln(R / kohm) + v) ns x polynomial of q_i      (low power, 32 to 130 nm)
 *   g(n)  = P(R(n)) t(R(n)),  one = g(1)
 *   E_sense = column + base / columns, of the split of columns g(n) into a base, rows, columns and
 *           cells: cell = (columns g(rows) - rows row - (columns + 1) one) / ((rows - 1)(columns - 1)),
 *           row = (g(rows) - one) / (rows - 1), column = one - cell, base = one - row - column
 *   E     = E_min + (E_max - E_min) weight + 0.05 V^2 C_encoder
 *   A     = columns (2^b - 1) A_amplifier + A_encoder
 *
 * The share of the cells is not charged by the reference, nor here. An amplifier that reads by current
 * has 48 + 9 NMOS and 40 + 9 PMOS. Up to DNN_NeuroSim_V1.3@12e2851 (April 2023) the area of an NMOS was
 * read before it was set in the first of these counts; figures that were published with builds in which
 * it came out as 0 have `amplifier_nmos: 9`.
 * Validity: 7 to 130 nm, 8 to 1024 rows and columns, 300 K; the fits are of 5 bit.
 * Source: NeuroSim V1.3 (MultilevelSenseAmp, MultilevelSAEncoder, CurrentSenseAmp; DNN_NeuroSim@
 * b5567ec) and the split of accelergy-neurosim-plug-in@bf874bc. */
#include "hardware/part/array_lines.h"

enum {
    ROWS = WEFT_CMOS_FIELD_COUNT,
    COLUMNS,
    CELL_KIND,
    CELL_AREA,
    CELL_ASPECT,
    ACCESS,
    ACCESS_WIDTH,
    ACCESS_RESISTANCE,
    RESISTANCE_ON,
    RESISTANCE_OFF,
    READ_VOLTAGE,
    RESOLUTION,
    AMPLIFIER_NMOS,
};

static const weft_part_field FIELDS[] = {
    WEFT_CMOS_FIELDS,
    WEFT_FIELD_ROWS,
    WEFT_FIELD_COLUMNS,
    WEFT_FIELD_CELL_KIND,
    WEFT_FIELD_CELL_AREA,
    WEFT_FIELD_CELL_ASPECT,
    WEFT_FIELD_ACCESS,
    WEFT_FIELD_ACCESS_WIDTH,
    {"access_resistance", WEFT_DIMENSION_RESISTANCE, 195e3, 0, 1e13, 0, 1e9, NULL,
     "of the access transistor of a resistive cell"},
    WEFT_FIELD_RESISTANCE_ON,
    WEFT_FIELD_RESISTANCE_OFF,
    WEFT_FIELD_READ_VOLTAGE,
    {"resolution", WEFT_DIMENSION_DATA, 5, 1, 10, 1, 8, NULL, "bits of a conversion"},
    {"amplifier_nmos", WEFT_DIMENSION_NONE, 57, 0, 1000, 9, 57, NULL,
     "NMOS in the area of an amplifier that reads by current"},
};

/* Power of a column's amplifiers: W a reference, and of the column, R in ohm. */
typedef struct power_fit {
    double node; /* nm */
    double reference, column, decay;
} power_fit;

enum { FITS = 9, DEVICES = 2 };
static const power_fit BY_CURRENT[DEVICES][FITS] = {
    {{7, 0.5e-6, 0.0210, 2.311},
     {10, 0.8e-6, 0.0318, 2.311},
     {14, 1.2e-6, 0.0584, 2.311},
     {22, 1.8939e-6, 0.073, 2.311},
     {32, 3.9648e-6, 0.079, 2.313},
     {45, 7.7017e-6, 0.0754, 2.296},
     {65, 9.9579e-6, 0.1083, 2.321},
     {90, 13.09e-6, 0.149, 2.345},
     {130, 19.898e-6, 0.17452, 2.367}},
    {{7, 0.35e-6, 0.0235, 2.303},
     {10, 0.55e-6, 0.0315, 2.303},
     {14, 1e-6, 0.0508, 2.303},
     {22, 1.7e-6, 0.0631, 2.303},
     {32, 3.0875e-6, 0.0649, 2.297},
     {45, 6.3162e-6, 0.075, 2.303},
     {65, 8.4147e-6, 0.0972, 2.303},
     {90, 12.612e-6, 0.1023, 2.303},
     {130, 18.09e-6, 0.138, 2.303}},
};
static const power_fit BY_VOLTAGE[DEVICES][FITS] = {
    {{7, 0.5614e-6, 0.04031, 2.311},
     {10, 0.9077e-6, 0.049418, 2.311},
     {14, 1.467e-6, 0.060584, 2.311},
     {22, 2.373e-6, 0.084273, 2.311},
     {32, 4.76e-6, 0.083709, 2.313},
     {45, 8.162e-6, 0.097754, 2.296},
     {65, 13.058e-6, 0.128483, 2.321},
     {90, 22.2e-6, 0.1649, 2.345},
     {130, 27.84e-6, 0.207452, 2.367}},
    {{7, 0.4211e-6, 0.043555, 2.303},
     {10, 0.6917e-6, 0.05158, 2.303},
     {14, 1.126e-6, 0.061085, 2.303},
     {22, 1.866e-6, 0.072341, 2.303},
     {32, 3.692e-6, 0.079449, 2.297},
     {45, 7.062e-6, 0.100225, 2.303},
     {65, 10.18e-6, 0.121272, 2.303},
     {90, 14.42e-6, 0.144323, 2.303},
     {130, 23.4e-6, 0.16938, 2.303}},
};

/* Time of a current amplifier, low power: (slope ln(R / kohm) + offset) ns times a polynomial of
 * the reference over R, one up to 0.9 and one above; highest power first. */
typedef struct time_fit {
    double node;          /* nm */
    double slope, offset; /* ns */
    double below[4], above[5];
} time_fit;

static const time_fit TIMES[] = {
    {32, 0.0714, 0.7651, {3.7949, -5.6685, 2.6492, 0.4807}, {1e-6, -6e-5, 1e-4, -0.0171, 1.0057}},
    {45, 0.0714, 0.7651, {3.7949, -5.6685, 2.6492, 0.4807}, {1e-6, -6e-5, 1e-4, -0.0171, 1.0057}},
    {65,
     0.1239,
     0.6642,
     {1.3899, -2.6913, 2.0483, 0.3202},
     {0.0036, -0.0363, 0.1043, -0.0346, 1.0512}},
    {90, 0.0586, 1.41, {3.726, -5.651, 2.8249, 0.3574}, {8e-7, -7e-5, 0.0017, -0.0188, 0.9835}},
    {130,
     0.2679,
     0.0478,
     {3.915, -5.3996, 2.4653, 0.3856},
     {0.0004, -0.0087, 0.0742, -0.2725, 1.2211}},
};
static const double LEAST_TIME = 1e-9, MOST_TIME = 10e-9;
static const double FITTED_READ_VOLTAGE = 0.5;
static const double ENCODER_ACTIVITY = 0.05;

/* NMOS and PMOS of 2 F and 2 F times the ratio, each laid out alone. */
typedef struct amplifier {
    double nmos, pmos;
} amplifier;
static const amplifier VOLTAGE_AMPLIFIER = {52, 60};
static const double CURRENT_AMPLIFIER_PMOS = 40 + 9;

/* ---- sensing ----------------------------------------------------------------------------------- */

typedef struct sensing {
    const power_fit *power;
    const time_fit *time; /* NULL: as fast as can be */
    double rows, columns, levels;
    double on, off; /* ohm, of a cell */
    double voltage; /* V across a cell */
} sensing;

static bool is_sram(const double *values) {
    return values[CELL_KIND] == WEFT_CELL_SRAM;
}

static sensing sensing_of(const double *values, const weft_cmos *tech) {
    int device = (int)values[WEFT_CMOS_DEVICE];
    const power_fit *fits = is_sram(values) ? BY_VOLTAGE[device] : BY_CURRENT[device];
    sensing s = {.power = fits,
                 .rows = values[ROWS],
                 .columns = values[COLUMNS],
                 .levels = exp2(values[RESOLUTION]),
                 .on = values[RESISTANCE_ON],
                 .off = values[RESISTANCE_OFF],
                 .voltage = fmax(values[READ_VOLTAGE], 1e-3)};
    while (s.power < fits + FITS - 1 && s.power->node < tech->row->node) {
        s.power++;
    }
    bool slow = !is_sram(values) && device == WEFT_DEVICE_LP;
    for (int i = 0; slow && i < WEFT_LENGTH(TIMES); i++) {
        s.time = TIMES[i].node == tech->row->node ? &TIMES[i] : s.time;
    }
    return s;
}

static double polynomial(const double *factors, int n, double x) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
        sum = sum * x + factors[i];
    }
    return sum;
}

/* One reference, `ratio` times the resistance of the column. */
static double reference_time(const time_fit *fit, double slowest, double ratio) {
    if (ratio >= 20 || ratio <= 0.05) {
        return LEAST_TIME;
    }
    return slowest *
           (ratio <= 0.9 ? polynomial(fit->below, 4, ratio) : polynomial(fit->above, 5, ratio));
}

static double sense_time(const sensing *s, double column) {
    double longest = LEAST_TIME;
    if (s->time == NULL) {
        return longest;
    }
    double slowest = (s->time->slope * log(column / 1000) + s->time->offset) * 1e-9;
    for (int i = 2; i < s->levels; i++) {
        double reference = (s->on + i * s->off / s->levels) / s->rows;
        longest = fmax(longest, reference_time(s->time, slowest, reference / column));
    }
    return fmin(longest, MOST_TIME);
}

/* Energy to sense one column of n cells of `cell` ohm in parallel. */
static double sense(const sensing *s, double n, double cell, double *seconds) {
    double column = cell / n * FITTED_READ_VOLTAGE / s->voltage;
    double power = s->power->reference * (s->levels - 1) +
                   s->power->column * exp(-s->power->decay * log10(column));
    *seconds = sense_time(s, column);
    return power * *seconds;
}

/* A column's part of the split of columns x g(n) into a base, rows, columns and cells. */
static double share_of_column(const sensing *s, double cell, double *seconds) {
    double one = sense(s, 1, cell, seconds);
    double all = sense(s, s->rows, cell, seconds);
    if (s->rows < 2 || s->columns < 2) {
        return all;
    }
    double row = fmax((all - one) / (s->rows - 1), 0);
    double cells = s->columns * all - s->rows * row - (s->columns + 1) * one;
    double a_cell = fmax(cells / ((s->rows - 1) * (s->columns - 1)), 0);
    double a_column = fmax(one - a_cell, 0);
    double base = fmax(one - fmax(row - a_cell, 0) - a_column - a_cell, 0);
    return a_column + base / s->columns;
}

/* ---- the encoder ------------------------------------------------------------------------------- */

typedef struct encoder {
    double energy, area, leak;
} encoder;

static encoder encoder_of(const weft_cmos *tech, const weft_lines *lines, double levels) {
    double bits = ceil(log2(levels));
    int inputs = (int)fmax(ceil(levels / 2), 2);
    weft_widths two = weft_cmos_nand(tech);
    weft_standard_gate inverter =
        weft_cmos_standard(tech, WEFT_GATE_INVERTER, 1, weft_cmos_inverter(tech));
    weft_standard_gate nand = weft_cmos_standard(tech, WEFT_GATE_NAND, 2, two);
    weft_standard_gate wide = weft_cmos_standard(tech, WEFT_GATE_NAND, inputs, two);
    double width = 2 * inverter.width + nand.width + wide.width;
    double height = (levels - 1) * weft_cmos_cell_height(tech);
    double side_by_side = fmin(ceil(lines->row / width), lines->columns);
    double caps = (inverter.input + inverter.output + nand.input + nand.output) * (levels + bits) +
                  (wide.input + wide.output) * bits;
    return (encoder){
        .energy = ENCODER_ACTIVITY * tech->vdd * tech->vdd * caps,
        .area = fmax(lines->row, width) * height * ceil(lines->columns / side_by_side),
        .leak = ((inverter.leak + nand.leak) * (levels + bits) + wide.leak * bits) * lines->columns,
    };
}

/* ---- the price --------------------------------------------------------------------------------- */

/* Area of one transistor in a cell of its own. */
static double area_alone(const weft_cmos *tech, weft_widths widths) {
    double height = weft_cmos_cell_height(tech);
    return height * weft_cmos_gate_width(tech, WEFT_GATE_INVERTER, 1, widths, height);
}

static double area_of_amplifier(const double *values, const weft_cmos *tech) {
    amplifier by_current = {values[AMPLIFIER_NMOS], CURRENT_AMPLIFIER_PMOS};
    amplifier made = is_sram(values) ? VOLTAGE_AMPLIFIER : by_current;
    return made.nmos * area_alone(tech, (weft_widths){.n = 2 * tech->f}) +
           made.pmos * area_alone(tech, (weft_widths){.p = 2 * tech->ratio * tech->f});
}

/* What stands in series with the state of a cell; all there is of an SRAM cell. */
static double series_of(const double *values, const weft_cmos *tech, const weft_lines *lines) {
    if (is_sram(values)) {
        double width = fmax(values[ACCESS_WIDTH], 0.1) * tech->f;
        return weft_cmos_resistance(tech, width, WEFT_CHANNEL_N) +
               lines->rows * lines->cell_width * WEFT_WIRE_WIDTH_M * WEFT_WIRE_OHM_PER_M;
    }
    double access = values[ACCESS] == WEFT_ACCESS_CMOS ? values[ACCESS_RESISTANCE] : 0;
    return weft_lines_resistance(lines) + access;
}

static void price_at(const double *values, const weft_cmos *tech, weft_terms *terms,
                     weft_part_price *price) {
    weft_lines lines =
        weft_lines_of(tech, values[ROWS], values[COLUMNS], values[CELL_AREA], values[CELL_ASPECT]);
    sensing s = sensing_of(values, tech);
    encoder e = encoder_of(tech, &lines, s.levels);
    double series = weft_term(terms, "R_series", "ohm", "wires and access transistor",
                              series_of(values, tech, &lines));
    double off = is_sram(values) ? 0 : fmax(s.off, s.on);
    double on = is_sram(values) ? 0 : fmin(s.off, s.on);
    double slow = 0;
    double fast = 0;
    double low = weft_term(terms, "E_min", "J", "amplifiers of a column, least conductance",
                           share_of_column(&s, off + series, &slow));
    double high = weft_term(terms, "E_max", "J", "amplifiers of a column, largest conductance",
                            share_of_column(&s, on + series, &fast));
    weft_term(terms, "E_encoder", "J", "0.05 V^2 C", e.energy);
    price->read_j[WEFT_STATISTIC_ONE] = low + e.energy;
    price->read_j[WEFT_STATISTIC_WEIGHT] = fmax(high - low, 0);
    double amplifiers = weft_term(terms, "A_amplifiers", "m2", "columns (2^b - 1) A_amplifier",
                                  lines.columns * (s.levels - 1) * area_of_amplifier(values, tech));
    price->area_m2 = amplifiers + weft_term(terms, "A_encoder", "m2", "of all columns", e.area);
    price->leak_w = e.leak;
    price->read_s = fmax(slow, fast);
}

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_cmos_price(price_at, values, values[WEFT_CMOS_NODE], values[WEFT_CMOS_VOLTAGE],
                    (weft_device)values[WEFT_CMOS_DEVICE], terms, price);
}

const weft_part_class weft_part_sense_adc = {
    .name = "sense-adc",
    .text = "sense amplifiers as the converters of all columns; an action converts one column",
    .equation = "E = E_min + (E_max - E_min) weight + 0.05 V^2 C_encoder\n"
                "P = a (2^b - 1) + k exp(-c log10 R), R of the cells in parallel; E = P t\n"
                "A = columns (2^b - 1) A_amplifier + A_encoder",
    .source =
        "NeuroSim V1.3 (MultilevelSenseAmp) in accelergy-neurosim-plug-in@bf874bc, re-derived",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
