/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line on the terminal that says how far a long piece of work is; nothing when piped.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct sw_scan_progress;

struct sw_progress {
    bool is_on;
    bool has_line;
    int64_t last_ns;
};

void sw_progress_init(struct sw_progress *progress, bool is_on);
/* Redraws at most ten times a second. */
void sw_progress_show(struct sw_progress *progress, const struct sw_scan_progress *state);
/* The same for any text. */
void sw_progress_text(struct sw_progress *progress, const char *text);
/* Takes the line away, before anything else is printed. */
void sw_progress_clear(struct sw_progress *progress);
