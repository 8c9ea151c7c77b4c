/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conversation.c (life of the child) and serve.c (what it asks and says).
 */
#pragma once

#include "scan/conversation.h"
#include "wire/frame.h"

/* Handles one frame: 0, or negative errno with a sentence where the child breaks the rules. */
int sw_conversation_take(struct sw_conversation *conversation, int socket,
    const struct sw_frame *frame, struct sw_err *err);
/* Ends every pump. */
void sw_conversation_stop_pumps(struct sw_conversation *conversation);
