/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/rules/release*.c by table. The systems are what real os-release files say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "rules/release.h"

struct system {
    const char *id;
    const char *version_id;
    const char *codename;
    const char *name;
    const char *cpe;
    const char *family;   /* NULL: none */
    const char *products; /* space separated */
};

static struct sw_os os_of(const struct system *system)
{
    return (struct sw_os){
        .id = sw_str_of(system->id),
        .version_id = sw_str_of(system->version_id),
        .codename = sw_str_of(system->codename),
        .name = sw_str_of(system->name),
        .cpe = sw_str_of(system->cpe),
    };
}

static const struct system supported[] = {
    {"debian", "12", "bookworm", "Debian GNU/Linux 12 (bookworm)", "", "debian", "debian:12"},
    {"debian", "10.8", "", "Distroless", "", "debian", "debian:10"},
    {"debian", "", "forky", "Debian GNU/Linux forky/sid", "", "debian", "debian:sid debian:14"},
    {"debian", "trixie/sid", "", "", "", "debian", "debian:sid debian:13"},
    {"debian", "", "sid", "", "", "debian", "debian:sid"},
    {"debian", "", "", "Debian GNU/Linux zurg/sid", "", "debian", "debian:sid"},
    {"ubuntu", "22.04", "jammy", "Ubuntu 22.04.4 LTS", "", "ubuntu",
        "ubuntu:22.04-pro ubuntu:22.04"},
    {"ubuntu", "", "noble", "", "", "ubuntu", "ubuntu:24.04-pro ubuntu:24.04"},
    {"alpine", "3.20.3", "", "Alpine Linux v3.20", "", "alpine", "alpine:3.20"},
    {"alpine", "3.21.0_alpha20240807", "", "Alpine Linux edge", "", "alpine", "alpine:edge"},
    {"alpine", "3.20.0_rc1", "", "Alpine Linux v3.20", "", "alpine", "alpine:3.20"},
    {"alpine", "edge", "", "", "", "alpine", "alpine:edge"},
    {"wolfi", "20230201", "", "Wolfi", "", "wolfi", "wolfi"},
    {"chainguard", "20230214", "", "Chainguard", "", "chainguard", "chainguard"},
    {"rhel", "9.2", "", "Red Hat Enterprise Linux 9.2 (Plow)", "", "redhat",
        "redhat:9.2-eus redhat:9.2-e4s redhat:9.2-aus redhat:9.2-tus redhat:9-els redhat:9"},
    {"rhel", "10", "", "", "", "redhat", "redhat:10-els redhat:10"},
    {"centos", "8", "", "CentOS Linux 8", "cpe:/o:centos:centos:8", "centos", "centos:8 redhat:8"},
    {"centos", "8", "", "CentOS Stream 8", "cpe:/o:centos:centos:8", "centos",
        "centos-stream:8 redhat:8"},
    {"centos", "9", "", "", "", "centos", "centos-stream:9 redhat:9"},
    {"centos", "7.6.1810", "", "CentOS Linux", "", "centos", "centos:7 redhat:7"},
    {"scientific", "7.9", "", "", "", "scientific", "scientific:7 redhat:7"},
    {"almalinux", "9.4", "", "AlmaLinux 9.4", "", "alma", "alma:9"},
    {"almalinux", "10.0", "", "", "", "alma", "alma:10"},
    {"rocky", "8.4", "", "", "cpe:/o:rocky:rocky:8.4:GA", "rocky", "rocky:8"},
    {"ol", "8.10", "", "Oracle Linux Server 8.10", "", "oracle", "oracle:8"},
    {"amzn", "2023", "", "Amazon Linux 2023", "", "amazon", "amazon:2023"},
    {"amzn", "2", "", "", "", "amazon", "amazon:2"},
    {"amzn", "2018.03", "", "", "", "amazon", "amazon:2018.03 amazon:1"},
    {"fedora", "40", "", "Fedora Linux 40 (Container Image)", "", "fedora", "fedora:40"},
    {"sles", "15.5", "", "", "cpe:/o:suse:sles:15:sp5", "sles", "sles:15.5-ltss sles:15.5"},
    {"sles", "15", "", "", "", "sles", "sles:15-ltss sles:15"},
    {"sles_sap", "12.5", "", "", "", "sles", "sles:12.5-ltss sles:12.5"},
    {"sle-micro-rancher", "5.4", "", "", "", "sles",
        "suse-linux-enterprise-micro:5.4 sle-micro:5.4"},
    {"sl-micro", "6.0", "", "", "", "sles", "suse-linux-micro:6.0 sl-micro:6.0"},
    {"opensuse", "42.3", "", "openSUSE Leap 42.3", "cpe:/o:opensuse:leap:42.3", "opensuse",
        "opensuse-leap:42.3"},
    {"opensuse", "13.2", "", "openSUSE 13.2", "", "opensuse", "opensuse:13.2"},
    {"opensuse", "20170901", "", "", "cpe:/o:opensuse:tumbleweed:20170901", "opensuse",
        "opensuse-tumbleweed"},
    {"opensuse-leap", "15.2.1", "", "", "", "opensuse", "opensuse-leap:15.2"},
    {"opensuse-leap", "16.0", "", "", "", "opensuse", "opensuse-leap:16.0"},
    {"opensuse-tumbleweed", "20240801", "", "", "", "opensuse", "opensuse-tumbleweed"},
    {"photon", "4.0", "", "", "", "photon", "photon:4"},
    {"azurelinux", "3.0", "", "", "", "azurelinux", "azurelinux:3"},
    {"mariner", "2.0", "", "", "", "mariner", "mariner:2.0"},
    {"RHEL", "8", "", "", "", "redhat", "redhat:8-els redhat:8"},
};

