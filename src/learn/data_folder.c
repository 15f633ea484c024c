/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder of PNG files with one sub-folder for each class:
 *
 *     FOLDER/cat/0001.png  FOLDER/cat/0002.png  FOLDER/dog/0001.png ...
 *
 * Classes are numbered in the byte order of the sub-folders' names, images in the order of class
 * and file name. The sum of a folder is taken over, for each image in this order, its path below
 * the folder with its '\0', the length of the file as a big-endian 64-bit word, and its bytes. */
#include "learn/data.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* The classes and images of a folder. */
typedef struct listing {
    const char *root;
    char **classes; /* names */
    int n_classes;
    char **images; /* paths below the root: "cat/0001.png" */
    uint16_t *labels;
    size_t n_images, capacity;
} listing;

static void listing_free(listing *list) {
    for (int i = 0; i < list->n_classes; i++) {
        free(list->classes[i]);
    }
    for (size_t i = 0; i < list->n_images; i++) {
        free(list->images[i]);
    }
    free(list->classes);
    free(list->images);
    free(list->labels);
}

static weft_status fail_at(weft_error *error, const char *path) {
    weft_error_file(error, path);
    return error->status;
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static weft_status join(const char *folder, const char *name, char path[WEFT_DATA_PATH],
                        weft_error *error) {
    int length = snprintf(path, WEFT_DATA_PATH, "%s/%s", folder, name);
    if (length < 0 || length >= WEFT_DATA_PATH) {
        weft_fail(error, WEFT_ERROR_INPUT, "the path of %.200s below it is too long", name);
        return fail_at(error, folder);
    }
    return WEFT_OK;
}

/* The visible names in a folder, in byte order; the caller frees them and the array. */
static weft_status names_in(const char *folder, struct dirent ***names, int *n, weft_error *error) {
    int found = scandir(folder, names, is_visible, by_bytes);
    if (found < 0) {
        return weft_fail_errno(error, "cannot read the folder", folder);
    }
    *n = found;
    return WEFT_OK;
}

static void names_free(struct dirent **names, int n) {
    for (int i = 0; i < n; i++) {
        free(names[i]);
    }
    free(names);
}

static weft_status add_image(listing *list, const char *class, const char *name, int label,
                             weft_error *error) {
    if (list->n_images == list->capacity) {
        size_t larger = list->capacity == 0 ? 1024 : 2 * list->capacity;
        char **images = realloc(list->images, larger * sizeof *images);
        if (images == NULL) {
            return weft_fail_memory(error, larger * sizeof *images);
        }
        list->images = images;
        uint16_t *labels = realloc(list->labels, larger * sizeof *labels);
        if (labels == NULL) {
            return weft_fail_memory(error, larger * sizeof *labels);
        }
        list->labels = labels;
        list->capacity = larger;
    }
    size_t room = strlen(class) + strlen(name) + 2;
    char *path = malloc(room);
    if (path == NULL) {
        return weft_fail_memory(error, room);
    }
    snprintf(path, room, "%s/%s", class, name);
    list->images[list->n_images] = path;
    list->labels[list->n_images] = (uint16_t)label;
    list->n_images++;
    return WEFT_OK;
}

/* Everything visible in the folder of a class must be a PNG: nothing is left out unseen. */
static weft_status list_class(listing *list, const char *folder, int label, weft_error *error) {
    const char *class = list->classes[label];
    struct dirent **names = NULL;
    int n = 0;
    WEFT_TRY(names_in(folder, &names, &n, error));
    weft_status status = WEFT_OK;
    if (n == 0) {
        weft_fail(error, WEFT_ERROR_INPUT, "the folder of class \"%s\" holds no image", class);
        status = fail_at(error, folder);
    }
    for (int i = 0; status == WEFT_OK && i < n; i++) {
        const char *name = names[i]->d_name;
        size_t length = strlen(name);
        if (length < 5 || strcasecmp(name + length - 4, ".png") != 0) {
            weft_fail(error, WEFT_ERROR_INPUT, "\"%s\" is not a .png file", name);
            weft_hint(error, "a folder of a class holds PNG images alone: convert or remove it");
            status = fail_at(error, folder);
        } else {
            status = add_image(list, class, name, label, error);
        }
    }
    names_free(names, n);
    return status;
}

static weft_status add_class(listing *list, const char *name, weft_error *error) {
    if (list->n_classes == WEFT_DATA_MAX_CLASSES) {
        weft_fail(error, WEFT_ERROR_INPUT, "more than %d classes", WEFT_DATA_MAX_CLASSES);
        return fail_at(error, list->root);
    }
    char **classes = realloc(list->classes, (size_t)(list->n_classes + 1) * sizeof *classes);
    if (classes == NULL) {
        return weft_fail_memory(error, (size_t)(list->n_classes + 1) * sizeof *classes);
    }
    list->classes = classes;
    classes[list->n_classes] = strdup(name);
    if (classes[list->n_classes] == NULL) {
        return weft_fail_memory(error, strlen(name) + 1);
    }
    list->n_classes++;
    return WEFT_OK;
}

/* Lists a folder; files beside the class folders (a README, a licence) are left alone. */
static weft_status list_folder(const char *root, listing *list, weft_error *error) {
    list->root = root;
    struct dirent **names = NULL;
    int n = 0;
    WEFT_TRY(names_in(root, &names, &n, error));
    weft_status status = WEFT_OK;
    for (int i = 0; status == WEFT_OK && i < n; i++) {
        char path[WEFT_DATA_PATH];
        struct stat kind;
        status = join(root, names[i]->d_name, path, error);
        if (status == WEFT_OK && stat(path, &kind) == 0 && S_ISDIR(kind.st_mode)) {
            status = add_class(list, names[i]->d_name, error);
            if (status == WEFT_OK) {
                status = list_class(list, path, list->n_classes - 1, error);
            }
        }
    }
    names_free(names, n);
    if (status == WEFT_OK && list->n_classes == 0) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "the folder has no sub-folders, expected one for each class");
        status = fail_at(error, root);
    }
    return status;
}

