/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule sets that the parent compiled and handed over: memory that is mapped for reading, shared by
 * all children. Taken in before the sandbox is shut; nothing of it comes from an image.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "wire/message.h"

struct sw_content {
    struct sw_str bytes; /* mapped, page-aligned; p NULL: none was handed over */
    int fd;              /* owned; -1 */
};

struct sw_malware;

struct sw_contents {
    struct sw_content items[_SW_CONTENT_MAX];
    struct sw_malware *malware; /* owned; what malware is known by; NULL: nothing */
};

void sw_contents_init(struct sw_contents *contents);
/* May be called twice. */
void sw_contents_done(struct sw_contents *contents);
/* Maps what came with CONTENT and takes the descriptor over, also when it fails. */
int sw_contents_add(struct sw_contents *contents, const struct sw_message_content *message, int fd,
    struct sw_err *err);
/* Readies what has to be opened before the sandbox is shut. */
struct sw_session;
int sw_contents_open(struct sw_contents *contents, const struct sw_message_scan *scan,
    struct sw_session *session, struct sw_err *err);
/* The bytes of that kind; empty when there are none. */
struct sw_str sw_contents_get(const struct sw_contents *contents, enum sw_content_kind kind);
