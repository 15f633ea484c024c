/* SPDX-License-Identifier: Apache-2.0
 * Space files: faults with their place, bases, spaces inside another file. */
#include "space/space.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BLOCKS                                                                                     \
    "  block: {categorical: [VGG, MVGG, RES], repeat: 3, when: depth >= index}\n"                  \
    "  kernels: {ordinal: [8, 16], repeat: 3, when: depth >= index}\n"
#define HEADER "weft: space/1\nname: x\nfamily: imc\n"
#define GENES  HEADER "genes:\n  depth: {integer: [1, 3]}\n"

typedef struct fault {
    const char *text;
    int line;
    const char *message; /* part of the message, or of the hint */
} fault;

static void check_fault(const fault *f) {
    weft_space *space = NULL;
    weft_error error;
    memset(&error, 0xaa, sizeof error);
    weft_status status = weft_space_parse(f->text, strlen(f->text), "bad.yaml", &space, &error);
    if (status != WEFT_ERROR_INPUT) {
        fail_msg("status %d of\n%s", (int)status, f->text);
    }
    assert_null(space);
    char text[2048];
    weft_error_format(&error, text, sizeof text);
    if (error.line != f->line || strstr(text, f->message) == NULL ||
        strcmp(error.file, "bad.yaml") != 0 || error.column < 1 || error.excerpt[0] == '\0') {
        fail_msg("expected line %d and '%s' in\n%s\nof\n%s", f->line, f->message, text, f->text);
    }
}

