/* SPDX-License-Identifier: Apache-2.0 */
#include "study/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static weft_status in_use(const weft_lock *lock, const char *store, weft_error *error) {
    char owner[128] = "";
    ssize_t length = pread(lock->descriptor, owner, sizeof owner - 1, 0);
    owner[length > 0 ? length : 0] = '\0';
    owner[strcspn(owner, "\n")] = '\0';
    weft_fail(error, WEFT_ERROR_STORE, "the store is in use by another search (%s)",
              owner[0] != '\0' ? owner : "unknown process");
    weft_error_file(error, store);
    weft_hint(error, "wait for it or stop it, or give this search a store of its own; `weft front` "
                     "and `weft report` read a store while it is in use");
    return WEFT_ERROR_STORE;
}

/* Whether the locked file still is the one at the path: its last owner may have removed it. */
static bool still_there(const weft_lock *lock) {
    struct stat held, named;
    return fstat(lock->descriptor, &held) == 0 && stat(lock->path, &named) == 0 &&
           held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

weft_status weft_lock_take(weft_lock *lock, const char *store, weft_error *error) {
    lock->descriptor = -1;
    int written = snprintf(lock->path, sizeof lock->path, "%s-lock", store);
    if (written < 0 || (size_t)written >= sizeof lock->path) {
        return weft_fail(error, WEFT_ERROR_USAGE, "the path of the store is longer than %zu bytes",
                         sizeof lock->path - 6);
    }
    for (;;) {
        lock->descriptor = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (lock->descriptor < 0) {
            return weft_fail_errno(error, "the store's folder cannot be written", store);
        }
        if (flock(lock->descriptor, LOCK_EX | LOCK_NB) != 0) {
            weft_status status = errno == EWOULDBLOCK
                                     ? in_use(lock, store, error)
                                     : weft_fail_errno(error, "cannot lock the store", lock->path);
            close(lock->descriptor);
            lock->descriptor = -1;
            return status;
        }
        if (still_there(lock)) {
            break;
        }
        close(lock->descriptor);
    }
    char host[64] = "unknown host";
    gethostname(host, sizeof host - 1);
    if (ftruncate(lock->descriptor, 0) == 0) {
        dprintf(lock->descriptor, "process %ld on %s\n", (long)getpid(), host);
    }
    return WEFT_OK;
}

void weft_lock_release(weft_lock *lock) {
    if (lock->descriptor < 0) {
        return;
    }
    unlink(lock->path); /* while it is still held: a waiting process sees that it is gone */
    close(lock->descriptor);
    lock->descriptor = -1;
}
