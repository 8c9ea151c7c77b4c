/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An advisory as a feed states it, in one shape for all feeds. Feed readers make them, the database
 * stores them, the matcher reads them back.
 *
 * A product key says where an affected entry applies:
 *   "debian:12", "ubuntu:22.04", "alpine:3.20", "wolfi", "chainguard", "redhat:9",
 * "redhat:9.2-eus", "centos:8", "alma:9", "rocky:9", "oracle:9", "amazon:2023", "fedora:40",
 * "sles:15.5", "opensuse-leap:15.5", "opensuse-tumbleweed", "photon:5", "azurelinux:3",
 * "mariner:2.0"; and for ecosystems that later versions match: "pypi", "npm", "go", "crates" ...
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "model/finding.h"

/* Which name of an installed package an entry speaks of. */
enum sw_affected_name {
    SW_AFFECTED_SOURCE, /* source package: Debian, Ubuntu, Alpine origin ... */
    SW_AFFECTED_BINARY, /* binary package: most rpm feeds */
    _SW_AFFECTED_NAME_MAX
};

enum sw_range_type {
    SW_RANGE_ECOSYSTEM, /* compared by the product's own scheme */
    SW_RANGE_SEMVER,
    SW_RANGE_GIT, /* stored for the record, never matched */
    _SW_RANGE_TYPE_MAX
};

/* Half-open: introduced <= v < fixed, or introduced <= v <= last_affected. An empty bound is open.
 */
struct sw_range {
    enum sw_range_type type;
    struct sw_str introduced; /* empty or "0": from the beginning */
    struct sw_str fixed;
    struct sw_str last_affected;
};

/* One package of one product. With no ranges and no versions, status alone speaks for every
 * version (affected, will not fix, not affected ...). */
struct sw_affected {
    struct sw_str product;
    struct sw_str package;
    enum sw_affected_name name_kind;
    enum sw_fix_status status;
    struct sw_str vendor_status;
    struct sw_str module; /* "nodejs:18": applies only to packages of that module stream; "*": to
                             packages of any module stream (the feed does not say which); empty:
                             only to packages outside any module */
    struct sw_str arch;   /* space separated; empty: any */
    enum sw_severity severity; /* vendor's, for this package; UNKNOWN: the advisory's holds */
    struct sw_range *ranges;
    size_t n_ranges;
    struct sw_str *versions; /* exact versions listed */
    size_t n_versions;
};

struct sw_advisory {
    struct sw_str feed;     /* name of the feed, "osv-almalinux" */
    struct sw_str record;   /* id in the feed; the pair is unique */
    struct sw_str id;       /* what people call it: "CVE-2024-1234", "ALSA-2025:10073" */
    struct sw_str *aliases; /* CVEs first */
    size_t n_aliases;
    struct sw_str title;
    struct sw_str details; /* cut at SW_ADVISORY_DETAILS_MAX */
    enum sw_severity severity;
    struct sw_cvss cvss;
    struct sw_str published;
    struct sw_str modified;
    bool is_withdrawn; /* stored, never matched */
    struct sw_str *references;
    size_t n_references;
    struct sw_affected *affected;
    size_t n_affected;
};

#define SW_ADVISORY_DETAILS_MAX ((size_t)4096)
#define SW_ADVISORY_AFFECTED_MAX ((size_t)200000)

/* Facts about a CVE from KEV and EPSS. */
struct sw_cve_facts {
    struct sw_str cve;
    bool is_kev;
    struct sw_str kev_date;
    struct sw_str kev_due;
    struct sw_str kev_name; /* the catalogue's title; says that ransomware uses it where it does */
    double epss;            /* < 0: none */
    double epss_percentile; /* < 0: none */
};

/* When a release stops getting advisories. */
struct sw_eol {
    struct sw_str product; /* product key as above */
    struct sw_str date;    /* "2026-06-30"; empty with is_ended: ended, date unknown */
    bool is_ended;
    struct sw_str extended_date; /* end of paid or community long-term support; may be empty */
};
