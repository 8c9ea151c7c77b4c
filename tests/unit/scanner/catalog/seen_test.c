/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/catalog/seen.c: what counts as an application package by its name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "catalog/seen.h"
#include "harness/analyze.h"

static const struct {
    const char *path;
    const char *kind; /* NULL: none */
} paths[] = {
    {"opt/app/lib/a.jar", ".jar"},
    {"a.war", ".war"},
    {".jar", NULL},
    {"opt/.jar", ".jar"},
    {"opt/a.jar.txt", NULL},
    {"usr/lib/node_modules/npm/package.json", "package.json"},
    {"srv/package.json", NULL},
    {"node_modules", NULL},
    {"node_modules/package.json", "package.json"},
    {"x/my_node_modules/a/package.json", NULL},
    {"usr/lib/python3/dist-packages/six-1.0.dist-info/METADATA", ".dist-info"},
    {"usr/lib/python3/METADATA", NULL},
    {"usr/lib/python3/dist-packages/six.egg-info/PKG-INFO", ".egg-info"},
    {"usr/lib/python3/dist-packages/six.egg-info", ".egg-info"},
    {"var/lib/gems/3.1.0/specifications/rake-13.gemspec", ".gemspec"},
    {"src/rake.gemspec", NULL},
    {"app/vendor/composer/installed.json", "composer installed.json"},
    {"app/installed.json", NULL},
    {"app/My.deps.json", ".deps.json"},
    {"opt/conda/conda-meta/numpy-1.json", "conda package"},
    {"opt/other.json", NULL},
    {"var/lib/pacman/local/bash-5/desc", "pacman package"},
    {"var/db/pkg/app-shells/bash-5/CONTENTS", "portage package"},
    {"opt/CONTENTS", NULL},
    {"var/lib/snapd/snaps/core_1.snap", "snap"},
    {"usr/lib/R/library/MASS/DESCRIPTION", "R package"},
};

static void kinds_are_told_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < SW_ARRAY_SIZE(paths); i++) {
        const char *kind = sw_seen_find_kind(sw_str_of(paths[i].path));
        bool is_same = kind == NULL || paths[i].kind == NULL ? kind == paths[i].kind
                                                             : strcmp(kind, paths[i].kind) == 0;
        if (!is_same)
            fail_msg("%s: %s", paths[i].path, kind != NULL ? kind : "none");
    }
}

/* A kind whose names are not in the wants would never be offered. */
static void every_kind_is_wanted(void **state)
{
    (void)state;
    const struct sw_analyzer_wants *wants = &sw_seen_analyzer.wants;
    for (size_t i = 0; i < SW_ARRAY_SIZE(paths); i++) {
        if (paths[i].kind == NULL)
            continue;
        struct sw_str path = sw_str_of(paths[i].path);
        struct sw_str name = sw_str_skip(path, (size_t)(sw_str_find_last_char(path, '/') + 1));
        bool is_wanted = false;
        for (size_t k = 0; wants->basenames[k] != NULL; k++)
            is_wanted |= sw_str_equal_z(name, wants->basenames[k]);
        for (size_t k = 0; wants->suffixes[k] != NULL; k++)
            is_wanted |= sw_str_ends_with(name, sw_str_of(wants->suffixes[k]));
        if (!is_wanted)
            fail_msg("%s is not wanted", paths[i].path);
    }
}

static void a_fact_names_kind_and_path(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    test_analysis_init(&analysis);
    assert_int_equal(test_analyze(&analysis, &sw_seen_analyzer, "a/b.jar", SW_STR("")), 0);
    assert_int_equal(test_analyze(&analysis, &sw_seen_analyzer, "a/b.json", SW_STR("")), 0);
    assert_int_equal(analysis.facts.facts.n, 1);
    const struct sw_fact *fact = test_find_fact(&analysis, SW_FACT_SEEN);
    assert_true(sw_str_equal_z(fact->text, ".jar"));
    assert_true(sw_str_equal_z(fact->path, "a/b.jar"));
}

static void a_full_region_is_out_of_memory(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    test_analysis_init(&analysis);
    analysis.region.max_bytes = 4;
    assert_int_equal(test_analyze(&analysis, &sw_seen_analyzer, "a/b.jar", SW_STR("")), -ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_told_by_name),
        cmocka_unit_test(every_kind_is_wanted),
        cmocka_unit_test(a_fact_names_kind_and_path),
        cmocka_unit_test(a_full_region_is_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
