/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stored reports; once or twice per run of `convert` and `diff`.
 */
#include "report_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/file.h"
#include "io/reader.h"
#include "model/report_json.h"

static const char *name_of(const struct sw_report_file *file)
{
    return strcmp(file->path, "-") == 0 ? "standard input" : file->path;
}

static int load(struct sw_report_file *file, struct sw_err *err)
{
    if (strcmp(file->path, "-") != 0)
        return sw_file_load(AT_FDCWD, file->path, &file->text, err);
    int fd = dup(STDIN_FILENO);
    if (fd < 0)
        return sw_err_set(err, -errno, "cannot read it: %s", strerror(errno));
    struct sw_reader *reader = sw_reader_new_fd(fd);
    if (reader == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    int r = sw_reader_read_all(reader, &file->text, err);
    sw_reader_free(reader);
    return r;
}

int sw_report_file_open(struct sw_report_file *file, const char *path, struct sw_err *err)
{
    *file = (struct sw_report_file){.path = path};
    sw_buf_init(&file->text, SW_REPORT_JSON_MAX);
    int r = load(file, err);
    if (r < 0) {
        sw_report_file_close(file);
        return sw_err_wrap(err, r, "cannot read a report from '%s'", name_of(file));
    }
    struct sw_str text = sw_str_trim(sw_buf_str(&file->text));
    file->is_list = text.n > 0 && text.p[0] == '[';
    if (!file->is_list && (text.n == 0 || text.p[0] != '{'))
        r = sw_err_set(err, -EMEDIUMTYPE,
            "'%s' is no report: reports are stored with seawall scan -f json=FILE", name_of(file));
    if (r == 0 && file->is_list)
        r = sw_json_pieces_init(&file->pieces, text, '[', err);
    if (r < 0)
        sw_report_file_close(file);
    return r;
}

int sw_report_file_next(struct sw_report_file *file, struct sw_report *report, struct sw_err *err)
{
    struct sw_str key = SW_STR_NONE;
    struct sw_str text = sw_buf_str(&file->text);
    int r = file->n == 0;
    if (file->is_list)
        r = sw_json_pieces_next(&file->pieces, &key, &text, err);
    if (r == 0)
        return 0;
    file->n++;
    if (r > 0)
        r = sw_report_json_parse(text, report, err);
    if (r == 0)
        return 1;
    const char *what = r == -EPROTONOSUPPORT ? " (made by a newer Seawall? update this one)" : "";
    return sw_err_wrap(err, r, "cannot read report %zu of '%s'%s", file->n, name_of(file), what);
}

void sw_report_file_close(struct sw_report_file *file)
{
    sw_buf_done(&file->text);
}
