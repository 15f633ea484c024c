/* SPDX-License-Identifier: Apache-2.0
 *
 * The networks of a space as a supernet asks for them: drawn gene by gene, as random search draws them
 * (search/random.c), and drawn again where the space does not allow them or they cannot be built.
 * Genes of the chip have no part in it: they stay at their first value.
 *
 * Networks of the first group have no product of two activations, as attention has. Which values of
 * which genes bring one is found by looking: from a large network without any, one gene at a time. */
#include <weft/study.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"
#include "search/sampling.h"

enum { ATTEMPTS = 1000, FILLS = 16 };

struct weft_space_supernet {
    weft_supernet_space face;
    const weft_space *space;
    weft_gene_table table;
    bool *of_chip;    /* (genes) */
    uint64_t *barred; /* (genes) values that bring attention, a bit each; 0 where nothing does */
    bool has_groups;
    double *genome;        /* (genes) the one at hand */
    weft_network *network; /* for looking */
};

/* ---- genomes --------------------------------------------------------------------------------- */

static bool has_attention(const weft_network *network) {
    for (int i = 0; i < network->n_layers; i++) {
        if (network->layers[i].op == WEFT_OP_MATMUL) {
            return true;
        }
    }
    return false;
}

static bool builds(const weft_space_supernet *s, const double *genome, weft_network *network) {
    weft_error ignored;
    return s->table.legal(s->table.context, genome) &&
           weft_space_decode_into(s->space, genome, 0, network, &ignored) == WEFT_OK;
}

/* Choices and small ranges have a bit for each value. */
static bool has_bits(const weft_gene *gene) {
    return gene->kind != WEFT_GENE_REAL && gene->upper - gene->lower < 64.0;
}

static bool is_barred(const weft_space_supernet *s, int g, double value) {
    const weft_gene *gene = &s->table.genes[g];
    return has_bits(gene) && (s->barred[g] >> (int)(value - gene->lower) & 1) != 0;
}

/* The end of a gene's range: the last value or the first, of those that are not barred. */
static double end_of(const weft_space_supernet *s, int g, bool last, bool first_group) {
    const weft_gene *gene = &s->table.genes[g];
    bool falls = last && !s->of_chip[g];
    double value = falls ? gene->upper : gene->lower, step = falls ? -1.0 : 1.0;
    while (first_group && is_barred(s, g, value) && value + step >= gene->lower &&
           value + step <= gene->upper) {
        value += step;
    }
    return value;
}

static void fill_ends(const weft_space_supernet *s, bool last, bool first_group, double *genome) {
    for (int g = 0; g < s->table.n_genes; g++) {
        bool active = weft_gene_active(&s->table, genome, g);
        genome[g] = active ? end_of(s, g, last, first_group) : (double)NAN;
    }
}

/* Where all last (or first) values together are not allowed, words give way, from the last gene on: each
 * takes the word before (or behind) until the network can be built. */
static bool give_way(const weft_space_supernet *s, bool last, double *genome,
                     weft_network *network) {
    for (int g = s->table.n_genes - 1; g >= 0 && !builds(s, genome, network); g--) {
        const weft_gene *gene = &s->table.genes[g];
        if (gene->kind != WEFT_GENE_CATEGORICAL || s->of_chip[g] || isnan(genome[g])) {
            continue;
        }
        double best = genome[g] + (last ? -1.0 : 1.0);
        if (best >= gene->lower && best <= gene->upper) {
            genome[g] = best;
            weft_genome_canonical(&s->table, genome);
        }
    }
    return builds(s, genome, network);
}

static double draw_gene(const weft_space_supernet *s, int g, bool first_group, weft_rng *rng) {
    const weft_gene *gene = &s->table.genes[g];
    if (s->of_chip[g]) {
        return gene->lower;
    }
    double value = weft_gene_draw(gene, rng);
    for (int i = 0; i < ATTEMPTS && first_group && is_barred(s, g, value); i++) {
        value = weft_gene_draw(gene, rng);
    }
    return value;
}

