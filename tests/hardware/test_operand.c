/* SPDX-License-Identifier: Apache-2.0
 *
 * Operand statistics against those of the reference estimator (mit-emze/cimloop@d6e1390), codes worked
 * out by hand, and what must hold for any operand. */
#include "hardware/operand.h"

#include "hardware/support.h"

/* Inputs and weights of layers 00, 01, 07 and 16 of ResNet-18, 31 bins (workloads/resnet18 there). */
enum { CONV1, CONV2, SHORTCUT, CONV5, LAYERS, BINS = 31 };
static const double INPUTS[LAYERS][BINS] = {
    {0.00406, 0.0153, 0.0195, 0.0205, 0.0178, 0.0164, 0.0218, 0.0331, 0.0325, 0.0305, 0.0301,
     0.0375,  0.0454, 0.0475, 0.0399, 0.0342, 0.0326, 0.0329, 0.0301, 0.0309, 0.0317, 0.0352,
     0.0357,  0.0364, 0.0413, 0.0458, 0.0474, 0.0346, 0.0219, 0.0321, 0.0653},
    {0,      0,      0,     0,       0,       0,       0,       0,       0,      0,     0,
     0,      0,      0,     0,       0.269,   0.0568,  0.124,   0.162,   0.128,  0.086, 0.0642,
     0.0398, 0.0224, 0.013, 0.00957, 0.00614, 0.00891, 0.00318, 0.00271, 0.00441},
    {0,      0,      0,      0,      0,     0,      0,       0,       0,      0,      0,
     0,      0,      0,      0,      0.304, 0.082,  0.0878,  0.0894,  0.0892, 0.0809, 0.0679,
     0.0536, 0.0429, 0.0322, 0.0235, 0.017, 0.0121, 0.00793, 0.00539, 0.00426},
    {0,      0,       0,       0,      0,       0,       0,       0,      0,      0,      0,
     0,      0,       0,       0,      0.836,   0.0271,  0.0213,  0.0199, 0.019,  0.0143, 0.0121,
     0.0103, 0.00874, 0.00737, 0.0066, 0.00519, 0.00431, 0.00302, 0.0027, 0.00213},
};
static const double WEIGHTS[LAYERS][BINS] = {
    {0.0026, 0.00238, 0.00271, 0.00401, 0.00444, 0.0078, 0.00856, 0.0105, 0.0141, 0.0173, 0.0236,
     0.0295, 0.0399,  0.061,   0.117,   0.291,   0.127,  0.0736,  0.0461, 0.027,  0.0229, 0.0164,
     0.0125, 0.0091,  0.00737, 0.00618, 0.0039,  0.0039, 0.00379, 0.0026, 0.00141},
    {0.00192, 0.00157, 0.0022,  0.00255, 0.00428, 0.00552,  0.00604, 0.00796,
     0.0113,  0.0156,  0.0225,  0.0354,  0.0517,  0.083,    0.114,   0.258,
     0.12,    0.0879,  0.0599,  0.0389,  0.0226,  0.0157,   0.0105,  0.00711,
     0.00492, 0.00302, 0.00189, 0.00129, 0.00129, 0.000989, 0.000796},
    {0.00124, 0.00149, 0.00174, 0.0031,  0.00285, 0.00385, 0.00794, 0.00831, 0.012,  0.018,  0.0269,
     0.0419,  0.0635,  0.095,   0.137,   0.154,   0.142,   0.101,   0.065,   0.0395, 0.0239, 0.0158,
     0.00844, 0.00707, 0.00471, 0.00372, 0.00335, 0.00186, 0.00261, 0.00112, 0.00149},
    {0.00343, 0.00489, 0.00687, 0.0095, 0.013,  0.0177,  0.0231,  0.0294,  0.037,  0.0446, 0.0524,
     0.0595,  0.0653,  0.0696,  0.0712, 0.0703, 0.0675,  0.0623,  0.0566,  0.0492, 0.0418, 0.0344,
     0.0278,  0.022,   0.0171,  0.0131, 0.01,   0.00748, 0.00557, 0.00419, 0.00314},
};

typedef struct average {
    const char *macro;
    int layer;
    weft_operand input, weight;
    double mean_input, mean_weight;
} average;

