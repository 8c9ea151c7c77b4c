/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/scan/fold*.c: each rule of stacking layers, the choice of the system, and that folding
 * stays near-linear.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "harness/fold.h"

static void a_package_belongs_to_the_layer_that_brought_it(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "a=1 b=1");
    layer(stack);
    dpkg(stack, STATUS, "a=1 b=2 c=1");
    layer(stack);
    layer(stack);
    dpkg(stack, STATUS, "a=1 c=1 b=2 d=1");
    fold(stack);
    assert_packages(stack, "a=1@0 c=1@1 b=2@1 d=1@3");
    assert_true(sw_str_equal_z(stack->report.packages.v[0].database, STATUS));
    assert_int_equal(stack->report.notes.n, 0);
    end(stack);
}

static void a_break_begins_a_new_age(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "a=1 b=1");
    layer(stack);
    dpkg(stack, STATUS, "b=1");
    layer(stack);
    dpkg(stack, STATUS, "a=1 b=1");
    fold(stack);
    assert_packages(stack, "a=1@2 b=1@0");
    end(stack);
}

static void a_move_between_databases_is_no_break(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, "var/lib/dpkg/status.d/a", "a=1");
    layer(stack);
    entry(stack, SW_FACT_WHITEOUT, "var/lib/dpkg/status.d", NULL);
    dpkg(stack, STATUS, "a=1");
    fold(stack);
    assert_packages(stack, "a=1@0");
    end(stack);
}

static void status_d_of_several_layers_adds_up(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, "var/lib/dpkg/status.d/a", "a=1");
    layer(stack);
    dpkg(stack, "var/lib/dpkg/status.d/b", "b=1");
    layer(stack);
    dpkg(stack, "var/lib/dpkg/status.d/a", "a=2");
    fold(stack);
    assert_packages(stack, "b=1@1 a=2@2");
    end(stack);
}

static void an_empty_list_replaces(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "a=1");
    layer(stack);
    dpkg(stack, STATUS, "");
    fold(stack);
    assert_packages(stack, "");
    assert_int_equal(stack->report.notes.n, 0);
    end(stack);
}

static void a_note_alone_replaces_a_list(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "a=1");
    layer(stack);
    note(stack, "dpkg", STATUS, SW_NOTE_LIMIT, "too large");
    fold(stack);
    assert_packages(stack, "");
    assert_int_equal(stack->report.notes.n, 1);
    assert_int_equal(stack->report.notes.v[0].layer, 1);
    assert_true(sw_str_equal_z(stack->report.notes.v[0].analyzer, "dpkg"));
    assert_true(sw_str_equal_z(stack->report.notes.v[0].subject, STATUS));
    end(stack);
}

static void another_section_at_the_path_ends_a_list(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, "a/db", "a=1");
    seen(stack, ".jar", "a/db");
    layer(stack);
    add(stack, list(stack, SW_PACKAGE_APK, "a/db", "b=1"));
    fold(stack);
    assert_packages(stack, "b=1@1");
    end(stack);
}

static void whiteouts_remove_what_is_below(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "a=1");
    dpkg(stack, "var/lib/dpkg/status.d/x", "x=1");
    dpkg(stack, "var/lib/dpkg2/status", "y=1");
    layer(stack);
    entry(stack, SW_FACT_WHITEOUT, "var/lib/dpkg", NULL);
    fold(stack);
    assert_packages(stack, "y=1@0");
    end(stack);
}

static void a_whiteout_of_the_file_itself_removes_it(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "a=1");
    layer(stack);
    entry(stack, SW_FACT_WHITEOUT, STATUS, NULL);
    fold(stack);
    assert_packages(stack, "");
    assert_true(has_note(stack, "no package database"));
    end(stack);
}

static void whiteouts_spare_their_own_layer(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "a=1 b=1");
    layer(stack);
    dpkg(stack, STATUS, "a=1");
    entry(stack, SW_FACT_WHITEOUT, "var/lib/dpkg", NULL);
    entry(stack, SW_FACT_OPAQUE, "var", NULL);
    entry(stack, SW_FACT_OPAQUE, "", NULL);
    fold(stack);
    /* listed before and after without a break */
    assert_packages(stack, "a=1@0");
    end(stack);
}

