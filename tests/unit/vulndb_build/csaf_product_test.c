/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/csaf_product.c: product keys, severity words, rpm names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "vulndb/build/csaf_product.h"

static void check(bool is_cpe, const char *text, const char *expected)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 65536);
    struct sw_str key = SW_STR_NONE;
    int r = is_cpe ? sw_csaf_product_find_cpe(&region, sw_str_of(text), &key)
                   : sw_csaf_product_find_name(&region, sw_str_of(text), &key);
    assert_int_equal(r, expected != NULL);
    if (expected != NULL)
        assert_true(sw_str_equal_z(key, expected));
}

static void finds_red_hat_streams_by_cpe(void **state)
{
    (void)state;
    check(true, "cpe:/o:redhat:enterprise_linux:9", "redhat:9");
    check(true, "cpe:/a:redhat:enterprise_linux:9::appstream", "redhat:9");
    check(true, "cpe:/o:redhat:enterprise_linux:10.0", "redhat:10");
    check(true, "cpe:/a:redhat:rhel_eus:9.2::appstream", "redhat:9.2-eus");
    check(true, "cpe:/o:redhat:rhel_aus:7.6::server", "redhat:7.6-aus");
    check(true, "cpe:/o:redhat:rhel_tus:8.4::baseos", "redhat:8.4-tus");
    check(true, "cpe:/o:redhat:rhel_e4s:9.0::baseos", "redhat:9.0-e4s");
    check(true, "cpe:/o:redhat:rhel_els:7", "redhat:7-els");
    check(true, "cpe:2.3:o:redhat:enterprise_linux:8:*:*:*:*:*:*:*", "redhat:8");
}

static void leaves_other_products_out(void **state)
{
    (void)state;
    check(true, "cpe:/a:redhat:openshift:4.12::el8", NULL);
    check(true, "cpe:/a:redhat:satellite:6", NULL);
    check(true, "cpe:/a:redhat:rhel_software_collections:3::el7", NULL);
    check(true, "cpe:/o:redhat:enterprise_linux", NULL);
    check(true, "cpe:/", NULL);
    check(true, "", NULL);
    check(false, "SUSE Manager Server 4.1", NULL);
    check(false, "SUSE Linux Enterprise Server", NULL);
    check(false, "", NULL);
}

static void finds_suse_service_packs(void **state)
{
    (void)state;
    check(true, "cpe:/o:suse:sles:15:sp5", "sles:15.5");
    check(true, "cpe:/o:suse:sle-module-basesystem:15:sp3", "sles:15.3");
    check(true, "cpe:/o:suse:sles:15", "sles:15");
    check(true, "cpe:/o:suse:suse_sles_sap:12:sp5", "sles:12.5");
    check(true, "cpe:/o:opensuse:leap:15.5", "opensuse-leap:15.5");
    check(true, "cpe:/o:opensuse:tumbleweed", "opensuse-tumbleweed");
    check(false, "SUSE Linux Enterprise Server 15 SP1-LTSS", "sles:15.1-ltss");
    check(false, "SUSE Linux Enterprise Server 15-LTSS", "sles:15-ltss");
    check(false, "SUSE Linux Enterprise Server LTSS Extended Security 12 SP5", "sles:12.5-ltss");
    check(true, "cpe:/o:suse:sles-ltss:15:sp2", "sles:15.2-ltss");
    check(true, "cpe:/o:suse:sle-micro:5.3", "sle-micro:5.3");
    check(true, "cpe:/o:suse:sl-micro:6.0", "sl-micro:6.0");
    check(false, "SUSE Linux Enterprise Micro 5.3", "sle-micro:5.3");
    check(false, "SUSE Linux Micro 6.1", "sl-micro:6.1");
    check(false, "SUSE Linux Enterprise Module for Python 3 15 SP4", "sles:15.4");
    check(false, "SUSE Linux Enterprise Server for SAP Applications 12 SP5", "sles:12.5");
    check(false, "SUSE Linux Enterprise Server 16.0", "sles:16.0");
    check(false, "openSUSE Leap 15.6", "opensuse-leap:15.6");
    check(false, "openSUSE Tumbleweed", "opensuse-tumbleweed");
    check(false, "Oracle Linux 9", "oracle:9");
    check(true, "cpe:/a:oracle:linux:7:9:patch", "oracle:7");
}

static void reads_severity_words(void **state)
{
    (void)state;
    assert_int_equal(sw_csaf_product_severity(SW_STR("Important")), SW_SEVERITY_HIGH);
    assert_int_equal(sw_csaf_product_severity(SW_STR(" moderate ")), SW_SEVERITY_MEDIUM);
    assert_int_equal(sw_csaf_product_severity(SW_STR("CRITICAL")), SW_SEVERITY_CRITICAL);
    assert_int_equal(sw_csaf_product_severity(SW_STR("N/A")), SW_SEVERITY_UNKNOWN);
    assert_int_equal(sw_csaf_product_severity(SW_STR_NONE), SW_SEVERITY_UNKNOWN);
}

static void check_nevra(const char *text, const char *name, const char *evr, const char *arch)
{
    struct sw_csaf_nevra nevra = {0};
    bool is_one = sw_csaf_product_parse_nevra(sw_str_of(text), &nevra);
    assert_int_equal(is_one, name != NULL);
    if (name == NULL)
        return;
    assert_true(sw_str_equal_z(nevra.name, name));
    assert_true(sw_str_equal_z(nevra.evr, evr));
    assert_true(sw_str_equal_z(nevra.arch, arch));
}

static void parses_rpm_names(void **state)
{
    (void)state;
    check_nevra("telnet-1:0.17-65.el7_6.x86_64", "telnet", "1:0.17-65.el7_6", "x86_64");
    check_nevra("libcurl4-32bit-7.60-1.2.x86_64.rpm", "libcurl4-32bit", "7.60-1.2", "x86_64");
    check_nevra("libopenssl1_1-1.1.1l-150500.17.3.1", "libopenssl1_1", "1.1.1l-150500.17.3.1", "");
    check_nevra("kernel", NULL, NULL, NULL);
    check_nevra("kernel-rt-devel", NULL, NULL, NULL);
    check_nevra("-1-2", NULL, NULL, NULL);
    check_nevra("a--2", NULL, NULL, NULL);
    check_nevra("", NULL, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_red_hat_streams_by_cpe),
        cmocka_unit_test(leaves_other_products_out),
        cmocka_unit_test(finds_suse_service_packs),
        cmocka_unit_test(reads_severity_words),
        cmocka_unit_test(parses_rpm_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
