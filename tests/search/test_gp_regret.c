/* SPDX-License-Identifier: Apache-2.0
 * How near Gaussian processes come to known minima, against random search and TPE. */
#include "search/gp_support.h"

enum { SEEDS = 5, TRIALS = 60 };

/* The median over the seeds of the best value found. */
static double median_regret(const toy *of, const char *name) {
    weft_optimizer_settings settings;
    weft_outcome outcomes[TRIALS];
    double regrets[SEEDS];
    weft_optimizer_defaults(&settings);
    settings.name = name;
    settings.startup_trials = 10;
    for (int seed = 0; seed < SEEDS; seed++) {
        settings.seed = (uint64_t)seed + 1;
        search_toy(of, &settings, TRIALS, 1, outcomes, NULL);
        regrets[seed] = least(outcomes, TRIALS);
    }
    return median_of(regrets, SEEDS);
}

static void check_regret(const char *what, const toy *of, double most, double times) {
    double gp = median_regret(of, "gp");
    double tpe = median_regret(of, "tpe");
    double random = median_regret(of, "random");
    printf("%s: gp %g, tpe %g, random %g\n", what, gp, tpe, random);
    assert_true(gp < most && times * gp < tpe && times * gp < random);
}

static void test_branin(void **state) {
    (void)state;
    toy of = branin_toy();
    check_regret("branin", &of, 0.02, 20.0);
}

static void test_hartmann(void **state) {
    (void)state;
    toy of = hartmann_toy();
    check_regret("hartmann", &of, 0.25, 2.0);
}

static void test_ackley(void **state) {
    (void)state;
    toy of = ackley_toy();
    check_regret("ackley", &of, 0.5, 2.0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_branin),
        cmocka_unit_test(test_hartmann),
        cmocka_unit_test(test_ackley),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
