/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server on libmicrohttpd (TLS by GnuTLS): the only file that names it. That library bounds how
 * long a connection is silent, but not how long a request takes that comes a byte at a time: a
 * thread of ours watches every connection and shuts down those that are late.
 */
#include "io/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/thread.h"

#define THREADS_DEFAULT 2
#define PEM_BYTES_MAX ((size_t)1024 * 1024)
#define WATCH_MS 200
#define STOP_POLL_MS 20
/* A silent connection is closed by the library itself. */
#define IDLE_S 30

/* A connection, known from its first to its last moment. */
struct peer {
    struct peer *next;
    struct peer *previous;
    int fd; /* borrowed: closed by the library, after the peer is gone from the list */
    int64_t deadline_ns;
    unsigned n_requests;
    bool is_busy; /* has begun a request */
};

struct sw_http_server {
    struct sw_http_server_options options;
    struct MHD_Daemon *daemon;
    int listen_fd;
    uint16_t port;
    struct sw_thread watcher;
    struct sw_mutex mutex;
    struct sw_condition wake;
    struct peer *peers; /* under the mutex, as is the next */
    bool is_stopping;
};

struct sw_http_call {
    struct MHD_Connection *connection;
    const char *method;
    const char *path;
    struct sw_region *region;
    struct sw_buf body;
    bool is_too_large;
};

/* ---- what a handler sees ---- */

const char *sw_http_call_method(const struct sw_http_call *call)
{
    return call->method;
}

const char *sw_http_call_path(const struct sw_http_call *call)
{
    return call->path;
}

const char *sw_http_call_header(const struct sw_http_call *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

const char *sw_http_call_query(const struct sw_http_call *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND, name);
}

struct sw_str sw_http_call_body(const struct sw_http_call *call)
{
    return sw_buf_str(&call->body);
}

struct sw_region *sw_http_call_region(const struct sw_http_call *call)
{
    return call->region;
}

void sw_http_answer_header(struct sw_http_answer *answer, const char *name, const char *value)
{
    if (answer->n_headers >= SW_HTTP_ANSWER_HEADERS_MAX)
        return;
    answer->headers[answer->n_headers].name = name;
    answer->headers[answer->n_headers++].value = value;
}

/* ---- connections and their time ---- */

static int64_t after_ms(unsigned ms)
{
    return sw_clock_monotonic_ns() + (int64_t)ms * 1000000;
}

static void add_peer(struct sw_http_server *server, struct MHD_Connection *connection, void **state)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct peer *peer = sw_mem_zalloc(1, sizeof(*peer));
    *state = peer;
    if (info == NULL || peer == NULL) {
        /* Unwatched is unwelcome. */
        if (info != NULL)
            shutdown(info->connect_fd, SHUT_RDWR);
        sw_mem_free(peer);
        *state = NULL;
        return;
    }
    peer->fd = info->connect_fd;
    peer->deadline_ns = after_ms(server->options.request_ms);
    SW_MUTEX_HOLD(held, &server->mutex);
    peer->next = server->peers;
    if (peer->next != NULL)
        peer->next->previous = peer;
    server->peers = peer;
}

static void remove_peer(struct sw_http_server *server, struct peer *peer)
{
    sw_mutex_lock(&server->mutex);
    if (peer->next != NULL)
        peer->next->previous = peer->previous;
    if (peer->previous != NULL)
        peer->previous->next = peer->next;
    else
        server->peers = peer->next;
    sw_mutex_unlock(&server->mutex);
    sw_mem_free(peer);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **state,
    enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        add_peer(context, connection, state);
    else if (*state != NULL)
        remove_peer(context, *state);
}

static struct peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

static void watch(void *opaque)
{
    struct sw_http_server *server = opaque;
    SW_MUTEX_HOLD(held, &server->mutex);
    while (!server->is_stopping) {
        int64_t now_ns = sw_clock_monotonic_ns();
        for (struct peer *peer = server->peers; peer != NULL; peer = peer->next)
            if (now_ns > peer->deadline_ns)
                shutdown(peer->fd, SHUT_RDWR);
        sw_condition_wait_until(&server->wake, &server->mutex, after_ms(WATCH_MS));
    }
}

static bool has_busy(struct sw_http_server *server)
{
    SW_MUTEX_HOLD(held, &server->mutex);
    for (struct peer *peer = server->peers; peer != NULL; peer = peer->next)
        if (peer->is_busy)
            return true;
    return false;
}

static void set_deadline(
    struct sw_http_server *server, struct MHD_Connection *connection, unsigned ms, bool is_busy)
{
    struct peer *peer = peer_of(connection);
    if (peer == NULL)
        return;
    SW_MUTEX_HOLD(held, &server->mutex);
    peer->deadline_ns = after_ms(ms);
    peer->is_busy = is_busy;
}

/* ---- requests ---- */

