/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the reading of the dpkg database.
 */
#include <stdint.h>

#include "catalog/dpkg.h"
#include "harness/analyze.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    test_analysis_init(&analysis);
    (void)test_analyze(&analysis, &sw_dpkg_analyzer,
        size % 2 == 0 ? "var/lib/dpkg/status" : "var/lib/dpkg/status.d/a",
        (struct sw_str){(const char *)data, size});
    return 0;
}
