/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware/hierarchy_words.h"

#include "hardware/dataflow.h"
#include "hardware/hierarchy.h"

const char *const weft_dim_words[] = {
#define WORD(name, token) token,
    WEFT_DIM_MAP(WORD)
#undef WORD
        NULL,
};

const char *const weft_encoding_words[] = {
#define WORD(name, token) token,
    WEFT_ENCODING_MAP(WORD)
#undef WORD
        NULL,
};

const char *const weft_missing_words[] = {
#define WORD(name, token) token,
    WEFT_MISSING_MAP(WORD)
#undef WORD
        NULL,
};

const char *const weft_assumed_words[] = {
#define WORD(name, token) token,
    WEFT_ASSUMED_MAP(WORD)
#undef WORD
        NULL,
};

const char *const weft_action_words[] = {
#define WORD(name, token) token,
    WEFT_ACTION_MAP(WORD)
#undef WORD
        NULL,
};

const char *const weft_setting_words[] = {
#define WORD(name, token, fallback) token,
    WEFT_PART_SETTING_MAP(WORD)
#undef WORD
        NULL,
};

const char *const weft_element_words[] = {
#define WORD(name, token) token,
    WEFT_ELEMENT_MAP(WORD)
#undef WORD
        NULL,
};

const char *const weft_statistic_words[] = {
#define WORD(name, token, text) token,
    WEFT_STATISTIC_MAP(WORD)
#undef WORD
        NULL,
};

const char *const weft_execution_words[] = {
#define WORD(name, token) token,
    WEFT_EXECUTION_MAP(WORD)
#undef WORD
        NULL,
};

const char *const weft_objective_words[] = {
#define WORD(name, token) token,
    WEFT_FLOW_OBJECTIVE_MAP(WORD)
#undef WORD
        NULL,
};

const char *const weft_accounting_words[] = {
#define WORD(name, token) token,
    WEFT_ACCOUNTING_MAP(WORD)
#undef WORD
        NULL,
};

const char *const weft_number_words[] = {
#define WORD(name, token, fallback) token,
    WEFT_EXECUTION_NUMBER_MAP(WORD)
#undef WORD
        NULL,
};
