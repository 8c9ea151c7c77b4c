/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An archive in a file that seeks. Its headers are read once; small files are read here, layers are
 * asked for by range, so that the parent hashes what it hands out.
 */
#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "image.h"
#include "image_source.h"
#include "io/decompress.h"
#include "io/descriptor.h"
#include "oci/manifest.h"
#include "oci/member_index.h"
#include "oci/path.h"
#include "rootfs_archive.h"

#define TAR_BLOCK_BYTES 512

struct archive {
    struct sw_engine *engine;
    struct sw_member_index index;
};

static const struct sw_indexed_member *find(struct archive *archive, struct sw_str name)
{
    char path[4096];
    if (name.n > sizeof(path))
        return NULL;
    return sw_member_index_find(
        &archive->index, (struct sw_str){path, sw_path_clean(name, path, NULL)});
}

static int load(void *context, struct sw_str name, struct sw_buf *buf, struct sw_err *err)
{
    struct archive *archive = context;
    const struct sw_indexed_member *member = find(archive, name);
    if (member == NULL)
        return sw_err_set(err, -ENOENT, "'%.*s' is not in the archive", SW_STR_ARG(name));
    if (member->size_bytes > SW_MANIFEST_BYTES_MAX)
        return sw_err_set(err, -EFBIG, "'%.*s' has %llu bytes", SW_STR_ARG(name),
            (unsigned long long)member->size_bytes);
    size_t n = (size_t)member->size_bytes;
    int r = sw_buf_reserve(buf, n);
    if (r < 0)
        return r;
    ssize_t got = sw_descriptor_pread_full(
        archive->engine->source_fd, buf->p + buf->n, n, (off_t)member->offset);
    if (got < 0)
        return sw_err_wrap(err, (int)got, "'%.*s'", SW_STR_ARG(name));
    if ((size_t)got < n)
        return sw_err_set(err, -EBADMSG, "'%.*s' is cut short", SW_STR_ARG(name));
    buf->n += n;
    return 0;
}

static int place(void *context, struct sw_str name, struct sw_place *ret, struct sw_err *err)
{
    const struct sw_indexed_member *member = find(context, name);
    if (member == NULL)
        return sw_err_set(err, -ENOENT, "'%.*s' is not in the archive", SW_STR_ARG(name));
    *ret = (struct sw_place){
        .open = {.kind = SW_OPEN_RANGE, .offset = member->offset, .length = member->size_bytes}};
    return 0;
}

static int run_indexed(struct archive *archive, struct sw_err *err)
{
    struct sw_engine *engine = archive->engine;
    if (archive->index.is_truncated) {
        int r = sw_engine_note(engine, SW_NOTE_UNREADABLE, SW_STR_NONE,
            "the archive breaks off after %zu members", archive->index.members.n);
        if (r < 0)
            return r;
    }
    struct sw_image_source source = {.load = load, .place = place, .context = archive};
    SW_CLEANUP(sw_plan_done) struct sw_plan plan;
    sw_plan_init(&plan, engine, &source);
    int r = sw_image_add_any(&plan, engine->scan->form, err);
    if (r == -ENOENT && engine->scan->form.n == 0 && sw_rootfs_archive_is(&archive->index))
        return sw_rootfs_archive_run(engine, err);
    /* A tar is made of whole blocks; one that is not was cut in its padding. */
    bool is_cut = engine->scan->size_bytes % TAR_BLOCK_BYTES != 0;
    if (r == -ENOENT && (archive->index.is_truncated || is_cut))
        return sw_err_set(err, -EBADMSG,
            "the archive breaks off after %zu members, before its manifest",
            archive->index.members.n);
    return r < 0 ? r : sw_plan_run(&plan, err);
}

int sw_image_archive_run(struct sw_engine *engine, struct sw_err *err)
{
    char head[16];
    ssize_t n = sw_descriptor_pread_full(engine->source_fd, head, sizeof(head), 0);
    if (n < 0)
        return sw_err_wrap(err, (int)n, "read the archive");
    if (n == 0)
        return sw_err_set(err, -EBADMSG, "the file is empty");
    if (sw_compression_sniff((struct sw_str){head, (size_t)n}) != SW_COMPRESSION_NONE)
        return sw_image_stream_run(engine, err);
    if (sw_str_equal(engine->scan->form, SW_STR("rootfs")))
        return sw_rootfs_archive_run(engine, err);
    int fd = dup(engine->source_fd);
    if (fd < 0)
        return sw_err_wrap(err, -errno, "read the archive");
    struct sw_reader *reader = sw_reader_new_fd(fd);
    if (reader == NULL)
        return -ENOMEM;
    struct archive archive = {.engine = engine};
    sw_member_index_init(&archive.index, engine->region);
    int r = sw_member_index_load(&archive.index, reader, err);
    if (r == 0)
        r = run_indexed(&archive, err);
    sw_member_index_done(&archive.index);
    return r;
}
