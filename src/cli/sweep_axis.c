/* SPDX-License-Identifier: Apache-2.0
 * The axes of a sweep from the words of the command line: 1,2,4 and LOW..HIGH..STEP. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/sweep.h"

static const char EXPECTED[] =
    "PATH=1,2,4 or PATH=LOW..HIGH, LOW..HIGH..STEP or LOW..HIGH..xFACTOR";

/* ---- values ---------------------------------------------------------------------------------- */

static weft_status add_value(cli_call *call, cli_axis *axis, const char *text, size_t length) {
    if (axis->n == CLI_MAX_VALUES) {
        return cli_usage(call, "--over %s: more than %d values", axis->name, CLI_MAX_VALUES);
    }
    if ((axis->n & (axis->n - 1)) == 0) { /* full at powers of two */
        size_t room = axis->n == 0 ? 1 : 2 * (size_t)axis->n;
        char **values = realloc(axis->values, room * sizeof *values);
        if (values == NULL) {
            return weft_fail_memory(&call->error, room * sizeof *values);
        }
        axis->values = values;
    }
    axis->values[axis->n] = strndup(text, length);
    if (axis->values[axis->n] == NULL) {
        return weft_fail_memory(&call->error, length);
    }
    axis->n++;
    return WEFT_OK;
}

/* A number and its unit, "" where there is none. */
typedef struct measure {
    double value;
    char unit[16];
} measure;

static bool read_measure(const char *text, size_t length, measure *read) {
    char piece[64];
    if (length == 0 || length >= sizeof piece) {
        return false;
    }
    snprintf(piece, sizeof piece, "%.*s", (int)length, text);
    char *end = NULL;
    read->value = weft_real_parse(piece, &end);
    const char *unit = end + strspn(end, " ");
    snprintf(read->unit, sizeof read->unit, "%s", unit);
    return end != piece && isfinite(read->value) && strlen(unit) < sizeof read->unit;
}

/* One unit for the whole range, given with any of its ends. */
static bool share_unit(const measure *one, const measure *other, char *unit, size_t size) {
    snprintf(unit, size, "%s", one->unit[0] != '\0' ? one->unit : other->unit);
    return one->unit[0] == '\0' || other->unit[0] == '\0' || strcmp(one->unit, other->unit) == 0;
}

typedef struct range {
    double low, high, step;
    bool factor; /* step multiplies */
    char unit[16];
} range;

/* "LOW..HIGH[..STEP|..xFACTOR]"; false where it is none. */
static bool read_range(const char *text, size_t length, range *read) {
    const char *end = text + length;
    const char *dots = memmem(text, length, "..", 2);
    if (dots == NULL) {
        return false;
    }
    const char *high_text = dots + 2;
    const char *more = memmem(high_text, (size_t)(end - high_text), "..", 2);
    const char *high_end = more != NULL ? more : end;
    measure low, high, step = {.value = 1};
    *read = (range){0};
    if (!read_measure(text, (size_t)(dots - text), &low) ||
        !read_measure(high_text, (size_t)(high_end - high_text), &high) ||
        !share_unit(&low, &high, read->unit, sizeof read->unit)) {
        return false;
    }
    if (more != NULL) {
        const char *step_text = more + 2;
        read->factor = *step_text == 'x';
        step_text += read->factor;
        measure unit = {0};
        memcpy(unit.unit, read->unit, sizeof unit.unit);
        if (!read_measure(step_text, (size_t)(end - step_text), &step) ||
            !share_unit(&unit, &step, read->unit, sizeof read->unit)) {
            return false;
        }
    }
    read->low = low.value;
    read->high = high.value;
    read->step = step.value;
    return read->low <= read->high &&
           (read->factor ? read->step > 1 && read->low > 0 : read->step > 0);
}

