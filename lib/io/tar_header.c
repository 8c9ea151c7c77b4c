/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of tar headers. Half a million of them in one layer, so nothing is allocated for a plain
 * one.
 */
#include "io/tar_header.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

static int base_256(const uint8_t *field, size_t n, int64_t *ret)
{
    bool is_negative = (field[0] & 0x40) != 0;
    uint8_t inverse = is_negative ? 0xff : 0;
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t byte = field[i] ^ inverse;
        if (i == 0)
            byte &= 0x7f;
        if (value >> 56 != 0)
            return -EBADMSG;
        value = value << 8 | byte;
    }
    if (value > INT64_MAX)
        return -EBADMSG;
    *ret = is_negative ? -(int64_t)value - 1 : (int64_t)value;
    return 0;
}

static bool is_padding(uint8_t c)
{
    return c == ' ' || c == '\0';
}

int sw_tar_number(const uint8_t *field, size_t n, int64_t *ret)
{
    uint64_t value = 0;
    if (n > 0 && (field[0] & 0x80) != 0)
        return base_256(field, n, ret);
    while (n > 0 && is_padding(field[0])) {
        field++;
        n--;
    }
    while (n > 0 && is_padding(field[n - 1]))
        n--;
    for (size_t i = 0; i < n; i++) {
        /* What follows a NUL inside is no part of it. */
        if (field[i] == '\0')
            break;
        if (field[i] < '0' || field[i] > '7' || value >> 60 != 0)
            return -EBADMSG;
        value = value << 3 | (uint64_t)(field[i] - '0');
    }
    *ret = (int64_t)value;
    return 0;
}

struct sw_str sw_tar_string(const uint8_t *field, size_t n)
{
    return (struct sw_str){(const char *)field, strnlen((const char *)field, n)};
}

bool sw_tar_is_sum_right(const uint8_t *block)
{
    int64_t wanted = 0;
    if (sw_tar_number(block + 148, 8, &wanted) < 0)
        return false;
    uint32_t sum = 0;
    for (size_t i = 0; i < SW_TAR_BLOCK; i++)
        sum += block[i];
    for (size_t i = 148; i < 156; i++)
        sum = sum - block[i] + ' ';
    if (sum == (uint64_t)wanted)
        return true;
    /* Some old programs added signed characters. */
    int32_t signed_sum = 8 * ' ';
    for (size_t i = 0; i < SW_TAR_BLOCK; i++)
        signed_sum += i >= 148 && i < 156 ? 0 : (int8_t)block[i];
    return signed_sum == wanted;
}

bool sw_tar_is_zero(const uint8_t *block)
{
    static const uint8_t zeroes[SW_TAR_BLOCK];
    return block[0] == 0 && memcmp(block, zeroes, SW_TAR_BLOCK) == 0;
}

/* Seconds, with a sign, and a fraction that is dropped. */
static int parse_mtime(struct sw_str value, int64_t *ret)
{
    uint64_t seconds = 0;
    bool is_negative = value.n > 0 && value.p[0] == '-';
    if (is_negative)
        value = sw_str_skip(value, 1);
    ptrdiff_t dot = sw_str_find_char(value, '.');
    struct sw_str whole = dot >= 0 ? sw_str_part(value, 0, (size_t)dot) : value;
    if (sw_str_parse_u64(whole, 10, &seconds) < 0 || seconds > INT64_MAX)
        return -EBADMSG;
    *ret = is_negative ? -(int64_t)seconds : (int64_t)seconds;
    return 0;
}

static int parse_size(struct sw_str value, bool *ret_has, uint64_t *ret)
{
    uint64_t size = 0;
    *ret_has = value.n > 0;
    if (value.n > 0 && (sw_str_parse_u64(value, 10, &size) < 0 || size > INT64_MAX))
        return -EBADMSG;
    *ret = size;
    return 0;
}

/* The oldest sparse form: each run is a record of its offset and one of its length. */
static int add_run(struct sw_str key, struct sw_str value, struct sw_tar_runs *runs)
{
    struct sw_tar_run run = {0};
    bool has = false;
    if (sw_str_equal_z(key, "GNU.sparse.offset")) {
        if (parse_size(value, &has, &run.offset) < 0)
            return -EBADMSG;
        return sw_vec_push(&runs->list, run, SW_TAR_SPARSE_MAX);
    }
    if (runs->list.n == 0)
        return -EBADMSG;
    return parse_size(value, &has, &runs->list.v[runs->list.n - 1].n_bytes);
}

