/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/scan/fold_tree.c, fold_links.c and fold_rpm.c: links and what they lead to, and
 * databases that several names or forms stand for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/fold.h"

static void objects_and_links_end_what_was_below(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "a=1");
    add(stack, list(stack, SW_PACKAGE_APK, "lib/apk/db/installed", "m=1"));
    add(stack, list(stack, SW_PACKAGE_RPM, "usr/lib/sysimage/rpm/rpmdb.sqlite", "r=1"));
    layer(stack);
    entry(stack, SW_FACT_OBJECT, "var/lib", NULL);
    entry(stack, SW_FACT_SYMLINK, "lib", "usr/lib");
    fold(stack);
    assert_packages(stack, "r=1@0");
    end(stack);
}

static void a_directory_ends_a_link(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    entry(stack, SW_FACT_SYMLINK, "lib", "usr/lib");
    add(stack, list(stack, SW_PACKAGE_APK, "usr/lib/apk/db/installed", "a=1"));
    layer(stack);
    entry(stack, SW_FACT_DIRECTORY, "lib", NULL);
    add(stack, list(stack, SW_PACKAGE_APK, "lib/apk/db/installed", "b=1"));
    layer(stack);
    entry(stack, SW_FACT_DIRECTORY, "lib", NULL);
    fold(stack);
    assert_packages(stack, "a=1@0 b=1@1");
    end(stack);
}

static void without_a_directory_entry_a_link_is_written_through(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    entry(stack, SW_FACT_SYMLINK, "lib", "usr/lib");
    add(stack, list(stack, SW_PACKAGE_APK, "usr/lib/apk/db/installed", "a=1"));
    layer(stack);
    add(stack, list(stack, SW_PACKAGE_APK, "lib/apk/db/installed", "b=1"));
    fold(stack);
    assert_packages(stack, "b=1@1");
    end(stack);
}

static void one_database_by_two_names_counts_once(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    add(stack, list(stack, SW_PACKAGE_RPM, "usr/lib/sysimage/rpm/rpmdb.sqlite", "r=1"));
    add(stack, list(stack, SW_PACKAGE_RPM, "var/lib/rpm/rpmdb.sqlite", "r=1"));
    entry(stack, SW_FACT_SYMLINK, "var/lib/rpm", "../../usr/lib/sysimage/rpm");
    layer(stack);
    entry(stack, SW_FACT_WHITEOUT, "var/lib/rpm/rpmdb.sqlite", NULL);
    fold(stack);
    assert_packages(stack, "");
    end(stack);
}

static void one_form_of_an_rpm_database_counts(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    rpm(stack, "var/lib/rpm/Packages", "a=1 b=1");
    layer(stack);
    rpm(stack, "var/lib/rpm/rpmdb.sqlite", "a=1 c=1");
    layer(stack);
    rpm(stack, "var/lib/rpm/Packages.db", "d=1");
    fold(stack);
    assert_packages(stack, "a=1@0 c=1@1");
    assert_int_equal(stack->report.notes.n, 2);
    SW_VEC_EACH (found, &stack->report.notes)
        assert_int_equal(found->kind, SW_NOTE_INFO);
    assert_true(sw_str_equal_z(stack->report.notes.v[0].subject, "var/lib/rpm/Packages"));
    end(stack);
}

static void an_elder_rpm_form_counts_where_the_better_is_gone_or_empty(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    rpm(stack, "var/lib/rpm/Packages", "a=1");
    rpm(stack, "usr/share/rpm/Packages", "b=1");
    layer(stack);
    rpm(stack, "var/lib/rpm/rpmdb.sqlite", "a=2");
    rpm(stack, "usr/share/rpm/rpmdb.sqlite", "");
    layer(stack);
    entry(stack, SW_FACT_WHITEOUT, "var/lib/rpm/rpmdb.sqlite", NULL);
    fold(stack);
    assert_packages(stack, "b=1@0 a=1@0");
    assert_int_equal(stack->report.notes.n, 0);
    end(stack);
}

static void rpm_roots_that_are_links_are_one_directory(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    rpm(stack, "usr/lib/sysimage/rpm/Packages", "a=1 b=1");
    entry(stack, SW_FACT_SYMLINK, "var/lib/rpm", "../../usr/lib/sysimage/rpm");
    entry(stack, SW_FACT_SYMLINK, "usr/share/rpm", "/var/lib/rpm");
    layer(stack);
    rpm(stack, "usr/share/rpm/rpmdb.sqlite", "a=1");
    fold(stack);
    assert_packages(stack, "a=1@0");
    assert_int_equal(stack->report.notes.n, 1);
    end(stack);
}

