/* SPDX-License-Identifier: Apache-2.0
 *
 * Reports of real studies: searches over hardware cost, and one whose accuracies are made up after
 * the search, since what is tested here is what is told, not how it was found. */
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "painted.h"
#include "report/summary.h"
#include "wellformed.h"

static char folder[] = "/tmp/weft-report-XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

/* Deletes a folder's files and the folder. */
static void drop(const char *path) {
    DIR *handle = opendir(path);
    for (struct dirent *entry; handle != NULL && (entry = readdir(handle)) != NULL;) {
        char name[600];
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlink(name) != 0) {
            drop(name);
        }
    }
    if (handle != NULL) {
        closedir(handle);
    }
    rmdir(path);
}

static int drop_folder(void **state) {
    (void)state;
    drop(folder);
    return 0;
}

typedef struct opened {
    weft_problem *problem;
    weft_study *study;
} opened;

static void expect(weft_status status, const weft_error *error) {
    if (status != WEFT_OK) {
        char text[2048];
        fail_msg("%s", weft_error_format(error, text, sizeof text));
    }
}

/* A study of `goal` with so many trials run. */
static opened search(const char *name, const char *goal, int trials) {
    char path[256], store[256];
    snprintf(path, sizeof path, "%s/%s.yaml", folder, name);
    snprintf(store, sizeof store, "%s/%s.db", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "weft: problem/1\nname: \"%s <&>\"\nspace: imc-cnn\nchip: mnsim-130nm-rram\n%s\n"
            "search: {optimizer: random, trials: %d, batch: 10, seed: 4}\n",
            name, goal, trials > 0 ? trials : 10);
    fclose(file);
    opened made = {0};
    weft_error error;
    expect(weft_problem_read(path, &made.problem, &error), &error);
    expect(weft_study_open(made.problem, store, &made.study, &error), &error);
    weft_run_settings settings = {.jobs = 1};
    if (trials > 0) {
        expect(weft_study_run(made.study, &settings, &error), &error);
        assert_int_equal(weft_study_size(made.study), trials);
    }
    return made;
}

static void done(opened *made) {
    weft_study_close(made->study);
    weft_problem_destroy(made->problem);
}

/* The whole of a file of a report; the caller frees it. */
static char *slurp(const char *report, const char *name) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s", report, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = malloc((size_t)size + 1);
    assert_int_equal(fread(text, 1, (size_t)size, file), (size_t)size);
    text[size] = '\0';
    fclose(file);
    return text;
}

static void check_file(const char *report, const char *name) {
    char *text = slurp(report, name);
    wellformed check;
    const char *fault = wellformed_check(&check, text);
    if (fault[0] != '\0') {
        fail_msg("%s: %s", name, fault);
    }
    fault = strstr(name, ".svg") != NULL ? painted_check(text) : "";
    if (fault[0] != '\0') {
        fail_msg("%s: %s", name, fault);
    }
    free(text);
}

/* How many files a folder has; all of them well formed. */
static int check_report(const char *report) {
    DIR *handle = opendir(report);
    assert_non_null(handle);
    int n = 0;
    for (struct dirent *entry; (entry = readdir(handle)) != NULL;) {
        if (entry->d_name[0] != '.') {
            check_file(report, entry->d_name);
            n++;
        } else {
            assert_true(strlen(entry->d_name) <= 2); /* nothing temporary is left */
        }
    }
    closedir(handle);
    return n;
}

static void pictures_of_the_docs_have_their_colours(void **state) {
    (void)state;
    static const char images[] = "docs/images";
    DIR *handle = opendir(images);
    if (handle == NULL) {
        print_message("skipped: no %s here\n", images);
        skip();
    }
    int n = 0;
    for (struct dirent *entry; (entry = readdir(handle)) != NULL;) {
        if (strstr(entry->d_name, ".svg") != NULL) {
            check_file(images, entry->d_name);
            n++;
        }
    }
    closedir(handle);
    assert_true(n > 0);
}

