/* SPDX-License-Identifier: Apache-2.0
 *
 * A unit that works on one element an action: activation, pooling, element-wise operation,
 * normalisation, softmax. Each is so many operations on words of w bits:
 *
 *                 adds   compares  multiplies  look-ups
 *   relu                 1
 *   relu6                2
 *   hswish        1      2         2                      x min(max(x + 3, 0), 6) (1/6)
 *   gelu          1                1           1          table of 256 words, linear between
 *   max-pool             n - 1                            n = window, an action gives one element
 *   average-pool  n - 1            1
 *   add           1
 *   multiply                       1
 *   scale         1                1                      scale and shift of a batch norm
 *   layer-norm    4                3                      mean, variance, centre, scale, shift
 *   softmax       2      1         1           1          maximum, exponent by table, sum, scale
 *
 * and two registers of w bits. An add is 0.21 pJ w / 32 and 278 um2 w / 32, a compare 0.02947 pJ w
 * / 32 and 71 um2 w / 32, a multiply 12.68 pJ (w / 32)^2 and 6350 um2 (w / 32)^2, a register bit
 * 0.009 pJ and 5.98 um2, all at 45 nm, by node; a look-up reads an SRAM of 256 words of w bits
 * (sram.c). Leakage alike. A unit takes an element each `element_time`.
 *
 * Source: Y. S. Shao et al., ISCA 2014 (Aladdin), as tabled in accelergy-library-plug-in@b3ed4aa;
 * the counts are ours, from the definitions of the functions. */
#include "hardware/part.h"
#include "hardware/part/node_scale.h"
#include "hardware/part/sram_points.h"

enum { FUNCTION, NODE, WIDTH, WINDOW, ELEMENT_TIME };
enum { MAX_POOL = 4, AVERAGE_POOL = 5 };

static const char *const FUNCTIONS[] = {"relu",     "relu6",        "hswish",  "gelu",
                                        "max-pool", "average-pool", "add",     "multiply",
                                        "scale",    "layer-norm",   "softmax", NULL};

static const struct {
    double adds, compares, multiplies, lookups;
} COUNTS[] = {
    {0, 1, 0, 0}, {0, 2, 0, 0}, {1, 2, 2, 0}, {1, 0, 1, 1}, {0, 0, 0, 0}, {0, 0, 1, 0},
    {1, 0, 0, 0}, {0, 0, 1, 0}, {1, 0, 1, 0}, {4, 0, 3, 0}, {2, 1, 1, 1},
};

static const weft_part_field FIELDS[] = {
    {"function", WEFT_DIMENSION_NONE, 0, 0, 10, 0, 10, FUNCTIONS, "what it computes"},
    {"node", WEFT_DIMENSION_LENGTH, NAN, 3e-9, 500e-9, 7e-9, 130e-9, NULL, "technology node"},
    {"width", WEFT_DIMENSION_DATA, 8, 1, 1024, 2, 64, NULL, "bits of an element"},
    {"window", WEFT_DIMENSION_NONE, 4, 1, 1e6, 1, 4096, NULL, "elements of a pool"},
    {"element_time", WEFT_DIMENSION_TIME, 0, 0, 1, 0, 1e-6, NULL,
     "time of an element in a unit; 0: hidden"},
};

#define TABLE_WORDS 256

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    int function = (int)values[FUNCTION];
    double width = values[WIDTH];
    double words = width / 32;
    double others = fmax(values[WINDOW] - 1, 0);
    double adds = weft_term(terms, "adds", "1", "an element",
                            COUNTS[function].adds + (function == AVERAGE_POOL ? others : 0));
    double compares = weft_term(terms, "compares", "1", "an element",
                                COUNTS[function].compares + (function == MAX_POOL ? others : 0));
    double multiplies =
        weft_term(terms, "multiplies", "1", "an element", COUNTS[function].multiplies);
    double lookups = weft_term(terms, "lookups", "1", "an element", COUNTS[function].lookups);
    double energy = weft_node_energy_scale(45e-9, values[NODE]);
    double area = weft_node_area_scale(45e-9, values[NODE]);
    weft_sram_figures table = weft_sram_at(values[NODE], width, TABLE_WORDS);
    double pj = adds * 0.21 * words + compares * 0.02947 * words +
                multiplies * 12.68 * words * words + 2 * width * 0.009;
    double um2 = adds * 278 * words + compares * 71 * words + multiplies * 6350 * words * words +
                 2 * width * 5.98;
    double uw = adds * 2.4 * words + compares * 0.0251 * words + multiplies * 80 * words * words;
    price->read_j[WEFT_STATISTIC_ONE] =
        weft_term(terms, "E_logic", "J", "adds, compares, multiplies, registers",
                  pj * 1e-12 * energy) +
        weft_term(terms, "E_table", "J", "look-ups", lookups * table.read_j);
    price->read_s = values[ELEMENT_TIME];
    price->area_m2 = um2 * 1e-12 * area + lookups * table.area_m2;
    price->leak_w = uw * 1e-6 * energy + lookups * table.leak_w;
}

const weft_part_class weft_part_digital_unit = {
    .name = "digital-unit",
    .text = "activation, pooling, element-wise operation, normalisation or softmax",
    .equation =
        "E = (adds 0.21 + compares 0.02947) w / 32 + multiplies 12.68 (w / 32)^2 + 2 w 0.009 pJ\n"
        "  at 45 nm by node, + look-ups in an SRAM of 256 words; area and leakage alike",
    .source = "Aladdin, ISCA 2014 (accelergy-library-plug-in@b3ed4aa); counts from the definitions",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
