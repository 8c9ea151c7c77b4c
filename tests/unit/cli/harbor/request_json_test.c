/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests cli/harbor/request_json.c and authorization.c: what Harbor sends, and what it never would.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "harbor/request_json.h"

#define DIGEST "sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b"
#define REGISTRY "\"registry\":{\"url\":\"https://core.example\"}"
#define ARTIFACT "\"artifact\":{\"repository\":\"team/app\",\"digest\":\"" DIGEST "\"}"

static void reads_a_whole_request(void **state)
{
    (void)state;
    SW_CLEANUP(sw_harbor_request_freep) struct sw_harbor_request *request = NULL;
    struct sw_str text = SW_STR(
        "{\"registry\":{\"url\":\"http://core:8080/\",\"authorization\":\"Basic "
        "cm9ib3QkYTpwOjE=\"},\"artifact\":{\"repository\":\"team/app\",\"digest\":\"" DIGEST
        "\",\"tag\":\"1.2\",\"mime_type\":\"" SW_HARBOR_OCI_MANIFEST "\"},"
        "\"enabled_capabilities\":[{\"type\":\"sbom\",\"produces_mime_types\":[\"application/"
        "vnd.security.sbom.report+json;version=1.0\"],\"parameters\":{\"sbom_media_types\":["
        "\"application/spdx+json\"]}}]}");
    assert_int_equal(sw_harbor_request_parse(text, &request, NULL), 0);
    assert_true(request->is_plain);
    assert_string_equal(request->authorization.user, "robot$a");
    assert_string_equal(request->authorization.secret, "p:1");
    assert_string_equal(request->target, "registry:core:8080/team/app:1.2@" DIGEST);
    assert_true(request->is_wanted[SW_HARBOR_SPDX]);
    assert_false(request->is_wanted[SW_HARBOR_CYCLONEDX]);
    assert_false(request->is_wanted[SW_HARBOR_VULNERABILITIES]);
}

static void takes_all_capabilities_where_none_is_named(void **state)
{
    (void)state;
    SW_CLEANUP(sw_harbor_request_freep) struct sw_harbor_request *request = NULL;
    assert_int_equal(
        sw_harbor_request_parse(SW_STR("{" REGISTRY "," ARTIFACT "}"), &request, NULL), 0);
    for (size_t i = 0; i < _SW_HARBOR_DOCUMENT_MAX; i++)
        assert_true(request->is_wanted[i]);
    assert_null(request->authorization.user);
}

