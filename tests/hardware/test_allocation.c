/* SPDX-License-Identifier: Apache-2.0
 *
 * The hot loop allocates nothing: every allocation of this program is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/weft.h>

static long n_allocations;

/* A sanitizer has an allocator of its own, which must not be replaced. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define COUNTS false
#else
#define COUNTS true
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

static weft_priced *priced_of(const char *name, const char *rows) {
    weft_error error;
    weft_chip *chip = NULL;
    weft_priced *priced = NULL;
    assert_int_equal(weft_chip_read(name, &chip, &error), WEFT_OK);
    if (rows != NULL) {
        assert_int_equal(weft_chip_set(chip, "rows", rows, &error), WEFT_OK);
    }
    assert_int_equal(weft_priced_create(chip, &priced, &error), WEFT_OK);
    weft_chip_destroy(chip);
    return priced;
}

static void count_estimates(const char *chip, bool structures, const char *network_text) {
    static const char *const ROWS[] = {"128", "64", "256"};
    weft_error error;
    weft_network *network = NULL;
    weft_workload *workload = NULL;
    weft_priced *priced[3];
    weft_total total;
    for (int i = 0; i < 3; i++) {
        priced[i] = priced_of(chip, structures ? ROWS[i] : NULL);
    }
    assert_int_equal(weft_network_read(network_text, &network, &error), WEFT_OK);
    assert_int_equal(weft_workload_create(network, &workload, &error), WEFT_OK);
    long before = n_allocations;
    double energy = 0;
    for (int i = 0; i < 300; i++) {
        weft_status status = weft_estimate(priced[i % 3], workload, &total, &error);
        energy += status == WEFT_OK ? total.energy_j : 0;
    }
    long after = n_allocations;
    assert_int_equal(after - before, 0);
    assert_true(energy > 0);
    for (int i = 0; i < 3; i++) {
        weft_priced_destroy(priced[i]);
    }
    weft_workload_destroy(workload);
    weft_network_destroy(network);
}

static void estimates_allocate_nothing(void **state) {
    (void)state;
    if (!COUNTS) {
        print_message("skipped: the sanitizer has its own allocator\n");
        skip();
    }
    long before = n_allocations;
    free(malloc(1)); /* the counter counts */
    assert_true(n_allocations > before);
    count_estimates("generic-rram", true, "resnet18");
    count_estimates("generic-sram", true, "mobilenetv2");
    count_estimates("neurosim-32nm-rram", true, "resnet18");
    count_estimates("isaac", true, "resnet18");
    count_estimates("mnsim-130nm-rram", false, "imc:R32,V64,R64,V128");
}

/* Turning knobs, filling a workload with networks that differ, and building these in one network. */
static void turns_and_assignments_allocate_nothing(void **state) {
    (void)state;
    if (!COUNTS) {
        print_message("skipped: the sanitizer has its own allocator\n");
        skip();
    }
    static const char *const PATHS[] = {"rows", "voltage", "columns"};
    weft_error error;
    weft_chip *chip = NULL;
    weft_priced *priced = priced_of("neurosim-32nm-rram", NULL);
    weft_network *networks[3] = {NULL};
    weft_network *built = NULL;
    weft_workload *workload = NULL;
    weft_knob knobs[3];
    long before = 0;
    double energy = 0;
    assert_int_equal(weft_chip_read("neurosim-32nm-rram", &chip, &error), WEFT_OK);
    for (int i = 0; i < 3; i++) {
        static const char *const NAMES[] = {"mobilenetv2", "resnet18", "vgg8"};
        assert_int_equal(weft_chip_knob(chip, PATHS[i], "", &knobs[i], &error), WEFT_OK);
        assert_int_equal(weft_network_read(NAMES[i], &networks[i], &error), WEFT_OK);
    }
    assert_int_equal(weft_workload_create(networks[0], &workload, &error), WEFT_OK);
    assert_int_equal(weft_network_create("built", (weft_shape){3, 8, 8}, &built, &error), WEFT_OK);
    for (int i = 0; i < 300; i++) {
        const double values[3] = {32 * (1 + i % 5), 0.8 + 0.01 * (i % 7), 32 * (1 + i % 3)};
        weft_total total;
        before = i == 30 ? n_allocations : before;
        assert_int_equal(weft_priced_turn(priced, knobs, values, 3, &error), WEFT_OK);
        assert_int_equal(weft_workload_assign(workload, networks[i % 3], -1, &error), WEFT_OK);
        weft_status status = weft_estimate(priced, workload, &total, &error);
        energy += status == WEFT_OK ? total.energy_j : 0;
        assert_int_equal(weft_network_clear(built, "built", (weft_shape){3, 8, 8}, &error),
                         WEFT_OK);
        for (int32_t l = 0; l < 100; l++) {
            weft_layer layer = {.op = WEFT_OP_RELU, .input = &l, .n_inputs = 1};
            int32_t at = 0;
            assert_int_equal(weft_network_add(built, &layer, &at, &error), WEFT_OK);
        }
    }
    assert_int_equal(n_allocations - before, 0);
    assert_true(energy > 0);
    for (int i = 0; i < 3; i++) {
        weft_network_destroy(networks[i]);
    }
    weft_network_destroy(built);
    weft_workload_destroy(workload);
    weft_priced_destroy(priced);
    weft_chip_destroy(chip);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(estimates_allocate_nothing),
                                       cmocka_unit_test(turns_and_assignments_allocate_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
