/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of a chip whose layers work pixel by pixel (cost.c), once: name, token of the JSON, what
 * a person reads, and the level that it stands at. */
#ifndef WEFT_HARDWARE_COMPONENT_H
#define WEFT_HARDWARE_COMPONENT_H

#define WEFT_COMPONENT_MAP(X)                                                                      \
    X(WEFT_COMPONENT_CROSSBAR, "crossbar", "crossbar read", "pe")                                  \
    X(WEFT_COMPONENT_DAC, "dac", "DAC", "pe")                                                      \
    X(WEFT_COMPONENT_ADC, "adc", "ADC", "pe")                                                      \
    X(WEFT_COMPONENT_DEMUX, "input_demux", "input demultiplexers", "pe")                           \
    X(WEFT_COMPONENT_MUX, "output_mux", "output multiplexers", "pe")                               \
    X(WEFT_COMPONENT_REGISTER, "register", "registers", "pe")                                      \
    X(WEFT_COMPONENT_SHIFT, "shift", "shift registers", "pe")                                      \
    X(WEFT_COMPONENT_ADDER, "adder", "adders of the PEs", "pe")                                    \
    X(WEFT_COMPONENT_JOINT, "joint", "joint adders of the tiles", "tile")                          \
    X(WEFT_COMPONENT_BUFFER, "buffer", "buffers", "tile")                                          \
    X(WEFT_COMPONENT_POOLING, "pooling", "pooling units", "tile")                                  \
    X(WEFT_COMPONENT_LINK, "link", "links within and between tiles", "chip")                       \
    X(WEFT_COMPONENT_ACCUMULATOR, "accumulator", "global accumulator", "chip")                     \
    X(WEFT_COMPONENT_CONTROL, "control", "other digital", "tile")

enum {
#define WEFT_COMPONENT_ENUM(name, token, text, level) name,
    WEFT_COMPONENT_MAP(WEFT_COMPONENT_ENUM)
#undef WEFT_COMPONENT_ENUM
        WEFT_COMPONENT_COUNT
};

#endif
