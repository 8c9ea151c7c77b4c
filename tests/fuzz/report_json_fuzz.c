/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the reading of reports; what is read must be written and read again as the same text.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "model/report_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int collect(void *context, struct sw_str text)
{
    return sw_buf_append_str(context, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_report_done) struct sw_report report;
    SW_CLEANUP(sw_report_done) struct sw_report back;
    SW_CLEANUP(sw_buf_done) struct sw_buf first = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf second = {0};
    sw_region_init(&region, (size_t)256 * 1024 * 1024);
    sw_report_init(&report, &region);
    sw_report_init(&back, &region);
    sw_buf_init(&first, (size_t)64 * 1024 * 1024);
    sw_buf_init(&second, (size_t)64 * 1024 * 1024);
    struct sw_err err = {0};
    if (sw_report_json_parse((struct sw_str){(const char *)data, size}, &report, &err) < 0)
        return 0;
    if (sw_report_json_format(&report, "1", collect, &first, &err) < 0 ||
        sw_report_json_parse(sw_buf_str(&first), &back, &err) < 0 ||
        sw_report_json_format(&back, "1", collect, &second, &err) < 0 ||
        !sw_str_equal(sw_buf_str(&first), sw_buf_str(&second)))
        abort();
    return 0;
}
