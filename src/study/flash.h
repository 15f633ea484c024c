/* SPDX-License-Identifier: Apache-2.0
 *
 * A search without training from the inside: a design is some arithmetic. */
#ifndef WEFT_STUDY_FLASH_H
#define WEFT_STUDY_FLASH_H

#include <weft/study.h>

#include "base/expr.h"
#include "space/cells.h"

/* Layers of products that a network may have: 3 a block, blocks and cells as many as there may be. */
enum { WEFT_FLASH_MAX_LAYERS = WEFT_CELLS_MAX * (3 * WEFT_CELLS_MAX_DEPTH + 1) + 1 };

/* left <= right, as a margin that holds where it is not negative. */
typedef struct weft_flash_constraint {
    weft_expr *left, *right;
    bool early; /* of accuracy and degree alone, which are known before the costs */
} weft_flash_constraint;

struct weft_flash {
    char name[WEFT_PROBLEM_NAME];
    weft_space *space;
    weft_cells_binding binding;
    weft_theta theta;
    weft_theta_about theta_about;
    weft_forms forms;
    char score_text[WEFT_EXPRESSION];
    weft_expr *score;
    bool maximise;
    int n_constraints;
    char constraint_texts[WEFT_MAX_CONSTRAINTS][WEFT_EXPRESSION];
    weft_flash_constraint constraints[WEFT_MAX_CONSTRAINTS];
    int64_t points, starts; /* of SHGO, each stage */
    int64_t evaluations;    /* of whole numbers */
    double reach;           /* of the fine stage to either side, share of a gene's range */
};

/* The layers of products of a network of cells; degree by the way. Depths that are no whole numbers end
 * in a layer or block that is there in part. Returns how many layers. */
int weft_flash_layers(const weft_real_cells *cells, weft_form_layer layers[WEFT_FLASH_MAX_LAYERS],
                      double *degree);

/* All metrics of a genome; `relaxed`: its values may lie between those of the genes. `layers` is
 * scratch. */
void weft_flash_evaluate(const weft_flash *flash, const double *genome, bool relaxed,
                         weft_form_layer layers[WEFT_FLASH_MAX_LAYERS],
                         double metrics[WEFT_FLASH_METRICS]);

/* Likewise of whole numbers; false, and metrics that are not all there, where the constraints on accuracy
 * and degree alone are broken by more than `most`. */
bool weft_flash_evaluate_within(const weft_flash *flash, const double *genome, double most,
                                weft_form_layer layers[WEFT_FLASH_MAX_LAYERS],
                                double metrics[WEFT_FLASH_METRICS]);

/* The metric of each kind of costs. */
extern const weft_flash_metric weft_flash_metric_of[WEFT_FORMS];

/* Whether costs of a kind were fitted; else they are 0 in metrics. */
bool weft_flash_prices(const weft_flash *flash, weft_form form);

/* Sum of what the constraints are broken by, each relative to its right side. */
double weft_flash_violation(const weft_flash *flash, const double *metrics);

/* How far constraint i is from being broken, relative to its right side. */
double weft_flash_margin(const weft_flash *flash, int i, const double *metrics);

/* A design that is known by its genome: everything else of *design. Costs that were not fitted are NaN. */
void weft_flash_tell(const weft_flash *flash, weft_form_layer layers[WEFT_FLASH_MAX_LAYERS],
                     weft_flash_design *design);

#endif
