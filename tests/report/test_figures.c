/* SPDX-License-Identifier: Apache-2.0
 *
 * The figures: well formed, one mark for each point, marks where the axes say that the data are.
 * The positions are checked from the SVG alone: its tick labels give the scale. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fixture.h"
#include "painted.h"
#include "report/figure.h"
#include "wellformed.h"

static const weft_svg_head head = {
    .id = "f", .standalone = true, .title = "A <figure> & its title", .detail = "\"detail\""};

static void assert_well(const weft_markup *svg) {
    wellformed check;
    const char *fault = wellformed_check(&check, svg->text);
    if (fault[0] != '\0') {
        fail_msg("%s", fault);
    }
    fault = strstr(svg->text, "<style>") != NULL ? painted_check(svg->text) : "";
    if (fault[0] != '\0') {
        fail_msg("%s", fault);
    }
    assert_null(strstr(svg->text, "nan"));
    assert_null(strstr(svg->text, "inf "));
    assert_int_equal(strlen(svg->text), svg->length);
}

/* The number after `name="` in a tag. */
static double attribute(const char *tag, const char *name) {
    char pattern[32];
    snprintf(pattern, sizeof pattern, " %s=\"", name);
    const char *at = strstr(tag, pattern);
    assert_non_null(at);
    return strtod(at + strlen(pattern), NULL);
}

/* Ticks read back from the labels below the x axis (centred) or left of the y axis (right-aligned):
 * positions and what they show. */
typedef struct scale {
    double at[64], shown[64];
    int n;
} scale;

static scale read_scale(const char *svg, bool x_axis) {
    scale read = {0};
    const char *end = strstr(svg, "</g>"); /* of the axes */
    assert_non_null(end);
    for (const char *p = svg; (p = strstr(p, "<text ")) != NULL && p < end; p++) {
        const char *close = strchr(p, '>');
        bool middle = strstr(p, "\"middle\"") != NULL && strstr(p, "\"middle\"") < close;
        bool strong = strstr(p, "\"strong\"") != NULL && strstr(p, "\"strong\"") < close;
        if (strong || middle != x_axis) {
            continue;
        }
        /* y labels stand 0.36 of 12 units below their line */
        read.at[read.n] = x_axis ? attribute(p, "x") : attribute(p, "y") - 0.36 * 12.0;
        read.shown[read.n++] = strtod(close + 1, NULL);
    }
    return read;
}

/* Where a value (in the axis' unit) should be, from the outermost ticks. */
static double expected_place(const scale *read, double value, bool log) {
    int last = read->n - 1;
    double a = read->shown[0], b = read->shown[last];
    double share = log ? log10(value / a) / log10(b / a) : (value - a) / (b - a);
    return read->at[0] + share * (read->at[last] - read->at[0]);
}

static const char *find_mark(const char *svg, const char *mark, uint64_t trial) {
    char pattern[64];
    snprintf(pattern, sizeof pattern, "data-trial=\"%llu\"", (unsigned long long)trial);
    for (const char *p = svg; (p = strstr(p, pattern)) != NULL; p++) {
        const char *tag = p;
        while (*tag != '<') {
            tag--;
        }
        if (strncmp(strstr(tag, "class=\"") + 7, mark, strlen(mark)) == 0) {
            return tag;
        }
    }
    return NULL;
}

/* The points of the fixture's first front, as the page would make them. */
static size_t points_of(const fixture *made, const weft_summary_front *front,
                        weft_figure_point *points) {
    size_t n = 0;
    for (size_t i = 0; i < made->summary.n_trials; i++) {
        const weft_trial *trial = made->summary.trials[i];
        if (trial->state != WEFT_TRIAL_OK) {
            continue;
        }
        points[n] = (weft_figure_point){.x = trial->metrics[front->x],
                                        .y = trial->metrics[front->y],
                                        .test = trial->test_accuracy,
                                        .trial = trial->number,
                                        .label = trial->description};
        for (size_t k = 0; k < front->n; k++) {
            points[n].front = points[n].front || front->trials[k] == i;
        }
        n++;
    }
    return n;
}

