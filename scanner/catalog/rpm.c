/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds rpm databases and reads them, each directory once per layer: rpmdb.sqlite before
 * Packages.db before Packages, as rpm does; the first that lists packages stands for the directory,
 * and the others are named. Nothing is ever executed.
 *
 * A log without its database in the same layer is named, not applied: which database it belongs to
 * can be seen only when layers are folded, and its pages are not kept until then.
 */
#include "catalog/rpm.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#include "analyzer.h"
#include "base/mem.h"
#include "catalog/rpm_bdb.h"
#include "catalog/rpm_list.h"
#include "catalog/rpm_ndb.h"
#include "catalog/rpm_sqlite.h"

#define JOURNAL_MAGIC "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"

enum form { FORM_SQLITE, FORM_NDB, FORM_BDB, _FORM_MAX };

static const char *const form_names[_FORM_MAX] = {"rpmdb.sqlite", "Packages.db", "Packages"};

struct group {
    const struct sw_analyzer_file *forms[_FORM_MAX];
    const struct sw_analyzer_file *log;
    const struct sw_analyzer_file *journal;
};

static struct group sort_files(const struct sw_analyzer_file *files, size_t n_files)
{
    struct group group = {0};
    for (size_t i = 0; i < n_files; i++) {
        ptrdiff_t slash = sw_str_find_last_char(files[i].path, '/');
        struct sw_str name = sw_str_skip(files[i].path, (size_t)(slash + 1));
        for (int form = 0; form < _FORM_MAX; form++)
            if (sw_str_equal_z(name, form_names[form]))
                group.forms[form] = &files[i];
        if (sw_str_equal_z(name, "rpmdb.sqlite-wal"))
            group.log = &files[i];
        else if (sw_str_equal_z(name, "rpmdb.sqlite-journal"))
            group.journal = &files[i];
    }
    return group;
}

static int parse(
    const struct group *group, enum form form, struct sw_rpm_list *list, struct sw_err *err)
{
    struct sw_str bytes = group->forms[form]->bytes;
    switch (form) {
    case FORM_SQLITE:
        return sw_rpm_sqlite_parse(
            bytes, group->log != NULL ? group->log->bytes : SW_STR_NONE, list, err);
    case FORM_NDB:
        return sw_rpm_ndb_parse(bytes, list, err);
    case FORM_BDB:
        return sw_rpm_bdb_parse(bytes, list, err);
    case _FORM_MAX:
        break;
    }
    return sw_err_set(err, -EINVAL, "no such form");
}

int sw_rpm_read(const struct sw_analyzer_file *files, size_t n_files, struct sw_rpm_list *list,
    struct sw_str *ret_path)
{
    struct group group = sort_files(files, n_files);
    struct sw_err err = {0};
    for (int form = 0; form < _FORM_MAX && list->packages.n == 0; form++) {
        if (group.forms[form] == NULL)
            continue;
        *ret_path = group.forms[form]->path;
        int r = parse(&group, (enum form)form, list, &err);
        if (r == -ENOMEM)
            return r;
    }
    return 0;
}

/* What the reader could not say, as notes: r and err are its result. */
static int add_notes(struct sw_analyzer_context *context, const struct sw_rpm_list *list, int r,
    const struct sw_err *err)
{
    struct sw_str path = list->database;
    int s = 0;
    if (list->is_cut)
        s = sw_analyzer_note(context, SW_NOTE_LIMIT, path,
            "rpm database cut short after %zu packages", list->packages.n);
    else if (r == -EOPNOTSUPP)
        s = sw_analyzer_note(
            context, SW_NOTE_UNSUPPORTED, path, "rpm database not read: %s", err->message);
    else if (r < 0)
        s = sw_analyzer_note(
            context, SW_NOTE_UNREADABLE, path, "rpm database not read: %s", err->message);
    if (s == 0 && list->n_damaged > 0)
        s = sw_analyzer_note(context, SW_NOTE_UNREADABLE, path,
            "rpm database damaged in %llu place%s, %zu packages read; first: %s",
            (unsigned long long)list->n_damaged, list->n_damaged == 1 ? "" : "s", list->packages.n,
            list->damage.message);
    if (s == 0 && list->has_log_left)
        s = sw_analyzer_note(context, SW_NOTE_INFO, path,
            "its write-ahead log ends in a transaction without commit, which was left out");
    return s;
}

