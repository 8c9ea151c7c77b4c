/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/scan/cache.c and cache_space.c: what is stored is found, what is damaged is absent,
 * what is too much goes.
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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/digest.h"
#include "io/file.h"
#include "scan/cache.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST SW_STR("sha256:" HEX)

static char directory[64];
static struct sw_region region;
static struct sw_cache *cache;

static int set_up(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/seawall-cache-XXXXXX");
    sw_region_init(&region, 16 << 20);
    return mkdtemp(directory) == NULL || sw_cache_open(directory, 1 << 20, &cache, NULL) < 0;
}

static int tear_down(void **state)
{
    (void)state;
    sw_cache_close(SW_TAKE(cache));
    sw_region_done(&region);
    return sw_file_remove_tree(AT_FDCWD, directory, NULL);
}

static void store(struct sw_str digest, struct sw_str text)
{
    struct sw_facts facts;
    sw_facts_init(&facts, &region);
    struct sw_fact fact = {
        .kind = SW_FACT_SEEN, .section = SW_STR("seen"), .path = SW_STR("a/b.jar"), .text = text};
    assert_int_equal(sw_facts_add(&facts, &fact), 0);
    facts.n_files = 7;
    struct sw_cache_layer layer = {.analyzers = SW_STR("seen=1"), .compression = SW_STR("gzip")};
    assert_int_equal(sw_cache_store(cache, digest, &facts, &layer), 0);
    sw_facts_done(&facts);
}

static int load(struct sw_str analyzers, size_t *ret_n)
{
    struct sw_facts facts;
    sw_facts_init(&facts, &region);
    struct sw_cache_layer layer = {.analyzers = analyzers};
    int r = sw_cache_load(cache, DIGEST, &facts, &layer);
    *ret_n = facts.facts.n;
    if (r == 0) {
        assert_int_equal(facts.n_files, 7);
        assert_true(sw_str_equal_z(layer.compression, "gzip"));
    }
    sw_facts_done(&facts);
    return r;
}

static void finds_what_was_stored(void **state)
{
    (void)state;
    size_t n;
    assert_int_equal(load(SW_STR("seen=1"), &n), -ENOENT);
    store(DIGEST, SW_STR(".jar"));
    assert_int_equal(load(SW_STR("seen=1"), &n), 0);
    assert_int_equal(n, 1);
    assert_true(sw_cache_has(cache, DIGEST, SW_ASPECT_VULN, SW_STR("seen=1")));
    /* Another version of an analyzer would have found other facts. */
    assert_int_equal(load(SW_STR("seen=2"), &n), -ENOENT);
    assert_false(sw_cache_has(cache, DIGEST, SW_ASPECT_VULN, SW_STR("seen=2")));
}

