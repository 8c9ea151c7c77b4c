/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inventories as files. Ten thousand are read in one go by `rescan`, so that the compact part comes
 * first and is all that is read then; the report behind it is packed, and read for formats that
 * need it. Believed as the rest of the cache is: the folder is ours alone, and digests must hold.
 */
#include "scan/inventory_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/compress.h"
#include "io/decompress.h"
#include "io/descriptor.h"
#include "io/digest.h"
#include "io/file.h"
#include "model/report_json.h"

/* magic 16, version 4, 4 of nothing, bytes of both parts 8 + 8, digest of each 72 + 72 */
#define MAGIC "SEAWALL INVENTO\n"
#define VERSION 1
#define AT_VERSION 16
#define AT_COMPACT 24
#define AT_REPORT 32
#define AT_COMPACT_DIGEST 40
#define AT_REPORT_DIGEST 112
#define HEAD_BYTES ((size_t)184)
#define DIGEST_BYTES 72
/* Packages of the largest report with the longest names that anybody has; the rest is refused. */
#define COMPACT_BYTES_MAX ((size_t)256 << 20)
#define FIRST_READ_BYTES ((size_t)65536) /* most are smaller */
#define NUMBER_BYTES_MAX 10
#define DECOMPRESS_MEMORY_BYTES ((size_t)16 << 20)

enum { FLAG_SOURCE_NAME = 1, FLAG_SOURCE_VERSION = 2 }; /* differ from the package's own */

/* ---- writing ---- */

static int put_number(struct sw_buf *buf, uint64_t v)
{
    uint8_t bytes[NUMBER_BYTES_MAX];
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        bytes[n++] = (uint8_t)(v | 0x80);
    bytes[n++] = (uint8_t)v;
    return sw_buf_append(buf, bytes, n);
}

static int put_text(struct sw_buf *buf, struct sw_str s)
{
    int r = put_number(buf, s.n);
    return r == 0 && s.n > 0 ? sw_buf_append_str(buf, s) : r;
}

static int put_texts(struct sw_buf *buf, const struct sw_str *texts, size_t n)
{
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++)
        r = put_text(buf, texts[i]);
    return r;
}

static int put_package(struct sw_buf *buf, struct sw_buf *scratch, const struct sw_package *p)
{
    bool has_name = !sw_str_equal(p->source_name, p->name);
    bool has_version = !sw_str_equal(p->source_version, p->version);
    struct sw_str texts[] = {p->name, p->version, p->arch, p->module, p->vendor};
    sw_buf_clear(scratch);
    int r = sw_buf_append_char(scratch, (char)p->type);
    if (r == 0)
        r = sw_buf_append_char(scratch,
            (char)((has_name ? FLAG_SOURCE_NAME : 0) | (has_version ? FLAG_SOURCE_VERSION : 0)));
    if (r == 0)
        r = put_texts(scratch, texts, SW_ARRAY_SIZE(texts));
    if (r == 0 && has_name)
        r = put_text(scratch, p->source_name);
    if (r == 0 && has_version)
        r = put_text(scratch, p->source_version);
    return r < 0 ? r : put_text(buf, sw_buf_str(scratch));
}

