/* SPDX-License-Identifier: Apache-2.0
 *
 * The options behind the '@' of a network's name: "key=value,key=value". */
#include "network/family.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/place.h"
#include "network/shape.h"

enum { KEY_SIZE = 32, MAX_KEYS = 16 };

#define MAX_WIDTH 16.0

weft_status weft_family_fail(const char *text, size_t start, size_t end, weft_error *error,
                             const char *format, ...) {
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    weft_fail(error, WEFT_ERROR_INPUT, "%s", message);
    weft_error_place(error, text, strlen(text), start, end);
    return WEFT_ERROR_INPUT;
}

/* The value of one option: bytes [at, end) of `text`. */
typedef struct value {
    const char *text;
    size_t at, end;
} value;

static weft_status bad_value(const value *v, weft_error *error, const char *expected) {
    return weft_family_fail(v->text, v->at, v->end, error, "'%.*s': expected %s",
                            (int)(v->end - v->at), v->text + v->at, expected);
}

/* Reads digits at *at, moving it behind them; -1: none, or more than `most`. */
static int32_t read_count(const value *v, size_t *at, int32_t most) {
    size_t first = *at;
    int64_t count = 0;
    while (*at < v->end && v->text[*at] >= '0' && v->text[*at] <= '9' && count <= most) {
        count = 10 * count + (v->text[*at] - '0');
        (*at)++;
    }
    return *at > first && count <= most ? (int32_t)count : -1;
}

/* "3x32x32" into numbers[0 .. most - 1], each in least .. WEFT_MAX_SIDE; how many, -1: none of
 * these. */
static int read_counts_from(const value *v, int32_t *numbers, int most, int32_t least) {
    size_t at = v->at;
    for (int n = 0; n < most; n++) {
        numbers[n] = read_count(v, &at, WEFT_MAX_SIDE);
        if (numbers[n] < least) {
            return -1;
        }
        if (at == v->end) {
            return n + 1;
        }
        if (v->text[at++] != 'x') {
            return -1;
        }
    }
    return -1;
}

static int read_counts(const value *v, int32_t *numbers, int most) {
    return read_counts_from(v, numbers, most, 1);
}

static weft_status read_one(const value *v, int32_t *number, weft_error *error) {
    if (read_counts(v, number, 1) != 1) {
        return bad_value(v, error, "a whole number in 1 .. 65536");
    }
    return WEFT_OK;
}

static weft_status read_real(const value *v, double *number) {
    bool whole;
    char digits[64];
    size_t length = v->end - v->at;
    if (length == 0 || length >= sizeof digits) {
        return WEFT_ERROR_INPUT;
    }
    memcpy(digits, v->text + v->at, length);
    digits[length] = '\0';
    return weft_number_scan(digits, number, &whole) == length ? WEFT_OK : WEFT_ERROR_INPUT;
}

/* ---- one function an option ------------------------------------------------------------------- */

static weft_status set_input(const value *v, weft_family_options *o, weft_error *error) {
    int32_t sides[3];
    if (read_counts(v, sides, 3) != 3) {
        return bad_value(v, error,
                         "channels x height x width, such as 3x32x32, each in 1 .. 65536");
    }
    o->input = (weft_shape){sides[0], sides[1], sides[2]};
    return WEFT_OK;
}

static weft_status set_classes(const value *v, weft_family_options *o, weft_error *error) {
    return read_one(v, &o->classes, error);
}

static weft_status set_tokens(const value *v, weft_family_options *o, weft_error *error) {
    WEFT_TRY(read_one(v, &o->tokens, error));
    o->input = (weft_shape){1, o->tokens, 1};
    return WEFT_OK;
}

static weft_status set_width(const value *v, weft_family_options *o, weft_error *error) {
    double width = 0.0;
    if (read_real(v, &width) != WEFT_OK || !(width > 0.0) || width > MAX_WIDTH) {
        return bad_value(v, error, "a factor above 0 and up to 16, such as 0.5");
    }
    o->width = width;
    return WEFT_OK;
}

static bool is_word(const value *v, const char *word) {
    return strlen(word) == v->end - v->at && memcmp(v->text + v->at, word, strlen(word)) == 0;
}

static weft_status set_head(const value *v, weft_family_options *o, weft_error *error) {
    if (!is_word(v, "lm") && !is_word(v, "none")) {
        return bad_value(v, error, "lm (a value for each word) or none");
    }
    o->head = is_word(v, "lm");
    return WEFT_OK;
}

static weft_status set_pool(const value *v, weft_family_options *o, weft_error *error) {
    return read_one(v, &o->pool, error);
}

