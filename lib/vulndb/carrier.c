/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing and checking such files. The head is signed, and holds the digest of the frame, so that
 * one small signature speaks for all.
 */
#include "vulndb/carrier.h"

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
#include "io/compress.h"
#include "io/decompress.h"
#include "io/descriptor.h"
#include "io/digest.h"
#include "io/file.h"
#include "vulndb/vulndb.h"

#define AT_VERSION 16
#define AT_KIND 20
#define AT_FORMAT 24
#define AT_FLAGS 28
#define AT_PACKED 32
#define AT_CONTENT 40
#define AT_DIGEST 48
#define AT_FROM 120
#define AT_TO 192
#define AT_CREATED 264
#define AT_SIGNATURE 296 /* over all before */
#define FLAG_SIGNED 1u
#define BLOCK_BYTES ((size_t)256 * 1024)
/* What is inside was packed by us with a window of at most 8 MiB. */
#define DECOMPRESS_MEMORY_BYTES ((size_t)16 << 20)

static void format_head(const struct sw_carrier *c, uint8_t *head)
{
    memset(head, 0, SW_CARRIER_HEAD_BYTES);
    static const char magic[16] = SW_CARRIER_MAGIC;
    memcpy(head, magic, sizeof(magic));
    sw_num_put_le32(head + AT_VERSION, SW_CARRIER_VERSION);
    sw_num_put_le32(head + AT_KIND, (uint32_t)c->kind);
    sw_num_put_le32(head + AT_FORMAT, c->format);
    sw_num_put_le32(head + AT_FLAGS, c->is_signed ? FLAG_SIGNED : 0);
    sw_num_put_le64(head + AT_PACKED, c->n_packed);
    sw_num_put_le64(head + AT_CONTENT, c->n_content);
    memcpy(head + AT_DIGEST, c->digest, SW_CARRIER_DIGEST_BYTES);
    memcpy(head + AT_FROM, c->from, SW_CARRIER_DIGEST_BYTES);
    memcpy(head + AT_TO, c->to, SW_CARRIER_DIGEST_BYTES);
    memcpy(head + AT_CREATED, c->created, SW_CARRIER_CREATED_BYTES);
    memcpy(head + AT_SIGNATURE, c->signature, SW_SIGNATURE_BYTES);
}

/* A digest, or where that is allowed nothing. */
static bool get_digest(const uint8_t *p, bool is_optional, char *ret)
{
    struct sw_str text = {(const char *)p, strnlen((const char *)p, SW_CARRIER_DIGEST_BYTES)};
    enum sw_digest_algorithm algorithm = SW_DIGEST_SHA256;
    if (text.n == SW_CARRIER_DIGEST_BYTES)
        return false;
    if (text.n > 0 || !is_optional) {
        if (sw_digest_parse(text, &algorithm, NULL) < 0 || algorithm != SW_DIGEST_SHA256)
            return false;
    }
    memcpy(ret, p, text.n);
    ret[text.n] = '\0';
    return true;
}

static bool get_created(const uint8_t *p, char *ret)
{
    memcpy(ret, p, SW_CARRIER_CREATED_BYTES);
    ret[SW_CARRIER_CREATED_BYTES - 1] = '\0';
    for (const char *c = ret; *c != '\0'; c++)
        if (strchr("0123456789-:TZ", *c) == NULL)
            return false;
    return true;
}

