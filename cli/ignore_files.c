/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ignore files from disk to rules; once per run.
 */
#include "ignore_files.h"

#include <errno.h>
#include <fcntl.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/file.h"

static const char *const usual_names[] = {
    ".seawallignore", ".trivyignore", ".trivyignore.yaml", ".grype.yaml"};

/* 0 also for a file that is not there and need not be. */
static int load_file(
    const char *path, bool must_be, struct sw_ignore_rules *rules, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, SW_IGNORE_FILE_MAX);
    struct sw_err problem = {0};
    int r = sw_file_load(AT_FDCWD, path, &text, &problem);
    if (r == -ENOENT && !must_be)
        return 0;
    if (r < 0)
        return sw_err_set(err, r, "ignore file '%s': %s", path,
            r == -EFBIG ? "larger than any such file should be" : problem.message);
    struct sw_str origin = sw_str_of(path);
    struct sw_str bytes = sw_buf_str(&text);
    return sw_ignore_load(rules, sw_ignore_format_guess(origin, bytes), origin, bytes, err);
}

int sw_ignore_files_load(
    const struct sw_ignore_values *values, struct sw_ignore_rules *rules, struct sw_err *err)
{
    int r = 0;
    size_t n_usual = values->are_off ? 0 : SW_ARRAY_SIZE(usual_names);
    for (size_t i = 0; r == 0 && i < n_usual; i++)
        r = load_file(usual_names[i], false, rules, err);
    for (size_t i = 0; r == 0 && i < values->files.n; i++)
        r = load_file(values->files.v[i], true, rules, err);
    return r == 0 ? sw_ignore_finish(rules) : r;
}