static void check_positions(const weft_markup *svg, const weft_figure_point *points, size_t n,
                            double x_unit, double y_unit) {
    scale x = read_scale(svg->text, true), y = read_scale(svg->text, false);
    assert_true(x.n >= 2 && y.n >= 2);
    bool x_log = strstr(svg->text, "log scale") != NULL;
    for (size_t i = 0; i < n; i++) {
        const char *tag =
            find_mark(svg->text, points[i].front ? "front" : "trial", points[i].trial);
        assert_non_null(tag);
        double at_x = expected_place(&x, points[i].x / x_unit, x_log);
        double at_y = expected_place(&y, points[i].y / y_unit, false);
        assert_true(fabs(attribute(tag, "cx") - at_x) < 0.3);
        assert_true(fabs(attribute(tag, "cy") - at_y) < 0.3);
        if (isfinite(points[i].test)) {
            const char *diamond = find_mark(svg->text, "test", points[i].trial);
            assert_non_null(diamond);
            double top = strtod(strchr(strstr(diamond, " d=\"M"), ' ') + 5, NULL);
            assert_true(fabs(top - at_x) < 0.3); /* above its own design */
        }
    }
}

static void a_front_shows_every_design_where_it_is(void **state) {
    (void)state;
    const int sizes[] = {1, 2, 3, 30, 240, 1000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        fixture made;
        fixture_make(&made, sizes[s], true);
        weft_figure_point *points = calloc((size_t)sizes[s], sizeof *points);
        size_t n = points_of(&made, &made.summary.fronts[0], points);
        weft_figure_scatter figure = {.head = head,
                                      .x = WEFT_METRIC_ENERGY,
                                      .y = WEFT_METRIC_ACCURACY,
                                      .y_maximise = true,
                                      .points = points,
                                      .n = n,
                                      .front_word = "front"};
        weft_markup svg = {0};
        weft_error error;
        assert_int_equal(weft_figure_scatter_draw(&figure, &svg, &error), WEFT_OK);
        assert_well(&svg);
        size_t front = made.summary.fronts[0].n;
        assert_int_equal(count_text(svg.text, "<circle class=\"front\"") - 1, (int)front);
        assert_int_equal(count_text(svg.text, "data-trial="), (int)(n + front));
        assert_int_equal(count_text(svg.text, "<title>trial "), (int)(n + front));
        bool micro = strstr(svg.text, "energy (µJ") != NULL;
        check_positions(&svg, points, n, micro ? 1e-6 : 1e-3, 0.01);
        weft_markup_destroy(&svg);
        free(points);
        fixture_free(&made);
    }
}

