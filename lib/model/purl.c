/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Package URLs. Called once per package for each report format that wants them.
 */
#include "model/purl.h"

#include <string.h>

#include "base/mem.h"

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(".-_~:", c) != NULL);
}

static int encode(struct sw_buf *buf, struct sw_str s, bool is_lower)
{
    int r = 0;
    for (size_t i = 0; i < s.n && r == 0; i++) {
        char c = s.p[i];
        if (is_lower && c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (is_plain(c))
            r = sw_buf_append_char(buf, c);
        else
            r = sw_buf_printf(buf, "%%%02X", (unsigned char)c);
    }
    return r;
}

static int put(struct sw_buf *buf, const char *text)
{
    return sw_buf_append_str(buf, sw_str_of(text));
}

static int put_qualifiers(const struct sw_purl *purl, struct sw_buf *buf)
{
    int r = 0;
    const char *before = "?";
    for (size_t i = 0; i < purl->n_qualifiers && r == 0; i++) {
        const struct sw_purl_qualifier *qualifier = &purl->qualifiers[i];
        if (sw_str_is_empty(qualifier->value))
            continue;
        r = put(buf, before);
        before = "&";
        if (r == 0)
            r = put(buf, qualifier->key);
        if (r == 0)
            r = put(buf, "=");
        if (r == 0)
            r = encode(buf, qualifier->value, false);
    }
    return r;
}

int sw_purl_format(const struct sw_purl *purl, struct sw_buf *buf)
{
    /* The types of this version want lower-case namespaces; rpm alone keeps the case of names. */
    bool is_name_lower = strcmp(purl->type, "rpm") != 0;
    int r = put(buf, "pkg:");
    if (r == 0)
        r = put(buf, purl->type);
    if (r == 0 && !sw_str_is_empty(purl->name_space)) {
        r = put(buf, "/");
        if (r == 0)
            r = encode(buf, purl->name_space, true);
    }
    if (r == 0)
        r = put(buf, "/");
    if (r == 0)
        r = encode(buf, purl->name, is_name_lower);
    if (r == 0 && !sw_str_is_empty(purl->version)) {
        r = put(buf, "@");
        if (r == 0)
            r = encode(buf, purl->version, false);
    }
    return r < 0 ? r : put_qualifiers(purl, buf);
}

static struct sw_str name_space_of(const struct sw_os *os)
{
    if (sw_str_equal_z(os->id, "rhel"))
        return SW_STR("redhat");
    if (sw_str_starts_with(os->id, SW_STR("opensuse")))
        return SW_STR("opensuse");
    return os->id;
}

/* "debian-12"; the id alone for rolling systems. */
static int put_distro(const struct sw_os *os, struct sw_buf *buf)
{
    int r = sw_buf_append_str(buf, os->id);
    if (r == 0 && !sw_str_is_empty(os->id) && !sw_str_is_empty(os->version_id)) {
        r = put(buf, "-");
        if (r == 0)
            r = sw_buf_append_str(buf, os->version_id);
    }
    return r;
}

/* The source package where its name differs, with its version where that differs too. */
static int put_upstream(const struct sw_package *package, struct sw_buf *buf)
{
    if (sw_str_is_empty(package->source_name) || sw_str_equal(package->source_name, package->name))
        return 0;
    int r = sw_buf_append_str(buf, package->source_name);
    if (r == 0 && !sw_str_is_empty(package->source_version) &&
        !sw_str_equal(package->source_version, package->version)) {
        r = put(buf, "@");
        if (r == 0)
            r = sw_buf_append_str(buf, package->source_version);
    }
    return r;
}

int sw_purl_format_package(
    const struct sw_package *package, const struct sw_os *os, struct sw_buf *buf)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf distro = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf upstream = {0};
    sw_buf_init(&distro, SW_PACKAGE_TEXT_MAX);
    sw_buf_init(&upstream, 3 * SW_PACKAGE_TEXT_MAX);
    int r = put_distro(os, &distro);
    if (r == 0)
        r = put_upstream(package, &upstream);
    if (r < 0)
        return r;
    struct sw_str version = package->version;
    struct sw_str epoch = SW_STR_NONE;
    ptrdiff_t colon = sw_str_find_char(version, ':');
    if (package->type == SW_PACKAGE_RPM && colon >= 0) {
        epoch = sw_str_part(version, 0, (size_t)colon);
        version = sw_str_skip(version, (size_t)colon + 1);
    }
    const struct sw_purl_qualifier qualifiers[] = {
        {"arch", package->arch},
        {"distro", sw_buf_str(&distro)},
        {"epoch", epoch},
        {"modularitylabel", package->module},
        {"upstream", sw_buf_str(&upstream)},
    };
    const struct sw_purl purl = {
        .type = sw_package_type_name(package->type),
        .name_space = name_space_of(os),
        .name = package->name,
        .version = version,
        .qualifiers = qualifiers,
        .n_qualifiers = SW_ARRAY_SIZE(qualifiers),
    };
    return sw_purl_format(&purl, buf);
}
