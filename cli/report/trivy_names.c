/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two tables, and walks through them.
 */
#include "report/trivy_names.h"

#include "base/mem.h"

struct sw_str sw_trivy_family(const struct sw_os *os)
{
    static const struct {
        const char *id;
        const char *family;
    } families[] = {
        {"almalinux", "alma"},
        {"amzn", "amazon"},
        {"mariner", "cbl-mariner"},
        {"ol", "oracle"},
        {"opensuse", "opensuse-leap"},
        {"rhel", "redhat"},
        {"sle-micro", "slem"},
        {"sl-micro", "slem"},
        {"sle-micro-rancher", "slem"},
        {"sled", "sles"},
        {"suse-microos", "slem"},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(families); i++)
        if (sw_str_equal_z(os->id, families[i].id))
            return sw_str_of(families[i].family);
    return os->id;
}

static const struct sw_trivy_source sources[] = {
    {"debian-", "debian", "Debian Security Tracker",
        "https://salsa.debian.org/security-tracker-team/security-tracker"},
    {"osv-debian", "debian", "Debian Security Tracker",
        "https://salsa.debian.org/security-tracker-team/security-tracker"},
    {"ubuntu", "ubuntu", "Ubuntu CVE Tracker", "https://git.launchpad.net/ubuntu-cve-tracker"},
    {"osv-ubuntu", "ubuntu", "Ubuntu CVE Tracker", "https://git.launchpad.net/ubuntu-cve-tracker"},
    {"secdb-alpine", "alpine", "Alpine Secdb", "https://secdb.alpinelinux.org/"},
    {"osv-alpine", "alpine", "Alpine Secdb", "https://secdb.alpinelinux.org/"},
    {"secdb-wolfi", "wolfi", "Wolfi Secdb", "https://packages.wolfi.dev/os/security.json"},
    {"secdb-chainguard", "chainguard", "Chainguard Security Data",
        "https://packages.cgr.dev/chainguard/security.json"},
    {"osv-chainguard", "chainguard", "Chainguard Security Data",
        "https://packages.cgr.dev/chainguard/security.json"},
    {"osv-almalinux", "alma", "AlmaLinux Product Errata", "https://errata.almalinux.org/"},
    {"updateinfo-alma", "alma", "AlmaLinux Product Errata", "https://errata.almalinux.org/"},
    {"osv-rocky", "rocky", "Rocky Linux updateinfo", "https://download.rockylinux.org/pub/rocky/"},
    {"updateinfo-rocky", "rocky", "Rocky Linux updateinfo",
        "https://download.rockylinux.org/pub/rocky/"},
    {"updateinfo-amazon", "amazon", "Amazon Linux Security Center", "https://alas.aws.amazon.com/"},
    {"oval-oracle", "oracle-oval", "Oracle Linux OVAL definitions",
        "https://linux.oracle.com/security/oval/"},
    {"updateinfo-oracle", "oracle-oval", "Oracle Linux OVAL definitions",
        "https://linux.oracle.com/security/oval/"},
    {"photon", "photon", "Photon OS CVE metadata",
        "https://packages.broadcom.com/photon/photon_cve_metadata/"},
    {"oval-suse", "suse-cvrf", "SUSE CVRF", "https://ftp.suse.com/pub/projects/security/cvrf/"},
    {"csaf-suse", "suse-cvrf", "SUSE CVRF", "https://ftp.suse.com/pub/projects/security/cvrf/"},
    {"osv-suse", "suse-cvrf", "SUSE CVRF", "https://ftp.suse.com/pub/projects/security/cvrf/"},
    {"osv-opensuse", "suse-cvrf", "SUSE CVRF", "https://ftp.suse.com/pub/projects/security/cvrf/"},
    {"csaf-redhat", "redhat", "Red Hat CSAF", "https://security.access.redhat.com/data/csaf/"},
    {"oval-redhat", "redhat", "Red Hat OVAL v2", "https://www.redhat.com/security/data/oval/v2/"},
    {"osv-redhat", "redhat", "Red Hat OSV", "https://security.access.redhat.com/data/osv/"},
    {"oval-azurelinux", "azure", "Azure Linux Vulnerability Data",
        "https://github.com/microsoft/AzureLinuxVulnerabilityData"},
    {"osv-ghsa", "ghsa", "GitHub Security Advisory", "https://github.com/advisories"},
    {"osv-cve", "nvd", "National Vulnerability Database", "https://nvd.nist.gov/"},
    {"nvd", "nvd", "National Vulnerability Database", "https://nvd.nist.gov/"},
};

const struct sw_trivy_source *sw_trivy_source_find(struct sw_str feed)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(sources); i++)
        if (sw_str_starts_with(feed, sw_str_of(sources[i].feed)))
            return &sources[i];
    return NULL;
}