/* What the reference works out (runs.csv, AVERAGE_INPUT_VALUE and AVERAGE_WEIGHT_VALUE). */
static const average AVERAGES[] = {
    {"basic_analog",
     CONV2,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 8, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 8, 0},
     0.5835158055543138,
     0.4832349702097874},
    {"basic_analog",
     SHORTCUT,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 8, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 8, 0},
     0.5967711837954923,
     0.4819046924640566},
    {"basic_analog",
     CONV5,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 8, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 8, 0},
     0.5175075613110273,
     0.4679740941247843},
    {"basic_analog",
     CONV1,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 8, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 8, 0},
     0.5518459169739337,
     0.4849718189330425},
    {"basic_analog",
     SHORTCUT,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 2, 0},
     0.5828713702903767,
     0.4993922370275594},
    {"basic_analog",
     CONV5,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 2, 0},
     0.7473531588104712,
     0.48542272934854697},
    {"basic_analog",
     CONV1,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 4, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 4, 0},
     0.5300238676213715,
     0.5184060390941357},
    {"basic_analog",
     CONV2,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 4, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 4, 0},
     0.5900587262861791,
     0.5161232708049058},
    {"basic_analog",
     CONV5,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 4, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 4, 0},
     0.6660832350058993,
     0.48024987416289144},
    {"basic_analog",
     CONV1,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 2, 0},
     0.530861234449378,
     0.5400679898015299},
    {"basic_analog",
     CONV2,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 2, 0},
     0.5617705875294965,
     0.5332121251501566},
    {"isaac_isca_2016",
     CONV2,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 2, 0},
     0.5617705875294964,
     0.5370657539815431},
    {"isaac_isca_2016",
     SHORTCUT,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 2, 0},
     0.5828713702903768,
     0.5020906846329932},
    {"isaac_isca_2016",
     CONV1,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 1, 0},
     0.530861234449378,
     0.5495695645653152},
    {"isaac_isca_2016",
     CONV5,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 1, 0},
     0.747353158810471,
     0.4895766873006188},
    {"isaac_isca_2016",
     CONV1,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 4, 0},
     0.530861234449378,
     0.5339878018297255},
    {"isaac_isca_2016",
     CONV2,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 4, 0},
     0.5617705875294964,
     0.5285213268089177},
    {"isaac_isca_2016",
     SHORTCUT,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 4, 0},
     0.5828713702903768,
     0.4975526544647588},
    {"isaac_isca_2016",
     CONV5,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 4, 0},
     0.747353158810471,
     0.4849132807317552},
    {"isaac_isca_2016",
     SHORTCUT,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 2, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 2, 0},
     0.5889957136762389,
     0.5020906846329932},
    {"isaac_isca_2016",
     CONV5,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 2, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 2, 0},
     0.7357666040037594,
     0.487499708324583},
    {"isaac_isca_2016",
     CONV1,
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 16, 2, 0},
     0.530861234449378,
     0.5448187771834226},
    {"jia_jssc_2020",
     CONV2,
     {WEFT_ENCODING_OFFSET_IF_SIGNED, WEFT_MISSING_MEAN, 8, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 1, 0},
     0.29788675358956923,
     0.5409193828129295},
    {"jia_jssc_2020",
     SHORTCUT,
     {WEFT_ENCODING_OFFSET_IF_SIGNED, WEFT_MISSING_MEAN, 8, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 1, 0},
     0.2956513478921686,
     0.504789132238427},
    {"jia_jssc_2020",
     CONV5,
     {WEFT_ENCODING_OFFSET_IF_SIGNED, WEFT_MISSING_MEAN, 8, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 1, 0},
     0.06935833849969,
     0.489576687300619},
    {"jia_jssc_2020",
     CONV1,
     {WEFT_ENCODING_OFFSET_IF_SIGNED, WEFT_MISSING_MEAN, 8, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 1, 0},
     0.530861234449378,
     0.5495695645653151},
    {"jia_jssc_2020",
     CONV1,
     {WEFT_ENCODING_OFFSET_IF_SIGNED, WEFT_MISSING_MEAN, 4, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 4, 1, 0},
     0.5428467138685548,
     0.5464155376693497},
    {"jia_jssc_2020",
     CONV2,
     {WEFT_ENCODING_OFFSET_IF_SIGNED, WEFT_MISSING_MEAN, 4, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 4, 1, 0},
     0.2978867535895693,
     0.5350706506255342},
    {"jia_jssc_2020",
     SHORTCUT,
     {WEFT_ENCODING_OFFSET_IF_SIGNED, WEFT_MISSING_MEAN, 4, 1, 0},
     {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 4, 1, 0},
     0.2956513478921686,
     0.5071047291556293},
    {"raella_isca_2023",
     CONV1,
     {WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, WEFT_MISSING_MEAN, 8, 1, 0},
     {WEFT_ENCODING_DIFFERENTIAL, WEFT_MISSING_MEAN, 16, 6, 0},
     0.25021500860034407,
     0.08054799716550455},
    {"raella_isca_2023",
     CONV2,
     {WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, WEFT_MISSING_MEAN, 8, 1, 0},
     {WEFT_ENCODING_DIFFERENTIAL, WEFT_MISSING_MEAN, 16, 6, 0},
     0.29788675358956923,
     0.07963292809483373},
    {"raella_isca_2023",
     SHORTCUT,
     {WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, WEFT_MISSING_MEAN, 8, 1, 0},
     {WEFT_ENCODING_DIFFERENTIAL, WEFT_MISSING_MEAN, 16, 6, 0},
     0.2956513478921686,
     0.08916240920009451},
    {"raella_isca_2023",
     CONV5,
     {WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, WEFT_MISSING_MEAN, 8, 1, 0},
     {WEFT_ENCODING_DIFFERENTIAL, WEFT_MISSING_MEAN, 16, 6, 0},
     0.06935833849969,
     0.13100068927993763},
    {"sinangil_jssc_2021",
     CONV1,
     {WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, WEFT_MISSING_MEAN, 8, 4, 0},
     {WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, WEFT_MISSING_MEAN, 8, 4, 0},
     0.24645402482765977,
     0.10459681047842823},
    {"sinangil_jssc_2021",
     CONV2,
     {WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, WEFT_MISSING_MEAN, 4, 4, 0},
     {WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, WEFT_MISSING_MEAN, 8, 4, 0},
     0.20720113586369632,
     0.10290120325154489},
    {"sinangil_jssc_2021",
     SHORTCUT,
     {WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, WEFT_MISSING_MEAN, 4, 4, 0},
     {WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, WEFT_MISSING_MEAN, 8, 4, 0},
     0.23413793563181606,
     0.11506437489379143},
    {"sinangil_jssc_2021",
     CONV5,
     {WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, WEFT_MISSING_MEAN, 4, 4, 0},
     {WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, WEFT_MISSING_MEAN, 8, 4, 0},
     0.056107966855322,
     0.17239475517598862},
    {"wan_nature_2022",
     CONV1,
     {WEFT_ENCODING_MAGNITUDE, WEFT_MISSING_MEAN, 7, 1, 0},
     {WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, WEFT_MISSING_MEAN, 8, 4, 0},
     0.5004300172006881,
     0.10459681047842823},
    {"wan_nature_2022",
     CONV2,
     {WEFT_ENCODING_MAGNITUDE, WEFT_MISSING_MEAN, 8, 1, 0},
     {WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, WEFT_MISSING_MEAN, 8, 4, 0},
     0.29788675358956923,
     0.10290120325154489},
};

