/* SPDX-License-Identifier: Apache-2.0
 *
 * Which of several ways to do the same work is the fastest on this machine: measured once, when the
 * work is first met, and remembered in a file, for all threads and processes. So a training that is
 * repeated on a machine computes the same bits: its sums run in the same order.
 *
 * The file lies at $WEFT_CACHE, else $XDG_CACHE_HOME/weft, else ~/.cache/weft: kernels-ID.txt, where
 * ID stands for the kind of CPU, the version of oneDNN and ours. One line a choice, written before the
 * choice is used; whoever measures holds a lock on the file, others wait and read. Where it cannot be
 * written, or where measuring is switched off (WEFT_KERNELS=fixed), the first way that works is taken:
 * the same on every machine. */
#ifndef WEFT_LEARN_CHOICE_H
#define WEFT_LEARN_CHOICE_H

#include "base/error.h"

typedef struct weft_choices
    weft_choices; /* for one thread at a time; several may be open at once */

/* `id` names machine and libraries, as far as choices depend on them. */
weft_status weft_choices_open(const char *id, weft_choices **choices,
                              weft_error *error) WEFT_NODISCARD;
void weft_choices_close(weft_choices *choices);

/* Does the work once in way `way`: its time is what is measured, but for the first run, which may make
 * what it needs, and see whether the way works at all. */
typedef weft_status (*weft_choice_run)(void *context, int way, weft_error *error);

/* Whether anything is measured; else the first way that works is taken each time. */
bool weft_choices_measure(const weft_choices *choices);

/* Whether a choice is remembered, and which. */
bool weft_choices_known(const weft_choices *choices, const char *key, int n, int *way);

/* The way to go, one of `n` >= 1, for the work that `key` names (no spaces; the names of the ways belong
 * into it, so that a changed list is measured anew). A way that fails is left out;
 * WEFT_ERROR_INTERNAL where all fail, WEFT_ERROR_MEMORY at once where one finds none. */
weft_status weft_choices_best(weft_choices *choices, const char *key, int n, weft_choice_run run,
                              void *context, int *best, weft_error *error) WEFT_NODISCARD;

#endif
