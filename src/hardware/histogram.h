/* SPDX-License-Identifier: Apache-2.0
 *
 * The histograms of a workload's layers: one copy of each, which stays when another network comes, so
 * that its address says which one it is. */
#ifndef WEFT_HARDWARE_HISTOGRAM_H
#define WEFT_HARDWARE_HISTOGRAM_H

#include <weft/network.h>

/* What a layer gets that brings none. */
typedef enum weft_histogram_default {
    WEFT_HISTOGRAM_WEIGHT,
    WEFT_HISTOGRAM_POSITIVE,
    WEFT_HISTOGRAM_SIGNED,
    WEFT_HISTOGRAM_DEFAULTS
} weft_histogram_default;

enum { WEFT_HISTOGRAM_GIVEN = -1 };

typedef struct weft_stored_histogram {
    weft_histogram values;
    uint64_t hash;
    bool is_signed; /* a value below zero occurs */
} weft_stored_histogram;

/* NULL without memory. */
struct weft_histogram_store *weft_histogram_store_create(void);
void weft_histogram_store_destroy(struct weft_histogram_store *store);

/* Room for those of a network. Where there are too many by now all but the defaults are forgotten,
 * and *forgotten is true: addresses may soon stand for others. */
weft_status weft_histogram_reserve(struct weft_histogram_store *store, const weft_network *network,
                                   bool *forgotten, weft_error *error) WEFT_NODISCARD;

/* What a chip takes an operand's values for: the layer's own histogram where it brings one (kind
 * WEFT_HISTOGRAM_GIVEN), else the one of this kind (weft_histogram_default) in the chip's set
 * (weft_assumed). */
const weft_histogram *weft_histogram_assumed(const weft_histogram *own, int kind, int set);

/* The one that equals `given`, or the default where that is NULL. NULL without memory. */
const weft_stored_histogram *weft_histogram_pick(struct weft_histogram_store *store,
                                                 const weft_histogram *given, int fallback);

#endif
