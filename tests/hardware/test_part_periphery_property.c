/* SPDX-License-Identifier: Apache-2.0
 *
 * What holds for every class around the array, over random fields within their hard bounds: finite
 * and never negative, the same twice, no allocation; and what grows with what. */
#include <math.h>

#include "hardware/test_part_periphery.h"

#include "base/rng.h"
#include "hardware/part/periphery_parts.h"

#define DECLARE(class) extern const weft_part_class class;
WEFT_PERIPHERY_PART_MAP(DECLARE)
#undef DECLARE

static const weft_part_class *const CLASSES[] = {
#define ROW(class) &class,
    WEFT_PERIPHERY_PART_MAP(ROW)
#undef ROW
};

enum { SAMPLES = 4000 };

/* ---- random parts ---------------------------------------------------------------------------- */

/* An end of a range, its usual value, or anything within, by its logarithm where it has one. */
static double draw(const weft_part_field *field, weft_rng *rng) {
    if (field->words != NULL) {
        return (double)weft_rng_below(rng, (uint64_t)field->most + 1);
    }
    double u = weft_rng_uniform(rng);
    switch (weft_rng_below(rng, 8)) {
    case 0:
        return field->least;
    case 1:
        return field->most;
    case 2:
        return isnan(field->fallback) ? field->low : field->fallback;
    case 3:
    case 4:
        return field->low + u * (field->high - field->low);
    case 5:
        return floor(fmax(field->least, field->low + u * (field->high - field->low)));
    default: {
        double least = fmax(field->least, field->most * 1e-12);
        return fmin(field->most, least * pow(field->most / least, u));
    }
    }
}

static void draw_all(const weft_part_class *class, uint64_t index, double *values) {
    weft_rng rng = weft_rng_make(17, WEFT_PURPOSE_TEST, index);
    for (int i = 0; i < class->n_fields; i++) {
        const weft_part_field *field = &class->fields[i];
        values[i] = fmin(fmax(draw(field, &rng), field->least), field->most);
    }
}

static const char *describe(const weft_part_class *class, const double *values, char *text,
                            size_t size) {
    size_t used = (size_t)snprintf(text, size, "%s:", class->name);
    for (int i = 0; i < class->n_fields && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, " %s=%.17g", class->fields[i].name,
                                 values[i]);
    }
    return text;
}

static bool is_sound(const weft_part_price *price) {
    bool sound = memchr(price->warning, '\0', sizeof price->warning) != NULL &&
                 memchr(price->infeasible, '\0', sizeof price->infeasible) != NULL;
    for (int i = 0; i < WEFT_STATISTIC_COUNT; i++) {
        sound = sound && isfinite(price->read_j[i]) && price->read_j[i] >= 0 &&
                isfinite(price->write_j[i]) && price->write_j[i] >= 0;
    }
    const double others[] = {price->area_m2, price->leak_w, price->read_s, price->write_s};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        sound = sound && isfinite(others[i]) && others[i] >= 0;
    }
    return sound;
}

static void prices_are_finite_and_never_negative(void **state) {
    (void)state;
    for (size_t c = 0; c < sizeof CLASSES / sizeof *CLASSES; c++) {
        for (uint64_t i = 0; i < SAMPLES; i++) {
            char text[2048];
            double values[WEFT_PART_MAX_FIELDS];
            weft_part_price price = {0}, again = {0};
            weft_terms terms = {0};
            draw_all(CLASSES[c], c * SAMPLES + i, values);
            CLASSES[c]->price(values, NULL, &price);
            if (!is_sound(&price)) {
                fail_msg("%s", describe(CLASSES[c], values, text, sizeof text));
            }
            CLASSES[c]->price(values, &terms, &again);
            if (memcmp(&price, &again, sizeof price) != 0) {
                fail_msg("not twice the same: %s", describe(CLASSES[c], values, text, sizeof text));
            }
            for (int t = 0; t < terms.n; t++) {
                assert_non_null(terms.rows[t].equation);
                assert_true(isfinite(terms.rows[t].value));
            }
        }
    }
}

