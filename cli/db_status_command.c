/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall db status`: what the database holds, from where, how old.
 */
#include <inttypes.h>
#include <stdio.h>

#include "db_query.h"
#include "io/clock.h"
#include "rules/gate.h"
#include "vulndb/contents.h"

static void print_feed(const struct sw_vulndb_feed_info *feed)
{
    printf("  %-26.*s %10" PRIu64, SW_STR_ARG(feed->name), feed->n_records);
    printf("  %-10.*s", SW_STR_ARG(sw_str_part(feed->date, 0, 10)));
    if (feed->n_skipped > 0)
        printf("  %" PRIu64 " skipped", feed->n_skipped);
    if (feed->is_stale)
        printf("  broke in the last build, older records in force");
    printf("\n");
}

static int run(const struct sw_command *command, int argc, char **argv)
{
    struct sw_db_query query;
    int status = SW_EXIT_DONE;
    struct sw_err err = {0};
    struct sw_vulndb_info info = {0};
    if (sw_db_query_open(&query, command, argc, argv, &status) < 0) {
        sw_db_query_done(&query);
        return status;
    }
    if (sw_vulndb_get_info(query.database, &query.region, &info, &err) < 0) {
        status = sw_command_fail(SW_EXIT_FAILED, err.message);
        sw_db_query_done(&query);
        return status;
    }
    int64_t created_s = 0;
    int64_t age_s =
        sw_clock_parse(info.created, &created_s) == 0 ? sw_clock_wall_s() - created_s : 0;
    printf("%s\n  format %u, %.1f MB, built %.*s (%" PRId64 " days ago)\n", query.path,
        info.format_version, (double)info.size_bytes / 1e6, SW_STR_ARG(info.created),
        age_s / 86400);
    if (info.digest.n > 0)
        printf("  %.*s\n", SW_STR_ARG(info.digest));
    char content[SW_DIGEST_TEXT_BYTES];
    if (sw_contents_digest(query.database, content, NULL) == 0)
        printf("  content %s\n", content);
    printf("  %" PRIu64 " advisories, %" PRIu64 " package entries\n\n", info.n_advisories,
        info.n_entries);
    printf("  %-26s %10s  %s\n", "FEED", "RECORDS", "NEWEST");
    for (size_t i = 0; i < info.n_feeds; i++)
        print_feed(&info.feeds[i]);
    printf("\n  judges:");
    for (size_t i = 0; i < info.n_products; i++)
        printf(" %.*s", SW_STR_ARG(info.products[i]));
    printf("\n");
    sw_db_query_done(&query);
    return status;
}

const struct sw_command sw_db_status_command = {
    .name = "db status",
    .usage = "db status [--db FILE]",
    .summary = "Show what the vulnerability database holds",
    .help = "Lists feeds with their records and dates, and the systems that can be judged.\n",
    .options = sw_db_query_options,
    .run = run,
};
