/* SPDX-License-Identifier: Apache-2.0
 * Which data sets there are: the built-in ones, and the user's folder of entries. */
#include "learn/data.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- built-in sets --------------------------------------------------------------------------- */

typedef struct built_in {
    weft_dataset_info info;
    const char *package; /* of Debian */
    int n_files;
    weft_data_file files[4];
} built_in;

#define FASHION "/usr/share/datasets/fashion-mnist/"

/* Sums of the unpacked files of Debian's dataset-fashion-mnist 0.0~git20200523.55506a9. */
static const built_in built_ins[] = {
    {
        .info = {.name = "fashion-mnist",
                 .format = "idx",
                 .shape = {1, 28, 28},
                 .classes = 10,
                 .train_images = 60000,
                 .test_images = 10000,
                 .note = "Fashion-MNIST: Zalando's article images (Xiao, Rasul, Vollgraf 2017, "
                         "arXiv 1708.07747; MIT licence), from Debian's package "
                         "dataset-fashion-mnist"},
        .package = "dataset-fashion-mnist",
        .n_files = 4,
        .files = {{WEFT_DATA_TRAIN_IMAGES, FASHION "train-images-idx3-ubyte.gz",
                   "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"},
                  {WEFT_DATA_TRAIN_LABELS, FASHION "train-labels-idx1-ubyte.gz",
                   "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"},
                  {WEFT_DATA_TEST_IMAGES, FASHION "t10k-images-idx3-ubyte.gz",
                   "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"},
                  {WEFT_DATA_TEST_LABELS, FASHION "t10k-labels-idx1-ubyte.gz",
                   "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"}},
    },
};

enum { N_BUILT_INS = sizeof built_ins / sizeof built_ins[0] };

static const built_in *find_built_in(const char *name) {
    for (size_t i = 0; i < N_BUILT_INS; i++) {
        if (strcmp(built_ins[i].info.name, name) == 0) {
            return &built_ins[i];
        }
    }
    return NULL;
}

static void fill_built_in(const built_in *set, weft_data_entry *entry) {
    memset(entry, 0, sizeof *entry);
    entry->info = set->info;
    entry->n_files = set->n_files;
    memcpy(entry->files, set->files, (size_t)set->n_files * sizeof set->files[0]);
    snprintf(entry->package, sizeof entry->package, "%s", set->package);
}

/* ---- the folder of the user's entries -------------------------------------------------------- */

weft_status weft_data_folder(char *path, size_t size, weft_error *error) {
    const char *own = getenv("WEFT_DATA");
    const char *xdg = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    int length;
    if (own != NULL && own[0] != '\0') {
        length = snprintf(path, size, "%s", own);
    } else if (xdg != NULL && xdg[0] == '/') { /* the XDG rules ignore relative paths */
        length = snprintf(path, size, "%s/weft/data", xdg);
    } else if (home != NULL && home[0] != '\0') {
        length = snprintf(path, size, "%s/.local/share/weft/data", home);
    } else {
        weft_fail(error, WEFT_ERROR_IO,
                  "no place for the catalogue of data sets: neither "
                  "WEFT_DATA nor XDG_DATA_HOME nor HOME is set");
        weft_hint(error, "set WEFT_DATA to a folder");
        return WEFT_ERROR_IO;
    }
    if (length < 0 || (size_t)length >= size) {
        return weft_fail(error, WEFT_ERROR_IO,
                         "the path of the catalogue of data sets is too long");
    }
    return WEFT_OK;
}

