/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/scan/fold_findings.c and lib/model/path_set.c: what became of a file in which a lower
 * layer had a secret.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "harness/fold.h"
#include "model/path_set.h"

static void found(struct stack *stack, const char *path, const char *fingerprint)
{
    struct sw_finding *finding = sw_region_array(&stack->region, 1, sizeof(*finding));
    *finding = (struct sw_finding){
        .kind = SW_FINDING_SECRET,
        .id = SW_STR("rule"),
        .fingerprint = sw_str_of(fingerprint),
        .location = {.path = sw_str_of(path), .layer = -1},
    };
    struct sw_fact fact = {.kind = SW_FACT_FINDING,
        .section = SW_STR("secret"),
        .path = finding->location.path,
        .finding = finding};
    assert_int_equal(sw_facts_add(&stack->layers[stack->n - 1], &fact), 0);
}

/* The layer has an entry of that path that is no directory. */
static void present(struct stack *stack, const char *path)
{
    uint64_t hash = sw_path_set_hash(sw_str_of(path));
    char *text = sw_region_alloc(&stack->region, SW_PATH_SET_ENTRY_BYTES);
    sw_path_set_format(&hash, 1, text);
    struct sw_fact fact = {.kind = SW_FACT_PATHS,
        .section = SW_STR("layer"),
        .path = SW_STR(""),
        .text = {text, SW_PATH_SET_ENTRY_BYTES}};
    assert_int_equal(sw_facts_add(&stack->layers[stack->n - 1], &fact), 0);
}

static void assert_found(
    const struct stack *stack, size_t i, const char *path, int in_layer, enum sw_presence presence)
{
    assert_true(i < stack->report.findings.n);
    const struct sw_location *location = &stack->report.findings.v[i].location;
    assert_true(sw_str_equal_z(location->path, path));
    assert_int_equal(location->layer, in_layer);
    assert_int_equal(location->presence, presence);
}

static void a_deleted_file_still_leaks(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    found(stack, "a/key", "1");
    found(stack, "b/c/key", "2");
    found(stack, "d/key", "3");
    found(stack, "e/key", "4");
    found(stack, "f/key", "5");
    layer(stack);
    entry(stack, SW_FACT_WHITEOUT, "a/key", NULL);
    entry(stack, SW_FACT_WHITEOUT, "b", NULL);
    entry(stack, SW_FACT_OPAQUE, "d", NULL);
    present(stack, "e");
    layer(stack);
    fold(stack);
    assert_int_equal(stack->report.findings.n, 5);
    assert_found(stack, 0, "a/key", 0, SW_PRESENCE_DELETED);
    assert_found(stack, 1, "b/c/key", 0, SW_PRESENCE_DELETED);
    assert_found(stack, 2, "d/key", 0, SW_PRESENCE_DELETED);
    assert_found(stack, 3, "e/key", 0, SW_PRESENCE_DELETED);
    assert_found(stack, 4, "f/key", 0, SW_PRESENCE_FINAL);
    end(stack);
}

static void a_replaced_file_is_told_of(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    found(stack, "a", "1");
    layer(stack);
    entry(stack, SW_FACT_WHITEOUT, "a", NULL);
    present(stack, "a");
    fold(stack);
    assert_int_equal(stack->report.findings.n, 1);
    assert_found(stack, 0, "a", 0, SW_PRESENCE_REPLACED);
    end(stack);
}

static void the_same_find_in_two_layers_is_one(void **state)
{
    (void)state;
    struct stack *stack = begin();
    layer(stack);
    layer(stack);
    found(stack, "a", "1");
    layer(stack);
    present(stack, "a");
    found(stack, "a", "1");
    found(stack, "a", "2");
    fold(stack);
    assert_int_equal(stack->report.findings.n, 2);
    assert_found(stack, 0, "a", 1, SW_PRESENCE_FINAL);
    assert_found(stack, 1, "a", 2, SW_PRESENCE_FINAL);
    end(stack);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void a_set_of_paths_has_its_paths_and_no_others(void **state)
{
    (void)state;
    enum { N = 1000 };
    uint64_t hashes[N];
    static char text[N * SW_PATH_SET_ENTRY_BYTES];
    char path[32];
    for (int i = 0; i < N; i++) {
        snprintf(path, sizeof(path), "usr/bin/%d", i);
        hashes[i] = sw_path_set_hash(sw_str_of(path));
    }
    qsort(hashes, N, sizeof(*hashes), compare);
    sw_path_set_format(hashes, N, text);
    struct sw_str set = {text, sizeof(text)};
    for (int i = 0; i < 2 * N; i++) {
        snprintf(path, sizeof(path), "usr/bin/%d", i);
        assert_int_equal(sw_path_set_has(set, sw_path_set_hash(sw_str_of(path))), i < N);
    }
    assert_false(sw_path_set_has(SW_STR(""), hashes[0]));
    assert_false(sw_path_set_has(SW_STR("abc"), hashes[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deleted_file_still_leaks),
        cmocka_unit_test(a_replaced_file_is_told_of),
        cmocka_unit_test(the_same_find_in_two_layers_is_one),
        cmocka_unit_test(a_set_of_paths_has_its_paths_and_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
