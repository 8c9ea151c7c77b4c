/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the stores of Docker and podman have in common.
 */
#include "oci/engine_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "oci/tar_split.h"

#define PATH_BYTES ((size_t)4096)
/* Parts of a path that an engine makes: "<id>/diff". */
#define OWN_PARTS 2

/* The length of the path without its last n parts; 0 where it has no more. */
static size_t find_own(const char *path, unsigned n)
{
    size_t at = strlen(path);
    while (at > 0 && n > 0)
        if (path[--at] == '/')
            n--;
    return at;
}

int sw_store_open_directory(int root_fd, const char *path, int *ret_fd, struct sw_err *err)
{
    char part[PATH_BYTES];
    size_t n = find_own(path, OWN_PARTS);
    snprintf(part, sizeof(part), "%.*s", n > 0 ? (int)n : 1, n > 0 ? path : ".");
    SW_CLEANUP(sw_descriptor_closep)
    int fd = openat(root_fd, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct sw_str rest = sw_str_skip(sw_str_of(path), n > 0 ? n + 1 : 0);
    struct sw_str name;
    while (fd >= 0 && sw_str_next_token(&rest, '/', &name)) {
        snprintf(part, sizeof(part), "%.*s", SW_STR_ARG(name));
        int next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        int code = errno;
        sw_descriptor_close(sw_descriptor_take(&fd));
        fd = next;
        errno = code;
    }
    if (fd < 0)
        return sw_err_set(err, -errno, "'%s': %s", path, strerror(errno));
    *ret_fd = sw_descriptor_take(&fd);
    return 0;
}

int sw_store_open_file(
    int root_fd, const char *path, int *ret_fd, uint64_t *ret_size, struct sw_err *err)
{
    struct stat st;
    SW_CLEANUP(sw_descriptor_closep)
    int fd = openat(root_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) < 0)
        return sw_err_set(err, -errno, "'%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return sw_err_set(err, -EINVAL, "'%s' is no regular file", path);
    if (ret_size != NULL)
        *ret_size = (uint64_t)st.st_size;
    *ret_fd = sw_descriptor_take(&fd);
    return 0;
}

int sw_store_load_file(int root_fd, const char *path, struct sw_buf *buf, struct sw_err *err)
{
    int fd = -1;
    int r = sw_store_open_file(root_fd, path, &fd, NULL, err);
    if (r < 0)
        return r;
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_fd(fd);
    if (reader == NULL)
        return -ENOMEM;
    r = sw_reader_read_all(reader, buf, err);
    return r < 0 ? sw_err_wrap(err, r, "'%s'", path) : 0;
}

/* Both halves of a layer; the caller owns them. */
static int open_parts(const struct sw_store_layer *layer, struct sw_reader **ret_lines,
    int *ret_directory, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int directory = -1;
    int lines = -1;
    int r = sw_store_open_directory(layer->root_fd, layer->directory, &directory, err);
    if (r == 0)
        r = sw_store_open_file(layer->root_fd, layer->split, &lines, NULL, err);
    if (r < 0)
        return r;
    *ret_lines = sw_reader_new_fd(lines);
    if (*ret_lines == NULL)
        return -ENOMEM;
    *ret_directory = sw_descriptor_take(&directory);
    return 0;
}

int sw_store_layer_open(
    const struct sw_store_layer *layer, struct sw_reader **ret, struct sw_err *err)
{
    struct sw_reader *lines = NULL;
    int directory = -1;
    int r = open_parts(layer, &lines, &directory, err);
    return r < 0 ? r : sw_reader_new_tar_split(lines, directory, ret, err);
}

static int check_layer(const struct sw_store_layer *layer, bool is_every_file, struct sw_err *err)
{
    struct sw_reader *lines = NULL;
    int directory = -1;
    int r = open_parts(layer, &lines, &directory, err);
    if (r < 0)
        return r;
    if (is_every_file)
        return sw_tar_split_check(lines, directory, err);
    sw_reader_free(lines);
    sw_descriptor_close(directory);
    return 0;
}

int sw_store_image_check(const struct sw_store_image *image, bool is_every_file, struct sw_err *err)
{
    for (size_t i = 0; i < image->n_layers; i++) {
        int r = check_layer(&image->layers[i], is_every_file, err);
        if (r < 0)
            return sw_err_wrap(err, r == -ENOENT ? -EBADMSG : r, "layer %zu of the image", i + 1);
    }
    return 0;
}

int sw_store_image_manifest(const struct sw_store_image *image, struct sw_buf *buf)
{
    int r = sw_buf_printf(buf,
        "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
        "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\","
        "\"digest\":\"%s\",\"size\":%llu},\"layers\":[",
        image->config_digest, (unsigned long long)image->config_size);
    for (size_t i = 0; r == 0 && i < image->n_layers; i++)
        r = sw_buf_printf(buf,
            "%s{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"%.*s\","
            "\"size\":%llu}",
            i > 0 ? "," : "", SW_STR_ARG(image->layers[i].diff_id),
            (unsigned long long)image->layers[i].size_bytes);
    return r < 0 ? r : sw_buf_append_str(buf, SW_STR("]}"));
}
