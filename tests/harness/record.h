/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes records as the programs in bpf/ do, for tests of whatever reads them.
 */
#pragma once

#include <string.h>

#include "abi/event.h"
#include "base/str.h"

struct test_record {
    union {
        struct sw_abi_record head;
        char bytes[SW_ABI_RECORD_MAX];
    };
    size_t n;
};

static inline void *test_record_begin(struct test_record *record, unsigned kind, size_t n_payload)
{
    memset(record, 0, sizeof(*record));
    record->head.kind = (__u16)kind;
    record->head.version = SW_ABI_VERSION;
    record->head.tier = 'C';
    record->head.sequence = 1;
    record->n = sizeof(record->head) + n_payload;
    record->head.size = (__u32)record->n;
    return record->bytes + sizeof(record->head);
}

static inline struct sw_abi_text test_record_text(
    struct test_record *record, const char *text, size_t n)
{
    struct sw_abi_text at = {(__u16)record->n, (__u16)n};
    memcpy(record->bytes + record->n, text, n);
    record->n += n;
    record->head.size = (__u32)record->n;
    return at;
}

static inline struct sw_str test_record_str(const struct test_record *record)
{
    return (struct sw_str){record->bytes, record->n};
}
