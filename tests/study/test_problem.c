/* SPDX-License-Identifier: Apache-2.0
 * Problem files: what is read, what is refused and how, and that the written form is the same. */
#include "study/support.h"

#include "../../src/study/problem.h"

static const char good[] = "weft: problem/1\n"
                           "name: good\n" SMALL_SPACE "chip: mnsim-130nm-rram\n"
                           "objectives: [energy min, latency]\n"
                           "constraints: [\"area <= 500\"]\n"
                           "search: {optimizer: nsga2, trials: 12, batch: 4, seed: 9}\n";

static void reads_every_setting(void **state) {
    weft_problem *problem = read_problem(*state, "good.yaml", good);
    const weft_problem_info *info = weft_problem_get_info(problem);
    assert_string_equal(info->name, "good");
    assert_string_equal(info->chip, "mnsim-130nm-rram");
    assert_int_equal(info->n_objectives, 2);
    assert_int_equal(info->objectives[0], WEFT_METRIC_ENERGY);
    assert_int_equal(info->objectives[1], WEFT_METRIC_LATENCY);
    assert_false(info->maximise[0]);
    assert_false(info->trains);
    assert_string_equal(info->optimizer.name, "nsga2");
    assert_int_equal(info->trials, 12);
    assert_int_equal(info->batch, 4);
    assert_int_equal(info->seed, 9);
    assert_int_equal(info->n_constraints, 1);
    weft_problem_destroy(problem);
}

/* In YAML as it is written to the store, a name is any text. */
static void a_name_of_any_characters_is_kept(void **state) {
    static const char text[] = "weft: problem/1\n"
                               "name: 'the \"best\" \\ #1: one'\n" SMALL_SPACE
                               "chip: mnsim-130nm-rram\n"
                               "score: 1 / energy\n";
    weft_problem *problem = read_problem(*state, "named.yaml", text);
    weft_problem *again = NULL;
    weft_problem_texts texts;
    weft_error error;
    expect_ok(weft_problem_write(problem, &texts, &error), &error);
    expect_ok(weft_problem_parse(texts.problem, texts.space, texts.chip, "store", &again, &error),
              &error);
    assert_string_equal(weft_problem_get_info(again)->name, "the \"best\" \\ #1: one");
    free(texts.problem);
    weft_problem_destroy(problem);
    weft_problem_destroy(again);
}

/* Texts of other optimizers are those of before; that of gp has its settings, and reads back. */
static void settings_of_gp_are_written_for_gp_alone(void **state) {
    static const char *const KEYS[] = {"  observations: 500\n", "  scored: 300\n"};
    static const char *const NAMES[] = {"tpe", "gp"};
    for (int k = 0; k < 2; k++) {
        char text[1000];
        weft_problem *again = NULL;
        weft_problem_texts texts;
        weft_error error;
        snprintf(text, sizeof text,
                 "weft: problem/1\nname: keys\n" SMALL_SPACE
                 "chip: mnsim-130nm-rram\nscore: 1 / energy\n"
                 "search: {optimizer: %s, observations: 500, scored: 300}\n",
                 NAMES[k]);
        weft_problem *problem = read_problem(*state, "keys.yaml", text);
        expect_ok(weft_problem_write(problem, &texts, &error), &error);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(strstr(texts.problem, KEYS[i]) != NULL, k == 1);
        }
        expect_ok(
            weft_problem_parse(texts.problem, texts.space, texts.chip, "store", &again, &error),
            &error);
        assert_int_equal(weft_problem_get_info(again)->optimizer.scored, k == 1 ? 300 : 1000);
        free(texts.problem);
        weft_problem_destroy(problem);
        weft_problem_destroy(again);
    }
}

