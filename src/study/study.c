/* SPDX-License-Identifier: Apache-2.0
 * Opening and closing studies; their trials in memory. */
#include "study/study.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"

/* ---- trials in memory ------------------------------------------------------------------------ */

/* The first index whose number is >= `number`. */
static size_t lower_bound(const weft_study *study, uint64_t number) {
    size_t low = 0;
    size_t high = study->n_trials;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (study->trials[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t weft_study_find(const weft_study *study, uint64_t number) {
    size_t index = lower_bound(study, number);
    bool found = index < study->n_trials && study->trials[index].number == number;
    return found ? index : SIZE_MAX;
}

weft_status weft_study_keep(weft_study *study, const weft_trial *trial, weft_error *error) {
    if (study->n_trials == study->capacity) {
        size_t capacity = study->capacity == 0 ? 64 : study->capacity * 2;
        weft_trial *grown = realloc(study->trials, capacity * sizeof *grown);
        if (grown == NULL) {
            return weft_fail_memory(error, capacity * sizeof *grown);
        }
        study->trials = grown;
        study->capacity = capacity;
    }
    size_t bytes = (size_t)study->genes.n_genes * sizeof(double);
    double *genome = malloc(bytes);
    if (genome == NULL) {
        return weft_fail_memory(error, bytes);
    }
    memcpy(genome, trial->genome, bytes);
    size_t index = lower_bound(study, trial->number);
    memmove(&study->trials[index + 1], &study->trials[index],
            (study->n_trials - index) * sizeof *study->trials);
    study->trials[index] = *trial;
    study->trials[index].genome = genome;
    study->trials[index].partial = weft_problem_fidelity_share(study->problem, trial->fidelity) <
                                   1.0;
    study->n_trials++;
    return WEFT_OK;
}

const char *weft_trial_fault(const weft_study *study, const weft_trial *trial) {
    if (!weft_genome_legal(&study->genes, trial->genome)) {
        return "its genome is not of the space";
    }
    double vector[WEFT_MAX_OBJECTIVES];
    if (trial->stage < 0 || trial->stage >= weft_problem_n_stages(study->problem)) {
        return "its stage is not of the problem";
    }
    int n_fidelities = study->problem->info.accuracy.n_fidelities;
    if (study->problem->info.brackets.name != NULL &&
        (trial->fidelity < 0 || trial->fidelity >= n_fidelities || trial->rung < 0 ||
         trial->rung > trial->fidelity || trial->bracket < 0 || trial->bracket > 999999)) {
        return "its rung is none of the brackets";
    }
    switch (trial->state) {
    case WEFT_TRIAL_OK:
        weft_problem_objectives(study->problem, trial, vector);
        for (int i = 0; i < study->problem->info.n_objectives; i++) {
            if (!isfinite(vector[i])) {
                return "it is ok, and lacks an objective";
            }
        }
        return NULL;
    case WEFT_TRIAL_INFEASIBLE:
        return trial->violation > 0.0 ? NULL : "it is infeasible, and violates nothing";
    case WEFT_TRIAL_FAILED:
        return NULL;
    }
    return "its state is unknown";
}

static weft_status keep_row(void *context, const weft_trial *trial, weft_error *error) {
    weft_study *study = context;
    const char *fault = weft_trial_fault(study, trial);
    return fault == NULL ? weft_study_keep(study, trial, error)
                         : weft_fail(error, WEFT_ERROR_STORE, "trial %llu cannot be used: %s",
                                     (unsigned long long)trial->number, fault);
}

/* ---- what a store says of its study ---------------------------------------------------------- */

enum { N_FACTS = 8 };
static const char *const fact_keys[N_FACTS] = {"problem", "space", "chip",    "seed",
                                               "version", "build", "machine", "created"};

typedef struct facts {
    char *text[N_FACTS];
} facts;

static void facts_free(facts *all) {
    for (int i = 0; i < N_FACTS; i++) {
        free(all->text[i]);
    }
}

static weft_status facts_read(weft_store *store, facts *all, weft_error *error) {
    memset(all, 0, sizeof *all);
    for (int i = 0; i < N_FACTS; i++) {
        WEFT_TRY(weft_store_get(store, fact_keys[i], &all->text[i], error));
    }
    return WEFT_OK;
}

static void origin_from(const facts *all, weft_study_origin *origin) {
    snprintf(origin->version, sizeof origin->version, "%s", all->text[4]);
    snprintf(origin->build, sizeof origin->build, "%s", all->text[5]);
    snprintf(origin->machine, sizeof origin->machine, "%s", all->text[6]);
    origin->created = weft_real_parse(all->text[7], NULL);
}

/* "Linux 6.1 x86_64, Intel(R) Xeon(R) ..." */
static void describe_machine(char *text, size_t size) {
    struct utsname name;
    char model[128] = "";
    FILE *cpu = fopen("/proc/cpuinfo", "r");
    char line[256];
    while (cpu != NULL && model[0] == '\0' && fgets(line, sizeof line, cpu) != NULL) {
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':') != NULL) {
            snprintf(model, sizeof model, "%.120s", strchr(line, ':') + 2);
            model[strcspn(model, "\n")] = '\0';
        }
    }
    if (cpu != NULL) {
        fclose(cpu);
    }
    if (uname(&name) != 0) {
        snprintf(text, size, "unknown");
        return;
    }
    snprintf(text, size, "%s %s %s, %s", name.sysname, name.release, name.machine,
             model[0] != '\0' ? model : "unknown CPU");
}

/* ---- one problem, one store ------------------------------------------------------------------ */

static bool begins_with(const char *line, const char *const *keys) {
    for (; *keys != NULL; keys++) {
        if (strncmp(line, *keys, strlen(*keys)) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether a line of a problem's text may differ between runs of one study. */
static bool may_differ(const char *line) {
    /* where files lie; match_inputs compares what is in them */
    static const char *const KEYS[] = {
        "  trials:",          "  file:", "  weights:", "  csv:", "  penalty:", "  cache:",
        "  teacher_weights:", "  keep:", NULL};
    return begins_with(line, KEYS);
}

static const char *next_line(const char *line) {
    line += strcspn(line, "\n");
    return line + (*line == '\n');
}

/* The first line from `line` on that both texts must have: a cache, a folder of weights in between, and why
 * the optimizer was chosen may come and go. */
static const char *skip_optional(const char *line) {
    static const char *const KEYS[] = {"  cache:", "  keep:", "  chosen:", NULL};
    while (begins_with(line, KEYS)) {
        line = next_line(line);
    }
    return line;
}

/* Compares two texts line by line; *a and *b become the first lines that differ. `is_problem`: not of a
 * space or chip, which are what they are. */
static bool texts_agree(const char **a, const char **b, bool is_problem) {
    for (;; *a = next_line(*a), *b = next_line(*b)) {
        *a = is_problem ? skip_optional(*a) : *a;
        *b = is_problem ? skip_optional(*b) : *b;
        if (**a == '\0' && **b == '\0') {
            return true;
        }
        size_t length_a = strcspn(*a, "\n");
        size_t length_b = strcspn(*b, "\n");
        bool equal = length_a == length_b && strncmp(*a, *b, length_a) == 0;
        bool same_key = strncmp(*a, *b, strcspn(*a, ":") + 1) == 0;
        if (!equal && !(is_problem && same_key && may_differ(*a))) {
            return false;
        }
    }
}

/* `stored`: problem, space and chip of the store at `path`. */
static weft_status check_same(const char *path, const char *const stored[3],
                              const weft_problem_texts *texts, weft_error *error) {
    const char *wanted[3] = {texts->problem, texts->space, texts->chip};
    for (int i = 0; i < 3; i++) {
        const char *a = stored[i];
        const char *b = wanted[i];
        if (!texts_agree(&a, &b, i == 0)) {
            a += strspn(a, " ");
            b += strspn(b, " ");
            weft_fail(error, WEFT_ERROR_STORE,
                      "the store holds another problem: its %s says '%.*s', the problem now "
                      "says '%.*s'",
                      fact_keys[i], (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b);
            weft_error_file(error, path);
            weft_hint(error,
                      "give the changed problem a store of its own; only `trials` may change "
                      "when a study is continued");
            return WEFT_ERROR_STORE;
        }
    }
    return WEFT_OK;
}

static weft_status found_study(weft_study *study, const weft_problem_texts *texts,
                               weft_error *error) {
    char seed[32];
    char created[40];
    weft_study_origin *origin = &study->origin;
    origin->created = weft_unix_time();
    snprintf(origin->version, sizeof origin->version, "%s", weft_version());
    snprintf(origin->build, sizeof origin->build, "%s", weft_build_info());
    describe_machine(origin->machine, sizeof origin->machine);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)study->problem->info.seed);
    weft_real_text(origin->created, created, sizeof created);
    const char *values[N_FACTS] = {texts->problem,  texts->space,  texts->chip,     seed,
                                   origin->version, origin->build, origin->machine, created};
    return weft_store_put(study->store, N_FACTS, fact_keys, values, error);
}

/* What changed between two texts of inputs; NULL: nothing that both of them tell. */
static const char *find_change(const char *stored, const char *now) {
    static const char *const CHANGES[] = {
        "files that tell its accuracies have changed", "layers of its networks have changed",
        "images, weights or figures that tell its accuracies have changed"};
    for (size_t i = 0; i < sizeof CHANGES / sizeof CHANGES[0] && *stored != '\0'; i++) {
        size_t length = strcspn(stored, ",");
        if (strncmp(stored, now, length) != 0) {
            return CHANGES[i];
        }
        stored += length + strspn(stored + length, ", ");
        now += length + strspn(now + length, ", ");
    }
    return NULL;
}

/* A study goes on with what it was begun with. A store of an older version takes what it does not tell as
 * it is now. */
static weft_status match_inputs(weft_study *study, weft_error *error) {
    static const char *const key = "inputs";
    char now[WEFT_INPUTS_TEXT];
    const char *value = now;
    char *stored = NULL;
    WEFT_TRY(weft_problem_inputs(study->problem, study->accuracy, now, error));
    WEFT_TRY(weft_store_get(study->store, key, &stored, error));
    const char *change = find_change(stored != NULL ? stored : "", now);
    weft_status status = WEFT_OK;
    if (change != NULL) {
        weft_fail(error, WEFT_ERROR_STORE, "the %s since the study was begun", change);
        weft_error_file(error, weft_store_path(study->store));
        weft_hint(error, "give the search a new store, or put back what was there");
        status = WEFT_ERROR_STORE;
    } else if (stored == NULL || strcmp(stored, now) != 0) {
        status = weft_store_put(study->store, 1, &key, &value, error);
    }
    free(stored);
    return status;
}

/* A store of an older version says less of its problem: what it leaves out it means as the defaults. */
static weft_status say_all(facts *stored, weft_error *error) {
    weft_problem *problem = NULL;
    weft_problem_texts texts = {NULL, NULL, NULL};
    weft_error ignored;
    if (weft_problem_parse(stored->text[0], stored->text[1], stored->text[2], "store", &problem,
                           &ignored) != WEFT_OK) {
        return WEFT_OK; /* not Weft's own text: the comparison tells where it differs */
    }
    weft_status status = weft_problem_write(problem, &texts, error);
    if (status == WEFT_OK) {
        free(stored->text[0]);
        stored->text[0] = texts.problem;
    }
    weft_problem_destroy(problem);
    return status;
}

/* Writes the study's facts to a new store, or compares them with those of an old one. */
static weft_status match_store(weft_study *study, weft_error *error) {
    weft_problem_texts texts;
    facts stored;
    WEFT_TRY(weft_problem_write(study->problem, &texts, error));
    weft_status status = facts_read(study->store, &stored, error);
    int known = 0;
    for (int i = 0; status == WEFT_OK && i < N_FACTS; i++) {
        known += stored.text[i] != NULL;
    }
    if (status == WEFT_OK && known == N_FACTS) {
        origin_from(&stored, &study->origin);
        status = say_all(&stored, error);
    }
    if (status == WEFT_OK && known == N_FACTS) {
        const char *const said[3] = {stored.text[0], stored.text[1], stored.text[2]};
        status = check_same(weft_store_path(study->store), said, &texts, error);
    } else if (status == WEFT_OK && known == 0) {
        status = found_study(study, &texts, error);
    } else if (status == WEFT_OK) {
        status = weft_fail(error, WEFT_ERROR_STORE, "the store lacks parts of its problem");
        weft_error_file(error, weft_store_path(study->store));
        weft_hint(error, "another program changed it; start a new store");
    }
    facts_free(&stored);
    free(texts.problem);
    return status;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* How many trials the store has in a row from `index` on, of the stage of the first of them. */
static size_t row_length(const weft_study *study, size_t index) {
    size_t n = 1;
    const weft_trial *first = &study->trials[index];
    while (index + n < study->n_trials && study->trials[index + n].number == first->number + n &&
           study->trials[index + n].stage == first->stage) {
        n++;
    }
    return n;
}

/* Whether the trial after that one is of a later stage: the batch was the last of its own. A hole in
 * the numbers, as several threads leave it when they are killed, says nothing of the kind. */
static bool next_stage_follows(const weft_study *study, size_t index) {
    if (index + 1 >= study->n_trials) {
        return false;
    }
    const weft_trial *trial = &study->trials[index];
    const weft_trial *next = &study->trials[index + 1];
    return next->number == trial->number + 1 && next->stage > trial->stage;
}

/* Tells the optimizer the whole batches that the store has, stage by stage. */
static weft_status replay(weft_study *study, weft_error *error) {
    weft_batch *batch = &study->batch;
    for (;;) {
        batch->first = study->n_closed;
        size_t index = lower_bound(study, batch->first);
        if (index >= study->n_trials || study->trials[index].number != batch->first) {
            return WEFT_OK;
        }
        if (study->trials[index].stage != study->stage) {
            WEFT_TRY(weft_stage_enter(study, study->trials[index].stage, batch->first, error));
        }
        size_t there = row_length(study, index);
        size_t size = (size_t)(weft_stage_batch_end(study, batch->first) - batch->first);
        bool cut = there < size && next_stage_follows(study, index + there - 1);
        if (there < size && !cut) {
            return WEFT_OK;
        }
        study->exhausted = cut;
        batch->n = (int)(there < size ? there : size);
        WEFT_TRY(weft_batch_close(study, error));
    }
}

/* Where the problem names no folder for the weights between the steps of a candidate's training, they
 * lie beside the store. */
static weft_status keep_weights(weft_problem *problem, const char *store, weft_error *error) {
    if (problem->info.accuracy.n_fidelities < 2 || problem->info.accuracy.keep[0] != '\0' ||
        store == NULL) {
        return WEFT_OK;
    }
    int written = snprintf(problem->accuracy_files[WEFT_ACCURACY_KEEP], WEFT_PROBLEM_PATH,
                           "%s.weights", store);
    return written >= 0 && written < WEFT_PROBLEM_PATH
               ? WEFT_OK
               : weft_fail(error, WEFT_ERROR_IO, "the name of the store is too long");
}

static bool has_cache(const weft_study *study) {
    return study->slow && study->problem->info.cache[0] != '\0';
}

/* The problem of a store, in *problem; NULL: there is no store, or nothing in it to go on with, as is told
 * when it is opened to write. */
static void stored_problem(const char *path, weft_problem **problem) {
    weft_store *store = NULL;
    weft_error ignored;
    facts stored;
    *problem = NULL;
    if (path == NULL || access(path, F_OK) != 0 ||
        weft_store_open(path, WEFT_STORE_READ, false, &store, &ignored) != WEFT_OK) {
        return;
    }
    if (facts_read(store, &stored, &ignored) == WEFT_OK && stored.text[0] != NULL &&
        stored.text[1] != NULL && stored.text[2] != NULL &&
        weft_problem_parse(stored.text[0], stored.text[1], stored.text[2], path, problem,
                           &ignored) != WEFT_OK) {
        *problem = NULL;
    }
    facts_free(&stored);
    weft_store_close(store);
}

static void adopt_optimizer(weft_problem *problem, const weft_optimizer_settings *from,
                            const char *reason) {
    weft_optimizer_settings usual;
    weft_optimizer_settings *to = &problem->info.optimizer;
    weft_optimizer_defaults(&usual);
    problem->has_optimizer = true;
    snprintf(problem->optimizer, sizeof problem->optimizer, "%s", from->name);
    snprintf(problem->info.chosen, sizeof problem->info.chosen, "%s", reason);
    if (to->population == usual.population || problem->chose_population) {
        problem->chose_population = true;
        to->population = from->population;
    }
    if (to->startup_trials == usual.startup_trials || problem->chose_startup) {
        problem->chose_startup = true;
        to->startup_trials = from->startup_trials;
    }
}

/* Where nobody names an optimizer: that of the store, or the one that the search's size speaks for. Of its
 * settings those are set that the file leaves as they are. */
static weft_status choose_optimizer(weft_study *study, const char *store, weft_error *error) {
    weft_problem *problem = study->problem;
    weft_problem_info *info = &problem->info;
    weft_problem *stored = NULL;
    if (problem->names_optimizer || info->optimizer.name != problem->optimizer) {
        return WEFT_OK;
    }
    stored_problem(store, &stored);
    const weft_optimizer_settings *from = NULL;
    weft_optimizer_settings chosen;
    weft_search_choice choice;
    weft_optimizer_defaults(&chosen);
    if (stored != NULL) {
        from = &stored->info.optimizer;
        snprintf(choice.reason, sizeof choice.reason, "%s", stored->info.chosen);
    } else {
        weft_search_traits traits = {.n_objectives = info->n_objectives,
                                     .trials = (uint64_t)info->trials,
                                     .costly = study->slow};
        for (int g = 0; g < study->genes.n_genes; g++) {
            traits.n_genes += weft_problem_varies(problem, g);
        }
        weft_optimizer_choose(&traits, &choice);
        chosen.name = choice.name;
        chosen.population = choice.population;
        chosen.startup_trials = choice.startup_trials > 0 ? choice.startup_trials
                                                          : chosen.startup_trials;
        from = &chosen;
    }
    adopt_optimizer(problem, from, choice.reason);
    weft_problem_destroy(stored);
    return weft_problem_check_options(problem, error);
}

/* `store`: its path; NULL: there will be none. Nothing is written yet. */
static weft_status prepare_search(weft_study *study, const char *store, weft_error *error) {
    if (study->problem->info.trains || study->problem->info.scores) {
        WEFT_TRY(keep_weights(study->problem, store, error));
        WEFT_TRY(weft_problem_accuracy(study->problem, &study->accuracy, error));
    }
    study->slow = study->accuracy != NULL && weft_accuracy_has_final(study->accuracy);
    if (has_cache(study)) {
        WEFT_TRY(weft_cache_check(study->problem, error));
    }
    WEFT_TRY(choose_optimizer(study, store, error));
    WEFT_TRY(weft_stage_enter(study, 0, 0, error));
    weft_evaluator *evaluator = NULL;
    WEFT_TRY(weft_evaluators_take(study, &evaluator, error));
    weft_evaluators_give(study, evaluator);
    return WEFT_OK;
}

static weft_status study_create(weft_study **study, weft_error *error) {
    weft_study *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    pthread_mutex_init(&made->mutex, NULL);
    pthread_mutex_init(&made->evaluators.mutex, NULL);
    *study = made;
    return WEFT_OK;
}

static weft_status open_write(weft_study *study, const char *path, weft_error *error) {
    study->genes = weft_space_genes(study->problem->space);
    /* what cannot be searched leaves no store behind */
    WEFT_TRY(weft_problem_check_options(study->problem, error));
    WEFT_TRY(prepare_search(study, path, error));
    WEFT_TRY(
        weft_store_open(path, WEFT_STORE_WRITE, study->problem->info.trains, &study->store, error));
    WEFT_TRY(match_store(study, error));
    WEFT_TRY(match_inputs(study, error));
    if (has_cache(study)) {
        WEFT_TRY(weft_cache_open(study->problem, study->accuracy, &study->cache, error));
    }
    WEFT_TRY(weft_store_each_trial(study->store, study->genes.n_genes, keep_row, study, error));
    WEFT_TRY(weft_steer_load(study, study->store, error));
    return study->problem->info.asynchronous ? weft_async_resume(study, error)
                                             : replay(study, error);
}

weft_status weft_study_open(weft_problem *problem, const char *store, weft_study **study,
                            weft_error *error) {
    weft_study *made = NULL;
    WEFT_TRY(study_create(&made, error));
    made->problem = problem;
    weft_status status = open_write(made, store, error);
    if (status != WEFT_OK) {
        weft_study_close(made);
        return status;
    }
    *study = made;
    return WEFT_OK;
}

/* Whether the problem is that of a store, where there is one to go on with. */
static weft_status check_stored(const weft_problem *problem, const char *path, weft_error *error) {
    weft_problem *stored = NULL;
    weft_problem_texts before = {NULL, NULL, NULL};
    weft_problem_texts now = {NULL, NULL, NULL};
    stored_problem(path, &stored);
    if (stored == NULL) {
        return WEFT_OK;
    }
    weft_status status = weft_problem_write(stored, &before, error);
    if (status == WEFT_OK) {
        status = weft_problem_write(problem, &now, error);
    }
    if (status == WEFT_OK) {
        const char *const said[3] = {before.problem, before.space, before.chip};
        status = check_same(path, said, &now, error);
    }
    free(before.problem);
    free(now.problem);
    weft_problem_destroy(stored);
    return status;
}

weft_status weft_problem_check(weft_problem *problem, const char *store, weft_error *error) {
    weft_study *made = NULL;
    WEFT_TRY(study_create(&made, error));
    made->problem = problem;
    made->genes = weft_space_genes(problem->space);
    weft_status status = prepare_search(made, store, error);
    weft_study_close(made);
    return status == WEFT_OK ? check_stored(problem, store, error) : status;
}

static weft_status read_store(weft_study *study, weft_store *store, weft_error *error) {
    facts stored;
    weft_status status = facts_read(store, &stored, error);
    for (int i = 0; status == WEFT_OK && i < N_FACTS; i++) {
        if (stored.text[i] == NULL) {
            status = weft_fail(error, WEFT_ERROR_STORE, "the store has no %s", fact_keys[i]);
            weft_error_file(error, weft_store_path(store));
            weft_hint(error, "its search was stopped before it began: run it again");
        }
    }
    if (status == WEFT_OK) {
        origin_from(&stored, &study->origin);
        status = weft_problem_parse(stored.text[0], stored.text[1], stored.text[2],
                                    weft_store_path(store), &study->problem, error);
        if (status == WEFT_ERROR_INPUT) { /* what Weft wrote, it reads */
            status = error->status = WEFT_ERROR_STORE;
            weft_hint(error, "this is in the store %s: another program changed it",
                      weft_store_path(store));
        }
    }
    if (status == WEFT_OK) {
        study->owns_problem = true;
        study->genes = weft_space_genes(study->problem->space);
        status = weft_store_each_trial(store, study->genes.n_genes, keep_row, study, error);
    }
    if (status == WEFT_OK) {
        status = weft_steer_load(study, store, error);
    }
    facts_free(&stored);
    return status;
}

weft_status weft_study_open_read(const char *path, weft_study **study, weft_error *error) {
    weft_study *made = NULL;
    weft_store *store = NULL;
    WEFT_TRY(study_create(&made, error));
    weft_status status = weft_store_open(path, WEFT_STORE_READ, false, &store, error);
    if (status == WEFT_OK) {
        status = read_store(made, store, error);
    }
    weft_store_close(store);
    if (status != WEFT_OK) {
        weft_study_close(made);
        return status;
    }
    *study = made;
    return WEFT_OK;
}

void weft_study_close(weft_study *study) {
    if (study == NULL) {
        return;
    }
    weft_optimizer_destroy(study->optimizer);
    weft_brackets_destroy(study->brackets);
    weft_async_free(study);
    weft_evaluators_free(study);
    weft_accuracy_destroy(study->accuracy);
    weft_cache_close(study->cache);
    weft_steer_free(study);
    weft_seen_destroy(&study->seen);
    free(study->batch.genomes);
    free(study->batch.hashes);
    free(study->batch.done);
    free(study->batch.jobs);
    for (size_t i = 0; i < study->n_trials; i++) {
        weft_trial *trial = &study->trials[i];
        free((void *)(uintptr_t)trial->genome); /* const for callers; owned here */
    }
    free(study->trials);
    weft_store_close(study->store);
    if (study->owns_problem) {
        weft_problem_destroy(study->problem);
    }
    pthread_mutex_destroy(&study->evaluators.mutex);
    pthread_mutex_destroy(&study->mutex);
    free(study);
}

/* ---- looking --------------------------------------------------------------------------------- */

weft_problem *weft_study_get_problem(const weft_study *study) {
    return study->problem;
}

size_t weft_study_size(const weft_study *study) {
    return study->n_trials;
}

const weft_trial *weft_study_get_trial(const weft_study *study, size_t i) {
    return i < study->n_trials ? &study->trials[i] : NULL;
}

const weft_study_origin *weft_study_get_origin(const weft_study *study) {
    return &study->origin;
}

weft_status weft_study_need_store(const weft_study *study, weft_error *error) {
    return study->store != NULL
               ? WEFT_OK
               : weft_fail(error, WEFT_ERROR_USAGE, "the study was opened to be read only");
}
