/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OSV ecosystems as product keys. Two tables: distributions, whose suffix is a release, and
 * languages, whose suffix (a repository's address) does not change what a package is.
 */
#include <errno.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/mem.h"
#include "vulndb/build/osv_priv.h"

/* Real keys are under 100 bytes. */
#define KEY_MAX ((size_t)512)

/* Writes the release of a key; `suffix` is what follows "Ecosystem:". */
typedef int release_format(struct sw_buf *key, struct sw_str suffix);

static int append_lower(struct sw_buf *key, struct sw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c == ' ')
            c = '-';
        int r = sw_buf_append_char(key, c);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ":" and the suffix as it is: "debian:12". */
static int format_plain(struct sw_buf *key, struct sw_str suffix)
{
    int r = suffix.n > 0 ? sw_buf_append_char(key, ':') : 0;
    return r < 0 ? r : append_lower(key, suffix);
}

/* Only the first number: "rocky:8" of "8.4". */
static int format_major(struct sw_buf *key, struct sw_str suffix)
{
    struct sw_str rest = suffix;
    struct sw_str major;
    return sw_str_next_token(&rest, '.', &major) ? format_plain(key, major) : 0;
}

/* "alpine:3.20" of "v3.20". */
static int format_alpine(struct sw_buf *key, struct sw_str suffix)
{
    bool is_version =
        suffix.n > 1 && suffix.p[0] == 'v' && suffix.p[1] >= '0' && suffix.p[1] <= '9';
    return format_plain(key, is_version ? sw_str_skip(suffix, 1) : suffix);
}

static bool is_release(struct sw_str s)
{
    return s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9';
}

/* "22.04:LTS", "Pro:16.04:LTS", "Pro:FIPS-updates:18.04:LTS": the release first, then the channel
 * that the fix comes from: "ubuntu:16.04-pro", "ubuntu:18.04-pro-fips-updates". */
static int format_ubuntu(struct sw_buf *key, struct sw_str suffix)
{
    struct sw_str rest = suffix;
    struct sw_str token;
    int r = 0;
    while (r >= 0 && sw_str_next_token(&rest, ':', &token)) {
        if (is_release(token))
            r = format_plain(key, token);
    }
    rest = suffix;
    while (r >= 0 && sw_str_next_token(&rest, ':', &token)) {
        if (is_release(token) || sw_str_equal_z(token, "LTS") || token.n == 0)
            continue;
        r = sw_buf_append_char(key, '-');
        if (r >= 0)
            r = append_lower(key, token);
    }
    return r;
}

/* "enterprise_linux:9::baseos" and "rhel_eus:9.2::appstream", the tail of a CPE; products that are
 * no operating system become "redhat-openshift:4.15". */
static int format_redhat(struct sw_buf *key, struct sw_str suffix)
{
    struct sw_str rest = suffix;
    struct sw_str name = SW_STR("");
    struct sw_str version = SW_STR("");
    sw_str_next_token(&rest, ':', &name);
    sw_str_next_token(&rest, ':', &version);
    if (sw_str_equal_z(name, "enterprise_linux") || name.n == 0)
        return format_major(key, version);
    int r;
    if (sw_str_starts_with(name, SW_STR("rhel_"))) {
        r = format_plain(key, version);
        if (r >= 0)
            r = sw_buf_append_char(key, '-');
        return r < 0 ? r : append_lower(key, sw_str_skip(name, 5));
    }
    r = sw_buf_append_char(key, '-');
    if (r >= 0)
        r = append_lower(key, name);
    return r < 0 ? r : format_plain(key, version);
}

/* "Leap 15.5" and "Tumbleweed". */
static int format_opensuse(struct sw_buf *key, struct sw_str suffix)
{
    ptrdiff_t space = sw_str_find_last_char(suffix, ' ');
    struct sw_str name = space < 0 ? suffix : sw_str_part(suffix, 0, (size_t)space);
    int r = name.n > 0 ? sw_buf_append_char(key, '-') : 0;
    if (r >= 0)
        r = append_lower(key, name);
    if (r >= 0 && space >= 0)
        r = format_plain(key, sw_str_skip(suffix, (size_t)space + 1));
    return r;
}

/* Cuts the last word off. */
static struct sw_str cut_word(struct sw_str *rest)
{
    ptrdiff_t space = sw_str_find_last_char(*rest, ' ');
    struct sw_str word = sw_str_skip(*rest, (size_t)(space + 1));
    *rest = sw_str_trim(sw_str_part(*rest, 0, space < 0 ? 0 : (size_t)space));
    return word;
}

/* "Linux Enterprise Server 15 SP5-LTSS", "Linux Enterprise Module for Basesystem 15 SP5": both are
 * where an installed SLES 15.5 takes its packages from ("sles:15.5-ltss", "sles:15.5"). Others
 * become "suse-linux-micro:6.0". `key` is empty here. */
static int format_suse(struct sw_buf *key, struct sw_str suffix)
{
    struct sw_str name = suffix;
    struct sw_str pack = SW_STR("");
    struct sw_str channel = SW_STR("");
    struct sw_str version = cut_word(&name);
    if (sw_str_starts_with(version, SW_STR("SP"))) {
        pack = sw_str_skip(version, 2);
        version = cut_word(&name);
    }
    struct sw_str *tail = pack.n > 0 ? &pack : &version;
    ptrdiff_t dash = sw_str_find_char(*tail, '-');
    if (dash >= 0) {
        channel = sw_str_skip(*tail, (size_t)dash + 1);
        *tail = sw_str_part(*tail, 0, (size_t)dash);
    }
    bool is_sles = sw_str_equal_z(name, "Linux Enterprise Server") ||
                   sw_str_starts_with(name, SW_STR("Linux Enterprise Module for "));
    int r = sw_buf_append_str(key, is_sles ? SW_STR("sles") : SW_STR("suse-"));
    if (r >= 0 && !is_sles)
        r = append_lower(key, name);
    if (r >= 0)
        r = format_plain(key, version);
    if (r >= 0 && pack.n > 0)
        r = sw_buf_append_char(key, '.');
    if (r >= 0)
        r = append_lower(key, pack);
    if (r >= 0 && channel.n > 0)
        r = sw_buf_append_char(key, '-');
    return r < 0 ? r : append_lower(key, channel);
}

static const struct distribution {
    struct sw_str ecosystem;
    const char *key; /* NULL: the format writes all of it */
    enum sw_affected_name name_kind;
    release_format *format;
} distributions[] = {
    {SW_STR_INIT("Debian"), "debian", SW_AFFECTED_SOURCE, format_plain},
    {SW_STR_INIT("Ubuntu"), "ubuntu", SW_AFFECTED_SOURCE, format_ubuntu},
    {SW_STR_INIT("Alpine"), "alpine", SW_AFFECTED_SOURCE, format_alpine},
    {SW_STR_INIT("Alpaquita"), "alpaquita", SW_AFFECTED_SOURCE, format_plain},
    {SW_STR_INIT("Wolfi"), "wolfi", SW_AFFECTED_SOURCE, format_plain},
    {SW_STR_INIT("Chainguard"), "chainguard", SW_AFFECTED_SOURCE, format_plain},
    {SW_STR_INIT("MinimOS"), "minimos", SW_AFFECTED_SOURCE, format_plain},
    {SW_STR_INIT("Echo"), "echo", SW_AFFECTED_SOURCE, format_plain},
    {SW_STR_INIT("AlmaLinux"), "alma", SW_AFFECTED_BINARY, format_major},
    {SW_STR_INIT("Rocky Linux"), "rocky", SW_AFFECTED_SOURCE, format_major},
    {SW_STR_INIT("Red Hat"), "redhat", SW_AFFECTED_BINARY, format_redhat},
    {SW_STR_INIT("SUSE"), NULL, SW_AFFECTED_SOURCE, format_suse},
    {SW_STR_INIT("openSUSE"), "opensuse", SW_AFFECTED_SOURCE, format_opensuse},
    {SW_STR_INIT("Azure Linux"), "azurelinux", SW_AFFECTED_SOURCE, format_major},
    {SW_STR_INIT("Photon OS"), "photon", SW_AFFECTED_BINARY, format_major},
    {SW_STR_INIT("Mageia"), "mageia", SW_AFFECTED_SOURCE, format_plain},
    {SW_STR_INIT("openEuler"), "openeuler", SW_AFFECTED_SOURCE, format_plain},
    {SW_STR_INIT("Oracle Linux"), "oracle", SW_AFFECTED_BINARY, format_major},
    {SW_STR_INIT("Amazon Linux"), "amazon", SW_AFFECTED_BINARY, format_plain},
    {SW_STR_INIT("Fedora"), "fedora", SW_AFFECTED_SOURCE, format_plain},
};

/* Those whose key is not simply their name in lower case. */
static const struct language {
    struct sw_str ecosystem;
    const char *key;
} languages[] = {
    {SW_STR_INIT("SwiftURL"), "swift"},
    {SW_STR_INIT("ConanCenter"), "conan"},
};

/* Registry hosts may be spelled another way in repacked feeds; the name before the dot is what
 * counts ("crates.io"). */
static struct sw_str cut_host(struct sw_str name)
{
    ptrdiff_t dot = sw_str_find_char(name, '.');
    return dot > 0 ? sw_str_part(name, 0, (size_t)dot) : name;
}

static int format_language(struct sw_str name, struct sw_buf *key)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(languages); i++) {
        if (sw_str_equal_ignore_case(name, languages[i].ecosystem))
            return sw_buf_append_str(key, sw_str_of(languages[i].key));
    }
    return append_lower(key, cut_host(name));
}

