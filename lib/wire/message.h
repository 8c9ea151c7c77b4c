/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the scanning program (parent) and seawall-scanner (child) say to one another. One struct per
 * message; message_json.c turns them into payloads and back. What a message means is the business
 * of the two ends (README.md).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "model/aspect.h"
#include "model/image.h"
#include "model/note.h"
#include "model/report.h"

/* Raised when one end would misunderstand the other. */
#define SW_MESSAGE_PROTOCOL 2

enum sw_message_type {
    SW_MESSAGE_HELLO = 1,  /* child: who I am; sent before any byte of the source is read */
    SW_MESSAGE_SCAN,       /* parent: what to scan; the descriptor of the source beside it */
    SW_MESSAGE_OPEN,       /* child: give me these bytes; frame id names the request */
    SW_MESSAGE_OPENED,     /* parent: reading end of a ring beside it; same frame id */
    SW_MESSAGE_IMAGE,      /* child: an image and the ids of its layers */
    SW_MESSAGE_FACTS,      /* child: facts as JSON lines; frame id names the layer */
    SW_MESSAGE_LAYER_DONE, /* child: no more facts; frame id names the layer */
    SW_MESSAGE_NOTE,       /* child: a note on the whole source */
    SW_MESSAGE_PROGRESS,   /* child: alive; may be ignored */
    SW_MESSAGE_DONE,       /* child: everything was said */
    SW_MESSAGE_FAILED,     /* child: nothing can be scanned, and why */
    SW_MESSAGE_CONTENT,    /* parent: a compiled rule set, before SCAN; its memory beside it */
    _SW_MESSAGE_MAX
};

/* How the bytes of a source can be had. */
enum sw_scan_mode {
    SW_SCAN_ARCHIVE,   /* a file that seeks; its descriptor comes with SCAN */
    SW_SCAN_STREAM,    /* bytes that pass once: OPEN whole */
    SW_SCAN_BLOBS,     /* blobs by digest; SCAN carries the top index */
    SW_SCAN_DIRECTORY, /* a root file system; its directory descriptor comes with SCAN */
    SW_SCAN_LAYER,     /* one layer: OPEN whole, as layer 0, and again for a second pass */
    _SW_SCAN_MODE_MAX
};

enum sw_open_kind {
    SW_OPEN_WHOLE,
    SW_OPEN_RANGE,
    SW_OPEN_BLOB,
    SW_OPEN_CLAMD, /* no bytes of the source, but a connection to clamd */
    _SW_OPEN_KIND_MAX
};

/* Rule sets that the parent compiled. */
enum sw_content_kind {
    SW_CONTENT_SECRET_RULES, /* rules/secret_image.h */
    SW_CONTENT_YARA_RULES,
    SW_CONTENT_HASH_LIST,
    _SW_CONTENT_MAX
};
/* "secret-rules", ... */
const char *sw_content_kind_name(enum sw_content_kind kind);
enum sw_aspect sw_content_kind_aspect(enum sw_content_kind kind);

#define SW_MESSAGE_NO_LAYER UINT32_MAX
#define SW_MESSAGE_TEXT_MAX ((size_t)8192)
#define SW_MESSAGE_INSTRUCTION_MAX ((size_t)1024)
/* Findings in an image's config, as IMAGE carries them. */
#define SW_MESSAGE_CONFIG_FACTS_MAX ((size_t)1 << 20)
#define SW_MESSAGE_INDEX_MAX ((size_t)2 << 20) /* the top index of a layout, as SCAN carries it */

struct sw_message_hello {
    uint64_t protocol;
    struct sw_str version;
    /* "apk=1,dpkg=3": what facts of this child are worth, by aspect; empty: not at work. */
    struct sw_str analyzers[_SW_ASPECT_MAX];
    struct sw_str sandbox; /* what is in force, for people: "landlock, seccomp" */
};

struct sw_message_scan {
    enum sw_scan_mode mode;
    struct sw_str form; /* forced by a prefix: "docker-archive", "oci", "rootfs"; or empty */
    struct sw_str platform;
    bool is_all_platforms;
    bool is_crossing_mounts;
    uint64_t memory_limit_bytes;
    uint64_t n_threads;
    uint64_t size_bytes;    /* of the source; 0: unknown */
    struct sw_str index;    /* SW_SCAN_BLOBS: the bytes of index.json */
    bool is_diff_id_wanted; /* SW_SCAN_LAYER: as OPEN said */
    unsigned aspects;       /* set of what to look for (model/aspect.h) */
    bool is_showing_secrets;
    bool has_clamd; /* SW_OPEN_CLAMD may be asked for */
};

struct sw_message_content {
    enum sw_content_kind kind;
    uint64_t size_bytes;
};

struct sw_message_open {
    enum sw_open_kind kind;
    uint32_t layer; /* SW_MESSAGE_NO_LAYER: not a layer */
    struct sw_str digest;
    uint64_t offset;
    uint64_t length;        /* SW_OPEN_BLOB: as its manifest claims; 0: not said */
    bool is_again;          /* a second pass: an answer from the cache does not serve */
    bool is_diff_id_wanted; /* of the layer's uncompressed bytes */
    bool is_manifest;       /* SW_OPEN_BLOB: a registry keeps manifests apart from blobs */
};

struct sw_message_opened {
    int64_t code; /* 0 or negative errno */
    struct sw_str message;
    bool is_cached; /* the parent has this layer's facts, or why not; no descriptor comes */
    uint64_t size_bytes;
};

struct sw_message_image {
    enum sw_target_kind kind;
    struct sw_image image;
    uint32_t *layer_ids;        /* image.n_layers of them */
    struct sw_str config_facts; /* findings in its config, as lines of model/fact_json.h */
};

struct sw_message_layer_done {
    int64_t code; /* 0, or negative errno: cut short, message says why */
    struct sw_str message;
    struct sw_str compression;
    struct sw_str digest;  /* of the stored bytes, where the parent does not see them */
    struct sw_str diff_id; /* of the uncompressed bytes, where nothing else can be checked */
    uint64_t n_files;
    uint64_t n_bytes;
    bool is_whole; /* every byte was taken in: the facts may be stored */
};

struct sw_message_note {
    enum sw_note_kind kind;
    struct sw_str subject;
    struct sw_str message;
};

struct sw_message_progress {
    uint32_t layer;
    uint64_t n_files;
    struct sw_str subject; /* what is being read */
};

struct sw_message_failed {
    int64_t code;
    struct sw_str message;
};

struct sw_message {
    enum sw_message_type type;
    union {
        struct sw_message_hello hello;
        struct sw_message_scan scan;
        struct sw_message_open open;
        struct sw_message_opened opened;
        struct sw_message_image image;
        struct sw_message_layer_done layer_done;
        struct sw_message_note note;
        struct sw_message_progress progress;
        struct sw_message_failed failed;
        struct sw_message_content content;
    };
};

/* Appends the payload: 0, -ENOMEM, -EFBIG. FACTS is no business of this codec. */
int sw_message_format(const struct sw_message *message, struct sw_buf *buf);
/* Reads a payload of that type; bytes live in the region. -ENOSYS: unknown type; -EINVAL: broken;
 * -ENOMEM: also when the region is full. */
int sw_message_parse(enum sw_message_type type, struct sw_str payload, struct sw_region *region,
    struct sw_message *ret, struct sw_err *err);
