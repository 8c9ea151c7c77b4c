/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists are hashed first, which names their compiled form; where that is not there yet they are
 * parsed, sorted within a fixed memory, and appended to LMDB in order, so that its pages are full.
 */
#include "scan/hash_list_build.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lmdb.h>

#include "base/mem.h"
#include "io/decompress.h"
#include "io/descriptor.h"
#include "io/file.h"
#include "io/sorter.h"
#include "scan/hash_list.h"

#define SORT_MEMORY_BYTES ((size_t)64 << 20)
#define BLOCK_BYTES ((size_t)256 * 1024)
/* Address space only; the file grows as it is filled. */
#define MAP_BYTES ((size_t)1 << 40)
/* A write transaction keeps a list of its pages. */
#define COMMIT_EVERY ((uint64_t)500000)
#define NOTES_BYTES_MAX ((size_t)64 * 1024)
/* Of one file; the first bad lines say what is wrong with the rest. */
#define NOTES_PER_FILE 5

struct build {
    const struct sw_hash_list_options *options;
    struct sw_region *region;
    struct sw_sorter *sorter; /* owned */
    struct sw_buf notes;
    size_t n_notes;
    struct sw_buf value;
    uint64_t n_entries;
    uint64_t counts[_SW_HASH_KIND_MAX];
    MDB_env *env; /* owned */
    MDB_txn *txn; /* owned */
    MDB_dbi table;
    uint64_t n_put;
};

static void build_done(struct build *b)
{
    if (b->txn != NULL)
        mdb_txn_abort(b->txn);
    if (b->env != NULL)
        mdb_env_close(b->env);
    sw_sorter_free(b->sorter);
    sw_buf_done(&b->notes);
    sw_buf_done(&b->value);
}

static int from_lmdb(int error, const char *what, struct sw_err *err)
{
    if (error == 0)
        return 0;
    return sw_err_set(err, error > 0 ? -error : -EIO, "%s: %s", what, mdb_strerror(error));
}

/* The names of what is compiled: version, and role and content of each list. */
static int hash_file(
    const struct sw_hash_list_file *file, struct sw_digest *all, uint8_t *block, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    SW_CLEANUP(sw_digest_done) struct sw_digest digest = {0};
    char text[SW_DIGEST_TEXT_BYTES];
    int r = sw_file_open(AT_FDCWD, file->path, &fd, err);
    if (r == 0)
        r = sw_digest_init(&digest, SW_DIGEST_SHA256);
    while (r == 0) {
        ssize_t n = sw_descriptor_read_full(fd, block, BLOCK_BYTES);
        if (n < 0)
            return sw_err_set(err, (int)n, "read '%s': %s", file->path, strerror((int)-n));
        if (n == 0)
            break;
        r = sw_digest_update(&digest, block, (size_t)n);
    }
    if (r == 0)
        r = sw_digest_final(&digest, text);
    if (r == 0)
        r = sw_digest_update(all, file->is_allowed ? "allow " : "block ", 6);
    return r == 0 ? sw_digest_update(all, text, strlen(text)) : r;
}

static int hash_lists(
    const struct sw_hash_list_options *options, char ret[SW_DIGEST_TEXT_BYTES], struct sw_err *err)
{
    char head[64];
    SW_CLEANUP(sw_digest_done) struct sw_digest all = {0};
    SW_CLEANUP(sw_mem_freep) uint8_t *block = sw_mem_alloc(BLOCK_BYTES);
    int r = block == NULL ? -ENOMEM : sw_digest_init(&all, SW_DIGEST_SHA256);
    if (r < 0)
        return r;
    int n = snprintf(head, sizeof(head), "seawall hash list %d\n", SW_HASH_LIST_VERSION);
    r = sw_digest_update(&all, head, (size_t)n);
    for (size_t i = 0; r == 0 && i < options->n_files; i++)
        r = hash_file(&options->files[i], &all, block, err);
    return r == 0 ? sw_digest_final(&all, ret) : r;
}