static int take_sparse_record(
    struct sw_str key, struct sw_str value, struct sw_tar_pax *pax, struct sw_tar_runs *runs)
{
    if (sw_str_equal_z(key, "GNU.sparse.major"))
        pax->is_sparse_1 = sw_str_equal_z(value, "1");
    else if (sw_str_equal_z(key, "GNU.sparse.name"))
        pax->sparse_name = value.n > 0 ? value : SW_STR_NONE;
    else if (sw_str_equal_z(key, "GNU.sparse.map"))
        pax->sparse_map = value;
    else if (sw_str_equal_z(key, "GNU.sparse.size") || sw_str_equal_z(key, "GNU.sparse.realsize"))
        return parse_size(value, &pax->has_sparse_size, &pax->sparse_size_bytes);
    else if (sw_str_equal_z(key, "GNU.sparse.offset") || sw_str_equal_z(key, "GNU.sparse.numbytes"))
        return add_run(key, value, runs);
    return 0;
}

/* An empty value takes the record back. */
static int take_record(
    struct sw_str key, struct sw_str value, struct sw_tar_pax *pax, struct sw_tar_runs *runs)
{
    bool is_path = sw_str_equal_z(key, "path");
    if (is_path || sw_str_equal_z(key, "linkpath")) {
        if (sw_str_find_char(value, '\0') >= 0)
            return -EBADMSG;
        *(is_path ? &pax->path : &pax->linkpath) = value.n > 0 ? value : SW_STR_NONE;
        return 0;
    }
    if (sw_str_equal_z(key, "size"))
        return parse_size(value, &pax->has_size, &pax->size_bytes);
    if (sw_str_equal_z(key, "mtime")) {
        pax->has_mtime = value.n > 0;
        return value.n > 0 ? parse_mtime(value, &pax->mtime_s) : 0;
    }
    if (sw_str_starts_with(key, SW_STR("GNU.sparse.")))
        return take_sparse_record(key, value, pax, runs);
    return 0;
}

/* "29 mtime=1700000000.123456789\n": the length counts itself. */
int sw_tar_parse_pax(struct sw_str records, struct sw_tar_pax *ret, struct sw_tar_runs *runs)
{
    struct sw_tar_pax pax = {0};
    while (records.n > 0) {
        uint64_t n = 0;
        ptrdiff_t space = sw_str_find_char(sw_str_part(records, 0, 21), ' ');
        if (space <= 0 || sw_str_parse_u64(sw_str_part(records, 0, (size_t)space), 10, &n) < 0 ||
            n > records.n || n < (uint64_t)space + 3 || records.p[n - 1] != '\n')
            return -EBADMSG;
        struct sw_str record =
            sw_str_part(records, (size_t)space + 1, (size_t)n - (size_t)space - 2);
        records = sw_str_skip(records, (size_t)n);
        ptrdiff_t equals = sw_str_find_char(record, '=');
        if (equals <= 0)
            return -EBADMSG;
        int r = take_record(sw_str_part(record, 0, (size_t)equals),
            sw_str_skip(record, (size_t)equals + 1), &pax, runs);
        if (r < 0)
            return r == -ENOMEM ? r : -EBADMSG;
    }
    pax.is_sparse_0 = !pax.is_sparse_1 && (pax.sparse_map.p != NULL || runs->list.n > 0);
    *ret = pax;
    return 0;
}

int sw_tar_parse_map(struct sw_str map, struct sw_tar_runs *runs)
{
    struct sw_str token;
    struct sw_tar_run run = {0};
    bool is_length = false, has = false;
    if (map.n == 0)
        return 0;
    while (sw_str_next_token(&map, ',', &token)) {
        int r = parse_size(token, &has, is_length ? &run.n_bytes : &run.offset);
        if (r == 0 && !has)
            r = -EBADMSG;
        if (r == 0 && is_length)
            r = sw_vec_push(&runs->list, run, SW_TAR_SPARSE_MAX);
        if (r < 0)
            return r == -ENOMEM ? r : -EBADMSG;
        is_length = !is_length;
    }
    return is_length ? -EBADMSG : 0;
}

bool sw_tar_is_map_right(const struct sw_tar_runs *runs, uint64_t size, uint64_t stored)
{
    uint64_t end = 0, sum = 0;
    for (size_t i = 0; i < runs->list.n; i++) {
        const struct sw_tar_run *run = &runs->list.v[i];
        if (run->offset < end || !sw_num_add(run->offset, run->n_bytes, &end) || end > size)
            return false;
        sum += run->n_bytes; /* at most end, so it cannot overflow */
    }
    return sum == stored;
}