int sw_carrier_parse(
    const uint8_t head[SW_CARRIER_HEAD_BYTES], struct sw_carrier *ret, struct sw_err *err)
{
    struct sw_carrier c = {0};
    if (memcmp(head, SW_CARRIER_MAGIC, 16) != 0)
        return sw_err_set(err, -EMEDIUMTYPE, "is no exported database and no delta");
    uint32_t version = sw_num_le32(head + AT_VERSION);
    if (version != SW_CARRIER_VERSION)
        return sw_err_set(err, -EPROTO,
            "was written in form %" PRIu32 ", this program reads form %d; update Seawall", version,
            SW_CARRIER_VERSION);
    uint32_t kind = sw_num_le32(head + AT_KIND);
    c.format = sw_num_le32(head + AT_FORMAT);
    if (c.format != SW_VULNDB_FORMAT_VERSION)
        return sw_err_set(err, -EPROTO,
            "is for databases of format %" PRIu32 ", this program reads format %d", c.format,
            SW_VULNDB_FORMAT_VERSION);
    uint32_t flags = sw_num_le32(head + AT_FLAGS);
    c.n_packed = sw_num_le64(head + AT_PACKED);
    c.n_content = sw_num_le64(head + AT_CONTENT);
    bool is_delta = kind == SW_CARRIER_DELTA;
    if ((kind != SW_CARRIER_DATABASE && !is_delta) || (flags & ~FLAG_SIGNED) != 0 ||
        c.n_content > SW_CARRIER_CONTENT_MAX || c.n_packed > SW_CARRIER_CONTENT_MAX ||
        !get_digest(head + AT_DIGEST, false, c.digest) ||
        !get_digest(head + AT_FROM, !is_delta, c.from) || !get_digest(head + AT_TO, false, c.to) ||
        !get_created(head + AT_CREATED, c.created))
        return sw_err_set(err, -EBADMSG, "is damaged: its head makes no sense");
    c.kind = (enum sw_carrier_kind)kind;
    c.is_signed = (flags & FLAG_SIGNED) != 0;
    memcpy(c.signature, head + AT_SIGNATURE, SW_SIGNATURE_BYTES);
    *ret = c;
    return 0;
}

static int hash_rest(int fd, uint64_t at, uint64_t *ret_n, char ret[SW_DIGEST_TEXT_BYTES])
{
    SW_CLEANUP(sw_digest_done) struct sw_digest digest = {0};
    SW_CLEANUP(sw_mem_freep) char *block = sw_mem_alloc(BLOCK_BYTES);
    int r = block == NULL ? -ENOMEM : sw_digest_init(&digest, SW_DIGEST_SHA256);
    ssize_t n = 1;
    uint64_t start = at;
    while (r == 0 && n > 0) {
        n = sw_descriptor_pread_full(fd, block, BLOCK_BYTES, (off_t)at);
        r = n < 0 ? (int)n : sw_digest_update(&digest, block, (size_t)n);
        at += n > 0 ? (uint64_t)n : 0;
    }
    if (r == 0)
        *ret_n = at - start;
    return r < 0 ? r : sw_digest_final(&digest, ret);
}

