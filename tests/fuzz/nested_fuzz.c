/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes scanner/walk_nested.c: one file that may be an archive, in blocks as large as the first
 * byte says, with the analyzers of structure and digests behind it. All of it must be read.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "analyzer.h"
#include "base/mem.h"
#include "budget.h"
#include "malware/integrity.h"
#include "malware/structure.h"
#include "walk.h"
#include "wants.h"

#define MEMORY ((size_t)16 << 20)

static struct sw_wants *wants;
static struct sw_budget *budget;

struct pieces {
    struct sw_str rest;
    size_t piece_bytes;
};

static ssize_t next_piece(void *context, const void **ret, struct sw_err *err)
{
    (void)err;
    struct pieces *pieces = context;
    size_t n = pieces->rest.n < pieces->piece_bytes ? pieces->rest.n : pieces->piece_bytes;
    *ret = pieces->rest.p;
    pieces->rest = sw_str_skip(pieces->rest, n);
    return (ssize_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sw_analyzer *const analyzers[] = {
        &sw_integrity_analyzer, &sw_structure_analyzer, NULL};
    if (size == 0 || (wants == NULL && sw_wants_new(analyzers, SW_ASPECTS_ALL, &wants) < 0))
        return 0;
    if (budget == NULL)
        budget = sw_budget_new(MEMORY, 1);
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, MEMORY);
    struct sw_facts facts;
    sw_facts_init(&facts, &region);
    struct sw_walk_options options = {
        .wants = wants, .budget = budget, .facts_max_bytes = MEMORY / 2};
    struct sw_walk *walk = sw_walk_new(&options, &facts);
    struct pieces pieces = {
        {(const char *)data + 1, size - 1}, data[0] == 0 ? size : (size_t)data[0]};
    struct sw_walk_content content = {next_piece, &pieces};
    struct sw_walk_entry entry = {.type = SW_MEMBER_FILE,
        .path = SW_STR("usr/lib/x.jar"),
        .size_bytes = size - 1,
        .mode = 0755};
    sw_walk_offer(walk, &entry, &content);
    if (pieces.rest.n > 0)
        abort();
    sw_walk_finish(walk);
    sw_walk_free(walk);
    sw_facts_done(&facts);
    return 0;
}
