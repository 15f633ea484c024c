/* SPDX-License-Identifier: Apache-2.0
 *
 * Data sets inside: a catalogue entry says which files a set has; a format (one file each) reads
 * them; data_load.c makes the data set of them.
 *
 * To add a format: write data_NAME.c with a `weft_data_format`, name it in data_load.c's table and
 * in WEFT_DATA_FORMATS below.
 */
#ifndef WEFT_LEARN_DATA_H
#define WEFT_LEARN_DATA_H

#include "base/error.h"
#include "learn/dataset.h"
#include "learn/sha256.h"

enum {
    WEFT_DATA_PATH = 1024,
    WEFT_DATA_MAX_FILES = 32,
    WEFT_DATA_MAX_SIDE = 16384,
    WEFT_DATA_MAX_CLASSES = 65535,
};

/* No file and no set of images may be larger. */
#define WEFT_DATA_MAX_BYTES ((size_t)4 << 30)

/* What a file is for: name, word in the catalogue. */
#define WEFT_DATA_ROLE_MAP(X)                                                                      \
    X(WEFT_DATA_TRAIN_IMAGES, "train_images")                                                      \
    X(WEFT_DATA_TRAIN_LABELS, "train_labels")                                                      \
    X(WEFT_DATA_TEST_IMAGES, "test_images")                                                        \
    X(WEFT_DATA_TEST_LABELS, "test_labels")

typedef enum weft_data_role {
#define WEFT_DATA_ROLE_ENUM(name, word) name,
    WEFT_DATA_ROLE_MAP(WEFT_DATA_ROLE_ENUM)
#undef WEFT_DATA_ROLE_ENUM
        WEFT_DATA_ROLE_COUNT
} weft_data_role;

typedef struct weft_data_file {
    weft_data_role role;
    char path[WEFT_DATA_PATH];     /* absolute */
    char sha256[WEFT_SHA256_TEXT]; /* of the unpacked contents; "": not known yet */
} weft_data_file;

/* An entry of the catalogue. While it is being added, shape, classes, counts and sums are 0 or "":
 * reading fills them; afterwards reading compares them. */
typedef struct weft_data_entry {
    weft_dataset_info info;
    int test_every, resize; /* as in weft_data_add_settings */
    int n_files;
    weft_data_file files[WEFT_DATA_MAX_FILES];
    char package[64]; /* the Debian package of a built-in set; "": an entry of the user's */
} weft_data_entry;

typedef enum weft_data_part { WEFT_DATA_TRAIN, WEFT_DATA_TEST } weft_data_part;

typedef struct weft_data_format {
    const char *name;
    bool has_label_files; /* labels come in files of their own */
    bool takes_list;      /* images may come in several files */
    bool is_folder;       /* the images are a folder */
    /* Reads one part. The caller frees *images with weft_images_free. */
    weft_status (*read)(weft_data_entry *entry, weft_data_part part, weft_images *images,
                        weft_error *error);
} weft_data_format;

extern const weft_data_format weft_data_idx, weft_data_cifar10, weft_data_cifar100,
    weft_data_folder_png;

/* ---- data_file.c: bytes of files ------------------------------------------------------------- */
typedef struct weft_bytes {
    uint8_t *data;
    size_t size;
} weft_bytes;

/* Reads a file whole, unpacked where it is gzip; the caller frees bytes->data. */
weft_status weft_bytes_read(const char *path, weft_bytes *bytes, weft_error *error) WEFT_NODISCARD;

/* The same of files that we write ourselves: one that is not packed may be as large as there is memory,
 * and is WEFT_ERROR_MEMORY where it is larger. */
weft_status weft_bytes_read_large(const char *path, weft_bytes *bytes,
                                  weft_error *error) WEFT_NODISCARD;

/* Adds a hint to an error about bytes that are really an archive or a web page. */
void weft_bytes_hint(const uint8_t *bytes, size_t size, const char *path, weft_error *error);

/* ---- data_load.c: from an entry to a data set ------------------------------------------------ */

/* The format of that name, or NULL; and the names, joined by ", ". */
const weft_data_format *weft_data_format_find(const char *name);
#define WEFT_DATA_FORMATS "idx, cifar10, cifar100, folder"

