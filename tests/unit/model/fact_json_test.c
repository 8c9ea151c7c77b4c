/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/model/fact_json.c: facts survive the way through JSON, and hostile lines are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/fact_json.h"

#define REGION_BYTES ((size_t)64 * 1024 * 1024)

static void assert_same(struct sw_str a, struct sw_str b)
{
    assert_true(sw_str_equal(a, b));
}

static struct sw_fact round_trip(const struct sw_fact *fact, struct sw_region *region)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, SW_FACT_JSON_MAX);
    assert_int_equal(sw_fact_json_format(fact, &buf), 0);
    assert_int_equal(sw_str_find_char(sw_buf_str(&buf), '\n'), -1);
    struct sw_fact back = {0};
    struct sw_err err = {0};
    if (sw_fact_json_parse(sw_buf_str(&buf), region, &back, &err) < 0)
        fail_msg("%s: %s", err.message, buf.p);
    assert_int_equal(back.kind, fact->kind);
    assert_same(back.section, fact->section);
    assert_same(back.path, fact->path);
    assert_same(back.text, fact->text);
    assert_same(back.package_name, fact->package_name);
    assert_int_equal(back.is_continued, fact->is_continued);
    return back;
}

static void packages_survive_any_bytes(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_BYTES);
    struct sw_package packages[] = {
        {.type = SW_PACKAGE_RPM,
            .name = SW_STR("a\"b\\c\n\x01\x7f"),
            .version = SW_STR("1\xff\0z"),
            .arch = SW_STR("x86_64"),
            .source_name = SW_STR("s"),
            .source_version = SW_STR("2"),
            .module = SW_STR("m:1:2:c"),
            .vendor = SW_STR("caf\xc3\xa9"),
            .maintainer = SW_STR("\\x00"),
            .licence = SW_STR("MIT"),
            .database = SW_STR("var/lib/rpm/Packages"),
            .layer = 7},
        {.type = SW_PACKAGE_APK, .name = SW_STR("n"), .layer = SW_PACKAGE_NO_LAYER},
    };
    struct sw_fact fact = {.kind = SW_FACT_PACKAGES,
        .section = SW_STR("rpm"),
        .path = SW_STR("var/lib/rpm/\xfe"),
        .packages = packages,
        .n_packages = 2,
        .is_continued = true};
    struct sw_fact back = round_trip(&fact, &region);
    assert_int_equal(back.n_packages, 2);
    assert_int_equal(back.packages[0].type, SW_PACKAGE_RPM);
    assert_same(back.packages[0].name, packages[0].name);
    assert_same(back.packages[0].version, packages[0].version);
    assert_same(back.packages[0].source_version, packages[0].source_version);
    assert_same(back.packages[0].module, packages[0].module);
    assert_same(back.packages[0].vendor, packages[0].vendor);
    assert_same(back.packages[0].maintainer, packages[0].maintainer);
    assert_same(back.packages[0].licence, packages[0].licence);
    assert_same(back.packages[0].database, packages[0].database);
    assert_int_equal(back.packages[0].layer, 7);
    assert_int_equal(back.packages[1].layer, SW_PACKAGE_NO_LAYER);
}

static void other_kinds_survive(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_BYTES);
    struct sw_fact os = {.kind = SW_FACT_OS,
        .section = SW_STR("os"),
        .path = SW_STR("etc/os-release"),
        .os = {.id = SW_STR("debian"),
            .version_id = SW_STR("12"),
            .codename = SW_STR("bookworm"),
            .name = SW_STR("Debian \"12\""),
            .path = SW_STR("etc/os-release")}};
    struct sw_fact back = round_trip(&os, &region);
    assert_same(back.os.id, os.os.id);
    assert_same(back.os.name, os.os.name);
    assert_same(back.os.path, os.os.path);
    struct sw_fact note = {.kind = SW_FACT_NOTE,
        .section = SW_STR("dpkg"),
        .path = SW_STR("a"),
        .note = {.kind = SW_NOTE_LIMIT,
            .subject = SW_STR("a"),
            .message = SW_STR("cut short"),
            .analyzer = SW_STR("dpkg"),
            .layer = -1}};
    back = round_trip(&note, &region);
    assert_int_equal(back.note.kind, SW_NOTE_LIMIT);
    assert_same(back.note.message, note.note.message);
    assert_int_equal(back.note.layer, -1);
    const enum sw_fact_kind kinds[] = {SW_FACT_LICENCE, SW_FACT_SEEN, SW_FACT_WHITEOUT,
        SW_FACT_OPAQUE, SW_FACT_SYMLINK, SW_FACT_OBJECT, SW_FACT_DIRECTORY};
    for (size_t i = 0; i < SW_ARRAY_SIZE(kinds); i++) {
        struct sw_fact fact = {.kind = kinds[i],
            .section = SW_STR("layer"),
            .path = SW_STR(""),
            .package_name = SW_STR("libc6"),
            .text = SW_STR("../usr/lib")};
        round_trip(&fact, &region);
    }
}

