/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of hash lists, all with one parser, and verdicts of compiled ones.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "scan/hash_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_str rest = {(const char *)data, size};
    struct sw_str line;
    struct sw_hash_verdict verdict;
    SW_CLEANUP(sw_mem_freep) struct sw_hash_list_parser *parser = sw_mem_alloc(sizeof(*parser));
    if (parser == NULL)
        return 0;
    (void)sw_hash_verdict_parse(rest, &verdict);
    sw_hash_list_parser_init(parser);
    while (sw_str_next_line(&rest, &line)) {
        struct sw_err err = {0};
        struct sw_hash_list_entry entry;
        SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
        sw_buf_init(&buf, SW_HASH_NAME_MAX + SW_HASH_REFERENCE_MAX + 2);
        if (sw_hash_list_parse_line(parser, line, &entry, &err) != 1)
            continue;
        verdict = (struct sw_hash_verdict){
            .severity = entry.severity, .name = entry.name, .reference = entry.reference};
        if (sw_hash_verdict_format(&verdict, &buf) < 0 ||
            sw_hash_verdict_parse(sw_buf_str(&buf), &verdict) < 0)
            abort();
    }
    return 0;
}
