/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads os-release (quoted as a shell would), lsb-release and the one-line files of elder systems.
 * Called a few times per layer, on hostile bytes.
 */
#include "catalog/os_release.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "catalog/os_text_priv.h"

/* Real files have some 500 bytes. */
#define OS_HEAD_BYTES ((size_t)65536)
/* A field longer than this is cut; it is what the JSON of a system may hold. */
#define OS_FIELD_MAX ((size_t)1024)

/* The keys of os-release and lsb-release that are kept. */
struct keys {
    struct sw_str id, version_id, version, codename, ubuntu_codename, name, pretty, id_like, cpe,
        variant;
};

static struct sw_str *find_key(struct keys *keys, struct sw_str name)
{
    const struct {
        const char *name;
        struct sw_str *value;
    } table[] = {
        {"ID", &keys->id},
        {"VERSION_ID", &keys->version_id},
        {"VERSION", &keys->version},
        {"VERSION_CODENAME", &keys->codename},
        {"UBUNTU_CODENAME", &keys->ubuntu_codename},
        {"NAME", &keys->name},
        {"PRETTY_NAME", &keys->pretty},
        {"ID_LIKE", &keys->id_like},
        {"CPE_NAME", &keys->cpe},
        {"VARIANT_ID", &keys->variant},
        {"DISTRIB_ID", &keys->name},
        {"DISTRIB_RELEASE", &keys->version_id},
        {"DISTRIB_CODENAME", &keys->codename},
        {"DISTRIB_DESCRIPTION", &keys->pretty},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(table); i++)
        if (sw_str_equal_z(name, table[i].name))
            return table[i].value;
    return NULL;
}

/* A value as the shell reads it: quotes of both kinds, backslashes, no expansion. Ends at white
 * space outside quotes. A quote that is never closed ends with the line. */
static int unquote(struct sw_region *region, struct sw_str text, struct sw_str *ret)
{
    text = sw_str_trim(text);
    char *out = sw_region_alloc(region, text.n + 1);
    if (out == NULL)
        return -ENOMEM;
    size_t n = 0;
    char quote = '\0';
    for (size_t i = 0; i < text.n && n < OS_FIELD_MAX; i++) {
        char c = text.p[i];
        if (quote == '\0' && (c == '"' || c == '\'')) {
            quote = c;
        } else if (quote != '\0' && c == quote) {
            quote = '\0';
        } else if (quote == '\0' && (c == ' ' || c == '\t')) {
            break;
        } else if (c == '\\' && quote != '\'' && i + 1 < text.n &&
                   (quote == '\0' || strchr("\"\\$`", text.p[i + 1]) != NULL)) {
            out[n++] = text.p[++i];
        } else {
            out[n++] = c;
        }
    }
    *ret = sw_str_trim((struct sw_str){out, n});
    return 0;
}

