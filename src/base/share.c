/* SPDX-License-Identifier: Apache-2.0 */
#include "base/share.h"

#include "weft_build_config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, MAX_NAMES = 256 };

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* <folder of the running binary>/../share/weft: where cmake --install puts both. */
static bool installed_share(char *path, size_t size) {
    char binary[PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", binary, sizeof binary - 1);
    if (length <= 0) {
        return false;
    }
    binary[length] = '\0';
    char *slash = strrchr(binary, '/');
    if (slash == NULL) {
        return false;
    }
    *slash = '\0';
    int written = snprintf(path, size, "%s/../share/weft", binary);
    return written > 0 && (size_t)written < size && is_folder(path);
}

/* share/weft/KIND. */
static weft_status find_folder(const char *kind, char *path, size_t size, weft_error *error) {
    char share[PATH_SIZE + 32];
    const char *variable = getenv("WEFT_SHARE");
    if (variable != NULL && variable[0] != '\0') {
        snprintf(share, sizeof share, "%s", variable);
    } else if (!installed_share(share, sizeof share)) {
        snprintf(share, sizeof share, "%s", WEFT_SOURCE_SHARE);
    }
    int written = snprintf(path, size, "%s/%s", share, kind);
    if (written > 0 && (size_t)written < size && is_folder(path)) {
        return WEFT_OK;
    }
    weft_fail(error, WEFT_ERROR_IO, "the folder of the %s that come with Weft is missing", kind);
    weft_error_file(error, path);
    weft_hint(error, "set WEFT_SHARE to the folder share/weft of Weft");
    return WEFT_ERROR_IO;
}

/* ---- names of a folder ----------------------------------------------------------------------- */

typedef struct name_list {
    char *names[MAX_NAMES];
    size_t n;
} name_list;

static void free_names(name_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        free(list->names[i]);
    }
}

static int compare_names(const void *a, const void *b) {
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right);
}

static weft_status read_names(const char *folder, name_list *list, weft_error *error) {
    list->n = 0;
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        return weft_fail_errno(error, "cannot read the folder", folder);
    }
    const struct dirent *entry = NULL;
    while ((entry = readdir(directory)) != NULL && list->n < MAX_NAMES) {
        size_t length = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || length <= 5 ||
            strcmp(entry->d_name + length - 5, ".yaml") != 0) {
            continue;
        }
        char *name = strndup(entry->d_name, length - 5);
        if (name == NULL) {
            closedir(directory);
            free_names(list);
            return weft_fail_memory(error, length);
        }
        list->names[list->n++] = name;
    }
    closedir(directory);
    qsort(list->names, list->n, sizeof list->names[0], compare_names);
    return WEFT_OK;
}

/* One of a kind, which is a plural: "chip" of "chips", "penalty" of "penalties". */
static char *singular_of(const char *kind, char *buffer, size_t size) {
    size_t length = strlen(kind);
    bool ies = length > 3 && strcmp(kind + length - 3, "ies") == 0;
    bool s = length > 1 && kind[length - 1] == 's';
    snprintf(buffer, size, "%.*s%s", (int)(length - (ies ? 3 : s ? 1 : 0)), kind, ies ? "y" : "");
    return buffer;
}

/* "unknown chip 'mnsim'". */
static weft_status fail_unknown(const char *kind, const char *name, const char *folder,
                                weft_error *error) {
    name_list list;
    WEFT_TRY(read_names(folder, &list, error));
    const char *names[MAX_NAMES];
    char known[240] = "";
    for (size_t i = 0; i < list.n; i++) {
        names[i] = list.names[i];
        weft_list_add(known, sizeof known, names[i]);
    }
    char singular[64];
    const char *nearest = weft_nearest(name, names, list.n);
    weft_fail(error, WEFT_ERROR_INPUT, "unknown %s '%.100s'%s%s%s",
              singular_of(kind, singular, sizeof singular), name,
              nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
              nearest != NULL ? "'?" : "");
    weft_hint(error, "there are: %s; a file of yours needs a '/' or '.yaml' in its name", known);
    free_names(&list);
    return WEFT_ERROR_INPUT;
}

static bool ends_in(const char *name, const char *ending) {
    size_t length = strlen(name), end = strlen(ending);
    return length > end && strcmp(name + length - end, ending) == 0;
}

/* A file of the user's, not a name of ours. */
static bool is_user_path(const char *name) {
    return strchr(name, '/') != NULL || ends_in(name, ".yaml") || ends_in(name, ".safetensors");
}

static weft_status fail_long(const char *name, weft_error *error) {
    return weft_fail(error, WEFT_ERROR_INPUT, "the path '%.100s...' is too long", name);
}

/* ==== public ================================================================================== */

