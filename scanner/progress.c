/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signs of life; called for every thousandth entry of a walk.
 */
#include "progress.h"

#include "io/clock.h"

#define TICK_NS ((int64_t)200 * 1000 * 1000)

void sw_progress_tick(void *context, const struct sw_walk_entry *entry, uint64_t n_files)
{
    struct sw_progress *progress = context;
    int64_t now_ns = sw_clock_monotonic_ns();
    if (now_ns - progress->last_ns < TICK_NS)
        return;
    progress->last_ns = now_ns;
    struct sw_message message = {
        .type = SW_MESSAGE_PROGRESS,
        .progress = {.layer = progress->layer, .n_files = n_files, .subject = entry->path},
    };
    /* A parent that is gone will be noticed by who needs an answer. */
    sw_session_send(progress->session, &message, progress->layer, NULL);
}
