/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/walk*.c, wants.c and budget.c with entries made by hand and analyzers of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "analyzer.h"
#include "budget.h"
#include "walk.h"
#include "wants.h"

#define MEMORY ((size_t)1 << 20)

static int analyze(struct sw_analyzer_context *context, const struct sw_analyzer_file *files,
    size_t n_files, struct sw_err *err)
{
    for (size_t i = 0; i < n_files; i++) {
        if (sw_str_equal(files[i].bytes, SW_STR("bad")))
            return sw_err_set(err, -EBADMSG, "bad content");
        struct sw_fact fact = {.kind = SW_FACT_SEEN, .section = sw_str_of(context->analyzer->name)};
        sw_region_copy(context->region, files[i].path, &fact.path);
        sw_region_copy(context->region, files[i].bytes, &fact.text);
        sw_facts_add(context->facts, &fact);
    }
    return 0;
}

static const struct sw_analyzer whole = {.name = "whole",
    .want = SW_WANT_WHOLE,
    .max_bytes = 64,
    .wants = {.paths = (const char *const[]){"var/lib/db/status", NULL},
        .patterns = (const char *const[]){"usr/doc/*/copyright", NULL}},
    .analyze = analyze};
static const struct sw_analyzer head = {.name = "head",
    .want = SW_WANT_HEAD,
    .max_bytes = 4,
    .wants = {.basenames = (const char *const[]){"status", NULL}},
    .analyze = analyze};
static const struct sw_analyzer name = {.name = "name",
    .want = SW_WANT_NAME,
    .wants = {.suffixes = (const char *const[]){".jar", NULL}},
    .analyze = analyze};
static const struct sw_analyzer grouped = {.name = "grouped",
    .want = SW_WANT_WHOLE,
    .max_bytes = 64,
    .is_grouped = true,
    .wants = {.directories = (const char *const[]){"var/lib/rpm", NULL}},
    .analyze = analyze};

/* Sees every file, block by block; what it gathers in a layer becomes a fact at its end. */
struct any_layer {
    size_t n_files;
    size_t n_bytes;
    bool is_closed;
};

static struct any_layer any_layer;

static int any_open(struct sw_analyzer_context *context, void **ret, struct sw_err *err)
{
    (void)context;
    (void)err;
    any_layer = (struct any_layer){0};
    *ret = &any_layer;
    return 0;
}

static int any_close(struct sw_analyzer_context *context, struct sw_err *err)
{
    (void)err;
    struct any_layer *layer = context->layer;
    layer->is_closed = true;
    return 0;
}

static int any_begin(struct sw_analyzer_context *context, const struct sw_analyzer_file *file,
    void **ret, struct sw_err *err)
{
    struct any_layer *layer = context->layer;
    layer->n_files++;
    *ret = layer;
    if (sw_str_equal(file->path, SW_STR("leak"))) {
        struct sw_finding finding = {.kind = SW_FINDING_SECRET, .id = SW_STR("rule")};
        return sw_analyzer_finding(context, file, &finding);
    }
    (void)err;
    return 0;
}

static int any_block(void *state, struct sw_str bytes, struct sw_err *err)
{
    (void)err;
    ((struct any_layer *)state)->n_bytes += bytes.n;
    return 0;
}

static int any_end(void *state, struct sw_analyzer_context *context, struct sw_err *err)
{
    (void)err;
    return state == context->layer ? 0 : -EINVAL;
}

static const struct sw_analyzer any = {.name = "any",
    .want = SW_WANT_STREAM,
    .aspect = SW_ASPECT_SECRETS,
    .wants = {.is_any = true},
    .open_layer = any_open,
    .close_layer = any_close,
    .begin = any_begin,
    .block = any_block,
    .end = any_end};
static const struct sw_analyzer *const analyzers[] = {&whole, &head, &name, &grouped, &any, NULL};

struct fixture {
    struct sw_wants *wants;
    struct sw_budget *budget;
    struct sw_region region;
    struct sw_facts facts;
    struct sw_walk *walk;
    struct sw_str content;
};

static struct fixture f;

static int set_up(void **state)
{
    (void)state;
    f = (struct fixture){0};
    any_layer = (struct any_layer){0};
    assert_int_equal(sw_wants_new(analyzers, SW_ASPECTS_ALL, &f.wants), 0);
    f.budget = sw_budget_new(MEMORY, 1);
    sw_region_init(&f.region, 16 * MEMORY);
    sw_facts_init(&f.facts, &f.region);
    struct sw_walk_options options = {
        .wants = f.wants, .budget = f.budget, .facts_max_bytes = 8 * MEMORY};
    f.walk = sw_walk_new(&options, &f.facts);
    return f.walk == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    sw_walk_free(f.walk);
    sw_facts_done(&f.facts);
    sw_region_done(&f.region);
    sw_budget_free(f.budget);
    sw_wants_free(f.wants);
    return 0;
}