static int put_compact(struct sw_buf *buf, const struct sw_report *report)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf scratch = {0};
    const struct sw_os *os = &report->os;
    const struct sw_image *image = &report->image;
    struct sw_str texts[] = {report->target, image->name, image->digest, image->config_digest,
        image->os, image->architecture, image->variant, report->scanned_at};
    struct sw_str system[] = {os->id, os->version_id, os->codename, os->name, os->id_like, os->cpe,
        os->variant, os->path};
    sw_buf_init(&scratch, COMPACT_BYTES_MAX);
    /* "linux/amd64/v8" in one. */
    int r = sw_buf_append_str(&scratch, image->os);
    if (r == 0 && image->architecture.n > 0)
        r = sw_buf_printf(&scratch, "/%.*s", SW_STR_ARG(image->architecture));
    if (r == 0 && image->variant.n > 0)
        r = sw_buf_printf(&scratch, "/%.*s", SW_STR_ARG(image->variant));
    texts[4] = sw_buf_str(&scratch);
    texts[5] = report->scanned_at;
    if (r == 0)
        r = sw_buf_append_char(buf, sw_report_is_incomplete(report) ? 1 : 0);
    if (r == 0)
        r = put_texts(buf, texts, 6);
    sw_buf_clear(&scratch);
    if (r == 0)
        r = put_texts(&scratch, system, SW_ARRAY_SIZE(system));
    if (r == 0)
        r = put_text(buf, sw_buf_str(&scratch));
    if (r == 0)
        r = put_number(buf, report->packages.n);
    SW_VEC_EACH (package, &report->packages)
        if (r == 0)
            r = put_package(buf, &scratch, package);
    return r;
}

/* A path that is the same from wherever it was typed. */
static int put_path(struct sw_buf *buf, const struct sw_report *report)
{
    struct sw_str target = report->target;
    char real[PATH_MAX];
    if (sw_str_starts_with(target, SW_STR("rootfs:")))
        target = sw_str_skip(target, 7);
    SW_CLEANUP(sw_mem_freep) char *path = sw_mem_strndup(target.p, target.n);
    if (path == NULL)
        return -ENOMEM;
    return sw_buf_printf(buf, "path %s", realpath(path, real) != NULL ? real : path);
}

int sw_inventory_name(const struct sw_report *report, char ret[SW_INVENTORY_NAME_BYTES])
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    const struct sw_image *image = &report->image;
    char digest[SW_DIGEST_TEXT_BYTES];
    struct sw_str hex;
    struct sw_str id = image->config_digest.n > 0 ? image->config_digest : image->digest;
    sw_buf_init(&buf, 2 * PATH_MAX);
    int r = id.n > 0 ? sw_buf_printf(&buf, "image %.*s %.*s/%.*s/%.*s", SW_STR_ARG(id),
                           SW_STR_ARG(image->os), SW_STR_ARG(image->architecture),
                           SW_STR_ARG(image->variant))
                     : put_path(&buf, report);
    if (r == 0)
        r = sw_digest_of(SW_DIGEST_SHA256, sw_buf_str(&buf), digest);
    if (r == 0)
        r = sw_digest_parse(sw_str_of(digest), NULL, &hex);
    if (r == 0)
        snprintf(ret, SW_INVENTORY_NAME_BYTES, "%.*s", SW_STR_ARG(hex));
    return r;
}

static int append(void *context, struct sw_str text)
{
    return sw_buf_append_str(context, text);
}

static int write_report(int fd, const struct sw_report *report, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = NULL;
    sw_buf_init(&text, SW_REPORT_JSON_MAX);
    int r = sw_report_json_format(report, "stored", append, &text, err);
    if (r < 0)
        return r;
    reader = sw_reader_new_memory(sw_buf_str(&text));
    return reader == NULL ? -ENOMEM : sw_compress_zstd(reader, fd, SW_COMPRESS_LEVEL_FAST, err);
}

static int hash_rest(int fd, size_t at, uint64_t *ret_n, char ret[SW_DIGEST_TEXT_BYTES])
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    size_t n = (size_t)st.st_size > at ? (size_t)st.st_size - at : 0;
    sw_buf_init(&buf, SW_REPORT_JSON_MAX);
    int r = sw_buf_reserve(&buf, n);
    ssize_t got = r == 0 ? sw_descriptor_pread_full(fd, buf.p, n, (off_t)at) : r;
    if (got != (ssize_t)n)
        return got < 0 ? (int)got : -EIO;
    *ret_n = n;
    return sw_digest_of(SW_DIGEST_SHA256, (struct sw_str){buf.p, n}, ret);
}

