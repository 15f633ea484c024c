/* SPDX-License-Identifier: Apache-2.0
 * The page, from made-up studies of any size. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fixture.h"
#include "report/page.h"
#include "wellformed.h"

static weft_chip *chip;

static int read_chip(void **state) {
    (void)state;
    weft_error error;
    if (weft_chip_read("mnsim-130nm-rram", &chip, &error) != WEFT_OK) {
        print_message("%s\n", error.message);
        return -1;
    }
    return 0;
}

static int drop_chip(void **state) {
    (void)state;
    weft_chip_destroy(chip);
    return 0;
}

static void make(fixture *made, int n, bool trains) {
    fixture_make(made, n, trains);
    made->summary.chip = chip;
}

static char *page_of(const weft_summary *summary) {
    weft_markup html = {0};
    weft_error error;
    assert_int_equal(weft_page_write(summary, &html, &error), WEFT_OK);
    wellformed check;
    const char *fault = wellformed_check(&check, html.text);
    if (fault[0] != '\0') {
        fail_msg("%s", fault);
    }
    return html.text;
}

/* Nothing is fetched: no address of another place, no file beside the page. */
static void assert_self_contained(const char *html) {
    const char *p = html;
    while ((p = strstr(p, "http")) != NULL) {
        /* the name space of SVG is a name; nothing is fetched from it */
        assert_memory_equal(p, "http://www.w3.org/2000/svg\"", 27);
        p += 4;
    }
    static const char *const never[] = {"src=",  "<link",   "@import", "url(",
                                        "href=", "<iframe", "<image",  "fetch("};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        assert_null(strstr(html, never[i]));
    }
}

static void pages_of_any_size_are_whole(void **state) {
    (void)state;
    const int sizes[] = {0, 1, 2, 8, 240, 2500};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (int trains = 0; trains < 2; trains++) {
            fixture made;
            make(&made, sizes[s], trains);
            char *html = page_of(&made.summary);
            assert_self_contained(html);
            assert_non_null(strstr(html, "fashion-imc"));
            assert_int_equal(count_text(html, "<svg "), sizes[s] == 0 ? 0 : 5);
            if (sizes[s] == 0) {
                assert_non_null(strstr(html, "no finished trial"));
            }
            /* each figure has its table and its words */
            assert_int_equal(count_text(html, "<figure>"), count_text(html, "<svg "));
            assert_int_equal(count_text(html, "role=\"img\""), count_text(html, "<svg "));
            free(html);
            fixture_free(&made);
        }
    }
}

static void the_same_study_gives_the_same_bytes(void **state) {
    (void)state;
    fixture a, b;
    make(&a, 60, true);
    make(&b, 60, true);
    char *first = page_of(&a.summary), *second = page_of(&b.summary);
    assert_string_equal(first, second);
    free(first);
    free(second);
    fixture_free(&a);
    fixture_free(&b);
}

static void names_from_outside_are_escaped(void **state) {
    (void)state;
    fixture made;
    make(&made, 40, true);
    static const char evil[] = "</title><script>alert('1')</script>&\"\xff";
    snprintf(made.info.name, sizeof made.info.name, "%s", evil);
    snprintf(made.info.space, sizeof made.info.space, "%s", evil);
    snprintf(made.info.chip, sizeof made.info.chip, "%s", evil);
    snprintf(made.origin.machine, sizeof made.origin.machine, "%s", evil);
    made.info.accuracy.data = evil;
    made.info.n_constraints = 1;
    snprintf(made.info.constraints[0], sizeof made.info.constraints[0], "area <= 3 & %s", evil);
    for (int i = 0; i < 40; i++) {
        snprintf(made.storage[i].description, WEFT_TRIAL_TEXT, "%s,%d", evil, i);
        snprintf(made.storage[i].reason, WEFT_TRIAL_TEXT, "%s", i % 11 == 7 ? evil : "");
    }
    snprintf(made.layers[0].name, sizeof made.layers[0].name, "<i>1>2&");
    snprintf(made.summary.picks[0].objective, WEFT_EXPRESSION, "a < b & %s", evil);
    char *html = page_of(&made.summary);
    assert_int_equal(count_text(html, "<script>"), 1); /* its own */
    assert_null(strstr(html, "alert('1')"));
    free(html);
    fixture_free(&made);
}

