/* SPDX-License-Identifier: Apache-2.0
 *
 * One writer for a store: a lock on the file STORE-lock that the kernel lets go of with the
 * process, however that ends. The file holds the owner's process number and host, for the error
 * message. */
#ifndef WEFT_STUDY_LOCK_H
#define WEFT_STUDY_LOCK_H

#include "base/error.h"

typedef struct weft_lock {
    int descriptor; /* -1: not held */
    char path[512];
} weft_lock;

/* WEFT_ERROR_STORE with the owner when another process holds it. */
weft_status weft_lock_take(weft_lock *lock, const char *store, weft_error *error) WEFT_NODISCARD;
void weft_lock_release(weft_lock *lock);

#endif