static ssize_t block(void *context, const void **ret, struct sw_err *err)
{
    (void)context;
    (void)err;
    ssize_t n = (ssize_t)f.content.n;
    *ret = f.content.p;
    f.content.n = 0;
    return n;
}

static void offer(enum sw_member_type type, const char *path, const char *text)
{
    struct sw_walk_entry entry = {.type = type, .path = sw_str_of(path)};
    struct sw_walk_content content = {block, NULL};
    f.content = sw_str_of(text);
    entry.size_bytes = f.content.n;
    entry.target = f.content;
    assert_int_equal(sw_walk_offer(f.walk, &entry, &content), 0);
}

/* How many facts there are of that kind and section at that path. */
static size_t count(enum sw_fact_kind kind, const char *section, const char *path)
{
    size_t n = 0;
    SW_VEC_EACH (fact, &f.facts.facts)
        n += fact->kind == kind && sw_str_equal_z(fact->section, section) &&
                     sw_str_equal_z(fact->path, path)
                 ? 1
                 : 0;
    return n;
}

static void each_analyzer_gets_what_it_wants(void **state)
{
    (void)state;
    offer(SW_MEMBER_FILE, "var/lib/db/status", "content");
    offer(SW_MEMBER_FILE, "x/y.jar", "");
    offer(SW_MEMBER_FILE, "usr/doc/a/copyright", "c");
    offer(SW_MEMBER_FILE, "usr/doc/a/b/copyright", "c");
    offer(SW_MEMBER_FILE, "unwanted", "c");
    assert_int_equal(sw_walk_finish(f.walk), 0);
    assert_int_equal(count(SW_FACT_SEEN, "whole", "var/lib/db/status"), 1);
    assert_int_equal(count(SW_FACT_SEEN, "head", "var/lib/db/status"), 1);
    assert_int_equal(count(SW_FACT_SEEN, "name", "x/y.jar"), 1);
    assert_int_equal(count(SW_FACT_SEEN, "whole", "usr/doc/a/copyright"), 1);
    assert_int_equal(f.facts.facts.n, 4);
    assert_int_equal(f.facts.n_files, 5);
    SW_VEC_EACH (fact, &f.facts.facts)
        if (sw_str_equal_z(fact->section, "head"))
            assert_true(sw_str_equal_z(fact->text, "cont"));
}

static void the_last_entry_of_a_path_wins(void **state)
{
    (void)state;
    offer(SW_MEMBER_FILE, "var/lib/db/status", "one");
    offer(SW_MEMBER_FILE, "var/lib/db/status", "two");
    offer(SW_MEMBER_FILE, "var/lib/rpm/db", "one");
    offer(SW_MEMBER_FILE, "var/lib/rpm/db", "two");
    offer(SW_MEMBER_FILE, "a.jar", "");
    offer(SW_MEMBER_SYMLINK, "a.jar", "b.jar");
    assert_int_equal(sw_walk_finish(f.walk), 0);
    assert_int_equal(count(SW_FACT_SEEN, "whole", "var/lib/db/status"), 1);
    assert_int_equal(count(SW_FACT_SEEN, "grouped", "var/lib/rpm/db"), 1);
    assert_int_equal(count(SW_FACT_SEEN, "name", "a.jar"), 0);
    assert_int_equal(count(SW_FACT_OBJECT, "layer", "a.jar"), 1);
    SW_VEC_EACH (fact, &f.facts.facts)
        if (fact->kind == SW_FACT_SEEN && !sw_str_equal_z(fact->section, "head"))
            assert_true(sw_str_equal_z(fact->text, "two"));
}

static void what_replaces_a_guarded_path_is_recorded(void **state)
{
    (void)state;
    offer(SW_MEMBER_SYMLINK, "var/lib", "/data");
    offer(SW_MEMBER_OTHER, "var/lib/db", "");
    offer(SW_MEMBER_DIRECTORY, "var", "");
    offer(SW_MEMBER_SYMLINK, "home", "/x");
    assert_int_equal(sw_walk_finish(f.walk), 0);
    assert_int_equal(count(SW_FACT_SYMLINK, "layer", "var/lib"), 1);
    assert_int_equal(count(SW_FACT_OBJECT, "layer", "var/lib/db"), 1);
    assert_int_equal(count(SW_FACT_DIRECTORY, "layer", "var"), 1);
    assert_int_equal(f.facts.facts.n, 3);
}

