/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exchange, pulled by its reader: libcurl runs only while somebody waits for bytes, and is made
 * to pause when more come than were asked for. HTTP/1.1 throughout: each exchange has a connection
 * of its own, so nothing is gained by sharing one.
 */
#include "io/http_exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "http_priv.h"
#include "io/clock.h"

#define CONNECT_TIMEOUT_S 30L
/* Slower is as good as dead. */
#define LOW_SPEED_BYTES ((uint64_t)1024)
#define POLL_MS 100
#define WINDOW_BYTES ((size_t)512 * 1024)
/* Of one answer; curl's own limit for one line is 100 KB. */
#define HEADER_BYTES_MAX ((size_t)512 * 1024)
#define HEADERS_MAX ((size_t)512)
/* Of an answer that nobody reads to its end. */
#define DRAIN_BYTES_MAX ((uint64_t)64 * 1024)
#define DRAIN_NS_MAX ((int64_t)1000000000)
/* A server that is not there is not there. */
#define CONNECT_TRIES_MAX 2U

enum status {
    STATUS_OK = 200,
    STATUS_MOVED = 301,
    STATUS_FOUND = 302,
    STATUS_SEE_OTHER = 303,
    STATUS_TEMPORARY = 307,
    STATUS_PERMANENT = 308,
    STATUS_UNAUTHORIZED = 401,
    STATUS_PROXY_UNAUTHORIZED = 407,
    STATUS_TIMEOUT = 408,
    STATUS_TOO_MANY = 429,
    STATUS_SERVER_ERROR = 500,
    STATUS_BAD_GATEWAY = 502,
    STATUS_UNAVAILABLE = 503,
    STATUS_GATEWAY_TIMEOUT = 504,
};

struct header {
    struct sw_str name;
    struct sw_str value;
};

struct sw_http_exchange {
    struct sw_http_pool *pool;    /* borrowed */
    struct sw_http_lane *lane;    /* owned while it has one */
    struct sw_http_request asked; /* its strings are borrowed until it is open */
    struct sw_buf url;            /* of this hop */
    struct curl_slist *list;      /* owned; headers of this hop */
    bool is_added;                /* the easy handle is in its multi */
    bool is_own;                  /* this hop goes to the server itself */
    struct sw_http_origin home;
    int64_t deadline_ns; /* 0: none */

    /* The answer. */
    struct sw_region region; /* of its headers */
    SW_VEC(struct header) headers;
    long status;
    bool has_headers;
    bool is_ended;
    CURLcode code; /* once ended */
    int failure;   /* why a callback ended it */
    struct sw_buf window;
    size_t taken; /* of the window */
    bool is_paused;
    uint64_t n_body;
    char curl_error[CURL_ERROR_SIZE];

    /* Time spent waiting and bytes that came meanwhile, since the last check of the speed. */
    int64_t waited_ns;
    uint64_t n_came;
};

static bool is_stopped(const struct sw_http_exchange *exchange)
{
    return exchange->asked.stop != NULL && atomic_load(exchange->asked.stop);
}

/* The end of one answer's headers: informational ones are followed by another. */
static void end_headers(struct sw_http_exchange *exchange)
{
    curl_easy_getinfo(exchange->lane->easy, CURLINFO_RESPONSE_CODE, &exchange->status);
    exchange->has_headers = exchange->status >= STATUS_OK;
}

static int keep_header(struct sw_http_exchange *exchange, struct sw_str line)
{
    ptrdiff_t colon = sw_str_find_char(line, ':');
    if (colon <= 0)
        return 0;
    struct header header = {
        sw_str_part(line, 0, (size_t)colon), sw_str_trim(sw_str_skip(line, (size_t)colon + 1))};
    int r = sw_region_copy(&exchange->region, header.name, &header.name);
    if (r == 0)
        r = sw_region_copy(&exchange->region, header.value, &header.value);
    return r < 0 ? r : sw_vec_push(&exchange->headers, header, HEADERS_MAX);
}

