/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a system to its product keys: tells the variants of one os-release id apart, then fills the
 * system's row of the table with the numbers of its release.
 */
#include "rules/release.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "rules/release_priv.h"

/* "opensuse-tumbleweed" is the longest that a real system makes; what is longer is no release. */
#define KEY_MAX 64
#define NUMBER_MAX 16

struct key {
    char text[KEY_MAX];
    size_t n;
};

static const struct codename {
    const char *family;
    const char *codename;
    const char *version;
} codenames[] = {
    {"debian", "jessie", "8"},
    {"debian", "stretch", "9"},
    {"debian", "buster", "10"},
    {"debian", "bullseye", "11"},
    {"debian", "bookworm", "12"},
    {"debian", "trixie", "13"},
    {"debian", "forky", "14"},
    {"debian", "duke", "15"},
    {"debian", "sid", "sid"},
    {"debian", "unstable", "sid"},
    {"debian", "wheezy", "7"},
    {"debian", "squeeze", "6"},
    {"debian", "lenny", "5"},
    {"ubuntu", "trusty", "14.04"},
    {"ubuntu", "xenial", "16.04"},
    {"ubuntu", "bionic", "18.04"},
    {"ubuntu", "focal", "20.04"},
    {"ubuntu", "jammy", "22.04"},
    {"ubuntu", "noble", "24.04"},
    {"ubuntu", "precise", "12.04"},
    {"ubuntu", "hirsute", "21.04"},
    {"ubuntu", "impish", "21.10"},
    {"ubuntu", "kinetic", "22.10"},
    {"ubuntu", "lunar", "23.04"},
    {"ubuntu", "mantic", "23.10"},
    {"ubuntu", "oracular", "24.10"},
    {"ubuntu", "plucky", "25.04"},
    {"ubuntu", "questing", "25.10"},
    {"ubuntu", "resolute", "26.04"},
};

const char *sw_release_find_codename(struct sw_str family, struct sw_str codename)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(codenames); i++) {
        if (sw_str_equal_z(family, codenames[i].family) &&
            sw_str_equal_ignore_case(codename, sw_str_of(codenames[i].codename)))
            return codenames[i].version;
    }
    return NULL;
}

/* The codename, or what stands for it in "trixie/sid", the elder form of a version. */
static struct sw_str codename_of(const struct sw_os *os)
{
    struct sw_str rest = os->codename.n > 0 ? os->codename : os->version_id;
    struct sw_str codename = rest;
    (void)sw_str_next_token(&rest, '/', &codename);
    return sw_str_trim(codename);
}

/* The first n numbers of the release, "9.4" of "9.4.2": empty when it has fewer. */
static struct sw_str numbers_of(struct sw_str release, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (at >= release.n || release.p[at++] != '.'))
            return SW_STR_NONE;
        size_t from = at;
        while (at < release.n && release.p[at] >= '0' && release.p[at] <= '9')
            at++;
        if (at == from)
            return SW_STR_NONE;
    }
    return at <= NUMBER_MAX ? sw_str_part(release, 0, at) : SW_STR_NONE;
}

static uint64_t major_of(const struct sw_os *os)
{
    uint64_t major = 0;
    if (sw_str_parse_u64(numbers_of(os->version_id, 1), 10, &major) < 0)
        return 0;
    return major;
}

static bool has_text(struct sw_str s, const char *part)
{
    return sw_str_find(s, sw_str_of(part)) >= 0;
}

static const char *tell_opensuse(const struct sw_os *os)
{
    if (has_text(os->cpe, "tumbleweed") || has_text(os->name, "Tumbleweed"))
        return "opensuse-tumbleweed";
    bool is_leap = has_text(os->cpe, "opensuse:leap") || has_text(os->name, "Leap");
    /* Leap began with 42 and went on with 15. */
    return is_leap || major_of(os) >= 15 ? "opensuse-leap" : "opensuse";
}

