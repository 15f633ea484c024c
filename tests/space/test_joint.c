/* SPDX-License-Identifier: Apache-2.0
 * Spaces of network and chip: their counts against arithmetic, their networks against layer lists made
 * here, their knobs. */
#include "space/support.h"

#include "base/rng.h"

static int find_gene(const weft_space *space, const char *name) {
    weft_gene_table table = weft_space_genes(space);
    for (int g = 0; g < table.n_genes; g++) {
        if (strcmp(table.genes[g].name, name) == 0) {
            return g;
        }
    }
    fail_msg("no gene %s", name);
    return -1;
}

static void set(const weft_space *space, double *genome, const char *name, double value) {
    genome[find_gene(space, name)] = value;
}

/* All genes at a share of their range, canonical. */
static double *make_genome(const weft_space *space, double share) {
    weft_gene_table table = weft_space_genes(space);
    double *genome = calloc((size_t)table.n_genes, sizeof *genome);
    assert_non_null(genome);
    for (int g = 0; g < table.n_genes; g++) {
        const weft_gene *gene = &table.genes[g];
        genome[g] = gene->lower + floor(share * (gene->upper - gene->lower));
    }
    weft_genome_canonical(&table, genome);
    return genome;
}

static double *random_genome(const weft_space *space, weft_rng *rng) {
    weft_gene_table table = weft_space_genes(space);
    double *genome = calloc((size_t)table.n_genes, sizeof *genome);
    assert_non_null(genome);
    for (int g = 0; g < table.n_genes; g++) {
        const weft_gene *gene = &table.genes[g];
        uint64_t values = (uint64_t)(gene->upper - gene->lower) + 1;
        genome[g] = gene->lower + (double)weft_rng_below(rng, values);
    }
    weft_genome_canonical(&table, genome);
    return genome;
}

static weft_network *decode(const weft_space *space, const double *genome, int which) {
    weft_network *network = NULL;
    weft_error error;
    if (weft_space_decode(space, genome, which, &network, &error) != WEFT_OK) {
        fail_msg("%s", error.message);
    }
    return network;
}

static void check_counts(const char *name, const char *genotypes, const char *designs) {
    weft_space *space = read_space(name);
    weft_space_count count;
    weft_error error;
    assert_int_equal(weft_space_counts(space, &count, &error), WEFT_OK);
    assert_string_equal(count.genotypes, genotypes);
    assert_string_equal(count.total, designs);
    assert_string_equal(count.legal, designs);
    weft_space_destroy(space);
}

/* ---- cimnas-mobilenetv2-rram ------------------------------------------------------------------- */

/* Python: hardware 8 8 6 5 C 6 5 M 7 with (C, M) = (5, 7) and (4, 6). Genotypes: 3^6 3^21 3^84 and the
 * lengths of the expansions. Designs: for each stage the sum over its depth d = 2, 3, 4 of the product
 * over blocks 1 .. d of 3^5 and the block's expansions, with 243 * 49 for stage 6. */
static void the_published_space_is_counted(void **state) {
    (void)state;
    check_counts("cimnas-mobilenetv2-rram",
                 "99175016279229604683991070821274046658064165624816"
                 "882065659757702717368429187500000000",
                 "13623407061475680409436216933885648888896654615791"
                 "5698912340055948185335016700000000");
    check_counts("cimnas-mobilenetv2-rram-released",
                 "68005725448614586069022448563159346279815427857017"
                 "290559309548139006195494300000000000",
                 "93417648421547522807562630403787306666719917365427"
                 "907825604609793041372582880000000");
    check_counts("cimnas-mobilenetv2-hw", "9676800", "9676800");
}