/* The same of the members of a portfolio, a list of words, and of what else came with its optimizers. */
static void members_are_written_for_a_portfolio(void **state) {
    static const char *const names[] = {"portfolio", "cmaes", "reinforce", "random"};
    static const char *const keys[] = {"members: [tpe, nsga2]\n", "first_step: 0.5\n",
                                       "hidden: 8\n"};
    for (int k = 0; k < 4; k++) {
        char text[2000];
        weft_problem *again = NULL;
        weft_problem_texts texts;
        weft_error error;
        snprintf(text, sizeof text,
                 "weft: problem/1\nname: members\n" SMALL_SPACE
                 "chip: mnsim-130nm-rram\nscore: 1 / energy\n"
                 "search: {optimizer: %s, members: [tpe, nsga2], first_step: 0.5, hidden: 8}\n",
                 names[k]);
        weft_problem *problem = read_problem(*state, "members.yaml", text);
        expect_ok(weft_problem_write(problem, &texts, &error), &error);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(strstr(texts.problem, keys[i]) != NULL, k == i);
        }
        expect_ok(
            weft_problem_parse(texts.problem, texts.space, texts.chip, "store", &again, &error),
            &error);
        assert_string_equal(weft_problem_get_info(again)->optimizer.members,
                            k == 0 ? "tpe nsga2" : "");
        free(texts.problem);
        weft_problem_destroy(problem);
        weft_problem_destroy(again);
    }
}

/* Keys that came after the first stores are part of the studies that they mean something to. */
static void keys_of_directions_are_written_where_they_count(void **state) {
    static const char *const keys[] = {"divisions: 5\n", "inner_divisions: 2\n", "neighbours: 7\n",
                                       "neighbour_probability: 0.75\n", "replacements: 3\n"};
    static const struct {
        const char *optimizer;
        int n_keys; /* of them, the first */
    } cases[] = {{"nsga2", 0}, {"nsga3", 2}, {"moead", 5}};
    for (int i = 0; i < 3; i++) {
        char text[2000];
        snprintf(text, sizeof text,
                 "weft: problem/1\nname: directions\n" SMALL_SPACE
                 "chip: mnsim-130nm-rram\nobjectives: [energy min, latency]\n"
                 "search: {optimizer: %s, divisions: 5, inner_divisions: 2, neighbours: 7, "
                 "neighbour_probability: 0.75, replacements: 3}\n",
                 cases[i].optimizer);
        weft_problem *problem = read_problem(*state, "directions.yaml", text);
        weft_problem *again = NULL;
        weft_problem_texts texts;
        weft_error error;
        expect_ok(weft_problem_write(problem, &texts, &error), &error);
        for (int k = 0; k < 5; k++) {
            assert_int_equal(strstr(texts.problem, keys[k]) != NULL, k < cases[i].n_keys);
        }
        expect_ok(
            weft_problem_parse(texts.problem, texts.space, texts.chip, "store", &again, &error),
            &error);
        const weft_optimizer_settings *settings = &weft_problem_get_info(again)->optimizer;
        assert_int_equal(settings->divisions, cases[i].n_keys > 0 ? 5 : 0);
        assert_int_equal(settings->neighbours, cases[i].n_keys > 2 ? 7 : 20);
        free(texts.problem);
        weft_problem_destroy(problem);
        weft_problem_destroy(again);
    }
}

static void written_form_reads_back_the_same(void **state) {
    weft_problem *problem = read_problem(*state, "good.yaml", good);
    weft_problem *again = NULL;
    weft_problem_texts first, second;
    weft_error error;
    expect_ok(weft_problem_write(problem, &first, &error), &error);
    expect_ok(weft_problem_parse(first.problem, first.space, first.chip, "store", &again, &error),
              &error);
    expect_ok(weft_problem_write(again, &second, &error), &error);
    assert_string_equal(first.problem, second.problem);
    assert_string_equal(first.space, second.space);
    assert_string_equal(first.chip, second.chip);
    free(first.problem);
    free(second.problem);
    weft_problem_destroy(problem);
    weft_problem_destroy(again);
}

