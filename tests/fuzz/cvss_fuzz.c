/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a CVSS vector: refused with a sentence, or a score in range.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "rules/cvss.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_str vector = {(const char *)data, size};
    struct sw_err err = {0};
    double score = -1;
    enum sw_severity severity = SW_SEVERITY_UNKNOWN;
    int r = sw_cvss_score(vector, &score, &severity, &err);
    if (r == 0 && (!(score >= 0 && score <= 10) || severity >= _SW_SEVERITY_MAX))
        abort();
    if (r < 0 && (err.code != r || err.message[0] == '\0'))
        abort();
    return 0;
}
