/* SPDX-License-Identifier: Apache-2.0
 *
 * How energy and area of logic go from one node to another. Nodes are in m.
 *
 * Source: A. Stillmaker, B. Baas, Integration 58 (2017) 74: energy of a gate as a polynomial of the
 * supply at 130, 90, 65, 45, 32, 20, 16, 14, 10 and 7 nm, taken at 0.8 V; area as a table from each
 * node to each. Between nodes linear in nm. Beyond 130 and 7 nm the table ends: accelergy-library-
 * plug-in went on linearly (energy) and with the square (area) until b3ed4aa, and with the root and
 * linearly after it. */
#ifndef WEFT_HARDWARE_NODE_SCALE_H
#define WEFT_HARDWARE_NODE_SCALE_H

typedef enum weft_node_beyond {
    WEFT_NODE_BEYOND_STEEP, /* energy ~ node, area ~ node^2 */
    WEFT_NODE_BEYOND_FLAT,  /* energy ~ sqrt(node), area ~ node */
} weft_node_beyond;

/* Factor from node `from` to node `to`; beyond the table as WEFT_NODE_BEYOND_STEEP. */
double weft_node_energy_scale(double from, double to);
double weft_node_area_scale(double from, double to);

/* The same with a law for what lies beyond the table. */
double weft_node_energy_scale_with(double from, double to, weft_node_beyond beyond);
double weft_node_area_scale_with(double from, double to, weft_node_beyond beyond);

#endif
