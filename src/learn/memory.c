/* SPDX-License-Identifier: Apache-2.0
 *
 * Linux promises memory that it does not have and ends the process that touches too much of it, so
 * a block that cannot fit is refused before it is taken. */
#include "learn/memory.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The first unsigned number of a one-line file; false when there is none ("max" included). */
static bool read_number(const char *path, unsigned long long *value) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    bool found = fscanf(file, "%llu", value) == 1;
    fclose(file);
    return found;
}

/* The number behind a word in a file of lines "word number"; 0 where there is none. */
static unsigned long long read_entry(const char *path, const char *word) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    char line[128], found[sizeof line];
    unsigned long long value = 0, number;
    while (value == 0 && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%127s %llu", found, &number) == 2 && strcmp(found, word) == 0) {
            value = number;
        }
    }
    fclose(file);
    return value;
}

static size_t machine_available(void) {
    unsigned long long kibibytes = read_entry("/proc/meminfo", "MemAvailable:");
    return kibibytes > 0 ? (size_t)kibibytes * 1024 : SIZE_MAX;
}

/* What one group has left. The kernel counts the pages of files that it read for the group, too, and
 * drops the inactive ones before it refuses anything. */
static size_t level_available(const char *folder) {
    char path[PATH_MAX + 32];
    unsigned long long limit, used;
    snprintf(path, sizeof path, "%s/memory.max", folder);
    if (!read_number(path, &limit)) {
        return SIZE_MAX;
    }
    snprintf(path, sizeof path, "%s/memory.current", folder);
    if (!read_number(path, &used)) {
        return SIZE_MAX;
    }
    snprintf(path, sizeof path, "%s/memory.stat", folder);
    unsigned long long files = read_entry(path, "inactive_file");
    used -= files < used ? files : used;
    return used < limit ? (size_t)(limit - used) : 0;
}

size_t weft_memory_of_group(const char *mount, const char *path) {
    char folder[PATH_MAX];
    int length = snprintf(folder, sizeof folder, "%s%s", mount, path);
    if (length < 0 || (size_t)length >= sizeof folder) {
        return SIZE_MAX;
    }
    size_t least = level_available(folder), top = strlen(mount);
    for (char *slash; (slash = strrchr(folder + top, '/')) != NULL;) {
        *slash = '\0';
        size_t left = level_available(folder);
        least = left < least ? left : least;
    }
    return least;
}

/* Of this process: "0::/path" is its group of cgroup v2. */
static size_t group_available(void) {
    static const char MARK[] = "0::";
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (file == NULL) {
        return SIZE_MAX;
    }
    char line[PATH_MAX];
    size_t left = SIZE_MAX;
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, MARK, strlen(MARK)) == 0) {
            line[strcspn(line, "\n")] = '\0';
            left = weft_memory_of_group("/sys/fs/cgroup", line + strlen(MARK));
        }
    }
    fclose(file);
    return left;
}

size_t weft_memory_available(void) {
    size_t machine = machine_available();
    size_t group = group_available();
    return machine < group ? machine : group;
}

weft_status weft_memory_check(size_t bytes, size_t available, const char *what, weft_error *error) {
    if (bytes <= available) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_MEMORY, "%s needs %.1f GB of memory and %.1f GB are free", what,
              (double)bytes * 1e-9, (double)available * 1e-9);
    weft_hint(error, "use a smaller batch, narrower networks, or fewer jobs at once");
    return WEFT_ERROR_MEMORY;
}
