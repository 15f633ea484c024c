/* SPDX-License-Identifier: Apache-2.0
 * Reports of a study: the page and its figures as files. */
#include <weft/report.h>

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
    weft_status drawn = weft_page_curve(summary, true, &svg, error);
    WEFT_TRY(save(folder, "hypervolume.svg", drawn, &svg, error));
    if (summary->cost != NULL) {
        drawn = weft_page_layers(summary, false, true, &svg, error);
        WEFT_TRY(save(folder, "layers-energy.svg", drawn, &svg, error));
        drawn = weft_page_layers(summary, true, true, &svg, error);
        WEFT_TRY(save(folder, "layers-latency.svg", drawn, &svg, error));
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