static int add_entry(
    struct build *b, const struct sw_hash_list_entry *entry, bool is_allowed, struct sw_err *err)
{
    if (b->n_entries++ == SW_HASH_LIST_ENTRIES_MAX)
        return sw_err_set(err, -EFBIG, "more than %" PRIu64 " digests", SW_HASH_LIST_ENTRIES_MAX);
    size_t n_bytes = sw_hash_kind_bytes(entry->kind);
    uint8_t key[SW_HASH_KEY_BYTES_MAX] = {(uint8_t)entry->kind};
    memcpy(key + 1, entry->hash, n_bytes);
    struct sw_hash_verdict verdict = {
        .is_allowed = is_allowed,
        .severity = entry->has_severity ? entry->severity : SW_SEVERITY_CRITICAL,
        .name = is_allowed ? SW_STR_NONE : entry->name,
        .reference = is_allowed ? SW_STR_NONE : entry->reference,
    };
    sw_buf_clear(&b->value);
    int r = sw_hash_verdict_format(&verdict, &b->value);
    struct sw_str bytes = {(const char *)key, 1 + n_bytes};
    return r < 0 ? r : sw_sorter_add(b->sorter, bytes, sw_buf_str(&b->value), err);
}

/* A full buffer of notes is no failure. */
static void note(struct build *b, const char *path, uint64_t line, const char *why)
{
    if (b->n_notes++ < SW_HASH_LIST_NOTES_MAX)
        (void)sw_buf_printf(&b->notes, "%s:%" PRIu64 ": %s\n", path, line, why);
}

static int open_list(const char *path, struct sw_reader **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    int r = sw_file_open(AT_FDCWD, path, &fd, err);
    if (r < 0)
        return r;
    struct sw_reader *file = sw_reader_new_fd(sw_descriptor_take(&fd));
    if (file == NULL)
        return -ENOMEM;
    enum sw_compression compression;
    return sw_reader_new_decompress(file, 0, ret, &compression, err);
}

static int parse_lines(struct build *b, const struct sw_hash_list_file *file,
    struct sw_reader *reader, struct sw_hash_list_parser *parser, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf line = {0};
    sw_buf_init(&line, SW_HASH_LINE_MAX);
    uint64_t n_before = b->n_entries;
    uint64_t n_bad = 0;
    for (uint64_t number = 1;; number++) {
        struct sw_err why = {0};
        struct sw_hash_list_entry entry;
        int r = sw_reader_read_line(reader, &line, &why);
        if (r == 0)
            break;
        if (r < 0 && r != -EFBIG)
            return sw_err_set(err, r, "read '%s': %s", file->path, why.message);
        if (r == -EFBIG)
            sw_err_set(&why, r, "the line is longer than %zu bytes", SW_HASH_LINE_MAX);
        else
            r = sw_hash_list_parse_line(parser, sw_buf_str(&line), &entry, &why);
        if (r < 0 && n_bad++ < NOTES_PER_FILE)
            note(b, file->path, number, why.message);
        r = r == 1 ? add_entry(b, &entry, file->is_allowed, err) : 0;
        if (r < 0)
            return r;
    }
    if (b->n_entries == n_before)
        return sw_err_set(err, -EINVAL,
            "'%s' holds no MD5, SHA-1 or SHA-256 that can be read as a hash list", file->path);
    if (n_bad > NOTES_PER_FILE) {
        char text[64];
        snprintf(text, sizeof(text), "%" PRIu64 " lines in all were refused", n_bad);
        note(b, file->path, 0, text);
    }
    return 0;
}

static int parse_file(struct build *b, const struct sw_hash_list_file *file, struct sw_err *err)
{
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = NULL;
    SW_CLEANUP(sw_mem_freep) struct sw_hash_list_parser *parser = sw_mem_alloc(sizeof(*parser));
    if (parser == NULL)
        return -ENOMEM;
    sw_hash_list_parser_init(parser);
    int r = open_list(file->path, &reader, err);
    return r < 0 ? r : parse_lines(b, file, reader, parser, err);
}

static int commit(struct build *b)
{
    int r = mdb_txn_commit(SW_TAKE(b->txn));
    b->n_put = 0;
    return r == 0 ? mdb_txn_begin(b->env, NULL, 0, &b->txn) : r;
}

static int put(struct build *b, struct sw_str key, struct sw_str value)
{
    MDB_val k = {.mv_size = key.n, .mv_data = (void *)(uintptr_t)key.p};
    MDB_val v = {.mv_size = value.n, .mv_data = (void *)(uintptr_t)value.p};
    int r = mdb_put(b->txn, b->table, &k, &v, MDB_APPEND);
    return r == 0 && ++b->n_put == COMMIT_EVERY ? commit(b) : r;
}