static int read_keys(struct sw_region *region, struct sw_str bytes, struct keys *keys)
{
    struct sw_str line = SW_STR_NONE;
    while (sw_str_next_line(&bytes, &line)) {
        line = sw_str_trim(line);
        ptrdiff_t equals = sw_str_find_char(line, '=');
        if (equals <= 0 || line.p[0] == '#')
            continue;
        struct sw_str *value = find_key(keys, sw_str_part(line, 0, (size_t)equals));
        if (value != NULL && unquote(region, sw_str_skip(line, (size_t)equals + 1), value) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* "8 (jessie)" names the release in brackets, one lower-case word. */
static struct sw_str codename_of_version(struct sw_str version)
{
    ptrdiff_t open = sw_str_find_char(version, '(');
    struct sw_str word = open < 0 ? SW_STR_NONE : sw_str_skip(version, (size_t)open + 1);
    ptrdiff_t close = sw_str_find_char(word, ')');
    word = close < 0 ? SW_STR_NONE : sw_str_part(word, 0, (size_t)close);
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] < 'a' || word.p[i] > 'z')
            return SW_STR_NONE;
    return word;
}

static int read_os_release(
    struct sw_region *region, struct sw_str bytes, bool is_lsb, struct sw_os *os)
{
    struct keys keys = {0};
    if (read_keys(region, bytes, &keys) < 0)
        return -ENOMEM;
    struct sw_str id = keys.id;
    if (sw_str_is_empty(id) && !sw_str_is_empty(keys.name)) {
        const char *known = sw_os_text_find_id(keys.name);
        id = known != NULL ? sw_str_of(known)
             : is_lsb      ? sw_os_text_first_word(keys.name)
                           : SW_STR_NONE;
    }
    if (sw_os_text_lower(region, id, &os->id) < 0)
        return -ENOMEM;
    os->version_id = keys.version_id;
    os->codename = keys.codename;
    if (sw_str_is_empty(os->codename))
        os->codename = keys.ubuntu_codename;
    if (sw_str_is_empty(os->codename))
        os->codename = codename_of_version(keys.version);
    os->name = sw_str_is_empty(keys.pretty) ? keys.name : keys.pretty;
    os->id_like = keys.id_like;
    os->cpe = keys.cpe;
    os->variant = keys.variant;
    return 0;
}

/* The first line, up to a NUL. */
static struct sw_str first_line(struct sw_str bytes)
{
    struct sw_str line = SW_STR_NONE;
    if (!sw_str_next_line(&bytes, &line))
        return SW_STR_NONE;
    line = sw_str_part(sw_str_trim(line), 0, OS_FIELD_MAX);
    return sw_str_part(line, 0, strnlen(line.p, line.n));
}

/* "12.5", or "trixie/sid" for what is not released. The number is cut to the part before the point,
 * as VERSION_ID of os-release has it. */
static int read_debian_version(struct sw_region *region, struct sw_str bytes, struct sw_os *os)
{
    struct sw_str line = first_line(bytes);
    if (line.p == NULL || line.n == 0)
        return 0;
    char *name = sw_region_printf(region, "Debian GNU/Linux %.*s", SW_STR_ARG(line));
    if (name == NULL)
        return -ENOMEM;
    os->id = SW_STR("debian");
    os->name = sw_str_of(name);
    struct sw_str copy = sw_str_skip(os->name, os->name.n - line.n);
    if (line.p[0] >= '0' && line.p[0] <= '9') {
        ptrdiff_t point = sw_str_find_char(copy, '.');
        os->version_id = sw_str_part(copy, 0, point < 0 ? copy.n : (size_t)point);
        return 0;
    }
    ptrdiff_t slash = sw_str_find_char(copy, '/');
    os->codename = sw_str_part(copy, 0, slash < 0 ? copy.n : (size_t)slash);
    return 0;
}

static int read_alpine_release(struct sw_region *region, struct sw_str bytes, struct sw_os *os)
{
    struct sw_str line = first_line(bytes);
    if (line.p == NULL || line.n == 0)
        return 0;
    char *name = sw_region_printf(region, "Alpine Linux v%.*s", SW_STR_ARG(line));
    if (name == NULL)
        return -ENOMEM;
    os->id = SW_STR("alpine");
    os->name = sw_str_of(name);
    os->version_id = sw_str_skip(os->name, os->name.n - line.n);
    return 0;
}

int sw_os_release_parse(
    struct sw_str path, struct sw_str bytes, struct sw_region *region, struct sw_os *ret)
{
    struct sw_os os = {0};
    int r = 0;
    if (sw_str_ends_with(path, SW_STR("/os-release")) ||
        sw_str_find(path, SW_STR("os.release.d/")) >= 0)
        r = read_os_release(region, bytes, false, &os);
    else if (sw_str_ends_with(path, SW_STR("lsb-release")))
        r = read_os_release(region, bytes, true, &os);
    else if (sw_str_ends_with(path, SW_STR("debian_version")))
        r = read_debian_version(region, bytes, &os);
    else if (sw_str_ends_with(path, SW_STR("alpine-release")))
        r = read_alpine_release(region, bytes, &os);
    else if (sw_str_ends_with(path, SW_STR("system-release-cpe")))
        r = sw_os_text_read_cpe(region, bytes, &os);
    else
        r = sw_os_text_read_release(region, bytes, &os);
    if (r == 0)
        r = sw_region_copy(region, path, &os.path);
    if (r < 0)
        return r;
    *ret = os;
    return 0;
}

static int analyze(struct sw_analyzer_context *context, const struct sw_analyzer_file *files,
    size_t n_files, struct sw_err *err)
{
    (void)n_files;
    struct sw_fact fact = {.kind = SW_FACT_OS, .section = sw_str_of(context->analyzer->name)};
    int r = sw_os_release_parse(files[0].path, files[0].bytes, context->region, &fact.os);
    if (r == 0 && files[0].size_bytes > files[0].bytes.n)
        r = sw_analyzer_note(context, SW_NOTE_LIMIT, files[0].path,
            "only the first %zu bytes were read", files[0].bytes.n);
    if (r == 0) {
        /* Also when it names no system: a lower layer's file of this path is gone. */
        fact.path = fact.os.path;
        r = sw_facts_add(context->facts, &fact);
    }
    return r < 0 ? sw_err_wrap(err, r, "system release") : 0;
}

const struct sw_analyzer sw_os_analyzer = {
    .name = "os",
    .version = 1,
    .want = SW_WANT_HEAD,
    .max_bytes = OS_HEAD_BYTES,
    .wants.paths = (const char *const[]){"etc/os-release", "usr/lib/os-release", "etc/lsb-release",
        "etc/debian_version", "etc/alpine-release", "etc/almalinux-release", "etc/rocky-release",
        "etc/oracle-release", "etc/centos-release", "etc/fedora-release", "etc/redhat-release",
        "etc/system-release", "etc/system-release-cpe", "etc/SuSE-release", "etc/photon-release",
        "etc/mariner-release", "etc/azurelinux-release", "etc/issue", NULL},
    /* Fedora's usr/lib/os-release has been a link to one of these. */
    .wants.directories = (const char *const[]){"usr/lib/os.release.d", NULL},
    .analyze = analyze,
};
