/* SPDX-License-Identifier: Apache-2.0
 * Digital parts against the reference estimator: NeuroSim V1.3 in
 * accelergy-neurosim-plug-in@bf874bc, with its low-power transistors. */
#include "hardware/golden_table.h"
#include "hardware/part_support.h"

#define GOLDEN "../shared/golden/reference/component_neurosim_digital.csv"

/* Its name there, ours, and the field that the column `aux` gives. */
static const struct {
    const char *theirs, *class, *field;
} NAMES[] = {
    {"intadder", "adder", NULL},
    {"shift_add", "shift-add", "shift_bits"},
    {"adder_tree", "adder-tree", "inputs"},
    {"mux", "multiplexer", "inputs"},
    {"flip_flop", "register", NULL},
    {"max_pool", "max-pool", "window"},
};
enum { N_NAMES = sizeof NAMES / sizeof NAMES[0] };

static part part_at(const table *t, int row, int name) {
    part p = part_of(NAMES[name].class);
    set(&p, "device", 1);
    set(&p, "bits", table_real(t, row, "n_bits"));
    set(&p, "node", table_real(t, row, "technology_nm") * 1e-9);
    set(&p, "voltage", table_real(t, row, "voltage_V"));
    const char *aux = strchr(table_text(t, row, "aux"), '=');
    if (NAMES[name].field != NULL) {
        set(&p, NAMES[name].field, aux != NULL ? strtod(aux + 1, NULL) : NAN);
    }
    return p;
}

static errors ENERGY[N_NAMES], AREA[N_NAMES], LEAK[N_NAMES];

static void check(errors *e, const table *t, const char *what) {
    double median = errors_median(e);
    int w = e->worst_row;
    print_message("%-22s n %4d  median %.2e  worst %.2e  (%s %s bits %s, %s nm, %s V)\n", what,
                  e->n, median, e->worst, table_text(t, w, "component"), table_text(t, w, "n_bits"),
                  table_text(t, w, "aux"), table_text(t, w, "technology_nm"),
                  table_text(t, w, "voltage_V"));
    if (median > 0.02 || e->worst > 0.10) {
        fail_msg("%s: median %g, worst %g", what, median, e->worst);
    }
}

static void test_digital_parts_equal_the_reference(void **state) {
    (void)state;
    table t;
    if (!table_read(GOLDEN, &t)) {
        print_message("skipped: " GOLDEN " is not here\n");
        skip();
    }
    for (int row = 0; row < t.n_rows; row++) {
        for (int i = 0; i < N_NAMES; i++) {
            if (strcmp(table_text(&t, row, "component"), NAMES[i].theirs) != 0) {
                continue;
            }
            part p = part_at(&t, row, i);
            weft_part_price price = price_of(&p);
            errors_add(&ENERGY[i], row, price.read_j[WEFT_STATISTIC_ONE] * 1e12,
                       table_real(&t, row, "energy_pJ"));
            errors_add(&AREA[i], row, price.area_m2 * 1e12, table_real(&t, row, "area_um2"));
            errors_add(&LEAK[i], row, price.leak_w * 1e12, table_real(&t, row, "leak_pW"));
        }
    }
    for (int i = 0; i < N_NAMES; i++) {
        char what[64];
        snprintf(what, sizeof what, "%s energy", NAMES[i].class);
        check(&ENERGY[i], &t, what);
        snprintf(what, sizeof what, "%s area", NAMES[i].class);
        check(&AREA[i], &t, what);
        snprintf(what, sizeof what, "%s leakage", NAMES[i].class);
        check(&LEAK[i], &t, what);
    }
    table_free(&t);
}

/* Figures of the reference that are kept here: nominal supply, pJ, um2, pW. */
static const struct {
    const char *class;
    double bits;
    const char *field;
    double value, node;
    double energy, area, leak;
} SPOTS[] = {
    {"adder", 8, NULL, 0, 32, 0.016304, 23.534, 1785.18},
    {"adder", 8, NULL, 0, 7, 0.00234722, 1.57067, 537.299},
    {"shift-add", 16, "shift_bits", 16, 65, 0.760111, 539.448, 28602.5},
    {"shift-add", 16, "shift_bits", 16, 14, 0.0818792, 34.9037, 8644.67},
    {"register", 8, NULL, 0, 130, 0.569648, 345.247, 11325.3},
    {"register", 8, NULL, 0, 32, 0.0381627, 20.9191, 1928.07},
    {"multiplexer", 8, "inputs", 16, 45, 0.00772005, 127.189, 3341.76},
    {"multiplexer", 8, "inputs", 16, 7, 0.000917438, 4.09844, 970.223},
    {"max-pool", 8, "window", 2, 22, 0.00154615, 19.5691, 19.5415},
    {"max-pool", 8, "window", 2, 90, 0.0143656, 430.92, 113.075},
    {"adder-tree", 8, "inputs", 16, 32, 0.297102, 429.495, 32579.6},
    {"adder-tree", 8, "inputs", 16, 14, 0.10729, 114.659, 16936.3},
};

static void test_spot_values(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof SPOTS / sizeof SPOTS[0]; i++) {
        part p = part_of(SPOTS[i].class);
        set(&p, "bits", SPOTS[i].bits);
        set(&p, "node", SPOTS[i].node * 1e-9);
        if (SPOTS[i].field != NULL) {
            set(&p, SPOTS[i].field, SPOTS[i].value);
        }
        weft_part_price price = price_of(&p);
        assert_close(price.read_j[WEFT_STATISTIC_ONE] * 1e12 / SPOTS[i].energy, 1, 1e-5);
        assert_close(price.area_m2 * 1e12 / SPOTS[i].area, 1, 1e-5);
        assert_close(price.leak_w * 1e12 / SPOTS[i].leak, 1, 1e-5);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digital_parts_equal_the_reference),
        cmocka_unit_test(test_spot_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