bool weft_data_name_legal(const char *name) {
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    static const char other[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t length = strlen(name);
    return length > 0 && length < WEFT_DATASET_NAME && strchr(first, name[0]) != NULL &&
           strspn(name, other) == length;
}

static weft_status entry_path(const char *name, char path[WEFT_DATA_PATH], weft_error *error) {
    char folder[WEFT_DATA_PATH - WEFT_DATASET_NAME - 8];
    WEFT_TRY(weft_data_folder(folder, sizeof folder, error));
    snprintf(path, WEFT_DATA_PATH, "%s/%s.yaml", folder, name);
    return WEFT_OK;
}

static weft_status read_user_entry(const char *name, const char *path, weft_data_entry *entry,
                                   weft_error *error) {
    enum { ENTRY_MAX_BYTES = 1 << 20 };
    weft_bytes bytes;
    WEFT_TRY(weft_bytes_read(path, &bytes, error));
    weft_status status;
    if (bytes.size > ENTRY_MAX_BYTES) {
        status = weft_fail(error, WEFT_ERROR_INPUT, "an entry of %zu bytes, expected at most %d",
                           bytes.size, ENTRY_MAX_BYTES);
        weft_error_file(error, path);
    } else {
        status = weft_data_entry_parse((const char *)bytes.data, bytes.size, path, entry, error);
    }
    free(bytes.data);
    if (status == WEFT_OK) {
        snprintf(entry->info.name, sizeof entry->info.name, "%s", name);
    }
    return status;
}

/* ---- all names ------------------------------------------------------------------------------- */

typedef struct name_list {
    char (*names)[WEFT_DATASET_NAME];
    size_t n;
} name_list;

static int by_name(const void *a, const void *b) {
    return strcmp(a, b);
}

/* Whether a file of the catalogue is an entry; its name then. */
static bool is_entry(const char *file, char name[WEFT_DATASET_NAME]) {
    size_t length = strlen(file);
    if (length < 6 || length - 5 >= WEFT_DATASET_NAME || strcmp(file + length - 5, ".yaml") != 0) {
        return false;
    }
    memcpy(name, file, length - 5);
    name[length - 5] = '\0';
    return weft_data_name_legal(name);
}

static weft_status add_name(name_list *list, const char *name, weft_error *error) {
    char(*larger)[WEFT_DATASET_NAME] = realloc(list->names, (list->n + 1) * sizeof *larger);
    if (larger == NULL) {
        return weft_fail_memory(error, (list->n + 1) * sizeof *larger);
    }
    list->names = larger;
    snprintf(larger[list->n++], WEFT_DATASET_NAME, "%s", name);
    return WEFT_OK;
}

/* A catalogue that is not there yet is an empty one. */
static weft_status add_user_names(name_list *list, weft_error *error) {
    char folder[WEFT_DATA_PATH];
    WEFT_TRY(weft_data_folder(folder, sizeof folder, error));
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        return errno == ENOENT
                   ? WEFT_OK
                   : weft_fail_errno(error, "cannot read the catalogue of data sets", folder);
    }
    weft_status status = WEFT_OK;
    const struct dirent *file;
    while (status == WEFT_OK && (file = readdir(directory)) != NULL) {
        char name[WEFT_DATASET_NAME];
        if (is_entry(file->d_name, name) && find_built_in(name) == NULL) {
            status = add_name(list, name, error);
        }
    }
    closedir(directory);
    return status;
}

/* Every name once, in order; the caller frees list->names. */
static weft_status all_names(name_list *list, weft_error *error) {
    name_list made = {0};
    weft_status status = WEFT_OK;
    for (size_t i = 0; status == WEFT_OK && i < N_BUILT_INS; i++) {
        status = add_name(&made, built_ins[i].info.name, error);
    }
    if (status == WEFT_OK) {
        status = add_user_names(&made, error);
    }
    if (status != WEFT_OK) {
        free(made.names);
        return status;
    }
    qsort(made.names, made.n, sizeof *made.names, by_name);
    *list = made;
    return WEFT_OK;
}

/* ---- finding --------------------------------------------------------------------------------- */

/* "unknown data set" with the nearest name, or the first few there are. */
static weft_status fail_unknown(const char *name, weft_error *error) {
    name_list list;
    WEFT_TRY(all_names(&list, error));
    const char **names = malloc(list.n * sizeof *names);
    const char *nearest = NULL;
    if (names != NULL) {
        for (size_t i = 0; i < list.n; i++) {
            names[i] = list.names[i];
        }
        nearest = weft_nearest(name, names, list.n);
    }
    char known[200] = "";
    size_t used = 0;
    for (size_t i = 0; i < list.n && used + WEFT_DATASET_NAME + 8 < sizeof known; i++) {
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ",
                                 list.names[i]);
    }
    weft_fail(error, WEFT_ERROR_INPUT, "unknown data set \"%.100s\"; there are: %s", name, known);
    if (nearest != NULL) {
        weft_hint(error, "did you mean \"%s\"?", nearest);
    } else {
        weft_hint(error, "weft data list shows all of them, weft data add adds one");
    }
    free(names);
    free(list.names);
    return WEFT_ERROR_INPUT;
}

