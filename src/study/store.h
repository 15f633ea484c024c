/* SPDX-License-Identifier: Apache-2.0
 *
 * The store of a study: one SQLite file in WAL mode, one transaction for each finished training.
 * docs/reference/store.md describes its tables.
 */
#ifndef WEFT_STUDY_STORE_H
#define WEFT_STUDY_STORE_H

#include <weft/study.h>

#include "base/error.h"

typedef struct weft_store weft_store;

/* The version of the tables; a store of a newer one is refused. */
enum { WEFT_STORE_VERSION = 3 };

typedef enum weft_store_mode {
    WEFT_STORE_WRITE, /* creates the file if it is missing; one process at a time */
    WEFT_STORE_READ,  /* never writes; beside a writer too */
    WEFT_STORE_STEER, /* adds orders, beside a writer too; never creates */
} weft_store_mode;

/* `durable`: each transaction reaches the disk before it counts as done (survives a power cut);
 * otherwise it survives the death of the process only. */
weft_status weft_store_open(const char *path, weft_store_mode mode, bool durable,
                            weft_store **store, weft_error *error) WEFT_NODISCARD;
void weft_store_close(weft_store *store);
const char *weft_store_path(const weft_store *store);

/* Facts about the study as text by key. *text is malloc'ed, NULL where the key is absent. */
weft_status weft_store_get(weft_store *store, const char *key, char **text,
                           weft_error *error) WEFT_NODISCARD;

/* Writes n facts in one transaction. */
weft_status weft_store_put(weft_store *store, int n, const char *const *keys,
                           const char *const *texts, weft_error *error) WEFT_NODISCARD;

/* Between them what is added is one transaction: all of it is in the store, or nothing. */
weft_status weft_store_begin(weft_store *store, weft_error *error) WEFT_NODISCARD;
weft_status weft_store_commit(weft_store *store, weft_error *error) WEFT_NODISCARD;

/* One finished trial; outside of weft_store_begin and commit a transaction of its own. */
weft_status weft_store_add_trial(weft_store *store, const weft_trial *trial, int n_genes,
                                 weft_error *error) WEFT_NODISCARD;

/* The full training of trial `number`: its accuracy on the test set. */
weft_status weft_store_add_final(weft_store *store, uint64_t number, double test_accuracy,
                                 double seconds, weft_error *error) WEFT_NODISCARD;

/* A row of the table of steering: `steer`, its id, and whether and when it was taken. */
typedef struct weft_store_order {
    int64_t id; /* from 1, in the order in which they came */
    weft_steer steer;
} weft_store_order;

/* Calls `each` for every order behind one of an id (0: all), in order. A store that nobody steered has
 * none. */
weft_status weft_store_each_order(weft_store *store, int64_t behind,
                                  weft_status (*each)(void *context, const weft_store_order *order,
                                                      weft_error *error),
                                  void *context, weft_error *error) WEFT_NODISCARD;

/* Whether another connection wrote to it since this was asked last, or it may have; for who writes. */
bool weft_store_changed(weft_store *store);

/* Adds an order that nobody has taken; and says of all up to an id that were not that they hold from a
 * trial on. */
weft_status weft_store_add_order(weft_store *store, const weft_steer *steer,
                                 weft_error *error) WEFT_NODISCARD;
weft_status weft_store_take_orders(weft_store *store, int64_t up_to, uint64_t trial,
                                   weft_error *error) WEFT_NODISCARD;
void weft_store_rollback(weft_store *store);

/* Calls `each` for every trial in order of number; `trial->genome` is valid during the call. Where
 * `each` refuses a trial with WEFT_ERROR_STORE, the error gets the store's path. */
weft_status weft_store_each_trial(weft_store *store, int n_genes,
                                  weft_status (*each)(void *context, const weft_trial *trial,
                                                      weft_error *error),
                                  void *context, weft_error *error) WEFT_NODISCARD;

#endif
