/* SPDX-License-Identifier: Apache-2.0 */
#include "base/save.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An error of the file system, with what to do about the usual ones. */
static weft_status fail_errno(weft_error *error, const char *what, const char *path) {
    int code = errno;
    weft_fail_errno(error, what, path);
    if (code == ENOSPC || code == EDQUOT) {
        weft_hint(error, "free some space, or write to another disk");
    } else if (code == EACCES || code == EPERM || code == EROFS) {
        weft_hint(error, "choose a folder that you may write to");
    } else if (code == EISDIR) {
        weft_hint(error, "this is a folder: give the name of a file in it");
    } else if (code == ENOENT) {
        weft_hint(error, "make the folder above it first");
    }
    return WEFT_ERROR_IO;
}

weft_status weft_save_folder(const char *folder, weft_error *error) {
    if (mkdir(folder, 0777) == 0) {
        return WEFT_OK;
    }
    if (errno != EEXIST) {
        return fail_errno(error, "the folder cannot be made", folder);
    }
    struct stat info;
    if (stat(folder, &info) != 0) {
        return fail_errno(error, "the folder cannot be looked at", folder);
    }
    if (!S_ISDIR(info.st_mode)) {
        weft_fail(error, WEFT_ERROR_IO, "expected a folder, and this is a file");
        weft_error_file(error, folder);
        weft_hint(error, "give another name for the folder");
        return WEFT_ERROR_IO;
    }
    return WEFT_OK;
}

static bool write_all(int file, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t written = write(file, bytes, n);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            errno = written == 0 ? ENOSPC : errno;
            return false;
        }
        bytes += written;
        n -= (size_t)written;
    }
    return true;
}

/* Pipes and terminals have nothing to synchronise. */
static bool synchronise(int file) {
    return fsync(file) == 0 || errno == EINVAL || errno == ENOTSUP;
}

/* Writes, synchronises and closes; errno tells what failed. */
static bool fill(int file, const char *bytes, size_t n) {
    bool done = write_all(file, bytes, n) && synchronise(file);
    int code = errno;
    if (close(file) != 0 && done) {
        return false;
    }
    errno = code;
    return done;
}

/* Makes a rename last through a power failure; file systems without it lose nothing else. */
static void synchronise_folder(const char *folder) {
    int handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle >= 0) {
        (void)fsync(handle);
        close(handle);
    }
}

/* Opens a new file beside folder/name and tells its path; -1 with errno. */
static int open_temporary(const char *folder, const char *name, char *path, size_t size) {
    enum { ATTEMPTS = 1000 };
    for (int i = 0; i < ATTEMPTS; i++) {
        snprintf(path, size, "%s/.%s.%ld-%d", folder, name, (long)getpid(), i);
        int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0 || errno != EEXIST) {
            return file;
        }
    }
    return -1;
}

/* A device, a pipe or a link, as /dev/stdout is one: written to, never replaced by a file. */
static bool stands_for_another(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

static weft_status write_through(const char *path, const char *bytes, size_t n, weft_error *error) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
        return fail_errno(error, "the file cannot be opened", path);
    }
    return fill(file, bytes, n) ? WEFT_OK : fail_errno(error, "the file cannot be written", path);
}

weft_status weft_save_file(const char *folder, const char *name, const char *bytes, size_t n,
                           weft_error *error) {
    enum { SUFFIX = 40 }; /* of the temporary name */
    char path[PATH_MAX], temporary[PATH_MAX];
    if (strlen(folder) + strlen(name) + SUFFIX > sizeof temporary) {
        weft_fail(error, WEFT_ERROR_IO, "the name of the folder is too long");
        weft_hint(error, "at most %d bytes with the name of a file in it", PATH_MAX - SUFFIX);
        return WEFT_ERROR_IO;
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (stands_for_another(path)) {
        return write_through(path, bytes, n, error);
    }
    int file = open_temporary(folder, name, temporary, sizeof temporary);
    if (file < 0) {
        return fail_errno(error, "the file cannot be made", path);
    }
    if (!fill(file, bytes, n)) {
        weft_status status = fail_errno(error, "the file cannot be written", path);
        unlink(temporary);
        return status;
    }
    if (rename(temporary, path) != 0) {
        weft_status status = fail_errno(error, "the file cannot be put in its place", path);
        unlink(temporary);
        return status;
    }
    synchronise_folder(folder);
    return WEFT_OK;
}
