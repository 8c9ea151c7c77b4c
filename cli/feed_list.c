/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of official feeds. docs/feeds.md describes each.
 */
#include "feed_list.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define OSV "https://storage.googleapis.com/osv-vulnerabilities/"
#define SUSE "https://ftp.suse.com/pub/projects/security/oval/"
#define ALPINE "https://secdb.alpinelinux.org/"
#define ALPINE_RELEASES "3.16 3.17 3.18 3.19 3.20 3.21 3.22 3.23 edge"
#define AZURE "https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main/"

const struct sw_feed_place sw_feed_places[] = {
    {"debian-tracker", "debian", "https://security-tracker.debian.org/tracker/data/json",
        "debian/tracker.json", NULL, "-", SW_FEED_DIRECT},
    {"osv-ubuntu", "ubuntu", OSV "Ubuntu/all.zip", "osv/ubuntu.zip", NULL, "-", SW_FEED_DIRECT},
    {"secdb-main", "alpine", ALPINE "%b/main.json", "alpine/%b/main.json", NULL, ALPINE_RELEASES,
        SW_FEED_DIRECT},
    {"secdb-community", "alpine", ALPINE "%b/community.json", "alpine/%b/community.json", NULL,
        ALPINE_RELEASES, SW_FEED_DIRECT},
    {"secdb-wolfi", "wolfi", "https://packages.wolfi.dev/os/security.json", "wolfi/security.json",
        NULL, "-", SW_FEED_DIRECT},
    {"secdb-chainguard", "chainguard", "https://packages.cgr.dev/chainguard/security.json",
        "chainguard/security.json", NULL, "-", SW_FEED_DIRECT},
    {"redhat-vex", "redhat",
        "https://security.access.redhat.com/data/csaf/v2/vex/archive_latest.txt",
        "redhat/csaf_vex.tar.zst", NULL, "-", SW_FEED_LATEST_NAME},
    {"osv-almalinux", "alma", OSV "AlmaLinux/all.zip", "osv/almalinux.zip", NULL, "-",
        SW_FEED_DIRECT},
    {"osv-rocky", "rocky", OSV "Rocky%20Linux/all.zip", "osv/rocky.zip", NULL, "-", SW_FEED_DIRECT},
    {"oracle-oval", "oracle", "https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2",
        "oracle/com.oracle.elsa-all.xml.bz2", NULL, "-", SW_FEED_DIRECT},
    {"amazon-updateinfo", "amazon:2023",
        "https://cdn.amazonlinux.com/al2023/core/mirrors/latest/x86_64/mirror.list",
        "amazon/2023/updateinfo.xml.gz", "repodata/updateinfo.xml.gz", "-", SW_FEED_MIRROR_LIST},
    {"amazon-updateinfo", "amazon:2",
        "https://cdn.amazonlinux.com/2/core/latest/x86_64/mirror.list",
        "amazon/2/updateinfo.xml.gz", "repodata/updateinfo.xml.gz", "-", SW_FEED_MIRROR_LIST},
    {"suse-oval", "sles", SUSE "suse.linux.enterprise.server.%m.xml.gz",
        "suse/suse.linux.enterprise.server.%m.xml.gz", NULL, "12 15", SW_FEED_DIRECT},
    {"suse-oval", "opensuse-leap", SUSE "opensuse.leap.%v.xml.gz", "suse/opensuse.leap.%v.xml.gz",
        NULL, "15.5 15.6", SW_FEED_DIRECT},
    {"suse-oval", "opensuse-tumbleweed", SUSE "opensuse.tumbleweed.xml.gz",
        "suse/opensuse.tumbleweed.xml.gz", NULL, "-", SW_FEED_DIRECT},
    {"photon", "photon",
        "https://packages.broadcom.com/photon/photon_cve_metadata/cve_data_photon%v.0.json",
        "photon/cve_data_photon%v.0.json", NULL, "3 4 5", SW_FEED_DIRECT},
    {"azure-oval", "azurelinux", AZURE "azurelinux-%v.0-oval.xml", "azure/azurelinux-%v.0-oval.xml",
        NULL, "3", SW_FEED_DIRECT},
    {"azure-oval", "mariner", AZURE "cbl-mariner-%v-oval.xml", "azure/cbl-mariner-%v-oval.xml",
        NULL, "2.0", SW_FEED_DIRECT},
    {"kev", "*",
        "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
        "kev/known_exploited_vulnerabilities.json", NULL, "-", SW_FEED_DIRECT},
    {"epss", "*", "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
        "epss/epss_scores.csv.gz", NULL, "-", SW_FEED_DIRECT},
    {"eol", "*", "https://endoflife.date/api/v1/products/full", "eol/endoflife-date.json", NULL,
        "-", SW_FEED_DIRECT},
    {0},
};

