/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Product keys from CPEs and names. Called once per product of a document (hundreds), never per
 * package. What is not an operating system yields nothing; the caller counts it.
 */
#include "vulndb/build/csaf_product.h"

#include <errno.h>

#include "base/mem.h"

#define CPE_PARTS_MAX 8

static int make_key(struct sw_region *region, struct sw_str *ret, const char *family,
    struct sw_str version, const char *suffix)
{
    char *text = sw_region_printf(
        region, "%s:%.*s%s", family, (int)(version.n > 64 ? 64 : version.n), version.p, suffix);
    if (text == NULL)
        return -ENOMEM;
    *ret = sw_str_of(text);
    return 1;
}

/* The leading digits and dots. */
static struct sw_str leading_number(struct sw_str s)
{
    size_t n = 0;
    while (n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || (n > 0 && s.p[n] == '.')))
        n++;
    while (n > 0 && s.p[n - 1] == '.')
        n--;
    return sw_str_part(s, 0, n);
}

static struct sw_str major_of(struct sw_str version)
{
    ptrdiff_t dot = sw_str_find_char(version, '.');
    return dot < 0 ? version : sw_str_part(version, 0, (size_t)dot);
}

/* Long-term and other paid streams of a service pack build their own fixes. */
static bool is_long_term(struct sw_str text)
{
    static const char *const words[] = {"LTSS", "ltss", "ESPOS", "espos", "BCL", "bcl"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(words); i++)
        if (sw_str_find(text, sw_str_of(words[i])) >= 0)
            return true;
    return false;
}

/* "15" and "sp5" (any case, "SP5-LTSS" too) make "15.5"; without a service pack "15". `whole` is
 * the name or CPE, which says whether this is a long-term stream. */
static int make_suse_key(struct sw_region *region, struct sw_str version, struct sw_str pack,
    struct sw_str whole, struct sw_str *ret)
{
    const char *suffix = is_long_term(whole) ? "-ltss" : "";
    struct sw_str number = leading_number(version);
    if (number.n == 0)
        return 0;
    struct sw_str minor = SW_STR_NONE;
    if (pack.n > 2 && sw_str_equal_ignore_case(sw_str_part(pack, 0, 2), SW_STR("sp")))
        minor = leading_number(sw_str_skip(pack, 2));
    if (minor.n == 0 || sw_str_find_char(number, '.') >= 0)
        return make_key(region, ret, "sles", number, suffix);
    char *text =
        sw_region_printf(region, "sles:%.*s.%.*s%s", SW_STR_ARG(number), SW_STR_ARG(minor), suffix);
    if (text == NULL)
        return -ENOMEM;
    *ret = sw_str_of(text);
    return 1;
}

static int find_redhat(
    struct sw_region *region, struct sw_str product, struct sw_str version, struct sw_str *ret)
{
    static const struct {
        const char *product;
        const char *suffix; /* NULL: the main stream, known by its major version */
    } streams[] = {
        {"enterprise_linux", NULL},
        {"rhel_extras", NULL},
        {"rhel_eus", "-eus"},
        {"enterprise_linux_eus", "-eus"},
        {"rhel_eus_long_life", "-eus"},
        {"rhel_aus", "-aus"},
        {"rhel_tus", "-tus"},
        {"rhel_e4s", "-e4s"},
        {"rhel_els", "-els"},
    };
    struct sw_str number = leading_number(version);
    if (number.n == 0)
        return 0;
    for (size_t i = 0; i < SW_ARRAY_SIZE(streams); i++) {
        if (!sw_str_equal_z(product, streams[i].product))
            continue;
        if (streams[i].suffix == NULL)
            return make_key(region, ret, "redhat", major_of(number), "");
        /* Extended life support follows the last minor release. */
        bool is_els = sw_str_equal_z(product, "rhel_els");
        return make_key(
            region, ret, "redhat", is_els ? major_of(number) : number, streams[i].suffix);
    }
    return 0;
}

/* Everything that is installed on SUSE Linux Enterprise and gets its packages from it: the server,
 * its variants, extensions and modules. Micro is a system of its own. */
