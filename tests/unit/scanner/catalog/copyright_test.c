/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/catalog/copyright.c: names of licences are taken, prose is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "catalog/copyright.h"
#include "harness/analyze.h"
#include "harness/shared.h"

static void assert_licences(const char *what, struct sw_str bytes, const char *expected)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 1u << 20);
    struct sw_str found = SW_STR_NONE;
    assert_int_equal(sw_copyright_parse(bytes, &region, &found), 0);
    if (!sw_str_equal_z(found, expected))
        fail_msg("%s: '%.*s' is not '%s'", what, SW_STR_ARG(found), expected);
}

static const struct {
    const char *text;
    const char *expected;
} texts[] = {
    {"", ""},
    {"Format: x\nLicense: GPL-2\n text /usr/share/common-licenses/LGPL-2\nLicense: GPL-2\n",
        "GPL-2"},
    {"License: GPL-2+ with OpenSSL exception\r\nlicense: MIT or BSD-3-clause, and Zlib,\r\n",
        "GPL-2+ with OpenSSL exception, MIT or BSD-3-clause, and Zlib"},
    {"License: see above, some license\nLicense: # x\nLicense: or MIT\nLicense: MIT or\nLicense:\n"
     "License: GPL-2 with nothing\n",
        ""},
    {" License: MIT\n", ""},
    {"see `/usr/share/common-licenses/GPL-2'. or /usr/share/common-licenses/Apache-2.0.\n"
     "/usr/share/common-licenses/\n/usr/share/common-licenses/LGPL-2.1, x",
        "GPL-2, Apache-2.0, LGPL-2.1"},
};

static void names_are_taken_and_prose_is_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++)
        assert_licences(texts[i].text, sw_str_of(texts[i].text), texts[i].expected);
}

static const struct {
    const char *file;
    const char *expected;
} samples[] = {
    {"syft-debian/copyright/cuda", ""},
    {"syft-debian/copyright/dev-kit", ""},
    {"syft-debian/copyright/libaudit-common", "GPL-2, LGPL-2.1"},
    {"syft-debian/copyright/libc6", "LGPL-2.1, GPL-2"},
    {"syft-debian/copyright/liblzma5",
        "PD, probably-PD, GPL-2+, LGPL-2.1+, permissive-fsf, Autoconf, GPL-2, none, "
        "permissive-nowarranty, config-h, noderivs, PD-debian"},
    {"syft-debian/copyright/microsoft", ""},
    {"syft-debian/copyright/trilicense", "MPL-1.1 or GPL-2 or LGPL-2.1, MPL-1.1, GPL-2, LGPL-2.1"},
    {"trivy-dpkg/all-patterns-copyright", "GPLv2+, GPL-2"},
    {"trivy-dpkg/common-license-copyright", "GPL-2"},
    {"trivy-dpkg/license-pattern-and-classifier-copyright",
        "GPL-1+ or Artistic, and BSD-4-clause-POWERDOG, Zlib"},
    {"trivy-dpkg/no-license-copyright", ""},
};

static void reads_the_shared_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < SW_ARRAY_SIZE(samples); i++) {
        char relative[512];
        (void)snprintf(relative, sizeof(relative), "corpora/pkgdb/%s", samples[i].file);
        SW_CLEANUP(sw_buf_done) struct sw_buf buf;
        if (test_read_file(test_shared(relative), &buf) < 0)
            skip();
        assert_licences(samples[i].file, sw_buf_str(&buf), samples[i].expected);
    }
}

static void a_fact_names_the_package(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    test_analysis_init(&analysis);
    assert_int_equal(test_analyze(&analysis, &sw_copyright_analyzer,
                         "usr/share/doc/libc6/copyright", SW_STR("License: LGPL\n")),
        0);
    const struct sw_fact *fact = test_find_fact(&analysis, SW_FACT_LICENCE);
    assert_true(sw_str_equal_z(fact->package_name, "libc6"));
    assert_true(sw_str_equal_z(fact->text, "LGPL"));
}

static void the_number_of_licences_is_bounded(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    sw_buf_init(&buf, 1u << 20);
    for (int i = 0; i < 1000; i++)
        sw_buf_printf(&buf, "License: L-%d\n", i);
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 1u << 20);
    struct sw_str found = SW_STR_NONE;
    assert_int_equal(sw_copyright_parse(sw_buf_str(&buf), &region, &found), 0);
    assert_true(found.n < 32 * 8);
    sw_region_done(&region);
    sw_region_init(&region, 4);
    assert_int_equal(sw_copyright_parse(sw_buf_str(&buf), &region, &found), -ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_taken_and_prose_is_not),
        cmocka_unit_test(reads_the_shared_samples),
        cmocka_unit_test(a_fact_names_the_package),
        cmocka_unit_test(the_number_of_licences_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