static void damage_is_absence(void **state)
{
    (void)state;
    store(DIGEST, SW_STR(".jar"));
    char path[256];
    snprintf(path, sizeof(path), "%s/layers/" HEX, directory);
    int fd = open(path, O_RDWR);
    off_t size = lseek(fd, 0, SEEK_END);
    size_t n;
    for (off_t at = 0; at < size; at += 5) {
        char byte;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        char other = (char)(byte ^ 1);
        assert_int_equal(pwrite(fd, &other, 1, at), 1);
        assert_int_equal(load(SW_STR("seen=1"), &n), -ENOENT);
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    for (off_t cut = 0; cut < size; cut += 9) {
        assert_int_equal(ftruncate(fd, size - 1 - cut), 0);
        assert_int_equal(load(SW_STR("seen=1"), &n), -ENOENT);
    }
    close(fd);
}

static void records_hold_for_the_same_file_only(void **state)
{
    (void)state;
    struct sw_blob_key key = {.file = {1, 2, 3, 4, 5}, .offset = 6, .length = 7};
    struct sw_str digest;
    assert_int_equal(sw_cache_find_record(cache, &key, &region, &digest), -ENOENT);
    assert_int_equal(sw_cache_add_record(cache, &key, DIGEST), 0);
    assert_int_equal(sw_cache_find_record(cache, &key, &region, &digest), 0);
    assert_true(sw_str_equal(digest, DIGEST));
    key.file.ctime_ns++;
    assert_int_equal(sw_cache_find_record(cache, &key, &region, &digest), -ENOENT);
}

static void refuses_what_is_no_digest(void **state)
{
    (void)state;
    struct sw_facts facts;
    sw_facts_init(&facts, &region);
    struct sw_cache_layer layer = {.analyzers = SW_STR("x=1")};
    assert_true(sw_cache_store(cache, SW_STR("sha256:../../x"), &facts, &layer) < 0);
    assert_true(sw_cache_load(cache, SW_STR(""), &facts, &layer) < 0);
}

static void the_least_recently_used_goes_first(void **state)
{
    (void)state;
    char digest[] = "sha256:" HEX;
    for (int i = 0; i < 64; i++) {
        snprintf(digest + 7, 3, "%02x", (unsigned)i);
        digest[9] = '2';
        store(sw_str_of(digest), SW_STR(".jar"));
    }
    struct sw_cache_info info;
    assert_int_equal(sw_cache_info(directory, &info, NULL), 0);
    assert_int_equal(info.n_layers, 64);
    assert_int_equal(sw_cache_prune(directory, 64 * 1024, NULL), 0);
    assert_int_equal(sw_cache_info(directory, &info, NULL), 0);
    assert_true(info.n_bytes <= 64 * 1024 && info.n_layers > 0);
    assert_true(sw_cache_has(cache, sw_str_of(digest), SW_ASPECT_VULN, SW_STR("seen=1")));
    assert_int_equal(sw_cache_clear(directory, NULL), 0);
    assert_int_equal(sw_cache_info(directory, &info, NULL), 0);
    assert_int_equal(info.n_layers, 0);
    assert_int_equal(sw_cache_info("/nonexistent/cache", &info, NULL), 0);
    assert_int_equal(sw_cache_clear("/nonexistent/cache", NULL), 0);
}

static void believes_no_directory_that_others_can_write(void **state)
{
    (void)state;
    struct sw_cache *other = NULL;
    struct sw_err err = {0};
    assert_int_equal(chmod(directory, 0777), 0);
    assert_int_equal(sw_cache_open(directory, 1 << 20, &other, &err), -EPERM);
    assert_non_null(strstr(err.message, "written by others"));
    assert_int_equal(chmod(directory, 0755), 0);
    assert_int_equal(sw_cache_open(directory, 1 << 20, &other, &err), 0);
    sw_cache_close(other);
    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(directory, 65534, (gid_t)-1), 0);
    assert_int_equal(sw_cache_open(directory, 1 << 20, &other, &err), -EPERM);
    assert_non_null(strstr(err.message, "another user"));
}

static void documents_are_what_their_digest_says(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf got = {0};
    sw_buf_init(&got, 4096);
    char digest[SW_DIGEST_TEXT_BYTES];
    assert_int_equal(sw_digest_of(SW_DIGEST_SHA256, SW_STR("{}"), digest), 0);
    struct sw_str name = sw_str_of(digest);
    assert_int_equal(sw_cache_load_document(cache, name, &got), -ENOENT);
    assert_int_equal(sw_cache_store_document(cache, name, SW_STR("[]")), -EBADMSG);
    assert_int_equal(sw_cache_store_document(cache, name, SW_STR("{}")), 0);
    assert_int_equal(sw_cache_load_document(cache, name, &got), 0);
    assert_string_equal(got.p, "{}");
    assert_int_equal(sw_cache_load_document(cache, SW_STR("sha256:../x"), &got), -ENOENT);
    /* Somebody wrote into it. */
    char path[512];
    snprintf(path, sizeof(path), "%s/documents/%s", directory, digest + strlen("sha256:"));
    assert_int_equal(sw_file_save(AT_FDCWD, path, SW_STR("{ }"), 0600, NULL), 0);
    assert_int_equal(sw_cache_load_document(cache, name, &got), -ENOENT);
    /* It counts, and goes with the rest. */
    struct sw_cache_info info;
    assert_int_equal(sw_cache_info(directory, &info, NULL), 0);
    assert_true(info.n_bytes > 0 && info.n_layers == 0);
    assert_int_equal(sw_cache_clear(directory, NULL), 0);
    assert_int_equal(sw_cache_info(directory, &info, NULL), 0);
    assert_int_equal(info.n_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_what_was_stored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_is_absence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(records_hold_for_the_same_file_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_digest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(documents_are_what_their_digest_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            believes_no_directory_that_others_can_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_least_recently_used_goes_first, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
