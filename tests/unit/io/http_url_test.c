/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/http_url.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/http_url.h"

static struct sw_http_origin origin_of(const char *url)
{
    struct sw_http_origin origin;
    struct sw_err err = {0};
    if (sw_http_origin_parse(url, &origin, &err) < 0)
        fail_msg("'%s': %s", url, err.message);
    return origin;
}

static bool is_same(const char *a, const char *b)
{
    struct sw_http_origin x = origin_of(a);
    struct sw_http_origin y = origin_of(b);
    return sw_http_origin_equal(&x, &y);
}

static void an_origin_is_scheme_host_and_port(void **state)
{
    (void)state;
    assert_true(is_same("https://Example.com/a", "https://example.com:443/b?c"));
    assert_true(is_same("http://u:p@example.com/", "http://example.com:80"));
    assert_false(is_same("https://example.com", "http://example.com"));
    assert_false(is_same("https://example.com", "https://example.com:444"));
    assert_false(is_same("https://example.com", "https://example.com.evil"));
    assert_false(is_same("https://example.com", "https://example.com@evil"));
    assert_true(is_same("https://[::1]:5000/", "https://[::1]:5000/x"));
}

static void refuses_what_is_no_url(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "example.com", "ftp://example.com", "http://",
        "file:///etc/passwd", "http://a b/", "http://x:99999/", "gopher://x"};
    struct sw_http_origin origin;
    for (size_t i = 0; i < SW_ARRAY_SIZE(bad); i++) {
        struct sw_err err = {0};
        int r = sw_http_origin_parse(bad[i], &origin, &err);
        if (r == 0 && strcmp(bad[i], "example.com") != 0)
            fail_msg("'%s' was taken", bad[i]);
    }
}

static void knows_inward_places(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        enum sw_http_place place;
    } cases[] = {
        {"http://127.0.0.1/", SW_HTTP_PLACE_LOOPBACK},
        {"http://127.8.9.1:80/", SW_HTTP_PLACE_LOOPBACK},
        {"http://localhost:5000/", SW_HTTP_PLACE_LOOPBACK},
        {"http://a.localhost/", SW_HTTP_PLACE_LOOPBACK},
        {"http://0.0.0.0/", SW_HTTP_PLACE_LOOPBACK},
        {"http://2130706433/", SW_HTTP_PLACE_LOOPBACK},
        {"http://0x7f.1/", SW_HTTP_PLACE_LOOPBACK},
        {"http://[::1]/", SW_HTTP_PLACE_LOOPBACK},
        {"http://[::ffff:127.0.0.1]/", SW_HTTP_PLACE_LOOPBACK},
        {"http://169.254.169.254/latest", SW_HTTP_PLACE_LINK},
        {"http://0xa9fea9fe/", SW_HTTP_PLACE_LINK},
        {"http://[fe80::1]/", SW_HTTP_PLACE_LINK},
        {"http://[::ffff:169.254.169.254]/", SW_HTTP_PLACE_LINK},
        {"http://[fd00:ec2::254]/", SW_HTTP_PLACE_LINK},
        {"http://10.0.0.1/", SW_HTTP_PLACE_ELSEWHERE},
        {"http://example.com/", SW_HTTP_PLACE_ELSEWHERE},
        {"http://[2001:db8::1]/", SW_HTTP_PLACE_ELSEWHERE},
        {"http://127.0.0.1.example.com/", SW_HTTP_PLACE_ELSEWHERE},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        struct sw_http_origin origin = origin_of(cases[i].url);
        if (sw_http_origin_place(&origin) != cases[i].place)
            fail_msg("'%s' is taken for %d", cases[i].url, (int)sw_http_origin_place(&origin));
    }
}

static void resolves_as_browsers_do(void **state)
{
    (void)state;
    static const struct {
        const char *location;
        const char *wanted; /* NULL: refused */
    } cases[] = {
        {"/x?y=1", "https://r.example:5000/x?y=1"},
        {"list?page=2", "https://r.example:5000/v2/a/tags/list?page=2"},
        {"?page=2", "https://r.example:5000/v2/a/tags/list?page=2"},
        {"//store.example/z", "https://store.example/z"},
        {"http://u:p@store.example/z#f", "http://store.example/z"},
        {"https://store.example/a%2Fb?X-Amz-Signature=%3D",
            "https://store.example/a%2Fb?X-Amz-Signature=%3D"},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        SW_CLEANUP(sw_buf_done) struct sw_buf got = {0};
        sw_buf_init(&got, SW_HTTP_URL_MAX);
        assert_int_equal(sw_http_url_resolve("https://r.example:5000/v2/a/tags/list?page=1",
                             cases[i].location, &got, NULL),
            0);
        assert_string_equal(got.p, cases[i].wanted);
    }
    static char large[SW_HTTP_URL_MAX + 2];
    memset(large, 'a', sizeof(large) - 1);
    struct sw_buf none = {0};
    assert_int_equal(sw_http_url_resolve("https://r.example/", large, &none, NULL), -EPROTO);
}

static void shows_no_secret(void **state)
{
    (void)state;
    char buf[256];
    assert_string_equal(sw_http_url_shown("https://u:p@h.example/a?sig=1#x", buf, sizeof(buf)),
        "https://h.example/a");
    assert_string_equal(sw_http_url_shown("https://h/a@b", buf, sizeof(buf)), "https://h/a@b");
    char small[8];
    assert_string_equal(sw_http_url_shown("https://h.example/", small, sizeof(small)), "https:/");
}

static void escapes_for_queries(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf got = {0};
    sw_buf_init(&got, 256);
    assert_int_equal(sw_http_url_escape(&got, SW_STR("a b&c=d/\xff\0~")), 0);
    assert_string_equal(got.p, "a%20b%26c%3Dd%2F%FF%00~");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_origin_is_scheme_host_and_port),
        cmocka_unit_test(refuses_what_is_no_url),
        cmocka_unit_test(knows_inward_places),
        cmocka_unit_test(resolves_as_browsers_do),
        cmocka_unit_test(shows_no_secret),
        cmocka_unit_test(escapes_for_queries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
