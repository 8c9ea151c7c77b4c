/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/scan/fold_integrity.c and fold_lists.c: images put together from lists and files.
 */
#include "harness/fold.h"

#include <stdio.h>
#include <string.h>

#include "model/file_list.h"
#include "model/path_set.h"
#include "oci/base64.h"

#define INFO "var/lib/dpkg/info/"

/* A digest that a letter stands for. */
static void make_digest(char letter, uint8_t *ret)
{
    memset(ret, letter, SW_FILE_DIGEST_BYTES);
}

static void add_table(struct stack *stack, const char *path, struct sw_str table)
{
    struct sw_buf text;
    struct sw_str kept;
    sw_buf_init(&text, 2 * SW_FILE_TABLE_MAX);
    assert_int_equal(sw_base64_append(&text, table), 0);
    assert_int_equal(sw_region_copy(&stack->region, sw_buf_str(&text), &kept), 0);
    add(stack, (struct sw_fact){.kind = SW_FACT_DIGESTS,
                   .section = SW_STR("integrity"),
                   .path = sw_str_of(path),
                   .text = kept});
    sw_buf_done(&text);
}

/* files: "usr/bin/ls=a usr/bin/cp=b!" where "!" says that the layer holds it so, "?" that it is
 * free to change. */
static void listed(struct stack *stack, const char *path, enum sw_file_digest kind,
    const char *package, const char *version, const char *files)
{
    struct sw_file_writer writer;
    assert_int_equal(
        sw_file_writer_init(&writer, kind, sw_str_of(package), SW_STR("amd64"), sw_str_of(version)),
        0);
    struct sw_str rest = sw_str_of(files);
    struct sw_str token;
    while (rest.n > 0 && sw_str_next_token(&rest, ' ', &token)) {
        uint8_t digest[SW_FILE_DIGEST_BYTES];
        size_t at = (size_t)sw_str_find_char(token, '=');
        make_digest(token.p[at + 1], digest);
        struct sw_file_entry entry = {.path = sw_str_part(token, 0, at), .digest = digest};
        if (sw_str_ends_with(token, SW_STR("!"))) {
            entry.flags = SW_FILE_IS_HELD | SW_FILE_EXECUTABLE;
            if (sw_file_canonical(entry.path).p != entry.path.p)
                entry.flags |= SW_FILE_UNDER_USR;
        }
        if (sw_str_ends_with(token, SW_STR("?")))
            entry.flags = SW_FILE_FREE;
        assert_int_equal(sw_file_writer_add(&writer, &entry), 0);
    }
    add_table(stack, path, sw_buf_str(&writer.buf));
    sw_file_writer_done(&writer);
}

static void dpkg_listed(
    struct stack *stack, const char *package, const char *version, const char *files)
{
    const char *path = sw_region_printf(&stack->region, INFO "%s.md5sums", package);
    listed(stack, path, SW_FILE_MD5, package, version, files);
}

static void installed(struct stack *stack, const char *package, const char *version)
{
    struct sw_buf table;
    sw_buf_init(&table, SW_FILE_TABLE_MAX);
    assert_int_equal(sw_buf_append_char(&table, SW_FILE_TABLE_INSTALLED), 0);
    assert_int_equal(sw_file_key_add(&table, sw_file_package_key(sw_str_of(package),
                                                 SW_STR("amd64"), sw_str_of(version))),
        0);
    add_table(stack, STATUS, sw_buf_str(&table));
    sw_buf_done(&table);
}

static void diverted(struct stack *stack, const char *path)
{
    struct sw_buf table;
    sw_buf_init(&table, SW_FILE_TABLE_MAX);
    assert_int_equal(sw_buf_append_char(&table, SW_FILE_TABLE_DIVERTED), 0);
    assert_int_equal(sw_file_key_add(&table, sw_file_key(sw_str_of(path))), 0);
    add_table(stack, "var/lib/dpkg/diversions", sw_buf_str(&table));
    sw_buf_done(&table);
}