static bool draw_random(const weft_space_supernet *s, uint64_t seed, uint64_t index,
                        bool first_group, double *genome, weft_network *network) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_SAMPLE, index);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        for (int g = 0; g < s->table.n_genes; g++) {
            bool active = weft_gene_active(&s->table, genome, g);
            genome[g] = active ? draw_gene(s, g, first_group, &rng) : (double)NAN;
        }
        if (builds(s, genome, network) && !(first_group && has_attention(network))) {
            return true;
        }
    }
    return false;
}

/* The ends of all genes but words, which are drawn: in a space of several kinds of block each of them is
 * trained at its largest and its smallest. */
static bool draw_kinds(const weft_space_supernet *s, bool last, uint64_t seed, uint64_t index,
                       bool first_group, double *genome, weft_network *network) {
    weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_SAMPLE, index);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        for (int g = 0; g < s->table.n_genes; g++) {
            bool active = weft_gene_active(&s->table, genome, g);
            bool word = s->table.genes[g].kind == WEFT_GENE_CATEGORICAL;
            genome[g] = !active ? (double)NAN
                        : word  ? draw_gene(s, g, first_group, &rng)
                                : end_of(s, g, last, first_group);
        }
        if (builds(s, genome, network) && !(first_group && has_attention(network))) {
            return true;
        }
    }
    return false;
}

static bool draw_end(const weft_space_supernet *s, bool last, bool first_group, double *genome,
                     weft_network *network) {
    fill_ends(s, last, first_group, genome);
    return give_way(s, last, genome, network) && !(first_group && has_attention(network));
}

static weft_status draw_genome(const weft_space_supernet *s, weft_supernet_draw which,
                               uint64_t seed, uint64_t index, bool first_group, double *genome,
                               weft_network *network, weft_error *error) {
    bool first = first_group && s->has_groups, drawn = false;
    bool last = which == WEFT_SUPERNET_LARGEST || which == WEFT_SUPERNET_LARGEST_OF_KINDS;
    if (which == WEFT_SUPERNET_RANDOM) {
        drawn = draw_random(s, seed, index, first, genome, network);
    } else if (which == WEFT_SUPERNET_LARGEST || which == WEFT_SUPERNET_SMALLEST) {
        drawn = draw_end(s, last, first, genome, network);
    } else {
        /* Where no kinds drawn can be built at this end, those that give way can. */
        drawn = draw_kinds(s, last, seed, index, first, genome, network) ||
                draw_end(s, last, first, genome, network);
    }
    if (drawn) {
        return WEFT_OK;
    }
    static const char *const what[] = {"random", "largest", "smallest", "largest", "smallest"};
    weft_fail(error, WEFT_ERROR_INFEASIBLE,
              "no %s network of space %s%s can be built for %d x %d "
              "x %d",
              what[which], s->face.name, first ? " without attention" : "",
              weft_space_input(s->space).channels, weft_space_input(s->space).height,
              weft_space_input(s->space).width);
    return WEFT_ERROR_INFEASIBLE;
}

/* ---- what brings attention ------------------------------------------------------------------- */

/* Sets gene g and fills what becomes active by it at random; whether there is such a genome with
 * (without) attention. */
static bool look_with(weft_space_supernet *s, const double *base, int g, double value,
                      bool attention, double *genome) {
    weft_rng rng = weft_rng_make(0, WEFT_PURPOSE_SAMPLE, (uint64_t)g);
    size_t bytes = (size_t)s->table.n_genes * sizeof *genome;
    for (int fill = 0; fill < FILLS; fill++) {
        memcpy(genome, base, bytes);
        genome[g] = value;
        weft_genome_complete(&s->table, &rng, genome);
        if (builds(s, genome, s->network) && has_attention(s->network) == attention) {
            return true;
        }
    }
    return false;
}

