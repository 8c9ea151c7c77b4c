/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the kind of a target. Once per scan.
 */
#include "scan/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "oci/reference.h"
#include "scan/engine.h"

/* Of a name's parts. */
#define NAME_REGION_MAX ((size_t)65536)

void sw_blob_done(struct sw_blob *blob)
{
    sw_reader_free(blob->reader);
    blob->reader = NULL;
}

void sw_source_close(struct sw_source *source)
{
    if (source->ops != NULL && source->ops->close != NULL)
        source->ops->close(source);
    sw_descriptor_closep(&source->fd);
    sw_buf_done(&source->index);
    source->ops = NULL;
}

/* O_NONBLOCK: a FIFO without a writer must not hang the open; it is refused below. */
static int open_path(const char *path, struct stat *ret_stat, int *ret_fd, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return sw_err_set(err, -errno, "%s", strerror(errno));
    if (fstat(fd, ret_stat) < 0)
        return sw_err_set(err, -errno, "%s", strerror(errno));
    *ret_fd = sw_descriptor_take(&fd);
    return 0;
}

static bool has_file(int fd, const char *name)
{
    return faccessat(fd, name, F_OK, 0) == 0;
}

static int open_directory(int fd, struct sw_source *source, struct sw_err *err)
{
    bool is_layout = has_file(fd, "index.json") && has_file(fd, "oci-layout");
    if (strcmp(source->form, "docker-archive") == 0) {
        sw_descriptor_close(fd);
        return sw_err_set(err, -EISDIR, "a directory, not an archive");
    }
    if (strcmp(source->form, "oci") == 0 || (source->form[0] == '\0' && is_layout))
        return sw_source_layout_open(fd, source, err);
    return sw_source_rootfs_open(fd, source, err);
}

static int open_kind(const char *path, struct sw_source *source, struct sw_err *err)
{
    struct stat st;
    int fd = -1;
    int r = open_path(path, &st, &fd, err);
    if (r < 0)
        return r;
    if (S_ISDIR(st.st_mode))
        return open_directory(fd, source, err);
    if (S_ISREG(st.st_mode))
        return sw_source_archive_open(fd, source, err);
    sw_descriptor_close(fd);
    return sw_err_set(err, -EINVAL, "neither a file nor a directory; to read a pipe, give '-'");
}

/* A file on standard input seeks like any other; a pipe passes once. */
static int open_stdin(int stdin_fd, struct sw_source *source, struct sw_err *err)
{
    int fd = fcntl(stdin_fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return sw_err_set(err, -errno, "%s", strerror(errno));
    struct stat st;
    bool is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_CUR) == 0;
    return is_file ? sw_source_archive_open(fd, source, err)
                   : sw_source_stream_open(fd, source, err);
}

int sw_source_open_path(const char *path, const struct sw_source_options *options,
    struct sw_source *source, struct sw_err *err)
{
    return strcmp(path, "-") == 0 ? open_stdin(options->stdin_fd, source, err)
                                  : open_kind(path, source, err);
}

/* The kind whose prefix the target has; NULL: none. */
static const struct sw_source_kind *find_kind(const char *target)
{
    for (const struct sw_source_kind *kind = sw_source_kinds; kind->prefix != NULL; kind++) {
        size_t n = strlen(kind->prefix);
        if (strncmp(target, kind->prefix, n) == 0 && target[n] == ':')
            return kind;
    }
    return NULL;
}

static const struct sw_source_kind *find_kind_named(const char *prefix)
{
    for (const struct sw_source_kind *kind = sw_source_kinds; kind->prefix != NULL; kind++)
        if (strcmp(kind->prefix, prefix) == 0)
            return kind;
    return NULL;
}

/* A name that people give to images and not to files: paths that are not there are mistakes, not
 * words for a registry. */
static bool is_image_name(const char *target)
{
    static const char *const endings[] = {".tar", ".gz", ".tgz", ".zst", ".xz", ".bz2", ".json"};
    struct sw_str text = sw_str_of(target);
    bool is_path = text.n == 0 || strchr("/.~-", text.p[0]) != NULL;
    for (size_t i = 0; i < SW_ARRAY_SIZE(endings); i++)
        is_path = is_path || sw_str_ends_with(text, sw_str_of(endings[i]));
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_reference reference;
    sw_region_init(&region, NAME_REGION_MAX);
    return !is_path && sw_reference_parse(text, &region, &reference, NULL) == 0;
}

static void begin_source(struct sw_source *source)
{
    *source = (struct sw_source){.fd = -1, .form = ""};
    sw_buf_init(&source->index, SW_MESSAGE_INDEX_MAX);
}

/* What does not have the image, or may not be read, is passed over; what has it and is damaged is
 * not: another place may hold another image of that name. */
static bool is_passed_over(int r)
{
    return r == -ENOENT || r == -EACCES || r == -EPERM;
}

/* When nothing has it, each place says why. */
static int open_bare(
    const struct sw_source_options *options, struct sw_source *source, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf told = {0};
    int r = -ENOENT;
    sw_buf_init(&told, SW_ERR_MESSAGE_MAX);
    for (const char *const *name = sw_source_bare_kinds; *name != NULL; name++) {
        const struct sw_source_kind *kind = find_kind_named(*name);
        struct sw_err said = {0};
        sw_source_close(source);
        begin_source(source);
        r = kind != NULL ? kind->open(options->target, options, source, &said) : -ENOENT;
        if (r == 0)
            return 0;
        /* Cut where the sentence would be. */
        if (sw_buf_printf(&told, "%s%s: %s", told.n > 0 ? "; " : "", *name, said.message) < 0)
            break;
        if (!is_passed_over(r))
            break;
    }
    sw_err_set(err, r, "%s", told.n > 0 ? told.p : "");
    return sw_err_wrap(err, r,
        "no such file; as the name of an image (docker:NAME, registry:NAME and so on force one, "
        "./NAME a file)");
}

int sw_source_open(const struct sw_source_options *given, struct sw_source *ret, struct sw_err *err)
{
    static const struct sw_engine_options usual;
    struct sw_source_options whole = *given;
    const struct sw_source_options *options = &whole;
    const char *target = given->target;
    if (whole.engines == NULL)
        whole.engines = &usual;
    struct sw_source source;
    begin_source(&source);
    const struct sw_source_kind *kind = find_kind(target);
    int r = kind != NULL ? kind->open(target + strlen(kind->prefix) + 1, options, &source, err)
                         : sw_source_open_path(target, options, &source, err);
    if (r == -ENOENT && kind == NULL && is_image_name(target))
        r = open_bare(options, &source, err);
    if (r < 0) {
        sw_source_close(&source);
        return sw_err_wrap(err, r, "'%s'", target);
    }
    *ret = source;
    return 0;
}
