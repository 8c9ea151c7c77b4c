/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall db update`: fetches the official feeds that are needed and builds the database anew.
 * A feed that cannot be had leaves its old records in force, and says so.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/region.h"
#include "command.h"
#include "feed_fetch.h"
#include "feed_list.h"
#include "io/clock.h"
#include "io/http_client.h"
#include "place.h"
#include "progress.h"
#include "rules/gate.h"
#include "rules/release.h"
#include "scan/scan.h"
#include "terminal.h"
#include "vulndb/build/build.h"
#include "vulndb/vulndb.h"

#define PRODUCTS_MAX ((size_t)64)
#define MEMORY_LIMIT ((uint64_t)256 * 1024 * 1024)
/* A name server that does not answer costs seconds per name: enough after this long. */
#define OFFLINE_NS ((int64_t)5 * 1000 * 1000 * 1000)
#define OFFLINE_FEEDS 2 /* hosts that may be down by themselves, before the network is */

struct update_values {
    struct sw_option_list targets;
    const char *database;
    const char *feeds;
    const char *mirror;
    const char *ca_file;
    const char *proxy;
    const char *scanner;
    bool is_all;
    bool is_plain_allowed;
    bool is_quiet;
};

#define ROW(name, letter, type, member, argument, help, environment)                               \
    {                                                                                              \
        name, letter, type, offsetof(struct update_values, member), argument, help, environment    \
    }

static const struct sw_option update_options[] = {
    ROW("for", 0, SW_OPTION_LIST, targets, "TARGET",
        "only the feeds that this image or directory needs; may be given several times", NULL),
    ROW("all", 0, SW_OPTION_FLAG, is_all, NULL, "every feed there is (some gigabytes)", NULL),
    ROW("db", 0, SW_OPTION_STRING, database, "FILE",
        "the database (default: where scan looks for it)", "SEAWALL_DB"),
    ROW("feeds", 0, SW_OPTION_STRING, feeds, "DIR", "where fetched feeds are kept",
        "SEAWALL_FEEDS"),
    ROW("mirror", 0, SW_OPTION_STRING, mirror, "URL",
        "fetch from URL/<feed file> instead of the official places", "SEAWALL_MIRROR"),
    ROW("ca", 0, SW_OPTION_STRING, ca_file, "PEM", "certificates to trust instead of the system's",
        "SEAWALL_CA"),
    ROW("proxy", 0, SW_OPTION_STRING, proxy, "URL",
        "proxy (default: http_proxy, https_proxy, no_proxy)", NULL),
    ROW("plain-http", 0, SW_OPTION_FLAG, is_plain_allowed, NULL,
        "allow http:// addresses, for a mirror of your own", NULL),
    ROW("scanner", 0, SW_OPTION_STRING, scanner, "FILE", "the seawall-scanner program",
        "SEAWALL_SCANNER"),
    ROW("quiet", 'q', SW_OPTION_FLAG, is_quiet, NULL, "only errors", NULL),
    {0},
};

struct update_job {
    const struct update_values *values;
    struct sw_region region;
    struct sw_progress progress;
    struct sw_str products[PRODUCTS_MAX];
    size_t n_products;
    const char *database;
    const char *folder;
    const char *feed; /* being fetched, for the progress line */
    struct sw_feed_fetch *fetches;
    struct sw_vulndb_build_expected *expected; /* one for each fetch */
    size_t n_fetches;
    unsigned n_failed;
    unsigned n_fetched;
    uint64_t n_bytes;
};

static void add_product(struct update_job *job, struct sw_str product)
{
    for (size_t i = 0; i < job->n_products; i++)
        if (sw_str_equal(job->products[i], product))
            return;
    struct sw_str copy;
    if (job->n_products < PRODUCTS_MAX && sw_region_copy(&job->region, product, &copy) == 0)
        job->products[job->n_products++] = copy;
}

static void say_unjudged(const struct sw_report *report, const struct sw_str *products, size_t n)
{
    char text[600];
    const char *why = sw_release_explain_unsupported(&report->os);
    for (size_t i = 0; i < n && why == NULL; i++)
        if (sw_feed_list_is_served(products[i]))
            return;
    if (why == NULL)
        why = "no official feed is known for it: packages are listed, not judged";
    struct sw_str name = report->os.name.n > 0 ? report->os.name : SW_STR("unknown system");
    snprintf(
        text, sizeof(text), "'%.*s', %.*s: %s", SW_STR_ARG(report->target), SW_STR_ARG(name), why);
    sw_command_fail(0, text);
}

static int take_report(void *context, struct sw_report *report)
{
    struct update_job *job = context;
    struct sw_str *products = NULL;
    size_t n = 0;
    int r = sw_release_products(&report->os, &job->region, &products, &n);
    if (r < 0)
        return r;
    for (size_t i = 0; i < n; i++)
        add_product(job, products[i]);
    say_unjudged(report, products, n);
    return 0;
}

/* What the database at hand judges is what is in use, when no target is named. */
static int take_database(struct update_job *job, struct sw_err *err)
{
    SW_CLEANUP(sw_vulndb_closep) struct sw_vulndb *db = NULL;
    struct sw_vulndb_info info = {0};
    if (sw_vulndb_open(job->database, &db, NULL) < 0 ||
        sw_vulndb_get_info(db, &job->region, &info, NULL) < 0)
        return sw_err_set(err, -EINVAL,
            "which feeds? there is no database yet: name a target (--for TARGET) or --all");
    for (size_t i = 0; i < info.n_products; i++)
        add_product(job, info.products[i]);
    return 0;
}

static int find_products(struct update_job *job, struct sw_err *err)
{
    const struct update_values *values = job->values;
    if (values->is_all)
        return 0;
    if (values->targets.n == 0)
        return take_database(job, err);
    for (size_t i = 0; i < values->targets.n; i++) {
        struct sw_scan_options options = {
            .target = values->targets.v[i],
            .is_all_platforms = true,
            .memory_limit_bytes = MEMORY_LIMIT,
            .cache_dir = sw_place_cache(&job->region),
            .cache_max_bytes = (uint64_t)1 << 30,
            .scanner_path =
                values->scanner != NULL ? values->scanner : sw_place_scanner(&job->region),
            .stdin_fd = STDIN_FILENO,
            .now_s = sw_clock_wall_s(),
            .report = take_report,
            .context = job,
        };
        int r = sw_scan_run(&options, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static bool show_progress(void *context, uint64_t n_done, uint64_t n_total)
{
    struct update_job *job = context;
    char text[128];
    snprintf(text, sizeof(text), "%-24.24s %" PRIu64 " of %" PRIu64 " MB", job->feed,
        n_done / 1000000, n_total / 1000000);
    sw_progress_text(&job->progress, text);
    return true;
}

static void say(struct update_job *job, const char *feed, const char *text)
{
    sw_progress_clear(&job->progress);
    if (!job->values->is_quiet)
        printf("  %-20s %s\n", feed, text);
}

static bool is_unreachable(int r)
{
    return r == -ENETUNREACH || r == -EHOSTUNREACH || r == -ECONNREFUSED || r == -ETIMEDOUT;
}

struct announcement {
    uint64_t total;
    size_t n_unknown;
    size_t n_unreachable;
    int64_t start_ns;
};

/* What the server says of one feed. Negative: there is no network, or the mirror is not there. */
static int announce_one(struct update_job *job, const struct sw_feed_fetcher *fetcher,
    struct sw_feed_fetch *fetch, struct announcement *a, struct sw_err *err)
{
    struct sw_http_probe probe = {0};
    job->feed = fetch->place->name;
    int r = sw_feed_fetch_resolve(fetcher, fetch, err);
    if (r == 0)
        r = sw_feed_fetch_probe(fetcher, fetch, &probe, err);
    a->n_unreachable += is_unreachable(r);
    a->total += r == 0 && probe.is_size_known ? probe.size_bytes : 0;
    a->n_unknown += r < 0 || !probe.is_size_known;
    if (!is_unreachable(r))
        return 0;
    bool is_enough = fetcher->mirror != NULL || a->n_unreachable >= OFFLINE_FEEDS ||
                     sw_clock_monotonic_ns() - a->start_ns > OFFLINE_NS;
    return is_enough && a->n_unknown == a->n_unreachable && a->total == 0 ? r : 0;
}

/* Sums up what servers say before anything is fetched. */
static int announce(
    struct update_job *job, const struct sw_feed_fetcher *fetcher, struct sw_err *err)
{
    struct announcement a = {.start_ns = sw_clock_monotonic_ns()};
    for (size_t i = 0; i < job->n_fetches; i++) {
        int r = announce_one(job, fetcher, &job->fetches[i], &a, err);
        if (r < 0)
            return r;
    }
    sw_progress_clear(&job->progress);
    if (job->values->is_quiet)
        return 0;
    printf("%zu feed%s, %.1f MB to fetch", job->n_fetches, job->n_fetches == 1 ? "" : "s",
        (double)a.total / 1e6);
    if (a.n_unknown > 0)
        printf(" and %zu whose size is not known", a.n_unknown);
    printf("; kept in '%s'\n", job->folder);
    fflush(stdout);
    return 0;
}

static void fetch_one(struct update_job *job, const struct sw_feed_fetcher *fetcher, size_t i)
{
    struct sw_feed_fetch *fetch = &job->fetches[i];
    struct sw_err err = {0};
    struct sw_http_result result = {0};
    char text[600];
    job->feed = fetch->place->name;
    int r = fetch->address != NULL ? 0 : sw_feed_fetch_resolve(fetcher, fetch, &err);
    if (r == 0)
        r = sw_feed_fetch_run(fetcher, fetch, &result, &err);
    job->expected[i].is_current = r == 0;
    if (r < 0) {
        job->n_failed++;
        snprintf(text, sizeof(text), "%s: failed: %s; what was known from it stays in force",
            fetch->file, err.message);
        sw_progress_clear(&job->progress);
        sw_command_fail(0, text);
        return;
    }
    job->n_fetched += result.outcome == SW_HTTP_FETCHED;
    job->n_bytes += result.transferred_bytes;
    if (result.outcome == SW_HTTP_FETCHED)
        snprintf(text, sizeof(text), "%.1f MB", (double)result.size_bytes / 1e6);
    else
        snprintf(text, sizeof(text), "unchanged");
    say(job, fetch->file, text);
}

static int fetch_all(struct update_job *job, struct sw_err *err)
{
    const struct update_values *values = job->values;
    SW_CLEANUP(sw_http_client_freep) struct sw_http_client *client = NULL;
    struct sw_http_options options = {
        .user_agent = "seawall/" SEAWALL_VERSION,
        .proxy = values->proxy,
        .ca_file = values->ca_file,
        .is_plain_allowed = values->is_plain_allowed,
        .n_tries = 3,
        .progress = show_progress,
        .context = job,
    };
    int r = sw_http_client_new(&options, &client, err);
    if (r < 0)
        return r;
    struct sw_feed_fetcher fetcher = {
        .client = client, .folder = job->folder, .mirror = values->mirror, .region = &job->region};
    r = announce(job, &fetcher, err);
    if (r < 0) {
        char why[SW_ERR_MESSAGE_MAX];
        snprintf(why, sizeof(why), "%s", err->message);
        return sw_err_set(err, r,
            "no feed can be reached (%s); the database stays as it was. Without a network: "
            "seawall db build --sources DIR, or seawall db import FILE",
            why);
    }
    for (size_t i = 0; i < job->n_fetches; i++)
        fetch_one(job, &fetcher, i);
    return 0;
}

static void warn(void *context, const char *message)
{
    struct update_job *job = context;
    sw_progress_clear(&job->progress);
    if (!job->values->is_quiet)
        sw_command_fail(0, message);
}

static int build(struct update_job *job, struct sw_vulndb_build_result *ret, struct sw_err *err)
{
    struct sw_vulndb_build_options options = {
        .sources = job->folder,
        .output = job->database,
        .previous = access(job->database, R_OK) == 0 ? job->database : NULL,
        .expected = job->expected,
        .n_expected = job->n_fetches,
        .warning = warn,
        .context = job,
    };
    return sw_vulndb_build(&options, ret, err);
}

static int select_feeds(struct update_job *job)
{
    int r = sw_feed_list_select(job->products, job->n_products, job->values->is_all, &job->region,
        &job->fetches, &job->n_fetches);
    if (r < 0)
        return r;
    job->expected = sw_region_array(&job->region, job->n_fetches, sizeof(*job->expected));
    for (size_t i = 0; job->expected != NULL && i < job->n_fetches; i++)
        job->expected[i] = (struct sw_vulndb_build_expected){.path = job->fetches[i].file};
    return job->expected != NULL ? 0 : -ENOMEM;
}

static int check_mirror(const struct update_values *values, struct sw_err *err)
{
    if (values->mirror == NULL || values->is_plain_allowed ||
        sw_str_starts_with(sw_str_of(values->mirror), SW_STR("https://")))
        return 0;
    return sw_err_set(err, -EINVAL,
        "the mirror '%s' is no https:// address; give --plain-http if http:// is meant",
        values->mirror);
}

static int update(struct update_job *job, struct sw_err *err)
{
    int64_t start_ns = sw_clock_monotonic_ns();
    int r = check_mirror(job->values, err);
    if (r == 0)
        r = find_products(job, err);
    if (r == 0)
        r = select_feeds(job);
    if (r == 0)
        r = fetch_all(job, err);
    if (r < 0)
        return r;
    if (job->n_failed == job->n_fetches)
        return sw_err_set(err, -ENETUNREACH,
            "no feed could be fetched; the database stays as it was. Without a network: "
            "seawall db build --sources DIR, or seawall db import FILE");
    struct sw_vulndb_build_result result = {0};
    r = build(job, &result, err);
    for (size_t i = 0; i < job->n_fetches; i++)
        job->n_failed += job->expected[i].is_broken && job->expected[i].is_current;
    if (r < 0 || job->values->is_quiet)
        return r;
    printf("%s: %" PRIu64 " advisories, %.1f MB; fetched %u feed%s, %.1f MB, in %.1f s\n",
        job->database, result.n_advisories, (double)result.size_bytes / 1e6, job->n_fetched,
        job->n_fetched == 1 ? "" : "s", (double)job->n_bytes / 1e6,
        (double)(sw_clock_monotonic_ns() - start_ns) / 1e9);
    if (job->n_failed > 0)
        printf("%u of %zu feeds failed; older records of theirs stay in force, see: seawall db "
               "status\n",
            job->n_failed, job->n_fetches);
    return 0;
}

static int run(const struct sw_command *command, int argc, char **argv)
{
    struct update_values values = {0};
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &values, NULL, 0, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    struct update_job job = {.values = &values};
    sw_region_init(&job.region, (size_t)64 * 1024 * 1024);
    sw_progress_init(&job.progress, !values.is_quiet && sw_terminal_is_one(STDERR_FILENO));
    job.database = values.database != NULL ? values.database : sw_place_database(&job.region);
    job.folder = values.feeds != NULL ? values.feeds : sw_place_feeds(&job.region);
    struct sw_err err = {0};
    if (job.database == NULL || job.folder == NULL)
        r = sw_err_set(&err, -EINVAL, "no home directory: name --db FILE and --feeds DIR");
    else
        r = update(&job, &err);
    sw_progress_clear(&job.progress);
    sw_region_done(&job.region);
    if (r < 0)
        return sw_command_fail(r == -EINVAL ? SW_EXIT_USAGE : SW_EXIT_FAILED,
            err.message[0] != '\0' ? err.message : strerror(-r));
    return job.n_failed > 0 ? SW_EXIT_INCOMPLETE : SW_EXIT_DONE;
}

const struct sw_command sw_db_update_command = {
    .name = "db update",
    .usage = "db update [--for TARGET | --all]",
    .summary = "Fetch the official feeds and build the database anew",
    .help =
        "Fetches only what changed, and only the feeds that are needed: those for TARGET, or\n"
        "for the systems that the present database judges. docs/feeds.md lists them all. What\n"
        "was fetched before for other systems stays in the database as it is.\n"
        "\n"
        "Examples:\n"
        "  seawall db update --for app.tar\n"
        "  seawall db update --for / --ca company.pem\n"
        "  seawall db update --all --mirror https://mirror.example/feeds\n"
        "\n"
        "Exit status: 0 done; 2 usage; 3 nothing could be fetched; 4 done, but a feed failed.\n",
    .options = update_options,
    .run = run,
};
