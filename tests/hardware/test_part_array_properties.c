/* SPDX-License-Identifier: Apache-2.0
 * What holds for every part of an array, whatever its fields: prices are finite and not negative,
 * and go up and down where physics says so. */
#include "base/rng.h"
#include "hardware/part/array_lines.h"
#include "hardware/part/array_parts.h"
#include "hardware/part/node_scale.h"
#include "hardware/part/supply.h"
#include "hardware/part_support.h"

static int rounds(int full) {
    const char *scale = getenv("WEFT_TEST_SCALE");
    return scale != NULL && strcmp(scale, "quick") == 0 ? full / 20 : full;
}

#define DECLARE(class) extern const weft_part_class class;
WEFT_ARRAY_PART_MAP(DECLARE)
#undef DECLARE
static const weft_part_class *const CLASSES[] = {
#define LIST(class) &class,
    WEFT_ARRAY_PART_MAP(LIST)
#undef LIST
};
enum { N_CLASSES = sizeof CLASSES / sizeof CLASSES[0] };

/* ---- random parts ------------------------------------------------------------------------------- */

/* Between two bounds; by orders of magnitude where they are far apart. */
static double between(weft_rng *rng, double low, double high) {
    double u = weft_rng_uniform(rng);
    if (low > 0 && high > 100 * low) {
        return fmin(fmax(low * pow(high / low, u), low), high);
    }
    return low + (high - low) * u;
}

/* A value within the hard bounds: often within the valid range, sometimes at a bound. */
static double any_value(weft_rng *rng, const weft_part_field *field) {
    uint64_t kind = weft_rng_below(rng, 10);
    double value = kind == 0   ? field->least
                   : kind == 1 ? field->most
                   : kind < 6  ? between(rng, field->low, field->high)
                               : between(rng, field->least, field->most);
    value = fmin(fmax(value, field->least), field->most);
    return field->words != NULL ? floor(value) : value;
}

/* Counts are whole numbers where a chip file has them; half of the parts have them so. */
static part any_part(weft_rng *rng, const weft_part_class *class) {
    part p = {.class = class};
    bool whole = weft_rng_below(rng, 2) == 0;
    for (int i = 0; i < class->n_fields; i++) {
        const weft_part_field *field = &class->fields[i];
        p.values[i] = any_value(rng, field);
        if (whole && field->dimension == WEFT_DIMENSION_NONE && field->least >= 1) {
            p.values[i] = floor(p.values[i]);
        }
    }
    return p;
}

static void describe(const part *p, char *text, size_t size) {
    size_t n = (size_t)snprintf(text, size, "%s", p->class->name);
    for (int i = 0; i < p->class->n_fields && n < size; i++) {
        n += (size_t)snprintf(text + n, size - n, " %s=%g", p->class->fields[i].name, p->values[i]);
    }
}

static void expect_good(const part *p, const char *what, double value) {
    if (!isfinite(value) || value < 0) {
        char text[2048];
        describe(p, text, sizeof text);
        fail_msg("%s is %g: %s", what, value, text);
    }
}

static void expect_good_price(const part *p, const weft_part_price *price) {
    for (int i = 0; i < WEFT_STATISTIC_COUNT; i++) {
        expect_good(p, "read energy", price->read_j[i]);
        expect_good(p, "write energy", price->write_j[i]);
    }
    expect_good(p, "area", price->area_m2);
    expect_good(p, "leakage", price->leak_w);
    expect_good(p, "read time", price->read_s);
    expect_good(p, "write time", price->write_s);
}

static void test_prices_are_finite_and_not_negative(void **state) {
    (void)state;
    weft_rng rng = weft_rng_make(3, WEFT_PURPOSE_TEST, 1);
    for (int i = 0; i < rounds(20000); i++) {
        part p = any_part(&rng, CLASSES[i % N_CLASSES]);
        weft_part_price price = price_of(&p);
        expect_good_price(&p, &price);
        weft_part_price again = {0};
        weft_terms terms = {0};
        p.class->price(p.values, &terms, &again);
        assert_memory_equal(&price, &again, sizeof price);
        assert_true(terms.n > 0 && terms.n < WEFT_MAX_TERMS);
    }
}

