/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which hosts are a cloud's, signatures against AWS's published examples, answers that are broken.
 * The logins themselves: tests/e2e/registry_login_test.py.
 */
#include "oci/cloud_login.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static void hosts_by_their_whole_name(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        enum sw_cloud cloud;
        const char *region;
    } rows[] = {
        {"123456789012.dkr.ecr.eu-west-1.amazonaws.com", SW_CLOUD_AWS, "eu-west-1"},
        {"123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", SW_CLOUD_AWS, "us-gov-west-1"},
        {"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", SW_CLOUD_AWS, "cn-north-1"},
        {"team.azurecr.io", SW_CLOUD_AZURE, ""},
        {"team.azurecr.cn", SW_CLOUD_AZURE, ""},
        {"gcr.io", SW_CLOUD_GOOGLE, ""},
        {"eu.gcr.io", SW_CLOUD_GOOGLE, ""},
        {"europe-west1-docker.pkg.dev", SW_CLOUD_GOOGLE, ""},
        {"docker.io", SW_CLOUD_NONE, ""},
        {"", SW_CLOUD_NONE, ""},
        {"123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example", SW_CLOUD_NONE, ""},
        {"123456789012.dkr.ecr.eu-west-1.amazonaws.com:444", SW_CLOUD_NONE, ""},
        {"123456789012.dkr.ecr.evil.example/x.amazonaws.com", SW_CLOUD_NONE, ""},
        {"123456789012.dkr.ecr.a.b.amazonaws.com", SW_CLOUD_NONE, ""},
        {"123456789012.dkr.ecr..amazonaws.com", SW_CLOUD_NONE, ""},
        {"123456789012.dkr.ecr.amazonaws.com", SW_CLOUD_NONE, ""},
        {"12345678901.dkr.ecr.eu-west-1.amazonaws.com", SW_CLOUD_NONE, ""},
        {"12345678901x.dkr.ecr.eu-west-1.amazonaws.com", SW_CLOUD_NONE, ""},
        {"ecr.aws.evil.example", SW_CLOUD_NONE, ""},
        {"team.azurecr.io.evil.example", SW_CLOUD_NONE, ""},
        {"evilazurecr.io", SW_CLOUD_NONE, ""},
        {".azurecr.io", SW_CLOUD_NONE, ""},
        {"evil.example/.azurecr.io", SW_CLOUD_NONE, ""},
        {"a.b.azurecr.io", SW_CLOUD_NONE, ""},
        {"evilgcr.io", SW_CLOUD_NONE, ""},
        {"gcr.io.evil.example", SW_CLOUD_NONE, ""},
        {"evil.example-docker.pkg.dev", SW_CLOUD_NONE, ""},
        {"-docker.pkg.dev", SW_CLOUD_NONE, ""},
        {"localhost:5000", SW_CLOUD_NONE, ""},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
        struct sw_str region = SW_STR("?");
        assert_int_equal(sw_cloud_of(sw_str_of(rows[i].host), &region), rows[i].cloud);
        if (rows[i].cloud != SW_CLOUD_NONE)
            assert_true(sw_str_equal_z(region, rows[i].region));
    }
}

/* get-vanilla and post-vanilla of AWS's test suite for Signature Version 4. */
static void aws_signature_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *signature;
    } rows[] = {
        {"GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        {"POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    };
    static const char *const headers[][2] = {
        {"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}};
    for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
        struct sw_aws_request request = {.method = rows[i].method,
            .path = "/",
            .region = "us-east-1",
            .service = "service",
            .time = "20150830T123600Z",
            .headers = headers,
            .n_headers = 2};
        SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
        sw_buf_init(&text, 4096);
        assert_int_equal(sw_aws_sign(&request, SW_STR("AKIDEXAMPLE"),
                             SW_STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), &text),
            0);
        struct sw_str start = SW_STR("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/"
                                     "service/aws4_request, SignedHeaders=host;x-amz-date, "
                                     "Signature=");
        assert_true(sw_str_starts_with(sw_buf_str(&text), start));
        assert_string_equal(text.p + start.n, rows[i].signature);
        sw_buf_clear(&text);
        text.max = 64;
        assert_int_equal(
            sw_aws_sign(&request, SW_STR("AKIDEXAMPLE"), SW_STR("secret"), &text), -EFBIG);
    }
}

