/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the secdb reader.
 */
#include <stddef.h>
#include <stdint.h>

#include "harness/feed_fuzz.h"
#include "vulndb/build/secdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    feed_fuzz_run(&sw_secdb_feed, "v3.20/main.yaml", data, size);
    return feed_fuzz_run(&sw_secdb_feed, "wolfi/security.json", data, size);
}