/* Python: the products of the lists, in the order of the files. */
static void all_spaces_are_counted(void **state) {
    (void)state;
    check_counts("joint-rram-4", "12096000", "12096000"); /* 8 8 6 5 5 6 5 6 7 */
    check_counts("joint-sram-4", "2488320", "2488320");   /* 8 6 6 6 6 5 6 8 */
    check_counts("joint-sram-9", "4064256", "4064256");   /* 8 6 6 6 7 6 7 8 */
    /* 6 nodes with 8 supplies each; the lists hold 8^5 of them. */
    check_counts("joint-sram-4-nodes", "61152952320", "14929920");
    check_counts("cimnas-resnet50-sram", "4064256", "4064256");
    check_counts("cimnas-resnet50-sram-bits",
                 "169664720652916316982866792598753092955881313423953396736",
                 "169664720652916316982866792598753092955881313423953396736");
    check_counts("xpert-vgg", "39182082048000000000000000000000000000",
                 "39182082048000000000000000000000000000");
    check_counts("ofa-mobilenetv3-rram", "14597809999745635289384225331007475700463991500800",
                 "63922316709315985300251938395162711600831180800");
    check_counts("ofa-mobilenetv3-sram", "100099268569684356270063259412622690517467370291200000",
                 "107012806991042386105332486152616146653177200000");
    check_counts("weft-mobilenetv2-rram",
                 "906395774003663341210195730780183556262379575478296903817144"
                 "875469013350809479034886351200839271768927574157714843750000"
                 "000000000000000000000000000",
                 "582822770871010106927227278629620160521071976863272556161915"
                 "751044510538017406927216052193588260105401277542114257812500"
                 "00000000000000000000000");
}

static void distinct_spaces_say_so(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool distinct, fixed;
        int networks, regions, knobs;
    } rows[] = {
        {"cimnas-mobilenetv2-rram", true, false, 1, 1, 9},
        {"cimnas-mobilenetv2-hw", true, true, 1, 1, 9},
        {"cimnas-resnet50-sram", true, true, 1, 1, 8},
        {"cimnas-resnet50-sram-bits", true, false, 1, 1, 8},
        {"joint-rram-4", true, true, 4, 1, 9},
        {"joint-sram-4", true, true, 4, 1, 8},
        {"joint-sram-4-nodes", true, true, 4, 1, 13},
        {"joint-sram-9", true, true, 9, 1, 8},
        {"xpert-vgg", true, false, 1, 14, 45},
        {"ofa-mobilenetv3-rram", true, false, 1, 1, 11},
        {"ofa-mobilenetv3-sram", true, false, 1, 1, 15},
        /* Narrow stages round some expansions to the same channels. */
        {"weft-mobilenetv2-rram", false, false, 1, 4, 32},
        {"imc-cnn", true, false, 1, 1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        weft_space *space = read_space(rows[i].name);
        int n = 0;
        (void)weft_space_knobs(space, &n);
        assert_int_equal(weft_space_is_distinct(space), rows[i].distinct);
        assert_int_equal(weft_space_network_is_fixed(space), rows[i].fixed);
        assert_int_equal(weft_space_n_networks(space), rows[i].networks);
        assert_int_equal(weft_space_n_regions(space), rows[i].regions);
        assert_int_equal(n, rows[i].knobs);
        double *genome = make_genome(space, 1.0);
        for (int which = 0; which < rows[i].networks; which++) {
            weft_network_destroy(decode(space, genome, which));
        }
        weft_network *network = NULL;
        weft_error error;
        assert_int_equal(weft_space_decode(space, genome, rows[i].networks, &network, &error),
                         WEFT_ERROR_USAGE);
        free(genome);
        weft_space_destroy(space);
    }
}

typedef struct product {
    int32_t in, out, kernel, side; /* side of the map that comes out; kernel -k: depthwise */
    int32_t weights, inputs;
} product;

/* The layers of products of the supernet, as the authors' code makes them. */
typedef struct plan {
    product list[80];
    int n;
} plan;

static void plan_add(plan *p, product made) {
    p->list[p->n++] = made;
}

static void check_products(const weft_network *network, const plan *p) {
    int n = 0;
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        if (layer->op != WEFT_OP_CONV && layer->op != WEFT_OP_LINEAR) {
            continue;
        }
        assert_true(n < p->n);
        const product *wanted = &p->list[n++];
        assert_int_equal(layer->in.channels, wanted->in);
        assert_int_equal(layer->out.channels, wanted->out);
        assert_int_equal(layer->out.height, wanted->side);
        assert_int_equal(layer->bits.weights, wanted->weights);
        assert_int_equal(layer->bits.inputs, wanted->inputs);
        if (layer->op == WEFT_OP_CONV) {
            assert_int_equal(layer->kernel.height, abs(wanted->kernel));
            assert_int_equal(layer->groups, wanted->kernel < 0 ? wanted->in : 1);
        }
    }
    assert_int_equal(n, p->n);
}