static int fill(int fd, struct sw_carrier *c, struct sw_reader *content, const char *private_key,
    struct sw_err *err)
{
    uint8_t head[SW_CARRIER_HEAD_BYTES] = {0};
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    int r = sw_descriptor_write_full(fd, head, sizeof(head));
    if (r == 0)
        r = sw_compress_zstd(content, fd,
            c->kind == SW_CARRIER_DELTA ? SW_COMPRESS_LEVEL_SMALL : SW_COMPRESS_LEVEL_FAST, err);
    if (r == 0)
        r = hash_rest(fd, SW_CARRIER_HEAD_BYTES, &c->n_packed, digest);
    if (r < 0)
        return r;
    memcpy(c->digest, digest, SW_CARRIER_DIGEST_BYTES);
    c->is_signed = private_key != NULL;
    format_head(c, head);
    if (private_key != NULL)
        r = sw_signature_sign_bytes(
            (struct sw_str){(const char *)head, AT_SIGNATURE}, private_key, c->signature, err);
    format_head(c, head);
    if (r == 0 && pwrite(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
        r = -EIO;
    return r;
}

int sw_carrier_write(const char *path, struct sw_carrier *carrier, struct sw_reader *content,
    const char *private_key, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    char *name = NULL;
    sw_region_init(&region, (size_t)1 << 20);
    int r = sw_file_new_beside(AT_FDCWD, path, 0644, &region, &name, &fd, err);
    if (r < 0)
        return r;
    struct sw_err why = {0};
    r = fill(fd, carrier, content, private_key, &why);
    if (r == 0)
        return sw_file_replace(AT_FDCWD, name, path, err);
    unlink(name);
    return sw_err_set(
        err, r, "cannot write '%s': %s", path, why.message[0] != '\0' ? why.message : strerror(-r));
}

static int check(int fd, enum sw_carrier_kind kind, const char *public_key, struct sw_carrier *c,
    struct sw_err *err)
{
    uint8_t head[SW_CARRIER_HEAD_BYTES];
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    uint64_t n = 0;
    ssize_t got = sw_descriptor_pread_full(fd, head, sizeof(head), 0);
    if (got >= 0 && got < 16)
        return sw_err_set(err, -EMEDIUMTYPE, "is no exported database and no delta");
    if (got >= 16 && got < (ssize_t)sizeof(head) && memcmp(head, SW_CARRIER_MAGIC, 16) == 0)
        return sw_err_set(err, -EBADMSG, "is cut short; copy it again");
    if (got != (ssize_t)sizeof(head))
        return sw_err_set(err, got < 0 ? (int)got : -EMEDIUMTYPE, "is no exported database");
    int r = sw_carrier_parse(head, c, err);
    if (r < 0)
        return r;
    if (c->kind != kind)
        return sw_err_set(err, -EINVAL,
            kind == SW_CARRIER_DELTA ? "holds a whole database; use seawall db import"
                                     : "holds a delta; use seawall db apply");
    if (public_key != NULL && !c->is_signed)
        return sw_err_set(err, -EKEYREJECTED, "is not signed, and a key is required");
    if (public_key != NULL)
        r = sw_signature_verify_bytes(
            (struct sw_str){(const char *)head, AT_SIGNATURE}, c->signature, public_key, err);
    if (r == 0)
        r = hash_rest(fd, SW_CARRIER_HEAD_BYTES, &n, digest);
    if (r < 0)
        return r;
    if (n < c->n_packed)
        return sw_err_set(err, -EBADMSG, "is cut short; copy it again");
    if (n > c->n_packed || strcmp(digest, c->digest) != 0)
        return sw_err_set(err, -EBADMSG, "is damaged: its digest does not hold; copy it again");
    return 0;
}

int sw_carrier_open(const char *path, enum sw_carrier_kind kind, const char *public_key,
    struct sw_carrier *ret, int *ret_fd, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    struct sw_carrier carrier = {0};
    struct sw_err why = {0};
    struct stat st;
    int r = sw_file_open(AT_FDCWD, path, &fd, err);
    if (r < 0)
        return r;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return sw_err_set(err, -EINVAL, "'%s' is no regular file", path);
    r = check(fd, kind, public_key, &carrier, &why);
    if (r < 0)
        return sw_err_set(
            err, r, "'%s' %s", path, why.message[0] != '\0' ? why.message : strerror(-r));
    *ret = carrier;
    *ret_fd = sw_descriptor_take(&fd);
    return 0;
}

/* Counts what a frame gives. */
struct counted {
    struct sw_reader *inner; /* owned */
    uint64_t left;
};

static ssize_t read_counted(void *state, void *p, size_t n, struct sw_err *err)
{
    struct counted *counted = state;
    ssize_t got = sw_reader_read(counted->inner, p, n, err);
    if (got == 0 && counted->left > 0)
        return sw_err_set(err, -EBADMSG, "damaged: less in it than it says");
    if (got > 0 && (uint64_t)got > counted->left)
        return sw_err_set(err, -EBADMSG, "damaged: more in it than it says");
    counted->left -= got > 0 ? (uint64_t)got : 0;
    return got;
}

static void free_counted(void *state)
{
    struct counted *counted = state;
    sw_reader_free(counted->inner);
    sw_mem_free(counted);
}

int sw_carrier_read(
    const struct sw_carrier *carrier, int fd, struct sw_reader **ret, struct sw_err *err)
{
    static const struct sw_reader_ops ops = {.read = read_counted, .free = free_counted};
    enum sw_compression compression = SW_COMPRESSION_NONE;
    struct counted *counted = sw_mem_zalloc(1, sizeof(*counted));
    bool is_placed = lseek(fd, SW_CARRIER_HEAD_BYTES, SEEK_SET) >= 0;
    struct sw_reader *packed = sw_reader_new_fd(fd);
    if (counted == NULL || packed == NULL || !is_placed) {
        sw_reader_free(packed);
        sw_mem_free(counted);
        return is_placed ? -ENOMEM : -ESPIPE;
    }
    counted->left = carrier->n_content;
    int r = sw_reader_new_decompress(
        packed, DECOMPRESS_MEMORY_BYTES, &counted->inner, &compression, err);
    if (r == 0 && compression != SW_COMPRESSION_ZSTD)
        r = sw_err_set(err, -EBADMSG, "damaged: its content is no zstd frame");
    if (r < 0) {
        free_counted(counted);
        return r;
    }
    *ret = sw_reader_new(&ops, counted);
    return *ret != NULL ? 0 : -ENOMEM;
}