static int write_all(int fd, const struct sw_report *report, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf compact = {0};
    uint8_t head[HEAD_BYTES] = {0};
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    uint64_t n = 0;
    sw_buf_init(&compact, COMPACT_BYTES_MAX);
    static const char magic[16] = MAGIC;
    memcpy(head, magic, sizeof(magic));
    sw_num_put_le32(head + AT_VERSION, VERSION);
    int r = put_compact(&compact, report);
    if (r == 0)
        r = sw_digest_of(SW_DIGEST_SHA256, sw_buf_str(&compact), digest);
    memcpy(head + AT_COMPACT_DIGEST, digest, DIGEST_BYTES);
    sw_num_put_le64(head + AT_COMPACT, compact.n);
    if (r == 0)
        r = sw_descriptor_write_full(fd, head, sizeof(head));
    if (r == 0)
        r = sw_descriptor_write_full(fd, compact.p, compact.n);
    if (r == 0)
        r = write_report(fd, report, err);
    if (r == 0)
        r = hash_rest(fd, sizeof(head) + compact.n, &n, digest);
    memcpy(head + AT_REPORT_DIGEST, digest, DIGEST_BYTES);
    sw_num_put_le64(head + AT_REPORT, n);
    if (r == 0 && pwrite(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
        r = -EIO;
    return r;
}

int sw_inventory_save(const char *cache_dir, const struct sw_report *report, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_descriptor_closep) int dir = -1;
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    char name[SW_INVENTORY_NAME_BYTES];
    char *temporary = NULL;
    sw_region_init(&region, (size_t)1 << 20);
    int r = sw_inventory_name(report, name);
    char *folder = sw_region_printf(&region, "%s/" SW_INVENTORY_FOLDER, cache_dir);
    if (r == 0)
        r = folder != NULL ? sw_file_make_directories(AT_FDCWD, folder, 0700, err) : -ENOMEM;
    if (r < 0)
        return r;
    dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return sw_err_set(err, -errno, "'%s': %s", folder, strerror(errno));
    r = sw_file_new_beside(dir, name, 0600, &region, &temporary, &fd, err);
    if (r < 0)
        return r;
    /* Not synced, as the rest of the cache: damaged is as good as absent. */
    r = write_all(fd, report, err);
    if (r == 0 && renameat(dir, temporary, dir, name) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(dir, temporary, 0);
    return r;
}

/* ---- reading ---- */

static bool take_number(struct sw_str *rest, uint64_t *ret)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < NUMBER_BYTES_MAX - 1 && i < rest->n; i++) {
        uint8_t byte = (uint8_t)rest->p[i];
        v |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *rest = sw_str_skip(*rest, i + 1);
            *ret = v;
            return true;
        }
    }
    return false;
}

static bool take_text(struct sw_str *rest, struct sw_str *ret)
{
    uint64_t n = 0;
    if (!take_number(rest, &n) || n > rest->n)
        return false;
    *ret = sw_str_part(*rest, 0, (size_t)n);
    *rest = sw_str_skip(*rest, (size_t)n);
    return true;
}

static bool take_texts(struct sw_str *rest, struct sw_str *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!take_text(rest, texts[i]))
            return false;
    return true;
}

int sw_inventory_system(struct sw_str bytes, struct sw_os *ret)
{
    struct sw_os os = {0};
    struct sw_str *system[] = {&os.id, &os.version_id, &os.codename, &os.name, &os.id_like, &os.cpe,
        &os.variant, &os.path};
    if (!take_texts(&bytes, system, SW_ARRAY_SIZE(system)) || bytes.n > 0)
        return -EBADMSG;
    *ret = os;
    return 0;
}

static int parse_compact(struct sw_str rest, struct sw_inventory *ret)
{
    struct sw_inventory v = {0};
    struct sw_str *texts[] = {
        &v.target, &v.image, &v.digest, &v.config_digest, &v.platform, &v.scanned_at};
    if (rest.n == 0)
        return -EBADMSG;
    v.is_incomplete = rest.p[0] != 0;
    rest = sw_str_skip(rest, 1);
    if (!take_texts(&rest, texts, SW_ARRAY_SIZE(texts)) || !take_text(&rest, &v.os_bytes))
        return -EBADMSG;
    if (sw_inventory_system(v.os_bytes, &v.os) < 0)
        return -EBADMSG;
    if (!take_number(&rest, &v.n_packages) || v.n_packages > SW_REPORT_PACKAGES_MAX)
        return -EBADMSG;
    v.packages = rest;
    *ret = v;
    return 0;
}