static int32_t number(const weft_space *space, const double *genome, const char *stem, int s,
                      int k) {
    char name[WEFT_GENE_NAME];
    snprintf(name, sizeof name, "%s%d_%d", stem, s + 1, k + 1);
    int g = find_gene(space, name);
    return (int32_t)weft_space_number(space, g, genome[g]);
}

/* The hidden channels by the index of the expansion alone: 4 times the input and 8 a step. */
static int32_t hidden(const weft_space *space, const double *genome, int s, int k, int32_t in) {
    char name[WEFT_GENE_NAME];
    snprintf(name, sizeof name, "expansion%d_%d", s + 1, k + 1);
    return 4 * in + 8 * (int32_t)genome[find_gene(space, name)];
}

static void make_plan(const weft_space *space, const double *genome, plan *p) {
    static const int32_t channels[6] = {24, 40, 80, 96, 192, 320};
    static const int32_t strides[6] = {2, 2, 2, 1, 2, 1};
    p->n = 0;
    plan_add(p, (product){3, 32, 3, 112, 8, 8});
    plan_add(p, (product){32, 32, -3, 112, 8, 8});
    plan_add(p, (product){32, 16, 1, 112, 8, 8});
    int32_t in = 16;
    int32_t side = 112;
    for (int s = 0; s < 6; s++) {
        char name[16];
        snprintf(name, sizeof name, "depth%d", s + 1);
        int depth = s == 5 ? 1 : (int)genome[find_gene(space, name)];
        for (int k = 0; k < depth; k++) {
            int32_t wide = hidden(space, genome, s, k, in);
            int32_t pw_w = number(space, genome, "pw_weight_bits", s, k);
            int32_t pw_i = number(space, genome, "pw_input_bits", s, k);
            plan_add(p, (product){in, wide, 1, side, pw_w, pw_i});
            side /= k == 0 ? strides[s] : 1;
            plan_add(p, (product){wide, wide, -number(space, genome, "kernel", s, k), side,
                                  number(space, genome, "dw_weight_bits", s, k),
                                  number(space, genome, "dw_input_bits", s, k)});
            plan_add(p, (product){wide, channels[s], 1, side, pw_w, pw_i});
            in = channels[s];
        }
    }
    plan_add(p, (product){320, 1280, 1, 7, 8, 8});
    plan_add(p, (product){1280, 1000, 1, 1, 8, 8});
}

static void the_supernet_decodes_as_described(void **state) {
    (void)state;
    weft_space *space = read_space("cimnas-mobilenetv2-rram");
    assert_int_equal(weft_space_genes(space).n_genes, 141);
    assert_true(weft_space_is_distinct(space));
    assert_false(weft_space_network_is_fixed(space));
    assert_int_equal(weft_space_n_networks(space), 1);
    assert_string_equal(weft_space_chip(space), "cimnas-32nm-rram");
    plan p;
    int least = 99;
    int most = 0;
    for (uint64_t i = 0; i < 300; i++) {
        weft_rng rng = weft_rng_make(141, WEFT_PURPOSE_TEST, i);
        double *genome = i == 0   ? make_genome(space, 0.0)
                         : i == 1 ? make_genome(space, 1.0)
                                  : random_genome(space, &rng);
        weft_network *network = decode(space, genome, 0);
        make_plan(space, genome, &p);
        check_products(network, &p);
        assert_true(genome[find_gene(space, "depth6")] == 2.0);
        least = p.n < least ? p.n : least;
        most = p.n > most ? p.n : most;
        weft_network_destroy(network);
        free(genome);
    }
    assert_int_equal(least, 38);
    assert_int_equal(most, 68);
    weft_space_destroy(space);
}

