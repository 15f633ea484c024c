/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays and texts by name: files written by hand are read, files that are written are read by jansson
 * and by hand, and whatever is wrong with a file is found. */
#include "learn/safetensors.h"

#include <jansson.h>

#include "base/rng.h"
#include "learn/fixture_support.h"

enum { MOST_FILE = 4096 };

/* A file of a header and as many bytes of data, 0, 1, 2, ... */
static size_t make_file(const char *header, size_t data, uint8_t bytes[MOST_FILE]) {
    size_t length = strlen(header);
    assert_true(8 + length + data <= MOST_FILE);
    memset(bytes, 0, 8);
    bytes[0] = (uint8_t)length;
    bytes[1] = (uint8_t)(length >> 8);
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < data; i++) {
        bytes[8 + length + i] = (uint8_t)i;
    }
    return 8 + length + data;
}

/* ---- reading --------------------------------------------------------------------------------- */

static void test_read_by_hand(void **state) {
    (void)state;
    weft_error error;
    static uint8_t bytes[MOST_FILE];
    size_t size =
        make_file("{\"b\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[4,12]},"
                  "\"__metadata__\":{\"format\":\"pt\"},"
                  "\"a.\\u0077\":{\"dtype\":\"U8\",\"shape\":[2,2],\"data_offsets\":[0,4]},"
                  "\"one\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[12,16]}}",
                  16, bytes);
    weft_bundle bundle;
    MUST(weft_bundle_parse(bytes, size, &bundle, &error));
    assert_int_equal(bundle.n_arrays, 3);
    assert_false(bundle.has_checksum);
    assert_string_equal(weft_bundle_get_text(&bundle, "format"), "pt");
    assert_null(weft_bundle_get_text(&bundle, "a.w"));
    assert_null(weft_bundle_find(&bundle, "__metadata__"));
    const weft_bundle_array *a = weft_bundle_find(&bundle, "a.w");
    const weft_bundle_array *b = weft_bundle_find(&bundle, "b");
    const weft_bundle_array *one = weft_bundle_find(&bundle, "one");
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(one);
    assert_true(a->kind == WEFT_BUNDLE_U8 && a->n_dims == 2 && a->n == 4);
    assert_true(a->dims[0] == 2 && a->dims[1] == 2);
    assert_memory_equal(a->values, "\0\1\2\3", 4);
    assert_true(b->kind == WEFT_BUNDLE_I64 && b->n == 1);
    assert_memory_equal(b->values, "\4\5\6\7\10\11\12\13", 8);
    assert_true(one->kind == WEFT_BUNDLE_F32 && one->n_dims == 0 && one->n == 1);
    weft_bundle_destroy(&bundle);
    weft_bundle_destroy(NULL);
}

typedef struct bad_file {
    const char *header;
    size_t data;
    const char *says;
} bad_file;

static void test_bad_files(void **state) {
    (void)state;
    static const bad_file files[] = {
        {"[1, 2]", 0, "no JSON object"},
        {"\"text\"", 0, "no JSON object"},
        {"{\"a\":", 0, ""},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 3, "truncated"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 5, "arrays take 4"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "begins at byte 4"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "of its shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, "of its shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "of its shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "of its shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, ""},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 4, ""},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":4,\"data_offsets\":[0,4]}}", 4, "expected a list"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,4]}}", 4,
         ""},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2305843009213693952,8],\"data_offsets\":[0,4]}}", 4,
         "of its shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
         "at most 8"},
        {"{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "F32"},
        {"{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4, "x"},
        {"{\"a\":3}", 0, ""},
        {"{\"__metadata__\":3}", 0, "texts by name"},
        {"{\"__metadata__\":{\"a\":[1]}}", 0, ""},
        /* Two names, and twice the same bytes: as many bytes as there are. */
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
         8, "a"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         8, "begins at byte 0"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
         12, "begins at byte 4"},
        {"{\"__metadata__\":{\"weft_xxh3\":\"0123456789abcdef\"},"
         "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
         1, "checksum"},
        {"{\"__metadata__\":{\"weft_xxh3\": \"0123456789abcdef\"}}", 0, "checksum"},
        {"{\"__metadata__\":{\"weft_xxh3\":\"0\"}}", 0, "checksum"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        static uint8_t bytes[MOST_FILE];
        weft_error error = {0};
        weft_bundle bundle = {0};
        size_t size = make_file(files[i].header, files[i].data, bytes);
        if (weft_bundle_parse(bytes, size, &bundle, &error) != WEFT_ERROR_INPUT) {
            fail_msg("%s is read", files[i].header);
        }
        if (error.message[0] == '\0' || (strstr(error.message, files[i].says) == NULL &&
                                         strstr(error.hint, files[i].says) == NULL)) {
            fail_msg("%s: \"%s\" does not say \"%s\"", files[i].header, error.message,
                     files[i].says);
        }
        assert_null(bundle.arrays);
    }
}

