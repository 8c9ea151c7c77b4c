/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/oci/engine_image.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "oci/engine_image.h"

#define DIGEST "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define ID_A "aaaa000000000000000000000000000000000000000000000000000000000000"
#define ID_B "aaab000000000000000000000000000000000000000000000000000000000000"
#define ID_C "cafe000000000000000000000000000000000000000000000000000000000000"

struct list {
    struct sw_region region;
    struct sw_engine_images images;
};

static void add(struct list *list, const char *id, const char *name, const char *digest)
{
    struct sw_engine_image image = {.id = sw_str_of(id), .digest = sw_str_of(digest)};
    image.names = sw_region_array(&list->region, 1, sizeof(*image.names));
    assert_non_null(image.names);
    image.names[0] = sw_str_of(name);
    image.n_names = name != NULL ? 1 : 0;
    assert_int_equal(sw_engine_images_add(&list->images, &list->region, &image, NULL), 0);
}

static void expect(const struct list *list, const char *name, bool is_podman, const char *id)
{
    const struct sw_engine_image *found = NULL;
    struct sw_err err = {0};
    int r = sw_engine_images_find(&list->images, name, is_podman, &found, &err);
    if (r < 0)
        fail_msg("'%s': %s", name, err.message);
    assert_string_equal(found->id.p, id);
}

static void expect_failure(
    const struct list *list, const char *name, bool is_podman, int code, const char *part)
{
    const struct sw_engine_image *found = NULL;
    struct sw_err err = {0};
    assert_int_equal(sw_engine_images_find(&list->images, name, is_podman, &found, &err), code);
    assert_null(found);
    if (strstr(err.message, part) == NULL)
        fail_msg("'%s' is not in '%s'", part, err.message);
}

static void finds_names_as_docker_writes_them(void **state)
{
    (void)state;
    struct list list = {0};
    sw_region_init(&list.region, 1 << 20);
    add(&list, ID_A, "debian:12", DIGEST);
    add(&list, ID_B, "team/app:latest", NULL);
    add(&list, ID_C, "debian:11", NULL);
    expect(&list, "debian:12", false, ID_A);
    expect(&list, "docker.io/library/debian:12", false, ID_A);
    expect(&list, "index.docker.io/library/debian:12", false, ID_A);
    expect(&list, "team/app", false, ID_B);
    expect(&list, "debian@" DIGEST, false, ID_A);
    expect(&list, DIGEST, false, ID_A);
    expect_failure(&list, "debian", false, -ENOENT, "no such image");
    expect_failure(&list, "app", false, -ENOENT, "no such image");
    expect_failure(&list, "quay.io/library/debian:12", false, -ENOENT, "no such image");
    expect_failure(&list, "team/app@" DIGEST, false, -ENOENT, "no such image");
    expect_failure(&list, "Bad Name", false, -EINVAL, "Bad Name");
    sw_region_done(&list.region);
}

static void finds_ids_and_their_beginnings(void **state)
{
    (void)state;
    struct list list = {0};
    sw_region_init(&list.region, 1 << 20);
    add(&list, ID_A, "one:1", NULL);
    add(&list, ID_B, NULL, NULL);
    add(&list, ID_C, "two:1", NULL);
    expect(&list, ID_A, false, ID_A);
    expect(&list, "sha256:" ID_B, false, ID_B);
    expect(&list, "aaab", false, ID_B);
    expect(&list, "sha256:cafe0", false, ID_C);
    expect_failure(&list, "aaa", false, -ENOENT, "no such image");
    expect_failure(&list, "dead", false, -ENOENT, "no such image");
    add(&list, "aaabf00000000000000000000000000000000000000000000000000000000000", "three:3", NULL);
    expect_failure(&list, "aaab", false, -EEXIST,
        "it means 2 images: aaab00000000, aaabf0000000 (three:3); give more of it");
    /* A name counts for more than the beginning of an id. */
    add(&list, ID_B, "cafe:latest", NULL);
    expect(&list, "cafe", false, ID_B);
    sw_region_done(&list.region);
}

static void finds_names_as_podman_does(void **state)
{
    (void)state;
    struct list list = {0};
    sw_region_init(&list.region, 1 << 20);
    add(&list, ID_A, "docker.io/library/app:1", NULL);
    add(&list, ID_B, "quay.io/team/app:1", NULL);
    add(&list, ID_C, "registry.example/deep/tool:2", NULL);
    expect(&list, "app:1", true, ID_A);
    expect(&list, "team/app:1", true, ID_B);
    expect(&list, "tool:2", true, ID_C);
    expect(&list, "deep/tool:2", true, ID_C);
    expect_failure(&list, "ool:2", true, -ENOENT, "no such image");
    add(&list, ID_C, "localhost/app:1", NULL);
    expect(&list, "app:1", true, ID_C);
    expect(&list, "localhost/app:1", true, ID_C);
    expect(&list, "docker.io/library/app:1", true, ID_A);
    add(&list, ID_A, "mirror.example/deep/tool:2", NULL);
    expect_failure(&list, "tool:2", true, -EEXIST, "it means 2 images");
    sw_region_done(&list.region);
}

static void shows_the_name_that_was_asked_for(void **state)
{
    (void)state;
    struct sw_str names[] = {SW_STR_INIT("one:1"), SW_STR_INIT("two:2")};
    struct sw_engine_image image = {.id = SW_STR(ID_A), .names = names, .n_names = 2};
    assert_true(sw_str_equal_z(sw_engine_image_name(&image, "docker.io/library/two:2"), "two:2"));
    assert_true(sw_str_equal_z(sw_engine_image_name(&image, "aaaa"), "one:1"));
    image.n_names = 0;
    assert_int_equal(sw_engine_image_name(&image, "two:2").n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_names_as_docker_writes_them),
        cmocka_unit_test(finds_ids_and_their_beginnings),
        cmocka_unit_test(finds_names_as_podman_does),
        cmocka_unit_test(shows_the_name_that_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