/* Reads all files of the entry and completes the entry. */
weft_status weft_data_load(weft_data_entry *entry, weft_dataset **dataset,
                           weft_error *error) WEFT_NODISCARD;

/* For formats: the first file of a role (NULL: none), the room for n images of the entry's shape,
 * and what an entry knows against what was found (unknown: is filled). */
weft_data_file *weft_data_entry_file(weft_data_entry *entry, weft_data_role role);
weft_status weft_images_create(int64_t n, weft_shape shape, weft_images *images,
                               weft_error *error) WEFT_NODISCARD;
void weft_images_free(weft_images *images);
weft_status weft_data_check_sum(const weft_data_entry *entry, weft_data_file *file, const char *sum,
                                weft_error *error) WEFT_NODISCARD;
weft_status weft_data_check_shape(weft_data_entry *entry, weft_shape shape, const char *path,
                                  weft_error *error) WEFT_NODISCARD;

/* Reads a file of the entry and compares its sum; the caller frees bytes->data. */
weft_status weft_data_read(const weft_data_entry *entry, weft_data_file *file, weft_bytes *bytes,
                           weft_error *error) WEFT_NODISCARD;

/* ---- data_catalogue.c, data_entry.c: entries by name ----------------------------------------- */

/* The folder of the user's entries. */
weft_status weft_data_folder(char *path, size_t size, weft_error *error) WEFT_NODISCARD;

/* Whether a name may be one: a-z, 0-9, '-', '_', starting with a letter or digit. */
bool weft_data_name_legal(const char *name);

/* The entry of that name: the user's, else a built-in one. */
weft_status weft_data_find(const char *name, weft_data_entry *entry,
                           weft_error *error) WEFT_NODISCARD;
bool weft_data_exists(const char *name);

/* Sets info.available, and what info.note and info.location say, by looking whether the files are
 * there. */
void weft_data_entry_look(weft_data_entry *entry);

/* An entry from the text of its file; `path` is what errors call it. */
weft_status weft_data_entry_parse(const char *text, size_t length, const char *path,
                                  weft_data_entry *entry, weft_error *error) WEFT_NODISCARD;

/* Writes FOLDER/NAME.yaml whole or not at all. */
weft_status weft_data_entry_write(const weft_data_entry *entry, const char *folder,
                                  weft_error *error) WEFT_NODISCARD;

const char *weft_data_role_word(weft_data_role role);

/* ---- parsers of bytes, each of the file named after it --------------------------------------- */

/* A view of an IDX file: `bytes` are borrowed. */
typedef struct weft_idx_view {
    int64_t n;
    weft_shape shape; /* of an image; 1 x 1 x 1 for labels */
    const uint8_t *bytes;
} weft_idx_view;
weft_status weft_idx_parse_images(const uint8_t *bytes, size_t size, weft_idx_view *view,
                                  weft_error *error) WEFT_NODISCARD;
weft_status weft_idx_parse_labels(const uint8_t *bytes, size_t size, weft_idx_view *view,
                                  weft_error *error) WEFT_NODISCARD;

/* Appends the records of a CIFAR file to *images, whose arrays grow; coarse: a byte with the
 * coarse label stands before the fine one (CIFAR-100). */
weft_status weft_cifar_parse(const uint8_t *bytes, size_t size, bool coarse, weft_images *images,
                             weft_error *error) WEFT_NODISCARD;

/* One picture, interleaved: (height, width, channels). */
typedef struct weft_picture {
    weft_shape shape;
    uint8_t *pixels;
} weft_picture;

/* Decodes a PNG to `channels` (1 or 3); transparent pixels are laid over black. The caller frees
 * picture->pixels. Colour where 1 channel is asked for is an error. */
weft_status weft_png_decode(const uint8_t *bytes, size_t size, int channels, weft_picture *picture,
                            weft_error *error) WEFT_NODISCARD;

/* Size of a PNG file, and channels: 3 where it has colour, else 1. */
weft_status weft_png_survey(const char *path, weft_shape *shape, weft_error *error) WEFT_NODISCARD;

/* Writes the picture planar with the height and width of `shape`: each new pixel is the mean over
 * the area that it covers. */
void weft_picture_store(const weft_picture *picture, weft_shape shape, uint8_t *planar);

#endif
