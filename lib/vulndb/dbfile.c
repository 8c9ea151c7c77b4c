/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of the database file that need no LMDB. LMDB believes its pages; everything here is done
 * by plain reads, so that no damage can do more than be found.
 */
#include "vulndb/dbfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/region.h"
#include "io/digest.h"
#include "io/file.h"
#include "vulndb/vulndb.h"

/* Where LMDB 0.9 keeps things in its two header pages (64-bit, version 1 of its data format). */
#define LMDB_MAGIC 0xBEEFC0DEu
#define LMDB_VERSION 1
#define LMDB_PAGE_META 0x08
#define LMDB_FIXEDMAP 0x01
#define AT_PAGE_FLAGS 10
#define AT_MAGIC 16
#define AT_VERSION 20
#define AT_PAGE_BYTES 40 /* in the place of the free list's padding */
#define AT_FLAGS 44
#define AT_LAST_PAGE 136
#define AT_TXN 144

#define PAGES_MIN 4                   /* two headers, a root, the trailer */
#define BYTES_MAX ((uint64_t)1 << 40) /* a terabyte: no database of advisories */
#define HASH_BLOCK_BYTES ((size_t)256 * 1024)
#define RECORD_BYTES_MAX 512
#define RECORD_HEAD "seawall-verified 1"

