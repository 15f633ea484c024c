/* SPDX-License-Identifier: Apache-2.0
 *
 * The law is that of accelergy-library-plug-in@b3ed4aa (scaling.py); node scaling is that of
 * Stillmaker and Baas (node_scale.h). The exponent of depth comes from the cache model there. */
#include "hardware/part/published.h"

#include "hardware/part/node_scale.h"

const char *const WEFT_NODE_SCALING_WORDS[] = {"linear", "mirrored", NULL};

/* The nodes of the table, nm; scaling.py there, get_technology_node_index. */
static const double TABLE_NM[] = {130, 90, 65, 45, 32, 20, 16, 14, 10, 7};

double weft_node_read(double node, weft_node_scaling scaling) {
    double nm = node * 1e9;
    for (int i = 0; scaling == WEFT_NODE_MIRRORED && i + 1 < WEFT_LENGTH(TABLE_NM); i++) {
        if (nm < TABLE_NM[i] * (1 - 1e-9) && nm > TABLE_NM[i + 1] * (1 + 1e-9)) {
            return (TABLE_NM[i] + TABLE_NM[i + 1] - nm) * 1e-9;
        }
    }
    return node;
}

static double ratio(double asked, double published) {
    return asked > 0 && published > 0 ? asked / published : 1;
}

/* A figure at its own node stays as it is: between the nodes of the table, the scale from one to
 * itself is not quite 1. */
static double node_scale(double (*scale)(double from, double to), double from,
                         const weft_asked *asked) {
    if (fabs(asked->node / from - 1) < 1e-9) {
        return 1;
    }
    return scale(weft_node_read(from, asked->scaling), weft_node_read(asked->node, asked->scaling));
}

void weft_published_price(const weft_published *published, const weft_asked *asked,
                          weft_terms *terms, weft_part_price *price) {
    double from = published->node * 1e-9;
    double width = weft_term(terms, "width", "1", "width / published width",
                             ratio(asked->width, published->width));
    double depth = weft_term(terms, "depth", "1", "depth / published depth",
                             ratio(asked->depth, published->depth));
    double volts = weft_term(terms, "voltage", "1", "voltage / published voltage",
                             ratio(asked->voltage, published->voltage));
    bool resolved = asked->resolution > 0 && published->resolution > 0;
    double levels = weft_term(terms, "levels", "1", "2^(resolution - published resolution)",
                              resolved ? exp2(asked->resolution - published->resolution) : 1);
    double energy_node = weft_term(terms, "node_energy", "1", "Stillmaker 2017, energy",
                                   node_scale(weft_node_energy_scale, from, asked));
    double area_node = weft_term(terms, "node_area", "1", "Stillmaker 2017, area",
                                 node_scale(weft_node_area_scale, from, asked));
    double energy = 1e-12 * energy_node * width * pow(depth, 0.78) * levels * volts * volts;
    price->read_j[WEFT_STATISTIC_ONE] = published->read_pj * energy;
    price->write_j[WEFT_STATISTIC_ONE] = published->write_pj * energy;
    price->leak_w = published->leak_w * energy_node * width * pow(depth, 0.78) * levels;
    price->area_m2 = published->area_um2 * 1e-12 * area_node * width * depth * levels;
}
