/* SPDX-License-Identifier: Apache-2.0
 * weft search of a problem in closed form: nothing is trained, estimated or stored. */
#include <inttypes.h>
#include <math.h>

#include "base/clock.h"
#include "cli/flash.h"
#include "cli/search.h"

/* ---- a design ---------------------------------------------------------------------------------- */

void cli_flash_design_json(weft_json *json, const weft_flash *flash,
                           const weft_flash_design *design) {
    weft_flash_about about;
    const double *m = design->metrics;
    weft_flash_get_about(flash, &about);
    weft_json_object_begin(json);
    weft_json_member_text(json, "network", design->network);
    weft_json_key(json, "genes");
    cli_genes_json(json, about.space, design->genome);
    weft_json_member_real(json, "score", design->score);
    weft_json_member_real(json, "degree", m[WEFT_FLASH_DEGREE]);
    weft_json_member_real(json, "accuracy", m[WEFT_FLASH_ACCURACY]);
    weft_json_member_real(json, "accuracy_low", design->accuracy.network_low);
    weft_json_member_real(json, "accuracy_high", design->accuracy.network_high);
    weft_json_member_real(json, "area_mm2", m[WEFT_FLASH_AREA]);
    weft_json_member_real(json, "latency_s", m[WEFT_FLASH_LATENCY]);
    weft_json_member_real(json, "energy_j", m[WEFT_FLASH_ENERGY]);
    weft_json_member_real(json, "macs", m[WEFT_FLASH_MACS]);
    weft_json_member_real(json, "tiles", m[WEFT_FLASH_TILES]);
    weft_json_object_end(json);
}

void cli_flash_design_print(const weft_flash *flash, const weft_flash_design *design) {
    char text[CLI_QUANTITY];
    const double *m = design->metrics;
    weft_flash_about about;
    weft_flash_get_about(flash, &about);
    printf("%-12s %s\n", "network", design->network);
    printf("%-12s %.6g (%s, %s)\n", "score", design->score, about.score,
           about.maximise ? "most" : "least");
    printf("%-12s %.5g\n", "degree", m[WEFT_FLASH_DEGREE]);
    printf("%-12s %.4f (95 %% of networks: %.4f to %.4f)\n", "accuracy", m[WEFT_FLASH_ACCURACY],
           design->accuracy.network_low, design->accuracy.network_high);
    if (!isnan(m[WEFT_FLASH_AREA])) {
        printf("%-12s %.4g mm2 (%.0f tiles)\n", "area", m[WEFT_FLASH_AREA], m[WEFT_FLASH_TILES]);
    }
    if (!isnan(m[WEFT_FLASH_LATENCY])) {
        printf("%-12s %s\n", "latency",
               cli_quantity(m[WEFT_FLASH_LATENCY], "s", text, sizeof text));
    }
    if (!isnan(m[WEFT_FLASH_ENERGY])) {
        printf("%-12s %s\n", "energy", cli_quantity(m[WEFT_FLASH_ENERGY], "J", text, sizeof text));
    }
}

/* ---- the search -------------------------------------------------------------------------------- */

static weft_status result_json(cli_call *call, const weft_flash *flash,
                               const weft_flash_result *result, double elapsed) {
    weft_flash_about about;
    weft_space_count count;
    weft_flash_get_about(flash, &about);
    WEFT_TRY(weft_space_counts(about.space, &count, &call->error));
    weft_json *json = cli_json_create(call);
    if (json == NULL) {
        return call->error.status;
    }
    weft_json_object_begin(json);
    weft_json_member_text(json, "problem", about.name);
    weft_json_member_text(json, "space", weft_space_name(about.space));
    weft_json_member_text(json, "designs", count.legal);
    weft_json_member_text(json, "accuracy", about.theta_about->name);
    weft_json_member_text(json, "hardware", about.forms->name);
    weft_json_member_text(json, about.maximise ? "score" : "minimise", about.score);
    weft_json_key(json, "constraints");
    weft_json_array_begin(json);
    for (int i = 0; i < about.n_constraints; i++) {
        weft_json_text(json, about.constraints[i]);
    }
    weft_json_array_end(json);
    weft_json_key(json, "evaluations");
    weft_json_object_begin(json);
    weft_json_member_integer(json, "coarse", (int64_t)result->coarse);
    weft_json_member_integer(json, "fine", (int64_t)result->fine);
    weft_json_member_integer(json, "whole", (int64_t)result->whole);
    weft_json_member_integer(json, "all", (int64_t)result->designs);
    weft_json_member_integer(json, "all_feasible", (int64_t)result->feasible);
    weft_json_object_end(json);
    weft_json_member_real(json, "elapsed_s", elapsed);
    weft_json_key(json, "best");
    cli_flash_design_json(json, flash, &result->best);
    weft_json_object_end(json);
    return cli_json_print(call, json);
}

static weft_status check_options(cli_call *call, const cli_search_arguments *arguments) {
    static const char *const OF_STORES[] = {"store", "trials", "seed", "seeds", "no-final"};
    for (size_t i = 0; i < sizeof OF_STORES / sizeof OF_STORES[0]; i++) {
        if (cli_given(call, OF_STORES[i])) {
            return cli_usage(call,
                             "--%s has no use here: a search in closed form draws nothing, trains "
                             "nothing and stores nothing",
                             OF_STORES[i]);
        }
    }
    return arguments->dry_run
               ? cli_usage(call, "--dry-run has no use here: the search takes milliseconds")
               : WEFT_OK;
}

weft_status cli_search_flash(cli_call *call, const cli_search_arguments *arguments) {
    double began = weft_steady_time();
    weft_flash *flash = NULL;
    weft_flash_result result;
    WEFT_TRY(check_options(call, arguments));
    WEFT_TRY(weft_flash_read(call->operands[0], &flash, &call->error));
    weft_status status =
        arguments->exhaustive
            ? weft_flash_exhaust(flash, cli_interrupt_install(call), &result, &call->error)
            : weft_flash_search(flash, &result, &call->error);
    double elapsed = weft_steady_time() - began;
    if (status == WEFT_OK && arguments->json) {
        status = result_json(call, flash, &result, elapsed);
    } else if (status == WEFT_OK) {
        cli_flash_design_print(flash, &result.best);
        cli_note(call, "%" PRIu64 " evaluations in closed form, %.3g ms",
                 result.coarse + result.fine + result.whole + result.designs, 1e3 * elapsed);
    }
    weft_flash_destroy(flash);
    return status;
}