weft_status weft_share_find(const char *kind, const char *name, char *path, size_t size,
                            weft_error *error) {
    bool is_path = is_user_path(name);
    char folder[PATH_SIZE + 64] = "";
    if (!is_path) {
        WEFT_TRY(find_folder(kind, folder, sizeof folder, error));
    }
    char found[2 * PATH_SIZE];
    int written = is_path ? snprintf(found, sizeof found, "%s", name)
                          : snprintf(found, sizeof found, "%s/%s.yaml", folder, name);
    if (written < 0 || (size_t)written >= size || (size_t)written >= sizeof found) {
        return fail_long(name, error);
    }
    if (!is_path && (name[0] == '\0' || access(found, F_OK) != 0)) {
        return fail_unknown(kind, name, folder, error);
    }
    memcpy(path, found, (size_t)written + 1);
    return WEFT_OK;
}

/* A path from the folder of `file`. */
static weft_status join(const char *file, const char *name, char *path, size_t size,
                        weft_error *error) {
    const char *slash = strrchr(file, '/');
    bool moves = name[0] != '/' && slash != NULL;
    int folder = moves ? (int)(slash - file) + 1 : 0;
    int written = snprintf(path, size, "%.*s%s", folder, file, name);
    return written >= 0 && (size_t)written < size ? WEFT_OK : fail_long(name, error);
}

weft_status weft_share_beside(const char *file, const char *name, char *path, size_t size,
                              weft_error *error) {
    return join(is_user_path(name) ? file : "", name, path, size, error);
}

/* Where what is not there would be; false where its folder is not there either. */
static bool find_folder_of(char *path, size_t size) {
    char *slash = strrchr(path, '/');
    char last[PATH_SIZE];
    snprintf(last, sizeof last, "%s", slash != NULL ? slash + 1 : path);
    if (slash != NULL) {
        slash[slash == path] = '\0'; /* the root keeps its slash */
    }
    char *folder = realpath(slash != NULL ? path : ".", NULL);
    if (folder != NULL) {
        snprintf(path, size, "%s/%s", folder, last);
    }
    free(folder);
    return folder != NULL;
}

weft_status weft_share_path(const char *file, const char *name, char *path, size_t size,
                            weft_error *error) {
    char joined[PATH_SIZE], found[2 * PATH_SIZE];
    WEFT_TRY(join(file, name, joined, sizeof joined, error));
    char *whole = realpath(joined, NULL);
    snprintf(found, sizeof found, "%s", whole != NULL ? whole : joined);
    if (whole == NULL && !find_folder_of(found, sizeof found)) {
        snprintf(found, sizeof found, "%s", joined);
    }
    free(whole);
    size_t length = strlen(found);
    if (length >= size) {
        return fail_long(name, error);
    }
    memcpy(path, found, length + 1);
    return WEFT_OK;
}

void weft_share_absolute(char *path, size_t size) {
    char *whole = is_user_path(path) || strchr(path, '.') != NULL ? realpath(path, NULL) : NULL;
    if (whole != NULL && strlen(whole) < size) {
        memcpy(path, whole, strlen(whole) + 1);
    }
    free(whole);
}

weft_status weft_share_list(const char *kind, void (*each)(void *context, const char *name),
                            void *context, weft_error *error) {
    char folder[PATH_SIZE + 64] = "";
    name_list list;
    WEFT_TRY(find_folder(kind, folder, sizeof folder, error));
    WEFT_TRY(read_names(folder, &list, error));
    for (size_t i = 0; i < list.n; i++) {
        each(context, list.names[i]);
    }
    free_names(&list);
    return WEFT_OK;
}

void weft_share_hint(const char *kind, const char *name, weft_error *error) {
    char folder[PATH_SIZE + 64], stem[PATH_SIZE], singular[64];
    name_list list;
    weft_error ignored;
    if (error->hint[0] != '\0' || !is_user_path(name) || access(name, F_OK) == 0 ||
        find_folder(kind, folder, sizeof folder, &ignored) != WEFT_OK ||
        read_names(folder, &list, &ignored) != WEFT_OK) {
        return;
    }
    const char *slash = strrchr(name, '/');
    const char *file = slash == NULL ? name : slash + 1;
    size_t length = strcspn(file, ".");
    snprintf(stem, sizeof stem, "%.*s", (int)length, file);
    const char *names[MAX_NAMES];
    for (size_t i = 0; i < list.n; i++) {
        names[i] = list.names[i];
    }
    const char *nearest = weft_nearest(stem, names, list.n);
    if (list.n > 0) {
        weft_hint(error, "a %s that comes with Weft is named without '/' and '.yaml', such as '%s'",
                  singular_of(kind, singular, sizeof singular),
                  nearest != NULL ? nearest : names[0]);
    }
    free_names(&list);
}