/* Of two that speak of one file: who allows it is right, then the worse. */
static bool is_stronger(struct sw_str value, struct sw_str than)
{
    struct sw_hash_verdict a;
    struct sw_hash_verdict b;
    if (sw_hash_verdict_parse(value, &a) < 0 || sw_hash_verdict_parse(than, &b) < 0)
        return false;
    return a.is_allowed != b.is_allowed ? a.is_allowed : a.severity > b.severity;
}

static int put_counted(struct build *b, struct sw_str key, struct sw_str value)
{
    b->counts[(uint8_t)key.p[0]]++;
    return put(b, key, value);
}

/* One after the other in order, equal keys as one. */
static int put_sorted(struct build *b, struct sw_err *err)
{
    char last_key[SW_HASH_KEY_BYTES_MAX];
    struct sw_str last = {last_key, 0};
    struct sw_str key;
    struct sw_str value;
    int r = sw_sorter_finish(b->sorter, err);
    if (r < 0)
        return r;
    while ((r = sw_sorter_next(b->sorter, &key, &value, err)) == 1) {
        int error = 0;
        bool is_same = sw_str_equal(key, last);
        if (is_same && !is_stronger(value, sw_buf_str(&b->value)))
            continue;
        if (!is_same && last.n > 0)
            error = put_counted(b, last, sw_buf_str(&b->value));
        memcpy(last_key, key.p, key.n);
        last.n = key.n;
        sw_buf_clear(&b->value);
        if (error != 0 || sw_buf_append_str(&b->value, value) < 0)
            return from_lmdb(error != 0 ? error : ENOMEM, "write the compiled list", err);
    }
    if (r == 0 && last.n > 0)
        r = from_lmdb(put_counted(b, last, sw_buf_str(&b->value)), "write the compiled list", err);
    return r;
}

static int put_info(struct build *b)
{
    uint8_t counts[SW_HASH_COUNTS_BYTES];
    const uint8_t keys[] = {SW_HASH_KEY_COUNTS, SW_HASH_KEY_NOTES};
    sw_hash_counts_format(b->counts, counts);
    int r = put(b, (struct sw_str){(const char *)&keys[0], 1},
        (struct sw_str){(const char *)counts, sizeof(counts)});
    if (r == 0)
        r = put(b, (struct sw_str){(const char *)&keys[1], 1}, sw_buf_str(&b->notes));
    return r;
}

static int write_file(struct build *b, const char *path, struct sw_err *err)
{
    int r = mdb_env_create(&b->env);
    if (r == 0)
        r = mdb_env_set_mapsize(b->env, MAP_BYTES);
    if (r == 0)
        r = mdb_env_open(b->env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0600);
    if (r == 0)
        r = mdb_txn_begin(b->env, NULL, 0, &b->txn);
    if (r == 0)
        r = mdb_dbi_open(b->txn, NULL, 0, &b->table);
    if (r != 0)
        return from_lmdb(r, "make the compiled list", err);
    r = put_sorted(b, err);
    if (r < 0)
        return r;
    r = put_info(b);
    if (r == 0)
        r = mdb_txn_commit(SW_TAKE(b->txn));
    mdb_env_close(SW_TAKE(b->env));
    return from_lmdb(r, "write the compiled list", err);
}

/* Parses all lists and writes the compiled one to that path. */
static int build_file(const struct sw_hash_list_options *options, struct sw_region *region,
    const char *path, struct sw_err *err)
{
    SW_CLEANUP(build_done) struct build b = {.options = options, .region = region};
    sw_buf_init(&b.notes, NOTES_BYTES_MAX);
    sw_buf_init(&b.value, SW_HASH_NAME_MAX + SW_HASH_REFERENCE_MAX + 2);
    b.sorter = sw_sorter_new(options->scratch, SORT_MEMORY_BYTES);
    int r = b.sorter == NULL ? -ENOMEM : 0;
    for (size_t i = 0; r == 0 && i < options->n_files; i++)
        r = parse_file(&b, &options->files[i], err);
    return r < 0 ? r : write_file(&b, path, err);
}

