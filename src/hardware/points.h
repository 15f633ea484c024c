/* SPDX-License-Identifier: Apache-2.0
 *
 * Published figures of whole networks on whole chips, and ours beside them.
 *
 * A points file is a table of tab- or comma-separated values with a heading. Columns, in any order,
 * others are ignored:
 *
 *   mem            RRAM or SRAM: chip neurosim-32nm-rram or neurosim-sram-<tech_nm>nm
 *   net            alexnet, resnet18, vgg16, mobilenet_v3, densenet201, vision_transformer,
 *                  mobilebert, resnet50, gpt2_medium: a layer table of that name, or our network
 *   V bits_per_cell cycle_s rows cols groups tiles macros glb_depth tech_nm   of the chip; V, bit,
 *                  s, nm
 *   E_J L_s A_cm2  energy, latency, area as published
 *
 * Source of format and points: the joint hardware-workload study (olgakrestinskaya/
 * JointHardwareWorkloadOptimizationIMC@aa7c1e4). */
#ifndef WEFT_HARDWARE_POINTS_H
#define WEFT_HARDWARE_POINTS_H

#include <weft/hardware.h>

/* What a point sets of its chip: column, parameter of the preset, factor to SI. */
#define WEFT_POINT_SETTING_MAP(X)                                                                  \
    X(WEFT_POINT_VOLTAGE, "V", "voltage", 1)                                                       \
    X(WEFT_POINT_CELL_BITS, "bits_per_cell", "cell_bits", 1)                                       \
    X(WEFT_POINT_CYCLE, "cycle_s", "base_cycle", 1)                                                \
    X(WEFT_POINT_ROWS, "rows", "rows", 1)                                                          \
    X(WEFT_POINT_COLUMNS, "cols", "columns", 1)                                                    \
    X(WEFT_POINT_GROUPS, "groups", "groups", 1)                                                    \
    X(WEFT_POINT_TILES, "tiles", "tiles", 1)                                                       \
    X(WEFT_POINT_MACROS, "macros", "macros", 1)                                                    \
    X(WEFT_POINT_GLB_DEPTH, "glb_depth", "glb_depth", 1)                                           \
    X(WEFT_POINT_NODE, "tech_nm", "node", 1e-9)

typedef enum weft_point_setting {
#define WEFT_POINT_SETTING_ENUM(name, column, parameter, factor) name,
    WEFT_POINT_SETTING_MAP(WEFT_POINT_SETTING_ENUM)
#undef WEFT_POINT_SETTING_ENUM
        WEFT_POINT_SETTING_COUNT
} weft_point_setting;

/* What is compared: column, factor to the unit of weft_total (J, s, mm2). */
#define WEFT_POINT_METRIC_MAP(X)                                                                   \
    X(WEFT_POINT_ENERGY, "energy", "E_J", 1)                                                       \
    X(WEFT_POINT_LATENCY, "latency", "L_s", 1)                                                     \
    X(WEFT_POINT_AREA, "area", "A_cm2", 100)

typedef enum weft_point_metric {
#define WEFT_POINT_METRIC_ENUM(name, token, column, factor) name,
    WEFT_POINT_METRIC_MAP(WEFT_POINT_METRIC_ENUM)
#undef WEFT_POINT_METRIC_ENUM
        WEFT_POINT_METRIC_COUNT
} weft_point_metric;

enum { WEFT_POINT_NAME = 32 };

typedef struct weft_point {
    int line; /* of its file */
    char memory[WEFT_POINT_NAME], network[WEFT_POINT_NAME];
    double setting[WEFT_POINT_SETTING_COUNT]; /* SI */
    double theirs[WEFT_POINT_METRIC_COUNT];   /* J, s, mm2 */
    double ours[WEFT_POINT_METRIC_COUNT];     /* NaN: refused, or not worked out */
} weft_point;

/* Reads a points file; `*points` is to be freed. WEFT_ERROR_INPUT at the line and place of what is
 * missing or no number. */
weft_status weft_points_read(const char *path, weft_point **points, int *n,
                             weft_error *error) WEFT_NODISCARD;

/* Errors |ours / theirs - 1| and the order of a metric over the rows of a group. */
typedef struct weft_point_statistics {
    double median, p90, worst;
    double within;   /* share of rows within 5 % */
    double spearman; /* rank correlation; NaN where a side does not vary */
} weft_point_statistics;

typedef struct weft_point_group {
    char memory[WEFT_POINT_NAME], network[WEFT_POINT_NAME]; /* "": all of them */
    double node;                                            /* m; 0: all */
    int n;
    double exact_cycles; /* share of rows with the same number of cycles */
    weft_point_statistics metrics[WEFT_POINT_METRIC_COUNT];
} weft_point_group;

/* Where the layers of a network came from. */
typedef struct weft_point_source {
    char network[WEFT_POINT_NAME];
    char source[1024]; /* path of a layer table, or the name of a network of ours */
    bool ours;         /* its operands have no histograms */
} weft_point_source;

typedef struct weft_points_report {
    int n; /* points worked out */
    weft_point *points;
    int n_refused;     /* points that the model refuses; in no statistic */
    char refusal[640]; /* of the first of them */
    int n_groups;
    weft_point_group *groups; /* all; each memory and network; each memory and node */
    int n_sources;
    weft_point_source *sources;
} weft_points_report;

/* Works out every `every`-th point of a file. `workloads` is the folder of layer tables NET.csv;
 * NULL: `workloads` beside the file or beside its folder; where a network has no table there, ours
 * of its name is taken. WEFT_STOPPED when `stop` asks. The report is the caller's. */
weft_status weft_points_validate(const char *path, const char *workloads, int every,
                                 const weft_stop *stop, weft_points_report **report,
                                 weft_error *error) WEFT_NODISCARD;
void weft_points_report_destroy(weft_points_report *report);

/* Fills the groups of a report from its points. */
weft_status weft_points_group(weft_points_report *report, weft_error *error) WEFT_NODISCARD;

#endif
