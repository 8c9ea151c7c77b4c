/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One seawall-scanner: its process, its socket, and what it may speak of. The first child of a scan
 * reads manifests and asks for layers; a worker is handed one layer and may speak of no other.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "io/process.h"
#include "wire/frame.h"
#include "wire/message.h"

struct sw_scan_options;

/* Of a path, for a sentence. */
#define SW_CHILD_READING_BYTES 201

struct sw_child {
    struct sw_process *process; /* owned */
    struct sw_frame_reader reader;
    int socket;       /* owned; -1 */
    uint32_t layer;   /* that a worker was started for; SW_MESSAGE_NO_LAYER: the first child */
    uint32_t request; /* of the first child, which waits until that layer is settled */
    struct sw_str analyzers[_SW_ASPECT_MAX]; /* of HELLO */
    bool is_introduced;
    char reading[SW_CHILD_READING_BYTES]; /* the start of what it read last */
    uint64_t n_idle;       /* frames that brought nothing: signs of life, notes beyond the cap */
    uint64_t last_n_bytes; /* handed to it, when it was last looked at */
    int64_t last_change_ns;
    int64_t started_ns;
    bool is_complete;  /* DONE or FAILED came */
    struct sw_err end; /* why it ended otherwise, or FAILED's words; code 0: well */
};

/* Starts the scanner of the options with that first message and descriptor (-1: none), and hands it
 * the rule sets of the aspects that it is to look for. */
int sw_child_start(struct sw_child *child, const struct sw_scan_options *options,
    const struct sw_message_scan *scan, int fd, struct sw_err *err);
/* -ETIMEDOUT when neither a frame nor a byte has moved for too long. */
int sw_child_watch(struct sw_child *child, uint64_t n_bytes, bool is_excused, struct sw_err *err);
/* Puts why it ended (r, talk_err) into `end`: "scanner: killed by signal 9 (KILL) while it read
 * 'var/lib/dpkg/status'". Waits for the end of one that has closed its socket, kills any other. */
void sw_child_describe_end(
    struct sw_child *child, int r, const struct sw_err *talk_err, int64_t timeout_ms);
/* Kills it if need be. May be called twice. */
void sw_child_done(struct sw_child *child);
