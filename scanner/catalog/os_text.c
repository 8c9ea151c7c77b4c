/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and versions of systems in prose. A table knows how each system calls itself; a name that
 * is not in it counts only in the form "Name release version".
 */
#include "catalog/os_text_priv.h"

#include <errno.h>

#include "base/mem.h"

#define TEXT_MAX ((size_t)256) /* of a line that names a system */

/* Longer names before their beginnings. */
static const struct {
    const char *prefix;
    const char *id;
} names[] = {
    {"Red Hat Enterprise", "rhel"},
    {"Red Hat Linux", "redhat-linux"}, /* the system before RHEL; its numbers mean other things */
    {"Red Hat", "rhel"},
    {"CentOS", "centos"},
    {"Fedora", "fedora"},
    {"AlmaLinux", "almalinux"},
    {"Rocky Linux", "rocky"},
    {"Oracle Linux", "ol"},
    {"Oracle Enterprise Linux", "ol"},
    {"Enterprise Linux Enterprise Linux", "ol"},
    {"Scientific Linux", "scientific"},
    {"CloudLinux", "cloudlinux"},
    {"Amazon Linux", "amzn"},
    {"VMware Photon", "photon"},
    {"Photon", "photon"},
    {"CBL-Mariner", "mariner"},
    {"Common Base Linux Mariner", "mariner"},
    {"Mariner", "mariner"},
    {"Microsoft Azure Linux", "azurelinux"},
    {"Azure Linux", "azurelinux"},
    {"AZURELINUX", "azurelinux"},
    {"SUSE Linux Enterprise Server", "sles"},
    {"SUSE Linux Enterprise Desktop", "sled"},
    {"SUSE Linux Enterprise", "sles"},
    {"openSUSE Leap", "opensuse-leap"},
    {"openSUSE Tumbleweed", "opensuse-tumbleweed"},
    {"openSUSE", "opensuse"},
    {"Debian", "debian"},
    {"Ubuntu", "ubuntu"},
    {"Alpine Linux", "alpine"},
    {"Wolfi", "wolfi"},
    {"Chainguard", "chainguard"},
    {"Linux Mint", "linuxmint"},
};

const char *sw_os_text_find_id(struct sw_str text)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(names); i++) {
        struct sw_str prefix = sw_str_of(names[i].prefix);
        if (sw_str_equal_ignore_case(sw_str_part(text, 0, prefix.n), prefix))
            return names[i].id;
    }
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct sw_str sw_os_text_first_word(struct sw_str text)
{
    size_t n = 0;
    while (n < text.n && (is_letter(text.p[n]) || is_digit(text.p[n])))
        n++;
    return sw_str_part(text, 0, n);
}

int sw_os_text_lower(struct sw_region *region, struct sw_str text, struct sw_str *ret)
{
    text = sw_str_part(text, 0, TEXT_MAX);
    char *p = sw_region_strdup(region, text);
    if (p == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < text.n; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] = (char)(p[i] - 'A' + 'a');
    *ret = (struct sw_str){p, text.n};
    return 0;
}

/* The first number that begins a word: "3.0", "7.6.1810", "15". */
static struct sw_str find_version(struct sw_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        bool is_start = i == 0 || text.p[i - 1] == ' ' || text.p[i - 1] == '-' ||
                        (text.p[i - 1] == 'v' && (i == 1 || text.p[i - 2] == ' '));
        if (!is_start || !is_digit(text.p[i]))
            continue;
        size_t n = 0;
        while (i + n < text.n && (is_digit(text.p[i + n]) || text.p[i + n] == '.'))
            n++;
        while (text.p[i + n - 1] == '.')
            n--;
        return sw_str_part(text, i, n);
    }
    return SW_STR_NONE;
}

/* "VERSION = 12" and "PATCHLEVEL = 5" of SuSE-release. */
static struct sw_str find_assignment(struct sw_str bytes, const char *key)
{
    struct sw_str line = SW_STR_NONE;
    while (sw_str_next_line(&bytes, &line)) {
        ptrdiff_t equals = sw_str_find_char(line, '=');
        if (equals > 0 && sw_str_equal_z(sw_str_trim(sw_str_part(line, 0, (size_t)equals)), key))
            return sw_str_part(sw_str_trim(sw_str_skip(line, (size_t)equals + 1)), 0, TEXT_MAX);
    }
    return SW_STR_NONE;
}

/* Cuts "2.0.20230713" to the "2.0" by which Mariner and Azure Linux are known. */
static struct sw_str cut_build(struct sw_str version)
{
    size_t points = 0;
    for (size_t i = 0; i < version.n; i++)
        if (version.p[i] == '.' && ++points == 2)
            return sw_str_part(version, 0, i);
    return version;
}