static void test_bad_lengths(void **state) {
    (void)state;
    weft_error error;
    weft_bundle bundle;
    static uint8_t bytes[(1 << 22) + 32];
    assert_int_equal(weft_bundle_parse(bytes, 0, &bundle, &error), WEFT_ERROR_INPUT);
    assert_int_equal(weft_bundle_parse(bytes, 7, &bundle, &error), WEFT_ERROR_INPUT);
    assert_int_equal(weft_bundle_parse(bytes, 8, &bundle, &error), WEFT_ERROR_INPUT);
    memset(bytes, 0xff, 8);
    assert_int_equal(weft_bundle_parse(bytes, sizeof bytes, &bundle, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "does not end"));
    memset(bytes, 0, 8);
    bytes[2] = 0x40; /* 4 MiB and 8 bytes */
    bytes[0] = 8;
    assert_int_equal(weft_bundle_parse(bytes, sizeof bytes, &bundle, &error), WEFT_ERROR_INPUT);
    assert_non_null(strstr(error.message, "4 MiB"));
}

/* ---- writing --------------------------------------------------------------------------------- */

static const uint8_t small[] = {1, 2, 255};
static const int64_t wide[] = {INT64_MIN, -1, 0, INT64_MAX};
static const float reals[] = {1.5F, -0.0F, 1e-45F, INFINITY, 3e38F, NAN};
static const double figures[] = {0.1, -1e300};
static const uint16_t halves[] = {0x3c00, 0x7c01, 1};

static const weft_bundle_array ARRAYS[] = {
    {"bytes", WEFT_BUNDLE_U8, 1, {3}, 3, small},
    {"0.weight", WEFT_BUNDLE_F32, 2, {2, 3}, 6, reals},
    {"halves \"quoted\" \\ \n \xc3\xa9", WEFT_BUNDLE_BF16, 2, {1, 3}, 3, halves},
    {"figures", WEFT_BUNDLE_F64, 1, {2}, 2, figures},
    {"steps", WEFT_BUNDLE_I64, 3, {1, 4, 1}, 4, wide},
    {"scalar", WEFT_BUNDLE_F16, 0, {0}, 1, halves},
};
static const weft_bundle_text TEXTS[] = {
    {"weft", "test/1"},
    {"number", "12"},
    {"empty", ""},
    {"escaped", "\"weft_xxh3\":\"0000000000000000\" {}\t\x01 \\u0041 \xe2\x82\xac"},
};
enum { N_ARRAYS = sizeof ARRAYS / sizeof *ARRAYS, N_TEXTS = sizeof TEXTS / sizeof *TEXTS };

static uint8_t *write_all(size_t *size) {
    weft_error error;
    uint8_t *bytes = NULL;
    MUST(weft_bundle_write(ARRAYS, N_ARRAYS, TEXTS, N_TEXTS, &bytes, size, &error));
    return bytes;
}

static void test_round_trip(void **state) {
    (void)state;
    weft_error error;
    size_t size = 0;
    uint8_t *bytes = write_all(&size);
    weft_bundle bundle;
    MUST(weft_bundle_parse(bytes, size, &bundle, &error));
    assert_true(bundle.has_checksum);
    assert_int_equal(bundle.n_arrays, N_ARRAYS);
    for (int i = 0; i < N_ARRAYS; i++) {
        const weft_bundle_array *found = weft_bundle_find(&bundle, ARRAYS[i].name);
        assert_non_null(found);
        assert_true(found->kind == ARRAYS[i].kind && found->n == ARRAYS[i].n);
        assert_int_equal(found->n_dims, ARRAYS[i].n_dims);
        assert_memory_equal(found->dims, ARRAYS[i].dims,
                            (size_t)found->n_dims * sizeof *found->dims);
        size_t width = weft_bundle_value_bytes(found->kind);
        assert_memory_equal(found->values, ARRAYS[i].values, found->n * width);
        assert_int_equal((size_t)((const uint8_t *)found->values - bytes) % width, 0);
    }
    for (int i = 0; i < N_TEXTS; i++) {
        assert_string_equal(weft_bundle_get_text(&bundle, TEXTS[i].key), TEXTS[i].value);
    }
    /* What is written of what was read is the same file, its checksum included. */
    weft_bundle_array again[N_ARRAYS];
    uint8_t *copy = NULL;
    size_t copy_size = 0;
    for (int i = 0; i < N_ARRAYS; i++) {
        again[i] = *weft_bundle_find(&bundle, ARRAYS[i].name);
    }
    MUST(weft_bundle_write(again, N_ARRAYS, bundle.texts, bundle.n_texts, &copy, &copy_size,
                           &error));
    assert_int_equal(copy_size, size);
    assert_memory_equal(copy, bytes, size);
    free(copy);
    weft_bundle_destroy(&bundle);
    free(bytes);
}

