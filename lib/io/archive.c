/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives behind a few verbs: tar by our own reader (tar.c says why), others by libarchive, of
 * which only the one format asked for is registered: no other, no filter, no external program.
 */
#include "io/archive.h"

#include <errno.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/mem.h"
#include "io/tar_priv.h"

struct sw_archive {
    struct sw_tar *tar;      /* owned; NULL: another */
    struct archive *archive; /* owned; NULL: not one byte, an archive without members */
    struct sw_reader *inner; /* owned; of all but tar */
    const char *name;        /* of the format, for sentences */
    struct sw_err inner_err; /* why `inner` failed; code 0 while it has not */
    bool is_over;
    struct sw_str block; /* of its member: lent, not handed on yet */
    bool is_at_end;      /* of that member */
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

/* Turns libarchive's failure into ours: what failed below it comes first. */
static int failure(struct sw_archive *archive, struct sw_err *err)
{
    archive->is_over = true;
    if (archive->inner_err.code < 0)
        return sw_err_set(err, archive->inner_err.code, "%s", archive->inner_err.message);
    int code = archive_errno(archive->archive) == ENOMEM ? -ENOMEM : -EBADMSG;
    const char *why = archive_error_string(archive->archive);
    return sw_err_set(err, code, "%s: %.200s", archive->name, why != NULL ? why : "damaged");
}

static int open_other(struct sw_archive *archive, enum sw_archive_format format, struct sw_err *err)
{
    static const struct {
        const char *name;
        int (*support)(struct archive *archive);
    } formats[] = {
        [SW_ARCHIVE_ZIP] = {"zip", archive_read_support_format_zip_streamable},
        [SW_ARCHIVE_AR] = {"ar", archive_read_support_format_ar},
        [SW_ARCHIVE_CPIO] = {"cpio", archive_read_support_format_cpio},
    };
    struct sw_str head;
    archive->name = formats[format].name;
    int r = sw_reader_peek(archive->inner, 1, &head, err);
    if (r < 0 || head.n == 0)
        return r;
    archive->archive = archive_read_new();
    if (archive->archive == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    r = formats[format].support(archive->archive);
    if (r == ARCHIVE_OK)
        r = archive_read_open2(archive->archive, archive, NULL, read_inner, NULL, NULL);
    return r == ARCHIVE_OK ? 0 : failure(archive, err);
}

int sw_archive_open(struct sw_reader *inner, enum sw_archive_format format, struct sw_archive **ret,
    struct sw_err *err)
{
    SW_CLEANUP(sw_reader_freep) struct sw_reader *owned = inner;
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = sw_mem_zalloc(1, sizeof(*archive));
    if (archive == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    int r = -EINVAL;
    switch (format) {
    case SW_ARCHIVE_TAR:
        r = sw_tar_open(SW_TAKE(owned), &archive->tar, err);
        break;
    case SW_ARCHIVE_ZIP:
    case SW_ARCHIVE_AR:
    case SW_ARCHIVE_CPIO:
        archive->inner = SW_TAKE(owned);
        r = open_other(archive, format, err);
        break;
    case _SW_ARCHIVE_FORMAT_MAX:
        break;
    }
    if (r < 0)
        return r;
    *ret = SW_TAKE(archive);
    return 0;
}

void sw_archive_close(struct sw_archive *archive)
{
    if (archive == NULL)
        return;
    if (archive->archive != NULL)
        archive_read_free(archive->archive);
    sw_tar_close(archive->tar);
    sw_reader_free(archive->inner);
    sw_mem_free(archive);
}

void sw_archive_closep(struct sw_archive **archive)
{
    sw_archive_close(*archive);
    *archive = NULL;
}

static enum sw_member_type type_of(struct archive_entry *entry)
{
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
        return SW_MEMBER_FILE;
    case AE_IFDIR:
        return SW_MEMBER_DIRECTORY;
    case AE_IFLNK:
        return SW_MEMBER_SYMLINK;
    default:
        return SW_MEMBER_OTHER;
    }
}

int sw_archive_next(struct sw_archive *archive, struct sw_member *ret, struct sw_err *err)
{
    if (archive->tar != NULL)
        return sw_tar_next(archive->tar, ret, err);
    if (archive->archive == NULL || archive->is_over)
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
    struct sw_member member = {
        .type = type_of(entry),
        .name = sw_str_of(archive_entry_pathname(entry)),
        .target = sw_str_of(archive_entry_symlink(entry)),
        .size_bytes = archive_entry_size(entry) > 0 ? (uint64_t)archive_entry_size(entry) : 0,
        .mode = (uint32_t)archive_entry_mode(entry) & 07777,
        .mtime_s = archive_entry_mtime(entry),
    };
    if (member.name.n > SW_ARCHIVE_NAME_MAX || member.target.n > SW_ARCHIVE_NAME_MAX) {
        archive->is_over = true;
        return sw_err_set(err, -EBADMSG, "%s: name too long", archive->name);
    }
    archive->block = SW_STR_NONE;
    archive->is_at_end = member.type != SW_MEMBER_FILE;
    *ret = member;
    return 1;
}

/* Fails for this member alone. */
static int refuse(struct sw_archive *archive, struct sw_err *err)
{
    const char *why = archive_error_string(archive->archive);
    archive->is_at_end = true;
    return sw_err_set(
        err, -EOPNOTSUPP, "%s: %.200s", archive->name, why != NULL ? why : "not supported");
}

/* Up to max_bytes of a member. */
static ssize_t read_other(
    struct sw_archive *archive, size_t max_bytes, const void **ret, struct sw_err *err)
{
    if (archive->archive == NULL || archive->is_over)
        return 0;
    while (archive->block.n == 0 && !archive->is_at_end) {
        const void *p = NULL;
        size_t n = 0;
        la_int64_t offset = 0;
        int r = archive_read_data_block(archive->archive, &p, &n, &offset);
        if (r == ARCHIVE_EOF)
            archive->is_at_end = true;
        else if (r == ARCHIVE_FAILED && archive->inner_err.code == 0)
            return refuse(archive, err);
        else if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
            return failure(archive, err);
        else
            archive->block = (struct sw_str){p, n};
    }
    size_t n = archive->block.n < max_bytes ? archive->block.n : max_bytes;
    *ret = archive->block.p;
    archive->block = sw_str_skip(archive->block, n);
    return (ssize_t)n;
}

static ssize_t read_some(
    struct sw_archive *archive, size_t max_bytes, const void **ret, struct sw_err *err)
{
    if (archive->tar != NULL)
        return sw_tar_read_block(archive->tar, max_bytes, ret, err);
    return read_other(archive, max_bytes, ret, err);
}

ssize_t sw_archive_read_block(struct sw_archive *archive, const void **ret, struct sw_err *err)
{
    return read_some(archive, SIZE_MAX, ret, err);
}

ssize_t sw_archive_read(struct sw_archive *archive, void *p, size_t n, struct sw_err *err)
{
    const void *block = NULL;
    if (n == 0)
        return 0;
    ssize_t got = read_some(archive, n, &block, err);
    if (got > 0)
        memcpy(p, block, (size_t)got);
    return got;
}
