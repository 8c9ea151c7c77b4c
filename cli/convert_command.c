/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall convert`: a stored report written again in other formats, without a scan and without a
 * database. The findings are those that were found then; what is shown of them is chosen now.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/region.h"
#include "command.h"
#include "judge.h"
#include "output.h"
#include "report_file.h"
#include "terminal.h"

/* Of one file; the largest known index has 20. */
#define PLATFORMS_MAX 256

struct convert_values {
    struct sw_judge_values judge;
    struct sw_option_list formats;
    const char *explain;
    bool is_all;
};

#define ROW(name, letter, type, member, argument, help)                                            \
    {                                                                                              \
        name, letter, type, offsetof(struct convert_values, member), argument, help, NULL          \
    }

static const struct sw_option convert_options[] = {
    ROW("format", 'f', SW_OPTION_LIST, formats, "FORMAT[=FILE]",
        "as in scan: table, json, sarif, markdown, trivy-json ...; may be given several times, to "
        "a file each"),
    SW_JUDGE_ROWS(convert_values, judge),
    SW_JUDGE_IGNORE_ROWS(convert_values, judge),
    ROW("all", 'a', SW_OPTION_FLAG, is_all, NULL,
        "show unfixable low findings too, instead of their number"),
    ROW("explain", 0, SW_OPTION_OPTIONAL, explain, "ID",
        "say for each finding (or the one of this CVE, advisory or package) why it is one"),
    {0},
};

struct convert_job {
    const struct convert_values *values;
    struct sw_judge judge;
    struct sw_outputs outputs;
    struct sw_report_file file;
    uint64_t platforms[PLATFORMS_MAX]; /* hashes of those written so far */
    size_t n_platforms;
};

/* A file of its own for each platform is found by its name; two of one platform need a folder. */
static int check_names(struct convert_job *job, const struct sw_report *report, struct sw_err *err)
{
    const struct sw_image *image = &report->image;
    char text[256];
    snprintf(text, sizeof(text), "%.*s/%.*s/%.*s", SW_STR_ARG(sw_str_part(image->os, 0, 64)),
        SW_STR_ARG(sw_str_part(image->architecture, 0, 64)),
        SW_STR_ARG(sw_str_part(image->variant, 0, 64)));
    uint64_t hash = sw_str_hash(sw_str_of(text));
    bool is_again = job->n_platforms == PLATFORMS_MAX;
    for (size_t i = 0; i < job->n_platforms; i++)
        is_again = is_again || job->platforms[i] == hash;
    if (is_again)
        return sw_outputs_check_many(&job->outputs, err);
    job->platforms[job->n_platforms++] = hash;
    return 0;
}

/* A gate must not pass because nothing was judged. */
static int note_gate(const struct convert_job *job, struct sw_report *report)
{
    if (job->values->judge.fail_on == NULL || report->database.is_present)
        return 0;
    return sw_report_note(report, SW_NOTE_UNSUPPORTED, SW_STR_NONE,
        "database: none when this report was made, so that --fail-on has nothing to go by; scan or "
        "rescan with one");
}

/* 1: a report was written; 0: there are no more. */
static int convert_one(struct convert_job *job, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_report_done) struct sw_report report;
    sw_region_init(&region, SW_REPORT_FILE_REGION_MAX);
    sw_report_init(&report, &region);
    int r = sw_report_file_next(&job->file, &report, err);
    if (r <= 0)
        return r;
    r = note_gate(job, &report);
    if (r < 0)
        return sw_err_set(err, r, "out of memory");
    r = sw_judge_filter(&job->judge, &report, err);
    if (r == 0)
        r = check_names(job, &report, err);
    if (r < 0)
        return r;
    r = sw_outputs_write(&job->outputs, &report, err);
    return r < 0 ? r : 1;
}

static int convert(struct convert_job *job, struct sw_err *err)
{
    int r = 0;
    do
        r = convert_one(job, err);
    while (r > 0);
    if (r == 0 && job->outputs.n_reports == 0)
        r = sw_err_set(err, -EINVAL, "there is no report in '%s'", job->file.path);
    if (r < 0)
        return r;
    return sw_outputs_finish(&job->outputs, err);
}

static int prepare_outputs(struct convert_job *job, struct sw_err *err)
{
    struct sw_print_options print = {
        .version = SEAWALL_VERSION,
        .width = sw_terminal_width(STDOUT_FILENO),
        .has_color = sw_terminal_has_color(STDOUT_FILENO),
        .is_all = job->values->is_all,
        .is_complete = job->file.is_list,
        .explain = job->values->explain,
        .has_ignored = job->values->judge.ignore.are_shown,
    };
    return sw_outputs_init(&job->outputs, &job->values->formats, &print, err);
}

static int run(const struct sw_command *command, int argc, char **argv)
{
    struct convert_values values = {0};
    const char *path = NULL;
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &values, &path, 1, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    if (n == 0)
        return sw_command_fail(SW_EXIT_USAGE,
            "convert what? name a report that seawall scan -f json=FILE wrote, or '-'");
    struct convert_job job = {.values = &values};
    struct sw_err err = {0};
    /* The formats are checked before a large file is read, and known again when it has been. */
    r = sw_judge_init(&job.judge, &values.judge, &err);
    if (r == 0)
        r = sw_judge_ignore(&job.judge, false, &err);
    if (r == 0)
        r = prepare_outputs(&job, &err);
    if (r < 0) {
        sw_judge_done(&job.judge);
        return sw_command_fail(SW_EXIT_USAGE, err.message);
    }
    r = sw_report_file_open(&job.file, path, &err);
    if (r == 0)
        r = prepare_outputs(&job, &err);
    if (r == 0)
        r = convert(&job, &err);
    sw_outputs_done(&job.outputs);
    sw_report_file_close(&job.file);
    sw_judge_done(&job.judge);
    if (r < 0)
        return sw_command_fail(SW_EXIT_FAILED, err.message);
    return (int)sw_judge_exit(&job.judge);
}

const struct sw_command sw_convert_command = {
    .name = "convert",
    .usage = "convert [OPTIONS] REPORT.json",
    .summary = "Write a stored report again in other formats, without a scan",
    .help = "REPORT.json is what seawall scan -f json=FILE wrote; '-' is standard input. The\n"
            "findings are those of that scan; to judge the same packages by a newer database,\n"
            "scan or rescan.\n"
            "\n"
            "Examples:\n"
            "  seawall convert app.json -f markdown\n"
            "  seawall convert app.json --severity high -f sarif=app.sarif -f gitlab=gl.json\n"
            "\n"
            "Exit status: 0 done; 1 a finding at or above --fail-on; 2 usage; 3 could not read\n"
            "or write; 4 the scan was incomplete (see --allow-incomplete).\n",
    .options = convert_options,
    .run = run,
};
