/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images in the making for tests of folding: facts layer by layer, the fold, and what came of it.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "scan/fold.h"

#define LAYERS 128
#define STATUS "var/lib/dpkg/status"

/* An image in the making. */
struct stack {
    struct sw_region region;
    struct sw_facts layers[LAYERS];
    size_t n;
    struct sw_report report;
};

static inline struct stack *begin(void)
{
    struct stack *stack = sw_mem_zalloc(1, sizeof(*stack));
    sw_region_init(&stack->region, (size_t)4096 * 1024 * 1024);
    sw_report_init(&stack->report, &stack->region);
    return stack;
}

static inline void end(struct stack *stack)
{
    for (size_t i = 0; i < stack->n; i++)
        sw_facts_done(&stack->layers[i]);
    sw_report_done(&stack->report);
    sw_region_done(&stack->region);
    sw_mem_free(stack);
}

static inline void layer(struct stack *stack)
{
    assert_true(stack->n < LAYERS);
    sw_facts_init(&stack->layers[stack->n++], &stack->region);
}

static inline void add(struct stack *stack, struct sw_fact fact)
{
    if (sw_str_is_empty(fact.section))
        fact.section = SW_STR("layer");
    assert_int_equal(sw_facts_add(&stack->layers[stack->n - 1], &fact), 0);
}

static inline void entry(
    struct stack *stack, enum sw_fact_kind kind, const char *path, const char *text)
{
    add(stack, (struct sw_fact){.kind = kind, .path = sw_str_of(path), .text = sw_str_of(text)});
}

/* names: "a=1 b=2" */
static inline struct sw_fact list(
    struct stack *stack, enum sw_package_type type, const char *path, const char *names)
{
    struct sw_package *packages = sw_region_array(&stack->region, 16, sizeof(*packages));
    struct sw_str rest = sw_str_of(names);
    struct sw_str token = SW_STR_NONE;
    size_t n = 0;
    while (rest.n > 0 && sw_str_next_token(&rest, ' ', &token)) {
        ptrdiff_t at = sw_str_find_char(token, '=');
        packages[n++] = (struct sw_package){.type = type,
            .name = sw_str_part(token, 0, (size_t)at),
            .version = sw_str_skip(token, (size_t)at + 1),
            .layer = SW_PACKAGE_NO_LAYER};
    }
    static const char *const sections[] = {"dpkg", "apk", "rpm"};
    return (struct sw_fact){.kind = SW_FACT_PACKAGES,
        .section = sw_str_of(sections[type]),
        .path = sw_str_of(path),
        .packages = packages,
        .n_packages = n};
}

static inline void dpkg(struct stack *stack, const char *path, const char *names)
{
    add(stack, list(stack, SW_PACKAGE_DPKG, path, names));
}

static inline void os(struct stack *stack, const char *path, struct sw_os os)
{
    os.path = sw_str_of(path);
    add(stack, (struct sw_fact){
                   .kind = SW_FACT_OS, .section = SW_STR("os"), .path = sw_str_of(path), .os = os});
}

static inline void note(struct stack *stack, const char *section, const char *path,
    enum sw_note_kind kind, const char *message)
{
    add(stack, (struct sw_fact){.kind = SW_FACT_NOTE,
                   .section = sw_str_of(section),
                   .path = sw_str_of(path),
                   .note = {.kind = kind, .message = sw_str_of(message), .layer = -1}});
}

static inline void seen(struct stack *stack, const char *kind, const char *path)
{
    add(stack, (struct sw_fact){.kind = SW_FACT_SEEN,
                   .section = SW_STR("seen"),
                   .path = sw_str_of(path),
                   .text = sw_str_of(kind)});
}

static inline void fold(struct stack *stack)
{
    struct sw_layer *layers = sw_region_array(&stack->region, stack->n, sizeof(*layers));
    stack->report.image.layers = layers;
    stack->report.image.n_layers = stack->n;
    struct sw_err err = {0};
    if (sw_fold(stack->layers, stack->n, &stack->report, &err) < 0)
        fail_msg("%s", err.message);
}

/* The packages as "name=version@layer", in order. */
static inline void assert_packages(const struct stack *stack, const char *expected)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    sw_buf_init(&buf, 65536);
    sw_buf_append(&buf, "", 0);
    SW_VEC_EACH (package, &stack->report.packages)
        sw_buf_printf(&buf, "%s%.*s=%.*s@%d", buf.n > 0 ? " " : "", SW_STR_ARG(package->name),
            SW_STR_ARG(package->version), package->layer);
    if (!sw_str_equal(sw_buf_str(&buf), sw_str_of(expected)))
        fail_msg("'%.*s' is not '%s'", SW_STR_ARG(sw_buf_str(&buf)), expected);
}

static inline bool has_note(const struct stack *stack, const char *message)
{
    SW_VEC_EACH (found, &stack->report.notes)
        if (sw_str_equal_z(found->message, message))
            return true;
    return false;
}

static inline void rpm(struct stack *stack, const char *path, const char *names)
{
    add(stack, list(stack, SW_PACKAGE_RPM, path, names));
}