static void colours_from_variables_alone_are_found(void **state) {
    (void)state;
    static const char variable[] = "<svg class=\"wf\"><style>.wf text{fill:#000}"
                                   ".wf .a{fill:var(--a)}</style><rect class=\"a\"/></svg>";
    static const char dark[] = "<svg class=\"wf\"><style>.wf text{fill:#000}@media (x){.wf "
                               ".a{fill:#fff}}</style><rect class=\"a\"/></svg>";
    static const char bare[] = "<svg><rect x=\"1\"/></svg>";
    static const char good[] = "<svg class=\"wf\"><style>.wf text{fill:#000}.wf .a{fill:#fff}"
                               "</style><rect class=\"b a\"/><line stroke=\"red\"/></svg>";
    assert_true(painted_check(variable)[0] != '\0');
    assert_true(painted_check(dark)[0] != '\0');
    assert_true(painted_check(bare)[0] != '\0');
    assert_string_equal(painted_check(good), "");
}

static void a_report_has_its_files(void **state) {
    (void)state;
    opened made = search("files", "objectives: [energy min, latency min]", 60);
    char report[256], again[256];
    snprintf(report, sizeof report, "%s/report", folder);
    snprintf(again, sizeof again, "%s/again", folder);
    weft_report_settings settings;
    weft_report_defaults(&settings);
    weft_error error;
    expect(weft_report_write(made.study, report, &settings, &error), &error);
    assert_int_equal(check_report(report), 6);
    static const char *const names[] = {"index.html",        "front-energy-latency.svg",
                                        "hypervolume.svg",   "importance.svg",
                                        "layers-energy.svg", "layers-latency.svg"};
    expect(weft_report_write(made.study, again, &settings, &error), &error);
    expect(weft_report_write(made.study, again, &settings, &error), &error); /* over the first */
    for (int i = 0; i < 6; i++) {
        char *first = slurp(report, names[i]), *second = slurp(again, names[i]);
        assert_string_equal(first, second);
        free(first);
        free(second);
    }
    done(&made);
}

static void a_design_can_be_chosen(void **state) {
    (void)state;
    opened made = search("chosen", "objectives: [energy min, latency min]", 20);
    weft_report_settings settings = {.design = 7};
    weft_summary summary;
    weft_error error;
    expect(weft_summary_gather(made.study, &settings, &summary, &error), &error);
    assert_int_equal(summary.trials[summary.chosen]->number, 7);
    assert_non_null(summary.networks[0].cost);
    weft_summary_free(&summary);
    settings.design = 1000;
    char report[256];
    snprintf(report, sizeof report, "%s/none", folder);
    assert_int_equal(weft_report_write(made.study, report, &settings, &error), WEFT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "1000"));
    assert_non_null(strstr(error.hint, "from 0 to 19"));
    assert_int_not_equal(access(report, F_OK), 0); /* nothing was made */
    done(&made);
}

static void a_study_without_trials_has_a_page(void **state) {
    (void)state;
    opened made = search("empty", "objectives: [energy min, latency min, area min]", 0);
    char report[256];
    snprintf(report, sizeof report, "%s/empty", folder);
    weft_report_settings settings;
    weft_report_defaults(&settings);
    weft_error error;
    expect(weft_report_write(made.study, report, &settings, &error), &error);
    check_report(report);
    char *html = slurp(report, "index.html");
    assert_non_null(strstr(html, "no finished trial"));
    assert_non_null(strstr(html, "empty &lt;&amp;&gt;"));
    free(html);
    weft_pick picks[WEFT_MAX_PICKS];
    int n = -1;
    expect(weft_report_picks(made.study, picks, &n, &error), &error);
    assert_int_equal(n, 0);
    done(&made);
}

static void infeasible_designs_are_told(void **state) {
    (void)state;
    opened made = search("tight",
                         "objectives: [energy min, latency min]\n"
                         "constraints: [\"energy <= 1e-12\"]",
                         12);
    char report[256];
    snprintf(report, sizeof report, "%s/tight", folder);
    weft_report_settings settings;
    weft_report_defaults(&settings);
    weft_error error;
    expect(weft_report_write(made.study, report, &settings, &error), &error);
    check_report(report);
    char *html = slurp(report, "index.html");
    assert_non_null(strstr(html, "0 ok, 12 infeasible, 0 failed"));
    assert_non_null(strstr(html, "No design was feasible"));
    free(html);
    done(&made);
}

