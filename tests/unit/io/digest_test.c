/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/digest.c against the standard's examples.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/digest.h"

#define ABC_256 "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void knows_the_examples(void **state)
{
    (void)state;
    char text[SW_DIGEST_TEXT_BYTES];
    assert_int_equal(sw_digest_of(SW_DIGEST_SHA256, SW_STR("abc"), text), 0);
    assert_string_equal(text, ABC_256);
    assert_int_equal(sw_digest_of(SW_DIGEST_SHA512, SW_STR("abc"), text), 0);
    assert_string_equal(text,
        "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

/* What other people's lists of files use; a manifest may not. */
static void knows_older_kinds_but_not_in_manifests(void **state)
{
    (void)state;
    char text[SW_DIGEST_TEXT_BYTES];
    uint8_t raw[SW_DIGEST_RAW_BYTES];
    assert_int_equal(sw_digest_of(SW_DIGEST_SHA1, SW_STR("abc"), text), 0);
    assert_string_equal(text, "sha1:a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_int_equal(sw_digest_parse(sw_str_of(text), NULL, NULL), -EOPNOTSUPP);
    assert_int_equal(sw_digest_of(SW_DIGEST_MD5, SW_STR("abc"), text), 0);
    assert_string_equal(text, "md5:900150983cd24fb0d6963f7d28e17f72");
    assert_int_equal(sw_digest_parse(sw_str_of(text), NULL, NULL), -EOPNOTSUPP);

    SW_CLEANUP(sw_digest_done) struct sw_digest digest = {0};
    assert_int_equal(sw_digest_final_raw(&digest, raw), -EINVAL);
    assert_int_equal(sw_digest_restart(&digest), -EINVAL);
    assert_int_equal(sw_digest_init(&digest, SW_DIGEST_MD5), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sw_digest_update(&digest, "abc", 3), 0);
        assert_int_equal(sw_digest_final_raw(&digest, raw), 16);
        assert_int_equal(raw[0], 0x90);
        assert_int_equal(raw[15], 0x72);
        assert_int_equal(sw_digest_restart(&digest), 0);
    }
}

static void adds_up_pieces(void **state)
{
    (void)state;
    SW_CLEANUP(sw_digest_done) struct sw_digest digest = {0};
    char text[SW_DIGEST_TEXT_BYTES];
    assert_int_equal(sw_digest_init(&digest, SW_DIGEST_SHA256), 0);
    assert_int_equal(sw_digest_update(&digest, "a", 1), 0);
    assert_int_equal(sw_digest_update(&digest, NULL, 0), 0);
    assert_int_equal(sw_digest_update(&digest, "bc", 2), 0);
    assert_int_equal(sw_digest_final(&digest, text), 0);
    assert_string_equal(text, ABC_256);
    sw_digest_done(&digest);
    assert_int_equal(sw_digest_update(&digest, "a", 1), -EINVAL);
}

static void parses_only_well_formed_text(void **state)
{
    (void)state;
    enum sw_digest_algorithm algorithm = SW_DIGEST_SHA512;
    struct sw_str hex;
    assert_int_equal(sw_digest_parse(SW_STR(ABC_256), &algorithm, &hex), 0);
    assert_int_equal(algorithm, SW_DIGEST_SHA256);
    assert_int_equal(hex.n, 64);
    assert_int_equal(sw_digest_parse(SW_STR(ABC_256 "0"), NULL, NULL), -EINVAL);
    assert_int_equal(sw_digest_parse(SW_STR("sha256:"), NULL, NULL), -EINVAL);
    assert_int_equal(sw_digest_parse(SW_STR("sha256:../../../../../../../../../../../../etc/pass"
                                            "wd0000000000000000000000"),
                         NULL, NULL),
        -EINVAL);
    assert_int_equal(
        sw_digest_parse(SW_STR("sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F200"
                               "15AD"),
            NULL, NULL),
        -EINVAL);
    assert_int_equal(sw_digest_parse(SW_STR("blake3:abcd"), NULL, NULL), -EOPNOTSUPP);
    assert_int_equal(sw_digest_parse(SW_STR("a/b:abcd"), NULL, NULL), -EINVAL);
    assert_int_equal(sw_digest_parse(SW_STR(""), NULL, NULL), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_examples),
        cmocka_unit_test(knows_older_kinds_but_not_in_manifests),
        cmocka_unit_test(adds_up_pieces),
        cmocka_unit_test(parses_only_well_formed_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
