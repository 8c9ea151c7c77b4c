/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The systems that Seawall knows, judged or not. A new one is a row here; a new family also a row
 * among the families.
 */
#include "base/mem.h"
#include "rules/release_priv.h"

#define NO_FEED "is not judged: its advisories are not among the feeds that Seawall reads"
#define DERIVED                                                                                    \
    "is not judged: it changes packages of the system that it is made from, and says nowhere "     \
    "which"
#define NO_PACKAGES "is not judged: it has no package database that Seawall reads"

#define FAMILY(type, version_scheme, kind)                                                         \
    .package_type = (type), .scheme = (version_scheme), .name_kind = (kind)
#define DPKG FAMILY(SW_PACKAGE_DPKG, SW_VERSION_DPKG, SW_AFFECTED_SOURCE)
#define APK FAMILY(SW_PACKAGE_APK, SW_VERSION_APK, SW_AFFECTED_SOURCE)
#define RPM FAMILY(SW_PACKAGE_RPM, SW_VERSION_RPM, SW_AFFECTED_BINARY)

static const struct sw_release_family debian = {.name = "debian", .title = "Debian", DPKG};
static const struct sw_release_family ubuntu = {.name = "ubuntu", .title = "Ubuntu", DPKG};
static const struct sw_release_family alpine = {.name = "alpine", .title = "Alpine Linux", APK};
static const struct sw_release_family wolfi = {.name = "wolfi", .title = "Wolfi", APK};
static const struct sw_release_family chainguard = {
    .name = "chainguard", .title = "Chainguard", APK};
static const struct sw_release_family redhat = {
    .name = "redhat", .title = "Red Hat Enterprise Linux", RPM};
static const struct sw_release_family centos = {.name = "centos", .title = "CentOS", RPM};
static const struct sw_release_family scientific = {
    .name = "scientific", .title = "Scientific Linux", RPM};
static const struct sw_release_family alma = {.name = "alma", .title = "AlmaLinux", RPM};
static const struct sw_release_family rocky = {.name = "rocky", .title = "Rocky Linux", RPM};
static const struct sw_release_family oracle = {.name = "oracle", .title = "Oracle Linux", RPM};
static const struct sw_release_family amazon = {.name = "amazon", .title = "Amazon Linux", RPM};
static const struct sw_release_family fedora = {.name = "fedora", .title = "Fedora", RPM};
static const struct sw_release_family sles = {
    .name = "sles", .title = "SUSE Linux Enterprise", RPM};
static const struct sw_release_family opensuse = {.name = "opensuse", .title = "openSUSE", RPM};
static const struct sw_release_family photon = {.name = "photon", .title = "Photon OS", RPM};
static const struct sw_release_family azurelinux = {
    .name = "azurelinux", .title = "Azure Linux", RPM};
static const struct sw_release_family mariner = {.name = "mariner", .title = "CBL-Mariner", RPM};

/* Not judged; named so that the report can say why. */
#define UNSUPPORTED(symbol, id, text, reason, columns)                                             \
    static const struct sw_release_family symbol = {                                               \
        .name = (id), .title = (text), .unsupported = text " " reason, columns}
