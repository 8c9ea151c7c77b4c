/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A layer as it comes out of an image: decompressed, walked, wanted files given to all analyzers,
 * and walked again for hard links. Every fact must be one that the parent accepts.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "analyzer.h"
#include "base/mem.h"
#include "budget.h"
#include "io/archive.h"
#include "io/decompress.h"
#include "model/fact_json.h"
#include "walk.h"
#include "wants.h"

#define MEMORY ((size_t)16 << 20)

static struct sw_wants *wants;
static struct sw_budget *budget;

static struct sw_archive *open_layer(struct sw_str bytes)
{
    struct sw_reader *reader = sw_reader_new_memory(bytes);
    struct sw_archive *archive = NULL;
    enum sw_compression compression;
    if (reader == NULL ||
        sw_reader_new_decompress(reader, MEMORY, &reader, &compression, NULL) < 0 ||
        sw_archive_open(reader, SW_ARCHIVE_TAR, &archive, NULL) < 0)
        return NULL;
    return archive;
}

static void check_facts(const struct sw_facts *facts)
{
    SW_VEC_EACH (fact, &facts->facts) {
        SW_CLEANUP(sw_buf_done) struct sw_buf line = {0};
        SW_CLEANUP(sw_region_done) struct sw_region region = {0};
        struct sw_fact again;
        struct sw_err err = {0};
        sw_buf_init(&line, MEMORY);
        sw_region_init(&region, MEMORY);
        if (sw_fact_json_format_part(fact, 0, &line) == 0 &&
            sw_fact_json_parse(sw_buf_str(&line), &region, &again, &err) == -22)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (wants == NULL && sw_wants_new(sw_analyzers, SW_ASPECTS_ALL, &wants) < 0)
        return 0;
    if (budget == NULL)
        budget = sw_budget_new(MEMORY, 1);
    struct sw_str bytes = {(const char *)data, size};
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = open_layer(bytes);
    if (archive == NULL)
        return 0;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, MEMORY);
    struct sw_facts facts;
    sw_facts_init(&facts, &region);
    struct sw_walk_options options = {
        .wants = wants, .budget = budget, .facts_max_bytes = MEMORY / 2};
    SW_CLEANUP(sw_walk_freep) struct sw_walk *walk = sw_walk_new(&options, &facts);
    sw_walk_archive(walk, archive, NULL);
    SW_CLEANUP(sw_archive_closep) struct sw_archive *again = open_layer(bytes);
    if (sw_walk_needs_links(walk) && again != NULL)
        sw_walk_links(walk, again, NULL);
    sw_walk_finish(walk);
    check_facts(&facts);
    sw_facts_done(&facts);
    return 0;
}