int osv_product_find(struct sw_str ecosystem, struct sw_region *region, struct osv_product *ret)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf key = {0};
    sw_buf_init(&key, KEY_MAX);
    struct sw_str suffix = ecosystem;
    struct sw_str name = SW_STR("");
    sw_str_next_token(&suffix, ':', &name);
    struct osv_product product = {.name_kind = SW_AFFECTED_SOURCE};
    int r = -ENOENT;
    for (size_t i = 0; i < SW_ARRAY_SIZE(distributions) && r == -ENOENT; i++) {
        const struct distribution *d = &distributions[i];
        if (!sw_str_equal_ignore_case(name, d->ecosystem))
            continue;
        product.name_kind = d->name_kind;
        product.is_distribution = true;
        product.has_binaries_map = d->format == format_suse || d->format == format_opensuse;
        r = d->key != NULL ? sw_buf_append_str(&key, sw_str_of(d->key)) : 0;
        if (r >= 0)
            r = d->format(&key, suffix);
    }
    if (r == -ENOENT)
        r = format_language(name, &key);
    if (r == -EFBIG) /* an absurd name, cut: it matches no system */
        r = 0;
    if (r >= 0)
        r = sw_region_copy(region, sw_buf_str(&key), &product.key);
    if (r < 0)
        return r;
    *ret = product;
    return 0;
}