/* A study of several networks on one chip: each of them has its figures, and what the search saw is
 * told apart from them. */
static void every_network_of_a_design_has_its_figures(void **state) {
    (void)state;
    opened made = {0};
    weft_error error;
    char path[256], store[256], report[256];
    snprintf(path, sizeof path, "%s/several.yaml", folder);
    snprintf(store, sizeof store, "%s/several.db", folder);
    snprintf(report, sizeof report, "%s/several", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("weft: problem/1\nname: several\nchip: neurosim-32nm-rram\nspace: joint-rram-4\n"
          "objectives: [energy, latency]\n"
          "search: {optimizer: random, trials: 100, batch: 50, seed: 4}\n",
          file);
    fclose(file);
    expect(weft_problem_read(path, &made.problem, &error), &error);
    expect(weft_study_open(made.problem, store, &made.study, &error), &error);
    weft_run_settings run = {.jobs = 1};
    expect(weft_study_run(made.study, &run, &error), &error);
    weft_report_settings settings;
    weft_report_defaults(&settings);
    weft_summary summary;
    expect(weft_summary_gather(made.study, &settings, &summary, &error), &error);
    assert_int_equal(summary.n_networks, 4);
    double energy = 0.0;
    for (int i = 0; i < 4; i++) {
        assert_non_null(summary.networks[i].cost);
        energy = fmax(energy, summary.networks[i].cost->total.energy_j);
    }
    double seen = summary.trials[summary.chosen]->metrics[WEFT_METRIC_ENERGY];
    assert_true(fabs(energy / seen - 1.0) < 1e-9); /* costs are those of the worst */
    weft_summary_free(&summary);
    expect(weft_report_write(made.study, report, &settings, &error), &error);
    assert_int_equal(check_report(report), 4 + 2 * 4);
    check_file(report, "layers-energy-1-alexnet.svg");
    check_file(report, "layers-latency-4-mobilenetv3-large.svg");
    char *page = slurp(report, "index.html");
    static const char *const names[] = {"alexnet", "vgg16", "resnet18", "mobilenetv3-large"};
    for (int i = 0; i < 4; i++) {
        char title[64];
        snprintf(title, sizeof title, "<h3>%s</h3>", names[i]);
        assert_non_null(strstr(page, title));
    }
    assert_non_null(strstr(page, "the most of 4 networks"));
    assert_null(strstr(page, "One inference of alexnet"));
    free(page);
    done(&made);
}

/* The row of a gene in a summary's table. */
static const char *gene_values(const weft_summary *summary, const char *name) {
    for (int i = 0; i < summary->n_genes; i++) {
        if (strcmp(summary->genes[i].name, name) == 0) {
            return summary->genes[i].values;
        }
    }
    return "";
}

/* A study of chips and networks: what is broken down is the chip that the genes of the design set. */
static void a_turned_chip_is_what_is_explained(void **state) {
    (void)state;
    char path[256], store[256], report[256];
    snprintf(path, sizeof path, "%s/joint.yaml", folder);
    snprintf(store, sizeof store, "%s/joint.db", folder);
    snprintf(report, sizeof report, "%s/joint", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("weft: problem/1\nname: joint\nchip: weft-32nm-rram\n"
          "space: {base: ofa-mobilenetv3-rram, name: small}\n"
          "objectives: [energy, latency, area]\n"
          "search: {optimizer: random, trials: 400, batch: 50, seed: 4}\n",
          file);
    fclose(file);
    opened made = {0};
    weft_error error;
    expect(weft_problem_read(path, &made.problem, &error), &error);
    expect(weft_study_open(made.problem, store, &made.study, &error), &error);
    weft_run_settings run = {.jobs = 1};
    expect(weft_study_run(made.study, &run, &error), &error);
    weft_report_settings settings;
    weft_report_defaults(&settings);
    weft_summary summary;
    expect(weft_summary_gather(made.study, &settings, &summary, &error), &error);
    assert_true(summary.n_front > 1);
    const weft_trial *trial = summary.trials[summary.chosen];
    assert_non_null(summary.networks[0].cost);
    assert_true(fabs(summary.networks[0].cost->total.energy_j / trial->metrics[WEFT_METRIC_ENERGY] -
                     1.0) < 1e-9);
    assert_true(fabs(summary.networks[0].cost->total.area_mm2 / trial->metrics[WEFT_METRIC_AREA] -
                     1.0) < 1e-9);
    weft_constant constant;
    bool found = false;
    for (int i = 0; weft_chip_constant(summary.turned, i, &constant); i++) {
        if (strcmp(constant.name, "rows") == 0) {
            assert_true(constant.value == atof(gene_values(&summary, "rows")));
            found = true;
        }
    }
    assert_true(found);
    weft_summary_free(&summary);
    expect(weft_report_write(made.study, report, &settings, &error), &error);
    assert_int_equal(check_report(report), 8);
    done(&made);
}

/* Repeated genes stand in one row, place by place; what is inactive has a dash. */
static void genes_stand_in_rows(void **state) {
    (void)state;
    static const char *const SPACES[] = {"ofa-mobilenetv3-rram", "ofa-mobilenetv3-sram"};
    for (int s = 0; s < 2; s++) {
        weft_space *space = NULL;
        weft_gene_row *rows = NULL;
        weft_error error;
        int n = 0;
        expect(weft_space_read(SPACES[s], &space, &error), &error);
        weft_gene_table table = weft_space_genes(space);
        double genome[256];
        assert_true(table.n_genes <= 256);
        for (int g = 0; g < table.n_genes; g++) {
            const char *name = table.genes[g].name;
            genome[g] = table.genes[g].lower; /* the least of a list is its first place */
            /* depths are 2: blocks 3 and 4 of a stage are not there; node is 7 */
            size_t last = strlen(name) - 1;
            bool inactive = (strchr(name, '_') != NULL && last > 1 && name[last - 1] == '_' &&
                             name[last] >= '3') ||
                            strncmp(name, "voltage_", 8) == 0;
            genome[g] = inactive ? NAN : genome[g];
        }
        expect(weft_report_genes(space, genome, &rows, &n, &error), &error);
        for (int i = 0; i < n; i++) {
            assert_true(i == 0 || rows[i].part >= rows[i - 1].part);
            if (strcmp(rows[i].name, "kernel") == 0) {
                assert_string_equal(rows[i].values,
                                    "3 3 – – | 3 3 – – | 3 3 – – | 3 3 – – | 3 3 – –");
                assert_int_equal(rows[i].part, WEFT_GENE_NETWORK);
            } else if (strcmp(rows[i].name, "depth") == 0) {
                assert_string_equal(rows[i].values, "2 2 2 2 2");
            } else if (strcmp(rows[i].name, "weight_bits") == 0) {
                assert_int_equal(rows[i].part, WEFT_GENE_BITS);
            } else if (strcmp(rows[i].name, "voltage") == 0) {
                assert_string_equal(rows[i].values, s == 0 ? "0.65 V" : "0.45 V");
                assert_string_equal(rows[i].sets, "voltage");
            } else if (strcmp(rows[i].name, "adc_bits") == 0) {
                assert_string_equal(rows[i].values, "4 bit");
                assert_string_equal(rows[i].sets, "resolution");
                assert_int_equal(rows[i].part, WEFT_GENE_CHIP);
            }
            assert_null(strstr(rows[i].name, "voltage_"));
        }
        assert_int_equal(n, 6 + 11); /* of the network and bits, and of the chip */
        free(rows);
        weft_space_destroy(space);
    }
}

static void where_it_cannot_be_written_is_told(void **state) {
    (void)state;
    opened made = search("nowhere", "objectives: [energy min, latency min]", 5);
    weft_report_settings settings;
    weft_report_defaults(&settings);
    weft_error error;
    char path[256];
    snprintf(path, sizeof path, "%s/no/such", folder);
    assert_int_equal(weft_report_write(made.study, path, &settings, &error), WEFT_ERROR_IO);
    assert_string_equal(error.file, path);
    snprintf(path, sizeof path, "%s/nowhere.yaml", folder); /* a file */
    assert_int_equal(weft_report_write(made.study, path, &settings, &error), WEFT_ERROR_IO);
    done(&made);
}

/* ---- picks ----------------------------------------------------------------------------------- */

/* Gives the trials accuracies: a search with training would have found them. */
static void make_up_accuracies(opened *made) {
    weft_problem_get_info(made->problem)->trains = true;
    weft_problem_get_info(made->problem)->accuracy.data = "made-up";
    for (size_t i = 0; i < weft_study_size(made->study); i++) {
        weft_trial *trial = (weft_trial *)(uintptr_t)weft_study_get_trial(made->study, i);
        if (trial->state == WEFT_TRIAL_OK) {
            trial->metrics[WEFT_METRIC_ACCURACY] =
                0.5 + 0.4 * (1.0 - exp(-trial->metrics[WEFT_METRIC_PARAMS] / 3e5)) +
                1e-3 * (double)(i % 17);
            trial->test_accuracy = i % 5 == 0 ? 0.9 : NAN;
        }
    }
}

/* The trial with the most accuracy / metric^power, by looking at all. */
static size_t best_by(const weft_study *study, weft_metric metric, double power) {
    size_t best = SIZE_MAX;
    double most = -1.0;
    for (size_t i = 0; i < weft_study_size(study); i++) {
        const weft_trial *trial = weft_study_get_trial(study, i);
        double value = trial->metrics[WEFT_METRIC_ACCURACY] / pow(trial->metrics[metric], power);
        if (trial->state == WEFT_TRIAL_OK && value > most) {
            most = value;
            best = i;
        }
    }
    return best;
}

static void picks_are_the_best_of_all_trials(void **state) {
    (void)state;
    opened made = search("picks", "objectives: [params max, energy min]", 120);
    make_up_accuracies(&made);
    weft_pick picks[WEFT_MAX_PICKS];
    int n = 0;
    weft_error error;
    expect(weft_report_picks(made.study, picks, &n, &error), &error);
    assert_int_equal(n, 5);
    static const char *const names[] = {"params", "energy", "accuracy", "accuracy / latency",
                                        "accuracy / energy"};
    for (int i = 0; i < 5; i++) {
        assert_string_equal(picks[i].objective, names[i]);
    }
    assert_int_equal(picks[2].trial, best_by(made.study, WEFT_METRIC_ENERGY, 0.0));
    assert_int_equal(picks[3].trial, best_by(made.study, WEFT_METRIC_LATENCY, 1.0));
    assert_int_equal(picks[4].trial, best_by(made.study, WEFT_METRIC_ENERGY, 1.0));
    for (int i = 0; i < n; i++) { /* the structure, read from the description in another way */
        const char *text = weft_study_get_trial(made.study, picks[i].trial)->description;
        int depth = 1, blocks[3] = {0};
        double kernels = 0.0;
        for (const char *c = text; *c != '\0'; c++) {
            depth += *c == ',';
            blocks[0] += *c == 'V';
            blocks[1] += *c == 'M';
            blocks[2] += *c == 'R';
            kernels += strchr("VMR", *c) != NULL ? atof(c + 1) : 0.0;
        }
        assert_int_equal(picks[i].depth, depth);
        assert_memory_equal(picks[i].blocks, blocks, sizeof blocks);
        assert_true(fabs(picks[i].mean_kernels - kernels / depth) < 1e-12);
    }
    done(&made);
}

static void a_score_comes_first_and_once(void **state) {
    (void)state;
    opened made = search("score", "score: macs / energy", 30);
    weft_pick picks[WEFT_MAX_PICKS];
    int n = 0;
    weft_error error;
    expect(weft_report_picks(made.study, picks, &n, &error), &error);
    assert_int_equal(n, 1); /* nothing was trained: no fitness of the paper */
    assert_string_equal(picks[0].objective, "macs / energy");
    /* the paper's own, written without blanks, is listed once */
    make_up_accuracies(&made);
    snprintf(weft_problem_get_info(made.problem)->score, WEFT_EXPRESSION, "accuracy/energy");
    expect(weft_report_picks(made.study, picks, &n, &error), &error);
    assert_int_equal(n, 3);
    assert_string_equal(picks[0].objective, "accuracy/energy");
    assert_string_equal(picks[1].objective, "accuracy");
    assert_string_equal(picks[2].objective, "accuracy / latency");
    done(&made);
}

static void a_study_that_trains_shows_accuracy(void **state) {
    (void)state;
    opened made = search("trained", "objectives: [params max, energy min]", 80);
    make_up_accuracies(&made);
    char report[256];
    snprintf(report, sizeof report, "%s/trained", folder);
    weft_report_settings settings;
    weft_report_defaults(&settings);
    weft_error error;
    expect(weft_report_write(made.study, report, &settings, &error), &error);
    assert_int_equal(check_report(report), 8);
    char *svg = slurp(report, "front-accuracy-energy.svg");
    size_t ok = 0, tests = 0;
    for (size_t i = 0; i < 80; i++) {
        const weft_trial *trial = weft_study_get_trial(made.study, i);
        ok += trial->state == WEFT_TRIAL_OK;
        tests += isfinite(trial->test_accuracy) ? 1 : 0;
    }
    assert_int_equal(count_text(svg, "data-trial="), (int)(ok + tests));
    free(svg);
    check_file(report, "front-accuracy-latency.svg");
    check_file(report, "front-accuracy-params.svg");
    done(&made);
}

/* ---- the knee -------------------------------------------------------------------------------- */

static void the_knee_is_where_the_front_bends(void **state) {
    (void)state;
    /* distances from the line (0, 10) - (10, 0), worked out by hand: (2, 3) lies farthest */
    const double bent[][2] = {{0, 10}, {1, 6}, {2, 3}, {5, 2}, {10, 0}};
    assert_int_equal(weft_knee(bent[0], 5, 2), 2);
    /* scaling an objective changes nothing */
    double scaled[5][2];
    for (int i = 0; i < 5; i++) {
        scaled[i][0] = 1e-9 * bent[i][0] - 4.0;
        scaled[i][1] = 1e6 * bent[i][1];
    }
    assert_int_equal(weft_knee(scaled[0], 5, 2), 2);
    const double one[] = {3.0, 4.0}, same[] = {1.0, 2.0, 1.0, 2.0};
    assert_int_equal(weft_knee(one, 1, 2), 0);
    assert_int_equal(weft_knee(same, 2, 2), 0);
    const double three[][3] = {{0, 1, 1}, {1, 0, 1}, {1, 1, 0}, {0.4, 0.5, 0.4}};
    assert_int_equal(weft_knee(three[0], 4, 3), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_of_the_docs_have_their_colours),
        cmocka_unit_test(colours_from_variables_alone_are_found),
        cmocka_unit_test(a_report_has_its_files),
        cmocka_unit_test(a_design_can_be_chosen),
        cmocka_unit_test(every_network_of_a_design_has_its_figures),
        cmocka_unit_test(a_turned_chip_is_what_is_explained),
        cmocka_unit_test(genes_stand_in_rows),
        cmocka_unit_test(a_study_without_trials_has_a_page),
        cmocka_unit_test(infeasible_designs_are_told),
        cmocka_unit_test(where_it_cannot_be_written_is_told),
        cmocka_unit_test(picks_are_the_best_of_all_trials),
        cmocka_unit_test(a_score_comes_first_and_once),
        cmocka_unit_test(a_study_that_trains_shows_accuracy),
        cmocka_unit_test(the_knee_is_where_the_front_bends),
    };
    return cmocka_run_group_tests_name("report: studies", tests, make_folder, drop_folder);
}
