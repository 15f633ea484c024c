/* SPDX-License-Identifier: Apache-2.0
 *
 * What the networks of benchmarks share: their names, and what the options of a name choose. */
#include "network/nasbench.h"

#include <stdio.h>

#include "base/error.h"
#include "network/family.h"

void weft_nasbench_defaults(const weft_nasbench *bench, weft_nasbench_spec *spec) {
    *spec = (weft_nasbench_spec){.input = {3, 32, 32}, .classes = 10, .width = 1.0};
    for (int s = 0; s < WEFT_NASBENCH_STAGES; s++) {
        spec->cells[s] = WEFT_NASBENCH_CELLS;
    }
    for (int32_t i = 0; i < bench->n_choices; i++) {
        spec->choice[i] = bench->largest;
    }
}

char *weft_nasbench_text(const weft_nasbench *bench, const weft_nasbench_spec *spec, char *buffer,
                         size_t size) {
    char figures[WEFT_NASBENCH_MAX_CHOICES + 1] = "";
    for (int32_t i = 0; i < bench->n_choices; i++) {
        figures[i] = (char)('0' + spec->choice[i]);
    }
    snprintf(buffer, size, "%s@arch=%s", bench->name, figures);
    return buffer;
}

weft_status weft_nasbench_build(const weft_nasbench *bench, const weft_nasbench_spec *spec,
                                weft_network *network, weft_error *error) {
    char name[WEFT_NASBENCH_TEXT];
    weft_nasbench_text(bench, spec, name, sizeof name);
    WEFT_TRY(weft_network_clear(network, name, spec->input, error));
    weft_builder b = {
        .network = network, .block = WEFT_NO_BLOCK, .status = WEFT_OK, .error = error};
    bench->put(&b, spec);
    return b.status;
}

/* ---- options ---------------------------------------------------------------------------------- */

static bool read_figures(const weft_nasbench *bench, const char *text, size_t length,
                         int32_t *choice) {
    bool known = length == (size_t)bench->n_choices;
    for (int32_t i = 0; known && i < bench->n_choices; i++) {
        choice[i] = text[i] - '0';
        known = choice[i] >= 0 && choice[i] < bench->n_words;
    }
    return known;
}

static void apply_arch(weft_builder *b, const weft_nasbench *bench,
                       const weft_family_options *options, weft_nasbench_spec *spec) {
    const char *text = options->text + options->arch_start;
    size_t length = options->arch_end - options->arch_start;
    if (length == 0 || read_figures(bench, text, length, spec->choice) ||
        (bench->read != NULL && bench->read(text, length, spec->choice))) {
        return;
    }
    b->status = weft_family_fail(
        options->text, options->arch_start, options->arch_end, b->error,
        "'%.*s' names no network of %s: expected %d figures from 0 to %d%s",
        length > 100 ? 100 : (int)length, text, bench->name, bench->n_choices, bench->n_words - 1,
        bench->read != NULL ? ", or a cell as the benchmark writes it" : "");
}

static void apply_depth(weft_builder *b, const weft_nasbench *bench,
                        const weft_family_options *options, weft_nasbench_spec *spec) {
    if (options->n_depth > WEFT_NASBENCH_STAGES) {
        weft_build_fail(b, WEFT_ERROR_INPUT, "%d depths; %s has %d stages", options->n_depth,
                        bench->name, WEFT_NASBENCH_STAGES);
        return;
    }
    for (int s = 0; s < options->n_depth; s++) {
        if (options->depth[s] > WEFT_NASBENCH_MAX_CELLS) {
            weft_build_fail(b, WEFT_ERROR_INPUT, "%d cells in stage %d of %s; at most %d",
                            options->depth[s], s + 1, bench->name, WEFT_NASBENCH_MAX_CELLS);
            return;
        }
        spec->cells[s] = options->depth[s];
    }
}

void weft_build_nasbench(weft_builder *b, const weft_family_options *options, int variant) {
    const weft_nasbench *bench = variant == 201 ? &weft_nasbench_201 : &weft_nasbench_macro;
    weft_nasbench_spec spec;
    weft_nasbench_defaults(bench, &spec);
    spec.classes = options->classes;
    spec.width = options->width;
    apply_arch(b, bench, options, &spec);
    apply_depth(b, bench, options, &spec);
    if (b->status == WEFT_OK) {
        bench->put(b, &spec);
    }
}
