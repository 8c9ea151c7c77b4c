/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/oci/tar_split.c with lines made by hand and a directory of its own.
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
#include "base/num.h"
#include "io/checksum.h"
#include "io/descriptor.h"
#include "io/file.h"
#include "oci/base64.h"
#include "oci/tar_split.h"

struct world {
    char folder[64];
    struct sw_buf lines;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    snprintf(world->folder, sizeof(world->folder), "/tmp/tar-split-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    sw_buf_init(&world->lines, (size_t)32 << 20);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    sw_file_remove_tree(AT_FDCWD, world->folder, NULL);
    sw_buf_done(&world->lines);
    free(world);
    return 0;
}

static void put(struct world *world, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", world->folder, name);
    assert_int_equal(sw_file_save(AT_FDCWD, path, sw_str_of(text), 0644, NULL), 0);
}

static void add_segment(struct world *world, const char *text)
{
    sw_buf_append_str(&world->lines, SW_STR("{\"type\":2,\"payload\":\""));
    sw_base64_append(&world->lines, sw_str_of(text));
    sw_buf_append_str(&world->lines, SW_STR("\",\"position\":0}\n"));
}

static void add_crc(struct world *world, const char *text)
{
    uint64_t crc = sw_checksum_crc64_iso(0, text, strlen(text));
    char bytes[8];
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (char)(crc >> (56 - 8 * i) & 255);
    sw_base64_append(&world->lines, (struct sw_str){bytes, 8});
}

static void add_file(struct world *world, const char *name, const char *text)
{
    sw_buf_printf(&world->lines, "{\"type\":1,\"name\":\"%s\",\"size\":%zu,\"payload\":\"", name,
        strlen(text));
    add_crc(world, text);
    sw_buf_append_str(&world->lines, SW_STR("\",\"position\":1}\n"));
}

static int open_directory(const struct world *world)
{
    int fd = open(world->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static struct sw_reader *lines_of(const struct world *world)
{
    struct sw_reader *reader = sw_reader_new_memory(sw_buf_str(&world->lines));
    assert_non_null(reader);
    return reader;
}

/* What comes of it: 0 and the bytes, or the failure. */
static int assemble(const struct world *world, struct sw_buf *out, struct sw_err *err)
{
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = NULL;
    sw_buf_init(out, (size_t)32 << 20);
    int r = sw_reader_new_tar_split(lines_of(world), open_directory(world), &reader, err);
    return r < 0 ? r : sw_reader_read_all(reader, out, err);
}

static void expect_failure(const struct world *world, int code, const char *part)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf out = {0};
    struct sw_err err = {0};
    assert_int_equal(assemble(world, &out, &err), code);
    if (strstr(err.message, part) == NULL)
        fail_msg("'%s' is not in '%s'", part, err.message);
}

static void puts_segments_and_files_together(void **state)
{
    struct world *world = *state;
    put(world, "a", "first");
    put(world, "b", "second");
    add_segment(world, "[head]");
    add_file(world, "./a", "first");
    add_segment(world, "[pad]");
    sw_buf_append_str(&world->lines, SW_STR("{\"type\":1,\"name\":\"dir/\",\"payload\":null}\n"));
    sw_buf_append_str(&world->lines, SW_STR("{\"type\":1,\"name_raw\":\"Yg==\",\"size\":6,"
                                            "\"payload\":\""));
    add_crc(world, "second");
    sw_buf_append_str(&world->lines, SW_STR("\"}\n\n"));
    add_segment(world, "");
    add_segment(world, "[end]");
    SW_CLEANUP(sw_buf_done) struct sw_buf out = {0};
    assert_int_equal(assemble(world, &out, NULL), 0);
    assert_string_equal(out.p, "[head]first[pad]second[end]");
    assert_int_equal(sw_tar_split_check(lines_of(world), open_directory(world), NULL), 0);
}

static void names_what_is_missing(void **state)
{
    struct world *world = *state;
    add_file(world, "gone\\u001b", "first");
    expect_failure(world, -ESTALE, "'gone\\x1b' is not there");
    assert_int_equal(sw_tar_split_check(lines_of(world), open_directory(world), NULL), -ESTALE);
}

static void names_what_has_another_size(void **state)
{
    struct world *world = *state;
    put(world, "a", "longer than it was");
    add_file(world, "a", "first");
    expect_failure(world, -ESTALE, "'a' has another size");
}

static void names_what_has_other_content(void **state)
{
    struct world *world = *state;
    put(world, "a", "FIRST");
    add_file(world, "a", "first");
    expect_failure(world, -ESTALE, "'a' has other content");
}

static void follows_no_link_out(void **state)
{
    struct world *world = *state;
    char path[256];
    put(world, "inside", "x");
    for (size_t i = 0; i < 3; i++) {
        static const char *const targets[] = {
            "/etc/passwd", "../../../../etc/passwd", "/proc/self/environ"};
        snprintf(path, sizeof(path), "%s/link", world->folder);
        unlink(path);
        assert_int_equal(symlink(targets[i], path), 0);
        sw_buf_clear(&world->lines);
        add_file(world, "link", "x");
        expect_failure(world, -ESTALE, "'link' is not there");
    }
    sw_buf_clear(&world->lines);
    add_file(world, "../../../etc/passwd", "x");
    expect_failure(world, -ESTALE, "is not there");
}

static void follows_links_as_the_engine_did(void **state)
{
    struct world *world = *state;
    char path[256];
    snprintf(path, sizeof(path), "%s/usr", world->folder);
    assert_int_equal(mkdir(path, 0755), 0);
    put(world, "usr/a", "first");
    snprintf(path, sizeof(path), "%s/lib", world->folder);
    assert_int_equal(symlink("/usr", path), 0);
    add_file(world, "lib/a", "first");
    SW_CLEANUP(sw_buf_done) struct sw_buf out = {0};
    assert_int_equal(assemble(world, &out, NULL), 0);
    assert_string_equal(out.p, "first");
}

static void opens_no_fifo(void **state)
{
    struct world *world = *state;
    char path[256];
    snprintf(path, sizeof(path), "%s/pipe", world->folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    add_file(world, "pipe", "first");
    expect_failure(world, -ESTALE, "'pipe' is not there, or no file");
}

static void refuses_absurd_lines(void **state)
{
    static const struct {
        const char *line, *part;
    } cases[] = {
        {"x", "not valid JSON"},
        {"[]", "not a JSON object"},
        {"{}", "type 0"},
        {"{\"type\":3}", "type 3"},
        {"{\"type\":-1}", "not a size"},
        {"{\"type\":2,\"payload\":\"***\"}", "not base64"},
        {"{\"type\":2,\"payload\":7}", "not a string"},
        {"{\"type\":1,\"name\":\"a\",\"size\":-5}", "not a size"},
        {"{\"type\":1,\"name\":\"a\",\"size\":5}", "checksum of 0 bytes"},
        {"{\"type\":1,\"name\":\"a\",\"size\":99999999999999999999}", "not valid JSON"},
        {"{\"type\":1,\"size\":5,\"payload\":\"AAAAAAAAAAA=\"}", "without a name"},
    };
    struct world *world = *state;
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        sw_buf_clear(&world->lines);
        sw_buf_append_str(&world->lines, sw_str_of(cases[i].line));
        expect_failure(world, -EINVAL, cases[i].part);
    }
}

static void bounds_a_line(void **state)
{
    struct world *world = *state;
    sw_buf_append_str(&world->lines, SW_STR("{\"type\":2,\"payload\":\""));
    for (size_t i = 0; i < SW_TAR_SPLIT_LINE_MAX / 8 + 1; i++)
        sw_buf_append_str(&world->lines, SW_STR("AAAAAAAA"));
    sw_buf_append_str(&world->lines, SW_STR("\"}\n"));
    expect_failure(world, -EFBIG, "a line of tar-split data of more than");
}

static void tells_truncated_data(void **state)
{
    static const char half[] = "\x1f\x8b\x08\0\0\0\0\0\0\3\xab";
    struct world *world = *state;
    sw_buf_append(&world->lines, half, sizeof(half) - 1);
    expect_failure(world, -EBADMSG, "tar-split data");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(puts_segments_and_files_together, setup, teardown),
        cmocka_unit_test_setup_teardown(names_what_is_missing, setup, teardown),
        cmocka_unit_test_setup_teardown(names_what_has_another_size, setup, teardown),
        cmocka_unit_test_setup_teardown(names_what_has_other_content, setup, teardown),
        cmocka_unit_test_setup_teardown(follows_no_link_out, setup, teardown),
        cmocka_unit_test_setup_teardown(follows_links_as_the_engine_did, setup, teardown),
        cmocka_unit_test_setup_teardown(opens_no_fifo, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_absurd_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(bounds_a_line, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_truncated_data, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
