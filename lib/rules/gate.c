/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of verdicts and exit statuses.
 */
#include "rules/gate.h"

#include <assert.h>

#include "base/mem.h"

static const char *const explanations[] = {
    [SW_EXIT_DONE] = "done, with findings or without",
    [SW_EXIT_FINDINGS] = "findings at or above the level of --fail-on",
    [SW_EXIT_USAGE] = "used wrongly",
    [SW_EXIT_FAILED] = "could not scan, or could not do what was asked",
    [SW_EXIT_INCOMPLETE] =
        "scanned, but incomplete; outranks 1, and --allow-incomplete turns it off",
};
static_assert(SW_ARRAY_SIZE(explanations) == _SW_EXIT_MAX, "a line for each status");

const char *sw_exit_explain(enum sw_exit status)
{
    assert(status < _SW_EXIT_MAX);
    return explanations[status];
}

bool sw_gate_is_at_or_above(const struct sw_finding *finding, enum sw_severity level)
{
    return finding->status != SW_FIX_NOT_AFFECTED && finding->severity >= level;
}

enum sw_exit sw_gate_exit(bool has_failing, bool is_incomplete)
{
    static const enum sw_exit statuses[2][2] = {
        /* complete, incomplete */
        {SW_EXIT_DONE, SW_EXIT_INCOMPLETE},     /* no finding at or above the level */
        {SW_EXIT_FINDINGS, SW_EXIT_INCOMPLETE}, /* some */
    };
    return statuses[has_failing][is_incomplete];
}
