/* SPDX-License-Identifier: Apache-2.0
 * See quant_integer.h. */
#include "learn/quant_integer.h"

/* A layer as a convolution; a linear layer, of each token, is one of a 1 x 1 kernel. */
typedef struct product {
    size_t in_channels, height, width;
    size_t out_channels, out_height, out_width;
    size_t groups, kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w;
} product;

static product product_of(const weft_layer *layer) {
    product p = {
        .in_channels = (size_t)layer->in.channels,
        .height = (size_t)layer->in.height,
        .width = (size_t)layer->in.width,
        .out_channels = (size_t)layer->out.channels,
        .out_height = (size_t)layer->out.height,
        .out_width = (size_t)layer->out.width,
        .groups = 1,
        .kernel_h = 1,
        .kernel_w = 1,
        .stride_h = 1,
        .stride_w = 1,
        .dilation_h = 1,
        .dilation_w = 1,
    };
    if (layer->op == WEFT_OP_CONV) {
        p.groups = layer->groups > 0 ? (size_t)layer->groups : 1;
        p.kernel_h = (size_t)layer->kernel.height;
        p.kernel_w = (size_t)layer->kernel.width;
        p.stride_h = (size_t)layer->stride.height;
        p.stride_w = (size_t)layer->stride.width;
        p.pad_h = (size_t)layer->pad.height;
        p.pad_w = (size_t)layer->pad.width;
        p.dilation_h = layer->dilation.height > 0 ? (size_t)layer->dilation.height : 1;
        p.dilation_w = layer->dilation.width > 0 ? (size_t)layer->dilation.width : 1;
    }
    return p;
}

/* ---- what can be multiplied ------------------------------------------------------------------ */

static int64_t largest(const weft_quantized *tensor) {
    weft_quant_range range = weft_quantized_range(tensor);
    return -range.low > range.high ? -range.low : range.high;
}

static weft_status check(const weft_layer *layer, const product *p, const weft_quantized *inputs,
                         size_t images, const weft_quantized *weights, weft_error *error) {
    const char *op = weft_op_token(layer->op);
    if (layer->op != WEFT_OP_CONV && layer->op != WEFT_OP_LINEAR) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "an integer product of '%s'; expected conv or linear", op);
    }
    size_t in = images * p->height * p->width * p->in_channels;
    if (inputs->rows != 1 || inputs->n != in) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "%s: inputs of %zu x %zu integers; expected 1 x %zu", op, inputs->rows,
                         inputs->n, in);
    }
    size_t depth = p->in_channels / p->groups * p->kernel_h * p->kernel_w;
    bool by_channel = weights->rows == p->out_channels && weights->n == depth;
    bool as_one = weights->rows == 1 && weights->n == p->out_channels * depth;
    if (!by_channel && !as_one) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "%s: weights of %zu x %zu integers; expected %zu x %zu", op, weights->rows,
                         weights->n, p->out_channels, depth);
    }
    int64_t term = largest(inputs) * largest(weights);
    if (depth > (size_t)(INT32_MAX / term)) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "%s: sums of %zu products of %d-bit inputs and %d-bit weights may not fit "
                         "32 bits; at most %lld",
                         op, depth, inputs->bits, weights->bits, (long long)(INT32_MAX / term));
    }
    return WEFT_OK;
}

/* ---- the product ----------------------------------------------------------------------------- */

/* A place of the input; false outside of it, where what lies before it has wrapped to far behind. */
static bool place(size_t out, size_t stride, size_t tap, size_t dilation, size_t pad, size_t size,
                  size_t *in) {
    *in = out * stride + tap * dilation - pad;
    return *in < size;
}

/* Output (y, x) of channel m. Rows of weights stand one behind the other, so that they are one. */
static int32_t sum_at(const product *p, const weft_quantized *inputs, const weft_quantized *weights,
                      size_t image, size_t y, size_t x, size_t m) {
    size_t channels = p->in_channels / p->groups;
    size_t group = m / (p->out_channels / p->groups);
    size_t kernel = p->kernel_h * p->kernel_w;
    int32_t sum = 0;
    for (size_t r = 0; r < p->kernel_h; r++) {
        for (size_t s = 0; s < p->kernel_w; s++) {
            size_t h;
            size_t w;
            if (!place(y, p->stride_h, r, p->dilation_h, p->pad_h, p->height, &h) ||
                !place(x, p->stride_w, s, p->dilation_w, p->pad_w, p->width, &w)) {
                continue;
            }
            size_t from = ((image * p->height + h) * p->width + w) * p->in_channels;
            for (size_t c = 0; c < channels; c++) {
                size_t tap = (m * channels + c) * kernel + r * p->kernel_w + s;
                sum += weft_quantized_at(weights, 0, tap) *
                       weft_quantized_at(inputs, 0, from + group * channels + c);
            }
        }
    }
    return sum;
}

weft_status weft_quant_sums(const weft_layer *layer, const weft_quantized *inputs, size_t images,
                            const weft_quantized *weights, int32_t *sums, weft_error *error) {
    product p = product_of(layer);
    WEFT_TRY(check(layer, &p, inputs, images, weights, error));
    size_t at = 0;
    for (size_t image = 0; image < images; image++) {
        for (size_t y = 0; y < p.out_height; y++) {
            for (size_t x = 0; x < p.out_width; x++) {
                for (size_t m = 0; m < p.out_channels; m++) {
                    sums[at++] = sum_at(&p, inputs, weights, image, y, x, m);
                }
            }
        }
    }
    return WEFT_OK;
}

void weft_quant_scale(const weft_layer *layer, const weft_quantized *inputs, size_t images,
                      const weft_quantized *weights, const float *bias, const int32_t *sums,
                      float *y) {
    size_t channels = (size_t)layer->out.channels;
    size_t n = images * (size_t)layer->out.height * (size_t)layer->out.width * channels;
    for (size_t i = 0; i < n; i++) {
        size_t m = i % channels;
        double step = (double)inputs->steps[0] * (double)weights->steps[weights->rows == 1 ? 0 : m];
        y[i] = (float)(sums[i] * step + (bias != NULL ? (double)bias[m] : 0.0));
    }
}
