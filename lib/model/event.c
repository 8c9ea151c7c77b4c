/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry of fields and kinds of events, and values as text. Asked when rules and filters are
 * compiled, and for each event that is filtered by name.
 */
#include "model/event.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

const struct sw_event_field sw_event_fields[] = {
#define FIELD(member, type, name, about)                                                           \
    [SW_EVENT_FIELD_##member] = {name, about, SW_EVENT_##type, offsetof(struct sw_event, member)},
#include "model/event.def"
};
static_assert(SW_ARRAY_SIZE(sw_event_fields) == _SW_EVENT_FIELD_MAX, "each field is there");

#define IS_PRIORITY true
#define IS_SHARED false
const struct sw_event_kind_info sw_event_kinds[] = {
    [SW_EVENT_NONE] = {"", "", "", false},
#define KIND(symbol, kind, payload, ring, call, about)                                             \
    [SW_EVENT_##symbol] = {#kind, call, about, IS_##ring},
#include "model/event.def"
};
static_assert(SW_ARRAY_SIZE(sw_event_kinds) == _SW_EVENT_MAX, "each kind is there");
static_assert(_SW_EVENT_MAX <= 64, "kinds fit into a set of 64");

/* For each kind its fields in the order of the table. */
#define LISTED(member) SW_EVENT_FIELD_##member,
static const uint16_t common_fields[] = {
#define COMMON
#define COMMON_END
#define KIND(symbol, kind, payload, ring, call, about)
#define NUMBER(member, path) LISTED(member)
#define BIT(member, path, mask) LISTED(member)
#define CHARS(member, path) LISTED(member)
#define MADE(member) LISTED(member)
#define ADDED(member) LISTED(member)
/* Only the common part: the rest is cut off by this, which event.def looks at. */
#define EVENT_DEF_ONLY_COMMON
#include "model/event.def"
#undef EVENT_DEF_ONLY_COMMON
};

#define KIND(symbol, kind, payload, ring, call, about) static const uint16_t fields_of_##kind[] = {
#define END(kind)                                                                                  \
    }                                                                                              \
    ;
#define NUMBER(member, path) LISTED(member)
#define BIT(member, path, mask) LISTED(member)
#define TEXT(member, path) LISTED(member)
#define CHARS(member, path) LISTED(member)
#define BYTES(member, path) LISTED(member)
#define MADE(member) LISTED(member)
#define EVENT_DEF_ONLY_KINDS
#include "model/event.def"
#undef EVENT_DEF_ONLY_KINDS

struct field_list {
    const uint16_t *v;
    size_t n;
};

static const struct field_list lists[] = {
    [SW_EVENT_NONE] = {common_fields, SW_ARRAY_SIZE(common_fields)},
#define KIND(symbol, kind, payload, ring, call, about)                                             \
    [SW_EVENT_##symbol] = {fields_of_##kind, SW_ARRAY_SIZE(fields_of_##kind)},
#include "model/event.def"
};

const uint16_t *sw_event_kind_fields(enum sw_event_kind kind, size_t *ret_n)
{
    assert(kind < _SW_EVENT_MAX);
    *ret_n = lists[kind].n;
    return lists[kind].v;
}

const struct sw_event_field *sw_event_field_find(struct sw_str name)
{
    for (size_t i = 0; i < _SW_EVENT_FIELD_MAX; i++)
        if (sw_str_equal_z(name, sw_event_fields[i].name))
            return &sw_event_fields[i];
    return NULL;
}

enum sw_event_kind sw_event_kind_find(struct sw_str name)
{
    for (size_t i = 1; i < _SW_EVENT_MAX; i++)
        if (sw_str_equal_z(name, sw_event_kinds[i].name))
            return (enum sw_event_kind)i;
    return SW_EVENT_NONE;
}

static bool has_field(const struct field_list *list, size_t id)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i] == id)
            return true;
    return false;
}