static void assert_near(double is, double expected, double tolerance, const char *what) {
    if (!(fabs(is - expected) <= tolerance)) {
        fail_msg("%s: %.17g, expected %.17g", what, is, expected);
    }
}

static void test_averages(void **state) {
    (void)state;
    for (int i = 0; i < WEFT_LENGTH(AVERAGES); i++) {
        const average *a = &AVERAGES[i];
        weft_histogram inputs = {BINS, INPUTS[a->layer]};
        weft_histogram weights = {BINS, WEIGHTS[a->layer]};
        double s[WEFT_STATISTIC_COUNT];
        weft_operand_statistics(&inputs, &a->input, &weights, &a->weight, 0, s);
        assert_near(s[WEFT_STATISTIC_INPUT], a->mean_input, 1e-13, a->macro);
        assert_near(s[WEFT_STATISTIC_WEIGHT], a->mean_weight, 1e-13, a->macro);
        assert_near(s[WEFT_STATISTIC_PRODUCT], a->mean_input * a->mean_weight, 1e-13, a->macro);
    }
}

/* ---- codes by hand ----------------------------------------------------------------------------- */

typedef struct coded {
    const char *what;
    int encoding;
    int n;
    double share[15];
    int bits;
    double p[5]; /* how often each bit is one */
} coded;