static size_t on_header(char *p, size_t size, size_t n, void *opaque)
{
    struct sw_http_exchange *exchange = opaque;
    struct sw_str line = {p, size * n};
    if (exchange->has_headers) /* a trailer */
        return line.n;
    if (sw_str_starts_with(line, SW_STR("HTTP/"))) {
        exchange->headers.n = 0;
        sw_region_done(&exchange->region);
        sw_region_init(&exchange->region, HEADER_BYTES_MAX);
    } else if (sw_str_trim(line).n == 0) {
        end_headers(exchange);
    } else if (keep_header(exchange, line) < 0) {
        exchange->failure = -EPROTO;
        return 0;
    }
    return line.n;
}

static size_t on_content(char *p, size_t size, size_t n, void *opaque)
{
    struct sw_http_exchange *exchange = opaque;
    size_t n_bytes = size * n;
    if (exchange->window.n > 0 && n_bytes > WINDOW_BYTES - exchange->window.n) {
        exchange->is_paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    if (n_bytes > exchange->asked.max_bytes - exchange->n_body)
        exchange->failure = -EFBIG;
    else
        exchange->failure = sw_buf_append(&exchange->window, p, n_bytes);
    if (exchange->failure < 0)
        return 0;
    exchange->n_body += n_bytes;
    exchange->n_came += n_bytes;
    return n_bytes;
}

/* Where we connect to is known only here, whatever name it had. */
static curl_socket_t on_socket(void *opaque, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct sw_http_exchange *exchange = opaque;
    (void)purpose;
    if (address->family == AF_UNIX)
        return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    enum sw_http_place place = sw_http_address_place(&address->addr);
    atomic_bool *is_at = &exchange->pool->is_at[place];
    if (exchange->is_own && !exchange->asked.is_foreign) {
        atomic_store(is_at, true);
    } else if (place != SW_HTTP_PLACE_ELSEWHERE && !atomic_load(is_at)) {
        exchange->failure = -EPERM;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int add_header(struct sw_http_exchange *exchange, const char *line)
{
    if (strpbrk(line, "\r\n") != NULL)
        return -EINVAL;
    struct curl_slist *longer = curl_slist_append(exchange->list, line);
    if (longer == NULL)
        return -ENOMEM;
    exchange->list = longer;
    return 0;
}

static int add_secret(struct sw_http_exchange *exchange, const char *value)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf line = {0};
    sw_buf_init(&line, SW_HTTP_URL_MAX * 4);
    int r = sw_buf_printf(&line, "Authorization: %s", value);
    if (r == 0)
        r = add_header(exchange, line.p);
    if (line.p != NULL)
        explicit_bzero(line.p, line.n);
    return r;
}

static int add_headers(struct sw_http_exchange *exchange)
{
    const struct sw_http_request *asked = &exchange->asked;
    int r = 0;
    for (size_t i = 0; r == 0 && i < SW_HTTP_HEADERS_MAX && asked->headers[i] != NULL; i++)
        r = add_header(exchange, asked->headers[i]);
    /* curl would wait a second for a "100 Continue" that few servers send. */
    if (r == 0 && asked->body.n > 0)
        r = add_header(exchange, "Expect:");
    if (r == 0 && exchange->is_own && asked->authorization != NULL)
        r = add_secret(exchange, asked->authorization);
    return r;
}

#define SET(option, value) code = code == CURLE_OK ? curl_easy_setopt(easy, option, value) : code

static CURLcode set_method(struct sw_http_exchange *exchange, CURL *easy)
{
    const struct sw_http_request *asked = &exchange->asked;
    CURLcode code = CURLE_OK;
    if (strcmp(asked->method, "HEAD") == 0)
        SET(CURLOPT_NOBODY, 1L);
    if (strcmp(asked->method, "POST") == 0) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)asked->body.n);
        SET(CURLOPT_POSTFIELDS, asked->body.p != NULL ? asked->body.p : "");
    }
    if (asked->range_start > 0) {
        char range[32];
        snprintf(range, sizeof(range), "%llu-", (unsigned long long)asked->range_start);
        SET(CURLOPT_RANGE, range);
    }
    return code;
}

