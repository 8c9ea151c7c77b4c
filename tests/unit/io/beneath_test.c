/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/beneath*.c: nothing outside is reached, nothing but regular files is opened, and a
 * walk meets everything once.
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
#include "io/beneath.h"
#include "io/descriptor.h"
#include "io/file.h"

static char scratch[] = "/tmp/seawall-beneath-XXXXXX";
static int outer_fd = -1; /* the scratch directory, which holds "secret" */
static int root_fd = -1;  /* "root" in it */

static void put(const char *path, const char *content)
{
    assert_int_equal(sw_file_save(root_fd, path, sw_str_of(content), 0644, NULL), 0);
}

static int make_scratch(void **state)
{
    (void)state;
    if (mkdtemp(scratch) == NULL)
        return -1;
    outer_fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (sw_file_make_directories(outer_fd, "root/etc/sub", 0755, NULL) < 0)
        return -1;
    root_fd = openat(outer_fd, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    put("../secret", "secret");
    put("etc/passwd", "root");
    put("etc/sub/odd\n\xff", "odd");
    int r = 0;
    r |= symlinkat("passwd", root_fd, "etc/link");
    r |= symlinkat("/etc/passwd", root_fd, "absolute");
    r |= symlinkat("../secret", root_fd, "up");
    r |= symlinkat("../../../../../../etc/passwd", root_fd, "far-up");
    r |= symlinkat("etc", root_fd, "dir-link");
    r |= symlinkat("loop", root_fd, "loop");
    r |= symlinkat("/proc/self/root", root_fd, "magic");
    r |= linkat(root_fd, "etc/passwd", root_fd, "hard", 0);
    r |= mkfifoat(root_fd, "fifo", 0644);
    return r;
}

static int remove_scratch(void **state)
{
    (void)state;
    close(root_fd);
    close(outer_fd);
    return sw_file_remove_tree(AT_FDCWD, scratch, NULL);
}

static int try_open(const char *path, bool is_in_root)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    struct sw_err err = {0};
    struct sw_beneath_stat st;
    int r = is_in_root ? sw_beneath_open_in_root(root_fd, sw_str_of(path), NULL, &fd, &st, &err)
                       : sw_beneath_open(root_fd, sw_str_of(path), NULL, &fd, &st, &err);
    assert_true((r < 0) == (err.message[0] != '\0'));
    if (r == 0) {
        char p[16] = {0};
        assert_int_equal(sw_descriptor_read_full(fd, p, sizeof(p) - 1), 4);
        assert_string_equal(p, "root");
        assert_int_equal(st.size_bytes, 4);
        assert_int_equal(st.type, SW_BENEATH_FILE);
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    }
    return r;
}

static void opens_regular_files_only(void **state)
{
    (void)state;
    assert_int_equal(try_open("etc/passwd", false), 0);
    assert_int_equal(try_open("/etc/passwd", false), 0);
    assert_int_equal(try_open("hard", false), 0);
    assert_int_equal(try_open("fifo", false), -EINVAL);
    assert_int_equal(try_open("etc", false), -EISDIR);
    assert_int_equal(try_open("", false), -EISDIR);
    assert_int_equal(try_open("none", false), -ENOENT);
    assert_int_equal(try_open("fifo", true), -EINVAL);
}

static void reaches_nothing_outside(void **state)
{
    (void)state;
    assert_int_equal(try_open("../secret", false), -EXDEV);
    assert_int_equal(try_open("etc/../../secret", false), -EXDEV);
    assert_int_equal(try_open("up", false), -ELOOP);
    assert_int_equal(try_open("etc/link", false), -ELOOP);
    assert_int_equal(try_open("dir-link/passwd", false), -ELOOP);
    /* As in a chroot: ".." stops at the root. */
    assert_int_equal(try_open("up", true), -ENOENT);
    assert_int_equal(try_open("../secret", true), -ENOENT);
    assert_int_equal(try_open("magic/etc/passwd", true), -ENOENT);
}

static void follows_links_within_the_root(void **state)
{
    (void)state;
    assert_int_equal(try_open("etc/link", true), 0);
    assert_int_equal(try_open("absolute", true), 0);
    assert_int_equal(try_open("far-up", true), 0);
    assert_int_equal(try_open("dir-link/passwd", true), 0);
    assert_int_equal(try_open("loop", true), -ELOOP);
}

