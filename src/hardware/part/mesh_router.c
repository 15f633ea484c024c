/* SPDX-License-Identifier: Apache-2.0
 *
 * One hop of a mesh: a router and the link to the next one, for a flit of `width` bits.
 *   E = width (E_router + toggle c l V^2), E_router = 20.74 pJ / 256 at 32 nm by node
 *   delay = (pipeline + 1) cycle: the stages of the router and the link
 *   A = 150000 um2 width / 256 at 32 nm by node; the link lies above other parts
 * `toggle` is the share of wires that charge: 1/4 for random data, where half the wires change and
 * half of these rise. No congestion: the engine's traffic decides how many hops are paid.
 *
 * Source: router of ISAAC (A. Shafiee et al., ISCA 2016, from Orion 2.0), as tabled in
 * accelergy-library-plug-in@b3ed4aa; c = 2e-10 F/m as in wire.c; stages (route, allocate, switch,
 * traverse) after W. J. Dally, B. Towles, Principles and Practices of Interconnection Networks
 * (2004), chapter 16. */
#include "hardware/part/published.h"

enum { NODE, WIDTH, VOLTAGE, LENGTH, TOGGLE, CAPACITANCE, PIPELINE, CYCLE };

static const weft_published ROUTER = {
    .node = 32, .read_pj = 20.74, .write_pj = 20.74, .area_um2 = 150000, .width = 256};

static const weft_part_field FIELDS[] = {
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"width", WEFT_DIMENSION_DATA, 256, 1, 1 << 20, 8, 2048, NULL, "bits of a flit"},
    {"voltage", WEFT_DIMENSION_VOLTAGE, NAN, 0.05, 5, 0.4, 1.8, NULL, "supply of the link"},
    {"hop_length", WEFT_DIMENSION_LENGTH, 1e-3, 0, 1, 0, 0.02, NULL, "from router to router"},
    {"toggle", WEFT_DIMENSION_NONE, 0.25, 0, 1, 0, 0.5, NULL, "share of wires that charge"},
    {"wire_capacitance", WEFT_DIMENSION_NONE, 2e-10, 0, 1e-6, 1e-10, 5e-10, NULL, "F/m"},
    {"pipeline", WEFT_DIMENSION_NONE, 4, 0, 64, 1, 6, NULL, "stages of the router"},
    {"cycle", WEFT_DIMENSION_TIME, 1e-9, 0, 1, 0.1e-9, 1e-6, NULL, "clock of the mesh"},
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    weft_asked asked = {.node = values[NODE], .width = values[WIDTH]};
    weft_published_price(&ROUTER, &asked, terms, price);
    double volts = values[VOLTAGE];
    double wire = values[CAPACITANCE] * values[LENGTH] * volts * volts;
    double link = weft_term(terms, "E_link", "J", "width toggle c l V^2",
                            values[WIDTH] * values[TOGGLE] * wire);
    price->read_j[WEFT_STATISTIC_ONE] += link;
    price->write_j[WEFT_STATISTIC_ONE] = price->read_j[WEFT_STATISTIC_ONE];
    weft_term(terms, "E_bit_hop", "J", "energy of a bit and hop",
              price->read_j[WEFT_STATISTIC_ONE] / values[WIDTH]);
    price->read_s = price->write_s = (values[PIPELINE] + 1) * values[CYCLE];
}

const weft_part_class weft_part_mesh_router = {
    .name = "mesh-router",
    .text = "one hop of a mesh: router and link",
    .equation = "E = width (20.74 pJ / 256 x node + toggle c l V^2); delay = (pipeline + 1) cycle\n"
                "A = 150000 um2 x node x width / 256",
    .source = "ISAAC 2016 (accelergy-library-plug-in@b3ed4aa); NeuroSim V1.3 (wire); Dally 2004",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
