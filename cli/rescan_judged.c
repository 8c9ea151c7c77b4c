/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of last judgements: a head, with what was judged; systems; packages and verdicts;
 * inventories; and the digest of all that. Believed as the inventories themselves are, where it is
 * ours alone; damage costs time and a comparison, no verdict.
 */
#include "rescan_judged.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/descriptor.h"
#include "io/digest.h"
#include "scan/inventory_store.h"
#include "vulndb/pack.h"

#define MAGIC "SEAWALL JUDGED2\n"
#define MAGIC_BYTES 16
#define NAME_BYTES (SW_INVENTORY_NAME_BYTES - 1)
#define DIGEST_BYTES 72
#define VERDICT_BYTES 19
#define FILE_BYTES_MAX ((size_t)4 << 30)
#define ENTRIES_MAX ((size_t)1 << 20)
#define SYSTEMS_MAX ((size_t)100000)
#define PACKAGES_MAX ((size_t)50000000) /* of all inventories together, each once */
#define VERDICTS_MAX ((size_t)1000000)  /* of one package */
#define SEVERITY_IGNORED 0x80           /* in a list's ninth byte */

enum { FLAG_INCOMPLETE = 1, FLAG_LIST = 2, FLAG_PACKAGES = 4 };

void sw_judged_done(struct sw_judged *judged)
{
    sw_vec_done(&judged->entries);
    sw_buf_done(&judged->text);
}

/* ---- reading ---- */

struct parsing {
    struct sw_unpack in;
    struct sw_memo *memo;
    struct sw_judged *judged;
    /* Ids in the memo, by number in the file; owned. */
    uint32_t *systems;
    uint32_t *packages;
    size_t n_systems;
    size_t n_packages;
};

static void free_parsing(struct parsing *p)
{
    sw_mem_free(p->systems);
    sw_mem_free(p->packages);
}

static uint64_t take_u64(struct sw_unpack *in)
{
    struct sw_str bytes = sw_unpack_bytes(in, 8);
    return in->is_bad ? 0 : sw_num_le64(bytes.p);
}

static int take_systems(struct parsing *p)
{
    int r = 0;
    p->n_systems = sw_unpack_count(&p->in, SYSTEMS_MAX);
    p->systems = sw_mem_zalloc(p->n_systems + 1, sizeof(*p->systems));
    if (p->systems == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < p->n_systems && r == 0; i++) {
        struct sw_str bytes = sw_unpack_str(&p->in);
        r = p->in.is_bad ? -EBADMSG : sw_memo_add_system(p->memo, bytes, &p->systems[i]);
    }
    return r < 0 ? r : p->in.is_bad ? -EBADMSG : 0;
}

static int take_verdicts(struct parsing *p, struct sw_memo_verdicts *ret)
{
    size_t n = sw_unpack_count(&p->in, VERDICTS_MAX);
    struct sw_str bytes = sw_unpack_bytes(&p->in, (uint64_t)n * VERDICT_BYTES);
    if (p->in.is_bad)
        return -EBADMSG;
    struct sw_memo_verdict *all = sw_region_array(sw_memo_region(p->memo), n, sizeof(*all));
    if (all == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const char *at = bytes.p + i * VERDICT_BYTES;
        all[i].group = sw_num_le64(at);
        all[i].identity = sw_num_le64(at + 8);
        all[i].severity = (uint8_t)at[16];
        all[i].status = (uint8_t)at[17];
        all[i].is_ignored = (uint8_t)at[18];
        if (all[i].severity >= _SW_SEVERITY_MAX || all[i].status >= _SW_FIX_STATUS_MAX)
            return -EBADMSG;
    }
    *ret = (struct sw_memo_verdicts){all, (uint32_t)n};
    return 0;
}

