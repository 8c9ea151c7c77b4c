/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/scan/node_image.c on stores made by hand. Real engines: tests/e2e/engine_*_test.py.
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
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/file.h"
#include "scan/node_image.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define D "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

struct world {
    char root[64];
    struct sw_region region;
    struct sw_node_images images;
};

static void put(const struct world *world, const char *path, const char *text)
{
    char whole[512];
    snprintf(whole, sizeof(whole), "%s/%s", world->root, path);
    char *slash = strrchr(whole, '/');
    *slash = '\0';
    assert_int_equal(sw_file_make_directories(AT_FDCWD, whole, 0755, NULL), 0);
    *slash = '/';
    assert_int_equal(sw_file_save(AT_FDCWD, whole, sw_str_of(text), 0644, NULL), 0);
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    snprintf(world->root, sizeof(world->root), "/tmp/node-image-XXXXXX");
    assert_non_null(mkdtemp(world->root));
    sw_region_init(&world->region, (size_t)16 << 20);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    sw_node_images_done(&world->images);
    sw_node_images_done(&world->images);
    sw_file_remove_tree(AT_FDCWD, world->root, NULL);
    sw_region_done(&world->region);
    free(world);
    return 0;
}

static const struct sw_node_image *find(const struct world *world, const char *id)
{
    for (size_t i = 0; i < world->images.n; i++)
        if (sw_str_equal_z(world->images.v[i].id, id))
            return &world->images.v[i];
    return NULL;
}

/* A has a name, B is a step below it, C runs, D is left over. */
static void lists_dockers_images(void **state)
{
    struct world *world = *state;
    struct sw_engine_options options = {.docker_root = world->root};
    put(world, "image/overlay2/repositories.json",
        "{\"Repositories\":{\"app\":{\"app:1\":\"sha256:" A "\",\"app:2\":\"sha256:" A "\"}}}");
    static const char *const ids[] = {A, B, C, D};
    for (size_t i = 0; i < SW_ARRAY_SIZE(ids); i++) {
        char path[256];
        snprintf(path, sizeof(path), "image/overlay2/imagedb/content/sha256/%s", ids[i]);
        put(world, path,
            "{\"created\":\"2026-01-02T03:04:05Z\",\"rootfs\":{\"diff_ids\":[\"sha256:" B "\"]}}");
    }
    put(world, "image/overlay2/layerdb/sha256/" B "/size", "12345");
    put(world, "image/overlay2/imagedb/metadata/sha256/" A "/parent", "sha256:" B);
    put(world, "containers/x/config.v2.json",
        "{\"State\":{\"Running\":true},\"Image\":\"sha256:" C "\"}");
    put(world, "containers/y/config.v2.json",
        "{\"State\":{\"Running\":false},\"Image\":\"sha256:" A "\"}");
    put(world, "containers/z/config.v2.json", "broken");
    assert_int_equal(sw_node_images_docker(&options, &world->region, &world->images, NULL), 0);
    assert_int_equal(world->images.n, 3);
    const struct sw_node_image *image = find(world, "sha256:" A);
    assert_non_null(image);
    assert_true(sw_str_equal_z(image->name, "app:1"));
    assert_true(sw_str_equal_z(image->target, "docker:sha256:" A));
    assert_true(sw_str_equal_z(image->created, "2026-01-02T03:04:05Z"));
    assert_true(image->size_bytes == 12345 && !image->is_running);
    assert_null(find(world, "sha256:" B));
    assert_true(find(world, "sha256:" C)->is_running);
    assert_int_equal(find(world, "sha256:" D)->name.n, 0);
}

/* A has a name, B is a step below it, C is left over. */
static void lists_podmans_images(void **state)
{
    struct world *world = *state;
    struct sw_engine_options options = {
        .podman_root = world->root, .podman_run_root = "/nonexistent"};
    put(world, "overlay-images/images.json",
        "[{\"id\":\"" A "\",\"names\":[\"localhost/app:1\"],\"layer\":\"l2\",\"created\":"
        "\"2026-01-02T03:04:05Z\"},{\"id\":\"" B "\",\"layer\":\"l1\"},"
        "{\"id\":\"" C "\",\"layer\":\"l3\"}]");
    put(world, "overlay-layers/layers.json",
        "[{\"id\":\"l1\",\"diff-size\":1},{\"id\":\"l2\",\"parent\":\"l1\",\"diff-size\":2},"
        "{\"id\":\"l3\",\"diff-size\":-1}]");
    put(world, "overlay-containers/containers.json", "[{\"id\":\"x\",\"image\":\"" A "\"}]");
    assert_int_equal(sw_node_images_podman(&options, &world->region, &world->images, NULL), 0);
    assert_int_equal(world->images.n, 2);
    const struct sw_node_image *image = find(world, "sha256:" A);
    assert_non_null(image);
    assert_true(sw_str_equal_z(image->name, "localhost/app:1"));
    assert_true(image->size_bytes == 3 && !image->is_running);
    assert_non_null(find(world, "sha256:" C));
}

static void tells_engines_that_are_absent_or_damaged(void **state)
{
    struct world *world = *state;
    struct sw_err err = {0};
    struct sw_engine_options options = {
        .docker_root = "/nonexistent/d", .podman_root = "/nonexistent/p"};
    assert_int_equal(
        sw_node_images_docker(&options, &world->region, &world->images, NULL), -ENOENT);
    assert_int_equal(
        sw_node_images_podman(&options, &world->region, &world->images, NULL), -ENOENT);
    options.docker_root = options.podman_root = world->root;
    put(world, "image/overlay2/repositories.json", "{");
    put(world, "overlay-images/images.json", "[");
    assert_int_equal(
        sw_node_images_docker(&options, &world->region, &world->images, &err), -EINVAL);
    assert_non_null(strstr(err.message, "repositories.json"));
    assert_int_equal(
        sw_node_images_podman(&options, &world->region, &world->images, &err), -EINVAL);
    assert_non_null(strstr(err.message, "images.json"));
    assert_int_equal(world->images.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_dockers_images, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_podmans_images, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_engines_that_are_absent_or_damaged, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
