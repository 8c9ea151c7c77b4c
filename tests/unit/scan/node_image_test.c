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
#include "harness/bolt_make.h"
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
    put(world, "containers/w/config.v2.json",
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
    assert_int_equal(find(world, "sha256:" C)->n_running, 2);
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

#define LABEL "containerd.io/gc.ref.content."

/* A is an index with the manifest B, whose config is C; the CRI calls it by C, too. */
static void lists_containerds_images(void **state)
{
    struct world *world = *state;
    static const struct bolt_entry entries[] = {
        {"v1|default|images|app:1|target|digest", SW_STR_INIT("sha256:" A)},
        {"v1|k8s.io|containers|x|image", SW_STR_INIT("sha256:" C)},
        {"v1|k8s.io|containers|y|image", SW_STR_INIT("app:1")},
        {"v1|k8s.io|containers|z|image", SW_STR_INIT("app:1")},
        {"v1|k8s.io|content|blob|sha256:" A "|labels|" LABEL "m.0", SW_STR_INIT("sha256:" B)},
        {"v1|k8s.io|content|blob|sha256:" B "|labels|" LABEL "config", SW_STR_INIT("sha256:" C)},
        {"v1|k8s.io|content|blob|sha256:" C "|size", SW_STR_INIT("\x0A")},
        {"v1|k8s.io|images|app:1|target|digest", SW_STR_INIT("sha256:" A)},
        {"v1|k8s.io|images|app@sha256:" A "|target|digest", SW_STR_INIT("sha256:" A)},
        {"v1|k8s.io|images|sha256:" C "|target|digest", SW_STR_INIT("sha256:" A)},
    };
    static char bytes[BOLT_BYTES_MAX];
    struct sw_str text = {bytes, bolt_make(bytes, entries, SW_ARRAY_SIZE(entries))};
    char path[256];
    put(world, "io.containerd.metadata.v1.bolt/x", "");
    snprintf(path, sizeof(path), "%s/io.containerd.metadata.v1.bolt/meta.db", world->root);
    assert_int_equal(sw_file_save(AT_FDCWD, path, text, 0644, NULL), 0);
    put(world, "io.containerd.runtime.v2.task/k8s.io/x/log", "");
    put(world, "io.containerd.runtime.v2.task/k8s.io/y/log", "");
    struct sw_engine_options options = {
        .containerd_root = world->root, .containerd_state = world->root};
    assert_int_equal(sw_node_images_containerd(&options, &world->region, &world->images, NULL), 0);
    assert_int_equal(world->images.n, 2);
    const struct sw_node_image *image = &world->images.v[1];
    assert_true(sw_str_equal_z(world->images.v[0].space, "default"));
    assert_int_equal(world->images.v[0].n_running, 0);
    assert_true(sw_str_equal_z(image->space, "k8s.io"));
    assert_int_equal(image->n_names, 1);
    assert_true(sw_str_equal_z(image->name, "app:1"));
    assert_true(sw_str_equal_z(image->target, "containerd:sha256:" A));
    assert_true(sw_str_equal_z(image->config, "sha256:" C));
    assert_int_equal(image->n_running, 2);
    assert_true(image->is_running && image->size_bytes == 5 && image->n_parts == 3);
    options.namespace = "default";
    world->images.n = 0;
    assert_int_equal(sw_node_images_containerd(&options, &world->region, &world->images, NULL), 0);
    assert_int_equal(world->images.n, 1);
    options.containerd_root = "/nonexistent";
    assert_int_equal(
        sw_node_images_containerd(&options, &world->region, &world->images, NULL), -ENOENT);
}

static void lists_what_users_have(void **state)
{
    struct world *world = *state;
    char path[128];
    char users[1024];
    size_t n_failed = 9;
    snprintf(path, sizeof(path), "%s/passwd", world->root);
    struct sw_engine_options options = {.users_file = path};
    snprintf(users, sizeof(users),
        "root:x:0:0:root:/nonexistent:/bin/sh\nnobody:x:65534:65534:n:/:/bin/false\n"
        "broken\na:x:4000000:1::%s/a/:/bin/sh\nb:x:4000001:1::%s/b:/bin/sh\n"
        "again:x:4000002:1::%s/a:/bin/sh\nc:x:99999999999:1::%s/c:\nd:x:1:1::relative:\n",
        world->root, world->root, world->root, world->root);
    put(world, "passwd", users);
    put(world, "a/.local/share/containers/storage/overlay-images/images.json",
        "[{\"id\":\"" A "\",\"names\":[\"localhost/app:1\"]}]");
    put(world, "a/.local/share/containers/storage/overlay-layers/layers.json", "[]");
    put(world, "a/.local/share/docker/image/overlay2/repositories.json", "{");
    put(world, "b/.local/share/containers/storage/overlay-images/images.json", "[");
    assert_int_equal(
        sw_node_images_users(&options, &world->region, &world->images, &n_failed, NULL), 0);
    assert_int_equal(world->images.n, 1);
    assert_int_equal(n_failed, 2);
    assert_true(
        sw_str_ends_with(world->images.v[0].root, SW_STR("/a/.local/share/containers/storage")));
    options.users_file = "/nonexistent";
    assert_int_equal(
        sw_node_images_users(&options, &world->region, &world->images, &n_failed, NULL), 0);
    assert_int_equal(n_failed, 0);
}

static void finds_the_same_images(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *id;
        const char *config;
        size_t same;
    } rows[] = {{A, A, 0}, {B, C, 1}, {C, C, 1}, {D, "", 3}, {B, "", 1}, {D, A, 0}, {A, "", 0}};
    size_t same[SW_ARRAY_SIZE(rows)];
    for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
        struct sw_node_image image = {
            .id = sw_str_of(rows[i].id), .config = sw_str_of(rows[i].config)};
        assert_int_equal(sw_vec_push(&world->images, image, 16), 0);
    }
    assert_int_equal(sw_node_images_same(&world->images, same), 0);
    for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++)
        assert_int_equal(same[i], rows[i].same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_dockers_images, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_podmans_images, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_containerds_images, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_what_users_have, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_the_same_images, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_engines_that_are_absent_or_damaged, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
