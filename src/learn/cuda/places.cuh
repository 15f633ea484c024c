/* SPDX-License-Identifier: Apache-2.0
 * Places on NHWC maps: which of one map sees which of another through a window. */
#ifndef WEFT_LEARN_CUDA_PLACES_CUH
#define WEFT_LEARN_CUDA_PLACES_CUH

#include "learn/cuda/device.cuh"

/* Value i of a map (images, height, width, channels). */
struct place {
    size_t image, row, column, channel;
};

__device__ inline place place_of(size_t i, weft_sides map, size_t channels) {
    place at;
    at.channel = i % channels;
    at.column = i / channels % map.width;
    at.row = i / (channels * map.width) % map.height;
    at.image = i / (channels * map.width * map.height);
    return at;
}

__device__ inline size_t index_of(size_t image, size_t row, size_t column, size_t channel,
                                  weft_sides map, size_t channels) {
    return ((image * map.height + row) * map.width + column) * channels + channel;
}

/* The input that output p sees at position r of its kernel; outside of the map it wraps around to a
 * number that no side has. */
__device__ inline size_t sees(size_t p, size_t r, size_t stride, size_t dilation, size_t pad) {
    return p * stride + r * dilation - pad;
}

/* The output that sees input i at position r of its kernel; SIZE_MAX: none. */
__device__ inline size_t seen_from(size_t i, size_t r, size_t stride, size_t dilation, size_t pad) {
    size_t origin = i + pad - r * dilation;
    return i + pad >= r * dilation && origin % stride == 0 ? origin / stride : SIZE_MAX;
}

#endif