static int take_package(struct parsing *p, uint32_t *ret)
{
    uint64_t system = sw_unpack_number(&p->in);
    struct sw_str bytes = sw_unpack_str(&p->in);
    uint8_t is_source_named = sw_unpack_u8(&p->in);
    struct sw_memo_verdicts before = {0};
    if (p->in.is_bad || system >= p->n_systems)
        return -EBADMSG;
    int r = take_verdicts(p, &before);
    if (r == 0)
        r = sw_memo_add_package(p->memo, p->systems[system], bytes, ret);
    if (r < 0)
        return r;
    struct sw_memo_package *package = sw_memo_get(p->memo, *ret);
    package->before = before;
    package->has_before = true;
    package->is_source_named = is_source_named != 0;
    return 0;
}

static int take_packages(struct parsing *p)
{
    int r = 0;
    p->n_packages = sw_unpack_count(&p->in, PACKAGES_MAX);
    p->packages = sw_mem_zalloc(p->n_packages + 1, sizeof(*p->packages));
    if (p->packages == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < p->n_packages && r == 0; i++)
        r = take_package(p, &p->packages[i]);
    return r < 0 ? r : p->in.is_bad ? -EBADMSG : 0;
}

static int take_ids(struct parsing *p, struct sw_judged_entry *entry)
{
    uint64_t system = sw_unpack_number(&p->in);
    size_t n = sw_unpack_count(&p->in, SW_REPORT_PACKAGES_MAX);
    struct sw_str bytes = sw_unpack_bytes(&p->in, (uint64_t)n * 4);
    if (p->in.is_bad || system >= p->n_systems)
        return -EBADMSG;
    uint32_t *ids = sw_region_array(sw_memo_region(p->memo), n, sizeof(*ids));
    if (ids == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        uint32_t number = sw_num_le32(bytes.p + 4 * i);
        if (number >= p->n_packages)
            return -EBADMSG;
        ids[i] = p->packages[number];
    }
    entry->system = p->systems[system];
    entry->packages = ids;
    entry->n_packages = (uint32_t)n;
    for (size_t i = 0; i < _SW_SEVERITY_MAX; i++)
        for (size_t k = 0; k < 2; k++)
            entry->counts.n[i][k] = (uint32_t)sw_unpack_number_max(&p->in, UINT32_MAX);
    entry->counts.n_ignored = (uint32_t)sw_unpack_number_max(&p->in, UINT32_MAX);
    return 0;
}

static int take_entry(struct parsing *p, struct sw_judged_entry *ret)
{
    struct sw_judged_entry entry = {.name = sw_unpack_bytes(&p->in, NAME_BYTES)};
    entry.file.device = take_u64(&p->in);
    entry.file.inode = take_u64(&p->in);
    entry.file.size_bytes = take_u64(&p->in);
    entry.file.mtime_ns = (int64_t)take_u64(&p->in);
    entry.file.ctime_ns = (int64_t)take_u64(&p->in);
    entry.target = sw_unpack_str(&p->in);
    entry.image = sw_unpack_str(&p->in);
    entry.digest = sw_unpack_str(&p->in);
    entry.config_digest = sw_unpack_str(&p->in);
    entry.platform = sw_unpack_str(&p->in);
    uint8_t flags = sw_unpack_u8(&p->in);
    entry.is_incomplete = (flags & FLAG_INCOMPLETE) != 0;
    entry.has_list = (flags & FLAG_LIST) != 0;
    entry.has_packages = (flags & FLAG_PACKAGES) != 0;
    if (entry.has_list)
        entry.list = sw_unpack_str(&p->in);
    if (p->in.is_bad || entry.list.n % SW_JUDGED_FINDING_BYTES != 0)
        return -EBADMSG;
    int r = entry.has_packages ? take_ids(p, &entry) : 0;
    if (r == 0)
        *ret = entry;
    return r;
}

