/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/oci/podman_store.c and podman_conf.c on a storage made by hand.
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
#include "oci/base64.h"
#include "oci/podman_store.h"

#define DIFF_1 "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define DIFF_2 "sha256:3333333333333333333333333333333333333333333333333333333333333333"
#define CONFIG "sha256:4444444444444444444444444444444444444444444444444444444444444444"
#define MANIFEST                                                                                   \
    "{\"schemaVersion\":2,\"config\":{\"digest\":\"" CONFIG "\",\"size\":2},\"layers\":[]}"
#define IMAGES                                                                                     \
    "[{\"id\":\"i1\",\"digest\":\"" DIFF_2                                                         \
    "\",\"names\":[\"localhost/app:1\"],\"layer\":\"l2\",\"created\":\"2026-01-01T00:00:00Z\"}]"
#define LAYERS                                                                                     \
    "[{\"id\":\"l2\",\"parent\":\"l1\",\"diff-digest\":\"" DIFF_2 "\",\"diff-size\":20},"          \
    "{\"id\":\"l1\",\"diff-digest\":\"" DIFF_1 "\",\"diff-size\":10}]"

struct world {
    char root[64];
    struct sw_region region;
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
    SW_CLEANUP(sw_buf_done) struct sw_buf path = {0};
    assert_non_null(world);
    snprintf(world->root, sizeof(world->root), "/tmp/podman-store-XXXXXX");
    assert_non_null(mkdtemp(world->root));
    sw_region_init(&world->region, (size_t)16 << 20);
    sw_buf_init(&path, 512);
    sw_buf_append_str(&path, SW_STR("overlay-images/i1/="));
    sw_base64_append(&path, SW_STR(CONFIG));
    put(world, path.p, "{}");
    put(world, "overlay-images/images.json", IMAGES);
    put(world, "overlay-images/i1/manifest", MANIFEST);
    put(world, "overlay-layers/layers.json", LAYERS);
    put(world, "overlay-layers/volatile-layers.json", "");
    put(world, "overlay-layers/l1.tar-split.gz", "");
    put(world, "overlay-layers/l2.tar-split.gz", "");
    put(world, "overlay/l1/diff/a", "");
    put(world, "overlay/l2/diff/b", "");
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    sw_file_remove_tree(AT_FDCWD, world->root, NULL);
    sw_region_done(&world->region);
    free(world);
    return 0;
}

static int load_of(const char *const *roots, size_t n, struct world *world,
    struct sw_store_image *image, struct sw_err *err)
{
    SW_CLEANUP(sw_podman_store_close) struct sw_podman_store store = {0};
    const struct sw_engine_image *found = NULL;
    int r = sw_podman_store_open(roots, n, &world->region, &store, err);
    if (r == 0)
        r = sw_engine_images_find(&store.images, "app:1", true, &found, err);
    if (r == 0)
        r = sw_podman_store_load(&store, found, &world->region, image, err);
    if (r == 0)
        assert_true(sw_podman_store_size(&store, found) == 30);
    return r < 0 ? r : sw_store_image_check(image, false, err);
}

static void expect_failure(struct world *world, int code, const char *part)
{
    const char *root = world->root;
    struct sw_store_image image = {0};
    struct sw_err err = {0};
    assert_int_equal(load_of(&root, 1, world, &image, &err), code);
    if (strstr(err.message, part) == NULL)
        fail_msg("'%s' is not in '%s'", part, err.message);
}

static void finds_the_parts_of_an_image(void **state)
{
    struct world *world = *state;
    const char *roots[] = {world->root, "/nonexistent/additional"};
    struct sw_store_image image = {0};
    assert_int_equal(load_of(roots, 2, world, &image, NULL), 0);
    assert_int_equal(image.n_layers, 2);
    assert_string_equal(image.config_digest, CONFIG);
    assert_true(sw_str_equal_z(image.layers[0].diff_id, DIFF_1));
    assert_string_equal(image.layers[1].directory, "overlay/l2/diff");
    assert_string_equal(image.layers[1].split, "overlay-layers/l2.tar-split.gz");
    assert_true(image.layers[1].size_bytes == 20);
}

