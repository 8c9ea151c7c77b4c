/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of clamd: what is taken for a name is printable and short.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "malware/clamd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_clamd_answer answer;
    if (sw_clamd_answer_parse((struct sw_str){(const char *)data, size}, &answer) < 0)
        return 0;
    if (answer.text.n > SW_CLAMD_TEXT_MAX ||
        (answer.verdict == SW_CLAMD_FOUND && answer.text.n == 0))
        abort();
    for (size_t i = 0; i < answer.text.n; i++)
        if (answer.text.p[i] < ' ' || answer.text.p[i] > '~')
            abort();
    return 0;
}
