/* SPDX-License-Identifier: Apache-2.0
 *
 * Linux promises memory that it does not have and ends the process that touches too much of it, so
 * a block that cannot fit is refused before it is taken. */
#include "learn/memory.h"

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

static size_t machine_available(void) {
    FILE *file = fopen("/proc/meminfo", "re");
    if (file == NULL) {
        return SIZE_MAX;
    }
    char line[128];
    unsigned long long kibibytes = 0;
    bool found = false;
    while (!found && fgets(line, sizeof line, file) != NULL) {
        found = sscanf(line, "MemAvailable: %llu kB", &kibibytes) == 1;
    }
    fclose(file);
    return found ? (size_t)kibibytes * 1024 : SIZE_MAX;
}

static size_t group_available(void) {
    unsigned long long limit, used;
    if (!read_number("/sys/fs/cgroup/memory.max", &limit) ||
        !read_number("/sys/fs/cgroup/memory.current", &used)) {
        return SIZE_MAX;
    }
    return used < limit ? (size_t)(limit - used) : 0;
}

size_t weft_memory_available(void) {
    size_t machine = machine_available();
    size_t group = group_available();
    return machine < group ? machine : group;
}

weft_status weft_memory_check(size_t bytes, size_t own, const char *what, weft_error *error) {
    size_t available = weft_memory_available();
    available = available < SIZE_MAX - own ? available + own : SIZE_MAX;
    return weft_memory_check_of(bytes, available, what, error);
}

weft_status weft_memory_check_of(size_t bytes, size_t available, const char *what,
                                 weft_error *error) {
    if (bytes <= available) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_MEMORY, "%s needs %.1f GB of memory and %.1f GB are free", what,
              (double)bytes * 1e-9, (double)available * 1e-9);
    weft_hint(error, "use a smaller batch, narrower networks, or fewer jobs at once");
    return WEFT_ERROR_MEMORY;
}
