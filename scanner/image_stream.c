/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An archive that passes once: standard input, or a compressed outer archive. Every member that
 * looks like a layer is scanned as it passes, small documents are kept, and the manifest is applied
 * when everything has come.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "image.h"
#include "image_source.h"
#include "io/decompress.h"
#include "io/ring.h"
#include "layer.h"
#include "oci/manifest.h"
#include "oci/member_index.h"
#include "oci/path.h"
#include "rootfs_archive.h"

/* Documents kept in all; a `docker save` of a hundred images has some 2 MB. */
#define DOCUMENTS_MAX_BYTES ((size_t)32 << 20)
#define MEMBERS_KEPT_MAX ((size_t)65536)
#define USTAR_MAGIC_OFFSET 257

/* A layer or a document that passed by; by offset, ascending. */
struct passed {
    uint64_t offset;
    struct sw_str text; /* of a document, in the region */
    bool is_layer;
    uint32_t id;
};

struct stream {
    struct sw_engine *engine;
    struct sw_archive *archive; /* owned */
    struct sw_member_index index;
    SW_VEC(struct passed) passed;
    size_t n_document_bytes;
    bool is_broken; /* ended before the archive's end */
    struct sw_err broken;
};

static ssize_t member_read(void *state, void *p, size_t n, struct sw_err *err)
{
    return sw_archive_read(state, p, n, err);
}

static ssize_t member_borrow(void *state, const void **ret, struct sw_err *err)
{
    return sw_archive_read_block(state, ret, err);
}

static void member_free(void *state)
{
    (void)state; /* the archive goes on */
}

static const struct sw_reader_ops member_ops = {
    .read = member_read, .free = member_free, .borrow = member_borrow};

static bool looks_like_layer(struct sw_str head, struct sw_str name)
{
    if (sw_compression_sniff(head) != SW_COMPRESSION_NONE)
        return true;
    if (head.n >= USTAR_MAGIC_OFFSET + 5 && memcmp(head.p + USTAR_MAGIC_OFFSET, "ustar", 5) == 0)
        return true;
    return sw_str_ends_with(name, SW_STR(".tar"));
}

/* JSON of a manifest's size at most. */
static bool looks_like_document(struct sw_str head, uint64_t size)
{
    struct sw_str text = sw_str_trim(head);
    return size <= SW_MANIFEST_BYTES_MAX && text.n > 0 && (text.p[0] == '{' || text.p[0] == '[');
}

static int keep_document(struct stream *stream, struct sw_reader *reader,
    const struct sw_member *member, struct sw_err *err)
{
    if (stream->n_document_bytes + member->size_bytes > DOCUMENTS_MAX_BYTES)
        return sw_err_set(err, -EFBIG, "more than %zu bytes of documents", DOCUMENTS_MAX_BYTES);
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, SW_MANIFEST_BYTES_MAX);
    struct passed passed = {.offset = member->offset_bytes};
    int r = sw_reader_read_all(reader, &text, err);
    if (r == 0)
        r = sw_region_copy(stream->engine->region, sw_buf_str(&text), &passed.text);
    stream->n_document_bytes += text.n;
    return r < 0 ? r : sw_vec_push(&stream->passed, passed, MEMBERS_KEPT_MAX);
}

static int scan_layer(struct stream *stream, struct sw_reader *reader,
    const struct sw_member *member, struct sw_err *err)
{
    struct passed passed = {
        .offset = member->offset_bytes, .is_layer = true, .id = stream->engine->n_passed};
    int r = sw_vec_push(&stream->passed, passed, MEMBERS_KEPT_MAX);
    if (r < 0) {
        sw_reader_free(reader);
        return r;
    }
    stream->engine->n_passed++;
    /* A blob is named by the digest of its stored bytes; an older layer has its diff id only. */
    struct sw_layer_job job = {
        .engine = stream->engine,
        .id = passed.id,
        .is_diff_id_wanted = sw_str_find(member->name, SW_STR("blobs/")) < 0,
    };
    return sw_layer_run_stream(&job, reader, err);
}

static int take_member(struct stream *stream, const struct sw_member *member, struct sw_err *err)
{
    int r = sw_member_index_add(&stream->index, member);
    if (r < 0 || member->type != SW_MEMBER_FILE || member->size_bytes == 0)
        return r;
    SW_CLEANUP(sw_reader_freep)
    struct sw_reader *reader = sw_reader_new(&member_ops, stream->archive);
    if (reader == NULL)
        return -ENOMEM;
    struct sw_str head;
    r = sw_reader_peek(reader, 512, &head, err);
    if (r < 0)
        return r;
    if (looks_like_document(head, member->size_bytes))
        return keep_document(stream, reader, member, err);
    if (looks_like_layer(head, member->name))
        return scan_layer(stream, SW_TAKE(reader), member, err);
    return sw_str_equal_z(member->name, "repositories") ? keep_document(stream, reader, member, err)
                                                        : 0;
}

