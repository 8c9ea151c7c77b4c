/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/catalog/os_release.c and os_text.c: every shared file is read as it plainly says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "catalog/os_release.h"
#include "harness/analyze.h"
#include "harness/shared.h"

static struct sw_os read_os(struct sw_region *region, const char *path, struct sw_str bytes)
{
    struct sw_os os = {0};
    assert_int_equal(sw_os_release_parse(sw_str_of(path), bytes, region, &os), 0);
    assert_true(sw_str_equal_z(os.path, path));
    return os;
}

static void assert_os(const char *what, const struct sw_os *os, const char *id, const char *version,
    const char *codename)
{
    if (!sw_str_equal_z(os->id, id) || !sw_str_equal_z(os->version_id, version) ||
        !sw_str_equal_z(os->codename, codename))
        fail_msg("%s: id '%.*s' version '%.*s' codename '%.*s'", what, SW_STR_ARG(os->id),
            SW_STR_ARG(os->version_id), SW_STR_ARG(os->codename));
}

static void quotes_are_read_as_a_shell_does(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 1u << 20);
    struct sw_os os = read_os(&region, "etc/os-release",
        SW_STR("# ID=no\n  ID='My'\"-OS\"\\ x\nVERSION_ID=\"1\"  \nPRETTY_NAME=\"a \\\"b\\\" \\$c "
               "\\n\"\nNAME=\nVERSION=\"8 (jessie)\"\nVERSION_ID=\"2\"\nID_LIKE='open'"));
    assert_os("quotes", &os, "my-os x", "2", "jessie");
    assert_true(sw_str_equal_z(os.name, "a \"b\" $c \\n"));
    assert_true(sw_str_equal_z(os.id_like, "open"));
}

/* Texts of elder files that the shared data has no sample of. */
static const struct {
    const char *path;
    const char *text;
    const char *id;
    const char *version;
    const char *codename;
} elders[] = {
    {"etc/alpine-release", "3.20.3\n", "alpine", "3.20.3", ""},
    {"etc/alpine-release", "", "", "", ""},
    {"etc/debian_version", "trixie/sid\n", "debian", "", "trixie"},
    {"etc/oracle-release", "Oracle Linux Server release 6.9\n", "ol", "6.9", ""},
    {"etc/redhat-release", "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n", "rhel",
        "6.10", ""},
    {"etc/redhat-release", "Red Hat Enterprise Linux AS release 4 (Nahant Update 9)", "rhel", "4",
        ""},
    {"etc/redhat-release", "CentOS Stream release 9\n", "centos", "9", ""},
    {"etc/redhat-release", "Springdale Linux release 7.9 (Verona)", "springdale", "7.9", ""},
    {"etc/redhat-release", "what is this", "", "", ""},
    {"etc/system-release", "Amazon Linux AMI release 2018.03\n", "amzn", "2018.03", ""},
    {"etc/system-release", "Amazon Linux release 2 (Karoo)\n", "amzn", "2", ""},
    {"etc/SuSE-release",
        "SUSE Linux Enterprise Server 12 (x86_64)\nVERSION = 12\nPATCHLEVEL = 5\n# x\n", "sles",
        "12.5", ""},
    {"etc/SuSE-release", "openSUSE 13.2 (x86_64)\nVERSION = 13.2\nCODENAME = Harlequin\n",
        "opensuse", "13.2", ""},
    {"etc/photon-release", "VMware Photon OS 4.0\nPHOTON_BUILD_NUMBER=c4e1a2\n", "photon", "4.0",
        ""},
    {"etc/mariner-release", "CBL-Mariner 2.0.20230713\nMARINER_BUILD_NUMBER=1\n", "mariner", "2.0",
        ""},
    {"etc/azurelinux-release", "Microsoft Azure Linux 3.0.20240624\n", "azurelinux", "3.0", ""},
    {"etc/issue", "Debian GNU/Linux 8 \\n \\l\n\n", "debian", "8", ""},
    {"etc/issue", "Ubuntu 14.04.6 LTS \\n \\l\n", "ubuntu", "14.04.6", ""},
    {"etc/issue", "Welcome to Alpine Linux 3.8\nKernel \\r\n", "alpine", "3.8", ""},
    {"etc/issue", "\\S\nKernel \\r on an \\m\n", "", "", ""},
    {"etc/issue", "Hello.", "", "", ""},
    {"etc/lsb-release", "DISTRIB_ID=\"VMware Photon\"\nDISTRIB_RELEASE=\"2.0\"\n", "photon", "2.0",
        ""},
    {"etc/lsb-release", "DISTRIB_ID=Debian\nDISTRIB_RELEASE=7.0\nDISTRIB_CODENAME=wheezy\n",
        "debian", "7.0", "wheezy"},
    {"etc/system-release-cpe", "cpe:2.3:o:amazon:amazon_linux:2023\n", "amzn", "2023", ""},
    {"etc/system-release-cpe", "cpe:/o:redhat:enterprise_linux:6server:ga:server", "rhel", "6", ""},
    {"etc/system-release-cpe", "nothing", "", "", ""},
};