static void opaque_hides_lower_layers_only(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, "var/lib/dpkg/status.d/a", "a=1");
    dpkg(stack, "opt/status", "o=1");
    layer(stack);
    dpkg(stack, "var/lib/dpkg/status.d/b", "b=1");
    entry(stack, SW_FACT_OPAQUE, "var/lib/dpkg/status.d", NULL);
    layer(stack);
    dpkg(stack, "var/lib/dpkg/status.d/c", "c=1");
    fold(stack);
    assert_packages(stack, "o=1@0 b=1@1 c=1@2");
    end(stack);
}

static void an_opaque_root_empties_everything(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "a=1");
    layer(stack);
    entry(stack, SW_FACT_OPAQUE, "", NULL);
    fold(stack);
    assert_packages(stack, "");
    end(stack);
}

static void continued_lists_append(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "x=1");
    layer(stack);
    dpkg(stack, STATUS, "a=1");
    struct sw_fact more = list(stack, SW_PACKAGE_DPKG, STATUS, "b=1");
    more.is_continued = true;
    add(stack, more);
    add(stack, more);
    fold(stack);
    assert_packages(stack, "a=1@1 b=1@1");
    end(stack);
}

static void the_later_of_two_entries_of_one_layer_wins(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "a=1");
    dpkg(stack, STATUS, "b=1");
    seen(stack, ".jar", "a.jar");
    seen(stack, ".jar", "a.jar");
    fold(stack);
    assert_packages(stack, "b=1@0");
    assert_int_equal(stack->report.unexamined.v[0].n, 1);
    end(stack);
}

static void licences_go_to_packages_by_name(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "a=1 b=1");
    add(stack, (struct sw_fact){.kind = SW_FACT_LICENCE,
                   .section = SW_STR("copyright"),
                   .path = SW_STR("usr/share/doc/a/copyright"),
                   .package_name = SW_STR("a"),
                   .text = SW_STR("GPL-2")});
    layer(stack);
    add(stack, (struct sw_fact){.kind = SW_FACT_LICENCE,
                   .section = SW_STR("copyright"),
                   .path = SW_STR("usr/share/doc/a/copyright"),
                   .package_name = SW_STR("a"),
                   .text = SW_STR("MIT")});
    fold(stack);
    assert_true(sw_str_equal_z(stack->report.packages.v[0].licence, "MIT"));
    assert_true(sw_str_is_empty(stack->report.packages.v[1].licence));
    end(stack);
}

static void what_is_not_examined_is_counted(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    seen(stack, "package.json", "node_modules/x/package.json");
    seen(stack, ".jar", "opt/b.jar");
    seen(stack, ".jar", "opt/a.jar");
    layer(stack);
    entry(stack, SW_FACT_WHITEOUT, "opt/b.jar", NULL);
    seen(stack, ".jar", "opt/c.jar");
    fold(stack);
    assert_int_equal(stack->report.unexamined.n, 2);
    assert_true(sw_str_equal_z(stack->report.unexamined.v[0].kind, ".jar"));
    assert_int_equal(stack->report.unexamined.v[0].n, 2);
    assert_true(sw_str_equal_z(stack->report.unexamined.v[0].example, "opt/a.jar"));
    assert_int_equal(stack->report.unexamined.v[1].n, 1);
    end(stack);
}

static void notes_live_as_long_as_their_path(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "a=1");
    note(stack, "dpkg", STATUS, SW_NOTE_UNREADABLE, "first");
    note(stack, "dpkg", STATUS, SW_NOTE_UNREADABLE, "second");
    note(stack, "layer", "", SW_NOTE_UNREADABLE, "layer 0 is cut");
    note(stack, "layer", "opt/x", SW_NOTE_LIMIT, "gone soon");
    layer(stack);
    entry(stack, SW_FACT_WHITEOUT, "opt", NULL);
    note(stack, "layer", "", SW_NOTE_UNREADABLE, "layer 1 is cut");
    fold(stack);
    assert_true(has_note(stack, "first") && has_note(stack, "second"));
    assert_true(has_note(stack, "layer 0 is cut") && has_note(stack, "layer 1 is cut"));
    assert_false(has_note(stack, "gone soon"));
    assert_packages(stack, "a=1@0");
    end(stack);
}

static void no_database_is_said(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    fold(stack);
    assert_int_equal(stack->report.notes.n, 1);
    assert_int_equal(stack->report.notes.v[0].kind, SW_NOTE_UNSUPPORTED);
    assert_true(has_note(stack, "no package database"));
    assert_true(sw_report_is_incomplete(&stack->report));
    end(stack);
}

