/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values of a compiled hash list. A verdict is a byte of flags, a byte with the length of the
 * name, the name, and the reference.
 */
#include "wire/hash_list.h"

#include <errno.h>

#include "base/mem.h"
#include "base/num.h"

#define FLAG_ALLOWED 1U
#define SEVERITY_SHIFT 1

struct kind {
    const char *name;
    size_t n_bytes;
};

static const struct kind kinds[] = {
    [SW_HASH_MD5] = {"MD5", 16},
    [SW_HASH_SHA1] = {"SHA-1", 20},
    [SW_HASH_SHA256] = {"SHA-256", 32},
};
_Static_assert(SW_ARRAY_SIZE(kinds) == _SW_HASH_KIND_MAX, "a row for every kind");
_Static_assert(SW_HASH_NAME_MAX <= UINT8_MAX, "its length is one byte");

const char *sw_hash_kind_name(enum sw_hash_kind kind)
{
    return kinds[kind].name;
}

size_t sw_hash_kind_bytes(enum sw_hash_kind kind)
{
    return kinds[kind].n_bytes;
}

int sw_hash_kind_of_digits(size_t n_digits, enum sw_hash_kind *ret)
{
    for (unsigned i = 0; i < _SW_HASH_KIND_MAX; i++) {
        if (n_digits != kinds[i].n_bytes * 2)
            continue;
        *ret = (enum sw_hash_kind)i;
        return 0;
    }
    return -EINVAL;
}

int sw_hash_verdict_format(const struct sw_hash_verdict *verdict, struct sw_buf *buf)
{
    struct sw_str name = sw_str_part(verdict->name, 0, SW_HASH_NAME_MAX);
    unsigned flags = verdict->is_allowed ? FLAG_ALLOWED : 0;
    flags |= (unsigned)verdict->severity << SEVERITY_SHIFT;
    int r = sw_buf_append_char(buf, (char)flags);
    if (r == 0)
        r = sw_buf_append_char(buf, (char)name.n);
    if (r == 0)
        r = sw_buf_append_str(buf, name);
    if (r == 0)
        r = sw_buf_append_str(buf, sw_str_part(verdict->reference, 0, SW_HASH_REFERENCE_MAX));
    return r;
}

int sw_hash_verdict_parse(struct sw_str bytes, struct sw_hash_verdict *ret)
{
    if (bytes.n < 2)
        return -EBADMSG;
    unsigned flags = (uint8_t)bytes.p[0];
    size_t n_name = (uint8_t)bytes.p[1];
    unsigned severity = flags >> SEVERITY_SHIFT;
    struct sw_str rest = sw_str_skip(bytes, 2);
    if (severity >= _SW_SEVERITY_MAX || n_name > rest.n)
        return -EBADMSG;
    *ret = (struct sw_hash_verdict){
        .is_allowed = (flags & FLAG_ALLOWED) != 0,
        .severity = (enum sw_severity)severity,
        .name = sw_str_part(rest, 0, n_name),
        .reference = sw_str_skip(rest, n_name),
    };
    return 0;
}

void sw_hash_counts_format(
    const uint64_t counts[_SW_HASH_KIND_MAX], uint8_t ret[SW_HASH_COUNTS_BYTES])
{
    for (size_t i = 0; i < _SW_HASH_KIND_MAX; i++)
        sw_num_put_le64(ret + i * 8, counts[i]);
}

int sw_hash_counts_parse(struct sw_str bytes, uint64_t ret[_SW_HASH_KIND_MAX])
{
    if (bytes.n != SW_HASH_COUNTS_BYTES)
        return -EBADMSG;
    for (size_t i = 0; i < _SW_HASH_KIND_MAX; i++)
        ret[i] = sw_num_le64(bytes.p + i * 8);
    return 0;
}