static CURLcode set_trust(struct sw_http_exchange *exchange, CURL *easy)
{
    const struct sw_http_options *options = &exchange->pool->options;
    CURLcode code = CURLE_OK;
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (options->ca_file != NULL)
        SET(CURLOPT_CAINFO, options->ca_file);
    if (options->cert_file != NULL && exchange->is_own && !exchange->asked.is_foreign) {
        const char *key = options->key_file != NULL ? options->key_file : options->cert_file;
        SET(CURLOPT_SSLCERT, options->cert_file);
        SET(CURLOPT_SSLKEY, key);
    }
    return code;
}

static int set_options(struct sw_http_exchange *exchange)
{
    const struct sw_http_options *options = &exchange->pool->options;
    CURL *easy = exchange->lane->easy;
    const char *schemes = options->is_plain_allowed ? "http,https" : "https";
    curl_easy_reset(easy); /* keeps connections */
    CURLcode code = CURLE_OK;
    SET(CURLOPT_URL, exchange->url.p);
    SET(CURLOPT_PROTOCOLS_STR, schemes);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_ERRORBUFFER, exchange->curl_error);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, exchange);
    SET(CURLOPT_WRITEFUNCTION, on_content);
    SET(CURLOPT_WRITEDATA, exchange);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
    SET(CURLOPT_OPENSOCKETDATA, exchange);
    SET(CURLOPT_HTTPHEADER, exchange->list);
    if (options->user_agent != NULL)
        SET(CURLOPT_USERAGENT, options->user_agent);
    if (options->proxy != NULL)
        SET(CURLOPT_PROXY, options->proxy);
    if (options->unix_socket != NULL)
        SET(CURLOPT_UNIX_SOCKET_PATH, options->unix_socket);
    code = code == CURLE_OK ? set_trust(exchange, easy) : code;
    code = code == CURLE_OK ? set_method(exchange, easy) : code;
    /* Refused once a transfer has made its buffer, which then has this size already. */
    (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 64L * 1024);
    return code == CURLE_OK ? 0 : code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
}
#undef SET

/* Takes this hop's transfer off; what was not read of it is lost. */
static void end_hop(struct sw_http_exchange *exchange)
{
    if (exchange->is_added)
        curl_multi_remove_handle(exchange->lane->multi, exchange->lane->easy);
    exchange->is_added = false;
    curl_slist_free_all(exchange->list);
    exchange->list = NULL;
}

/* Lets the transfer go on for a moment at most. */
static int step(struct sw_http_exchange *exchange, int wait_ms)
{
    int n_running, n_left;
    CURLM *multi = exchange->lane->multi;
    if (exchange->is_paused) {
        exchange->is_paused = false;
        curl_easy_pause(exchange->lane->easy, CURLPAUSE_CONT);
    }
    if (curl_multi_perform(multi, &n_running) != CURLM_OK)
        return -EIO;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &n_left)) != NULL;)
        if (message->msg == CURLMSG_DONE) {
            exchange->is_ended = true;
            exchange->code = message->data.result;
        }
    bool has_news = exchange->is_ended || exchange->window.n > exchange->taken ||
                    exchange->failure < 0 || exchange->is_paused;
    if (!has_news && curl_multi_poll(multi, NULL, 0, wait_ms, NULL) != CURLM_OK)
        return -EIO;
    return 0;
}

/* The sentence of a failure at this hop. */
static int fail(struct sw_http_exchange *exchange, int code, const char *text, struct sw_err *err)
{
    char shown[256];
    return sw_err_set(
        err, code, "'%s': %.200s", sw_http_url_shown(exchange->url.p, shown, sizeof(shown)), text);
}

