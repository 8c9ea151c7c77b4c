/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads dpkg's status files: stanzas of "Field: value" with continuation lines, a blank line
 * between them. Called once per file and layer, on hostile bytes. A broken stanza is noted and
 * skipped, the others are kept.
 */
#include "catalog/dpkg.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"

/* A desktop with everything has some 10 MiB. */
#define DPKG_MAX_BYTES ((size_t)64 * 1024 * 1024)
/* Broken stanzas that get a note each; the others are counted in one more. */
#define DPKG_NOTES_MAX 20

struct stanza {
    struct sw_str name;
    struct sw_str status;
    struct sw_str version;
    struct sw_str source;
    struct sw_str arch;
    struct sw_str maintainer;
    struct sw_str origin;
    size_t line;   /* its first line, 1-based */
    bool is_any;   /* holds at least one line */
    bool is_named; /* has a Package field, be it empty */
};

struct list {
    struct sw_analyzer_context *context;
    struct sw_str path;
    bool is_status_d; /* there a package needs no Status */
    bool is_opkg;
    SW_VEC(struct sw_package) packages;
    size_t n_broken;
};

static const struct {
    const char *name;
    size_t offset;
} fields[] = {
    {"Package", offsetof(struct stanza, name)},
    {"Status", offsetof(struct stanza, status)},
    {"Version", offsetof(struct stanza, version)},
    {"Source", offsetof(struct stanza, source)},
    {"Architecture", offsetof(struct stanza, arch)},
    {"Maintainer", offsetof(struct stanza, maintainer)},
    {"Origin", offsetof(struct stanza, origin)},
};

static struct sw_str *find_field(struct stanza *stanza, struct sw_str name)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(fields); i++)
        if (sw_str_equal_ignore_case(name, sw_str_of(fields[i].name)))
            return (void *)((char *)stanza + fields[i].offset);
    return NULL;
}

/* The states in which a package's files are there. A half-installed one is not counted: its
 * unpacking failed. "want flag status", as in "install ok installed". */
static bool is_installed(struct sw_str status)
{
    static const char *const states[] = {
        "installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"};
    ptrdiff_t at = sw_str_find_last_char(status, ' ');
    struct sw_str state = sw_str_skip(status, (size_t)(at + 1));
    for (size_t i = 0; i < SW_ARRAY_SIZE(states); i++)
        if (sw_str_equal_z(state, states[i]))
            return true;
    return false;
}

static bool is_version(struct sw_str version)
{
    for (size_t i = 0; i < version.n; i++) {
        char c = version.p[i];
        bool is_alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_alnum && (c == '\0' || strchr(".+-~:_", c) == NULL))
            return false;
    }
    return version.n > 0;
}

/* Why this stanza is no package; NULL when it is one. */
static const char *find_defect(const struct list *list, const struct stanza *stanza)
{
    if (sw_str_is_empty(stanza->name))
        return "no package name";
    if (sw_str_is_empty(stanza->version))
        return "no version";
    if (stanza->name.n > SW_PACKAGE_TEXT_MAX || stanza->version.n > SW_PACKAGE_TEXT_MAX ||
        stanza->source.n > SW_PACKAGE_TEXT_MAX || stanza->arch.n > SW_PACKAGE_TEXT_MAX)
        return "a field is too long";
    if (!is_version(stanza->version))
        return "the version holds characters that no version has";
    if (sw_str_is_empty(stanza->status) && !list->is_status_d)
        return "no status";
    return NULL;
}

static int note_broken(struct list *list, const struct stanza *stanza, const char *why)
{
    if (++list->n_broken > DPKG_NOTES_MAX)
        return 0;
    struct sw_str name = sw_str_part(stanza->name, 0, 100);
    return sw_analyzer_note(list->context, SW_NOTE_UNREADABLE, list->path,
        "skipped the stanza '%.*s' at line %zu: %s", SW_STR_ARG(name), stanza->line, why);
}

