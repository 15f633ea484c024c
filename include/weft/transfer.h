/* SPDX-License-Identifier: Apache-2.0
 *
 * From device to device: tables of measured latencies or energies, how alike devices rank networks,
 * and a proxy device adapted to a target by a few measurements.
 *
 * After B. Lu, J. Yang, W. Jiang, Y. Shi and S. Ren, "One Proxy Device Is Enough for Hardware-Aware
 * Neural Architecture Search", POMACS 5(3), 2021.
 */
#ifndef WEFT_TRANSFER_H
#define WEFT_TRANSFER_H

#include <weft/base.h>
#include <weft/gene.h>

/* ---- tables ---------------------------------------------------------------------------------- */

/* Architectures and what devices measured of them; a value is NaN where a measurement failed or there
 * is none. A row of a CSV file is an architecture; rows of the same one are repeated measurements,
 * whose median counts. What the architecture is stands in
 *   ops            six figures 0..4: a cell of NAS-Bench-201; otherwise words between blanks, or a
 *                  figure each, one a position (FBNet, NAS-Bench-Macro)
 *   arch_str, arch such a cell as its benchmark writes it, or as `ops`
 *   architecture   such a cell, or a name of which nothing more is known
 *   d, ks, e, r    depths of the stages, kernel sizes and expansions of the blocks, resolution
 *                  (Once-for-All, MobileNetV2- and V3-like)
 *   any columns named by the caller, a gene each
 * and other columns are numbers of an architecture: measurements where the name says latency or
 * energy, or where no column's name does. Measurements that are nan, inf, failed, error, none, 0 or
 * below 0 have failed; an empty cell was not measured. */
typedef struct weft_device_table weft_device_table;

typedef struct weft_device_columns {
    const char *genes;  /* names of columns between blanks, "" or NULL: by the names above */
    const char *device; /* what the only column of numbers is called; "" or NULL: as in the file */
} weft_device_columns;

/* WEFT_ERROR_INPUT with file, line and column for text where a number stands elsewhere, rows of
 * different length, no architecture or no column of numbers; WEFT_ERROR_IO. `columns` may be NULL. */
WEFT_API weft_status weft_device_table_read(const char *path, const weft_device_columns *columns,
                                            weft_device_table **table,
                                            weft_error *error) WEFT_NODISCARD;

/* Likewise from `length` bytes of text that end in '\0' behind them; `name` is for errors. */
WEFT_API weft_status weft_device_table_parse(const char *text, size_t length, const char *name,
                                             const weft_device_columns *columns,
                                             weft_device_table **table,
                                             weft_error *error) WEFT_NODISCARD;

/* Genomes (n, n_genes) of a problem as architectures "0", "1", ..., with the values (n) of one device.
 * Genes with choices are positions; genes whose names differ in figures alone (op1, op2) share their
 * choices; numbers are numbers. */
WEFT_API weft_status weft_device_table_from_genes(const weft_gene_table *genes,
                                                  const double *genomes, int n, const char *device,
                                                  const double *values, weft_device_table **table,
                                                  weft_error *error) WEFT_NODISCARD;

WEFT_API void weft_device_table_destroy(weft_device_table *table);

WEFT_API int weft_device_table_architectures(const weft_device_table *table);
WEFT_API const char *weft_device_table_architecture(const weft_device_table *table, int i);

/* All columns of numbers; `measured` tells which of them are devices' (see above). */
WEFT_API int weft_device_table_columns(const weft_device_table *table);
WEFT_API const char *weft_device_table_column(const weft_device_table *table, int column);
WEFT_API bool weft_device_table_measured(const weft_device_table *table, int column);

/* The values of a column, borrowed (architectures); and how many rows of the file said "failed". */
WEFT_API const double *weft_device_table_values(const weft_device_table *table, int column);
WEFT_API int weft_device_table_failed(const weft_device_table *table, int column);

/* Whether architecture i was measured and failed; one without a value that has not was not measured. */
WEFT_API bool weft_device_table_has_failed(const weft_device_table *table, int column, int i);

/* The column of a device, with or without _latency_ms, _energy_mJ or the like behind its name.
 * WEFT_ERROR_INPUT with the nearest name for one that is not there. */
WEFT_API weft_status weft_device_table_find(const weft_device_table *table, const char *device,
                                            int *column, weft_error *error) WEFT_NODISCARD;