/* From a network without attention upwards: each gene as far as there is still none. */
static void climb(weft_space_supernet *s, double *base) {
    size_t bytes = (size_t)s->table.n_genes * sizeof *base;
    double *trial = s->genome;
    for (int g = 0; g < s->table.n_genes; g++) {
        const weft_gene *gene = &s->table.genes[g];
        bool fixed = s->of_chip[g] || isnan(base[g]) || !has_bits(gene);
        for (double v = gene->upper; !fixed && v > base[g]; v -= 1.0) {
            if (look_with(s, base, g, v, false, trial)) {
                memcpy(base, trial, bytes);
            }
        }
    }
}

static void bar_values(weft_space_supernet *s, const double *base) {
    for (int g = 0; g < s->table.n_genes; g++) {
        const weft_gene *gene = &s->table.genes[g];
        if (s->of_chip[g] || isnan(base[g]) || !has_bits(gene)) {
            continue;
        }
        for (double v = gene->lower; v <= gene->upper; v += 1.0) {
            if (!look_with(s, base, g, v, false, s->genome) &&
                look_with(s, base, g, v, true, s->genome)) {
                s->barred[g] |= UINT64_C(1) << (int)(v - gene->lower);
            }
        }
    }
}

/* A network without attention to begin with: the smallest, the largest, a random one. */
static bool find_base(weft_space_supernet *s, double *base, bool *attention) {
    bool found = false;
    *attention = false;
    for (int i = 0; i < ATTEMPTS && !found; i++) {
        bool built = i > 1 ? draw_random(s, 0, (uint64_t)i, false, base, s->network) : false;
        if (i < 2) {
            fill_ends(s, i == 1, false, base);
            built = give_way(s, i == 1, base, s->network);
        }
        *attention = *attention || (built && has_attention(s->network));
        found = built && !has_attention(s->network);
    }
    return found;
}

/* Whether any of some networks has attention. */
static bool any_attention(weft_space_supernet *s) {
    enum { LOOKS = 64 };
    for (int i = 0; i < LOOKS; i++) {
        if (draw_random(s, 1, (uint64_t)i, false, s->genome, s->network) &&
            has_attention(s->network)) {
            return true;
        }
    }
    return false;
}

/* Spaces in which every network has attention have one group as well: nothing is barred. */
static weft_status find_groups(weft_space_supernet *s, weft_error *error) {
    bool attention;
    double *base = calloc((size_t)s->table.n_genes, sizeof *base);
    if (base == NULL) {
        return weft_fail_memory(error, (size_t)s->table.n_genes * sizeof *base);
    }
    s->has_groups = find_base(s, base, &attention) && (attention || any_attention(s));
    if (s->has_groups) {
        climb(s, base);
        bar_values(s, base);
    }
    free(base);
    return WEFT_OK;
}

/* ---- what the space can hold ----------------------------------------------------------------- */

static uint64_t hash_gene(const weft_space_supernet *s, int g, uint64_t hash) {
    const weft_gene *gene = &s->table.genes[g];
    const double range[] = {(double)gene->kind, gene->lower, gene->upper};
    hash = weft_hash(gene->name, strlen(gene->name), weft_hash(range, sizeof range, hash));
    for (int c = 0; c < gene->n_choices; c++) {
        const char *word = weft_space_word(s->space, g, c);
        double number = word == NULL ? weft_space_number(s->space, g, c) : 0.0;
        hash = word != NULL ? weft_hash(word, strlen(word) + 1, hash)
                            : weft_hash(&number, sizeof number, hash);
    }
    for (int c = 0; c < gene->n_conditions; c++) {
        const weft_condition *condition = &gene->conditions[c];
        const double bounds[] = {condition->minimum, condition->maximum};
        const char *parent = s->table.genes[condition->parent].name;
        hash = weft_hash(parent, strlen(parent), weft_hash(bounds, sizeof bounds, hash));
    }
    return hash;
}

/* Of the genes that enter networks, and of the largest and the smallest network with them: input,
 * classes, head and whatever else the file fixes. */
