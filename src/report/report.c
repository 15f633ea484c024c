/* SPDX-License-Identifier: Apache-2.0
 * Reports as files: the page of a study with its figures, and single figures. */
#include <weft/report.h>

#include <stdlib.h>
#include <string.h>

#include "base/save.h"
#include "report/page.h"

void weft_report_defaults(weft_report_settings *settings) {
    *settings = (weft_report_settings){.design = -1};
}

/* Saves what was drawn, and frees it. */
static weft_status save(const char *folder, const char *name, weft_status drawn,
                        weft_markup *markup, weft_error *error) {
    weft_status status = drawn;
    if (status == WEFT_OK) {
        status = weft_save_file(folder, name, markup->text, markup->length, error);
    }
    weft_markup_destroy(markup);
    return status;
}

static weft_status save_figures(const weft_summary *summary, const char *folder,
                                weft_error *error) {
    weft_markup svg = {0};
    for (int i = 0; i < summary->n_fronts; i++) {
        weft_status drawn = weft_page_front(summary, i, true, &svg, error);
        WEFT_TRY(save(folder, summary->fronts[i].file, drawn, &svg, error));
    }
    if (weft_page_has_shade(summary)) {
        weft_status shaded = weft_page_shade(summary, true, &svg, error);
        WEFT_TRY(save(folder, "front.svg", shaded, &svg, error));
    }
    weft_status drawn = weft_page_curve(summary, true, &svg, error);
    WEFT_TRY(save(folder, "hypervolume.svg", drawn, &svg, error));
    if (summary->n_importance > 0) {
        drawn = weft_page_importance(summary, true, &svg, error);
        WEFT_TRY(save(folder, "importance.svg", drawn, &svg, error));
    }
    for (int i = 0; i < 2 * summary->n_networks; i++) {
        char file[96];
        int which = i / 2;
        bool latency = i % 2 == 1;
        if (summary->networks[which].cost != NULL) {
            drawn = weft_page_layers(summary, which, latency, true, &svg, error);
            weft_page_layers_file(summary, which, latency, file, sizeof file);
            WEFT_TRY(save(folder, file, drawn, &svg, error));
        }
    }
    return WEFT_OK;
}

weft_status weft_report_write(const weft_study *study, const char *folder,
                              const weft_report_settings *settings, weft_error *error) {
    weft_summary summary;
    WEFT_TRY(weft_summary_gather(study, settings, &summary, error));
    weft_markup html = {0};
    weft_status status = weft_page_write(&summary, &html, error);
    if (status == WEFT_OK) {
        status = weft_save_folder(folder, error);
    }
    if (status == WEFT_OK) {
        status = save_figures(&summary, folder, error);
    }
    status = save(folder, "index.html", status, &html, error); /* last: the whole is there */
    weft_summary_free(&summary);
    return status;
}

/* ---- single figures -------------------------------------------------------------------------- */

/* Saves what was drawn as a file of any path, and frees it. */
static weft_status save_as(const char *file, weft_status drawn, weft_markup *markup,
                           weft_error *error) {
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    char *folder = slash == NULL   ? strdup(".")
                   : slash == file ? strdup("/")
                                   : strndup(file, (size_t)(slash - file));
    weft_status status = drawn;
    if (folder == NULL) {
        status = weft_fail_memory(error, strlen(file));
    }
    status = save(folder, name, status, markup, error);
    free(folder);
    return status;
}

weft_status weft_report_breakdown(const weft_cost *cost, const char *title, const char *file,
                                  weft_error *error) {
    char detail[200], energy[WEFT_VALUE_TEXT], latency[WEFT_VALUE_TEXT];
    weft_si_text(cost->total.energy_j, "J", energy, sizeof energy);
    weft_si_text(cost->total.latency_s, "s", latency, sizeof latency);
    weft_text_format(detail, sizeof detail,
                     "Bars stacked by part: the whole network with %s, %s and %.4g mm², then each "
                     "of its %d rows.",
                     energy, latency, cost->total.area_mm2, (int)cost->n_layers);
    weft_svg_head head = {.id = "breakdown", .standalone = true, .title = title, .detail = detail};
    weft_markup svg = {0};
    weft_status drawn = weft_figure_breakdown_draw(&head, cost, &svg, error);
    return save_as(file, drawn, &svg, error);
}

weft_status weft_report_sweep_write(const weft_report_sweep *sweep, const char *file,
                                    weft_error *error) {
    weft_markup svg = {0};
    weft_status drawn = weft_figure_sweep_draw(sweep, &svg, error);
    return save_as(file, drawn, &svg, error);
}

weft_status weft_report_tornado_write(const weft_report_tornado *tornado, const char *file,
                                      weft_error *error) {
    weft_markup svg = {0};
    weft_status drawn = weft_figure_tornado_draw(tornado, &svg, error);
    return save_as(file, drawn, &svg, error);
}

weft_status weft_report_importance_write(const weft_report_importance *importance, const char *file,
                                         weft_error *error) {
    weft_svg_head head = {
        .id = "importance",
        .standalone = true,
        .title = importance->title,
        .detail = "Bars of the share of each quantity's variance that a gene explains, alone or "
                  "together with another."};
    weft_markup svg = {0};
    weft_status drawn = weft_figure_importance_draw(importance, &head, &svg, error);
    return save_as(file, drawn, &svg, error);
}

weft_status weft_report_curve_write(const weft_report_curve *curve, const char *file,
                                    weft_error *error) {
    weft_markup svg = {0};
    weft_status drawn = weft_figure_curve_draw(curve, &svg, error);
    return save_as(file, drawn, &svg, error);
}

weft_status weft_report_heat_write(const weft_report_heat *heat, const char *file,
                                   weft_error *error) {
    weft_markup svg = {0};
    weft_status drawn = weft_figure_heat_draw(heat, &svg, error);
    return save_as(file, drawn, &svg, error);
}