/* "name (version)": the version is named where it differs from the binary package's. */
static void split_source(
    const struct stanza *stanza, struct sw_str *ret_name, struct sw_str *ret_version)
{
    *ret_name = stanza->name;
    *ret_version = stanza->version;
    ptrdiff_t open = sw_str_find_char(stanza->source, '(');
    struct sw_str name = stanza->source;
    if (open >= 0) {
        name = sw_str_part(stanza->source, 0, (size_t)open);
        struct sw_str version = sw_str_skip(stanza->source, (size_t)open + 1);
        ptrdiff_t close = sw_str_find_char(version, ')');
        version = sw_str_trim(sw_str_part(version, 0, close < 0 ? version.n : (size_t)close));
        if (is_version(version))
            *ret_version = version;
    }
    name = sw_str_trim(name);
    if (!sw_str_is_empty(name))
        *ret_name = name;
}

/* Cut to what a package may hold; most share maintainer and architecture with the one before. */
static int copy(
    struct sw_region *region, struct sw_str s, const struct sw_str *before, struct sw_str *ret)
{
    return sw_region_copy_shared(region, sw_str_part(s, 0, SW_PACKAGE_TEXT_MAX), before, ret);
}

static int add_package(struct list *list, const struct stanza *stanza)
{
    struct sw_region *region = list->context->region;
    const struct sw_package *last =
        list->packages.n > 0 ? &list->packages.v[list->packages.n - 1] : NULL;
    struct sw_package package = {.type = SW_PACKAGE_DPKG, .layer = SW_PACKAGE_NO_LAYER};
    struct sw_str source_name = SW_STR_NONE;
    struct sw_str source_version = SW_STR_NONE;
    split_source(stanza, &source_name, &source_version);
    if (copy(region, stanza->name, NULL, &package.name) < 0 ||
        copy(region, stanza->version, NULL, &package.version) < 0 ||
        copy(region, stanza->arch, last ? &last->arch : NULL, &package.arch) < 0 ||
        copy(region, source_name, &package.name, &package.source_name) < 0 ||
        copy(region, source_version, &package.version, &package.source_version) < 0 ||
        copy(region, stanza->maintainer, last ? &last->maintainer : NULL, &package.maintainer) <
            0 ||
        copy(region, stanza->origin, last ? &last->vendor : NULL, &package.vendor) < 0)
        return -ENOMEM;
    return sw_vec_push(&list->packages, package, SW_PACKAGES_MAX);
}

static int add(struct list *list, const struct stanza *stanza)
{
    if (!stanza->is_any)
        return 0;
    if (stanza->is_named && !sw_str_is_empty(stanza->name) && !sw_str_is_empty(stanza->status) &&
        !is_installed(stanza->status))
        return 0;
    const char *defect = find_defect(list, stanza);
    if (defect != NULL)
        return note_broken(list, stanza, defect);
    return add_package(list, stanza);
}

/* One line that is not blank. A second Package field begins a stanza, as if the blank line before
 * it were there; any other field counts when it comes first. */
static int read_line(struct list *list, struct stanza *stanza, struct sw_str line, size_t number)
{
    int r = 0;
    ptrdiff_t colon = sw_str_find_char(line, ':');
    bool is_field = colon > 0 && line.p[0] != ' ' && line.p[0] != '\t';
    struct sw_str *value =
        is_field ? find_field(stanza, sw_str_part(line, 0, (size_t)colon)) : NULL;
    if (value == &stanza->name && stanza->is_named) {
        r = add(list, stanza);
        *stanza = (struct stanza){0};
    }
    if (!stanza->is_any)
        stanza->line = number;
    stanza->is_any = true;
    if (value == NULL)
        return r;
    stanza->is_named |= value == &stanza->name;
    if (value->p == NULL)
        *value = sw_str_trim(sw_str_skip(line, (size_t)colon + 1));
    return r;
}

static int read_stanzas(struct list *list, struct sw_str bytes)
{
    struct stanza stanza = {0};
    struct sw_str line = SW_STR_NONE;
    int r = 0;
    for (size_t number = 1; r == 0 && sw_str_next_line(&bytes, &line); number++) {
        if (!sw_str_is_empty(sw_str_trim(line))) {
            r = read_line(list, &stanza, line, number);
            continue;
        }
        r = add(list, &stanza);
        stanza = (struct stanza){0};
    }
    return r < 0 ? r : add(list, &stanza);
}

