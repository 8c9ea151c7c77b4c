/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar as container runtimes read it: v7, ustar, star, GNU and pax. Every layer passes through here,
 * some with millions of members, so headers are looked at where they lie and content is lent.
 * Where programs differ, what Go's archive/tar does decides, since containers are unpacked by it.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/tar_header.h"
#include "io/tar_priv.h"

/* Long names, pax records: as much as Go takes. */
#define SPECIAL_MAX_BYTES ((size_t)1 << 20)
/* Special headers before one member; each replaces its like. */
#define SPECIALS_MAX 64

static const uint8_t zeroes[65536];

struct sw_tar {
    struct sw_reader *inner; /* owned */
    struct sw_str at;        /* lent by inner, not used yet */
    uint8_t block[SW_TAR_BLOCK];
    bool is_over;

    /* The current member. */
    uint64_t stored;   /* bytes of content still in the stream */
    uint64_t padding;  /* after them */
    uint64_t position; /* in the expanded content */
    uint64_t size;     /* of the expanded content */
    uint64_t n_hole_bytes;
    bool is_sparse;
    size_t next_run;
    struct sw_tar_runs runs;

    /* Made of special headers, for the next member. */
    struct sw_buf pax_text;
    struct sw_buf long_name;
    struct sw_buf long_target;
    struct sw_buf name; /* prefix and name put together */
    struct sw_buf target;
    struct sw_tar_pax pax;
    bool has_pax;
    bool has_long_name;
    bool has_long_target;
};

int sw_tar_open(struct sw_reader *inner, struct sw_tar **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_reader_freep) struct sw_reader *owned = inner;
    struct sw_str head;
    int r = sw_reader_peek(inner, SW_TAR_BLOCK, &head, err);
    if (r < 0)
        return r;
    const uint8_t *first = (const uint8_t *)head.p;
    if (head.n > 0 &&
        (head.n < SW_TAR_BLOCK || (!sw_tar_is_zero(first) && !sw_tar_is_sum_right(first))))
        return sw_err_set(err, -EBADMSG, "tar: no tar archive");
    struct sw_tar *tar = sw_mem_zalloc(1, sizeof(*tar));
    if (tar == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    tar->inner = SW_TAKE(owned);
    sw_buf_init(&tar->pax_text, SPECIAL_MAX_BYTES);
    sw_buf_init(&tar->long_name, SPECIAL_MAX_BYTES);
    sw_buf_init(&tar->long_target, SPECIAL_MAX_BYTES);
    sw_buf_init(&tar->name, SW_TAR_BLOCK);
    sw_buf_init(&tar->target, SW_TAR_BLOCK);
    *ret = tar;
    return 0;
}

void sw_tar_close(struct sw_tar *tar)
{
    if (tar == NULL)
        return;
    sw_reader_free(tar->inner);
    sw_vec_done(&tar->runs.list);
    sw_buf_done(&tar->pax_text);
    sw_buf_done(&tar->long_name);
    sw_buf_done(&tar->long_target);
    sw_buf_done(&tar->name);
    sw_buf_done(&tar->target);
    sw_mem_free(tar);
}

static int damaged(struct sw_tar *tar, struct sw_err *err, const char *why)
{
    tar->is_over = true;
    return sw_err_set(err, -EBADMSG, "tar: %s", why);
}

/* Makes bytes be at hand: 1, 0 at the end, negative errno. */
static int need(struct sw_tar *tar, struct sw_err *err)
{
    if (tar->at.n > 0)
        return 1;
    const void *p = NULL;
    ssize_t n = sw_reader_borrow(tar->inner, &p, err);
    if (n <= 0) {
        tar->is_over = true;
        return (int)n;
    }
    tar->at = (struct sw_str){p, (size_t)n};
    return 1;
}