/* What the id of a system is in our table, where os-release has one id for several. */
static struct sw_str tell_variant(const struct sw_os *os)
{
    struct sw_str id = os->id;
    bool has_number = numbers_of(os->version_id, 1).n > 0;
    /* Testing and unstable have no number, and os-release is the same in both. */
    if (sw_str_equal_z(id, "debian") && !has_number &&
        (sw_release_find_codename(id, codename_of(os)) != NULL || has_text(os->name, "/sid") ||
            has_text(os->version_id, "/sid")))
        return SW_STR("debian-testing");
    if (sw_str_equal_z(id, "ubuntu") && !has_number)
        return SW_STR("ubuntu-codename");
    if (sw_str_equal_z(id, "alpine")) {
        bool is_edge = has_text(os->version_id, "_alpha") || has_text(os->version_id, "edge") ||
                       has_text(os->name, "edge");
        return is_edge ? SW_STR("alpine-edge") : id;
    }
    /* From 9 on there is only Stream. */
    if (sw_str_equal_z(id, "centos") && (has_text(os->name, "Stream") || major_of(os) >= 9))
        return SW_STR("centos-stream");
    /* The first Amazon Linux counted its releases from 2011.09 to 2018.03. */
    if (sw_str_equal_z(id, "amzn") && major_of(os) >= 2011 && major_of(os) <= 2018)
        return SW_STR("amzn-ami");
    if (sw_str_equal_z(id, "opensuse"))
        return sw_str_of(tell_opensuse(os));
    if (sw_str_starts_with(id, SW_STR("opensuse-tumbleweed")) ||
        sw_str_starts_with(id, SW_STR("opensuse-slowroll")))
        return SW_STR("opensuse-tumbleweed");
    if (sw_str_starts_with(id, SW_STR("sle-micro")))
        return SW_STR("sle-micro");
    if (sw_str_starts_with(id, SW_STR("sl-micro")))
        return SW_STR("sl-micro");
    if (sw_str_equal_z(id, "sled") || sw_str_starts_with(id, SW_STR("sles")) ||
        sw_str_equal_z(id, "sle_hpc"))
        return numbers_of(os->version_id, 2).n > 0 ? SW_STR("sles") : SW_STR("sles-ga");
    return id;
}

static const struct sw_release_system *find_system(const struct sw_os *os)
{
    return os->id.n > 0 ? sw_release_find_system(tell_variant(os)) : NULL;
}

static bool append(struct key *key, struct sw_str s)
{
    if (s.n > sizeof(key->text) - key->n)
        return false;
    if (s.n > 0)
        memcpy(key->text + key->n, s.p, s.n);
    key->n += s.n;
    return true;
}

static bool is_plain(struct sw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    }
    return true;
}

/* What "$c" and the like stand for; empty when the system does not say. */
static struct sw_str expand_mark(const struct sw_os *os, const char *family, char mark)
{
    if (mark == '1' || mark == '2')
        return numbers_of(os->version_id, (size_t)(mark - '0'));
    if (mark == 'c')
        return sw_str_of(sw_release_find_codename(sw_str_of(family), codename_of(os)));
    bool is_sane = os->version_id.n <= NUMBER_MAX && is_plain(os->version_id);
    return is_sane ? os->version_id : SW_STR_NONE;
}

/* False when a number that the key needs is missing. */
static bool expand(const struct sw_os *os, const char *family, const char *pattern, struct key *key)
{
    key->n = 0;
    for (const char *p = pattern; *p != '\0'; p++) {
        struct sw_str s = {p, 1};
        if (*p == '$') {
            p++;
            s = expand_mark(os, family, *p);
            if (s.n == 0)
                return false;
        }
        if (!append(key, s))
            return false;
    }
    return true;
}

const struct sw_release_family *sw_release_find_family(const struct sw_os *os)
{
    const struct sw_release_system *system = find_system(os);
    return system != NULL ? system->family : NULL;
}

int sw_release_products(
    const struct sw_os *os, struct sw_region *region, struct sw_str **ret_products, size_t *ret_n)
{
    const struct sw_release_system *system = find_system(os);
    struct sw_str *products =
        sw_region_array(region, SW_RELEASE_PRODUCTS_MAX, sizeof(struct sw_str));
    if (products == NULL)
        return -ENOMEM;
    size_t n = 0;
    for (size_t i = 0; system != NULL && system->keys[i] != NULL; i++) {
        struct key key;
        if (!expand(os, system->family->name, system->keys[i], &key))
            continue;
        /* The codename of unstable is its key already. */
        if (n > 0 && sw_str_equal(products[n - 1], (struct sw_str){key.text, key.n}))
            continue;
        int r = sw_region_copy(region, (struct sw_str){key.text, key.n}, &products[n]);
        if (r < 0)
            return r;
        n++;
    }
    *ret_products = products;
    *ret_n = n;
    return 0;
}

const char *sw_release_explain_unsupported(const struct sw_os *os)
{
    if (os->id.n == 0)
        return "no operating system was recognised: packages are listed, not judged";
    const struct sw_release_system *system = find_system(os);
    if (system == NULL)
        return "the system is not one that Seawall knows: packages are listed, not judged";
    if (system->family->unsupported != NULL)
        return system->family->unsupported;
    for (size_t i = 0; system->keys[i] != NULL; i++) {
        struct key key;
        if (expand(os, system->family->name, system->keys[i], &key))
            return NULL;
    }
    return "the system does not say which release it is: packages are listed, not judged";
}

bool sw_release_is_vendor_package(const struct sw_os *os, const struct sw_package *package)
{
    const struct sw_release_system *system = find_system(os);
    struct sw_str vendor = sw_str_trim(package->vendor);
    if (system == NULL || system->vendors == NULL || vendor.n == 0 ||
        sw_str_equal_z(vendor, "(none)"))
        return true;
    for (size_t i = 0; system->vendors[i] != NULL; i++) {
        struct sw_str own = sw_str_of(system->vendors[i]);
        if (sw_str_equal_ignore_case(sw_str_part(vendor, 0, own.n), own))
            return true;
    }
    return false;
}
