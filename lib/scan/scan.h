/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's half of a scan: opens the source, starts the sandboxed scanner, hands it bytes that
 * it hashes itself, keeps the cache of layer facts, and folds layers into an inventory. Used by
 * every program that scans. It never parses what an image holds.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "model/aspect.h"
#include "model/note.h"
#include "model/report.h"
#include "wire/message.h"

struct sw_scan_progress {
    const char *stage; /* "reading", "layer", "folding" */
    unsigned layer;    /* 1-based; 0 where none */
    unsigned n_layers;
    uint64_t n_bytes;       /* handed out so far */
    uint64_t n_bytes_total; /* 0: unknown */
    uint64_t n_files;
};

struct sw_engine_options;
struct sw_flight;
struct sw_registry;
struct sw_registry_options;

/* A compiled rule set, as sealed memory (io/sealed.h). The digest is of what it was made from:
 * layers are looked at again when it changes. */
struct sw_scan_content {
    enum sw_content_kind kind;
    int fd; /* borrowed */
    uint64_t size_bytes;
    struct sw_str digest;
};

struct sw_scan_options {
    const char *target;   /* as typed: path, "-", or with a prefix ("oci:", "rootfs:") */
    const char *name;     /* what reports have as their target; NULL: the same */
    const char *platform; /* "linux/arm64/v8"; NULL: this machine's, else the only one */
    bool is_all_platforms;
    unsigned aspects;        /* set of what to look for (model/aspect.h); 0: packages alone */
    bool is_showing_secrets; /* as they are; they are then neither read from nor put into the cache
                              */
    const struct sw_scan_content *contents; /* at most one of a kind */
    size_t n_contents;
    const struct sw_note *notes; /* on the rule sets; in each report */
    size_t n_notes;
    const char *clamd;       /* address of ClamAV's daemon (io/socket.h), for malware; NULL: none */
    bool is_crossing_mounts; /* directories: go into other file systems */
    uint64_t memory_limit_bytes;
    unsigned n_threads;    /* 0: one per processor */
    const char *cache_dir; /* NULL: no cache */
    uint64_t cache_max_bytes;
    const char *scanner_path;                   /* seawall-scanner */
    int stdin_fd;                               /* for "-" */
    const struct sw_registry_options *registry; /* how registries are reached; NULL: plainly */
    const struct sw_engine_options *engines;    /* where they are; NULL: as root has them */
    /* What several scans at once share; NULL: this is the only one. */
    struct sw_registry *client; /* of the target's registry */
    struct sw_flight *flight;   /* with a cache: no layer is fetched by two of them */
    int64_t now_s;              /* wall clock for scanned_at */
    int64_t timeout_s;          /* for all of it: what was not read by then is told of; 0: none */
    const atomic_bool *stop;    /* once true, the scan ends as if the time were over; NULL: never */
    void (*progress)(void *context, const struct sw_scan_progress *progress);
    /* Once, when not NULL: what the scanner says is in force, "landlock=on,seccomp=on,...". A piece
     * that the kernel lacks is a note in each report as well. */
    void (*sandbox)(void *context, struct sw_str pieces);
    /* One call per image and platform. The report's inventory is complete, nothing is matched yet.
     * Borrowed for the call. A negative return ends the scan. */
    int (*report)(void *context, struct sw_report *report);
    void *context;
};

/* 0 when at least one report was made (each with notes for what failed in it); negative errno with
 * a sentence when nothing could be scanned. */
int sw_scan_run(const struct sw_scan_options *options, struct sw_err *err);
