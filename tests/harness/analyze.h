/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one analyzer on bytes at hand, as the layer walker would, and keeps the facts.
 */
#pragma once

#include <stdio.h>

#include "analyzer.h"
#include "base/buf.h"
#include "base/mem.h"

struct test_analysis {
    struct sw_region region;
    struct sw_facts facts;
    struct sw_err err;
    int r;
};

static inline void test_analysis_init(struct test_analysis *analysis)
{
    *analysis = (struct test_analysis){0};
    sw_region_init(&analysis->region, (size_t)512 * 1024 * 1024);
    sw_facts_init(&analysis->facts, &analysis->region);
}

static inline void test_analysis_done(struct test_analysis *analysis)
{
    sw_facts_done(&analysis->facts);
    sw_region_done(&analysis->region);
}

static inline int test_analyze(struct test_analysis *analysis, const struct sw_analyzer *analyzer,
    const char *path, struct sw_str bytes)
{
    struct sw_analyzer_context context = {
        .analyzer = analyzer, .region = &analysis->region, .facts = &analysis->facts};
    struct sw_analyzer_file file = {
        .path = sw_str_of(path), .bytes = bytes, .size_bytes = bytes.n, .mode = 0100644};
    analysis->r = analyzer->analyze(&context, &file, 1, &analysis->err);
    return analysis->r;
}

/* The packages of the first PACKAGES fact; NULL when there is none. */
static inline const struct sw_fact *test_find_fact(
    const struct test_analysis *analysis, enum sw_fact_kind kind)
{
    SW_VEC_EACH (fact, &analysis->facts.facts)
        if (fact->kind == kind)
            return fact;
    return NULL;
}

static inline size_t test_count_facts(const struct test_analysis *analysis, enum sw_fact_kind kind)
{
    size_t n = 0;
    SW_VEC_EACH (fact, &analysis->facts.facts)
        n += fact->kind == kind;
    return n;
}

/* The whole of a file, or of what a command prints; the buffer is the caller's. 0 or -1. */
static inline int test_read_stream(FILE *stream, struct sw_buf *buf)
{
    sw_buf_init(buf, (size_t)256 * 1024 * 1024);
    char block[65536];
    size_t n = 0;
    if (stream == NULL)
        return -1;
    while ((n = fread(block, 1, sizeof(block), stream)) > 0)
        if (sw_buf_append(buf, block, n) < 0)
            return -1;
    return 0;
}

static inline int test_read_file(const char *path, struct sw_buf *buf)
{
    FILE *file = fopen(path, "re");
    int r = test_read_stream(file, buf);
    if (file != NULL)
        fclose(file);
    return r;
}
