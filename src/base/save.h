/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that are either whole or not there. */
#ifndef WEFT_BASE_SAVE_H
#define WEFT_BASE_SAVE_H

#include "base/error.h"

/* Makes a folder; one that is there is fine. Its parent must be there. */
weft_status weft_save_folder(const char *folder, weft_error *error) WEFT_NODISCARD;

/* Writes folder/name: to a temporary name beside it, synchronised to the disk, then renamed over
 * what was there. On failure what was there stays. A link stays a link: the file that it leads to is
 * replaced, or made. A device, a pipe or an open file of a process (/dev/stdout) is not replaced but
 * written to. Temporary files of processes that were killed are removed. */
weft_status weft_save_file(const char *folder, const char *name, const char *bytes, size_t n,
                           weft_error *error) WEFT_NODISCARD;

#endif