/* The next block: 1, 0 at the end of the stream; what is left of a block is damage, unless zero. */
static int read_block(struct sw_tar *tar, const uint8_t **ret, struct sw_err *err)
{
    size_t n = 0;
    while (n < SW_TAR_BLOCK) {
        int r = need(tar, err);
        if (r < 0)
            return r;
        if (r == 0) {
            memset(tar->block + n, 0, SW_TAR_BLOCK - n);
            return n == 0 || sw_tar_is_zero(tar->block) ? 0 : damaged(tar, err, "truncated");
        }
        if (n == 0 && tar->at.n >= SW_TAR_BLOCK) {
            *ret = (const uint8_t *)tar->at.p;
            tar->at = sw_str_skip(tar->at, SW_TAR_BLOCK);
            return 1;
        }
        size_t part = SW_TAR_BLOCK - n < tar->at.n ? SW_TAR_BLOCK - n : tar->at.n;
        memcpy(tar->block + n, tar->at.p, part);
        tar->at = sw_str_skip(tar->at, part);
        n += part;
    }
    *ret = tar->block;
    return 1;
}

static int skip(struct sw_tar *tar, uint64_t n, struct sw_err *err)
{
    size_t part = n < tar->at.n ? (size_t)n : tar->at.n;
    tar->at = sw_str_skip(tar->at, part);
    n -= part;
    if (n == 0)
        return 0;
    int64_t passed = sw_reader_skip(tar->inner, n, err);
    if (passed < 0) {
        tar->is_over = true;
        return (int)passed;
    }
    return (uint64_t)passed == n ? 0 : damaged(tar, err, "truncated");
}

/* The content of a special header into buf. */
static int read_special(struct sw_tar *tar, uint64_t size, struct sw_buf *buf, struct sw_err *err)
{
    sw_buf_clear(buf);
    if (size > SPECIAL_MAX_BYTES)
        return damaged(tar, err, "special header too large");
    for (uint64_t left = size; left > 0;) {
        int r = need(tar, err);
        if (r < 0)
            return r;
        if (r == 0)
            return damaged(tar, err, "truncated");
        size_t part = left < tar->at.n ? (size_t)left : tar->at.n;
        r = sw_buf_append(buf, tar->at.p, part);
        if (r < 0)
            return sw_err_set(err, r, "tar: out of memory");
        tar->at = sw_str_skip(tar->at, part);
        left -= part;
    }
    return skip(tar, (SW_TAR_BLOCK - size % SW_TAR_BLOCK) % SW_TAR_BLOCK, err);
}

static int read_pax(struct sw_tar *tar, uint64_t size, struct sw_err *err)
{
    int r = read_special(tar, size, &tar->pax_text, err);
    if (r < 0)
        return r;
    tar->runs.list.n = 0;
    r = sw_tar_parse_pax(sw_buf_str(&tar->pax_text), &tar->pax, &tar->runs);
    if (r == -ENOMEM)
        return sw_err_set(err, r, "tar: out of memory");
    if (r < 0)
        return damaged(tar, err, "pax records are malformed");
    tar->has_pax = true;
    return 0;
}

/* 1 when the header was a special one, and is dealt with. */
static int take_special(struct sw_tar *tar, uint8_t type, uint64_t size, struct sw_err *err)
{
    int r = 0;
    switch (type) {
    case 'x':
    case 'X': /* Solaris wrote it so before pax was a standard */
        r = read_pax(tar, size, err);
        break;
    case 'g': /* runtimes ignore it */
        r = skip(tar, size, err);
        if (r == 0)
            r = skip(tar, (SW_TAR_BLOCK - size % SW_TAR_BLOCK) % SW_TAR_BLOCK, err);
        break;
    case 'L':
        r = read_special(tar, size, &tar->long_name, err);
        tar->has_long_name = true;
        break;
    case 'K':
        r = read_special(tar, size, &tar->long_target, err);
        tar->has_long_target = true;
        break;
    default:
        return 0;
    }
    return r < 0 ? r : 1;
}

static enum sw_member_type type_of(uint8_t flag, struct sw_str name)
{
    switch (flag) {
    case '\0': /* v7 knew directories by their slash alone */
        return name.n > 0 && name.p[name.n - 1] == '/' ? SW_MEMBER_DIRECTORY : SW_MEMBER_FILE;
    case '0':
    case '7':
    case 'S':
        return SW_MEMBER_FILE;
    case '1':
        return SW_MEMBER_HARDLINK;
    case '2':
        return SW_MEMBER_SYMLINK;
    case '5':
        return SW_MEMBER_DIRECTORY;
    default:
        return SW_MEMBER_OTHER;
    }
}