/* Everything that passes. Damage ends the stream; what came before it counts. */
static int take_members(struct stream *stream, struct sw_err *err)
{
    for (;;) {
        struct sw_member member;
        int r = sw_archive_next(stream->archive, &member, &stream->broken);
        if (r == 0)
            break;
        if (r == 1)
            r = take_member(stream, &member, &stream->broken);
        if (r == -ENOMEM || r == -EPIPE)
            return sw_err_set(err, r, "%s", stream->broken.message);
        if (r < 0) {
            stream->is_broken = true;
            break;
        }
    }
    sw_member_index_sort(&stream->index);
    return 0;
}

static const struct passed *find_passed(struct stream *stream, struct sw_str name)
{
    char path[4096];
    if (name.n > sizeof(path))
        return NULL;
    const struct sw_indexed_member *member = sw_member_index_find(
        &stream->index, (struct sw_str){path, sw_path_clean(name, path, NULL)});
    if (member == NULL)
        return NULL;
    size_t low = 0;
    size_t high = stream->passed.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (stream->passed.v[middle].offset < member->offset)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_found = low < stream->passed.n && stream->passed.v[low].offset == member->offset;
    return is_found ? &stream->passed.v[low] : NULL;
}

static int load(void *context, struct sw_str name, struct sw_buf *buf, struct sw_err *err)
{
    const struct passed *passed = find_passed(context, name);
    if (passed == NULL || passed->is_layer)
        return sw_err_set(err, -ENOENT, "'%.*s' is not in the archive", SW_STR_ARG(name));
    return sw_buf_append_str(buf, passed->text);
}

static int place(void *context, struct sw_str name, struct sw_place *ret, struct sw_err *err)
{
    const struct passed *passed = find_passed(context, name);
    if (passed == NULL || !passed->is_layer)
        return sw_err_set(err, -ENOENT, "'%.*s' is not in the archive", SW_STR_ARG(name));
    *ret = (struct sw_place){.is_passed = true, .id = passed->id};
    return 0;
}

static int apply_manifest(struct stream *stream, struct sw_err *err)
{
    struct sw_engine *engine = stream->engine;
    struct sw_image_source source = {.load = load, .place = place, .context = stream};
    SW_CLEANUP(sw_plan_done) struct sw_plan plan;
    sw_plan_init(&plan, engine, &source);
    int r = sw_image_add_any(&plan, engine->scan->form, err);
    bool is_rootfs = r == -ENOENT && engine->scan->form.n == 0 && !stream->is_broken &&
                     sw_rootfs_archive_is(&stream->index);
    if (is_rootfs && engine->scan->mode == SW_SCAN_ARCHIVE)
        return sw_rootfs_archive_run(engine, err);
    if (is_rootfs)
        return sw_err_set(err, -EINVAL,
            "a root file system, not an image; give it as a file or put 'rootfs:' before the '-'");
    if (r == -ENOENT && stream->is_broken)
        return sw_err_set(err, -EBADMSG, "the archive breaks off before its manifest: %s",
            stream->broken.message);
    if (r == 0 && stream->is_broken)
        r = sw_engine_note(engine, SW_NOTE_UNREADABLE, SW_STR_NONE, "the archive breaks off: %s",
            stream->broken.message);
    return r < 0 ? r : sw_plan_run(&plan, err);
}

static int open_stream(struct stream *stream, struct sw_err *err)
{
    struct sw_message_open open = {.kind = SW_OPEN_WHOLE, .layer = SW_MESSAGE_NO_LAYER};
    struct sw_session_opened opened;
    int r = sw_session_open(stream->engine->session, &open, &opened, err);
    if (r < 0)
        return r;
    struct sw_reader *reader = sw_reader_new_ring(opened.fd);
    if (reader == NULL)
        return -ENOMEM;
    enum sw_compression compression;
    r = sw_reader_new_decompress(
        reader, stream->engine->window_max_bytes, &reader, &compression, err);
    return r < 0 ? r : sw_archive_open(reader, SW_ARCHIVE_TAR, &stream->archive, err);
}

int sw_image_stream_run(struct sw_engine *engine, struct sw_err *err)
{
    if (sw_str_equal(engine->scan->form, SW_STR("rootfs")))
        return sw_rootfs_archive_run(engine, err);
    struct stream stream = {.engine = engine};
    sw_member_index_init(&stream.index, engine->region);
    int r = open_stream(&stream, err);
    if (r == 0)
        r = take_members(&stream, err);
    if (r == 0)
        r = apply_manifest(&stream, err);
    sw_archive_close(stream.archive);
    sw_member_index_done(&stream.index);
    sw_vec_done(&stream.passed);
    return r;
}
