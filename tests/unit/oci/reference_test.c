/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/oci/reference.c. The forms are those of Docker's and containerd's own tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "oci/reference.h"

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void expect(const char *text, const char *wanted)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf got = {0};
    struct sw_reference reference;
    struct sw_err err = {0};
    sw_region_init(&region, 65536);
    sw_buf_init(&got, 4096);
    if (sw_reference_parse(sw_str_of(text), &region, &reference, &err) < 0)
        fail_msg("'%s': %s", text, err.message);
    assert_int_equal(sw_reference_format(&reference, &got), 0);
    assert_string_equal(got.p, wanted);
}

static void refuse(const char *text, const char *word)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_reference reference;
    struct sw_err err = {0};
    sw_region_init(&region, 65536);
    if (sw_reference_parse(sw_str_of(text), &region, &reference, &err) != -EINVAL)
        fail_msg("'%s' was taken", text);
    if (strstr(err.message, word) == NULL)
        fail_msg("'%s': '%s' says nothing of '%s'", text, err.message, word);
}

static void makes_short_names_whole(void **state)
{
    (void)state;
    expect("debian", "docker.io/library/debian:latest");
    expect("debian:12", "docker.io/library/debian:12");
    expect("team/app", "docker.io/team/app:latest");
    expect("index.docker.io/debian", "docker.io/library/debian:latest");
    expect("docker.io/debian", "docker.io/library/debian:latest");
    expect("docker.io/team/app:1", "docker.io/team/app:1");
    expect("localhost/app", "localhost/app:latest");
    expect("localhost:5000/app", "localhost:5000/app:latest");
    expect("host:5000/app:1.2", "host:5000/app:1.2");
    expect("ghcr.io/a/b/c", "ghcr.io/a/b/c:latest");
    expect("Host/app", "Host/app:latest");
    expect("debian:5000", "docker.io/library/debian:5000");
}

static void reads_digests_and_addresses(void **state)
{
    (void)state;
    expect("debian@" DIGEST, "docker.io/library/debian@" DIGEST);
    expect("debian:12@" DIGEST, "docker.io/library/debian:12@" DIGEST);
    expect("[::1]:5000/app", "[::1]:5000/app:latest");
    expect("[2001:db8::1]/a/b:c", "[2001:db8::1]/a/b:c");
    expect("127.0.0.1:5000/a", "127.0.0.1:5000/a:latest");
    expect("r.example/a__b/c.d/e---f_g", "r.example/a__b/c.d/e---f_g:latest");
}

static void refuses_what_is_no_name(void **state)
{
    (void)state;
    refuse("", "missing");
    refuse("Debian", "upper-case");
    refuse("host.example/Team/app", "upper-case");
    refuse("host.example/", "missing");
    refuse("debian:", "tag");
    refuse("debian:-x", "tag");
    refuse("debian:a/b", "registry");
    refuse("debian@sha256:12", "digest");
    refuse("debian@", "digest");
    refuse("debian@md5:00", "digest");
    refuse("a//b", "name");
    refuse("/a", "name");
    refuse("a/", "name");
    refuse("a..b", "name");
    refuse("a___b", "name");
    refuse("-a", "name");
    refuse("a-", "name");
    refuse("host.example:0/a", "registry");
    refuse("host.example:99999/a", "registry");
    refuse("host..example/a", "registry");
    refuse("[::1/a", "registry");
    refuse("[::zz]:1/a", "registry");
    refuse("a b", "name");
    refuse("a\nb", "name");
    refuse("h.example/a?b", "name");
    refuse("h.example/../a", "name");
    refuse("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "id");
}

static void has_bounds(void **state)
{
    (void)state;
    char text[600];
    memset(text, 'a', sizeof(text));
    text[128 + 2] = '\0';
    text[1] = ':';
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_reference reference;
    sw_region_init(&region, 65536);
    assert_int_equal(sw_reference_parse(sw_str_of(text), &region, &reference, NULL), 0);
    text[130] = 'a';
    text[131] = '\0';
    refuse(text, "tag");
    memset(text, 'a', sizeof(text));
    snprintf(text, sizeof(text), "h.example/%0255d", 0);
    assert_int_equal(sw_reference_parse(sw_str_of(text), &region, &reference, NULL), 0);
    snprintf(text, sizeof(text), "h.example/%0256d", 0);
    refuse(text, "255");
    /* Counted with what is put before it. */
    snprintf(text, sizeof(text), "%0255d", 0);
    refuse(text, "255");
}

static void repositories_have_no_tag(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_reference reference;
    sw_region_init(&region, 65536);
    assert_int_equal(
        sw_reference_parse_repository(SW_STR("h.example/a"), &region, &reference, NULL), 0);
    assert_true(sw_str_equal_z(reference.repository, "a") && reference.tag.n == 0);
    assert_int_equal(
        sw_reference_parse_repository(SW_STR("h.example/a:1"), &region, &reference, NULL), -EINVAL);
    assert_int_equal(
        sw_reference_parse_repository(SW_STR("a@" DIGEST), &region, &reference, NULL), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_short_names_whole),
        cmocka_unit_test(reads_digests_and_addresses),
        cmocka_unit_test(refuses_what_is_no_name),
        cmocka_unit_test(has_bounds),
        cmocka_unit_test(repositories_have_no_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