/* Every class says what it is, and its defaults lie within its bounds. */
static void test_classes_are_complete(void **state) {
    (void)state;
    for (int i = 0; i < N_CLASSES; i++) {
        const weft_part_class *class = CLASSES[i];
        assert_ptr_equal(weft_part_class_find(class->name), class);
        assert_true(class->text[0] != '\0' && class->equation[0] != '\0');
        assert_true(class->source[0] != '\0' && class->n_fields <= WEFT_PART_MAX_FIELDS);
        for (int f = 0; f < class->n_fields; f++) {
            const weft_part_field *field = &class->fields[f];
            assert_true(field->least <= field->low && field->low <= field->high &&
                        field->high <= field->most);
            if (!isnan(field->fallback)) {
                assert_true(field->fallback >= field->least && field->fallback <= field->most);
            }
        }
    }
}

/* The reference names every class and every field. */
static void test_the_reference_names_every_field(void **state) {
    (void)state;
    FILE *file = fopen("docs/reference/parts-array.md", "rb");
    assert_non_null(file);
    static char text[1 << 17];
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert_true(n > 0 && n < sizeof text - 1);
    for (int i = 0; i < N_CLASSES; i++) {
        const weft_part_class *class = CLASSES[i];
        if (strstr(text, class->name) == NULL) {
            fail_msg("docs/reference/parts-array.md lacks %s", class->name);
        }
        for (int f = 0; f < class->n_fields; f++) {
            char name[64];
            snprintf(name, sizeof name, "| `%s` |", class->fields[f].name);
            if (strstr(text, name) == NULL) {
                fail_msg("docs/reference/parts-array.md lacks the field %s", name);
            }
        }
    }
}

/* ---- physics ------------------------------------------------------------------------------------- */

/* A part within its valid ranges, at a supply that its node allows. */
static part usual_part(weft_rng *rng, const char *name) {
    part p = part_of(name);
    for (int i = 0; i < p.class->n_fields; i++) {
        const weft_part_field *field = &p.class->fields[i];
        double value = between(rng, field->low, field->high);
        p.values[i] = field->words != NULL ? floor(value + 0.5) : value;
        if (field->dimension == WEFT_DIMENSION_NONE && field->words == NULL && field->least >= 1) {
            p.values[i] = fmax(floor(p.values[i]), 1);
        }
    }
    weft_device device = (weft_device)p.values[WEFT_CMOS_DEVICE];
    weft_supply_window window = weft_supply_legal(device, p.values[WEFT_CMOS_NODE]);
    p.values[WEFT_CMOS_VOLTAGE] = between(rng, window.low + 0.05, window.high);
    set(&p, "capacitance_add", 0);
    return p;
}

static double value_of(const part *p, const char *name) {
    return p->values[field_of(p, name)];
}

static double read_energy(const part *p) {
    weft_part_price price = price_of(p);
    double sum = 0;
    for (int i = 0; i < WEFT_STATISTIC_COUNT; i++) {
        sum += price.read_j[i];
    }
    return sum;
}

static double area(const part *p) {
    return price_of(p).area_m2;
}

static double leakage(const part *p) {
    return price_of(p).leak_w;
}

static double read_time(const part *p) {
    return price_of(p).read_s;
}

/* More of a field gives more (sign 1) or less (-1) of a figure; `fixed` sets a choice before. */
typedef struct law {
    const char *class, *field;
    double factor;
    double (*figure)(const part *);
    int sign;
    const char *choice;
    double chosen;
} law;