static void the_page_says_what_the_study_says(void **state) {
    (void)state;
    fixture made;
    make(&made, 240, true);
    char *html = page_of(&made.summary), text[256];
    assert_non_null(strstr(html, ">hypervolume (of 1.21)<"));
    weft_summary *summary = &made.summary;
    snprintf(text, sizeof text, "%zu ok, %zu infeasible, %zu failed", summary->ok,
             summary->infeasible, summary->failed);
    assert_non_null(strstr(html, text));
    assert_non_null(
        strstr(html, "weft search problem.yaml --store again.db --seed 7 --trials 240"));
    assert_non_null(strstr(html, "needs 1032 crossbars, and the chip has 1024"));
    snprintf(text, sizeof text, "data-v=\"%.9g\"",
             summary->trials[summary->front[0]]->metrics[WEFT_METRIC_ENERGY]);
    assert_non_null(strstr(html, text));
    /* the part that takes most energy, worked out here */
    int first = 0;
    for (int c = 1; c < made.cost.n_parts; c++) {
        first = made.cost.energy_by[c] > made.cost.energy_by[first] ? c : first;
    }
    snprintf(text, sizeof text, "%.1f %% of the energy goes to %s",
             100.0 * made.cost.energy_by[first] / made.cost.total.energy_j,
             made.cost.parts[first].text);
    assert_non_null(strstr(html, text));
    /* reasons of one kind are one row */
    snprintf(text, sizeof text, "<td class=\"n\">%zu</td><td>infeasible</td>", summary->infeasible);
    assert_int_equal(count_text(html, text), 1);
    free(html);
    fixture_free(&made);

    make(&made, 3, true);
    static const char *const reasons[] = {"breaks 'macs <= 12e6' by 350 %",
                                          "breaks 'macs <= 12e6' by 73.4 %",
                                          "breaks 'macs <= 12e6' by 1.2e+03 %"};
    for (int i = 0; i < 3; i++) {
        made.storage[i].state = WEFT_TRIAL_INFEASIBLE;
        snprintf(made.storage[i].reason, WEFT_TRIAL_TEXT, "%s", reasons[i]);
    }
    made.summary.ok = 0;
    made.summary.infeasible = 3;
    html = page_of(&made.summary);
    assert_non_null(strstr(html, "<td class=\"n\">3</td><td>infeasible</td>"));
    free(html);
    fixture_free(&made);
}

static void odd_studies_have_a_page(void **state) {
    (void)state;
    fixture made;
    /* a score instead of objectives */
    make(&made, 30, true);
    made.info.n_objectives = 1;
    snprintf(made.info.score, sizeof made.info.score, "accuracy / energy");
    for (int i = 0; i < 30; i++) {
        made.storage[i].score = made.storage[i].metrics[WEFT_METRIC_ACCURACY] /
                                made.storage[i].metrics[WEFT_METRIC_ENERGY];
        made.summary.curve[i] = 1e-7 * i;
    }
    made.summary.n_front = 1;
    char *html = page_of(&made.summary);
    assert_non_null(strstr(html, ">best score (10⁻⁶)<"));
    assert_non_null(strstr(html, "The score is accuracy / energy, with energy in J"));
    assert_non_null(strstr(html, "Best score over trials"));
    assert_non_null(strstr(html, "highest accuracy / energy"));
    free(html);
    fixture_free(&made);

    /* a single objective with a unit */
    make(&made, 30, false);
    made.info.n_objectives = 1;
    html = page_of(&made.summary);
    assert_non_null(strstr(html, "Best value over trials"));
    free(html);
    fixture_free(&made);

    /* nothing feasible */
    make(&made, 12, true);
    for (int i = 0; i < 12; i++) {
        made.storage[i].state = WEFT_TRIAL_INFEASIBLE;
        snprintf(made.storage[i].reason, WEFT_TRIAL_TEXT, "does not fit");
        made.summary.curve[i] = NAN;
    }
    made.summary.ok = made.summary.n_front = made.summary.fronts[0].n = 0;
    made.summary.fronts[1].n = 0;
    made.summary.n_picks = 0;
    made.summary.knee = made.summary.chosen = -1;
    made.network.cost = NULL;
    html = page_of(&made.summary);
    assert_non_null(strstr(html, "No design was feasible"));
    free(html);
    fixture_free(&made);

    /* a chosen design that does not fit the chip, and four objectives without a volume */
    make(&made, 12, true);
    made.network.cost = NULL;
    snprintf(made.network.problem, sizeof made.network.problem, "needs 3 > 2 tiles");
    made.info.n_objectives = 4;
    made.info.objectives[2] = WEFT_METRIC_AREA;
    made.info.objectives[3] = WEFT_METRIC_LATENCY;
    for (int i = 0; i < 12; i++) {
        made.summary.curve[i] = NAN;
    }
    html = page_of(&made.summary);
    assert_non_null(strstr(html, "needs 3 &gt; 2 tiles"));
    assert_non_null(strstr(html, "no feasible trial"));
    free(html);
    fixture_free(&made);
}

