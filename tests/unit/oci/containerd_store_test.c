/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/oci/containerd_{store,node,conf}.c on databases made by hand. A real containerd:
 * tests/e2e/engine_containerd_test.py, tests/e2e/node_images_test.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "harness/bolt_make.h"
#include "io/file.h"
#include "oci/containerd_node.h"

#define HEX(c) c c c c c c c c c c c c c c c c
#define INDEX "sha256:" HEX("aaaa")
#define MANIFEST "sha256:" HEX("bbbb")
#define CONFIG "sha256:" HEX("cccc")
#define LAYER "sha256:" HEX("dddd")
#define OTHER "sha256:" HEX("eeee")
#define ABSENT "sha256:" HEX("ffff")
#define GC "containerd.io/gc.ref.content."
#define IMAGE(namespace, name, digest)                                                             \
    {"v1|" namespace "|images|" name "|target|digest", SW_STR_INIT(digest)},                       \
    {                                                                                              \
        "v1|" namespace "|images|" name "|target|mediatype", SW_STR_INIT("application/x")          \
    }
#define SIZE(namespace, digest, varint)                                                            \
    {                                                                                              \
        "v1|" namespace "|content|blob|" digest "|size", SW_STR_INIT(varint)                       \
    }
#define LABEL(namespace, digest, label, to)                                                        \
    {                                                                                              \
        "v1|" namespace "|content|blob|" digest "|labels|" GC label, SW_STR_INIT(to)               \
    }

/* An index of which one platform is there, as the CRI keeps it; and another image. */
static const struct bolt_entry usual[] = {
    {"v1|default|images|docker.io/library/app:1|target|digest", SW_STR_INIT(OTHER)},
    {"v1|k8s.io|containers|box|image", SW_STR_INIT("docker.io/library/app:1")},
    {"v1|k8s.io|containers|none|image", SW_STR_INIT("")},
    LABEL("k8s.io", INDEX, "m.0", MANIFEST),
    LABEL("k8s.io", INDEX, "m.1", ABSENT),
    SIZE("k8s.io", INDEX, "\x14"),
    LABEL("k8s.io", MANIFEST, "config", CONFIG),
    LABEL("k8s.io", MANIFEST, "l.0", LAYER),
    SIZE("k8s.io", MANIFEST, "\xC8\x01"),
    SIZE("k8s.io", CONFIG, "\x02"),
    SIZE("k8s.io", LAYER, "\xD0\x0F"),
    IMAGE("k8s.io", "docker.io/library/app:1", INDEX),
    IMAGE("k8s.io", "docker.io/library/app@" INDEX, INDEX),
    IMAGE("k8s.io", CONFIG, INDEX),
    IMAGE("k8s.io", "other", "sha256:short"),
};

struct world {
    char bytes[BOLT_BYTES_MAX];
    size_t n;
    struct sw_region region;
    struct sw_containerd_store store;
    struct sw_containerd_node node;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    sw_region_init(&world->region, (size_t)16 << 20);
    world->n = bolt_make(world->bytes, usual, SW_ARRAY_SIZE(usual));
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    sw_region_done(&world->region);
    free(world);
    return 0;
}

static void load(struct world *world, const char *namespace)
{
    struct sw_err err = {0};
    struct sw_str bytes = {world->bytes, world->n};
    int r = sw_containerd_store_parse(bytes, namespace, &world->region, &world->store, &err);
    if (r == 0)
        r = sw_containerd_node_load(&world->store, &world->region, &world->node, &err);
    if (r < 0)
        fail_msg("%s", err.message);
}

static const char *find(const struct world *world, const char *name)
{
    const struct sw_containerd_image *image = NULL;
    int r = sw_containerd_store_find(&world->store, name, &image, NULL);
    return r == 0 ? image->digest.p : strerrorname_np(-r);
}

static void finds_names_digests_and_ids(void **state)
{
    struct world *world = *state;
    load(world, "k8s.io");
    assert_int_equal(world->store.n, 3);
    assert_int_equal(world->store.n_skipped, 1);
    assert_string_equal(find(world, "app:1"), INDEX);
    assert_string_equal(find(world, "docker.io/library/app:1"), INDEX);
    assert_string_equal(find(world, INDEX), INDEX);
    assert_string_equal(find(world, "aaaaaaaaaaaa"), INDEX);
    assert_string_equal(find(world, "sha256:aaaa"), INDEX);
    assert_string_equal(find(world, "cccccccc"), INDEX);
    assert_string_equal(find(world, "app:2"), "ENOENT");
    assert_string_equal(find(world, "aaa"), "ENOENT");
    assert_string_equal(find(world, "bbbb"), "ENOENT");
    assert_string_equal(find(world, "A//"), "EINVAL");
}