static void call_free(struct sw_http_call *call)
{
    if (call->body.p != NULL)
        explicit_bzero(call->body.p, call->body.n);
    sw_buf_done(&call->body);
    sw_mem_free(call);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code)
{
    struct sw_http_server *server = context;
    (void)code;
    if (*state != NULL)
        call_free(*state);
    *state = NULL;
    set_deadline(server, connection, server->options.request_ms, false);
}

/* The last answer on a connection says so. */
static bool is_last(struct sw_http_server *server, struct MHD_Connection *connection)
{
    struct peer *peer = peer_of(connection);
    return peer == NULL || ++peer->n_requests >= server->options.n_requests_max;
}

static struct MHD_Response *make_response(const struct sw_http_answer *answer)
{
    if (answer->release != NULL)
        return MHD_create_response_from_buffer_with_free_callback_cls(
            answer->body.n, (void *)(uintptr_t)answer->body.p, answer->release, answer->owner);
    return MHD_create_response_from_buffer(
        answer->body.n, (void *)(uintptr_t)answer->body.p, MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result send_answer(struct sw_http_server *server, struct MHD_Connection *connection,
    const struct sw_http_answer *answer, bool is_end)
{
    struct MHD_Response *response = make_response(answer);
    if (response == NULL) {
        if (answer->release != NULL)
            answer->release(answer->owner);
        return MHD_NO;
    }
    if (answer->type != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
    for (size_t i = 0; i < answer->n_headers; i++)
        MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value);
    if (is_end)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    set_deadline(server, connection, server->options.answer_ms, true);
    enum MHD_Result queued = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result answer_call(struct sw_http_server *server, struct sw_http_call *call)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, SW_HTTP_SERVER_REGION_BYTES);
    call->region = &region;
    struct sw_http_answer answer = {0};
    bool is_end = is_last(server, call->connection) || call->is_too_large;
    if (call->is_too_large)
        answer.status = MHD_HTTP_CONTENT_TOO_LARGE;
    else
        server->options.handle(server->options.context, call, &answer);
    if (answer.status == 0)
        answer.status = MHD_HTTP_INTERNAL_SERVER_ERROR;
    return send_answer(server, call->connection, &answer, is_end);
}

static enum MHD_Result begin_call(
    struct sw_http_server *server, struct MHD_Connection *connection, void **state)
{
    struct sw_http_call *call = sw_mem_zalloc(1, sizeof(*call));
    if (call == NULL)
        return MHD_NO;
    sw_buf_init(&call->body, server->options.body_bytes_max);
    *state = call;
    /* A client that says how much it wants to send is answered before it sends it. */
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    uint64_t n = 0;
    if (length == NULL || sw_str_parse_u64(sw_str_of(length), 10, &n) < 0 ||
        n <= server->options.body_bytes_max)
        return MHD_YES;
    struct sw_http_answer answer = {.status = MHD_HTTP_CONTENT_TOO_LARGE};
    return send_answer(server, connection, &answer, true);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
    const char *path, const char *method, const char *version, const char *body, size_t *n_body,
    void **state)
{
    struct sw_http_server *server = context;
    (void)version;
    struct sw_http_call *call = *state;
    if (call == NULL)
        return begin_call(server, connection, state);
    if (*n_body > 0) {
        int r = call->is_too_large ? 0 : sw_buf_append(&call->body, body, *n_body);
        call->is_too_large = call->is_too_large || r < 0;
        *n_body = 0;
        return MHD_YES;
    }
    call->connection = connection;
    call->method = method;
    call->path = path;
    return answer_call(server, call);
}

/* ---- start and stop ---- */

static int parse_address(const char *text, uint16_t port, struct sockaddr_storage *ret)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    memset(ret, 0, sizeof(*ret));
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        memcpy(ret, &v4, sizeof(v4));
    else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        memcpy(ret, &v6, sizeof(v6));
    else
        return -EINVAL;
    return 0;
}

int sw_http_server_is_loopback(const char *address, bool *ret)
{
    struct sockaddr_storage parsed;
    int r = parse_address(address, 0, &parsed);
    if (r < 0)
        return r;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    memcpy(&v4, &parsed, sizeof(v4));
    memcpy(&v6, &parsed, sizeof(v6));
    *ret = parsed.ss_family == AF_INET ? ntohl(v4.sin_addr.s_addr) >> 24 == 127
                                       : IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
    return 0;
}