/* The place of an architecture; -1: there is none. */
WEFT_API int weft_device_table_locate(const weft_device_table *table, const char *architecture);

/* What is known of architectures, in words: "NAS-Bench-201 cells", "chains of 22 positions". */
WEFT_API const char *weft_device_table_kind(const weft_device_table *table, char *buffer,
                                            size_t size);

/* One table of all: the architectures of any, the columns of all in their order. Tables must describe
 * architectures alike; a column of the same name in two of them is an error. */
WEFT_API weft_status weft_device_table_merge(const weft_device_table *const *tables, int n,
                                             weft_device_table **merged,
                                             weft_error *error) WEFT_NODISCARD;

/* As a CSV file that weft_device_table_read reads; failed measurements are written "failed", missing
 * ones are empty. The file is written to a temporary name and renamed. */
WEFT_API weft_status weft_device_table_write(const weft_device_table *table, const char *path,
                                             weft_error *error) WEFT_NODISCARD;

/* ---- rank correlation ------------------------------------------------------------------------ */

/* Spearman's rank correlation of the pairs without NaN, equal values sharing their mean rank; NaN for
 * fewer than 3 pairs or where one side is constant. *pairs, unless NULL, becomes how many there were.
 * WEFT_ERROR_MEMORY. */
WEFT_API weft_status weft_spearman(const double *a, const double *b, int n, double *srcc,
                                   int *pairs, weft_error *error) WEFT_NODISCARD;

/* The same with a bootstrap interval that covers `level` (0.9: from the 5th to the 95th percentile) of
 * `resamples` resampled sets of pairs; the same for the same seed. */
typedef struct weft_rank_interval {
    double srcc, low, high;
    int pairs;
} weft_rank_interval;
WEFT_API weft_status weft_spearman_interval(const double *a, const double *b, int n, double level,
                                            int resamples, uint64_t seed,
                                            weft_rank_interval *interval,
                                            weft_error *error) WEFT_NODISCARD;

/* How alike the devices of a table rank architectures. Clusters: complete linkage, so that any two
 * devices of one correlate with at least `threshold`; the proxy of a cluster is the device whose least
 * correlation within it is largest (then the mean). Devices without 3 architectures in common, or
 * constant ones, have NaN and never share a cluster. */
typedef struct weft_correlation {
    int n;
    int *columns;             /* (n) of the table */
    weft_rank_interval *pair; /* (n, n), symmetric; 1 on the diagonal */
    int n_clusters;
    int *cluster; /* (n) from 0, in the order of their first device */
    int *proxy;   /* (n_clusters) place among the n devices */
} weft_correlation;

typedef struct weft_correlation_settings {
    double threshold; /* of clusters; default 0.9 */
    double level;     /* of intervals; default 0.9 */
    int resamples;    /* default 200; 0: no intervals (NaN) */
    uint64_t seed;
} weft_correlation_settings;

WEFT_API void weft_correlation_defaults(weft_correlation_settings *settings);

