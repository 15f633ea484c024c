/* SPDX-License-Identifier: Apache-2.0
 * NumPy's .npz: a zip archive (libzip) of .npy members, packed or not. */
#include "accuracy/tensor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

/* A member may not unpack to more: archives of a few bytes could. */
static const zip_uint64_t MOST_BYTES = (zip_uint64_t)1 << 30;

static weft_status fail_zip(weft_error *error, const char *what, zip_error_t *cause) {
    weft_fail(error, WEFT_ERROR_INPUT, "%s: %s", what, zip_error_strerror(cause));
    zip_error_fini(cause);
    return WEFT_ERROR_INPUT;
}

static weft_status open_archive(const uint8_t *bytes, size_t size, zip_t **archive,
                                weft_error *error) {
    zip_error_t cause;
    zip_error_init(&cause);
    zip_source_t *source = zip_source_buffer_create(bytes, size, 0, &cause);
    if (source == NULL) {
        return fail_zip(error, "the archive cannot be read", &cause);
    }
    zip_t *opened = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &cause);
    if (opened == NULL) {
        zip_source_free(source);
        return fail_zip(error, "this is no whole archive (.npz)", &cause);
    }
    zip_error_fini(&cause);
    *archive = opened;
    return WEFT_OK;
}

static weft_status unpack(zip_t *archive, zip_uint64_t index, const zip_stat_t *info,
                          uint8_t *bytes, weft_error *error) {
    zip_file_t *file = zip_fopen_index(archive, index, 0);
    if (file == NULL) {
        return weft_fail(error, WEFT_ERROR_INPUT, "member \"%.100s\" cannot be unpacked: %s",
                         info->name, zip_strerror(archive));
    }
    zip_uint64_t used = 0;
    while (used < info->size) {
        zip_int64_t got = zip_fread(file, bytes + used, info->size - used);
        if (got <= 0) {
            break;
        }
        used += (zip_uint64_t)got;
    }
    /* The check sum is compared where the end is met: one byte further. */
    uint8_t beyond;
    zip_int64_t more = used == info->size ? zip_fread(file, &beyond, 1) : -1;
    zip_fclose(file);
    if (more != 0) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "member \"%.100s\" is truncated or damaged after %llu of %llu bytes",
                         info->name, (unsigned long long)used, (unsigned long long)info->size);
    }
    return WEFT_OK;
}

static weft_status read_member(zip_t *archive, zip_uint64_t index, weft_tensors *tensors,
                               weft_error *error) {
    enum { ENDING = 4 };
    zip_stat_t info;
    const zip_uint64_t wanted = ZIP_STAT_NAME | ZIP_STAT_SIZE;
    if (zip_stat_index(archive, index, 0, &info) != 0 || (info.valid & wanted) != wanted) {
        return weft_fail(error, WEFT_ERROR_INPUT, "member %llu of the archive has no name or size",
                         (unsigned long long)index);
    }
    size_t length = strlen(info.name);
    if (length <= ENDING || strcmp(info.name + length - ENDING, ".npy") != 0) {
        return WEFT_OK; /* no array */
    }
    if (info.size > MOST_BYTES) {
        return weft_fail(error, WEFT_ERROR_INPUT, "member \"%.100s\" unpacks to more than 1 GiB",
                         info.name);
    }
    char name[WEFT_TENSOR_NAME];
    snprintf(name, sizeof name, "%.*s", (int)(length - ENDING), info.name);
    uint8_t *bytes = malloc(info.size > 0 ? info.size : 1);
    if (bytes == NULL) {
        return weft_fail_memory(error, info.size);
    }
    weft_status status = unpack(archive, index, &info, bytes, error);
    if (status == WEFT_OK) {
        status = weft_npy_parse(bytes, info.size, name, tensors, error);
    }
    free(bytes);
    return status;
}

weft_status weft_npz_parse(const uint8_t *bytes, size_t size, weft_tensors *tensors,
                           weft_error *error) {
    zip_t *archive = NULL;
    WEFT_TRY(open_archive(bytes, size, &archive, error));
    zip_int64_t n = zip_get_num_entries(archive, 0);
    weft_status status = WEFT_OK;
    for (zip_int64_t i = 0; i < n && status == WEFT_OK; i++) {
        status = read_member(archive, (zip_uint64_t)i, tensors, error);
    }
    zip_discard(archive);
    if (status == WEFT_OK && tensors->n == 0) {
        status = weft_fail(error, WEFT_ERROR_INPUT, "the archive holds no array (.npy)");
    }
    return status;
}
