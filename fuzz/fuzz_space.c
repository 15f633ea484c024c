/* SPDX-License-Identifier: Apache-2.0
 * Space files: reading never fails badly, and what reads is written, read and decoded the same. */
#include <weft/space.h>

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_GENES = 512, GENOMES = 4 };

static void require(bool condition) {
    if (!condition) {
        abort();
    }
}

/* A canonical genome; a different one for each `turn`. */
static void draw(const weft_gene_table *table, int turn, double *genome) {
    uint32_t random = (uint32_t)turn * 2654435761u + 1u;
    for (int g = 0; g < table->n_genes; g++) {
        const weft_gene *gene = &table->genes[g];
        random = random * 1664525u + 1013904223u;
        if (!weft_gene_active(table, genome, g)) {
            genome[g] = NAN;
        } else if (gene->kind == WEFT_GENE_REAL) {
            genome[g] = turn % 2 == 0 ? gene->lower : gene->upper;
        } else {
            double values = gene->upper - gene->lower + 1.0;
            genome[g] = gene->lower + fmod((double)(random >> 8), values);
        }
    }
}

static void check_space(const weft_space *space) {
    weft_gene_table table = weft_space_genes(space);
    double genome[MOST_GENES];
    weft_error error;
    weft_space_count count;
    require(table.n_genes > 0 && table.n_genes <= MOST_GENES);
    weft_status counted = weft_space_counts(space, &count, &error);
    require(counted == WEFT_OK ? count.total[0] != '0' && count.legal[0] != '0'
                               : error.message[0] != '\0');
    for (int turn = 0; turn < GENOMES; turn++) {
        char text[256];
        weft_network *network = NULL;
        draw(&table, turn, genome);
        weft_space_describe(space, genome, text, sizeof text);
        weft_status status = weft_space_decode(space, genome, 0, &network, &error);
        require(status == WEFT_OK || status == WEFT_ERROR_INFEASIBLE ||
                status == WEFT_ERROR_UNAVAILABLE); /* of the family `values` */
        weft_network_destroy(network);
    }
}

static weft_space *parse(const char *text, size_t size, weft_error *error) {
    weft_space *space = NULL;
    weft_status status = weft_space_parse(text, size, "fuzz.yaml", &space, error);
    require((status == WEFT_OK) == (space != NULL));
    require(status == WEFT_OK || error->message[0] != '\0');
    return space;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    /* A base may be any path: no devices, which may block. */
    if (size > 0 && memmem(text, size, "/dev", 4) != NULL) {
        return 0;
    }
    weft_error error;
    weft_space *space = parse(size > 0 ? text : "", size, &error);
    if (space == NULL) {
        char buffer[2048];
        weft_error_format(&error, buffer, sizeof buffer);
        return 0;
    }
    check_space(space);
    const char *written = weft_space_text(space);
    weft_space *again = parse(written, strlen(written), &error);
    require(again != NULL && strcmp(weft_space_text(again), written) == 0);
    require(weft_space_genes(again).n_genes == weft_space_genes(space).n_genes);
    weft_space_destroy(again);
    weft_space_destroy(space);
    return 0;
}
