/* SPDX-License-Identifier: Apache-2.0
 * VGG16 with channels, bits and place on the chip for each layer. */
#ifndef WEFT_NETWORK_VGG_H
#define WEFT_NETWORK_VGG_H

#include "network/build.h"

/* Thirteen convolutions and the classifier. */
enum { WEFT_VGG_CONVS = 13, WEFT_VGG_LAYERS = WEFT_VGG_CONVS + 1 };

typedef struct weft_vgg_mixed {
    weft_shape input;
    int32_t classes;
    int32_t channels[WEFT_VGG_CONVS];
    weft_layer_bits bits[WEFT_VGG_LAYERS];
    int32_t copies[WEFT_VGG_LAYERS], regions[WEFT_VGG_LAYERS];
} weft_vgg_mixed;

/* The channels of VGG16, 3 x 32 x 32 in 10 classes; nothing carried. */
void weft_vgg_mixed_defaults(weft_vgg_mixed *spec);

/* In the place of a network that is there; after an error it holds some of the layers. */
weft_status weft_vgg_mixed_build(const weft_vgg_mixed *spec, weft_network *network,
                                 weft_error *error) WEFT_NODISCARD;

#endif