static void bad_keys_are_placed(void **state) {
    (void)state;
    static const fault faults[] = {
        {"weft: space/1\nname: x\nfamly: imc\n", 3, "family"},
        {GENES BLOCKS "smalest_map: 2\n", 8, "smallest_map"},
        {"weft: space/1\nname: x\nname: y\n", 3, "name"},
        {"name: x\nfamily: imc\n", 1, "weft"},
        {"weft: chip/1\nname: x\n", 1, "space/1"},
        {"weft: space/2\nname: x\n", 1, "another version"},
        {"weft: space/1\nfamily: imc\n", 1, "name"},
        {"weft: space/1\nname: 'a b'\n", 2, "letters"},
        {"weft: space/1\nname: [x]\n", 2, "text"},
        {"weft: space/1\nname: x\nfamily: imb\n", 3, "imc"},
        {HEADER, 1, "no genes"},
        {HEADER "genes: {}\n", 1, "no genes"},
        {HEADER "genes: [depth]\n", 4, "table of genes"},
        {"[weft]\n", 1, "table"},
        {HEADER "input: [3, 32]\n", 4, "channels, height and width"},
        {HEADER "input: [3, 0, 32]\n", 4, "from 1 to 65536"},
        {HEADER "input: [3, 32, 70000]\n", 4, "from 1 to 65536"},
        {HEADER "input: [3, 32, 8.0]\n", 4, "from 1 to 65536"},
        {HEADER "input: 32\n", 4, "channels, height and width"},
        {HEADER "classes: 1\n", 4, "from 2 to 65536"},
        {HEADER "classes: ten\n", 4, "from 2 to 65536"},
        {HEADER "head: {pool: 0}\n", 4, "from 1 to 64"},
        {HEADER "head: {dropout: 1.0}\n", 4, "from 0 to 0.99"},
        {HEADER "head: {hiden: [3]}\n", 4, "hidden"},
        {HEADER "head: {hidden: 200}\n", 4, "list"},
        {HEADER "head: {hidden: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\n", 4, "0 to 8"},
        {HEADER "head: {hidden: [0]}\n", 4, "from 1 to 65536"},
        {HEADER "smallest_map: 0\n", 4, "from 1 to 65536"},
        {GENES "  block: {categorical: [VGG], repeat: 3, when: depth >= index}\n"
               "  kernels: {ordinal: [8], repeat: 3, when: depth >= index}\n"
               "input: [3, 1, 1]\n",
         1, "no network"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        check_fault(&faults[i]);
    }
}

static void bad_genes_are_placed(void **state) {
    (void)state;
    static const fault faults[] = {
        {GENES BLOCKS "  dropout: {}\n", 8, "categorical, ordinal, integer, real"},
        {GENES BLOCKS "  dropout: 3\n", 8, "table of keys"},
        {GENES BLOCKS "  dropout: {reel: [0, 1]}\n", 8, "real"},
        {GENES BLOCKS "  dropout: {real: [0, 0.5], ordinal: [0.1]}\n", 8, "both ordinal and real"},
        {GENES BLOCKS "  dropout: {real: [0.5, 0.1]}\n", 8, "lies above"},
        {GENES BLOCKS "  dropout: {real: [0.5, 0.5]}\n", 8, "no interval"},
        {GENES BLOCKS "  dropout: {real: [0, 0.5], log: true}\n", 8, "above 0"},
        {GENES BLOCKS "  dropout: {real: [0, 0.5], log: 3}\n", 8, "true or false"},
        {GENES BLOCKS "  dropout: {real: [0, .nan]}\n", 8, "number"},
        {GENES BLOCKS "  dropout: {real: [0, 1]}\n", 8, "may not be 1"},
        {GENES BLOCKS "  dropout: {ordinal: []}\n", 8, "1 to 64 choices"},
        {GENES BLOCKS "  dropout: {ordinal: [0.1, 0.3, 0.2]}\n", 8, "rise"},
        {GENES BLOCKS "  dropout: {ordinal: [0.1, 0.1]}\n", 8, "rise"},
        {GENES BLOCKS "  dropout: {ordinal: [a, b]}\n", 8, "number"},
        {GENES BLOCKS "  dropout: {categorical: [a, b]}\n", 8, "no meaning"},
        {GENES BLOCKS "  dropout: {real: [0, 0.5], repeat: 2}\n", 8, "unknown to the imc family"},
        {GENES BLOCKS "  hidden1: {integer: [9, 3]}\n", 8, "lies above"},
        {GENES BLOCKS "  hidden1: {integer: [1, 9, 3]}\n", 8, "two numbers"},
        {GENES BLOCKS "  hidden1: {integer: [1, 1000000000000001]}\n", 8, "integer from"},
        {GENES BLOCKS "  hidden1: {integer: [1, 99999999999999999999]}\n", 8, "integer from"},
        {GENES BLOCKS "  hidden1: {integer: [1, 2.5]}\n", 8, "integer from"},
        {GENES BLOCKS "  hidden1: {integer: [1, 70000]}\n", 8, "may not be 70000"},
        {GENES BLOCKS "  hidden1: {ordinal: [1, 2.5]}\n", 8, "may not be 2.5"},
        {GENES BLOCKS "  hidden1: {real: [1, 2.5]}\n", 8, "no meaning"},
        {GENES BLOCKS "  hidden1: {integer: [1, 5], log: true}\n", 8, "real gene"},
        {GENES BLOCKS "  hidden3: {integer: [1, 5]}\n", 8, "2 hidden layers"},
        {GENES BLOCKS "  hidden1: {integer: [1, 5]}\n  hidden: {integer: [1, 5]}\n", 8, "beside"},
        {GENES BLOCKS "  hidden: {integer: [1, 5], repeat: 0}\n", 8, "from 1 to 64"},
        {GENES BLOCKS "  hidden: {integer: [1, 5], repeat: 65}\n", 8, "from 1 to 64"},
        {GENES BLOCKS "  hidden: {integer: [1, 5], repeat: 2}\n  hidden2: {integer: [1, 5]}\n", 9,
         "twice"},
        {GENES BLOCKS "  dropuot: {real: [0, 0.5]}\n", 8, "did you mean 'dropout'"},
        {GENES BLOCKS "  2nd: {real: [0, 0.5]}\n", 8, "a letter"},
        {GENES BLOCKS "  'a b': {real: [0, 0.5]}\n", 8, "letters"},
        {GENES BLOCKS "  hidden01: {integer: [1, 5]}\n", 8, "unknown to the imc family"},
        {GENES "  block: {categorical: [VGG, VGG], repeat: 3, when: depth >= index}\n", 6, "twice"},
        {GENES "  block: {categorical: [VGG, MVG], repeat: 3, when: depth >= index}\n", 6,
         "did you mean 'MVGG'"},
        {GENES "  block: {categorical: ['a b'], repeat: 3}\n", 6, "word"},
        {GENES "  block: {ordinal: [1, 2], repeat: 3, when: depth >= index}\n", 6, "categorical"},
        {HEADER "genes:\n  depth: {ordinal: [1, 3]}\n" BLOCKS, 5, "integer gene"},
        {HEADER "genes:\n  depth: {integer: [0, 3]}\n" BLOCKS, 5, "may not be 0"},
        {HEADER "genes:\n  depth: {integer: [1, 33]}\n" BLOCKS, 5, "may not be 33"},
        {HEADER "genes:\n  depth: {integer: [1, 4]}\n" BLOCKS, 5, "'block4' is missing"},
        {HEADER "genes:\n  pool: {integer: [1, 4]}\n", 1, "'depth' is missing"},
        {GENES "  block: {categorical: [VGG], repeat: 3, when: depth >= index}\n"
               "  kernels: {ordinal: [8], repeat: 3}\n",
         7, "exactly when depth >= 2"},
        {GENES "  block: {categorical: [VGG], repeat: 3, when: depth <= index}\n"
               "  kernels: {ordinal: [8], repeat: 3, when: depth >= index}\n",
         6, "exactly when depth >= 1"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        check_fault(&faults[i]);
    }
}

static void bad_conditions_are_placed(void **state) {
    (void)state;
    static const fault faults[] = {
        {GENES BLOCKS "  pool: {integer: [1, 2], when: deepth >= 2}\n", 8, "did you mean 'depth'"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: block >= 2}\n", 8, "no gene 'block'"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: ''}\n", 8, "empty"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: depth}\n", 8, "comparison"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: depth > 2}\n", 8, "comparison"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: depth >=}\n", 8, "missing"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: depth >= x}\n", 8, "no number"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: depth >= 1e999}\n", 8, "no number"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: depth >= 2.5}\n", 8, "whole number"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: depth >= index}\n", 8, "repeat"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: depth >= 2 or depth <= 1}\n", 8, "'and'"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: depth >= 2 and}\n", 8, "missing"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: depth >= 4}\n", 8, "never active"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: depth == 4}\n", 8, "never active"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: depth >= 3 and depth <= 2}\n", 8,
         "never active"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: 'depth in [1, 3]'}\n", 8, "neighbours"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: 'depth in [1, 9]'}\n", 8, "never is 9"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: 'depth in [1, 2'}\n", 8, "not closed"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: 'depth in 2'}\n", 8, "list"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: 'depth in []'}\n", 8, "missing"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: 'block1 in [VGG, RES]'}\n", 8, "neighbours"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: block1 >= VGG}\n", 8, "no order"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: block1 == VGGG}\n", 8, "did you mean 'VGG'"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: kernels1 == 9}\n", 8, "9 is no choice"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: kernels1 >= 17}\n", 8, "never active"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: 3 <= depth}\n", 8, "no gene '3'"},
        {GENES BLOCKS "  pool: {integer: [1, 2], when: pool >= 1}\n", 8, "depends on itself"},
        {GENES BLOCKS "  dropout: {real: [0, 0.5], when: pool == 1}\n"
                      "  pool: {integer: [1, 2], when: dropout >= 0.1}\n",
         8, "depends on itself through pool"},
        {GENES BLOCKS "  dropout: {real: [0, 0.5]}\n"
                      "  pool: {integer: [1, 2], when: dropout == 0.1}\n",
         9, "exactly"},
        {GENES BLOCKS "  dropout: {real: [0, 0.5], when: depth >= 1 and block1 == RES and "
                      "kernels1 == 8 and block2 == RES and kernels2 == 8}\n",
         8, "more than 4"},
        {HEADER "genes:\n  depth: {integer: [1, 3], when: pool == 1}\n"
                "  pool: {integer: [1, 2]}\n" BLOCKS,
         5, "may have no condition"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        check_fault(&faults[i]);
    }
    /* A condition that is too long. */
    char text[2048];
    snprintf(text, sizeof text, "%s  pool: {integer: [1, 2], when: depth >= %0*d}\n", GENES BLOCKS,
             260, 1);
    check_fault(&(fault){text, 8, "longer than"});
}

