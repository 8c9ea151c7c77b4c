/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/http_client.c against tests/harness/http_server.py on loopback.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/digest.h"
#include "io/file.h"
#include "io/http_client.h"
#include "harness/script_server.h"

#define FILE_BYTES 300000

static char scratch[] = "/tmp/seawall-http-XXXXXX";
static char target[128]; /* the path that downloads go to */
static char base[64];    /* "http://127.0.0.1:<port>" */

/* 0, or -1 when there is no Python. */
static int start_server(void)
{
    char line[32];
    if (script_server_start("http_server.py", line, sizeof(line)) < 0)
        return -1;
    snprintf(base, sizeof(base), "http://127.0.0.1:%d", atoi(line));
    return atoi(line) > 0 ? 0 : -1;
}

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(scratch) == NULL)
        return -1;
    snprintf(target, sizeof(target), "%s/target", scratch);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    script_server_stop();
    return sw_file_remove_tree(AT_FDCWD, scratch, NULL);
}

/* Each test starts with an empty folder. */
static int clear(void **state)
{
    (void)state;
    sw_file_remove_tree(AT_FDCWD, scratch, NULL);
    return sw_file_make_directories(AT_FDCWD, scratch, 0700, NULL);
}

struct fetch {
    struct sw_http_options options;
    const struct sw_http_validators *known;
    struct sw_http_result result;
    struct sw_err err;
};

static int fetch(struct fetch *fetch, const char *path)
{
    char url[256];
    snprintf(url, sizeof(url), "%s%s", base, path);
    fetch->options.user_agent = "seawall/test";
    fetch->options.proxy = "";
    fetch->options.is_plain_allowed = true;
    fetch->options.retry_delay_ms = 1;
    fetch->err = (struct sw_err){0};
    SW_CLEANUP(sw_http_client_freep) struct sw_http_client *client = NULL;
    assert_int_equal(sw_http_client_new(&fetch->options, &client, NULL), 0);
    int r = sw_http_client_download(client, url, fetch->known, target, &fetch->result, &fetch->err);
    assert_true((r == 0) || fetch->err.message[0] != '\0');
    return r;
}

static void load(const char *suffix, struct sw_buf *buf)
{
    char path[160];
    snprintf(path, sizeof(path), "%s%s", target, suffix);
    sw_buf_clear(buf);
    sw_file_load(AT_FDCWD, path, buf, NULL);
}

static void expect_whole_file(void)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, (size_t)1 << 20);
    load("", &buf);
    assert_int_equal(buf.n, FILE_BYTES);
    char digest[SW_DIGEST_TEXT_BYTES], first[SW_DIGEST_TEXT_BYTES];
    /* The content is a row of digests of the numbers from 0. */
    for (size_t i = 0; i < FILE_BYTES / 32; i += 1000) {
        char number[16];
        snprintf(number, sizeof(number), "%zu", i);
        assert_int_equal(sw_digest_of(SW_DIGEST_SHA256, sw_str_of(number), digest), 0);
        for (size_t k = 0; k < 32; k++)
            snprintf(first + 2 * k, 3, "%02x", (unsigned char)buf.p[i * 32 + k]);
        assert_string_equal(first, digest + 7);
    }
    load(".partial", &buf);
    assert_int_equal(buf.n, 0);
    load(".partial-of", &buf);
    assert_int_equal(buf.n, 0);
}

static void fetches_and_asks_for_changes(void **state)
{
    (void)state;
    struct fetch one = {0};
    assert_int_equal(fetch(&one, "/file"), 0);
    assert_int_equal(one.result.outcome, SW_HTTP_FETCHED);
    assert_int_equal(one.result.size_bytes, FILE_BYTES);
    assert_string_equal(one.result.validators.etag, "\"v1\"");
    assert_string_equal(one.result.validators.last_modified, "Tue, 14 Nov 2023 22:13:20 GMT");
    expect_whole_file();
    struct fetch two = {.known = &one.result.validators};
    assert_int_equal(fetch(&two, "/file"), 0);
    assert_int_equal(two.result.outcome, SW_HTTP_UNCHANGED);
    assert_int_equal(two.result.transferred_bytes, 0);
    assert_string_equal(two.result.validators.etag, "\"v1\"");
    expect_whole_file();
    struct sw_http_validators dated = {.last_modified = "Tue, 14 Nov 2023 22:13:20 GMT"};
    struct fetch three = {.known = &dated};
    assert_int_equal(fetch(&three, "/dated"), 0);
    assert_int_equal(three.result.outcome, SW_HTTP_UNCHANGED);
}