/* Texts of stores are compared line by line: what one optimizer has is not written for others. */
static void keys_of_one_optimizer_are_written_for_it(void **state) {
    static const struct {
        const char *search, *line;
    } cases[] = {
        {"search: {optimizer: exhaustive, limit: 77}\n", "\n  limit: 77\n"},
        {"search: {optimizer: evolution, tournament: 5}\n", "\n  tournament: 5\n"},
        {"search: {optimizer: anneal, acceptance: 0.3, cooling: 0.97}\n",
         "\n  acceptance: 0.3\n  cooling: 0.97\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[sizeof good + 100];
        weft_problem_texts first, second;
        weft_problem *again = NULL;
        weft_error error;
        snprintf(text, sizeof text, "%.*s%s", (int)(strstr(good, "search:") - good), good,
                 cases[i].search);
        weft_problem *problem = read_problem(*state, "key.yaml", text);
        expect_ok(weft_problem_write(problem, &first, &error), &error);
        assert_non_null(strstr(first.problem, cases[i].line));
        expect_ok(
            weft_problem_parse(first.problem, first.space, first.chip, "store", &again, &error),
            &error);
        expect_ok(weft_problem_write(again, &second, &error), &error);
        assert_string_equal(first.problem, second.problem);
        free(first.problem);
        free(second.problem);
        weft_problem_destroy(problem);
        weft_problem_destroy(again);
        char *name = strstr(text, "optimizer: ") + 11;
        memmove(name + 6, name + strcspn(name, ","), strlen(name + strcspn(name, ",")) + 1);
        memcpy(name, "random", 6);
        problem = read_problem(*state, "other.yaml", text);
        expect_ok(weft_problem_write(problem, &first, &error), &error);
        assert_null(strstr(first.problem, cases[i].line));
        free(first.problem);
        weft_problem_destroy(problem);
    }
}

/* What a report says to save and run again. */
static void a_problem_alone_is_the_same_problem(void **state) {
    weft_problem *problem = read_problem(*state, "good.yaml", good);
    weft_problem_texts first, second;
    weft_error error;
    char *alone = NULL;
    expect_ok(weft_problem_write(problem, &first, &error), &error);
    expect_ok(weft_problem_write_alone(problem, &alone, &error), &error);
    weft_problem *again = read_problem(*state, "again.yaml", alone);
    expect_ok(weft_problem_write(again, &second, &error), &error);
    assert_string_equal(first.problem, second.problem);
    assert_string_equal(first.space, second.space);
    assert_string_equal(first.chip, second.chip);
    free(alone);
    free(first.problem);
    free(second.problem);
    weft_problem_destroy(problem);
    weft_problem_destroy(again);
}

/* Every key of a joint search, as it is written to a store and read back. */
static const char joint[] =
    "weft: problem/1\n"
    "name: joint\n"
    "space: cimnas-mobilenetv2-rram\n"
    "chip: cimnas-32nm-rram\n"
    "minimise: ela_acc\n"
    "constraints: [\"area <= 800\", \"power_density <= 1\"]\n"
    "accounting: cimnas-2025\n"
    "faults: {swapped-bits: false, raw-cells: false}\n"
    "aggregate: mean\n"
    "fixed: {rows: 128, \"pw_*_bits*\": 8}\n"
    "accuracy: {provider: mlp, file: apq-proxyless-imagenet, weights: w.npz, ignore: \"x*\"}\n"
    "search:\n"
    "  optimizer: ga\n"
    "  trials: 900\n"
    "  batch: 30\n"
    "  hold: first\n"
    "  stages:\n"
    "  - {name: chip, free: [chip, depth*], trials: 300, minimise: energy * area}\n"
    "  - name: rest\n"
    "    priority:\n"
    "      form: product\n"
    "      energy: {best: 1e-4, worst: 1e-3, weight: 2}\n"
    "      accuracy: {best: 0.9, worst: 0.7}\n";

static void a_joint_problem_is_kept_whole(void **state) {
    weft_problem *problem = read_problem(*state, "joint.yaml", joint);
    const weft_problem_info *info = weft_problem_get_info(problem);
    weft_problem_texts first, second;
    weft_problem *again = NULL;
    weft_error error;
    assert_string_equal(info->score, "energy * latency * area / accuracy");
    assert_false(info->maximise[0]);
    assert_true(info->trains);
    assert_true(info->accuracy.blind_bits); /* a fault that is on */
    assert_int_equal(info->aggregate, WEFT_AGGREGATE_MEAN);
    assert_int_equal(info->hold, WEFT_HOLD_FIRST);
    assert_int_equal(info->n_stages, 2);
    assert_int_equal(info->stages[0].trials, 300);
    assert_string_equal(info->stages[1].score, "max((energy - 0.0001) / 0.0009, 1e-6)^2 * "
                                               "max((accuracy - 0.9) / -0.2, 1e-6)^1");
    int off = 0;
    for (int f = 0; f < info->n_faults; f++) {
        off += !info->faults[f].on;
    }
    assert_int_equal(off, 2);
    expect_ok(weft_problem_write(problem, &first, &error), &error);
    expect_ok(weft_problem_parse(first.problem, first.space, first.chip, "store", &again, &error),
              &error);
    expect_ok(weft_problem_write(again, &second, &error), &error);
    assert_string_equal(first.problem, second.problem);
    assert_string_equal(first.chip, second.chip);
    weft_gene_table genes = weft_space_genes(weft_problem_get_space(problem));
    for (int g = 0; g < genes.n_genes; g++) {
        bool is_fixed = strcmp(genes.genes[g].name, "rows") == 0 ||
                        (strncmp(genes.genes[g].name, "pw_", 3) == 0);
        assert_int_equal(!isnan(problem->fixed[g]), is_fixed);
        assert_true(isnan(problem->fixed[g]) || problem->fixed[g] == again->fixed[g]);
        assert_memory_equal(&problem->stages[0].varies[g], &again->stages[0].varies[g], 1);
    }
    free(first.problem);
    free(second.problem);
    weft_problem_destroy(problem);
    weft_problem_destroy(again);
}

/* The scores that papers call by letters. */
static void scores_have_names(void **state) {
    static const struct {
        const char *name, *text;
    } SCORES[] = {{"e", "energy"},
                  {"ea", "energy * area"},
                  {"ela", "energy * latency * area"},
                  {"l_acc", "latency / accuracy"},
                  {"edap", "edap"}};
    for (size_t i = 0; i < sizeof SCORES / sizeof SCORES[0]; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "weft: problem/1\nname: s\nspace: cimnas-mobilenetv2-hw\n"
                 "chip: cimnas-32nm-rram\naccuracy: {provider: table, file: t.yaml}\n"
                 "minimise: %s\n",
                 SCORES[i].name);
        weft_problem *problem = read_problem(*state, "score.yaml", text);
        assert_string_equal(weft_problem_get_info(problem)->score, SCORES[i].text);
        weft_problem_destroy(problem);
    }
}