static void the_fixed_network_is_the_same_by_name(void **state) {
    (void)state;
    weft_space *space = read_space("cimnas-mobilenetv2-rram");
    weft_space *fixed = read_space("cimnas-mobilenetv2-hw");
    double *genome = make_genome(space, 0.0);
    weft_gene_table table = weft_space_genes(space);
    static const int depths[] = {2, 3, 4, 3, 3};
    for (int g = 0; g < table.n_genes; g++) {
        bool last = strncmp(table.genes[g].name, "expansion", 9) == 0 ||
                    strstr(table.genes[g].name, "_bits") != NULL;
        genome[g] = last ? table.genes[g].upper : table.genes[g].lower;
    }
    for (int s = 0; s < 5; s++) {
        char name[16];
        snprintf(name, sizeof name, "depth%d", s + 1);
        set(space, genome, name, depths[s]);
    }
    weft_genome_canonical(&table, genome);
    assert_true(weft_space_network_is_fixed(fixed));
    assert_true(weft_space_is_distinct(fixed));
    double *chip = make_genome(fixed, 0.5);
    weft_network *a = decode(space, genome, 0);
    weft_network *b = decode(fixed, chip, 0);
    assert_true(weft_network_hash(a) == weft_network_hash(b));
    assert_int_equal(a->macs, b->macs);
    weft_network_destroy(a);
    weft_network_destroy(b);
    free(genome);
    free(chip);
    weft_space_destroy(space);
    weft_space_destroy(fixed);
}

static bool is_knob(const weft_space *space, int g) {
    int n = 0;
    const weft_space_knob *knobs = weft_space_knobs(space, &n);
    for (int k = 0; k < n; k++) {
        if (knobs[k].gene == g) {
            return true;
        }
    }
    return false;
}

/* Moves gene g to a neighbouring value; genes that this makes active take their first values. */
static bool move_gene(const weft_space *space, double *genome, int g) {
    weft_gene_table table = weft_space_genes(space);
    const weft_gene *gene = &table.genes[g];
    if (is_knob(space, g) || isnan(genome[g]) || gene->upper == gene->lower) {
        return false;
    }
    genome[g] += genome[g] < gene->upper ? 1.0 : -1.0;
    for (int k = 0; k < table.n_genes; k++) {
        if (isnan(genome[k]) && weft_gene_active(&table, genome, k)) {
            genome[k] = table.genes[k].lower;
        }
    }
    weft_genome_canonical(&table, genome);
    return true;
}

/* Genomes that differ in a gene of the network have networks of another hash. */
static void networks_differ_where_genomes_do(void **state) {
    (void)state;
    static const char *const names[] = {"cimnas-mobilenetv2-rram", "ofa-mobilenetv3-rram",
                                        "xpert-vgg", "cimnas-resnet50-sram-bits"};
    int moved = 0;
    for (uint64_t i = 0; i < 400; i++) {
        weft_space *space = read_space(names[i % 4]);
        assert_true(weft_space_is_distinct(space));
        int n = weft_space_genes(space).n_genes;
        weft_rng rng = weft_rng_make(17, WEFT_PURPOSE_TEST, i);
        double *genome = random_genome(space, &rng);
        double *other = malloc((size_t)n * sizeof *other);
        assert_non_null(other);
        memcpy(other, genome, (size_t)n * sizeof *other);
        if (move_gene(space, other, (int)weft_rng_below(&rng, (uint64_t)n))) {
            weft_network *a = decode(space, genome, 0);
            weft_network *b = decode(space, other, 0);
            assert_true(weft_network_hash(a) != weft_network_hash(b));
            weft_network_destroy(a);
            weft_network_destroy(b);
            moved++;
        }
        free(genome);
        free(other);
        weft_space_destroy(space);
    }
    assert_true(moved > 150);
}

/* A network that is decoded into the place of another is the same as one of its own. */
static void places_are_decoded_into(void **state) {
    (void)state;
    static const char *const names[] = {"cimnas-mobilenetv2-rram", "joint-rram-4", "imc-cnn",
                                        "xpert-vgg", "weft-mobilenetv2-rram"};
    weft_network *place = NULL;
    weft_error error;
    assert_int_equal(weft_network_create("x", (weft_shape){1, 1, 1}, &place, &error), WEFT_OK);
    for (uint64_t i = 0; i < 60; i++) {
        weft_space *space = read_space(names[i % 5]);
        weft_rng rng = weft_rng_make(23, WEFT_PURPOSE_TEST, i);
        double *genome = random_genome(space, &rng);
        weft_network *own = NULL;
        weft_status status = weft_space_decode(space, genome, 0, &own, &error);
        assert_int_equal(weft_space_decode_into(space, genome, 0, place, &error), status);
        if (status == WEFT_OK) {
            assert_true(weft_network_hash(own) == weft_network_hash(place));
            assert_string_equal(own->name, place->name);
            assert_int_equal(own->params, place->params);
            weft_network_destroy(own);
        }
        free(genome);
        weft_space_destroy(space);
    }
    weft_network_destroy(place);
}

