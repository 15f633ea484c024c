/* SPDX-License-Identifier: Apache-2.0
 *
 * Chips and what a network costs on them: energy, latency, area, crossbars, utilisation; for each
 * layer and each component; everything adds up.
 *
 * A chip is read from YAML (every constant with unit and source), priced once, and then each layer
 * costs arithmetic on flat arrays:
 *
 *     weft_chip_read("mnsim-130nm-rram", &chip, &error);
 *     weft_priced_create(chip, &priced, &error);
 *     weft_workload_create(network, &workload, &error);      // the hardware's view of the network
 *     weft_estimate(priced, workload, &total, &error);       // fast: totals only, no allocation
 *     weft_cost_create(priced, workload, &cost, &error);     // the same with its whole breakdown
 *
 * docs/reference/models.md has the equations.
 */
#ifndef WEFT_HARDWARE_H
#define WEFT_HARDWARE_H

#include <weft/network.h>

typedef struct weft_chip weft_chip;
typedef struct weft_priced weft_priced;
typedef struct weft_workload weft_workload;

/* Reads a chip by the name of a preset or a path. */
WEFT_API weft_status weft_chip_read(const char *name_or_path, weft_chip **chip,
                                    weft_error *error) WEFT_NODISCARD;

/* The same from the text of a chip file; `name` is what errors call it. */
WEFT_API weft_status weft_chip_parse(const char *text, size_t length, const char *name,
                                     weft_chip **chip, weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_chip_destroy(weft_chip *chip);

/* The text that it was read from: reading it again gives the same chip. Borrowed. */
WEFT_API const char *weft_chip_text(const weft_chip *chip);
WEFT_API const char *weft_chip_name(const weft_chip *chip);

/* What a chip is, for a list of chips. */
typedef struct weft_chip_about {
    char format[16]; /* "chip/1" */
    char description[256];
    char cell[64]; /* "resistive, 1 bit"; "" where the chip does not say */
    double node_m; /* of its transistors; NaN where the chip does not say */
    char
        accounting[16]; /* whose the chip is while a layer runs, execution.accounting: "resident" */
} weft_chip_about;
WEFT_API void weft_chip_get_about(const weft_chip *chip, weft_chip_about *about);

/* What a chip is made of: its levels from the outside in, each followed by the parts that stand at
 * it. Returns false past the last. */
typedef struct weft_chip_item {
    int32_t depth; /* of the level: 0 is the outermost */
    bool is_part;
    char name[64];
    char text[96]; /* of a part: what it is */
    char
        count[64]; /* of a level: copies in one of the level around it; of a part: how many of it at
                     * each of its level: "64", or "64 (rows)" where it follows from other values */
} weft_chip_item;
WEFT_API bool weft_chip_get_item(const weft_chip *chip, int i, weft_chip_item *item);

/* Every constant of the chip, for tables and `weft estimate --chip X --constants`: name, SI value,
 * unit as written, source. Returns false past the last. */
typedef struct weft_constant {
    char name[64];
    double value; /* as written, in `unit` */
    char unit[16];
    char source[256];
} weft_constant;
WEFT_API bool weft_chip_constant(const weft_chip *chip, int i, weft_constant *constant);

/* Changes a parameter or field before the chip is priced: `path` is "rows", "macro.rows" or
 * "chip.macro.rows" (the last name, and as many of the levels before it as make it unique), `value`
 * is "256", "4 ns" or a word; without a unit it is in the unit that the file uses. The chip's text
 * changes with it, so that what is stored is what was used. WEFT_ERROR_USAGE names the nearest path;
 * a value that has no meaning there is WEFT_ERROR_INPUT with the legal range. */
WEFT_API weft_status weft_chip_set(weft_chip *chip, const char *path, const char *value,
                                   weft_error *error) WEFT_NODISCARD;

/* Works out component energies, delays and areas; read-only afterwards, shared between threads.
 * The chip may be destroyed afterwards. */
WEFT_API weft_status weft_priced_create(const weft_chip *chip, weft_priced **priced,
                                        weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_priced_destroy(weft_priced *priced);

/* ---- chips by the thousand ---------------------------------------------------------------------
 * A search looks at many values of a few parameters. Instead of setting text and pricing a chip anew
 * it turns knobs of a priced one:
 *
 *     weft_chip_knob(chip, "voltage", "V", &knobs[0], &error);
 *     weft_chip_knob(chip, "adc.type", "", &knobs[1], &error);
 *     weft_knob_word(chip, "adc.type", "flash", &flash, &error);
 *     weft_priced_turn(priced, knobs, (double[]){0.85, flash}, 2, &error);
 *
 * A turned chip is the one that weft_chip_set and weft_priced_create would give, to the last bit. */

/* A parameter or field of a chip, found once. To be passed on; of the fields `structural` alone is
 * for others: turning such a knob may change where layers lie and how often parts act, which is then
 * worked out anew; behind all other knobs workloads keep their counts. */
typedef struct weft_knob {
    uint64_t chip;          /* that it was made of */
    int32_t kind, variable; /* what is turned, and which one of those */
    int32_t part;           /* whose field it is */
    bool structural;
    bool is_parameter; /* has a value of its own that it can be turned back to; not an expression */
    double factor, divisor; /* SI value = value * factor / divisor */
} weft_knob;

/* Finds what `path` leads to, by the rules and with the errors of weft_chip_set. `unit` is the one
 * that values will be in; "": the one that the chip file uses. Of a word ("adc.type") values are what
 * weft_knob_word says, and `unit` is "". The knob is good for prices of this chip as it is; it is
 * of no use any more after another weft_chip_set. */
WEFT_API weft_status weft_chip_knob(const weft_chip *chip, const char *path, const char *unit,
                                    weft_knob *knob, weft_error *error) WEFT_NODISCARD;

/* The value that stands for a word. WEFT_ERROR_INPUT with the nearest word for one that the path does
 * not know, and for a path to a number. */
WEFT_API weft_status weft_knob_word(const weft_chip *chip, const char *path, const char *word,
                                    double *value, weft_error *error) WEFT_NODISCARD;

/* Turns n knobs to values[], all at once, and prices what depends on them anew: expressions, parts,
 * copies. Of the priced chip nobody else may make use meanwhile: where threads turn, each has its own.
 * Values that the chip does not take are the WEFT_ERROR_INPUT of weft_priced_create; estimates then
 * give that error until a turn succeeds, which must say anew where these knobs stand. What cannot work
 * as it is turned is told by the estimate (WEFT_ERROR_INFEASIBLE). A knob of another chip is
 * WEFT_ERROR_USAGE. The first turn allocates, others do not; a chip of pixel pipelines is priced as a
 * whole each time. */
WEFT_API weft_status weft_priced_turn(weft_priced *priced, const weft_knob *knobs,
                                      const double *values, int n,
                                      weft_error *error) WEFT_NODISCARD;

/* What a knob stands at, in its unit; of a word the number that stands for it. NaN: the chip leaves
 * it to the part. */
WEFT_API double weft_priced_value(const weft_priced *priced, const weft_knob *knob);

/* Memory cells on the chip, in use or not. */
WEFT_API double weft_priced_cells(const weft_priced *priced);

/* Its area in mm2, before any network is estimated; NaN where that depends on the network (pixel
 * pipelines). */
WEFT_API double weft_priced_area(const weft_priced *priced);

/* The value of a parameter, expression or count of a hierarchical chip ("cost_per_mm2", "rows"), in SI,
 * for operands of the chip's own bits. WEFT_ERROR_USAGE where it has none of that name, with the nearest
 * one, or is a pixel pipeline. Of a turned chip it is what the knobs say. */
WEFT_API weft_status weft_priced_named(const weft_priced *priced, const char *name, double *value,
                                       weft_error *error) WEFT_NODISCARD;

/* Whether operands of a layer have values below 0. */
typedef struct weft_layer_signs {
    bool inputs, weights;
} weft_layer_signs;

/* Whether the chip's codes hold integers of these bits (0: its own, which it holds): for who trains
 * with few bits, before training. WEFT_ERROR_INFEASIBLE names the operand, the hint the most bits that
 * fit. The bits of codes mostly follow those of a layer; a chip file that says a number for a code, and
 * the one precision of a pixel pipeline, bound them. `outputs` is not checked: a chip rounds its sums to
 * what it has. */
WEFT_API weft_status weft_priced_check_bits(const weft_priced *priced, const weft_layer_bits *bits,
                                            const weft_layer_signs *signs,
                                            weft_error *error) WEFT_NODISCARD;

/* A copy of the chip with paths[i] set to texts[i], one after the other (weft_chip_set), for who
 * explains or stores what a search has found. The caller destroys *made. */
WEFT_API weft_status weft_chip_settle(const weft_chip *chip, const char *const *paths,
                                      const char *const *texts, int n, weft_chip **made,
                                      weft_error *error) WEFT_NODISCARD;

/* ---- workloads --------------------------------------------------------------------------------- */

/* The layers that the hardware sees, as flat arrays: convolutions, linear layers, poolings, sums,
 * with the edges between them; batch norm, ReLU, flatten and dropout fold into their producer. */
WEFT_API weft_status weft_workload_create(const weft_network *network, weft_workload **workload,
                                          weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_workload_destroy(weft_workload *workload);

/* Fills a workload with another network, in the memory that it has; after some networks nothing is
 * allocated any more. Layers of the same sizes, bits and values that it has seen before on a chip of
 * the same structure, in whatever network, are not counted again. What estimates give is the same as
 * with a new workload, to the last bit. `region` >= 0: only layers of products of that region
 * (weft_layer.region), each with what follows it up to the next layer of products; -1: all. On an
 * error the workload is as good as before for another assignment, and for nothing else. A workload is
 * used by one thread at a time. */
WEFT_API weft_status weft_workload_assign(weft_workload *workload, const weft_network *network,
                                          int32_t region, weft_error *error) WEFT_NODISCARD;

/* How a chip runs a network; the chip file says which (`execution`), `--set` may change it.
 *   layers    one layer after the other, each has the chip's whole attention
 *   pipeline  all layers at once, each on its own arrays, on images in a row: a result every
 *             interval, which the slowest stage sets
 *   pixels    the same, and a layer starts as soon as the pixels that it needs are there */
#define WEFT_EXECUTION_MAP(X)                                                                      \
    X(WEFT_EXECUTION_LAYERS, "layers")                                                             \
    X(WEFT_EXECUTION_PIPELINE, "pipeline")                                                         \
    X(WEFT_EXECUTION_PIXELS, "pixels")

typedef enum weft_execution {
#define WEFT_EXECUTION_ENUM(name, token) name,
    WEFT_EXECUTION_MAP(WEFT_EXECUTION_ENUM)
#undef WEFT_EXECUTION_ENUM
        WEFT_EXECUTION_COUNT
} weft_execution;

/* What an inference costs and how well it uses the chip. An operation is a multiplication or an
 * addition: 2 a MAC. */
typedef struct weft_total {
    double energy_j;
    double latency_s;  /* from the first input to the last output of one inference (of a batch) */
    double interval_s; /* between two results in a row; latency_s where nothing overlaps */
    double area_mm2;
    double power_w;      /* mean while results come one after the other: energy_j / interval_s */
    double peak_power_w; /* of the layer, or of all at once where they overlap, that takes most */
    int64_t macs;        /* that the chip does */
    int64_t crossbars;   /* physical crossbars in use */
    int64_t tiles;
    double utilisation; /* share of the cells of those crossbars that hold weights, 0..1 */
    double cycles;      /* of the arrays, over all layers; 0 where the chip has no such cycle */
    int32_t batch;      /* inferences that latency_s is of; 0 or 1: one */
    int32_t bottleneck; /* row of the breakdown that sets the interval; -1: none */
} weft_total;

/* 2 MACs a second, in 1e12; the same for a watt (2 MACs a joule) and for a mm2: of the whole
 * network, total over total. Energy-delay-area product in J s mm2. */
WEFT_API double weft_total_tops(const weft_total *total);
WEFT_API double weft_total_tops_w(const weft_total *total);
WEFT_API double weft_total_tops_mm2(const weft_total *total);
WEFT_API double weft_total_edap(const weft_total *total);

/* Fast path: no allocation beyond the priced chip's and the workload's own. Thread-safe for
 * different workloads. WEFT_ERROR_INFEASIBLE with the reason when the network does not fit the
 * chip, or when the chip cannot work as it is described. Equal bit for bit to weft_cost_create's
 * total. */
WEFT_API weft_status weft_estimate(const weft_priced *priced, weft_workload *workload,
                                   weft_total *total, weft_error *error) WEFT_NODISCARD;

/* Cells that the weights of a network take, each weight in ceil(bits / bits of a cell) of them, and cells
 * of the chip. Raw: a layer takes whole arrays in truth, which weft_estimate counts. Published searches
 * that describe a layer of G groups by one of them count as one_group does, and compare with on_chip. */
typedef struct weft_cells {
    double needed;    /* sum over the layers of C M R S G cells */
    double one_group; /* the same without G: a depthwise layer counts as one channel */
    double on_chip;   /* arrays times cells of an array */
} weft_cells;

/* Of a hierarchical chip; WEFT_ERROR_USAGE for pixel pipelines. */
WEFT_API weft_status weft_workload_cells(const weft_priced *priced, const weft_workload *workload,
                                         weft_cells *cells, weft_error *error) WEFT_NODISCARD;

/* One part of the breakdown: what it is called in JSON, what a person reads, and the level of the
 * hierarchy that it stands at ("tile"). */
enum { WEFT_MAX_PARTS = 64 };
typedef struct weft_part_info {
    char token[48];
    char text[64];
    char level[48];
} weft_part_info;

/* The same with its breakdown. Sums over the layers and parts give the total: exactly for chips of
 * pixel pipelines, to the rounding of doubles for hierarchical ones (latency: time on the critical
 * path, which is what the total is made of). Of the arrays, the first n_parts of
 * weft_cost are used. A layer that has a chip of levels to itself has as many copies as its mapping
 * spreads over the arrays, and its utilisation counts one of them
 * (docs/reference/models-hierarchy.md). */
typedef struct weft_layer_cost {
    char name[128];   /* "conv3x3 32>64", or as a table calls it */
    int32_t layer;    /* index in the network */
    int32_t block;    /* WEFT_NO_BLOCK: input or head */
    double energy_j;  /* = sum of energy_by[] */
    double latency_s; /* on the critical path; = sum of latency_by[] */
    double area_mm2;  /* = sum of area_by[] */
    double busy_s;    /* computing time of all its output pixels, overlap ignored */
    double cycles;    /* of the arrays; 0 where the chip has no such cycle */
    int64_t macs;
    int64_t crossbars; /* that it takes, all copies of its weights together */
    int64_t tiles;
    int64_t copies;     /* of its weights, that work side by side */
    double utilisation; /* share of the cells of its crossbars that hold a weight */
    double energy_by[WEFT_MAX_PARTS];
    double latency_by[WEFT_MAX_PARTS];
    double area_by[WEFT_MAX_PARTS];
    double actions_by[WEFT_MAX_PARTS]; /* how often the part acts; 0 where it is not counted so */
} weft_layer_cost;

enum { WEFT_MAX_WARNINGS = 16 };
typedef struct weft_cost {
    weft_total total;
    int32_t n_parts;
    weft_part_info parts[WEFT_MAX_PARTS];
    double energy_by[WEFT_MAX_PARTS]; /* over all layers, and what belongs to no layer */
    double latency_by[WEFT_MAX_PARTS];
    double area_by[WEFT_MAX_PARTS];
    int32_t n_layers;
    weft_layer_cost *layers; /* rows of the workload; the last may be "chip": what is shared */
    int32_t n_warnings;
    char warnings[WEFT_MAX_WARNINGS][192]; /* figures to be doubted: "adc: below the best ..." */
} weft_cost;

WEFT_API weft_status weft_cost_create(const weft_priced *priced, weft_workload *workload,
                                      weft_cost **cost, weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_cost_destroy(weft_cost *cost);

/* ---- chips of several regions ------------------------------------------------------------------
 * A region is a part of the chip with levels and buffers of its own, which runs the layers that are
 * given to it (weft_layer.region); one without layers costs its area and what it leaks. Regions wait
 * for each other, and what is not gated leaks meanwhile. */

/* What leaks in a chip that waits, in W: all of it, and part by part. */
typedef struct weft_idle {
    double sum_w, by_w[WEFT_MAX_PARTS];
} weft_idle;

/* The sum; *idle gets all of it where it is not NULL. 0 for pixel pipelines. */
WEFT_API double weft_priced_idle(const weft_priced *priced, weft_idle *idle);

/* Adds what another region costs to what those before cost: energies and areas add up; where layers
 * stand one after the other so do times, where they overlap the slowest region sets the interval.
 * *idle_w is what leaks in those before, and becomes what leaks in all. */
WEFT_API void weft_total_add(weft_total *sum, double *idle_w, const weft_total *part,
                             double part_idle_w);

/* The same of breakdowns, of one chip file, whose parts they share. What leaks while regions wait
 * stands in the last row. */
WEFT_API weft_status weft_cost_add(weft_cost *sum, weft_idle *idle, const weft_cost *part,
                                   const weft_idle *part_idle, weft_error *error) WEFT_NODISCARD;

/* Whether a total of several regions keeps the limits on power, its density and area that the chip's
 * file sets for all of it: WEFT_ERROR_INFEASIBLE with the reason. */
WEFT_API weft_status weft_total_check(const weft_priced *priced, const weft_total *total,
                                      weft_error *error) WEFT_NODISCARD;

/* How a figure comes about: from the total down to constants with their sources, each row with its
 * equation. `depth` indents: a row explains the nearest row above it that is one less deep. */
typedef struct weft_explained {
    int32_t depth;
    char name[96]; /* "macro.adc energy", "conversions", "FOM_f" */
    double value;
    char unit[16];      /* "J", "1", "" where the row is text alone */
    char equation[256]; /* "conversions x energy a conversion" */
    char source[256];   /* "" where it follows from the rows below */
} weft_explained;

typedef struct weft_explanation {
    int32_t n;
    weft_explained *rows;
} weft_explanation;

/* Explains the energy, latency and area of one part (its token; NULL: all) on one layer (its row in
 * weft_cost; -1: the sum of all). WEFT_ERROR_USAGE for a part or layer that is not there, with the
 * nearest one. */
WEFT_API weft_status weft_explain(const weft_chip *chip, weft_workload *workload, const char *part,
                                  int32_t layer, weft_explanation **explanation,
                                  weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_explanation_destroy(weft_explanation *explanation);

/* ---- figures of a cost by name ----------------------------------------------------------------
 * energy_j, latency_s, interval_s, area_mm2, power_w, peak_power_w, tops, tops_w, tops_mm2,
 * edap_j_s_mm2, macs, cycles, utilisation, max_utilisation of the whole; mean_tops, mean_tops_w,
 * mean_tops_mm2, the mean over layers of each layer's own; energy_by.PART, latency_by.PART,
 * area_by.PART, and tops_w_by.PART, tops_mm2_by.PART: operations per joule, and per second and mm2,
 * of these parts alone. Several parts are joined by '+'. WEFT_ERROR_USAGE with the nearest name. */
WEFT_API weft_status weft_cost_figure(const weft_cost *cost, const char *name, double *value,
                                      weft_error *error) WEFT_NODISCARD;

/* ---- published figures -------------------------------------------------------------------------
 * A set of published points, worked out with the chips that they are about: a file of
 * share/weft/validation (docs/reference/validation-file.md). */

/* What a figure measures: joules and what is per joule, areas and what is per area, times. */
#define WEFT_MEASURE_MAP(X)                                                                        \
    X(WEFT_MEASURE_ENERGY, "energy")                                                               \
    X(WEFT_MEASURE_AREA, "area")                                                                   \
    X(WEFT_MEASURE_TIME, "time")                                                                   \
    X(WEFT_MEASURE_OTHER, "other")

typedef enum weft_measure {
#define WEFT_MEASURE_ENUM(name, token) name,
    WEFT_MEASURE_MAP(WEFT_MEASURE_ENUM)
#undef WEFT_MEASURE_ENUM
        WEFT_MEASURE_COUNT
} weft_measure;

WEFT_API const char *weft_measure_token(weft_measure measure);

typedef struct weft_validation_point {
    char what[128], unit[24];
    char source[64];  /* of the published figure, where it is not the set's: "Fig. 11" */
    char fitted[160]; /* what of the model was taken from this figure, so that it is no test; "" */
    weft_measure measure;
    double published;
    double reference; /* another estimator's figure; NaN: none */
    double model;     /* NaN where the chip cannot do it */
    char reason[200]; /* why there is no model figure; "" otherwise */
} weft_validation_point;

typedef struct weft_validation {
    char name[64], text[256], source[256];
    double threshold; /* of the mean error; a share */
    int32_t n;
    weft_validation_point *points;
} weft_validation;

/* Reads a set by name or path and works out all points. A fault of the file, a path or figure that
 * its chip does not have included, is WEFT_ERROR_INPUT at its place. */
WEFT_API weft_status weft_validation_create(const char *name_or_path, weft_validation **validation,
                                            weft_error *error) WEFT_NODISCARD;
WEFT_API void weft_validation_destroy(weft_validation *validation);

/* Errors |model / published - 1|, or those of the reference, over the points of some kind. Points
 * without a model figure, and for the reference those without its, are left out. */
typedef struct weft_validation_select {
    bool of_reference;
    bool fitted_out;      /* without points that are no test */
    weft_measure measure; /* WEFT_MEASURE_COUNT: any */
} weft_validation_select;

typedef struct weft_validation_errors {
    int32_t n;
    double mean, worst; /* NaN for n = 0 */
} weft_validation_errors;

WEFT_API weft_validation_errors weft_validation_errors_of(const weft_validation *validation,
                                                          weft_validation_select select);

/* ---- costs in closed form ------------------------------------------------------------------------
 * Area, latency and energy as sums of features of a network's layers times coefficients, for searches of
 * microseconds a design; the coefficients are fitted to a chip's cost model or to measured figures.
 * docs/reference/flash.md has the equations. Features of layer i of K input values and M outputs a
 * group, G groups, V output positions, on crossbars of `rows` x `columns` cells, of which `arrays` make
 * a tile and a weight takes `slices`: */
#define WEFT_FORM_FEATURE_MAP(X)                                                                   \
    X(WEFT_FORM_ONE, "one")         /* 1 for a network */                                          \
    X(WEFT_FORM_TILES, "tiles")     /* ceil(arrays of the layer / arrays) */                       \
    X(WEFT_FORM_ARRAYS, "arrays")   /* ceil(K / rows) ceil(M slices / columns) */                  \
    X(WEFT_FORM_VECTORS, "vectors") /* V */                                                        \
    X(WEFT_FORM_READS, "reads")     /* V times arrays of the layer */                              \
    X(WEFT_FORM_BUSY, "busy")       /* V times tiles of the layer */                               \
    X(WEFT_FORM_WINDOWS, "windows") /* V G K */                                                    \
    X(WEFT_FORM_SUMS, "sums")       /* V G M ceil(K / rows) */                                     \
    X(WEFT_FORM_MACS, "macs")       /* V G K M */                                                  \
    X(WEFT_FORM_VOLUME, "volume")   /* elements of its input and output maps */                    \
    X(WEFT_FORM_HOPS, "hops")       /* elements of its output times hops to the next layer */      \
    X(WEFT_FORM_WAITS, "waits")     /* the same over the layer's tiles */

typedef enum weft_form_feature {
#define WEFT_FORM_ENUM(name, token) name,
    WEFT_FORM_FEATURE_MAP(WEFT_FORM_ENUM)
#undef WEFT_FORM_ENUM
        WEFT_FORM_FEATURES
} weft_form_feature;

WEFT_API const char *weft_form_feature_token(weft_form_feature feature);

/* What is told, once: token in files, unit. */
#define WEFT_FORM_MAP(X)                                                                           \
    X(WEFT_FORM_AREA, "area", "mm2")                                                               \
    X(WEFT_FORM_LATENCY, "latency", "s")                                                           \
    X(WEFT_FORM_ENERGY, "energy", "J")

typedef enum weft_form {
#define WEFT_FORM_ENUM(name, token, unit) name,
    WEFT_FORM_MAP(WEFT_FORM_ENUM)
#undef WEFT_FORM_ENUM
        WEFT_FORMS
} weft_form;

WEFT_API const char *weft_form_token(weft_form form);
WEFT_API const char *weft_form_unit(weft_form form);

/* Crossbars and tiles. */
typedef struct weft_form_geometry {
    int32_t rows, columns;
    int32_t slices; /* columns that a weight takes: ceil(bits of it / bits of a cell) */
    int32_t arrays; /* of a tile */
    int32_t tree;   /* children of a node of the tree of tiles; 0: a mesh */
} weft_form_geometry;

/* A layer of products as features see it; fractions where a search is relaxed. */
typedef struct weft_form_layer {
    double rows, outputs, groups; /* K, M, G */
    double positions;             /* V */
    double inputs, results;       /* elements of its maps */
    double share;                 /* of a layer that is there in part, else 1 */
} weft_form_layer;

/* Sums the features of n layers in their order. `relaxed`: without rounding up, so that they change
 * steadily with the sizes. */
WEFT_API void weft_form_sum(const weft_form_geometry *geometry, const weft_form_layer *layers,
                            int n, bool relaxed, double features[WEFT_FORM_FEATURES]);

/* The same of a network's layers of products. WEFT_ERROR_INPUT: it has none, or products of two
 * activations, which closed forms do not know. */
WEFT_API weft_status weft_form_features(const weft_form_geometry *geometry,
                                        const weft_network *network,
                                        double features[WEFT_FORM_FEATURES],
                                        weft_error *error) WEFT_NODISCARD;

/* Of a hierarchical chip: `rows`, `columns`, `arrays` and `cell_bits` among its values, bits of its
 * weights and its interconnect. WEFT_ERROR_INPUT where it lacks one. */
WEFT_API weft_status weft_form_geometry_of(const weft_chip *chip, weft_form_geometry *geometry,
                                           weft_error *error) WEFT_NODISCARD;

/* What the cost model says of a network on the chip with as many tiles (`tile.tiles`) as its layers
 * take when none shares one: features[WEFT_FORM_TILES]. WEFT_ERROR_INFEASIBLE as weft_estimate. */
WEFT_API weft_status weft_form_measure(const weft_chip *chip, const weft_form_geometry *geometry,
                                       const weft_network *network, double figures[WEFT_FORMS],
                                       weft_error *error) WEFT_NODISCARD;

enum { WEFT_FORM_NAME = 64, WEFT_FORM_TEXT = 512 };

/* Figures = coefficients . features; errors are |told / figure - 1|. */
typedef struct weft_forms {
    char name[WEFT_FORM_NAME];
    char chip[WEFT_FORM_NAME]; /* whose cost model it was fitted to; "": measured figures */
    char source[WEFT_FORM_TEXT];
    weft_form_geometry geometry;
    double coefficients[WEFT_FORMS][WEFT_FORM_FEATURES];
    int n, held; /* networks fitted to and held out */
    double fitted_mean[WEFT_FORMS];
    double held_mean[WEFT_FORMS], held_worst[WEFT_FORMS]; /* NaN where none is held out */
} weft_forms;

/* Fits coefficients that are not negative to the first n rows of features (n + held,
 * WEFT_FORM_FEATURES) and figures (n + held, WEFT_FORMS), least squares of relative errors (Lawson and
 * Hanson, Solving Least Squares Problems, 1974, chapter 23), and tells the errors on both parts. A figure of
 * which all rows are NaN is not fitted (coefficients 0). WEFT_ERROR_INPUT names the row: figures that are
 * not above 0, of which some are NaN, that are all equal; fewer rows than features that differ. Fills
 * coefficients, counts and errors of *forms alone. */
WEFT_API weft_status weft_forms_fit(const double *features, const double *figures, int n, int held,
                                    weft_forms *forms, weft_error *error) WEFT_NODISCARD;

/* All three, of features. */
WEFT_API void weft_forms_tell(const weft_forms *forms, const double features[WEFT_FORM_FEATURES],
                              double figures[WEFT_FORMS]);

/* A file of share/weft/forms by name, or a path; and back. */
WEFT_API weft_status weft_forms_read(const char *name_or_path, weft_forms *forms,
                                     weft_error *error) WEFT_NODISCARD;
WEFT_API weft_status weft_forms_parse(const char *text, size_t length, const char *name,
                                      weft_forms *forms, weft_error *error) WEFT_NODISCARD;
WEFT_API weft_status weft_forms_write(const weft_forms *forms, const char *path,
                                      weft_error *error) WEFT_NODISCARD;

#endif
