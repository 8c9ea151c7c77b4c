/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A note: something that a reader of a report must know beyond findings. Nothing that was left out,
 * cut short or refused goes without one.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

enum sw_note_kind {
    SW_NOTE_INFO,        /* worth knowing; the result is complete */
    SW_NOTE_UNEXAMINED,  /* seen, but nothing in this version examines it */
    SW_NOTE_LIMIT,       /* cut short by a limit: file, size, analyzer */
    SW_NOTE_UNREADABLE,  /* damaged, truncated, refused or not permitted */
    SW_NOTE_UNSUPPORTED, /* the system or database form is not supported */
    SW_NOTE_END_OF_LIFE, /* the system no longer gets advisories */
    SW_NOTE_DATABASE,    /* vulnerability database absent, old, or without this system's feed */
    _SW_NOTE_KIND_MAX
};

struct sw_note {
    enum sw_note_kind kind;
    struct sw_str subject;  /* path, digest or system that it is about; bytes */
    struct sw_str message;  /* one sentence, lower case, no full stop */
    struct sw_str analyzer; /* which analyzer or part said so; may be empty */
    int layer;              /* -1 when it is about no layer */
};

/* "info", "unexamined", "limit", ... as in JSON. */
const char *sw_note_kind_name(enum sw_note_kind kind);
int sw_note_kind_find(struct sw_str name, enum sw_note_kind *ret);

/* True for the kinds that make a scan incomplete (exit status 4): limit, unreadable, unsupported,
 * end of life. A database note makes it incomplete only where --db-max-age says so; that note is
 * then made with SW_NOTE_UNSUPPORTED by the caller. */
bool sw_note_is_incomplete(enum sw_note_kind kind);