static void knobs_say_what_they_set(void **state) {
    (void)state;
    static const struct {
        const char *path, *unit;
        double first, last;
    } wanted[] = {
        {"voltage", "V", 0.5, 0.85}, {"cell_bits", "bit", 1, 8}, {"base_cycle", "ns", 1, 10},
        {"rows", "", 32, 512},       {"columns", "", 32, 512},   {"groups", "", 1, 32},
        {"tiles", "", 4, 64},        {"macros", "", 4, 256},     {"glb_depth", "", 2048, 131072}};
    weft_space *space = read_space("cimnas-mobilenetv2-rram");
    int n = 0;
    const weft_space_knob *knobs = weft_space_knobs(space, &n);
    weft_gene_table table = weft_space_genes(space);
    for (int k = 0; k < n; k++) {
        const weft_gene *gene = &table.genes[knobs[k].gene];
        assert_string_equal(knobs[k].path, wanted[k].path);
        assert_string_equal(knobs[k].unit, wanted[k].unit);
        assert_int_equal(knobs[k].region, 0);
        assert_true(weft_space_number(space, knobs[k].gene, gene->lower) == wanted[k].first);
        assert_true(weft_space_number(space, knobs[k].gene, gene->upper) == wanted[k].last);
        assert_null(weft_space_word(space, knobs[k].gene, gene->lower));
    }
    assert_int_equal(weft_space_n_regions(space), 1);
    /* Steps give the doubles that people write. */
    static const double volts[] = {0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85};
    for (int i = 0; i < 8; i++) {
        assert_true(weft_space_number(space, knobs[0].gene, i) == volts[i]);
    }
    weft_space_destroy(space);
}

static void words_and_regions_reach_the_chip(void **state) {
    (void)state;
    weft_space *space = parse("weft: space/1\nname: x\nfamily: network\nnetworks: [lenet5]\n"
                              "genes:\n"
                              "  adc: {categorical: [flash, sar], sets: adc_kind}\n"
                              "  rows: {ordinal: [64, 128], repeat: 3, sets: macro.rows, region: "
                              "index}\n"
                              "  columns: {ordinal: [32, 64], sets: columns, region: 2}\n"
                              "  region2: {integer: [0, 2]}\n");
    int n = 0;
    const weft_space_knob *knobs = weft_space_knobs(space, &n);
    assert_int_equal(n, 5);
    assert_int_equal(weft_space_n_regions(space), 3);
    for (int k = 0; k < n; k++) {
        bool rows = strcmp(knobs[k].path, "macro.rows") == 0;
        const char *name = weft_space_genes(space).genes[knobs[k].gene].name;
        assert_int_equal(knobs[k].region, rows ? name[4] - '1' : strcmp(name, "adc") == 0 ? 0 : 2);
    }
    int adc = find_gene(space, "adc");
    assert_string_equal(weft_space_word(space, adc, 1.0), "sar");
    assert_true(isnan(weft_space_number(space, adc, 1.0)));
    assert_null(weft_space_word(space, adc, NAN));
    double *genome = make_genome(space, 1.0);
    weft_network *network = decode(space, genome, 0);
    int products = 0;
    for (int32_t i = 0; i < network->n_layers; i++) {
        if (network->layers[i].op == WEFT_OP_CONV || network->layers[i].op == WEFT_OP_LINEAR) {
            products++;
            assert_int_equal(network->layers[i].region, products == 2 ? 2 : 0);
        }
    }
    assert_int_equal(products, 5);
    weft_network_destroy(network);
    free(genome);
    weft_space_destroy(space);
}

