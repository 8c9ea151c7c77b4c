/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes SQLite databases with a write-ahead log (scanner/catalog/rpm_sqlite.c, rpm_wal.c). The
 * input: one byte (its lowest bit: set the log's salts and checksums right, so that changed frames
 * are applied), length of the log (4 bytes, little-endian), log, database.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "catalog/rpm_list.h"
#include "catalog/rpm_sqlite.h"

#define REGION_MAX ((size_t)64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_be32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static void add_sum(uint32_t sum[2], const uint8_t *p, size_t n, bool is_big_endian)
{
    for (size_t i = 0; i + 8 <= n; i += 8) {
        sum[0] += (is_big_endian ? sw_num_be32(p + i) : sw_num_le32(p + i)) + sum[1];
        sum[1] += (is_big_endian ? sw_num_be32(p + i + 4) : sw_num_le32(p + i + 4)) + sum[0];
    }
}

static void set_right(uint8_t *log, size_t n)
{
    if (n < 32)
        return;
    bool is_big_endian = (log[3] & 1) != 0;
    uint32_t page_bytes = sw_num_be32(log + 8);
    uint32_t sum[2] = {0, 0};
    add_sum(sum, log, 24, is_big_endian);
    put_be32(log + 24, sum[0]);
    put_be32(log + 28, sum[1]);
    if (page_bytes > 65536)
        return;
    for (size_t at = 32; n - at >= 24 + (size_t)page_bytes; at += 24 + page_bytes) {
        memcpy(log + at + 8, log + 16, 8);
        add_sum(sum, log + at, 8, is_big_endian);
        add_sum(sum, log + at + 24, page_bytes, is_big_endian);
        put_be32(log + at + 16, sum[0]);
        put_be32(log + at + 20, sum[1]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 5)
        return 0;
    size_t n_log = sw_num_le32(data + 1);
    if (n_log > size - 5)
        n_log = size - 5;
    SW_CLEANUP(sw_mem_freep) uint8_t *log = sw_mem_alloc(n_log);
    if (log == NULL)
        return 0;
    memcpy(log, data + 5, n_log);
    if ((data[0] & 1) != 0)
        set_right(log, n_log);
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_MAX);
    SW_CLEANUP(sw_rpm_list_done) struct sw_rpm_list list = {0};
    sw_rpm_list_init(&list, &region, SW_STR("var/lib/rpm/rpmdb.sqlite"));
    struct sw_err err = {0};
    int r = sw_rpm_sqlite_parse((struct sw_str){(const char *)data + 5 + n_log, size - 5 - n_log},
        (struct sw_str){(const char *)log, n_log}, &list, &err);
    if (r < 0 && err.message[0] == '\0' && !list.is_cut)
        abort();
    return 0;
}
