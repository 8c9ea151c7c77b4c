/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Package databases behind links. A layer may move one to where no analyzer looks and leave a link:
 * what the link leads to was never read, and the report must say so. Once per image.
 */
#include "scan/fold_priv.h"

#include <errno.h>

#include "base/mem.h"

/* What analyzers of package databases name in their wants. */
static const char *const paths[] = {
    "var/lib/dpkg/status",
    "var/lib/dpkg/status.d",
    "usr/lib/dpkg/status",
    "usr/lib/dpkg/status.d",
    "lib/apk/db/installed",
    "usr/lib/apk/db/installed",
    "var/lib/rpm/rpmdb.sqlite",
    "var/lib/rpm/Packages.db",
    "var/lib/rpm/Packages",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/Packages.db",
    "usr/lib/sysimage/rpm/Packages",
    "usr/share/rpm/rpmdb.sqlite",
    "usr/share/rpm/Packages.db",
    "usr/share/rpm/Packages",
};

static bool is_read(struct sw_str path)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(paths); i++)
        if (sw_str_equal_z(path, paths[i]))
            return true;
    return false;
}

static int add_note(
    struct sw_report *report, const char *path, const struct sw_fold_trace *trace, bool is_loop)
{
    if (is_loop)
        return sw_report_note(report, SW_NOTE_UNREADABLE, sw_str_of(path),
            "not read: the link '%.*s' on the way leads in a circle",
            SW_STR_ARG(trace->link->name));
    return sw_report_note(report, SW_NOTE_UNREADABLE, sw_str_of(path),
        "not read: the link '%.*s' leads to '%.*s', where no package database is looked for",
        SW_STR_ARG(trace->link->name), (int)sw_str_part(trace->path, 0, 1024).n, trace->path.p);
}

int sw_fold_links_note(struct sw_fold_tree *tree, struct sw_report *report)
{
    /* One link may stand above several of them: it is told once. */
    const struct sw_fold_node *told[SW_ARRAY_SIZE(paths)] = {0};
    for (size_t i = 0; i < SW_ARRAY_SIZE(paths); i++) {
        struct sw_fold_trace trace;
        int r = sw_fold_tree_trace(tree, sw_str_of(paths[i]), &trace);
        if (r < 0 && r != -ELOOP && r != -ENAMETOOLONG)
            return r;
        bool is_told = trace.link == NULL || (r == 0 && is_read(trace.path));
        for (size_t k = 0; k < i && !is_told; k++)
            is_told = told[k] == trace.link;
        if (is_told)
            continue;
        told[i] = trace.link;
        r = add_note(report, paths[i], &trace, r < 0);
        if (r < 0)
            return r;
    }
    return 0;
}
