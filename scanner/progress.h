/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signs of life: what is being read, a few times a second at most. The parent takes silence for a
 * hang.
 */
#pragma once

#include <stdint.h>

#include "session.h"
#include "walk.h"

struct sw_progress {
    struct sw_session *session; /* borrowed */
    uint32_t layer;
    int64_t last_ns;
};

/* For sw_walk_options.tick; context is a struct sw_progress. */
void sw_progress_tick(void *context, const struct sw_walk_entry *entry, uint64_t n_files);