/* ---- tables of fields ------------------------------------------------------------------------ */

static void expect_sound_field(const weft_part_class *class, const weft_part_field *field) {
    bool sound = field->least <= field->low && field->low <= field->high &&
                 field->high <= field->most && field->text != NULL && field->text[0] != '\0' &&
                 (isnan(field->fallback) ||
                  (field->fallback >= field->least && field->fallback <= field->most));
    int words = 0;
    while (field->words != NULL && field->words[words] != NULL) {
        words++;
    }
    if (!sound || (field->words != NULL && (field->least != 0 || field->most != words - 1))) {
        fail_msg("%s: field %s", class->name, field->name);
    }
}

static void classes_say_what_they_are(void **state) {
    (void)state;
    for (size_t c = 0; c < sizeof CLASSES / sizeof *CLASSES; c++) {
        const weft_part_class *class = CLASSES[c];
        assert_ptr_equal(weft_part_class_find(class->name), class);
        assert_true(class->n_fields > 0 && class->n_fields <= WEFT_PART_MAX_FIELDS);
        assert_true(strlen(class->text) > 0 && strlen(class->equation) > 0);
        assert_true(strlen(class->source) > 0);
        for (int i = 0; i < class->n_fields; i++) {
            expect_sound_field(class, &class->fields[i]);
            for (int k = 0; k < i; k++) {
                assert_string_not_equal(class->fields[i].name, class->fields[k].name);
            }
        }
    }
}

/* ---- what grows with what -------------------------------------------------------------------- */

enum { ENERGY = 1, AREA = 2, LEAK = 4, DELAY = 8, WRITE = 16 };

typedef struct growth {
    const char *part, *fields, *varied;
    double from, step, to; /* a step below 1 is a factor less 1 */
    int grows;
} growth;