/* ---- what is wrong with a file ----------------------------------------------------------------- */

#define FIXED "weft: space/1\nname: x\nfamily: network\nnetworks: [lenet5]\ngenes:\n"
#define BLOCKS                                                                                     \
    "weft: space/1\nname: x\nfamily: proxyless\ninput: [3, 224, 224]\nclasses: 1000\ngenes:\n"

typedef struct fault {
    const char *text;
    int line;
    const char *part; /* of message or hint */
} fault;

static const fault faults[] = {
    /* what a gene sets */
    {FIXED "  rows: {ordinal: []}\n", 6, "1 to 64 choices"},
    {FIXED "  rows: {ordinal: [], sets: rows}\n", 6, "1 to 64 choices"},
    {FIXED "  rows: {ordinal: [64, 32], sets: rows}\n", 6, "stands behind"},
    {FIXED "  rows: {ordinal: [32, 64]}\n", 6, "unknown to the family 'network'"},
    {FIXED "  rows: {ordinal: [32, 64], sets: ''}\n", 6, "no parameter"},
    {FIXED "  rows: {ordinal: [32, 64], sets: 'a b'}\n", 6, "no parameter"},
    {FIXED "  rows: {ordinal: [32, 64], sets: rows, unit: furlong}\n", 6, "there is no unit"},
    {FIXED "  rows: {ordinal: [32, 64], unit: nm}\n", 6, "sets nothing"},
    {FIXED "  rows: {ordinal: [32, 64], region: 1}\n", 6, "sets nothing"},
    {FIXED "  rows: {ordinal: [32, 64], sets: rows, region: 64}\n", 6, "from 0 to 63"},
    {FIXED "  rows: {ordinal: [32, 64], sets: rows, region: index}\n", 6, "only with 'repeat'"},
    {FIXED "  rows: {ordinal: [32, 64], sets: rows, region: here}\n", 6, "from 0 to 63"},
    {FIXED "  a: {ordinal: [32, 64], sets: rows}\n  b: {ordinal: [8], sets: rows}\n", 7,
     "which 'a' sets already"},
    {FIXED "  region1: {integer: [0, 1]}\n  a: {ordinal: [3], sets: rows}\n", 6,
     "reaches region 1"},
    /* steps */
    {FIXED "  rows: {ordinal: {from: 4, to: 6, step: 0}, sets: rows}\n", 6, "no step"},
    {FIXED "  rows: {ordinal: {from: 4, to: 6, step: 1/0}, sets: rows}\n", 6, "no step"},
    {FIXED "  rows: {ordinal: {from: 4, to: 6, step: -1}, sets: rows}\n", 6, "no step"},
    {FIXED "  rows: {ordinal: {from: 4, to: 6, step: 0.7}, sets: rows}\n", 6, "leads from"},
    {FIXED "  rows: {ordinal: {from: 6, to: 4, step: 1}, sets: rows}\n", 6, "leads from"},
    {FIXED "  rows: {ordinal: {from: 0, to: 64, step: 1}, sets: rows}\n", 6, "at most 64"},
    {FIXED "  rows: {ordinal: {from: 0, step: 1}, sets: rows}\n", 6, "'to'"},
    {FIXED "  rows: {ordinal: {from: 0, to: 1, stp: 1}, sets: rows}\n", 6, "step"},
    /* repeats */
    {FIXED "  rows: {ordinal: [4], repeat: [], sets: rows}\n", 6, "1 to 16"},
    {FIXED "  rows: {ordinal: [4], repeat: [0], sets: rows}\n", 6, "from 1 to 64"},
    {FIXED "  rows: {ordinal: [4], first: 2, sets: rows}\n", 6, "first number"},
    {FIXED "  rows: {real: [1, 2], inert: true, sets: rows}\n", 6, "counted"},
    /* networks */
    {"weft: space/1\nname: x\nfamily: network\ngenes: {a: {ordinal: [1], sets: rows}}\n", 1,
     "names of its networks"},
    {"weft: space/1\nname: x\nfamily: network\nnetworks: []\n", 4, "1 to 16"},
    {"weft: space/1\nname: x\nfamily: network\nnetworks: [resnet19]\n"
     "genes: {a: {ordinal: [1], sets: rows}}\n",
     1, "did you mean 'resnet18'"},
    {FIXED "  weight_bits6: {ordinal: [4, 8]}\n", 6, "has 5 layers"},
    {FIXED "  weight_bits: {ordinal: [4, 8]}\n  weight_bits2: {ordinal: [4]}\n", 7, "layer 2"},
    {FIXED "  weight_bits: {ordinal: [4, 8.5]}\n", 6, "may not be 8.5"},
    {FIXED "  weight_bits: {ordinal: [0, 8]}\n", 6, "may not be 0"},
    {FIXED "  wieght_bits: {ordinal: [4, 8]}\n", 6, "did you mean 'weight_bits'"},
    {"weft: space/1\nname: x\nfamily: network\nnetworks: [lenet5, vgg8]\n"
     "genes: {weight_bits1: {ordinal: [1]}}\n",
     5, "has 2 networks"},
    {"weft: space/1\nname: x\nfamily: network\nbits: {weights: 65}\n", 4, "from 0 to 64"},
    {"weft: space/1\nname: x\nfamily: network\nchip: 'a b'\n", 4, "name of a chip"},
    /* elastic networks */
    {BLOCKS "  depth6: {integer: [1, 2]}\n", 7, "at most 1 block"},
    {BLOCKS "  depth1: {integer: [2, 5]}\n", 7, "at most 4 blocks"},
    {BLOCKS "  depth7: {integer: [1, 2]}\n", 7, "has 6 stages"},
    {BLOCKS "  depth: {integer: [1, 2]}\n", 7, "does not take"},
    {BLOCKS "  kernel: {ordinal: [3, 4]}\n", 7, "kernels are odd"},
    {BLOCKS "  kernel6_2: {ordinal: [3, 5]}\n", 7, "which has 1"},
    {BLOCKS "  kernel: {ordinal: [3, 5]}\n  kernel1_1: {ordinal: [3]}\n", 8, "sets already"},
    {BLOCKS "  weight_bits: {ordinal: [4]}\n  dw_weight_bits2: {ordinal: [4]}\n", 8,
     "sets already"},
    {BLOCKS "  depth: {integer: [2, 4], repeat: 5}\n  kernel: {ordinal: [3, 5], repeat: [4]}\n", 8,
     "exactly when depth1 >= 3"},
    {BLOCKS "  depth: {integer: [2, 4], repeat: 5}\n"
            "  kernel: {ordinal: [3, 5], repeat: [4, 4], when: depth >= 3}\n",
     8, "exactly when"},
    {BLOCKS "  width: {ordinal: [1, 5]}\n", 7, "may not be 5"},
    {BLOCKS "  resolution: {real: [128, 224]}\n", 7, "no meaning"},
    {BLOCKS "  resolution: {ordinal: [128, 224]}\nregions: [0, 0, 0, 0, 0, 0, 1, 0]\n", 1,
     "into region 1"},
    {BLOCKS "  resolution: {ordinal: [128, 224]}\nregions: [0, 0]\n", 1, "names 2 layer groups"},
    {BLOCKS "  resolution: {ordinal: [128, 224]}\nregions: [64]\n", 8, "from 0 to 63"},
};