/* One file that the layer holds, with the digests of a mask, and the entry of its path. */
static void held_as(struct stack *stack, const char *path, char letter, unsigned flags)
{
    struct sw_file_held held = {.key = sw_file_key(sw_str_of(path)), .flags = flags};
    if (sw_file_canonical(sw_str_of(path)).n != strlen(path))
        held.flags |= SW_FILE_UNDER_USR;
    for (size_t i = 0; i < _SW_FILE_DIGEST_MAX; i++)
        make_digest(letter, held.digests[i]);
    struct sw_buf table;
    sw_buf_init(&table, SW_FILE_TABLE_MAX);
    assert_int_equal(sw_buf_append_char(&table, SW_FILE_TABLE_HELD), 0);
    assert_int_equal(sw_file_held_add(&table, &held), 0);
    add_table(stack, "", sw_buf_str(&table));
    sw_buf_done(&table);
    uint64_t hash = sw_path_set_hash(sw_str_of(path));
    char *text = sw_region_alloc(&stack->region, SW_PATH_SET_ENTRY_BYTES);
    sw_path_set_format(&hash, 1, text);
    add(stack, (struct sw_fact){.kind = SW_FACT_PATHS, .text = {text, SW_PATH_SET_ENTRY_BYTES}});
}

/* An entry that is no file with content. */
static void linked(struct stack *stack, const char *path)
{
    uint64_t hash = sw_path_set_hash(sw_str_of(path));
    char *text = sw_region_alloc(&stack->region, SW_PATH_SET_ENTRY_BYTES);
    sw_path_set_format(&hash, 1, text);
    add(stack, (struct sw_fact){.kind = SW_FACT_PATHS, .text = {text, SW_PATH_SET_ENTRY_BYTES}});
}

static void held(struct stack *stack, const char *path, char letter)
{
    held_as(stack, path, letter, 1u << SW_FILE_MD5 | SW_FILE_ELF);
}

/* The findings as "id severity path@layer". */
static void assert_found(struct stack *stack, const char *expected)
{
    fold(stack);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    sw_buf_init(&buf, 65536);
    assert_int_equal(sw_buf_append(&buf, "", 0), 0);
    SW_VEC_EACH (finding, &stack->report.findings)
        sw_buf_printf(&buf, "%s%.*s %s %.*s@%d", buf.n > 0 ? ", " : "", SW_STR_ARG(finding->id),
            sw_severity_name(finding->severity), SW_STR_ARG(finding->location.path),
            finding->location.layer);
    if (!sw_str_equal(sw_buf_str(&buf), sw_str_of(expected)))
        fail_msg("'%.*s' is not '%s'", SW_STR_ARG(sw_buf_str(&buf)), expected);
    end(stack);
}

/* A layer with one package and its one file. */
static struct stack *begin_base(const char *file)
{
    struct stack *stack = begin();
    layer(stack);
    installed(stack, "coreutils", "9.1");
    char files[256];
    (void)snprintf(files, sizeof(files), "%s=a!", file);
    dpkg_listed(stack, "coreutils", "9.1", files);
    return stack;
}

#define CHANGED "package-file-changed high usr/bin/ls@1"

static void finds_a_file_that_a_later_layer_changed(void **state)
{
    (void)state;
    struct stack *stack = begin_base("usr/bin/ls");
    assert_found(stack, "");
    stack = begin_base("usr/bin/ls");
    layer(stack);
    held(stack, "usr/bin/ls", 'x');
    assert_found(stack, CHANGED);
}

static void finds_a_file_that_differs_from_the_start(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    installed(stack, "coreutils", "9.1");
    dpkg_listed(stack, "coreutils", "9.1", "usr/bin/ls=a usr/share/x.txt=a");
    held(stack, "usr/bin/ls", 'x');
    held_as(stack, "usr/share/x.txt", 'x', 1);
    assert_found(stack, "package-file-changed high usr/bin/ls@0, "
                        "package-file-changed low usr/share/x.txt@0");
}

