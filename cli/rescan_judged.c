/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of last judgements: a head, then per inventory its name (64 bytes), a number and so many
 * findings of nine bytes, then the digest of all that. Damage costs a comparison, no verdict.
 */
#include "rescan_judged.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/digest.h"
#include "io/file.h"
#include "scan/inventory_store.h"

#define MAGIC "SEAWALL JUDGED1\n"
#define MAGIC_BYTES 16
#define NAME_BYTES (SW_INVENTORY_NAME_BYTES - 1)
#define FINDING_BYTES 9
#define DIGEST_BYTES 72
#define FILE_BYTES_MAX ((size_t)4 << 30)
#define ENTRIES_MAX ((size_t)1 << 20)

void sw_judged_done(struct sw_judged *judged)
{
    sw_vec_done(&judged->entries);
    sw_buf_done(&judged->text);
}

static int parse_entries(struct sw_judged *judged, struct sw_str rest)
{
    while (rest.n > 0) {
        struct sw_judged_entry entry = {.name = sw_str_part(rest, 0, NAME_BYTES)};
        if (rest.n < NAME_BYTES + 4)
            return -EBADMSG;
        uint64_t n = (uint64_t)sw_num_le32(rest.p + NAME_BYTES) * FINDING_BYTES;
        rest = sw_str_skip(rest, NAME_BYTES + 4);
        if (n > rest.n)
            return -EBADMSG;
        entry.findings = sw_str_part(rest, 0, (size_t)n);
        rest = sw_str_skip(rest, (size_t)n);
        if (judged->entries.n > 0 &&
            sw_str_compare(judged->entries.v[judged->entries.n - 1].name, entry.name) >= 0)
            return -EBADMSG;
        int r = sw_vec_push(&judged->entries, entry, ENTRIES_MAX);
        if (r < 0)
            return r;
    }
    return 0;
}

int sw_judged_parse(struct sw_judged *judged)
{
    struct sw_str text = sw_buf_str(&judged->text);
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    if (text.n < MAGIC_BYTES + DIGEST_BYTES || memcmp(text.p, MAGIC, MAGIC_BYTES) != 0)
        return -EBADMSG;
    struct sw_str body = sw_str_part(text, 0, text.n - DIGEST_BYTES);
    int r = sw_digest_of(SW_DIGEST_SHA256, body, digest);
    if (r == 0 && memcmp(digest, body.p + body.n, DIGEST_BYTES) != 0)
        r = -EBADMSG;
    if (r == 0)
        r = parse_entries(judged, sw_str_skip(body, MAGIC_BYTES));
    if (r < 0)
        judged->entries.n = 0;
    return r;
}

static char *path_of(const char *cache_dir)
{
    size_t n = strlen(cache_dir) + sizeof("/" SW_JUDGED_FILE);
    char *path = sw_mem_alloc(n);
    if (path != NULL)
        snprintf(path, n, "%s/" SW_JUDGED_FILE, cache_dir);
    return path;
}

int sw_judged_load(const char *cache_dir, struct sw_judged *ret)
{
    SW_CLEANUP(sw_mem_freep) char *path = path_of(cache_dir);
    *ret = (struct sw_judged){0};
    sw_buf_init(&ret->text, FILE_BYTES_MAX);
    if (path == NULL)
        return -ENOMEM;
    int r = sw_file_load(AT_FDCWD, path, &ret->text, NULL);
    if (r == 0)
        r = sw_judged_parse(ret);
    return r == -ENOMEM ? r : 0;
}

static int compare_entry(const void *key, const void *entry)
{
    const struct sw_judged_entry *e = entry;
    return sw_str_compare(*(const struct sw_str *)key, e->name);
}

const struct sw_judged_entry *sw_judged_find(const struct sw_judged *judged, struct sw_str name)
{
    if (judged->entries.n == 0)
        return NULL;
    return bsearch(
        &name, judged->entries.v, judged->entries.n, sizeof(judged->entries.v[0]), compare_entry);
}

size_t sw_judged_count(const struct sw_judged_entry *entry)
{
    return entry->findings.n / FINDING_BYTES;
}

struct sw_judged_finding sw_judged_get(const struct sw_judged_entry *entry, size_t i)
{
    const char *p = entry->findings.p + i * FINDING_BYTES;
    return (struct sw_judged_finding){.identity = sw_num_le64(p), .severity = (uint8_t)p[8]};
}

void sw_judged_begin(struct sw_buf *buf)
{
    sw_buf_init(buf, FILE_BYTES_MAX);
}

static int put_head(struct sw_buf *buf, struct sw_str name, size_t n)
{
    uint8_t count[4];
    if (name.n != NAME_BYTES || n > UINT32_MAX)
        return -EINVAL;
    sw_num_put_le32(count, (uint32_t)n);
    int r = buf->n == 0 ? sw_buf_append(buf, MAGIC, MAGIC_BYTES) : 0;
    if (r == 0)
        r = sw_buf_append_str(buf, name);
    return r < 0 ? r : sw_buf_append(buf, count, sizeof(count));
}

int sw_judged_put(
    struct sw_buf *buf, struct sw_str name, const struct sw_judged_finding *findings, size_t n)
{
    int r = put_head(buf, name, n);
    for (size_t i = 0; i < n && r == 0; i++) {
        uint8_t bytes[FINDING_BYTES];
        sw_num_put_le64(bytes, findings[i].identity);
        bytes[8] = findings[i].severity;
        r = sw_buf_append(buf, bytes, sizeof(bytes));
    }
    return r;
}

int sw_judged_put_entry(struct sw_buf *buf, const struct sw_judged_entry *entry)
{
    int r = put_head(buf, entry->name, sw_judged_count(entry));
    return r < 0 ? r : sw_buf_append_str(buf, entry->findings);
}

int sw_judged_save(const char *cache_dir, struct sw_buf *buf, struct sw_err *err)
{
    SW_CLEANUP(sw_mem_freep) char *path = path_of(cache_dir);
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    int r = path == NULL ? -ENOMEM : 0;
    if (r == 0 && buf->n == 0)
        r = sw_buf_append(buf, MAGIC, MAGIC_BYTES);
    if (r == 0)
        r = sw_digest_of(SW_DIGEST_SHA256, sw_buf_str(buf), digest);
    if (r == 0)
        r = sw_buf_append(buf, digest, DIGEST_BYTES);
    return r < 0 ? r : sw_file_save(AT_FDCWD, path, sw_buf_str(buf), 0600, err);
}
