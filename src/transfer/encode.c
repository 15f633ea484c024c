/* SPDX-License-Identifier: Apache-2.0
 *
 * What an architecture is, from its name: the edges of a cell, the choices of a chain, genes. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "transfer/table.h"

enum {
    WORD = 64,
    EDGES = 6,
    MAX_CELLS = WEFT_MAX_POSITIONS,
    BLOCKS = 4,       /* positions of a stage of a chain */
    MOST_LEVELS = 12, /* distinct numbers of a gene that still count as choices */
};

/* Words of a table, each with the class of positions that it belongs to. */
typedef struct words {
    int n;
    struct {
        int class;
        char text[WORD];
    } word[WEFT_MAX_SYMBOLS];
} words;

static weft_status find_word(words *known, int class, const char *text, unsigned char *symbol,
                             weft_error *error) {
    for (int i = 0; i < known->n; i++) {
        if (known->word[i].class == class && strcmp(known->word[i].text, text) == 0) {
            *symbol = (unsigned char)i;
            return WEFT_OK;
        }
    }
    if (known->n == WEFT_MAX_SYMBOLS || strlen(text) >= WORD) {
        return weft_fail(
            error, WEFT_ERROR_INPUT,
            strlen(text) >= WORD
                ? "the word '%.40s...' in an architecture is too long"
                : "architectures are made of more than 250 different words ('%.40s' is "
                  "one more)",
            text);
    }
    known->word[known->n].class = class;
    snprintf(known->word[known->n].text, WORD, "%s", text);
    *symbol = (unsigned char)known->n++;
    return WEFT_OK;
}

/* Words between blanks, or cells between '|', cut in place. */
static int split(char *text, const char *breaks, char **parts, int most) {
    int n = 0;
    char *rest = NULL;
    for (char *part = strtok_r(text, breaks, &rest); part != NULL;
         part = strtok_r(NULL, breaks, &rest)) {
        if (n == most) {
            return most + 1;
        }
        parts[n++] = part;
    }
    return n;
}

static weft_status fail_name(const weft_device_table *t, int i, weft_error *error,
                             const char *what) {
    weft_fail(error, WEFT_ERROR_INPUT, "architecture '%.80s': %s", t->names[i], what);
    return WEFT_ERROR_INPUT;
}

static weft_status take_codes(weft_device_table *t, int positions, int numbers, weft_error *error) {
    size_t n = (size_t)t->n;
    weft_encoding *code = &t->code;
    code->n_positions = positions;
    code->n_numbers = numbers;
    code->codes = malloc(n * (size_t)positions + 1);
    code->numbers = calloc(n * (size_t)numbers + 1, sizeof *code->numbers);
    if (code->codes == NULL || code->numbers == NULL) {
        return weft_fail_memory(error, n * (size_t)(positions + 8 * numbers));
    }
    memset(code->codes, WEFT_ABSENT, n * (size_t)positions);
    return WEFT_OK;
}

/* ---- cells of NAS-Bench-201 ------------------------------------------------------------------ */

static const char *const CELL_OPS[] = {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3",
                                       "avg_pool_3x3"};

/* "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|...|" as "310...": false where it is none. */
static bool cell_figures(const char *name, char figures[EDGES + 1]) {
    int n = 0;
    for (const char *at = name; *at != '\0' && n <= EDGES;) {
        at += strspn(at, "|+");
        size_t length = strcspn(at, "~");
        if (at[0] == '\0') {
            break;
        }
        int op = 0;
        while (op < 5 &&
               (strlen(CELL_OPS[op]) != length || strncmp(at, CELL_OPS[op], length) != 0)) {
            op++;
        }
        if (op == 5 || n == EDGES || at[length] != '~' || !isdigit((unsigned char)at[length + 1])) {
            return false;
        }
        figures[n++] = (char)('0' + op);
        at += length + 2;
    }
    figures[n] = '\0';
    return n == EDGES;
}