/* Values with twelve digits: 0.1 + 2 x 0.1 is 0.3. A high end within rounding belongs to it. */
static weft_status add_range(cli_call *call, cli_axis *axis, const range *over) {
    for (int i = 0;; i++) {
        double value = over->factor ? over->low * pow(over->step, i) : over->low + i * over->step;
        if (value > over->high + 1e-9 * fabs(over->high)) {
            return WEFT_OK;
        }
        char text[64];
        snprintf(text, sizeof text, "%.12g%s%s", value, over->unit[0] == '\0' ? "" : " ",
                 over->unit);
        WEFT_TRY(add_value(call, axis, text, strlen(text)));
    }
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* Whether a piece behind a comma goes on with the network before it: a block of it (V64), or one of
 * its options (classes=10). */
static bool continues_network(const char *piece, size_t length) {
    bool block = length > 1 && strchr("VMR", piece[0]) != NULL && piece[1] >= '0' &&
                 piece[1] <= '9';
    return block || (memchr(piece, '=', length) != NULL && memchr(piece, '@', length) == NULL);
}

static size_t piece_length(const cli_axis *axis, const char *text) {
    size_t length = strcspn(text, ",");
    while (axis->kind == CLI_AXIS_NETWORK && text[length] == ',' &&
           continues_network(text + length + 1, strcspn(text + length + 1, ","))) {
        length += 1 + strcspn(text + length + 1, ",");
    }
    return length;
}

static weft_status read_values(cli_call *call, cli_axis *axis, const char *text) {
    for (;;) {
        size_t length = piece_length(axis, text);
        range over;
        if (length == 0) {
            return cli_usage(call, "--over %s: an empty value; it takes %s", axis->name, EXPECTED);
        }
        bool dotted = axis->kind == CLI_AXIS_PATH && memmem(text, length, "..", 2) != NULL;
        if (dotted && !read_range(text, length, &over)) {
            return cli_usage(
                call,
                "--over %s: '%.*s' is no range: it takes LOW..HIGH, LOW..HIGH..STEP or "
                "LOW..HIGH..xFACTOR, from low to high",
                axis->name, (int)length, text);
        }
        WEFT_TRY(dotted ? add_range(call, axis, &over) : add_value(call, axis, text, length));
        if (text[length] == '\0') {
            return WEFT_OK;
        }
        text += length + 1;
    }
}

/* ---- axes ------------------------------------------------------------------------------------ */

/* A new axis; networks and chips are added to those that are there. */
static weft_status add_axis(cli_call *call, cli_grid *grid, const char *name, cli_axis **axis) {
    for (int i = 0; i < grid->n_axes; i++) {
        if (strcmp(grid->axes[i].name, name) == 0) {
            *axis = &grid->axes[i];
            return grid->axes[i].kind != CLI_AXIS_PATH
                       ? WEFT_OK
                       : cli_usage(call, "%s is given twice: put its values into one list", name);
        }
    }
    if (grid->n_axes == CLI_MAX_AXES) {
        return cli_usage(call, "more than %d axes", CLI_MAX_AXES);
    }
    *axis = &grid->axes[grid->n_axes++];
    snprintf((*axis)->name, sizeof(*axis)->name, "%s", name);
    (*axis)->kind = strcmp(name, "network") == 0 ? CLI_AXIS_NETWORK
                    : strcmp(name, "chip") == 0  ? CLI_AXIS_CHIP
                                                 : CLI_AXIS_PATH;
    return WEFT_OK;
}

static weft_status add_over(cli_call *call, cli_grid *grid, const char *text) {
    char name[sizeof grid->axes[0].name];
    const char *equals = strchr(text, '=');
    size_t length = equals == NULL ? 0 : (size_t)(equals - text);
    if (length == 0 || length >= sizeof name || equals[1] == '\0') {
        return cli_usage(call, "--over takes %s, not '%.100s'", EXPECTED, text);
    }
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    cli_axis *axis = NULL;
    WEFT_TRY(add_axis(call, grid, name, &axis));
    return read_values(call, axis, equals + 1);
}

static weft_status add_operands(cli_call *call, cli_grid *grid) {
    cli_axis *axis = NULL;
    if (call->n_operands > 0) {
        WEFT_TRY(add_axis(call, grid, "network", &axis));
    }
    for (int i = 0; i < call->n_operands; i++) {
        WEFT_TRY(add_value(call, axis, call->operands[i], strlen(call->operands[i])));
    }
    return WEFT_OK;
}

static int find_kind(const cli_grid *grid, cli_axis_kind kind) {
    for (int i = 0; i < grid->n_axes; i++) {
        if (grid->axes[i].kind == kind) {
            return i;
        }
    }
    return -1;
}

static weft_status count_points(cli_call *call, cli_grid *grid) {
    double n = 1;
    for (int i = 0; i < grid->n_axes; i++) {
        n *= grid->axes[i].n;
    }
    if (n > CLI_MAX_POINTS) {
        return cli_usage(call, "a grid of %.4g points; at most %d are worked out", n,
                         CLI_MAX_POINTS);
    }
    grid->n = (size_t)n;
    return WEFT_OK;
}

weft_status cli_grid_read(cli_call *call, const char *chip, cli_grid *grid) {
    cli_axis *axis = NULL;
    WEFT_TRY(add_operands(call, grid));
    if (chip != NULL) {
        WEFT_TRY(add_axis(call, grid, "chip", &axis));
        WEFT_TRY(add_value(call, axis, chip, strlen(chip)));
    }
    for (int i = 0; i < call->n_given; i++) {
        if (strcmp(call->given[i].option->name, "over") == 0) {
            WEFT_TRY(add_over(call, grid, call->given[i].text));
        }
    }
    grid->networks = find_kind(grid, CLI_AXIS_NETWORK);
    grid->chips = find_kind(grid, CLI_AXIS_CHIP);
    if (grid->networks < 0) {
        return cli_usage(call, "NETWORK is missing, such as resnet18 or --over network=a,b");
    }
    if (grid->chips < 0) {
        return cli_usage(call, "--chip is missing: which chip the network runs on");
    }
    return count_points(call, grid);
}

void cli_grid_free(cli_grid *grid) {
    for (int i = 0; i < grid->n_axes; i++) {
        for (int k = 0; k < grid->axes[i].n; k++) {
            free(grid->axes[i].values[k]);
        }
        free(grid->axes[i].values);
    }
    for (size_t i = 0; grid->points != NULL && i < grid->n; i++) {
        free(grid->points[i].reason);
    }
    free(grid->points);
    *grid = (cli_grid){0};
}

int cli_grid_place(const cli_grid *grid, size_t point, int axis) {
    for (int i = grid->n_axes - 1; i > axis; i--) {
        point /= (size_t)grid->axes[i].n;
    }
    return (int)(point % (size_t)grid->axes[axis].n);
}

const char *cli_grid_value(const cli_grid *grid, size_t point, int axis) {
    return grid->axes[axis].values[cli_grid_place(grid, point, axis)];
}