bool weft_data_exists(const char *name) {
    char path[WEFT_DATA_PATH];
    weft_error ignored;
    return find_built_in(name) != NULL ||
           (entry_path(name, path, &ignored) == WEFT_OK && access(path, F_OK) == 0);
}

weft_status weft_data_find(const char *name, weft_data_entry *entry, weft_error *error) {
    char path[WEFT_DATA_PATH];
    if (!weft_data_name_legal(name)) {
        return fail_unknown(name, error);
    }
    const built_in *built_in_set = find_built_in(name);
    weft_status folder = entry_path(name, path, error);
    if (folder == WEFT_OK && access(path, F_OK) == 0) {
        WEFT_TRY(read_user_entry(name, path, entry, error));
    } else if (built_in_set != NULL) {
        fill_built_in(built_in_set, entry);
    } else {
        return folder != WEFT_OK ? folder : fail_unknown(name, error);
    }
    weft_data_entry_look(entry);
    return WEFT_OK;
}

static bool is_there(const weft_data_entry *entry, const char *path) {
    struct stat status;
    bool folder = weft_data_format_find(entry->info.format)->is_folder;
    return stat(path, &status) == 0 &&
           (folder ? S_ISDIR(status.st_mode) : S_ISREG(status.st_mode)) &&
           access(path, folder ? R_OK | X_OK : R_OK) == 0;
}

void weft_data_entry_look(weft_data_entry *entry) {
    weft_dataset_info *info = &entry->info;
    const char *first = entry->files[0].path;
    const char *slash = strrchr(first, '/');
    bool whole = weft_data_format_find(info->format)->is_folder || slash == NULL || slash == first;
    int length = whole ? (int)strlen(first) : (int)(slash - first);
    snprintf(info->location, sizeof info->location, "%.*s",
             length < (int)sizeof info->location ? length : (int)sizeof info->location - 1, first);
    info->available = true;
    for (int i = 0; info->available && i < entry->n_files; i++) {
        const char *path = entry->files[i].path;
        info->available = is_there(entry, path);
        if (info->available) {
            continue;
        }
        if (entry->package[0] != '\0') {
            snprintf(info->note, sizeof info->note, "not installed: apt install %s",
                     entry->package);
        } else {
            snprintf(info->note, sizeof info->note,
                     "%.300s is missing or cannot be read: restore "
                     "it, or add the set again with --replace",
                     path);
        }
    }
}

/* ---- public ---------------------------------------------------------------------------------- */

/* One line of the list: a damaged entry is shown as such and hides no other. */
static weft_status show(const char *name, weft_data_entry *entry,
                        void (*each)(void *context, const weft_dataset_info *info), void *context,
                        weft_error *error) {
    weft_status status = weft_data_find(name, entry, error);
    if (status == WEFT_ERROR_MEMORY) {
        return status;
    }
    if (status != WEFT_OK) {
        memset(entry, 0, sizeof *entry);
        snprintf(entry->info.name, sizeof entry->info.name, "%s", name);
        snprintf(entry->info.note, sizeof entry->info.note, "damaged entry: %.255s:%d: %.200s",
                 error->file, error->line, error->message);
    }
    each(context, &entry->info);
    return WEFT_OK;
}

weft_status weft_data_list(void (*each)(void *context, const weft_dataset_info *info),
                           void *context, weft_error *error) {
    name_list list;
    WEFT_TRY(all_names(&list, error));
    weft_data_entry *entry = malloc(sizeof *entry);
    weft_status status = entry == NULL ? weft_fail_memory(error, sizeof *entry) : WEFT_OK;
    for (size_t i = 0; status == WEFT_OK && i < list.n; i++) {
        status = show(list.names[i], entry, each, context, error);
    }
    free(entry);
    free(list.names);
    return status;
}

weft_status weft_data_info(const char *name, weft_dataset_info *info, weft_error *error) {
    weft_data_entry *entry = malloc(sizeof *entry);
    if (entry == NULL) {
        return weft_fail_memory(error, sizeof *entry);
    }
    weft_status status = weft_data_find(name, entry, error);
    if (status == WEFT_OK) {
        *info = entry->info;
    }
    free(entry);
    return status;
}
