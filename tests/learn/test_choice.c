/* SPDX-License-Identifier: Apache-2.0
 *
 * Choices between ways of computing: the fastest is found, remembered, agreed upon by threads and
 * processes, and a bad file or folder costs no more than the memory of it. */
#include "learn/choice.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "learn/dnn_support.h"

enum { WAYS = 3 };

static weft_error error;

/* ---- ways ------------------------------------------------------------------------------------ */

/* Way `fastest` is done at once, the others spin for a while; `fails` and `hungry` are masks of those
 * that fail and that find no memory. */
typedef struct ways {
    int fastest;
    unsigned fails, hungry;
    int runs; /* of any way */
} ways;

static void spin(double seconds) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    double end = (double)t.tv_sec + 1e-9 * (double)t.tv_nsec + seconds;
    while ((double)t.tv_sec + 1e-9 * (double)t.tv_nsec < end) {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    }
}

static weft_status run(void *context, int way, weft_error *why) {
    ways *w = context;
    w->runs++;
    if ((w->fails >> way & 1U) != 0) {
        return weft_fail(why, WEFT_ERROR_INTERNAL, "way %d does not work", way);
    }
    if ((w->hungry >> way & 1U) != 0) {
        return weft_fail_memory(why, 1);
    }
    if (way != w->fastest) {
        spin(2e-3);
    }
    return WEFT_OK;
}

static int best_of(weft_choices *choices, const char *key, ways *w) {
    int best = -1;
    MUST(weft_choices_best(choices, key, WAYS, run, w, &best, &error));
    return best;
}

static weft_choices *open_choices(void) {
    weft_choices *choices;
    MUST(weft_choices_open("cpu (x)/1", &choices, &error));
    return choices;
}

/* ---- remembering ----------------------------------------------------------------------------- */

static void the_fastest_is_found_and_remembered(void **state) {
    (void)state;
    char folder[64];
    cache_make(folder);
    weft_choices *choices = open_choices();
    for (int fastest = 0; fastest < WAYS; fastest++) {
        char key[16];
        ways w = {.fastest = fastest};
        snprintf(key, sizeof key, "key%d", fastest);
        assert_int_equal(best_of(choices, key, &w), fastest);
        assert_true(w.runs > WAYS);
        w = (ways){.fastest = (fastest + 1) % WAYS};
        assert_int_equal(best_of(choices, key, &w), fastest); /* from memory */
        assert_int_equal(w.runs, 0);
    }
    weft_choices_close(choices);
    choices = open_choices();
    for (int fastest = 0; fastest < WAYS; fastest++) {
        char key[16];
        ways w = {.fastest = 0};
        snprintf(key, sizeof key, "key%d", fastest);
        assert_int_equal(best_of(choices, key, &w), fastest); /* from the file */
        assert_int_equal(w.runs, 0);
    }
    weft_choices_close(choices);
    weft_choices_close(NULL);
    cache_drop(folder);
}

static void many_keys_are_remembered(void **state) {
    (void)state;
    enum { KEYS = 1500 };
    char folder[64], path[320], key[16];
    cache_make(folder);
    weft_choices_close(open_choices());
    assert_true(cache_file(folder, path));
    for (int i = 0; i < KEYS; i++) {
        snprintf(key, sizeof key, "k%d", i);
        cache_add(path, key, i % WAYS);
    }
    weft_choices *choices = open_choices();
    for (int i = 0; i < KEYS; i++) {
        ways w = {0};
        snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(best_of(choices, key, &w), i % WAYS);
        assert_int_equal(w.runs, 0);
    }
    weft_choices_close(choices);
    cache_drop(folder);
}

/* What one handle has measured, another that was open before takes over. */
static void open_handles_learn_from_each_other(void **state) {
    (void)state;
    char folder[64];
    cache_make(folder);
    weft_choices *first = open_choices(), *second = open_choices();
    ways w = {.fastest = 1}, other = {.fastest = 2};
    assert_int_equal(best_of(first, "key", &w), 1);
    assert_int_equal(best_of(second, "key", &other), 1);
    assert_int_equal(other.runs, 0);
    weft_choices_close(first);
    weft_choices_close(second);
    cache_drop(folder);
}

