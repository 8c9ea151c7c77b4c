/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache's contents. One file per layer: a first line that says for which analyzers it holds, a
 * line per fact, a last line with the digest of all before it. Only the parent writes here.
 */
#include "scan/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cache_priv.h"
#include "io/descriptor.h"
#include "io/digest.h"
#include "io/file.h"
#include "io/thread.h"
#include "model/fact_json.h"

/* Raised when the form of the files changes. */
#define FORMAT "seawall-facts-1"
/* Facts of the largest layer; SW_FACTS_PER_LAYER_MAX of ordinary ones. */
#define FILE_BYTES_MAX ((size_t)512 << 20)
#define PATH_BYTES 256

struct sw_cache {
    int fd; /* of the directory */
    uint64_t max_bytes;
    atomic_bool has_written;
};

/* What lies in the cache is believed, so nobody else may be able to put it there: not the user whom
 * sudo left as HOME, nor anyone in a shared folder. */
static int check_owner(int fd, const char *directory, struct sw_err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return sw_err_set(err, -errno, "cache '%s': %s", directory, strerror(errno));
    if (st.st_uid != geteuid())
        return sw_err_set(err, -EPERM, "cache '%s' belongs to another user", directory);
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return sw_err_set(err, -EPERM, "cache '%s' can be written by others", directory);
    return 0;
}

int sw_cache_open(
    const char *directory, uint64_t max_bytes, struct sw_cache **ret, struct sw_err *err)
{
    int r = sw_file_make_directories(AT_FDCWD, directory, 0700, err);
    if (r < 0)
        return sw_err_wrap(err, r, "cache '%s'", directory);
    SW_CLEANUP(sw_descriptor_closep) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return sw_err_set(err, -errno, "cache '%s': %s", directory, strerror(errno));
    r = check_owner(fd, directory, err);
    if (r == 0)
        r = sw_file_make_directories(fd, SW_CACHE_LAYERS, 0700, err);
    if (r == 0)
        r = sw_file_make_directories(fd, SW_CACHE_RECORDS, 0700, err);
    if (r == 0)
        r = sw_file_make_directories(fd, SW_CACHE_DOCUMENTS, 0700, err);
    if (r < 0)
        return sw_err_wrap(err, r, "cache '%s'", directory);
    struct sw_cache *cache = sw_mem_zalloc(1, sizeof(*cache));
    if (cache == NULL)
        return -ENOMEM;
    cache->fd = sw_descriptor_take(&fd);
    cache->max_bytes = max_bytes;
    *ret = cache;
    return 0;
}

void sw_cache_close(struct sw_cache *cache)
{
    if (cache == NULL)
        return;
    if (cache->has_written && cache->max_bytes > 0)
        sw_cache_shrink(cache->fd, cache->max_bytes, NULL);
    sw_descriptor_close(cache->fd);
    sw_mem_free(cache);
}

void sw_cache_closep(struct sw_cache **cache)
{
    sw_cache_close(*cache);
}

/* The file of what has that digest; one that is none has no file. */
static int digest_path(const char *folder, struct sw_str digest, char path[PATH_BYTES])
{
    enum sw_digest_algorithm algorithm;
    struct sw_str hex;
    if (sw_digest_parse(digest, &algorithm, &hex) < 0 || algorithm != SW_DIGEST_SHA256)
        return -ENOENT;
    snprintf(path, PATH_BYTES, "%s/%.*s", folder, SW_STR_ARG(hex));
    return 0;
}

/* One file per aspect, so that new rules make one of them void and not the others. */
static int layer_path(struct sw_str digest, enum sw_aspect aspect, char path[PATH_BYTES])
{
    int r = digest_path(SW_CACHE_LAYERS, digest, path);
    size_t n = r == 0 ? strlen(path) : 0;
    if (r == 0 && aspect != SW_ASPECT_VULN)
        snprintf(path + n, PATH_BYTES - n, ".%s", sw_aspect_name(aspect));
    return r;
}

/* The file with its time of use set to now, which is what eviction goes by. */
static int load_file(struct sw_cache *cache, const char *path, size_t max, struct sw_buf *buf)
{
    sw_buf_init(buf, max);
    int r = sw_file_load(cache->fd, path, buf, NULL);
    if (r == 0)
        utimensat(cache->fd, path, NULL, 0);
    return r < 0 ? -ENOENT : 0;
}

