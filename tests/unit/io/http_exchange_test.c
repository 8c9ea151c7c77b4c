/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/http_exchange.c and http_pool.c against tests/harness/http_server.py on loopback.
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
#include "io/http_exchange.h"
#include "io/thread.h"
#include "harness/script_server.h"

#define FILE_BYTES 300000

static char base[64]; /* "http://127.0.0.1:<port>" */

/* 0, or -1 when there is no Python. */
static int start_server(void)
{
    char line[32];
    if (script_server_start("http_server.py", line, sizeof(line)) < 0)
        return -1;
    snprintf(base, sizeof(base), "http://127.0.0.1:%d", atoi(line));
    return atoi(line) > 0 ? 0 : -1;
}

struct ask {
    struct sw_http_options options;
    struct sw_http_request request;
    unsigned rate_per_s;
    struct sw_http_pool *pool;
    struct sw_http_exchange *exchange;
    struct sw_buf body;
    struct sw_err err;
};

/* The answer to a path; how opening it went. */
static int open_path(struct ask *ask, const char *path)
{
    char url[256];
    snprintf(url, sizeof(url), "%s%s", base, path);
    ask->options.proxy = "";
    ask->options.is_plain_allowed = true;
    ask->options.retry_delay_ms = ask->options.retry_delay_ms > 0 ? ask->options.retry_delay_ms : 1;
    ask->request.url = url;
    ask->err = (struct sw_err){0};
    sw_buf_init(&ask->body, (size_t)1 << 20);
    if (ask->pool == NULL)
        assert_int_equal(sw_http_pool_new(&ask->options, ask->rate_per_s, &ask->pool, NULL), 0);
    int r = sw_http_exchange_open(ask->pool, &ask->request, &ask->exchange, &ask->err);
    assert_true(r == 0 || (ask->err.code == r && ask->err.message[0] != '\0'));
    return r;
}

static int read_body(struct ask *ask)
{
    return sw_http_exchange_read_all(ask->exchange, &ask->body, &ask->err);
}

static void done(struct ask *ask)
{
    sw_http_exchange_freep(&ask->exchange);
    sw_http_pool_free(ask->pool);
    sw_buf_done(&ask->body);
    ask->pool = NULL;
}

static void reads_a_body_and_its_headers(void **state)
{
    (void)state;
    struct ask ask = {0};
    uint64_t size = 0;
    assert_int_equal(open_path(&ask, "/file"), 0);
    assert_int_equal(sw_http_exchange_status(ask.exchange), 200);
    assert_true(sw_http_exchange_size(ask.exchange, &size) && size == FILE_BYTES);
    assert_true(sw_str_equal_z(sw_http_exchange_header(ask.exchange, "ETag", 0), "\"v1\""));
    assert_null(sw_http_exchange_header(ask.exchange, "etag", 1).p);
    assert_null(sw_http_exchange_header(ask.exchange, "no-such", 0).p);
    assert_int_equal(read_body(&ask), 0);
    assert_int_equal(ask.body.n, FILE_BYTES);
    /* The end stays the end. */
    char byte;
    assert_int_equal(sw_http_exchange_read(ask.exchange, &byte, 1, NULL), 0);
    done(&ask);
}

static void every_status_is_an_answer(void **state)
{
    (void)state;
    struct ask ask = {0};
    assert_int_equal(open_path(&ask, "/missing"), 0);
    assert_int_equal(sw_http_exchange_status(ask.exchange), 404);
    assert_int_equal(read_body(&ask), 0);
    assert_true(ask.body.n > 0);
    sw_http_exchange_freep(&ask.exchange);
    sw_buf_done(&ask.body);
    /* The same connection, and one that ends without having been read. */
    assert_int_equal(open_path(&ask, "/forbidden"), 0);
    assert_int_equal(sw_http_exchange_status(ask.exchange), 403);
    done(&ask);
    ask = (struct ask){.request = {.method = "HEAD"}};
    assert_int_equal(open_path(&ask, "/file"), 0);
    assert_int_equal(read_body(&ask), 0);
    assert_int_equal(ask.body.n, 0);
    done(&ask);
}

static void asks_for_a_part(void **state)
{
    (void)state;
    struct ask ask = {.request = {.range_start = 299000, .headers = {"If-Range: \"v1\""}}};
    assert_int_equal(open_path(&ask, "/file"), 0);
    assert_int_equal(sw_http_exchange_status(ask.exchange), 206);
    assert_int_equal(read_body(&ask), 0);
    assert_int_equal(ask.body.n, 1000);
    done(&ask);
}

