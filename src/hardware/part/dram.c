/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory outside the chip: energy by the bit, reads and writes alike; no area on the chip, no
 * leakage. An action moves `width` bits in width / bandwidth; its latency is hidden by the stream.
 *
 *            pJ/bit   GB/s  interface               energy from
 *   lpddr4      8     34.1  64 bit, 4266 MT/s       accelergy-cacti-plug-in@291018b
 *   lpddr      40      3.2  64 bit,  400 MT/s       K. T. Malladi et al., ISCA 2012
 *   ddr3       70     12.8  64 bit, 1600 MT/s       accelergy-cacti-plug-in@291018b
 *   ddr4       20.3   25.6  64 bit, 3200 MT/s       N. P. Jouppi et al., ISCA 2021
 *   gddr5      14     28.0  32 bit, 7000 MT/s       M. O'Connor et al., MICRO 2017
 *   hbm2        3.9  256.0  1024 bit, 2000 MT/s     M. O'Connor et al., MICRO 2017
 *   hmc         4.2  160.0  four links of 16 lanes  accelergy-cacti-plug-in@291018b
 *
 * DDR4 is 1300 pJ for 64 bit there. The bandwidths are peaks of the interface, by its standard. The
 * energies of one kind differ by a factor of two and more between sources and uses (row hits):
 * `bit_energy` overrides the table. */
#include "hardware/part.h"

enum { TYPE, WIDTH, ENERGY, BANDWIDTH };

static const char *const TYPES[] = {"lpddr4", "lpddr", "ddr3", "ddr4",
                                    "gddr5",  "hbm2",  "hmc",  NULL};

static const struct {
    double energy_pj; /* a bit */
    double bandwidth; /* GB/s */
} MEMORIES[] = {
    {8, 34.128}, {40, 3.2}, {70, 12.8}, {1300.0 / 64, 25.6}, {14, 28}, {3.9, 256}, {4.2, 160},
};

static const weft_part_field FIELDS[] = {
    {"type", WEFT_DIMENSION_NONE, 0, 0, 6, 0, 6, TYPES, "kind of memory"},
    {"width", WEFT_DIMENSION_DATA, 128, 1, 1 << 20, 8, 4096, NULL, "bits of an access"},
    {"bit_energy", WEFT_DIMENSION_ENERGY, 0, 0, 1e-9, 0, 100e-12, NULL,
     "energy of a bit; 0: of the table"},
    {"bandwidth", WEFT_DIMENSION_BANDWIDTH, 0, 0, 1e15, 0, 1e13, NULL,
     "peak of the interface; 0: of the table"},
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    int type = (int)values[TYPE];
    double energy = values[ENERGY] > 0 ? values[ENERGY] : MEMORIES[type].energy_pj * 1e-12;
    double bandwidth = values[BANDWIDTH] > 0 ? values[BANDWIDTH] : MEMORIES[type].bandwidth * 8e9;
    weft_term(terms, "E_bit", "J", "table, or as given", energy);
    weft_term(terms, "bandwidth", "bit/s", "table, or as given", bandwidth);
    price->read_j[WEFT_STATISTIC_ONE] = price->write_j[WEFT_STATISTIC_ONE] = energy * values[WIDTH];
    price->read_s = price->write_s = values[WIDTH] / bandwidth;
}

const weft_part_class weft_part_dram = {
    .name = "dram",
    .text = "memory outside the chip",
    .equation = "energy = E_bit width; delay = width / bandwidth; no area, no leakage",
    .source = "accelergy-cacti-plug-in@291018b; Malladi, ISCA 2012; O'Connor, MICRO 2017; Jouppi, "
              "ISCA 2021",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
