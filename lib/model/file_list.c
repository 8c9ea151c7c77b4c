/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packs and unpacks tables of files. Reading trusts nothing: a table may come from a child that an
 * image has taken over.
 */
#include "model/file_list.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

/* The same in every program and version. */
#define KEY_SEED UINT64_C(0x5ea3a11f11e11575)

/* ---- which file a path means ---- */

static bool is_merged(struct sw_str component)
{
    static const char *const names[] = {"bin", "sbin", "lib", "lib32", "lib64", "libo32", "libx32"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(names); i++)
        if (sw_str_equal_z(component, names[i]))
            return true;
    return false;
}

struct sw_str sw_file_canonical(struct sw_str path)
{
    if (!sw_str_starts_with(path, SW_STR("usr/")))
        return path;
    struct sw_str rest = sw_str_skip(path, 4);
    ptrdiff_t slash = sw_str_find_char(rest, '/');
    return slash > 0 && is_merged(sw_str_part(rest, 0, (size_t)slash)) ? rest : path;
}

uint64_t sw_file_key(struct sw_str path)
{
    return sw_str_hash_seeded(KEY_SEED, sw_file_canonical(path));
}

uint64_t sw_file_package_key(struct sw_str name, struct sw_str arch, struct sw_str version)
{
    uint64_t key = sw_str_hash_seeded(KEY_SEED, name);
    key = sw_str_hash_seeded(key, arch);
    return sw_str_hash_seeded(key, version);
}

bool sw_file_is_judged(struct sw_str path)
{
    static const char *const wanted[] = {"usr/", "bin/", "sbin/", "lib", "opt/", "boot/"};
    static const char *const unwanted[] = {"usr/local/", "usr/share/doc/", "usr/share/man/",
        "usr/share/info/", "usr/share/locale/", "usr/share/help/", "usr/share/lintian/",
        "usr/share/doc-base/", "usr/share/bug/", "usr/share/licenses/", "usr/lib/.build-id/",
        "lib/apk/", "usr/lib/apk/", "usr/lib/sysimage/", "usr/share/rpm/", "usr/lib/locale/"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(unwanted); i++)
        if (sw_str_starts_with(path, sw_str_of(unwanted[i])))
            return false;
    for (size_t i = 0; i < SW_ARRAY_SIZE(wanted); i++)
        if (sw_str_starts_with(path, sw_str_of(wanted[i])))
            return true;
    return false;
}

/* ---- numbers and texts ---- */

static size_t put_number(char *p, size_t v)
{
    size_t n = 0;
    while (v > 127) {
        p[n++] = (char)(v & 127) | (char)128;
        v >>= 7;
    }
    p[n++] = (char)v;
    return n;
}

/* Numbers here are lengths below 2^21. */
static bool get_number(struct sw_str table, size_t *at, size_t *ret)
{
    size_t v = 0;
    for (unsigned shift = 0; shift <= 14; shift += 7) {
        if (*at >= table.n)
            return false;
        uint8_t byte = (uint8_t)table.p[(*at)++];
        v |= (size_t)(byte & 127) << shift;
        if (byte < 128) {
            *ret = v;
            return true;
        }
    }
    return false;
}

static bool get_bytes(struct sw_str table, size_t *at, size_t n, struct sw_str *ret)
{
    if (n > table.n - *at)
        return false;
    *ret = sw_str_part(table, *at, n);
    *at += n;
    return true;
}

static bool get_text(struct sw_str table, size_t *at, struct sw_str *ret)
{
    size_t n;
    return get_number(table, at, &n) && get_bytes(table, at, n, ret);
}

static int append_text(struct sw_buf *buf, struct sw_str s)
{
    char number[8];
    int r = sw_buf_append(buf, number, put_number(number, s.n));
    return r < 0 ? r : sw_buf_append_str(buf, s);
}

/* ---- LISTED ---- */

int sw_file_writer_init(struct sw_file_writer *writer, enum sw_file_digest digest,
    struct sw_str name, struct sw_str arch, struct sw_str version)
{
    sw_buf_init(&writer->buf, SW_FILE_TABLE_MAX);
    writer->n_path = 0;
    char head[2] = {SW_FILE_TABLE_LISTED, (char)digest};
    if (name.n > SW_FILE_PATH_MAX || arch.n > SW_FILE_PATH_MAX || version.n > SW_FILE_PATH_MAX)
        return -EFBIG;
    int r = sw_buf_append(&writer->buf, head, 2);
    if (r == 0)
        r = append_text(&writer->buf, name);
    if (r == 0)
        r = append_text(&writer->buf, arch);
    return r < 0 ? r : append_text(&writer->buf, version);
}

void sw_file_writer_done(struct sw_file_writer *writer)
{
    sw_buf_done(&writer->buf);
}