static void refuses_absurd_paths(void **state)
{
    (void)state;
    char path[SW_BENEATH_PATH_MAX + 2];
    memset(path, 'a', sizeof(path));
    int fd = -1;
    struct sw_str too_long = {path, sizeof(path)};
    assert_int_equal(sw_beneath_open(root_fd, too_long, NULL, &fd, NULL, NULL), -ENAMETOOLONG);
    assert_int_equal(
        sw_beneath_open(root_fd, SW_STR("etc/passwd\0x"), NULL, &fd, NULL, NULL), -EINVAL);
    assert_int_equal(fd, -1);
}

static void reads_links(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 100);
    assert_int_equal(sw_beneath_readlink(root_fd, SW_STR("absolute"), NULL, &buf, NULL), 0);
    assert_string_equal(buf.p, "/etc/passwd");
    assert_int_equal(sw_beneath_readlink(root_fd, SW_STR("etc/passwd"), NULL, &buf, NULL), -EINVAL);
    assert_int_equal(sw_beneath_readlink(root_fd, SW_STR("../x"), NULL, &buf, NULL), -EXDEV);
    struct sw_beneath_stat st;
    assert_int_equal(sw_beneath_stat(root_fd, SW_STR("up"), NULL, true, &st, NULL), 0);
    assert_int_equal(st.type, SW_BENEATH_SYMLINK);
    assert_int_equal(sw_beneath_stat(root_fd, SW_STR("dir-link/passwd"), NULL, true, &st, NULL), 0);
    assert_int_equal(st.n_links, 2);
    assert_int_equal(
        sw_beneath_stat(root_fd, SW_STR("dir-link/passwd"), NULL, false, &st, NULL), -ELOOP);
}

struct seen {
    char *text; /* "type path" lines, sorted in the test */
    size_t n_entries;
    unsigned troubles[_SW_BENEATH_TROUBLE_MAX];
    int last_error;
    const char *skip;
    const char *vanish;  /* removed when its parent is read */
    const char *replace; /* by a link to the outside */
};

static int on_entry(void *context, const struct sw_beneath_entry *entry)
{
    struct seen *seen = context;
    seen->n_entries++;
    assert_int_equal(entry->path.p[entry->path.n], 0);
    struct sw_beneath_stat st;
    assert_int_equal(sw_beneath_entry_stat(entry, &st, NULL), 0);
    assert_int_equal(st.type, entry->type);
    if (entry->type == SW_BENEATH_FILE) {
        SW_CLEANUP(sw_descriptor_closep) int fd = -1;
        assert_int_equal(sw_beneath_entry_open(entry, NULL, &fd, NULL, NULL), 0);
    }
    if (seen->skip != NULL && sw_str_equal_z(entry->path, seen->skip))
        return SW_BENEATH_SKIP;
    if (seen->vanish != NULL && sw_str_equal_z(entry->path, seen->vanish))
        assert_int_equal(sw_file_remove_tree(root_fd, seen->vanish, NULL), 0);
    if (seen->replace != NULL && sw_str_equal_z(entry->path, seen->replace)) {
        assert_int_equal(sw_file_remove_tree(root_fd, seen->replace, NULL), 0);
        assert_int_equal(symlinkat("/etc", root_fd, seen->replace), 0);
    }
    return 0;
}

static int on_trouble(void *context, struct sw_str path, enum sw_beneath_trouble trouble, int error)
{
    struct seen *seen = context;
    (void)path;
    seen->troubles[trouble]++;
    seen->last_error = error;
    return 0;
}

static void walk(struct seen *seen)
{
    struct sw_beneath_walk options = {.entry = on_entry, .trouble = on_trouble, .context = seen};
    assert_int_equal(sw_beneath_walk(root_fd, &options, NULL), 0);
}

static void meets_everything_once(void **state)
{
    (void)state;
    struct seen seen = {0};
    walk(&seen);
    /* etc and the four in it; six links, a hard link and a FIFO beside it. */
    assert_int_equal(seen.n_entries, 5 + 8);
    struct seen without = {.skip = "etc"};
    walk(&without);
    assert_int_equal(without.n_entries, 1 + 8);
}

