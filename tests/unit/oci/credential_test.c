/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose login goes to which registry: keys in all their forms, helpers, precedence of files, and
 * sentences without secrets.
 */
#include "oci/credential.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "oci/base64.h"
#include "oci/docker_config.h"

#define ANN "YW5uOnMzY3JldA==" /* ann:s3cret */

static char folder[] = "/tmp/seawall-credential-XXXXXX";

static void write_file(const char *name, const char *text, mode_t mode)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    static const char *const variables[] = {
        "REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(variables); i++)
        unsetenv(variables[i]);
    setenv("HOME", folder, 1);
    char path[4096];
    snprintf(path, sizeof(path), "%s:/usr/bin:/bin", folder);
    setenv("PATH", path, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static void check_decode(const char *text, const char *expected)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 64);
    int r = sw_base64_decode(sw_str_of(text), &buf);
    assert_int_equal(r, expected != NULL ? 0 : -EINVAL);
    if (expected != NULL)
        assert_true(sw_str_equal_z(sw_buf_str(&buf), expected));
}

static void base64_is_strict(void **state)
{
    (void)state;
    check_decode("", "");
    check_decode("Zg==", "f");
    check_decode("Zm8=", "fo");
    check_decode("Zm9v", "foo");
    static const char *const bad[] = {
        "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm9v\n", "Zm-_", "Z g="};
    for (size_t i = 0; i < SW_ARRAY_SIZE(bad); i++)
        check_decode(bad[i], NULL);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 64);
    assert_int_equal(sw_base64_append(&buf, SW_STR("fo\xff\xfe")), 0);
    assert_int_equal(sw_base64_append_url(&buf, SW_STR("fo\xff\xfe")), 0);
    assert_string_equal(buf.p, "Zm///g==Zm___g");
    SW_CLEANUP(sw_buf_done) struct sw_buf small = {0};
    sw_buf_init(&small, 2);
    assert_int_equal(sw_base64_decode(SW_STR("Zm9v"), &small), -EFBIG);
}

/* The user that a settings text gives for a name; "" for none, "!" for a failure. */
static void check_user(const char *auths, const char *name, const char *expected)
{
    char text[4096];
    snprintf(text, sizeof(text), "{\"auths\":{%s}}", auths);
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 1 << 20);
    struct sw_docker_login login = {0};
    struct sw_err err = {0};
    int r = sw_docker_config_find(sw_str_of(text), name, &region, &login, &err);
    if (strcmp(expected, "!") == 0) {
        assert_int_equal(r, -EINVAL);
        assert_null(strstr(err.message, "s3cret"));
        assert_int_not_equal(err.message[0], 0);
        return;
    }
    assert_int_equal(r, expected[0] == '\0' ? -ENOENT : 0);
    if (r == 0)
        assert_string_equal(login.user.p, expected);
}

#define ENTRY(key, user) "\"" key "\":{\"username\":\"" user "\",\"password\":\"s3cret\"}"

static void keys_in_all_forms(void **state)
{
    (void)state;
    check_user("\"r.example\":{\"auth\":\"" ANN "\"}", "r.example", "ann");
    check_user(ENTRY("https://r.example/v1/", "a"), "r.example", "a");
    check_user(ENTRY("http://r.example:5000", "a"), "r.example:5000", "a");
    check_user(ENTRY("r.example/v2/", "a"), "r.example", "a");
    check_user(ENTRY("r.example:443", "a"), "r.example", "a");
    check_user(ENTRY("R.Example", "a"), "r.example", "a");
    check_user(ENTRY("https://index.docker.io/v1/", "a"), "docker.io", "a");
    check_user(ENTRY("docker.io", "a"), "registry-1.docker.io", "a");
    check_user(ENTRY("https://r.example", "a") "," ENTRY("r.example", "b"), "r.example", "b");
    /* Not the same. */
    check_user(ENTRY("r.example:5000", "a"), "r.example", "");
    check_user(ENTRY("r.example", "a"), "r.example:5000", "");
    check_user(ENTRY("r.example", "a"), "r.example.evil", "");
    check_user(ENTRY("r.example", "a"), "evil-r.example", "");
    check_user(ENTRY("example", "a"), "r.example", "");
    check_user(ENTRY("https://evil/r.example", "a"), "r.example", "");
    check_user(ENTRY("", "a"), "r.example", "");
    /* podman's repositories: the longest wins. */
    const char *podman =
        ENTRY("r.example", "a") "," ENTRY("r.example/t", "b") "," ENTRY("r.example/t/app", "c");
    check_user(podman, "r.example/t/app", "c");
    check_user(podman, "r.example/t/application", "b");
    check_user(podman, "r.example/t", "b");
    check_user(podman, "r.example/other", "a");
    check_user(podman, "r.example", "a");
    check_user(ENTRY("r.example/t", "b"), "r.example", "");
}

