/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the members of a plain outer archive lie, so that layers can be asked for by range. Reads
 * headers only, where the reader can skip.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "base/vec.h"
#include "io/archive.h"
#include "io/reader.h"

/* Members of an outer archive; docker save writes three per layer. */
#define SW_MEMBER_INDEX_MAX ((size_t)1 << 20)

struct sw_indexed_member {
    enum sw_member_type type;
    struct sw_str name;   /* cleaned */
    struct sw_str target; /* of a link, resolved against the archive's root */
    uint64_t offset;
    uint64_t size_bytes;
};

struct sw_member_index {
    struct sw_region *region; /* borrowed */
    SW_VEC(struct sw_indexed_member) members;
    bool is_truncated; /* the file broke off before the archive's end */
};

void sw_member_index_init(struct sw_member_index *index, struct sw_region *region);
/* May be called twice. Usable with SW_CLEANUP. */
void sw_member_index_done(struct sw_member_index *index);

/* Adds a member of an archive that is walked elsewhere. 0, -ENOMEM, -EFBIG. */
int sw_member_index_add(struct sw_member_index *index, const struct sw_member *member);
/* Call when all were added and before anything is looked up. */
void sw_member_index_sort(struct sw_member_index *index);
/* Both for a whole archive. The reader is consumed. Damage ends the walk with what was found and
 * is_truncated; -EBADMSG when there was nothing before it. */
int sw_member_index_load(
    struct sw_member_index *index, struct sw_reader *reader, struct sw_err *err);
/* The last file of that name, links followed; NULL when there is none. */
const struct sw_indexed_member *sw_member_index_find(
    const struct sw_member_index *index, struct sw_str name);
