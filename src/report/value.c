/* SPDX-License-Identifier: Apache-2.0 */
#include "report/value.h"

#include <math.h>
#include <time.h>

#include "report/markup.h"

weft_prefix weft_prefix_of(double value) {
    static const weft_prefix prefixes[] = {
        {"T", 1e12}, {"G", 1e9},  {"M", 1e6},  {"k", 1e3},   {"", 1.0},
        {"m", 1e-3}, {"µ", 1e-6}, {"n", 1e-9}, {"p", 1e-12}, {"f", 1e-15},
    };
    enum { COUNT = sizeof prefixes / sizeof *prefixes };
    double size = fabs(value);
    if (!(size > 0.0) || isinf(size)) {
        return (weft_prefix){"", 1.0};
    }
    for (int i = 0; i < COUNT; i++) {
        /* 0.9995 of the next step rounds up to it with three figures */
        if (size >= 0.9995 * prefixes[i].factor) {
            return prefixes[i];
        }
    }
    return prefixes[COUNT - 1];
}

weft_prefix weft_power_of(double value) {
    static const char *const symbols[] = {
        "10⁻³⁰", "10⁻²⁷", "10⁻²⁴", "10⁻²¹", "10⁻¹⁸", "10⁻¹⁵", "10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "",
        "10³",   "10⁶",   "10⁹",   "10¹²",  "10¹⁵",  "10¹⁸",  "10²¹",  "10²⁴", "10²⁷", "10³⁰",
    };
    enum { MOST = (sizeof symbols / sizeof *symbols - 1) / 2 };
    double size = fabs(value);
    if (!(size > 0.0) || isinf(size) || (size >= 0.1 && size < 1e4)) {
        return (weft_prefix){"", 1.0};
    }
    /* 999.95 rounds up to the next power with four figures */
    int power = (int)floor(log10(size * 1.00005) / 3.0);
    power = power < -MOST ? -MOST : power > MOST ? MOST : power;
    return (weft_prefix){symbols[power + MOST], pow(1000.0, power)};
}

/* Decimals that leave `digits` significant figures of a value; fewer than none are none. */
static int decimals_for(double value, int digits) {
    if (value == 0.0) {
        return 0;
    }
    int magnitude = (int)floor(log10(fabs(value)));
    /* rounding may carry into another figure: 9.996 with three is 10.0 */
    if (fabs(value) + 0.5 * pow(10.0, magnitude + 1 - digits) >= pow(10.0, magnitude + 1)) {
        magnitude++;
    }
    int decimals = digits - 1 - magnitude;
    return decimals < 0 ? 0 : decimals;
}

/* NaN and infinities; NULL for a number. */
static const char *special_text(double value) {
    return isnan(value) ? "–" : value > 1.7e308 ? "∞" : value < -1.7e308 ? "−∞" : NULL;
}

char *weft_plain_text(double value, int digits, char *buffer, size_t size) {
    const char *special = special_text(value);
    if (special != NULL) {
        return weft_text_format(buffer, size, "%s", special);
    }
    double magnitude = fabs(value);
    if (magnitude != 0.0 && (magnitude < 1e-4 || magnitude >= 1e6)) {
        return weft_text_format(buffer, size, "%.*e", digits - 1, value);
    }
    return weft_text_format(buffer, size, "%.*f", decimals_for(value, digits), value);
}

char *weft_si_text(double value, const char *unit, char *buffer, size_t size) {
    const char *special = special_text(value);
    if (special != NULL) {
        return weft_text_format(buffer, size, "%s", special);
    }
    weft_prefix prefix = weft_prefix_of(value);
    double scaled = value / prefix.factor;
    bool bare = unit[0] == '\0' && prefix.symbol[0] == '\0';
    return weft_text_format(buffer, size, "%.*f%s%s%s", decimals_for(scaled, 3), scaled,
                            bare ? "" : " ", prefix.symbol, unit);
}

char *weft_power_text(double value, char *buffer, size_t size) {
    weft_prefix power = weft_power_of(value);
    char number[WEFT_VALUE_TEXT];
    weft_plain_text(isfinite(value) ? value / power.factor : value, 4, number, sizeof number);
    return weft_text_format(buffer, size, "%s%s%s", number, power.symbol[0] == '\0' ? "" : " × ",
                            power.symbol);
}

char *weft_percent_text(double share, char *buffer, size_t size) {
    const char *special = special_text(share);
    if (special != NULL) {
        return weft_text_format(buffer, size, "%s", special);
    }
    return weft_text_format(buffer, size, "%.1f %%", 100.0 * share);
}