static void odd_points_are_drawn_or_left_out(void **state) {
    (void)state;
    weft_figure_point points[6] = {
        {.x = NAN, .y = 0.5, .label = "no x"},
        {.x = 1e-3, .y = INFINITY, .label = "no y"},
        {.x = 1e-3, .y = 0.5, .label = "<b>&\"'", .front = true, .knee = true, .trial = 1},
        {.x = 1e-3, .y = 0.5, .label = "the same", .front = true, .trial = 2},
        {.x = 1e-3, .y = 0.5, .label = "the same", .trial = 3},
        {.x = 1e-3, .y = 0.5, .label = "\xff\xfe", .trial = 4},
    };
    for (int i = 0; i < 6; i++) {
        points[i].test = NAN;
    }
    char name[300];
    memset(name, 'V', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    points[2].label = name;
    weft_figure_scatter figure = {.head = head,
                                  .x = WEFT_METRIC_ENERGY,
                                  .y = WEFT_METRIC_ACCURACY,
                                  .y_maximise = true,
                                  .points = points,
                                  .n = 6,
                                  .front_word = "front"};
    weft_markup svg = {0};
    weft_error error;
    assert_int_equal(weft_figure_scatter_draw(&figure, &svg, &error), WEFT_OK);
    assert_well(&svg);
    assert_int_equal(count_text(svg.text, "data-trial="), 4);
    assert_null(strstr(svg.text, "no x"));
    weft_markup_destroy(&svg);

    points[2].label = "<b>&\"'";
    assert_int_equal(weft_figure_scatter_draw(&figure, &svg, &error), WEFT_OK);
    assert_well(&svg);
    assert_non_null(strstr(svg.text, "knee: &lt;b&gt;&amp;&quot;&#39;"));
    weft_markup_destroy(&svg);

    figure.n = 2; /* nothing that can be drawn */
    assert_int_equal(weft_figure_scatter_draw(&figure, &svg, &error), WEFT_OK);
    assert_well(&svg);
    assert_non_null(strstr(svg.text, "no feasible trial"));
    assert_int_equal(count_text(svg.text, "<circle"), 0);
    weft_markup_destroy(&svg);
}

static void very_many_trials_share_a_path(void **state) {
    (void)state;
    enum { N = WEFT_FIGURE_MARKS + 2 };
    weft_figure_point *points = calloc(N, sizeof *points);
    for (int i = 0; i < N; i++) {
        points[i] = (weft_figure_point){.x = 1.0 + i,
                                        .y = 0.5 - 1e-5 * i,
                                        .test = NAN,
                                        .front = i == 0,
                                        .trial = (uint64_t)i,
                                        .label = "V8"};
    }
    weft_figure_scatter figure = {.head = head,
                                  .x = WEFT_METRIC_AREA,
                                  .y = WEFT_METRIC_ACCURACY,
                                  .y_maximise = true,
                                  .points = points,
                                  .n = N,
                                  .front_word = "front"};
    weft_markup svg = {0};
    weft_error error;
    assert_int_equal(weft_figure_scatter_draw(&figure, &svg, &error), WEFT_OK);
    assert_well(&svg);
    assert_int_equal(count_text(svg.text, "h0"), N - 1);
    assert_int_equal(count_text(svg.text, "data-trial="), 1);
    weft_markup_destroy(&svg);
    free(points);
}

/* In each of the four directions the steps never pass through a point that is better than the two
 * that they join: the corner has the worse value of both. */
static void steps_turn_at_the_worse_corner(void **state) {
    (void)state;
    for (int direction = 0; direction < 4; direction++) {
        bool x_up = direction & 1, y_up = direction & 2;
        weft_figure_point points[2] = {
            {.x = 10.0, .y = x_up == y_up ? 20.0 : 10.0, .front = true, .label = "a", .test = NAN},
            {.x = 20.0, .y = x_up == y_up ? 10.0 : 20.0, .front = true, .label = "b", .test = NAN},
        };
        weft_figure_scatter figure = {.head = head,
                                      .x = WEFT_METRIC_AREA,
                                      .y = WEFT_METRIC_CROSSBARS,
                                      .x_maximise = x_up,
                                      .y_maximise = y_up,
                                      .points = points,
                                      .n = 2,
                                      .front_word = "front"};
        weft_markup svg = {0};
        weft_error error;
        assert_int_equal(weft_figure_scatter_draw(&figure, &svg, &error), WEFT_OK);
        const char *path = strstr(strstr(svg.text, "class=\"step\""), " d=\"M") + 5;
        char *end;
        double x0 = strtod(path, &end), y0 = strtod(end, &end);
        bool horizontal = *end == 'H';
        double first = strtod(end + 1, &end);
        double second = strtod(end + 1, &end);
        double corner_x = horizontal ? first : x0, corner_y = horizontal ? y0 : first;
        double x1 = horizontal ? first : second, y1 = horizontal ? second : first;
        /* on the canvas y grows downwards */
        assert_true(x_up ? corner_x <= fmin(x0, x1) : corner_x >= fmax(x0, x1));
        assert_true(y_up ? corner_y >= fmax(y0, y1) : corner_y <= fmin(y0, y1));
        weft_markup_destroy(&svg);
    }
}

static void a_line_marks_each_change(void **state) {
    (void)state;
    const double values[] = {NAN, NAN, 0.25, 0.25, 0.5, 0.5, 0.5, 0.75, 0.75};
    weft_figure_line figure = {.head = head,
                               .name = "hypervolume",
                               .unit = "",
                               .values = values,
                               .n = 9,
                               .scale = WEFT_SCALE_PLAIN,
                               .empty = "nothing"};
    weft_markup svg = {0};
    weft_error error;
    assert_int_equal(weft_figure_line_draw(&figure, &svg, &error), WEFT_OK);
    assert_well(&svg);
    assert_int_equal(count_text(svg.text, "<circle"), 3);
    assert_non_null(strstr(svg.text, "<title>after 3 trials: hypervolume 0.2500</title>"));
    scale x = read_scale(svg.text, true), y = read_scale(svg.text, false);
    const char *mark = strstr(svg.text, "<circle");
    assert_true(fabs(attribute(mark, "cx") - expected_place(&x, 3.0, false)) < 0.1);
    assert_true(fabs(attribute(mark, "cy") - expected_place(&y, 0.25, false)) < 0.1);
    weft_markup_destroy(&svg);
    for (size_t n = 0; n <= 2; n++) { /* no value yet */
        figure.n = n;
        assert_int_equal(weft_figure_line_draw(&figure, &svg, &error), WEFT_OK);
        assert_well(&svg);
        assert_non_null(strstr(svg.text, "nothing"));
        weft_markup_destroy(&svg);
    }
}

/* Widths of all the bars against the values behind them: one factor fits all. */
static void bars_are_as_long_as_their_values(void **state) {
    (void)state;
    fixture made;
    fixture_make(&made, 30, true);
    weft_figure_parts parts = weft_figure_choose_parts(&made.cost);
    assert_true(parts.n > 0);
    const char *blocks[] = {"V32", "R64", "V128", "R<&"};
    for (int latency = 0; latency < 2; latency++) {
        weft_figure_layers figure = {.head = head,
                                     .latency = latency,
                                     .cost = &made.cost,
                                     .parts = &parts,
                                     .blocks = blocks,
                                     .n_blocks = 4};
        weft_markup svg = {0};
        weft_error error;
        assert_int_equal(weft_figure_layers_draw(&figure, &svg, &error), WEFT_OK);
        assert_well(&svg);
        assert_non_null(strstr(svg.text, "R&lt;&amp;"));
        double widths[FIXTURE_LAYERS] = {0}, height = 0.0, longest = 0.0, most = 0.0;
        int row = -1;
        const char *bars = strstr(svg.text, "</g>");
        for (const char *p = bars; (p = strstr(p, "<rect class=\"part")) != NULL; p++) {
            if (attribute(p, "y") > height + 1.0) {
                height = attribute(p, "y");
                row++;
            }
            widths[row] += attribute(p, "width");
        }
        assert_int_equal(row, FIXTURE_LAYERS - 1);
        for (int i = 0; i < FIXTURE_LAYERS; i++) {
            double value = latency ? made.layers[i].latency_s : made.layers[i].energy_j;
            longest = fmax(longest, widths[i]);
            most = fmax(most, value);
        }
        for (int i = 0; i < FIXTURE_LAYERS; i++) {
            double value = latency ? made.layers[i].latency_s : made.layers[i].energy_j;
            assert_true(fabs(widths[i] - value * longest / most) < 0.1);
        }
        weft_markup_destroy(&svg);
    }
    fixture_free(&made);
}

static void layers_without_cost_are_drawn(void **state) {
    (void)state;
    weft_layer_cost layer = {.name = "a name of thirty-one characters", .block = WEFT_NO_BLOCK};
    weft_cost cost = {.n_layers = 1, .layers = &layer};
    weft_figure_parts parts = weft_figure_choose_parts(&cost);
    assert_int_equal(parts.n, 0);
    weft_figure_layers figure = {.head = head, .cost = &cost, .parts = &parts};
    weft_markup svg = {0};
    weft_error error;
    for (int n = 0; n <= 1; n++) {
        cost.n_layers = n;
        assert_int_equal(weft_figure_layers_draw(&figure, &svg, &error), WEFT_OK);
        assert_well(&svg);
        weft_markup_destroy(&svg);
    }
}

/* ---- a breakdown, a sweep -------------------------------------------------------------------- */

static void a_breakdown_shows_every_quantity_and_layer(void **state) {
    (void)state;
    fixture made;
    fixture_make(&made, 40, true);
    made.cost.area_by[1] = 100;
    made.cost.area_by[5] = 212.5;
    weft_markup svg = {0};
    weft_error error;
    assert_int_equal(weft_figure_breakdown_draw(&head, &made.cost, &svg, &error), WEFT_OK);
    assert_well(&svg);
    static const char *const words[] = {"energy",    "latency",        "area",
                                        "312.5 mm²", "Energy of each", "Latency of each"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_non_null(strstr(svg.text, words[i]));
    }
    assert_int_equal(count_text(svg.text, "linear 50→10"), 2);
    weft_markup_destroy(&svg);
    /* nothing at all */
    weft_cost empty = {.n_parts = 2, .total = {.bottleneck = -1}};
    assert_int_equal(weft_figure_breakdown_draw(&head, &empty, &svg, &error), WEFT_OK);
    assert_well(&svg);
    weft_markup_destroy(&svg);
    fixture_free(&made);
}

static void lines_of_a_sweep_are_where_their_values_are(void **state) {
    (void)state;
    static const double x[] = {16, 32, 64, 128};
    static const char *const words[] = {"a", "b<", "c", "d"};
    static const char *const lines[] = {"1", "2"};
    const double y[] = {1e-6, 2e-6, NAN, 4e-6, 5e-6, 6e-6, 7e-6, 8e-6};
    weft_report_sweep sweep = {.title = "energy over rows",
                               .x_name = "rows",
                               .x_unit = "",
                               .x = x,
                               .x_words = words,
                               .n_x = 4,
                               .y_name = "energy",
                               .y_unit = "J",
                               .line_name = "bits",
                               .lines = lines,
                               .n_lines = 2,
                               .y = y};
    weft_error error;
    for (int round = 0; round < 2; round++) {
        weft_markup svg = {0};
        sweep.x = round == 0 ? x : NULL;
        assert_int_equal(weft_figure_sweep_draw(&sweep, &svg, &error), WEFT_OK);
        assert_well(&svg);
        assert_int_equal(count_text(svg.text, "<circle"), 7); /* one point is not there */
        assert_int_equal(count_text(svg.text, "class=\"line l"), 2);
        assert_non_null(strstr(svg.text, "bits 2"));
        /* equal factors are equal steps, as words are */
        double last = 0, step = 0;
        const char *p = strstr(svg.text, "class=\"c1\"");
        for (int i = 0; i < 4; i++, p = strstr(p + 1, "class=\"c1\"")) {
            double at = attribute(p, "cx");
            assert_true(i < 2 || fabs(at - last - step) < 0.05);
            step = at - last;
            last = at;
        }
        weft_markup_destroy(&svg);
    }
    /* nothing but gaps, and a single point */
    const double gaps[] = {NAN, NAN, NAN, NAN};
    sweep.n_lines = 1;
    sweep.y = gaps;
    weft_markup svg = {0};
    assert_int_equal(weft_figure_sweep_draw(&sweep, &svg, &error), WEFT_OK);
    assert_well(&svg);
    weft_markup_destroy(&svg);
    sweep.n_x = 1;
    sweep.y = y;
    assert_int_equal(weft_figure_sweep_draw(&sweep, &svg, &error), WEFT_OK);
    assert_well(&svg);
    weft_markup_destroy(&svg);
}

/* Each design of a front has a mark whose class is that of its share of the range, worked out here. */
static void a_front_is_shaded_by_its_third_objective(void **state) {
    (void)state;
    enum { N = 60 };
    weft_rng rng = weft_rng_make(11, WEFT_PURPOSE_TEST, 0);
    for (int log = 0; log < 2; log++) {
        weft_figure_shaded points[N];
        double low = INFINITY, high = -INFINITY;
        for (int i = 0; i < N; i++) {
            double share = weft_rng_uniform(&rng);
            points[i] =
                (weft_figure_shaded){1e-4 + 1e-3 * weft_rng_uniform(&rng), 0.7 + 0.1 * share,
                                     log ? 1e-6 * pow(1e3, share) : 1.0 + share, (uint64_t)i};
            low = fmin(low, points[i].z);
            high = fmax(high, points[i].z);
        }
        weft_figure_shaded all[N + 1];
        memcpy(all, points, sizeof points);
        all[N] = (weft_figure_shaded){NAN, 0.5, 1.0, N};
        weft_figure_shade figure = {.head = head,
                                    .x = WEFT_METRIC_ENERGY,
                                    .y = WEFT_METRIC_ACCURACY,
                                    .z = WEFT_METRIC_LATENCY,
                                    .accuracy_word = "predicted accuracy",
                                    .points = all,
                                    .n = N + 1,
                                    .marked = {{"knee", 3}},
                                    .n_marked = 1};
        weft_markup svg = {0};
        weft_error error;
        assert_int_equal(weft_figure_shade_draw(&figure, &svg, &error), WEFT_OK);
        assert_well(&svg);
        assert_int_equal(count_text(svg.text, "data-trial="), N);
        assert_non_null(strstr(svg.text, "predicted accuracy (%)"));
        assert_non_null(strstr(svg.text, "knee: trial 3"));
        for (int i = 0; i < N; i++) {
            double share = log ? log10(points[i].z / low) / log10(high / low)
                               : (points[i].z - low) / (high - low);
            char mark[24];
            snprintf(mark, sizeof mark, "class=\"shade s%d\"", (int)fmin(4.0, floor(5.0 * share)));
            const char *at = find_mark(svg.text, "shade", (uint64_t)i);
            assert_non_null(at);
            assert_memory_equal(strstr(at, "class="), mark, strlen(mark));
        }
        weft_markup_destroy(&svg);
    }
}

/* Bars go from the design's own value to the step's, above for down and below for up. */
/* Values far apart are multiples of the design's own; changes of nothing are the values. */
static void check_tornado_far(weft_report_tornado figure) {
    const weft_report_tornado_row far[] = {
        {"rows", "128", "", {{"64", 2.5e-8, true}, {"256", 2e-6, true}}},
    };
    weft_error error;
    weft_markup svg = {0};
    figure.unit = "J s mm²";
    figure.rows = far;
    figure.n = 1;
    figure.base = 5e-8;
    assert_int_equal(weft_figure_tornado_draw(&figure, &svg, &error), WEFT_OK);
    assert_well(&svg);
    assert_non_null(strstr(svg.text, ">energy, times the design&#39;s own (log scale)<"));
    assert_non_null(strstr(svg.text, ">this design: 50.0 nJ s mm²<"));
    double decade = attribute(strstr(svg.text, "<rect class=\"part c3\""), "width") / log10(40.0);
    double half = attribute(strstr(svg.text, "<rect class=\"part c0\""), "width");
    assert_true(fabs(half - decade * log10(2.0)) < 0.02);
    weft_markup_destroy(&svg);
    figure.base = 0.0;
    figure.unit = "J";
    assert_int_equal(weft_figure_tornado_draw(&figure, &svg, &error), WEFT_OK);
    assert_well(&svg);
    assert_non_null(strstr(svg.text, ">energy (µJ)<"));
    weft_markup_destroy(&svg);
}

static void bars_of_a_tornado_end_at_their_values(void **state) {
    (void)state;
    const weft_report_tornado_row rows[] = {
        {"rows", "128", "", {{"64", 1.0, true}, {"256", 5.0, true}}},
        {"<columns>", "32 & less", "nm", {{NULL, 0, false}, {"64 & more", 2.0, false}}},
        {"tiles", "16", "", {{"8", NAN, false}, {"32", 3.0, true}}},
    };
    weft_report_tornado figure = {
        .title = "steps", .name = "energy", .unit = "J", .base = 3.0, .rows = rows, .n = 3};
    weft_error error;
    weft_markup svg = {0};
    assert_int_equal(weft_figure_tornado_draw(&figure, &svg, &error), WEFT_OK);
    assert_well(&svg);
    assert_int_equal(count_text(svg.text, "<rect class=\"part c0\" x"), 2); /* one of the legend */
    assert_int_equal(count_text(svg.text, ", infeasible</title>"), 2);
    const char *down = strstr(svg.text, "<rect class=\"part c0\""),
               *up = strstr(svg.text, "<rect class=\"part c3\"");
    double base = attribute(up, "x"), unit = attribute(up, "width") / 2;
    assert_true(fabs(attribute(down, "x") + attribute(down, "width") - base) < 0.02);
    assert_true(fabs(attribute(down, "width") - 2 * unit) < 0.02);
    assert_true(attribute(down, "y") < attribute(up, "y"));
    const char *outlined = strstr(svg.text, "<rect class=\"part ring l3\"");
    assert_true(fabs(attribute(outlined, "width") - unit) < 0.02);
    assert_non_null(strstr(svg.text, ">128 → 64<"));
    assert_non_null(strstr(svg.text, "32 &amp; less → 64 &amp; more nm: 2.00 J, infeasible"));
    assert_non_null(strstr(svg.text, ">change of energy (%)<"));
    assert_non_null(strstr(svg.text, ">this design: 3.00 J<"));
    assert_int_equal(count_text(svg.text, ">infeasible</text>"), 2); /* one of the legend */
    weft_markup_destroy(&svg);
    check_tornado_far(figure);
    /* no gene does anything */
    figure.n = 0;
    assert_int_equal(weft_figure_tornado_draw(&figure, &svg, &error), WEFT_OK);
    assert_well(&svg);
    weft_markup_destroy(&svg);
}

/* On 0 .. 2 and 0 .. 0.5, where the curve is y = x / 4: the band is where the points of its edge are. */
static void a_curve_stands_among_its_points(void **state) {
    (void)state;
    const double x[] = {0, 1, 2}, y[] = {0, 0.25, 0.5}, low[] = {0, 0.2, 0.4},
                 high[] = {0.1, 0.3, 0.6}, point_low[] = {0, 0.1, 0.3},
                 point_high[] = {0.2, 0.4, 0.7};
    const weft_report_curve_point points[] = {
        {"a <net>", 1, 0.4, false}, {"b", 2, 0.7, false}, {"c", 2, 0.4, true}};
    weft_report_curve curve = {.title = "fit & curve",
                               .x_name = "degree",
                               .y_name = "accuracy",
                               .n = 3,
                               .x = x,
                               .y = y,
                               .low = low,
                               .high = high,
                               .point_low = point_low,
                               .point_high = point_high,
                               .points = points,
                               .n_points = 3};
    weft_error error;
    weft_markup svg = {0};
    assert_int_equal(weft_figure_curve_draw(&curve, &svg, &error), WEFT_OK);
    assert_well(&svg);
    assert_non_null(strstr(svg.text, "a &lt;net&gt;: 1, 0.4<"));
    assert_int_equal(count_text(svg.text, "class=\"front\""), 3); /* one of the legend */
    assert_non_null(strstr(svg.text, ">held out<"));
    /* the interval's upper edge passes through a and b: back along it from the right */
    const char *a = strstr(svg.text, "class=\"front\""), *b = strstr(a + 1, "class=\"front\"");
    char edge[96];
    snprintf(edge, sizeof edge, "L%.2f %.2fL%.2f %.2fL", attribute(b, "cx"), attribute(b, "cy"),
             attribute(a, "cx"), attribute(a, "cy"));
    assert_non_null(strstr(strstr(svg.text, "class=\"wide\""), edge));
    weft_markup_destroy(&svg);
    curve.n_points = 2; /* nothing held out: no key for it */
    assert_int_equal(weft_figure_curve_draw(&curve, &svg, &error), WEFT_OK);
    assert_well(&svg);
    assert_null(strstr(svg.text, ">held out<"));
    weft_markup_destroy(&svg);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_front_is_shaded_by_its_third_objective),
        cmocka_unit_test(a_front_shows_every_design_where_it_is),
        cmocka_unit_test(odd_points_are_drawn_or_left_out),
        cmocka_unit_test(very_many_trials_share_a_path),
        cmocka_unit_test(steps_turn_at_the_worse_corner),
        cmocka_unit_test(a_line_marks_each_change),
        cmocka_unit_test(bars_are_as_long_as_their_values),
        cmocka_unit_test(layers_without_cost_are_drawn),
        cmocka_unit_test(a_breakdown_shows_every_quantity_and_layer),
        cmocka_unit_test(lines_of_a_sweep_are_where_their_values_are),
        cmocka_unit_test(bars_of_a_tornado_end_at_their_values),
        cmocka_unit_test(a_curve_stands_among_its_points),
    };
    return cmocka_run_group_tests_name("report: figures", tests, NULL, NULL);
}