static weft_status set_hidden(const value *v, weft_family_options *o, weft_error *error) {
    int32_t widths[WEFT_FAMILY_MAX_HIDDEN];
    int n = is_word(v, "none") ? 0 : read_counts(v, widths, WEFT_FAMILY_MAX_HIDDEN);
    if (n < 0) {
        return bad_value(v, error, "widths of at most 8 hidden layers, such as 200x50, or none");
    }
    o->n_hidden = n;
    for (int i = 0; i < n; i++) {
        o->hidden[i] = widths[i];
    }
    return WEFT_OK;
}

static weft_status read_share(const value *v, double *share, weft_error *error) {
    double number = 0.0;
    if (read_real(v, &number) != WEFT_OK || number >= 1.0) {
        return bad_value(v, error, "a share that is at least 0 and below 1");
    }
    *share = number;
    return WEFT_OK;
}

static weft_status set_dropout(const value *v, weft_family_options *o, weft_error *error) {
    return read_share(v, &o->dropout, error);
}

static weft_status set_drop_path(const value *v, weft_family_options *o, weft_error *error) {
    return read_share(v, &o->drop_path, error);
}

static weft_status set_depth(const value *v, weft_family_options *o, weft_error *error) {
    o->n_depth = read_counts(v, o->depth, WEFT_FAMILY_MAX_STAGES);
    if (o->n_depth < 0) {
        return bad_value(v, error, "blocks of each stage, such as 2x3x4x3x3");
    }
    return WEFT_OK;
}

static weft_status set_kernel(const value *v, weft_family_options *o, weft_error *error) {
    o->n_kernel = read_counts(v, o->kernel, WEFT_FAMILY_MAX_BLOCKS);
    if (o->n_kernel < 0) {
        return bad_value(v, error, "a kernel, such as 3, or those of all blocks: 3x5x7x3");
    }
    return WEFT_OK;
}

static weft_status set_expansion(const value *v, weft_family_options *o, weft_error *error) {
    o->n_expansion = 0;
    for (value part = *v; part.at <= v->end; part.at = part.end + 1) {
        const char *x = memchr(v->text + part.at, 'x', v->end - part.at);
        part.end = x == NULL ? v->end : (size_t)(x - v->text);
        double *expansion = &o->expansion[o->n_expansion];
        if (o->n_expansion == WEFT_FAMILY_MAX_BLOCKS || read_real(&part, expansion) != WEFT_OK ||
            !(*expansion > 0.0) || *expansion > MAX_WIDTH) {
            return bad_value(v, error,
                             "factors above 0 and up to 16: one, such as 6, or those of all "
                             "blocks: 4x5.5x6");
        }
        o->n_expansion++;
    }
    return WEFT_OK;
}

static weft_status set_channels(const value *v, weft_family_options *o, weft_error *error) {
    o->n_channels = read_counts(v, o->channels, WEFT_FAMILY_MAX_STAGES);
    if (o->n_channels < 0) {
        return bad_value(v, error, "channels of each stage, such as 16x32x64x96x128");
    }
    return WEFT_OK;
}

static weft_status set_squeeze(const value *v, weft_family_options *o, weft_error *error) {
    int32_t number;
    if (read_counts_from(v, &number, 1, 0) != 1 || number > 1) {
        return bad_value(v, error, "0 or 1");
    }
    o->has_squeeze = true;
    o->squeeze = number == 1;
    return WEFT_OK;
}

static weft_status set_attention(const value *v, weft_family_options *o, weft_error *error) {
    o->n_attention = read_counts_from(v, o->attention, WEFT_FAMILY_MAX_STAGES, 0);
    if (o->n_attention < 0) {
        return bad_value(v, error, "transformer blocks of each stage, such as 0x0x3x2x2");
    }
    return WEFT_OK;
}

static weft_status set_skips(const value *v, weft_family_options *o, weft_error *error) {
    o->n_skips = read_counts_from(v, o->skips, WEFT_FAMILY_MAX_STAGES, 0);
    if (o->n_skips < 0) {
        return bad_value(v, error, "skips of each cell, such as 16x32x64");
    }
    return WEFT_OK;
}

static weft_status set_heads(const value *v, weft_family_options *o, weft_error *error) {
    return read_one(v, &o->heads, error);
}

static weft_status set_mlp_ratio(const value *v, weft_family_options *o, weft_error *error) {
    double ratio = 0.0;
    if (read_real(v, &ratio) != WEFT_OK || !(ratio > 0.0) || ratio > MAX_WIDTH) {
        return bad_value(v, error, "a factor above 0 and up to 16, such as 2");
    }
    o->mlp_ratio = ratio;
    return WEFT_OK;
}

