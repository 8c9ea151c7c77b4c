/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks the folder of feeds, by name, so that the same files always come in the same order. What a
 * file is, its bytes say: compression, tar and zip are sniffed.
 */
#include "vulndb/build/sources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"
#include "io/archive.h"
#include "io/decompress.h"
#include "io/descriptor.h"

#define DEPTH_MAX 16                /* folders in folders */
#define NAMES_MAX ((size_t)2000000) /* one feed has a file per record */
#define PATH_BYTES_MAX ((size_t)4096)
#define TAR_MAGIC_AT 257

struct walk {
    const struct sw_sources_visitor *visitor;
    struct sw_buf path; /* below the folder */
};

struct name {
    char *p; /* owned */
};

/* What people put beside data. */
static bool is_ignored(struct sw_str name)
{
    static const char *const suffixes[] = {
        ".md", ".txt", ".verified", ".mdb", ".sig", ".asc", ".tmp"};
    if (name.n == 0 || name.p[0] == '.' || sw_str_starts_with(name, SW_STR("LICENSE")))
        return true;
    for (size_t i = 0; i < SW_ARRAY_SIZE(suffixes); i++)
        if (sw_str_ends_with(name, sw_str_of(suffixes[i])))
            return true;
    return false;
}

static struct sw_str without_compression(struct sw_str path)
{
    static const char *const suffixes[] = {".gz", ".zst", ".bz2", ".xz"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(suffixes); i++)
        if (sw_str_ends_with(path, sw_str_of(suffixes[i])))
            return sw_str_part(path, 0, path.n - strlen(suffixes[i]));
    return path;
}

static bool is_zip(struct sw_str head)
{
    return sw_str_starts_with(head, SW_STR("PK\x03\x04"));
}

static bool is_tar(struct sw_str head)
{
    return sw_str_starts_with(sw_str_skip(head, TAR_MAGIC_AT), SW_STR("ustar"));
}

static ssize_t read_member(void *state, void *p, size_t n, struct sw_err *err)
{
    return sw_archive_read(state, p, n, err);
}

/* The archive outlives its members. */
static void free_member(void *state)
{
    (void)state;
}

static const struct sw_reader_ops member_ops = {.read = read_member, .free = free_member};

static int offer(struct walk *w, struct sw_reader *in, struct sw_str path, struct sw_err *err)
{
    struct sw_str head;
    struct sw_err damage = {0};
    int r = sw_reader_peek(in, SW_READER_PEEK_MAX, &head, &damage);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        w->visitor->broken(w->visitor->context, without_compression(path), damage.message);
        return 0;
    }
    /* The peeked bytes end with the first read; a feed's reader may look at them later. */
    char copy[SW_READER_PEEK_MAX];
    if (head.n > 0)
        memcpy(copy, head.p, head.n);
    struct sw_feed_file file = {.path = without_compression(path), .head = {copy, head.n}};
    return w->visitor->file(w->visitor->context, &file, in, err);
}

/* A member, which may be compressed again. Damage inside costs the member. */
static int offer_member(
    struct walk *w, struct sw_archive *archive, struct sw_str path, struct sw_err *err)
{
    SW_CLEANUP(sw_reader_freep) struct sw_reader *in = NULL;
    enum sw_compression compression;
    struct sw_err damage = {0};
    struct sw_reader *raw = sw_reader_new(&member_ops, archive);
    if (raw == NULL)
        return -ENOMEM;
    int r = sw_reader_new_decompress(raw, 0, &in, &compression, &damage);
    struct sw_str head;
    if (r == 0)
        r = sw_reader_peek(in, 1, &head, &damage);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        w->visitor->broken(w->visitor->context, path, damage.message);
        return 0;
    }
    return offer(w, in, path, err);
}

static int walk_members(
    struct walk *w, struct sw_archive *archive, struct sw_str path, struct sw_err *err)
{
    struct sw_member member;
    struct sw_err damage = {0};
    int r = 0;
    while ((r = sw_archive_next(archive, &member, &damage)) == 1) {
        ptrdiff_t slash = sw_str_find_last_char(member.name, '/');
        if (member.type != SW_MEMBER_FILE ||
            is_ignored(sw_str_skip(member.name, (size_t)(slash + 1))))
            continue;
        struct sw_buf name;
        sw_buf_init(&name, PATH_BYTES_MAX);
        int failed = sw_buf_printf(&name, "%.*s/", SW_STR_ARG(without_compression(path)));
        if (failed == 0)
            failed = sw_buf_append_str(&name, member.name);
        if (failed == 0)
            failed = offer_member(w, archive, sw_buf_str(&name), err);
        sw_buf_done(&name);
        if (failed < 0 && failed != -EFBIG)
            return failed;
    }
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        w->visitor->broken(w->visitor->context, without_compression(path), damage.message);
    return 0;
}