static void a_body_that_breaks_off_is_no_whole_one(void **state)
{
    (void)state;
    struct ask ask = {0};
    assert_int_equal(open_path(&ask, "/truncated"), 0);
    assert_int_equal(read_body(&ask), -ECONNRESET);
    assert_int_equal(ask.body.n, 100000);
    done(&ask);
}

static void busy_servers_are_asked_again(void **state)
{
    (void)state;
    struct ask ask = {0};
    assert_int_equal(open_path(&ask, "/busy-twice"), 0);
    assert_int_equal(sw_http_exchange_status(ask.exchange), 200);
    assert_int_equal(sw_http_pool_n_requests(ask.pool), 3);
    done(&ask);
    ask = (struct ask){0};
    assert_int_equal(open_path(&ask, "/busy"), -EAGAIN);
    assert_non_null(strstr(ask.err.message, "503"));
    done(&ask);
    ask = (struct ask){0};
    int64_t start_ns = sw_clock_monotonic_ns();
    assert_int_equal(open_path(&ask, "/ask-second"), 0);
    assert_true(sw_clock_monotonic_ns() - start_ns >= 1000000000);
    done(&ask);
}

static void follows_redirects_so_far(void **state)
{
    (void)state;
    struct ask ask = {0};
    assert_int_equal(open_path(&ask, "/redirect/4"), 0);
    assert_int_equal(sw_http_exchange_status(ask.exchange), 200);
    assert_non_null(strstr(sw_http_exchange_url(ask.exchange), "/file"));
    done(&ask);
    ask = (struct ask){0};
    assert_int_equal(open_path(&ask, "/redirect/9"), -ELOOP);
    done(&ask);
    ask = (struct ask){0};
    assert_true(open_path(&ask, "/redirect-out") < 0);
    assert_non_null(strstr(ask.err.message, "neither http nor https"));
    done(&ask);
}

static void a_foreign_address_is_not_inside(void **state)
{
    (void)state;
    struct ask ask = {.request = {.is_foreign = true}};
    assert_int_equal(open_path(&ask, "/file"), -EPERM);
    done(&ask);
    /* Unless the server itself is there. */
    ask = (struct ask){0};
    assert_int_equal(open_path(&ask, "/file"), 0);
    sw_http_exchange_freep(&ask.exchange);
    ask.request.is_foreign = true;
    assert_int_equal(open_path(&ask, "/file"), 0);
    done(&ask);
}

static void has_bounds(void **state)
{
    (void)state;
    struct ask ask = {.request = {.max_bytes = FILE_BYTES}};
    assert_int_equal(open_path(&ask, "/file"), 0);
    assert_int_equal(read_body(&ask), 0);
    done(&ask);
    ask = (struct ask){.request = {.max_bytes = FILE_BYTES - 1}};
    int r = open_path(&ask, "/file");
    assert_int_equal(r < 0 ? r : read_body(&ask), -EFBIG);
    done(&ask);
    ask = (struct ask){.request = {.max_bytes = 10000000}};
    r = open_path(&ask, "/endless");
    ask.body.max = SIZE_MAX;
    assert_int_equal(r < 0 ? r : read_body(&ask), -EFBIG);
    done(&ask);
    ask = (struct ask){.options = {.low_speed_s = 1}};
    assert_int_equal(open_path(&ask, "/slow"), 0);
    assert_int_equal(read_body(&ask), -ETIMEDOUT);
    done(&ask);
    ask = (struct ask){.request = {.total_s = 1}};
    assert_int_equal(open_path(&ask, "/slow"), 0);
    assert_int_equal(read_body(&ask), -ETIMEDOUT);
    done(&ask);
}

static void refuses_headers_with_lines(void **state)
{
    (void)state;
    struct ask ask = {.request = {.authorization = "Bearer a\r\nX: y"}};
    assert_int_equal(open_path(&ask, "/file"), -EINVAL);
    assert_null(strstr(ask.err.message, "Bearer"));
    done(&ask);
    ask = (struct ask){.request = {.headers = {"A: b\nC: d"}}};
    assert_int_equal(open_path(&ask, "/file"), -EINVAL);
    done(&ask);
}

static void plain_http_is_asked_for(void **state)
{
    (void)state;
    struct sw_http_options options = {.proxy = ""};
    struct sw_http_request request = {.url = "http://127.0.0.1:1/"};
    struct sw_http_pool *pool = NULL;
    struct sw_http_exchange *exchange = NULL;
    struct sw_err err = {0};
    assert_int_equal(sw_http_pool_new(&options, 0, &pool, NULL), 0);
    assert_true(sw_http_exchange_open(pool, &request, &exchange, &err) < 0);
    assert_non_null(strstr(err.message, "not supported or disabled"));
    sw_http_pool_free(pool);
}

