/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends the facts of one layer in as many frames as they need.
 */
#pragma once

#include "model/fact.h"
#include "session.h"

/* Negative only when the parent is gone or memory is. A fact that fits no frame becomes a note. */
int sw_facts_out_send(
    struct sw_session *session, uint32_t layer, const struct sw_facts *facts, struct sw_err *err);
