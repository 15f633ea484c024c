/* SPDX-License-Identifier: Apache-2.0
 *
 * The classes around the array: converters, memories, networks, digital units; a row each, in the
 * order of the reference. */
#ifndef WEFT_HARDWARE_PERIPHERY_PARTS_H
#define WEFT_HARDWARE_PERIPHERY_PARTS_H

#define WEFT_PERIPHERY_PART_MAP(X)                                                                 \
    X(weft_part_adc)                                                                               \
    X(weft_part_sense_adc)                                                                         \
    X(weft_part_dac)                                                                               \
    X(weft_part_dac_pulse)                                                                         \
    X(weft_part_dac_r2r)                                                                           \
    X(weft_part_dac_c2c)                                                                           \
    X(weft_part_capacitor)                                                                         \
    X(weft_part_capacitive_multiplier)                                                             \
    X(weft_part_wire)                                                                              \
    X(weft_part_sense_amplifier)                                                                   \
    X(weft_part_analog_adder)                                                                      \
    X(weft_part_integrator)                                                                        \
    X(weft_part_sample_hold)                                                                       \
    X(weft_part_psub_buffer)                                                                       \
    X(weft_part_sram)                                                                              \
    X(weft_part_smart_buffer)                                                                      \
    X(weft_part_edram)                                                                             \
    X(weft_part_memory)                                                                            \
    X(weft_part_dram)                                                                              \
    X(weft_part_register_file)                                                                     \
    X(weft_part_router)                                                                            \
    X(weft_part_mesh_router)                                                                       \
    X(weft_part_bus)                                                                               \
    X(weft_part_link)                                                                              \
    X(weft_part_chip_io)                                                                           \
    X(weft_part_multiplier)                                                                        \
    X(weft_part_comparator)                                                                        \
    X(weft_part_counter)                                                                           \
    X(weft_part_datapath)                                                                          \
    X(weft_part_digital_unit)                                                                      \
    X(weft_part_clock_tree)                                                                        \
    X(weft_part_gates)                                                                             \
    X(weft_part_gate_tree)                                                                         \
    X(weft_part_gate_accumulator)                                                                  \
    X(weft_part_line_load)                                                                         \
    X(weft_part_fixed)

#endif
