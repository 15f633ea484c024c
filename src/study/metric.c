/* SPDX-License-Identifier: Apache-2.0 */
#include <weft/study.h>

const char *weft_metric_token(weft_metric metric) {
    static const char *const tokens[] = {
#define WEFT_METRIC_TOKEN(name, token, unit, more_is_better) token,
        WEFT_METRIC_MAP(WEFT_METRIC_TOKEN)
#undef WEFT_METRIC_TOKEN
    };
    return metric < WEFT_METRIC_COUNT ? tokens[metric] : "unknown";
}

const char *weft_metric_unit(weft_metric metric) {
    static const char *const units[] = {
#define WEFT_METRIC_UNIT(name, token, unit, more_is_better) unit,
        WEFT_METRIC_MAP(WEFT_METRIC_UNIT)
#undef WEFT_METRIC_UNIT
    };
    return metric < WEFT_METRIC_COUNT ? units[metric] : "";
}

bool weft_metric_more_is_better(weft_metric metric) {
    static const bool directions[] = {
#define WEFT_METRIC_DIRECTION(name, token, unit, more_is_better) more_is_better,
        WEFT_METRIC_MAP(WEFT_METRIC_DIRECTION)
#undef WEFT_METRIC_DIRECTION
    };
    return metric < WEFT_METRIC_COUNT && directions[metric];
}

const char *weft_trial_state_word(weft_trial_state state) {
    switch (state) {
    case WEFT_TRIAL_OK:
        return "ok";
    case WEFT_TRIAL_INFEASIBLE:
        return "infeasible";
    case WEFT_TRIAL_FAILED:
        return "failed";
    }
    return "unknown";
}
