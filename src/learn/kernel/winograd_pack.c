/* SPDX-License-Identifier: Apache-2.0
 *
 * Filters to what the products read: U = G g G', 16 filters (channels of the results) at once. */
#include "learn/kernel/winograd.h"

#include "learn/kernel/inner.h"
#include "learn/kernel/winograd_path.h"

enum { LANES = WEFT_WINOGRAD_LANES, TAPS = 9, POSITIONS = WEFT_WINOGRAD_POSITIONS };

/* Weights as one direction sees them: forward, channels of y are the outputs; backward, those of x
 * are, and filters are turned by 180 degrees. */
typedef struct filters {
    const weft_winograd_path *path;
    weft_type type;
    const float *weight;
    size_t inputs, outputs;
    size_t input_step, output_step; /* floats from one filter to the next */
    bool turned;
} filters;

/* g (3 x 3) of 16 filters to u (4 x 4). */
WEFT_CLONES
static void transform(float g[TAPS][LANES], float u[POSITIONS][LANES]) {
    for (size_t l = 0; l < LANES; l++) {
        float rows[4][3];
        for (size_t s = 0; s < 3; s++) {
            float upper = g[s][l], middle = g[3 + s][l], lower = g[6 + s][l];
            rows[0][s] = upper;
            rows[1][s] = 0.5F * (upper + middle + lower);
            rows[2][s] = 0.5F * (upper - middle + lower);
            rows[3][s] = lower;
        }
        for (size_t i = 0; i < 4; i++) {
            const float *r = rows[i];
            u[4 * i][l] = r[0];
            u[4 * i + 1][l] = 0.5F * (r[0] + r[1] + r[2]);
            u[4 * i + 2][l] = 0.5F * (r[0] - r[1] + r[2]);
            u[4 * i + 3][l] = r[2];
        }
    }
}

static void fetch(const filters *f, size_t input, size_t first, float g[TAPS][LANES]) {
    const float *filter = f->weight + input * f->input_step + first * f->output_step;
    for (size_t l = 0; l < LANES; l++, filter += f->output_step) {
        for (size_t t = 0; t < TAPS; t++) {
            g[t][l] = filter[f->turned ? TAPS - 1 - t : t];
        }
    }
}

/* One channel of the inputs: `value` is its place among the values that one product takes. */
static void put(const filters *f, float u[POSITIONS][LANES], size_t value, void *packed,
                size_t row_step) {
    size_t pair = f->type == WEFT_BF16 ? 2 : 1;
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) {
            const float *from = u[4 * i + j];
            size_t at = i * row_step + j * LANES * pair + value;
            for (size_t l = 0; l < LANES; l++) {
                if (f->type == WEFT_BF16) {
                    ((weft_bf16 *)packed)[at + l * pair] = weft_to_bf16(from[l]);
                } else {
                    ((float *)packed)[at + l] = from[l];
                }
            }
        }
    }
}

static void pack(const filters *f, void *packed) {
    size_t size = weft_type_size(f->type), pair = f->type == WEFT_BF16 ? 2 : 1;
    size_t chunks = f->inputs / LANES, row_step = chunks * WEFT_WINOGRAD_WEIGHTS;
    float g[TAPS][LANES], u[POSITIONS][LANES];
    unsigned char *to = packed;
    for (size_t first = 0; first < f->outputs; first += LANES, to += 4 * row_step * size) {
        for (size_t c = 0; c < f->inputs; c++) {
            size_t chunk = c / LANES, lane = c % LANES;
            fetch(f, f->path->channel(f->inputs, chunk, lane), first, g);
            transform(g, u);
            size_t at = chunk * WEFT_WINOGRAD_WEIGHTS + lane / pair * 4 * LANES * pair;
            put(f, u, lane % pair, to + at * size, row_step);
        }
    }
}

void weft_winograd_pack_forward(const weft_winograd *layer, const float *weight, void *packed) {
    const filters f = {
        .path = weft_winograd_path_of(layer->type),
        .type = layer->type,
        .weight = weight,
        .inputs = layer->in_channels,
        .outputs = layer->out_channels,
        .input_step = TAPS,
        .output_step = TAPS * layer->in_channels,
    };
    pack(&f, packed);
}

void weft_winograd_pack_backward(const weft_winograd *layer, const float *weight, void *packed) {
    const filters f = {
        .path = weft_winograd_path_of(layer->type),
        .type = layer->type,
        .weight = weight,
        .inputs = layer->out_channels,
        .outputs = layer->in_channels,
        .input_step = TAPS * layer->in_channels,
        .output_step = TAPS,
        .turned = true,
    };
    pack(&f, packed);
}
