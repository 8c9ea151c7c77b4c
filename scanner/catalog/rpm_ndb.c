/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads NDB files, whole and in memory, once per database. All numbers are little-endian.
 *
 *     file   "RpmP", version, generation, slot pages, next package index, 12 unused; slots up to
 *            the end of the slot pages (4096 bytes each); blobs
 *     slot   "Slot", package index, first block, blocks (of 16 bytes)
 *     blob   "BlbS", package index, generation, length; bytes; padding; Adler-32, length, "BlbE"
 */
#include "catalog/rpm_ndb.h"

#include <errno.h>

#include "base/num.h"
#include "catalog/rpm_header.h"
#include "catalog/rpm_list.h"

#define HEADER_BYTES ((size_t)32)
#define SLOT_BYTES ((size_t)16)
#define PAGE_BYTES ((size_t)4096)
#define BLOCK_BYTES ((size_t)16)
#define BLOB_HEAD_BYTES ((size_t)16)
#define BLOB_TAIL_BYTES ((size_t)12)
#define MAGIC_FILE 0x506d7052U /* "RpmP" */
#define MAGIC_SLOT 0x746f6c53U /* "Slot" */
#define MAGIC_HEAD 0x53626c42U /* "BlbS" */
#define MAGIC_TAIL 0x45626c42U /* "BlbE" */
#define ADLER_MODULUS 65521U
#define ADLER_RUN 5552U /* bytes that cannot overflow 32 bits before the modulus is taken */

struct ndb {
    struct sw_str bytes;
    size_t n_left; /* blobs do not overlap: what all of them together may still hold */
    struct sw_rpm_list *list;
};

static uint32_t sum_adler(struct sw_str s)
{
    uint32_t a = 1;
    uint32_t b = 0;
    for (size_t i = 0; i < s.n;) {
        size_t end = s.n - i > ADLER_RUN ? i + ADLER_RUN : s.n;
        for (; i < end; i++) {
            a += (unsigned char)s.p[i];
            b += a;
        }
        a %= ADLER_MODULUS;
        b %= ADLER_MODULUS;
    }
    return b << 16 | a;
}

/* The blob of a slot, head and tail included; false when they are not what the slot says. */
static bool find_blob(struct ndb *db, const char *slot, struct sw_str *ret)
{
    uint32_t package = sw_num_le32(slot + 4);
    size_t offset = (size_t)sw_num_le32(slot + 8) * BLOCK_BYTES;
    size_t n = (size_t)sw_num_le32(slot + 12) * BLOCK_BYTES;
    if (offset > db->bytes.n || n > db->bytes.n - offset || n < BLOB_HEAD_BYTES + BLOB_TAIL_BYTES) {
        sw_rpm_list_damage(db->list, "package %u lies beyond the end of the file", package);
        return false;
    }
    const char *head = db->bytes.p + offset;
    const char *tail = head + n - BLOB_TAIL_BYTES;
    if (sw_num_le32(head) != MAGIC_HEAD || sw_num_le32(head + 4) != package ||
        sw_num_le32(tail + 8) != MAGIC_TAIL) {
        sw_rpm_list_damage(db->list, "package %u: no blob where its slot points", package);
        return false;
    }
    uint32_t n_blob = sw_num_le32(head + 12);
    if (sw_num_le32(tail + 4) != n_blob || n_blob > SW_RPM_HEADER_MAX_BYTES ||
        n - BLOB_HEAD_BYTES - BLOB_TAIL_BYTES < n_blob) {
        sw_rpm_list_damage(db->list, "package %u: a blob of %u bytes", package, n_blob);
        return false;
    }
    if (n > db->n_left) {
        sw_rpm_list_damage(db->list, "package %u overlaps another one", package);
        return false;
    }
    db->n_left -= n;
    *ret = (struct sw_str){head, n};
    return true;
}

static int read_slot(struct ndb *db, size_t number, const char *slot)
{
    uint32_t package = sw_num_le32(slot + 4);
    if (sw_num_le32(slot) != MAGIC_SLOT || (package == 0) != (sw_num_le32(slot + 8) == 0)) {
        sw_rpm_list_damage(db->list, "slot %zu is damaged", number);
        return 0;
    }
    struct sw_str blob;
    if (package == 0 || !find_blob(db, slot, &blob))
        return 0;
    /* A wrong sum costs no package: its header is checked tag by tag. */
    struct sw_str summed = sw_str_part(blob, 0, blob.n - BLOB_TAIL_BYTES);
    if (sw_num_le32(blob.p + summed.n) != sum_adler(summed))
        sw_rpm_list_damage(db->list, "package %u: wrong checksum", package);
    uint32_t n_blob = sw_num_le32(blob.p + 12);
    return sw_rpm_list_add(db->list, package, sw_str_part(blob, BLOB_HEAD_BYTES, n_blob));
}

int sw_rpm_ndb_parse(struct sw_str bytes, struct sw_rpm_list *list, struct sw_err *err)
{
    if (bytes.n < HEADER_BYTES)
        return sw_err_set(err, -EBADMSG, "%zu bytes are no NDB file", bytes.n);
    if (sw_num_le32(bytes.p) != MAGIC_FILE)
        return sw_err_set(err, -EBADMSG, "no NDB file");
    uint32_t version = sw_num_le32(bytes.p + 4);
    if (version != 0)
        return sw_err_set(err, -EOPNOTSUPP, "NDB version %u", version);
    size_t slots_end = (size_t)sw_num_le32(bytes.p + 12) * PAGE_BYTES;
    if (slots_end == 0)
        return sw_err_set(err, -EBADMSG, "an NDB file without slots");
    struct ndb db = {.bytes = bytes, .n_left = bytes.n, .list = list};
    if (slots_end > bytes.n) {
        sw_rpm_list_damage(list, "the file ends inside its slots");
        slots_end = bytes.n - bytes.n % SLOT_BYTES;
    }
    for (size_t at = HEADER_BYTES; at < slots_end; at += SLOT_BYTES) {
        int r = read_slot(&db, at / SLOT_BYTES, bytes.p + at);
        if (r < 0)
            return r;
    }
    return 0;
}
