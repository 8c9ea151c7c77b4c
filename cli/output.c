/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outputs of a scan. Formats that are one document per report get a file each where several
 * platforms are scanned: "out.json" becomes "out-linux-arm64.json".
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/region.h"
#include "io/file.h"

static int add(struct sw_outputs *outputs, const char *text, struct sw_err *err)
{
    struct sw_str rest = sw_str_of(text);
    struct sw_str name;
    sw_str_next_token(&rest, '=', &name);
    const struct sw_report_format *format = sw_report_format_find(name);
    if (format == NULL) {
        SW_CLEANUP(sw_buf_done) struct sw_buf known = {0};
        sw_buf_init(&known, 256);
        for (const struct sw_report_format *const *f = sw_report_formats; *f != NULL; f++)
            sw_buf_printf(&known, " %s", (*f)->name);
        return sw_err_set(err, -EINVAL, "unknown format '%.*s'; known:%s", SW_STR_ARG(name),
            known.p != NULL ? known.p : "");
    }
    const char *path = rest.p != NULL && rest.n > 0 && !sw_str_equal_z(rest, "-") ? rest.p : NULL;
    for (size_t i = 0; i < outputs->n; i++)
        if (path == NULL && outputs->v[i].path == NULL)
            return sw_err_set(err, -EINVAL,
                "two formats on standard output: write one to a file, as in -f %s=FILE",
                format->name);
    bool is_folder = path != NULL && path[strlen(path) - 1] == '/';
    outputs->v[outputs->n++] =
        (struct sw_output){.format = format, .path = path, .is_folder = is_folder};
    return 0;
}

int sw_outputs_init(struct sw_outputs *outputs, const struct sw_option_list *formats,
    const struct sw_print_options *options, struct sw_err *err)
{
    *outputs = (struct sw_outputs){.options = *options};
    for (size_t i = 0; i < formats->n; i++) {
        int r = add(outputs, formats->v[i], err);
        if (r < 0)
            return r;
    }
    return formats->n == 0 ? add(outputs, "table", err) : 0;
}

int sw_outputs_check_many(const struct sw_outputs *outputs, struct sw_err *err)
{
    for (size_t i = 0; i < outputs->n; i++) {
        const struct sw_output *output = &outputs->v[i];
        if (output->format->is_document && !output->is_folder)
            return sw_err_set(err, -EINVAL,
                "%s is one document per image: name a folder, as in -f %s=reports/",
                output->format->name, output->format->name);
    }
    return 0;
}

/* What follows the name of a file in a folder. */
static const char *extension_of(const struct sw_report_format *format)
{
    static const struct {
        const char *format;
        const char *extension;
    } known[] = {
        {"table", ".txt"},
        {"json", ".json"},
        {"html", ".html"},
        {"markdown", ".md"},
        {"csv", ".csv"},
        {"junit", ".xml"},
        {"sarif", ".sarif"},
        {"cyclonedx", ".cdx.json"},
        {"gitlab", ".gitlab.json"},
        {"trivy-json", ".trivy.json"},
        {"spdx", ".spdx.json"},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(known); i++)
        if (strcmp(known[i].format, format->name) == 0)
            return known[i].extension;
    return ".json";
}

/* "reports/" and host/app:1 to "reports/host_app_1-linux-amd64.json": images choose their names, so
 * nothing of them is more than a part of one. */
static char *name_in_folder(const struct sw_output *output, const struct sw_report *report)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf name = {0};
    sw_buf_init(&name, 8192);
    const struct sw_image *image = &report->image;
    struct sw_str what = image->name.n > 0 ? image->name : report->target;
    int r = sw_buf_append_str(&name, sw_str_of(output->path));
    size_t from = name.n;
    if (r == 0)
        r = sw_buf_append_str(&name, sw_str_part(what, 0, 160));
    if (r == 0 && image->architecture.n > 0)
        r = sw_buf_printf(&name, "-%.16s-%.16s%s%.16s", image->os.p != NULL ? image->os.p : "",
            image->architecture.p, image->variant.n > 0 ? "-" : "",
            image->variant.p != NULL ? image->variant.p : "");
    for (size_t i = from; r == 0 && i < name.n; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.", name.p[i] | 0x20) == NULL ||
            (i == from && name.p[i] == '.'))
            name.p[i] = '_';
    if (r == 0)
        r = sw_buf_append_str(&name, sw_str_of(extension_of(output->format)));
    return r < 0 ? NULL : SW_TAKE(name.p);
}

