/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/oci/registry*.c against tests/harness/fake_registry.py on loopback: what no command
 * asks for, and what the end-to-end tests cannot see.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "oci/registry.h"
#include "harness/script_server.h"

#define ABSENT "sha256:0000000000000000000000000000000000000000000000000000000000000000"

static char host[64];                     /* "127.0.0.1:<port>" */
static char digest[SW_DIGEST_TEXT_BYTES]; /* of app:1 */
static char layer[SW_DIGEST_TEXT_BYTES];  /* its one layer, of 10,240 bytes */
static struct sw_http_options http = {.proxy = "", .is_plain_allowed = true, .retry_delay_ms = 1};
static struct sw_registry_options options = {.http = &http};
static struct sw_registry *registry;

/* The script prints "host digest layer". */
static int start_server(void)
{
    char line[512];
    return script_server_start("fake_registry.py", line, sizeof(line)) == 0 &&
                   sscanf(line, "%63s %135s %135s", host, digest, layer) == 3
               ? 0
               : -1;
}

static struct sw_registry_item item_of(const char *reference)
{
    return (struct sw_registry_item){.repository = "app", .reference = reference};
}

static void gets_manifests_by_tag_and_digest(void **state)
{
    (void)state;
    const char *const references[] = {"1", digest};
    for (size_t i = 0; i < SW_ARRAY_SIZE(references); i++) {
        SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
        struct sw_registry_manifest manifest;
        struct sw_registry_item item = item_of(references[i]);
        sw_buf_init(&text, 65536);
        assert_int_equal(sw_registry_manifest(registry, &item, &text, &manifest, NULL), 0);
        assert_string_equal(manifest.digest, digest);
        assert_string_equal(manifest.media_type, "application/vnd.oci.image.manifest.v1+json");
        assert_true(text.n > 0);
    }
    char resolved[SW_DIGEST_TEXT_BYTES];
    struct sw_registry_item item = item_of("1");
    assert_int_equal(sw_registry_resolve(registry, &item, resolved, NULL), 0);
    assert_string_equal(resolved, digest);
}

static void says_what_is_not_there(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    struct sw_registry_manifest manifest;
    struct sw_err err = {0};
    struct sw_registry_item item = item_of("2");
    char resolved[SW_DIGEST_TEXT_BYTES] = "";
    sw_buf_init(&text, 65536);
    assert_int_equal(sw_registry_manifest(registry, &item, &text, &manifest, &err), -ENOENT);
    assert_non_null(strstr(err.message, "NAME_UNKNOWN"));
    assert_int_equal(text.n, 0);
    assert_int_equal(sw_registry_resolve(registry, &item, resolved, NULL), -ENOENT);
    assert_string_equal(resolved, "");
}

static int read_blob(struct sw_registry_item *item, struct sw_buf *bytes, struct sw_err *err)
{
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = NULL;
    sw_buf_init(bytes, (size_t)1 << 20);
    assert_int_equal(sw_registry_blob(registry, item, &reader, err), 0);
    return sw_reader_read_all(reader, bytes, err);
}

static void reads_blobs_up_to_their_size(void **state)
{
    (void)state;
    struct sw_err err = {0};
    const struct {
        const char *reference;
        uint64_t max_bytes;
        int wanted;
    } cases[] = {
        {layer, 0, 0},
        {layer, 10240, 0},
        {layer, 10239, -EFBIG},
        {ABSENT, 0, -ENOENT},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        SW_CLEANUP(sw_buf_done) struct sw_buf bytes = {0};
        struct sw_registry_item item = item_of(cases[i].reference);
        item.max_bytes = cases[i].max_bytes;
        assert_int_equal(read_blob(&item, &bytes, &err), cases[i].wanted);
        if (cases[i].wanted == 0)
            assert_int_equal(bytes.n, 10240);
    }
    /* One that is told to stop before it begins. */
    SW_CLEANUP(sw_buf_done) struct sw_buf none = {0};
    atomic_bool stop = true;
    struct sw_registry_item item = item_of(layer);
    item.stop = &stop;
    assert_int_equal(read_blob(&item, &none, &err), -ECANCELED);
}

static void finds_referrers_old_and_new(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 65536);
    struct sw_registry_item item = item_of(digest);
    assert_int_equal(sw_registry_referrers(registry, &item, &text, NULL), 0);
    assert_non_null(strstr(text.p, "by endpoint"));
    /* A registry without the endpoint has a tag in its place. */
    item = (struct sw_registry_item){.repository = "old", .reference = digest};
    sw_buf_clear(&text);
    assert_int_equal(sw_registry_referrers(registry, &item, &text, NULL), 0);
    assert_non_null(strstr(text.p, "by tag"));
    item = item_of(ABSENT);
    item.repository = "old";
    assert_int_equal(sw_registry_referrers(registry, &item, &text, NULL), -ENOENT);
    item = item_of("not a digest");
    assert_int_equal(sw_registry_referrers(registry, &item, &text, NULL), -EINVAL);
}

static int count_two(void *context, struct sw_str name)
{
    (void)name;
    return ++*(int *)context == 2 ? 7 : 0;
}

static void a_list_ends_when_it_is_told_to(void **state)
{
    (void)state;
    int n = 0;
    struct sw_registry_names names = {count_two, &n};
    assert_int_equal(sw_registry_catalog(registry, &names, NULL), 7);
    assert_int_equal(n, 2);
    n = 5;
    assert_int_equal(sw_registry_tags(registry, "app", &names, NULL), 0);
    assert_int_equal(n, 6);
    assert_int_equal(sw_registry_tags(registry, "nobody", &names, NULL), -ENOENT);
}

static void refuses_addresses_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "a b", "a/b", "user@host", "host:x", "http://host"};
    struct sw_registry *none = NULL;
    for (size_t i = 0; i < SW_ARRAY_SIZE(bad); i++)
        assert_int_equal(sw_registry_new(&options, bad[i], &none, NULL), -EINVAL);
    static const char *const mirrors[] = {"h", "h=", "h=a b", "h=host/UP", "h=host/../x", "h=u@h"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(mirrors); i++) {
        struct sw_registry_options with = options;
        with.mirrors = &mirrors[i];
        with.n_mirrors = 1;
        if (sw_registry_new(&with, "h", &none, NULL) != -EINVAL)
            fail_msg("'%s' was taken", mirrors[i]);
    }
    struct sw_http_options https = {.proxy = ""};
    struct sw_registry_options with = {.http = &https, .n_mirrors = 1};
    with.mirrors = (const char *const[]){"h=http://host"};
    assert_int_equal(sw_registry_new(&with, "h", &none, NULL), -EINVAL);
    assert_null(none);
}

static int set_up(void **state)
{
    (void)state;
    return sw_registry_new(&options, host, &registry, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    sw_registry_free(registry);
    script_server_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gets_manifests_by_tag_and_digest),
        cmocka_unit_test(says_what_is_not_there),
        cmocka_unit_test(reads_blobs_up_to_their_size),
        cmocka_unit_test(finds_referrers_old_and_new),
        cmocka_unit_test(a_list_ends_when_it_is_told_to),
        cmocka_unit_test(refuses_addresses_that_are_none),
    };
    if (start_server() < 0) {
        printf("skipped: no python3\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
