/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of database values: variable-length numbers and length-prefixed strings. Writing keeps
 * the first error, so that a record is one list of puts and one check. Reading checks every bound;
 * after the first bad one everything reads as zero and `is_bad` stays set.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct sw_pack {
    struct sw_buf *buf; /* borrowed */
    int error;          /* 0, or the first negative errno */
};

void sw_pack_u8(struct sw_pack *pack, uint8_t v);
/* Seven bits a byte, low ones first; at most ten bytes. */
void sw_pack_number(struct sw_pack *pack, uint64_t v);
/* Length, then the bytes. */
void sw_pack_str(struct sw_pack *pack, struct sw_str s);
void sw_pack_bytes(struct sw_pack *pack, struct sw_str s);

struct sw_unpack {
    const uint8_t *p; /* borrowed */
    const uint8_t *end;
    bool is_bad;
};

void sw_unpack_init(struct sw_unpack *unpack, struct sw_str bytes);
uint8_t sw_unpack_u8(struct sw_unpack *unpack);
uint64_t sw_unpack_number(struct sw_unpack *unpack);
/* A number that must not exceed max; beyond it the value is bad and 0 is returned. */
uint64_t sw_unpack_number_max(struct sw_unpack *unpack, uint64_t max);
/* A count of things that take at least one byte each: bad when that many bytes are not left. */
size_t sw_unpack_count(struct sw_unpack *unpack, size_t max);
/* Borrowed from the value. */
struct sw_str sw_unpack_str(struct sw_unpack *unpack);
struct sw_str sw_unpack_bytes(struct sw_unpack *unpack, uint64_t n);
/* All bytes used, none bad. */
bool sw_unpack_is_done(const struct sw_unpack *unpack);