static void elder_files_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < SW_ARRAY_SIZE(elders); i++) {
        SW_CLEANUP(sw_region_done) struct sw_region region = {0};
        sw_region_init(&region, 1u << 20);
        struct sw_os os = read_os(&region, elders[i].path, sw_str_of(elders[i].text));
        assert_os(elders[i].text, &os, elders[i].id, elders[i].version, elders[i].codename);
    }
}

#define RELEASE "os-release/release/testdata/"
#define SYFT "os-release-syft/"

static const struct {
    const char *file;
    const char *path; /* NULL: etc/os-release */
    const char *id;
    const char *version;
    const char *codename;
} samples[] = {
    {SYFT "bad-redhat-release", "etc/redhat-release", "centos", "5", ""},
    {SYFT "bad-system-release-cpe", "etc/system-release-cpe", "", "", ""},
    {SYFT "centos-8", NULL, "centos", "8", ""},
    {SYFT "os/almalinux/from-os-release/etc/os-release", NULL, "almalinux", "8.4", ""},
    {SYFT "os/almalinux/from-redhat-release/etc/redhat-release", "etc/redhat-release", "almalinux",
        "8.10", ""},
    {SYFT "os/alpine/etc/os-release", NULL, "alpine", "3.11.6", ""},
    {SYFT "os/arch/etc/os-release", NULL, "arch", "", ""},
    {SYFT "os/centos/usr/lib/os-release", NULL, "centos", "8", ""},
    {SYFT "os/centos5/etc/redhat-release", "etc/redhat-release", "centos", "5.7", ""},
    {SYFT "os/centos6/etc/system-release-cpe", "etc/system-release-cpe", "centos", "6", ""},
    {SYFT "os/debian/from-debian_version/etc/debian_version", "etc/debian_version", "debian", "10",
        ""},
    {SYFT "os/debian/from-debian_version/etc/os-release", NULL, "debian", "", ""},
    {SYFT "os/debian/from-os-release/usr/lib/os-release", NULL, "debian", "8", "jessie"},
    {SYFT "os/debian/with-point-release/etc/os-release", NULL, "debian", "13", "trixie"},
    {SYFT "os/empty/etc/os-release", NULL, "", "", ""},
    {SYFT "os/fedora/usr/lib/os-release", "usr/lib/os-release", "fedora", "36", ""},
    {SYFT "os/opensuse-leap/etc/os-release", NULL, "opensuse-leap", "15.2", ""},
    {SYFT "os/oraclelinux/etc/os-release", NULL, "ol", "8.3", ""},
    {SYFT "os/photon/etc/os-release", NULL, "photon", "2.0", ""},
    {SYFT "os/redhat/from-redhat-release/etc/redhat-release", "etc/redhat-release", "rhel", "8.10",
        ""},
    {SYFT "os/rockylinux/from-os-release/etc/os-release", NULL, "rocky", "8.4", ""},
    {SYFT "os/rockylinux/from-redhat-release/etc/redhat-release", "etc/redhat-release", "rocky",
        "8.10", ""},
    {SYFT "os/scientific/from-redhat-release/etc/redhat-release", "etc/redhat-release",
        "scientific", "7.9", ""},
    {SYFT "os/sles/etc/os-release", NULL, "sles", "15.2", ""},
    {SYFT "os/ubuntu/etc/os-release", NULL, "ubuntu", "20.04", "focal"},
    {SYFT "partial-fields/missing-id/usr/lib/os-release", NULL, "debian", "8", ""},
    {SYFT "partial-fields/missing-version/usr/lib/os-release", NULL, "debian", "", ""},
    {SYFT "partial-fields/unknown-id/usr/lib/os-release", NULL, "my-awesome-distro", "8", ""},
    {SYFT "ubuntu-20.04", NULL, "ubuntu", "20.04", "focal"},
    {SYFT "unprintable", NULL, "debian", "8", "jessie"},
    {"os-release/debian/testdata/debian_9/etc/debian_version", "etc/debian_version", "debian", "9",
        ""},
    {"os-release/debian/testdata/debian_sid/etc/debian_version", "etc/debian_version", "debian", "",
        "buster"},
    {"os-release/debian/testdata/empty", "etc/debian_version", "", "", ""},
    {"os-release/redhatbase/testdata/centos/centos-release", "etc/centos-release", "centos",
        "7.6.1810", ""},
    {"os-release/redhatbase/testdata/fedora_29/fedora-release", "etc/fedora-release", "fedora",
        "29", ""},
    {"os-release/redhatbase/testdata/not_redhatbase/empty", "etc/redhat-release", "", "", ""},
    {"os-release/redhatbase/testdata/redhat_6/redhat-release", "etc/redhat-release", "redhat-linux",
        "6.2", ""},
    {"os-release/redhatbase/testdata/rocky/rocky-release", "etc/rocky-release", "rocky", "8.4", ""},
    {RELEASE "activestate", NULL, "activestate", "1.0", ""},
    {RELEASE "alpine", NULL, "alpine", "3.15.4", ""},
    {RELEASE "azurelinux-3.0", NULL, "azurelinux", "3.0", ""},
    {RELEASE "bottlerocket", NULL, "bottlerocket", "1.34.0", ""},
    {RELEASE "centos-stream", NULL, "centos", "8", ""},
    {RELEASE "coreos", NULL, "coreos", "3.15.4", ""},
    {RELEASE "echo", NULL, "echo", "1", ""},
    {RELEASE "mariner-1.0", NULL, "mariner", "1.0", ""},
    {RELEASE "mariner-2.0", NULL, "mariner", "2.0", ""},
    {RELEASE "minimos", NULL, "minimos", "20241031", ""},
    {RELEASE "no-version", NULL, "alpine", "", ""},
    {RELEASE "opensuseleap-15.2.1", NULL, "opensuse-leap", "15.2.1", ""},
    {RELEASE "opensuseleap-42.3", NULL, "opensuse", "42.3", ""},
    {RELEASE "oracle", NULL, "ol", "8.10", ""},
    {RELEASE "photon", NULL, "photon", "4.0", ""},
    {RELEASE "rhel", NULL, "rhel", "9.4", ""},
    {RELEASE "slemicro", NULL, "sle-micro", "5.3", ""},
    {RELEASE "slemicro-rancher", NULL, "sle-micro-rancher", "5.4", ""},
    {RELEASE "slemicro6.0", NULL, "sl-micro", "6.0", ""},
    {RELEASE "unknown", NULL, "unknown", "4.3.2", ""},
    {"os-release/ubuntu/testdata/lsb-release", "etc/lsb-release", "ubuntu", "18.04", "bionic"},
};