/* Has so much waiting brought so little that nothing more is to be expected? */
static int check_speed(struct sw_http_exchange *exchange, struct sw_err *err)
{
    int64_t limit_ns = (int64_t)exchange->pool->options.low_speed_s * 1000000000;
    if (exchange->deadline_ns > 0 && sw_clock_monotonic_ns() > exchange->deadline_ns)
        return fail(exchange, -ETIMEDOUT, "the answer takes too long", err);
    if (exchange->waited_ns < limit_ns)
        return 0;
    if (exchange->n_came < LOW_SPEED_BYTES * exchange->pool->options.low_speed_s)
        return fail(exchange, -ETIMEDOUT, "it has almost stopped sending", err);
    exchange->waited_ns = 0;
    exchange->n_came = 0;
    return 0;
}

/* Lets it go on until there is news: 0 or negative errno. */
static int wait_for_news(struct sw_http_exchange *exchange, struct sw_err *err)
{
    if (is_stopped(exchange))
        return sw_err_set(err, -ECANCELED, "given up");
    int64_t start_ns = sw_clock_monotonic_ns();
    int r = step(exchange, POLL_MS);
    exchange->waited_ns += sw_clock_monotonic_ns() - start_ns;
    return r < 0 ? fail(exchange, r, "the HTTP library fails", err) : check_speed(exchange, err);
}

static const char proxy_login[] =
    "the proxy wants another login; it goes into the proxy's URL, http://USER:PASSWORD@HOST:PORT";

