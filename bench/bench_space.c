/* SPDX-License-Identifier: Apache-2.0
 *
 * Microseconds for a network of a space: random genomes, decoded one after the other into the memory
 * of one network, as a search does; of the spaces that the arguments name, else of those below. */
#include "base/rng.h"
#include "bench.h"
#include <weft/space.h>

#include <math.h>

enum { GENOMES = 2000, ROUNDS = 9, SEED = 1 };

/* Genomes within the caps of the space. */
static double *draw(const weft_gene_table *table) {
    double *genomes = malloc(sizeof *genomes * GENOMES * (size_t)table->n_genes);
    if (genomes == NULL) {
        exit(1);
    }
    weft_rng rng = weft_rng_make(SEED, WEFT_PURPOSE_TEST, 0);
    for (int i = 0; i < GENOMES;) {
        double *genome = genomes + (size_t)i * (size_t)table->n_genes;
        for (int g = 0; g < table->n_genes; g++) {
            double range = table->genes[g].upper - table->genes[g].lower;
            genome[g] = table->genes[g].lower + (double)weft_rng_below(&rng, (uint64_t)range + 1);
        }
        weft_genome_canonical(table, genome);
        i += weft_genome_legal(table, genome);
    }
    return genomes;
}

static void measure(const char *name) {
    weft_space *space = NULL;
    weft_network *network = NULL;
    weft_error error;
    check(weft_space_read(name, &space, &error), &error);
    weft_gene_table table = weft_space_genes(space);
    double *genomes = draw(&table);
    check(weft_network_create("none", (weft_shape){1, 1, 1}, &network, &error), &error);
    double seconds[ROUNDS];
    double layers = 0.0;
    for (int round = 0; round < ROUNDS; round++) {
        double began = now();
        for (int i = 0; i < GENOMES; i++) {
            const double *genome = genomes + (size_t)i * (size_t)table.n_genes;
            check(weft_space_decode_into(space, genome, 0, network, &error), &error);
            layers += network->n_layers;
        }
        seconds[round] = now() - began;
    }
    printf("%-28s %8.2f us a network of %.0f layers\n", name,
           1e6 * median(seconds, ROUNDS) / GENOMES, layers / GENOMES / ROUNDS);
    free(genomes);
    weft_network_destroy(network);
    weft_space_destroy(space);
}

int main(int argc, char **argv) {
    static const char *const names[] = {"imc-cnn", "cimnas-mobilenetv2-rram",
                                        "ofa-mobilenetv3-rram"};
    for (size_t i = 0; argc < 2 && i < sizeof names / sizeof names[0]; i++) {
        measure(names[i]);
    }
    for (int i = 1; i < argc; i++) {
        measure(argv[i]);
    }
    return 0;
}
