/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A finding: one noun for a vulnerability, a leaked secret, malware and a failed check. Which part
 * of the struct holds depends on the kind.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/region.h"
#include "base/str.h"

enum sw_finding_kind {
    SW_FINDING_VULNERABILITY,
    SW_FINDING_SECRET,
    SW_FINDING_MALWARE,
    SW_FINDING_CHECK,
    _SW_FINDING_KIND_MAX
};

/* Ordered: a larger value is worse. */
enum sw_severity {
    SW_SEVERITY_UNKNOWN,
    SW_SEVERITY_NEGLIGIBLE,
    SW_SEVERITY_LOW,
    SW_SEVERITY_MEDIUM,
    SW_SEVERITY_HIGH,
    SW_SEVERITY_CRITICAL,
    _SW_SEVERITY_MAX
};

/* What the vendor says about this package and vulnerability. */
enum sw_fix_status {
    SW_FIX_UNKNOWN,  /* listed, no statement */
    SW_FIX_AFFECTED, /* affected, no fix yet */
    SW_FIX_FIXED,    /* fixed in fixed_version */
    SW_FIX_WILL_NOT_FIX,
    SW_FIX_DEFERRED,
    SW_FIX_NOT_AFFECTED, /* only with --explain or VEX; never a finding */
    SW_FIX_UNDER_INVESTIGATION,
    SW_FIX_END_OF_LIFE,
    _SW_FIX_STATUS_MAX
};

/* Whether what was found is in the image as it runs. */
enum sw_presence {
    SW_PRESENCE_FINAL,    /* the file is there */
    SW_PRESENCE_DELETED,  /* a higher layer removes it; whoever has the image can still read it */
    SW_PRESENCE_REPLACED, /* a higher layer puts another file in its place; the same holds */
    SW_PRESENCE_CONFIG,   /* not in a file, but in the image's config or build history */
    _SW_PRESENCE_MAX
};

const char *sw_finding_kind_name(enum sw_finding_kind kind);
/* "unknown" .. "critical". */
const char *sw_severity_name(enum sw_severity severity);
int sw_severity_find(struct sw_str name, enum sw_severity *ret);
/* "fixed", "will_not_fix", ... */
const char *sw_fix_status_name(enum sw_fix_status status);
int sw_fix_status_find(struct sw_str name, enum sw_fix_status *ret);
/* "final", "deleted", "replaced", "config". */
const char *sw_presence_name(enum sw_presence presence);
int sw_presence_find(struct sw_str name, enum sw_presence *ret);

/* One scored vector. */
struct sw_cvss {
    struct sw_str vector; /* "CVSS:3.1/AV:N/..." or a v2 vector without prefix */
    double score;         /* base score as given, or computed from the vector; < 0: none */
};

/* Where a secret, malware or a failed check is. */
struct sw_location {
    struct sw_str path;  /* of the file in the image; empty for SW_PRESENCE_CONFIG */
    struct sw_str inner; /* inside that file, where it is an archive: "BOOT-INF/a.jar!/b.class"; of
                            the config, the member: "Env[2]", "history[4]" */
    uint64_t line;       /* from 1; 0: not known, or no text */
    uint64_t column;     /* in bytes, from 1 */
    uint64_t end_line;
    uint64_t end_column; /* of the last byte */
    uint64_t offset;     /* in bytes, of the first */
    int layer;           /* index into the image's layers, which has digest and instruction; -1 */
    enum sw_presence presence;
};

struct sw_finding {
    enum sw_finding_kind kind;
    struct sw_str id;          /* CVE where there is exactly one, else the advisory's id */
    struct sw_str advisory_id; /* vendor's advisory: "DSA-5532-1", "ALSA-2025:10073"; or empty */
    struct sw_str *aliases;    /* every other id: CVEs of an erratum, GHSA ... */
    size_t n_aliases;
    struct sw_str title;
    enum sw_severity severity;     /* vendor's own first, then CVSS */
    struct sw_str severity_source; /* feed that gave it */
    struct sw_cvss cvss;
    enum sw_fix_status status;
    struct sw_str vendor_status; /* the vendor's own words ("no-dsa", "Fix deferred"); or empty */
    struct sw_str fixed_version; /* empty unless fixed */
    struct sw_str published;     /* RFC 3339 date or date-time; may be empty */
    struct sw_str modified;
    struct sw_str *references;
    size_t n_references;

    bool is_kev; /* listed by CISA as known exploited */
    struct sw_str kev_date;
    struct sw_str kev_due;
    double epss;            /* probability 0..1; < 0: none */
    double epss_percentile; /* 0..1; < 0: none */

    /* What it was found in: index into the report's packages. All binary packages of one source
     * and advisory share a finding. */
    size_t *packages;
    size_t n_packages;
    struct sw_str source_name;
    struct sw_str installed_version; /* the version that was compared */

    /* Why (for --explain and JSON). */
    struct sw_str feed;    /* "debian-tracker", "osv-almalinux" ... */
    struct sw_str record;  /* id inside that feed */
    struct sw_str range;   /* human text: "< 3.0.11-1~deb12u2", "all versions" */
    struct sw_str matched; /* key that was looked up: "debian:12 source openssl" */

    /* Secrets and malware: id is the rule, title its description. No bytes of a secret are anywhere
     * but in `secret`, and there only when that was asked for. */
    struct sw_str engine;      /* "secrets", "yara", "hash", "clamav", "structure", "integrity" */
    struct sw_str family;      /* of malware: "xmrig"; of a secret, its provider; may be empty */
    struct sw_str match;       /* the text around, with the secret masked; or what is wrong */
    struct sw_str secret;      /* masked ("ghp_...x3Qf"), or as it is with --show-secrets */
    struct sw_str fingerprint; /* the same for the same find in the next scan */
    struct sw_str digest;      /* of the file, "sha256:..."; may be empty */
    double entropy;            /* bits per byte of the secret; < 0: not counted */
    struct sw_location location;
};

/* A secret or malware with all its bytes in the region. 0, -ENOMEM. */
int sw_finding_copy(
    const struct sw_finding *finding, struct sw_region *region, struct sw_finding *ret);