static void finds_a_file_changed_together_with_its_list(void **state)
{
    (void)state;
    struct stack *stack = begin_base("usr/bin/ls");
    layer(stack);
    installed(stack, "coreutils", "9.1");
    dpkg_listed(stack, "coreutils", "9.1", "usr/bin/ls=x!");
    assert_found(stack, "package-file-and-list-changed critical usr/bin/ls@1");
    /* The list alone, without the status. */
    stack = begin_base("usr/bin/ls");
    layer(stack);
    dpkg_listed(stack, "coreutils", "", "usr/bin/ls=x!");
    assert_found(stack, "package-file-and-list-changed critical usr/bin/ls@1");
    /* Removed in between, and the list in a layer of its own. */
    stack = begin_base("usr/bin/ls");
    layer(stack);
    entry(stack, SW_FACT_WHITEOUT, INFO "coreutils.md5sums", "");
    installed(stack, "other", "1");
    layer(stack);
    held(stack, "usr/bin/ls", 'x');
    layer(stack);
    installed(stack, "coreutils", "9.1");
    dpkg_listed(stack, "coreutils", "9.1", "usr/bin/ls=x");
    assert_found(stack, "package-file-and-list-changed critical usr/bin/ls@2");
}

static void an_upgrade_is_no_finding(void **state)
{
    (void)state;
    struct stack *stack = begin_base("usr/bin/ls");
    layer(stack);
    installed(stack, "coreutils", "9.2");
    dpkg_listed(stack, "coreutils", "9.2", "usr/bin/ls=b!");
    assert_found(stack, "");
    /* What comes after is measured by the new list. */
    stack = begin_base("usr/bin/ls");
    layer(stack);
    installed(stack, "coreutils", "9.2");
    dpkg_listed(stack, "coreutils", "9.2", "usr/bin/ls=b!");
    layer(stack);
    held(stack, "usr/bin/ls", 'a');
    assert_found(stack, "package-file-changed high usr/bin/ls@2");
}

static void a_package_that_is_gone_lists_nothing(void **state)
{
    (void)state;
    struct stack *stack = begin_base("usr/bin/ls");
    layer(stack);
    installed(stack, "other", "1");
    held(stack, "usr/bin/ls", 'x');
    assert_found(stack, "");
    stack = begin_base("usr/bin/ls");
    layer(stack);
    entry(stack, SW_FACT_WHITEOUT, "var/lib/dpkg", "");
    held(stack, "usr/bin/ls", 'x');
    assert_found(stack, "");
    /* The lists alone are gone: what the status names is still compared. */
    stack = begin_base("usr/bin/ls");
    layer(stack);
    entry(stack, SW_FACT_WHITEOUT, "var/lib/dpkg/info", "");
    held(stack, "usr/bin/ls", 'x');
    assert_found(stack, CHANGED);
}

static void a_file_that_is_gone_or_restored_is_no_finding(void **state)
{
    (void)state;
    struct stack *stack = begin_base("usr/bin/ls");
    layer(stack);
    held(stack, "usr/bin/ls", 'x');
    layer(stack);
    entry(stack, SW_FACT_WHITEOUT, "usr/bin/ls", "");
    assert_found(stack, "");
    stack = begin_base("usr/bin/ls");
    layer(stack);
    held(stack, "usr/bin/ls", 'x');
    layer(stack);
    held(stack, "usr/bin/ls", 'a');
    assert_found(stack, "");
    stack = begin_base("usr/bin/ls");
    layer(stack);
    entry(stack, SW_FACT_OPAQUE, "usr", "");
    assert_found(stack, "");
}

static void both_sides_of_a_merged_usr_are_one(void **state)
{
    (void)state;
    /* As listed by Debian 12, and held below usr. */
    struct stack *stack = begin_base("bin/ls");
    entry(stack, SW_FACT_SYMLINK, "bin", "usr/bin");
    layer(stack);
    held(stack, "usr/bin/ls", 'x');
    assert_found(stack, CHANGED);
    /* Without a link they are two files. */
    stack = begin_base("bin/ls");
    layer(stack);
    held(stack, "usr/bin/ls", 'x');
    assert_found(stack, "");
    /* By the old name on a merged system. */
    stack = begin_base("usr/bin/ls");
    entry(stack, SW_FACT_SYMLINK, "bin", "usr/bin");
    layer(stack);
    held(stack, "bin/ls", 'x');
    assert_found(stack, "package-file-changed high bin/ls@1");
}

