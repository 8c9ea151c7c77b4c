/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall scan`: options to a scan, its reports through the matcher and the filter to the outputs,
 * and all that happened to one exit status.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/region.h"
#include "base/text.h"
#include "command.h"
#include "io/clock.h"
#include "oci/platform.h"
#include "output.h"
#include "place.h"
#include "progress.h"
#include "rules/gate.h"
#include "scan/scan.h"
#include "terminal.h"
#include "vulndb/vulndb.h"

#define MEMORY_LIMIT_DEFAULT ((uint64_t)256 * 1024 * 1024)
#define MEMORY_LIMIT_LEAST ((uint64_t)64 * 1024 * 1024)
#define CACHE_MAX_DEFAULT ((uint64_t)1024 * 1024 * 1024)
#define DATABASE_OLD_S ((int64_t)3 * 86400)

struct scan_values {
    struct sw_option_list formats;
    const char *severity;
    const char *fail_on;
    const char *database;
    const char *platform;
    const char *explain;
    const char *cache_dir;
    const char *scanner;
    uint64_t memory_limit_bytes;
    uint64_t cache_max_bytes;
    uint64_t n_threads;
    int64_t database_max_age_s;
    bool is_all_platforms;
    bool is_only_fixed;
    bool is_all;
    bool is_quiet;
    bool is_verbose;
    bool is_without_cache;
    bool is_crossing_mounts;
    bool is_incomplete_allowed;
};

#define ROW(name, letter, type, member, argument, help, environment)                               \
    {                                                                                              \
        name, letter, type, offsetof(struct scan_values, member), argument, help, environment      \
    }

static const struct sw_option scan_options[] = {
    ROW("format", 'f', SW_OPTION_LIST, formats, "FORMAT[=FILE]",
        "table, json, sarif, cyclonedx, spdx or html; may be given several times, to a file each",
        NULL),
    ROW("severity", 's', SW_OPTION_STRING, severity, "LEVEL",
        "show findings from this level on: negligible, low, medium, high, critical", NULL),
    ROW("only-fixed", 0, SW_OPTION_FLAG, is_only_fixed, NULL, "show only what has a fix", NULL),
    ROW("all", 'a', SW_OPTION_FLAG, is_all, NULL,
        "show unfixable low findings too, instead of their number", NULL),
    ROW("fail-on", 0, SW_OPTION_STRING, fail_on, "LEVEL",
        "exit with 1 when a shown finding is at this level or above", "SEAWALL_FAIL_ON"),
    ROW("explain", 0, SW_OPTION_OPTIONAL, explain, "ID",
        "say for each finding (or the one of this CVE, advisory or package) why it is one", NULL),
    ROW("db", 0, SW_OPTION_STRING, database, "FILE", "vulnerability database to judge by",
        "SEAWALL_DB"),
    ROW("db-max-age", 0, SW_OPTION_DURATION, database_max_age_s, "AGE",
        "a database older than this (3d, 12h) makes the scan incomplete", "SEAWALL_DB_MAX_AGE"),
    ROW("platform", 0, SW_OPTION_STRING, platform, "OS/ARCH[/VARIANT]",
        "which image of a multi-platform index; without it this machine's", NULL),
    ROW("all-platforms", 0, SW_OPTION_FLAG, is_all_platforms, NULL,
        "scan every platform of an index", NULL),
    ROW("allow-incomplete", 0, SW_OPTION_FLAG, is_incomplete_allowed, NULL,
        "do not exit with 4 when something could not be judged or read", NULL),
    ROW("cross-mounts", 0, SW_OPTION_FLAG, is_crossing_mounts, NULL,
        "directories: go into other file systems too", NULL),
    ROW("memory-limit", 0, SW_OPTION_SIZE, memory_limit_bytes, "SIZE",
        "memory of the scanner, whatever the image holds (default 256M)", "SEAWALL_MEMORY_LIMIT"),
    ROW("threads", 0, SW_OPTION_COUNT, n_threads, "N",
        "layers read at once (default: one per processor)", NULL),
    ROW("no-cache", 0, SW_OPTION_FLAG, is_without_cache, NULL, "neither read nor keep layer facts",
        NULL),
    ROW("cache-dir", 0, SW_OPTION_STRING, cache_dir, "DIR", "where layer facts are kept",
        "SEAWALL_CACHE_DIR"),
    ROW("cache-max", 0, SW_OPTION_SIZE, cache_max_bytes, "SIZE",
        "most that the cache may hold (default 1G)", "SEAWALL_CACHE_MAX"),
    ROW("scanner", 0, SW_OPTION_STRING, scanner, "FILE", "the seawall-scanner program",
        "SEAWALL_SCANNER"),
    ROW("quiet", 'q', SW_OPTION_FLAG, is_quiet, NULL, "no progress and no warnings", NULL),
    ROW("verbose", 'v', SW_OPTION_FLAG, is_verbose, NULL,
        "say what sandbox the scanner ran in and how long it took", NULL),
    {0},
};

struct scan_job {
    const struct scan_values *values;
    struct sw_vulndb *database;
    struct sw_database_info database_info;
    const char *database_problem; /* NULL, or why there is none */
    enum sw_severity least;
    enum sw_severity fail_on;
    struct sw_outputs outputs;
    struct sw_progress progress;
    struct sw_err err; /* of an output */
    int64_t now_s;
    char now[SW_CLOCK_TEXT_BYTES];
    bool is_incomplete;
    bool has_failing;
};

static int parse_level(const char *text, enum sw_severity *ret, struct sw_err *err)
{
    if (text == NULL || sw_severity_find(sw_str_of(text), ret) == 0)
        return 0;
    return sw_err_set(
        err, -EINVAL, "'%s' is no severity; use negligible, low, medium, high or critical", text);
}

static void open_database(struct scan_job *job, const char *path, struct sw_region *region)
{
    struct sw_err err = {0};
    if (path == NULL)
        path = sw_place_database(region);
    int r = path != NULL ? sw_vulndb_open(path, &job->database, &err) : -ENOENT;
    if (r < 0) {
        job->database_problem = r == -ENOENT && path != NULL
                                    ? sw_region_printf(region, "there is no '%s'", path)
                                    : sw_region_strdup(region, sw_str_of(err.message));
        return;
    }
    struct sw_vulndb_info info = {0};
    if (sw_vulndb_get_info(job->database, region, &info, &err) < 0) {
        job->database_problem = sw_region_strdup(region, sw_str_of(err.message));
        sw_vulndb_closep(&job->database);
        return;
    }
    int64_t created_s = 0;
    job->database_info = (struct sw_database_info){
        .is_present = true,
        .path = sw_str_of(path),
        .created = info.created,
        .digest = info.digest,
    };
    if (sw_clock_parse(info.created, &created_s) == 0)
        job->database_info.age_s = job->now_s > created_s ? job->now_s - created_s : 0;
}

static int note_database(struct scan_job *job, struct sw_report *report)
{
    const struct sw_database_info *info = &report->database;
    /* A gate must not pass because nothing was judged. */
    bool is_gate = job->values->fail_on != NULL;
    if (!info->is_present)
        return sw_report_note(report, is_gate ? SW_NOTE_UNSUPPORTED : SW_NOTE_DATABASE, SW_STR_NONE,
            "database: none, because %s; packages are listed, not judged; next, one of: "
            "seawall db update --for TARGET, seawall db build --sources DIR, "
            "seawall db import FILE",
            job->database_problem != NULL ? job->database_problem : "it could not be opened");
    int64_t limit_s = job->values->database_max_age_s;
    if (limit_s > 0 && info->age_s > limit_s)
        return sw_report_note(report, SW_NOTE_UNSUPPORTED, info->path,
            "the database is %lld days old, beyond --db-max-age; run seawall db update",
            (long long)(info->age_s / 86400));
    if (info->age_s > DATABASE_OLD_S)
        return sw_report_note(report, SW_NOTE_DATABASE, info->path,
            "the database is %lld days old; run seawall db update",
            (long long)(info->age_s / 86400));
    return 0;
}

/* Leaves only the findings that were asked for, in place. */
static void filter(struct sw_report *report, const struct scan_job *job)
{
    size_t n = 0;
    for (size_t i = 0; i < report->findings.n; i++) {
        const struct sw_finding *finding = &report->findings.v[i];
        bool is_wanted = finding->severity >= job->least &&
                         (!job->values->is_only_fixed || finding->status == SW_FIX_FIXED);
        if (is_wanted)
            report->findings.v[n++] = *finding;
    }
    report->findings.n = n;
}

static int take_report(void *context, struct sw_report *report)
{
    struct scan_job *job = context;
    sw_progress_clear(&job->progress);
    report->database = job->database_info;
    int r = note_database(job, report);
    if (r == 0)
        r = sw_vulndb_match(
            job->database, report, sw_str_part(sw_str_of(job->now), 0, 10), &job->err);
    if (r < 0)
        return r;
    filter(report, job);
    job->is_incomplete = job->is_incomplete || sw_report_is_incomplete(report);
    if (job->values->fail_on != NULL)
        SW_VEC_EACH (finding, &report->findings)
            job->has_failing = job->has_failing || sw_gate_is_at_or_above(finding, job->fail_on);
    return sw_outputs_write(&job->outputs, report, &job->err);
}

static void show_progress(void *context, const struct sw_scan_progress *progress)
{
    struct scan_job *job = context;
    sw_progress_show(&job->progress, progress);
}

static void show_sandbox(void *context, struct sw_str pieces)
{
    struct scan_job *job = context;
    if (!job->values->is_verbose)
        return;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 4096);
    if (sw_text_terminal(&text, pieces) < 0)
        return;
    sw_progress_clear(&job->progress);
    fprintf(stderr, "sandbox: %s\n", text.p);
}

static int run_scan(struct scan_job *job, const char *target, struct sw_region *region)
{
    const struct scan_values *values = job->values;
    const char *cache = values->cache_dir != NULL ? values->cache_dir : sw_place_cache(region);
    struct sw_scan_options options = {
        .target = target,
        .platform = values->platform,
        .is_all_platforms = values->is_all_platforms,
        .is_crossing_mounts = values->is_crossing_mounts,
        .memory_limit_bytes = values->memory_limit_bytes,
        .n_threads = (unsigned)values->n_threads,
        .cache_dir = values->is_without_cache ? NULL : cache,
        .cache_max_bytes = values->cache_max_bytes,
        .scanner_path = values->scanner != NULL ? values->scanner : sw_place_scanner(region),
        .stdin_fd = STDIN_FILENO,
        .now_s = job->now_s,
        .progress = show_progress,
        .sandbox = show_sandbox,
        .report = take_report,
        .context = job,
    };
    struct sw_err err = {0};
    int64_t start_ns = sw_clock_monotonic_ns();
    int r = sw_scan_run(&options, &err);
    sw_progress_clear(&job->progress);
    if (values->is_verbose)
        fprintf(stderr, "scanned and matched in %.3f s\n",
            (double)(sw_clock_monotonic_ns() - start_ns) / 1e9);
    if (r == 0)
        r = sw_outputs_finish(&job->outputs, &job->err);
    if (r < 0) {
        const char *message = job->err.code != 0 ? job->err.message : err.message;
        return sw_command_fail(SW_EXIT_FAILED, message[0] != '\0' ? message : strerror(-r));
    }
    return sw_gate_exit(job->has_failing, job->is_incomplete && !values->is_incomplete_allowed);
}

static int prepare(struct scan_job *job, struct sw_err *err)
{
    const struct scan_values *values = job->values;
    int r = parse_level(values->severity, &job->least, err);
    if (r == 0)
        r = parse_level(values->fail_on, &job->fail_on, err);
    if (r == 0 && values->memory_limit_bytes < MEMORY_LIMIT_LEAST)
        r = sw_err_set(err, -EINVAL, "--memory-limit: less than 64M is not enough to scan with");
    if (r == 0 && values->n_threads > 256)
        r = sw_err_set(err, -EINVAL, "--threads: at most 256");
    if (r == 0 && values->platform != NULL && values->is_all_platforms)
        r = sw_err_set(err, -EINVAL, "--platform and --all-platforms exclude each other");
    struct sw_platform platform;
    if (r == 0 && values->platform != NULL)
        r = sw_platform_parse(sw_str_of(values->platform), &platform, err);
    if (r < 0)
        return r;
    struct sw_print_options print = {
        .version = SEAWALL_VERSION,
        .width = sw_terminal_width(STDOUT_FILENO),
        .has_color = sw_terminal_has_color(STDOUT_FILENO),
        .is_all = values->is_all,
        .is_complete = values->is_all_platforms,
        .explain = values->explain,
    };
    return sw_outputs_init(&job->outputs, &values->formats, &print, err);
}

static int run(const struct sw_command *command, int argc, char **argv)
{
    struct scan_values values = {
        .memory_limit_bytes = MEMORY_LIMIT_DEFAULT, .cache_max_bytes = CACHE_MAX_DEFAULT};
    const char *target = NULL;
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &values, &target, 1, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    if (n == 0)
        return sw_command_fail(
            SW_EXIT_USAGE, "scan what? name an archive, a directory or '-'; see scan --help");
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, (size_t)16 * 1024 * 1024);
    struct scan_job job = {.values = &values, .now_s = sw_clock_wall_s()};
    struct sw_err err = {0};
    r = prepare(&job, &err);
    if (r < 0)
        return sw_command_fail(SW_EXIT_USAGE, err.message);
    sw_clock_format(job.now_s, job.now);
    sw_progress_init(&job.progress, !values.is_quiet && sw_terminal_is_one(STDERR_FILENO));
    open_database(&job, values.database, &region);
    int status;
    if (values.database != NULL && job.database == NULL)
        status = sw_command_fail(SW_EXIT_FAILED, job.database_problem);
    else
        status = run_scan(&job, target, &region);
    sw_outputs_done(&job.outputs);
    sw_vulndb_close(job.database);
    return status;
}

const struct sw_command sw_scan_command = {
    .name = "scan",
    .usage = "scan [OPTIONS] TARGET",
    .summary = "Find vulnerable packages in an image or a file system",
    .help = "TARGET is\n"
            "  image.tar           what `docker save` or `podman save` wrote (may be compressed)\n"
            "  directory           an OCI layout, or the root of a file system\n"
            "  /                   this machine\n"
            "  -                   an archive on standard input\n"
            "The kind is detected; docker-archive:, oci: or rootfs: before the path forces it.\n"
            "\n"
            "Examples:\n"
            "  docker save app:1.2 | seawall scan -\n"
            "  seawall scan --only-fixed --fail-on high app.tar\n"
            "  seawall scan -f table -f json=app.json -f sarif=app.sarif app.tar\n"
            "  seawall scan --explain=CVE-2023-5363 app.tar\n"
            "\n"
            "Exit status: 0 done; 1 a finding at or above --fail-on; 2 usage; 3 could not scan;\n"
            "4 scanned, but something could not be judged or read (see --allow-incomplete).\n",
    .options = scan_options,
    .run = run,
};