static int read_key(MDB_txn *txn, MDB_dbi table, uint8_t key, struct sw_str *ret)
{
    MDB_val k = {.mv_size = 1, .mv_data = &key};
    MDB_val v = {0};
    int r = mdb_get(txn, table, &k, &v);
    *ret = (struct sw_str){v.mv_data, v.mv_size};
    return r;
}

/* Counts and notes of a compiled list; only our own files come here. */
static int read_info(const char *path, struct sw_region *region, struct sw_hash_list_compiled *ret)
{
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    MDB_dbi table = 0;
    struct sw_str value;
    int r = mdb_env_create(&env);
    if (r == 0)
        r = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_RDONLY, 0);
    if (r == 0)
        r = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    if (r == 0)
        r = mdb_dbi_open(txn, NULL, 0, &table);
    if (r == 0)
        r = read_key(txn, table, SW_HASH_KEY_COUNTS, &value);
    if (r == 0)
        r = sw_hash_counts_parse(value, ret->counts);
    if (r == 0)
        r = read_key(txn, table, SW_HASH_KEY_NOTES, &value);
    if (r == 0)
        r = sw_region_copy(region, value, &ret->notes);
    if (txn != NULL)
        mdb_txn_abort(txn);
    if (env != NULL)
        mdb_env_close(env);
    return r == 0 ? 0 : -EBADMSG;
}

/* The compiled list at that path, if it is there and whole. It was used now. */
static int take_file(const char *path, struct sw_region *region, struct sw_hash_list_compiled *ret)
{
    /* Without O_NONBLOCK a FIFO in its place would hang us. */
    SW_CLEANUP(sw_descriptor_closep)
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    int r = S_ISREG(st.st_mode) ? read_info(path, region, ret) : -EBADMSG;
    if (r < 0)
        return r;
    futimens(fd, NULL);
    ret->fd = sw_descriptor_take(&fd);
    return 0;
}

/* Builds beside the path and puts it there; with is_kept false it has no name in the end. */
static int make_file(const struct sw_hash_list_options *options, const char *path, bool is_kept,
    struct sw_region *region, struct sw_hash_list_compiled *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    char *beside = NULL;
    char digest[SW_DIGEST_TEXT_BYTES];
    int r = sw_file_new_beside(AT_FDCWD, path, 0600, region, &beside, &fd, err);
    if (r < 0)
        return r;
    r = build_file(options, region, beside, err);
    /* What was parsed must be what was hashed. */
    if (r == 0)
        r = hash_lists(options, digest, err);
    if (r == 0 && strcmp(digest, ret->digest) != 0)
        r = sw_err_set(err, -ESTALE, "a hash list changed while it was read; try again");
    if (r == 0 && is_kept)
        r = sw_file_replace(AT_FDCWD, beside, path, err);
    if (r == 0)
        r = take_file(is_kept ? path : beside, region, ret);
    if (r < 0 || !is_kept)
        unlink(beside);
    return r < 0 ? sw_err_wrap(err, r, "hash lists") : 0;
}

int sw_hash_list_compile(const struct sw_hash_list_options *options, struct sw_region *region,
    struct sw_hash_list_compiled *ret, struct sw_err *err)
{
    struct sw_hash_list_compiled compiled = {.fd = -1};
    if (options->n_files > SW_HASH_LIST_FILES_MAX)
        return sw_err_set(err, -E2BIG, "more than %zu hash lists", SW_HASH_LIST_FILES_MAX);
    int r = hash_lists(options, compiled.digest, err);
    if (r < 0)
        return sw_err_wrap(err, r, "hash lists");
    const char *folder = options->directory != NULL ? options->directory : options->scratch;
    char *path =
        sw_region_printf(region, "%s/hashes-%s.mdb", folder, strchr(compiled.digest, ':') + 1);
    if (path == NULL)
        return -ENOMEM;
    if (options->directory != NULL) {
        r = sw_file_make_directories(AT_FDCWD, options->directory, 0700, err);
        if (r < 0)
            return sw_err_wrap(err, r, "hash lists");
        compiled.is_cached = take_file(path, region, &compiled) == 0;
    }
    if (!compiled.is_cached)
        r = make_file(options, path, options->directory != NULL, region, &compiled, err);
    if (r < 0)
        return r;
    *ret = compiled;
    return 0;
}