static weft_space *parse_space(const char *text) {
    weft_space *space = NULL;
    weft_error error;
    if (weft_space_parse(text, strlen(text), "test.yaml", &space, &error) != WEFT_OK) {
        char buffer[2048];
        fail_msg("%s", weft_error_format(&error, buffer, sizeof buffer));
    }
    return space;
}

static void later_parents_come_first(void **state) {
    (void)state;
    weft_space *space =
        parse_space(HEADER "genes:\n"
                           "  hidden2: {integer: [1, 5], when: 'hidden1 >= 3 and block2 in "
                           "[RES,MVGG] and kernels2 <= 15.5'}\n"
                           "  hidden1: {ordinal: [1, 2, 3, 7], when: pool == 2}\n" BLOCKS
                           "  pool: {integer: [1, 2]}\n"
                           "  depth: {integer: [1, 3]}\n");
    static const char *const names[] = {"pool",   "hidden1",  "depth",   "block1", "kernels1",
                                        "block2", "kernels2", "hidden2", "block3", "kernels3"};
    weft_gene_table table = weft_space_genes(space);
    assert_int_equal(table.n_genes, 10);
    for (int g = 0; g < table.n_genes; g++) {
        assert_string_equal(table.genes[g].name, names[g]);
    }
    const weft_gene *hidden2 = &table.genes[7];
    assert_int_equal(hidden2->n_conditions, 3);
    assert_int_equal(hidden2->conditions[0].parent, 1);
    assert_true(hidden2->conditions[0].minimum == 2.0 && hidden2->conditions[0].maximum == 3.0);
    assert_int_equal(hidden2->conditions[1].parent, 5);
    assert_true(hidden2->conditions[1].minimum == 1.0 && hidden2->conditions[1].maximum == 2.0);
    assert_int_equal(hidden2->conditions[2].parent, 6);
    assert_true(hidden2->conditions[2].minimum == 0.0 && hidden2->conditions[2].maximum == 0.0);
    weft_space_destroy(space);
}

