/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/oci/{manifest,config,docker}_json.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "base/mem.h"
#include "oci/docker.h"
#include "oci/manifest.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "\"sha256:" HEX "\""

static struct sw_region region;

static int set_up(void **state)
{
    (void)state;
    sw_region_init(&region, 64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sw_region_done(&region);
    return 0;
}

static void tells_index_from_manifest(void **state)
{
    (void)state;
    struct sw_manifest m;
    assert_int_equal(
        sw_manifest_parse(SW_STR("{\"manifests\":[{\"digest\":" DIGEST
                                 ",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm\","
                                 "\"variant\":\"v7\"},\"annotations\":"
                                 "{\"org.opencontainers.image.ref.name\":\"a:1\"}},"
                                 "{\"digest\":" DIGEST ",\"platform\":{\"os\":\"unknown\","
                                 "\"architecture\":\"unknown\"}}]}"),
            &region, &m, NULL),
        0);
    assert_true(m.is_index);
    assert_int_equal(m.n_entries, 2);
    assert_true(sw_str_equal_z(m.entries[0].ref_name, "a:1"));
    assert_true(sw_str_equal_z(m.entries[0].platform.variant, "v7"));
    assert_true(m.entries[1].is_attestation);
    assert_int_equal(
        sw_manifest_parse(SW_STR("{\"config\":{\"digest\":" DIGEST ",\"size\":3},\"layers\":["
                                 "{\"digest\":" DIGEST ",\"size\":7}]}"),
            &region, &m, NULL),
        0);
    assert_false(m.is_index);
    assert_int_equal(m.entries[0].size_bytes, 7);
}

static int parse(const char *text)
{
    struct sw_manifest m;
    return sw_manifest_parse(sw_str_of(text), &region, &m, NULL);
}

static void refuses_broken_manifests(void **state)
{
    (void)state;
    assert_int_equal(parse(""), -EINVAL);
    assert_int_equal(parse("[]"), -EINVAL);
    assert_int_equal(parse("{}"), -EINVAL);
    assert_int_equal(parse("{\"layers\":[{}]}"), -EINVAL);
    assert_int_equal(parse("{\"layers\":[{\"digest\":\"sha256:../../etc\"}]}"), -EINVAL);
    assert_int_equal(parse("{\"layers\":[{\"digest\":" DIGEST ",\"size\":-1}]}"), -EINVAL);
    assert_int_equal(parse("{\"manifests\":{}}"), -EINVAL);
    struct sw_manifest m;
    struct sw_str huge = {"", SW_MANIFEST_BYTES_MAX + 1};
    assert_int_equal(sw_manifest_parse(huge, &region, &m, NULL), -EINVAL);
}

static void pairs_history_with_layers(void **state)
{
    (void)state;
    struct sw_image_config c;
    assert_int_equal(
        sw_image_config_parse(
            SW_STR("{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{\"diff_ids\":"
                   "[\"sha256:a\",\"sha256:b\"]},\"history\":[{\"created_by\":\"ADD\"},"
                   "{\"created_by\":\"ENV\",\"empty_layer\":true},{\"created_by\":\"RUN\"}]}"),
            &region, &c, NULL),
        0);
    assert_int_equal(c.n_instructions, 2);
    assert_true(sw_str_equal_z(c.instructions[1], "RUN"));
    assert_int_equal(
        sw_image_config_parse(SW_STR("{\"rootfs\":{\"diff_ids\":[\"sha256:a\"]},\"history\":"
                                     "[{},{}]}"),
            &region, &c, NULL),
        0);
    assert_int_equal(c.n_instructions, 0);
    assert_int_equal(sw_image_config_parse(SW_STR("{\"os\":1}"), &region, &c, NULL), -EINVAL);
}

static void reads_both_docker_forms(void **state)
{
    (void)state;
    struct sw_docker_image *images;
    size_t n;
    assert_int_equal(
        sw_docker_manifest_parse(
            SW_STR("[{\"Config\":\"c.json\",\"RepoTags\":[\"a:1\",\"a:2\"],\"Layers\":[\"l/"
                   "layer.tar\"]},{\"Config\":\"d.json\",\"RepoTags\":null,\"Layers\":[]}]"),
            &region, &images, &n, NULL),
        0);
    assert_int_equal(n, 2);
    assert_true(sw_str_equal_z(images[0].name, "a:1"));
    assert_int_equal(images[1].name.n, 0);
    assert_int_equal(sw_docker_repositories_parse(
                         SW_STR("{\"a/b\":{\"1\":\"top\"}}"), &region, &images, &n, NULL),
        0);
    assert_int_equal(n, 1);
    assert_true(sw_str_equal_z(images[0].name, "a/b:1"));
    assert_true(sw_str_equal_z(images[0].top, "top"));
    assert_int_equal(sw_docker_manifest_parse(SW_STR("{}"), &region, &images, &n, NULL), -EINVAL);
    assert_int_equal(
        sw_docker_repositories_parse(SW_STR("{\"a\":{\"1\":2}}"), &region, &images, &n, NULL),
        -EINVAL);
}

static void one_bad_image_does_not_cost_the_others(void **state)
{
    (void)state;
    struct sw_docker_image *images;
    size_t n;
    assert_int_equal(sw_docker_manifest_parse(SW_STR("[null,{\"Layers\":[null]},"
                                                     "{\"RepoTags\":[7],\"Layers\":[\"l\"]}]"),
                         &region, &images, &n, NULL),
        0);
    assert_int_equal(n, 3);
    assert_true(sw_str_starts_with(images[0].problem, SW_STR("image 1: ")));
    assert_true(sw_str_starts_with(images[1].problem, SW_STR("image 2: ")));
    assert_int_equal(images[2].problem.n, 0);
    assert_int_equal(images[2].n_layers, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_bad_image_does_not_cost_the_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_index_from_manifest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_broken_manifests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pairs_history_with_layers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_both_docker_forms, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