/* Why the transfer ended, when it did not end well. */
static struct sw_http_verdict judge_end(struct sw_http_exchange *exchange, struct sw_err *err)
{
    struct sw_http_verdict verdict = sw_http_judge_curl(exchange->code);
    long connect_status = 0;
    curl_easy_getinfo(exchange->lane->easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
    const char *text =
        exchange->curl_error[0] != '\0' ? exchange->curl_error : curl_easy_strerror(exchange->code);
    if (exchange->failure == -EPERM) {
        verdict = (struct sw_http_verdict){-EPERM, false};
        text = "not followed to an address inside this machine or link";
    } else if (exchange->failure == -EFBIG) {
        verdict = (struct sw_http_verdict){-EFBIG, false};
        text = "more bytes than there can be";
    } else if (exchange->failure < 0) {
        verdict = (struct sw_http_verdict){exchange->failure, false};
        text = exchange->failure == -ENOMEM ? "out of memory" : "its headers are absurd";
    } else if (connect_status == STATUS_PROXY_UNAUTHORIZED ||
               connect_status == STATUS_UNAUTHORIZED) {
        verdict = (struct sw_http_verdict){-EACCES, false};
        text = proxy_login;
    } else if (connect_status >= 400) {
        verdict = (struct sw_http_verdict){-EACCES, false};
    }
    fail(exchange, verdict.code, text, err);
    return verdict;
}

/* One request to one address, up to its answer's headers. */
static struct sw_http_verdict try_hop(struct sw_http_exchange *exchange, struct sw_err *err)
{
    exchange->has_headers = false;
    exchange->is_ended = false;
    exchange->is_paused = false;
    exchange->code = CURLE_OK;
    exchange->failure = 0;
    exchange->curl_error[0] = '\0';
    exchange->taken = 0;
    exchange->n_body = 0;
    exchange->waited_ns = 0;
    exchange->n_came = 0;
    sw_buf_clear(&exchange->window);
    int r = sw_http_pool_pace(exchange->pool, exchange->asked.stop);
    if (r == 0)
        r = add_headers(exchange);
    if (r == 0)
        r = set_options(exchange);
    if (r == 0 && curl_multi_add_handle(exchange->lane->multi, exchange->lane->easy) != CURLM_OK)
        r = -ENOMEM;
    if (r < 0) {
        fail(exchange, r, r == -ECANCELED ? "given up" : "the request cannot be made", err);
        return (struct sw_http_verdict){r, false};
    }
    exchange->is_added = true;
    while (!exchange->has_headers && !exchange->is_ended) {
        r = wait_for_news(exchange, err);
        if (r < 0)
            return (struct sw_http_verdict){r, r == -ETIMEDOUT};
    }
    if (exchange->has_headers)
        return (struct sw_http_verdict){0, false};
    if (exchange->code != CURLE_OK)
        return judge_end(exchange, err);
    fail(exchange, -EPROTO, "no answer", err);
    return (struct sw_http_verdict){-EPROTO, false};
}

/* The server wants to be asked again later. */
static bool is_busy(long status)
{
    return status == STATUS_TIMEOUT || status == STATUS_TOO_MANY || status == STATUS_SERVER_ERROR ||
           status == STATUS_BAD_GATEWAY || status == STATUS_UNAVAILABLE ||
           status == STATUS_GATEWAY_TIMEOUT;
}

static uint64_t asked_delay_ms(const struct sw_http_exchange *exchange)
{
    curl_off_t asked_s = 0;
    if (curl_easy_getinfo(exchange->lane->easy, CURLINFO_RETRY_AFTER, &asked_s) != CURLE_OK ||
        asked_s <= 0)
        return 0;
    return asked_s > SW_HTTP_RETRY_AFTER_MAX_MS / 1000 ? SW_HTTP_RETRY_AFTER_MAX_MS
                                                       : (uint64_t)asked_s * 1000;
}

static int fail_busy(struct sw_http_exchange *exchange, unsigned n, struct sw_err *err)
{
    char shown[256];
    sw_http_url_shown(exchange->url.p, shown, sizeof(shown));
    struct sw_str limit = sw_http_exchange_header(exchange, "ratelimit-limit", 0);
    if (exchange->status == STATUS_TOO_MANY)
        return sw_err_set(err, -EAGAIN,
            "'%s': the server limits how often it is asked (429, tried %u times%s%.*s); wait, or "
            "log in",
            shown, n, limit.n > 0 ? ", its limit is " : "", (int)(limit.n < 64 ? limit.n : 64),
            limit.p != NULL ? limit.p : "");
    return sw_err_set(
        err, -EAGAIN, "'%s': the server answers %ld, tried %u times", shown, exchange->status, n);
}

/* One address, as often as it may help. */
static int run_hop(struct sw_http_exchange *exchange, struct sw_err *err)
{
    for (unsigned n = 1;; n++) {
        struct sw_http_verdict verdict = try_hop(exchange, err);
        if (verdict.code == 0 && exchange->status == STATUS_PROXY_UNAUTHORIZED)
            return fail(exchange, -EACCES, proxy_login, err);
        bool is_again = verdict.code == 0 ? is_busy(exchange->status) : verdict.is_worth_more;
        if (!is_again)
            return verdict.code;
        bool is_absent = verdict.code == -ECONNREFUSED || verdict.code == -ENETUNREACH;
        if (n >= exchange->pool->options.n_tries || (is_absent && n >= CONNECT_TRIES_MAX))
            return verdict.code < 0 ? verdict.code : fail_busy(exchange, n, err);
        uint64_t asked_ms = verdict.code == 0 ? asked_delay_ms(exchange) : 0;
        end_hop(exchange);
        int r = sw_http_pool_back_off(exchange->pool, n, asked_ms, exchange->asked.stop);
        if (r < 0)
            return sw_err_set(err, r, "given up");
    }
}

static bool is_redirect(const struct sw_http_exchange *exchange)
{
    bool is_get = strcmp(exchange->asked.method, "POST") != 0;
    long status = exchange->status;
    bool is_one = status == STATUS_MOVED || status == STATUS_FOUND || status == STATUS_SEE_OTHER ||
                  status == STATUS_TEMPORARY || status == STATUS_PERMANENT;
    return is_get && is_one && sw_http_exchange_header(exchange, "location", 0).n > 0;
}

/* May a stranger send us to `to`? */
static int check_target(const struct sw_http_exchange *exchange, const struct sw_http_origin *from,
    const struct sw_http_origin *to, struct sw_err *err)
{
    if (to->is_plain && !from->is_plain)
        return sw_err_set(
            err, -EPERM, "'%.100s' is a way out of https, which is not taken", to->host);
    enum sw_http_place place = sw_http_origin_place(to);
    bool is_there = sw_http_origin_place(&exchange->home) == place ||
                    atomic_load(&exchange->pool->is_at[place]);
    if (place != SW_HTTP_PLACE_ELSEWHERE && !is_there)
        return sw_err_set(err, -EPERM,
            "'%.100s' is inside this machine or link, where no server may send us", to->host);
    return 0;
}

/* Passes over the rest of a short body, so that the connection can serve again. */
static void drain(struct sw_http_exchange *exchange)
{
    uint64_t size = 0;
    bool is_short = sw_http_exchange_size(exchange, &size) && size <= DRAIN_BYTES_MAX;
    int64_t deadline_ns = sw_clock_monotonic_ns() + DRAIN_NS_MAX;
    while (is_short && exchange->is_added && !exchange->is_ended && exchange->failure == 0 &&
           !is_stopped(exchange) && sw_clock_monotonic_ns() < deadline_ns) {
        sw_buf_clear(&exchange->window);
        exchange->taken = 0;
        if (step(exchange, POLL_MS) < 0)
            return;
    }
}

static int follow(struct sw_http_exchange *exchange, struct sw_err *err)
{
    struct sw_http_origin from, to;
    SW_CLEANUP(sw_buf_done) struct sw_buf next = {0};
    sw_buf_init(&next, SW_HTTP_URL_MAX * 4);
    struct sw_str location = sw_http_exchange_header(exchange, "location", 0);
    int r = sw_http_origin_parse(exchange->url.p, &from, err);
    if (r == 0)
        r = sw_http_url_resolve(exchange->url.p, location.p, &next, err);
    if (r == 0)
        r = sw_http_origin_parse(next.p, &to, err);
    if (r == 0)
        r = check_target(exchange, &from, &to, err);
    if (r < 0) {
        char shown[256];
        return sw_err_wrap(
            err, r, "redirected by '%s'", sw_http_url_shown(exchange->url.p, shown, sizeof(shown)));
    }
    exchange->is_own = exchange->is_own && sw_http_origin_equal(&exchange->home, &to);
    drain(exchange);
    end_hop(exchange);
    sw_buf_clear(&exchange->url);
    return sw_buf_append_str(&exchange->url, sw_buf_str(&next));
}

static int run(struct sw_http_exchange *exchange, struct sw_err *err)
{
    for (unsigned n = 0;; n++) {
        int r = run_hop(exchange, err);
        if (r < 0 || !is_redirect(exchange))
            return r;
        if (n == SW_HTTP_REDIRECTS_MAX)
            return fail(exchange, -ELOOP, "one redirect too many", err);
        r = follow(exchange, err);
        if (r < 0)
            return r;
    }
}

/* A URL that another server named is held to what holds for redirects. */
static int check_first(struct sw_http_exchange *exchange, struct sw_err *err)
{
    struct sw_http_origin nowhere = {.is_plain = exchange->pool->options.is_plain_allowed};
    struct sw_http_origin to;
    int r = sw_http_origin_parse(exchange->url.p, &to, err);
    if (r == 0 && exchange->asked.is_foreign) {
        exchange->home = nowhere;
        r = check_target(exchange, &nowhere, &to, err);
    }
    exchange->home = to;
    return r;
}

int sw_http_exchange_open(struct sw_http_pool *pool, const struct sw_http_request *request,
    struct sw_http_exchange **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_http_exchange_freep)
    struct sw_http_exchange *exchange = sw_mem_zalloc(1, sizeof(*exchange));
    if (exchange == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    exchange->pool = pool;
    exchange->asked = *request;
    exchange->is_own = true;
    if (exchange->asked.method == NULL)
        exchange->asked.method = "GET";
    if (exchange->asked.max_bytes == 0)
        exchange->asked.max_bytes = pool->options.max_bytes;
    if (request->total_s > 0)
        exchange->deadline_ns = sw_clock_monotonic_ns() + (int64_t)request->total_s * 1000000000;
    sw_region_init(&exchange->region, HEADER_BYTES_MAX);
    sw_buf_init(&exchange->url, SW_HTTP_URL_MAX * 4);
    /* A block larger than the window is taken when it is empty. */
    sw_buf_init(&exchange->window, WINDOW_BYTES * 2);
    exchange->lane = sw_http_pool_take(pool);
    int r = exchange->lane == NULL ? -ENOMEM : 0;
    if (r == 0)
        r = sw_buf_append_str(&exchange->url, sw_str_of(request->url));
    if (r < 0)
        return sw_err_set(err, r, "out of memory");
    r = check_first(exchange, err);
    if (r == 0)
        r = run(exchange, err);
    if (r < 0)
        return r;
    *ret = SW_TAKE(exchange);
    return 0;
}

void sw_http_exchange_free(struct sw_http_exchange *exchange)
{
    if (exchange == NULL)
        return;
    if (exchange->lane != NULL) {
        if (exchange->has_headers)
            drain(exchange);
        end_hop(exchange);
        /* No pointer of ours stays in it. */
        curl_easy_reset(exchange->lane->easy);
        sw_http_pool_give(exchange->pool, exchange->lane);
    }
    sw_vec_done(&exchange->headers);
    sw_region_done(&exchange->region);
    sw_buf_done(&exchange->window);
    sw_buf_done(&exchange->url);
    sw_mem_free(exchange);
}

void sw_http_exchange_freep(struct sw_http_exchange **exchange)
{
    sw_http_exchange_free(*exchange);
    *exchange = NULL;
}

unsigned sw_http_exchange_status(const struct sw_http_exchange *exchange)
{
    return (unsigned)exchange->status;
}

const char *sw_http_exchange_url(const struct sw_http_exchange *exchange)
{
    return exchange->url.p;
}

struct sw_str sw_http_exchange_header(
    const struct sw_http_exchange *exchange, const char *name, size_t n)
{
    SW_VEC_EACH (header, &exchange->headers)
        if (sw_str_equal_ignore_case(header->name, sw_str_of(name)) && n-- == 0)
            return header->value;
    return SW_STR_NONE;
}

bool sw_http_exchange_size(const struct sw_http_exchange *exchange, uint64_t *ret)
{
    struct sw_str text = sw_http_exchange_header(exchange, "content-length", 0);
    return text.n > 0 && sw_str_parse_u64(text, 10, ret) == 0;
}

ssize_t sw_http_exchange_read(
    struct sw_http_exchange *exchange, void *p, size_t n, struct sw_err *err)
{
    while (exchange->taken == exchange->window.n) {
        sw_buf_clear(&exchange->window);
        exchange->taken = 0;
        if (exchange->failure < 0 || (exchange->is_ended && exchange->code != CURLE_OK))
            return judge_end(exchange, err).code;
        if (exchange->is_ended)
            return 0;
        int r = wait_for_news(exchange, err);
        if (r < 0)
            return r;
    }
    size_t n_here = exchange->window.n - exchange->taken;
    n = n < n_here ? n : n_here;
    memcpy(p, exchange->window.p + exchange->taken, n);
    exchange->taken += n;
    return (ssize_t)n;
}

int sw_http_exchange_read_all(
    struct sw_http_exchange *exchange, struct sw_buf *buf, struct sw_err *err)
{
    char block[16384];
    for (;;) {
        ssize_t n = sw_http_exchange_read(exchange, block, sizeof(block), err);
        if (n <= 0)
            return (int)n;
        int r = sw_buf_append(buf, block, (size_t)n);
        if (r < 0)
            return fail(
                exchange, r, r == -EFBIG ? "the answer is too large" : "out of memory", err);
    }
}