/* One way may not work, either; that it does is remembered. */
static void one_way_is_tried_once(void **state) {
    (void)state;
    char folder[64];
    cache_make(folder);
    weft_choices *choices = open_choices();
    ways w = {0}, broken = {.fails = 1};
    int best = -1;
    assert_int_equal(weft_choices_best(choices, "broken", 1, run, &broken, &best, &error),
                     WEFT_ERROR_INTERNAL);
    MUST(weft_choices_best(choices, "key", 1, run, &w, &best, &error));
    assert_int_equal(best, 0);
    assert_true(w.runs > 0);
    w.runs = 0;
    MUST(weft_choices_best(choices, "key", 1, run, &w, &best, &error));
    assert_int_equal(w.runs, 0);
    weft_choices_close(choices);
    cache_drop(folder);
}

/* ---- together -------------------------------------------------------------------------------- */

enum { KEYS = 8 };

/* Each opens a handle and asks for all keys; the ways are equally fast, so that who is second would
 * often choose otherwise. */
typedef struct worker {
    int best[KEYS];
    bool failed;
} worker;

static void *work(void *context) {
    worker *w = context;
    weft_error why;
    weft_choices *choices;
    w->failed = weft_choices_open("cpu (x)/1", &choices, &why) != WEFT_OK;
    for (int i = 0; i < KEYS && !w->failed; i++) {
        char key[16];
        ways all = {.fastest = -1};
        snprintf(key, sizeof key, "k%d", i);
        w->failed = weft_choices_best(choices, key, WAYS, run, &all, &w->best[i], &why) != WEFT_OK;
    }
    if (!w->failed) {
        weft_choices_close(choices);
    }
    return NULL;
}

static void two_threads_agree(void **state) {
    (void)state;
    char folder[64];
    pthread_t threads[2];
    static worker workers[2];
    cache_make(folder);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_false(workers[i].failed);
    }
    assert_memory_equal(workers[0].best, workers[1].best, sizeof workers[0].best);
    cache_drop(folder);
}

