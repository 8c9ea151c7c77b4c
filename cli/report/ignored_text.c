/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One sentence, the same in every format that has a place for one.
 */
#include "report/ignored_text.h"

#include <stdio.h>

struct sw_str sw_ignored_text(const struct sw_ignored *ignored, char *text, size_t size)
{
    struct sw_str reason = sw_str_part(ignored->reason, 0, 1000);
    struct sw_str origin = sw_str_part(ignored->origin, 0, 500);
    struct sw_str until = sw_str_part(ignored->until, 0, 40);
    int n = snprintf(text, size, "%.*s%s%.*s%s%.*s%s",
        SW_STR_ARG(reason.n > 0 ? reason : SW_STR("ignored")), origin.n > 0 ? " (" : "",
        SW_STR_ARG(origin), until.n > 0 ? ", until " : "", SW_STR_ARG(until),
        origin.n > 0 ? ")" : "");
    size_t length = n < 0 ? 0 : (size_t)n;
    return (struct sw_str){text, length < size ? length : size - 1};
}