static void broken_logins(void **state)
{
    (void)state;
    check_user("\"r.example\":{\"auth\":\"s3cret!\"}", "r.example", "!");
    check_user("\"r.example\":{\"auth\":\"czNjcmV0\"}", "r.example", "!");
    check_user("\"r.example\":{\"auth\":17}", "r.example", "!");
    check_user("\"r.example\":[\"s3cret\"]", "r.example", "!");
    check_user(ENTRY("r.example", "a:b"), "r.example", "!");
    check_user(ENTRY("r.example", "a\\nb"), "r.example", "!");
    check_user(ENTRY("r.example", "a\\u0000b"), "r.example", "!");
    check_user("\"r.example\":{}", "r.example", "");
    check_user("\"r.example\":{\"auth\":\"\"}", "r.example", "");
    check_user("\"other.example\":17," ENTRY("r.example", "a"), "r.example", "a");
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 1 << 20);
    struct sw_docker_login login;
    struct sw_err err = {0};
    static const char *const bad[] = {"", "[]", "{\"auths\":[]}",
        "{\"auths\":", "{\"credsStore\":\"../../bin/sh\"}", "{\"credsStore\":7}",
        "{\"credHelpers\":{\"r.example\":\"a b\"}}"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(bad); i++)
        assert_int_equal(
            sw_docker_config_find(sw_str_of(bad[i]), "r.example", &region, &login, &err), -EINVAL);
    assert_int_equal(
        sw_docker_config_find(SW_STR("{}"), "r.example", &region, &login, &err), -ENOENT);
    assert_int_equal(sw_docker_config_find((struct sw_str){"{", SW_DOCKER_CONFIG_BYTES_MAX + 1},
                         "r.example", &region, &login, &err),
        -EINVAL);
}

static int find(const char *host, struct sw_credential *ret, struct sw_err *err)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/config.json", folder);
    struct sw_credential_options options = {.config_path = path};
    return sw_credential_find(&options, host, ret, err);
}