/* The name as the header itself has it. */
static int header_name(struct sw_tar *tar, const uint8_t *header)
{
    struct sw_str name = sw_tar_string(header, 100);
    struct sw_str prefix = SW_STR_NONE;
    if (memcmp(header + 257, "ustar\0", 6) == 0) {
        bool is_star = memcmp(header + 508, "tar\0", 4) == 0;
        prefix = sw_tar_string(header + 345, is_star ? 131 : 155);
    }
    sw_buf_clear(&tar->name);
    int r = 0;
    if (prefix.n > 0) {
        r = sw_buf_append_str(&tar->name, prefix);
        if (r == 0)
            r = sw_buf_append_char(&tar->name, '/');
    }
    return r == 0 ? sw_buf_append_str(&tar->name, name) : r;
}

static void set_names(struct sw_tar *tar, struct sw_member *member)
{
    member->name = sw_buf_str(&tar->name);
    member->target = sw_buf_str(&tar->target);
    if (tar->has_pax && tar->pax.path.p != NULL)
        member->name = tar->pax.path;
    if (tar->has_pax && tar->pax.linkpath.p != NULL)
        member->target = tar->pax.linkpath;
    if (tar->has_pax && tar->pax.sparse_name.p != NULL)
        member->name = tar->pax.sparse_name;
    if (tar->has_long_name && tar->long_name.n > 0)
        member->name = sw_tar_string((const uint8_t *)tar->long_name.p, tar->long_name.n);
    if (tar->has_long_target && tar->long_target.n > 0)
        member->target = sw_tar_string((const uint8_t *)tar->long_target.p, tar->long_target.n);
}

