/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the kev reader.
 */
#include <stddef.h>
#include <stdint.h>

#include "harness/feed_fuzz.h"
#include "vulndb/build/kev.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return feed_fuzz_run(&sw_kev_feed, "kev", data, size);
}