static int take_entries(struct parsing *p)
{
    struct sw_judged *judged = p->judged;
    int r = 0;
    size_t n = sw_unpack_count(&p->in, ENTRIES_MAX);
    for (size_t i = 0; i < n && r == 0; i++) {
        struct sw_judged_entry entry = {0};
        r = take_entry(p, &entry);
        if (r == 0 && judged->entries.n > 0 &&
            sw_str_compare(judged->entries.v[judged->entries.n - 1].name, entry.name) >= 0)
            r = -EBADMSG;
        if (r == 0)
            r = sw_vec_push(&judged->entries, entry, ENTRIES_MAX);
    }
    return r < 0 ? r : sw_unpack_is_done(&p->in) ? 0 : -EBADMSG;
}

static int take_all(struct sw_str bytes, struct sw_judged *judged, struct sw_memo *memo)
{
    SW_CLEANUP(free_parsing) struct parsing p = {.memo = memo, .judged = judged};
    sw_unpack_init(&p.in, bytes);
    judged->state.database = sw_unpack_str(&p.in);
    judged->state.program = take_u64(&p.in);
    judged->state.rules = take_u64(&p.in);
    int r = take_systems(&p);
    if (r == 0)
        r = take_packages(&p);
    return r == 0 ? take_entries(&p) : r;
}

int sw_judged_parse(struct sw_judged *judged, struct sw_memo *memo)
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
        r = take_all(sw_str_skip(body, MAGIC_BYTES), judged, memo);
    if (r < 0) {
        judged->entries.n = 0;
        judged->state = (struct sw_judged_state){0};
    }
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

/* 0 also where there is nothing to be believed. */
static int read_file(const char *path, struct sw_buf *buf)
{
    struct stat st;
    SW_CLEANUP(sw_descriptor_closep)
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 || (uint64_t)st.st_size > FILE_BYTES_MAX)
        return 0;
    int r = sw_buf_reserve(buf, (size_t)st.st_size);
    ssize_t n = r == 0 ? sw_descriptor_pread_full(fd, buf->p, (size_t)st.st_size, 0) : r;
    if (n > 0)
        buf->n = (size_t)n;
    return r;
}

int sw_judged_load(const char *cache_dir, struct sw_memo *memo, struct sw_judged *ret)
{
    SW_CLEANUP(sw_mem_freep) char *path = path_of(cache_dir);
    *ret = (struct sw_judged){0};
    sw_buf_init(&ret->text, FILE_BYTES_MAX);
    int r = path == NULL ? -ENOMEM : read_file(path, &ret->text);
    if (r == 0)
        r = sw_judged_parse(ret, memo);
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

/* ---- lists ---- */

size_t sw_judged_list_count(struct sw_str list)
{
    return list.n / SW_JUDGED_FINDING_BYTES;
}

struct sw_judged_finding sw_judged_list_get(struct sw_str list, size_t i)
{
    const char *p = list.p + i * SW_JUDGED_FINDING_BYTES;
    uint8_t severity = (uint8_t)p[8];
    return (struct sw_judged_finding){.identity = sw_num_le64(p),
        .severity = severity & ~SEVERITY_IGNORED,
        .is_ignored = (severity & SEVERITY_IGNORED) != 0};
}

static int compare_findings(const void *a, const void *b)
{
    const struct sw_judged_finding *x = a;
    const struct sw_judged_finding *y = b;
    if (x->identity != y->identity)
        return x->identity < y->identity ? -1 : 1;
    if (x->is_ignored != y->is_ignored) /* what is shown anywhere is shown */
        return x->is_ignored ? 1 : -1;
    return (int)y->severity - (int)x->severity; /* the worst first, which stays */
}

size_t sw_judged_list_sort(struct sw_judged_finding *findings, size_t n)
{
    size_t n_kept = 0;
    if (n > 1)
        qsort(findings, n, sizeof(*findings), compare_findings);
    for (size_t i = 0; i < n; i++)
        if (n_kept == 0 || findings[n_kept - 1].identity != findings[i].identity)
            findings[n_kept++] = findings[i];
    return n_kept;
}

int sw_judged_list_put(struct sw_buf *buf, const struct sw_judged_finding *findings, size_t n)
{
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        uint8_t bytes[SW_JUDGED_FINDING_BYTES];
        sw_num_put_le64(bytes, findings[i].identity);
        bytes[8] = findings[i].severity | (findings[i].is_ignored ? SEVERITY_IGNORED : 0);
        r = sw_buf_append(buf, bytes, sizeof(bytes));
    }
    return r;
}