/* Written beside and renamed, not synced: after a crash the file is damaged, hence absent. */
static int store_file(struct sw_cache *cache, const char *path, struct sw_str bytes)
{
    static atomic_uint_fast64_t counter;
    char temporary[PATH_BYTES + 48];
    snprintf(temporary, sizeof(temporary), "%s.new.%ld.%" PRIu64, path, (long)getpid(),
        (uint64_t)atomic_fetch_add(&counter, 1));
    SW_CLEANUP(sw_descriptor_closep)
    int fd =
        openat(cache->fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    int r = sw_descriptor_write_full(fd, bytes.p, bytes.n);
    if (r == 0 && renameat(cache->fd, temporary, cache->fd, path) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(cache->fd, temporary, 0);
    if (r == 0)
        atomic_store(&cache->has_written, true);
    return r;
}

/* The text before the last line, when the last line holds its digest. */
static int check_text(struct sw_str text, struct sw_str *ret)
{
    struct sw_str last = sw_str_part(text, 0, text.n > 0 ? text.n - 1 : 0);
    size_t start = (size_t)(sw_str_find_last_char(last, '\n') + 1);
    char digest[SW_DIGEST_TEXT_BYTES];
    struct sw_str body = sw_str_part(text, 0, start);
    if (text.n == 0 || text.p[text.n - 1] != '\n' || start == 0)
        return -ENOENT;
    int r = sw_digest_of(SW_DIGEST_SHA256, body, digest);
    if (r < 0)
        return r;
    if (!sw_str_equal_z(sw_str_skip(last, start), digest))
        return -ENOENT;
    *ret = body;
    return 0;
}

static int finish_text(struct sw_buf *buf)
{
    char digest[SW_DIGEST_TEXT_BYTES];
    int r = sw_digest_of(SW_DIGEST_SHA256, sw_buf_str(buf), digest);
    return r < 0 ? r : sw_buf_printf(buf, "%s\n", digest);
}

/* "FORMAT analyzers": holds only for the same versions. */
static bool is_heading_of(struct sw_str line, struct sw_str analyzers)
{
    struct sw_str format;
    return sw_str_next_token(&line, ' ', &format) && sw_str_equal_z(format, FORMAT) &&
           line.p != NULL && sw_str_equal(line, analyzers);
}

/* "files bytes compression diff_id" */
static int read_counts(struct sw_str line, struct sw_facts *facts, struct sw_cache_layer *layer)
{
    struct sw_str fields[4] = {{0}};
    for (size_t i = 0; i < SW_ARRAY_SIZE(fields); i++)
        if (!sw_str_next_token(&line, ' ', &fields[i]))
            return -ENOENT;
    if (sw_str_parse_u64(fields[0], 10, &facts->n_files) < 0 ||
        sw_str_parse_u64(fields[1], 10, &facts->n_bytes) < 0 ||
        sw_region_copy(facts->region, fields[2], &layer->compression) < 0 ||
        sw_region_copy(facts->region, fields[3], &layer->diff_id) < 0)
        return -ENOENT;
    return 0;
}

static int read_facts(struct sw_str body, struct sw_facts *facts, struct sw_cache_layer *layer)
{
    struct sw_str line;
    if (!sw_str_next_line(&body, &line) || !is_heading_of(line, layer->analyzers))
        return -ENOENT;
    if (!sw_str_next_line(&body, &line) || read_counts(line, facts, layer) < 0)
        return -ENOENT;
    while (sw_str_next_line(&body, &line)) {
        struct sw_fact fact;
        if (sw_fact_json_parse(line, facts->region, &fact, NULL) < 0 ||
            sw_facts_add(facts, &fact) < 0)
            return -ENOENT;
    }
    return 0;
}

int sw_cache_load(struct sw_cache *cache, struct sw_str digest, struct sw_facts *facts,
    struct sw_cache_layer *layer)
{
    char path[PATH_BYTES];
    size_t n_before = facts->facts.n;
    int r = layer_path(digest, layer->aspect, path);
    if (r < 0)
        return r;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    r = load_file(cache, path, FILE_BYTES_MAX, &buf);
    struct sw_str body;
    if (r == 0)
        r = check_text(sw_buf_str(&buf), &body);
    if (r == 0)
        r = read_facts(body, facts, layer);
    if (r < 0)
        facts->facts.n = n_before;
    return r;
}

bool sw_cache_has(
    struct sw_cache *cache, struct sw_str digest, enum sw_aspect aspect, struct sw_str analyzers)
{
    char path[PATH_BYTES];
    if (layer_path(digest, aspect, path) < 0)
        return false;
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    char head[SW_MESSAGE_TEXT_MAX + 64];
    if (sw_file_open(cache->fd, path, &fd, NULL) < 0)
        return false;
    ssize_t n = sw_descriptor_pread_full(fd, head, sizeof(head), 0);
    struct sw_str text = {head, n > 0 ? (size_t)n : 0};
    struct sw_str line;
    return sw_str_next_line(&text, &line) && is_heading_of(line, analyzers);
}

static int format_fact(struct sw_buf *buf, const struct sw_fact *fact)
{
    int r;
    size_t from = 0;
    do {
        r = sw_fact_json_format_part(fact, from, buf);
        if (r == 0)
            r = sw_buf_append_char(buf, '\n');
        from += SW_FACT_JSON_PACKAGES_MAX;
    } while (r == 0 && from < fact->n_packages);
    return r;
}

int sw_cache_store(struct sw_cache *cache, struct sw_str digest, const struct sw_facts *facts,
    const struct sw_cache_layer *layer)
{
    char path[PATH_BYTES];
    int r = layer_path(digest, layer->aspect, path);
    if (r < 0)
        return r;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, FILE_BYTES_MAX);
    r = sw_buf_printf(&buf, FORMAT " %.*s\n%" PRIu64 " %" PRIu64 " %.*s %.*s\n",
        SW_STR_ARG(layer->analyzers), facts->n_files, facts->n_bytes,
        SW_STR_ARG(layer->compression), SW_STR_ARG(layer->diff_id));
    for (size_t i = 0; r == 0 && i < facts->facts.n; i++)
        r = format_fact(&buf, &facts->facts.v[i]);
    if (r == 0)
        r = finish_text(&buf);
    return r < 0 ? r : store_file(cache, path, sw_buf_str(&buf));
}

/* The key in words; also what the record's file holds, so that no two keys are ever taken for one.
 */
static int format_key(const struct sw_blob_key *key, struct sw_buf *buf)
{
    return sw_buf_printf(buf,
        "%" PRIx64 " %" PRIx64 " %" PRIu64 " %" PRIi64 " %" PRIi64 " %" PRIu64 " %" PRIu64 "\n",
        key->file.device, key->file.inode, key->file.size_bytes, key->file.mtime_ns,
        key->file.ctime_ns, key->offset, key->length);
}

static int record_path(struct sw_str key, char path[PATH_BYTES])
{
    char digest[SW_DIGEST_TEXT_BYTES];
    int r = sw_digest_of(SW_DIGEST_SHA256, key, digest);
    if (r == 0)
        snprintf(path, PATH_BYTES, SW_CACHE_RECORDS "/%s", digest + strlen("sha256:"));
    return r;
}

int sw_cache_find_record(struct sw_cache *cache, const struct sw_blob_key *key,
    struct sw_region *region, struct sw_str *ret_digest)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf file = {0};
    char path[PATH_BYTES];
    sw_buf_init(&text, PATH_BYTES);
    int r = format_key(key, &text);
    if (r == 0)
        r = record_path(sw_buf_str(&text), path);
    if (r == 0)
        r = load_file(cache, path, PATH_BYTES + SW_DIGEST_TEXT_BYTES, &file);
    if (r < 0)
        return r;
    struct sw_str content = sw_buf_str(&file);
    struct sw_str digest = sw_str_trim(sw_str_skip(content, text.n));
    if (!sw_str_starts_with(content, sw_buf_str(&text)) || sw_digest_parse(digest, NULL, NULL) < 0)
        return -ENOENT;
    return sw_region_copy(region, digest, ret_digest);
}

