/* SPDX-License-Identifier: Apache-2.0
 * Files: whole or not there, whatever the file system says. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/save.h"

static char folder[] = "/tmp/weft-save-XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int count_files(const char *path) {
    DIR *handle = opendir(path);
    int n = 0;
    for (struct dirent *entry; handle != NULL && (entry = readdir(handle)) != NULL;) {
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(handle);
    return n;
}

static int drop_folder(void **state) {
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/a.svg", folder);
    unlink(path);
    return rmdir(folder);
}

static void read_back(const char *path, char *buffer, size_t size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(buffer, 1, size - 1, file);
    buffer[n] = '\0';
    fclose(file);
}

static void a_file_replaces_another(void **state) {
    (void)state;
    weft_error error;
    char path[128], text[64];
    snprintf(path, sizeof path, "%s/a.svg", folder);
    assert_int_equal(weft_save_file(folder, "a.svg", "first", 5, &error), WEFT_OK);
    assert_int_equal(weft_save_file(folder, "a.svg", "second", 6, &error), WEFT_OK);
    read_back(path, text, sizeof text);
    assert_string_equal(text, "second");
    assert_int_equal(count_files(folder), 1); /* nothing temporary is left */
}

static void make_link(const char *target, const char *name) {
    char link[160];
    snprintf(link, sizeof link, "%s/%s", folder, name);
    unlink(link);
    assert_int_equal(symlink(target, link), 0);
}

static void drop(const char *name) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(unlink(path), 0);
}

static bool is_link(const char *name) {
    char path[160];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

/* It stays one, and the file that it leads to is replaced, by way of other links, or made. */
static void a_link_stays_a_link(void **state) {
    (void)state;
    weft_error error;
    char path[128], text[64];
    snprintf(path, sizeof path, "%s/a.svg", folder);
    assert_int_equal(weft_save_file(folder, "a.svg", "a longer one", 12, &error), WEFT_OK);
    make_link("a.svg", "near");
    make_link("./near", "far");
    make_link(path, "link");
    assert_int_equal(weft_save_file(folder, "far", "far", 3, &error), WEFT_OK);
    assert_int_equal(weft_save_file(folder, "link", "through", 7, &error), WEFT_OK);
    assert_true(is_link("near") && is_link("far") && is_link("link"));
    read_back(path, text, sizeof text);
    assert_string_equal(text, "through");
    drop("a.svg");
    assert_int_equal(weft_save_file(folder, "far", "made", 4, &error), WEFT_OK);
    assert_true(is_link("far"));
    read_back(path, text, sizeof text);
    assert_string_equal(text, "made");
    make_link("far", "near"); /* and round again */
    assert_int_equal(weft_save_file(folder, "far", "x", 1, &error), WEFT_ERROR_IO);
    drop("near");
    drop("far");
    drop("link");
    assert_int_equal(count_files(folder), 1);
}

/* As /dev/stdout is one where it goes to a file: who has it open sees what is written. */
static void an_open_file_is_written_to(void **state) {
    (void)state;
    weft_error error;
    char path[128], target[64], text[64] = "";
    snprintf(path, sizeof path, "%s/a.svg", folder);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    assert_true(file >= 0);
    snprintf(target, sizeof target, "/proc/self/fd/%d", file);
    make_link(target, "out");
    assert_int_equal(weft_save_file(folder, "out", "open", 4, &error), WEFT_OK);
    assert_int_equal(pread(file, text, sizeof text - 1, 0), 4);
    assert_string_equal(text, "open");
    close(file);
    drop("out");
    assert_int_equal(count_files(folder), 1);
}

static int make_file(const char *name) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    assert_true(file >= 0);
    return file;
}

/* What a killed process left goes with the next file of that name; what somebody writes, or what only
 * looks like it, stays. */
static void abandoned_files_are_removed(void **state) {
    (void)state;
    static const char *const others[] = {".a.svg.12-x", ".a.svg.12", ".b.svg.12-0", "a.svg.12-0"};
    weft_error error;
    enum { OTHERS = sizeof others / sizeof *others };
    for (int i = 0; i < OTHERS; i++) {
        close(make_file(others[i]));
    }
    close(make_file(".a.svg.12-0"));
    int busy = make_file(".a.svg.12-1");
    assert_int_equal(flock(busy, LOCK_EX | LOCK_NB), 0);
    int files = count_files(folder);
    assert_int_equal(weft_save_file(folder, "a.svg", "whole", 5, &error), WEFT_OK);
    assert_int_equal(count_files(folder), files - 1);
    close(busy);
    assert_int_equal(weft_save_file(folder, "a.svg", "whole", 5, &error), WEFT_OK);
    assert_int_equal(count_files(folder), files - 2);
    for (int i = 0; i < OTHERS; i++) {
        drop(others[i]);
    }
}

