/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every part of the child shares during its one scan. Made by main after the sandbox is shut.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "budget.h"
#include "content.h"
#include "io/beneath.h"
#include "session.h"
#include "wants.h"
#include "wire/message.h"

struct sw_engine {
    struct sw_session *session;
    struct sw_wants *wants;
    struct sw_budget *budget;
    const struct sw_message_scan *scan;
    const struct sw_contents *contents; /* borrowed: rule sets */
    int source_fd;                      /* of SCAN; -1: none */
    struct sw_beneath_mounts mounts;    /* not to be entered */
    unsigned n_threads;
    size_t facts_max_bytes;   /* of one layer */
    size_t window_max_bytes;  /* of one decompressor */
    uint32_t n_passed;        /* layers read from a stream before the images were known */
    struct sw_region *region; /* for the main thread: images, names, plans */
};

/* Splits the memory limit and makes the tables. 0, -ENOMEM. */
int sw_engine_init(struct sw_engine *engine, struct sw_session *session,
    const struct sw_message_scan *scan, const struct sw_contents *contents,
    struct sw_region *region);
/* What the whole process may take for that scan. */
uint64_t sw_engine_process_bytes(const struct sw_message_scan *scan);
/* May be called twice. Usable with SW_CLEANUP. */
void sw_engine_done(struct sw_engine *engine);

/* The whole scan, by mode: sends everything but DONE and FAILED. */
int sw_engine_run(struct sw_engine *engine, struct sw_err *err);
/* A note on the whole source. */
int sw_engine_note(struct sw_engine *engine, enum sw_note_kind kind, struct sw_str subject,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