/* The first line that says something, without the escapes that getty fills in. */
static struct sw_str first_line(struct sw_str bytes)
{
    struct sw_str line = SW_STR_NONE;
    while (sw_str_next_line(&bytes, &line)) {
        ptrdiff_t escape = sw_str_find_char(line, '\\');
        if (escape >= 0)
            line = sw_str_part(line, 0, (size_t)escape);
        line = sw_str_part(sw_str_trim(line), 0, TEXT_MAX);
        if (sw_str_starts_with(line, SW_STR("Welcome to ")))
            line = sw_str_trim(sw_str_skip(line, sizeof("Welcome to ") - 1));
        if (!sw_str_is_empty(line))
            return line;
    }
    return SW_STR_NONE;
}

static int finish(struct sw_region *region, struct sw_str id, struct sw_str version,
    struct sw_str patch, struct sw_os *os)
{
    char *text = sw_region_printf(region, "%.*s%s%.*s", SW_STR_ARG(version),
        sw_str_is_empty(patch) || sw_str_equal_z(patch, "0") ? "" : ".",
        SW_STR_ARG(sw_str_equal_z(patch, "0") ? SW_STR_NONE : patch));
    if (text == NULL)
        return -ENOMEM;
    os->version_id = sw_str_of(text);
    return sw_os_text_lower(region, id, &os->id);
}

int sw_os_text_read_release(struct sw_region *region, struct sw_str bytes, struct sw_os *os)
{
    struct sw_str line = first_line(bytes);
    ptrdiff_t release = sw_str_find(line, SW_STR(" release "));
    const char *known = sw_os_text_find_id(line);
    if (known == NULL && release <= 0)
        return 0;
    struct sw_str id = known != NULL ? sw_str_of(known) : sw_os_text_first_word(line);
    struct sw_str version = find_version(sw_str_skip(line, release > 0 ? (size_t)release : 0));
    struct sw_str patch = SW_STR_NONE;
    if (sw_str_equal_z(id, "sles") || sw_str_equal_z(id, "sled")) {
        patch = find_assignment(bytes, "PATCHLEVEL");
        struct sw_str assigned = find_assignment(bytes, "VERSION");
        version = sw_str_is_empty(assigned) ? version : assigned;
    }
    if (sw_str_equal_z(id, "mariner") || sw_str_equal_z(id, "azurelinux"))
        version = cut_build(version);
    if (sw_region_copy(region, line, &os->name) < 0)
        return -ENOMEM;
    return finish(region, id, version, patch, os);
}

int sw_os_text_read_cpe(struct sw_region *region, struct sw_str bytes, struct sw_os *os)
{
    static const struct {
        const char *vendor;
        const char *product;
        const char *id;
    } products[] = {
        {"redhat", "enterprise_linux", "rhel"},
        {"centos", "linux", "centos"},
        {"centos", "centos", "centos"},
        {"fedoraproject", "fedora", "fedora"},
        {"almalinux", "almalinux", "almalinux"},
        {"rocky", "rocky", "rocky"},
        {"oracle", "linux", "ol"},
        {"amazon", "linux", "amzn"},
        {"amazon", "amazon_linux", "amzn"},
        {"scientificlinux", "scientificlinux", "scientific"},
    };
    struct sw_str line = first_line(bytes);
    struct sw_str rest = line;
    if (sw_str_starts_with(rest, SW_STR("cpe:/o:")))
        rest = sw_str_skip(rest, sizeof("cpe:/o:") - 1);
    else if (sw_str_starts_with(rest, SW_STR("cpe:2.3:o:")))
        rest = sw_str_skip(rest, sizeof("cpe:2.3:o:") - 1);
    else
        return 0;
    struct sw_str part[3] = {SW_STR_NONE, SW_STR_NONE, SW_STR_NONE};
    for (size_t i = 0; i < SW_ARRAY_SIZE(part); i++)
        if (!sw_str_next_token(&rest, ':', &part[i]))
            return 0;
    for (size_t i = 0; i < SW_ARRAY_SIZE(products); i++) {
        if (!sw_str_equal_z(part[0], products[i].vendor) ||
            !sw_str_equal_z(part[1], products[i].product))
            continue;
        if (sw_region_copy(region, line, &os->cpe) < 0 ||
            sw_region_copy(region, line, &os->name) < 0)
            return -ENOMEM;
        return finish(region, sw_str_of(products[i].id), find_version(part[2]), SW_STR_NONE, os);
    }
    return 0;
}