static void a_link_to_nothing_stands_in_the_way(void **state)
{
    (void)state;
    offer(SW_MEMBER_SYMLINK, "var/lib", "");
    assert_int_equal(sw_walk_finish(f.walk), 0);
    assert_int_equal(count(SW_FACT_OBJECT, "layer", "var/lib"), 1);
    assert_int_equal(f.facts.facts.n, 1);
}

static void failures_and_limits_are_notes(void **state)
{
    (void)state;
    offer(SW_MEMBER_FILE, "usr/doc/a/copyright", "bad");
    char large[65];
    memset(large, 'x', sizeof(large));
    large[64] = '\0';
    offer(SW_MEMBER_FILE, "usr/doc/b/copyright", large);
    offer(SW_MEMBER_FILE, "usr/doc/c/copyright", "good");
    char larger[66] = {0};
    memset(larger, 'x', 65);
    offer(SW_MEMBER_FILE, "usr/doc/d/copyright", larger);
    offer(SW_MEMBER_HARDLINK, "usr/doc/e/copyright", "nowhere");
    assert_true(sw_walk_needs_links(f.walk));
    assert_int_equal(sw_walk_finish(f.walk), 0);
    assert_int_equal(count(SW_FACT_NOTE, "layer", "usr/doc/a/copyright"), 1);
    assert_int_equal(count(SW_FACT_SEEN, "whole", "usr/doc/b/copyright"), 1);
    assert_int_equal(count(SW_FACT_SEEN, "whole", "usr/doc/c/copyright"), 1);
    assert_int_equal(count(SW_FACT_NOTE, "layer", "usr/doc/d/copyright"), 1);
    assert_int_equal(count(SW_FACT_NOTE, "layer", "usr/doc/e/copyright"), 1);
}

static void the_budget_refuses_what_never_fits(void **state)
{
    (void)state;
    struct sw_budget_hold hold;
    sw_budget_hold_init(&hold, f.budget);
    struct sw_budget_share a = {0};
    struct sw_budget_share b = {0};
    assert_int_equal(sw_budget_take(&hold, MEMORY, false, &a), -EFBIG);
    assert_int_equal(sw_budget_take(&hold, sw_budget_largest(f.budget), true, &a), 0);
    assert_int_equal(sw_budget_take(&hold, sw_budget_largest(f.budget) + 1, true, &b), -EFBIG);
    assert_int_equal(sw_budget_take(&hold, 16, true, &b), 0);
    sw_budget_give(&hold, &a);
    sw_budget_give(&hold, &b);
    sw_budget_give(&hold, &b);
    sw_budget_hold_done(&hold);
}

static void every_file_is_streamed_once(void **state)
{
    (void)state;
    offer(SW_MEMBER_FILE, "a", "1234");
    offer(SW_MEMBER_FILE, "var/lib/db/status", "content");
    offer(SW_MEMBER_HARDLINK, "b", "a");
    offer(SW_MEMBER_SYMLINK, "c", "a");
    offer(SW_MEMBER_FILE, "leak", "x");
    assert_int_equal(sw_walk_finish(f.walk), 0);
    assert_false(sw_walk_needs_links(f.walk));
    assert_int_equal(any_layer.n_files, 3);
    assert_int_equal(any_layer.n_bytes, 4 + 7 + 1);
    assert_true(any_layer.is_closed);
    assert_int_equal(count(SW_FACT_FINDING, "any", "leak"), 1);
    assert_int_equal(count(SW_FACT_SEEN, "whole", "var/lib/db/status"), 1);
}

static void aspects_that_are_not_wanted_do_nothing(void **state)
{
    (void)state;
    struct sw_wants *wants = NULL;
    assert_int_equal(sw_wants_new(analyzers, SW_ASPECT_BIT(SW_ASPECT_VULN), &wants), 0);
    assert_int_equal(sw_wants_any(wants), 0);
    assert_false(sw_wants_paths(wants));
    sw_wants_free(wants);
    assert_int_equal(sw_wants_new(analyzers, SW_ASPECT_BIT(SW_ASPECT_SECRETS), &wants), 0);
    assert_int_equal(sw_wants_find(wants, SW_STR("var/lib/db/status")).mask, 0);
    assert_true(sw_wants_any(wants) != 0 && sw_wants_paths(wants));
    sw_wants_free(wants);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_analyzer_gets_what_it_wants, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_entry_of_a_path_wins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_replaces_a_guarded_path_is_recorded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_link_to_nothing_stands_in_the_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures_and_limits_are_notes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_budget_refuses_what_never_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_file_is_streamed_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(aspects_that_are_not_wanted_do_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
