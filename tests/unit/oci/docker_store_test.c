/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/oci/docker_store.c on a data root made by hand: one image of one layer.
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
#include "oci/docker_store.h"

#define DIFF "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define OTHER "sha256:3333333333333333333333333333333333333333333333333333333333333333"

struct world {
    char root[64];
    struct sw_region region;
    char id[SW_DIGEST_TEXT_BYTES]; /* "sha256:..." of the config */
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

static void put_names(const struct world *world, const char *driver, const char *name)
{
    char path[128];
    char text[512];
    snprintf(path, sizeof(path), "image/%s/repositories.json", driver);
    snprintf(text, sizeof(text),
        "{\"Repositories\":{\"app\":{\"%s\":\"%s\",\"app@" OTHER "\":\"%s\"}}}", name, world->id,
        world->id);
    put(world, path, text);
}

#define CONFIG "{\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" DIFF "\"]}}"
#define LAYER                                                                                      \
    "image/overlay2/layerdb/sha256/"                                                               \
    "2222222222222222222222222222222222222222222222222222222222222222/"

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    char path[256];
    assert_non_null(world);
    snprintf(world->root, sizeof(world->root), "/tmp/docker-store-XXXXXX");
    assert_non_null(mkdtemp(world->root));
    sw_region_init(&world->region, (size_t)16 << 20);
    assert_int_equal(sw_digest_of(SW_DIGEST_SHA256, SW_STR(CONFIG), world->id), 0);
    snprintf(path, sizeof(path), "image/overlay2/imagedb/content/sha256/%s", world->id + 7);
    put(world, path, CONFIG);
    put_names(world, "overlay2", "app:1");
    put(world, LAYER "diff", DIFF);
    put(world, LAYER "cache-id", "abc123");
    put(world, LAYER "tar-split.json.gz", "");
    put(world, "overlay2/abc123/diff/etc/os-release", "ID=debian\n");
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

static int load(struct world *world, struct sw_store_image *image, struct sw_err *err)
{
    SW_CLEANUP(sw_docker_store_close) struct sw_docker_store store = {0};
    const struct sw_engine_image *found = NULL;
    int r = sw_docker_store_open(world->root, &world->region, &store, err);
    if (r == 0)
        r = sw_engine_images_find(&store.images, "app:1", false, &found, err);
    if (r == 0)
        r = sw_docker_store_load(&store, found, &world->region, image, err);
    return r < 0 ? r : sw_store_image_check(image, false, err);
}

static void expect_failure(struct world *world, int code, const char *part)
{
    struct sw_store_image image = {0};
    struct sw_err err = {0};
    assert_int_equal(load(world, &image, &err), code);
    if (strstr(err.message, part) == NULL)
        fail_msg("'%s' is not in '%s'", part, err.message);
}

static void finds_the_parts_of_an_image(void **state)
{
    struct world *world = *state;
    struct sw_store_image image = {0};
    assert_int_equal(load(world, &image, NULL), 0);
    assert_int_equal(image.n_layers, 1);
    assert_string_equal(image.config_digest, world->id);
    assert_string_equal(image.layers[0].directory, "overlay2/abc123/diff");
    assert_string_equal(image.layers[0].split, LAYER "tar-split.json.gz");
    assert_true(sw_str_equal_z(image.digest, OTHER));
    SW_CLEANUP(sw_buf_done) struct sw_buf manifest = {0};
    sw_buf_init(&manifest, 65536);
    assert_int_equal(sw_store_image_manifest(&image, &manifest), 0);
    assert_non_null(strstr(manifest.p, "\"layers\":[{\"mediaType\":"));
}

static void tells_what_is_missing(void **state)
{
    struct world *world = *state;
    char path[512];
    snprintf(path, sizeof(path), "%s/" LAYER "tar-split.json.gz", world->root);
    unlink(path);
    expect_failure(world, -EBADMSG, "layer 1 of the image: '" LAYER "tar-split.json.gz'");
    put(world, LAYER "tar-split.json.gz", "");
    snprintf(path, sizeof(path), "%s/overlay2/abc123/diff", world->root);
    sw_file_remove_tree(AT_FDCWD, path, NULL);
    expect_failure(world, -EBADMSG, "'overlay2/abc123/diff'");
    assert_int_equal(symlink("/etc", path), 0);
    expect_failure(world, -ENOTDIR, "'overlay2/abc123/diff'");
}

static void holds_files_against_their_names(void **state)
{
    struct world *world = *state;
    char path[256];
    put(world, LAYER "diff", OTHER);
    expect_failure(world, -EBADMSG, "layerdb has another diff id");
    put(world, LAYER "diff", DIFF "\n");
    put(world, LAYER "cache-id", "../../../../etc");
    expect_failure(world, -EBADMSG, "its cache-id is none");
    put(world, LAYER "cache-id", "abc123\n");
    snprintf(path, sizeof(path), "image/overlay2/imagedb/content/sha256/%s", world->id + 7);
    put(world, path, "{}");
    expect_failure(world, -EBADMSG, "is damaged");
}

static void tells_other_drivers_and_no_store(void **state)
{
    struct world *world = *state;
    char path[256];
    snprintf(path, sizeof(path), "%s/image/overlay2", world->root);
    sw_file_remove_tree(AT_FDCWD, path, NULL);
    expect_failure(world, -ENOENT, "'containerd:NAME'");
    put_names(world, "zfs", "app:1");
    expect_failure(world, -EOPNOTSUPP, "'zfs'");
    sw_file_remove_tree(AT_FDCWD, world->root, NULL);
    expect_failure(world, -ENOENT, world->root);
}

static void finds_images_of_a_remapped_root(void **state)
{
    struct world *world = *state;
    char from[256], to[256];
    snprintf(from, sizeof(from), "%s.moved", world->root);
    snprintf(to, sizeof(to), "%s/100000.100000", world->root);
    assert_int_equal(rename(world->root, from), 0);
    assert_int_equal(sw_file_make_directories(AT_FDCWD, world->root, 0755, NULL), 0);
    assert_int_equal(rename(from, to), 0);
    struct sw_store_image image = {0};
    assert_int_equal(load(world, &image, NULL), 0);
}

static void refuses_names_that_are_none(void **state)
{
    struct world *world = *state;
    static const char *const texts[] = {"", "[]", "{\"Repositories\":[]}",
        "{\"Repositories\":{\"a\":1}}", "{\"Repositories\":{\"a\":{\"a:1\":\"sha256:zz\"}}}",
        "{\"Repositories\":{\"a\":{\"a:1\":7}}}", "{\"Repositories\":{\"a\":{\"a:1\":"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++) {
        put(world, "image/overlay2/repositories.json", texts[i]);
        expect_failure(world, -EINVAL, "'image/overlay2/repositories.json'");
    }
}

static void reads_containers_and_settings(void **state)
{
    struct world *world = *state;
    struct sw_docker_container container = {0};
    struct sw_str root = SW_STR_NONE;
    assert_int_equal(
        sw_docker_container_parse(SW_STR("{\"State\":{\"Running\":true},\"Image\":\"" DIFF "\"}"),
            &world->region, &container, NULL),
        0);
    assert_true(container.is_running && container.image.n == 64);
    assert_int_equal(
        sw_docker_container_parse(SW_STR("{\"Image\":7}"), &world->region, &container, NULL),
        -EINVAL);
    assert_int_equal(sw_docker_settings_parse(SW_STR("{\"graph\":\"/old\",\"data-root\":\"/new\"}"),
                         &world->region, &root, NULL),
        0);
    assert_true(sw_str_equal_z(root, "/new"));
    root = SW_STR_NONE;
    assert_int_equal(sw_docker_settings_parse(SW_STR(" \n"), &world->region, &root, NULL), 0);
    assert_int_equal(root.n, 0);
    assert_int_equal(
        sw_docker_settings_parse(SW_STR("{\"data-root\":7}"), &world->region, &root, NULL),
        -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_the_parts_of_an_image, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_what_is_missing, setup, teardown),
        cmocka_unit_test_setup_teardown(holds_files_against_their_names, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_other_drivers_and_no_store, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_images_of_a_remapped_root, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_names_that_are_none, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_containers_and_settings, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
