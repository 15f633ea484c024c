/* SPDX-License-Identifier: Apache-2.0
 *
 * A memory of which everything is published: size, ports and the energy of an access of its full
 * width. `per` says what has one of its own in the accounting `dataflow` (hardware/dataflow.h): the
 * whole array, each row, each column or each cell; `least` is the least that an access moves, at that
 * share of the energy. Other accountings read width and energies alone, an access moving `word` bits.
 * Source: the memory levels of zigzag@3d12a96 (zigzag/hardware/architecture/memory_instance.py). */
#include "hardware/dataflow.h"
#include "hardware/part.h"

enum { SIZE, READ_ENERGY, WRITE_ENERGY, LEAST, WIDTH, PORTS, PER, AREA, LEAKAGE };

static const char *const PORT_WORDS[] = {
#define WORD(name, token) token,
    WEFT_FLOW_PORTS_MAP(WORD) NULL,
};

static const char *const PER_WORDS[] = {
    WEFT_FLOW_PER_MAP(WORD)
#undef WORD
        NULL,
};

static const weft_part_field FIELDS[] = {
    {"size", WEFT_DIMENSION_DATA, NAN, 1, 1e18, 1, 1e13, NULL, "bits that it holds"},
    {"read_energy", WEFT_DIMENSION_ENERGY, 0, 0, 1e-3, 0, 1e-6, NULL, "a read of the full width"},
    {"write_energy", WEFT_DIMENSION_ENERGY, 0, 0, 1e-3, 0, 1e-6, NULL, "a write of the full width"},
    {"least", WEFT_DIMENSION_DATA, NAN, 1, 1 << 20, 1, 4096, NULL, "least that an access moves"},
    {"width", WEFT_DIMENSION_DATA, NAN, 1, 1 << 20, 1, 4096, NULL, "most that an access moves"},
    {"ports", WEFT_DIMENSION_NONE, WEFT_FLOW_PORTS_TWO, 0, 2, 0, 2, PORT_WORDS,
     "one for all, one to read and one to write, or one for each of the four ways"},
    {"per", WEFT_DIMENSION_NONE, WEFT_FLOW_PER_ARRAY, 0, 3, 0, 3, PER_WORDS, "what has one"},
    {"area", WEFT_DIMENSION_AREA, 0, 0, 1e-2, 0, 1e-3, NULL, "area of an instance"},
    {"leakage", WEFT_DIMENSION_POWER, 0, 0, 1e3, 0, 10, NULL, "leakage of an instance"},
};

static void price(const double *values, weft_terms *terms, weft_part_price *price) {
    (void)terms;
    price->read_j[WEFT_STATISTIC_ONE] = values[READ_ENERGY];
    price->write_j[WEFT_STATISTIC_ONE] = values[WRITE_ENERGY];
    price->area_m2 = values[AREA];
    price->leak_w = values[LEAKAGE];
}

const weft_part_class weft_part_memory = {
    .name = "memory",
    .text = "a memory with published figures and ports",
    .equation = "energy, area and leakage as given",
    .source = "the sources of its fields",
    .fields = FIELDS,
    .n_fields = WEFT_LENGTH(FIELDS),
    .price = price,
};