UNSUPPORTED(arch, "arch", "Arch Linux", NO_PACKAGES, RPM);
UNSUPPORTED(gentoo, "gentoo", "Gentoo", NO_PACKAGES, RPM);
UNSUPPORTED(nixos, "nixos", "NixOS", NO_PACKAGES, RPM);
UNSUPPORTED(guix, "guix", "GNU Guix", NO_PACKAGES, RPM);
UNSUPPORTED(slackware, "slackware", "Slackware", NO_PACKAGES, RPM);
UNSUPPORTED(void_linux, "void", "Void Linux", NO_PACKAGES, RPM);
UNSUPPORTED(openwrt, "openwrt", "OpenWrt", NO_PACKAGES, RPM);
UNSUPPORTED(buildroot, "buildroot", "a Buildroot system", NO_PACKAGES, RPM);
UNSUPPORTED(flatcar, "flatcar", "Flatcar Container Linux", NO_PACKAGES, RPM);
UNSUPPORTED(coreos, "coreos", "CoreOS Container Linux", NO_PACKAGES, RPM);
UNSUPPORTED(container_optimized, "cos", "Container-Optimized OS", NO_PACKAGES, RPM);
UNSUPPORTED(bottlerocket, "bottlerocket", "Bottlerocket", NO_PACKAGES, RPM);
UNSUPPORTED(clear_linux, "clear-linux-os", "Clear Linux OS", NO_PACKAGES, RPM);
UNSUPPORTED(talos, "talos", "Talos Linux", NO_PACKAGES, RPM);
UNSUPPORTED(raspbian, "raspbian", "Raspbian", DERIVED, DPKG);
UNSUPPORTED(kali, "kali", "Kali Linux", DERIVED, DPKG);
UNSUPPORTED(mint, "linuxmint", "Linux Mint", DERIVED, DPKG);
UNSUPPORTED(devuan, "devuan", "Devuan", DERIVED, DPKG);
UNSUPPORTED(pop, "pop", "Pop!_OS", DERIVED, DPKG);
UNSUPPORTED(postmarketos, "postmarketos", "postmarketOS", DERIVED, APK);
UNSUPPORTED(cloudlinux, "cloudlinux", "CloudLinux", DERIVED, RPM);
UNSUPPORTED(virtuozzo, "virtuozzo", "Virtuozzo", DERIVED, RPM);
UNSUPPORTED(rhcos, "rhcos", "Red Hat Enterprise Linux CoreOS", NO_FEED, RPM);
UNSUPPORTED(minimos, "minimos", "MinimOS", NO_FEED, APK);
UNSUPPORTED(echo, "echo", "Echo", NO_FEED, DPKG);
UNSUPPORTED(alpaquita, "alpaquita", "Alpaquita Linux", NO_FEED, APK);
UNSUPPORTED(openeuler, "openeuler", "openEuler", NO_FEED, RPM);
UNSUPPORTED(anolis, "anolis", "Anolis OS", NO_FEED, RPM);
UNSUPPORTED(alinux, "alinux", "Alibaba Cloud Linux", NO_FEED, RPM);
UNSUPPORTED(tencentos, "tencentos", "TencentOS Server", NO_FEED, RPM);
UNSUPPORTED(mageia, "mageia", "Mageia", NO_FEED, RPM);
UNSUPPORTED(altlinux, "altlinux", "ALT Linux", NO_FEED, RPM);
UNSUPPORTED(eurolinux, "eurolinux", "EuroLinux", NO_FEED, RPM);
UNSUPPORTED(miraclelinux, "miraclelinux", "MIRACLE LINUX", NO_FEED, RPM);

static const char *const deb_vendors[] = {"Debian", "Ubuntu", NULL};
static const char *const redhat_vendors[] = {"Red Hat", NULL};
/* Old CentOS packages came from the project's build systems under several names. */
static const char *const centos_vendors[] = {"CentOS", "Red Hat", NULL};
static const char *const scientific_vendors[] = {"Scientific Linux", NULL};
static const char *const alma_vendors[] = {"AlmaLinux", NULL};
static const char *const rocky_vendors[] = {"Rocky", NULL};
static const char *const oracle_vendors[] = {"Oracle", NULL};
static const char *const amazon_vendors[] = {"Amazon", NULL};
static const char *const fedora_vendors[] = {"Fedora", NULL};
static const char *const suse_vendors[] = {"SUSE", "openSUSE", NULL};
static const char *const photon_vendors[] = {"VMware", "Broadcom", NULL};
static const char *const microsoft_vendors[] = {"Microsoft", NULL};

