/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/oci/challenge.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "base/mem.h"
#include "oci/challenge.h"

static struct sw_region region;

static int find(const char *header, const char *scheme, struct sw_challenge *ret)
{
    *ret = (struct sw_challenge){0};
    sw_region_done(&region);
    sw_region_init(&region, 65536);
    return sw_challenge_find(sw_str_of(header), scheme, &region, ret);
}

static void reads_what_registries_send(void **state)
{
    (void)state;
    struct sw_challenge c;
    assert_int_equal(find("Bearer realm=\"https://auth.docker.io/token\",service=\"registry."
                          "docker.io\",scope=\"repository:library/debian:pull\"",
                         "bearer", &c),
        0);
    assert_true(sw_str_equal_z(c.realm, "https://auth.docker.io/token"));
    assert_true(sw_str_equal_z(c.service, "registry.docker.io"));
    assert_true(sw_str_equal_z(c.scope, "repository:library/debian:pull"));
    assert_int_equal(find("basic Realm=\"Registry \\\"x\\\"\"", "Basic", &c), 0);
    assert_true(sw_str_equal_z(c.realm, "Registry \"x\""));
    assert_int_equal(find("Basic", "Basic", &c), 0);
    assert_int_equal(find("Bearer realm = https://x/t , service = y", "Bearer", &c), 0);
    assert_true(sw_str_equal_z(c.realm, "https://x/t") && sw_str_equal_z(c.service, "y"));
}

static void tells_several_apart(void **state)
{
    (void)state;
    struct sw_challenge c;
    const char *both =
        "Negotiate, Basic realm=\"a, Bearer realm=b\", Bearer realm=\"c\",error=\"e\"";
    assert_int_equal(find(both, "Basic", &c), 0);
    assert_true(sw_str_equal_z(c.realm, "a, Bearer realm=b"));
    assert_int_equal(find(both, "Bearer", &c), 0);
    assert_true(sw_str_equal_z(c.realm, "c") && sw_str_equal_z(c.error, "e"));
    assert_int_equal(find(both, "Digest", &c), -ENOENT);
}

static void refuses_what_is_broken(void **state)
{
    (void)state;
    struct sw_challenge c;
    assert_int_equal(find("", "Bearer", &c), -ENOENT);
    assert_int_equal(find("Bearer realm=\"no end", "Bearer", &c), -EINVAL);
    assert_int_equal(find("Bearer realm=\"a\nb\"", "Bearer", &c), -EINVAL);
    assert_int_equal(find("\"Bearer\"", "Bearer", &c), -EINVAL);
    static char large[SW_CHALLENGE_BYTES_MAX + 2];
    for (size_t i = 0; i < sizeof(large) - 1; i++)
        large[i] = 'a';
    assert_int_equal(find(large, "Bearer", &c), -EINVAL);
    sw_region_done(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_registries_send),
        cmocka_unit_test(tells_several_apart),
        cmocka_unit_test(refuses_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