static const coded CODES[] = {
    /* 2 of -3 .. 3 has the code 5 = 101 */
    {"offset", WEFT_ENCODING_OFFSET, 7, {0, 0, 0, 0, 0, 1, 0}, 3, {1, 0, 1}},
    {"offset of two", WEFT_ENCODING_OFFSET, 7, {0.5, 0, 0, 0, 0, 0, 0.5}, 3, {0.5, 0.5, 0}},
    /* |-3| = 11, |1| = 01 */
    {"magnitude", WEFT_ENCODING_MAGNITUDE, 7, {1, 0, 0, 0, 3, 0, 0}, 2, {0.25, 1}},
    /* the same for one of the two devices */
    {"differential", WEFT_ENCODING_DIFFERENTIAL, 7, {1, 0, 0, 0, 3, 0, 0}, 2, {0.125, 0.5}},
    /* -1 = 111, 2 = 010 */
    {"two's complement", WEFT_ENCODING_TWOS_COMPLEMENT, 7, {0, 0, 1, 0, 0, 1, 0}, 3, {0.5, 1, 0.5}},
    /* 2 = 4 - 2 - 1 + 1/2 + 1/2; 0 = -4 + 2 + 1 + 1/2 + 1/2 */
    {"xnor", WEFT_ENCODING_XNOR, 7, {0, 0, 0, 0, 0, 1, 0}, 5, {1, 0, 0, 1, 1}},
    {"xnor of 0", WEFT_ENCODING_XNOR, 7, {0, 0, 0, 1, 0, 0, 0}, 5, {0, 1, 1, 1, 1}},
    {"gated xnor of 0", WEFT_ENCODING_ZERO_GATED_XNOR, 7, {0, 0, 0, 1, 0, 0, 0}, 5, {0}},
    {"offset if signed",
     WEFT_ENCODING_OFFSET_IF_SIGNED,
     7,
     {1, 0, 0, 0, 0, 0, 1},
     3,
     {0.5, 0.5, 0}},
    {"magnitude else", WEFT_ENCODING_OFFSET_IF_SIGNED, 7, {0, 0, 0, 0, 0, 1, 0}, 2, {1, 0}},
    {"pair if signed",
     WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED,
     7,
     {1, 0, 0, 0, 0, 0, 0},
     2,
     {0.5, 0.5}},
    {"one of the pair", WEFT_ENCODING_DIFFERENTIAL_IF_SIGNED, 7, {0, 0, 0, 0, 0, 0, 1}, 2, {1, 1}},
};

static void test_codes(void **state) {
    (void)state;
    for (int i = 0; i < WEFT_LENGTH(CODES); i++) {
        const coded *c = &CODES[i];
        weft_histogram h = {c->n, c->share};
        weft_operand operand = {c->encoding, WEFT_MISSING_MEAN, c->bits, c->bits, 0};
        double p[WEFT_CODE_MAX_BITS];
        assert_true(weft_operand_bits(&h, &operand, p));
        for (int j = 0; j < c->bits; j++) {
            assert_near(p[j], c->p[j], 1e-15, c->what);
        }
    }
}

/* Bits beyond those of the histogram: the mean of a code's bits, or a half. */
static void test_missing_bits(void **state) {
    (void)state;
    static const double SHARE[7] = {0, 0, 0, 0, 0, 3, 1}; /* 101 and 110 */
    weft_histogram h = {7, SHARE};
    weft_operand operand = {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 5, 1, 0};
    double p[WEFT_CODE_MAX_BITS];
    assert_true(weft_operand_bits(&h, &operand, p));
    assert_near(p[2], 0.75, 1e-15, "last bit told");
    assert_near(p[3], 2.0 / 3, 1e-15, "mean bit");
    assert_near(p[4], 2.0 / 3, 1e-15, "mean bit");
    operand.missing = WEFT_MISSING_HALF;
    assert_true(weft_operand_bits(&h, &operand, p));
    assert_near(p[4], 0.5, 1e-15, "half");
}

/* The last slice may be narrower, and counts in steps of a full one. */
static void test_slices(void **state) {
    (void)state;
    static const double P[] = {1, 1, 1, 1, 1};
    weft_operand operand = {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 5, 2, 0};
    assert_near(weft_operand_mean_slice(P, &operand), (1 + 1 + 1.0 / 3) / 3, 1e-15, "2 2 1");
    operand.slice_bits = 5;
    assert_near(weft_operand_mean_slice(P, &operand), 1, 1e-15, "one slice");
    static const double FIRST[] = {1, 0, 0, 0, 0};
    assert_near(weft_operand_mean_slice(FIRST, &operand), 16.0 / 31, 1e-15, "the highest bit");
}

