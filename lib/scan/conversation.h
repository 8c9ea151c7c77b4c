/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's side of the talk with one scanner child: starts it, serves it bytes, gathers what it
 * says, and survives whatever it does. The child may have been taken over by what it reads.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/region.h"
#include "base/vec.h"
#include "model/fact.h"
#include "scan/cache.h"
#include "scan/pump.h"
#include "scan/scan.h"
#include "scan/source.h"
#include "wire/message.h"

/* Ids of layers; a child that counts further is not ours. */
#define SW_CONVERSATION_LAYERS_MAX ((size_t)1 << 17)

/* Of a path, for a sentence. */
#define SW_CONVERSATION_READING_BYTES 201

/* What is known of one layer. */
struct sw_layer_state {
    struct sw_facts facts; /* vectors owned */
    struct sw_pump *pump;  /* owned; while bytes are handed out */
    struct sw_message_open open;
    struct sw_blob_key key; /* of the first pass */
    unsigned n_passes;      /* pumps started */
    bool is_opened;
    bool is_done;   /* LAYER_DONE came, or the cache answered */
    bool is_cached; /* the cache answered */
    bool is_damaged;
    size_t n_facts_bytes; /* memory of its facts */
    int code;             /* of LAYER_DONE */
    struct sw_str message;
    struct sw_str digest; /* of the bytes handed out, hashed here; empty: not to their end */
    struct sw_str child_digest;
    struct sw_str compression;
    struct sw_str diff_id;
    struct sw_err source_err; /* the source's own failure */
};

struct sw_conversation {
    const struct sw_scan_options *options; /* borrowed */
    struct sw_source *source;              /* borrowed */
    struct sw_cache *cache;                /* borrowed; NULL: none */
    struct sw_region *region;              /* borrowed; all that is gathered lives in it */
    struct sw_region *report_region;       /* borrowed; room for reports when the other is full */
    struct sw_str analyzers;
    SW_VEC(struct sw_message_image) images;
    SW_VEC(struct sw_note) notes;
    SW_VEC(struct sw_layer_state *) layers; /* by id; NULL: never heard of */
    size_t n_pumps;                         /* of layers */
    SW_VEC(struct sw_pump *) loose;         /* of bytes that are no layer */
    uint64_t n_bytes;                       /* handed out by pumps that have ended */
    uint64_t n_files;
    uint64_t n_facts;
    uint64_t n_dropped_bytes; /* facts of layers that had had their share of the memory */
    char reading[SW_CONVERSATION_READING_BYTES]; /* the start of what the child read last */
    uint64_t n_idle; /* frames that brought nothing: signs of life, notes beyond the cap */
    int64_t started_ns;
    bool is_complete;  /* DONE or FAILED came */
    struct sw_err end; /* why it ended otherwise, or FAILED's words; code 0: DONE */
};

void sw_conversation_init(struct sw_conversation *conversation,
    const struct sw_scan_options *options, struct sw_region *region);
/* May be called twice. Usable with SW_CLEANUP. */
void sw_conversation_done(struct sw_conversation *conversation);

/* A note of the parent's own on the whole source; the text is borrowed for good. 0 or -ENOMEM. */
int sw_conversation_note(
    struct sw_conversation *conversation, enum sw_note_kind kind, struct sw_str message);

/* The whole talk. Returns 0 when the child could be started, however it ended: see `end`. */
int sw_conversation_run(struct sw_conversation *conversation, struct sw_err *err);

/* The state of a layer; NULL when the child never spoke of it. */
struct sw_layer_state *sw_conversation_layer(
    const struct sw_conversation *conversation, uint32_t id);