static int64_t to_ns(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool is_ours(const struct stat *st)
{
    return (st->st_uid == 0 || st->st_uid == geteuid()) && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int check_stat(const char *path, const struct stat *st, struct sw_err *err)
{
    if (!S_ISREG(st->st_mode))
        return sw_err_set(err, -EBADMSG, "'%s' is not a regular file", path);
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return sw_err_set(err, -EPERM, "database '%s' belongs to another user", path);
    if (!is_ours(st))
        return sw_err_set(err, -EPERM, "database '%s' can be written by others", path);
    uint64_t n = (uint64_t)st->st_size;
    if (n < PAGES_MIN * SW_PAGE_BYTES || n > BYTES_MAX || n % SW_PAGE_BYTES != 0)
        return sw_err_set(err, -EBADMSG,
            "'%s' is damaged or not a database: its size is %" PRIu64 " bytes", path, n);
    return 0;
}

static bool read_page(int fd, uint64_t at, uint8_t *page)
{
    size_t n = 0;
    while (n < SW_PAGE_BYTES) {
        ssize_t r = pread(fd, page + n, SW_PAGE_BYTES - n, (off_t)(at + n));
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return false;
        n += (size_t)r;
    }
    return true;
}

/* NULL when the header page is sound, else what is wrong with it. */
static const char *check_header(const uint8_t *page, uint64_t number, uint64_t n_pages)
{
    if (sw_num_le64(page) != number || (sw_num_le16(page + AT_PAGE_FLAGS) & LMDB_PAGE_META) == 0)
        return "is no header page";
    if (sw_num_le32(page + AT_MAGIC) != LMDB_MAGIC)
        return "has not LMDB's magic number";
    if (sw_num_le32(page + AT_VERSION) != LMDB_VERSION)
        return "is of another LMDB version";
    if (sw_num_le32(page + AT_PAGE_BYTES) != SW_PAGE_BYTES)
        return "has another page size";
    if ((sw_num_le16(page + AT_FLAGS) & LMDB_FIXEDMAP) != 0)
        return "asks for a fixed address";
    if (sw_num_le64(page + AT_LAST_PAGE) >= n_pages)
        return "names pages beyond the end";
    return NULL;
}

static int check_headers(int fd, const char *path, struct sw_dbfile *file, struct sw_err *err)
{
    uint8_t page[SW_PAGE_BYTES];
    uint64_t n_pages = file->n_bytes / SW_PAGE_BYTES - 1;
    if (!read_page(fd, n_pages * SW_PAGE_BYTES, page))
        return sw_err_set(err, -EBADMSG, "database '%s' damaged: cannot read its last page", path);
    if (!sw_trailer_get(page, &file->trailer))
        return sw_err_set(err, -EBADMSG, "'%s' is damaged or not a database: no trailer", path);
    if (file->trailer.format != SW_VULNDB_FORMAT_VERSION)
        return sw_err_set(err, -EPROTO,
            "database '%s' has format %" PRIu32 ", this program reads format %d", path,
            file->trailer.format, SW_VULNDB_FORMAT_VERSION);
    if (file->trailer.page_bytes != SW_PAGE_BYTES ||
        file->trailer.n_bytes != n_pages * SW_PAGE_BYTES)
        return sw_err_set(
            err, -EBADMSG, "database '%s' damaged: its trailer names another size", path);
    for (uint64_t i = 0; i < 2; i++) {
        const char *wrong = read_page(fd, i * SW_PAGE_BYTES, page) ? check_header(page, i, n_pages)
                                                                   : "cannot be read";
        if (wrong != NULL)
            return sw_err_set(
                err, -EBADMSG, "database '%s' damaged: header %" PRIu64 " %s", path, i, wrong);
    }
    return 0;
}

int sw_dbfile_open(const char *path, struct sw_dbfile *ret, struct sw_err *err)
{
    /* O_NONBLOCK: a FIFO in its place must not hang us. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return sw_err_set(err, -errno, "database '%s': %s", path, strerrordesc_np(errno));
    struct stat st;
    struct sw_dbfile file = {0};
    int r = fstat(fd, &st) < 0 ? -errno : check_stat(path, &st, err);
    if (r == 0) {
        file.device = (uint64_t)st.st_dev;
        file.inode = (uint64_t)st.st_ino;
        file.n_bytes = (uint64_t)st.st_size;
        file.mtime_ns = to_ns(st.st_mtim);
        file.ctime_ns = to_ns(st.st_ctim);
        r = check_headers(fd, path, &file, err);
    }
    if (r < 0) {
        close(fd);
        return r;
    }
    *ret = file;
    return fd;
}

static int hash_blocks(int fd, struct sw_dbfile *file, struct sw_digest *content,
    struct sw_digest *whole, uint8_t *block)
{
    uint64_t at = 0;
    while (at < file->n_bytes) {
        ssize_t n = pread(fd, block, HASH_BLOCK_BYTES, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EBADMSG;
        uint64_t before = at < file->trailer.n_bytes ? file->trailer.n_bytes - at : 0;
        size_t n_content = (uint64_t)n < before ? (size_t)n : (size_t)before;
        int r = sw_digest_update(content, block, n_content);
        if (r == 0)
            r = sw_digest_update(whole, block, (size_t)n);
        if (r < 0)
            return r;
        at += (uint64_t)n;
    }
    return 0;
}

static int hash_both(int fd, struct sw_dbfile *file, char ret_content[SW_DIGEST_TEXT_BYTES],
    char ret_whole[SW_DIGEST_TEXT_BYTES])
{
    SW_CLEANUP(sw_digest_done) struct sw_digest content = {0};
    SW_CLEANUP(sw_digest_done) struct sw_digest whole = {0};
    SW_CLEANUP(sw_mem_freep) uint8_t *block = sw_mem_alloc(HASH_BLOCK_BYTES);
    if (block == NULL)
        return -ENOMEM;
    int r = sw_digest_init(&content, SW_DIGEST_SHA256);
    if (r == 0)
        r = sw_digest_init(&whole, SW_DIGEST_SHA256);
    if (r == 0)
        r = hash_blocks(fd, file, &content, &whole, block);
    if (r == 0)
        r = sw_digest_final(&content, ret_content);
    return r < 0 ? r : sw_digest_final(&whole, ret_whole);
}

int sw_dbfile_hash(int fd, struct sw_dbfile *file, struct sw_err *err)
{
    char content[SW_DIGEST_TEXT_BYTES] = {0};
    char whole[SW_DIGEST_TEXT_BYTES] = {0};
    int r = hash_both(fd, file, content, whole);
    if (r < 0)
        return sw_err_set(err, r, "cannot read the database: %s", strerrordesc_np(-r));
    if (strcmp(content, file->trailer.digest) != 0)
        return sw_err_set(
            err, -EBADMSG, "database damaged: its content does not match its checksum");
    memcpy(file->digest, whole, SW_TRAILER_DIGEST_BYTES);
    file->digest[SW_TRAILER_DIGEST_BYTES - 1] = '\0';
    return 0;
}

static int format_record(const struct sw_dbfile *file, const char *digest, char *p, size_t n)
{
    int r = snprintf(p, n,
        RECORD_HEAD "\n%s\nsize %" PRIu64 "\ndevice %" PRIu64 "\ninode %" PRIu64 "\nmtime %" PRId64
                    "\nctime %" PRId64 "\n",
        digest, file->n_bytes, file->device, file->inode, file->mtime_ns, file->ctime_ns);
    return r > 0 && (size_t)r < n ? r : -EFBIG;
}

static char *record_path(struct sw_region *region, const char *path, const char *suffix)
{
    return sw_region_printf(region, "%s.verified%s", path, suffix);
}

/* The record's bytes; 0 when there is none that may be believed. */
static size_t read_record(const char *path, char *p, size_t n)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, SIZE_MAX / 2);
    const char *name = record_path(&region, path, "");
    int fd = name != NULL ? open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW) : -1;
    if (fd < 0)
        return 0;
    struct stat st;
    ssize_t got = 0;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && is_ours(&st))
        got = pread(fd, p, n, 0);
    close(fd);
    return got > 0 ? (size_t)got : 0;
}