static void conffiles_and_diversions_may_change(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    installed(stack, "coreutils", "9.1");
    dpkg_listed(stack, "coreutils", "9.1", "usr/bin/ls=a!");
    dpkg_listed(stack, "coreutils", "9.1", "usr/lib/x.conf=a?");
    diverted(stack, "usr/bin/ls");
    layer(stack);
    held(stack, "usr/bin/ls", 'x');
    held(stack, "usr/lib/x.conf", 'x');
    assert_found(stack, "");
}

static void a_file_taken_over_by_another_package_passes(void **state)
{
    (void)state;
    struct stack *stack = begin_base("usr/bin/ls");
    layer(stack);
    installed(stack, "coreutils", "9.1");
    installed(stack, "ls-ng", "1");
    dpkg_listed(stack, "ls-ng", "1", "usr/bin/ls=x!");
    assert_found(stack, "");
}

static void what_was_hashed_otherwise_is_told(void **state)
{
    (void)state;
    struct stack *stack = begin_base("usr/bin/ls");
    layer(stack);
    held_as(stack, "usr/bin/ls", 'a', 1u << SW_FILE_SHA1 | SW_FILE_ELF);
    assert_found(stack, CHANGED);
}

static void databases_with_all_packages_count_by_their_newest(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    listed(stack, "lib/apk/db/installed", SW_FILE_MD5, "musl", "1", "lib/libc.so=a!");
    listed(stack, "lib/apk/db/installed", SW_FILE_MD5, "gone", "1", "bin/gone=a!");
    layer(stack);
    listed(stack, "lib/apk/db/installed", SW_FILE_MD5, "musl", "1", "lib/libc.so=a");
    held(stack, "lib/libc.so", 'x');
    held(stack, "bin/gone", 'x');
    assert_found(stack, "package-file-changed high lib/libc.so@1");
    stack = begin();
    layer(stack);
    listed(stack, "var/lib/dpkg/status.d/base.md5sums", SW_FILE_MD5, "base", "1", "bin/a=a!");
    layer(stack);
    listed(stack, "var/lib/dpkg/status.d/tool.md5sums", SW_FILE_MD5, "tool", "1", "bin/b=a!");
    held(stack, "bin/a", 'x');
    assert_found(stack, "package-file-changed high bin/a@1");
}

static void many_files_of_a_package_are_one_find(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    installed(stack, "nodejs", "20");
    char files[2048] = "";
    for (unsigned i = 0; i < 30; i++)
        (void)snprintf(files + strlen(files), sizeof(files) - strlen(files),
            "%susr/lib/node_modules/npm/lib/%02u.js=a!", i > 0 ? " " : "", i);
    dpkg_listed(stack, "nodejs", "20", files);
    dpkg_listed(stack, "nodejs", "20", "usr/bin/node=a! usr/lib/x.py=a! usr/lib/x.dat=a!");
    layer(stack);
    for (unsigned i = 0; i < 30; i++)
        held_as(stack, sw_region_printf(&stack->region, "usr/lib/node_modules/npm/lib/%02u.js", i),
            'x', 1);
    held(stack, "usr/bin/node", 'x');
    held_as(stack, "usr/lib/x.py", 'x', 1);
    held_as(stack, "usr/lib/x.dat", 'x', 1);
    assert_found(stack, "package-file-changed high usr/bin/node@1, "
                        "package-file-changed high usr/lib/x.dat@1, "
                        "package-file-changed high usr/lib/x.py@1, "
                        "package-file-changed low usr/lib/node_modules/npm/lib/00.js@1");
}

#define LINKED "package-file-replaced-by-link medium usr/bin/ls@1"

