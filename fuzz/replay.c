/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a fuzz target over every file of the folders and files given, without a fuzzer: the corpora
 * are regression tests in every build. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The name is printed first, so that a crash tells which file it was. */
static int replay_file(const char *path) {
    printf("%s\n", path);
    fflush(stdout);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    size_t used = 0, size = 1 << 16;
    uint8_t *bytes = malloc(size);
    while (bytes != NULL) {
        size_t got = fread(bytes + used, 1, size - used, file);
        used += got;
        if (got == 0) {
            break;
        }
        if (used == size) {
            uint8_t *grown = realloc(bytes, 2 * size);
            if (grown == NULL) {
                free(bytes);
            }
            bytes = grown;
            size *= 2;
        }
    }
    fclose(file);
    if (bytes == NULL) {
        fprintf(stderr, "%s: out of memory\n", path);
        return 1;
    }
    /* An exact copy, so that a sanitizer sees a read beyond the end. */
    uint8_t *exact = malloc(used > 0 ? used : 1);
    if (exact != NULL && used > 0) {
        memcpy(exact, bytes, used);
    }
    free(bytes);
    if (exact != NULL) {
        LLVMFuzzerTestOneInput(exact, used);
    }
    free(exact);
    return exact == NULL;
}

static int replay(const char *path, int *files) {
    struct stat info;
    if (stat(path, &info) != 0) {
        perror(path);
        return 1;
    }
    if (!S_ISDIR(info.st_mode)) {
        (*files)++;
        return replay_file(path);
    }
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, NULL, alphasort);
    int faults = n < 0;
    for (int i = 0; i < n; i++) {
        char inner[4096];
        int written = snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && written < (int)sizeof inner) {
            faults += replay(inner, files);
        }
        free(entries[i]);
    }
    free(entries);
    return faults;
}

int main(int argc, char **argv) {
    int faults = 0, files = 0;
    for (int i = 1; i < argc; i++) {
        faults += replay(argv[i], &files);
    }
    printf("%d files replayed\n", files);
    return faults == 0 && files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
