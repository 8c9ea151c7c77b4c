/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The progress line, on standard error so that reports can be piped.
 */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>

#include "io/clock.h"
#include "scan/scan.h"

#define REDRAW_NS ((int64_t)100 * 1000 * 1000)
#define BAR_WIDTH 24

void sw_progress_init(struct sw_progress *progress, bool is_on)
{
    *progress = (struct sw_progress){.is_on = is_on};
}

void sw_progress_text(struct sw_progress *progress, const char *text)
{
    int64_t now_ns = sw_clock_monotonic_ns();
    if (!progress->is_on || (progress->has_line && now_ns - progress->last_ns < REDRAW_NS))
        return;
    progress->last_ns = now_ns;
    progress->has_line = true;
    fprintf(stderr, "\r\033[K%.79s", text);
    fflush(stderr);
}

void sw_progress_show(struct sw_progress *progress, const struct sw_scan_progress *state)
{
    if (!progress->is_on)
        return;
    char bar[BAR_WIDTH + 1];
    uint64_t total = state->n_bytes_total;
    uint64_t done = state->n_bytes < total ? state->n_bytes : total;
    int full = total > 0 ? (int)((double)done / (double)total * BAR_WIDTH) : 0;
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    char text[128];
    snprintf(text, sizeof(text), "[%s] %s %u/%u  %" PRIu64 " MB  %" PRIu64 " files", bar,
        state->stage, state->layer, state->n_layers, state->n_bytes / 1000000, state->n_files);
    sw_progress_text(progress, text);
}

void sw_progress_clear(struct sw_progress *progress)
{
    if (progress->has_line)
        fprintf(stderr, "\r\033[K");
    progress->has_line = false;
}
