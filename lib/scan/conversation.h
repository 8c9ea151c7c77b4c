/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's side of the talk with the scanners of one scan: starts the first child and a worker
 * for each layer, serves them bytes, gathers what they say, and survives whatever they do. Each may
 * have been taken over by what it reads.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/region.h"
#include "base/vec.h"
#include "model/fact.h"
#include "scan/cache.h"
#include "scan/child.h"
#include "scan/clamd.h"
#include "scan/pump.h"
#include "scan/scan.h"
#include "scan/source.h"
#include "wire/message.h"

/* Ids of layers; a child that counts further is not ours. */
#define SW_CONVERSATION_LAYERS_MAX ((size_t)1 << 17)
/* Workers at once. */
#define SW_CONVERSATION_WORKERS_MAX ((size_t)64)

/* What is known of one layer. */
struct sw_layer_state {
    struct sw_facts facts; /* vectors owned */
    struct sw_pump *pump;  /* owned; while bytes are handed out */
    struct sw_message_open open;
    struct sw_blob_key key;  /* of the first pass */
    unsigned n_passes;       /* pumps started */
    bool is_opened;          /* asked for by the first child; a worker alone speaks of it now */
    bool is_told;            /* the first child gave facts of it, so it gets no worker */
    bool is_done;            /* LAYER_DONE came, or the cache answered */
    bool is_cached;          /* the cache answered for all aspects */
    unsigned cached_aspects; /* for these it did */
    size_t n_cached_facts;   /* the first of `facts` are from there */
    bool is_damaged;
    bool is_flying;       /* a worker of this scan fetches it; other scans wait for it */
    size_t n_facts_bytes; /* memory of its facts */
    int code;             /* of LAYER_DONE */
    struct sw_str message;
    struct sw_str digest; /* of the bytes handed out, hashed here; empty: not to their end */
    struct sw_str child_digest;
    struct sw_str compression;
    struct sw_str diff_id;
    struct sw_err source_err; /* the source's own failure */
};

/* A layer that is to have a worker. */
struct sw_waiting_layer {
    uint32_t layer;
    uint32_t request;
};

struct sw_conversation {
    const struct sw_scan_options *options; /* borrowed */
    unsigned aspects;                      /* to look for */
    struct sw_source *source;              /* borrowed */
    struct sw_cache *cache;                /* borrowed; NULL: none */
    struct sw_region *region;              /* borrowed; all that is gathered lives in it */
    struct sw_region *report_region;       /* borrowed; room for reports when the other is full */
    struct sw_child first;
    struct sw_child workers[SW_CONVERSATION_WORKERS_MAX];
    size_t n_workers;
    size_t n_workers_max; /* set with the first worker, whose share of the memory hangs on it */
    SW_VEC(struct sw_waiting_layer) waiting; /* lowest first; served up to n_served */
    size_t n_served;
    SW_VEC(struct sw_message_image) images;
    SW_VEC(struct sw_note) notes;
    SW_VEC(struct sw_layer_state *) layers; /* by id; NULL: never heard of */
    SW_VEC(struct sw_pump *) loose;         /* of bytes that are no layer */
    int64_t started_ns;
    uint64_t n_bytes; /* handed out by pumps that have ended */
    uint64_t n_files;
    uint64_t n_facts;
    uint64_t n_dropped_bytes; /* facts of layers that had had their share of the memory */
    int64_t last_progress_ns;
    bool has_clamd;                             /* it answered, and scanners may ask for it */
    char clamd_version[SW_CLAMD_VERSION_BYTES]; /* facts of malware hang on it */
    struct sw_err end; /* why the first child ended otherwise than with DONE */
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
