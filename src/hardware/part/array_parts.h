/* SPDX-License-Identifier: Apache-2.0
 *
 * The classes of the array and of its logic: a row each, in the order of the reference. */
#ifndef WEFT_HARDWARE_ARRAY_PARTS_H
#define WEFT_HARDWARE_ARRAY_PARTS_H

#define WEFT_ARRAY_PART_MAP(X)                                                                     \
    X(weft_part_rram_cell)                                                                         \
    X(weft_part_pcm_cell)                                                                          \
    X(weft_part_mram_cell)                                                                         \
    X(weft_part_fefet_cell)                                                                        \
    X(weft_part_eflash_cell)                                                                       \
    X(weft_part_sram_cell)                                                                         \
    X(weft_part_capacitor_cell)                                                                    \
    X(weft_part_digital_cell)                                                                      \
    X(weft_part_row_driver)                                                                        \
    X(weft_part_column_driver)                                                                     \
    X(weft_part_switch_matrix)                                                                     \
    X(weft_part_bit_line)                                                                          \
    X(weft_part_adder)                                                                             \
    X(weft_part_register)                                                                          \
    X(weft_part_shift_add)                                                                         \
    X(weft_part_adder_tree)                                                                        \
    X(weft_part_multiplexer)                                                                       \
    X(weft_part_max_pool)                                                                          \
    X(weft_part_zero_comparator)

#endif
