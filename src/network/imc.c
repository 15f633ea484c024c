/* SPDX-License-Identifier: Apache-2.0
 *
 * The imc family: chains of VGG, MVGG and RES blocks with a head of fully connected layers; text
 * form and construction. Layer orders: see network.h and docs/reference/network.md. */
#include <weft/network.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "network/build.h"
#include "network/shape.h"

enum { MAX_CLASSES = WEFT_MAX_SIDE };

static const char block_letters[] = {
    [WEFT_BLOCK_VGG] = 'V', [WEFT_BLOCK_MVGG] = 'M', [WEFT_BLOCK_RES] = 'R'};

void weft_imc_defaults(weft_imc_spec *spec) {
    *spec = (weft_imc_spec){
        .input = {3, 32, 32},
        .classes = 10,
        .head_pool = 1,
        .n_hidden = 2,
        .hidden = {200, 50},
        .dropout = 0.2,
    };
}

/* ---- text ------------------------------------------------------------------------------------ */

/* Places an error at `at` in `text`, with the text as the source line where it fits. */
static weft_status fail_at(const char *text, const char *at, int length, weft_error *error) {
    error->line = 1;
    error->column = (int)(at - text) + 1;
    error->length = length > 0 ? length : 1;
    if (strlen(text) < sizeof error->excerpt) {
        for (size_t i = 0; text[i] != '\0'; i++) {
            error->excerpt[i] = (char)(isprint((unsigned char)text[i]) ? text[i] : '?');
        }
    }
    weft_hint(error, "write blocks as V, M or R and the number of kernels, joined by commas: "
                     "R32,V64,M128");
    return WEFT_ERROR_INPUT;
}

static int digits_at(const char *at) {
    int n = 0;
    while (at[n] >= '0' && at[n] <= '9') {
        n++;
    }
    return n;
}

/* One block, such as "V64"; *cursor moves behind it. */
static weft_status parse_block(const char *text, const char **cursor, weft_block *block,
                               int32_t *kernels, weft_error *error) {
    const char *at = *cursor;
    if (*at == '\0' || *at == ',') {
        weft_fail(error, WEFT_ERROR_INPUT, "a block is missing at column %d", (int)(at - text) + 1);
        return fail_at(text, at, 1, error);
    }
    const char *letter = memchr(block_letters, *at, sizeof block_letters);
    if (letter == NULL) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "'%c' is no block: expected V (VGG), M (MVGG) or R (RES)",
                  isprint((unsigned char)*at) ? *at : '?');
        return fail_at(text, at, 1, error);
    }
    int digits = digits_at(at + 1);
    int32_t value = 0;
    for (int i = 1; i <= digits && value <= WEFT_IMC_MAX_KERNELS; i++) {
        value = 10 * value + (at[i] - '0');
    }
    if (digits == 0 || value < 1 || value > WEFT_IMC_MAX_KERNELS) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "block %c needs a number of kernels in 1 .. %d behind it", *letter,
                  WEFT_IMC_MAX_KERNELS);
        return fail_at(text, at + 1, digits, error);
    }
    const char *end = at + 1 + digits;
    if (*end != '\0' && *end != ',') {
        weft_fail(error, WEFT_ERROR_INPUT, "'%c' stands where a comma or the end was expected",
                  isprint((unsigned char)*end) ? *end : '?');
        return fail_at(text, end, 1, error);
    }
    *block = (weft_block)(letter - block_letters);
    *kernels = value;
    *cursor = end;
    return WEFT_OK;
}

weft_status weft_imc_parse(const char *text, weft_imc_spec *spec, weft_error *error) {
    static const char prefix[] = "imc:";
    weft_imc_spec read = *spec;
    read.depth = 0;
    const char *cursor = text;
    if (strncmp(text, prefix, sizeof prefix - 1) == 0) {
        cursor += sizeof prefix - 1;
    }
    for (;;) {
        if (read.depth == WEFT_IMC_MAX_DEPTH) {
            weft_fail(error, WEFT_ERROR_INPUT, "more than %d blocks", WEFT_IMC_MAX_DEPTH);
            return fail_at(text, cursor, 1, error);
        }
        WEFT_TRY(
            parse_block(text, &cursor, &read.blocks[read.depth], &read.kernels[read.depth], error));
        read.depth++;
        if (*cursor == '\0') {
            break;
        }
        cursor++;
    }
    *spec = read;
    return WEFT_OK;
}

char *weft_imc_text(const weft_imc_spec *spec, char *buffer, size_t size) {
    size_t used = 0;
    if (size > 0) {
        buffer[0] = '\0';
    }
    for (int32_t i = 0; i < spec->depth && used < size; i++) {
        int written = snprintf(buffer + used, size - used, "%s%c%d", i > 0 ? "," : "",
                               block_letters[spec->blocks[i]], spec->kernels[i]);
        used += (size_t)written;
    }
    return buffer;
}

/* ---- construction ---------------------------------------------------------------------------- */

/* Places: a block of the chain is a stage; VGG and MVGG have the same layers with parameters and share
 * them, RES, whose convolutions have no biases, has its own. Behind the longest chain stands the head:
 * hidden layers by their order, and the classifier. */
enum { PLACES_VGG, PLACES_RES, STAGE_HEAD = WEFT_IMC_MAX_DEPTH, PLACES_HIDDEN = 0, PLACES_CLASSES };

static void put_conv(weft_builder *b, int32_t kernels, int32_t side, bool bias) {
    weft_put_conv(b, kernels, side, 1, bias);
    weft_put_op(b, WEFT_OP_BATCH_NORM);
}

static void put_mvgg(weft_builder *b, int32_t kernels) {
    put_conv(b, kernels, 3, true);
    weft_put_op(b, WEFT_OP_RELU);
    put_conv(b, kernels, 3, true);
    weft_put_op(b, WEFT_OP_RELU);
}

