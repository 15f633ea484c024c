/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/descriptions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Values of all rows: 1 GiB. */
static const size_t MOST_VALUES = (size_t)1 << 28;

void weft_descriptions_free(weft_descriptions *features) {
    free(features->x);
    free(features->known);
    for (int r = 0; r < features->n_rules; r++) {
        free(features->rules[r].codes);
    }
    *features = (weft_descriptions){0};
}

int weft_descriptions_group(weft_descriptions *features, int width, bool standardised) {
    int group = features->n_groups++;
    features->groups[group] = (weft_feature_group){features->width, width, standardised};
    features->width += width;
    return group;
}

weft_status weft_descriptions_rows(weft_descriptions *features, weft_error *error) {
    size_t size = (size_t)features->n * (size_t)features->width;
    if (size > MOST_VALUES) {
        return weft_fail(
            error, WEFT_ERROR_INPUT,
            "%d architectures with %d features each are more than can be adapted: take "
            "a sample of them",
            features->n, features->width);
    }
    features->x = calloc(size + 1, sizeof *features->x);
    return features->x != NULL ? WEFT_OK : weft_fail_memory(error, size * sizeof *features->x);
}

static int count_known(const weft_descriptions *f) {
    int known = 0;
    for (int i = 0; i < f->n; i++) {
        known += f->known[i];
    }
    return known;
}

/* Centres each column over the known rows; returns the sum of its squares per row. */
static double centre(weft_descriptions *f, int column, int known, bool standardised) {
    double mean = 0.0, square = 0.0;
    size_t width = (size_t)f->width;
    float *x = f->x + column;
    for (int i = 0; i < f->n; i++) {
        mean += f->known[i] ? (double)x[(size_t)i * width] / known : 0.0;
    }
    for (int i = 0; i < f->n; i++) {
        double off = (double)x[(size_t)i * width] - mean;
        square += f->known[i] ? off * off / known : 0.0;
    }
    double scale = !standardised ? 1.0 : square > 1e-18 ? 1.0 / sqrt(square) : 0.0;
    for (int i = 0; i < f->n; i++) {
        x[(size_t)i * width] = f->known[i] ? (float)(((double)x[(size_t)i * width] - mean) * scale)
                                           : 0.0F;
    }
    return square * scale * scale;
}

static void normalise(weft_descriptions *f) {
    int known = count_known(f);
    for (int g = 0; g < f->n_groups; g++) {
        const weft_feature_group *group = &f->groups[g];
        double norm = 0.0;
        for (int c = group->begin; c < group->begin + group->width; c++) {
            norm += centre(f, c, known, group->standardised);
        }
        float scale = norm > 1e-18 ? (float)(1.0 / sqrt(norm)) : 0.0F;
        for (int i = 0; i < f->n; i++) {
            float *row = f->x + (size_t)i * (size_t)f->width;
            for (int c = group->begin; c < group->begin + group->width; c++) {
                row[c] *= scale;
            }
        }
    }
}

/* The proxy and its logarithm; centred before they become floats. */
static void fill_proxy(weft_descriptions *f, const double *proxy) {
    double mean[2] = {0.0};
    int known = count_known(f);
    bool positive = true;
    for (int i = 0; i < f->n; i++) {
        positive = positive && (!f->known[i] || proxy[i] > 0.0);
    }
    for (int i = 0; i < f->n; i++) {
        mean[0] += f->known[i] ? proxy[i] / known : 0.0;
        mean[1] += f->known[i] && positive ? log(proxy[i]) / known : 0.0;
    }
    for (int i = 0; i < f->n; i++) {
        float *row = f->x + (size_t)i * (size_t)f->width;
        if (f->known[i]) {
            row[WEFT_GROUP_PROXY] =
                (float)((proxy[i] - mean[0]) / fabs(mean[0] == 0.0 ? 1.0 : mean[0]));
            row[WEFT_GROUP_LOG_PROXY] = positive ? (float)(log(proxy[i]) - mean[1])
                                                 : row[WEFT_GROUP_PROXY];
        }
    }
}

weft_status weft_descriptions_create(const weft_onehot *onehot, const double *proxy,
                                     weft_descriptions *features, weft_error *error) {
    const weft_device_table *table = onehot->table;
    weft_descriptions made = {.n = table->n, .n_positions = table->code.n_positions};
    made.known = calloc((size_t)table->n + 1, sizeof *made.known);
    if (made.known == NULL) {
        return weft_fail_memory(error, (size_t)table->n);
    }
    for (int i = 0; i < table->n; i++) {
        made.known[i] = !isnan(proxy[i]);
    }
    weft_descriptions_group(&made, 1, true);
    weft_descriptions_group(&made, 1, true);
    weft_status status = table->code.kind == WEFT_SPACE_CELL
                             ? weft_descriptions_cell(onehot, &made, error)
                             : weft_descriptions_chain(onehot, proxy, &made, error);
    if (status != WEFT_OK) {
        weft_descriptions_free(&made);
        return status;
    }
    fill_proxy(&made, proxy);
    normalise(&made);
    *features = made;
    return WEFT_OK;
}