static int find_suse_cpe(
    struct sw_region *region, struct sw_str cpe, const struct sw_str *parts, struct sw_str *ret)
{
    struct sw_str product = parts[2];
    struct sw_str number = leading_number(parts[3]);
    if (sw_str_starts_with(product, SW_STR("suse_")))
        product = sw_str_skip(product, 5);
    bool is_sl_micro = sw_str_starts_with(product, SW_STR("sl-micro"));
    if (is_sl_micro || sw_str_find(product, SW_STR("micro")) >= 0)
        return number.n == 0
                   ? 0
                   : make_key(region, ret, is_sl_micro ? "sl-micro" : "sle-micro", number, "");
    if (!sw_str_starts_with(product, SW_STR("sle")) && !sw_str_equal_z(product, "packagehub"))
        return 0;
    return make_suse_key(region, parts[3], parts[4], cpe, ret);
}

int sw_csaf_product_find_cpe(struct sw_region *region, struct sw_str cpe, struct sw_str *ret)
{
    struct sw_str parts[CPE_PARTS_MAX] = {0};
    size_t n = 0;
    struct sw_str rest = cpe;
    if (sw_str_starts_with(cpe, SW_STR("cpe:2.3:")))
        rest = sw_str_skip(cpe, 8);
    else if (sw_str_starts_with(cpe, SW_STR("cpe:/")))
        rest = sw_str_skip(cpe, 5);
    else
        return 0;
    while (n < CPE_PARTS_MAX && sw_str_next_token(&rest, ':', &parts[n]))
        n++;
    struct sw_str vendor = parts[1];
    struct sw_str product = parts[2];
    struct sw_str version = parts[3];
    struct sw_str number = leading_number(version);
    if (sw_str_equal_z(vendor, "redhat"))
        return find_redhat(region, product, version, ret);
    if (sw_str_equal_z(vendor, "suse"))
        return find_suse_cpe(region, cpe, parts, ret);
    if (sw_str_equal_z(vendor, "opensuse") && sw_str_equal_z(product, "tumbleweed")) {
        *ret = SW_STR("opensuse-tumbleweed");
        return 1;
    }
    if (number.n == 0)
        return 0;
    if (sw_str_equal_z(vendor, "opensuse") && sw_str_equal_z(product, "leap"))
        return make_key(region, ret, "opensuse-leap", number, "");
    if (sw_str_equal_z(vendor, "oracle") && sw_str_equal_z(product, "linux"))
        return make_key(region, ret, "oracle", major_of(number), "");
    if (sw_str_equal_z(vendor, "almalinux") && sw_str_equal_z(product, "almalinux"))
        return make_key(region, ret, "alma", major_of(number), "");
    if (sw_str_equal_z(vendor, "rocky") && sw_str_starts_with(product, SW_STR("rocky")))
        return make_key(region, ret, "rocky", major_of(number), "");
    return 0;
}

/* "SUSE Linux Enterprise Module for Python 3 15 SP4": the last number is the version, what follows
 * it the service pack. */
static int find_suse_name(struct sw_region *region, struct sw_str name, struct sw_str *ret)
{
    static const char *const others[] = {"Storage", "Manager", "OpenStack", "CaaS"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(others); i++)
        if (sw_str_find(name, sw_str_of(others[i])) >= 0)
            return 0;
    struct sw_str version = SW_STR_NONE;
    struct sw_str pack = SW_STR_NONE;
    struct sw_str token;
    struct sw_str rest = name;
    while (sw_str_next_token(&rest, ' ', &token)) {
        if (token.n > 0 && token.p[0] >= '0' && token.p[0] <= '9') {
            version = token;
            pack = SW_STR_NONE;
            /* "12-SP2" is written in one word at times. */
            ptrdiff_t dash = sw_str_find_char(token, '-');
            if (dash >= 0)
                pack = sw_str_skip(token, (size_t)dash + 1);
        } else if (version.n > 0 && pack.n == 0) {
            pack = token;
        }
    }
    if (version.n == 0)
        return 0;
    if (sw_str_find(name, SW_STR("Linux Micro ")) >= 0)
        return make_key(region, ret, "sl-micro", leading_number(version), "");
    if (sw_str_find(name, SW_STR("Enterprise Micro ")) >= 0)
        return make_key(region, ret, "sle-micro", leading_number(version), "");
    return make_suse_key(region, version, pack, name, ret);
}

