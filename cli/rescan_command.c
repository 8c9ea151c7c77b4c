/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall rescan`: what was scanned before, judged again by the present database, without touching
 * an image. A line per image, or whole reports where a format is named.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/region.h"
#include "base/text.h"
#include "command.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/file.h"
#include "io/thread.h"
#include "judge.h"
#include "output.h"
#include "place.h"
#include "rescan.h"
#include "terminal.h"

#define WANTED_MAX 1024
#define REGION_BYTES ((size_t)1 << 30)
#define REPORT_BYTES ((size_t)4 << 30)
#define TARGET_COLUMNS 48
#define PLATFORM_COLUMNS 14

struct rescan_values {
    struct sw_judge_values judge;
    struct sw_option_list formats;
    const char *cache_dir;
    uint64_t n_threads;
    bool is_all;
    bool is_changed_only;
    bool is_quiet;
};

#define ROW(name, letter, type, member, argument, help, environment)                               \
    {                                                                                              \
        name, letter, type, offsetof(struct rescan_values, member), argument, help, environment    \
    }

static const struct sw_option rescan_options[] = {
    ROW("all", 'a', SW_OPTION_FLAG, is_all, NULL, "everything that was scanned and is kept", NULL),
    ROW("changed-only", 0, SW_OPTION_FLAG, is_changed_only, NULL,
        "show only what has new or fixed findings since it was scanned or judged last", NULL),
    ROW("format", 'f', SW_OPTION_LIST, formats, "FORMAT[=FILE]",
        "whole reports instead of the summary, as in scan; may be given several times, to a file "
        "each",
        NULL),
    SW_JUDGE_ROWS(rescan_values, judge),
    SW_JUDGE_IGNORE_ROWS(rescan_values, judge),
    SW_JUDGE_DATABASE_ROWS(rescan_values, judge),
    ROW("cache-dir", 0, SW_OPTION_STRING, cache_dir, "DIR", "where scans keep their inventories",
        "SEAWALL_CACHE_DIR"),
    ROW("threads", 0, SW_OPTION_COUNT, n_threads, "N", "default: one per processor", NULL),
    ROW("quiet", 'q', SW_OPTION_FLAG, is_quiet, NULL, "no warnings on damaged inventories", NULL),
    {0},
};

struct rescan_job {
    const struct rescan_values *values;
    const char *cache_dir;
    struct sw_judge judge;
    struct sw_outputs outputs;
    struct sw_inventories inventories;
    struct sw_found found;
    struct sw_rescan_options options;
    struct sw_rescan rescan;
    size_t n_damaged;
    size_t n_judged;
    int64_t start_ns;
};

static bool is_shown(const struct rescan_job *job, const struct sw_rescan_result *result)
{
    if (!result->is_wanted || result->code < 0)
        return false;
    return !job->values->is_changed_only || result->is_first || result->n_new + result->n_fixed > 0;
}

/* Escaped and cut on the left, where names are most alike. */
static void print_cell(struct sw_str text, int columns)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 65536);
    if (sw_text_terminal(&buf, text) < 0)
        sw_buf_clear(&buf);
    struct sw_str s = sw_buf_str(&buf);
    bool is_plain = true;
    for (size_t i = 0; i < s.n; i++)
        is_plain = is_plain && (unsigned char)s.p[i] < 0x80;
    if (is_plain && s.n > (size_t)columns)
        printf("...%-*.*s", columns - 3, columns - 3, s.p + s.n - (size_t)(columns - 3));
    else
        printf("%-*.*s", columns, SW_STR_ARG(s));
}

static void print_result(const struct sw_rescan_result *result)
{
    const uint64_t *n = result->n_findings;
    print_cell(result->now.target, TARGET_COLUMNS);
    printf("  ");
    print_cell(result->now.platform.n > 0 ? result->now.platform : SW_STR("-"), PLATFORM_COLUMNS);
    printf("  %8" PRIu32 " %8" PRIu64 " %6" PRIu64 " %6" PRIu64 " %6" PRIu64,
        result->now.n_packages, n[SW_SEVERITY_CRITICAL], n[SW_SEVERITY_HIGH], n[SW_SEVERITY_MEDIUM],
        n[SW_SEVERITY_LOW] + n[SW_SEVERITY_NEGLIGIBLE] + n[SW_SEVERITY_UNKNOWN]);
    if (result->is_first)
        printf("  %6s %6s", "-", "-");
    else
        printf("  %6" PRIu64 " %6" PRIu64, result->n_new, result->n_fixed);
    printf("  %s\n", result->is_incomplete ? "incomplete" : "done");
}

static int compare_targets(const void *a, const void *b)
{
    const struct sw_rescan_result *x = *(const struct sw_rescan_result *const *)a;
    const struct sw_rescan_result *y = *(const struct sw_rescan_result *const *)b;
    int r = sw_str_compare(x->now.target, y->now.target);
    return r != 0 ? r : sw_str_compare(x->now.platform, y->now.platform);
}

/* Those that are shown, by target; owned. */
static int select_results(
    const struct rescan_job *job, const struct sw_rescan_result ***ret, size_t *ret_n)
{
    const struct sw_rescan_result **all = sw_mem_zalloc(job->rescan.n_results + 1, sizeof(*all));
    size_t n = 0;
    if (all == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < job->rescan.n_results; i++)
        if (is_shown(job, &job->rescan.results[i]))
            all[n++] = &job->rescan.results[i];
    if (n > 1)
        qsort(all, n, sizeof(*all), compare_targets);
    *ret = all;
    *ret_n = n;
    return 0;
}

static void print_summary(
    const struct rescan_job *job, const struct sw_rescan_result *const *results, size_t n)
{
    uint64_t n_new = 0;
    uint64_t n_fixed = 0;
    uint64_t n_ignored = 0;
    printf("%-*s  %-*s  %8s %8s %6s %6s %6s  %6s %6s  %s\n", TARGET_COLUMNS, "TARGET",
        PLATFORM_COLUMNS, "PLATFORM", "PACKAGES", "CRITICAL", "HIGH", "MEDIUM", "LOWER", "NEW",
        "FIXED", "STATE");
    for (size_t i = 0; i < n; i++) {
        print_result(results[i]);
        n_new += results[i]->n_new;
        n_fixed += results[i]->n_fixed;
        n_ignored += results[i]->n_ignored;
    }
    printf("\n%zu inventories judged by the database of %.*s in %.1f s, %zu packages matched anew; "
           "%" PRIu64 " findings new, %" PRIu64 " fixed since last time",
        job->n_judged, SW_STR_ARG(job->judge.database_info.created),
        (double)(sw_clock_monotonic_ns() - job->start_ns) / 1e9, job->rescan.n_judged_packages,
        n_new, n_fixed);
    if (n_ignored > 0)
        printf(", %" PRIu64 " ignored", n_ignored);
    printf("\n");
}

static int write_report(
    struct rescan_job *job, const struct sw_rescan_result *result, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_report_done) struct sw_report report;
    sw_region_init(&region, REPORT_BYTES);
    sw_report_init(&report, &region);
    int r = sw_inventory_report(job->inventories.fd, result->now.name, &report, err);
    if (r == 0)
        r = sw_judge_take(&job->judge, &report, err);
    return r < 0 ? r : sw_outputs_write(&job->outputs, &report, err);
}

/* Sums that the exit status hangs on, and a word on each that is damaged. */
static void sum_up(struct rescan_job *job)
{
    int64_t limit_s = job->values->judge.database_max_age_s;
    bool is_old = limit_s > 0 && job->judge.database_info.age_s > limit_s;
    for (size_t i = 0; i < job->rescan.n_results; i++) {
        struct sw_rescan_result *result = &job->rescan.results[i];
        if (result->code < 0) {
            char message[160];
            job->n_damaged++;
            job->judge.is_incomplete = true;
            snprintf(message, sizeof(message), "inventory %.64s passed over: %s",
                result->now.name.p,
                result->code == -EPROTONOSUPPORT ? "of another version; scan that image again"
                : result->code == -EBADMSG       ? "damaged; scan that image again"
                                                 : strerror(-result->code));
            if (!job->values->is_quiet)
                sw_command_fail(0, message);
        }
        result->is_incomplete = result->is_incomplete || is_old;
        if (!result->is_wanted || result->code < 0)
            continue;
        job->n_judged++;
        job->judge.is_incomplete = job->judge.is_incomplete || result->is_incomplete;
        job->judge.has_failing = job->judge.has_failing || result->is_failing;
    }
}

static int show(struct rescan_job *job, struct sw_err *err)
{
    SW_CLEANUP(sw_mem_freep) const struct sw_rescan_result **results = NULL;
    size_t n = 0;
    int r = select_results(job, &results, &n);
    if (r == 0 && job->values->formats.n == 0)
        print_summary(job, results, n);
    for (size_t i = 0; i < n && r == 0 && job->values->formats.n > 0; i++)
        r = write_report(job, results[i], err);
    if (r == 0 && job->values->formats.n > 0)
        r = sw_outputs_finish(&job->outputs, err);
    if (r == 0)
        r = sw_rescan_remember(&job->options, job->cache_dir, &job->rescan, err);
    return r;
}

/* What program judges: another build may see things differently. */
static uint64_t identify_program(void)
{
    struct sw_file_identity file = {0};
    uint64_t hash = sw_str_hash(SW_STR(SEAWALL_VERSION));
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    if (sw_file_open(AT_FDCWD, "/proc/self/exe", &fd, NULL) == 0)
        sw_file_identify(fd, &file);
    return sw_str_hash_seeded(hash, (struct sw_str){(const char *)&file, sizeof(file)});
}

/* Rules for paths and layers need more than packages: they are asked about whole reports. */
static int apply_places(struct rescan_job *job, struct sw_err *err)
{
    int r = 0;
    for (size_t i = 0; i < job->rescan.n_results && r == 0; i++) {
        struct sw_rescan_result *result = &job->rescan.results[i];
        struct sw_judged_counts counts = {0};
        SW_CLEANUP(sw_region_done) struct sw_region region = {0};
        SW_CLEANUP(sw_report_done) struct sw_report report;
        sw_region_init(&region, REPORT_BYTES);
        sw_report_init(&report, &region);
        if (!result->is_wanted || result->code < 0)
            continue;
        r = sw_inventory_report(job->inventories.fd, result->now.name, &report, err);
        if (r == 0)
            r = sw_judge_take(&job->judge, &report, err);
        SW_VEC_EACH (finding, &report.findings)
            counts.n[finding->severity][finding->status == SW_FIX_FIXED]++;
        sw_rescan_sum(&job->options, &counts, result);
        result->n_ignored = report.ignored.n;
    }
    return r;
}

static void set_options(struct rescan_job *job, const char *const *wanted, size_t n_wanted)
{
    const struct rescan_values *values = job->values;
    const struct sw_ignore_rules *rules = &job->judge.rules;
    struct sw_str today = sw_str_part(sw_str_of(job->judge.now), 0, 10);
    bool has_rules = rules->n > 0 && !rules->has_places;
    job->options = (struct sw_rescan_options){
        .database = job->judge.database_info.path.p,
        .state =
            {
                .database = job->judge.database_info.digest,
                .program = identify_program(),
                .rules = has_rules ? sw_str_hash_seeded(rules->identity, today) : 0,
            },
        .today = today,
        .least = job->judge.least,
        .fail_on = job->judge.fail_on,
        .has_gate = values->judge.fail_on != NULL,
        .is_only_fixed = values->judge.is_only_fixed,
        .n_threads = values->n_threads > 0 ? (unsigned)values->n_threads : sw_thread_n_processors(),
        .wanted = wanted,
        .n_wanted = n_wanted,
        .rules = has_rules ? rules : NULL,
        .inventories = &job->inventories,
        .found = &job->found,
    };
}

static int rescan(
    struct rescan_job *job, const char *const *wanted, size_t n_wanted, struct sw_err *err)
{
    set_options(job, wanted, n_wanted);
    int r = sw_rescan_run(&job->options, job->cache_dir, &job->rescan, err);
    if (r == 0 && job->judge.rules.has_places)
        r = apply_places(job, err);
    if (r < 0)
        return r;
    sum_up(job);
    if (job->n_judged == 0 && job->n_damaged == 0)
        return sw_err_set(err, -ENOENT,
            n_wanted > 0 ? "nothing of that name was scanned and is kept in '%s'"
                         : "nothing was scanned yet that is kept in '%s'",
            job->cache_dir);
    return show(job, err);
}

static int prepare(
    struct rescan_job *job, size_t n_wanted, struct sw_region *region, struct sw_err *err)
{
    const struct rescan_values *values = job->values;
    struct sw_print_options print = {
        .version = SEAWALL_VERSION,
        .width = sw_terminal_width(STDOUT_FILENO),
        .has_color = sw_terminal_has_color(STDOUT_FILENO),
        .is_complete = true,
        .has_ignored = values->judge.ignore.are_shown,
    };
    if (values->is_all == (n_wanted > 0))
        return sw_err_set(err, -EINVAL,
            n_wanted > 0 ? "--all and names exclude each other"
                         : "rescan what? name images that were scanned, or --all");
    if (values->n_threads > SW_POOL_THREADS_MAX)
        return sw_err_set(err, -EINVAL, "--threads: at most %d", SW_POOL_THREADS_MAX);
    job->cache_dir = values->cache_dir != NULL ? values->cache_dir : sw_place_cache(region);
    if (job->cache_dir == NULL)
        return sw_err_set(err, -EINVAL, "name the cache: --cache-dir DIR");
    int r = sw_judge_init(&job->judge, &values->judge, err);
    if (r == 0)
        r = sw_judge_ignore(&job->judge, values->is_quiet, err);
    if (r == 0 && values->formats.n > 0)
        r = sw_outputs_init(&job->outputs, &values->formats, &print, err);
    if (r == 0 && values->formats.n > 0 && (values->is_all || n_wanted > 1))
        r = sw_outputs_check_many(&job->outputs, err);
    return r;
}

static int run(const struct sw_command *command, int argc, char **argv)
{
    struct rescan_values values = {0};
    const char *wanted[WANTED_MAX] = {0};
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &values, wanted, WANTED_MAX, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct rescan_job job = {.values = &values,
        .inventories = {.fd = -1},
        .found = {.fd = -1},
        .start_ns = sw_clock_monotonic_ns()};
    struct sw_err err = {0};
    sw_region_init(&region, REGION_BYTES);
    r = prepare(&job, n, &region, &err);
    if (r < 0)
        return sw_command_fail(SW_EXIT_USAGE, err.message);
    r = sw_judge_open(&job.judge, &region, &err);
    if (r == 0 && job.judge.database == NULL)
        r = sw_err_set(
            &err, -ENOENT, "no vulnerability database to judge by: %s", job.judge.database_problem);
    if (r == 0)
        r = sw_inventories_open(job.cache_dir, &region, &job.inventories, &err);
    if (r == 0)
        r = sw_found_open(job.cache_dir, &region, &job.found);
    if (r == 0)
        r = rescan(&job, wanted, n, &err);
    int status =
        r < 0 ? sw_command_fail(SW_EXIT_FAILED, err.message[0] != '\0' ? err.message : strerror(-r))
              : (int)sw_judge_exit(&job.judge);
    sw_outputs_done(&job.outputs);
    sw_rescan_done(&job.rescan);
    sw_found_close(&job.found);
    sw_inventories_close(&job.inventories);
    sw_judge_done(&job.judge);
    return status;
}

const struct sw_command sw_rescan_command = {
    .name = "rescan",
    .usage = "rescan [OPTIONS] --all | IMAGE...",
    .summary = "Judge again what was scanned, by the present database, without the images",
    .help = "Every scan keeps the inventory of what it read in the cache: one per image and\n"
            "platform (by digest) or directory (by path). IMAGE is a target as it was typed, an\n"
            "image's name, or its digest (or the first digits of it). NEW and FIXED compare with\n"
            "the last rescan, or the scan where that was later.\n"
            "\n"
            "Examples:\n"
            "  seawall db apply today.delta && seawall rescan --all --changed-only\n"
            "  seawall rescan app.tar -f json=app.json\n"
            "\n"
            "Exit status: 0 done; 1 a finding at or above --fail-on; 2 usage; 3 could not judge;\n"
            "4 judged, but something in it is incomplete (see --allow-incomplete).\n",
    .options = rescan_options,
    .run = run,
};
