/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vendor is known by the prefix of the erratum's id; the version by the package's dist tag,
 * else by the collection's name, else by the file's path. Called once per package of an update.
 */
#include "vulndb/build/updateinfo_product.h"

#include <errno.h>

#include "base/mem.h"

#define WORDS_MAX 6

struct vendor {
    const char *id;               /* prefix of the update's id */
    const char *family;           /* of the product key */
    const char *tag;              /* dist tag in a release; NULL: none */
    const char *words[WORDS_MAX]; /* what stands before the version in names and paths */
};

static const struct vendor vendors[] = {
    {"ALAS", "amazon", ".amzn",
        {"amazon-linux-", "amazon linux ", "amazonlinux", "amazon-", "amazon/", "al"}},
    {"FEDORA-", "fedora", ".fc", {"fedora-", "fedora ", "fedora/", "fedora"}},
    {"RLSA-", "rocky", ".el", {"rocky-linux-", "rocky linux ", "rocky-", "rocky/", "rocky"}},
    {"ALSA-", "alma", ".el", {"almalinux-", "almalinux ", "almalinux/", "alma-", "alma/", "alma"}},
    {"ELSA-", "oracle", ".el", {"oracle-linux-", "oracle linux ", "oracle/", "ol"}},
    {"openSUSE-", "opensuse-leap", NULL, {"openSUSE-SLE-", "leap-", "leap ", "leap/", "leap"}},
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The number right after `word` in text, letter case aside; empty when there is none. With dots
 * only where they belong to the version. */
static struct sw_str number_after(struct sw_str text, struct sw_str word, bool has_dots)
{
    for (size_t i = 0; i + word.n < text.n; i++) {
        size_t k = 0;
        while (k < word.n && lower(text.p[i + k]) == lower(word.p[k]))
            k++;
        if (k < word.n)
            continue;
        size_t first = i + word.n;
        size_t n = 0;
        while (first + n < text.n && ((text.p[first + n] >= '0' && text.p[first + n] <= '9') ||
                                         (has_dots && n > 0 && text.p[first + n] == '.')))
            n++;
        while (n > 0 && text.p[first + n - 1] == '.')
            n--;
        if (n > 0 && n < 16)
            return sw_str_part(text, first, n);
    }
    return SW_STR_NONE;
}

static struct sw_str find_version(
    const struct vendor *vendor, const struct sw_updateinfo_origin *origin)
{
    struct sw_str version = SW_STR_NONE;
    bool has_dots = vendor->tag == NULL;
    if (vendor->tag != NULL)
        version = number_after(origin->evr, sw_str_of(vendor->tag), false);
    const struct sw_str texts[] = {origin->collection, origin->id, origin->path};
    for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++)
        for (size_t k = 0; k < WORDS_MAX && vendor->words[k] != NULL && version.n == 0; k++)
            version = number_after(texts[i], sw_str_of(vendor->words[k]), has_dots);
    return version;
}

int sw_updateinfo_product_find(
    struct sw_region *region, const struct sw_updateinfo_origin *origin, struct sw_str *ret)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(vendors); i++) {
        const struct vendor *vendor = &vendors[i];
        if (!sw_str_starts_with(origin->id, sw_str_of(vendor->id)))
            continue;
        struct sw_str version = find_version(vendor, origin);
        if (version.n == 0)
            return 0;
        /* The first Amazon Linux tags its packages 1 and calls itself 2018.03. */
        if (sw_str_equal_z(sw_str_of(vendor->family), "amazon") && sw_str_equal_z(version, "1"))
            version = SW_STR("2018.03");
        char *key = sw_region_printf(region, "%s:%.*s", vendor->family, SW_STR_ARG(version));
        if (key == NULL)
            return -ENOMEM;
        *ret = sw_str_of(key);
        return 1;
    }
    return 0;
}
