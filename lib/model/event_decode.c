/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of a ring, or of a recording, into events. Called for every event; allocates nothing.
 * A recording may come from anywhere, so lengths are believed only after a look.
 */
#include "model/event.h"

#include <errno.h>
#include <string.h>

/* What is read from. */
struct source {
    struct sw_str record;
    size_t fixed_bytes; /* of the structs before the texts */
    bool is_broken;
};

static struct sw_str take_text(struct source *source, struct sw_abi_text text)
{
    if (text.length == 0)
        return SW_STR_NONE;
    if (text.offset < source->fixed_bytes || text.offset > source->record.n ||
        text.length > source->record.n - text.offset) {
        source->is_broken = true;
        return SW_STR_NONE;
    }
    return sw_str_part(source->record, text.offset, text.length);
}

/* Characters of a fixed array inside the record, up to its NUL. */
static struct sw_str take_chars(const char *p, size_t n)
{
    return (struct sw_str){p, strnlen(p, n)};
}

#define NUMBER(member, path) to->member = from->path;
#define BIT(member, path, mask) to->member = (from->path & (mask)) != 0;
#define CHARS(member, path) to->member = take_chars(from->path, sizeof(from->path));

static void take_common(const struct sw_abi_record *from, struct sw_event *to)
{
#define EVENT_DEF_ONLY_COMMON
#include "model/event.def"
#undef EVENT_DEF_ONLY_COMMON
}

/* One function per kind. `from` is in the record, which is aligned. */
#define KIND(symbol, kind, payload, ring, call, about)                                             \
    static void take_##kind(                                                                       \
        struct source *source, const struct sw_abi_##payload *from, struct sw_event *to)           \
    {                                                                                              \
        (void)source;
#define END(kind) }
#define NUMBER(member, path) to->member = from->path;
#define BIT(member, path, mask) to->member = (from->path & (mask)) != 0;
#define TEXT(member, path) to->member = take_text(source, from->path);
#define CHARS(member, path) to->member = take_chars(from->path, sizeof(from->path));
#define BYTES(member, path) memcpy(to->member.bytes, from->path, sizeof(to->member.bytes));
#define EVENT_DEF_ONLY_KINDS
#include "model/event.def"
#undef EVENT_DEF_ONLY_KINDS

static size_t payload_bytes(enum sw_event_kind kind)
{
    switch (kind) {
#define KIND(symbol, kind, payload, ring, call, about)                                             \
    case SW_EVENT_##symbol:                                                                        \
        return sizeof(struct sw_abi_##payload);
#include "model/event.def"
    case SW_EVENT_NONE:
    case _SW_EVENT_MAX:
        break;
    }
    return 0;
}

static void take_payload(struct source *source, const void *from, struct sw_event *to)
{
    switch (to->kind) {
#define KIND(symbol, kind, payload, ring, call, about)                                             \
    case SW_EVENT_##symbol:                                                                        \
        take_##kind(source, from, to);                                                             \
        break;
#include "model/event.def"
    case SW_EVENT_NONE:
    case _SW_EVENT_MAX:
        break;
    }
}

int sw_event_decode(struct sw_str record, struct sw_event *ret, struct sw_err *err)
{
    const struct sw_abi_record *from = (const void *)record.p;
    if (record.n < sizeof(*from))
        return sw_err_set(err, -EBADMSG, "record of %zu bytes is too short", record.n);
    if (((uintptr_t)record.p & (_Alignof(struct sw_abi_record) - 1)) != 0)
        return sw_err_set(err, -EBADMSG, "record is not aligned");
    if (from->version != SW_ABI_VERSION)
        return sw_err_set(
            err, -EBADMSG, "record of version %u, not %d", from->version, SW_ABI_VERSION);
    size_t n_payload = payload_bytes((enum sw_event_kind)from->kind);
    if (n_payload == 0)
        return sw_err_set(err, -EBADMSG, "record of unknown kind %u", from->kind);
    if (from->size != record.n || record.n < sizeof(*from) + n_payload)
        return sw_err_set(err, -EBADMSG, "record of kind '%s' has %zu bytes",
            sw_event_kinds[from->kind].name, record.n);
    memset(ret, 0, offsetof(struct sw_event, text));
    ret->kind = (enum sw_event_kind)from->kind;
    ret->call = from->call < SW_ABI_CALL_MAX ? (enum sw_abi_call)from->call : SW_ABI_CALL_NONE;
    take_common(from, ret);
    struct source source = {record, sizeof(*from) + n_payload, false};
    take_payload(&source, from + 1, ret);
    if (source.is_broken)
        return sw_err_set(err, -EBADMSG, "record of kind '%s' has a text beyond its end",
            sw_event_kinds[from->kind].name);
    sw_event_derive(from, ret);
    return 0;
}