typedef struct bad_case {
    const char *name;
    const char *from, *to; /* replaced in the good file */
    int line;
    const char *message; /* a part of the message or the hint */
} bad_case;

/* Lines of `good`: 1 weft, 2 name, 3-9 space, 10 chip, 11 objectives, 12 constraints, 13 search. */
static const bad_case bad_cases[] = {
    {"unknown key", "chip: mnsim", "chipp: x\nchip: mnsim", 10, "chipp"},
    {"wrong format", "problem/1", "problem/9", 1, "problem/1"},
    {"unknown metric", "energy min", "enrgy min", 11, "energy"},
    {"wrong direction", "energy min", "energy best", 11, "max or min"},
    {"objective twice", "energy min, latency", "energy min, energy", 11, "twice"},
    {"both goals", "constraints:", "score: energy\nconstraints:", 12, "both"},
    {"goal misspelt", "objectives:", "objctives:", 11, "objectives"},
    {"a space without networks", "base: imc-cnn\n", "family: values\n", 4, "no networks"},
    {"space misspelt", "space:", "spcae:", 3, "space"},
    {"no goal", "objectives: [energy min, latency]\n", "", 0, "neither"},
    {"constraint without sides", "area <= 500", "area", 12, "<="},
    {"constraint of an unknown name", "area <= 500", "aera <= 500", 12, "area"},
    {"unknown optimizer", "nsga2", "nsgaa2", 13, "nsga2"},
    {"no trials", "trials: 12", "trials: 0", 13, "trials"},
    {"trials as text", "trials: 12", "trials: many", 13, "many"},
    {"unknown search key", "seed: 9", "sede: 9", 13, "seed"},
    {"accuracy without data", "energy min, latency", "energy min, accuracy", 11, "data"},
    {"accuracy in a constraint", "area <= 500", "accuracy >= 0.5", 12, "data"},
    {"cost of a chip without", "energy min, latency", "energy min, cost", 10, "cost_per_mm2"},
    {"bits dropped by no expression", "area <= 500", "dropped_bits <= 0", 10, "dropped_bits"},
    {"unknown chip", "mnsim-130nm-rram", "mnsim-130nm-ram", 10, "mnsim-130nm-rram"},
    {"unknown data", "chip: mnsim", "data: fashion-mnits\nchip: mnsim", 10, "fashion-mnist"},
};

