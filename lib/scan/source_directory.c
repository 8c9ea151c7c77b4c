/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directories: an OCI layout, whose blobs are handed out by digest, and a root file system, whose
 * descriptor goes to the child.
 */
#include "scan/source.h"

#include <errno.h>

#include "base/mem.h"
#include "io/beneath.h"
#include "io/descriptor.h"
#include "io/digest.h"

/* Layouts are made with links at times; none leads out. */
static int open_in_layout(const struct sw_source *source, const char *path, int *ret_fd,
    uint64_t *ret_size, struct sw_err *err)
{
    struct sw_beneath_options options = {.is_crossing_mounts = false};
    struct sw_beneath_stat st;
    int r = sw_beneath_open_in_root(source->fd, sw_str_of(path), &options, ret_fd, &st, err);
    if (r == 0)
        *ret_size = st.size_bytes;
    return r;
}

static int layout_blob_open(struct sw_source *source, const struct sw_message_open *open,
    struct sw_blob *ret, struct sw_err *err)
{
    static const char *const names[] = {"sha256", "sha512"};
    enum sw_digest_algorithm algorithm;
    struct sw_str hex;
    if (open->kind != SW_OPEN_BLOB || sw_digest_parse(open->digest, &algorithm, &hex) < 0)
        return sw_err_set(err, -EINVAL, "no blob can have that name");
    SW_CLEANUP(sw_buf_done) struct sw_buf path = {0};
    sw_buf_init(&path, 256);
    int r = sw_buf_printf(&path, "blobs/%s/%.*s", names[algorithm], SW_STR_ARG(hex));
    if (r < 0)
        return r;
    int fd = -1;
    struct sw_blob blob = {.wait_fd = -1, .has_key = true};
    r = open_in_layout(source, path.p, &fd, &blob.size_bytes, err);
    if (r < 0)
        return sw_err_wrap(err, r, "blob '%.*s'", SW_STR_ARG(open->digest));
    r = sw_file_identify(fd, &blob.key.file);
    if (r < 0) {
        sw_descriptor_close(fd);
        return sw_err_wrap(err, r, "blob '%.*s'", SW_STR_ARG(open->digest));
    }
    blob.key.length = blob.size_bytes;
    blob.key_fd = fd;
    blob.reader = sw_reader_new_fd(fd);
    if (blob.reader == NULL)
        return -ENOMEM;
    *ret = blob;
    return 0;
}

static const struct sw_source_ops layout_ops = {
    .name = "layout",
    .blob_open = layout_blob_open,
};

int sw_source_layout_open(int fd, struct sw_source *source, struct sw_err *err)
{
    source->fd = fd;
    source->ops = &layout_ops;
    source->mode = SW_SCAN_BLOBS;
    int index_fd = -1;
    uint64_t size;
    int r = open_in_layout(source, "index.json", &index_fd, &size, err);
    if (r < 0)
        return sw_err_wrap(err, r, "index.json");
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_fd(index_fd);
    if (reader == NULL)
        return -ENOMEM;
    /* Carried to the child as it is; never looked into here. */
    r = sw_reader_read_all(reader, &source->index, err);
    return r < 0 ? sw_err_wrap(err, r, "index.json") : 0;
}

static int rootfs_blob_open(struct sw_source *source, const struct sw_message_open *open,
    struct sw_blob *ret, struct sw_err *err)
{
    (void)source;
    (void)open;
    (void)ret;
    return sw_err_set(err, -EINVAL, "a directory has no blobs");
}

static const struct sw_source_ops rootfs_ops = {
    .name = "rootfs",
    .blob_open = rootfs_blob_open,
};

int sw_source_rootfs_open(int fd, struct sw_source *source, struct sw_err *err)
{
    (void)err;
    source->fd = fd;
    source->ops = &rootfs_ops;
    source->mode = SW_SCAN_DIRECTORY;
    source->is_fd_handed = true;
    return 0;
}