static void two_processes_agree(void **state) {
    (void)state;
    char folder[64];
    cache_make(folder);
    worker *workers =
        mmap(NULL, 2 * sizeof *workers, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(workers, MAP_FAILED);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        work(&workers[0]);
        _exit(0);
    }
    work(&workers[1]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(workers[0].failed || workers[1].failed);
    assert_memory_equal(workers[0].best, workers[1].best, sizeof workers[0].best);
    munmap(workers, 2 * sizeof *workers);
    cache_drop(folder);
}

/* ---- bad files ------------------------------------------------------------------------------- */

static void append(const char *path, const char *text, size_t n) {
    FILE *file = fopen(path, "ab");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* A new file with good lines "good 1" and "wide 7" around bytes that are none. */
static weft_choices *open_behind(char folder[64], const char *bytes, size_t n) {
    char path[320];
    cache_make(folder);
    weft_choices_close(open_choices());
    assert_true(cache_file(folder, path));
    append(path, bytes, n);
    append(path, "\n", 1);
    cache_add(path, "good", 1);
    cache_add(path, "wide", 7);
    append(path, bytes, n);
    return open_choices();
}

static void damaged_files_are_read_as_far_as_they_go(void **state) {
    (void)state;
    static char long_line[40000];
    memset(long_line, 'x', sizeof long_line);
    long_line[20000] = ' ';
    static const char zeros[64] = {0};
    const struct {
        const char *bytes;
        size_t n;
    } damages[] = {
        {"good 2", 6},
        {"good 2 0123456789abcdef", 23},
        {"good 0 ", 7},
        {"  \n\n \n", 6},
        {" ", 1},
        {zeros, sizeof zeros},
        {"\xff\xfe key 1 zz", 11},
        {"good -1 99999999999999999999999", 31},
        {long_line, sizeof long_line},
    };
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        char folder[64];
        weft_choices *choices = open_behind(folder, damages[i].bytes, damages[i].n);
        ways w = {.fastest = 2}, wide = {.fastest = 2};
        snprintf(label, sizeof label, "damage %zu", i);
        assert_int_equal(best_of(choices, "good", &w), 1);
        assert_int_equal(w.runs, 0);
        assert_int_equal(best_of(choices, "wide", &wide), 2); /* 7 is none of three ways */
        assert_true(wide.runs > 0);
        weft_choices_close(choices);
        choices = open_choices(); /* the line behind a torn one is whole */
        wide = (ways){0};
        assert_int_equal(best_of(choices, "wide", &wide), 2);
        assert_int_equal(wide.runs, 0);
        weft_choices_close(choices);
        cache_drop(folder);
    }
}

/* Lines cut off after any number of bytes: either known or measured, never wrong. */
static void torn_lines_are_measured_anew(void **state) {
    (void)state;
    char folder[64], path[320];
    cache_make(folder);
    weft_choices_close(open_choices());
    assert_true(cache_file(folder, path));
    cache_add(path, "key", 1);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    for (off_t n = info.st_size - 1; n >= 0; n--) {
        assert_int_equal(truncate(path, n), 0);
        weft_choices *choices = open_choices();
        ways w = {.fastest = 2};
        assert_int_equal(best_of(choices, "key", &w), 2);
        assert_true(w.runs > 0);
        weft_choices_close(choices);
    }
    cache_drop(folder);
}

/* ---- without a file -------------------------------------------------------------------------- */

static void expect_the_first_way(void) {
    weft_choices *choices = open_choices();
    ways w = {.fastest = 2}, broken = {.fastest = 2, .fails = 1U << 0}, none = {.fails = 7};
    int best = -1;
    assert_int_equal(best_of(choices, "key", &w), 0);
    assert_int_equal(w.runs, 1);
    assert_int_equal(best_of(choices, "key", &broken), 1);
    assert_int_equal(weft_choices_best(choices, "key", WAYS, run, &none, &best, &error),
                     WEFT_ERROR_INTERNAL);
    assert_int_equal(best, -1);
    weft_choices_close(choices);
}

static void an_unusable_folder_means_the_first_way(void **state) {
    (void)state;
    assert_int_equal(setenv("WEFT_CACHE", "/dev/null/kernels", 1), 0);
    expect_the_first_way();
    assert_int_equal(setenv("WEFT_CACHE", "/proc/weft", 1), 0);
    expect_the_first_way();
    static char path[8000];
    memset(path, '/', sizeof path - 1);
    assert_int_equal(setenv("WEFT_CACHE", path, 1), 0);
    expect_the_first_way();
}

/* A device in the file's place is not read to its end, which it may not have. */
static void a_device_is_no_file(void **state) {
    (void)state;
    char folder[64], path[320];
    cache_make(folder);
    weft_choices_close(open_choices());
    assert_true(cache_file(folder, path));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/zero", path), 0);
    expect_the_first_way();
    cache_drop(folder);
}

/* No room for more: what could not be written is not used either, and no piece of it stays. */
static void what_cannot_be_written_is_not_used(void **state) {
    (void)state;
    char folder[64], path[320];
    struct stat info;
    struct rlimit all, little;
    cache_make(folder);
    weft_choices *choices = open_choices();
    assert_true(cache_file(folder, path));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &all), 0);
    little = all;
    little.rlim_cur = 8; /* less than a line */
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    ways w = {.fastest = 2, .fails = 1U << 0};
    int best = best_of(choices, "key", &w);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
    signal(SIGXFSZ, before);
    assert_int_equal(best, 1);                        /* the first that works */
    assert_int_equal(best_of(choices, "key", &w), 1); /* as long as this handle is open */
    weft_choices_close(choices);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, 0);
    cache_drop(folder);
}