/* Whether all names are cells; spreadsheets take zeros from the front of figures. */
static bool are_cells(const weft_device_table *t) {
    char figures[EDGES + 1];
    size_t longest = 0;
    for (int i = 0; i < t->n; i++) {
        size_t length = strlen(t->names[i]);
        bool plain = length <= EDGES && strspn(t->names[i], "01234") == length;
        if (!plain && !cell_figures(t->names[i], figures)) {
            return false;
        }
        longest = plain && length < longest ? longest : length;
    }
    return longest >= EDGES;
}

static weft_status encode_cells(weft_device_table *t, weft_error *error) {
    WEFT_TRY(take_codes(t, EDGES, 0, error));
    t->code.kind = WEFT_SPACE_CELL;
    t->code.n_symbols = 5;
    t->code.n_stages = 1;
    for (int i = 0; i < t->n; i++) {
        char figures[EDGES + 1];
        if (!cell_figures(t->names[i], figures)) {
            snprintf(figures, sizeof figures, "%0*d", EDGES, atoi(t->names[i]));
        }
        char *name = strdup(figures);
        if (name == NULL) {
            return weft_fail_memory(error, sizeof figures);
        }
        free(t->names[i]);
        t->names[i] = name;
        for (int e = 0; e < EDGES; e++) {
            t->code.codes[(size_t)i * EDGES + (size_t)e] = (unsigned char)(figures[e] - '0');
        }
    }
    return WEFT_OK;
}

/* ---- chains ---------------------------------------------------------------------------------- */

/* Stages of four blocks; where two are left over, the first and the last block stand alone (FBNet: 1,
 * 4, 4, 4, 4, 4, 1), where one is, the last (MobileNetV2 of Once-for-All: 4, 4, 4, 4, 4, 1). */
static void set_stages(weft_encoding *code, int n) {
    int alone = n % BLOCKS == 2 && n > 2 ? 1 : 0;
    for (int p = 0; p < n; p++) {
        code->stage[p] = p < alone ? 0 : (p - alone) / BLOCKS + alone;
    }
    code->n_stages = code->stage[n - 1] + 1;
}

/* How many words the names have, the same for all; 0: they have not. A name without blanks is a figure
 * a position. */
static int chain_length(const weft_device_table *t, bool *figures) {
    int n = 0;
    *figures = true;
    for (int i = 0; i < t->n; i++) {
        *figures = *figures && strspn(t->names[i], "0123456789") == strlen(t->names[i]);
    }
    for (int i = 0; i < t->n; i++) {
        int own = *figures ? (int)strlen(t->names[i]) : 0;
        const char *at = t->names[i];
        for (at += strspn(at, " "); !*figures && *at != '\0'; at += strspn(at, " ")) {
            at += strcspn(at, " ");
            own++;
        }
        n = i == 0 ? own : n;
        if (own != n || n < 2 || n > WEFT_MAX_POSITIONS) {
            return 0;
        }
    }
    return n;
}

static weft_status encode_chain(weft_device_table *t, int n, bool figures, words *known,
                                weft_error *error) {
    WEFT_TRY(take_codes(t, n, 0, error));
    t->code.kind = WEFT_SPACE_CHAIN;
    set_stages(&t->code, n);
    for (int i = 0; i < t->n; i++) {
        unsigned char *codes = t->code.codes + (size_t)i * (size_t)n;
        const char *at = t->names[i];
        for (int p = 0; p < n; p++) {
            char word[WORD + 1];
            at += figures ? 0 : strspn(at, " ");
            size_t length = figures ? 1 : strcspn(at, " ");
            snprintf(word, sizeof word, "%.*s", (int)(length > WORD ? WORD : length), at);
            at += length;
            WEFT_TRY(find_word(known, 0, word, &codes[p], error));
        }
    }
    t->code.n_symbols = known->n;
    return WEFT_OK;
}

/* ---- depths, kernel sizes, expansions -------------------------------------------------------- */

enum { CLASS_KERNEL, CLASS_EXPANSION, CLASS_BLOCK };

/* One architecture of n blocks: three positions a block (kernel, expansion, both), so that what they do
 * together can be learned, too. Blocks behind the depth of their stage are not there. */