static void check_products(const struct system *system)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 65536);
    struct sw_os os = os_of(system);
    struct sw_str *products = NULL;
    size_t n = 0;
    assert_int_equal(sw_release_products(&os, &region, &products, &n), 0);
    assert_true(n <= SW_RELEASE_PRODUCTS_MAX);
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 4096);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            assert_int_equal(sw_buf_append_char(&text, ' '), 0);
        assert_int_equal(sw_buf_append_str(&text, products[i]), 0);
    }
    if (!sw_str_equal(sw_buf_str(&text), sw_str_of(system->products)))
        fail_msg("%s %s: got '%.*s', not '%s'", system->id, system->version_id,
            SW_STR_ARG(sw_buf_str(&text)), system->products);
}

static void names_products_of_each_supported_system(void **state)
{
    (void)state;
    for (size_t i = 0; i < SW_ARRAY_SIZE(supported); i++) {
        struct sw_os os = os_of(&supported[i]);
        check_products(&supported[i]);
        const struct sw_release_family *family = sw_release_find_family(&os);
        assert_non_null(family);
        assert_string_equal(family->name, supported[i].family);
        assert_null(family->unsupported);
        assert_null(sw_release_explain_unsupported(&os));
    }
}

static void says_why_a_system_is_not_judged(void **state)
{
    (void)state;
    static const struct {
        struct system system;
        const char *part;
    } cases[] = {
        {{"", "", "", "", "", NULL, ""}, "no operating system was recognised"},
        {{"my-awesome-distro", "8", "", "", "", NULL, ""}, "not one that Seawall knows"},
        {{"arch", "", "", "", "", "arch", ""}, "Arch Linux is not judged"},
        {{"gentoo", "2.14", "", "", "", "gentoo", ""}, "Gentoo is not judged"},
        {{"nixos", "24.05", "", "", "", "nixos", ""}, "NixOS is not judged"},
        {{"bottlerocket", "1.34.0", "", "", "", "bottlerocket", ""}, "Bottlerocket is not"},
        {{"minimos", "20241031", "", "", "", "minimos", ""}, "MinimOS is not judged"},
        {{"kali", "2024.2", "", "", "", "kali", ""}, "Kali Linux is not judged"},
        {{"alpine", "", "", "", "", "alpine", ""}, "does not say which release"},
        {{"debian", "", "", "", "", "debian", ""}, "does not say which release"},
        {{"rhel", "nine", "", "", "", "redhat", ""}, "does not say which release"},
        {{"fedora", "99999999999999999999", "", "", "", "fedora", ""}, "does not say which"},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        struct sw_os os = os_of(&cases[i].system);
        const char *sentence = sw_release_explain_unsupported(&os);
        assert_non_null(sentence);
        if (strstr(sentence, cases[i].part) == NULL)
            fail_msg("%s: '%s'", cases[i].system.id, sentence);
        check_products(&cases[i].system);
        const struct sw_release_family *family = sw_release_find_family(&os);
        if (cases[i].system.family == NULL)
            assert_null(family);
        else
            assert_string_equal(family->name, cases[i].system.family);
    }
}

static void knows_package_type_of_families(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        enum sw_package_type type;
        enum sw_version_scheme scheme;
        enum sw_affected_name kind;
    } cases[] = {
        {"debian", SW_PACKAGE_DPKG, SW_VERSION_DPKG, SW_AFFECTED_SOURCE},
        {"wolfi", SW_PACKAGE_APK, SW_VERSION_APK, SW_AFFECTED_SOURCE},
        {"almalinux", SW_PACKAGE_RPM, SW_VERSION_RPM, SW_AFFECTED_BINARY},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        struct sw_os os = {.id = sw_str_of(cases[i].id)};
        const struct sw_release_family *family = sw_release_find_family(&os);
        assert_non_null(family);
        assert_int_equal(family->package_type, cases[i].type);
        assert_int_equal(family->scheme, cases[i].scheme);
        assert_int_equal(family->name_kind, cases[i].kind);
    }
}

