/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of an outer archive. Made in the sandboxed child, once per archive.
 */
#include "oci/member_index.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "oci/path.h"

/* A link to a link to a link ...: old docker archives have one step. */
#define LINK_STEPS_MAX 16

void sw_member_index_init(struct sw_member_index *index, struct sw_region *region)
{
    *index = (struct sw_member_index){.region = region};
}

void sw_member_index_done(struct sw_member_index *index)
{
    sw_vec_done(&index->members);
}

static int clean(struct sw_region *region, struct sw_str raw, struct sw_str *ret)
{
    char *p = sw_region_alloc(region, raw.n + 1);
    if (p == NULL)
        return -ENOMEM;
    *ret = (struct sw_str){p, sw_path_clean(raw, p, NULL)};
    return 0;
}

/* A symbolic link is relative to its folder, a hard link to the archive's root. */
static int resolve_target(
    struct sw_region *region, const struct sw_member *member, struct sw_indexed_member *indexed)
{
    struct sw_str folder = sw_path_folder(indexed->name);
    if (member->type == SW_MEMBER_HARDLINK || folder.n == 0 ||
        sw_str_starts_with(member->target, SW_STR("/")))
        return clean(region, member->target, &indexed->target);
    char *joined =
        sw_region_printf(region, "%.*s/%.*s", SW_STR_ARG(folder), SW_STR_ARG(member->target));
    return joined == NULL ? -ENOMEM : clean(region, sw_str_of(joined), &indexed->target);
}

int sw_member_index_add(struct sw_member_index *index, const struct sw_member *member)
{
    struct sw_indexed_member indexed = {
        .type = member->type,
        .offset = member->offset_bytes,
        .size_bytes = member->size_bytes,
    };
    int r = clean(index->region, member->name, &indexed.name);
    if (r == 0 && (member->type == SW_MEMBER_SYMLINK || member->type == SW_MEMBER_HARDLINK))
        r = resolve_target(index->region, member, &indexed);
    return r < 0 ? r : sw_vec_push(&index->members, indexed, SW_MEMBER_INDEX_MAX);
}

/* By name, later members of one name last. */
static int compare(const void *a, const void *b)
{
    const struct sw_indexed_member *x = a;
    const struct sw_indexed_member *y = b;
    int order = sw_str_compare(x->name, y->name);
    return order != 0 ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

void sw_member_index_sort(struct sw_member_index *index)
{
    if (index->members.n > 0)
        qsort(index->members.v, index->members.n, sizeof(index->members.v[0]), compare);
}

int sw_member_index_load(
    struct sw_member_index *index, struct sw_reader *reader, struct sw_err *err)
{
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = NULL;
    int r = sw_archive_open(reader, SW_ARCHIVE_TAR, &archive, err);
    if (r < 0)
        return r;
    struct sw_member member;
    while ((r = sw_archive_next(archive, &member, err)) > 0) {
        r = sw_member_index_add(index, &member);
        if (r < 0)
            return sw_err_wrap(err, r, "index of the archive");
    }
    if (r < 0 && (r != -EBADMSG || index->members.n == 0))
        return r;
    index->is_truncated = r < 0;
    sw_member_index_sort(index);
    return 0;
}

/* The last member of that name. */
static const struct sw_indexed_member *find_member(
    const struct sw_member_index *index, struct sw_str name)
{
    size_t low = 0;
    size_t high = index->members.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sw_str_compare(index->members.v[middle].name, name) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || !sw_str_equal(index->members.v[low - 1].name, name))
        return NULL;
    return &index->members.v[low - 1];
}

const struct sw_indexed_member *sw_member_index_find(
    const struct sw_member_index *index, struct sw_str name)
{
    for (int i = 0; i < LINK_STEPS_MAX; i++) {
        const struct sw_indexed_member *member = find_member(index, name);
        if (member == NULL || member->type == SW_MEMBER_FILE)
            return member;
        if (member->type != SW_MEMBER_SYMLINK && member->type != SW_MEMBER_HARDLINK)
            return NULL;
        name = member->target;
    }
    return NULL;
}