/* Lines of `joint`: 5 minimise, 6 constraints, 8 faults, 9 aggregate, 10 fixed, 11 accuracy, 12 search,
 * 16 hold, 17 stages, 18 the first of them, 19 the second. */
static const bad_case bad_joint[] = {
    {"unknown accounting", "cimnas-2025", "cimnas-2024", 7, "cimnas-2025"},
    {"faults of none", "accounting: cimnas-2025\n", "", 7, "no faults"},
    {"unknown fault", "swapped-bits", "swaped-bits", 8, "swapped-bits"},
    {"fault that is no switch", "swapped-bits: false", "swapped-bits: 2", 8, "2"},
    {"unknown aggregate", "mean", "median", 9, "mean"},
    {"fixed gene that is none", "{rows:", "{rosw:", 10, "rows"},
    {"fixed value that is none", "rows: 128", "rows: 127", 10, "32, 64, 128"},
    {"fixed is a list", "{rows: 128, \"pw_*_bits*\": 8}", "[rows]", 10, "genes with their values"},
    {"unknown hold", "first", "fist", 16, "first"},
    {"stage without trials", "trials: 300, ", "", 18, "trials"},
    {"stage of no gene", "depth*", "dpeth1", 0, "depth1"},
    {"stage of fixed genes", "[chip, depth*]", "[rows]", 0, "varies no gene"},
    {"stages and free", "hold: first", "free: [rows]", 18, "free"},
    {"stage with two goals", "minimise: energy * area", "minimise: e, score: area", 0, "both"},
    {"priority of nothing",
     "      energy: {best: 1e-4, worst: 1e-3, weight: 2}\n"
     "      accuracy: {best: 0.9, worst: 0.7}\n",
     "", 0, "at least one"},
    {"priority without width", "worst: 0.7", "worst: 0.9", 23, "both 0.9"},
    {"no provider of that name", "mlp", "mpl", 11, "mlp"},
    {"a name of a score misspelt", "ela_acc", "ela_ac", 5, "ela_ac"},
};

static void replace(const char *text, const char *from, const char *to, char *out, size_t size) {
    const char *at = strstr(text, from);
    assert_non_null(at);
    snprintf(out, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void refuse(const char *folder, const char *file, const bad_case *cases, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const bad_case *bad = &cases[i];
        char text[2048];
        char path[600];
        replace(file, bad->from, bad->to, text, sizeof text);
        write_file(folder, "bad.yaml", text, path, sizeof path);
        weft_problem *problem = NULL;
        weft_error error;
        weft_status status = weft_problem_read(path, &problem, &error);
        char full[2048];
        if (status != WEFT_ERROR_INPUT) {
            fail_msg("%s: status %s", bad->name, weft_status_word(status));
        }
        weft_error_format(&error, full, sizeof full);
        if (strstr(full, bad->message) == NULL || (bad->line > 0 && error.line != bad->line)) {
            fail_msg("%s: expected '%s' at line %d, got:\n%s", bad->name, bad->message, bad->line,
                     full);
        }
        assert_null(problem);
    }
}

static void refuses_bad_files_with_their_place(void **state) {
    refuse(*state, good, bad_cases, sizeof bad_cases / sizeof *bad_cases);
    refuse(*state, joint, bad_joint, sizeof bad_joint / sizeof *bad_joint);
}

static void refuses_a_missing_file(void **state) {
    (void)state;
    weft_problem *problem = NULL;
    weft_error error;
    assert_int_equal(weft_problem_read("/nonexistent/p.yaml", &problem, &error), WEFT_ERROR_IO);
    assert_non_null(strstr(error.file, "/nonexistent/p.yaml"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_every_setting, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_name_of_any_characters_is_kept, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(keys_of_one_optimizer_are_written_for_it, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(keys_of_directions_are_written_where_they_count,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(members_are_written_for_a_portfolio, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(settings_of_gp_are_written_for_gp_alone, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(written_form_reads_back_the_same, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_problem_alone_is_the_same_problem, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_joint_problem_is_kept_whole, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(scores_have_names, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(refuses_bad_files_with_their_place, make_folder,
                                        remove_folder),
        cmocka_unit_test(refuses_a_missing_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