static void test_no_values(void **state) {
    (void)state;
    static const double NONE[7];
    weft_histogram h = {7, NONE};
    weft_operand operand = {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 1, 0};
    double p[WEFT_CODE_MAX_BITS];
    assert_false(weft_operand_bits(&h, &operand, p));
}

/* ---- any operand ------------------------------------------------------------------------------- */

static void random_shares(weft_rng *rng, int n, double *share) {
    uint64_t kind = weft_rng_below(rng, 4);
    double sum = 0;
    for (int i = 0; i < n; i++) {
        bool none = (kind == 1 && i < n / 2) || (kind == 2 && weft_rng_below(rng, 4) > 0);
        share[i] = none ? 0 : weft_rng_uniform(rng);
        sum += share[i];
    }
    share[n / 2] += kind == 3 ? 5 * sum : 0.01;
    sum += kind == 3 ? 5 * sum : 0.01;
    for (int i = 0; i < n; i++) {
        share[i] /= sum;
    }
}

static weft_operand random_operand(weft_rng *rng) {
    int32_t bits = 1 + (int32_t)weft_rng_below(rng, 20);
    return (weft_operand){(int)weft_rng_below(rng, WEFT_ENCODING_COUNT),
                          (int)weft_rng_below(rng, WEFT_MISSING_COUNT), bits,
                          1 + (int32_t)weft_rng_below(rng, (uint64_t)bits), 0};
}

static void test_range(void **state) {
    (void)state;
    enum { CASES = 3000, MOST = 129 };
    for (uint64_t i = 0; i < CASES; i++) {
        weft_rng rng = weft_rng_make(21, WEFT_PURPOSE_TEST, i);
        double share[2][MOST];
        weft_histogram h[2];
        for (int k = 0; k < 2; k++) {
            int n = 1 + (int)weft_rng_below(&rng, MOST);
            random_shares(&rng, n, share[k]);
            h[k] = (weft_histogram){n, share[k]};
        }
        weft_operand input = random_operand(&rng);
        weft_operand weight = random_operand(&rng);
        int32_t ladder = (int32_t)weft_rng_below(&rng, 9);
        double s[WEFT_STATISTIC_COUNT];
        weft_operand_statistics(&h[0], &input, &h[1], &weight, ladder, s);
        for (int k = 0; k < WEFT_STATISTIC_COUNT; k++) {
            bool of_ladder = k == WEFT_STATISTIC_LADDER || k == WEFT_STATISTIC_LADDER_MAGNITUDE;
            if (!(s[k] >= 0) || s[k] > (of_ladder ? ladder : 1 + 1e-12)) {
                fail_msg("case %d: statistic %d is %g", (int)i, k, s[k]);
            }
        }
        assert_true(s[WEFT_STATISTIC_INPUT_TOGGLE] <= 0.25 + 1e-12);
        assert_true(s[WEFT_STATISTIC_INPUT_SPREAD] <= 0.5 + 1e-12);
    }
}

/* Values as often above the centre as below: the offset code is (n - 1) / 2 on the average. */
static void test_symmetry(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        weft_rng rng = weft_rng_make(22, WEFT_PURPOSE_TEST, i);
        double share[BINS];
        for (int b = 0; b <= BINS / 2; b++) {
            share[b] = share[BINS - 1 - b] = weft_rng_uniform(&rng);
        }
        weft_histogram h = {BINS, share};
        weft_operand operand = {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 5, 5, 0};
        double p[WEFT_CODE_MAX_BITS];
        assert_true(weft_operand_bits(&h, &operand, p));
        assert_near(weft_operand_mean_slice(p, &operand), 15.0 / 31, 1e-14, "half of full scale");
    }
}

/* Shares need not sum to one. */
static void test_scale(void **state) {
    (void)state;
    double tripled[BINS];
    for (int b = 0; b < BINS; b++) {
        tripled[b] = 3 * INPUTS[CONV2][b];
    }
    weft_histogram once = {BINS, INPUTS[CONV2]};
    weft_histogram thrice = {BINS, tripled};
    weft_operand operand = {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 2, 0};
    double a[WEFT_STATISTIC_COUNT], b[WEFT_STATISTIC_COUNT];
    weft_operand_statistics(&once, &operand, &once, &operand, 8, a);
    weft_operand_statistics(&thrice, &operand, &thrice, &operand, 8, b);
    for (int k = 0; k < WEFT_STATISTIC_COUNT; k++) {
        assert_near(a[k], b[k], 1e-12, "a statistic of shares that are three times as large");
    }
}