static void folders_follow_the_environment(void **state) {
    (void)state;
    char root[64], folder[128];
    cache_make(root);
    unsetenv("WEFT_CACHE");
    setenv("XDG_CACHE_HOME", root, 1);
    weft_choices_close(open_choices());
    snprintf(folder, sizeof folder, "%s/weft", root);
    cache_drop(folder);
    unsetenv("XDG_CACHE_HOME");
    char *home = getenv("HOME") != NULL ? strdup(getenv("HOME")) : NULL;
    setenv("HOME", root, 1);
    weft_choices_close(open_choices());
    snprintf(folder, sizeof folder, "%s/.cache/weft", root);
    cache_drop(folder);
    snprintf(folder, sizeof folder, "%s/.cache", root);
    assert_int_equal(rmdir(folder), 0);
    unsetenv("HOME");
    expect_the_first_way();
    if (home != NULL) {
        setenv("HOME", home, 1);
    }
    free(home);
    assert_int_equal(rmdir(root), 0);
}

static void measuring_can_be_switched_off(void **state) {
    (void)state;
    char folder[64], path[320];
    cache_make(folder);
    weft_choices_close(open_choices());
    assert_true(cache_file(folder, path));
    cache_add(path, "key", 1); /* not looked at */
    setenv("WEFT_KERNELS", "fixed", 1);
    expect_the_first_way();
    weft_choices *choices = NULL;
    setenv("WEFT_KERNELS", "fastest", 1);
    assert_int_equal(weft_choices_open("id", &choices, &error), WEFT_ERROR_USAGE);
    assert_null(choices);
    unsetenv("WEFT_KERNELS");
    cache_drop(folder);
}

/* ---- ways that fail -------------------------------------------------------------------------- */

static void ways_that_fail_are_left_out(void **state) {
    (void)state;
    char folder[64];
    cache_make(folder);
    weft_choices *choices = open_choices();
    ways w = {.fastest = 1, .fails = 1U << 1};
    assert_int_not_equal(best_of(choices, "one", &w), 1);
    w = (ways){.fastest = -1, .fails = 1U << 0 | 1U << 1};
    assert_int_equal(best_of(choices, "two", &w), 2);
    w = (ways){.fails = 7};
    int best = -1;
    assert_int_equal(weft_choices_best(choices, "all", WAYS, run, &w, &best, &error),
                     WEFT_ERROR_INTERNAL);
    assert_non_null(strstr(error.message, "does not work"));
    assert_int_equal(best, -1);
    w = (ways){.fastest = 1};
    assert_int_equal(best_of(choices, "all", &w), 1); /* nothing was remembered of it */
    weft_choices_close(choices);
    cache_drop(folder);
}

/* A way without memory is none that fails: who has the memory would choose it, and sum otherwise. */
static void without_memory_nothing_is_chosen(void **state) {
    (void)state;
    char folder[64];
    for (int fixed = 0; fixed < 2; fixed++) {
        cache_make(folder);
        if (fixed != 0) {
            setenv("WEFT_KERNELS", "fixed", 1);
        }
        weft_choices *choices = open_choices();
        assert_int_equal(weft_choices_measure(choices), fixed == 0);
        ways w = {.hungry = 1};
        int best = -1;
        assert_int_equal(weft_choices_best(choices, "key", WAYS, run, &w, &best, &error),
                         WEFT_ERROR_MEMORY);
        assert_int_equal(best, -1);
        assert_int_equal(w.runs, 1);
        w = (ways){0};
        assert_int_equal(best_of(choices, "key", &w), 0); /* nothing was remembered of it */
        weft_choices_close(choices);
        unsetenv("WEFT_KERNELS");
        cache_drop(folder);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fastest_is_found_and_remembered),
        cmocka_unit_test(many_keys_are_remembered),
        cmocka_unit_test(open_handles_learn_from_each_other),
        cmocka_unit_test(one_way_is_tried_once),
        cmocka_unit_test(two_threads_agree),
        cmocka_unit_test(two_processes_agree),
        cmocka_unit_test(damaged_files_are_read_as_far_as_they_go),
        cmocka_unit_test(torn_lines_are_measured_anew),
        cmocka_unit_test(an_unusable_folder_means_the_first_way),
        cmocka_unit_test(a_device_is_no_file),
        cmocka_unit_test(what_cannot_be_written_is_not_used),
        cmocka_unit_test(folders_follow_the_environment),
        cmocka_unit_test(measuring_can_be_switched_off),
        cmocka_unit_test(ways_that_fail_are_left_out),
        cmocka_unit_test(without_memory_nothing_is_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