static weft_status set_arch(const value *v, weft_family_options *o, weft_error *error) {
    if (v->at == v->end) {
        return bad_value(v, error, "a network as the benchmark writes it, such as 333031");
    }
    o->text = v->text;
    o->arch_start = v->at;
    o->arch_end = v->end;
    return WEFT_OK;
}

typedef struct option {
    weft_network_option option;
    weft_status (*set)(const value *v, weft_family_options *o, weft_error *error);
} option;

static const option options_of_all[] = {
    {{"input", "channels x height x width of the input: 3x32x32"}, set_input},
    {{"classes", "outputs of the classifier"}, set_classes},
    {{"width", "factor on the channels: 0.5"}, set_width},
    {{"tokens", "length of the sequence"}, set_tokens},
    {{"head", "lm: with the product that scores each word; none"}, set_head},
    {{"pool", "side that the head pools to"}, set_pool},
    {{"hidden", "widths of the head's hidden layers: 200x50, or none"}, set_hidden},
    {{"dropout", "share that is dropped behind each hidden layer"}, set_dropout},
    {{"depth", "blocks of each stage: 2x3x4x3x3"}, set_depth},
    {{"kernel", "kernel of all blocks or of each: 3, 3x5x7x3"}, set_kernel},
    {{"expansion", "expansion of all blocks or of each: 6, 4x5.5x6"}, set_expansion},
    {{"channels", "channels of each stage: 16x32x64x96x128"}, set_channels},
    {{"squeeze", "1: squeeze-excite in all blocks, 0: in none"}, set_squeeze},
    {{"drop_path", "rate at which the last residual branch is dropped in training"}, set_drop_path},
    {{"attention", "transformer blocks at the end of each stage: 0x0x3x2x2"}, set_attention},
    {{"heads", "heads of all transformer blocks"}, set_heads},
    {{"arch", "which network of a benchmark: 333031"}, set_arch},
    {{"skips", "skip connections of each cell: 16x32x64"}, set_skips},
    {{"mlp_ratio", "hidden features of their MLPs, as a factor: 2"}, set_mlp_ratio},
};

enum { N_OPTIONS = sizeof options_of_all / sizeof options_of_all[0] };

const weft_network_option *weft_network_option_at(size_t i) {
    return i < N_OPTIONS ? &options_of_all[i].option : NULL;
}

/* Whether the comma-separated list of a family has a key. */
static bool lists(const char *list, const char *key) {
    size_t length = strlen(key);
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, key, length) == 0 && (at[length] == ',' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

static weft_status unknown_key(const weft_family_row *row, const char *text, size_t start,
                               size_t end, const char *key, weft_error *error) {
    const char *names[N_OPTIONS];
    size_t n = 0;
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (lists(row->family.options, options_of_all[i].option.name)) {
            names[n++] = options_of_all[i].option.name;
        }
    }
    weft_family_fail(text, start, end, error, "%s has no option '%s'", row->family.name, key);
    const char *near = weft_nearest(key, names, n);
    if (near != NULL) {
        weft_hint(error, "did you mean '%s'?", near);
    } else {
        weft_hint(error, "its options are %s", row->family.options);
    }
    return WEFT_ERROR_INPUT;
}

/* "key=value" at [start, end); `seen` has a bit for each option. */
static weft_status read_option(const weft_family_row *row, const char *text, size_t start,
                               size_t end, unsigned *seen, weft_family_options *options,
                               weft_error *error) {
    const char *equals = memchr(text + start, '=', end - start);
    if (equals == NULL || equals == text + start) {
        weft_family_fail(text, start, end, error, "an option is written key=value");
        weft_hint(error, "the options of %s are %s", row->family.name, row->family.options);
        return WEFT_ERROR_INPUT;
    }
    char key[KEY_SIZE];
    size_t middle = (size_t)(equals - text);
    snprintf(key, sizeof key, "%.*s", (int)(middle - start), text + start);
    const value v = {text, middle + 1, end};
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (strcmp(options_of_all[i].option.name, key) != 0 || !lists(row->family.options, key)) {
            continue;
        }
        if (*seen >> i & 1U) {
            return weft_family_fail(text, start, middle, error, "'%s' is given twice", key);
        }
        *seen |= 1U << i;
        return options_of_all[i].set(&v, options, error);
    }
    return unknown_key(row, text, start, middle, key, error);
}

weft_status weft_family_read_options(const weft_family_row *row, const char *text, size_t start,
                                     weft_family_options *options, weft_error *error) {
    unsigned seen = 0;
    for (;;) {
        size_t end = start + strcspn(text + start, ",");
        WEFT_TRY(read_option(row, text, start, end, &seen, options, error));
        if (text[end] == '\0') {
            return WEFT_OK;
        }
        start = end + 1;
    }
}