static const law LAWS[] = {
    {"adder", "voltage", 1.1, read_energy, 1, NULL, 0},
    {"register", "voltage", 1.1, read_energy, 1, NULL, 0},
    {"shift-add", "voltage", 1.1, read_energy, 1, NULL, 0},
    {"adder-tree", "voltage", 1.1, read_energy, 1, NULL, 0},
    {"max-pool", "voltage", 1.1, read_energy, 1, NULL, 0},
    {"zero-comparator", "voltage", 1.1, read_energy, 1, NULL, 0},
    {"digital-cell", "voltage", 1.1, read_energy, 1, NULL, 0},
    {"capacitor-cell", "capacitance", 1.5, read_energy, 1, NULL, 0},
    {"capacitor-cell", "capacitance", 1.5, area, 1, NULL, 0},
    {"adder", "bits", 2, read_energy, 1, NULL, 0},
    {"adder", "bits", 2, area, 1, NULL, 0},
    {"adder", "bits", 2, read_time, 1, NULL, 0},
    {"adder", "voltage", 1.1, read_time, -1, NULL, 0},
    {"register", "bits", 2, leakage, 1, NULL, 0},
    {"adder-tree", "inputs", 2, read_energy, 1, NULL, 0},
    {"adder-tree", "inputs", 2, area, 1, NULL, 0},
    {"multiplexer", "inputs", 4, area, 1, NULL, 0},
    {"max-pool", "window", 2, read_energy, 1, NULL, 0},
    {"row-driver", "voltage", 1.1, read_energy, 1, "access", WEFT_ACCESS_CMOS},
    {"row-driver", "capacitance_scale", 2, read_energy, 1, NULL, 0},
    {"row-driver", "columns", 2, read_energy, 1, "access", WEFT_ACCESS_CMOS},
    {"row-driver", "columns", 2, read_time, 1, "access", WEFT_ACCESS_CMOS},
    {"row-driver", "rows", 2, leakage, 1, NULL, 0},
    {"row-driver", "rows", 2, area, 1, "access", WEFT_ACCESS_CMOS},
    {"switch-matrix", "columns", 2, area, 1, NULL, 0},
    {"switch-matrix", "columns", 2, leakage, 1, NULL, 0},
    {"bit-line", "rows", 2, read_energy, 1, NULL, 0},
    {"rram-cell", "read_voltage", 1.5, read_energy, 1, NULL, 0},
    {"rram-cell", "read_pulse", 1.5, read_energy, 1, NULL, 0},
    {"rram-cell", "rows", 2, read_energy, -1, NULL, 0},
    {"rram-cell", "resistance_on", 1.5, read_energy, -1, NULL, 0},
    {"rram-cell", "cell_area", 1.5, area, 1, NULL, 0},
    {"sram-cell", "cell_area", 1.5, area, 1, NULL, 0},
    {"sram-cell", "voltage", 1.1, leakage, 1, NULL, 0},
    {"sram-cell", "nmos_width", 1.5, leakage, 1, NULL, 0},
};

static void expect_law(const law *l, weft_rng *rng) {
    part p = usual_part(rng, l->class);
    if (l->choice != NULL) {
        set(&p, "cell_kind", 0);
        set(&p, l->choice, l->chosen);
    }
    part more = p;
    set(&more, l->field, value_of(&p, l->field) * l->factor);
    if (strcmp(l->field, "voltage") == 0 && value_of(&p, "voltage") == 0) {
        return;
    }
    double before = l->figure(&p);
    double after = l->figure(&more);
    if (l->sign > 0 ? after < before * (1 - 1e-12) : after > before * (1 + 1e-12)) {
        char text[2048];
        describe(&p, text, sizeof text);
        fail_msg("%s times %g takes a figure from %g to %g: %s", l->field, l->factor, before, after,
                 text);
    }
}

static void test_prices_follow_physics(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof LAWS / sizeof LAWS[0]; i++) {
        weft_rng rng = weft_rng_make(4, WEFT_PURPOSE_TEST, i);
        for (int round = 0; round < rounds(400); round++) {
            expect_law(&LAWS[i], &rng);
        }
    }
}

/* At one supply an older node takes more energy and area. High-performance transistors: the gates of
 * low-power ones have an eighth of their neighbours' capacitance at 90 nm in the published table.
 * Gates with fins have more capacitance than planar ones of 22 nm: planar and FinFET nodes apart. */
static void test_older_nodes_cost_more(void **state) {
    (void)state;
    static const char *const NAMES[] = {"adder", "register", "multiplexer", "max-pool",
                                        "digital-cell"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, i);
        part p = usual_part(&rng, NAMES[i]);
        set(&p, "voltage", 0.8);
        set(&p, "device", WEFT_DEVICE_HP);
        double energy = 0, size = 0;
        for (double nm = 7; nm <= 130; nm += 0.5) {
            set(&p, "node", nm * 1e-9);
            double e = read_energy(&p);
            double a = area(&p);
            bool change = nm > 14 && nm <= 22;
            if ((e <= energy && !change) || a <= size) {
                fail_msg("%s at %g nm: %g J after %g, %g m2 after %g", NAMES[i], nm, e, energy, a,
                         size);
            }
            energy = e;
            size = a;
        }
    }
}

