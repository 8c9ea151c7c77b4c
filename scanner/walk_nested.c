/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives inside files. Their bytes are pulled through while the file itself is read, so nothing
 * is read twice and nothing is held: each block goes to the analyzers of the file first and then
 * into its archive, whose members go the same way again. Called for every file that begins like an
 * archive, on hostile bytes; whatever happens in here, the file that holds it is read to its end.
 *
 * Damage is a note for information: test data and cut downloads are in every other image, and what
 * cannot be unpacked here is seen as a file all the same. Limits are notes that make a scan
 * incomplete.
 */
#include "walk_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/decompress.h"
#include "oci/path.h"

/* A class in a jar in a war in an ear in a tar.gz in a deb is 6 deep. */
#define DEPTH_MAX 8u
/* Members below one file, at all depths: an 800 MB jar has some 300,000. */
#define MEMBERS_MAX ((uint64_t)1000000)
/* Bytes unpacked below one file, at all depths. */
#define BYTES_MAX ((uint64_t)16 << 30)
/* Text packs twenty to one, empty disk images a thousand to one; below the floor it is no matter.
 */
#define RATIO_MAX 250u
#define RATIO_FLOOR_BYTES ((uint64_t)256 << 20)
/* What the outermost decompressor may take; each further one half of it. xz -9 asks for 64 MiB,
 * what Debian, rpm and npm pack for eight. */
#define WINDOW_BYTES ((size_t)32 << 20)
#define WINDOW_MIN_BYTES ((size_t)4 << 20)

#define HEAD_BYTES ((size_t)512)
#define TAR_MAGIC_AT 257
#define TICK_BLOCKS 256u

#define RPM_LEAD_BYTES ((size_t)96)
#define RPM_HEADER_MAGIC "\x8e\xad\xe8\x01"
#define RPM_HEADER_MAX_BYTES ((uint64_t)256 << 20)

enum form {
    FORM_NONE,
    FORM_ZIP,
    FORM_TAR,
    FORM_AR,
    FORM_CPIO,
    FORM_RPM,
    FORM_PACKED, /* one file, compressed; what is in it shows only then */
};

/* One archive that is open. */
struct nested {
    struct sw_walk *walk;
    const struct sw_analyzer_file *file; /* that it is in */
    struct sw_archive *archive;
    struct sw_reader *reader; /* FORM_PACKED: of the content */
    uint64_t n_blocks;
    uint64_t n_refused; /* members that are enciphered, or packed in a way that nobody reads */
    struct sw_buf inner;
};

/* ---- what begins like an archive ---- */

static bool is_tar(struct sw_str head)
{
    return head.n >= TAR_MAGIC_AT + 5 && memcmp(head.p + TAR_MAGIC_AT, "ustar", 5) == 0;
}

static enum form sniff(struct sw_str head)
{
    static const struct {
        struct sw_str magic;
        enum form form;
    } magics[] = {
        {SW_STR_INIT("PK\3\4"), FORM_ZIP},
        {SW_STR_INIT("!<arch>\ndebian-binary"), FORM_AR},
        {SW_STR_INIT("070701"), FORM_CPIO},
        {SW_STR_INIT("070702"), FORM_CPIO},
        {SW_STR_INIT("070707"), FORM_CPIO},
        {SW_STR_INIT("\xed\xab\xee\xdb"), FORM_RPM},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(magics); i++)
        if (sw_str_starts_with(head, magics[i].magic))
            return magics[i].form;
    if (is_tar(head))
        return FORM_TAR;
    return sw_compression_sniff(head) != SW_COMPRESSION_NONE ? FORM_PACKED : FORM_NONE;
}

bool sw_walk_nested_is(struct sw_str first, uint64_t size_bytes)
{
    /* A block may end anywhere; one that is too short to tell is looked at again with its next. */
    bool is_short = first.n < HEAD_BYTES && (size_bytes == 0 || size_bytes > first.n);
    return is_short || sniff(first) != FORM_NONE;
}

