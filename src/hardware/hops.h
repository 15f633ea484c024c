/* SPDX-License-Identifier: Apache-2.0
 * The way of a word between tiles. */
#ifndef WEFT_HARDWARE_HOPS_H
#define WEFT_HARDWARE_HOPS_H

/* Hops between two tiles, which count from 0 (fractions: the middle of several): at least one. On a tree
 * of `children` a node, links up to the first node that both are below, and down again; with fewer than 2
 * on a mesh of `side` tiles in a row, which is filled row by row, back and forth. */
double weft_hops_between(double from, double to, double side, double children);

#endif
