/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where images come from: one table of functions per kind of source. A source hands out bytes and
 * knows nothing of what they mean; the child asks, the pump hashes.
 */
#pragma once

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
};
void sw_blob_done(struct sw_blob *blob);

struct sw_source;

struct sw_source_ops {
    const char *name;
    /* Opens what the child asked for; the request is checked, for a child may be anybody's. */
    int (*blob_open)(struct sw_source *source, const struct sw_message_open *open,
        struct sw_blob *ret, struct sw_err *err);
    void (*close)(struct sw_source *source);
};

struct sw_source {
    const struct sw_source_ops *ops;
    enum sw_scan_mode mode;
    const char *form;    /* forced by a prefix, "" otherwise; static */
    int fd;              /* archive or directory; -1 */
    bool is_fd_handed;   /* it goes to the child */
    uint64_t size_bytes; /* of all; 0: unknown */
    struct sw_buf index; /* index.json of a layout */
    bool is_used;        /* a stream that has been handed out already */
};

/* Opens what the target names, by its prefix or by what lies there ("-": stdin_fd). */
int sw_source_open(const char *target, int stdin_fd, struct sw_source *ret, struct sw_err *err);
/* May be called twice. Usable with SW_CLEANUP. */
void sw_source_close(struct sw_source *source);

/* The kinds, by name of their file. Each consumes fd, also on failure. */
int sw_source_archive_open(int fd, struct sw_source *source, struct sw_err *err);
int sw_source_stream_open(int fd, struct sw_source *source, struct sw_err *err);
int sw_source_layout_open(int fd, struct sw_source *source, struct sw_err *err);
int sw_source_rootfs_open(int fd, struct sw_source *source, struct sw_err *err);