static void tells_namespaces_apart(void **state)
{
    struct world *world = *state;
    const struct sw_containerd_image *image = NULL;
    struct sw_err err = {0};
    load(world, NULL);
    assert_int_equal(world->store.n, 4);
    assert_int_equal(sw_containerd_store_find(&world->store, "app:1", &image, &err), -EEXIST);
    assert_non_null(strstr(err.message, "--namespace"));
    load(world, "default");
    assert_string_equal(find(world, "app:1"), OTHER);
    load(world, "nowhere");
    assert_int_equal(sw_containerd_store_find(&world->store, "app:1", &image, &err), -ENOENT);
    assert_non_null(strstr(err.message, "'nowhere'"));
}

static void knows_what_an_image_consists_of(void **state)
{
    struct world *world = *state;
    struct sw_containerd_parts parts;
    load(world, NULL);
    assert_int_equal(world->node.n_blobs, 4);
    assert_int_equal(
        sw_containerd_node_parts(&world->node, sw_str_of(INDEX), &world->region, &parts), 0);
    assert_int_equal(parts.size_bytes, 10 + 100 + 1 + 1000);
    assert_int_equal(parts.n_images, 3);
    assert_string_equal(parts.config.p, CONFIG);
    assert_int_equal(
        sw_containerd_node_parts(&world->node, sw_str_of(OTHER), &world->region, &parts), 0);
    assert_int_equal(parts.size_bytes, 0);
    assert_null(sw_containerd_node_blob(&world->node, sw_str_of(ABSENT)));
}

static void finds_the_config_of_an_image_without_the_cri(void **state)
{
    struct world *world = *state;
    const struct bolt_entry entries[] = {
        LABEL("default", MANIFEST, "config", CONFIG),
        IMAGE("default", "a:1", MANIFEST),
        IMAGE("default", "b:1", MANIFEST),
    };
    const struct sw_containerd_image *image = NULL;
    world->n = bolt_make(world->bytes, entries, SW_ARRAY_SIZE(entries));
    load(world, NULL);
    assert_string_equal(find(world, "cccc"), "ENOENT");
    assert_int_equal(sw_containerd_node_find(&world->store, &world->node, "cccc", &image, NULL), 0);
    assert_string_equal(image->digest.p, MANIFEST);
    assert_int_equal(
        sw_containerd_node_find(&world->store, &world->node, "dddd", &image, NULL), -ENOENT);
    assert_int_equal(
        sw_containerd_node_find(&world->store, &world->node, "no id", &image, NULL), -ENOENT);
}

static void names_an_id_that_means_several(void **state)
{
    struct world *world = *state;
    const struct bolt_entry entries[] = {
        LABEL("default", MANIFEST, "config", CONFIG),
        LABEL("default", "sha256:" HEX("bb00"), "config", "sha256:" HEX("cc00")),
        IMAGE("default", "a:1", MANIFEST),
        IMAGE("default", "b:1", "sha256:" HEX("bb00")),
    };
    const struct sw_containerd_image *image = NULL;
    world->n = bolt_make(world->bytes, entries, SW_ARRAY_SIZE(entries));
    load(world, NULL);
    assert_string_equal(find(world, "bb00"), "sha256:" HEX("bb00"));
    assert_string_equal(find(world, "sha256:bb00bb"), "sha256:" HEX("bb00"));
    assert_int_equal(sw_containerd_node_find(&world->store, &world->node, "cccc", &image, NULL), 0);
    assert_int_equal(sw_containerd_node_find(&world->store, &world->node, "cc00", &image, NULL), 0);
    const struct bolt_entry same[] = {
        IMAGE("default", "a:1", MANIFEST),
        IMAGE("default", "b:1", "sha256:" HEX("bbbb")),
        IMAGE("default", "c:1",
            "sha256:bbbb000000000000000000000000000000000000000000000000000000000000"),
    };
    world->n = bolt_make(world->bytes, same, SW_ARRAY_SIZE(same));
    load(world, NULL);
    assert_string_equal(find(world, "bbbb"), "EEXIST");
    assert_string_equal(find(world, "bbbbb"), MANIFEST);
}

/* A circle of references, and an index that has the same manifest thousands of times. */
static void ends_in_a_circle_of_references(void **state)
{
    struct world *world = *state;
    struct sw_containerd_parts parts;
    const struct sw_containerd_image *image = NULL;
    const struct bolt_entry entries[] = {
        LABEL("default", INDEX, "m.0", MANIFEST),
        LABEL("default", INDEX, "m.1", MANIFEST),
        LABEL("default", INDEX, "m.2", INDEX),
        LABEL("default", MANIFEST, "config", MANIFEST),
        LABEL("default", MANIFEST, "m.0", INDEX),
        IMAGE("default", "a:1", INDEX),
    };
    world->n = bolt_make(world->bytes, entries, SW_ARRAY_SIZE(entries));
    load(world, NULL);
    assert_int_equal(
        sw_containerd_node_parts(&world->node, sw_str_of(INDEX), &world->region, &parts), 0);
    assert_int_equal(
        sw_containerd_node_find(&world->store, &world->node, "0000", &image, NULL), -ENOENT);
}

