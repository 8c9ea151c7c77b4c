/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as JSON: one flat object, keys are the names of fields (docs/events.md).
 */
#pragma once

#include "base/buf.h"
#include "model/event.h"

/* One line with its newline, appended: 0, -ENOMEM, -EFBIG. Empty texts, and false among the fields
 * that every kind has, are left out. */
int sw_event_json_write(const struct sw_event *event, struct sw_buf *buf);
