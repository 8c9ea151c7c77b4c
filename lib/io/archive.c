/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libarchive behind our own few verbs. Runs over every layer and every feed that is a zip. Only the
 * tar and zip readers are registered: no other format, no filter, no external program.
 */
#include "io/archive.h"

#include <errno.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/mem.h"

/* Handed out for holes. */
static const uint8_t zeroes[65536];

struct sw_archive {
    struct archive *archive; /* owned */
    struct sw_reader *inner; /* owned */
    struct sw_err inner_err; /* why `inner` failed; code 0 while it has not */
    bool is_empty;           /* not one byte: an archive without members */
    bool is_over;

    /* The content of the current member. */
    struct sw_str block;     /* lent by libarchive, not handed on yet */
    uint64_t position;       /* in the expanded content */
    uint64_t block_position; /* where `block` starts; beyond position is a hole */
    uint64_t size_bytes;     /* as expanded; holes at the end reach to here */
    uint64_t n_hole_bytes;
    bool is_sparse;
    bool is_at_end;
};

static la_ssize_t read_inner(struct archive *a, void *opaque, const void **ret)
{
    struct sw_archive *archive = opaque;
    ssize_t n = sw_reader_borrow(archive->inner, ret, &archive->inner_err);
    if (n < 0) {
        archive->inner_err.code = (int)n;
        archive_set_error(a, EIO, "%s", archive->inner_err.message);
        return ARCHIVE_FATAL;
    }
    return n;
}

static la_int64_t skip_inner(struct archive *a, void *opaque, la_int64_t n)
{
    struct sw_archive *archive = opaque;
    if (n <= 0)
        return 0;
    int64_t passed = sw_reader_skip(archive->inner, (uint64_t)n, &archive->inner_err);
    if (passed < 0) {
        archive->inner_err.code = (int)passed;
        archive_set_error(a, EIO, "%s", archive->inner_err.message);
        return ARCHIVE_FATAL;
    }
    return passed;
}

/* Turns libarchive's failure into ours: what failed below it comes first. */
static int failure(struct sw_archive *archive, struct sw_err *err)
{
    archive->is_over = true;
    if (archive->inner_err.code < 0)
        return sw_err_set(err, archive->inner_err.code, "%s", archive->inner_err.message);
    int code = archive_errno(archive->archive) == ENOMEM ? -ENOMEM : -EBADMSG;
    const char *why = archive_error_string(archive->archive);
    return sw_err_set(err, code, "archive: %.200s", why != NULL ? why : "damaged");
}