/* Colour where any image has it, and the size to which all are brought. */
static weft_status survey(weft_data_entry *entry, const listing *list, weft_error *error) {
    weft_shape shape = {0};
    for (size_t i = 0; i < list->n_images; i++) {
        char path[WEFT_DATA_PATH];
        weft_shape one;
        WEFT_TRY(join(list->root, list->images[i], path, error));
        WEFT_TRY(weft_png_survey(path, &one, error));
        if (i == 0) {
            shape = one;
        }
        shape.channels = one.channels > shape.channels ? one.channels : shape.channels;
    }
    if (entry->resize > 0) {
        shape.height = entry->resize;
        shape.width = entry->resize;
    }
    return weft_data_check_shape(entry, shape, list->root, error);
}

static void sum_image(weft_sha256 *sha, const char *name, const weft_bytes *bytes) {
    uint8_t length[8];
    for (int i = 0; i < 8; i++) {
        length[i] = (uint8_t)((uint64_t)bytes->size >> (56 - 8 * i));
    }
    weft_sha256_add(sha, name, strlen(name) + 1);
    weft_sha256_add(sha, length, sizeof length);
    weft_sha256_add(sha, bytes->data, bytes->size);
}

static weft_status take_image(const weft_data_entry *entry, const char *root, const char *name,
                              weft_sha256 *sha, uint8_t *planar, weft_error *error) {
    const weft_shape shape = entry->info.shape;
    char path[WEFT_DATA_PATH];
    WEFT_TRY(join(root, name, path, error));
    weft_bytes bytes;
    WEFT_TRY(weft_bytes_read(path, &bytes, error));
    sum_image(sha, name, &bytes);
    weft_picture picture;
    weft_status status = weft_png_decode(bytes.data, bytes.size, shape.channels, &picture, error);
    free(bytes.data);
    if (status != WEFT_OK) {
        return fail_at(error, path);
    }
    if (entry->resize == 0 &&
        (picture.shape.height != shape.height || picture.shape.width != shape.width)) {
        status = weft_fail(error, WEFT_ERROR_INPUT,
                           "the image is %d x %d, the first of the set %d x %d (width x height)",
                           picture.shape.width, picture.shape.height, shape.width, shape.height);
        weft_hint(error, "add the set with --resize N to scale all images to N x N");
        fail_at(error, path);
    } else {
        weft_picture_store(&picture, shape, planar);
    }
    free(picture.pixels);
    return status;
}

