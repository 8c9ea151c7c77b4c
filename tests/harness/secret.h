/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiles secret rules that a test writes down, and keeps what a scanner finds with them.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "rules/secret_compile.h"
#include "rules/secret_image.h"
#include "secret/secret_scanner.h"

#define TEST_SECRETS_MAX 2000

struct test_found {
    char rule[64];
    char secret[128];
    char masked[SW_SECRET_MASKED_BYTES];
    char fingerprint[SW_SECRET_FINGERPRINT_BYTES];
    char encoding[32];
    enum sw_severity severity;
    unsigned line;
    unsigned column;
    uint64_t offset;
};

struct test_secret {
    struct sw_region region;
    struct sw_secret_rules rules;
    char *image; /* aligned */
    size_t n_image;
    struct sw_secret_scanner *scanner;
    struct test_found *found;
    size_t n;
    struct sw_err err;
    int r;
};

static inline void test_secret_done(struct test_secret *test)
{
    sw_secret_scanner_free(test->scanner);
    sw_secret_rules_done(&test->rules);
    sw_region_done(&test->region);
    free(test->image);
    free(test->found);
}

/* 0, or negative with test->err. */
static inline int test_secret_try(struct test_secret *test, const char *text)
{
    *test = (struct test_secret){0};
    sw_region_init(&test->region, SW_SECRET_REGION_MAX);
    sw_secret_rules_init(&test->rules, &test->region);
    test->found = calloc(TEST_SECRETS_MAX, sizeof(*test->found));
    struct sw_buf buf;
    sw_buf_init(&buf, SW_SECRET_IMAGE_BYTES_MAX);
    int r =
        sw_secret_rules_load(&test->rules, SW_STR("test.toml"), sw_str_of(text), NULL, &test->err);
    if (r == 0)
        r = sw_secret_rules_compile(&test->rules, SW_STR("test"), &buf, &test->err);
    if (r == 0) {
        test->n_image = buf.n;
        test->image = aligned_alloc(4096, (buf.n + 4095) / 4096 * 4096);
        memcpy(test->image, buf.p, buf.n);
        r = sw_secret_scanner_new(test->image, buf.n, &test->scanner, &test->err);
    }
    sw_buf_done(&buf);
    return r;
}

static inline void test_secret_init(struct test_secret *test, const char *text)
{
    if (test_secret_try(test, text) < 0) {
        fprintf(stderr, "rules of the test: %s\n", test->err.message);
        abort();
    }
}

static inline int test_secret_keep(void *context, const struct sw_secret_found *found)
{
    struct test_secret *test = context;
    if (test->n == TEST_SECRETS_MAX)
        return 0;
    struct test_found *kept = &test->found[test->n++];
    snprintf(kept->rule, sizeof(kept->rule), "%.*s", SW_STR_ARG(found->rule));
    snprintf(kept->secret, sizeof(kept->secret), "%.*s", SW_STR_ARG(found->secret));
    snprintf(kept->masked, sizeof(kept->masked), "%s", found->masked);
    snprintf(kept->fingerprint, sizeof(kept->fingerprint), "%s", found->fingerprint);
    snprintf(kept->encoding, sizeof(kept->encoding), "%s", found->encoding);
    kept->severity = found->severity;
    kept->line = found->line;
    kept->column = found->column;
    kept->offset = found->offset;
    return 0;
}

/* Adds what is in the text to test->found. */
static inline void test_secret_scan(
    struct test_secret *test, const char *path, struct sw_str text, size_t block)
{
    const struct sw_secret_sink sink = {test_secret_keep, test};
    struct sw_secret_stream *stream = NULL;
    test->r = sw_secret_begin(test->scanner, sw_str_of(path), &sink, &stream, &test->err);
    while (test->r == 0 && text.n > 0) {
        test->r = sw_secret_block(stream, sw_str_part(text, 0, block), &test->err);
        text = sw_str_skip(text, block);
    }
    if (test->r < 0)
        sw_secret_abort(stream);
    else
        test->r = sw_secret_end(stream, &test->err);
}