/* How each metric is shown; the order is that of WEFT_METRIC_MAP. */
static const struct {
    const char *name, *unit;
    weft_scale scale;
} shown[WEFT_METRIC_COUNT] = {
    [WEFT_METRIC_ACCURACY] = {"accuracy", "", WEFT_SCALE_PERCENT},
    [WEFT_METRIC_ENERGY] = {"energy", "J", WEFT_SCALE_PREFIX},
    [WEFT_METRIC_LATENCY] = {"latency", "s", WEFT_SCALE_PREFIX},
    [WEFT_METRIC_AREA] = {"area", "mm²", WEFT_SCALE_PLAIN},
    [WEFT_METRIC_MACS] = {"MACs", "", WEFT_SCALE_PREFIX},
    [WEFT_METRIC_PARAMS] = {"parameters", "", WEFT_SCALE_PREFIX},
    [WEFT_METRIC_CROSSBARS] = {"crossbars", "", WEFT_SCALE_PLAIN},
    [WEFT_METRIC_UTILISATION] = {"utilisation", "", WEFT_SCALE_PERCENT},
    [WEFT_METRIC_INTERVAL] = {"interval", "s", WEFT_SCALE_PREFIX},
    [WEFT_METRIC_CYCLES] = {"cycles", "", WEFT_SCALE_PREFIX},
    [WEFT_METRIC_POWER] = {"power", "W", WEFT_SCALE_PREFIX},
    [WEFT_METRIC_PEAK_POWER] = {"peak power", "W", WEFT_SCALE_PREFIX},
    [WEFT_METRIC_DENSITY] = {"power density", "W/mm²", WEFT_SCALE_PREFIX},
    [WEFT_METRIC_EDAP] = {"EDAP", "J s mm²", WEFT_SCALE_PREFIX},
    [WEFT_METRIC_TOPS] = {"TOPS", "", WEFT_SCALE_PLAIN},
    [WEFT_METRIC_TOPS_W] = {"TOPS/W", "", WEFT_SCALE_PLAIN},
    [WEFT_METRIC_TOPS_MM2] = {"TOPS/mm²", "", WEFT_SCALE_PLAIN},
    [WEFT_METRIC_CELLS] = {"cells", "", WEFT_SCALE_PREFIX},
    [WEFT_METRIC_CELLS_NEEDED] = {"cells needed", "", WEFT_SCALE_PREFIX},
    [WEFT_METRIC_COST] = {"cost", "", WEFT_SCALE_PLAIN},
    [WEFT_METRIC_DROPPED_BITS] = {"dropped bits", "bit", WEFT_SCALE_PLAIN},
    [WEFT_METRIC_PENALTY] = {"penalty", "", WEFT_SCALE_PERCENT},
    [WEFT_METRIC_PROXY] = {"proxy", "", WEFT_SCALE_PLAIN},
};

weft_scale weft_metric_scale(weft_metric metric) {
    return shown[metric].scale;
}

const char *weft_metric_unit_text(weft_metric metric) {
    return shown[metric].unit;
}

const char *weft_metric_name(weft_metric metric) {
    return shown[metric].name;
}

char *weft_metric_text(weft_metric metric, double value, char *buffer, size_t size) {
    if (shown[metric].scale == WEFT_SCALE_PREFIX) {
        return weft_si_text(value, shown[metric].unit, buffer, size);
    }
    if (shown[metric].scale == WEFT_SCALE_PERCENT) {
        return weft_percent_text(value, buffer, size);
    }
    char number[WEFT_VALUE_TEXT];
    bool whole = metric == WEFT_METRIC_CROSSBARS && fabs(value) < 1e15;
    if (whole) {
        weft_text_format(number, sizeof number, "%.0f", value);
    } else {
        weft_plain_text(value, 3, number, sizeof number);
    }
    bool unit = shown[metric].unit[0] != '\0' && isfinite(value);
    return weft_text_format(buffer, size, "%s%s%s", number, unit ? " " : "",
                            unit ? shown[metric].unit : "");
}

char *weft_duration_text(double seconds, char *buffer, size_t size) {
    if (!(seconds >= 0.0) || seconds > 1e12) {
        return weft_text_format(buffer, size, "–");
    }
    if (seconds < 10.0) {
        return weft_text_format(buffer, size, "%.1f s", seconds);
    }
    int64_t whole = (int64_t)(seconds + 0.5);
    if (whole < 60) {
        return weft_text_format(buffer, size, "%d s", (int)whole);
    }
    if (whole < 3600) {
        return weft_text_format(buffer, size, "%d min %d s", (int)(whole / 60), (int)(whole % 60));
    }
    return weft_text_format(buffer, size, "%lld h %d min", (long long)(whole / 3600),
                            (int)(whole % 3600 / 60));
}

char *weft_date_text(double unix_time, char *buffer, size_t size) {
    struct tm parts;
    time_t seconds = (time_t)0;
    if (unix_time > 0.0 && unix_time < 2.5e11) {
        seconds = (time_t)unix_time;
    }
    if (seconds == 0 || gmtime_r(&seconds, &parts) == NULL) {
        return weft_text_format(buffer, size, "–");
    }
    return weft_text_format(buffer, size, "%04d-%02d-%02d %02d:%02d UTC", parts.tm_year + 1900,
                            parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min);
}
