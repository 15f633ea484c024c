/* SPDX-License-Identifier: Apache-2.0
 *
 * Fixed points of the cache model: SRAM of one bank with one port, by node, width and depth. */
#ifndef WEFT_HARDWARE_SRAM_POINTS_H
#define WEFT_HARDWARE_SRAM_POINTS_H

enum {
    WEFT_SRAM_NODES = 5,   /* 22, 32, 45, 65, 90 nm */
    WEFT_SRAM_WIDTHS = 7,  /* 2^5 .. 2^11 bit */
    WEFT_SRAM_DEPTHS = 14, /* 2^6 .. 2^19 words */
    WEFT_SRAM_LEAST_WIDTH_LOG2 = 5,
    WEFT_SRAM_LEAST_DEPTH_LOG2 = 6,
};

typedef struct weft_sram_point {
    double read_pj, write_pj; /* energy of an access of all bits of a word */
    double leak_mw;
    double area_um2;
    double cycle_ns;  /* from one random access to the next */
    double access_ns; /* from address to data */
} weft_sram_point;

extern const double WEFT_SRAM_NODE_NM[WEFT_SRAM_NODES];
extern const weft_sram_point WEFT_SRAM_POINTS[WEFT_SRAM_NODES][WEFT_SRAM_WIDTHS][WEFT_SRAM_DEPTHS];

/* What a memory costs, in SI. */
typedef struct weft_sram_figures {
    double read_j, write_j, leak_w, area_m2, cycle_s, access_s;
} weft_sram_figures;

/* Figures of a memory of `depth` words of `width` bits at `node` m; sram.c states the law. */
weft_sram_figures weft_sram_at(double node, double width, double depth);

/* Notes where the law leaves the points: the three dimensions' ends. */
void weft_sram_note(double node, double width, double depth, char *text, int size);

#endif
