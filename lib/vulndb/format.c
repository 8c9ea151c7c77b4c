/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of the tables, the packed EPSS score and the trailer: the parts of the format that are not
 * records.
 */
#include "vulndb/format.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

#define CVE_YEAR_MIN 1970
#define CVE_YEAR_MAX 2999
#define CVE_NUMBER_MAX ((uint64_t)0xffffffffff) /* ids have at most ten or so digits */

static const char *const names[] = {
    [SW_TABLE_META] = "meta",
    [SW_TABLE_FEEDS] = "feeds",
    [SW_TABLE_FILES] = "files",
    [SW_TABLE_PRODUCTS] = "products",
    [SW_TABLE_NAMES] = "names",
    [SW_TABLE_STRINGS] = "strings",
    [SW_TABLE_ADVISORIES] = "advisories",
    [SW_TABLE_DETAILS] = "details",
    [SW_TABLE_AFFECTED] = "affected",
    [SW_TABLE_ENTRIES] = "entries",
    [SW_TABLE_IDS] = "ids",
    [SW_TABLE_KEV] = "kev",
    [SW_TABLE_EPSS] = "epss",
    [SW_TABLE_EOL] = "eol",
};
static_assert(SW_ARRAY_SIZE(names) == _SW_TABLE_MAX, "a name for each table");

const char *sw_table_name(enum sw_table table)
{
    return names[table];
}

struct sw_str sw_key_str(const struct sw_key *key)
{
    return (struct sw_str){key->p, key->n};
}

void sw_key_number(struct sw_key *key, uint32_t number)
{
    key->n = 4;
    for (unsigned i = 0; i < 4; i++)
        key->p[i] = (char)(number >> (24 - 8 * i));
}

bool sw_key_entry_prefix(struct sw_key *key, struct sw_str package)
{
    if (package.n == 0 || package.n > SW_KEY_NAME_MAX || sw_str_find_char(package, '\0') >= 0)
        return false;
    memcpy(key->p, package.p, package.n);
    key->p[package.n] = '\0';
    key->n = package.n + 1;
    return true;
}

bool sw_key_entry(
    struct sw_key *key, struct sw_str package, uint16_t product, enum sw_affected_name kind)
{
    if (!sw_key_entry_prefix(key, package))
        return false;
    key->p[key->n++] = (char)(product >> 8);
    key->p[key->n++] = (char)product;
    key->p[key->n++] = (char)kind;
    return true;
}

bool sw_key_parse_entry(
    struct sw_str key, struct sw_str *package, uint16_t *product, enum sw_affected_name *kind)
{
    ptrdiff_t end = sw_str_find_char(key, '\0');
    if (end <= 0 || key.n - (size_t)end != 4)
        return false;
    const uint8_t *p = (const uint8_t *)key.p + end + 1;
    if (p[2] >= _SW_AFFECTED_NAME_MAX)
        return false;
    *package = sw_str_part(key, 0, (size_t)end);
    *product = sw_num_be16(p);
    *kind = (enum sw_affected_name)p[2];
    return true;
}

bool sw_key_epss(struct sw_key *key, struct sw_str cve, uint8_t *ret_place)
{
    uint64_t year = 0;
    uint64_t number = 0;
    if (cve.n < 10 || !sw_str_starts_with(cve, SW_STR("CVE-")) || cve.p[8] != '-')
        return false;
    if (sw_str_parse_u64(sw_str_part(cve, 4, 4), 10, &year) < 0 ||
        sw_str_parse_u64(sw_str_skip(cve, 9), 10, &number) < 0)
        return false;
    if (year < CVE_YEAR_MIN || year > CVE_YEAR_MAX || number > CVE_NUMBER_MAX)
        return false;
    uint64_t block = number >> 8;
    key->n = 6;
    key->p[0] = (char)(year >> 8);
    key->p[1] = (char)year;
    for (unsigned i = 0; i < 4; i++)
        key->p[2 + i] = (char)(block >> (24 - 8 * i));
    *ret_place = (uint8_t)number;
    return true;
}

static uint64_t steps(double v)
{
    if (!(v > 0))
        return 0;
    return v >= 1 ? SW_EPSS_STEPS : (uint64_t)(v * SW_EPSS_STEPS + 0.5);
}

void sw_epss_put(uint8_t *p, uint8_t place, double probability, double percentile)
{
    uint64_t v = place | steps(probability) << 8 | steps(percentile) << 25;
    for (unsigned i = 0; i < SW_EPSS_BYTES; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

void sw_epss_get(const uint8_t *p, double *ret_probability, double *ret_percentile)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < SW_EPSS_BYTES; i++)
        v |= (uint64_t)p[i] << (8 * i);
    *ret_probability = (double)(v >> 8 & 0x1ffff) / SW_EPSS_STEPS;
    *ret_percentile = (double)(v >> 25 & 0x1ffff) / SW_EPSS_STEPS;
}

void sw_trailer_put(uint8_t *page, const struct sw_trailer *trailer)
{
    memset(page, 0, SW_PAGE_BYTES);
    memcpy(page, SW_TRAILER_MAGIC, 16);
    sw_num_put_le32(page + 16, trailer->format);
    sw_num_put_le32(page + 20, trailer->page_bytes);
    sw_num_put_le64(page + 24, trailer->n_bytes);
    memcpy(page + 32, trailer->digest, SW_TRAILER_DIGEST_BYTES);
}

bool sw_trailer_get(const uint8_t *page, struct sw_trailer *ret)
{
    if (memcmp(page, SW_TRAILER_MAGIC, 16) != 0)
        return false;
    ret->format = sw_num_le32(page + 16);
    ret->page_bytes = sw_num_le32(page + 20);
    ret->n_bytes = sw_num_le64(page + 24);
    memcpy(ret->digest, page + 32, SW_TRAILER_DIGEST_BYTES);
    ret->digest[SW_TRAILER_DIGEST_BYTES - 1] = '\0';
    return true;
}
