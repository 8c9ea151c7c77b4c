/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts over a whole report: does it pass, and what does a program end with. The only place that
 * knows exit statuses; the CLI asks it, the server's gate calls the same functions.
 */
#pragma once

#include <stdbool.h>

#include "model/finding.h"

enum sw_exit {
    SW_EXIT_DONE = 0,       /* did what was asked, findings or not */
    SW_EXIT_FINDINGS = 1,   /* findings at or above the level of --fail-on */
    SW_EXIT_USAGE = 2,      /* asked wrongly: unknown option, missing operand */
    SW_EXIT_FAILED = 3,     /* could not scan, or could not do what was asked */
    SW_EXIT_INCOMPLETE = 4, /* scanned, but not all of it can be judged */
    _SW_EXIT_MAX
};

/* One line for help texts and documents, lower case, no full stop. Static. */
const char *sw_exit_explain(enum sw_exit status);

/* True when the finding counts at this level. A finding of unknown severity counts only at level
 * unknown; what the vendor says is not affected never counts. */
bool sw_gate_is_at_or_above(const struct sw_finding *finding, enum sw_severity level);

/* What a scan that could be done ends with. Incomplete outranks findings: a verdict on a part must
 * not pass for one on the whole. The caller leaves is_incomplete false where it was allowed. */
enum sw_exit sw_gate_exit(bool has_failing, bool is_incomplete);