/* An accuracy that a predictor says is not one that was measured, and a study in stages has them. */
static void the_page_tells_where_accuracies_come_from(void **state) {
    (void)state;
    fixture made;
    make(&made, 40, true);
    weft_problem_info *info = &made.info;
    info->accuracy.provider = "mlp";
    info->accuracy.file = "somebody's <predictor>";
    info->accuracy.penalty = "low-bits";
    info->n_stages = 2;
    snprintf(info->stages[0].name, sizeof info->stages[0].name, "network");
    snprintf(info->stages[0].score, sizeof info->stages[0].score, "accuracy");
    info->stages[0].maximise = true;
    info->stages[0].trials = 20;
    info->stages[0].free.n = 1;
    snprintf(info->stages[0].free.text[0], WEFT_GENE_NAME, "kernel*");
    snprintf(info->stages[1].name, sizeof info->stages[1].name, "chip");
    for (int i = 20; i < 40; i++) {
        made.storage[i].stage = 1;
    }
    snprintf(info->accounting, sizeof info->accounting, "cimnas-2025");
    info->n_faults = 2;
    info->faults[0] = (weft_fault_info){"raw-cells", "", true};
    info->faults[1] = (weft_fault_info){"free-cycle", "", false};
    char *html = page_of(&made.summary);
    assert_non_null(strstr(html, "predicted by somebody&#39;s &lt;predictor&gt; (mlp) less the "
                                 "penalty low-bits"));
    assert_non_null(strstr(html, "predicted accuracy"));
    assert_null(strstr(html, "validation"));
    assert_null(strstr(html, "trained on"));
    assert_non_null(strstr(html, "counted cimnas-2025, faults on: raw-cells."));
    assert_non_null(strstr(html, "network: 20 trials of kernel*; highest accuracy"));
    assert_non_null(strstr(html, "<td>chip</td>"));
    free(html);
    fixture_free(&made);
}

/* Names of a hundred genes are cut, whatever their letters. */
static void long_names_are_cut(void **state) {
    (void)state;
    char text[WEFT_TRIAL_TEXT], name[WEFT_TRIAL_TEXT];
    assert_string_equal(weft_page_short("V32,R64", text, sizeof text), "V32,R64");
    for (size_t length = 38; length < WEFT_TRIAL_TEXT - 2; length++) {
        for (size_t i = 0; i < length; i++) { /* two bytes each */
            name[i] = i % 2 == 0 ? '\xc3' : '\xa9';
        }
        name[length - length % 2] = '\0';
        weft_page_short(name, text, sizeof text);
        assert_true(strlen(text) <= 46);
        for (const char *at = text; *at != '\0'; at += weft_text_character(at)) {
            assert_true(weft_text_character(at) > 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_any_size_are_whole),
        cmocka_unit_test(the_same_study_gives_the_same_bytes),
        cmocka_unit_test(names_from_outside_are_escaped),
        cmocka_unit_test(the_page_says_what_the_study_says),
        cmocka_unit_test(odd_studies_have_a_page),
        cmocka_unit_test(the_page_tells_where_accuracies_come_from),
        cmocka_unit_test(long_names_are_cut),
    };
    return cmocka_run_group_tests_name("report: page", tests, read_chip, drop_chip);
}
