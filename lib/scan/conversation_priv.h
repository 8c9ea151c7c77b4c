/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conversation.c (the children of one scan) and serve.c (what they ask and say).
 */
#pragma once

#include "scan/conversation.h"

/* Handles one frame: 0, or negative errno with a sentence where the child breaks the rules. */
int sw_conversation_take(struct sw_conversation *conversation, struct sw_child *child,
    const struct sw_frame *frame, struct sw_err *err);
/* Tells the first child that the layer is settled: from the cache, or by a worker. */
int sw_conversation_settle(
    struct sw_conversation *conversation, uint32_t request, struct sw_err *err);
/* Whether the cache has a layer's facts: they are taken then. */
bool sw_conversation_load_cached(
    struct sw_conversation *conversation, struct sw_layer_state *layer, struct sw_str digest);
/* The end of a layer whose worker ended without saying so. */
void sw_conversation_lose_layer(
    struct sw_conversation *conversation, uint32_t id, const struct sw_err *why);
/* Tells what the caller has to say of its rule sets. 0 or -ENOMEM. */
int sw_conversation_note_contents(struct sw_conversation *conversation);
/* Tells that clamd cannot be had, or not any more. 0 or -ENOMEM. */
int sw_conversation_note_clamd(struct sw_conversation *conversation, const struct sw_err *why);
/* Ends every pump. */
void sw_conversation_stop_pumps(struct sw_conversation *conversation);
