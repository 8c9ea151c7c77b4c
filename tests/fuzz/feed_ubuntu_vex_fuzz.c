/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the Ubuntu VEX reader with any bytes.
 */
#include <stddef.h>
#include <stdint.h>

#include "harness/feed_fuzz.h"
#include "vulndb/build/ubuntu_vex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return feed_fuzz_run(&sw_ubuntu_vex_feed, "vex/x.json", data, size);
}
