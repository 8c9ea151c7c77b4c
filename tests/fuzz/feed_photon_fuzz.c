/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the Photon OS reader with any bytes.
 */
#include <stddef.h>
#include <stdint.h>

#include "harness/feed_fuzz.h"
#include "vulndb/build/photon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return feed_fuzz_run(&sw_photon_feed, "photon/cve_data_photon5.0.json", data, size);
}