static void helpers_are_asked(void **state)
{
    (void)state;
    write_file("config.json",
        "{\"credsStore\":\"all\",\"credHelpers\":{\"t.example\":\"token\",\"n.example\":\"none\","
        "\"f.example\":\"fails\",\"l.example\":\"leaks\",\"m.example\":\"missing\","
        "\"h.example\":\"huge\"},\"auths\":{\"n.example\":{\"auth\":\"" ANN "\"}}}",
        0600);
    write_file("docker-credential-all",
        "#!/bin/sh\nread -r host; [ \"$1\" = get ] && [ -z \"$SEAWALL_SECRET\" ] &&\n"
        "echo \"{\\\"Username\\\":\\\"x\\\",\\\"Secret\\\":\\\"$host\\\"}\"\n",
        0700);
    write_file("docker-credential-token",
        "#!/bin/sh\necho '{\"Username\":\"<token>\",\"Secret\":\"id\"}'\n", 0700);
    write_file("docker-credential-none",
        "#!/bin/sh\necho credentials not found in native keychain; exit 1\n", 0700);
    write_file("docker-credential-fails",
        "#!/bin/sh\nprintf 'the \\033[1mkeyring is locked\\nmore'; exit 3\n", 0700);
    write_file("docker-credential-leaks",
        "#!/bin/sh\necho '{\"Secret\":\"s3cret\"}'; echo s3cret >&2; exit 1\n", 0700);
    write_file("docker-credential-huge", "#!/bin/sh\nexec cat /dev/zero\n", 0700);
    setenv("SEAWALL_SECRET", "s3cret", 1);
    struct sw_credential credential = {0};
    struct sw_err err = {0};
    assert_int_equal(find("r.example:5000", &credential, &err), 0);
    assert_string_equal(credential.user, "x");
    assert_string_equal(credential.secret, "r.example:5000");
    sw_credential_done(&credential);
    assert_int_equal(find("docker.io", &credential, &err), 0);
    assert_string_equal(credential.secret, "https://index.docker.io/v1/");
    sw_credential_done(&credential);
    assert_int_equal(find("t.example", &credential, &err), 0);
    assert_null(credential.user);
    assert_string_equal(credential.identity_token, "id");
    sw_credential_done(&credential);
    assert_int_equal(find("n.example", &credential, &err), 0);
    assert_string_equal(credential.user, "ann");
    sw_credential_done(&credential);
    assert_int_equal(find("f.example", &credential, &err), -EACCES);
    assert_non_null(strstr(err.message, "the \\x1b[1mkeyring is locked"));
    assert_null(strstr(err.message, "more"));
    assert_int_equal(find("l.example", &credential, &err), -EACCES);
    assert_null(strstr(err.message, "s3cret"));
    assert_int_equal(find("m.example", &credential, &err), -ENOEXEC);
    assert_non_null(strstr(err.message, "docker-credential-missing"));
    assert_non_null(strstr(err.message, "config.json"));
    assert_int_equal(find("h.example", &credential, &err), -EFBIG);
    assert_null(credential.user);
    unsetenv("SEAWALL_SECRET");
}

static void places_in_order(void **state)
{
    (void)state;
    char path[512];
    struct sw_credential credential = {0};
    struct sw_err err = {0};
    struct sw_credential_options options = {0};
    assert_int_equal(sw_credential_find(&options, "p.example", &credential, &err), -ENOENT);
    snprintf(path, sizeof(path), "%s/containers", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    write_file("containers/auth.json", "{\"auths\":{" ENTRY("p.example", "podman") "}}", 0600);
    setenv("XDG_RUNTIME_DIR", folder, 1);
    assert_int_equal(sw_credential_find(&options, "p.example", &credential, &err), 0);
    assert_string_equal(credential.user, "podman");
    sw_credential_done(&credential);
    snprintf(path, sizeof(path), "%s/.docker", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    write_file(".docker/config.json", "{\"auths\":{" ENTRY("p.example", "docker") "}}", 0600);
    assert_int_equal(sw_credential_find(&options, "p.example", &credential, &err), 0);
    assert_string_equal(credential.user, "docker");
    sw_credential_done(&credential);
    options.user = "given";
    options.explicit_host = "p.example";
    assert_int_equal(sw_credential_find(&options, "p.example", &credential, &err), 0);
    assert_string_equal(credential.user, "given");
    sw_credential_done(&credential);
    options.is_only_explicit = true;
    assert_int_equal(sw_credential_find(&options, "q.example", &credential, &err), -ENOENT);
    options = (struct sw_credential_options){.config_path = "/nonexistent/config.json"};
    assert_int_equal(sw_credential_find(&options, "p.example", &credential, &err), -ENODATA);
    assert_non_null(strstr(err.message, "/nonexistent/config.json"));
    write_file(".docker/config.json", "{\"auths\":{\"p.example\":{\"auth\":\"s3cret\"}}}", 0600);
    options = (struct sw_credential_options){0};
    assert_int_equal(sw_credential_find(&options, "p.example", &credential, &err), -EINVAL);
    assert_non_null(strstr(err.message, ".docker/config.json"));
    assert_non_null(strstr(err.message, "p.example"));
    assert_null(strstr(err.message, "s3cret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_is_strict),
        cmocka_unit_test(keys_in_all_forms),
        cmocka_unit_test(broken_logins),
        cmocka_unit_test(helpers_are_asked),
        cmocka_unit_test(places_in_order),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
