/* SPDX-License-Identifier: Apache-2.0
 * Spaces and networks for the tests of the space room; what cannot be read fails the test. */
#ifndef TESTS_SPACE_SUPPORT_H
#define TESTS_SPACE_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/space.h>

static inline weft_space *read_space(const char *name) {
    weft_space *space = NULL;
    weft_error error;
    if (weft_space_read(name, &space, &error) != WEFT_OK) {
        fail_msg("%s:%d: %s", error.file, error.line, error.message);
    }
    return space;
}

static inline weft_space *parse(const char *text) {
    weft_space *space = NULL;
    weft_error error;
    if (weft_space_parse(text, strlen(text), "x.yaml", &space, &error) != WEFT_OK) {
        fail_msg("%d: %s\n%s", error.line, error.message, text);
    }
    return space;
}

/* To decode into. */
static inline weft_network *empty(void) {
    weft_network *network = NULL;
    weft_error error;
    assert_int_equal(weft_network_create("none", (weft_shape){1, 1, 1}, &network, &error), WEFT_OK);
    return network;
}

#endif
