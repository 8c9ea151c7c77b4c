/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall serve --harbor`: scans for a Harbor registry until a signal says stop. Each scan runs in
 * this process by a worker's thread: what an image holds is read by the sandboxed scanner alone, as
 * ever, and credentials need not go through arguments, an environment or a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/region.h"
#include "command.h"
#include "harbor/adapter.h"
#include "harbor/log.h"
#include "harbor/queue.h"
#include "harbor/render.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/environment.h"
#include "io/file.h"
#include "io/http_server.h"
#include "io/process_signal.h"
#include "judge.h"
#include "oci/registry.h"
#include "place.h"
#include "rules/gate.h"
#include "scan/flight.h"
#include "scan/scan.h"

#define MEMORY_LIMIT_DEFAULT ((uint64_t)256 * 1024 * 1024)
#define MEMORY_LIMIT_LEAST ((uint64_t)64 * 1024 * 1024)
#define CACHE_MAX_DEFAULT ((uint64_t)1024 * 1024 * 1024)
#define LISTEN_DEFAULT "127.0.0.1:8090"
#define WORKERS_DEFAULT 2
#define DEPTH_DEFAULT 100
#define DEPTH_MAX 10000
#define RESULTS_MAX_DEFAULT ((uint64_t)256 * 1024 * 1024)
#define RESULTS_AGE_DEFAULT_S 3600
#define TIMEOUT_DEFAULT_S 1800
#define GRACE_MS 20000
#define SECRET_BYTES_MAX ((size_t)8192)
#define REGION_BYTES ((size_t)16 * 1024 * 1024)

struct serve_values {
    struct sw_judge_values judge;
    struct sw_option_list registries;
    const char *listen;
    const char *tls_cert;
    const char *tls_key;
    const char *auth_user;
    const char *auth_password_file;
    const char *auth_token_file;
    const char *registry_ca;
    const char *proxy;
    const char *cache_dir;
    const char *scanner;
    uint64_t n_workers;
    uint64_t depth;
    uint64_t results_max_bytes;
    uint64_t memory_limit_bytes;
    uint64_t cache_max_bytes;
    uint64_t n_threads;
    int64_t results_age_s;
    int64_t timeout_s;
    bool is_harbor;
    bool is_without_auth;
    bool is_plain;
    bool is_without_cache;
    bool is_quiet;
};

#define ROW(name, letter, type, member, argument, help, environment)                               \
    {                                                                                              \
        name, letter, type, offsetof(struct serve_values, member), argument, help, environment     \
    }

static const struct sw_option serve_options[] = {
    ROW("harbor", 0, SW_OPTION_FLAG, is_harbor, NULL,
        "serve Harbor's pluggable scanner API (1.2) under /api/v1", NULL),
    ROW("listen", 0, SW_OPTION_STRING, listen, "ADDRESS:PORT",
        "where to listen (default " LISTEN_DEFAULT "); [::1]:PORT for IPv6", "SEAWALL_LISTEN"),
    ROW("tls-cert", 0, SW_OPTION_STRING, tls_cert, "FILE", "serve TLS with this certificate (PEM)",
        "SEAWALL_TLS_CERT"),
    ROW("tls-key", 0, SW_OPTION_STRING, tls_key, "FILE", "its key, where it is not in that file",
        "SEAWALL_TLS_KEY"),
    ROW("auth-user", 0, SW_OPTION_STRING, auth_user, "USER",
        "Harbor must log in as USER; the password is in $SEAWALL_HARBOR_PASSWORD or a file",
        "SEAWALL_HARBOR_USER"),
    ROW("auth-password-file", 0, SW_OPTION_STRING, auth_password_file, "FILE",
        "the first line of FILE is that password", NULL),
    ROW("auth-token-file", 0, SW_OPTION_STRING, auth_token_file, "FILE",
        "Harbor must show the bearer token on FILE's first line, or in $SEAWALL_HARBOR_TOKEN",
        NULL),
    ROW("without-auth", 0, SW_OPTION_FLAG, is_without_auth, NULL,
        "listen beyond this machine without authentication: whoever gets there may ask", NULL),
    ROW("registry", 0, SW_OPTION_LIST, registries, "HOST[:PORT]",
        "scan from this registry only; may be given several times (recommended)", NULL),
    ROW("registry-ca", 0, SW_OPTION_STRING, registry_ca, "FILE",
        "certificates (PEM) to trust in a registry, beside the system's", "SEAWALL_REGISTRY_CA"),
    ROW("proxy", 0, SW_OPTION_STRING, proxy, "URL",
        "reach registries through this one, instead of https_proxy and kin", NULL),
    ROW("plain-http", 0, SW_OPTION_FLAG, is_plain, NULL,
        "let Harbor name registries by http:// too; whoever listens reads everything", NULL),
    ROW("workers", 0, SW_OPTION_COUNT, n_workers, "N", "scans at once (default 2)", NULL),
    ROW("queue", 0, SW_OPTION_COUNT, depth, "N",
        "scans that may wait; beyond it Harbor is told to come back (default 100)", NULL),
    ROW("results-max", 0, SW_OPTION_SIZE, results_max_bytes, "SIZE",
        "memory for reports that are kept (default 256M); the oldest go first", NULL),
    ROW("results-age", 0, SW_OPTION_DURATION, results_age_s, "TIME",
        "how long reports are kept (default 1h)", NULL),
    ROW("timeout", 0, SW_OPTION_DURATION, timeout_s, "TIME", "limit of a scan (default 30m)",
        "SEAWALL_TIMEOUT"),
    SW_JUDGE_DATABASE_ROWS(serve_values, judge),
    SW_JUDGE_ROW(serve_values, judge, ignore.files, "ignore-file", 0, SW_OPTION_LIST, "FILE",
        "leave out of reports what this file says; read anew for each scan", NULL),
    SW_JUDGE_ROW(serve_values, judge, is_incomplete_allowed, "allow-incomplete", 0, SW_OPTION_FLAG,
        NULL, "answer also when something could not be judged or read, instead of failing", NULL),
    ROW("memory-limit", 0, SW_OPTION_SIZE, memory_limit_bytes, "SIZE",
        "memory of each scanner, whatever the image holds (default 256M)", "SEAWALL_MEMORY_LIMIT"),
    ROW("threads", 0, SW_OPTION_COUNT, n_threads, "N", "layers of a scan read at once (default 1)",
        NULL),
    ROW("no-cache", 0, SW_OPTION_FLAG, is_without_cache, NULL, "neither read nor keep layer facts",
        NULL),
    ROW("cache-dir", 0, SW_OPTION_STRING, cache_dir, "DIR", "where layer facts are kept",
        "SEAWALL_CACHE_DIR"),
    ROW("cache-max", 0, SW_OPTION_SIZE, cache_max_bytes, "SIZE",
        "most that the cache may hold (default 1G)", "SEAWALL_CACHE_MAX"),
    ROW("scanner", 0, SW_OPTION_STRING, scanner, "FILE", "the seawall-scanner program",
        "SEAWALL_SCANNER"),
    ROW("quiet", 'q', SW_OPTION_FLAG, is_quiet, NULL, "log scans, but not requests", NULL),
    {0},
};

struct serve {
    struct serve_values values;
    const char *cache_dir; /* NULL: none */
    const char *scanner;
    struct sw_flight *flight; /* owned, as are the next two */
    struct sw_harbor_queue *queue;
    struct sw_http_server *server;
    struct sw_harbor_adapter adapter;
    char *secret; /* owned, wiped */
    char *token;  /* owned, wiped */
};

/* ---- a scan ---- */

/* One scan, on a worker's stack. */
struct scan {
    struct serve *serve;
    const struct sw_harbor_request *request;
    struct sw_harbor_result *result;
    struct sw_judge judge;
    struct sw_err err; /* of the report */
    bool is_done;
    size_t n_findings;
};

static bool wants_verdict(const struct sw_harbor_request *request)
{
    return request->is_wanted[SW_HARBOR_VULNERABILITIES] || request->is_wanted[SW_HARBOR_RAW];
}

/* Harbor has no word for "not all of it could be judged": it would show a clean image. */
static int check_complete(
    const struct scan *scan, const struct sw_report *report, struct sw_err *err)
{
    if (!wants_verdict(scan->request) || scan->serve->values.judge.is_incomplete_allowed)
        return 0;
    if (!report->database.is_present)
        return sw_err_set(
            err, -ENODATA, "there is no vulnerability database to judge by; see seawall db update");
    SW_VEC_EACH (note, &report->notes)
        if (sw_note_is_incomplete(note->kind))
            return sw_err_set(err, -ENODATA, "incomplete (see --allow-incomplete): %.*s",
                SW_STR_ARG(sw_str_part(note->message, 0, 400)));
    return 0;
}

static int take_report(void *context, struct sw_report *report)
{
    struct scan *scan = context;
    if (scan->is_done)
        return 0;
    int r = sw_judge_take(&scan->judge, report, &scan->err);
    if (r == 0)
        r = check_complete(scan, report, &scan->err);
    if (r == 0)
        r = sw_harbor_render(scan->request, report, scan->result, &scan->err);
    scan->is_done = r == 0;
    scan->n_findings = report->findings.n;
    return r;
}

static int run_scan(struct scan *scan, const atomic_bool *stop, struct sw_err *err)
{
    const struct serve_values *values = &scan->serve->values;
    const struct sw_harbor_request *request = scan->request;
    const struct sw_credential_options credentials = {
        .is_only_explicit = true,
        .user = request->authorization.user,
        .secret = request->authorization.secret,
        .registry_token = request->authorization.token,
    };
    const struct sw_http_options http = {
        .user_agent = "seawall/" SEAWALL_VERSION,
        .proxy = values->proxy,
        .ca_file = values->registry_ca,
        .is_plain_allowed = request->is_plain,
    };
    const struct sw_registry_options registry = {.http = &http, .credentials = &credentials};
    const struct sw_scan_options options = {
        .target = request->target,
        .memory_limit_bytes = values->memory_limit_bytes,
        .n_threads = (unsigned)values->n_threads,
        .cache_dir = scan->serve->cache_dir,
        .cache_max_bytes = values->cache_max_bytes,
        .scanner_path = scan->serve->scanner,
        .stdin_fd = -1,
        .registry = &registry,
        .flight = scan->serve->flight,
        .now_s = scan->judge.now_s,
        .timeout_s = values->timeout_s,
        .stop = stop,
        .report = take_report,
        .context = scan,
    };
    int r = sw_scan_run(&options, err);
    if (atomic_load(stop))
        return sw_err_set(err, -ECANCELED, "the adapter was stopped");
    if (scan->err.code < 0)
        return sw_err_set(err, scan->err.code, "%s", scan->err.message);
    return r;
}

static void log_scan(
    const struct scan *scan, const char *id, int r, const struct sw_err *err, int64_t start_ns)
{
    const struct sw_harbor_log_line line = {
        .event = "scan",
        .id = id,
        .target = scan->request->target,
        .outcome = r < 0 ? "failed" : "done",
        .message = r < 0 ? err->message : NULL,
        .status = -1,
        .ms = (sw_clock_monotonic_ns() - start_ns) / 1000000,
        .n_findings = r < 0 ? -1 : (int64_t)scan->n_findings,
    };
    sw_harbor_log(&line);
}

/* The database is opened for each scan: one that was updated meanwhile is used at once. */
static int run_request(void *context, const char *id, const struct sw_harbor_request *request,
    const atomic_bool *stop, struct sw_harbor_result *result, struct sw_err *err)
{
    struct scan scan = {.serve = context, .request = request, .result = result};
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_BYTES);
    int64_t start_ns = sw_clock_monotonic_ns();
    int r = sw_judge_init(&scan.judge, &scan.serve->values.judge, err);
    if (r == 0)
        r = sw_judge_ignore(&scan.judge, true, err);
    if (r == 0)
        r = sw_judge_open(&scan.judge, &region, err);
    if (r == 0)
        r = run_scan(&scan, stop, err);
    sw_judge_done(&scan.judge);
    if (r < 0 && err->message[0] == '\0')
        sw_err_set(err, r, "%s", strerror(-r));
    log_scan(&scan, id, r, err, start_ns);
    return r;
}

static const char *database_time(void *context, struct sw_region *region)
{
    struct serve *serve = context;
    struct sw_judge judge = {0};
    char *time = NULL;
    if (sw_judge_init(&judge, &serve->values.judge, NULL) == 0 &&
        sw_judge_open(&judge, region, NULL) == 0 && judge.database_info.is_present)
        time = sw_region_strdup(region, judge.database_info.created);
    sw_judge_done(&judge);
    return time;
}

/* ---- options ---- */

static void wipe(char **text)
{
    if (*text != NULL)
        explicit_bzero(*text, strlen(*text));
    sw_mem_freep(text);
}

static void wipe_buf(struct sw_buf *buf)
{
    if (buf->p != NULL)
        explicit_bzero(buf->p, buf->n);
    sw_buf_done(buf);
}

/* A secret from the first line of a file, or from a variable; NULL where neither is given. */
static int read_secret(const char *path, const char *variable, char **ret, struct sw_err *err)
{
    SW_CLEANUP(wipe_buf) struct sw_buf text = {0};
    sw_buf_init(&text, SECRET_BYTES_MAX);
    const char *given = sw_environment_get(variable);
    struct sw_str line = sw_str_of(given);
    if (path == NULL && given == NULL)
        return 0;
    int r = path != NULL ? sw_file_load(AT_FDCWD, path, &text, err) : 0;
    if (r < 0)
        return r;
    struct sw_str rest = sw_buf_str(&text);
    if (path != NULL && !sw_str_next_line(&rest, &line))
        line = SW_STR_NONE;
    if (line.n == 0)
        return sw_err_set(err, -EINVAL, "'%s' holds no secret", path != NULL ? path : variable);
    *ret = sw_mem_strndup(line.p, line.n);
    return *ret == NULL ? sw_err_set(err, -ENOMEM, "out of memory") : 0;
}

static int read_secrets(struct serve *serve, struct sw_err *err)
{
    const struct serve_values *values = &serve->values;
    int r = 0;
    if (values->auth_user != NULL)
        r = read_secret(values->auth_password_file, "SEAWALL_HARBOR_PASSWORD", &serve->secret, err);
    else if (values->auth_password_file != NULL)
        r = sw_err_set(err, -EINVAL, "--auth-password-file: whose? see --auth-user");
    if (r == 0 && values->auth_user != NULL && serve->secret == NULL)
        r = sw_err_set(err, -EINVAL,
            "--auth-user: where is the password? Put it into $SEAWALL_HARBOR_PASSWORD, or see "
            "--auth-password-file");
    if (r == 0)
        r = read_secret(values->auth_token_file, "SEAWALL_HARBOR_TOKEN", &serve->token, err);
    return r;
}

/* "ADDRESS:PORT", "[ADDRESS]:PORT". */
static int parse_listen(const char *text, struct sw_region *region,
    struct sw_http_server_options *ret, struct sw_err *err)
{
    struct sw_str whole = sw_str_of(text);
    ptrdiff_t colon = sw_str_find_last_char(whole, ':');
    uint64_t port = 0;
    struct sw_str address = sw_str_part(whole, 0, colon > 0 ? (size_t)colon : 0);
    if (address.n > 2 && address.p[0] == '[' && address.p[address.n - 1] == ']')
        address = sw_str_part(address, 1, address.n - 2);
    if (address.n == 0 || colon < 0 ||
        sw_str_parse_u64(sw_str_skip(whole, (size_t)colon + 1), 10, &port) < 0 || port > 65535)
        return sw_err_set(
            err, -EINVAL, "--listen: '%s' is not ADDRESS:PORT, as " LISTEN_DEFAULT, text);
    ret->address = sw_region_strdup(region, address);
    ret->port = (uint16_t)port;
    return ret->address == NULL ? sw_err_set(err, -ENOMEM, "out of memory") : 0;
}

static int check_address(
    const struct serve *serve, const struct sw_http_server_options *options, struct sw_err *err)
{
    bool is_loopback = false;
    bool has_auth = serve->secret != NULL || serve->token != NULL;
    if (sw_http_server_is_loopback(options->address, &is_loopback) < 0)
        return sw_err_set(err, -EINVAL, "--listen: '%s' is no numeric address", options->address);
    if (is_loopback || has_auth || serve->values.is_without_auth)
        return 0;
    return sw_err_set(err, -EINVAL,
        "--listen: '%s' can be reached from elsewhere; ask for authentication (--auth-user, "
        "--auth-token-file), or say --without-auth",
        options->address);
}

static int check_numbers(const struct serve_values *values, struct sw_err *err)
{
    if (!values->is_harbor)
        return sw_err_set(err, -EINVAL, "serve what? there is --harbor");
    if (values->n_workers < 1 || values->n_workers > SW_HARBOR_WORKERS_MAX)
        return sw_err_set(err, -EINVAL, "--workers: from 1 to %d", SW_HARBOR_WORKERS_MAX);
    if (values->depth < 1 || values->depth > DEPTH_MAX)
        return sw_err_set(err, -EINVAL, "--queue: from 1 to %d", DEPTH_MAX);
    if (values->results_age_s < 1 || values->results_age_s > (int64_t)366 * 86400)
        return sw_err_set(err, -EINVAL, "--results-age: from 1s to 366d");
    if (values->memory_limit_bytes < MEMORY_LIMIT_LEAST)
        return sw_err_set(err, -EINVAL, "--memory-limit: less than 64M is not enough to scan with");
    if (values->n_threads < 1 || values->n_threads > 256)
        return sw_err_set(err, -EINVAL, "--threads: from 1 to 256");
    if (values->tls_key != NULL && values->tls_cert == NULL)
        return sw_err_set(err, -EINVAL, "--tls-key: whose? see --tls-cert");
    return 0;
}

/* ---- the service ---- */

static int start(
    struct serve *serve, const struct sw_http_server_options *options, struct sw_err *err)
{
    const struct serve_values *values = &serve->values;
    const struct sw_harbor_queue_options queue = {
        .n_workers = (unsigned)values->n_workers,
        .depth = values->depth,
        .results_bytes_max = values->results_max_bytes,
        .results_age_ms = values->results_age_s * 1000,
        .run = run_request,
        .context = serve,
    };
    int r = sw_flight_new(&serve->flight);
    if (r == 0)
        r = sw_harbor_queue_new(&queue, &serve->queue, err);
    if (r < 0)
        return r;
    serve->adapter = (struct sw_harbor_adapter){
        .queue = serve->queue,
        .guard = {values->auth_user, serve->secret, serve->token},
        .registries = &values->registries,
        .is_plain_allowed = values->is_plain,
        .is_quiet = values->is_quiet,
        .database_time = database_time,
        .context = serve,
    };
    return sw_http_server_start(options, &serve->server, err);
}

static void log_event(const char *event, const char *message)
{
    const struct sw_harbor_log_line line = {
        .event = event, .message = message, .status = -1, .ms = -1, .n_findings = -1};
    sw_harbor_log(&line);
}

/* Harbor may still fetch what is done while the rest is being stopped. */
static void stop(struct serve *serve)
{
    log_event("stop", NULL);
    int r = sw_harbor_queue_stop(serve->queue, GRACE_MS);
    sw_http_server_stop(serve->server, 1000);
    if (r < 0)
        sw_process_end_now(SW_EXIT_DONE); /* a thread waits for a network; it holds nothing */
}

static int serve_until_stopped(
    struct serve *serve, const struct sw_http_server_options *options, struct sw_err *err)
{
    char text[160];
    int r = sw_process_signal_hold();
    if (r == 0)
        r = start(serve, options, err);
    if (r == 0) {
        bool is_v6 = strchr(options->address, ':') != NULL;
        snprintf(text, sizeof(text), "listening on http%s://%s%s%s:%u",
            options->cert_file != NULL ? "s" : "", is_v6 ? "[" : "", options->address,
            is_v6 ? "]" : "", (unsigned)sw_http_server_port(serve->server));
        log_event("start", text);
        if (serve->values.registries.n == 0)
            log_event("start", "any registry that Harbor names is asked; see --registry");
        sw_process_signal_wait(-1);
        stop(serve);
    } else {
        sw_http_server_stop(serve->server, 0);
    }
    sw_harbor_queue_free(serve->queue);
    sw_flight_free(serve->flight);
    return r;
}

static int prepare(struct serve *serve, struct sw_region *region,
    struct sw_http_server_options *options, struct sw_err *err)
{
    const struct serve_values *values = &serve->values;
    *options = (struct sw_http_server_options){
        .cert_file = values->tls_cert,
        .key_file = values->tls_key,
        .body_bytes_max = SW_HARBOR_REQUEST_BYTES_MAX,
        .handle = sw_harbor_adapter_handle,
        .context = &serve->adapter,
    };
    int r = check_numbers(values, err);
    if (r == 0)
        r = read_secrets(serve, err);
    if (r == 0)
        r = parse_listen(
            values->listen != NULL ? values->listen : LISTEN_DEFAULT, region, options, err);
    if (r == 0)
        r = check_address(serve, options, err);
    const char *cache = values->cache_dir != NULL ? values->cache_dir : sw_place_cache(region);
    serve->cache_dir = values->is_without_cache ? NULL : cache;
    serve->scanner = values->scanner != NULL ? values->scanner : sw_place_scanner(region);
    return r;
}

static int run(const struct sw_command *command, int argc, char **argv)
{
    struct serve serve = {
        .values =
            {
                .n_workers = WORKERS_DEFAULT,
                .depth = DEPTH_DEFAULT,
                .results_max_bytes = RESULTS_MAX_DEFAULT,
                .results_age_s = RESULTS_AGE_DEFAULT_S,
                .timeout_s = TIMEOUT_DEFAULT_S,
                .memory_limit_bytes = MEMORY_LIMIT_DEFAULT,
                .cache_max_bytes = CACHE_MAX_DEFAULT,
                .n_threads = 1,
                .judge = {.ignore = {.are_off =
                                         true}}, /* what lies where it was started is not meant */
            },
    };
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &serve.values, NULL, 0, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_BYTES);
    struct sw_http_server_options options;
    struct sw_err err = {0};
    int status = SW_EXIT_DONE;
    r = prepare(&serve, &region, &options, &err);
    if (r < 0)
        status = sw_command_fail(SW_EXIT_USAGE, err.message);
    else if (serve_until_stopped(&serve, &options, &err) < 0)
        status = sw_command_fail(SW_EXIT_FAILED, err.message);
    wipe(&serve.secret);
    wipe(&serve.token);
    return status;
}

const struct sw_command sw_serve_command = {
    .name = "serve",
    .usage = "serve --harbor [OPTIONS]",
    .summary = "Scan for a Harbor registry, as its pluggable scanner",
    .help =
        "Serves Harbor's pluggable scanner API until SIGTERM or SIGINT. Harbor says which image\n"
        "to scan and with whose credentials; reports are kept in memory until they are old.\n"
        "docs/harbor.md shows how to register it.\n"
        "\n"
        "Examples:\n"
        "  seawall serve --harbor --registry harbor.example\n"
        "  seawall serve --harbor --listen 10.0.0.5:8443 --tls-cert cert.pem --tls-key key.pem \\\n"
        "      --auth-token-file token --registry harbor.example\n",
    .options = serve_options,
    .run = run,
};
