/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads write-ahead logs, once per database that has one.
 *
 *     log    magic 4, version 4, page size 4, checkpoint 4, salt 8, checksum 8; frames
 *     frame  page 4, database size after commit 4 (0: no commit), salt 8, checksum 8; the page
 *
 * Checksums run on from the header through all frames. A frame with another salt is left over from
 * before the last reset: there the log ends. What follows the last commit was never committed.
 */
#include "catalog/rpm_wal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"

#define HEADER_BYTES ((size_t)32)
#define FRAME_HEADER_BYTES ((size_t)24)
#define MAGIC 0x377f0682U /* the lowest bit: checksums over big-endian words */
#define VERSION 3007000U

struct sw_rpm_wal_page {
    uint32_t page;
    uint32_t frame;
};

struct sum {
    bool is_big_endian;
    uint32_t a;
    uint32_t b;
};

static void add_sum(struct sum *sum, const char *p, size_t n)
{
    for (size_t i = 0; i + 8 <= n; i += 8) {
        sum->a += (sum->is_big_endian ? sw_num_be32(p + i) : sw_num_le32(p + i)) + sum->b;
        sum->b += (sum->is_big_endian ? sw_num_be32(p + i + 4) : sw_num_le32(p + i + 4)) + sum->a;
    }
}

static bool is_sum(const struct sum *sum, const char *p)
{
    return sum->a == sw_num_be32(p) && sum->b == sw_num_be32(p + 4);
}

static int read_header(
    struct sw_str bytes, uint32_t page_bytes, struct sum *ret_sum, struct sw_err *err)
{
    if (bytes.n < HEADER_BYTES)
        return sw_err_set(err, -EBADMSG, "a log of %zu bytes", bytes.n);
    uint32_t magic = sw_num_be32(bytes.p);
    if ((magic & ~1U) != MAGIC || sw_num_be32(bytes.p + 4) != VERSION)
        return sw_err_set(err, -EBADMSG, "no write-ahead log of a known version");
    if (sw_num_be32(bytes.p + 8) != page_bytes)
        return sw_err_set(err, -EBADMSG, "pages of %u bytes in the log and %u in the database",
            sw_num_be32(bytes.p + 8), page_bytes);
    struct sum sum = {.is_big_endian = (magic & 1U) != 0};
    add_sum(&sum, bytes.p, 24);
    if (!is_sum(&sum, bytes.p + 24))
        return sw_err_set(err, -EBADMSG, "wrong checksum of the log's header");
    *ret_sum = sum;
    return 0;
}

static const char *find_frame(const struct sw_rpm_wal *wal, size_t frame)
{
    return wal->bytes.p + HEADER_BYTES + frame * (FRAME_HEADER_BYTES + wal->page_bytes);
}

/* Number of frames up to the last commit. */
static uint32_t count_committed(struct sw_rpm_wal *wal, struct sum sum)
{
    size_t n_frames = (wal->bytes.n - HEADER_BYTES) / (FRAME_HEADER_BYTES + wal->page_bytes);
    size_t n_committed = 0;
    size_t i = 0;
    for (; i < n_frames && i < UINT32_MAX; i++) {
        const char *frame = find_frame(wal, i);
        if (memcmp(frame + 8, wal->bytes.p + 16, 8) != 0)
            break;
        add_sum(&sum, frame, 8);
        add_sum(&sum, frame + FRAME_HEADER_BYTES, wal->page_bytes);
        if (!is_sum(&sum, frame + 16) || sw_num_be32(frame) == 0) {
            wal->is_torn = true;
            break;
        }
        if (sw_num_be32(frame + 4) == 0)
            continue;
        n_committed = i + 1;
        wal->n_database_pages = sw_num_be32(frame + 4);
    }
    wal->n_uncommitted = (uint32_t)(i - n_committed);
    /* Cut off inside a frame that would have been the next. */
    size_t n_rest = wal->bytes.n - (size_t)(find_frame(wal, n_frames) - wal->bytes.p);
    if (i == n_frames && n_rest >= 16 && memcmp(find_frame(wal, i) + 8, wal->bytes.p + 16, 8) == 0)
        wal->is_torn = true;
    return (uint32_t)n_committed;
}

static int compare_pages(const void *a, const void *b)
{
    const struct sw_rpm_wal_page *x = a;
    const struct sw_rpm_wal_page *y = b;
    if (x->page != y->page)
        return x->page < y->page ? -1 : 1;
    return x->frame < y->frame ? -1 : x->frame > y->frame;
}

/* Sorts the frames by page and keeps the newest of each. */
static int index_pages(struct sw_rpm_wal *wal, uint32_t n_frames)
{
    if (n_frames == 0)
        return 0;
    struct sw_rpm_wal_page *pages = sw_mem_zalloc(n_frames, sizeof(*pages));
    if (pages == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < n_frames; i++)
        pages[i] = (struct sw_rpm_wal_page){sw_num_be32(find_frame(wal, i)), i};
    qsort(pages, n_frames, sizeof(*pages), compare_pages);
    size_t n = 0;
    for (uint32_t i = 0; i < n_frames; i++)
        if (i + 1 == n_frames || pages[i + 1].page != pages[i].page)
            pages[n++] = pages[i];
    wal->pages = pages;
    wal->n_pages = n;
    return 0;
}

int sw_rpm_wal_parse(
    struct sw_str bytes, uint32_t page_bytes, struct sw_rpm_wal *ret, struct sw_err *err)
{
    struct sum sum;
    int r = read_header(bytes, page_bytes, &sum, err);
    if (r < 0)
        return r;
    struct sw_rpm_wal wal = {.bytes = bytes, .page_bytes = page_bytes};
    r = index_pages(&wal, count_committed(&wal, sum));
    if (r < 0)
        return sw_err_set(err, r, "out of memory");
    *ret = wal;
    return 0;
}

void sw_rpm_wal_done(struct sw_rpm_wal *wal)
{
    sw_mem_free(SW_TAKE(wal->pages));
    wal->n_pages = 0;
}

const char *sw_rpm_wal_find(const struct sw_rpm_wal *wal, uint64_t page)
{
    size_t low = 0;
    size_t high = wal->n_pages;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (wal->pages[middle].page == page)
            return find_frame(wal, wal->pages[middle].frame) + FRAME_HEADER_BYTES;
        if (wal->pages[middle].page < page)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