/* ---- the file's blocks as a reader ---- */

struct source {
    struct sw_walk *walk;
    struct sw_walk_content *content;
    struct sw_str rest;
};

static ssize_t source_borrow(void *state, const void **ret, struct sw_err *err)
{
    struct source *source = state;
    if (source->rest.n > 0) {
        ssize_t n = (ssize_t)source->rest.n;
        *ret = source->rest.p;
        source->rest = SW_STR_NONE;
        return n;
    }
    return source->content->block(source->content->context, ret, err);
}

static ssize_t source_read(void *state, void *p, size_t n, struct sw_err *err)
{
    struct source *source = state;
    const void *block = NULL;
    ssize_t got = source_borrow(source, &block, err);
    if (got <= 0)
        return got;
    size_t part = (size_t)got < n ? (size_t)got : n;
    memcpy(p, block, part);
    source->rest = (struct sw_str){(const char *)block + part, (size_t)got - part};
    return (ssize_t)part;
}

static const struct sw_reader_ops source_ops = {.read = source_read, .borrow = source_borrow};

/* ---- limits ---- */

static int check_limits(struct sw_walk *walk, struct sw_err *err)
{
    struct sw_walk_nest *nest = &walk->nest;
    if (nest->n_members > MEMBERS_MAX)
        return sw_err_set(err, -EFBIG, "more than %" PRIu64 " members", MEMBERS_MAX);
    if (nest->n_unpacked > BYTES_MAX)
        return sw_err_set(err, -EFBIG, "more than %" PRIu64 " bytes once unpacked", BYTES_MAX);
    uint64_t most;
    if (nest->n_unpacked > RATIO_FLOOR_BYTES && sw_num_mul(nest->n_packed, RATIO_MAX, &most) &&
        nest->n_unpacked > most)
        return sw_err_set(err, -EFBIG, "it unpacks to more than %u times its size", RATIO_MAX);
    return 0;
}

static void tick(const struct nested *nested)
{
    struct sw_walk *walk = nested->walk;
    struct sw_walk_entry entry = {.type = SW_MEMBER_FILE, .path = nested->file->path};
    if (walk->options.tick != NULL)
        walk->options.tick(walk->options.context, &entry, walk->facts->n_files);
}

/* ---- members ---- */

static ssize_t member_block(void *context, const void **ret, struct sw_err *err)
{
    struct nested *nested = context;
    ssize_t n = nested->archive != NULL ? sw_archive_read_block(nested->archive, ret, err)
                                        : sw_reader_borrow(nested->reader, ret, err);
    if (n <= 0)
        return n;
    if (++nested->n_blocks % TICK_BLOCKS == 0)
        tick(nested);
    nested->walk->nest.n_unpacked += (uint64_t)n;
    int r = check_limits(nested->walk, err);
    return r < 0 ? r : n;
}

/* "outer.jar" and "a/../b.class": "outer.jar!/b.class" below the file itself. */
static int name_member(struct nested *nested, struct sw_str name)
{
    char clean[SW_FACT_PATH_MAX];
    bool climbs = false;
    struct sw_str cut = sw_str_part(name, 0, sizeof(clean) - 1);
    size_t n = sw_path_clean(cut, clean, &climbs);
    sw_buf_clear(&nested->inner);
    int r = 0;
    if (nested->file->inner.n > 0) {
        r = sw_buf_append_str(&nested->inner, nested->file->inner);
        if (r == 0)
            r = sw_buf_append_str(&nested->inner, SW_STR("!/"));
    }
    return r < 0 ? r : sw_buf_append(&nested->inner, clean, n);
}

