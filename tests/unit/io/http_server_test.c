/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests io/http_server.c over sockets: answers, limits, and clients that are slow or lie.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/http_server.h"

static void handle(void *context, const struct sw_http_call *call, struct sw_http_answer *answer)
{
    (void)context;
    struct sw_str body = sw_http_call_body(call);
    const char *query = sw_http_call_query(call, "q");
    const char *header = sw_http_call_header(call, "x-test");
    char *text = sw_region_printf(sw_http_call_region(call), "%s %s %s %s %zu",
        sw_http_call_method(call), sw_http_call_path(call), query != NULL ? query : "-",
        header != NULL ? header : "-", body.n);
    answer->status = 200;
    answer->type = "text/plain";
    answer->body = sw_str_of(text);
    sw_http_answer_header(answer, "X-Answer", "yes");
}

static struct sw_http_server *serve(struct sw_http_server_options options)
{
    struct sw_http_server *server = NULL;
    struct sw_err err = {0};
    options.handle = handle;
    if (sw_http_server_start(&options, &server, &err) < 0)
        fail_msg("%s", err.message);
    return server;
}

static int dial(const struct sw_http_server *server)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
        .sin_port = htons(sw_http_server_port(server)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

/* What comes until the end, or for a second of silence. */
static void hear(int fd, char *text, size_t n)
{
    size_t at = 0;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (at + 1 < n && poll(&ready, 1, 1000) > 0) {
        ssize_t got = read(fd, text + at, n - 1 - at);
        if (got <= 0)
            break;
        at += (size_t)got;
    }
    text[at] = '\0';
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* One connection: what is said, and what is heard. */
static void ask(const struct sw_http_server *server, const char *text, char *answer, size_t n)
{
    int fd = dial(server);
    say(fd, text);
    hear(fd, answer, n);
    close(fd);
}

static void answers_with_what_it_was_asked(void **state)
{
    (void)state;
    char text[4096];
    struct sw_http_server *server = serve((struct sw_http_server_options){0});
    ask(server,
        "POST /a%20b?q=1%2B2 HTTP/1.1\r\nHost: x\r\nX-Test: t\r\nContent-Length: 3\r\n"
        "Connection: close\r\n\r\nabc",
        text, sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(text, "X-Answer: yes\r\n"));
    assert_non_null(strstr(text, "Content-Type: text/plain\r\n"));
    assert_non_null(strstr(text, "\r\n\r\nPOST /a b 1+2 t 3"));
    sw_http_server_stop(server, 1000);
}

static void refuses_bodies_beyond_its_limit(void **state)
{
    (void)state;
    char text[4096];
    struct sw_http_server *server = serve((struct sw_http_server_options){.body_bytes_max = 10});
    ask(server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", text, sizeof(text));
    assert_non_null(strstr(text, " 413 "));
    ask(server,
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n"
        "0\r\n\r\n",
        text, sizeof(text));
    assert_non_null(strstr(text, " 413 "));
    ask(server,
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10\r\n\r\n0123456789",
        text, sizeof(text));
    assert_non_null(strstr(text, " 200 "));
    sw_http_server_stop(server, 1000);
}

static void refuses_headers_beyond_its_limit(void **state)
{
    (void)state;
    char text[4096];
    char line[3000];
    struct sw_http_server *server =
        serve((struct sw_http_server_options){.header_bytes_max = 4096});
    memset(line, 'a', sizeof(line));
    line[sizeof(line) - 1] = '\0';
    int fd = dial(server);
    say(fd, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
    for (int i = 0; i < 4; i++)
        send(fd, line, strlen(line), MSG_NOSIGNAL);
    send(fd, "\r\n\r\n", 4, MSG_NOSIGNAL);
    hear(fd, text, sizeof(text));
    assert_null(strstr(text, " 200 "));
    close(fd);
    sw_http_server_stop(server, 1000);
}

static void ends_a_connection_after_so_many_requests(void **state)
{
    (void)state;
    char text[8192];
    struct sw_http_server *server = serve((struct sw_http_server_options){.n_requests_max = 2});
    const char *one = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    char all[256];
    snprintf(all, sizeof(all), "%s%s%s", one, one, one);
    ask(server, all, text, sizeof(text));
    const char *first = strstr(text, "HTTP/1.1 200");
    assert_non_null(first);
    const char *second = strstr(first + 1, "HTTP/1.1 200");
    assert_non_null(second);
    assert_null(strstr(second + 1, "HTTP/1.1 200"));
    assert_non_null(strstr(second, "Connection: close"));
    sw_http_server_stop(server, 1000);
}

/* A byte now and then keeps a connection from being silent, not from being late. */
static void shuts_out_a_client_that_drips(void **state)
{
    (void)state;
    struct sw_http_server *server = serve((struct sw_http_server_options){.request_ms = 500});
    int fd = dial(server);
    int64_t start_ns = sw_clock_monotonic_ns();
    const char *request = "GET / HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    char c = 0;
    bool is_out = false;
    for (size_t i = 0; !is_out && request[i] != '\0'; i++) {
        is_out = send(fd, request + i, 1, MSG_NOSIGNAL) < 0 || recv(fd, &c, 1, MSG_DONTWAIT) == 0;
        sw_clock_sleep_ms(50);
    }
    assert_true(is_out);
    assert_true(sw_clock_monotonic_ns() - start_ns < (int64_t)3000 * 1000000);
    close(fd);
    sw_http_server_stop(server, 1000);
}

static void survives_junk_behind_a_request(void **state)
{
    (void)state;
    char text[8192];
    struct sw_http_server *server = serve((struct sw_http_server_options){0});
    ask(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n\x01\x02\xff junk\r\n\r\nmore\r\n\r\n", text,
        sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 200"));
    ask(server, "GET /z HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", text, sizeof(text));
    assert_non_null(strstr(text, "GET /z"));
    sw_http_server_stop(server, 1000);
}

static void stops_while_clients_hang_on(void **state)
{
    (void)state;
    struct sw_http_server *server = serve((struct sw_http_server_options){0});
    int idle = dial(server);
    int half = dial(server);
    say(half, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
    int64_t start_ns = sw_clock_monotonic_ns();
    sw_http_server_stop(server, 300);
    assert_true(sw_clock_monotonic_ns() - start_ns < (int64_t)5000 * 1000000);
    close(idle);
    close(half);
}

static void says_why_it_cannot_listen(void **state)
{
    (void)state;
    struct sw_http_server *server = NULL;
    struct sw_http_server *other = serve((struct sw_http_server_options){0});
    struct sw_err err = {0};
    struct sw_http_server_options options = {.handle = handle, .port = sw_http_server_port(other)};
    assert_int_equal(sw_http_server_start(&options, &server, &err), -EADDRINUSE);
    assert_non_null(strstr(err.message, "cannot listen on '127.0.0.1'"));
    options = (struct sw_http_server_options){.handle = handle, .address = "host.example"};
    assert_int_equal(sw_http_server_start(&options, &server, &err), -EINVAL);
    options = (struct sw_http_server_options){.handle = handle, .cert_file = "/absent"};
    assert_int_equal(sw_http_server_start(&options, &server, &err), -ENOENT);
    options.cert_file = "/proc/self/status";
    assert_true(sw_http_server_start(&options, &server, &err) < 0);
    assert_null(server);
    sw_http_server_stop(other, 0);
}

static void knows_this_machine(void **state)
{
    (void)state;
    bool is = false;
    assert_int_equal(sw_http_server_is_loopback("127.9.0.1", &is), 0);
    assert_true(is);
    assert_int_equal(sw_http_server_is_loopback("::1", &is), 0);
    assert_true(is);
    assert_int_equal(sw_http_server_is_loopback("0.0.0.0", &is), 0);
    assert_false(is);
    assert_int_equal(sw_http_server_is_loopback("::", &is), 0);
    assert_false(is);
    assert_int_equal(sw_http_server_is_loopback("localhost", &is), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_with_what_it_was_asked),
        cmocka_unit_test(refuses_bodies_beyond_its_limit),
        cmocka_unit_test(refuses_headers_beyond_its_limit),
        cmocka_unit_test(ends_a_connection_after_so_many_requests),
        cmocka_unit_test(shuts_out_a_client_that_drips),
        cmocka_unit_test(survives_junk_behind_a_request),
        cmocka_unit_test(stops_while_clients_hang_on),
        cmocka_unit_test(says_why_it_cannot_listen),
        cmocka_unit_test(knows_this_machine),
    };
    sw_descriptor_ignore_sigpipe();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