static const growth GROWTHS[] = {
    {"adc", "fit=survey node=65e-9 rate=1e6", "resolution", 1, 1, 16, ENERGY | AREA},
    {"adc", "fit=survey node=16e-9 rate=1e9", "resolution", 1, 1, 16, ENERGY | AREA},
    {"adc", "fit=survey resolution=8 rate=1e8", "node", 5e-9, 0.1, 200e-9, ENERGY | AREA},
    {"adc", "fit=survey resolution=6 node=32e-9", "rate", 1e3, 0.5, 1e11, ENERGY | AREA},
    {"adc", "fit=isaac node=32e-9 rate=1e6", "resolution", 1, 0.1, 16, ENERGY | AREA},
    {"adc", "fit=isaac resolution=8 rate=1e6", "node", 3e-9, 0.1, 400e-9, ENERGY | AREA},
    {"adc", "fit=zigzag node=28e-9 rate=1e3 voltage=0.9", "resolution", 1, 0.1, 16, ENERGY | DELAY},
    {"adc", "fit=zigzag node=28e-9 rate=1e3 voltage=0.9", "resolution", 1, 1, 11, AREA},
    {"adc", "fit=zigzag node=28e-9 rate=1e3 voltage=0.9 resolution=6", "rows", 1, 0.5, 4096, DELAY},
    {"adc", "fit=flash node=28e-9 rate=1e3 voltage=0.9", "resolution", 1, 0.1, 16, ENERGY | AREA},
    {"adc", "fit=ramp node=28e-9 rate=1 voltage=0.9", "resolution", 1, 0.1, 16, ENERGY | DELAY},
    {"adc", "fit=sar node=28e-9 rate=1e3 voltage=0.9", "resolution", 1, 0.1, 16,
     ENERGY | AREA | DELAY},
    {"adc", "fit=cyclic node=28e-9 rate=1e3 voltage=0.9", "resolution", 1, 0.1, 16,
     ENERGY | AREA | DELAY},
    {"adc", "fit=flash resolution=6 rate=1e3 voltage=1", "node", 7e-9, 0.1, 130e-9, AREA | DELAY},
    {"dac", "fit=isaac node=32e-9", "resolution", 1, 1, 16, ENERGY | AREA},
    {"dac", "fit=zigzag node=28e-9 logic=yes", "resolution", 1, 1, 16, ENERGY | AREA},
    {"dac-pulse", "node=28e-9 counting=full step=1e-9", "resolution", 1, 1, 16,
     ENERGY | AREA | DELAY},
    {"dac-r2r", "node=22e-9 voltage=0.5 cycle=1e-9", "resolution", 1, 1, 16, ENERGY | AREA | DELAY},
    {"dac-c2c", "node=22e-9 voltage=0.5", "resolution", 1, 1, 16, ENERGY | AREA},
    {"capacitor", "node=22e-9 voltage=0.5", "capacitance", 1e-16, 0.5, 1e-11, ENERGY | AREA},
    {"capacitor", "node=22e-9 capacitance=1e-15", "voltage", 0.1, 0.1, 5, ENERGY},
    {"capacitive-multiplier", "node=22e-9 voltage=0.7", "resolution", 1, 1, 16, AREA | LEAK},
    {"wire", "voltage=1", "length", 1e-6, 0.5, 0.1, ENERGY | DELAY},
    {"sense-amplifier", "fit=latch node=45e-9 voltage=1", "size", 0.1, 0.5, 100,
     ENERGY | AREA | LEAK},
    {"sram", "node=22e-9 width=64", "depth", 1, 0.3, 1e8, ENERGY | WRITE | AREA | LEAK},
    {"sram", "node=45e-9 width=1000", "depth", 1, 0.3, 1e8, ENERGY | WRITE | AREA | LEAK},
    {"sram", "node=7e-9 depth=2048", "width", 8, 8, 4096, ENERGY | WRITE | AREA | LEAK},
    {"sram", "node=28e-9 depth=100000", "width", 8, 8, 4096, ENERGY | WRITE | AREA | LEAK},
    {"sram", "node=130e-9 depth=40", "width", 8, 8, 4096, ENERGY | WRITE | AREA | LEAK},
    {"sram", "width=256 depth=4096", "node", 3e-9, 0.05, 400e-9, ENERGY | WRITE | AREA},
    {"sram", "width=2048 depth=16384", "node", 3e-9, 0.05, 400e-9, ENERGY | WRITE | AREA},
    {"smart-buffer", "node=32e-9 width=64", "depth", 1, 0.3, 1e8, ENERGY | WRITE | AREA | LEAK},
    {"edram", "fit=raaam node=16e-9 width=256", "depth", 64, 0.5, 1e6, ENERGY | AREA | LEAK},
    {"edram", "fit=isaac depth=2048 width=256", "node", 7e-9, 0.1, 130e-9, ENERGY | AREA},
    {"dram", "type=hbm2", "width", 8, 8, 2048, ENERGY | DELAY},
    {"router", "node=32e-9", "width", 8, 8, 2048, ENERGY | AREA},
    {"bus", "node=32e-9", "width", 8, 8, 2048, ENERGY | AREA},
    {"mesh-router", "node=32e-9 voltage=1", "hop_length", 1e-5, 0.5, 0.02, ENERGY},
    {"mesh-router", "node=32e-9 voltage=1", "pipeline", 0, 1, 16, DELAY},
    {"link", "node=65e-9", "width", 8, 8, 2048, ENERGY | DELAY},
    {"chip-io", "kind=cmos", "io_voltage", 0.5, 0.1, 5, ENERGY},
    {"multiplier", "node=45e-9 width_b=8", "width_a", 1, 1, 64, ENERGY | AREA | LEAK},
    {"counter", "node=45e-9", "width", 1, 1, 64, ENERGY | AREA | LEAK},
    {"integrator", "node=130e-9", "voltage", 0.5, 0.1, 3, ENERGY},
    {"digital-unit", "function=softmax node=22e-9", "width", 1, 1, 8, ENERGY | AREA | LEAK},
    {"digital-unit", "function=softmax node=22e-9", "width", 8, 8, 64, ENERGY | AREA | LEAK},
    {"digital-unit", "function=average-pool node=22e-9", "window", 1, 1, 64, ENERGY | AREA},
    {"clock-tree", "node=22e-9 region=1e-6", "registers", 0, 1000, 1e5, ENERGY},
    {"clock-tree", "node=22e-9 registers=1e5", "region", 1e-9, 0.5, 1e-4, ENERGY},
    {"gates", "full_adders=10", "activity", 0.1, 0.1, 2, ENERGY},
    {"gate-tree", "bits=4", "inputs", 2, 1, 300, ENERGY | AREA | DELAY},
    {"gate-tree", "inputs=32 kind=single-bit", "bits", 1, 1, 32, ENERGY | AREA | DELAY},
    {"gate-tree", "bits=8 kind=place-value", "inputs", 2, 1, 64, ENERGY | AREA | DELAY},
    {"gate-accumulator", "input_bits=8", "bits", 9, 1, 64, ENERGY | AREA | DELAY},
};

