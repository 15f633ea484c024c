/* SPDX-License-Identifier: Apache-2.0
 *
 * Digital circuits: registers, shifters, adders, (de)multiplexers.
 *
 *   A, P at a node      = A, P at the reference node x (node / reference node)^2
 *   multiplexer, w ways = T g^(ceil(log2 w) - 1) transistors of K node^2 each (T = 8 for two ways,
 *                         g = 3, K = 10 in MNSIM 2.0, PE.py)
 *   its delay           = (2 + floor(log8 w)) stages (PE_latency.py)
 *   adders over g groups of a PE: each level halves them, an odd one passes
 *   joint modules over n PEs: an H-tree (Tile.py) */
#include "hardware/parts.h"
#include "hardware/quantum.h"

#include <math.h>

static double scale(const weft_circuit *circuit) {
    double ratio = circuit->node.value / circuit->reference_node.value;
    return ratio * ratio;
}

double weft_circuit_area(const weft_circuit *circuit) {
    return circuit->area.value * scale(circuit);
}

double weft_circuit_power(const weft_circuit *circuit) {
    return circuit->power.value * scale(circuit);
}

int32_t weft_levels(int64_t x) {
    int32_t n = 0;
    while (((int64_t)1 << n) < x) {
        n++;
    }
    return n;
}

static double transistors(const weft_chip *chip, int64_t ways) {
    int32_t levels = weft_levels(ways);
    return chip->multiplexer.transistors.value *
           pow(chip->multiplexer.growth.value, levels > 1 ? levels - 1 : 0);
}

double weft_multiplexer_area(const weft_chip *chip, int64_t ways) {
    double side = chip->multiplexer.node.value;
    return transistors(chip, ways) * chip->multiplexer.transistor_area.value * side * side;
}

double weft_multiplexer_power(const weft_chip *chip, int64_t ways) {
    return transistors(chip, ways) * chip->multiplexer.transistor_power.value;
}

int64_t weft_multiplexer_time(double stage_seconds, int64_t ways) {
    int32_t stages = 2;
    for (int64_t rest = ways / 8; rest > 0; rest /= 8) {
        stages++;
    }
    return weft_time_times(stages, weft_time_quanta(stage_seconds));
}

int64_t weft_adders_of_groups(int64_t groups) {
    int64_t adders = 0;
    for (int64_t left = groups; left > 1; left = left / 2 + left % 2) {
        adders += left / 2;
    }
    return adders;
}

int64_t weft_joints_of_tile(int64_t pes) {
    int64_t joints = 0;
    for (int64_t left = pes; left > 1; left /= 2) {
        joints += left / 2 + left % 2;
    }
    return joints;
}
