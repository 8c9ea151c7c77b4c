/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outlines of YARA rules: items lie in order, inside the text, and never overlap. The bytes serve
 * as the head of compiled rules too.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "scan/yara_outline.h"
#include "wire/yara_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SW_CLEANUP(sw_yara_outline_done) struct sw_yara_outline outline = {0};
    struct sw_str text = {(const char *)data, size};
    struct sw_yara_file file;
    size_t end = 0;
    unsigned line = 1;
    (void)sw_yara_file_parse(text, &file);
    if (sw_yara_outline_parse(text, &outline) < 0)
        return 0;
    SW_VEC_EACH (item, &outline.items) {
        if (item->start < end || item->end < item->start || item->end > size || item->line < line ||
            item->end_line < item->line)
            abort();
        end = item->end;
        line = item->line;
    }
    return 0;
}
