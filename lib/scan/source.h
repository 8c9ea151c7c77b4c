/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where images come from: one table of functions per kind of source. A source hands out bytes and
 * knows nothing of what they mean; the child asks, the pump hashes.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "io/file.h"
#include "io/reader.h"
#include "model/report.h"
#include "wire/message.h"

/* Which bytes of which file, for the record of their digest. */
struct sw_blob_key {
    struct sw_file_identity file;
    uint64_t offset;
    uint64_t length;
};

/* Bytes about to be handed out. */
struct sw_blob {
    struct sw_reader *reader; /* owned */
    int wait_fd;              /* may keep a read waiting for ever: watched first; -1: none */
    uint64_t size_bytes;      /* 0: unknown */
    bool has_key;
    struct sw_blob_key key;
    int key_fd; /* the file that the key names, borrowed from source or reader */
    /* Set by another thread to make a read that waits for a network end; lives as long as the
     * reader. NULL: reads do not wait so long. */
    atomic_bool *stop;
};
void sw_blob_done(struct sw_blob *blob);

struct sw_source;

struct sw_source_ops {
    const char *name;
    /* Blobs are named by the digest of their bytes: facts that the cache has under the digest serve
     * without blob_open. What is handed out is hashed all the same. */
    bool is_by_digest;
    /* Opens what the child asked for; the request is checked, for a child may be anybody's. It is
     * called by the thread that talks with the children and must not wait: what takes time (a
     * network) happens in the reader, which a thread of its own reads. Readers of several blobs
     * are read at once, each by its thread. */
    int (*blob_open)(struct sw_source *source, const struct sw_message_open *open,
        struct sw_blob *ret, struct sw_err *err);
    void (*close)(struct sw_source *source);
};

struct sw_source {
    const struct sw_source_ops *ops;
    void *state; /* of the kind; its close frees it */
    enum sw_scan_mode mode;
    bool has_target_kind; /* the kind that reports name, instead of what the child found */
    enum sw_target_kind target_kind;
    const char *form;    /* forced by a prefix, "" otherwise; static */
    int fd;              /* archive or directory; -1 */
    bool is_fd_handed;   /* it goes to the child */
    uint64_t size_bytes; /* of all; 0: unknown */
    struct sw_buf index; /* index.json of a layout */
    bool is_used;        /* a stream that has been handed out already */
    const char *place;   /* where blobs come from, for sentences about them; NULL: the target */
    /* The manifest was made here to name what an engine has: its digest says nothing to anybody.
     * What the engine knows of the real one's stands for it; may be empty. */
    bool is_manifest_made;
    struct sw_str image_digest;
};

struct sw_cache;
struct sw_engine_options;
struct sw_flight;
struct sw_registry;
struct sw_registry_options;

/* What a source may need to be opened; strings are borrowed until it is closed. */
struct sw_source_options {
    const char *target;
    int stdin_fd;                               /* for "-" */
    const struct sw_registry_options *registry; /* for "registry:"; NULL: anonymous, defaults */
    struct sw_registry *client;                 /* of the target's registry; NULL: made here */
    struct sw_cache *cache;                     /* for manifests and configs; NULL: none */
    const struct sw_engine_options *engines;    /* NULL: the usual places of root's */
    struct sw_flight *flight;                   /* of several scans at once; NULL: this is one */
    bool is_all_platforms;
};

/* A kind of source that a prefix forces: "registry:NAME". One line in the table of sources.c. */
struct sw_source_kind {
    const char *prefix; /* without the colon */
    /* Fills a source that was initialised empty; what it set is closed also on failure. `rest` is
     * the target without the prefix. */
    int (*open)(const char *rest, const struct sw_source_options *options, struct sw_source *source,
        struct sw_err *err);
};
extern const struct sw_source_kind sw_source_kinds[]; /* ends with a prefix of NULL */
/* The kinds that are asked, in this order, for a target that is no file and could be the name of an
 * image; ends with NULL. */
extern const char *const sw_source_bare_kinds[];

/* Opens what the target names, by its prefix or by what lies there ("-": stdin_fd); where nothing
 * does, the image of that name. */
int sw_source_open(
    const struct sw_source_options *options, struct sw_source *ret, struct sw_err *err);
/* The same for a path or "-", of the form that source->form forces. */
int sw_source_open_path(const char *path, const struct sw_source_options *options,
    struct sw_source *source, struct sw_err *err);
/* May be called twice. Usable with SW_CLEANUP. */
void sw_source_close(struct sw_source *source);

/* The kinds, by name of their file. Each consumes fd, also on failure. */
int sw_source_archive_open(int fd, struct sw_source *source, struct sw_err *err);
int sw_source_stream_open(int fd, struct sw_source *source, struct sw_err *err);
int sw_source_layout_open(int fd, struct sw_source *source, struct sw_err *err);
int sw_source_registry_open(const char *rest, const struct sw_source_options *options,
    struct sw_source *source, struct sw_err *err);
int sw_source_containerd_open(const char *rest, const struct sw_source_options *options,
    struct sw_source *source, struct sw_err *err);
int sw_source_docker_open(const char *rest, const struct sw_source_options *options,
    struct sw_source *source, struct sw_err *err);
int sw_source_podman_open(const char *rest, const struct sw_source_options *options,
    struct sw_source *source, struct sw_err *err);
int sw_source_rootfs_open(int fd, struct sw_source *source, struct sw_err *err);