/* 0 and the size of the compact part that the head names. */
static int check_head(struct sw_str bytes, size_t *ret_n)
{
    if (bytes.n < HEAD_BYTES || memcmp(bytes.p, MAGIC, 16) != 0)
        return -EBADMSG;
    if (sw_num_le32(bytes.p + AT_VERSION) != VERSION)
        return -EPROTONOSUPPORT;
    uint64_t n = sw_num_le64(bytes.p + AT_COMPACT);
    if (n > COMPACT_BYTES_MAX)
        return -EBADMSG;
    *ret_n = (size_t)n;
    return 0;
}

static bool is_digest(struct sw_str bytes, const char *expected)
{
    char digest[SW_DIGEST_TEXT_BYTES];
    return sw_digest_of(SW_DIGEST_SHA256, bytes, digest) == 0 &&
           strncmp(digest, expected, DIGEST_BYTES) == 0;
}

int sw_inventory_parse(struct sw_str bytes, struct sw_inventory *ret)
{
    size_t n = 0;
    int r = check_head(bytes, &n);
    if (r < 0)
        return r;
    if (n > bytes.n - HEAD_BYTES)
        return -EBADMSG;
    struct sw_str compact = sw_str_part(bytes, HEAD_BYTES, n);
    if (!is_digest(compact, bytes.p + AT_COMPACT_DIGEST))
        return -EBADMSG;
    return parse_compact(compact, ret);
}

