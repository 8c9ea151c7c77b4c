/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/oval*.c on the vendors' own samples and on damaged input.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/feed_dump.h"
#include "harness/shared.h"
#include "vulndb/build/oval.h"

#define SAMPLES "corpora/vex/vunnel-rhel-ubuntu/"

static void read_sample(struct feed_dump *dump, const char *relative)
{
    const char *path = test_shared(relative);
    feed_dump_init(dump);
    if (access(path, R_OK) != 0) {
        print_message("no shared data: %s\n", path);
        skip();
    }
    assert_int_equal(feed_dump_file(dump, &sw_oval_feed, path), 0);
}

static void has_line(const struct feed_dump *dump, const char *line)
{
    if (dump->text.p == NULL || strstr(dump->text.p, line) == NULL)
        fail_msg("no line '%s' in:\n%s", line, dump->text.p);
}

static void reads_suse(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_sample(&dump, SAMPLES "sles/test-fixtures/suse_truncated.xml");
    assert_int_equal(dump.n_advisories, 4);
    assert_int_equal(dump.n_affected, 13);
    assert_int_equal(dump.n_skipped, 0);
    has_line(&dump,
        "oval-suse suse_truncated#oval:org.opensuse.security:def:202129154 "
        "CVE-2021-29154 severity=high cvss=CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:H/A:H"
        " published=2021-04-30\n"
        "  sles:15-ltss binary kernel-default fixed arch=aarch64 ppc64le s390x x86_64 "
        "[,0:4.12.14-150.72.1)\n"
        "  sles:15.1-ltss binary kernel-default fixed arch=aarch64 ppc64le s390x x86_64 "
        "[,0:4.12.14-197.89.2)\n");
    has_line(&dump, "  sles:15 binary krb5-server fixed [,0:1.15.2-4.25)\n");
    has_line(&dump, "  sles:15 binary python3-cryptography not_affected\n");
}

static void reads_oracle(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_sample(&dump, SAMPLES "oracle/test-fixtures/mock_data");
    assert_int_equal(dump.n_advisories, 2);
    assert_int_equal(dump.n_affected, 14);
    has_line(&dump, "oval-oracle oval:com.oracle.elsa:def:20070057 ELSA-2007-0057 severity=medium "
                    "published=2007-06-26 aliases=CVE-2007-0493,CVE-2007-0494\n");
    has_line(&dump, "  oracle:5 binary bind-devel fixed [,30:9.3.3-8.el5)\n");
    has_line(&dump, "  oracle:6 binary kernel-uek fixed [,0:2.6.39-400.302.2.el6uek)\n");
}

static void keeps_oracle_architectures_apart(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_sample(&dump, SAMPLES "oracle/test-fixtures/mock_per_arch_data");
    assert_int_equal(dump.n_advisories, 3);
    has_line(
        &dump, "  oracle:7 binary rsyslog fixed arch=aarch64 noarch [,0:8.24.0-57.0.4.el7_9.3)\n");
    has_line(&dump,
        "  oracle:7 binary rsyslog fixed arch=x86_64 i686 noarch [,0:8.24.0-57.0.1.el7_9.3)\n");
    /* Two builds side by side: the feed asks for the newer one. */
    has_line(&dump, "binary osbuild fixed arch=x86_64 i686 noarch [,0:110-1.0.1.el8)\n");
}

static void leaves_ksplice_builds_out(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_sample(&dump, SAMPLES "oracle/test-fixtures/mock_ksplice_data");
    assert_int_equal(dump.n_advisories, 0);
    assert_int_equal(dump.n_skipped, 0);
}

static void reads_azure_linux_and_mariner(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_sample(&dump, SAMPLES "mariner/test-fixtures/mariner-truncated-2.0-oval.xml");
    assert_int_equal(dump.n_advisories, 5);
    has_line(&dump, "  mariner:2.0 binary golang fixed [0:1.19.0.cm2,0:1.20.7-1.cm2)\n");
    has_line(&dump, "  mariner:2.0 binary glibc not_affected [,0:2.35-4.cm2]\n");
    has_line(&dump, "  mariner:2.0 binary bind affected [,0:9.16.33-1.cm2]\n");
    feed_dump_done(&dump);
    read_sample(&dump, SAMPLES "mariner/test-fixtures/azure-linux-truncated-3.0-oval.xml");
    assert_int_equal(dump.n_advisories, 3);
    has_line(&dump, "CVE-2020-27304 severity=critical published=2024-04-17T22:02:46Z\n"
                    "  azurelinux:3 binary ceph fixed [,0:18.2.1-1.azl3)\n");
}

#define HEAD                                                                                       \
    "<oval_definitions><definitions><definition id='oval:com.oracle.elsa:def:1' class='patch'>"
#define TAIL "</definition></definitions></oval_definitions>"

static void read_text(struct feed_dump *dump, const char *text, int expected)
{
    feed_dump_init(dump);
    assert_int_equal(feed_dump_text(dump, &sw_oval_feed, "o.xml", sw_str_of(text)), expected);
}

