/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/file.c in a directory of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "io/file.h"

static char scratch[] = "/tmp/seawall-file-XXXXXX";
static int dir_fd = -1;

static int make_scratch(void **state)
{
    (void)state;
    if (mkdtemp(scratch) == NULL)
        return -1;
    dir_fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir_fd < 0;
}

static int remove_scratch(void **state)
{
    (void)state;
    close(dir_fd);
    return sw_file_remove_tree(AT_FDCWD, scratch, NULL);
}

static void saves_and_loads(void **state)
{
    (void)state;
    assert_int_equal(sw_file_save(dir_fd, "a", SW_STR("one"), 0640, NULL), 0);
    assert_int_equal(sw_file_save(dir_fd, "a", SW_STR("two!"), 0640, NULL), 0);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 4);
    assert_int_equal(sw_file_load(dir_fd, "a", &buf, NULL), 0);
    assert_string_equal(buf.p, "two!");
    struct stat st;
    assert_int_equal(fstatat(dir_fd, "a", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    struct sw_err err = {0};
    assert_int_equal(sw_file_load(dir_fd, "a", &buf, &err), -EFBIG);
    assert_int_equal(sw_file_load(dir_fd, "none", &buf, &err), -ENOENT);
    assert_int_equal(mkfifoat(dir_fd, "fifo", 0600), 0);
    assert_int_equal(sw_file_load(dir_fd, "fifo", &buf, &err), -EINVAL);
    assert_int_equal(sw_file_load(dir_fd, ".", &buf, &err), -EISDIR);
    assert_int_equal(sw_file_save(dir_fd, "no/such", SW_STR("x"), 0600, &err), -ENOENT);
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 65536);
    struct sw_file_names names;
    assert_int_equal(sw_file_list(dir_fd, ".", &region, &names, NULL), 0);
    assert_int_equal(names.n, 2);
    assert_true(sw_str_equal_z(names.v[0], "a"));
    assert_true(sw_str_equal_z(names.v[1], "fifo"));
}

static void makes_and_removes_trees(void **state)
{
    (void)state;
    assert_int_equal(sw_file_make_directories(dir_fd, "t/u/v/", 0755, NULL), 0);
    assert_int_equal(sw_file_make_directories(dir_fd, "t/u/v", 0755, NULL), 0);
    assert_int_equal(sw_file_save(dir_fd, "t/u/v/f", SW_STR("x"), 0600, NULL), 0);
    assert_int_equal(sw_file_save(dir_fd, "keep", SW_STR("x"), 0600, NULL), 0);
    assert_int_equal(symlinkat("../keep", dir_fd, "t/link"), 0);
    assert_int_equal(symlinkat("..", dir_fd, "t/up"), 0);
    assert_int_equal(sw_file_remove_tree(dir_fd, "t", NULL), 0);
    assert_int_equal(sw_file_remove_tree(dir_fd, "t", NULL), 0);
    assert_int_equal(faccessat(dir_fd, "keep", F_OK, 0), 0);
    struct sw_err err = {0};
    assert_int_equal(sw_file_make_directories(dir_fd, "keep/x", 0755, &err), -ENOTDIR);
    assert_int_equal(sw_file_make_directories(dir_fd, "keep", 0755, &err), -ENOTDIR);
}

static void locks_out_others(void **state)
{
    (void)state;
    assert_int_equal(sw_file_save(dir_fd, "lock", SW_STR(""), 0600, NULL), 0);
    SW_CLEANUP(sw_descriptor_closep) int a = -1;
    SW_CLEANUP(sw_descriptor_closep) int b = -1;
    assert_int_equal(sw_file_open(dir_fd, "lock", &a, NULL), 0);
    assert_int_equal(sw_file_open(dir_fd, "lock", &b, NULL), 0);
    assert_int_equal(sw_file_lock(a, true, false), 0);
    assert_int_equal(sw_file_lock(b, false, false), -EWOULDBLOCK);
    assert_int_equal(sw_file_unlock(a), 0);
    assert_int_equal(sw_file_lock(b, false, true), 0);
}

static void sees_that_a_file_changed(void **state)
{
    (void)state;
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    assert_int_equal(sw_file_save(dir_fd, "id", SW_STR("x"), 0600, NULL), 0);
    assert_int_equal(sw_file_open(dir_fd, "id", &fd, NULL), 0);
    struct sw_file_identity before, after;
    assert_int_equal(sw_file_identify(fd, &before), 0);
    assert_int_equal(sw_file_identify(fd, &after), 0);
    assert_true(sw_file_identity_equal(&before, &after));
    assert_int_equal(sw_file_save(dir_fd, "id", SW_STR("x"), 0600, NULL), 0);
    sw_descriptor_closep(&fd);
    assert_int_equal(sw_file_open(dir_fd, "id", &fd, NULL), 0);
    assert_int_equal(sw_file_identify(fd, &after), 0);
    assert_false(sw_file_identity_equal(&before, &after));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saves_and_loads),
        cmocka_unit_test(makes_and_removes_trees),
        cmocka_unit_test(locks_out_others),
        cmocka_unit_test(sees_that_a_file_changed),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