static void put_vgg(weft_builder *b, int32_t kernels) {
    put_mvgg(b, kernels);
    weft_put_pool(b, WEFT_OP_MAX_POOL, 2, 2, 0);
}

static void put_res(weft_builder *b, int32_t kernels) {
    int32_t entry = b->at;
    put_conv(b, kernels, 3, false);
    weft_put_op(b, WEFT_OP_RELU);
    put_conv(b, kernels, 3, false);
    int32_t trunk = b->at;
    b->at = entry;
    put_conv(b, kernels, 1, false);
    weft_put(b, (weft_layer){
                    .op = WEFT_OP_ADD, .input = (const int32_t[]){trunk, b->at}, .n_inputs = 2});
    weft_put_op(b, WEFT_OP_RELU);
}

static void put_block(weft_builder *b, weft_block block, int32_t kernels) {
    b->place = weft_place(b->block, block == WEFT_BLOCK_RES ? PLACES_RES : PLACES_VGG, 1);
    switch (block) {
    case WEFT_BLOCK_VGG:
        put_vgg(b, kernels);
        break;
    case WEFT_BLOCK_MVGG:
        put_mvgg(b, kernels);
        break;
    case WEFT_BLOCK_RES:
        put_res(b, kernels);
        break;
    }
}

static void put_head(weft_builder *b, const weft_imc_spec *spec) {
    b->block = WEFT_NO_BLOCK;
    weft_put_pool_flat(b, spec->head_pool);
    b->place = weft_place(STAGE_HEAD, PLACES_HIDDEN, 1);
    for (int32_t i = 0; i < spec->n_hidden; i++) {
        weft_put_linear(b, spec->hidden[i]);
        weft_put_op(b, WEFT_OP_RELU);
        weft_put_dropout(b, spec->dropout);
    }
    b->place = weft_place(STAGE_HEAD, PLACES_CLASSES, 1);
    weft_put_linear(b, spec->classes);
}

static weft_status check_spec(const weft_imc_spec *spec, weft_error *error) {
    if (spec->depth < 1 || spec->depth > WEFT_IMC_MAX_DEPTH) {
        return weft_fail(error, WEFT_ERROR_INPUT, "%d blocks; expected 1 .. %d", spec->depth,
                         WEFT_IMC_MAX_DEPTH);
    }
    for (int32_t i = 0; i < spec->depth; i++) {
        if ((int)spec->blocks[i] < 0 || (int)spec->blocks[i] > WEFT_BLOCK_RES) {
            return weft_fail(error, WEFT_ERROR_INPUT, "block %d is of no known kind (%d)", i + 1,
                             (int)spec->blocks[i]);
        }
        if (spec->kernels[i] < 1 || spec->kernels[i] > WEFT_IMC_MAX_KERNELS) {
            return weft_fail(error, WEFT_ERROR_INPUT, "block %d has %d kernels; expected 1 .. %d",
                             i + 1, spec->kernels[i], WEFT_IMC_MAX_KERNELS);
        }
    }
    if (spec->classes < 2 || spec->classes > MAX_CLASSES) {
        return weft_fail(error, WEFT_ERROR_INPUT, "%d classes; expected 2 .. %d", spec->classes,
                         MAX_CLASSES);
    }
    if (spec->n_hidden < 0 || spec->n_hidden > WEFT_IMC_MAX_HIDDEN) {
        return weft_fail(error, WEFT_ERROR_INPUT, "%d hidden layers; expected 0 .. %d",
                         spec->n_hidden, WEFT_IMC_MAX_HIDDEN);
    }
    return WEFT_OK;
}

/* Says what to do when the halvings of the VGG blocks use up the map. */
static void hint_halvings(const weft_imc_spec *spec, weft_error *error) {
    int32_t side = spec->input.height < spec->input.width ? spec->input.height : spec->input.width;
    int halvings = 0;
    while (side > 1) {
        side /= 2;
        halvings++;
    }
    int pools = 0;
    for (int32_t i = 0; i < spec->depth; i++) {
        pools += spec->blocks[i] == WEFT_BLOCK_VGG;
    }
    if (pools > halvings) {
        weft_hint(error,
                  "each VGG block halves the map, and a %d x %d input can be halved %d times, not "
                  "%d: use M or R blocks instead",
                  spec->input.height, spec->input.width, halvings, pools);
    }
}

weft_status weft_imc_build_into(const weft_imc_spec *spec, weft_network *network,
                                weft_error *error) {
    WEFT_TRY(check_spec(spec, error));
    char name[WEFT_IMC_MAX_DEPTH * sizeof "V4096," + sizeof "imc:"] = "imc:";
    weft_imc_text(spec, name + strlen(name), sizeof name - strlen(name));
    WEFT_TRY(weft_network_clear(network, name, spec->input, error));
    weft_builder b = {
        .network = network, .block = WEFT_NO_BLOCK, .status = WEFT_OK, .error = error};
    for (int32_t i = 0; i < spec->depth; i++) {
        b.block = i;
        put_block(&b, spec->blocks[i], spec->kernels[i]);
    }
    put_head(&b, spec);
    if (b.status == WEFT_ERROR_INFEASIBLE) {
        hint_halvings(spec, error);
    }
    return b.status;
}

weft_status weft_imc_build(const weft_imc_spec *spec, weft_network **network, weft_error *error) {
    weft_network *made = NULL;
    WEFT_TRY(weft_network_create("imc", (weft_shape){1, 1, 1}, &made, error));
    weft_status status = weft_imc_build_into(spec, made, error);
    if (status != WEFT_OK) {
        weft_network_destroy(made);
        return status;
    }
    *network = made;
    return WEFT_OK;
}