static void many_packages_are_split(void **state)
{
    (void)state;
    const size_t n = SW_FACT_JSON_PACKAGES_MAX * 2 + 5;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_BYTES);
    struct sw_package *packages = sw_region_array(&region, n, sizeof(*packages));
    for (size_t i = 0; i < n; i++)
        packages[i] = (struct sw_package){
            .name = sw_str_of(sw_region_printf(&region, "p%zu", i)), .layer = SW_PACKAGE_NO_LAYER};
    struct sw_fact fact = {.kind = SW_FACT_PACKAGES,
        .section = SW_STR("dpkg"),
        .path = SW_STR("var/lib/dpkg/status"),
        .packages = packages,
        .n_packages = n};
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, SW_FACT_JSON_MAX);
    assert_int_equal(sw_fact_json_format(&fact, &buf), -EFBIG);
    size_t seen = 0;
    size_t lines = 0;
    for (size_t from = 0; from == 0 || from < n; from += SW_FACT_JSON_PACKAGES_MAX, lines++) {
        sw_buf_clear(&buf);
        assert_int_equal(sw_fact_json_format_part(&fact, from, &buf), 0);
        struct sw_fact part = {0};
        assert_int_equal(sw_fact_json_parse(sw_buf_str(&buf), &region, &part, NULL), 0);
        assert_int_equal(part.is_continued, from > 0);
        for (size_t i = 0; i < part.n_packages; i++)
            assert_same(part.packages[i].name, packages[seen++].name);
    }
    assert_int_equal(seen, n);
    assert_int_equal(lines, 3);
}

static void a_small_buffer_is_an_error(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 20);
    struct sw_fact fact = {.kind = SW_FACT_OBJECT, .section = SW_STR("layer"), .path = SW_STR("a")};
    assert_int_equal(sw_fact_json_format(&fact, &buf), -EFBIG);
}

static void refuse(const char *line, int code)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_BYTES);
    struct sw_fact fact = {.n_packages = 99};
    struct sw_err err = {0};
    int r = sw_fact_json_parse(sw_str_of(line), &region, &fact, &err);
    if (r != code)
        fail_msg("%d for %s", r, line);
    assert_int_equal(fact.n_packages, 99);
    assert_true(err.message[0] != '\0');
}

static void refuses_what_is_no_fact(void **state)
{
    (void)state;
    refuse("", -EINVAL);
    refuse("{", -EINVAL);
    refuse("[]", -EINVAL);
    refuse("{}", -EINVAL);
    refuse("{\"kind\":\"object\"} x", -EINVAL);
    refuse("{\"kind\":\"object\",\"section\":\"layer\",\"path\":7}", -EINVAL);
    refuse("{\"kind\":\"object\",\"section\":\"layer\",\"path\":\"/a\"}", -EINVAL);
    refuse("{\"kind\":\"object\",\"section\":\"layer\",\"path\":\"a/../b\"}", -EINVAL);
    refuse("{\"kind\":\"object\",\"section\":\"layer\",\"path\":\"a//b\"}", -EINVAL);
    refuse("{\"kind\":\"object\",\"section\":\"layer\",\"path\":\"a/\"}", -EINVAL);
    refuse("{\"kind\":\"object\",\"section\":\"layer\",\"path\":\".\"}", -EINVAL);
    refuse("{\"kind\":\"object\",\"section\":\"layer\",\"path\":\"a\\\\x00b\"}", -EINVAL);
    refuse("{\"kind\":\"object\",\"section\":\"layer\",\"path\":\"a\\\\q\"}", -EINVAL);
    refuse("{\"kind\":\"object\",\"section\":\"layer\",\"path\":\"a\\u0000\"}", -EINVAL);
    refuse("{\"kind\":\"nothing\",\"section\":\"layer\",\"path\":\"a\"}", -EINVAL);
    refuse("{\"kind\":\"object\",\"kind\":\"seen\",\"section\":\"layer\",\"path\":\"a\"}", -EINVAL);
    refuse("{\"kind\":\"seen\",\"section\":\"layer\",\"path\":\"a\"}", -EINVAL);
    refuse("{\"kind\":\"os\",\"section\":\"os\",\"path\":\"a\"}", -EINVAL);
    refuse(
        "{\"kind\":\"note\",\"section\":\"os\",\"path\":\"a\",\"note\":{\"kind\":\"x\"}}", -EINVAL);
    refuse("{\"kind\":\"note\",\"section\":\"os\",\"path\":\"a\",\"note\":"
           "{\"kind\":\"info\",\"layer\":-5}}",
        -ERANGE);
    refuse("{\"kind\":\"packages\",\"section\":\"dpkg\",\"path\":\"a\"}", -EINVAL);
    refuse("{\"kind\":\"packages\",\"section\":\"dpkg\",\"path\":\"a\",\"packages\":[1]}", -EINVAL);
    refuse("{\"kind\":\"packages\",\"section\":\"dpkg\",\"path\":\"a\","
           "\"packages\":[{\"type\":\"deb\"}]}",
        -EINVAL);
    refuse("{\"kind\":\"packages\",\"section\":\"dpkg\",\"path\":\"a\","
           "\"packages\":[{\"type\":\"npm\",\"name\":\"a\"}]}",
        -EINVAL);
}