static int open_libarchive(
    struct sw_archive *archive, enum sw_archive_format format, struct sw_err *err)
{
    archive->archive = archive_read_new();
    if (archive->archive == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    int r = ARCHIVE_FATAL;
    switch (format) {
    case SW_ARCHIVE_TAR:
        r = archive_read_support_format_tar(archive->archive);
        break;
    case SW_ARCHIVE_ZIP:
        r = archive_read_support_format_zip_streamable(archive->archive);
        break;
    case _SW_ARCHIVE_FORMAT_MAX:
        break;
    }
    if (r != ARCHIVE_OK)
        return failure(archive, err);
    r = archive_read_open2(archive->archive, archive, NULL, read_inner, skip_inner, NULL);
    if (r != ARCHIVE_OK)
        return failure(archive, err);
    return 0;
}

int sw_archive_open(struct sw_reader *inner, enum sw_archive_format format, struct sw_archive **ret,
    struct sw_err *err)
{
    SW_CLEANUP(sw_reader_freep) struct sw_reader *owned = inner;
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = sw_mem_zalloc(1, sizeof(*archive));
    if (archive == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    struct sw_str head;
    int r = sw_reader_peek(inner, 1, &head, err);
    if (r < 0)
        return r;
    archive->inner = SW_TAKE(owned);
    archive->is_empty = head.n == 0;
    if (!archive->is_empty) {
        r = open_libarchive(archive, format, err);
        if (r < 0)
            return r;
    }
    *ret = SW_TAKE(archive);
    return 0;
}

void sw_archive_close(struct sw_archive *archive)
{
    if (archive == NULL)
        return;
    if (archive->archive != NULL)
        archive_read_free(archive->archive);
    sw_reader_free(archive->inner);
    sw_mem_free(archive);
}

void sw_archive_closep(struct sw_archive **archive)
{
    sw_archive_close(*archive);
    *archive = NULL;
}

static enum sw_member_type type_of(struct archive_entry *entry, struct sw_str name)
{
    if (archive_entry_hardlink(entry) != NULL)
        return SW_MEMBER_HARDLINK;
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
        /* As tar programs since v7 have it. */
        if (name.n > 0 && name.p[name.n - 1] == '/')
            return SW_MEMBER_DIRECTORY;
        return SW_MEMBER_FILE;
    case AE_IFDIR:
        return SW_MEMBER_DIRECTORY;
    case AE_IFLNK:
        return SW_MEMBER_SYMLINK;
    default:
        return SW_MEMBER_OTHER;
    }
}

static int describe(struct sw_archive *archive, struct archive_entry *entry,
    struct sw_member *member, struct sw_err *err)
{
    member->name = sw_str_of(archive_entry_pathname(entry));
    member->type = type_of(entry, member->name);
    member->target = SW_STR_NONE;
    if (member->type == SW_MEMBER_HARDLINK)
        member->target = sw_str_of(archive_entry_hardlink(entry));
    else if (member->type == SW_MEMBER_SYMLINK)
        member->target = sw_str_of(archive_entry_symlink(entry));
    if (member->name.n > SW_ARCHIVE_NAME_MAX || member->target.n > SW_ARCHIVE_NAME_MAX) {
        archive->is_over = true;
        return sw_err_set(err, -EBADMSG, "archive: name of %zu bytes",
            member->name.n > member->target.n ? member->name.n : member->target.n);
    }
    int64_t size = archive_entry_size(entry);
    member->size_bytes = size > 0 ? (uint64_t)size : 0;
    member->mode = (uint32_t)archive_entry_mode(entry) & 07777;
    member->mtime_s = archive_entry_mtime(entry);
    int64_t offset = archive_filter_bytes(archive->archive, 0);
    member->offset_bytes = offset > 0 ? (uint64_t)offset : 0;
    return 0;
}

int sw_archive_next(struct sw_archive *archive, struct sw_member *ret, struct sw_err *err)
{
    if (archive->is_empty || archive->is_over)
        return 0;
    struct archive_entry *entry = NULL;
    int r = archive_read_next_header(archive->archive, &entry);
    if (r == ARCHIVE_EOF) {
        archive->is_over = true;
        return 0;
    }
    /* A warning is about a detail such as a name's character set: names are bytes here. */
    if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
        return failure(archive, err);
    struct sw_member member = {0};
    r = describe(archive, entry, &member, err);
    if (r < 0)
        return r;
    archive->block = SW_STR_NONE;
    archive->position = 0;
    archive->block_position = 0;
    archive->size_bytes = member.size_bytes;
    archive->is_sparse = archive_entry_sparse_count(entry) > 0;
    archive->n_hole_bytes = 0;
    archive->is_at_end = member.type != SW_MEMBER_FILE && member.type != SW_MEMBER_HARDLINK;
    *ret = member;
    return 1;
}

/* Gets the next block of data, wherever it lies in the content: 1, 0 at the end. */
static int next_block(struct sw_archive *archive, struct sw_err *err)
{
    while (archive->block.n == 0 && !archive->is_at_end) {
        const void *p = NULL;
        size_t n = 0;
        la_int64_t offset = 0;
        int r = archive_read_data_block(archive->archive, &p, &n, &offset);
        if (r == ARCHIVE_EOF) {
            archive->is_at_end = true;
            break;
        }
        if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
            return failure(archive, err);
        if (offset < 0 || (uint64_t)offset < archive->position) {
            archive->is_over = true;
            return sw_err_set(err, -EBADMSG, "archive: sparse file out of order");
        }
        archive->block = (struct sw_str){p, n};
        archive->block_position = (uint64_t)offset;
    }
    return archive->block.n > 0 ? 1 : 0;
}

ssize_t sw_archive_read_block(struct sw_archive *archive, const void **ret, struct sw_err *err)
{
    if (archive->is_empty || archive->is_over)
        return 0;
    int r = next_block(archive, err);
    if (r < 0)
        return r;
    uint64_t next = archive->block_position;
    if (r == 0)
        next = archive->is_sparse ? archive->size_bytes : archive->position;
    if (next > archive->position) {
        uint64_t hole = next - archive->position;
        if (hole > sizeof(zeroes))
            hole = sizeof(zeroes);
        if (hole > SW_ARCHIVE_HOLES_MAX_BYTES - archive->n_hole_bytes)
            return sw_err_set(err, -EFBIG, "sparse file with more than %llu bytes of holes",
                (unsigned long long)SW_ARCHIVE_HOLES_MAX_BYTES);
        archive->n_hole_bytes += hole;
        archive->position += hole;
        *ret = zeroes;
        return (ssize_t)hole;
    }
    if (r == 0)
        return 0;
    ssize_t n = (ssize_t)archive->block.n;
    *ret = archive->block.p;
    archive->position += archive->block.n;
    archive->block = SW_STR_NONE;
    return n;
}

ssize_t sw_archive_read(struct sw_archive *archive, void *p, size_t n, struct sw_err *err)
{
    if (n == 0 || archive->is_empty || archive->is_over)
        return 0;
    int r = next_block(archive, err);
    if (r < 0)
        return r;
    if (r > 0 && archive->block_position == archive->position) {
        if (n > archive->block.n)
            n = archive->block.n;
        memcpy(p, archive->block.p, n);
        archive->block = sw_str_skip(archive->block, n);
        archive->position += n;
        archive->block_position += n;
        return (ssize_t)n;
    }
    const void *hole = NULL;
    ssize_t got = sw_archive_read_block(archive, &hole, err);
    if (got <= 0)
        return got;
    if ((size_t)got > n) {
        /* Give back what the caller has no room for. */
        archive->position -= (size_t)got - n;
        archive->n_hole_bytes -= (size_t)got - n;
        got = (ssize_t)n;
    }
    memset(p, 0, (size_t)got);
    return got;
}
