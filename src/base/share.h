/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the YAML files that come with Weft lie (share/weft): $WEFT_SHARE, else beside the installed
 * binary, else the source tree this was built from. */
#ifndef WEFT_BASE_SHARE_H
#define WEFT_BASE_SHARE_H

#include "base/error.h"

/* The path of `name` of a kind ("chips", "spaces"): a name with a '/' or ending in .yaml or
 * .safetensors is a path of the user's; any other is share/weft/KIND/NAME.yaml. Unknown: WEFT_ERROR_INPUT with the names
 * there are and the nearest one. */
weft_status weft_share_find(const char *kind, const char *name, char *path, size_t size,
                            weft_error *error) WEFT_NODISCARD;

/* `name` as `file` means it: a relative path is meant from the folder of the file that names it;
 * a name of ours and an absolute path stay as they are. The result is for weft_share_find. */
weft_status weft_share_beside(const char *file, const char *name, char *path, size_t size,
                              weft_error *error) WEFT_NODISCARD;

/* The same for what is a path always, as a whole from the root: `weights` of `file` is the file of that name
 * beside it. What is not there yet is told by its folder. */
weft_status weft_share_path(const char *file, const char *name, char *path, size_t size,
                            weft_error *error) WEFT_NODISCARD;

/* Adds to an error of a path of the user's that is not there, and has no hint: how what comes with Weft
 * is named. */
void weft_share_hint(const char *kind, const char *name, weft_error *error);

/* Makes the path of a file of the user's that is there absolute, in place; a name of ours, and what has
 * no room, stays as it is. */
void weft_share_absolute(char *path, size_t size);

/* The names of a kind in alphabetical order: calls `each` for every one. */
weft_status weft_share_list(const char *kind, void (*each)(void *context, const char *name),
                            void *context, weft_error *error) WEFT_NODISCARD;

#endif