static int listen_at(struct sw_http_server *server, struct sw_err *err)
{
    const char *address = server->options.address;
    struct sockaddr_storage at;
    if (parse_address(address, server->options.port, &at) < 0)
        return sw_err_set(err, -EINVAL, "'%s' is no numeric address to listen on", address);
    socklen_t n =
        at.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    server->listen_fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;
    if (server->listen_fd < 0 ||
        setsockopt(server->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
        bind(server->listen_fd, (struct sockaddr *)&at, n) < 0 ||
        listen(server->listen_fd, 128) < 0 ||
        getsockname(server->listen_fd, (struct sockaddr *)&at, &n) < 0)
        return sw_err_set(err, -errno, "cannot listen on '%s' port %u: %s", address,
            (unsigned)server->options.port, strerror(errno));
    struct sockaddr_in port; /* the port is at the same place in both */
    memcpy(&port, &at, sizeof(port));
    server->port = ntohs(port.sin_port);
    return 0;
}

static void wipe_buf(struct sw_buf *buf)
{
    if (buf->p != NULL)
        explicit_bzero(buf->p, buf->n);
    sw_buf_done(buf);
}

static void ignore_log(void *context, const char *format, va_list arguments)
{
    (void)context;
    (void)format;
    (void)arguments;
}

#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

static int start_daemon(struct sw_http_server *server, struct sw_err *err)
{
    const struct sw_http_server_options *o = &server->options;
    SW_CLEANUP(wipe_buf) struct sw_buf cert = {0};
    SW_CLEANUP(wipe_buf) struct sw_buf key = {0};
    sw_buf_init(&cert, PEM_BYTES_MAX);
    sw_buf_init(&key, PEM_BYTES_MAX);
    bool is_tls = o->cert_file != NULL;
    int r = is_tls ? sw_file_load(AT_FDCWD, o->cert_file, &cert, err) : 0;
    if (r == 0 && is_tls)
        r = sw_file_load(AT_FDCWD, o->key_file != NULL ? o->key_file : o->cert_file, &key, err);
    if (r < 0)
        return r;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, cert.p},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, key.p},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG;
    server->daemon = MHD_start_daemon(flags | (is_tls ? MHD_USE_TLS : 0), 0, NULL, NULL, on_request,
        server, MHD_OPTION_EXTERNAL_LOGGER, ignore_log, NULL, MHD_OPTION_LISTEN_SOCKET,
        server->listen_fd, MHD_OPTION_THREAD_POOL_SIZE, o->n_threads, MHD_OPTION_CONNECTION_LIMIT,
        o->n_connections_max, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, o->header_bytes_max, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, server, MHD_OPTION_ARRAY, is_tls ? tls : &tls[SW_ARRAY_SIZE(tls) - 1],
        MHD_OPTION_END);
    if (server->daemon == NULL)
        return sw_err_set(err, -EINVAL,
            is_tls ? "cannot start the server; are '%s' and its key a certificate and its key "
                     "(PEM)?"
                   : "cannot start the server on '%s'",
            is_tls ? o->cert_file : o->address);
    return 0;
}

static void set_defaults(struct sw_http_server_options *o)
{
    if (o->address == NULL)
        o->address = "127.0.0.1";
    if (o->n_threads == 0)
        o->n_threads = THREADS_DEFAULT;
    if (o->n_threads > SW_HTTP_SERVER_THREADS_MAX)
        o->n_threads = SW_HTTP_SERVER_THREADS_MAX;
    if (o->n_connections_max == 0)
        o->n_connections_max = SW_HTTP_SERVER_CONNECTIONS;
    if (o->n_requests_max == 0)
        o->n_requests_max = SW_HTTP_SERVER_REQUESTS;
    if (o->request_ms == 0)
        o->request_ms = SW_HTTP_SERVER_REQUEST_MS;
    if (o->answer_ms == 0)
        o->answer_ms = SW_HTTP_SERVER_ANSWER_MS;
    if (o->header_bytes_max == 0)
        o->header_bytes_max = SW_HTTP_SERVER_HEADER_BYTES;
    if (o->body_bytes_max == 0)
        o->body_bytes_max = SW_HTTP_SERVER_BODY_BYTES;
}

int sw_http_server_start(
    const struct sw_http_server_options *options, struct sw_http_server **ret, struct sw_err *err)
{
    struct sw_http_server *server = sw_mem_zalloc(1, sizeof(*server));
    if (server == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    server->options = *options;
    server->listen_fd = -1;
    set_defaults(&server->options);
    sw_mutex_init(&server->mutex);
    sw_condition_init(&server->wake);
    int r = listen_at(server, err);
    if (r == 0)
        r = sw_thread_start(&server->watcher, watch, server);
    if (r == 0)
        r = start_daemon(server, err);
    if (r < 0) {
        sw_http_server_stop(server, 0);
        return r;
    }
    *ret = server;
    return 0;
}

uint16_t sw_http_server_port(const struct sw_http_server *server)
{
    return server->port;
}

void sw_http_server_stop(struct sw_http_server *server, unsigned grace_ms)
{
    if (server == NULL)
        return;
    if (server->daemon != NULL) {
        /* From here on the listening socket is ours again. */
        MHD_quiesce_daemon(server->daemon);
        int64_t deadline_ns = after_ms(grace_ms);
        while (has_busy(server) && sw_clock_monotonic_ns() < deadline_ns)
            sw_clock_sleep_ms(STOP_POLL_MS);
        MHD_stop_daemon(server->daemon);
    }
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    sw_mutex_lock(&server->mutex);
    server->is_stopping = true;
    sw_condition_broadcast(&server->wake);
    sw_mutex_unlock(&server->mutex);
    sw_thread_join(&server->watcher);
    sw_condition_done(&server->wake);
    sw_mutex_done(&server->mutex);
    sw_mem_free(server);
}
