/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads apk's list of installed packages: entries of "X:value" lines, a blank line between them.
 * Called once per layer that holds the file, on hostile bytes. A broken entry is noted and skipped,
 * the others are kept.
 */
#include "catalog/apk.h"

#include <errno.h>

#include "base/mem.h"
#include "base/vec.h"

/* The list also names every file of every package; the largest real ones have some 20 MiB. */
#define APK_MAX_BYTES ((size_t)64 * 1024 * 1024)
/* Broken entries that get a note each; the others are counted in one more. */
#define APK_NOTES_MAX 20

struct entry {
    struct sw_str name;       /* P */
    struct sw_str version;    /* V */
    struct sw_str arch;       /* A */
    struct sw_str origin;     /* o */
    struct sw_str maintainer; /* m */
    struct sw_str licence;    /* L */
    size_t line;              /* its first line, 1-based */
    bool is_any;              /* holds at least one line */
};

struct list {
    struct sw_analyzer_context *context;
    struct sw_str path;
    SW_VEC(struct sw_package) packages;
    size_t n_broken;
};

static struct sw_str *field(struct entry *entry, char key)
{
    switch (key) {
    case 'P':
        return &entry->name;
    case 'V':
        return &entry->version;
    case 'A':
        return &entry->arch;
    case 'o':
        return &entry->origin;
    case 'm':
        return &entry->maintainer;
    case 'L':
        return &entry->licence;
    default:
        return NULL;
    }
}

static int note_broken(struct list *list, const struct entry *entry, const char *why)
{
    if (++list->n_broken > APK_NOTES_MAX)
        return 0;
    struct sw_str name = sw_str_part(entry->name, 0, 100);
    return sw_analyzer_note(list->context, SW_NOTE_UNREADABLE, list->path,
        "skipped the entry '%.*s' at line %zu: %s", SW_STR_ARG(name), entry->line, why);
}

/* Why this entry is no package; NULL when it is one. */
static const char *find_defect(const struct entry *entry)
{
    if (sw_str_is_empty(entry->name))
        return "no package name";
    if (sw_str_is_empty(entry->version))
        return "no version";
    if (entry->name.n > SW_PACKAGE_TEXT_MAX || entry->version.n > SW_PACKAGE_TEXT_MAX ||
        entry->origin.n > SW_PACKAGE_TEXT_MAX || entry->arch.n > SW_PACKAGE_TEXT_MAX)
        return "a field is too long";
    return NULL;
}

static int add(struct list *list, const struct entry *entry)
{
    if (!entry->is_any)
        return 0;
    const char *defect = find_defect(entry);
    if (defect != NULL)
        return note_broken(list, entry, defect);
    struct sw_region *region = list->context->region;
    struct sw_package package = {.type = SW_PACKAGE_APK, .layer = SW_PACKAGE_NO_LAYER};
    struct sw_str origin = sw_str_is_empty(entry->origin) ? entry->name : entry->origin;
    if (sw_region_copy(region, entry->name, &package.name) < 0 ||
        sw_region_copy(region, entry->version, &package.version) < 0 ||
        sw_region_copy(region, entry->arch, &package.arch) < 0 ||
        sw_region_copy(region, origin, &package.source_name) < 0 ||
        sw_region_copy(region, sw_str_part(entry->maintainer, 0, SW_PACKAGE_TEXT_MAX),
            &package.maintainer) < 0 ||
        sw_region_copy(
            region, sw_str_part(entry->licence, 0, SW_PACKAGE_TEXT_MAX), &package.licence) < 0)
        return -ENOMEM;
    package.source_version = package.version;
    return sw_vec_push(&list->packages, package, SW_PACKAGES_MAX);
}

static int read_entries(struct list *list, struct sw_str bytes)
{
    struct entry entry = {0};
    struct sw_str line = SW_STR_NONE;
    int r = 0;
    for (size_t number = 1; r == 0 && sw_str_next_line(&bytes, &line); number++) {
        if (line.n == 0) {
            r = add(list, &entry);
            entry = (struct entry){0};
            continue;
        }
        if (!entry.is_any)
            entry.line = number;
        entry.is_any = true;
        struct sw_str *value = line.n >= 2 && line.p[1] == ':' ? field(&entry, line.p[0]) : NULL;
        if (value != NULL)
            *value = sw_str_trim(sw_str_skip(line, 2));
    }
    return r < 0 ? r : add(list, &entry);
}

/* Hands the packages over: what is in the fact lives in the region. */
static int finish(struct list *list)
{
    size_t n = list->packages.n;
    struct sw_package *packages =
        sw_region_array(list->context->region, n, sizeof(struct sw_package));
    if (packages == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        packages[i] = list->packages.v[i];
    int r = sw_analyzer_packages(list->context, list->path, packages, n);
    if (r == 0 && list->n_broken > APK_NOTES_MAX)
        r = sw_analyzer_note(list->context, SW_NOTE_UNREADABLE, list->path,
            "skipped %zu more broken entries", list->n_broken - APK_NOTES_MAX);
    return r;
}

static int analyze(struct sw_analyzer_context *context, const struct sw_analyzer_file *files,
    size_t n_files, struct sw_err *err)
{
    (void)n_files;
    struct list list = {.context = context, .path = files[0].path};
    int r = read_entries(&list, files[0].bytes);
    if (r == -EFBIG)
        r = sw_analyzer_note(context, SW_NOTE_LIMIT, files[0].path,
            "more than %zu packages: the rest is left out", SW_PACKAGES_MAX);
    if (r == 0)
        r = finish(&list);
    sw_vec_done(&list.packages);
    return r < 0 ? sw_err_wrap(err, r, "apk database") : 0;
}

const struct sw_analyzer sw_apk_analyzer = {
    .name = "apk",
    .version = 1,
    .want = SW_WANT_WHOLE,
    .max_bytes = APK_MAX_BYTES,
    .wants.paths = (const char *const[]){"lib/apk/db/installed", "usr/lib/apk/db/installed", NULL},
    .analyze = analyze,
};
