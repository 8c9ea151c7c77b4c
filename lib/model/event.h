/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event of a running node: who did what, in which container. Made from one table, event.def, of
 * which docs/events.md is the readable form. Rules, output and tests reach fields by their names
 * through the registry here; code that knows its field uses the member.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi/event.h"
#include "base/err.h"
#include "base/str.h"

enum sw_event_kind {
    SW_EVENT_NONE = SW_ABI_NONE,
#define KIND(symbol, kind, payload, ring, call, about) SW_EVENT_##symbol = SW_ABI_##symbol,
#include "model/event.def"
    _SW_EVENT_MAX = SW_ABI_KIND_MAX
};

enum sw_event_type {
    SW_EVENT_U64,
    SW_EVENT_I64,
    SW_EVENT_BOOL,
    SW_EVENT_STR,
    SW_EVENT_LIST,    /* struct sw_str, a NUL after each text */
    SW_EVENT_ADDRESS, /* struct sw_event_address */
    SW_EVENT_HEX,     /* uint64_t, a set of bits */
    _SW_EVENT_TYPE_MAX
};

/* IPv4 as ::ffff:a.b.c.d: one form for every filter. */
struct sw_event_address {
    uint8_t bytes[SW_ABI_ADDRESS_BYTES];
};

/* The C type of each type of the table. */
#define SW_EVENT_C_U64 uint64_t
#define SW_EVENT_C_I64 int64_t
#define SW_EVENT_C_BOOL bool
#define SW_EVENT_C_STR struct sw_str
#define SW_EVENT_C_LIST struct sw_str
#define SW_EVENT_C_ADDRESS struct sw_event_address
#define SW_EVENT_C_HEX uint64_t

/* Room for texts that are worked out (command line, name of a connection). */
#define SW_EVENT_TEXT_BYTES ((size_t)SW_ABI_TEXT_MAX + 512)

/* Texts are borrowed: from the record it was decoded from, from `text` below, or from the tables of
 * whoever added them. So it is not to be copied with `=`; its life is that of one call. */
struct sw_event {
    enum sw_event_kind kind;
    enum sw_abi_call call;
#define FIELD(member, type, name, about) SW_EVENT_C_##type member;
#include "model/event.def"
    size_t n_text;
    char text[SW_EVENT_TEXT_BYTES]; /* not zeroed */
};

/* Numbers of fields, in the order of the table. */
enum sw_event_field_id {
#define FIELD(member, type, name, about) SW_EVENT_FIELD_##member,
#include "model/event.def"
    _SW_EVENT_FIELD_MAX
};

struct sw_event_field {
    const char *name; /* static */
    const char *about;
    enum sw_event_type type;
    size_t offset; /* in struct sw_event */
};

struct sw_event_kind_info {
    const char *name; /* static, as in evt.kind */
    const char *call; /* evt.type where no call says it better */
    const char *about;
    bool is_priority;
};

/* By enum sw_event_field_id, _SW_EVENT_FIELD_MAX of them. */
extern const struct sw_event_field sw_event_fields[];
/* By enum sw_event_kind, _SW_EVENT_MAX of them; [SW_EVENT_NONE] has empty texts. */
extern const struct sw_event_kind_info sw_event_kinds[];

/* NULL when no field has the name. */
const struct sw_event_field *sw_event_field_find(struct sw_str name);
/* SW_EVENT_NONE when there is none. */
enum sw_event_kind sw_event_kind_find(struct sw_str name);
/* Whether events of the kind have the field. */
bool sw_event_kind_has(enum sw_event_kind kind, const struct sw_event_field *field);
/* The kinds that have the field, bit 1 << kind each. */
uint64_t sw_event_field_kinds(const struct sw_event_field *field);
/* The fields of a kind in the order in which they are written: first those that all have. *ret_n
 * of them, static. SW_EVENT_NONE: those that all have. */
const uint16_t *sw_event_kind_fields(enum sw_event_kind kind, size_t *ret_n);

/* The field's value, of the C type of its type; NULL when events of this kind do not have it. */
const void *sw_event_get(const struct sw_event *event, const struct sw_event_field *field);
/* The same as text for filters and people, as in JSON without quotes: "true", "10.0.0.1", "0x3f",
 * list items with a space between. NULL-safe in the sense that a field it does not have is empty.
 * Written to buf (appended): 0, -ENOMEM, -EFBIG. */
struct sw_buf;
int sw_event_format(
    const struct sw_event *event, const struct sw_event_field *field, struct sw_buf *buf);

/* "10.0.0.1" or "2001:db8::1" and its NUL. */
#define SW_EVENT_ADDRESS_TEXT_BYTES ((size_t)46)
void sw_event_address_format(
    const struct sw_event_address *address, char ret[SW_EVENT_ADDRESS_TEXT_BYTES]);
/* From both of these forms and from ::ffff:10.0.0.1: 0 or -EINVAL. */
int sw_event_address_parse(struct sw_str text, struct sw_event_address *ret);
bool sw_event_address_is_v4(const struct sw_event_address *address);

/* Reads one record of a ring. Texts of *ret point into it. 0, or -EBADMSG with a sentence: it is
 * shorter than it must be, of another version, or of a kind that is not known. */
int sw_event_decode(struct sw_str record, struct sw_event *ret, struct sw_err *err);

/* Works out what follows from the other fields (those marked MADE); sw_event_decode ends with it.
 */
void sw_event_derive(const struct sw_abi_record *record, struct sw_event *event);

/* Splits a full argument list into proc.exe and proc.args, and makes proc.cmdline of it: for
 * whoever adds these from a table. */
void sw_event_set_args(struct sw_event *event, struct sw_str args);
