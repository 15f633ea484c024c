/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a layer brings no histograms, it gets the ones below: 31 bins, after what CiMLoop ships for
 * ResNet18: weights about zero with a standard deviation of a sixth of the range; inputs that come
 * out of a ReLU (none below zero, 0.4 of them zero, the rest falling exponentially to the top), and
 * two-sided ones with the same fall where the network's input or a signed activation comes in.
 *
 * A chip may assume another set: that of CIMNAS, whose 8-level quantization of each tensor from its least
 * value to its largest fills 8 of the 31 bins. Means over layers of one of its networks (OlgaKrestinskaya/
 * CIMNAS@566b492, workspace/main/workloads/mobilenet_v2): inputs out of a ReLU of 04, 05, 20 and 22, signed
 * ones of 03 and 21, weights of all six. */
#include "hardware/histogram.h"

#include "base/error.h"
#include "base/rng.h"
#include "hardware/operand.h"

#include <stdlib.h>
#include <string.h>

enum { BINS = 31, FIRST_ROOM = 64, MOST = 4096 };

/* Bins 0, 4, 8, 13, 17, 22, 26 and 30 of 31. */
#define LEVELS(a, b, c, d, e, f, g, h)                                                             \
    { a, 0, 0, 0, b, 0, 0, 0, c, 0, 0, 0, 0, d, 0, 0, 0, e, 0, 0, 0, 0, f, 0, 0, 0, g, 0, 0, 0, h }
static const double CIMNAS[WEFT_HISTOGRAM_DEFAULTS][BINS] = {
    [WEFT_HISTOGRAM_WEIGHT] =
        LEVELS(0.00170, 0.01172, 0.08145, 0.70978, 0.16866, 0.02333, 0.00293, 0.00043),
    [WEFT_HISTOGRAM_POSITIVE] =
        LEVELS(0.63210, 0.24270, 0.07942, 0.03161, 0.00929, 0.00257, 0.00117, 0.00114),
    [WEFT_HISTOGRAM_SIGNED] =
        LEVELS(0.00015, 0.00304, 0.05980, 0.47137, 0.33779, 0.10140, 0.02524, 0.00121),
};
static const weft_histogram OF_CIMNAS[WEFT_HISTOGRAM_DEFAULTS] = {
    {BINS, CIMNAS[WEFT_HISTOGRAM_WEIGHT]},
    {BINS, CIMNAS[WEFT_HISTOGRAM_POSITIVE]},
    {BINS, CIMNAS[WEFT_HISTOGRAM_SIGNED]},
};

struct weft_histogram_store {
    int32_t n, room; /* a power of two */
    weft_stored_histogram *rows;
    int32_t *table; /* rows by their hash, with room for twice as many; -1: none */
};

static void default_shares(int kind, double *share) {
    double sum = 0;
    for (int i = 0; i < BINS; i++) {
        double v = (i - BINS / 2) / (double)(BINS / 2);
        double fall = exp(-fabs(v) / 0.25);
        share[i] = kind == WEFT_HISTOGRAM_WEIGHT            ? exp(-v * v / (2.0 / 9))
                   : kind == WEFT_HISTOGRAM_SIGNED || v > 0 ? fall
                                                            : 0;
        sum += share[i];
    }
    double zero = kind == WEFT_HISTOGRAM_POSITIVE ? 0.4 : 0;
    for (int i = 0; i < BINS; i++) {
        share[i] *= (1 - zero) / sum;
    }
    share[BINS / 2] += zero;
}

static bool equals(const weft_stored_histogram *row, const weft_histogram *given, uint64_t hash) {
    return row->hash == hash && row->values.n == given->n &&
           memcmp(row->values.share, given->share, (size_t)given->n * sizeof *given->share) == 0;
}

/* Its place in the table, or the empty one where it belongs. */
static int32_t *find(const struct weft_histogram_store *store, const weft_histogram *given,
                     uint64_t hash) {
    uint32_t mask = 2 * (uint32_t)store->room - 1;
    uint32_t at = (uint32_t)hash & mask;
    while (store->table[at] >= 0 && !equals(&store->rows[store->table[at]], given, hash)) {
        at = (at + 1) & mask;
    }
    return &store->table[at];
}

