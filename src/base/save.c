/* SPDX-License-Identifier: Apache-2.0 */
#include "base/save.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
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

/* Makes a rename last through a power failure; file systems without it lose nothing else. */
static void synchronise_folder(const char *folder) {
    int handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle >= 0) {
        (void)fsync(handle);
        close(handle);
    }
}

/* ---- where the bytes go ---------------------------------------------------------------------- */

/* A file that is to be there as a whole. */
typedef struct place {
    char path[PATH_MAX], folder[PATH_MAX];
    const char *name; /* in the folder: the end of `path` */
} place;

static void split(place *p) {
    const char *slash = strrchr(p->path, '/');
    int length = slash == p->path ? 1 : (int)(slash - p->path);
    snprintf(p->folder, sizeof p->folder, "%.*s", length, p->path);
    p->name = slash + 1;
}

/* Links there stand for open files of a process, as /dev/stdout does: who has one open goes on writing
 * into it, so nothing may take its place. */
static bool is_of_processes(const char *folder) {
    struct statfs info;
    return statfs(folder, &info) == 0 && info.f_type == PROC_SUPER_MAGIC;
}

/* From a link to what it leads to. */
static bool follow_link(place *p) {
    char target[PATH_MAX], path[PATH_MAX];
    ssize_t n = readlink(p->path, target, sizeof target - 1);
    if (n < 0 || is_of_processes(p->folder)) {
        return false;
    }
    target[n] = '\0';
    int length = target[0] == '/' ? snprintf(path, sizeof path, "%s", target)
                                  : snprintf(path, sizeof path, "%s/%s", p->folder, target);
    if (length < 0 || (size_t)length >= sizeof path) {
        return false;
    }
    memcpy(p->path, path, sizeof path);
    split(p);
    return true;
}

/* Follows links to a file, or to where none is yet. False: a device, a pipe or an open file stands
 * there, which is written to and never replaced. */
static bool find_file(place *p) {
    enum { LINKS = 40 }; /* as many as the kernel follows */
    for (int i = 0; i < LINKS; i++) {
        struct stat info;
        if (lstat(p->path, &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) {
            return true;
        }
        if (!S_ISLNK(info.st_mode) || !follow_link(p)) {
            return false;
        }
    }
    return false;
}

/* ---- temporary files --------------------------------------------------------------------------
 * ".NAME.PID-NUMBER" beside the file, locked by who writes it: one that nobody has locked was left by
 * a process that was killed. */

static bool is_temporary(const char *entry, const char *name) {
    static const char DIGITS[] = "0123456789";
    size_t length = strlen(name);
    if (entry[0] != '.' || strncmp(entry + 1, name, length) != 0 || entry[length + 1] != '.') {
        return false;
    }
    const char *pid = entry + length + 2, *dash = pid + strspn(pid, DIGITS);
    size_t digits = dash > pid && *dash == '-' ? strspn(dash + 1, DIGITS) : 0;
    return digits > 0 && dash[1 + digits] == '\0';
}

/* Whether an entry is still the file that was opened and locked: its writer may have finished between. */
static bool is_entry(int folder, const char *entry, int file) {
    struct stat named, opened;
    return fstatat(folder, entry, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(file, &opened) == 0 &&
           named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

static void remove_abandoned(const place *p) {
    DIR *handle = opendir(p->folder);
    if (handle == NULL) {
        return;
    }
    int folder = dirfd(handle);
    for (struct dirent *entry; (entry = readdir(handle)) != NULL;) {
        const char *name = entry->d_name;
        if (!is_temporary(name, p->name)) {
            continue;
        }
        int file = openat(folder, name, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
        if (file < 0) {
            continue;
        }
        if (flock(file, LOCK_EX | LOCK_NB) == 0 && is_entry(folder, name, file)) {
            (void)unlinkat(folder, name, 0);
        }
        close(file);
    }
    closedir(handle);
}

/* Whether the file is ours: another process may have taken it for abandoned before it was locked. File
 * systems without locks have nobody who could. */
static bool lock_temporary(int file) {
    struct stat info;
    return (flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) &&
           fstat(file, &info) == 0 && info.st_nlink > 0;
}

/* Opens a new file beside the place and tells its path; -1 with errno. */
static int open_temporary(const place *p, char *path, size_t size) {
    enum { ATTEMPTS = 1000 };
    for (int i = 0; i < ATTEMPTS; i++) {
        int n = snprintf(path, size, "%s/.%s.%ld-%d", p->folder, p->name, (long)getpid(), i);
        if (n < 0 || (size_t)n >= size) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file < 0 && errno != EEXIST) {
            return -1;
        }
        if (file >= 0 && lock_temporary(file)) {
            return file;
        }
        if (file >= 0) {
            close(file);
        }
    }
    errno = EEXIST;
    return -1;
}

/* ---- saving ---------------------------------------------------------------------------------- */

static weft_status write_through(const char *path, const char *bytes, size_t n, weft_error *error) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
        return fail_errno(error, "the file cannot be opened", path);
    }
    bool done = write_all(file, bytes, n) && synchronise(file);
    int code = errno;
    if (close(file) != 0 && done) {
        done = false;
        code = errno;
    }
    errno = code;
    return done ? WEFT_OK : fail_errno(error, "the file cannot be written", path);
}

/* `shown` is the place as the user knows it. */
static weft_status replace(const place *p, const char *shown, const char *bytes, size_t n,
                           weft_error *error) {
    char temporary[PATH_MAX];
    remove_abandoned(p);
    int file = open_temporary(p, temporary, sizeof temporary);
    if (file < 0) {
        return fail_errno(error, "the file cannot be made", shown);
    }
    weft_status status = WEFT_OK;
    if (!write_all(file, bytes, n) || !synchronise(file)) {
        status = fail_errno(error, "the file cannot be written", shown);
    } else if (rename(temporary, p->path) != 0) {
        status = fail_errno(error, "the file cannot be put in its place", shown);
    }
    if (status != WEFT_OK) {
        unlink(temporary);
    } else {
        synchronise_folder(p->folder);
    }
    close(file); /* and with it the lock */
    return status;
}

weft_status weft_save_file(const char *folder, const char *name, const char *bytes, size_t n,
                           weft_error *error) {
    enum { SUFFIX = 40 }; /* of the temporary name */
    place p;
    if (strlen(folder) + strlen(name) + SUFFIX > sizeof p.path) {
        weft_fail(error, WEFT_ERROR_IO, "the name of the folder is too long");
        weft_hint(error, "at most %d bytes with the name of a file in it", PATH_MAX - SUFFIX);
        return WEFT_ERROR_IO;
    }
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    memcpy(p.path, path, sizeof path);
    split(&p);
    return find_file(&p) ? replace(&p, path, bytes, n, error)
                         : write_through(path, bytes, n, error);
}
