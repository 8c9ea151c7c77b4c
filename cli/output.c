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
    outputs->v[outputs->n++] = (struct sw_output){.format = format, .path = path};
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

/* "out.json" and linux/arm64 to "out-linux-arm64.json". */
static char *name_file(const struct sw_output *output, const struct sw_report *report,
    const struct sw_print_options *options)
{
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

static int open_output(struct sw_output *output, const struct sw_report *report,
    const struct sw_print_options *options, struct sw_err *err)
{
    if (output->path == NULL) {
        output->file = stdout;
        return 0;
    }
    output->final = name_file(output, report, options);
    SW_CLEANUP(sw_buf_done) struct sw_buf temporary = {0};
    sw_buf_init(&temporary, 8192);
    if (output->final == NULL || sw_buf_printf(&temporary, "%s.XXXXXX", output->final) < 0)
        return -ENOMEM;
    int fd = mkostemp(temporary.p, O_CLOEXEC);
    if (fd < 0)
        return sw_err_set(err, -errno, "cannot write '%s': %s", output->final, strerror(errno));
    output->temporary = SW_TAKE(temporary.p);
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd, 0666 & ~mask) < 0 || (output->file = fdopen(fd, "w")) == NULL) {
        int r = -errno;
        close(fd);
        return sw_err_set(err, r, "cannot write '%s'", output->final);
    }
    return 0;
}

static int close_output(struct sw_output *output, struct sw_err *err)
{
    const char *name = output->path != NULL ? output->final : "standard output";
    if (output->file == NULL)
        return 0;
    int r = fflush(output->file) != 0 || ferror(output->file) ? -errno : 0;
    if (output->path != NULL && r == 0 && fsync(fileno(output->file)) < 0 && errno != EINVAL)
        r = -errno;
    if (output->path != NULL && fclose(output->file) != 0 && r == 0)
        r = -errno;
    output->file = NULL;
    if (r == 0 && output->temporary != NULL && rename(output->temporary, output->final) < 0)
        r = -errno;
    if (r < 0 && output->temporary != NULL)
        unlink(output->temporary);
    if (r < 0)
        sw_err_set(err, r, "cannot write '%s': %s", name, strerror(-r));
    sw_mem_free(SW_TAKE(output->temporary));
    sw_mem_free(SW_TAKE(output->final));
    return r;
}

static int write_one(struct sw_outputs *outputs, struct sw_output *output,
    const struct sw_report *report, struct sw_err *err)
{
    int r = output->file == NULL ? open_output(output, report, &outputs->options, err) : 0;
    if (r < 0)
        return r;
    if (!output->is_begun && output->format->begin != NULL)
        r = output->format->begin(output->file, &outputs->options);
    output->is_begun = true;
    if (r == 0)
        r = output->format->write(output->file, report, outputs->n_reports, &outputs->options, err);
    if (r == 0 && output->format->is_document && output->path != NULL) {
        if (output->format->end != NULL)
            r = output->format->end(output->file, &outputs->options);
        output->is_begun = false;
        int closed = close_output(output, err);
        r = r < 0 ? r : closed;
    }
    return r;
}

int sw_outputs_write(struct sw_outputs *outputs, const struct sw_report *report, struct sw_err *err)
{
    for (size_t i = 0; i < outputs->n; i++) {
        int r = write_one(outputs, &outputs->v[i], report, err);
        if (r < 0)
            return r;
    }
    outputs->n_reports++;
    return 0;
}

int sw_outputs_finish(struct sw_outputs *outputs, struct sw_err *err)
{
    int result = 0;
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
    for (size_t i = 0; i < outputs->n; i++) {
        struct sw_output *output = &outputs->v[i];
        if (output->path != NULL && output->file != NULL)
            fclose(output->file);
        output->file = NULL;
        if (output->temporary != NULL)
            unlink(output->temporary);
        sw_mem_free(SW_TAKE(output->temporary));
        sw_mem_free(SW_TAKE(output->final));
    }
}