static void reads_the_shared_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < SW_ARRAY_SIZE(samples); i++) {
        char relative[512];
        (void)snprintf(relative, sizeof(relative), "corpora/%s", samples[i].file);
        SW_CLEANUP(sw_buf_done) struct sw_buf buf;
        if (test_read_file(test_shared(relative), &buf) < 0)
            skip();
        SW_CLEANUP(sw_region_done) struct sw_region region = {0};
        sw_region_init(&region, 1u << 20);
        struct sw_os os = read_os(&region,
            samples[i].path != NULL ? samples[i].path : "etc/os-release", sw_buf_str(&buf));
        assert_os(samples[i].file, &os, samples[i].id, samples[i].version, samples[i].codename);
    }
}

static void every_file_gives_a_fact(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    test_analysis_init(&analysis);
    assert_int_equal(test_analyze(&analysis, &sw_os_analyzer, "etc/issue", SW_STR("")), 0);
    assert_int_equal(test_count_facts(&analysis, SW_FACT_OS), 1);
    struct sw_analyzer_context context = {
        .analyzer = &sw_os_analyzer, .region = &analysis.region, .facts = &analysis.facts};
    struct sw_analyzer_file cut = {
        .path = SW_STR("etc/os-release"), .bytes = SW_STR("ID=a\n"), .size_bytes = 1u << 20};
    assert_int_equal(sw_os_analyzer.analyze(&context, &cut, 1, NULL), 0);
    assert_int_equal(test_find_fact(&analysis, SW_FACT_NOTE)->note.kind, SW_NOTE_LIMIT);
}

static void fields_are_cut_and_memory_is_bounded(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 1u << 20);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    sw_buf_init(&buf, 65536);
    sw_buf_printf(&buf, "ID=%030000d\nVERSION_ID=%030000d\n", 1, 2);
    struct sw_os os = read_os(&region, "etc/os-release", sw_buf_str(&buf));
    assert_true(os.id.n < 4096 && os.version_id.n < 4096);
    SW_CLEANUP(sw_region_done) struct sw_region tiny = {0};
    sw_region_init(&tiny, 16);
    assert_int_equal(
        sw_os_release_parse(SW_STR("etc/os-release"), sw_buf_str(&buf), &tiny, &os), -ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_are_read_as_a_shell_does),
        cmocka_unit_test(elder_files_are_read),
        cmocka_unit_test(reads_the_shared_samples),
        cmocka_unit_test(every_file_gives_a_fact),
        cmocka_unit_test(fields_are_cut_and_memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
