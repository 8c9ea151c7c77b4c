/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the reading of facts; what is read must be written and read again as the same text.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/fact_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, (size_t)64 * 1024 * 1024);
    struct sw_fact fact = {0};
    struct sw_err err = {0};
    if (sw_fact_json_parse((struct sw_str){(const char *)data, size}, &region, &fact, &err) < 0)
        return 0;
    SW_CLEANUP(sw_buf_done) struct sw_buf first = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf second = {0};
    sw_buf_init(&first, SW_FACT_JSON_MAX);
    sw_buf_init(&second, SW_FACT_JSON_MAX);
    if (sw_fact_json_format(&fact, &first) < 0)
        abort();
    if (sw_fact_json_parse(sw_buf_str(&first), &region, &fact, &err) < 0 ||
        sw_fact_json_format(&fact, &second) < 0 ||
        !sw_str_equal(sw_buf_str(&first), sw_buf_str(&second)))
        abort();
    return 0;
}
