/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the epss reader.
 */
#include <stddef.h>
#include <stdint.h>

#include "harness/feed_fuzz.h"
#include "vulndb/build/epss.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return feed_fuzz_run(&sw_epss_feed, "epss", data, size);
}
