/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the eol reader.
 */
#include <stddef.h>
#include <stdint.h>

#include "harness/feed_fuzz.h"
#include "vulndb/build/eol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    feed_fuzz_run(&sw_eol_feed, "eol/debian.json", data, size);
    return feed_fuzz_run(&sw_eol_feed, "eol.jsonl", data, size);
}