static void databases_behind_links_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *path, *target, *message;
    } cases[] = {
        {STATUS, "../../../data/status",
            "not read: the link 'status' leads to 'data/status', where no package database is "
            "looked for"},
        {"var/lib", "/srv/./x/../lib",
            "not read: the link 'lib' leads to 'srv/lib/dpkg/status', where no package database is "
            "looked for"},
        {"var/lib/rpm", "rpm", "not read: the link 'rpm' on the way leads in a circle"},
        {"var/lib/rpm", "../../usr/lib/sysimage/rpm", NULL},
        {"lib", "usr/lib", NULL},
        {"etc", "/elsewhere", NULL},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        struct stack *stack = begin();
        layer(stack);
        dpkg(stack, "usr/lib/dpkg/status.d/a", "a=1");
        layer(stack);
        entry(stack, SW_FACT_SYMLINK, cases[i].path, cases[i].target);
        fold(stack);
        assert_packages(stack, "a=1@0");
        assert_int_equal(stack->report.notes.n, cases[i].message != NULL ? 1 : 0);
        assert_true(cases[i].message == NULL || has_note(stack, cases[i].message));
        end(stack);
    }
}

static void links_stay_inside_the_root(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    entry(stack, SW_FACT_SYMLINK, "var/lib/dpkg", "../../../../../../etc/./dpkg//");
    entry(stack, SW_FACT_SYMLINK, "etc/dpkg", "/opt/d");
    dpkg(stack, STATUS, "a=1");
    layer(stack);
    dpkg(stack, "opt/d/status", "b=1");
    fold(stack);
    assert_packages(stack, "b=1@1");
    end(stack);
}

static void loops_of_links_end(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    entry(stack, SW_FACT_SYMLINK, "a", "b");
    entry(stack, SW_FACT_SYMLINK, "b", "a");
    entry(stack, SW_FACT_SYMLINK, "c", "c/c");
    entry(stack, SW_FACT_SYMLINK, "d", "");
    dpkg(stack, "a/status", "a=1");
    dpkg(stack, "c/status", "c=1");
    fold(stack);
    assert_packages(stack, "a=1@0 c=1@0");
    end(stack);
}

static void long_chains_of_links_end_at_the_limit(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    for (int i = 0; i < 60; i++)
        entry(stack, SW_FACT_SYMLINK, sw_region_printf(&stack->region, "l%02d", i),
            sw_region_printf(&stack->region, "l%02d", i + 1));
    dpkg(stack, "l30/status", "a=1");
    dpkg(stack, "l00/status", "b=1");
    layer(stack);
    dpkg(stack, "l60/status", "c=1");
    fold(stack);
    assert_packages(stack, "b=1@0 c=1@1");
    end(stack);
}

static void licences_are_found_through_links(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    dpkg(stack, STATUS, "gcc-12-base=1 libstdc++6=1 libgcc-s1=1 cpp=1");
    add(stack, (struct sw_fact){.kind = SW_FACT_LICENCE,
                   .section = SW_STR("copyright"),
                   .path = SW_STR("usr/share/doc/gcc-12-base/copyright"),
                   .package_name = SW_STR("gcc-12-base"),
                   .text = SW_STR("GPL-3.0-only")});
    entry(stack, SW_FACT_SYMLINK, "usr/share/doc/libstdc++6", "gcc-12-base");
    entry(stack, SW_FACT_SYMLINK, "usr/share/doc/libgcc-s1/copyright", "../gcc-12-base/copyright");
    entry(stack, SW_FACT_SYMLINK, "usr/share/doc/cpp", "cpp");
    fold(stack);
    static const char *const licences[] = {"GPL-3.0-only", "GPL-3.0-only", "GPL-3.0-only", ""};
    for (size_t i = 0; i < SW_ARRAY_SIZE(licences); i++)
        assert_true(sw_str_equal_z(stack->report.packages.v[i].licence, licences[i]));
    end(stack);
}

static void costly_links_are_given_up_with_a_note(void **state)
{
    (void)state;
    struct stack *stack = begin();
    char *target = sw_region_alloc(&stack->region, 60002);
    for (size_t i = 0; i < 60000; i++)
        target[i] = i % 2 == 0 ? '.' : '/';
    target[60000] = 'x';
    layer(stack);
    dpkg(stack, STATUS, "a=1");
    entry(stack, SW_FACT_SYMLINK, "l", target);
    for (size_t i = 0; i < 2000; i++)
        seen(stack, ".jar", sw_region_printf(&stack->region, "l/%zu.jar", i));
    fold(stack);
    assert_true(has_note(stack, "too many symbolic links: some were not followed"));
    assert_int_equal(stack->report.unexamined.v[0].n, 2000);
    end(stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_and_links_end_what_was_below),
        cmocka_unit_test(a_directory_ends_a_link),
        cmocka_unit_test(without_a_directory_entry_a_link_is_written_through),
        cmocka_unit_test(one_database_by_two_names_counts_once),
        cmocka_unit_test(one_form_of_an_rpm_database_counts),
        cmocka_unit_test(an_elder_rpm_form_counts_where_the_better_is_gone_or_empty),
        cmocka_unit_test(rpm_roots_that_are_links_are_one_directory),
        cmocka_unit_test(databases_behind_links_are_named),
        cmocka_unit_test(links_stay_inside_the_root),
        cmocka_unit_test(loops_of_links_end),
        cmocka_unit_test(long_chains_of_links_end_at_the_limit),
        cmocka_unit_test(licences_are_found_through_links),
        cmocka_unit_test(costly_links_are_given_up_with_a_note),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