static void tells_foreign_vendors_apart(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        const char *vendor;
        bool is_own;
    } cases[] = {
        {"rhel", "Red Hat, Inc.", true},
        {"rhel", "", true},
        {"rhel", "(none)", true},
        {"rhel", "Fedora Project", false}, /* EPEL */
        {"rhel", "Docker", false},
        {"rhel", "NVIDIA", false},
        {"rhel", "Red", false},
        {"centos", "CentOS", true},
        {"centos", "Red Hat, Inc.", true},
        {"centos", "CentOS Buildsys <bugs@centos.org>", true},
        {"almalinux", "AlmaLinux", true},
        {"almalinux", "almalinux os foundation", true},
        {"almalinux", "Red Hat, Inc.", false},
        {"rocky", "Rocky Enterprise Software Foundation", true},
        {"ol", "Oracle America", true},
        {"amzn", "Amazon Linux", true},
        {"amzn", "Amazon.com", true},
        {"fedora", "Fedora Project", true},
        {"fedora", "RPM Fusion", false},
        {"sles", "SUSE LLC <https://www.suse.com/>", true},
        {"opensuse-leap", "openSUSE", true},
        {"opensuse-leap", "obs://build.opensuse.org/server:php", false},
        {"photon", "VMware, Inc.", true},
        {"azurelinux", "Microsoft Corporation", true},
        {"debian", "Debian", true},
        {"debian", "Docker", false},
        {"alpine", "", true},
        {"my-awesome-distro", "Anyone", true},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        struct sw_os os = {.id = sw_str_of(cases[i].id), .version_id = SW_STR("9")};
        struct sw_package package = {.vendor = sw_str_of(cases[i].vendor)};
        if (sw_release_is_vendor_package(&os, &package) != cases[i].is_own)
            fail_msg("%s: '%s'", cases[i].id, cases[i].vendor);
    }
}

static void tells_kernel_headers_from_kernels(void **state)
{
    (void)state;
    static const char *const headers[] = {"linux-libc-dev", "linux-headers-6.1.0-18-amd64",
        "linux-aws-6.5-headers-6.5.0-1014", "linux-kbuild-6.1", "kernel-headers", "kernel-devel",
        "kernel-uek-devel", "kernel-devel-matched", "kernel-64k-devel-matched", "linux-headers",
        "linux-glibc-devel", "kernel-default-devel", "linux-api-headers", "kernel-macros"};
    static const char *const others[] = {"linux-image-6.1.0-18-amd64", "kernel", "kernel-core",
        "kernel-modules", "kernel-default", "kernel-uek", "linux-pam", "linux-pam-doc",
        "linux-pam-dev", "linux-firmware", "linux-lts", "util-linux", "bpftool", "kernel-tools",
        "linux-", "kernel-", "linux-modules-5.15.0-100-generic", ""};
    for (size_t i = 0; i < SW_ARRAY_SIZE(headers); i++) {
        struct sw_package package = {.name = sw_str_of(headers[i])};
        if (!sw_release_is_kernel_headers(&package))
            fail_msg("'%s' is headers", headers[i]);
    }
    for (size_t i = 0; i < SW_ARRAY_SIZE(others); i++) {
        struct sw_package package = {.name = sw_str_of(others[i])};
        if (sw_release_is_kernel_headers(&package))
            fail_msg("'%s' is no headers", others[i]);
    }
}

static void finds_codenames(void **state)
{
    (void)state;
    assert_string_equal(sw_release_find_codename(SW_STR("debian"), SW_STR("bookworm")), "12");
    assert_string_equal(sw_release_find_codename(SW_STR("debian"), SW_STR("sid")), "sid");
    assert_string_equal(sw_release_find_codename(SW_STR("ubuntu"), SW_STR("jammy")), "22.04");
    assert_null(sw_release_find_codename(SW_STR("ubuntu"), SW_STR("bookworm")));
    assert_null(sw_release_find_codename(SW_STR("debian"), SW_STR("")));
}

static void reports_want_of_memory(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 8);
    struct sw_os os = {.id = SW_STR("debian"), .version_id = SW_STR("12")};
    struct sw_str *products = NULL;
    size_t n = 7;
    assert_int_equal(sw_release_products(&os, &region, &products, &n), -ENOMEM);
    assert_int_equal(n, 7);
    assert_null(products);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_products_of_each_supported_system),
        cmocka_unit_test(says_why_a_system_is_not_judged),
        cmocka_unit_test(knows_package_type_of_families),
        cmocka_unit_test(tells_foreign_vendors_apart),
        cmocka_unit_test(tells_kernel_headers_from_kernels),
        cmocka_unit_test(finds_codenames),
        cmocka_unit_test(reports_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