static void a_lost_status_is_said(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "a=1");
    add(stack, (struct sw_fact){.kind = SW_FACT_SEEN,
                   .section = SW_STR("dpkg-info"),
                   .path = SW_STR("var/lib/dpkg/info/a.list"),
                   .text = SW_STR("dpkg file list")});
    layer(stack);
    entry(stack, SW_FACT_WHITEOUT, STATUS, NULL);
    fold(stack);
    assert_true(has_note(
        stack, "dpkg's status file is missing, though file lists of 1 packages are there"));
    assert_int_equal(stack->report.unexamined.n, 0);
    end(stack);
}

static void dropped_facts_are_said(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "");
    stack->layers[0].n_dropped = 7;
    for (int i = 0; i < 600; i++)
        note(stack, "layer", "x", SW_NOTE_INFO, "n");
    fold(stack);
    assert_true(has_note(stack, "7 facts of layer 1 were dropped"));
    assert_true(has_note(stack, "100 facts were dropped: too many about one path"));
    end(stack);
}

static void assert_os(const struct stack *stack, const char *id, const char *version,
    const char *codename, const char *path)
{
    const struct sw_os *found = &stack->report.os;
    if (!sw_str_equal_z(found->id, id) || !sw_str_equal_z(found->version_id, version) ||
        !sw_str_equal_z(found->codename, codename) || !sw_str_equal_z(found->path, path))
        fail_msg("%.*s %.*s %.*s %.*s", SW_STR_ARG(found->id), SW_STR_ARG(found->version_id),
            SW_STR_ARG(found->codename), SW_STR_ARG(found->path));
}

#define DEBIAN(v, c)                                                                               \
    ((struct sw_os){.id = SW_STR("debian"), .version_id = SW_STR(v), .codename = SW_STR(c)})

static void the_best_release_file_speaks(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    os(stack, "etc/issue", (struct sw_os){.id = SW_STR("x")});
    os(stack, "etc/redhat-release",
        (struct sw_os){.id = SW_STR("rhel"), .version_id = SW_STR("6.9")});
    os(stack, "etc/oracle-release",
        (struct sw_os){.id = SW_STR("ol"), .version_id = SW_STR("6.9")});
    fold(stack);
    assert_os(stack, "ol", "6.9", "", "etc/oracle-release");
    end(stack);
    stack = begin();
    layer(stack);
    os(stack, "usr/lib/os-release", DEBIAN("11", "bullseye"));
    layer(stack);
    os(stack, "etc/os-release", DEBIAN("12", "bookworm"));
    fold(stack);
    assert_os(stack, "debian", "12", "bookworm", "etc/os-release");
    end(stack);
}

static void gaps_are_filled_from_elder_files_of_the_same_system(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    os(stack, "etc/os-release", DEBIAN("", ""));
    os(stack, "etc/debian_version", DEBIAN("10", ""));
    fold(stack);
    assert_os(stack, "debian", "10", "", "etc/os-release");
    end(stack);
    stack = begin();
    layer(stack);
    os(stack, "etc/os-release",
        (struct sw_os){.id = SW_STR("ubuntu"), .version_id = SW_STR("22.04")});
    os(stack, "etc/debian_version", DEBIAN("", "bookworm"));
    fold(stack);
    assert_os(stack, "ubuntu", "22.04", "", "etc/os-release");
    end(stack);
    stack = begin();
    layer(stack);
    os(stack, "etc/os-release", (struct sw_os){.id = SW_STR("centos"), .version_id = SW_STR("8")});
    os(stack, "etc/centos-release",
        (struct sw_os){.id = SW_STR("centos"), .version_id = SW_STR("8.3.2011")});
    fold(stack);
    assert_os(stack, "centos", "8.3.2011", "", "etc/os-release");
    end(stack);
    stack = begin();
    layer(stack);
    os(stack, "etc/os-release", (struct sw_os){0});
    os(stack, "etc/alpine-release",
        (struct sw_os){.id = SW_STR("alpine"), .version_id = SW_STR("3.20.3")});
    fold(stack);
    assert_os(stack, "alpine", "3.20.3", "", "etc/alpine-release");
    end(stack);
}

static void a_removed_release_file_says_nothing(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    os(stack, "etc/os-release", DEBIAN("12", "bookworm"));
    layer(stack);
    entry(stack, SW_FACT_SYMLINK, "etc/os-release", "../usr/lib/os-release");
    os(stack, "usr/lib/os-release", (struct sw_os){.id = SW_STR("wolfi")});
    fold(stack);
    assert_os(stack, "wolfi", "", "", "usr/lib/os-release");
    end(stack);
}