/* Reads one form and adds its facts: number of packages, or -ENOMEM. */
static ssize_t add_form(
    struct sw_analyzer_context *context, const struct group *group, enum form form)
{
    struct sw_str path;
    if (sw_region_copy(context->region, group->forms[form]->path, &path) < 0)
        return -ENOMEM;
    SW_CLEANUP(sw_rpm_list_done) struct sw_rpm_list list = {0};
    sw_rpm_list_init(&list, context->region, path);
    struct sw_err err = {0};
    int r = parse(group, form, &list, &err);
    if (r == -ENOMEM)
        return r;
    struct sw_package *packages =
        sw_region_array(context->region, list.packages.n, sizeof(*packages));
    if (packages == NULL)
        return -ENOMEM;
    if (list.packages.n > 0)
        memcpy(packages, list.packages.v, list.packages.n * sizeof(*packages));
    int s = sw_analyzer_packages(context, path, packages, list.packages.n);
    if (s == 0)
        s = add_notes(context, &list, r, &err);
    return s < 0 ? s : (ssize_t)list.packages.n;
}

static int add_unread(struct sw_analyzer_context *context, const struct sw_analyzer_file *file,
    const struct sw_analyzer_file *chosen)
{
    int r = sw_analyzer_packages(context, file->path, NULL, 0);
    if (r < 0)
        return r;
    return sw_analyzer_note(context, SW_NOTE_INFO, file->path,
        "another rpm database in the same directory, not read: packages are listed from '%.*s'",
        SW_STR_ARG(chosen->path));
}

static int add_leftovers(struct sw_analyzer_context *context, const struct group *group)
{
    if (group->log != NULL && group->log->bytes.n > 0 && group->forms[FORM_SQLITE] == NULL) {
        int r = sw_analyzer_note(context, SW_NOTE_UNREADABLE, group->log->path,
            "write-ahead log without its database in the same layer, not applied");
        if (r < 0)
            return r;
    }
    if (group->journal != NULL && sw_str_starts_with(group->journal->bytes, SW_STR(JOURNAL_MAGIC)))
        return sw_analyzer_note(context, SW_NOTE_UNREADABLE, group->journal->path,
            "rollback journal of an unfinished transaction, not applied: the database beside it "
            "may be half written");
    return 0;
}

static int analyze(struct sw_analyzer_context *context, const struct sw_analyzer_file *files,
    size_t n_files, struct sw_err *err)
{
    struct group group = sort_files(files, n_files);
    const struct sw_analyzer_file *chosen = NULL;
    for (int form = 0; form < _FORM_MAX; form++) {
        if (group.forms[form] == NULL)
            continue;
        ssize_t r = 0;
        if (chosen != NULL)
            r = add_unread(context, group.forms[form], chosen);
        else
            r = add_form(context, &group, (enum form)form);
        if (r < 0)
            return sw_err_set(err, (int)r, "out of memory for the packages of '%.*s'",
                SW_STR_ARG(group.forms[form]->path));
        if (r > 0)
            chosen = group.forms[form];
    }
    int r = add_leftovers(context, &group);
    return r < 0 ? sw_err_set(err, r, "out of memory") : 0;
}

#define ROOT_PATHS(root)                                                                           \
    root "/rpmdb.sqlite", root "/rpmdb.sqlite-wal", root "/rpmdb.sqlite-journal",                  \
        root "/Packages.db", root "/Packages"

const char *const sw_rpm_paths[] = {
    ROOT_PATHS("var/lib/rpm"),
    ROOT_PATHS("usr/lib/sysimage/rpm"),
    ROOT_PATHS("usr/share/rpm"),
    NULL,
};

const struct sw_analyzer sw_rpm_analyzer = {
    .name = "rpm",
    .version = 1,
    .want = SW_WANT_WHOLE,
    .max_bytes = SW_RPM_DATABASE_MAX_BYTES,
    .wants = {.paths = sw_rpm_paths},
    .is_grouped = true,
    .analyze = analyze,
};
