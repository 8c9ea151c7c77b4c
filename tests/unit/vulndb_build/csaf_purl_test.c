/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/csaf_purl.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "vulndb/build/csaf_purl.h"

static void check(const char *text, const char *name, const char *version, const char *arch)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 65536);
    struct sw_csaf_purl purl = {0};
    struct sw_str value = SW_STR("?");
    assert_int_equal(sw_csaf_purl_parse(&region, sw_str_of(text), &purl), name != NULL);
    if (name == NULL)
        return;
    assert_true(sw_str_equal_z(purl.name, name));
    assert_true(sw_str_equal_z(purl.version, version));
    assert_int_equal(sw_csaf_purl_qualifier(&region, &purl, "arch", &value), 0);
    assert_true(sw_str_equal_z(value, arch));
}

static void parses_vendor_forms(void **state)
{
    (void)state;
    check("pkg:rpm/redhat/ruby@2.7.8-139.module%2Bel8?arch=src&rpmmod=ruby:2.7", "ruby",
        "2.7.8-139.module+el8", "src");
    check("pkg:deb/ubuntu/zabbix@1:6.0.25+dfsg-1?arch=source&distro=noble", "zabbix",
        "1:6.0.25+dfsg-1", "source");
    check("pkg:rpm/redhat/kernel", "kernel", "", "");
    check("pkg:rpm/kernel@1#sub", "kernel", "1", "");
    check("pkg:npm/%40scope/a@1?x=1&arch=%zz%4", "a", "1", "%zz%4");
}

static void refuses_what_is_none(void **state)
{
    (void)state;
    check("", NULL, NULL, NULL);
    check("pkg:", NULL, NULL, NULL);
    check("pkg:rpm", NULL, NULL, NULL);
    check("pkg:rpm/", NULL, NULL, NULL);
    check("pkg:rpm/redhat/@1", NULL, NULL, NULL);
    check("rpm/redhat/a", NULL, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_vendor_forms),
        cmocka_unit_test(refuses_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
