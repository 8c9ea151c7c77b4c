/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the CSAF reader with any bytes.
 */
#include <stddef.h>
#include <stdint.h>

#include "harness/feed_fuzz.h"
#include "vulndb/build/csaf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return feed_fuzz_run(&sw_csaf_feed, "csaf/x.json", data, size);
}
