/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall scan`: options to a scan, its reports through the matcher and the filter to the outputs,
 * and all that happened to one exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/region.h"
#include "base/text.h"
#include "batch.h"
#include "command.h"
#include "content.h"
#include "engine_options.h"
#include "habit.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/thread.h"
#include "judge.h"
#include "oci/platform.h"
#include "output.h"
#include "place.h"
#include "progress.h"
#include "registry_options.h"
#include "scan/scan.h"
#include "terminal.h"

#define MEMORY_LIMIT_DEFAULT ((uint64_t)256 * 1024 * 1024)
#define MEMORY_LIMIT_LEAST ((uint64_t)64 * 1024 * 1024)
#define CACHE_MAX_DEFAULT ((uint64_t)1024 * 1024 * 1024)

struct scan_values {
    struct sw_judge_values judge;
    struct sw_registry_values registry;
    struct sw_engine_values engines;
    struct sw_content_values content;
    struct sw_option_list formats;
    const char *platform;
    const char *explain;
    const char *cache_dir;
    const char *scanner;
    uint64_t memory_limit_bytes;
    uint64_t cache_max_bytes;
    uint64_t n_threads;
    uint64_t n_latest;
    uint64_t n_concurrent;
    uint64_t rate_per_s;
    int64_t timeout_s;
    bool is_all_tags;
    bool is_node;
    bool is_running_only;
    bool is_all_platforms;
    bool is_all;
    bool is_quiet;
    bool is_verbose;
    bool is_without_cache;
    bool is_crossing_mounts;
};

#define ROW(name, letter, type, member, argument, help, environment)                               \
    {                                                                                              \
        name, letter, type, offsetof(struct scan_values, member), argument, help, environment      \
    }

static const struct sw_option scan_options[] = {
    ROW("format", 'f', SW_OPTION_LIST, formats, "FORMAT[=FILE]",
        "table, json, sarif, cyclonedx, spdx, html, markdown, csv, junit, gitlab or trivy-json; "
        "may "
        "be given several times, to a file each",
        NULL),
    SW_CONTENT_ROWS(scan_values, content),
    SW_JUDGE_ROWS(scan_values, judge),
    SW_JUDGE_IGNORE_ROWS(scan_values, judge),
    ROW("all", 'a', SW_OPTION_FLAG, is_all, NULL,
        "show unfixable low findings too, instead of their number", NULL),
    ROW("explain", 0, SW_OPTION_OPTIONAL, explain, "ID",
        "say for each finding (or the one of this CVE, advisory or package) why it is one", NULL),
    SW_JUDGE_DATABASE_ROWS(scan_values, judge),
    ROW("platform", 0, SW_OPTION_STRING, platform, "OS/ARCH[/VARIANT]",
        "which image of a multi-platform index; without it this machine's", NULL),
    ROW("all-platforms", 0, SW_OPTION_FLAG, is_all_platforms, NULL,
        "scan every platform of an index", NULL),
    ROW("cross-mounts", 0, SW_OPTION_FLAG, is_crossing_mounts, NULL,
        "directories: go into other file systems too", NULL),
    ROW("memory-limit", 0, SW_OPTION_SIZE, memory_limit_bytes, "SIZE",
        "memory of the scanner, whatever the image holds (default 256M)", "SEAWALL_MEMORY_LIMIT"),
    ROW("threads", 0, SW_OPTION_COUNT, n_threads, "N",
        "layers read at once (default: one per processor)", NULL),
    ROW("timeout", 0, SW_OPTION_DURATION, timeout_s, "TIME",
        "stop after so long (90s, 5m) and report what was read until then", "SEAWALL_TIMEOUT"),
    ROW("no-cache", 0, SW_OPTION_FLAG, is_without_cache, NULL, "neither read nor keep layer facts",
        NULL),
    ROW("cache-dir", 0, SW_OPTION_STRING, cache_dir, "DIR", "where layer facts are kept",
        "SEAWALL_CACHE_DIR"),
    ROW("cache-max", 0, SW_OPTION_SIZE, cache_max_bytes, "SIZE",
        "most that the cache may hold (default 1G)", "SEAWALL_CACHE_MAX"),
    ROW("all-tags", 0, SW_OPTION_FLAG, is_all_tags, NULL,
        "registry: scan every image of a repository, of a prefix or of the whole registry", NULL),
    ROW("latest", 0, SW_OPTION_COUNT, n_latest, "N",
        "registry: the same for the N latest tags of each repository, by version", NULL),
    ROW("node", 0, SW_OPTION_FLAG, is_node, NULL,
        "scan every image that this node's engines have, those that run first", NULL),
    ROW("running", 0, SW_OPTION_FLAG, is_running_only, NULL,
        "with --node: only those that containers run from", NULL),
    ROW("concurrency", 0, SW_OPTION_COUNT, n_concurrent, "N",
        "images scanned at once with --all-tags, --latest or --node (default: one per processor)",
        NULL),
    ROW("rate", 0, SW_OPTION_COUNT, rate_per_s, "N",
        "requests a second that a registry gets at most (default: no limit of ours)",
        "SEAWALL_REGISTRY_RATE"),
    SW_REGISTRY_ROWS(scan_values, registry),
    SW_ENGINE_ROWS(scan_values, engines),
    ROW("scanner", 0, SW_OPTION_STRING, scanner, "FILE", "the seawall-scanner program",
        "SEAWALL_SCANNER"),
    ROW("quiet", 'q', SW_OPTION_FLAG, is_quiet, NULL, "no progress and no warnings", NULL),
    ROW("verbose", 'v', SW_OPTION_FLAG, is_verbose, NULL,
        "say what sandbox the scanner ran in and how long it took", NULL),
    {0},
};

struct scan_job {
    const struct scan_values *values;
    struct sw_judge judge;
    struct sw_outputs outputs;
    struct sw_progress progress;
    struct sw_registry_access access;
    struct sw_engine_options engines;
    struct sw_contents_loaded content;
    struct sw_err err; /* of an output */
};

static int take_report(void *context, struct sw_report *report)
{
    struct scan_job *job = context;
    sw_progress_clear(&job->progress);
    int r = sw_judge_take(&job->judge, report, &job->err);
    return r < 0 ? r : sw_outputs_write(&job->outputs, report, &job->err);
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

static bool is_batch(const struct scan_values *values)
{
    return values->is_all_tags || values->n_latest > 0 || values->is_node;
}

/* Many images share a cache for the time of the run, even where nothing is to be kept. */
static int run_batch(struct scan_job *job, struct sw_scan_options *scan, struct sw_err *err)
{
    const struct scan_values *values = job->values;
    char folder[] = "/tmp/seawall-run-XXXXXX";
    uint64_t n = values->n_concurrent > 0 ? values->n_concurrent : sw_thread_n_processors();
    n = n < SW_BATCH_CONCURRENCY_MAX ? n : SW_BATCH_CONCURRENCY_MAX;
    bool is_own = scan->cache_dir == NULL;
    if (is_own && mkdtemp(folder) == NULL)
        return sw_err_set(err, -errno, "cannot make a folder in /tmp: %s", strerror(errno));
    if (is_own)
        scan->cache_dir = folder;
    if (scan->n_threads == 0)
        scan->n_threads = sw_thread_n_processors() / (unsigned)n;
    scan->n_threads = scan->n_threads > 0 ? scan->n_threads : 1;
    struct sw_batch_options options = {
        .target = values->is_node ? NULL : scan->target,
        .is_running_only = values->is_running_only,
        .n_latest = values->n_latest,
        .n_concurrent = n,
        .is_quiet = values->is_quiet,
        .scan = scan,
        .access = &job->access,
        .judge = &job->judge,
        .outputs = &job->outputs,
        .progress = &job->progress,
    };
    int r = sw_batch_run(&options, err);
    if (is_own)
        sw_file_remove_tree(AT_FDCWD, folder, NULL);
    return r;
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
        .aspects = job->content.aspects,
        .is_showing_secrets = values->content.is_showing_secrets,
        .contents = job->content.items,
        .n_contents = job->content.n,
        .notes = job->content.notes.v,
        .n_notes = job->content.notes.n,
        .clamd = values->content.clamd,
        .memory_limit_bytes = values->memory_limit_bytes,
        .n_threads = (unsigned)values->n_threads,
        .cache_dir = values->is_without_cache ? NULL : cache,
        .cache_max_bytes = values->cache_max_bytes,
        .scanner_path = values->scanner != NULL ? values->scanner : sw_place_scanner(region),
        .stdin_fd = STDIN_FILENO,
        .registry = &job->access.registry,
        .engines = &job->engines,
        .now_s = job->judge.now_s,
        .timeout_s = values->timeout_s,
        .progress = show_progress,
        .sandbox = show_sandbox,
        .report = take_report,
        .context = job,
    };
    struct sw_err err = {0};
    int64_t start_ns = sw_clock_monotonic_ns();
    job->judge.cache_dir = options.cache_dir;
    int r = is_batch(values) ? run_batch(job, &options, &err) : sw_scan_run(&options, &err);
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
    return (int)sw_judge_exit(&job->judge);
}

/* What goes with many images, and what does not. */
static int check_batch(const struct scan_values *values, const char *target, struct sw_err *err)
{
    bool is_registry = values->is_all_tags || values->n_latest > 0;
    if (values->is_running_only && !values->is_node)
        return sw_err_set(err, -EINVAL, "--running goes with --node");
    if (!is_batch(values))
        return values->n_concurrent > 0
                   ? sw_err_set(
                         err, -EINVAL, "--concurrency goes with --all-tags, --latest or --node")
                   : 0;
    if (values->is_node && (is_registry || target != NULL))
        return sw_err_set(err, -EINVAL, "--node is all of this node: name no target beside it");
    if (is_registry && !sw_batch_is_registry(target))
        return sw_err_set(err, -EINVAL, "--all-tags and --latest are for registry:HOST/NAME");
    if (values->is_all_tags && values->n_latest > 0)
        return sw_err_set(err, -EINVAL, "--all-tags and --latest exclude each other");
    if (values->n_concurrent > SW_BATCH_CONCURRENCY_MAX)
        return sw_err_set(err, -EINVAL, "--concurrency: at most %d", SW_BATCH_CONCURRENCY_MAX);
    return 0;
}

static int prepare(struct scan_job *job, const char *target, struct sw_err *err)
{
    const struct scan_values *values = job->values;
    int r = target != NULL ? sw_habit_explain_source(target, err) : 0;
    if (r == 0)
        r = sw_judge_init(&job->judge, &values->judge, err);
    if (r == 0)
        r = sw_judge_ignore(&job->judge, values->is_quiet, err);
    if (r == 0)
        r = sw_contents_choose(&values->content, &job->content, err);
    if (r == 0 && values->memory_limit_bytes < MEMORY_LIMIT_LEAST)
        r = sw_err_set(err, -EINVAL, "--memory-limit: less than 64M is not enough to scan with");
    if (r == 0 && values->n_threads > 256)
        r = sw_err_set(err, -EINVAL, "--threads: at most 256");
    if (r == 0 && values->platform != NULL && values->is_all_platforms)
        r = sw_err_set(err, -EINVAL, "--platform and --all-platforms exclude each other");
    if (r == 0)
        r = check_batch(values, target, err);
    if (r == 0 && values->rate_per_s > 100000)
        r = sw_err_set(err, -EINVAL, "--rate: at most 100000");
    if (r == 0)
        r = sw_registry_access_init(&job->access, &values->registry, err);
    job->access.registry.rate_per_s = (unsigned)values->rate_per_s;
    sw_engine_options_init(&job->engines, &values->engines);
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
        .is_complete = values->is_all_platforms || is_batch(values),
        .explain = values->explain,
        .has_ignored = values->judge.ignore.are_shown,
    };
    /* The table of many images is the summary. */
    if (is_batch(values) && values->formats.n == 0)
        return 0;
    r = sw_outputs_init(&job->outputs, &values->formats, &print, err);
    return r == 0 && is_batch(values) ? sw_outputs_check_many(&job->outputs, err) : r;
}

/* Compiled rule sets are kept in the cache; NULL: nowhere. */
static const char *rules_directory(const struct scan_values *values, struct sw_region *region)
{
    const char *cache = values->cache_dir != NULL ? values->cache_dir : sw_place_cache(region);
    return cache == NULL || values->is_without_cache ? NULL
                                                     : sw_region_printf(region, "%s/rules", cache);
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
    if (n == 0 && !values.is_node)
        return sw_command_fail(SW_EXIT_USAGE,
            "scan what? name an image, an archive, a directory or '-', or --node; see scan --help");
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, (size_t)16 * 1024 * 1024);
    struct scan_job job = {.values = &values};
    struct sw_err err = {0};
    r = prepare(&job, target, &err);
    if (r < 0) {
        sw_judge_done(&job.judge);
        sw_registry_access_done(&job.access);
        return sw_command_fail(SW_EXIT_USAGE, err.message);
    }
    sw_progress_init(&job.progress, !values.is_quiet && sw_terminal_is_one(STDERR_FILENO));
    r = sw_judge_open(&job.judge, &region, &err);
    values.content.directory = rules_directory(&values, &region);
    if (r == 0)
        r = sw_contents_load(&values.content, &region, &job.content, &err);
    int status =
        r < 0 ? sw_command_fail(SW_EXIT_FAILED, err.message) : run_scan(&job, target, &region);
    sw_outputs_done(&job.outputs);
    sw_contents_unload(&job.content);
    sw_judge_done(&job.judge);
    sw_registry_access_done(&job.access);
    return status;
}

const struct sw_command sw_scan_command = {
    .name = "scan",
    .usage = "scan [OPTIONS] TARGET",
    .summary = "Find vulnerable packages in an image or a file system",
    .help =
        "TARGET is\n"
        "  image.tar           what `docker save` or `podman save` wrote (may be compressed)\n"
        "  directory           an OCI layout, or the root of a file system\n"
        "  /                   this machine\n"
        "  -                   an archive on standard input\n"
        "  debian:12           an image of this node's Docker, podman or containerd, or in a\n"
        "                      registry, where no file has that name\n"
        "The kind is detected; docker:, podman:, containerd:, registry:, docker-archive:, oci: or\n"
        "rootfs: forces it.\n"
        "\n"
        "Examples:\n"
        "  seawall scan docker:app:1.2\n"
        "  docker save app:1.2 | seawall scan -\n"
        "  seawall scan --only-fixed --fail-on high app.tar\n"
        "  seawall scan -f table -f json=app.json -f sarif=app.sarif app.tar\n"
        "  seawall scan --explain=CVE-2023-5363 app.tar\n"
        "  seawall scan registry:ghcr.io/team/app:1.2\n"
        "  seawall scan --node --fail-on critical\n"
        "  seawall scan --latest 5 -f json=reports/ registry:registry.example/team\n"
        "\n"
        "Exit status: 0 done; 1 a finding at or above --fail-on; 2 usage; 3 could not scan;\n"
        "4 scanned, but something could not be judged or read (see --allow-incomplete).\n",
    .options = scan_options,
    .run = run,
};
