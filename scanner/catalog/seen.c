/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells by name alone which files are application packages. Called for every file with one of the
 * wanted endings, so it looks at nothing but the path.
 */
#include "catalog/seen.h"

#include <errno.h>

#include "base/mem.h"

/* One kind: each part that is not empty must hold. */
struct kind {
    const char *label;
    struct sw_str prefix;    /* of the path */
    struct sw_str suffix;    /* of the path; begins with '/' to mean a whole name */
    struct sw_str directory; /* a component that the path must go through; begins with '.' to mean
                                the ending of the last directory */
};

#define KIND(kind_label, path_prefix, path_suffix, path_directory)                                 \
    {                                                                                              \
        .label = (kind_label), .prefix = SW_STR_INIT(path_prefix),                                 \
        .suffix = SW_STR_INIT(path_suffix), .directory = SW_STR_INIT(path_directory)               \
    }

static const struct kind kinds[] = {
    KIND(".jar", "", ".jar", ""),
    KIND(".war", "", ".war", ""),
    KIND(".ear", "", ".ear", ""),
    KIND(".par", "", ".par", ""),
    KIND(".jpi", "", ".jpi", ""),
    KIND(".hpi", "", ".hpi", ""),
    KIND("package.json", "", "/package.json", "node_modules"),
    KIND(".dist-info", "", "/METADATA", ".dist-info"),
    KIND(".egg-info", "", "/PKG-INFO", ".egg-info"),
    KIND(".egg-info", "", ".egg-info", ""),
    KIND(".gemspec", "", ".gemspec", "specifications"),
    KIND("composer installed.json", "", "/installed.json", "composer"),
    KIND(".deps.json", "", ".deps.json", ""),
    KIND("conda package", "", ".json", "conda-meta"),
    KIND("R package", "", "/DESCRIPTION", "site-library"),
    KIND("R package", "usr/lib/R/library/", "/DESCRIPTION", ""),
    KIND("pacman package", "var/lib/pacman/local/", "/desc", ""),
    KIND("portage package", "var/db/pkg/", "/CONTENTS", ""),
    KIND("snap", "var/lib/snapd/snaps/", ".snap", ""),
};

/* True when the path goes through a directory of this name; the last component is no directory. */
static bool goes_through(struct sw_str path, struct sw_str directory)
{
    struct sw_str name = SW_STR_NONE;
    while (sw_str_next_token(&path, '/', &name))
        if (path.p != NULL && sw_str_equal(name, directory))
            return true;
    return false;
}

static bool is_kind(struct sw_str path, const struct kind *kind)
{
    if (!sw_str_starts_with(path, kind->prefix))
        return false;
    bool is_whole_name = kind->suffix.p[0] == '/';
    if (!sw_str_ends_with(path, kind->suffix) || (!is_whole_name && path.n == kind->suffix.n))
        return false;
    if (sw_str_is_empty(kind->directory))
        return true;
    if (kind->directory.p[0] != '.')
        return goes_through(path, kind->directory);
    return sw_str_ends_with(sw_str_part(path, 0, path.n - kind->suffix.n), kind->directory);
}

const char *sw_seen_find_kind(struct sw_str path)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(kinds); i++)
        if (is_kind(path, &kinds[i]))
            return kinds[i].label;
    return NULL;
}

static int analyze(struct sw_analyzer_context *context, const struct sw_analyzer_file *files,
    size_t n_files, struct sw_err *err)
{
    (void)n_files;
    const char *kind = sw_seen_find_kind(files[0].path);
    if (kind == NULL)
        return 0;
    struct sw_fact fact = {
        .kind = SW_FACT_SEEN,
        .section = sw_str_of(context->analyzer->name),
        .text = sw_str_of(kind),
    };
    if (sw_region_copy(context->region, files[0].path, &fact.path) < 0)
        return sw_err_set(err, -ENOMEM, "out of memory");
    int r = sw_facts_add(context->facts, &fact);
    /* Past the cap the layer counts what it drops, and a note says so. */
    return r == -EFBIG ? 0 : r;
}

const struct sw_analyzer sw_seen_analyzer = {
    .name = "seen",
    .version = 1,
    .want = SW_WANT_NAME,
    .wants.basenames = (const char *const[]){"package.json", "METADATA", "PKG-INFO",
        "installed.json", "DESCRIPTION", "CONTENTS", "desc", NULL},
    .wants.suffixes = (const char *const[]){".jar", ".war", ".ear", ".par", ".jpi", ".hpi",
        ".egg-info", ".gemspec", ".json", ".snap", NULL},
    .analyze = analyze,
};
