/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall diff OLD NEW`: each a stored report or something to scan. What is scanned here is judged
 * by one database; what was stored keeps the findings that it has.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/region.h"
#include "command.h"
#include "diff.h"
#include "diff_print.h"
#include "io/descriptor.h"
#include "io/file.h"
#include "judge.h"
#include "model/report_json.h"
#include "place.h"
#include "registry_options.h"
#include "report_file.h"
#include "scan/scan.h"
#include "terminal.h"

#define MEMORY_LIMIT ((uint64_t)256 * 1024 * 1024)
#define CACHE_MAX ((uint64_t)1024 * 1024 * 1024)
#define HEAD_BYTES 256

struct diff_values {
    struct sw_judge_values judge;
    struct sw_registry_values registry;
    struct sw_option_list formats;
    const char *platform;
    const char *cache_dir;
    const char *scanner;
    bool is_without_cache;
    bool is_all;
};

#define ROW(name, letter, type, member, argument, help, environment)                               \
    {                                                                                              \
        name, letter, type, offsetof(struct diff_values, member), argument, help, environment      \
    }

static const struct sw_option diff_options[] = {
    ROW("format", 'f', SW_OPTION_LIST, formats, "FORMAT[=FILE]",
        "table, json or markdown; may be given several times, to a file each", NULL),
    SW_JUDGE_ROWS(diff_values, judge),
    ROW("all", 'a', SW_OPTION_FLAG, is_all, NULL, "list what is unchanged too", NULL),
    SW_JUDGE_IGNORE_FILE_ROWS(diff_values, judge),
    SW_JUDGE_DATABASE_ROWS(diff_values, judge),
    ROW("platform", 0, SW_OPTION_STRING, platform, "OS/ARCH[/VARIANT]",
        "which image of a multi-platform index; without it this machine's", NULL),
    ROW("no-cache", 0, SW_OPTION_FLAG, is_without_cache, NULL, "neither read nor keep layer facts",
        NULL),
    ROW("cache-dir", 0, SW_OPTION_STRING, cache_dir, "DIR", "where layer facts are kept",
        "SEAWALL_CACHE_DIR"),
    ROW("scanner", 0, SW_OPTION_STRING, scanner, "FILE", "the seawall-scanner program",
        "SEAWALL_SCANNER"),
    SW_REGISTRY_ROWS(diff_values, registry),
    {0},
};

/* One of the two. A report that a scan hands out lives for a call only; what stays is its text,
 * read again. */
struct side {
    const char *name;
    struct sw_region region;
    struct sw_report report;
    struct sw_buf text;
    unsigned n_reports;
};

struct diff_job {
    const struct diff_values *values;
    struct sw_judge_values all_values; /* the same database, nothing left out */
    struct sw_judge judge;             /* judges what is scanned here */
    struct sw_judge shown;             /* the levels of what is shown and what fails */
    struct sw_registry_access access;
    struct side before;
    struct side after;
};

/* ---- one side ---- */

static int append(void *context, struct sw_str text)
{
    return sw_buf_append_str(context, text);
}

struct scan_context {
    struct diff_job *job;
    struct side *side;
    struct sw_err err;
};

static int take_report(void *context, struct sw_report *report)
{
    struct scan_context *scan = context;
    if (scan->side->n_reports++ > 0)
        return 0;
    int r = sw_judge_take(&scan->job->judge, report, &scan->err);
    return r < 0 ? r
                 : sw_report_json_format(
                       report, SEAWALL_VERSION, append, &scan->side->text, &scan->err);
}

static int scan_side(
    struct diff_job *job, struct side *side, struct sw_region *region, struct sw_err *err)
{
    const struct diff_values *values = job->values;
    const char *cache = values->cache_dir != NULL ? values->cache_dir : sw_place_cache(region);
    struct scan_context context = {.job = job, .side = side};
    const struct sw_scan_options options = {
        .target = side->name,
        .platform = values->platform,
        .memory_limit_bytes = MEMORY_LIMIT,
        .cache_dir = values->is_without_cache ? NULL : cache,
        .cache_max_bytes = CACHE_MAX,
        .scanner_path = values->scanner != NULL ? values->scanner : sw_place_scanner(region),
        .stdin_fd = STDIN_FILENO,
        .registry = &job->access.registry,
        .now_s = job->judge.now_s,
        .report = take_report,
        .context = &context,
    };
    int r = sw_scan_run(&options, err);
    if (r < 0)
        return context.err.code != 0 ? sw_err_set(err, r, "%s", context.err.message) : r;
    r = sw_report_json_parse(sw_buf_str(&side->text), &side->report, err);
    sw_buf_done(&side->text);
    return r;
}

static int load_side(struct side *side, struct sw_err *err)
{
    SW_CLEANUP(sw_report_file_close) struct sw_report_file file = {0};
    int r = sw_report_file_open(&file, side->name, err);
    if (r == 0)
        r = sw_report_file_next(&file, &side->report, err);
    if (r == 0)
        return sw_err_set(err, -EINVAL, "there is no report in '%s'", side->name);
    if (r > 0 && file.is_list) {
        SW_CLEANUP(sw_region_done) struct sw_region region = {0};
        SW_CLEANUP(sw_report_done) struct sw_report second;
        sw_region_init(&region, SW_REPORT_FILE_REGION_MAX);
        sw_report_init(&second, &region);
        r = sw_report_file_next(&file, &second, err);
        if (r > 0)
            return sw_err_set(err, -EINVAL,
                "'%s' holds several reports; diff compares two: scan with --platform", side->name);
    }
    return r < 0 ? r : 0;
}

/* A file of JSON is a report: no archive begins like that. */
static bool is_report(const char *path)
{
    char head[HEAD_BYTES];
    struct stat st;
    SW_CLEANUP(sw_descriptor_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return false;
    ssize_t n = sw_descriptor_read_full(fd, head, sizeof(head));
    struct sw_str text = sw_str_trim((struct sw_str){head, n > 0 ? (size_t)n : 0});
    return text.n > 0 && (text.p[0] == '{' || text.p[0] == '[');
}

static int open_side(struct diff_job *job, struct side *side, struct sw_region *region,
    bool *is_database_open, struct sw_err *err)
{
    sw_region_init(&side->region, SW_REPORT_FILE_REGION_MAX);
    sw_report_init(&side->report, &side->region);
    sw_buf_init(&side->text, SW_REPORT_JSON_MAX);
    if (is_report(side->name)) {
        int loaded = load_side(side, err);
        return loaded < 0 ? loaded : sw_judge_filter(&job->judge, &side->report, err);
    }
    int r = *is_database_open ? 0 : sw_judge_open(&job->judge, region, err);
    *is_database_open = true;
    return r < 0 ? r : scan_side(job, side, region, err);
}

static void close_side(struct side *side)
{
    sw_report_done(&side->report);
    sw_buf_done(&side->text);
    sw_region_done(&side->region);
}

/* ---- both ---- */

static bool is_shown(const void *context, const struct sw_finding *finding)
{
    const struct diff_job *job = context;
    return finding->severity >= job->shown.least &&
           (!job->values->judge.is_only_fixed || finding->status == SW_FIX_FIXED);
}

static int write_one(const char *word, const struct sw_diff *diff,
    const struct sw_diff_print *print, struct sw_err *err)
{
    struct sw_str path = sw_str_of(word);
    struct sw_str name;
    sw_str_next_token(&path, '=', &name);
    const struct sw_diff_format *format = sw_diff_format_find(name);
    bool is_file = path.n > 0 && !sw_str_equal_z(path, "-");
    SW_CLEANUP(sw_mem_freep) char *text = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&text, &n);
    if (memory == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    int r = format->write(memory, diff, print, err);
    if (fclose(memory) != 0 && r == 0)
        r = sw_err_set(err, -ENOMEM, "out of memory");
    if (r < 0)
        return r;
    if (is_file)
        return sw_file_save(AT_FDCWD, path.p, (struct sw_str){text, n}, 0644, err);
    errno = 0;
    if (fwrite(text, 1, n, stdout) != n || fflush(stdout) != 0)
        return sw_err_set(err, errno > 0 ? -errno : -EIO, "cannot write to standard output: %s",
            strerror(errno > 0 ? errno : EIO));
    return 0;
}

static int write_all(struct diff_job *job, const struct sw_diff *diff, struct sw_err *err)
{
    static const struct sw_option_list table = {.v = {"table"}, .n = 1};
    const struct sw_option_list *formats =
        job->values->formats.n > 0 ? &job->values->formats : &table;
    const struct sw_diff_print print = {
        .version = SEAWALL_VERSION,
        .is_shown = is_shown,
        .context = job,
        .has_color = sw_terminal_has_color(STDOUT_FILENO),
        .is_all = job->values->is_all,
    };
    int r = 0;
    for (size_t i = 0; i < formats->n && r == 0; i++)
        r = write_one(formats->v[i], diff, &print, err);
    return r;
}

/* Only what is new fails; a side that was not judged can hide that. */
static int exit_status(const struct diff_job *job, const struct sw_diff *diff)
{
    bool is_gate = job->values->judge.fail_on != NULL;
    bool has_failing = false;
    bool is_incomplete =
        sw_report_is_incomplete(diff->before) || sw_report_is_incomplete(diff->after) ||
        (is_gate && (!diff->before->database.is_present || !diff->after->database.is_present));
    SW_VEC_EACH (entry, &diff->findings)
        has_failing = has_failing ||
                      (is_gate && entry->change == SW_DIFF_NEW && is_shown(job, entry->finding) &&
                          sw_gate_is_at_or_above(entry->finding, job->shown.fail_on));
    return (int)sw_gate_exit(
        has_failing, is_incomplete && !job->values->judge.is_incomplete_allowed);
}

static int compare(struct diff_job *job)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_diff_done) struct sw_diff diff = {0};
    struct sw_err err = {0};
    bool is_database_open = false;
    sw_region_init(&region, (size_t)16 * 1024 * 1024);
    int r = open_side(job, &job->before, &region, &is_database_open, &err);
    if (r == 0)
        r = open_side(job, &job->after, &region, &is_database_open, &err);
    if (r == 0)
        r = sw_diff_init(&diff, &job->before.report, &job->after.report, &err);
    if (r == 0)
        r = write_all(job, &diff, &err);
    if (r < 0)
        return sw_command_fail(SW_EXIT_FAILED, err.message[0] != '\0' ? err.message : strerror(-r));
    return exit_status(job, &diff);
}

static int check_formats(const struct sw_option_list *formats, struct sw_err *err)
{
    unsigned n_standard = 0;
    for (size_t i = 0; i < formats->n; i++) {
        struct sw_str path = sw_str_of(formats->v[i]);
        struct sw_str name;
        sw_str_next_token(&path, '=', &name);
        if (sw_diff_format_find(name) == NULL)
            return sw_err_set(err, -EINVAL, "unknown format '%.*s'; known: table json markdown",
                SW_STR_ARG(name));
        n_standard += path.n == 0 || sw_str_equal_z(path, "-");
    }
    return n_standard > 1 ? sw_err_set(err, -EINVAL,
                                "two formats on standard output: write one to a file, as in "
                                "-f json=FILE")
                          : 0;
}

static int prepare(struct diff_job *job, struct sw_err *err)
{
    const struct diff_values *values = job->values;
    job->all_values = (struct sw_judge_values){.database = values->judge.database,
        .database_max_age_s = values->judge.database_max_age_s,
        .ignore = values->judge.ignore};
    int r = check_formats(&values->formats, err);
    if (r == 0)
        r = sw_judge_init(&job->shown, &values->judge, err);
    if (r == 0)
        r = sw_judge_init(&job->judge, &job->all_values, err);
    if (r == 0)
        r = sw_judge_ignore(&job->judge, false, err);
    if (r == 0)
        r = sw_registry_access_init(&job->access, &values->registry, err);
    return r;
}

static int run(const struct sw_command *command, int argc, char **argv)
{
    struct diff_values values = {0};
    const char *names[2] = {NULL, NULL};
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &values, names, 2, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    if (n < 2)
        return sw_command_fail(SW_EXIT_USAGE,
            "compare what? name two stored reports or two images, the old one first");
    struct diff_job job = {
        .values = &values, .before = {.name = names[0]}, .after = {.name = names[1]}};
    struct sw_err err = {0};
    r = prepare(&job, &err);
    int status = r < 0 ? sw_command_fail(SW_EXIT_USAGE, err.message) : compare(&job);
    close_side(&job.before);
    close_side(&job.after);
    sw_judge_done(&job.judge);
    sw_registry_access_done(&job.access);
    return status;
}

const struct sw_command sw_diff_command = {
    .name = "diff",
    .usage = "diff [OPTIONS] OLD NEW",
    .summary = "Compare two reports or images: new, fixed, unchanged",
    .help = "OLD and NEW are each a report that seawall scan -f json=FILE wrote, or anything that\n"
            "scan takes. A finding is the same in both when its id and source package are,\n"
            "whatever the versions. --fail-on counts new findings only.\n"
            "\n"
            "Examples:\n"
            "  seawall diff yesterday.json today.json\n"
            "  seawall diff --fail-on high main.json app.tar\n"
            "  seawall diff -f markdown registry:app:1.1 registry:app:1.2\n"
            "\n"
            "Exit status: 0 done; 1 a new finding at or above --fail-on; 2 usage; 3 could not\n"
            "scan or read; 4 one of them is incomplete (see --allow-incomplete).\n",
    .options = diff_options,
    .run = run,
};