static int open_file(int fd, struct sw_str name)
{
    char path[SW_INVENTORY_NAME_BYTES + 1];
    if (name.n >= sizeof(path))
        return -ENAMETOOLONG;
    snprintf(path, sizeof(path), "%.*s", SW_STR_ARG(name));
    int file = openat(fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    if (file >= 0 && (fstat(file, &st) < 0 || !S_ISREG(st.st_mode))) {
        close(file);
        return -EBADMSG;
    }
    return file >= 0 ? file : -errno;
}

/* Appends up to n bytes from `at` on. */
static int read_part(int file, struct sw_buf *buf, size_t n, uint64_t at)
{
    int r = sw_buf_reserve(buf, n);
    ssize_t got = r == 0 ? sw_descriptor_pread_full(file, buf->p + buf->n, n, (off_t)at) : r;
    if (got > 0)
        buf->n += (size_t)got;
    return got < 0 ? (int)got : 0;
}

int sw_inventory_load(int fd, struct sw_str name, struct sw_buf *buf, struct sw_inventory *ret)
{
    SW_CLEANUP(sw_descriptor_closep) int file = open_file(fd, name);
    size_t n = 0;
    sw_buf_clear(buf);
    int r = file < 0 ? file : read_part(file, buf, FIRST_READ_BYTES, 0);
    if (r == 0)
        r = check_head(sw_buf_str(buf), &n);
    if (r == 0 && HEAD_BYTES + n > buf->n && buf->n == FIRST_READ_BYTES)
        r = read_part(file, buf, HEAD_BYTES + n - buf->n, buf->n);
    return r < 0 ? r : sw_inventory_parse(sw_buf_str(buf), ret);
}

int sw_inventory_next(struct sw_str *packages, struct sw_str *ret)
{
    if (packages->n == 0)
        return 0;
    return take_text(packages, ret) && ret->n >= 2 ? 1 : -EBADMSG;
}

int sw_inventory_package(struct sw_str bytes, struct sw_package *ret)
{
    struct sw_package p = {.layer = SW_PACKAGE_NO_LAYER};
    struct sw_str *texts[] = {&p.name, &p.version, &p.arch, &p.module, &p.vendor};
    if (bytes.n < 2 || (uint8_t)bytes.p[0] >= _SW_PACKAGE_TYPE_MAX)
        return -EBADMSG;
    p.type = (enum sw_package_type)bytes.p[0];
    uint8_t flags = (uint8_t)bytes.p[1];
    struct sw_str rest = sw_str_skip(bytes, 2);
    if (!take_texts(&rest, texts, SW_ARRAY_SIZE(texts)))
        return -EBADMSG;
    p.source_name = p.name;
    p.source_version = p.version;
    if (((flags & FLAG_SOURCE_NAME) != 0 && !take_text(&rest, &p.source_name)) ||
        ((flags & FLAG_SOURCE_VERSION) != 0 && !take_text(&rest, &p.source_version)) || rest.n > 0)
        return -EBADMSG;
    *ret = p;
    return 0;
}

static int read_report(struct sw_str packed, struct sw_report *report, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = NULL;
    enum sw_compression compression = SW_COMPRESSION_NONE;
    sw_buf_init(&text, SW_REPORT_JSON_MAX);
    struct sw_reader *inner = sw_reader_new_memory(packed);
    if (inner == NULL)
        return -ENOMEM;
    int r = sw_reader_new_decompress(inner, DECOMPRESS_MEMORY_BYTES, &reader, &compression, err);
    if (r == 0)
        r = sw_reader_read_all(reader, &text, err);
    return r < 0 ? r : sw_report_json_parse(sw_str_trim(sw_buf_str(&text)), report, err);
}

int sw_inventory_report(int fd, struct sw_str name, struct sw_report *report, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int file = open_file(fd, name);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    struct sw_err why = {0};
    struct stat st;
    size_t n = 0;
    sw_buf_init(&buf, SW_REPORT_JSON_MAX);
    int r = file < 0 ? file : fstat(file, &st) < 0 ? -errno : 0;
    if (r == 0)
        r = read_part(file, &buf, (size_t)st.st_size, 0);
    if (r == 0)
        r = check_head(sw_buf_str(&buf), &n);
    struct sw_str packed = sw_str_skip(sw_buf_str(&buf), HEAD_BYTES + n);
    if (r == 0 && (packed.n != sw_num_le64(buf.p + AT_REPORT) ||
                      !is_digest(packed, buf.p + AT_REPORT_DIGEST)))
        r = -EBADMSG;
    if (r == 0)
        r = read_report(packed, report, &why);
    return r < 0 ? sw_err_set(err, r, "stored inventory '%.*s' cannot be read: %s",
                       SW_STR_ARG(name), why.message[0] != '\0' ? why.message : strerror(-r))
                 : 0;
}

int sw_inventories_open(
    const char *cache_dir, struct sw_region *region, struct sw_inventories *ret, struct sw_err *err)
{
    struct sw_file_names names = {0};
    struct stat st;
    char *folder = sw_region_printf(region, "%s/" SW_INVENTORY_FOLDER, cache_dir);
    if (folder == NULL)
        return -ENOMEM;
    SW_CLEANUP(sw_descriptor_closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        *ret = (struct sw_inventories){.fd = -1};
        return 0;
    }
    if (fd < 0 || fstat(fd, &st) < 0)
        return sw_err_set(err, -errno, "'%s': %s", folder, strerror(errno));
    if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return sw_err_set(
            err, -EPERM, "'%s' belongs to another user or can be written by others", folder);
    int r = sw_file_list(fd, ".", region, &names, err);
    if (r < 0)
        return r;
    size_t n = 0;
    for (size_t i = 0; i < names.n; i++)
        if (names.v[i].n == SW_INVENTORY_NAME_BYTES - 1)
            names.v[n++] = names.v[i];
    *ret = (struct sw_inventories){.fd = sw_descriptor_take(&fd), .names = names.v, .n = n};
    return 0;
}

void sw_inventories_close(struct sw_inventories *inventories)
{
    sw_descriptor_close(inventories->fd);
    inventories->fd = -1;
}
