/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers and strings of database values. Called for every field of every record, on bytes that
 * may be damaged: never reads outside of what it was given.
 */
#include "vulndb/pack.h"

#include <errno.h>

#define NUMBER_BYTES_MAX 10 /* 64 bits in groups of seven */

void sw_pack_bytes(struct sw_pack *pack, struct sw_str s)
{
    if (pack->error == 0)
        pack->error = sw_buf_append(pack->buf, s.p, s.n);
}

void sw_pack_u8(struct sw_pack *pack, uint8_t v)
{
    sw_pack_bytes(pack, (struct sw_str){(const char *)&v, 1});
}

void sw_pack_number(struct sw_pack *pack, uint64_t v)
{
    uint8_t bytes[NUMBER_BYTES_MAX];
    size_t n = 0;
    while (v >= 0x80) {
        bytes[n++] = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    bytes[n++] = (uint8_t)v;
    sw_pack_bytes(pack, (struct sw_str){(const char *)bytes, n});
}

void sw_pack_str(struct sw_pack *pack, struct sw_str s)
{
    sw_pack_number(pack, s.n);
    sw_pack_bytes(pack, s);
}

void sw_unpack_init(struct sw_unpack *unpack, struct sw_str bytes)
{
    unpack->p = (const uint8_t *)bytes.p;
    unpack->end = bytes.n > 0 ? unpack->p + bytes.n : unpack->p;
    unpack->is_bad = false;
}

static uint64_t fail(struct sw_unpack *unpack)
{
    unpack->is_bad = true;
    unpack->p = unpack->end;
    return 0;
}

uint8_t sw_unpack_u8(struct sw_unpack *unpack)
{
    if (unpack->p == unpack->end)
        return (uint8_t)fail(unpack);
    return *unpack->p++;
}

uint64_t sw_unpack_number(struct sw_unpack *unpack)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < NUMBER_BYTES_MAX; i++) {
        if (unpack->p == unpack->end)
            return fail(unpack);
        uint8_t byte = *unpack->p++;
        if (i == NUMBER_BYTES_MAX - 1 && byte > 1)
            return fail(unpack);
        v |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80)
            return v;
    }
    return fail(unpack);
}

uint64_t sw_unpack_number_max(struct sw_unpack *unpack, uint64_t max)
{
    uint64_t v = sw_unpack_number(unpack);
    return v <= max ? v : fail(unpack);
}

size_t sw_unpack_count(struct sw_unpack *unpack, size_t max)
{
    uint64_t n = sw_unpack_number_max(unpack, max);
    return n <= (uint64_t)(unpack->end - unpack->p) ? (size_t)n : (size_t)fail(unpack);
}

struct sw_str sw_unpack_bytes(struct sw_unpack *unpack, uint64_t n)
{
    if (unpack->is_bad || n > (uint64_t)(unpack->end - unpack->p)) {
        fail(unpack);
        return SW_STR_NONE;
    }
    struct sw_str s = {(const char *)unpack->p, (size_t)n};
    if (n > 0)
        unpack->p += n;
    return s;
}

struct sw_str sw_unpack_str(struct sw_unpack *unpack)
{
    return sw_unpack_bytes(unpack, sw_unpack_number(unpack));
}

bool sw_unpack_is_done(const struct sw_unpack *unpack)
{
    return !unpack->is_bad && unpack->p == unpack->end;
}