/* A pipe gets the bytes, a device keeps being one. */
static void pipes_and_devices_are_written_to(void **state) {
    (void)state;
    weft_error error;
    char text[64] = "";
    char path[128];
    struct stat info;
    snprintf(path, sizeof path, "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(weft_save_file(folder, "pipe", "piped", 5, &error), WEFT_OK);
    assert_int_equal(read(reader, text, sizeof text - 1), 5);
    assert_string_equal(text, "piped");
    close(reader);
    unlink(path);
    if (stat("/dev/full", &info) == 0 && S_ISCHR(info.st_mode)) {
        assert_int_equal(weft_save_file("/dev", "full", "x", 1, &error), WEFT_ERROR_IO);
        assert_string_equal(error.file, "/dev/full");
        assert_int_equal(lstat("/dev/full", &info), 0);
        assert_true(S_ISCHR(info.st_mode));
    }
}

static void folders_are_made_once(void **state) {
    (void)state;
    weft_error error;
    char path[128], deep[160];
    snprintf(path, sizeof path, "%s/new", folder);
    assert_int_equal(weft_save_folder(path, &error), WEFT_OK);
    assert_int_equal(weft_save_folder(path, &error), WEFT_OK);
    rmdir(path);
    snprintf(deep, sizeof deep, "%s/no/such", folder);
    assert_int_equal(weft_save_folder(deep, &error), WEFT_ERROR_IO);
    assert_string_equal(error.file, deep);
    assert_true(error.hint[0] != '\0');
    snprintf(path, sizeof path, "%s/a.svg", folder);
    assert_int_equal(weft_save_folder(path, &error), WEFT_ERROR_IO); /* a file of that name */
    assert_non_null(strstr(error.message, "this is a file"));
}

/* A limit on the size of files fails a write as a full disk does: part of it is written. */
static void a_failing_write_leaves_what_was_there(void **state) {
    (void)state;
    weft_error error;
    char path[128], text[64];
    snprintf(path, sizeof path, "%s/a.svg", folder);
    assert_int_equal(weft_save_file(folder, "a.svg", "whole", 5, &error), WEFT_OK);
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 100;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    static char large[5000];
    memset(large, 'x', sizeof large);
    weft_status status = weft_save_file(folder, "a.svg", large, sizeof large, &error);
    weft_error also;
    make_link("a.svg", "link");
    weft_status behind = weft_save_file(folder, "link", large, sizeof large, &also);
    drop("link");
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, WEFT_ERROR_IO);
    assert_int_equal(behind, WEFT_ERROR_IO);
    assert_string_equal(error.file, path);
    read_back(path, text, sizeof text);
    assert_string_equal(text, "whole");
    assert_int_equal(count_files(folder), 1);
}

static void a_folder_without_permission_is_named(void **state) {
    (void)state;
    weft_error error;
    if (getuid() == 0) { /* root may write to any folder but those of /proc */
        assert_int_equal(weft_save_file("/proc/self", "a.svg", "x", 1, &error), WEFT_ERROR_IO);
        assert_string_equal(error.file, "/proc/self/a.svg");
        return;
    }
    char closed[128];
    snprintf(closed, sizeof closed, "%s/closed", folder);
    assert_int_equal(mkdir(closed, 0555), 0);
    weft_status status = weft_save_file(closed, "a.svg", "x", 1, &error);
    rmdir(closed);
    assert_int_equal(status, WEFT_ERROR_IO);
    assert_non_null(strstr(error.hint, "may write"));
}

static void a_name_that_is_too_long_is_refused(void **state) {
    (void)state;
    static char name[5000];
    memset(name, 'd', sizeof name - 1);
    weft_error error;
    assert_int_equal(weft_save_folder(name, &error), WEFT_ERROR_IO);
    assert_int_equal(weft_save_file(name, "a.svg", "x", 1, &error), WEFT_ERROR_IO);
    assert_true(error.message[0] != '\0');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_replaces_another),
        cmocka_unit_test(a_link_stays_a_link),
        cmocka_unit_test(an_open_file_is_written_to),
        cmocka_unit_test(abandoned_files_are_removed),
        cmocka_unit_test(pipes_and_devices_are_written_to),
        cmocka_unit_test(folders_are_made_once),
        cmocka_unit_test(a_failing_write_leaves_what_was_there),
        cmocka_unit_test(a_folder_without_permission_is_named),
        cmocka_unit_test(a_name_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests_name("base: files", tests, make_folder, drop_folder);
}