static const struct sw_release_system systems[] = {
    {"debian", &debian, {"debian:$1"}, deb_vendors},
    {"debian-testing", &debian, {"debian:sid", "debian:$c"}, deb_vendors},
    {"ubuntu", &ubuntu, {"ubuntu:$2-pro", "ubuntu:$2"}, deb_vendors},
    {"ubuntu-codename", &ubuntu, {"ubuntu:$c-pro", "ubuntu:$c"}, deb_vendors},
    {"alpine", &alpine, {"alpine:$2"}, NULL},
    {"alpine-edge", &alpine, {"alpine:edge"}, NULL},
    {"wolfi", &wolfi, {"wolfi"}, NULL},
    {"chainguard", &chainguard, {"chainguard"}, NULL},
    {"rhel", &redhat,
        {"redhat:$2-eus", "redhat:$2-e4s", "redhat:$2-aus", "redhat:$2-tus", "redhat:$1-els",
            "redhat:$1"},
        redhat_vendors},
    {"centos", &centos, {"centos:$1", "redhat:$1"}, centos_vendors},
    {"centos-stream", &centos, {"centos-stream:$1", "redhat:$1"}, centos_vendors},
    {"scientific", &scientific, {"scientific:$1", "redhat:$1"}, scientific_vendors},
    {"almalinux", &alma, {"alma:$1"}, alma_vendors},
    {"rocky", &rocky, {"rocky:$1"}, rocky_vendors},
    {"ol", &oracle, {"oracle:$1"}, oracle_vendors},
    {"amzn", &amazon, {"amazon:$1"}, amazon_vendors},
    {"amzn-ami", &amazon, {"amazon:$0", "amazon:1"}, amazon_vendors},
    {"fedora", &fedora, {"fedora:$1"}, fedora_vendors},
    {"sles", &sles, {"sles:$2-ltss", "sles:$2"}, suse_vendors},
    {"sles-ga", &sles, {"sles:$1-ltss", "sles:$1"}, suse_vendors},
    {"sle-micro", &sles, {"suse-linux-enterprise-micro:$2", "sle-micro:$2"}, suse_vendors},
    {"sl-micro", &sles, {"suse-linux-micro:$2", "sl-micro:$2"}, suse_vendors},
    {"opensuse", &opensuse, {"opensuse:$2"}, suse_vendors},
    {"opensuse-leap", &opensuse, {"opensuse-leap:$2"}, suse_vendors},
    {"opensuse-tumbleweed", &opensuse, {"opensuse-tumbleweed"}, suse_vendors},
    {"photon", &photon, {"photon:$1"}, photon_vendors},
    {"azurelinux", &azurelinux, {"azurelinux:$1"}, microsoft_vendors},
    {"mariner", &mariner, {"mariner:$2"}, microsoft_vendors},
    {"arch", &arch, {0}, NULL},
    {"archarm", &arch, {0}, NULL},
    {"manjaro", &arch, {0}, NULL},
    {"gentoo", &gentoo, {0}, NULL},
    {"nixos", &nixos, {0}, NULL},
    {"guix", &guix, {0}, NULL},
    {"slackware", &slackware, {0}, NULL},
    {"void", &void_linux, {0}, NULL},
    {"openwrt", &openwrt, {0}, NULL},
    {"buildroot", &buildroot, {0}, NULL},
    {"flatcar", &flatcar, {0}, NULL},
    {"coreos", &coreos, {0}, NULL},
    {"cos", &container_optimized, {0}, NULL},
    {"bottlerocket", &bottlerocket, {0}, NULL},
    {"clear-linux-os", &clear_linux, {0}, NULL},
    {"talos", &talos, {0}, NULL},
    {"raspbian", &raspbian, {0}, NULL},
    {"kali", &kali, {0}, NULL},
    {"linuxmint", &mint, {0}, NULL},
    {"devuan", &devuan, {0}, NULL},
    {"pop", &pop, {0}, NULL},
    {"postmarketos", &postmarketos, {0}, NULL},
    {"cloudlinux", &cloudlinux, {0}, NULL},
    {"virtuozzo", &virtuozzo, {0}, NULL},
    {"rhcos", &rhcos, {0}, NULL},
    {"minimos", &minimos, {0}, NULL},
    {"echo", &echo, {0}, NULL},
    {"alpaquita", &alpaquita, {0}, NULL},
    {"openeuler", &openeuler, {0}, NULL},
    {"anolis", &anolis, {0}, NULL},
    {"alinux", &alinux, {0}, NULL},
    {"tencentos", &tencentos, {0}, NULL},
    {"mageia", &mageia, {0}, NULL},
    {"altlinux", &altlinux, {0}, NULL},
    {"eurolinux", &eurolinux, {0}, NULL},
    {"miraclelinux", &miraclelinux, {0}, NULL},
};

const struct sw_release_system *sw_release_find_system(struct sw_str id)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(systems); i++) {
        if (sw_str_equal_ignore_case(id, sw_str_of(systems[i].id)))
            return &systems[i];
    }
    return NULL;
}
