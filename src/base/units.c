/* SPDX-License-Identifier: Apache-2.0 */
#include "base/units.h"

#include <stdio.h>
#include <string.h>

#define N_UNITS (sizeof UNITS / sizeof UNITS[0])

/* name, dimension, divisor, factor: powers of ten up to 1e22 are exact doubles. */
static const weft_unit UNITS[] = {
    {"1", WEFT_DIMENSION_NONE, 1, 1},
    {"%", WEFT_DIMENSION_NONE, 1e2, 1},
    {"s", WEFT_DIMENSION_TIME, 1, 1},
    {"ms", WEFT_DIMENSION_TIME, 1e3, 1},
    {"us", WEFT_DIMENSION_TIME, 1e6, 1},
    {"ns", WEFT_DIMENSION_TIME, 1e9, 1},
    {"ps", WEFT_DIMENSION_TIME, 1e12, 1},
    {"fs", WEFT_DIMENSION_TIME, 1e15, 1},
    {"Hz", WEFT_DIMENSION_FREQUENCY, 1, 1},
    {"kHz", WEFT_DIMENSION_FREQUENCY, 1, 1e3},
    {"MHz", WEFT_DIMENSION_FREQUENCY, 1, 1e6},
    {"GHz", WEFT_DIMENSION_FREQUENCY, 1, 1e9},
    {"J", WEFT_DIMENSION_ENERGY, 1, 1},
    {"mJ", WEFT_DIMENSION_ENERGY, 1e3, 1},
    {"uJ", WEFT_DIMENSION_ENERGY, 1e6, 1},
    {"nJ", WEFT_DIMENSION_ENERGY, 1e9, 1},
    {"pJ", WEFT_DIMENSION_ENERGY, 1e12, 1},
    {"fJ", WEFT_DIMENSION_ENERGY, 1e15, 1},
    {"aJ", WEFT_DIMENSION_ENERGY, 1e18, 1},
    {"W", WEFT_DIMENSION_POWER, 1, 1},
    {"mW", WEFT_DIMENSION_POWER, 1e3, 1},
    {"uW", WEFT_DIMENSION_POWER, 1e6, 1},
    {"nW", WEFT_DIMENSION_POWER, 1e9, 1},
    {"pW", WEFT_DIMENSION_POWER, 1e12, 1},
    {"V", WEFT_DIMENSION_VOLTAGE, 1, 1},
    {"mV", WEFT_DIMENSION_VOLTAGE, 1e3, 1},
    {"uV", WEFT_DIMENSION_VOLTAGE, 1e6, 1},
    {"A", WEFT_DIMENSION_CURRENT, 1, 1},
    {"mA", WEFT_DIMENSION_CURRENT, 1e3, 1},
    {"uA", WEFT_DIMENSION_CURRENT, 1e6, 1},
    {"nA", WEFT_DIMENSION_CURRENT, 1e9, 1},
    {"pA", WEFT_DIMENSION_CURRENT, 1e12, 1},
    {"ohm", WEFT_DIMENSION_RESISTANCE, 1, 1},
    {"kohm", WEFT_DIMENSION_RESISTANCE, 1, 1e3},
    {"Mohm", WEFT_DIMENSION_RESISTANCE, 1, 1e6},
    {"Gohm", WEFT_DIMENSION_RESISTANCE, 1, 1e9},
    {"F", WEFT_DIMENSION_CAPACITANCE, 1, 1},
    {"mF", WEFT_DIMENSION_CAPACITANCE, 1e3, 1},
    {"uF", WEFT_DIMENSION_CAPACITANCE, 1e6, 1},
    {"nF", WEFT_DIMENSION_CAPACITANCE, 1e9, 1},
    {"pF", WEFT_DIMENSION_CAPACITANCE, 1e12, 1},
    {"fF", WEFT_DIMENSION_CAPACITANCE, 1e15, 1},
    {"aF", WEFT_DIMENSION_CAPACITANCE, 1e18, 1},
    {"m", WEFT_DIMENSION_LENGTH, 1, 1},
    {"mm", WEFT_DIMENSION_LENGTH, 1e3, 1},
    {"um", WEFT_DIMENSION_LENGTH, 1e6, 1},
    {"nm", WEFT_DIMENSION_LENGTH, 1e9, 1},
    {"m2", WEFT_DIMENSION_AREA, 1, 1},
    {"mm2", WEFT_DIMENSION_AREA, 1e6, 1},
    {"um2", WEFT_DIMENSION_AREA, 1e12, 1},
    {"nm2", WEFT_DIMENSION_AREA, 1e18, 1},
    {"bit/s", WEFT_DIMENSION_BANDWIDTH, 1, 1},
    {"kbit/s", WEFT_DIMENSION_BANDWIDTH, 1, 1e3},
    {"Mbit/s", WEFT_DIMENSION_BANDWIDTH, 1, 1e6},
    {"Gbit/s", WEFT_DIMENSION_BANDWIDTH, 1, 1e9},
    {"Tbit/s", WEFT_DIMENSION_BANDWIDTH, 1, 1e12},
    {"B/s", WEFT_DIMENSION_BANDWIDTH, 1, 8},
    {"kB/s", WEFT_DIMENSION_BANDWIDTH, 1, 8e3},
    {"MB/s", WEFT_DIMENSION_BANDWIDTH, 1, 8e6},
    {"GB/s", WEFT_DIMENSION_BANDWIDTH, 1, 8e9},
    {"TB/s", WEFT_DIMENSION_BANDWIDTH, 1, 8e12},
    {"bit", WEFT_DIMENSION_DATA, 1, 1},
    {"kbit", WEFT_DIMENSION_DATA, 1, 1e3},
    {"Mbit", WEFT_DIMENSION_DATA, 1, 1e6},
    {"Gbit", WEFT_DIMENSION_DATA, 1, 1e9},
    {"B", WEFT_DIMENSION_DATA, 1, 8},
    {"kB", WEFT_DIMENSION_DATA, 1, 8e3},
    {"MB", WEFT_DIMENSION_DATA, 1, 8e6},
    {"GB", WEFT_DIMENSION_DATA, 1, 8e9},
    {"KiB", WEFT_DIMENSION_DATA, 1, 8.0 * 1024},
    {"MiB", WEFT_DIMENSION_DATA, 1, 8.0 * 1024 * 1024},
    {"GiB", WEFT_DIMENSION_DATA, 1, 8.0 * 1024 * 1024 * 1024},
};

const weft_unit *weft_unit_find(weft_dimension dimension, const char *name) {
    for (size_t i = 0; i < N_UNITS; i++) {
        if (UNITS[i].dimension == dimension && strcmp(UNITS[i].name, name) == 0) {
            return &UNITS[i];
        }
    }
    return NULL;
}

double weft_unit_to_si(const weft_unit *unit, double value) {
    return value * unit->factor / unit->divisor;
}

char *weft_unit_names(weft_dimension dimension, char *buffer, size_t size) {
    size_t used = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < N_UNITS; i++) {
        if (UNITS[i].dimension == dimension && used < size) {
            int written =
                snprintf(buffer + used, size - used, "%s%s", used > 0 ? ", " : "", UNITS[i].name);
            used += written > 0 ? (size_t)written : 0;
        }
    }
    return buffer;
}

const char *weft_unit_nearest(weft_dimension dimension, const char *name) {
    const char *names[N_UNITS];
    size_t n = 0;
    for (size_t i = 0; i < N_UNITS; i++) {
        if (UNITS[i].dimension == dimension) {
            names[n++] = UNITS[i].name;
        }
    }
    return weft_nearest(name, names, n);
}