/* The header by another reader of JSON: what the format asks for. */
static void test_written_header(void **state) {
    (void)state;
    size_t size = 0, covered = 0;
    uint8_t *bytes = write_all(&size);
    uint64_t length = 0;
    memcpy(&length, bytes, 8);
    assert_int_equal(length % 8, 0);
    assert_true(bytes[8] == '{');
    json_error_t problem;
    json_t *header = json_loadb((const char *)bytes + 8, (size_t)length, 0, &problem);
    assert_non_null(header);
    assert_int_equal(json_object_size(header), N_ARRAYS + 1);
    json_t *texts = json_object_get(header, "__metadata__");
    for (int i = 0; i < N_TEXTS; i++) {
        assert_string_equal(json_string_value(json_object_get(texts, TEXTS[i].key)),
                            TEXTS[i].value);
    }
    for (int i = 0; i < N_ARRAYS; i++) {
        json_t *entry = json_object_get(header, ARRAYS[i].name);
        json_t *offsets = json_object_get(entry, "data_offsets");
        size_t begin = (size_t)json_integer_value(json_array_get(offsets, 0));
        size_t end = (size_t)json_integer_value(json_array_get(offsets, 1));
        assert_string_equal(json_string_value(json_object_get(entry, "dtype")),
                            weft_bundle_word(ARRAYS[i].kind));
        assert_int_equal(json_array_size(json_object_get(entry, "shape")), ARRAYS[i].n_dims);
        assert_memory_equal(bytes + 8 + length + begin, ARRAYS[i].values, end - begin);
        covered += end - begin;
    }
    assert_int_equal(8 + length + covered, size);
    json_decref(header);
    free(bytes);
}

/* Any bit of a file that is flipped is found; but for those that make it a file without a checksum. */
static void test_flipped_bits(void **state) {
    (void)state;
    size_t size = 0;
    uint8_t *bytes = write_all(&size);
    uint64_t length = 0;
    memcpy(&length, bytes, 8);
    int without = 0;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        weft_error error = {0};
        weft_bundle bundle = {0};
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (weft_bundle_parse(bytes, size, &bundle, &error) == WEFT_OK) {
            assert_false(bundle.has_checksum);
            without++;
        } else if (bit / 8 >= 8 + length) {
            assert_non_null(strstr(error.message, "the file is damaged: the checksum"));
        }
        weft_bundle_destroy(&bundle);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_true(without <= 8 * (int)(sizeof "weft_xxh3" + sizeof "__metadata__"));
    for (size_t cut = 0; cut < size; cut++) {
        weft_error error = {0};
        weft_bundle bundle = {0};
        assert_int_equal(weft_bundle_parse(bytes, cut, &bundle, &error), WEFT_ERROR_INPUT);
    }
    free(bytes);
}

static void test_write_nothing_and_too_much(void **state) {
    (void)state;
    weft_error error;
    uint8_t *bytes = NULL;
    size_t size = 0;
    weft_bundle bundle;
    MUST(weft_bundle_write(NULL, 0, NULL, 0, &bytes, &size, &error));
    MUST(weft_bundle_parse(bytes, size, &bundle, &error));
    assert_true(bundle.n_arrays == 0 && bundle.has_checksum);
    weft_bundle_destroy(&bundle);
    free(bytes);
    bytes = NULL;
    enum { LONG = (1 << 22) + 1 };
    char *text = malloc(LONG);
    assert_non_null(text);
    memset(text, 'x', LONG - 1);
    text[LONG - 1] = '\0';
    const weft_bundle_text texts = {"long", text};
    assert_int_equal(weft_bundle_write(NULL, 0, &texts, 1, &bytes, &size, &error),
                     WEFT_ERROR_INPUT);
    assert_null(bytes);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_by_hand),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_bad_lengths),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_written_header),
        cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_write_nothing_and_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