static int examine_member(struct nested *nested, struct sw_str name, uint64_t size_bytes,
    uint32_t mode, struct sw_err *err)
{
    struct sw_walk *walk = nested->walk;
    int r = name_member(nested, name);
    if (r < 0)
        return sw_err_set(err, r, "names of members are too long");
    struct sw_analyzer_file file = {
        .path = nested->file->path,
        .inner = sw_buf_str(&nested->inner),
        .size_bytes = size_bytes,
        .mode = mode,
    };
    struct sw_walk_content content = {member_block, nested};
    walk->nest.depth++;
    r = sw_walk_examine(walk, &file, sw_wants_any(walk->options.wants), &content, err);
    walk->nest.depth--;
    return r;
}

static int walk_members(struct nested *nested, struct sw_err *err)
{
    for (;;) {
        struct sw_member member;
        int r = sw_archive_next(nested->archive, &member, err);
        if (r <= 0)
            return r;
        nested->walk->nest.n_members++;
        if (nested->walk->nest.n_members % TICK_BLOCKS == 0)
            tick(nested);
        r = check_limits(nested->walk, err);
        if (r == 0 && member.type == SW_MEMBER_FILE)
            r = examine_member(nested, member.name, member.size_bytes, member.mode, err);
        if (r == -EOPNOTSUPP)
            nested->n_refused++;
        else if (r < 0)
            return r;
    }
}

/* ---- opening ---- */

static size_t window_bytes(const struct sw_walk *walk)
{
    size_t bytes = WINDOW_BYTES >> walk->nest.depth;
    return bytes > WINDOW_MIN_BYTES ? bytes : WINDOW_MIN_BYTES;
}

/* Consumes the reader, also when it fails. */
static int decompress(const struct sw_walk *walk, struct sw_reader **reader, struct sw_err *err)
{
    enum sw_compression compression;
    struct sw_reader *inner = SW_TAKE(*reader);
    return sw_reader_new_decompress(inner, window_bytes(walk), reader, &compression, err);
}

/* Passes over one of the two headers in front of an rpm's files. */
static int skip_rpm_header(struct sw_reader *reader, bool is_padded, struct sw_err *err)
{
    struct sw_str head;
    int r = sw_reader_peek(reader, 16, &head, err);
    if (r < 0)
        return r;
    if (head.n < 16 || memcmp(head.p, RPM_HEADER_MAGIC, 4) != 0)
        return sw_err_set(err, -EBADMSG, "rpm: no header where one must be");
    uint64_t n = 16 + (uint64_t)sw_num_be32(head.p + 8) * 16 + sw_num_be32(head.p + 12);
    if (n > RPM_HEADER_MAX_BYTES)
        return sw_err_set(err, -EFBIG, "rpm: a header of %" PRIu64 " bytes", n);
    if (is_padded)
        n = (n + 7) / 8 * 8;
    int64_t skipped = sw_reader_skip(reader, n, err);
    if (skipped < 0)
        return (int)skipped;
    return (uint64_t)skipped == n ? 0 : sw_err_set(err, -EBADMSG, "rpm: ends inside a header");
}

static int open_rpm(const struct sw_walk *walk, struct sw_reader **reader, struct sw_err *err)
{
    int64_t skipped = sw_reader_skip(*reader, RPM_LEAD_BYTES, err);
    int r = skipped < 0 ? (int)skipped : skip_rpm_header(*reader, true, err);
    if (r == 0)
        r = skip_rpm_header(*reader, false, err);
    return r < 0 ? r : decompress(walk, reader, err);
}

static int open_archive(
    struct nested *nested, enum form form, struct sw_reader **reader, struct sw_err *err)
{
    static const enum sw_archive_format formats[] = {
        [FORM_ZIP] = SW_ARCHIVE_ZIP,
        [FORM_TAR] = SW_ARCHIVE_TAR,
        [FORM_AR] = SW_ARCHIVE_AR,
        [FORM_CPIO] = SW_ARCHIVE_CPIO,
        [FORM_RPM] = SW_ARCHIVE_CPIO,
    };
    int r = form == FORM_RPM ? open_rpm(nested->walk, reader, err) : 0;
    if (r < 0)
        return r;
    struct sw_reader *inner = SW_TAKE(*reader);
    return sw_archive_open(inner, formats[form], &nested->archive, err);
}