static void a_link_in_the_place_of_a_file_is_told(void **state)
{
    (void)state;
    struct stack *stack = begin_base("usr/bin/ls");
    layer(stack);
    linked(stack, "usr/bin/ls");
    assert_found(stack, LINKED);
    stack = begin_base("bin/ls");
    entry(stack, SW_FACT_SYMLINK, "bin", "usr/bin");
    layer(stack);
    linked(stack, "usr/bin/ls");
    assert_found(stack, LINKED);
    /* Gone again, a file again, another file, an upgrade. */
    stack = begin_base("usr/bin/ls");
    layer(stack);
    linked(stack, "usr/bin/ls");
    layer(stack);
    entry(stack, SW_FACT_WHITEOUT, "usr/bin/ls", "");
    assert_found(stack, "");
    stack = begin_base("usr/bin/ls");
    layer(stack);
    linked(stack, "usr/bin/ls");
    layer(stack);
    held(stack, "usr/bin/ls", 'a');
    assert_found(stack, "");
    stack = begin_base("usr/bin/ls");
    linked(stack, "usr/bin/ls");
    layer(stack);
    linked(stack, "usr/bin/other");
    assert_found(stack, "");
    stack = begin_base("usr/bin/ls");
    layer(stack);
    linked(stack, "usr/bin/ls");
    installed(stack, "coreutils", "9.2");
    dpkg_listed(stack, "coreutils", "9.2", "usr/bin/ls=b");
    assert_found(stack, "");
}

static void damaged_tables_say_nothing(void **state)
{
    (void)state;
    struct stack *stack = begin_base("usr/bin/ls");
    layer(stack);
    add_table(stack, "", SW_STR("H1234"));
    add_table(stack, "", SW_STR("L"));
    add_table(stack, "", SW_STR("Z"));
    add_table(stack, "", SW_STR(""));
    add(stack, (struct sw_fact){.kind = SW_FACT_DIGESTS, .text = SW_STR("\xff!")});
    assert_found(stack, "");
}

static void structure(struct stack *stack, const char *id, const char *path)
{
    struct sw_finding *finding = sw_region_array(&stack->region, 1, sizeof(*finding));
    finding->kind = SW_FINDING_MALWARE;
    finding->id = sw_str_of(id);
    finding->engine = SW_STR("structure");
    finding->severity = SW_SEVERITY_MEDIUM;
    finding->location.path = sw_str_of(path);
    add(stack,
        (struct sw_fact){.kind = SW_FACT_FINDING, .path = sw_str_of(path), .finding = finding});
}

static void what_a_package_owns_is_its_business(void **state)
{
    (void)state;
    struct stack *stack = begin_base("usr/bin/ls");
    structure(stack, "set-id-without-package", "usr/bin/ls");
    structure(stack, "set-id-without-package", "usr/bin/odd");
    assert_found(stack, "set-id-without-package medium usr/bin/odd@0");
    stack = begin_base("usr/bin/ls");
    layer(stack);
    structure(stack, "elf-packed", "usr/bin/ls");
    held(stack, "usr/bin/ls", 'x');
    assert_found(stack, "elf-packed medium usr/bin/ls@1, " CHANGED);
    stack = begin();
    layer(stack);
    structure(stack, "set-id-without-package", "usr/bin/odd");
    structure(stack, "elf-packed", "usr/bin/odd");
    assert_found(stack, "elf-packed medium usr/bin/odd@0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_file_that_a_later_layer_changed),
        cmocka_unit_test(finds_a_file_that_differs_from_the_start),
        cmocka_unit_test(finds_a_file_changed_together_with_its_list),
        cmocka_unit_test(an_upgrade_is_no_finding),
        cmocka_unit_test(a_package_that_is_gone_lists_nothing),
        cmocka_unit_test(a_file_that_is_gone_or_restored_is_no_finding),
        cmocka_unit_test(both_sides_of_a_merged_usr_are_one),
        cmocka_unit_test(conffiles_and_diversions_may_change),
        cmocka_unit_test(a_file_taken_over_by_another_package_passes),
        cmocka_unit_test(what_was_hashed_otherwise_is_told),
        cmocka_unit_test(databases_with_all_packages_count_by_their_newest),
        cmocka_unit_test(many_files_of_a_package_are_one_find),
        cmocka_unit_test(a_link_in_the_place_of_a_file_is_told),
        cmocka_unit_test(damaged_tables_say_nothing),
        cmocka_unit_test(what_a_package_owns_is_its_business),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
