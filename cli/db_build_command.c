/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall db build`: feeds in their own formats into one database file.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/region.h"
#include "command.h"
#include "io/clock.h"
#include "place.h"
#include "progress.h"
#include "rules/gate.h"
#include "terminal.h"
#include "vulndb/build/build.h"

struct build_values {
    const char *sources;
    const char *output;
    const char *previous;
    bool is_quiet;
};

#define ROW(name, letter, type, member, argument, help, environment)                               \
    {                                                                                              \
        name, letter, type, offsetof(struct build_values, member), argument, help, environment     \
    }

static const struct sw_option build_options[] = {
    ROW("sources", 0, SW_OPTION_STRING, sources, "DIR",
        "folder with feeds, searched through; formats are recognised by content", NULL),
    ROW("output", 'o', SW_OPTION_STRING, output, "FILE",
        "where the database goes (default: where scan looks for it)", "SEAWALL_DB"),
    ROW("previous", 0, SW_OPTION_STRING, previous, "FILE",
        "keep the records of this database for feeds that turn out broken", NULL),
    ROW("quiet", 'q', SW_OPTION_FLAG, is_quiet, NULL, "no progress, no warnings", NULL),
    {0},
};

struct build_job {
    struct sw_progress progress;
    bool is_quiet;
};

static void show_progress(void *context, const struct sw_vulndb_build_progress *state)
{
    struct build_job *job = context;
    char text[128];
    snprintf(text, sizeof(text), "%-24.24s %9" PRIu64 " records  %6" PRIu64 " MB read",
        state->feed != NULL ? state->feed : "", state->n_records, state->n_bytes / 1000000);
    sw_progress_text(&job->progress, text);
}

static void show_warning(void *context, const char *message)
{
    struct build_job *job = context;
    sw_progress_clear(&job->progress);
    if (!job->is_quiet)
        sw_command_fail(0, message);
}

static int run(const struct sw_command *command, int argc, char **argv)
{
    struct build_values values = {0};
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &values, NULL, 0, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    if (values.sources == NULL)
        return sw_command_fail(SW_EXIT_USAGE, "name the folder of feeds: --sources DIR");
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 65536);
    const char *output = values.output != NULL ? values.output : sw_place_database(&region);
    if (output == NULL)
        return sw_command_fail(SW_EXIT_USAGE, "name the database to write: -o FILE");
    struct build_job job = {.is_quiet = values.is_quiet};
    sw_progress_init(&job.progress, !values.is_quiet && sw_terminal_is_one(STDERR_FILENO));
    struct sw_vulndb_build_options options = {
        .sources = values.sources,
        .output = output,
        .previous = values.previous,
        .progress = show_progress,
        .warning = show_warning,
        .context = &job,
    };
    struct sw_vulndb_build_result result = {0};
    struct sw_err err = {0};
    int64_t start_ns = sw_clock_monotonic_ns();
    r = sw_vulndb_build(&options, &result, &err);
    sw_progress_clear(&job.progress);
    if (r < 0)
        return sw_command_fail(SW_EXIT_FAILED, err.message);
    if (!values.is_quiet)
        printf("%s: %" PRIu64 " advisories from %" PRIu64 " files (%" PRIu64
               " not recognised, %" PRIu64 " broken, %" PRIu64
               " records skipped), %.1f MB, %.1f s\n",
            output, result.n_advisories, result.n_files, result.n_unrecognised, result.n_broken,
            result.n_skipped, (double)result.size_bytes / 1e6,
            (double)(sw_clock_monotonic_ns() - start_ns) / 1e9);
    return result.n_broken > 0 ? SW_EXIT_INCOMPLETE : SW_EXIT_DONE;
}

const struct sw_command sw_db_build_command = {
    .name = "db build",
    .usage = "db build --sources DIR [-o FILE]",
    .summary = "Build the vulnerability database from a folder of feeds",
    .help = "Reads every feed below DIR in its own format (docs/feeds.md lists them), compressed\n"
            "or not, and writes one database file that any number of scans share.\n"
            "\n"
            "Example:\n"
            "  seawall db build --sources feeds/ -o vuln.db && seawall scan --db vuln.db app.tar\n"
            "\n"
            "Exit status: 0 done; 2 usage; 3 could not build; 4 built, but a feed broke.\n",
    .options = build_options,
    .run = run,
};