static void bears_changes_meanwhile(void **state)
{
    (void)state;
    struct seen vanishing = {.vanish = "gone"};
    assert_int_equal(sw_file_make_directories(root_fd, "gone/in", 0755, NULL), 0);
    /* The entry is looked at before it is removed. */
    walk(&vanishing);
    assert_int_equal(vanishing.troubles[SW_BENEATH_VANISHED], 1);
    struct seen replacing = {.replace = "swapped"};
    assert_int_equal(sw_file_make_directories(root_fd, "swapped/in", 0755, NULL), 0);
    walk(&replacing);
    assert_int_equal(replacing.troubles[SW_BENEATH_VANISHED], 1);
    assert_int_equal(replacing.n_entries, 5 + 8 + 1);
    assert_int_equal(unlinkat(root_fd, "swapped", 0), 0);
}

static int stop(void *context, const struct sw_beneath_entry *entry)
{
    (void)context;
    (void)entry;
    return -ECANCELED;
}

static void ends_when_told(void **state)
{
    (void)state;
    struct sw_beneath_walk options = {.entry = stop};
    assert_int_equal(sw_beneath_walk(root_fd, &options, NULL), -ECANCELED);
    assert_int_equal(sw_beneath_walk(-1, &options, NULL), -EBADF);
}

static void stops_at_the_longest_path(void **state)
{
    (void)state;
    char name[201];
    memset(name, 'd', 200);
    name[200] = '\0';
    int fd = dup(root_fd);
    for (int i = 0; i < 25; i++) {
        assert_int_equal(mkdirat(fd, i == 0 ? "deep" : name, 0755), 0);
        int next = openat(fd, i == 0 ? "deep" : name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(fd);
        fd = next;
    }
    close(fd);
    struct seen seen = {0};
    walk(&seen);
    assert_int_equal(seen.troubles[SW_BENEATH_LIMIT], 1);
    assert_int_equal(seen.last_error, ENAMETOOLONG);
    assert_int_equal(seen.n_entries, 5 + 8 + 1 + 20);
}

static int only_top(void *context, const struct sw_beneath_entry *entry)
{
    (void)context;
    return sw_str_equal_z(entry->path, "proc") ? 0 : SW_BENEATH_SKIP;
}

static void does_not_enter_other_mounts(void **state)
{
    (void)state;
    SW_CLEANUP(sw_descriptor_closep) int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct seen seen = {0};
    struct sw_beneath_walk options = {.entry = only_top, .trouble = on_trouble, .context = &seen};
    assert_int_equal(sw_beneath_walk(fd, &options, NULL), 0);
    if (seen.troubles[SW_BENEATH_MOUNT] != 1)
        skip(); /* no /proc mounted */
    int file = -1;
    assert_int_equal(
        sw_beneath_open(fd, SW_STR("proc/self/status"), NULL, &file, NULL, NULL), -EXDEV);

    /* Crossing is allowed, and yet kernel interfaces are left alone: by list, and by type. */
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, (size_t)1 << 20);
    struct sw_beneath_mounts mounts;
    assert_int_equal(sw_beneath_mounts_load(false, &region, &mounts, NULL), 0);
    assert_true(mounts.n > 0);
    options.options.is_crossing_mounts = true;
    options.options.skipped = &mounts;
    assert_int_equal(sw_beneath_walk(fd, &options, NULL), 0);
    assert_int_equal(seen.troubles[SW_BENEATH_MOUNT], 2);
    options.options.skipped = NULL;
    assert_int_equal(sw_beneath_walk(fd, &options, NULL), 0);
    assert_int_equal(seen.troubles[SW_BENEATH_MOUNT], 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_regular_files_only),
        cmocka_unit_test(reaches_nothing_outside),
        cmocka_unit_test(follows_links_within_the_root),
        cmocka_unit_test(refuses_absurd_paths),
        cmocka_unit_test(reads_links),
        cmocka_unit_test(meets_everything_once),
        cmocka_unit_test(bears_changes_meanwhile),
        cmocka_unit_test(ends_when_told),
        cmocka_unit_test(does_not_enter_other_mounts),
        cmocka_unit_test(stops_at_the_longest_path),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