static void resumes_what_was_cut_short(void **state)
{
    (void)state;
    struct fetch cut = {.options = {.n_tries = 1}};
    assert_int_equal(fetch(&cut, "/truncated"), -ECONNRESET);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, (size_t)1 << 20);
    load(".partial", &buf);
    assert_int_equal(buf.n, 100000);
    load(".partial-of", &buf);
    assert_string_equal(buf.p, "\"v1\"");
    struct fetch rest = {0};
    assert_int_equal(fetch(&rest, "/truncated"), 0);
    assert_int_equal(rest.result.n_tries, 2);
    assert_int_equal(rest.result.transferred_bytes, 200000);
    expect_whole_file();
    clear(NULL);
    struct fetch dated = {0};
    assert_int_equal(fetch(&dated, "/dated"), 0);
    assert_int_equal(dated.result.n_tries, 2);
    expect_whole_file();
}

static void starts_anew_when_it_may_not_resume(void **state)
{
    (void)state;
    struct fetch weak = {0};
    assert_int_equal(fetch(&weak, "/weak"), 0);
    assert_int_equal(weak.result.transferred_bytes, FILE_BYTES + 1000);
    expect_whole_file();
    clear(NULL);
    struct fetch changing = {0};
    assert_int_equal(fetch(&changing, "/changing"), 0);
    assert_int_equal(changing.result.size_bytes, FILE_BYTES + 1);
    assert_string_equal(changing.result.validators.etag, "\"v3\"");
    clear(NULL);
    struct fetch wrong = {0};
    assert_int_equal(fetch(&wrong, "/wrong-range"), 0);
    assert_int_equal(wrong.result.n_tries, 3);
    expect_whole_file();
}

static void drops_a_partial_file_that_is_no_beginning(void **state)
{
    (void)state;
    char path[160];
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, (size_t)1 << 20);
    while (buf.n < FILE_BYTES)
        assert_int_equal(sw_buf_append(&buf, "0123456789", 10), 0);
    snprintf(path, sizeof(path), "%s.partial", target);
    assert_int_equal(sw_file_save(AT_FDCWD, path, sw_buf_str(&buf), 0600, NULL), 0);
    snprintf(path, sizeof(path), "%s.partial-of", target);
    assert_int_equal(sw_file_save(AT_FDCWD, path, SW_STR("\"v1\""), 0600, NULL), 0);
    struct fetch one = {0};
    assert_int_equal(fetch(&one, "/file"), 0);
    assert_int_equal(one.result.n_tries, 2);
    expect_whole_file();
}

static void comes_back_to_a_busy_server(void **state)
{
    (void)state;
    struct fetch twice = {0};
    assert_int_equal(fetch(&twice, "/busy-twice"), 0);
    assert_int_equal(twice.result.n_tries, 3);
    expect_whole_file();
    int64_t before = sw_clock_monotonic_ns();
    struct fetch asked = {0};
    assert_int_equal(fetch(&asked, "/ask-second"), 0);
    assert_true(sw_clock_monotonic_ns() - before >= 1000000000);
    struct fetch busy = {.options = {.n_tries = 2}};
    assert_int_equal(fetch(&busy, "/busy"), -EAGAIN);
    assert_non_null(strstr(busy.err.message, "503"));
    struct fetch broken = {.options = {.n_tries = 2}};
    assert_int_equal(fetch(&broken, "/broken"), -EAGAIN);
    expect_whole_file();
}

static void names_refusals(void **state)
{
    (void)state;
    struct fetch one = {0};
    assert_int_equal(fetch(&one, "/missing"), -ENOENT);
    assert_int_equal(fetch(&one, "/forbidden"), -EACCES);
    assert_int_equal(access(target, F_OK), -1);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 100);
    load(".partial", &buf);
    assert_int_equal(buf.n, 0);
}

static void follows_redirects_within_limits(void **state)
{
    (void)state;
    struct fetch one = {0};
    assert_int_equal(fetch(&one, "/redirect/2"), 0);
    assert_string_equal(one.result.validators.etag, "\"v1\"");
    expect_whole_file();
    assert_int_equal(fetch(&one, "/redirect/9"), -ELOOP);
    assert_int_equal(fetch(&one, "/redirect-out"), -EPROTO);
}

static void takes_an_empty_file(void **state)
{
    (void)state;
    struct fetch one = {0};
    assert_int_equal(fetch(&one, "/empty"), 0);
    assert_int_equal(one.result.size_bytes, 0);
    assert_int_equal(access(target, F_OK), 0);
}

static void stops_at_the_size_cap(void **state)
{
    (void)state;
    struct fetch one = {.options = {.max_bytes = FILE_BYTES}};
    assert_int_equal(fetch(&one, "/file"), 0);
    struct fetch two = {.options = {.max_bytes = FILE_BYTES - 1}};
    assert_int_equal(fetch(&two, "/file"), -EFBIG);
    assert_int_equal(two.options.n_tries, 0);
    struct fetch three = {.options = {.max_bytes = 5000000}};
    assert_int_equal(fetch(&three, "/endless"), -EFBIG);
}