static weft_status take_images(weft_data_entry *entry, weft_data_file *file, const listing *list,
                               weft_images *images, weft_error *error) {
    const weft_shape shape = entry->info.shape;
    const size_t each = (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
    weft_sha256 sha;
    weft_sha256_begin(&sha);
    for (size_t i = 0; i < list->n_images; i++) {
        WEFT_TRY(
            take_image(entry, list->root, list->images[i], &sha, images->pixels + i * each, error));
        images->labels[i] = list->labels[i];
    }
    char sum[WEFT_SHA256_TEXT];
    weft_sha256_end(&sha, sum);
    return weft_data_check_sum(entry, file, sum, error);
}

/* The test folder must have the classes of the training folder, so that numbers mean the same. */
static weft_status check_classes(weft_data_entry *entry, const listing *list, weft_error *error) {
    listing train = {0};
    weft_status status =
        list_folder(weft_data_entry_file(entry, WEFT_DATA_TRAIN_IMAGES)->path, &train, error);
    for (int i = 0; status == WEFT_OK && i < list->n_classes; i++) {
        if (i >= train.n_classes || strcmp(list->classes[i], train.classes[i]) != 0) {
            weft_fail(error, WEFT_ERROR_INPUT,
                      "class %d is \"%.100s\" here and \"%.100s\" in the training folder: expected "
                      "the same sub-folders",
                      i, list->classes[i], i < train.n_classes ? train.classes[i] : "(none)");
            status = fail_at(error, list->root);
        }
    }
    if (status == WEFT_OK && list->n_classes != train.n_classes) {
        weft_fail(error, WEFT_ERROR_INPUT, "class \"%.100s\" of the training folder is missing",
                  train.classes[list->n_classes]);
        status = fail_at(error, list->root);
    }
    listing_free(&train);
    return status;
}

static weft_status read_listed(weft_data_entry *entry, weft_data_part part, weft_data_file *file,
                               listing *list, weft_images *images, weft_error *error) {
    WEFT_TRY(list_folder(file->path, list, error));
    if (entry->info.classes > 0 && list->n_classes != entry->info.classes &&
        part == WEFT_DATA_TRAIN) {
        weft_fail(error, WEFT_ERROR_INPUT, "%d sub-folders, expected %d: one for each class",
                  list->n_classes, entry->info.classes);
        return fail_at(error, file->path);
    }
    if (part == WEFT_DATA_TEST) {
        WEFT_TRY(check_classes(entry, list, error));
    }
    if (entry->info.shape.channels == 0) {
        WEFT_TRY(survey(entry, list, error));
    }
    WEFT_TRY(weft_images_create((int64_t)list->n_images, entry->info.shape, images, error));
    WEFT_TRY(take_images(entry, file, list, images, error));
    entry->info.classes = list->n_classes;
    return WEFT_OK;
}

static weft_status read_folder(weft_data_entry *entry, weft_data_part part, weft_images *images,
                               weft_error *error) {
    weft_data_role role = part == WEFT_DATA_TRAIN ? WEFT_DATA_TRAIN_IMAGES : WEFT_DATA_TEST_IMAGES;
    weft_images read = {0};
    listing list = {0};
    weft_status status =
        read_listed(entry, part, weft_data_entry_file(entry, role), &list, &read, error);
    listing_free(&list);
    if (status != WEFT_OK) {
        weft_images_free(&read);
        return status;
    }
    *images = read;
    return WEFT_OK;
}

const weft_data_format weft_data_folder_png = {
    .name = "folder",
    .is_folder = true,
    .read = read_folder,
};