static void reads_modules(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_text(&dump,
        HEAD
        "<criteria operator='AND'><criterion test_ref='1' comment='Oracle Linux 8 is "
        "installed'/><criterion test_ref='2' comment='Module nodejs:10 is enabled'/>"
        "<criterion test_ref='3' comment='nodejs is earlier than 1:10.1-1.el8'/></criteria>" TAIL,
        0);
    has_line(&dump, "  oracle:8 binary nodejs fixed module=nodejs:10 [,1:10.1-1.el8)\n");
}

static void takes_unnamed_modules_for_any(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_text(&dump,
        HEAD "<criteria operator='AND'><criterion test_ref='1' comment='Oracle Linux 8 is "
             "installed'/><criterion test_ref='3' comment='ruby is earlier than "
             "0:2.5.9-111.module+el8.9.0'/></criteria>" TAIL,
        0);
    has_line(&dump, "  oracle:8 binary ruby fixed module=* [,0:2.5.9-111.module+el8.9.0)\n");
}

static void counts_definitions_without_packages(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_text(&dump, HEAD "<criteria><criterion test_ref='1' comment='x'/></criteria>" TAIL, 0);
    assert_int_equal(dump.n_advisories, 0);
    assert_int_equal(dump.n_skipped, 1);
    feed_dump_done(&dump);
    /* Tests that name what does not exist. */
    read_text(&dump,
        HEAD "<criteria><criterion test_ref='1' comment='a-1 is installed'/></criteria>"
             "</definition></definitions><tests><rpminfo_test id='1'><object object_ref='x'/>"
             "<state state_ref='y'/></rpminfo_test></tests></oval_definitions>",
        0);
    assert_int_equal(dump.n_skipped, 1);
}

/* It could be neither named in a finding nor told from others. */
static void counts_definitions_without_an_id(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_text(&dump,
        "<oval_definitions xmlns:l='l'><definitions><definition class='vulnerability'><metadata>"
        "<title>t</title></metadata><criteria><criterion comment='Package a is earlier than 2-1' "
        "test_ref='t:1'/></criteria></definition></definitions><tests><l:rpminfo_test id='t:1'>"
        "<l:object object_ref='o'/><l:state state_ref='s:1'/></l:rpminfo_test></tests><objects>"
        "<l:rpminfo_object id='o'><l:name>a</l:name></l:rpminfo_object></objects><states>"
        "<l:rpminfo_state id='s:1'><l:evr operation='less than'>0:2-1.azl3</l:evr>"
        "</l:rpminfo_state></states></oval_definitions>",
        0);
    assert_int_equal(dump.n_advisories, 0);
    assert_int_equal(dump.n_skipped, 1);
}

static void refuses_what_is_cut_short(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_text(&dump, HEAD, -EBADMSG);
    feed_dump_done(&dump);
    read_text(&dump, "", -EBADMSG);
    feed_dump_done(&dump);
    read_text(&dump, "<!DOCTYPE x [<!ENTITY a 'b'>]><oval_definitions/>", -EBADMSG);
    feed_dump_done(&dump);
    read_text(&dump, HEAD "<criteria></definition></criteria>" TAIL, -EBADMSG);
    feed_dump_done(&dump);
    read_text(&dump, "<criteria><criterion test_ref=''/></criteria>", 0);
    assert_int_equal(dump.n_advisories, 0);
}

static void recognises_by_content(void **state)
{
    (void)state;
    assert_true(
        feed_dump_recognise(&sw_oval_feed, "a", SW_STR("<?xml?><oval_definitions x>")) > 50);
    assert_int_equal(feed_dump_recognise(&sw_oval_feed, "a.xml", SW_STR("<updates>")), 0);
}

/* Each allocation fails once: an error comes back, or nothing is missing. */
static void survives_every_failed_allocation(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 20000; n++) {
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        feed_dump_init(&dump);
        dump.is_counting = true;
        struct sw_reader *in = sw_reader_new_memory(sw_str_of(HEAD
            "<criteria operator='AND'><criterion test_ref='1' comment='Oracle Linux 8 is "
            "installed'/><criterion test_ref='3' comment='nodejs is earlier than 1:10.1-1.el8'/>"
            "</criteria>" TAIL));
        sw_mem_fail_after(n);
        int r = feed_dump_reader(&dump, &sw_oval_feed, "o.xml", in);
        sw_mem_fail_after(-1);
        if (r == 0) {
            assert_int_equal(dump.n_advisories, 1);
            return;
        }
        assert_int_equal(r, -ENOMEM);
    }
    fail_msg("it never succeeds");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_suse),
        cmocka_unit_test(reads_oracle),
        cmocka_unit_test(keeps_oracle_architectures_apart),
        cmocka_unit_test(leaves_ksplice_builds_out),
        cmocka_unit_test(reads_azure_linux_and_mariner),
        cmocka_unit_test(reads_modules),
        cmocka_unit_test(takes_unnamed_modules_for_any),
        cmocka_unit_test(counts_definitions_without_packages),
        cmocka_unit_test(counts_definitions_without_an_id),
        cmocka_unit_test(refuses_what_is_cut_short),
        cmocka_unit_test(recognises_by_content),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