static void faults_are_placed(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        weft_space *space = NULL;
        weft_error error;
        weft_status status =
            weft_space_parse(faults[i].text, strlen(faults[i].text), "x.yaml", &space, &error);
        bool told = status == WEFT_ERROR_INPUT && (strstr(error.message, faults[i].part) != NULL ||
                                                   strstr(error.hint, faults[i].part) != NULL);
        if (!told || error.line != faults[i].line) {
            fail_msg("%s\ngives %d, line %d: %s (%s); expected line %d, '%s'", faults[i].text,
                     status, error.line, status == WEFT_OK ? "" : error.message,
                     status == WEFT_OK ? "" : error.hint, faults[i].line, faults[i].part);
        }
    }
}

static void steps_are_exact(void **state) {
    (void)state;
    weft_space *space = parse(FIXED
                              "  a: {ordinal: {from: 4, to: 6, step: 1/24}, sets: a}\n"
                              "  b: {ordinal: {from: -0.3, to: 0.3, step: 0.1}, sets: b}\n"
                              "  c: {ordinal: {from: 128, to: 224, step: 4}, sets: c}\n"
                              "  d: {ordinal: {from: 0.001, to: 0.003, step: 1e-3}, sets: d}\n");
    static const double tenths[] = {-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3};
    weft_gene_table table = weft_space_genes(space);
    assert_int_equal(table.genes[0].n_choices, 49);
    assert_int_equal(table.genes[1].n_choices, 7);
    assert_int_equal(table.genes[2].n_choices, 25);
    for (int i = 0; i < 49; i++) {
        assert_true(weft_space_number(space, 0, i) == (96.0 + i) / 24.0);
    }
    for (int i = 0; i < 7; i++) {
        assert_true(weft_space_number(space, 1, i) == tenths[i]);
    }
    assert_true(weft_space_number(space, 2, 24) == 224.0);
    assert_true(weft_space_number(space, 3, 1) == 0.002);
    weft_space_destroy(space);
}