/* ---- writing ---- */

static void put_u64(struct sw_pack *pack, uint64_t v)
{
    char bytes[8];
    sw_num_put_le64(bytes, v);
    sw_pack_bytes(pack, (struct sw_str){bytes, sizeof(bytes)});
}

/* Numbers in the file in the order of their coming: the same state gives the same file. */
struct numbering {
    struct sw_memo *memo;
    SW_VEC(uint32_t) systems;
    SW_VEC(uint32_t) packages;
};

static int number_entry(struct numbering *numbering, const struct sw_judged_entry *entry)
{
    struct sw_memo_system *system = sw_memo_get_system(numbering->memo, entry->system);
    int r = 0;
    if (system->number == UINT32_MAX) {
        system->number = (uint32_t)numbering->systems.n;
        r = sw_vec_push(&numbering->systems, entry->system, SYSTEMS_MAX);
    }
    for (uint32_t i = 0; i < entry->n_packages && r == 0; i++) {
        struct sw_memo_package *package = sw_memo_get(numbering->memo, entry->packages[i]);
        if (package->number != UINT32_MAX)
            continue;
        package->number = (uint32_t)numbering->packages.n;
        r = sw_vec_push(&numbering->packages, entry->packages[i], PACKAGES_MAX);
    }
    return r;
}

static int number_all(struct numbering *numbering, const struct sw_judged_entry *entries, size_t n)
{
    int r = 0;
    for (uint32_t i = 0; i < sw_memo_n_systems(numbering->memo); i++)
        sw_memo_get_system(numbering->memo, i)->number = UINT32_MAX;
    for (size_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < entries[i].n_packages; k++)
            sw_memo_get(numbering->memo, entries[i].packages[k])->number = UINT32_MAX;
    for (size_t i = 0; i < n && r == 0; i++)
        if (entries[i].has_packages)
            r = number_entry(numbering, &entries[i]);
    return r;
}

static void put_package(struct sw_pack *pack, struct sw_memo *memo, uint32_t id)
{
    const struct sw_memo_package *package = sw_memo_get(memo, id);
    sw_pack_number(pack, sw_memo_get_system(memo, package->system)->number);
    sw_pack_str(pack, package->bytes);
    sw_pack_u8(pack, package->is_source_named);
    sw_pack_number(pack, package->now.n);
    for (uint32_t i = 0; i < package->now.n; i++) {
        const struct sw_memo_verdict *verdict = &package->now.v[i];
        char bytes[VERDICT_BYTES];
        sw_num_put_le64(bytes, verdict->group);
        sw_num_put_le64(bytes + 8, verdict->identity);
        bytes[16] = (char)verdict->severity;
        bytes[17] = (char)verdict->status;
        bytes[18] = (char)verdict->is_ignored;
        sw_pack_bytes(pack, (struct sw_str){bytes, sizeof(bytes)});
    }
}

static void put_ids(struct sw_pack *pack, struct sw_memo *memo, const struct sw_judged_entry *entry)
{
    sw_pack_number(pack, sw_memo_get_system(memo, entry->system)->number);
    sw_pack_number(pack, entry->n_packages);
    if (pack->error == 0)
        pack->error = sw_buf_reserve(pack->buf, (size_t)entry->n_packages * 4);
    for (uint32_t i = 0; i < entry->n_packages && pack->error == 0; i++) {
        sw_num_put_le32(pack->buf->p + pack->buf->n, sw_memo_get(memo, entry->packages[i])->number);
        pack->buf->n += 4;
    }
    for (size_t i = 0; i < _SW_SEVERITY_MAX; i++)
        for (size_t k = 0; k < 2; k++)
            sw_pack_number(pack, entry->counts.n[i][k]);
    sw_pack_number(pack, entry->counts.n_ignored);
}