int sw_csaf_product_find_name(struct sw_region *region, struct sw_str name, struct sw_str *ret)
{
    static const struct {
        const char *prefix;
        const char *family;
    } plain[] = {
        {"openSUSE Leap ", "opensuse-leap"},
        {"Oracle Linux ", "oracle"},
        {"Red Hat Enterprise Linux ", "redhat"},
        {"AlmaLinux ", "alma"},
        {"Rocky Linux ", "rocky"},
    };
    name = sw_str_trim(name);
    if (sw_str_starts_with(name, SW_STR("openSUSE Tumbleweed"))) {
        *ret = SW_STR("opensuse-tumbleweed");
        return 1;
    }
    for (size_t i = 0; i < SW_ARRAY_SIZE(plain); i++) {
        struct sw_str prefix = sw_str_of(plain[i].prefix);
        if (!sw_str_starts_with(name, prefix))
            continue;
        struct sw_str number = leading_number(sw_str_skip(name, prefix.n));
        if (number.n == 0)
            return 0;
        return make_key(region, ret, plain[i].family, i == 0 ? number : major_of(number), "");
    }
    if (sw_str_starts_with(name, SW_STR("SUSE Linux Enterprise ")) ||
        sw_str_starts_with(name, SW_STR("SUSE Linux Micro ")) ||
        sw_str_starts_with(name, SW_STR("SUSE Package Hub ")))
        return find_suse_name(region, name, ret);
    return 0;
}

enum sw_severity sw_csaf_product_severity(struct sw_str word)
{
    static const struct {
        const char *word;
        enum sw_severity severity;
    } words[] = {
        {"negligible", SW_SEVERITY_NEGLIGIBLE},
        {"low", SW_SEVERITY_LOW},
        {"moderate", SW_SEVERITY_MEDIUM},
        {"medium", SW_SEVERITY_MEDIUM},
        {"important", SW_SEVERITY_HIGH},
        {"high", SW_SEVERITY_HIGH},
        {"critical", SW_SEVERITY_CRITICAL},
    };
    word = sw_str_trim(word);
    for (size_t i = 0; i < SW_ARRAY_SIZE(words); i++)
        if (sw_str_equal_ignore_case(word, sw_str_of(words[i].word)))
            return words[i].severity;
    return SW_SEVERITY_UNKNOWN;
}

static bool is_arch(struct sw_str s)
{
    static const char *const archs[] = {"x86_64", "aarch64", "ppc64le", "s390x", "noarch", "src",
        "i686", "i586", "i486", "i386", "ppc64", "ppc", "s390", "ia64", "armv7hl", "armv6hl",
        "riscv64", "nosrc", "x86_64_v2", "athlon", "ppc64p7"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(archs); i++)
        if (sw_str_equal_z(s, archs[i]))
            return true;
    return false;
}

bool sw_csaf_product_parse_nevra(struct sw_str text, struct sw_csaf_nevra *ret)
{
    struct sw_csaf_nevra nevra = {0};
    if (sw_str_ends_with(text, SW_STR(".rpm")))
        text = sw_str_part(text, 0, text.n - 4);
    ptrdiff_t dot = sw_str_find_last_char(text, '.');
    if (dot > 0 && is_arch(sw_str_skip(text, (size_t)dot + 1))) {
        nevra.arch = sw_str_skip(text, (size_t)dot + 1);
        text = sw_str_part(text, 0, (size_t)dot);
    }
    ptrdiff_t release = sw_str_find_last_char(text, '-');
    if (release <= 0)
        return false;
    ptrdiff_t version = sw_str_find_last_char(sw_str_part(text, 0, (size_t)release), '-');
    if (version <= 0 || version + 1 == release || (size_t)release + 1 == text.n)
        return false;
    nevra.name = sw_str_part(text, 0, (size_t)version);
    nevra.evr = sw_str_skip(text, (size_t)version + 1);
    /* Without an architecture at its end only a digit tells a version from a part of the name. */
    char first = nevra.evr.p[0];
    if ((first < '0' || first > '9') && nevra.arch.n == 0)
        return false;
    *ret = nevra;
    return true;
}