static void refuses_absurd_sizes(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, SW_FACT_JSON_MAX * 2);
    sw_buf_printf(&buf, "{\"kind\":\"object\",\"section\":\"layer\",\"path\":\"");
    for (size_t i = 0; i <= SW_FACT_PATH_MAX; i++)
        sw_buf_append_char(&buf, 'a');
    sw_buf_printf(&buf, "\"}");
    refuse(buf.p, -EFBIG);
    sw_buf_clear(&buf);
    sw_buf_printf(&buf, "{\"kind\":\"packages\",\"section\":\"dpkg\",\"path\":\"a\",\"packages\":["
                        "{\"type\":\"deb\",\"name\":\"a\"}");
    for (size_t i = 0; i < SW_FACT_JSON_PACKAGES_MAX; i++)
        sw_buf_printf(&buf, ",{\"type\":\"deb\",\"name\":\"a\"}");
    sw_buf_printf(&buf, "]}");
    refuse(buf.p, -EFBIG);
    sw_buf_clear(&buf);
    for (size_t i = 0; i < 100000; i++)
        sw_buf_append_char(&buf, '[');
    refuse(buf.p, -EINVAL);
    sw_buf_clear(&buf);
    for (size_t i = 0; i <= SW_FACT_JSON_MAX; i++)
        sw_buf_append_char(&buf, ' ');
    refuse(buf.p, -EFBIG);
}

static void a_full_region_is_out_of_memory(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 16);
    struct sw_fact fact = {0};
    const char *line =
        "{\"kind\":\"object\",\"section\":\"layer\",\"path\":\"a/long/enough/path\"}";
    assert_int_equal(sw_fact_json_parse(sw_str_of(line), &region, &fact, NULL), -ENOMEM);
}

static void a_finding_comes_back(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_region_init(&region, 1 << 20);
    sw_buf_init(&buf, 1 << 20);
    struct sw_finding finding = {.kind = SW_FINDING_SECRET,
        .severity = SW_SEVERITY_HIGH,
        .id = SW_STR("rule"),
        .secret = SW_STR("ab...yz"),
        .entropy = 3.5,
        .location = {.path = SW_STR("a/b"), .inner = SW_STR("c!/d"), .line = 7, .layer = -1}};
    struct sw_fact fact = {.kind = SW_FACT_FINDING,
        .section = SW_STR("secret"),
        .path = SW_STR("a/b"),
        .finding = &finding};
    assert_int_equal(sw_fact_json_format(&fact, &buf), 0);
    struct sw_fact back;
    assert_int_equal(sw_fact_json_parse(sw_buf_str(&buf), &region, &back, NULL), 0);
    assert_int_equal(back.finding->severity, SW_SEVERITY_HIGH);
    assert_true(sw_str_equal(back.finding->secret, finding.secret));
    assert_true(sw_str_equal(back.finding->location.inner, finding.location.inner));
    assert_int_equal(back.finding->location.line, 7);
    assert_int_equal(back.finding->location.layer, -1);
    finding.kind = SW_FINDING_VULNERABILITY;
    sw_buf_clear(&buf);
    assert_int_equal(sw_fact_json_format(&fact, &buf), 0);
    assert_int_equal(sw_fact_json_parse(sw_buf_str(&buf), &region, &back, NULL), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_comes_back),
        cmocka_unit_test(packages_survive_any_bytes),
        cmocka_unit_test(other_kinds_survive),
        cmocka_unit_test(many_packages_are_split),
        cmocka_unit_test(a_small_buffer_is_an_error),
        cmocka_unit_test(refuses_what_is_no_fact),
        cmocka_unit_test(refuses_absurd_sizes),
        cmocka_unit_test(a_full_region_is_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