static void answers_that_are_broken(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "[]", "{", "{}", "{\"t\":\"\"}", "{\"t\":7}",
        "{\"t\":\"a b\"}", "{\"t\":\"a\\r\\nX: b\"}", "{\"t\":\"a\\u0000b\"}",
        "{\"t\":\"\\u00e9\"}", "{\"t\":\"\\\"s3cret\\\"\"}"};
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 1 << 20);
    struct sw_str token = SW_STR("untouched");
    struct sw_aws_key aws;
    struct sw_google_key google;
    for (size_t i = 0; i < SW_ARRAY_SIZE(bad); i++) {
        struct sw_err err = {0};
        struct sw_str text = sw_str_of(bad[i]);
        assert_int_equal(sw_cloud_token_parse(text, "t", &region, &token, &err), -EINVAL);
        assert_null(strstr(err.message, "s3cret"));
        assert_true(sw_str_equal_z(token, "untouched"));
        assert_int_equal(sw_aws_token_parse(text, &region, &token, &err), -EINVAL);
        assert_int_equal(sw_aws_key_parse(text, &region, &aws, &err), -EINVAL);
        assert_int_equal(sw_google_key_parse(text, &region, &google, &err), -EINVAL);
    }
    struct sw_str huge = {"{", SW_CLOUD_ANSWER_MAX + 1};
    assert_int_equal(sw_cloud_token_parse(huge, "t", &region, &token, NULL), -EINVAL);
    assert_int_equal(sw_cloud_token_parse(SW_STR("{\"t\":\"a\"}"), "t", &region, &token, NULL), 0);
    assert_true(sw_str_equal_z(token, "a"));
    assert_int_equal(sw_aws_token_parse(SW_STR("{\"authorizationData\":[{\"authorizationToken\":"
                                               "\"QVdTOng=\"}]}"),
                         &region, &token, NULL),
        0);
    assert_true(sw_str_equal_z(token, "QVdTOng="));
    assert_int_equal(
        sw_google_key_parse(SW_STR("{\"type\":\"authorized_user\"}"), &region, &google, NULL),
        -EINVAL);
    assert_int_equal(sw_google_key_parse(SW_STR("{\"type\":\"service_account\",\"client_email\":"
                                                "\"a@b\",\"private_key\":\"no key\"}"),
                         &region, &google, NULL),
        0);
    assert_true(sw_str_equal_z(google.token_uri, "https://oauth2.googleapis.com/token"));
    SW_CLEANUP(sw_buf_done) struct sw_buf assertion = {0};
    sw_buf_init(&assertion, 65536);
    struct sw_err err = {0};
    assert_int_equal(sw_google_assert(&google, 0, &assertion, &err), -EINVAL);
    assert_null(strstr(err.message, "no key"));
}

static void environment_decides(void **state)
{
    (void)state;
    static const char *const variables[] = {"AWS_ACCESS_KEY_ID",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AZURE_CLIENT_ID", "GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_AUTH_ACCESS_TOKEN"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(variables); i++)
        unsetenv(variables[i]);
    static const char *const hosts[] = {
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "team.azurecr.io", "gcr.io", "r.example"};
    struct sw_http_options http = {.user_agent = "test"};
    struct sw_credential credential = {0};
    struct sw_err err = {0};
    /* Nothing set: nothing asked. */
    unsetenv("GOOGLE_OAUTH_ACCESS_TOKEN");
    for (size_t i = 0; i < SW_ARRAY_SIZE(hosts); i++)
        assert_int_equal(sw_cloud_login_find(hosts[i], &http, &credential, &err), -ENOENT);
    setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "t", 1);
    assert_int_equal(sw_cloud_login_find("r.example", &http, &credential, &err), -ENOENT);
    assert_int_equal(sw_cloud_login_find("gcr.io", &http, &credential, &err), 0);
    assert_string_equal(credential.user, "oauth2accesstoken");
    assert_string_equal(credential.secret, "t");
    sw_credential_done(&credential);
    unsetenv("GOOGLE_OAUTH_ACCESS_TOKEN");
    setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/key.json", 1);
    assert_int_equal(sw_cloud_login_find("gcr.io", &http, &credential, &err), -EACCES);
    assert_non_null(strstr(err.message, "/nonexistent/key.json"));
    unsetenv("GOOGLE_APPLICATION_CREDENTIALS");
    /* Keys do not go over plain HTTP to anywhere but the machine and its link. */
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://keys.example/", 1);
    assert_int_not_equal(sw_cloud_login_find(hosts[0], &http, &credential, &err), 0);
    assert_null(credential.user);
    unsetenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_by_their_whole_name),
        cmocka_unit_test(aws_signature_vectors),
        cmocka_unit_test(answers_that_are_broken),
        cmocka_unit_test(environment_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