static void put_entry(
    struct sw_pack *pack, struct sw_memo *memo, const struct sw_judged_entry *entry)
{
    sw_pack_bytes(pack, entry->name);
    put_u64(pack, entry->file.device);
    put_u64(pack, entry->file.inode);
    put_u64(pack, entry->file.size_bytes);
    put_u64(pack, (uint64_t)entry->file.mtime_ns);
    put_u64(pack, (uint64_t)entry->file.ctime_ns);
    sw_pack_str(pack, entry->target);
    sw_pack_str(pack, entry->image);
    sw_pack_str(pack, entry->digest);
    sw_pack_str(pack, entry->config_digest);
    sw_pack_str(pack, entry->platform);
    sw_pack_u8(pack,
        (uint8_t)((entry->is_incomplete ? FLAG_INCOMPLETE : 0) | (entry->has_list ? FLAG_LIST : 0) |
                  (entry->has_packages ? FLAG_PACKAGES : 0)));
    if (entry->has_list)
        sw_pack_str(pack, entry->list);
    if (entry->has_packages)
        put_ids(pack, memo, entry);
}

static int put_all(struct numbering *numbering, const struct sw_judged_state *state,
    const struct sw_judged_entry *entries, size_t n, struct sw_buf *buf)
{
    struct sw_pack pack = {.buf = buf};
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    int r = number_all(numbering, entries, n);
    sw_pack_bytes(&pack, (struct sw_str){MAGIC, MAGIC_BYTES});
    sw_pack_str(&pack, state->database);
    put_u64(&pack, state->program);
    put_u64(&pack, state->rules);
    sw_pack_number(&pack, numbering->systems.n);
    SW_VEC_EACH (id, &numbering->systems)
        sw_pack_str(&pack, sw_memo_get_system(numbering->memo, *id)->bytes);
    sw_pack_number(&pack, numbering->packages.n);
    SW_VEC_EACH (id, &numbering->packages)
        put_package(&pack, numbering->memo, *id);
    sw_pack_number(&pack, n);
    for (size_t i = 0; i < n; i++)
        put_entry(&pack, numbering->memo, &entries[i]);
    if (r == 0)
        r = pack.error;
    if (r == 0)
        r = sw_digest_of(SW_DIGEST_SHA256, sw_buf_str(buf), digest);
    return r < 0 ? r : sw_buf_append(buf, digest, DIGEST_BYTES);
}

int sw_judged_format(struct sw_memo *memo, const struct sw_judged_state *state,
    const struct sw_judged_entry *entries, size_t n, struct sw_buf *buf)
{
    struct numbering numbering = {.memo = memo};
    int r = put_all(&numbering, state, entries, n, buf);
    sw_vec_done(&numbering.systems);
    sw_vec_done(&numbering.packages);
    return r;
}

int sw_judged_save(const char *cache_dir, const struct sw_buf *buf, struct sw_err *err)
{
    SW_CLEANUP(sw_mem_freep) char *path = path_of(cache_dir);
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    char *temporary = NULL;
    sw_region_init(&region, (size_t)1 << 20);
    int r = path == NULL ? -ENOMEM
                         : sw_file_new_beside(AT_FDCWD, path, 0600, &region, &temporary, &fd, err);
    if (r < 0)
        return r;
    /* Not synced, as the rest of the cache: damaged is as good as absent. */
    r = sw_descriptor_write_full(fd, buf->p, buf->n);
    if (r == 0 && rename(temporary, path) < 0)
        r = -errno;
    if (r < 0)
        unlink(temporary);
    return r < 0 ? sw_err_set(err, r, "cannot write '%s': %s", path, strerrordesc_np(-r)) : 0;
}