bool sw_event_kind_has(enum sw_event_kind kind, const struct sw_event_field *field)
{
    size_t id = (size_t)(field - sw_event_fields);
    return has_field(&lists[SW_EVENT_NONE], id) || has_field(&lists[kind], id);
}

uint64_t sw_event_field_kinds(const struct sw_event_field *field)
{
    uint64_t kinds = 0;
    for (size_t kind = 1; kind < _SW_EVENT_MAX; kind++)
        if (sw_event_kind_has((enum sw_event_kind)kind, field))
            kinds |= (uint64_t)1 << kind;
    return kinds;
}

const void *sw_event_get(const struct sw_event *event, const struct sw_event_field *field)
{
    if (!sw_event_kind_has(event->kind, field))
        return NULL;
    return (const char *)event + field->offset;
}

static int format_list(struct sw_str list, struct sw_buf *buf)
{
    if (list.n > 0 && list.p[list.n - 1] == '\0')
        list.n--;
    struct sw_str item;
    bool is_first = true;
    while (list.n > 0 && sw_str_next_token(&list, '\0', &item)) {
        int r = is_first ? 0 : sw_buf_append_char(buf, ' ');
        if (r == 0)
            r = sw_text_escape(buf, item);
        if (r < 0)
            return r;
        is_first = false;
    }
    return 0;
}

int sw_event_format(
    const struct sw_event *event, const struct sw_event_field *field, struct sw_buf *buf)
{
    const void *value = sw_event_get(event, field);
    if (value == NULL)
        return 0;
    char address[SW_EVENT_ADDRESS_TEXT_BYTES];
    switch (field->type) {
    case SW_EVENT_U64:
        return sw_buf_printf(buf, "%" PRIu64, *(const uint64_t *)value);
    case SW_EVENT_I64:
        return sw_buf_printf(buf, "%" PRId64, *(const int64_t *)value);
    case SW_EVENT_BOOL:
        return sw_buf_append_str(buf, sw_str_of(*(const bool *)value ? "true" : "false"));
    case SW_EVENT_STR:
        return sw_text_escape(buf, *(const struct sw_str *)value);
    case SW_EVENT_LIST:
        return format_list(*(const struct sw_str *)value, buf);
    case SW_EVENT_ADDRESS:
        sw_event_address_format(value, address);
        return sw_buf_append_str(buf, sw_str_of(address));
    case SW_EVENT_HEX:
        return sw_buf_printf(buf, "0x%" PRIx64, *(const uint64_t *)value);
    case _SW_EVENT_TYPE_MAX:
        break;
    }
    return -EINVAL;
}

static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool sw_event_address_is_v4(const struct sw_event_address *address)
{
    return memcmp(address->bytes, v4_prefix, sizeof(v4_prefix)) == 0;
}

void sw_event_address_format(
    const struct sw_event_address *address, char ret[SW_EVENT_ADDRESS_TEXT_BYTES])
{
    static_assert(SW_EVENT_ADDRESS_TEXT_BYTES >= INET6_ADDRSTRLEN, "room for any address");
    bool is_v4 = sw_event_address_is_v4(address);
    if (inet_ntop(is_v4 ? AF_INET : AF_INET6, address->bytes + (is_v4 ? sizeof(v4_prefix) : 0), ret,
            SW_EVENT_ADDRESS_TEXT_BYTES) == NULL)
        ret[0] = '\0';
}

int sw_event_address_parse(struct sw_str text, struct sw_event_address *ret)
{
    char z[SW_EVENT_ADDRESS_TEXT_BYTES];
    if (text.n == 0 || text.n >= sizeof(z))
        return -EINVAL;
    memcpy(z, text.p, text.n);
    z[text.n] = '\0';
    struct sw_event_address address = {0};
    memcpy(address.bytes, v4_prefix, sizeof(v4_prefix));
    if (inet_pton(AF_INET, z, address.bytes + sizeof(v4_prefix)) != 1 &&
        inet_pton(AF_INET6, z, address.bytes) != 1)
        return -EINVAL;
    *ret = address;
    return 0;
}