static void gives_up_on_a_slow_server(void **state)
{
    (void)state;
    struct fetch one = {.options = {.n_tries = 1, .low_speed_s = 1}};
    assert_int_equal(fetch(&one, "/slow"), -ETIMEDOUT);
}

static bool refuse(void *context, uint64_t n_done, uint64_t n_total)
{
    (void)n_total;
    ++*(unsigned *)context;
    return n_done == 0;
}

static void gives_up_when_told(void **state)
{
    (void)state;
    unsigned n = 0;
    struct fetch one = {.options = {.progress = refuse, .context = &n}};
    assert_int_equal(fetch(&one, "/endless"), -ECANCELED);
    assert_true(n > 0);
}

static void insists_on_https(void **state)
{
    (void)state;
    struct sw_http_options options = {.proxy = ""};
    SW_CLEANUP(sw_http_client_freep) struct sw_http_client *client = NULL;
    assert_int_equal(sw_http_client_new(&options, &client, NULL), 0);
    struct sw_http_result result;
    struct sw_err err = {0};
    char url[128];
    snprintf(url, sizeof(url), "http://user:secret@%s/file", base + 7);
    assert_int_equal(sw_http_client_download(client, url, NULL, target, &result, &err), -EPROTO);
    assert_null(strstr(err.message, "secret"));
}

static void goes_through_a_proxy(void **state)
{
    (void)state;
    struct sw_http_options options = {
        .proxy = "http://127.0.0.1:1", .is_plain_allowed = true, .n_tries = 1};
    SW_CLEANUP(sw_http_client_freep) struct sw_http_client *client = NULL;
    assert_int_equal(sw_http_client_new(&options, &client, NULL), 0);
    struct sw_http_result result;
    char url[128];
    snprintf(url, sizeof(url), "%s/file", base);
    assert_int_equal(
        sw_http_client_download(client, url, NULL, target, &result, NULL), -ECONNREFUSED);
}

static void probes_the_size(void **state)
{
    (void)state;
    struct sw_http_options options = {.proxy = "", .is_plain_allowed = true};
    SW_CLEANUP(sw_http_client_freep) struct sw_http_client *client = NULL;
    assert_int_equal(sw_http_client_new(&options, &client, NULL), 0);
    struct sw_http_probe probe;
    char url[128];
    snprintf(url, sizeof(url), "%s/file", base);
    assert_int_equal(sw_http_client_probe(client, url, &probe, NULL), 0);
    assert_true(probe.is_size_known);
    assert_int_equal(probe.size_bytes, FILE_BYTES);
    assert_string_equal(probe.validators.etag, "\"v1\"");
    snprintf(url, sizeof(url), "%s/missing", base);
    assert_int_equal(sw_http_client_probe(client, url, &probe, NULL), -ENOENT);
}

static void says_who_it_is(void **state)
{
    (void)state;
    struct fetch one = {0};
    assert_int_equal(fetch(&one, "/file?who"), 0);
    assert_int_equal(fetch(&one, "/log"), 0);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, (size_t)1 << 20);
    load("", &buf);
    assert_non_null(strstr(buf.p, "GET /file range=- if-range=- agent=seawall/test\n"));
    /* Only the test of resuming asked for ranges of it, with the tag to go by. */
    assert_non_null(strstr(buf.p, "GET /truncated range=bytes=100000- if-range=\"v1\""));
}

int main(void)
{
    if (start_server() < 0) {
        puts("skipped: python3 is not installed");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(fetches_and_asks_for_changes, clear),
        cmocka_unit_test_setup(resumes_what_was_cut_short, clear),
        cmocka_unit_test_setup(starts_anew_when_it_may_not_resume, clear),
        cmocka_unit_test_setup(drops_a_partial_file_that_is_no_beginning, clear),
        cmocka_unit_test_setup(comes_back_to_a_busy_server, clear),
        cmocka_unit_test_setup(names_refusals, clear),
        cmocka_unit_test_setup(follows_redirects_within_limits, clear),
        cmocka_unit_test_setup(takes_an_empty_file, clear),
        cmocka_unit_test_setup(stops_at_the_size_cap, clear),
        cmocka_unit_test_setup(gives_up_on_a_slow_server, clear),
        cmocka_unit_test_setup(gives_up_when_told, clear),
        cmocka_unit_test_setup(insists_on_https, clear),
        cmocka_unit_test_setup(goes_through_a_proxy, clear),
        cmocka_unit_test_setup(probes_the_size, clear),
        cmocka_unit_test_setup(says_who_it_is, clear),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
