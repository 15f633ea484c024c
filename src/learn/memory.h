/* SPDX-License-Identifier: Apache-2.0
 * How much memory may still be taken, asked before a large block is. */
#ifndef WEFT_LEARN_MEMORY_H
#define WEFT_LEARN_MEMORY_H

#include "base/error.h"

/* Bytes: the least of what the machine has left (MemAvailable) and what the process's control group
 * and those above it have left (cgroup v2); SIZE_MAX where nothing can be read. */
size_t weft_memory_available(void);

/* The latter, of the group `path` ("/a/b") below `mount`: its limit less what it holds, but for what
 * the kernel keeps of files and gives back when memory is asked for. */
size_t weft_memory_of_group(const char *mount, const char *path);

/* WEFT_ERROR_MEMORY when `bytes` are more than what is `available`; `what` is named in the message. */
weft_status weft_memory_check(size_t bytes, size_t available, const char *what,
                              weft_error *error) WEFT_NODISCARD;

#endif