static weft_status hash_space(weft_space_supernet *s, weft_error *error) {
    uint64_t hash = 0;
    for (int g = 0; g < s->table.n_genes; g++) {
        hash = s->of_chip[g] ? hash : hash_gene(s, g, hash);
    }
    for (int i = 0; i < 2; i++) {
        weft_supernet_draw which = i == 0 ? WEFT_SUPERNET_LARGEST : WEFT_SUPERNET_SMALLEST;
        WEFT_TRY(draw_genome(s, which, 0, 0, false, s->genome, s->network, error));
        uint64_t network = weft_network_hash(s->network);
        hash = weft_hash(&network, sizeof network, hash);
    }
    s->face.hash = hash != 0 ? hash : 1; /* 0 stands for any space */
    return WEFT_OK;
}

/* ---- the public functions -------------------------------------------------------------------- */

static weft_status draw(void *context, weft_supernet_draw which, uint64_t seed, uint64_t index,
                        bool first_group, weft_network *network, int *group, weft_error *error) {
    weft_space_supernet *s = context;
    WEFT_TRY(draw_genome(s, which, seed, index, first_group, s->genome, network, error));
    *group = s->has_groups && has_attention(network) ? 1 : 0;
    return WEFT_OK;
}

weft_status weft_space_supernet_draw(weft_space_supernet *supernet, weft_supernet_draw which,
                                     uint64_t seed, uint64_t index, double *genome,
                                     weft_error *error) {
    size_t bytes = (size_t)supernet->table.n_genes * sizeof *genome;
    WEFT_TRY(draw_genome(supernet, which, seed, index, false, supernet->genome, supernet->network,
                         error));
    memcpy(genome, supernet->genome, bytes);
    return WEFT_OK;
}

static weft_status check_space(const weft_space *space, weft_error *error) {
    if (weft_space_n_networks(space) > 1 || weft_space_network_is_fixed(space)) {
        weft_fail(error, WEFT_ERROR_INPUT,
                  "space %s has no gene that shapes a network: there is nothing to share",
                  weft_space_name(space));
        weft_hint(error, "imc-cnn and small-mobilenetv2 are spaces of networks");
        return WEFT_ERROR_INPUT;
    }
    return WEFT_OK;
}

static weft_status fill(weft_space_supernet *s, weft_error *error) {
    size_t n = (size_t)s->table.n_genes;
    s->of_chip = calloc(n, sizeof *s->of_chip);
    s->barred = calloc(n, sizeof *s->barred);
    s->genome = calloc(n, sizeof *s->genome);
    if (s->of_chip == NULL || s->barred == NULL || s->genome == NULL) {
        return weft_fail_memory(error, n * sizeof *s->genome);
    }
    int n_knobs = 0;
    const weft_space_knob *knobs = weft_space_knobs(s->space, &n_knobs);
    for (int k = 0; k < n_knobs; k++) {
        s->of_chip[knobs[k].gene] = true;
    }
    WEFT_TRY(weft_network_create(weft_space_name(s->space), weft_space_input(s->space), &s->network,
                                 error));
    WEFT_TRY(hash_space(s, error));
    return find_groups(s, error);
}

weft_status weft_space_supernet_create(const weft_space *space, weft_space_supernet **supernet,
                                       weft_error *error) {
    WEFT_TRY(check_space(space, error));
    weft_space_supernet *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->space = space;
    made->table = weft_space_genes(space);
    made->face =
        (weft_supernet_space){.context = made, .name = weft_space_name(space), .draw = draw};
    weft_status status = fill(made, error);
    if (status != WEFT_OK) {
        weft_space_supernet_destroy(made);
        return status;
    }
    *supernet = made;
    return WEFT_OK;
}

void weft_space_supernet_destroy(weft_space_supernet *supernet) {
    if (supernet != NULL) {
        weft_network_destroy(supernet->network);
        free(supernet->of_chip);
        free(supernet->barred);
        free(supernet->genome);
        free(supernet);
    }
}

const weft_supernet_space *weft_space_supernet_get(const weft_space_supernet *supernet) {
    return &supernet->face;
}

const weft_space *weft_space_supernet_space(const weft_space_supernet *supernet) {
    return supernet->space;
}