/* A host without a dot would be taken for a part of a name on Docker Hub. */
static void gives_a_bare_host_its_port(void **state)
{
    (void)state;
    SW_CLEANUP(sw_harbor_request_freep) struct sw_harbor_request *request = NULL;
    struct sw_str text = SW_STR("{\"registry\":{\"url\":\"https://core\"}," ARTIFACT "}");
    assert_int_equal(sw_harbor_request_parse(text, &request, NULL), 0);
    assert_string_equal(request->target, "registry:core:443/team/app@" DIGEST);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int r;
    } cases[] = {
        {"", -EBADMSG},
        {"[]", -EBADMSG},
        {"{", -EBADMSG},
        {"{" REGISTRY ",\"artifact\":7}", -EBADMSG},
        {"{\"registry\":[]," ARTIFACT "}", -EBADMSG},
        {"{\"registry\":{\"url\":7}," ARTIFACT "}", -EBADMSG},
        {"{" REGISTRY "," ARTIFACT ",\"enabled_capabilities\":{}}", -EBADMSG},
        {"{" REGISTRY "," ARTIFACT ",\"enabled_capabilities\":[1]}", -EBADMSG},
        {"{}", -EINVAL},
        {"{" REGISTRY "}", -EINVAL},
        {"{" ARTIFACT "}", -EINVAL},
        {"{\"registry\":{\"url\":\"ftp://core\"}," ARTIFACT "}", -EINVAL},
        {"{\"registry\":{\"url\":\"https://user@core.example\"}," ARTIFACT "}", -EINVAL},
        {"{\"registry\":{\"url\":\"https://core.example/path\"}," ARTIFACT "}", -EINVAL},
        {"{\"registry\":{\"url\":\"https://\"}," ARTIFACT "}", -EINVAL},
        {"{\"registry\":{\"url\":\"https://core.example\",\"authorization\":\"Digest a\"}," ARTIFACT
         "}",
            -EINVAL},
        {"{\"registry\":{\"url\":\"https://core.example\",\"authorization\":\"Basic !\"}," ARTIFACT
         "}",
            -EINVAL},
        {"{\"registry\":{\"url\":\"https://core.example\",\"authorization\":\"Bearer "
         "a\\r\\nX: y\"}," ARTIFACT "}",
            -EINVAL},
        {"{" REGISTRY ",\"artifact\":{\"repository\":\"team/app\"}}", -EINVAL},
        {"{" REGISTRY ",\"artifact\":{\"repository\":\"../etc\",\"tag\":\"1\"}}", -EINVAL},
        {"{" REGISTRY ",\"artifact\":{\"repository\":\"a\",\"digest\":\"sha256:1\"}}", -EINVAL},
        {"{" REGISTRY ",\"artifact\":{\"repository\":\"a\",\"tag\":\"a b\"}}", -EINVAL},
        {"{" REGISTRY "," ARTIFACT ",\"enabled_capabilities\":[{\"type\":\"malware\"}]}", -EINVAL},
        {"{" REGISTRY "," ARTIFACT ",\"enabled_capabilities\":[{}]}", -EINVAL},
        {"{" REGISTRY "," ARTIFACT ",\"enabled_capabilities\":[{\"type\":\"sbom\",\"parameters\":{"
         "\"sbom_media_types\":[\"text/plain\"]}}]}",
            -EINVAL},
        {"{" REGISTRY "," ARTIFACT ",\"enabled_capabilities\":[{\"type\":\"vulnerability\","
         "\"produces_mime_types\":[\"text/plain\"]}]}",
            -EOPNOTSUPP},
        {"{" REGISTRY ",\"artifact\":{\"repository\":\"a\",\"tag\":\"1\",\"mime_type\":\"text/"
         "plain\"}}",
            -EOPNOTSUPP},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        struct sw_harbor_request *request = NULL;
        struct sw_err err = {0};
        int r = sw_harbor_request_parse(sw_str_of(cases[i].text), &request, &err);
        if (r != cases[i].r || err.message[0] == '\0')
            fail_msg("%s: %d %s", cases[i].text, r, err.message);
        assert_null(request);
    }
}

static void compares_media_types_without_their_space(void **state)
{
    (void)state;
    const char *type = SW_HARBOR_MIME_REPORT_11;
    assert_true(sw_harbor_mime_is(
        SW_STR("application/vnd.security.vulnerability.report;version=1.1"), type));
    assert_true(sw_harbor_mime_is(
        SW_STR(" Application/vnd.security.vulnerability.report; version=\"1.1\""), type));
    assert_false(sw_harbor_mime_is(
        SW_STR("application/vnd.security.vulnerability.report; version=1.10"), type));
    assert_false(sw_harbor_mime_is(SW_STR("application/vnd.security.vulnerability.report"), type));
    assert_false(sw_harbor_mime_is(SW_STR(""), type));
}

static void admits_only_who_knows_the_secret(void **state)
{
    (void)state;
    const struct sw_harbor_guard everybody = {0};
    const struct sw_harbor_guard basic = {.user = "harbor", .secret = "s:e"};
    const struct sw_harbor_guard both = {.user = "harbor", .secret = "s:e", .token = "tok"};
    assert_true(sw_harbor_guard_admits(&everybody, NULL));
    assert_true(sw_harbor_guard_admits(&basic, "Basic aGFyYm9yOnM6ZQ=="));
    assert_true(sw_harbor_guard_admits(&basic, "basic aGFyYm9yOnM6ZQ"));
    assert_false(sw_harbor_guard_admits(&basic, NULL));
    assert_false(sw_harbor_guard_admits(&basic, ""));
    assert_false(sw_harbor_guard_admits(&basic, "Basic"));
    assert_false(sw_harbor_guard_admits(&basic, "Basic aGFyYm9yOnM6"));
    assert_false(sw_harbor_guard_admits(&basic, "Basic aGFyYm9yMTpzOmU="));
    assert_false(sw_harbor_guard_admits(&basic, "Bearer tok"));
    assert_true(sw_harbor_guard_admits(&both, "Bearer tok"));
    assert_false(sw_harbor_guard_admits(&both, "Bearer tokk"));
    assert_false(sw_harbor_guard_admits(&both, "Bearer to"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_whole_request),
        cmocka_unit_test(takes_all_capabilities_where_none_is_named),
        cmocka_unit_test(gives_a_bare_host_its_port),
        cmocka_unit_test(refuses),
        cmocka_unit_test(compares_media_types_without_their_space),
        cmocka_unit_test(admits_only_who_knows_the_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
