/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inventories to verdicts; once per run of a command that judges.
 */
#include "judge.h"

#include <errno.h>
#include <string.h>

#include "command.h"
#include "place.h"
#include "rescan_found.h"

#define DATABASE_OLD_S ((int64_t)3 * 86400)

static int parse_level(const char *text, enum sw_severity *ret, struct sw_err *err)
{
    if (text == NULL || sw_severity_find(sw_str_of(text), ret) == 0)
        return 0;
    return sw_err_set(
        err, -EINVAL, "'%s' is no severity; use negligible, low, medium, high or critical", text);
}

int sw_judge_init(struct sw_judge *judge, const struct sw_judge_values *values, struct sw_err *err)
{
    *judge = (struct sw_judge){.values = values, .now_s = sw_clock_wall_s()};
    sw_clock_format(judge->now_s, judge->now);
    int r = parse_level(values->severity, &judge->least, err);
    return r == 0 ? parse_level(values->fail_on, &judge->fail_on, err) : r;
}

/* Why there is none, in the region. */
static int find_none(struct sw_judge *judge, struct sw_region *region, int r, const char *path,
    struct sw_err *problem, struct sw_err *err)
{
    judge->database_problem = r == -ENOENT && path != NULL
                                  ? sw_region_printf(region, "there is no '%s'", path)
                                  : sw_region_strdup(region, sw_str_of(problem->message));
    if (judge->database_problem == NULL)
        return -ENOMEM;
    return judge->values->database != NULL ? sw_err_set(err, r, "%s", judge->database_problem) : 0;
}

int sw_judge_open(struct sw_judge *judge, struct sw_region *region, struct sw_err *err)
{
    struct sw_err problem = {0};
    const char *path = judge->values->database;
    if (path == NULL)
        path = sw_place_database(region);
    int r = path != NULL ? sw_vulndb_open(path, &judge->database, &problem) : -ENOENT;
    if (r < 0)
        return find_none(judge, region, r, path, &problem, err);
    struct sw_vulndb_info info = {0};
    r = sw_vulndb_get_info(judge->database, region, &info, &problem);
    if (r < 0) {
        sw_vulndb_closep(&judge->database);
        return find_none(judge, region, r, NULL, &problem, err);
    }
    int64_t created_s = 0;
    judge->database_info = (struct sw_database_info){
        .is_present = true,
        .path = sw_str_of(path),
        .created = info.created,
        .digest = info.digest,
    };
    if (sw_clock_parse(info.created, &created_s) == 0)
        judge->database_info.age_s = judge->now_s > created_s ? judge->now_s - created_s : 0;
    return 0;
}

void sw_judge_done(struct sw_judge *judge)
{
    sw_vulndb_closep(&judge->database);
    sw_region_done(&judge->ignore_region);
}

static int note_database(const struct sw_judge *judge, struct sw_report *report)
{
    const struct sw_database_info *info = &report->database;
    /* A gate must not pass because nothing was judged. */
    bool is_gate = judge->values->fail_on != NULL;
    if (!info->is_present)
        return sw_report_note(report, is_gate ? SW_NOTE_UNSUPPORTED : SW_NOTE_DATABASE, SW_STR_NONE,
            "database: none, because %s; packages are listed, not judged; next, one of: "
            "seawall db update --for TARGET, seawall db build --sources DIR, "
            "seawall db import FILE",
            judge->database_problem != NULL ? judge->database_problem : "it could not be opened");
    int64_t limit_s = judge->values->database_max_age_s;
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

int sw_judge_ignore(struct sw_judge *judge, bool is_quiet, struct sw_err *err)
{
    sw_region_init(&judge->ignore_region, SW_IGNORE_REGION_MAX);
    sw_ignore_init(&judge->rules, &judge->ignore_region);
    int r = sw_ignore_files_load(&judge->values->ignore, &judge->rules, err);
    if (r == 0)
        r = sw_ignore_use_init(&judge->use, &judge->rules, &judge->ignore_region);
    if (r < 0)
        return err->code == 0 ? sw_err_set(err, r, "ignore files: %s", strerror(-r)) : r;
    for (size_t i = 0; i < judge->rules.n_warnings && !is_quiet; i++)
        sw_command_fail(0, judge->rules.warnings[i]);
    return 0;
}

static bool is_wanted(const struct sw_judge *judge, const struct sw_finding *finding)
{
    /* A leaked secret or malware has no fix to wait for. */
    bool is_kept = finding->kind != SW_FINDING_VULNERABILITY || !judge->values->is_only_fixed ||
                   finding->status == SW_FIX_FIXED;
    return finding->severity >= judge->least && is_kept;
}

static int ignore(struct sw_judge *judge, struct sw_report *report, struct sw_err *err)
{
    struct sw_str today = sw_str_part(sw_str_of(judge->now), 0, 10);
    return judge->rules.n > 0 ? sw_ignore_apply(&judge->rules, &judge->use, report, today, err) : 0;
}

/* A gate must not pass because an engine that was asked for (clamd) was not there. */
static bool is_gate_blind(const struct sw_judge *judge, const struct sw_report *report)
{
    SW_VEC_EACH (note, &report->notes)
        if (note->kind == SW_NOTE_UNEXAMINED)
            return judge->values->fail_on != NULL;
    return false;
}

static void filter(struct sw_judge *judge, struct sw_report *report)
{
    size_t n = 0;
    for (size_t i = 0; i < report->findings.n; i++)
        if (is_wanted(judge, &report->findings.v[i]))
            report->findings.v[n++] = report->findings.v[i];
    report->findings.n = n;
    n = 0;
    for (size_t i = 0; i < report->ignored.n; i++)
        if (is_wanted(judge, &report->ignored.v[i].finding))
            report->ignored.v[n++] = report->ignored.v[i];
    report->ignored.n = n;
    judge->is_incomplete =
        judge->is_incomplete || sw_report_is_incomplete(report) || is_gate_blind(judge, report);
    if (judge->values->fail_on != NULL)
        SW_VEC_EACH (finding, &report->findings)
            judge->has_failing =
                judge->has_failing || sw_gate_is_at_or_above(finding, judge->fail_on);
}

int sw_judge_filter(struct sw_judge *judge, struct sw_report *report, struct sw_err *err)
{
    int r = ignore(judge, report, err);
    if (r == 0)
        filter(judge, report);
    return r;
}

int sw_judge_take(struct sw_judge *judge, struct sw_report *report, struct sw_err *err)
{
    if (!sw_report_has_aspect(report, SW_ASPECT_VULN))
        return sw_judge_filter(judge, report, err);
    report->database = judge->database_info;
    int r = note_database(judge, report);
    if (r == 0)
        r = sw_vulndb_match(
            judge->database, report, sw_str_part(sw_str_of(judge->now), 0, 10), err);
    if (r == 0)
        r = ignore(judge, report, err);
    if (r < 0)
        return r;
    if (judge->cache_dir != NULL && judge->database != NULL)
        sw_found_save(judge->cache_dir, report);
    filter(judge, report);
    return 0;
}

enum sw_exit sw_judge_exit(const struct sw_judge *judge)
{
    return sw_gate_exit(
        judge->has_failing, judge->is_incomplete && !judge->values->is_incomplete_allowed);
}