static void expect_growth(const growth *g, const weft_part_price *a, const weft_part_price *b,
                          double at) {
    const struct {
        int bit;
        const char *name;
        double before, after;
    } figures[] = {
        {ENERGY, "energy", a->read_j[WEFT_STATISTIC_ONE], b->read_j[WEFT_STATISTIC_ONE]},
        {WRITE, "write energy", a->write_j[WEFT_STATISTIC_ONE], b->write_j[WEFT_STATISTIC_ONE]},
        {AREA, "area", a->area_m2, b->area_m2},
        {LEAK, "leakage", a->leak_w, b->leak_w},
        {DELAY, "delay", a->read_s, b->read_s},
    };
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        double before = figures[i].before;
        if ((g->grows & figures[i].bit) != 0 && figures[i].after < before * (1 - 1e-12)) {
            fail_msg("%s, %s: %s falls from %.9g to %.9g at %s = %g", g->part, g->fields,
                     figures[i].name, before, figures[i].after, g->varied, at);
        }
    }
}

static void figures_grow_with_their_fields(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof GROWTHS / sizeof *GROWTHS; i++) {
        const growth *g = &GROWTHS[i];
        weft_part_price before = {0};
        for (double at = g->from; at <= g->to;
             at = g->step < 1 ? at * (1 + g->step) : at + g->step) {
            weft_part_price price = price_of(g->part, "%s %s=%.17g", g->fields, g->varied, at);
            expect_growth(g, &before, &price, at);
            before = price;
        }
    }
}

/* ---- no allocation --------------------------------------------------------------------------- */

static long n_allocations;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS_ALLOCATIONS 1
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *block, size_t size);
void *malloc(size_t size) {
    n_allocations++;
    return __libc_malloc(size);
}
void *calloc(size_t n, size_t size) {
    n_allocations++;
    return __libc_calloc(n, size);
}
void *realloc(void *block, size_t size) {
    n_allocations++;
    return __libc_realloc(block, size);
}
#endif

static void prices_do_not_allocate(void **state) {
    (void)state;
#ifndef COUNTS_ALLOCATIONS
    skip(); /* a sanitizer has its own allocator */
#endif
    for (size_t c = 0; c < sizeof CLASSES / sizeof *CLASSES; c++) {
        for (uint64_t i = 0; i < 200; i++) {
            double values[WEFT_PART_MAX_FIELDS];
            weft_part_price price = {0};
            draw_all(CLASSES[c], c * SAMPLES + i, values);
            long before = n_allocations;
            CLASSES[c]->price(values, NULL, &price);
            assert_int_equal(n_allocations, before);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prices_are_finite_and_never_negative),
        cmocka_unit_test(classes_say_what_they_are),
        cmocka_unit_test(figures_grow_with_their_fields),
        cmocka_unit_test(prices_do_not_allocate),
    };
    return cmocka_run_group_tests_name("hardware/part_periphery_property", tests, NULL, NULL);
}
