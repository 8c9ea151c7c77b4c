/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child's end of the socket: sends messages, and asks for bytes from several threads at once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "wire/message.h"

struct sw_contents;
struct sw_session;

/* The socket is borrowed. NULL: out of memory. */
struct sw_session *sw_session_new(int socket);
void sw_session_free(struct sw_session *session);
void sw_session_freep(struct sw_session **session);

/* Waits for SCAN, and takes the rule sets that come before it. *ret_fd is the caller's; -1 where
 * none came. */
int sw_session_receive_scan(struct sw_session *session, struct sw_contents *contents,
    struct sw_region *region, struct sw_message_scan *ret, int *ret_fd, struct sw_err *err);

/* Sends a message; id names the layer or request, 0 where there is none. */
int sw_session_send(
    struct sw_session *session, const struct sw_message *message, uint32_t id, struct sw_err *err);
/* Sends FACTS. */
int sw_session_send_facts(
    struct sw_session *session, uint32_t layer, struct sw_str lines, struct sw_err *err);

struct sw_session_opened {
    int fd; /* reading end of a ring, the caller's; -1 when cached */
    bool is_cached;
    uint64_t size_bytes;
};
/* Asks the parent for bytes and waits for the answer; other threads may ask meanwhile. */
int sw_session_open(struct sw_session *session, const struct sw_message_open *open,
    struct sw_session_opened *ret, struct sw_err *err);
/* Asks for a document and reads it whole into buf. */
int sw_session_load(struct sw_session *session, const struct sw_message_open *open,
    struct sw_buf *buf, struct sw_err *err);