/* An archive or a plain file, decompressed. */
static int offer_stream(
    struct walk *w, struct sw_reader **in, struct sw_str path, struct sw_err *err)
{
    struct sw_str head;
    struct sw_err damage = {0};
    int r = sw_reader_peek(*in, SW_READER_PEEK_MAX, &head, &damage);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        w->visitor->broken(w->visitor->context, without_compression(path), damage.message);
        return 0;
    }
    if (!is_zip(head) && !is_tar(head))
        return offer(w, *in, path, err);
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = NULL;
    r = sw_archive_open(
        SW_TAKE(*in), is_zip(head) ? SW_ARCHIVE_ZIP : SW_ARCHIVE_TAR, &archive, err);
    return r < 0 ? r : walk_members(w, archive, path, err);
}

static int walk_file(struct walk *w, int fd, struct sw_err *err)
{
    SW_CLEANUP(sw_reader_freep) struct sw_reader *in = NULL;
    struct sw_str path = sw_buf_str(&w->path);
    struct sw_err damage = {0};
    enum sw_compression compression;
    struct stat st = {0};
    fstat(fd, &st);
    struct sw_reader *raw = sw_reader_new_fd(fd);
    if (raw == NULL)
        return -ENOMEM;
    int r = sw_reader_new_decompress(raw, 0, &in, &compression, &damage);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        w->visitor->broken(w->visitor->context, without_compression(path), damage.message);
        r = 0;
    } else {
        r = offer_stream(w, &in, path, err);
    }
    w->visitor->done(w->visitor->context, (uint64_t)st.st_size);
    return r;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->p, ((const struct name *)b)->p);
}

static int walk_folder(struct walk *w, int fd, unsigned depth, struct sw_err *err);

static int walk_entry(
    struct walk *w, int folder, const char *name, unsigned depth, struct sw_err *err)
{
    size_t n = w->path.n;
    int r = n > 0 ? sw_buf_append_char(&w->path, '/') : 0;
    if (r == 0)
        r = sw_buf_append_str(&w->path, sw_str_of(name));
    if (r < 0)
        return r;
    struct stat st;
    /* O_NONBLOCK: a FIFO in the folder must not hang us. */
    SW_CLEANUP(sw_descriptor_closep)
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) < 0)
        w->visitor->broken(w->visitor->context, sw_buf_str(&w->path), strerrordesc_np(errno));
    else if (S_ISREG(st.st_mode) && !is_ignored(sw_str_of(name)))
        r = walk_file(w, sw_descriptor_take(&fd), err);
    else if (S_ISDIR(st.st_mode) && depth >= DEPTH_MAX)
        w->visitor->broken(w->visitor->context, sw_buf_str(&w->path), "folders nested too deep");
    else if (S_ISDIR(st.st_mode))
        r = walk_folder(w, sw_descriptor_take(&fd), depth + 1, err);
    w->path.n = n;
    return r;
}

static int list_names(DIR *dir, struct name **ret, size_t *ret_n)
{
    SW_VEC(struct name) names = {0};
    struct dirent *entry = NULL;
    int r = 0;
    while (r == 0 && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        struct name name = {sw_mem_strndup(entry->d_name, strlen(entry->d_name))};
        r = name.p != NULL ? sw_vec_push(&names, name, NAMES_MAX) : -ENOMEM;
    }
    if (names.n > 1)
        qsort(names.v, names.n, sizeof(names.v[0]), compare_names);
    *ret = names.v;
    *ret_n = names.n;
    return r;
}

/* Consumes fd. */
static int walk_folder(struct walk *w, int fd, unsigned depth, struct sw_err *err)
{
    struct name *names = NULL;
    size_t n = 0;
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        return -ENOMEM;
    }
    int r = list_names(dir, &names, &n);
    for (size_t i = 0; i < n; i++) {
        if (r == 0)
            r = walk_entry(w, dirfd(dir), names[i].p, depth, err);
        sw_mem_free(names[i].p);
    }
    sw_mem_free(names);
    closedir(dir);
    return r;
}

int sw_sources_walk(
    const char *folder, const struct sw_sources_visitor *visitor, struct sw_err *err)
{
    struct walk w = {.visitor = visitor};
    sw_buf_init(&w.path, PATH_BYTES_MAX);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return sw_err_set(err, -errno, "folder '%s': %s", folder, strerrordesc_np(errno));
    int r = walk_folder(&w, fd, 0, err);
    sw_buf_done(&w.path);
    return r;
}