int sw_file_writer_add(struct sw_file_writer *writer, const struct sw_file_entry *entry)
{
    struct sw_str path = entry->path;
    if (path.n > SW_FILE_PATH_MAX)
        return -EFBIG;
    size_t shared = 0;
    while (shared < writer->n_path && shared < path.n && writer->path[shared] == path.p[shared])
        shared++;
    char bytes[16 + SW_FILE_PATH_MAX + 1 + SW_FILE_DIGEST_BYTES];
    size_t n = put_number(bytes, shared);
    n += put_number(bytes + n, path.n - shared);
    memcpy(bytes + n, path.p + shared, path.n - shared);
    n += path.n - shared;
    bytes[n++] = (char)entry->flags;
    memcpy(bytes + n, entry->digest, SW_FILE_DIGEST_BYTES);
    n += SW_FILE_DIGEST_BYTES;
    int r = sw_buf_append(&writer->buf, bytes, n);
    if (r < 0)
        return r;
    memcpy(writer->path + shared, path.p + shared, path.n - shared);
    writer->n_path = path.n;
    return 0;
}

int sw_file_list_open(struct sw_file_list *list, struct sw_str table)
{
    if (table.n < 2 || table.p[0] != SW_FILE_TABLE_LISTED ||
        (uint8_t)table.p[1] >= _SW_FILE_DIGEST_MAX)
        return -EBADMSG;
    list->digest = (enum sw_file_digest)table.p[1];
    list->table = table;
    list->at = 2;
    list->n_path = 0;
    if (!get_text(table, &list->at, &list->name) || !get_text(table, &list->at, &list->arch) ||
        !get_text(table, &list->at, &list->version))
        return -EBADMSG;
    return 0;
}

int sw_file_list_next(struct sw_file_list *list, struct sw_file_entry *ret)
{
    size_t shared;
    struct sw_str rest;
    struct sw_str tail;
    if (list->at >= list->table.n)
        return 0;
    if (!get_number(list->table, &list->at, &shared) || !get_text(list->table, &list->at, &rest) ||
        !get_bytes(list->table, &list->at, 1 + SW_FILE_DIGEST_BYTES, &tail) ||
        shared > list->n_path || rest.n > SW_FILE_PATH_MAX - shared)
        return -EBADMSG;
    if (rest.n > 0)
        memcpy(list->path + shared, rest.p, rest.n);
    list->n_path = shared + rest.n;
    *ret = (struct sw_file_entry){
        .path = {list->path, list->n_path},
        .flags = (uint8_t)tail.p[0],
        .digest = (const uint8_t *)tail.p + 1,
        .flags_at = list->at - (1 + SW_FILE_DIGEST_BYTES),
    };
    return 1;
}

/* ---- HELD ---- */

int sw_file_held_add(struct sw_buf *buf, const struct sw_file_held *held)
{
    char bytes[9 + sizeof(held->digests)];
    sw_num_put_le64(bytes, held->key);
    bytes[8] = (char)held->flags;
    size_t n = 9;
    for (unsigned i = 0; i < _SW_FILE_DIGEST_MAX; i++) {
        if ((held->flags >> i & 1) == 0)
            continue;
        memcpy(bytes + n, held->digests[i], SW_FILE_DIGEST_BYTES);
        n += SW_FILE_DIGEST_BYTES;
    }
    return sw_buf_append(buf, bytes, n);
}

int sw_file_held_next(struct sw_str *rest, struct sw_file_held *ret)
{
    if (rest->n == 0)
        return 0;
    if (rest->n < 9)
        return -EBADMSG;
    *ret = (struct sw_file_held){.key = sw_num_le64(rest->p), .flags = (uint8_t)rest->p[8]};
    size_t n = 9;
    for (unsigned i = 0; i < _SW_FILE_DIGEST_MAX; i++) {
        if ((ret->flags >> i & 1) == 0)
            continue;
        if (rest->n - n < SW_FILE_DIGEST_BYTES)
            return -EBADMSG;
        memcpy(ret->digests[i], rest->p + n, SW_FILE_DIGEST_BYTES);
        n += SW_FILE_DIGEST_BYTES;
    }
    *rest = sw_str_skip(*rest, n);
    return 1;
}

/* ---- keys ---- */

int sw_file_key_add(struct sw_buf *buf, uint64_t key)
{
    char bytes[8];
    sw_num_put_le64(bytes, key);
    return sw_buf_append(buf, bytes, sizeof(bytes));
}

int sw_file_key_next(struct sw_str *rest, uint64_t *ret)
{
    if (rest->n == 0)
        return 0;
    if (rest->n < 8)
        return -EBADMSG;
    *ret = sw_num_le64(rest->p);
    *rest = sw_str_skip(*rest, 8);
    return 1;
}