/* Of n columns; WEFT_ERROR_INPUT where no two of them have 3 architectures in common. */
WEFT_API weft_status weft_correlate(const weft_device_table *table, const int *columns, int n,
                                    const weft_correlation_settings *settings,
                                    weft_correlation *correlation,
                                    weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_correlation_free(weft_correlation *correlation);

/* ---- adaptation ------------------------------------------------------------------------------ */

/* What makes a proxy's latencies those of a target (docs/explanation/devices.md has the equations).
 *   mixture     Gaussian processes on the residual of the proxy over several descriptions of the
 *               architectures, their scales by evidence, averaged by evidence
 *   ridge       y = a proxy + c + X d, X one-hot, d shrunk by leave-one-out
 *   published   y = X (w o (a + b)) + c, w the proxy's own linear weights, |b|_p in the loss with
 *               p = 1, 2 or inf (Lu et al., equation of section 5) */
#define WEFT_ADAPT_MAP(X)                                                                          \
    X(WEFT_ADAPT_MIXTURE, "mixture")                                                               \
    X(WEFT_ADAPT_RIDGE, "ridge")                                                                   \
    X(WEFT_ADAPT_PUBLISHED_1, "published-1")                                                       \
    X(WEFT_ADAPT_PUBLISHED_2, "published-2")                                                       \
    X(WEFT_ADAPT_PUBLISHED_INF, "published-inf")

typedef enum weft_adapt_method {
#define WEFT_ADAPT_ENUM(name, word) name,
    WEFT_ADAPT_MAP(WEFT_ADAPT_ENUM)
#undef WEFT_ADAPT_ENUM
        WEFT_ADAPT_METHODS,
} weft_adapt_method;

/* Why the proxy's own ranking is what is given. */
#define WEFT_FALLBACK_MAP(X)                                                                       \
    X(WEFT_FALLBACK_NONE, "none")                                                                  \
    X(WEFT_FALLBACK_FEW, "fewer than 5 measurements: the proxy as it is")                          \
    X(WEFT_FALLBACK_CONSTANT, "all measurements are equal: the proxy as it is")                    \
    X(WEFT_FALLBACK_UNKNOWN,                                                                       \
      "nothing is known of the architectures but their names: the proxy as "                       \
      "it is")                                                                                     \
    X(WEFT_FALLBACK_WORSE, "left out one by one, the measurements are ranked better by the proxy " \
                           "as it is")

typedef enum weft_fallback {
#define WEFT_FALLBACK_ENUM(name, text) name,
    WEFT_FALLBACK_MAP(WEFT_FALLBACK_ENUM)
#undef WEFT_FALLBACK_ENUM
} weft_fallback;

/* The words of the maps above. */
WEFT_API const char *weft_adapt_method_name(weft_adapt_method method);
WEFT_API const char *weft_fallback_text(weft_fallback fallback);

/* A proxy device prepared for adaptation; the table is borrowed. WEFT_ERROR_INPUT for a proxy with
 * fewer than 3 measured architectures. */
typedef struct weft_adapter weft_adapter;
WEFT_API weft_status weft_adapter_create(const weft_device_table *table, int proxy,
                                         weft_adapter **adapter, weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_adapter_destroy(weft_adapter *adapter);

typedef struct weft_adapt_settings {
    weft_adapt_method method;
    bool fallback; /* default true: the proxy as it is, where that ranks the measurements better */
    double level;  /* of the interval of srcc_loo; default 0.9: its lower end holds with 95 % */
    int resamples; /* of its bootstrap; default 200 */
    uint64_t seed;
} weft_adapt_settings;

WEFT_API void weft_adapt_defaults(weft_adapt_settings *settings);

typedef struct weft_adaptation {
    int n;             /* measurements that were used: failed ones are not */
    int failed;        /* those that were not */
    double *predicted; /* (architectures) the target's values; NaN where the proxy has none. Under
                              * a fallback the proxy's own, not in the target's scale */
    weft_fallback fallback;
    double srcc_proxy; /* of the proxy with the measurements; NaN: unknown */
    double srcc_loo;   /* of predictions with each measurement left out; NaN likewise */
    double srcc_low, srcc_high;
    bool log_scale; /* the mixture took logarithms */
    double lambda;  /* of ridge and published; NaN */
    int parameters; /* of the linear methods: more than n is settled by the penalty alone */
} weft_adaptation;

/* Measurements `values` (n) of architectures `places` (n) of the table; NaN, 0 and negative ones are
 * failed. WEFT_ERROR_INPUT for a place that is not in the table or that the proxy has not measured,
 * or one that is given twice. At most WEFT_ADAPT_MOST are used, the first ones. */
enum { WEFT_ADAPT_MOST = 1500 };
WEFT_API weft_status weft_adapt(const weft_adapter *adapter, const weft_adapt_settings *settings,
                                const int *places, const double *values, int n,
                                weft_adaptation *adaptation, weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_adaptation_free(weft_adaptation *adaptation);

/* Which `k` architectures to measure next, each the one of which least is known after those before it:
 * largest predictive variance, which is largest gain of information of a Gaussian process (D. MacKay,
 * "Information-based objective functions for active data selection", Neural Computation 4(4), 1992).
 * Of `allowed` (architectures; NULL: all that the proxy has) without the measured ones; *n_next is
 * fewer than k where they run out. */
WEFT_API weft_status weft_adapt_next(const weft_adapter *adapter, const int *places,
                                     const double *values, int n, const bool *allowed, int k,
                                     uint64_t seed, int *next, int *n_next,
                                     weft_error *error) WEFT_NODISCARD;

/* n of the architectures that both columns have, by chance; WEFT_ERROR_INPUT where there are fewer
 * than n + 3. */
WEFT_API weft_status weft_device_draw(const weft_device_table *table, int proxy, int target, int n,
                                      uint64_t seed, int *places, weft_error *error) WEFT_NODISCARD;

#endif
