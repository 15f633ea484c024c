/* SPDX-License-Identifier: Apache-2.0
 * How much memory may still be taken, asked before a large block is. */
#ifndef WEFT_LEARN_MEMORY_H
#define WEFT_LEARN_MEMORY_H

#include "base/error.h"

/* Bytes: the least of what the machine has left (MemAvailable) and what the process's control group
 * has left (cgroup v2); SIZE_MAX where neither can be read. */
size_t weft_memory_available(void);

/* WEFT_ERROR_MEMORY when `bytes` are more than that and `own`, what the caller holds and gives back
 * first; `what` is named in the message. */
weft_status weft_memory_check(size_t bytes, size_t own, const char *what,
                              weft_error *error) WEFT_NODISCARD;

/* The same of a memory that has `available` bytes left. */
weft_status weft_memory_check_of(size_t bytes, size_t available, const char *what,
                                 weft_error *error) WEFT_NODISCARD;

#endif