static void a_directory_has_no_layers(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "a=1");
    note(stack, "layer", "x", SW_NOTE_INFO, "n");
    assert_int_equal(sw_fold(stack->layers, 1, &stack->report, NULL), 0);
    assert_int_equal(stack->report.packages.v[0].layer, SW_PACKAGE_NO_LAYER);
    assert_int_equal(stack->report.notes.v[0].layer, -1);
    end(stack);
}

/* Were anything quadratic, these sizes would take minutes. */
static void many_layers_and_packages_stay_cheap(void **state)
{
    (void)state;
    struct stack *stack = begin();
    const size_t n = 20000;
    struct sw_package *packages = sw_region_array(&stack->region, n, sizeof(*packages));
    for (size_t i = 0; i < n; i++)
        packages[i] =
            (struct sw_package){.name = sw_str_of(sw_region_printf(&stack->region, "p%zu", i)),
                .version = SW_STR("1"),
                .layer = SW_PACKAGE_NO_LAYER};
    for (size_t i = 0; i < 50; i++) {
        layer(stack);
        add(stack, (struct sw_fact){.kind = SW_FACT_PACKAGES,
                       .section = SW_STR("dpkg"),
                       .path = SW_STR(STATUS),
                       .packages = packages,
                       .n_packages = n});
        entry(stack, SW_FACT_WHITEOUT, "opt", NULL);
        for (size_t k = 0; k < 500; k++)
            seen(stack, ".jar", sw_region_printf(&stack->region, "opt/%zu/%zu.jar", k, i));
        for (size_t k = 0; k < 500; k++)
            entry(stack, SW_FACT_WHITEOUT, "opt", NULL);
    }
    fold(stack);
    assert_int_equal(stack->report.packages.n, n);
    assert_int_equal(stack->report.packages.v[n - 1].layer, 0);
    assert_int_equal(stack->report.unexamined.v[0].n, 500);
    end(stack);
}

static void out_of_memory_is_an_error(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "a=1 b=2");
    seen(stack, ".jar", "a.jar");
    int r = -ENOMEM;
    for (int64_t i = 0; r == -ENOMEM && i < 100; i++) {
        struct sw_region region;
        struct sw_report report;
        sw_region_init(&region, 1u << 20);
        sw_report_init(&report, &region);
        sw_mem_fail_after(i);
        r = sw_fold(stack->layers, stack->n, &report, NULL);
        sw_mem_fail_after(-1);
        sw_report_done(&report);
        sw_region_done(&region);
    }
    assert_int_equal(r, 0);
    end(stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_package_belongs_to_the_layer_that_brought_it),
        cmocka_unit_test(a_break_begins_a_new_age),
        cmocka_unit_test(a_move_between_databases_is_no_break),
        cmocka_unit_test(status_d_of_several_layers_adds_up),
        cmocka_unit_test(an_empty_list_replaces),
        cmocka_unit_test(a_note_alone_replaces_a_list),
        cmocka_unit_test(another_section_at_the_path_ends_a_list),
        cmocka_unit_test(whiteouts_remove_what_is_below),
        cmocka_unit_test(a_whiteout_of_the_file_itself_removes_it),
        cmocka_unit_test(whiteouts_spare_their_own_layer),
        cmocka_unit_test(opaque_hides_lower_layers_only),
        cmocka_unit_test(an_opaque_root_empties_everything),
        cmocka_unit_test(continued_lists_append),
        cmocka_unit_test(the_later_of_two_entries_of_one_layer_wins),
        cmocka_unit_test(licences_go_to_packages_by_name),
        cmocka_unit_test(what_is_not_examined_is_counted),
        cmocka_unit_test(notes_live_as_long_as_their_path),
        cmocka_unit_test(no_database_is_said),
        cmocka_unit_test(a_lost_status_is_said),
        cmocka_unit_test(dropped_facts_are_said),
        cmocka_unit_test(the_best_release_file_speaks),
        cmocka_unit_test(gaps_are_filled_from_elder_files_of_the_same_system),
        cmocka_unit_test(a_removed_release_file_says_nothing),
        cmocka_unit_test(a_directory_has_no_layers),
        cmocka_unit_test(many_layers_and_packages_stay_cheap),
        cmocka_unit_test(out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
