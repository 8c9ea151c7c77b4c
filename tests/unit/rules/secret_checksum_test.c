/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/rules/secret_checksum.c, secret_decode.c and secret_context.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "rules/secret_checksum.h"
#include "rules/secret_context.h"
#include "rules/secret_decode.h"

static void holds_tokens_against_their_checksums(void **state)
{
    (void)state;
    /* Put together here, so that nobody's scanner finds it. */
    char token[] = "ghp_"
                   "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ"
                   "0mLq17";
    assert_true(sw_secret_checksum_holds(SW_SECRET_CHECKSUM_GITHUB, sw_str_of(token)));
    memcpy(token, "npm_", 4);
    assert_true(sw_secret_checksum_holds(SW_SECRET_CHECKSUM_NPM, sw_str_of(token)));
    token[10]++;
    assert_false(sw_secret_checksum_holds(SW_SECRET_CHECKSUM_NPM, sw_str_of(token)));
    memcpy(token, "gho_", 4);
    assert_false(sw_secret_checksum_holds(SW_SECRET_CHECKSUM_GITHUB, sw_str_of(token)));
    assert_true(sw_secret_checksum_holds(SW_SECRET_CHECKSUM_NONE, sw_str_of(token)));
}

static void lets_other_generations_of_a_token_pass(void **state)
{
    (void)state;
    assert_true(sw_secret_checksum_holds(
        SW_SECRET_CHECKSUM_GITHUB, SW_STR("0123456789abcdef0123456789abcdef01234567")));
    assert_true(sw_secret_checksum_holds(SW_SECRET_CHECKSUM_GITHUB, SW_STR("ghp_short")));
}

static void wants_a_header_in_a_web_token(void **state)
{
    (void)state;
    assert_true(sw_secret_checksum_holds(
        SW_SECRET_CHECKSUM_JWT, SW_STR("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.x")));
    assert_false(sw_secret_checksum_holds(
        SW_SECRET_CHECKSUM_JWT, SW_STR("eyJhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5.e30.x")));
}

static void finds_checksums_by_name(void **state)
{
    (void)state;
    for (int i = 0; i < _SW_SECRET_CHECKSUM_MAX; i++) {
        enum sw_secret_checksum found;
        assert_true(sw_secret_checksum_find(
            sw_str_of(sw_secret_checksum_name((enum sw_secret_checksum)i)), &found));
        assert_int_equal(found, i);
    }
    enum sw_secret_checksum found;
    assert_false(sw_secret_checksum_find(SW_STR("md5"), &found));
}

static void decodes_base64_of_both_alphabets(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 100);
    assert_int_equal(sw_secret_decode_base64(SW_STR("aGVsbG8="), &buf), 0);
    assert_string_equal(buf.p, "hello");
    sw_buf_clear(&buf);
    assert_int_equal(sw_secret_decode_base64(SW_STR("-_-_+/+/"), &buf), 0);
    assert_int_equal(buf.n, 6);
    assert_int_equal(sw_secret_decode_base64(SW_STR("a*"), &buf), -EINVAL);
    sw_buf_done(&buf);
    sw_buf_init(&buf, 4);
    assert_int_equal(sw_secret_decode_base64(SW_STR("aGVsbG8gd29ybGQ="), &buf), -EFBIG);
}

static void finds_base64_wherever_it_begins(void **state)
{
    (void)state;
    for (size_t n = 0; n < 64; n++) {
        for (size_t width = SW_SECRET_BASE64_MIN - 1; width < SW_SECRET_BASE64_MIN + 2; width++) {
            char text[256];
            memset(text, ' ', sizeof(text));
            memset(text + n, 'x', width);
            struct sw_secret_run run = {0};
            bool is_found = sw_secret_find_base64((struct sw_str){text, n + width}, 0, &run);
            assert_int_equal(is_found, width >= SW_SECRET_BASE64_MIN);
            if (is_found) {
                assert_int_equal(run.from, n);
                assert_int_equal(run.to, n + width);
            }
            assert_int_equal(
                sw_secret_find_base64((struct sw_str){text, sizeof(text)}, 0, &run), is_found);
        }
    }
}

static void finds_utf16_of_both_orders(void **state)
{
    (void)state;
    for (size_t n = 0; n < 24; n++) {
        for (int is_big = 0; is_big < 2; is_big++) {
            char text[256];
            memset(text, 0x7f, sizeof(text));
            for (size_t i = 0; i < 40; i++) {
                text[n + 2 * i + (size_t)is_big] = (char)('a' + i % 26);
                text[n + 2 * i + 1 - (size_t)is_big] = 0;
            }
            struct sw_secret_run run = {0};
            assert_true(sw_secret_find_utf16((struct sw_str){text, sizeof(text)}, 0, &run));
            SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
            sw_buf_init(&buf, 200);
            assert_int_equal(sw_secret_decode_utf16(sw_str_part((struct sw_str){text, 256},
                                                        run.from, run.to - run.from),
                                 run.is_big_endian, &buf),
                0);
            assert_non_null(strstr(buf.p, "bcdefghijklmnopqrstuvwxyzabcdefghijklm"));
        }
    }
    char zeros[256] = {0};
    struct sw_secret_run run;
    assert_false(sw_secret_find_utf16((struct sw_str){zeros, sizeof(zeros)}, 0, &run));
}

static enum sw_severity grade(const char *path, const char *secret)
{
    const char *reason = NULL;
    return sw_secret_context_grade(
        SW_SEVERITY_CRITICAL, sw_str_of(path), sw_str_of(secret), &reason);
}

static void grades_what_protects_nothing_low(void **state)
{
    (void)state;
    assert_int_equal(grade("app/.env", "AKIAIOSFODNN7EXAMPLE"), SW_SEVERITY_LOW);
    assert_int_equal(grade("etc/ssl/private/ssl-cert-snakeoil.key", "x"), SW_SEVERITY_LOW);
    assert_int_equal(grade("app/node_modules/tls/test/key.pem", "x"), SW_SEVERITY_LOW);
    assert_int_equal(grade("usr/lib/python3/dist-packages/x/tests/a.pem", "x"), SW_SEVERITY_LOW);
    assert_int_equal(grade("app/lib/a.jar!/test/a.pem", "x"), SW_SEVERITY_LOW);
}

static void grades_what_is_the_users_own_as_it_is(void **state)
{
    (void)state;
    assert_int_equal(grade("app/.env", "AKIAQWERTYUIOPASDFGH"), SW_SEVERITY_CRITICAL);
    assert_int_equal(grade("app/test/key.pem", "x"), SW_SEVERITY_CRITICAL);
    assert_int_equal(grade("app/node_modules/x/lib/key.pem", "x"), SW_SEVERITY_CRITICAL);
    assert_int_equal(grade("app/node_modules/x/test", "x"), SW_SEVERITY_CRITICAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_tokens_against_their_checksums),
        cmocka_unit_test(lets_other_generations_of_a_token_pass),
        cmocka_unit_test(wants_a_header_in_a_web_token),
        cmocka_unit_test(finds_checksums_by_name),
        cmocka_unit_test(decodes_base64_of_both_alphabets),
        cmocka_unit_test(finds_base64_wherever_it_begins),
        cmocka_unit_test(finds_utf16_of_both_orders),
        cmocka_unit_test(grades_what_protects_nothing_low),
        cmocka_unit_test(grades_what_is_the_users_own_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
