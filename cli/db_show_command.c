/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall db show` and `seawall db search`: advisories by id and by package name.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "db_query.h"
#include "rules/gate.h"

static void print_text(struct sw_str s)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 65536);
    if (sw_text_terminal(&text, sw_str_part(s, 0, 8192)) == 0)
        fwrite(text.p, 1, text.n, stdout);
}

static void print_field(const char *label, struct sw_str value)
{
    if (value.n == 0)
        return;
    printf("  %-10s ", label);
    print_text(value);
    printf("\n");
}

static void print_range(const struct sw_range *range)
{
    if (range->introduced.n > 0 && !sw_str_equal_z(range->introduced, "0")) {
        printf(" >= ");
        print_text(range->introduced);
    }
    if (range->fixed.n > 0) {
        printf(" < ");
        print_text(range->fixed);
    }
    if (range->last_affected.n > 0) {
        printf(" <= ");
        print_text(range->last_affected);
    }
}

static void print_affected(const struct sw_affected *affected)
{
    printf("  ");
    print_text(affected->product);
    printf("  ");
    print_text(affected->package);
    printf("%s  %s", affected->name_kind == SW_AFFECTED_SOURCE ? " (source)" : "",
        sw_fix_status_name(affected->status));
    for (size_t i = 0; i < affected->n_ranges; i++)
        print_range(&affected->ranges[i]);
    if (affected->module.n > 0) {
        printf("  module ");
        print_text(affected->module);
    }
    if (affected->vendor_status.n > 0) {
        printf("  \"");
        print_text(affected->vendor_status);
        printf("\"");
    }
    printf("\n");
}

#define AFFECTED_SHOWN_MAX ((size_t)200)

static void print_advisory(const struct sw_advisory *advisory)
{
    print_text(advisory->id);
    printf("%s\n", advisory->is_withdrawn ? "  (withdrawn)" : "");
    print_field("title", advisory->title);
    print_field("feed", advisory->feed);
    print_field("record", advisory->record);
    if (advisory->severity != SW_SEVERITY_UNKNOWN)
        print_field("severity", sw_str_of(sw_severity_name(advisory->severity)));
    print_field("CVSS", advisory->cvss.vector);
    print_field("published", advisory->published);
    print_field("modified", advisory->modified);
    for (size_t i = 0; i < advisory->n_aliases; i++)
        print_field(i == 0 ? "aliases" : "", advisory->aliases[i]);
    for (size_t i = 0; i < advisory->n_references && i < 10; i++)
        print_field(i == 0 ? "references" : "", advisory->references[i]);
    for (size_t i = 0; i < advisory->n_affected && i < AFFECTED_SHOWN_MAX; i++)
        print_affected(&advisory->affected[i]);
    if (advisory->n_affected > AFFECTED_SHOWN_MAX)
        printf("  and %zu more packages\n", advisory->n_affected - AFFECTED_SHOWN_MAX);
    printf("\n");
}

static void print_cve(struct sw_db_query *query, struct sw_str id)
{
    struct sw_cve_facts facts = {0};
    struct sw_err err = {0};
    if (sw_vulndb_find_cve(query->database, id, &query->region, &facts, &err) <= 0)
        return;
    if (facts.epss >= 0)
        printf("EPSS %.5f (percentile %.5f)\n", facts.epss, facts.epss_percentile);
    if (facts.is_kev) {
        printf("known exploited since ");
        print_text(facts.kev_date);
        printf(", fix due ");
        print_text(facts.kev_due);
        printf(": ");
        print_text(facts.kev_name);
        printf("\n");
    }
    printf("\n");
}

static int run_query(const struct sw_command *command, int argc, char **argv, bool is_search)
{
    struct sw_db_query query;
    int status = SW_EXIT_DONE;
    struct sw_err err = {0};
    struct sw_advisory *advisories = NULL;
    size_t n = 0;
    if (sw_db_query_open(&query, command, argc, argv, &status) < 0)
        goto out;
    if (query.operand == NULL) {
        status = sw_command_fail(
            SW_EXIT_USAGE, is_search ? "name a package" : "name a CVE or an advisory");
        goto out;
    }
    struct sw_str name = sw_str_of(query.operand);
    int r = is_search ? sw_vulndb_search(query.database, name, &query.region, &advisories, &n, &err)
                      : sw_vulndb_find_advisories(
                            query.database, name, &query.region, &advisories, &n, &err);
    if (r < 0) {
        status = sw_command_fail(SW_EXIT_FAILED, err.message);
        goto out;
    }
    if (!is_search)
        print_cve(&query, name);
    for (size_t i = 0; i < n; i++)
        print_advisory(&advisories[i]);
    if (n == 0) {
        printf("nothing known of '");
        print_text(name);
        printf("' in ");
        print_text(sw_str_of(query.path));
        printf("\n");
    }
out:
    sw_db_query_done(&query);
    return status;
}

static int run_show(const struct sw_command *command, int argc, char **argv)
{
    return run_query(command, argc, argv, false);
}

static int run_search(const struct sw_command *command, int argc, char **argv)
{
    return run_query(command, argc, argv, true);
}

const struct sw_command sw_db_show_command = {
    .name = "db show",
    .usage = "db show [--db FILE] ID",
    .summary = "Show all that is known of a CVE or an advisory",
    .help = "Example:\n  seawall db show CVE-2023-5363\n",
    .options = sw_db_query_options,
    .run = run_show,
};

const struct sw_command sw_db_search_command = {
    .name = "db search",
    .usage = "db search [--db FILE] PACKAGE",
    .summary = "List the advisories on a package, on all systems",
    .help = "Example:\n  seawall db search openssl\n",
    .options = sw_db_query_options,
    .run = run_search,
};