/* "out.json" and linux/arm64 to "out-linux-arm64.json". */
static char *name_file(const struct sw_output *output, const struct sw_report *report,
    const struct sw_print_options *options)
{
    if (output->is_folder)
        return name_in_folder(output, report);
    SW_CLEANUP(sw_buf_done) struct sw_buf name = {0};
    sw_buf_init(&name, 8192);
    struct sw_str path = sw_str_of(output->path);
    ptrdiff_t dot = sw_str_find_last_char(path, '.');
    ptrdiff_t slash = sw_str_find_last_char(path, '/');
    size_t stem = dot > slash ? (size_t)dot : path.n;
    const struct sw_image *image = &report->image;
    int r = sw_buf_append(&name, path.p, stem);
    if (options->is_complete && output->format->is_document && image->architecture.n > 0) {
        size_t from = name.n;
        r = r < 0 ? r
                  : sw_buf_printf(&name, "-%.*s-%.*s%s%.*s", SW_STR_ARG(image->os),
                        SW_STR_ARG(image->architecture), image->variant.n > 0 ? "-" : "",
                        SW_STR_ARG(image->variant));
        for (size_t i = from; r == 0 && i < name.n; i++)
            if (strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.", name.p[i] | 0x20) == NULL)
                name.p[i] = '_';
    }
    r = r < 0 ? r : sw_buf_append_str(&name, sw_str_skip(path, stem));
    return r < 0 ? NULL : SW_TAKE(name.p);
}

/* What is no regular file (a device, a FIFO, a link to either or to a file elsewhere) is written
 * through: a rename would put a file in its place. */
static bool is_written_through(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int open_file(struct sw_output *output)
{
    if (is_written_through(output->final))
        return open(output->final, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    SW_CLEANUP(sw_buf_done) struct sw_buf temporary = {0};
    sw_buf_init(&temporary, 8192);
    if (sw_buf_printf(&temporary, "%s.XXXXXX", output->final) < 0) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(temporary.p, O_CLOEXEC);
    if (fd >= 0)
        output->temporary = SW_TAKE(temporary.p);
    return fd;
}

static int open_output(struct sw_output *output, const struct sw_report *report,
    const struct sw_print_options *options, struct sw_err *err)
{
    if (output->path == NULL) {
        output->file = stdout;
        return 0;
    }
    if (output->is_folder) {
        int r = sw_file_make_directories(AT_FDCWD, output->path, 0777, err);
        if (r < 0)
            return r;
    }
    output->final = name_file(output, report, options);
    if (output->final == NULL)
        return -ENOMEM;
    int fd = open_file(output);
    if (fd < 0)
        return sw_err_set(err, -errno, "cannot write '%s': %s", output->final, strerror(errno));
    mode_t mask = umask(0);
    umask(mask);
    bool is_ours = output->temporary != NULL;
    if ((is_ours && fchmod(fd, 0666 & ~mask) < 0) || (output->file = fdopen(fd, "w")) == NULL) {
        int r = -errno;
        close(fd);
        return sw_err_set(err, r, "cannot write '%s'", output->final);
    }
    return 0;
}

static const char *name_of(const struct sw_output *output)
{
    return output->path == NULL    ? "standard output"
           : output->final != NULL ? output->final
                                   : output->path;
}

static int close_output(struct sw_output *output, struct sw_err *err)
{
    if (output->file == NULL)
        return 0;
    /* An earlier write may have failed whose errno is long gone. */
    errno = 0;
    int r = fflush(output->file) != 0 || ferror(output->file) ? -(errno > 0 ? errno : EIO) : 0;
    if (output->temporary != NULL && r == 0 && fsync(fileno(output->file)) < 0 && errno != EINVAL)
        r = -errno;
    if (output->path != NULL && fclose(output->file) != 0 && r == 0)
        r = -errno;
    output->file = NULL;
    if (r == 0 && output->temporary != NULL && rename(output->temporary, output->final) < 0)
        r = -errno;
    if (r < 0 && output->temporary != NULL)
        unlink(output->temporary);
    if (r < 0)
        sw_err_set(err, r, "cannot write '%s': %s", name_of(output), strerror(-r));
    sw_mem_free(SW_TAKE(output->temporary));
    sw_mem_free(SW_TAKE(output->final));
    return r;
}

/* Ends the document at hand and puts its file in place. */
static int end_document(
    struct sw_output *output, const struct sw_print_options *options, struct sw_err *err)
{
    int r = output->format->end != NULL ? output->format->end(output->file, options) : 0;
    output->is_begun = false;
    int closed = close_output(output, err);
    return r < 0 ? r : closed;
}

static int write_one(struct sw_outputs *outputs, struct sw_output *output,
    const struct sw_report *report, struct sw_err *err)
{
    /* In a folder each file is as if it were the only one. */
    struct sw_print_options options = outputs->options;
    options.is_complete = options.is_complete && !output->is_folder;
    size_t index = output->is_folder ? 0 : outputs->n_reports;
    int r = output->file == NULL ? open_output(output, report, &options, err) : 0;
    if (r < 0)
        return r;
    if (!output->is_begun && output->format->begin != NULL)
        r = output->format->begin(output->file, &options);
    output->is_begun = true;
    if (r == 0)
        r = output->format->write(output->file, report, index, &options, err);
    if (r < 0 && ferror(output->file))
        return sw_err_set(err, r, "cannot write '%s': %s", name_of(output), strerror(-r));
    bool is_alone = output->is_folder || (output->format->is_document && output->path != NULL);
    return r == 0 && is_alone ? end_document(output, &options, err) : r;
}

/* Throws away what there is of an output. */
static void drop_output(struct sw_output *output)
{
    if (output->path != NULL && output->file != NULL)
        fclose(output->file);
    output->file = NULL;
    output->is_begun = false;
    if (output->temporary != NULL)
        unlink(output->temporary);
    sw_mem_free(SW_TAKE(output->temporary));
    sw_mem_free(SW_TAKE(output->final));
}

int sw_outputs_write(struct sw_outputs *outputs, const struct sw_report *report, struct sw_err *err)
{
    for (size_t i = 0; i < outputs->n; i++) {
        struct sw_output *output = &outputs->v[i];
        struct sw_err failure = {0};
        int r = output->has_failed ? 0 : write_one(outputs, output, report, &failure);
        if (r == -ENOMEM)
            return sw_err_set(err, r, "out of memory");
        if (r == 0)
            continue;
        /* The other outputs and reports go on; sw_outputs_finish tells. */
        drop_output(output);
        output->has_failed = true;
        if (outputs->failure.code == 0)
            sw_err_set(&outputs->failure, r, "%s",
                failure.message[0] != '\0' ? failure.message : strerror(-r));
    }
    outputs->n_reports++;
    return 0;
}

int sw_outputs_finish(struct sw_outputs *outputs, struct sw_err *err)
{
    int result = outputs->failure.code;
    if (result < 0)
        sw_err_set(err, result, "%s", outputs->failure.message);
    for (size_t i = 0; i < outputs->n; i++) {
        struct sw_output *output = &outputs->v[i];
        if (output->is_begun && output->format->end != NULL)
            output->format->end(output->file, &outputs->options);
        output->is_begun = false;
        int r = close_output(output, result == 0 ? err : NULL);
        if (r < 0 && result == 0)
            result = r;
    }
    return result;
}

void sw_outputs_done(struct sw_outputs *outputs)
{
    for (size_t i = 0; i < outputs->n; i++)
        drop_output(&outputs->v[i]);
}