/* Hands the packages over: what is in the fact lives in the region. */
static int finish(struct list *list)
{
    size_t n = list->packages.n;
    if (list->n_broken > DPKG_NOTES_MAX) {
        int r = sw_analyzer_note(list->context, SW_NOTE_UNREADABLE, list->path,
            "skipped %zu more broken stanzas", list->n_broken - DPKG_NOTES_MAX);
        if (r < 0)
            return r;
    }
    if (list->is_opkg)
        return sw_analyzer_note(list->context, SW_NOTE_UNSUPPORTED, list->path,
            "opkg is not supported: %zu packages are not examined", n);
    struct sw_package *packages =
        sw_region_array(list->context->region, n, sizeof(struct sw_package));
    if (packages == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        packages[i] = list->packages.v[i];
    return sw_analyzer_packages(list->context, list->path, packages, n);
}

/* What else dpkg keeps per package, and distroless images put beside the control file. */
static bool is_companion(struct sw_str path)
{
    static const char *const suffixes[] = {".md5sums", ".preinst", ".postinst", ".prerm", ".postrm",
        ".config", ".templates", ".triggers", ".shlibs", ".symbols", ".conffiles", ".list"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(suffixes); i++)
        if (sw_str_ends_with(path, sw_str_of(suffixes[i])))
            return true;
    return false;
}

static int analyze(struct sw_analyzer_context *context, const struct sw_analyzer_file *files,
    size_t n_files, struct sw_err *err)
{
    (void)n_files;
    struct list list = {.context = context, .path = files[0].path};
    list.is_status_d = sw_str_find(list.path, SW_STR("/status.d/")) >= 0;
    list.is_opkg = sw_str_ends_with(list.path, SW_STR("lib/opkg/status"));
    if (list.is_status_d && is_companion(list.path))
        return 0;
    int r = read_stanzas(&list, files[0].bytes);
    if (r == -EFBIG)
        r = sw_analyzer_note(context, SW_NOTE_LIMIT, files[0].path,
            "more than %zu packages: the rest is left out", SW_PACKAGES_MAX);
    if (r == 0)
        r = finish(&list);
    sw_vec_done(&list.packages);
    return r < 0 ? sw_err_wrap(err, r, "dpkg status") : 0;
}

static int see_info(struct sw_analyzer_context *context, const struct sw_analyzer_file *files,
    size_t n_files, struct sw_err *err)
{
    (void)n_files;
    struct sw_fact fact = {
        .kind = SW_FACT_SEEN,
        .section = SW_STR_INIT("dpkg-info"),
        .text = SW_STR_INIT("dpkg file list"),
    };
    if (sw_region_copy(context->region, files[0].path, &fact.path) < 0)
        return sw_err_set(err, -ENOMEM, "out of memory");
    int r = sw_facts_add(context->facts, &fact);
    /* Past the cap the layer counts what it drops, and a note says so. */
    return r == -EFBIG ? 0 : r;
}

const struct sw_analyzer sw_dpkg_analyzer = {
    .name = "dpkg",
    .version = 1,
    .want = SW_WANT_WHOLE,
    .max_bytes = DPKG_MAX_BYTES,
    .wants.paths = (const char *const[]){"var/lib/dpkg/status", "usr/lib/dpkg/status",
        "var/lib/opkg/status", "usr/lib/opkg/status", NULL},
    .wants.directories =
        (const char *const[]){"var/lib/dpkg/status.d", "usr/lib/dpkg/status.d", NULL},
    .analyze = analyze,
};

const struct sw_analyzer sw_dpkg_info_analyzer = {
    .name = "dpkg-info",
    .version = 1,
    .want = SW_WANT_NAME,
    .wants.patterns = (const char *const[]){"var/lib/dpkg/info/*.list", NULL},
    .analyze = see_info,
};