static weft_status encode_blocks(weft_device_table *t, int i, int n, int stages, char **cells,
                                 words *known, weft_error *error) {
    char *depth[MAX_CELLS], *kernel[MAX_CELLS], *expansion[MAX_CELLS];
    unsigned char *codes = t->code.codes + (size_t)i * (size_t)(3 * n);
    int per = n / stages;
    if (split(cells[0], " ", depth, MAX_CELLS) != stages ||
        split(cells[1], " ", kernel, MAX_CELLS) != n ||
        split(cells[2], " ", expansion, MAX_CELLS) != n) {
        return fail_name(t, i, error, "other architectures have other numbers of stages or blocks");
    }
    for (int b = 0; b < n; b++) {
        int stage = b / per;
        if (stage < stages && b % per >= atoi(depth[stage])) {
            continue;
        }
        char both[2 * WORD + 2];
        snprintf(both, sizeof both, "%.*s/%.*s", WORD / 2 - 2, kernel[b], WORD / 2 - 2,
                 expansion[b]);
        WEFT_TRY(find_word(known, CLASS_KERNEL, kernel[b], &codes[b], error));
        WEFT_TRY(find_word(known, CLASS_EXPANSION, expansion[b], &codes[n + b], error));
        WEFT_TRY(find_word(known, CLASS_BLOCK, both, &codes[2 * n + b], error));
    }
    return WEFT_OK;
}

static weft_status encode_elastic(weft_device_table *t, words *known, weft_error *error) {
    bool resolved = strcmp(t->labels, "d,ks,e,r") == 0;
    int n = 0, stages = 0;
    for (int i = 0; i < t->n; i++) {
        char text[2048], *cells[MAX_CELLS], *parts[MAX_CELLS];
        snprintf(text, sizeof text, "%s", t->names[i]);
        if (split(text, "|", cells, MAX_CELLS) != (resolved ? 4 : 3)) {
            return fail_name(t, i, error, "expected depths, kernel sizes and expansions");
        }
        if (i == 0) {
            char first[2048];
            snprintf(first, sizeof first, "%s", cells[0]);
            stages = split(first, " ", parts, MAX_CELLS);
            snprintf(first, sizeof first, "%s", cells[1]);
            n = split(first, " ", parts, MAX_CELLS);
            if (stages < 1 || n < stages || 3 * n > WEFT_MAX_POSITIONS) {
                return fail_name(t, i, error, "expected 1 to 66 blocks in at least one stage");
            }
            WEFT_TRY(take_codes(t, 3 * n, resolved, error));
            t->code.kind = WEFT_SPACE_CHAIN;
            for (int p = 0; p < 3 * n; p++) {
                t->code.stage[p] = p % n / (n / stages);
                t->code.counted[p] = p < n;
            }
            t->code.n_stages = t->code.stage[n - 1] + 1;
        }
        char *end = NULL;
        double number = resolved ? weft_real_parse(cells[3], &end) : 0.0;
        if (resolved && (end == cells[3] || *end != '\0' || !isfinite(number))) {
            return fail_name(t, i, error, "its resolution r is no number");
        }
        if (resolved) {
            t->code.numbers[i] = number;
        }
        WEFT_TRY(encode_blocks(t, i, n, stages, cells, known, error));
    }
    t->code.n_symbols = known->n;
    return WEFT_OK;
}

/* ---- genes ----------------------------------------------------------------------------------- */

/* What a column of genes holds. */
typedef struct gene_column {
    bool numeric;
    int levels; /* distinct values, MOST_LEVELS + 1: more */
    double level[MOST_LEVELS + 1];
    int class; /* columns whose names differ in figures alone share their words */
    int position, number;
} gene_column;

/* "op12" and "op3_kernel" without figures and what joins them. */
static char *stem_of(const char *name, char *buffer, size_t size) {
    size_t n = 0;
    for (; *name != '\0' && *name != ',' && n + 1 < size; name++) {
        if (!isdigit((unsigned char)*name)) {
            buffer[n++] = *name;
        }
    }
    buffer[n] = '\0';
    return buffer;
}

