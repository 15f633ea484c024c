/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of hierarchical chip files, each list in the order of its enumeration and ended by
 * NULL. */
#ifndef WEFT_HARDWARE_HIERARCHY_WORDS_H
#define WEFT_HARDWARE_HIERARCHY_WORDS_H

extern const char *const weft_dim_words[];
extern const char *const weft_encoding_words[];
extern const char *const weft_missing_words[];
extern const char *const weft_assumed_words[];
extern const char *const weft_action_words[];
extern const char *const weft_setting_words[];
extern const char *const weft_element_words[];
extern const char *const weft_statistic_words[];
extern const char *const weft_execution_words[];
extern const char *const weft_objective_words[];
extern const char *const weft_accounting_words[];
extern const char *const weft_number_words[];

#endif