static void test_between_nodes_prices_are_linear(void **state) {
    (void)state;
    part p = part_of("adder");
    set(&p, "bits", 8);
    set(&p, "node", 22e-9);
    double low = read_energy(&p);
    set(&p, "node", 32e-9);
    double high = read_energy(&p);
    set(&p, "node", 28e-9);
    assert_close(read_energy(&p) / (low + 0.6 * (high - low)), 1, 1e-9);
}

static void test_supplies_are_checked(void **state) {
    (void)state;
    part p = part_of("adder");
    set(&p, "bits", 8);
    set(&p, "node", 7e-9);
    set(&p, "voltage", 0.7);
    assert_string_equal(price_of(&p).warning, "");
    set(&p, "voltage", 0.44);
    assert_string_equal(price_of(&p).warning,
                        "0.44 V lies outside what 7 nm allows, 0.45 to 0.8 V");
    assert_string_equal(price_of(&p).infeasible, "");
    set(&p, "voltage", 0.4);
    assert_string_equal(price_of(&p).infeasible,
                        "0.4 V is not above the threshold voltage at 7 nm, 0.403 V");
    set(&p, "voltage", 0);
    assert_string_equal(price_of(&p).infeasible, "");
}

/* T. Sakurai, A. R. Newton: delay ~ V / (V - Vth)^alpha. */
static void test_supply_laws(void **state) {
    (void)state;
    assert_close(weft_supply_energy(1, 0.8), 0.64, 1e-12);
    assert_close(weft_supply_delay(1, 1, 0.4, WEFT_SUPPLY_ALPHA), 1, 1e-12);
    assert_close(weft_supply_delay(1, 0.7, 0.4, 2), 0.7 * 4, 1e-9);
    assert_true(isinf(weft_supply_delay(1, 0.4, 0.4, WEFT_SUPPLY_ALPHA)));
}

/* A. Stillmaker, B. Baas, Integration 58 (2017) 74, at 0.8 V. */
static void test_node_scales(void **state) {
    (void)state;
    double at65 = (3.755 * 0.8 - 4.398) * 0.8 + 1.975;
    double at32 = (0.9559 * 0.8 - 0.7823) * 0.8 + 0.471;
    assert_close(weft_node_energy_scale(65e-9, 32e-9), at32 / at65, 1e-12);
    assert_close(weft_node_area_scale(65e-9, 32e-9), 0.31, 1e-12);
    assert_close(weft_node_area_scale(130e-9, 7e-9), 0.0092, 1e-12);
    assert_close(weft_node_area_scale(65e-9, 38.5e-9), (0.66 + 0.31) / 2, 1e-12);
    assert_close(weft_node_energy_scale(180e-9, 130e-9), 130.0 / 180, 1e-12);
    assert_close(weft_node_area_scale(180e-9, 130e-9), 130.0 / 180 * 130 / 180, 1e-12);
    assert_close(weft_node_energy_scale_with(7e-9, 5e-9, WEFT_NODE_BEYOND_FLAT), sqrt(5.0 / 7),
                 1e-12);
    assert_close(weft_node_area_scale_with(7e-9, 5e-9, WEFT_NODE_BEYOND_FLAT), 5.0 / 7, 1e-12);
    for (double nm = 3; nm < 250; nm += 0.25) {
        assert_true(weft_node_energy_scale(nm * 1e-9, (nm + 0.25) * 1e-9) > 1);
        assert_true(weft_node_area_scale(nm * 1e-9, 45e-9) > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prices_are_finite_and_not_negative),
        cmocka_unit_test(test_classes_are_complete),
        cmocka_unit_test(test_the_reference_names_every_field),
        cmocka_unit_test(test_prices_follow_physics),
        cmocka_unit_test(test_older_nodes_cost_more),
        cmocka_unit_test(test_between_nodes_prices_are_linear),
        cmocka_unit_test(test_supplies_are_checked),
        cmocka_unit_test(test_supply_laws),
        cmocka_unit_test(test_node_scales),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
