/* SPDX-License-Identifier: Apache-2.0
 * SHA-256 against the examples of NIST for FIPS 180-4, and pieces against the whole. */
#include "data_files.h"

#include "base/rng.h"
#include "learn/sha256.h"

static void check(const char *text, size_t size, const char *expected) {
    weft_sha256 sha;
    char sum[WEFT_SHA256_TEXT];
    weft_sha256_begin(&sha);
    weft_sha256_add(&sha, text, size);
    weft_sha256_end(&sha, sum);
    assert_string_equal(sum, expected);
}

static void vectors_of_nist(void **state) {
    (void)state;
    check("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    check(two, 56, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    const char *four = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                       "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
    check(four, 112, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    char *million = malloc(1000000);
    assert_non_null(million);
    memset(million, 'a', 1000000);
    check(million, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(million);
}

/* Every length around the block and padding borders, cut in random pieces. */
static void pieces_equal_the_whole(void **state) {
    (void)state;
    uint8_t bytes[300];
    weft_rng rng = weft_rng_make(7, WEFT_PURPOSE_TEST, 0);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)weft_rng_u32(&rng);
    }
    for (size_t size = 0; size <= sizeof bytes; size++) {
        weft_sha256 whole;
        weft_sha256 cut;
        char sum_whole[WEFT_SHA256_TEXT];
        char sum_cut[WEFT_SHA256_TEXT];
        weft_sha256_begin(&whole);
        weft_sha256_add(&whole, bytes, size);
        weft_sha256_end(&whole, sum_whole);
        weft_sha256_begin(&cut);
        for (size_t done = 0; done < size;) {
            size_t piece = (size_t)weft_rng_below(&rng, size - done + 1);
            weft_sha256_add(&cut, bytes + done, piece);
            done += piece;
        }
        weft_sha256_end(&cut, sum_cut);
        assert_string_equal(sum_cut, sum_whole);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_nist),
        cmocka_unit_test(pieces_equal_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