/* Copies, regions and bits end up at the layers that they are for. */
static void layers_carry_what_genes_say(void **state) {
    (void)state;
    weft_space *space = read_space("weft-mobilenetv2-rram");
    double *genome = make_genome(space, 0.0);
    set(space, genome, "expand_copies2_1", 3);  /* 8 */
    set(space, genome, "dw_copies2_1", 2);      /* 4 */
    set(space, genome, "project_copies2_1", 1); /* 2 */
    set(space, genome, "stem_copies", 6);       /* 64 */
    weft_network *network = decode(space, genome, 0);
    static const int32_t regions[] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2};
    int part = 0;
    for (int32_t i = 0; i < network->n_layers; i++) {
        const weft_layer *layer = &network->layers[i];
        if (layer->op != WEFT_OP_CONV && layer->op != WEFT_OP_LINEAR) {
            continue;
        }
        int32_t block = layer->block;
        assert_int_equal(layer->region, i == 1 ? 0 : block == WEFT_NO_BLOCK ? 3 : regions[block]);
        assert_int_equal(layer->bits.outputs, 8);
        static const int32_t copies[] = {8, 4, 2};
        int32_t wanted = block == 3 ? copies[part++] : i == 1 || block == 0 ? 64 : 1;
        assert_int_equal(layer->copies, wanted);
    }
    assert_int_equal(part, 3);
    assert_int_equal(network->layers[0].out.height, 128);
    weft_network_destroy(network);
    free(genome);
    weft_space_destroy(space);
}

/* What a space states is what its text states. */
static void texts_read_back(void **state) {
    (void)state;
    static const char *const names[] = {
        "cimnas-mobilenetv2-rram", "cimnas-mobilenetv2-rram-released", "cimnas-mobilenetv2-hw"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        weft_space *space = read_space(names[i]);
        weft_space *again = parse(weft_space_text(space));
        assert_string_equal(weft_space_text(space), weft_space_text(again));
        assert_string_equal(weft_space_chip(space), weft_space_chip(again));
        weft_gene_table a = weft_space_genes(space);
        weft_gene_table b = weft_space_genes(again);
        assert_int_equal(a.n_genes, b.n_genes);
        assert_memory_equal(a.genes, b.genes, (size_t)a.n_genes * sizeof *a.genes);
        weft_space_destroy(space);
        weft_space_destroy(again);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_space_is_counted),
        cmocka_unit_test(all_spaces_are_counted),
        cmocka_unit_test(distinct_spaces_say_so),
        cmocka_unit_test(faults_are_placed),
        cmocka_unit_test(steps_are_exact),
        cmocka_unit_test(layers_carry_what_genes_say),
        cmocka_unit_test(the_supernet_decodes_as_described),
        cmocka_unit_test(the_fixed_network_is_the_same_by_name),
        cmocka_unit_test(networks_differ_where_genomes_do),
        cmocka_unit_test(places_are_decoded_into),
        cmocka_unit_test(knobs_say_what_they_set),
        cmocka_unit_test(words_and_regions_reach_the_chip),
        cmocka_unit_test(texts_read_back),
    };
    return cmocka_run_group_tests_name("joint", tests, NULL, NULL);
}
