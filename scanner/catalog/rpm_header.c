/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses header blobs; called once per installed package on hostile bytes. Every offset and count
 * is checked against the store; nothing is copied.
 *
 * A blob may open with a region tag (signed part) whose entries are followed by "dribbles", tags
 * added at installation. Dribbles replace region entries of the same tag, so the last entry of a
 * tag wins, as in rpm.
 */
#include "catalog/rpm_header.h"

#include <errno.h>
#include <stddef.h>

#include "base/num.h"

#define INDEX_MAX 65535U /* rpm's own limit on tags in a header */
#define PREAMBLE_BYTES 8U
#define ENTRY_BYTES 16U

enum { TYPE_INT32 = 4, TYPE_STRING = 6, TYPE_STRING_ARRAY = 8, TYPE_I18N_STRING = 9 };

enum {
    TAG_NAME = 1000,
    TAG_VERSION = 1001,
    TAG_RELEASE = 1002,
    TAG_EPOCH = 1003,
    TAG_VENDOR = 1011,
    TAG_LICENCE = 1014,
    TAG_PACKAGER = 1015,
    TAG_ARCH = 1022,
    TAG_SOURCE_RPM = 1044,
    TAG_MODULARITY_LABEL = 5096
};

struct entry {
    uint32_t tag;
    uint32_t type;
    uint32_t offset;
    uint32_t count;
};

/* The tags with text, and where it goes. */
static const struct {
    uint32_t tag;
    size_t offset;
} texts[] = {
    {TAG_NAME, offsetof(struct sw_rpm_header, name)},
    {TAG_VERSION, offsetof(struct sw_rpm_header, version)},
    {TAG_RELEASE, offsetof(struct sw_rpm_header, release)},
    {TAG_VENDOR, offsetof(struct sw_rpm_header, vendor)},
    {TAG_LICENCE, offsetof(struct sw_rpm_header, licence)},
    {TAG_PACKAGER, offsetof(struct sw_rpm_header, packager)},
    {TAG_ARCH, offsetof(struct sw_rpm_header, arch)},
    {TAG_SOURCE_RPM, offsetof(struct sw_rpm_header, source_rpm)},
    {TAG_MODULARITY_LABEL, offsetof(struct sw_rpm_header, module)},
};

#define N_TEXTS (sizeof(texts) / sizeof(texts[0]))

/* The entries that count: the last of each wanted tag, so that each value is read once however
 * often an index repeats it. A tag of 0 means that there is none. */
struct wanted {
    struct entry texts[N_TEXTS];
    struct entry epoch;
};

static void find_wanted(struct sw_str index, struct wanted *ret)
{
    *ret = (struct wanted){0};
    for (size_t at = 0; at < index.n; at += ENTRY_BYTES) {
        const char *p = index.p + at;
        struct entry entry = {
            sw_num_be32(p), sw_num_be32(p + 4), sw_num_be32(p + 8), sw_num_be32(p + 12)};
        if (entry.tag == TAG_EPOCH)
            ret->epoch = entry;
        for (size_t i = 0; i < N_TEXTS; i++)
            if (texts[i].tag == entry.tag)
                ret->texts[i] = entry;
    }
}

static void add_damage(struct sw_rpm_header *header, const char *what, uint32_t tag)
{
    if (header->n_damaged++ == 0)
        (void)sw_err_set(&header->damage, -EBADMSG, "tag %u %s", tag, what);
}

/* Of an array, the first string: for texts in several languages that is the untranslated one. */
static void read_text(
    struct sw_rpm_header *header, struct sw_str store, const struct entry *entry, struct sw_str *to)
{
    if (entry->type != TYPE_STRING && entry->type != TYPE_STRING_ARRAY &&
        entry->type != TYPE_I18N_STRING) {
        add_damage(header, "is no text", entry->tag);
        return;
    }
    if (entry->count == 0 || entry->offset >= store.n) {
        add_damage(header, "lies outside the header", entry->tag);
        return;
    }
    struct sw_str rest = sw_str_skip(store, entry->offset);
    ptrdiff_t end = sw_str_find_char(rest, '\0');
    if (end < 0) {
        add_damage(header, "has no end", entry->tag);
        return;
    }
    *to = sw_str_part(rest, 0, (size_t)end);
}

static void read_epoch(struct sw_rpm_header *header, struct sw_str store, const struct entry *entry)
{
    if (entry->type != TYPE_INT32) {
        add_damage(header, "is no number", entry->tag);
        return;
    }
    if (entry->count == 0 || entry->offset > store.n || store.n - entry->offset < 4) {
        add_damage(header, "lies outside the header", entry->tag);
        return;
    }
    header->epoch = sw_num_be32(store.p + entry->offset);
}

int sw_rpm_header_parse(struct sw_str blob, struct sw_rpm_header *ret, struct sw_err *err)
{
    if (blob.n < PREAMBLE_BYTES)
        return sw_err_set(err, -EBADMSG, "header of %zu bytes is too short", blob.n);
    uint32_t n_entries = sw_num_be32(blob.p);
    uint32_t n_store = sw_num_be32(blob.p + 4);
    if (n_entries == 0 || n_entries > INDEX_MAX)
        return sw_err_set(err, -EBADMSG, "header claims %u tags", n_entries);
    size_t index_bytes = (size_t)n_entries * ENTRY_BYTES;
    if (blob.n - PREAMBLE_BYTES < index_bytes)
        return sw_err_set(err, -EBADMSG, "header ends inside its index of %u tags", n_entries);
    struct sw_str store = sw_str_skip(blob, PREAMBLE_BYTES + index_bytes);

    struct sw_rpm_header header = {0};
    if (store.n != n_store) {
        header.n_damaged++;
        (void)sw_err_set(&header.damage, -EBADMSG, "header has %zu bytes of values instead of %u",
            store.n, n_store);
        store = sw_str_part(store, 0, n_store);
    }
    struct wanted wanted;
    find_wanted(sw_str_part(blob, PREAMBLE_BYTES, index_bytes), &wanted);
    for (size_t i = 0; i < N_TEXTS; i++)
        if (wanted.texts[i].tag != 0)
            read_text(&header, store, &wanted.texts[i],
                (struct sw_str *)((char *)&header + texts[i].offset));
    if (wanted.epoch.tag != 0)
        read_epoch(&header, store, &wanted.epoch);
    if (sw_str_is_empty(header.name) || sw_str_is_empty(header.version) ||
        sw_str_is_empty(header.release)) {
        if (header.n_damaged > 0)
            return sw_err_set(err, -EBADMSG, "%s", header.damage.message);
        return sw_err_set(err, -EBADMSG, "header without name, version or release");
    }
    *ret = header;
    return 0;
}

bool sw_rpm_header_split_source(
    struct sw_str source_rpm, struct sw_str *ret_name, struct sw_str *ret_version)
{
    struct sw_str s = source_rpm;
    if (sw_str_ends_with(s, SW_STR(".nosrc.rpm")))
        s.n -= sizeof(".nosrc.rpm") - 1;
    else if (sw_str_ends_with(s, SW_STR(".src.rpm")))
        s.n -= sizeof(".src.rpm") - 1;
    else
        return false;
    ptrdiff_t release = sw_str_find_last_char(s, '-');
    if (release <= 0 || (size_t)release + 1 == s.n)
        return false;
    ptrdiff_t version = sw_str_find_last_char(sw_str_part(s, 0, (size_t)release), '-');
    if (version <= 0 || version + 1 == release)
        return false;
    *ret_name = sw_str_part(s, 0, (size_t)version);
    *ret_version = sw_str_skip(s, (size_t)version + 1);
    return true;
}