/* "debian:12" serves family "debian"; "amazon:2" only family "amazon:2". centos is judged by Red
 * Hat's feed. */
static bool is_served(const struct sw_feed_place *place, struct sw_str product)
{
    struct sw_str family = sw_str_of(place->family);
    if (sw_str_find_char(family, ':') >= 0)
        return sw_str_equal(family, product);
    struct sw_str rest = product;
    struct sw_str head = SW_STR_NONE;
    sw_str_next_token(&rest, ':', &head);
    return sw_str_equal(head, family);
}

static int append_release(struct sw_buf *out, char placeholder, struct sw_str release)
{
    struct sw_str rest = release;
    struct sw_str major = release;
    sw_str_next_token(&rest, '.', &major);
    bool is_number = release.n > 0 && release.p[0] >= '0' && release.p[0] <= '9';
    if (placeholder == 'b' && is_number && sw_buf_append_char(out, 'v') < 0)
        return -ENOMEM;
    return sw_buf_append_str(out, placeholder == 'm' ? major : release);
}

static const char *expand(struct sw_region *region, const char *text, struct sw_str release)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf out = {0};
    sw_buf_init(&out, 4096);
    for (const char *p = text; *p != '\0'; p++) {
        bool is_placeholder = p[0] == '%' && (p[1] == 'v' || p[1] == 'm' || p[1] == 'b');
        int r = is_placeholder ? append_release(&out, p[1], release) : sw_buf_append_char(&out, *p);
        if (r < 0)
            return NULL;
        p += is_placeholder;
    }
    return sw_region_strdup(region, sw_buf_str(&out));
}

struct selection {
    struct sw_region *region;
    struct sw_feed_fetch *v;
    size_t n;
};

/* A release goes into a path and an address: only what releases are made of. */
static bool is_release(struct sw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789.-_", s.p[i]) == NULL || s.p[i] == '\0')
            return false;
    return s.n < 64 && sw_str_find(s, SW_STR("..")) < 0;
}

static int add(struct selection *to, const struct sw_feed_place *place, struct sw_str release)
{
    struct sw_feed_fetch fetch = {.place = place};
    fetch.url = expand(to->region, place->url, release);
    fetch.file = expand(to->region, place->file, release);
    if (fetch.url == NULL || fetch.file == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < to->n; i++)
        if (strcmp(to->v[i].file, fetch.file) == 0)
            return 0;
    if (to->n == SW_FEED_FETCHES_MAX)
        return -EFBIG;
    to->v[to->n++] = fetch;
    return 0;
}

static int add_all_releases(struct selection *to, const struct sw_feed_place *place)
{
    struct sw_str rest = sw_str_of(place->releases);
    struct sw_str release;
    int r = 0;
    while (r == 0 && sw_str_next_token(&rest, ' ', &release))
        r = add(to, place, release);
    return r;
}

static int add_product(struct selection *to, struct sw_str product)
{
    struct sw_str release = product;
    struct sw_str family;
    sw_str_next_token(&release, ':', &family);
    if (release.p == NULL)
        release = SW_STR("");
    if (!is_release(release))
        return 0;
    int r = 0;
    for (const struct sw_feed_place *place = sw_feed_places; r == 0 && place->name != NULL; place++)
        if (is_served(place, product))
            r = add(to, place, release);
    return r;
}

bool sw_feed_list_is_served(struct sw_str product)
{
    for (const struct sw_feed_place *place = sw_feed_places; place->name != NULL; place++)
        if (is_served(place, product))
            return true;
    return false;
}

int sw_feed_list_select(const struct sw_str *products, size_t n_products, bool is_all,
    struct sw_region *region, struct sw_feed_fetch **ret, size_t *ret_n)
{
    struct selection selection = {.region = region};
    selection.v = sw_region_array(region, SW_FEED_FETCHES_MAX, sizeof(*selection.v));
    int r = selection.v != NULL ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < n_products; i++)
        r = add_product(&selection, products[i]);
    for (const struct sw_feed_place *place = sw_feed_places; r == 0 && place->name != NULL; place++)
        if (is_all || strcmp(place->family, "*") == 0)
            r = add_all_releases(&selection, place);
    if (r < 0)
        return r;
    *ret = selection.v;
    *ret_n = selection.n;
    return 0;
}
