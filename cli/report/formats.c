/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of report formats. A new one is two lines here.
 */
#include "report/format.h"

extern const struct sw_report_format sw_report_table;
extern const struct sw_report_format sw_report_json;
extern const struct sw_report_format sw_report_sarif;
extern const struct sw_report_format sw_report_cyclonedx;
extern const struct sw_report_format sw_report_spdx;
extern const struct sw_report_format sw_report_html;
extern const struct sw_report_format sw_report_trivy_json;
extern const struct sw_report_format sw_report_gitlab;
extern const struct sw_report_format sw_report_junit;
extern const struct sw_report_format sw_report_csv;
extern const struct sw_report_format sw_report_markdown;

const struct sw_report_format *const sw_report_formats[] = {
    &sw_report_table,
    &sw_report_json,
    &sw_report_sarif,
    &sw_report_cyclonedx,
    &sw_report_spdx,
    &sw_report_html,
    &sw_report_trivy_json,
    &sw_report_gitlab,
    &sw_report_junit,
    &sw_report_csv,
    &sw_report_markdown,
    NULL,
};

const struct sw_report_format *sw_report_format_find(struct sw_str name)
{
    for (const struct sw_report_format *const *f = sw_report_formats; *f != NULL; f++)
        if (sw_str_equal_z(name, (*f)->name))
            return *f;
    return NULL;
}
