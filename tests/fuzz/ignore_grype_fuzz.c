/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the reading of Grype's ignore rules and what its rules say of a report.
 */
#include "harness/ignore_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return ignore_fuzz(SW_IGNORE_GRYPE, data, size);
}