static void see_cell(gene_column *gene, const char *text) {
    char *end = NULL;
    double value = weft_real_parse(text, &end);
    gene->numeric = gene->numeric && end != text && *end == '\0' && isfinite(value);
    int l = 0;
    while (gene->numeric && l < gene->levels && l <= MOST_LEVELS && gene->level[l] != value) {
        l++;
    }
    if (gene->numeric && l == gene->levels && l <= MOST_LEVELS) {
        gene->level[gene->levels++] = value;
    }
}

static weft_status look_at_genes(weft_device_table *t, gene_column *genes, int n,
                                 weft_error *error) {
    for (int i = 0; i < t->n; i++) {
        char text[2048], *cells[MAX_CELLS];
        snprintf(text, sizeof text, "%s", t->names[i]);
        if (split(text, "|", cells, MAX_CELLS) != n) {
            return fail_name(t, i, error, "it has not a value for each gene");
        }
        for (int g = 0; g < n; g++) {
            see_cell(&genes[g], cells[g]);
        }
    }
    int positions = 0, numbers = 0;
    for (int g = 0; g < n; g++) {
        bool many = genes[g].numeric && genes[g].levels > MOST_LEVELS;
        genes[g].position = many ? -1 : positions++;
        genes[g].number =
            genes[g].numeric && genes[g].levels > 2 && numbers < WEFT_MAX_NUMBERS ? numbers++ : -1;
    }
    return take_codes(t, positions, numbers, error);
}

static weft_status encode_genes(weft_device_table *t, words *known, weft_error *error) {
    gene_column genes[MAX_CELLS];
    char stems[MAX_CELLS][WORD];
    int n = 0;
    for (const char *at = t->labels; at != NULL && n < MAX_CELLS; n++) {
        stem_of(at, stems[n], WORD);
        int class = 0;
        while (class < n && strcmp(stems[class], stems[n]) != 0) {
            class ++;
        }
        genes[n] = (gene_column){.numeric = true, .class = class};
        at = strchr(at, ',');
        at = at == NULL ? NULL : at + 1;
    }
    WEFT_TRY(look_at_genes(t, genes, n, error));
    t->code.kind = WEFT_SPACE_GENES;
    t->code.n_stages = 1;
    for (int i = 0; i < t->n; i++) {
        char text[2048], *cells[MAX_CELLS], *end = NULL;
        snprintf(text, sizeof text, "%s", t->names[i]);
        split(text, "|", cells, MAX_CELLS);
        for (int g = 0; g < n; g++) {
            if (genes[g].position >= 0) {
                size_t at = (size_t)i * (size_t)t->code.n_positions + (size_t)genes[g].position;
                WEFT_TRY(find_word(known, genes[g].class, cells[g], &t->code.codes[at], error));
            }
            if (genes[g].number >= 0) {
                t->code.numbers[(size_t)i * (size_t)t->code.n_numbers + (size_t)genes[g].number] =
                    weft_real_parse(cells[g], &end);
            }
        }
    }
    t->code.n_symbols = known->n;
    return WEFT_OK;
}

static weft_status encode(weft_device_table *t, bool by_genes, words *known, weft_error *error) {
    bool figures = false;
    if (by_genes) {
        return encode_genes(t, known, error);
    }
    if (t->joined) {
        return encode_elastic(t, known, error);
    }
    if (are_cells(t)) {
        return encode_cells(t, error);
    }
    int n = chain_length(t, &figures);
    if (n > 0 && strcmp(t->labels, "architecture") != 0) {
        return encode_chain(t, n, figures, known, error);
    }
    return take_codes(t, 0, 0, error);
}

weft_status weft_device_encode(weft_device_table *table, bool by_genes, weft_error *error) {
    words *known = calloc(1, sizeof *known);
    if (known == NULL) {
        return weft_fail_memory(error, sizeof *known);
    }
    free(table->code.codes);
    free(table->code.numbers);
    table->code = (weft_encoding){.kind = WEFT_SPACE_NAMES};
    weft_status status = encode(table, by_genes, known, error);
    free(known);
    return status;
}