/* In a repeated gene, another repeated gene's name means the one of the same number; the tail that
 * the depth never reaches is dropped. */
static void repeats_meet_by_number(void **state) {
    (void)state;
    weft_space *space =
        parse_space(GENES BLOCKS "  hidden: {integer: [1, 5], repeat: 2, when: block == RES}\n");
    weft_gene_table table = weft_space_genes(space);
    int found = 0;
    for (int g = 0; g < table.n_genes; g++) {
        if (strncmp(table.genes[g].name, "hidden", 6) == 0) {
            int parent = table.genes[g].conditions[0].parent;
            assert_string_equal(table.genes[parent].name + 5, table.genes[g].name + 6);
            found++;
        }
    }
    assert_int_equal(found, 2);
    weft_space_destroy(space);
    space =
        parse_space("weft: space/1\nname: x\nbase: imc-cnn\ngenes: {depth: {integer: [2, 3]}}\n");
    table = weft_space_genes(space);
    assert_int_equal(table.n_genes, 7);
    weft_space_count count;
    weft_error error;
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    assert_string_equal(count.total, "6156"); /* 18^2 + 18^3 */
    weft_space_destroy(space);
}

/* ---- bases ----------------------------------------------------------------------------------- */

typedef struct folder {
    char path[64];
} folder;

static void make_folder(folder *f) {
    snprintf(f->path, sizeof f->path, "/tmp/weft-test-space-XXXXXX");
    assert_non_null(mkdtemp(f->path));
}