/* ---- pairs of values --------------------------------------------------------------------------- */

static void test_steps(void **state) {
    (void)state;
    weft_histogram h = {BINS, INPUTS[CONV2]};
    weft_operand operand = {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 8, 0};
    double s[WEFT_STATISTIC_COUNT];
    weft_operand_statistics(&h, &operand, &h, &operand, 0, s);
    double whole = 0;
    double rise = 0;
    double squares = 0;
    for (int i = 0; i < BINS; i++) {
        whole += h.share[i];
        squares += h.share[i] * i * i;
        for (int j = i + 1; j < BINS; j++) {
            rise += h.share[i] * h.share[j] * (j - i);
        }
    }
    assert_near(s[WEFT_STATISTIC_INPUT_STEP], rise / whole / whole / (BINS - 1), 1e-14, "rise");
    assert_near(s[WEFT_STATISTIC_RMS_TOGGLE],
                sqrt(squares / whole) / (BINS - 1) * s[WEFT_STATISTIC_WEIGHT_TOGGLE], 1e-14,
                "root mean square");
    assert_near(s[WEFT_STATISTIC_INPUT_ZERO], h.share[15] / whole, 1e-14, "zeros");
}

/* ---- ladders ----------------------------------------------------------------------------------- */

/* Currents into the nodes of an R-2R ladder (R = 1, V = 1), solved as a dense linear system:
 * conductance 1/2 to each bit's switch, 1 to the neighbours, 1/2 to ground at the least one. */
static double dense_ladder(uint32_t code, int bits) {
    double m[8][9] = {{0}};
    for (int i = 0; i < bits; i++) {
        m[i][i] += 0.5;
        m[i][bits] = 0.5 * (code >> i & 1);
        if (i == 0) {
            m[i][i] += 0.5;
        }
        if (i + 1 < bits) {
            m[i][i] += 1;
            m[i + 1][i + 1] += 1;
            m[i][i + 1] -= 1;
            m[i + 1][i] -= 1;
        }
    }
    for (int i = 0; i < bits; i++) { /* Gauss-Jordan; the matrix is positive definite */
        for (int k = 0; k < bits; k++) {
            double times = m[k][i] / m[i][i];
            for (int j = i; j <= bits && k != i; j++) {
                m[k][j] -= times * m[i][j];
            }
        }
    }
    double sum = 0;
    for (int i = 0; i < bits; i++) {
        sum += (code >> i & 1) * (1 - m[i][bits] / m[i][i]);
    }
    return sum;
}

/* With 2^bits bins each code but the first and the middle one gets the bins around its place, the
 * k-th lying at k (n - 1) / n. */
static double ladder_of_bins(const double *share, int n, int bits) {
    double sum = 0;
    double whole = 0;
    for (int code = 0; code < n; code++) {
        double place = (double)code * (n - 1) / n;
        int low = (int)place;
        double part = place - low;
        double at_low = low == 0 || low == n / 2 ? 0 : share[low];
        double at_high = low + 1 == n / 2 ? 0 : share[low + 1];
        double weight = code == 0 || code == n / 2 ? share[code]
                                                   : at_low * (1 - part) + at_high * part;
        sum += weight * dense_ladder((uint32_t)code, bits);
        whole += weight;
    }
    return sum / whole;
}

static void test_ladder(void **state) {
    (void)state;
    for (int bits = 2; bits <= 6; bits++) {
        weft_rng rng = weft_rng_make(23, WEFT_PURPOSE_TEST, (uint64_t)bits);
        double share[65] = {0};
        int n = 1 << bits;
        for (int i = 0; i < n; i++) {
            share[i] = weft_rng_uniform(&rng);
        }
        weft_histogram h = {n, share};
        weft_operand operand = {WEFT_ENCODING_OFFSET, WEFT_MISSING_MEAN, 8, 8, 0};
        double s[WEFT_STATISTIC_COUNT];
        weft_operand_statistics(&h, &operand, &h, &operand, bits, s);
        assert_near(s[WEFT_STATISTIC_LADDER], ladder_of_bins(share, n, bits), 1e-12, "ladder");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_averages),     cmocka_unit_test(test_codes),
        cmocka_unit_test(test_missing_bits), cmocka_unit_test(test_slices),
        cmocka_unit_test(test_no_values),    cmocka_unit_test(test_range),
        cmocka_unit_test(test_symmetry),     cmocka_unit_test(test_scale),
        cmocka_unit_test(test_steps),        cmocka_unit_test(test_ladder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