/* Runs of the old GNU form, n of them, up to the first that is empty. */
static int take_runs(struct sw_tar *tar, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n && p[i * 24] != '\0'; i++) {
        int64_t offset = 0, n_bytes = 0;
        if (sw_tar_number(p + i * 24, 12, &offset) < 0 ||
            sw_tar_number(p + i * 24 + 12, 12, &n_bytes) < 0 || offset < 0 || n_bytes < 0)
            return -EBADMSG;
        struct sw_tar_run run = {(uint64_t)offset, (uint64_t)n_bytes};
        int r = sw_vec_push(&tar->runs.list, run, SW_TAR_SPARSE_MAX);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The map in the header, and in the blocks that it announces. */
static int read_old_map(struct sw_tar *tar, const uint8_t *header, struct sw_err *err)
{
    int64_t size = 0;
    tar->runs.list.n = 0;
    if (sw_tar_number(header + 483, 12, &size) < 0 || size < 0)
        return damaged(tar, err, "sparse size is malformed");
    tar->size = (uint64_t)size;
    bool is_more = header[482] != 0;
    int r = take_runs(tar, header + 386, 4);
    while (r == 0 && is_more) {
        const uint8_t *block = NULL;
        r = read_block(tar, &block, err);
        if (r <= 0)
            return r < 0 ? r : damaged(tar, err, "truncated");
        is_more = block[504] != 0;
        r = take_runs(tar, block, 21);
    }
    if (r == -ENOMEM)
        return sw_err_set(err, r, "tar: out of memory");
    return r < 0 ? damaged(tar, err, "sparse map is malformed") : 0;
}

/* The map that stands before the data: a count and twice as many numbers, a line each, in whole
 * blocks. */
static int read_new_map(struct sw_tar *tar, struct sw_err *err)
{
    uint64_t n_numbers = 0, n_seen = 0, number = 0;
    struct sw_tar_run run = {0};
    size_t n_digits = 0;
    tar->runs.list.n = 0;
    for (bool is_counted = false; !is_counted || n_seen < n_numbers;) {
        const uint8_t *block = NULL;
        if (tar->stored < SW_TAR_BLOCK)
            return damaged(tar, err, "sparse map is truncated");
        int r = read_block(tar, &block, err);
        if (r <= 0)
            return r < 0 ? r : damaged(tar, err, "truncated");
        tar->stored -= SW_TAR_BLOCK;
        for (size_t i = 0; i < SW_TAR_BLOCK && (!is_counted || n_seen < n_numbers); i++) {
            if (block[i] >= '0' && block[i] <= '9' && n_digits < 18) {
                number = number * 10 + (uint64_t)(block[i] - '0');
                n_digits++;
                continue;
            }
            if (block[i] != '\n' || n_digits == 0)
                return damaged(tar, err, "sparse map is malformed");
            if (!is_counted) {
                if (number > SW_TAR_SPARSE_MAX)
                    return damaged(tar, err, "sparse map is too long");
                n_numbers = number * 2;
                is_counted = true;
            } else if (n_seen++ % 2 == 0) {
                run.offset = number;
            } else {
                run.n_bytes = number;
                r = sw_vec_push(&tar->runs.list, run, SW_TAR_SPARSE_MAX);
                if (r < 0)
                    return sw_err_set(err, r, "tar: out of memory");
            }
            number = 0;
            n_digits = 0;
        }
    }
    return 0;
}

/* Sets up the content of a file that may be sparse. */
static int prepare_sparse(struct sw_tar *tar, const uint8_t *header, struct sw_err *err)
{
    int r = 0;
    bool is_pax = tar->has_pax && (tar->pax.is_sparse_1 || tar->pax.is_sparse_0);
    tar->is_sparse = header[156] == 'S' || is_pax;
    if (!tar->is_sparse)
        return 0;
    if (header[156] == 'S') {
        r = read_old_map(tar, header, err);
    } else {
        if (!tar->pax.has_sparse_size)
            return damaged(tar, err, "sparse file without its size");
        tar->size = tar->pax.sparse_size_bytes;
        if (tar->pax.is_sparse_1) {
            r = read_new_map(tar, err);
        } else if (tar->pax.sparse_map.p != NULL) {
            tar->runs.list.n = 0;
            r = sw_tar_parse_map(tar->pax.sparse_map, &tar->runs);
            if (r == -ENOMEM)
                return sw_err_set(err, r, "tar: out of memory");
            if (r < 0)
                return damaged(tar, err, "sparse map is malformed");
        }
    }
    if (r < 0)
        return r;
    if (!sw_tar_is_map_right(&tar->runs, tar->size, tar->stored))
        return damaged(tar, err, "sparse map contradicts the sizes");
    return 0;
}

/* Turns a checked header into a member and its content. */
static int take_member(struct sw_tar *tar, const uint8_t *header, uint64_t size,
    struct sw_member *ret, struct sw_err *err)
{
    struct sw_member member = {0};
    struct sw_str target = sw_tar_string(header + 157, 100);
    int64_t number = 0;
    sw_buf_clear(&tar->target);
    int r = header_name(tar, header);
    if (r == 0)
        r = sw_buf_append_str(&tar->target, target);
    if (r < 0)
        return sw_err_set(err, r, "tar: out of memory");
    set_names(tar, &member);
    if (member.name.n > SW_ARCHIVE_NAME_MAX || member.target.n > SW_ARCHIVE_NAME_MAX)
        return damaged(tar, err, "name too long");
    member.type = type_of(header[156], member.name);
    if (sw_tar_number(header + 100, 8, &number) == 0)
        member.mode = (uint32_t)number & 07777;
    if (sw_tar_number(header + 136, 12, &number) == 0)
        member.mtime_s = number;
    if (tar->has_pax && tar->pax.has_mtime)
        member.mtime_s = tar->pax.mtime_s;
    if (tar->has_pax && tar->pax.has_size)
        size = tar->pax.size_bytes;
    /* Links, directories and devices have no content, whatever their header says. */
    if (header[156] >= '1' && header[156] <= '6')
        size = 0;
    tar->stored = size;
    tar->size = size;
    tar->padding = (SW_TAR_BLOCK - size % SW_TAR_BLOCK) % SW_TAR_BLOCK;
    tar->position = 0;
    tar->n_hole_bytes = 0;
    tar->next_run = 0;
    tar->is_sparse = false;
    if (member.type == SW_MEMBER_FILE) {
        r = prepare_sparse(tar, header, err);
        if (r < 0)
            return r;
    }
    member.size_bytes = tar->size;
    member.offset_bytes = sw_reader_position(tar->inner) - tar->at.n;
    *ret = member;
    return 1;
}

int sw_tar_next(struct sw_tar *tar, struct sw_member *ret, struct sw_err *err)
{
    if (tar->is_over)
        return 0;
    int r = skip(tar, tar->stored, err);
    if (r < 0)
        return r;
    tar->stored = 0;
    /* The padding of the very last member may be missing. */
    uint64_t padding = tar->padding;
    tar->padding = 0;
    r = padding > 0 ? skip(tar, padding, err) : 0;
    if (r < 0)
        return r == -EBADMSG && tar->is_over ? 0 : r;
    tar->has_pax = false;
    tar->has_long_name = false;
    tar->has_long_target = false;
    for (unsigned i = 0; i < SPECIALS_MAX; i++) {
        const uint8_t *header = NULL;
        int64_t size = 0;
        r = read_block(tar, &header, err);
        if (r <= 0)
            return r;
        /* One block of zeroes ends it; a second one should follow, and is not missed. */
        if (sw_tar_is_zero(header)) {
            tar->is_over = true;
            return 0;
        }
        if (!sw_tar_is_sum_right(header))
            return damaged(tar, err, "header checksum differs");
        if (sw_tar_number(header + 124, 12, &size) < 0 || size < 0)
            return damaged(tar, err, "size is malformed");
        r = take_special(tar, header[156], (uint64_t)size, err);
        if (r < 0)
            return r;
        if (r == 0)
            return take_member(tar, header, (uint64_t)size, ret, err);
    }
    return damaged(tar, err, "too many special headers");
}

/* Bytes of a hole that come next, 0 when data (or the end) does. */
static uint64_t hole_ahead(const struct sw_tar *tar, uint64_t *ret_run_left)
{
    const struct sw_tar_runs *runs = &tar->runs;
    if (tar->next_run >= runs->list.n) {
        *ret_run_left = 0;
        return tar->size - tar->position;
    }
    const struct sw_tar_run *run = &runs->list.v[tar->next_run];
    if (tar->position < run->offset) {
        *ret_run_left = 0;
        return run->offset - tar->position;
    }
    *ret_run_left = run->offset + run->n_bytes - tar->position;
    return 0;
}

static ssize_t lend_hole(
    struct sw_tar *tar, uint64_t n, size_t max_bytes, const void **ret, struct sw_err *err)
{
    if (n > sizeof(zeroes))
        n = sizeof(zeroes);
    if (n > max_bytes)
        n = max_bytes;
    if (n > SW_ARCHIVE_HOLES_MAX_BYTES - tar->n_hole_bytes)
        return sw_err_set(err, -EFBIG, "sparse file with more than %llu bytes of holes",
            (unsigned long long)SW_ARCHIVE_HOLES_MAX_BYTES);
    tar->n_hole_bytes += n;
    tar->position += n;
    *ret = zeroes;
    return (ssize_t)n;
}

ssize_t sw_tar_read_block(
    struct sw_tar *tar, size_t max_bytes, const void **ret, struct sw_err *err)
{
    uint64_t limit = tar->stored;
    if (tar->is_over)
        return 0;
    if (tar->is_sparse) {
        uint64_t hole = hole_ahead(tar, &limit);
        while (hole == 0 && limit == 0 && tar->next_run < tar->runs.list.n) {
            tar->next_run++;
            hole = hole_ahead(tar, &limit);
        }
        if (hole > 0)
            return lend_hole(tar, hole, max_bytes, ret, err);
        if (limit > tar->stored)
            limit = tar->stored;
    }
    if (limit == 0)
        return 0;
    int r = need(tar, err);
    if (r < 0)
        return r;
    if (r == 0)
        return damaged(tar, err, "truncated");
    size_t n = limit < tar->at.n ? (size_t)limit : tar->at.n;
    if (n > max_bytes)
        n = max_bytes;
    *ret = tar->at.p;
    tar->at = sw_str_skip(tar->at, n);
    tar->stored -= n;
    tar->position += n;
    return (ssize_t)n;
}