static void refuses_every_truncation(void **state)
{
    struct world *world = *state;
    size_t whole = world->n;
    for (size_t n = 0; n < whole; n += 61) {
        struct sw_containerd_store store;
        struct sw_str bytes = {world->bytes, n};
        assert_int_equal(
            sw_containerd_store_parse(bytes, NULL, &world->region, &store, NULL), -EBADMSG);
    }
}

static void put(const char *root, const char *path, const char *text)
{
    char whole[512];
    snprintf(whole, sizeof(whole), "%s/io.containerd.runtime.v2.task/%s", root, path);
    char *slash = strrchr(whole, '/');
    *slash = '\0';
    assert_int_equal(sw_file_make_directories(AT_FDCWD, whole, 0755, NULL), 0);
    *slash = '/';
    assert_int_equal(sw_file_save(AT_FDCWD, whole, sw_str_of(text), 0644, NULL), 0);
}

static void knows_what_runs(void **state)
{
    (void)state;
    char root[] = "/tmp/containerd-state-XXXXXX";
    char pid[32];
    struct sw_containerd_container container = {.namespace = SW_STR("k8s.io")};
    assert_non_null(mkdtemp(root));
    snprintf(pid, sizeof(pid), "%d", getpid());
    put(root, "k8s.io/lives/init.pid", pid);
    put(root, "k8s.io/ended/init.pid", "4194305");
    put(root, "k8s.io/machine/config.json", "{}");
    int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    static const struct {
        const char *id;
        bool is_running;
    } cases[] = {{"lives", true}, {"ended", false}, {"machine", true}, {"absent", false},
        {"../k8s.io/lives", false}, {"", false}};
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        container.id = sw_str_of(cases[i].id);
        assert_int_equal(sw_containerd_is_running(fd, &container), cases[i].is_running);
    }
    close(fd);
    sw_file_remove_tree(AT_FDCWD, root, NULL);
}

static void reads_settings(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *text;
        const char *root;
        const char *state;
    } cases[] = {
        {"version = 2\nroot = \"/a\"\nstate = '/b' # here\n[grpc]\nroot = \"/c\"\n", "/a", "/b"},
        {"imports = [\n  \"root = 1\", # ]\n  ['state'],\n]\nstate=\"/b\\\\c\"\n", "", "/b\\c"},
        {"x = \"\"\"\nroot = \"/no\"\n\"\"\"\nroot=\"/yes\"", "/yes", ""},
        {"x = '''\n[table]\n'''\n root =\"/yes\"", "/yes", ""},
        {"x = {a = [1, 2], b = \"}\"}\nroot = \"/yes\"\n", "/yes", ""},
        {"[plugins]\nroot = \"/no\"\n", "", ""},
        {"root\nstate = \"/b\"", "", "/b"},
        {"x = [\"unclosed\nroot = \"/no\"\n", "", ""},
        {"", "", ""},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        struct sw_containerd_conf conf;
        struct sw_err err = {0};
        int r = sw_containerd_conf_parse(sw_str_of(cases[i].text), &world->region, &conf, &err);
        if (r < 0)
            fail_msg("%zu: %s", i, err.message);
        assert_true(sw_str_equal_z(conf.root, cases[i].root));
        assert_true(sw_str_equal_z(conf.state, cases[i].state));
    }
}

static void refuses_settings_that_are_none(void **state)
{
    struct world *world = *state;
    static const char *const texts[] = {
        "root = /a\n", "root = \"/a\n", "root = \"\\u0041\"\n", "root =", "\nstate = [\"/a\"]\n"};
    struct sw_containerd_conf conf;
    struct sw_err err = {0};
    for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++) {
        int r = sw_containerd_conf_parse(sw_str_of(texts[i]), &world->region, &conf, &err);
        assert_int_equal(r, -EINVAL);
        assert_non_null(strstr(err.message, i == 4 ? "line 2" : "line 1"));
    }
    static char large[SW_CONTAINERD_CONF_BYTES_MAX + 1];
    struct sw_str text = {large, sizeof(large)};
    assert_int_equal(sw_containerd_conf_parse(text, &world->region, &conf, &err), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_names_digests_and_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_namespaces_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(knows_what_an_image_consists_of, setup, teardown),
        cmocka_unit_test_setup_teardown(
            finds_the_config_of_an_image_without_the_cri, setup, teardown),
        cmocka_unit_test_setup_teardown(names_an_id_that_means_several, setup, teardown),
        cmocka_unit_test_setup_teardown(ends_in_a_circle_of_references, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_every_truncation, setup, teardown),
        cmocka_unit_test(knows_what_runs),
        cmocka_unit_test_setup_teardown(reads_settings, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_settings_that_are_none, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