/* "usr/share/x.gz" holds "x"; what has another ending holds its own name. */
static struct sw_str packed_name(const struct sw_analyzer_file *file)
{
    static const char *const suffixes[] = {".gz", ".bz2", ".xz", ".zst", ".tgz"};
    struct sw_str name = sw_path_base(file->inner.n > 0 ? file->inner : file->path);
    for (size_t i = 0; i < SW_ARRAY_SIZE(suffixes); i++) {
        struct sw_str suffix = sw_str_of(suffixes[i]);
        if (name.n > suffix.n && sw_str_ends_with(name, suffix))
            return sw_str_part(name, 0, name.n - suffix.n);
    }
    return name;
}

/* Compressed bytes: an archive, or one file by itself. */
static int walk_packed(struct nested *nested, struct sw_reader **reader, struct sw_err *err)
{
    struct sw_str head;
    int r = decompress(nested->walk, reader, err);
    if (r == 0)
        r = sw_reader_peek(*reader, HEAD_BYTES, &head, err);
    if (r < 0)
        return r;
    enum form form = sniff(head);
    if (form == FORM_TAR || form == FORM_CPIO) {
        r = open_archive(nested, form, reader, err);
        return r < 0 ? r : walk_members(nested, err);
    }
    nested->reader = *reader;
    return examine_member(nested, packed_name(nested->file), 0, nested->file->mode, err);
}

static int walk_form(struct nested *nested, struct sw_reader **reader, struct sw_err *err)
{
    struct sw_str head;
    int r = sw_reader_peek(*reader, HEAD_BYTES, &head, err);
    if (r < 0)
        return r;
    enum form form = sniff(head);
    if (form == FORM_NONE)
        return 0;
    if (nested->walk->nest.depth >= DEPTH_MAX)
        return sw_err_set(err, -EFBIG, "archives in archives, more than %u deep", DEPTH_MAX);
    if (form == FORM_PACKED)
        return walk_packed(nested, reader, err);
    r = open_archive(nested, form, reader, err);
    return r < 0 ? r : walk_members(nested, err);
}

static void note_end(const struct nested *nested, int r, const struct sw_err *err)
{
    struct sw_walk *walk = nested->walk;
    struct sw_str inner = sw_str_part(nested->file->inner, 0, 200);
    const char *in = inner.n > 0 ? " in " : "";
    if (r == -EFBIG || r == -ENOMEM) {
        if (!walk->nest.is_told)
            sw_walk_note(walk, SW_NOTE_LIMIT, nested->file->path, "archive%s%.*s cut short: %s", in,
                SW_STR_ARG(inner), err->message);
        walk->nest.is_told = true;
    } else if (r < 0 && r != -EIO) {
        sw_walk_note(walk, SW_NOTE_INFO, nested->file->path,
            "archive%s%.*s not looked into any further: %s", in, SW_STR_ARG(inner), err->message);
    }
    if (nested->n_refused > 0)
        sw_walk_note(walk, SW_NOTE_INFO, nested->file->path,
            "archive%s%.*s: %" PRIu64 " members are enciphered or packed in an unknown way", in,
            SW_STR_ARG(inner), nested->n_refused);
}

void sw_walk_nested(
    struct sw_walk *walk, const struct sw_analyzer_file *file, struct sw_walk_content *content)
{
    struct source source = {.walk = walk, .content = content};
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new(&source_ops, &source);
    struct nested nested = {.walk = walk, .file = file};
    struct sw_err err = {0};
    sw_buf_init(&nested.inner, SW_FACT_PATH_MAX);
    int r = reader == NULL ? sw_err_set(&err, -ENOMEM, "out of memory")
                           : walk_form(&nested, &reader, &err);
    sw_archive_closep(&nested.archive);
    note_end(&nested, r, &err);
    sw_buf_done(&nested.inner);
}
