/* SPDX-License-Identifier: Apache-2.0
 *
 * All part classes. To add one: write its file in part/, add its row to one of the two lists. */
#include <string.h>

#include "hardware/part.h"
#include "hardware/part/array_parts.h"
#include "hardware/part/periphery_parts.h"

#define DECLARE(class) extern const weft_part_class class;
WEFT_ARRAY_PART_MAP(DECLARE)
WEFT_PERIPHERY_PART_MAP(DECLARE)
#undef DECLARE

static const weft_part_class *const CLASSES[] = {
#define ROW(class) &class,
    WEFT_ARRAY_PART_MAP(ROW) WEFT_PERIPHERY_PART_MAP(ROW)
#undef ROW
        NULL,
};

const weft_part_class *weft_part_class_at(int i) {
    return i >= 0 && i < WEFT_LENGTH(CLASSES) ? CLASSES[i] : NULL;
}

const weft_part_class *weft_part_class_find(const char *name) {
    for (int i = 0; CLASSES[i] != NULL; i++) {
        if (strcmp(CLASSES[i]->name, name) == 0) {
            return CLASSES[i];
        }
    }
    return NULL;
}
