/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the reading of both of Trivy's ignore files (the first byte chooses) and what their rules
 * say of a report.
 */
#include "harness/ignore_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    return ignore_fuzz(data[0] == 'y' ? SW_IGNORE_TRIVY_YAML : SW_IGNORE_TRIVY, data + 1, size - 1);
}