struct stopper {
    struct sw_thread thread;
    atomic_bool stop;
};

static void stop_soon(void *argument)
{
    struct stopper *stopper = argument;
    sw_clock_sleep_ms(200);
    atomic_store(&stopper->stop, true);
}

static void ends_when_told_to(void **state)
{
    (void)state;
    struct stopper stopper = {.stop = false};
    struct ask ask = {.request = {.stop = &stopper.stop}};
    assert_int_equal(open_path(&ask, "/slow"), 0);
    assert_int_equal(sw_thread_start(&stopper.thread, stop_soon, &stopper), 0);
    int64_t start_ns = sw_clock_monotonic_ns();
    assert_int_equal(read_body(&ask), -ECANCELED);
    assert_true(sw_clock_monotonic_ns() - start_ns < (int64_t)3 * 1000000000);
    sw_thread_join(&stopper.thread);
    done(&ask);
    /* Also between tries. */
    atomic_store(&stopper.stop, false);
    stopper.thread = (struct sw_thread){0};
    ask = (struct ask){.options = {.retry_delay_ms = 60000}, .request = {.stop = &stopper.stop}};
    assert_int_equal(sw_thread_start(&stopper.thread, stop_soon, &stopper), 0);
    assert_int_equal(open_path(&ask, "/busy"), -ECANCELED);
    sw_thread_join(&stopper.thread);
    done(&ask);
}

static void keeps_its_pace(void **state)
{
    (void)state;
    struct ask ask = {.rate_per_s = 20};
    int64_t start_ns = sw_clock_monotonic_ns();
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(open_path(&ask, "/empty"), 0);
        sw_http_exchange_freep(&ask.exchange);
        sw_buf_done(&ask.body);
    }
    assert_true(sw_clock_monotonic_ns() - start_ns >= (int64_t)195 * 1000000);
    done(&ask);
}

struct reader {
    struct sw_http_pool *pool;
    struct sw_thread thread;
    size_t n_bytes;
};

static void read_file(void *argument)
{
    struct reader *reader = argument;
    char url[256];
    snprintf(url, sizeof(url), "%s/file", base);
    for (size_t i = 0; i < 5; i++) {
        struct sw_http_request request = {.url = url};
        SW_CLEANUP(sw_http_exchange_freep) struct sw_http_exchange *exchange = NULL;
        SW_CLEANUP(sw_buf_done) struct sw_buf body = {0};
        sw_buf_init(&body, (size_t)1 << 20);
        if (sw_http_exchange_open(reader->pool, &request, &exchange, NULL) == 0 &&
            sw_http_exchange_read_all(exchange, &body, NULL) == 0)
            reader->n_bytes += body.n;
    }
}

static void serves_several_threads(void **state)
{
    (void)state;
    struct sw_http_options options = {.proxy = "", .is_plain_allowed = true};
    struct reader readers[6] = {0};
    struct sw_http_pool *pool = NULL;
    assert_int_equal(sw_http_pool_new(&options, 0, &pool, NULL), 0);
    for (size_t i = 0; i < SW_ARRAY_SIZE(readers); i++) {
        readers[i].pool = pool;
        assert_int_equal(sw_thread_start(&readers[i].thread, read_file, &readers[i]), 0);
    }
    for (size_t i = 0; i < SW_ARRAY_SIZE(readers); i++) {
        sw_thread_join(&readers[i].thread);
        assert_int_equal(readers[i].n_bytes, 5 * FILE_BYTES);
    }
    sw_http_pool_free(pool);
}

static int tear_down(void **state)
{
    (void)state;
    script_server_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_body_and_its_headers),
        cmocka_unit_test(every_status_is_an_answer),
        cmocka_unit_test(asks_for_a_part),
        cmocka_unit_test(a_body_that_breaks_off_is_no_whole_one),
        cmocka_unit_test(busy_servers_are_asked_again),
        cmocka_unit_test(follows_redirects_so_far),
        cmocka_unit_test(a_foreign_address_is_not_inside),
        cmocka_unit_test(has_bounds),
        cmocka_unit_test(refuses_headers_with_lines),
        cmocka_unit_test(plain_http_is_asked_for),
        cmocka_unit_test(ends_when_told_to),
        cmocka_unit_test(keeps_its_pace),
        cmocka_unit_test(serves_several_threads),
    };
    if (start_server() < 0) {
        printf("skipped: no python3\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
