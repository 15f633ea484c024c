/* SPDX-License-Identifier: Apache-2.0
 * A whole file in memory, plain or gzip. */
#include "learn/data.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "learn/memory.h"

/* What opens a file for reading and makes sure that it is one. */
static weft_status open_file(const char *path, int *descriptor, size_t *size, weft_error *error) {
    struct stat status;
    if (stat(path, &status) != 0) {
        return weft_fail_errno(error, "cannot read the file", path);
    }
    if (!S_ISREG(status.st_mode)) {
        weft_fail(error, WEFT_ERROR_IO, "%s, expected a file",
                  S_ISDIR(status.st_mode) ? "this is a folder" : "this is not a regular file");
        weft_error_file(error, path);
        return WEFT_ERROR_IO;
    }
    int opened = open(path, O_RDONLY | O_CLOEXEC);
    if (opened < 0) {
        return weft_fail_errno(error, "cannot read the file", path);
    }
    *descriptor = opened;
    *size = (size_t)status.st_size;
    return WEFT_OK;
}

/* Makes room for at least one more byte. */
static weft_status grow(weft_bytes *bytes, size_t *capacity, const char *path, weft_error *error) {
    if (bytes->size < *capacity) {
        return WEFT_OK;
    }
    if (*capacity >= WEFT_DATA_MAX_BYTES) {
        weft_fail(error, WEFT_ERROR_INPUT, "the contents are larger than 4 GiB, the most there is");
        weft_error_file(error, path);
        return WEFT_ERROR_INPUT;
    }
    size_t larger = *capacity > WEFT_DATA_MAX_BYTES / 2 ? WEFT_DATA_MAX_BYTES : 2 * *capacity;
    uint8_t *moved = realloc(bytes->data, larger);
    if (moved == NULL) {
        return weft_fail_memory(error, larger);
    }
    bytes->data = moved;
    *capacity = larger;
    return WEFT_OK;
}

static weft_status fail_gzip(gzFile file, const char *path, weft_error *error) {
    int code;
    const char *text = gzerror(file, &code);
    if (code == Z_ERRNO) {
        return weft_fail_errno(error, "cannot read the file", path);
    }
    if (code == Z_MEM_ERROR) {
        return weft_fail_memory(error, 0);
    }
    if (code == Z_BUF_ERROR) {
        weft_fail(error, WEFT_ERROR_INPUT, "the file is truncated: its gzip stream ends too early");
    } else {
        const char *cause = strstr(text, ": "); /* zlib puts the number of its file before it */
        weft_fail(error, WEFT_ERROR_INPUT, "the file is damaged: %s",
                  cause != NULL ? cause + 2 : text);
    }
    weft_error_file(error, path);
    weft_hint(error, "get the file again and compare its size with that of its source");
    return WEFT_ERROR_INPUT;
}

/* zlib reads plain files as they are and unpacks those that start like gzip. */
static weft_status read_all(gzFile file, const char *path, size_t capacity, weft_bytes *bytes,
                            weft_error *error) {
    enum { PIECE = 1 << 20 };
    bytes->data = malloc(capacity);
    if (bytes->data == NULL) {
        return weft_fail_memory(error, capacity);
    }
    for (;;) {
        WEFT_TRY(grow(bytes, &capacity, path, error));
        size_t room = capacity - bytes->size;
        int got = gzread(file, bytes->data + bytes->size, room < PIECE ? (unsigned)room : PIECE);
        int code;
        (void)gzerror(file, &code);
        if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) {
            return fail_gzip(file, path, error);
        }
        if (got == 0) {
            return WEFT_OK;
        }
        bytes->size += (size_t)got;
    }
}

/* Closes the descriptor. */
static weft_status read_file(int descriptor, size_t size, const char *path, weft_bytes *bytes,
                             weft_error *error) {
    gzFile file = gzdopen(descriptor, "rb");
    if (file == NULL) {
        close(descriptor);
        return weft_fail_memory(error, 0);
    }
    gzbuffer(file, 1 << 17);
    weft_bytes read = {0};
    /* One byte more than the file: a plain one is then read without growing. */
    weft_status status = read_all(file, path, size + 1, &read, error);
    int closed = gzclose_r(file);
    if (status == WEFT_OK && closed != Z_OK) {
        weft_fail(error, WEFT_ERROR_INPUT, "the file is truncated: its gzip stream ends too early");
        weft_error_file(error, path);
        status = WEFT_ERROR_INPUT;
    }
    if (status != WEFT_OK) {
        free(read.data);
        return status;
    }
    *bytes = read;
    return WEFT_OK;
}

weft_status weft_bytes_read(const char *path, weft_bytes *bytes, weft_error *error) {
    int descriptor = -1;
    size_t size = 0;
    WEFT_TRY(open_file(path, &descriptor, &size, error));
    if (size > WEFT_DATA_MAX_BYTES) {
        close(descriptor);
        weft_fail(error, WEFT_ERROR_INPUT, "the file is larger than 4 GiB, the most there is");
        weft_error_file(error, path);
        return WEFT_ERROR_INPUT;
    }
    return read_file(descriptor, size, path, bytes, error);
}

weft_status weft_bytes_read_large(const char *path, weft_bytes *bytes, weft_error *error) {
    int descriptor = -1;
    size_t size = 0;
    WEFT_TRY(open_file(path, &descriptor, &size, error));
    weft_status status =
        weft_memory_check(size, weft_memory_available(), "reading the file", error);
    if (status != WEFT_OK) {
        close(descriptor);
        weft_error_file(error, path);
        return status;
    }
    return read_file(descriptor, size, path, bytes, error);
}

static bool starts(const uint8_t *bytes, size_t size, const char *magic, size_t length) {
    return size >= length && memcmp(bytes, magic, length) == 0;
}

void weft_bytes_hint(const uint8_t *bytes, size_t size, const char *path, weft_error *error) {
    if (starts(bytes, size,
               "\xfd"
               "7zXZ",
               5)) {
        weft_hint(error, "it is packed with xz: unpack it first (xz -dk %.200s)", path);
    } else if (starts(bytes, size, "BZh", 3)) {
        weft_hint(error, "it is packed with bzip2: unpack it first (bunzip2 -k %.200s)", path);
    } else if (starts(bytes, size, "PK\x03\x04", 4)) {
        weft_hint(error, "it is a zip archive: unpack it and name the files in it");
    } else if (size > 262 && memcmp(bytes + 257, "ustar", 5) == 0) {
        weft_hint(error, "it is a tar archive: unpack it (tar xf) and name the files in it");
    } else if (starts(bytes, size, "<", 1)) {
        weft_hint(error, "it looks like a web page that was saved in place of the file");
    }
}