int sw_cache_add_record(struct sw_cache *cache, const struct sw_blob_key *key, struct sw_str digest)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    char path[PATH_BYTES];
    sw_buf_init(&text, PATH_BYTES + SW_DIGEST_TEXT_BYTES);
    int r = format_key(key, &text);
    if (r == 0)
        r = record_path(sw_buf_str(&text), path);
    if (r == 0)
        r = sw_buf_printf(&text, "%.*s\n", SW_STR_ARG(digest));
    return r < 0 ? r : store_file(cache, path, sw_buf_str(&text));
}

static bool is_of(struct sw_str text, struct sw_str digest)
{
    char got[SW_DIGEST_TEXT_BYTES];
    return sw_digest_of(SW_DIGEST_SHA256, text, got) == 0 && sw_str_equal_z(digest, got);
}

int sw_cache_load_document(struct sw_cache *cache, struct sw_str digest, struct sw_buf *text)
{
    char path[PATH_BYTES];
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    int r = digest_path(SW_CACHE_DOCUMENTS, digest, path);
    if (r == 0)
        r = load_file(cache, path, SW_CACHE_DOCUMENT_BYTES_MAX, &buf);
    if (r < 0)
        return r;
    return is_of(sw_buf_str(&buf), digest) ? sw_buf_append_str(text, sw_buf_str(&buf)) : -ENOENT;
}

int sw_cache_store_document(struct sw_cache *cache, struct sw_str digest, struct sw_str text)
{
    char path[PATH_BYTES];
    int r = digest_path(SW_CACHE_DOCUMENTS, digest, path);
    if (r < 0)
        return r;
    return is_of(text, digest) ? store_file(cache, path, text) : -EBADMSG;
}