static const weft_stored_histogram *keep(struct weft_histogram_store *store,
                                         const weft_histogram *given) {
    size_t size = (size_t)given->n * sizeof *given->share;
    uint64_t hash = weft_hash(given->share, size, 0);
    int32_t *at = find(store, given, hash);
    if (*at >= 0) {
        return &store->rows[*at];
    }
    double *share = malloc(size);
    if (share == NULL) {
        return NULL;
    }
    memcpy(share, given->share, size);
    weft_stored_histogram *made = &store->rows[store->n];
    made->values.n = given->n;
    made->values.share = share;
    made->hash = hash;
    made->is_signed = weft_histogram_is_signed(&made->values);
    *at = store->n++;
    return made;
}

const weft_histogram *weft_histogram_assumed(const weft_histogram *own, int kind, int set) {
    return kind == WEFT_HISTOGRAM_GIVEN || set == WEFT_ASSUMED_RESNET18 ? own : &OF_CIMNAS[kind];
}

const weft_stored_histogram *weft_histogram_pick(struct weft_histogram_store *store,
                                                 const weft_histogram *given, int fallback) {
    return given != NULL ? keep(store, given) : &store->rows[fallback];
}

static void forget(struct weft_histogram_store *store) {
    for (int32_t i = 0; i < store->n; i++) {
        free((void *)(uintptr_t)store->rows[i].values.share);
    }
    store->n = 0;
}

/* An empty store with the defaults in front. */
static bool begin(struct weft_histogram_store *store) {
    bool done = true;
    memset(store->table, 0xff, 2 * (size_t)store->room * sizeof *store->table);
    for (int kind = 0; kind < WEFT_HISTOGRAM_DEFAULTS; kind++) {
        double share[BINS];
        default_shares(kind, share);
        done = done && keep(store, &(weft_histogram){BINS, share}) != NULL;
    }
    return done;
}

static bool make_room(struct weft_histogram_store *store, int32_t n) {
    if (store->room >= n && store->room > 0) {
        return true;
    }
    int32_t room = store->room > 0 ? store->room : FIRST_ROOM;
    while (room < n) {
        room *= 2;
    }
    free(store->rows);
    free(store->table);
    store->rows = malloc((size_t)room * sizeof *store->rows);
    store->table = malloc(2 * (size_t)room * sizeof *store->table);
    store->room = store->rows != NULL && store->table != NULL ? room : 0;
    return store->room > 0;
}

struct weft_histogram_store *weft_histogram_store_create(void) {
    struct weft_histogram_store *made = calloc(1, sizeof *made);
    if (made != NULL && !(make_room(made, FIRST_ROOM) && begin(made))) {
        weft_histogram_store_destroy(made);
        return NULL;
    }
    return made;
}

void weft_histogram_store_destroy(struct weft_histogram_store *store) {
    if (store != NULL) {
        forget(store);
        free(store->rows);
        free(store->table);
        free(store);
    }
}

static int32_t count_histograms(const weft_network *network) {
    int32_t n = 0;
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_operands *operands = &network->layers[i].operands;
        n += (operands->inputs != NULL) + (operands->weights != NULL);
    }
    return n;
}

weft_status weft_histogram_reserve(struct weft_histogram_store *store, const weft_network *network,
                                   bool *forgotten, weft_error *error) {
    int32_t more = count_histograms(network);
    *forgotten = false;
    if (store->n + more <= store->room) {
        return WEFT_OK;
    }
    int32_t room = 2 * store->room < MOST ? 2 * store->room : MOST;
    *forgotten = true;
    forget(store);
    room = room > more + WEFT_HISTOGRAM_DEFAULTS ? room : more + WEFT_HISTOGRAM_DEFAULTS;
    return make_room(store, room) && begin(store) ? WEFT_OK : weft_fail_memory(error, (size_t)room);
}