static void write_file(const folder *f, const char *name, const char *text, char *path,
                       size_t size) {
    snprintf(path, size, "%s/%s", f->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void bases_are_overwritten(void **state) {
    (void)state;
    folder f;
    char a[128];
    char b[128];
    make_folder(&f);
    write_file(&f, "a.yaml",
               "weft: space/1\nname: a\nbase: imc-cnn\nclasses: 26\nhead: {dropout: 0.1}\n"
               "genes: {dropout: {real: [0.1, 0.2]}}\n",
               a, sizeof a);
    /* A path in a file is meant from that file's folder. */
    write_file(&f, "b.yaml",
               "weft: space/1\nname: b\nbase: a.yaml\ninput: [1, 16, 16]\nhead: {pool: 1}\n"
               "genes:\n  dropout: {ordinal: [0.3, 0.5]}\n  depth: {integer: [2, 2]}\n",
               b, sizeof b);
    weft_space *space = NULL;
    weft_error error;
    assert_int_equal(weft_space_read(b, &space, &error), WEFT_OK);
    assert_string_equal(weft_space_name(space), "b");
    assert_int_equal(weft_space_input(space).height, 16);
    const char *text = weft_space_text(space);
    assert_non_null(strstr(text, "classes: 26\n"));
    assert_non_null(strstr(text, "head: {pool: 1, hidden: [200, 50], dropout: 0.1}\n"));
    assert_non_null(strstr(text, "dropout: {ordinal: [0.3, 0.5]}\n"));
    assert_null(strstr(text, "base"));
    weft_space_count count;
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    assert_string_equal(count.total, "648"); /* 2 * 18^2 */
    weft_space_destroy(space);
    unlink(a);
    unlink(b);
    rmdir(f.path);
}

static void base_faults_are_placed(void **state) {
    (void)state;
    check_fault(&(fault){"weft: space/1\nname: x\nbase: imc-cmn\n", 3, "did you mean 'imc-cnn'"});
    check_fault(&(fault){"weft: space/1\nname: x\nbase: [imc-cnn]\n", 3, "text"});
    /* The same gene twice, once from the base. */
    check_fault(&(fault){"weft: space/1\nname: x\nbase: imc-cnn\n"
                         "genes: {block1: {categorical: [RES]}}\n",
                         4, "twice"});
    folder f;
    char a[128];
    char b[128];
    make_folder(&f);
    write_file(&f, "a.yaml", "weft: space/1\nname: a\nbase: ./b.yaml\n", a, sizeof a);
    write_file(&f, "b.yaml", "weft: space/1\nname: b\nbase: a.yaml\n", b, sizeof b);
    weft_space *space = NULL;
    weft_error error;
    assert_int_equal(weft_space_read(a, &space, &error), WEFT_ERROR_INPUT);
    assert_null(space);
    assert_non_null(strstr(error.message, "itself"));
    assert_int_equal(error.line, 3);
    /* A fault inside a base is placed in the base. */
    write_file(&f, "b.yaml", "weft: space/1\nname: b\nclases: 3\n", b, sizeof b);
    assert_int_equal(weft_space_read(a, &space, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.file, "b.yaml"));
    /* A base that is not there. */
    unlink(b);
    assert_int_equal(weft_space_read(a, &space, &error), WEFT_ERROR_IO);
    assert_non_null(strstr(error.file, "b.yaml"));
    assert_int_equal(weft_space_read("imc-cn", &space, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "imc-cnn"));
    assert_null(space);
    unlink(a);
    rmdir(f.path);
}

/* ---- spaces inside another file -------------------------------------------------------------- */

static weft_status read_inside(const char *text, weft_space **space, weft_error *error) {
    weft_doc *doc = NULL;
    weft_map map;
    const weft_node *node = NULL;
    assert_int_equal(weft_doc_parse(text, strlen(text), "problem.yaml", &doc, error), WEFT_OK);
    assert_int_equal(weft_map_begin(doc, weft_doc_root(doc), &map, error), WEFT_OK);
    assert_int_equal(weft_map_node(&map, "space", WEFT_REQUIRED, &node, error), WEFT_OK);
    weft_status status = weft_space_read_node(doc, node, space, error);
    weft_doc_destroy(doc);
    return status;
}

static void problems_hold_spaces(void **state) {
    (void)state;
    weft_space *space = NULL;
    weft_error error;
    weft_space_count count;
    assert_int_equal(read_inside("space: imc-cnn-small\n", &space, &error), WEFT_OK);
    assert_string_equal(weft_space_name(space), "imc-cnn-small");
    weft_space_destroy(space);
    space = NULL;
    assert_int_equal(read_inside("seed: 1\n"
                                 "space:\n"
                                 "  base: imc-cnn\n"
                                 "  genes:\n"
                                 "    depth: {integer: [1, 2]}\n",
                                 &space, &error),
                     WEFT_OK);
    assert_string_equal(weft_space_name(space), "imc-cnn");
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    assert_string_equal(count.total, "342");                 /* 18 + 18^2 */
    weft_space *again = parse_space(weft_space_text(space)); /* the document is gone */
    assert_string_equal(weft_space_text(again), weft_space_text(space));
    weft_space_destroy(again);
    weft_space_destroy(space);
    space = NULL;
    assert_int_equal(read_inside("space: {family: imc, genes: {depth: {integer: [1, 1]},\n"
                                 "  block1: {categorical: [RES]}, kernels1: {ordinal: [4]}}}\n",
                                 &space, &error),
                     WEFT_OK);
    assert_string_equal(weft_space_name(space), "space");
    weft_space_destroy(space);
    space = NULL;
    assert_int_equal(read_inside("seed: 1\nspace: imc-cn\n", &space, &error), WEFT_ERROR_INPUT);
    assert_int_equal(error.line, 2);
    assert_int_equal(error.column, 8);
    assert_string_equal(error.file, "problem.yaml");
    assert_int_equal(read_inside("space: [imc-cnn]\n", &space, &error), WEFT_ERROR_INPUT);
    assert_int_equal(read_inside("space: {base: imc-cnn, gens: {}}\n", &space, &error),
                     WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "genes"));
    assert_null(space);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_keys_are_placed),       cmocka_unit_test(bad_genes_are_placed),
        cmocka_unit_test(bad_conditions_are_placed), cmocka_unit_test(later_parents_come_first),
        cmocka_unit_test(repeats_meet_by_number),    cmocka_unit_test(bases_are_overwritten),
        cmocka_unit_test(base_faults_are_placed),    cmocka_unit_test(problems_hold_spaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
