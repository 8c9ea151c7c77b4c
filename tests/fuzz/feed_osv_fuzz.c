/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the OSV reader, as documents and as lines.
 */
#include <stddef.h>
#include <stdint.h>

#include "harness/feed_fuzz.h"
#include "vulndb/build/osv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    feed_fuzz_run(&sw_osv_feed, "osv/x.json", data, size);
    return feed_fuzz_run(&sw_osv_feed, "osv/x.jsonl", data, size);
}