static void tells_broken_lists(void **state)
{
    struct world *world = *state;
    static const char *const texts[] = {"[{\"id\":\"l1\"", "{}", "[{\"id\":\"../x\"}]", "[{}]",
        "[{\"id\":\"l1\",\"parent\":7}]", "[1]", "[{\"id\":\"l1\"},"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++) {
        put(world, "overlay-layers/layers.json", texts[i]);
        expect_failure(world, -EINVAL, "'overlay-layers/layers.json'");
    }
    put(world, "overlay-images/images.json", "[{\"id\":\"i1\",\"names\":[7]}]");
    expect_failure(world, -EINVAL, "'overlay-images/images.json'");
}

static void tells_chains_without_an_end(void **state)
{
    struct world *world = *state;
    put(world, "overlay-layers/layers.json",
        "[{\"id\":\"l2\",\"parent\":\"l1\",\"diff-digest\":\"" DIFF_2 "\"},"
        "{\"id\":\"l1\",\"parent\":\"l2\",\"diff-digest\":\"" DIFF_1 "\"}]");
    expect_failure(world, -EBADMSG, "its layers have no end");
    put(world, "overlay-layers/layers.json",
        "[{\"id\":\"l2\",\"parent\":\"l1\",\"diff-digest\":\"" DIFF_2 "\"}]");
    expect_failure(world, -EBADMSG, "layer 'l1' is not in the list");
    put(world, "overlay-layers/layers.json", "[{\"id\":\"l2\"}]");
    expect_failure(world, -EOPNOTSUPP, "fetched in parts");
}

static void tells_other_images(void **state)
{
    struct world *world = *state;
    put(world, "overlay-images/i1/manifest", "{\"schemaVersion\":2,\"manifests\":[]}");
    expect_failure(world, -EOPNOTSUPP, "it is a list of images");
    put(world, "overlay-images/i1/manifest", "[");
    expect_failure(world, -EINVAL, "'overlay-images/i1/manifest'");
}

static void reads_storage_conf(void **state)
{
    struct world *world = *state;
    struct sw_podman_conf conf = {0};
    static const char text[] = "# comment\n[storage]\ndriver = \"overlay\"\n"
                               "graphroot = '/data/storage' # here\nrunroot=\"/run/\\\"x\\\"\"\n"
                               "rootless_storage_path = \"$HOME/c\"\n[storage.options]\n"
                               "additionalimagestores = [ # two\n \"/a\",\n '/b', ]\n"
                               "[storage.options.overlay]\ngraphroot = \"/not/this\"\n";
    assert_int_equal(sw_podman_conf_parse(sw_str_of(text), &world->region, &conf, NULL), 0);
    assert_true(sw_str_equal_z(conf.graph_root, "/data/storage"));
    assert_true(sw_str_equal_z(conf.run_root, "/run/\"x\""));
    assert_true(sw_str_equal_z(conf.rootless_path, "$HOME/c"));
    assert_int_equal(conf.n_additional, 2);
    assert_true(sw_str_equal_z(conf.additional[1], "/b"));
}

static void refuses_broken_settings(void **state)
{
    struct world *world = *state;
    static const char *const texts[] = {"[storage]\ngraphroot = /data\n",
        "[storage]\ngraphroot = \"/data\n", "[storage]\ngraphroot = \"\\n\"",
        "[storage.options]\nadditionalimagestores = \"/a\"\n",
        "[storage.options]\nadditionalimagestores = [\"/a\"",
        "[storage]\ngraphroot=", "[storage.options]\nadditionalimagestores = [\"/a\" \"/b\"]"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++) {
        struct sw_podman_conf conf = {0};
        struct sw_err err = {0};
        int r = sw_podman_conf_parse(sw_str_of(texts[i]), &world->region, &conf, &err);
        assert_int_equal(r, -EINVAL);
        assert_non_null(strstr(err.message, "line "));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_the_parts_of_an_image, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_broken_lists, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_chains_without_an_end, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_other_images, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_storage_conf, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_broken_settings, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