bool sw_dbfile_find_record(const char *path, struct sw_dbfile *file)
{
    char found[RECORD_BYTES_MAX];
    char wanted[RECORD_BYTES_MAX];
    struct sw_str rest = {found, read_record(path, found, sizeof(found))};
    struct sw_str head;
    struct sw_str digest;
    if (!sw_str_next_line(&rest, &head) || !sw_str_next_line(&rest, &digest))
        return false;
    if (sw_digest_parse(digest, NULL, NULL) < 0 || digest.n >= SW_TRAILER_DIGEST_BYTES)
        return false;
    char text[SW_TRAILER_DIGEST_BYTES] = {0};
    memcpy(text, digest.p, digest.n);
    int n = format_record(file, text, wanted, sizeof(wanted));
    struct sw_str all = {found, (size_t)(rest.p != NULL ? rest.p - found : 0) + rest.n};
    if (n < 0 || !sw_str_equal(all, (struct sw_str){wanted, (size_t)n}))
        return false;
    memcpy(file->digest, text, sizeof(text));
    return true;
}

int sw_dbfile_save_record(const char *path, const struct sw_dbfile *file)
{
    char text[RECORD_BYTES_MAX];
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, SIZE_MAX / 2);
    int n = format_record(file, file->digest, text, sizeof(text));
    char *suffix = sw_region_printf(&region, ".%ld", (long)getpid());
    char *name = record_path(&region, path, "");
    char *temporary = suffix != NULL ? record_path(&region, path, suffix) : NULL;
    if (n < 0 || name == NULL || temporary == NULL)
        return n < 0 ? n : -ENOMEM;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return -errno;
    /* The umask may leave group write on; a record that others can write is not believed. */
    int r = fchmod(fd, 0644) == 0 && write(fd, text, (size_t)n) == n ? 0 : -EIO;
    close(fd);
    if (r == 0 && rename(temporary, name) < 0)
        r = -errno;
    if (r < 0)
        unlink(temporary);
    return r;
}

bool sw_dbfile_is_same(const struct sw_dbfile *file, int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && (uint64_t)st.st_dev == file->device &&
           (uint64_t)st.st_ino == file->inode && (uint64_t)st.st_size == file->n_bytes &&
           to_ns(st.st_mtim) == file->mtime_ns;
}

/* The record for the name that the file has now; without it the file is only checked again. */
static void move_record(const char *from, const char *to, const struct sw_dbfile *checked)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_dbfile now = {0};
    sw_region_init(&region, SIZE_MAX / 2);
    const char *record = record_path(&region, from, "");
    int fd = sw_dbfile_open(to, &now, NULL);
    if (fd >= 0 && sw_dbfile_is_same(checked, fd)) {
        memcpy(now.digest, checked->digest, sizeof(now.digest));
        sw_dbfile_save_record(to, &now);
    }
    if (fd >= 0)
        close(fd);
    if (record != NULL)
        unlink(record);
}

int sw_dbfile_replace(const char *from, const char *to, struct sw_err *err)
{
    struct sw_dbfile file = {0};
    int fd = sw_dbfile_open(from, &file, err);
    if (fd < 0)
        return fd;
    close(fd);
    bool is_checked = sw_dbfile_find_record(from, &file);
    int r = sw_file_replace(AT_FDCWD, from, to, err);
    if (r == 0 && is_checked)
        move_record(from, to, &file);
    return r;
}
