/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers requests; called by several threads, never waits.
 */
#include "harbor/adapter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "harbor/log.h"
#include "harbor/render.h"
#include "io/clock.h"
#include "model/json_writer.h"

#define JSON_BYTES_MAX ((size_t)64 * 1024)
#define MIME_ERROR "application/vnd.scanner.adapter.error+json; version=1.0"
#define MIME_METADATA "application/vnd.scanner.adapter.metadata+json; version=1.1"
#define MIME_METADATA_10 "application/vnd.scanner.adapter.metadata+json; version=1.0"
#define MIME_RESPONSE "application/vnd.scanner.adapter.scan.response+json; version=1.0"
#define PATH_SCAN "/api/v1/scan"
#define PATH_REPORT_END "/report"
/* Seconds until Harbor asks again: most scans have ended by then. */
#define REFRESH_AFTER "5"
#define RETRY_AFTER "30"

struct exchange {
    struct sw_harbor_adapter *adapter;
    const struct sw_http_call *call;
    struct sw_http_answer *answer;
    struct sw_region *region;
    const char *message; /* for the log */
    char id[SW_HARBOR_ID_BYTES];
};

/* ---- answers ---- */

static void answer_json(struct exchange *x, unsigned status, const char *type,
    void (*write)(struct exchange *x, struct sw_json_writer *w, const void *detail),
    const void *detail)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, JSON_BYTES_MAX);
    struct sw_json_writer w;
    sw_json_writer_init(&w, &buf, NULL, NULL);
    sw_json_write_object(&w, NULL);
    write(x, &w, detail);
    sw_json_write_end(&w);
    struct sw_str body = SW_STR_NONE;
    if (sw_json_writer_finish(&w) < 0 || sw_region_copy(x->region, sw_buf_str(&buf), &body) < 0)
        return; /* no status: the server makes it a 500 */
    x->answer->status = status;
    x->answer->type = type;
    x->answer->body = body;
}

static void write_error(struct exchange *x, struct sw_json_writer *w, const void *detail)
{
    (void)x;
    sw_json_write_object(w, "error");
    sw_json_write_str(w, "message", sw_str_of(detail));
    sw_json_write_end(w);
}

static void answer_error(struct exchange *x, unsigned status, const char *message)
{
    x->message = message;
    answer_json(x, status, MIME_ERROR, write_error, message);
}

static void answer_retry(struct exchange *x, unsigned status, const char *message)
{
    answer_error(x, status, message);
    sw_http_answer_header(x->answer, "Retry-After", RETRY_AFTER);
}

static void write_text_array(struct sw_json_writer *w, const char *key, const char *const *texts)
{
    sw_json_write_array(w, key);
    for (; *texts != NULL; texts++)
        sw_json_write_text(w, NULL, *texts);
    sw_json_write_end(w);
}

/* ---- metadata ---- */

static const char *const consumed[] = {SW_HARBOR_OCI_MANIFEST, SW_HARBOR_DOCKER_MANIFEST, NULL};

static void write_capabilities(struct sw_json_writer *w)
{
    static const char *const reports[] = {
        SW_HARBOR_MIME_REPORT_10, SW_HARBOR_MIME_REPORT_11, SW_HARBOR_MIME_RAW, NULL};
    static const char *const sboms[] = {SW_HARBOR_MIME_SBOM, NULL};
    static const char *const formats[] = {SW_HARBOR_SBOM_SPDX, SW_HARBOR_SBOM_CYCLONEDX, NULL};
    sw_json_write_array(w, "capabilities");
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "type", "vulnerability");
    write_text_array(w, "consumes_mime_types", consumed);
    write_text_array(w, "produces_mime_types", reports);
    sw_json_write_end(w);
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "type", "sbom");
    write_text_array(w, "consumes_mime_types", consumed);
    write_text_array(w, "produces_mime_types", sboms);
    sw_json_write_object(w, "additional_attributes");
    write_text_array(w, "sbom_media_types", formats);
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_end(w);
}

static void write_metadata(struct exchange *x, struct sw_json_writer *w, const void *detail)
{
    (void)detail;
    const char *time = x->adapter->database_time(x->adapter->context, x->region);
    sw_harbor_render_scanner(w);
    write_capabilities(w);
    sw_json_write_object(w, "properties");
    sw_json_write_text(w, "harbor.scanner-adapter/scanner-type", "os-package-vulnerability");
    sw_json_write_text(w, "harbor.scanner-adapter/registry-authorization-type", "Basic");
    if (time != NULL)
        sw_json_write_str(
            w, "harbor.scanner-adapter/vulnerability-database-updated-at", sw_str_of(time));
    sw_json_write_end(w);
}

/* The first of the types that the client takes, in its order; NULL: none of them. */
static const char *choose_type(const char *accept, const char *const *types)
{
    struct sw_str rest = sw_str_of(accept);
    struct sw_str item = SW_STR_NONE;
    if (accept == NULL || sw_str_trim(rest).n == 0)
        return types[0];
    while (sw_str_next_token(&rest, ',', &item)) {
        ptrdiff_t quality = sw_str_find(item, SW_STR(";q="));
        if (quality >= 0)
            item = sw_str_part(item, 0, (size_t)quality);
        if (sw_harbor_mime_is(item, "*/*") || sw_harbor_mime_is(item, "application/*"))
            return types[0];
        for (size_t i = 0; types[i] != NULL; i++)
            if (sw_harbor_mime_is(item, types[i]))
                return types[i];
    }
    return NULL;
}

static void handle_metadata(struct exchange *x)
{
    static const char *const types[] = {MIME_METADATA, MIME_METADATA_10, NULL};
    const char *type = choose_type(sw_http_call_header(x->call, "Accept"), types);
    answer_json(x, 200, type != NULL ? type : MIME_METADATA, write_metadata, NULL);
}

/* ---- scan ---- */

static bool is_registry_allowed(
    const struct sw_harbor_adapter *adapter, const struct sw_harbor_request *request)
{
    const struct sw_option_list *list = adapter->registries;
    for (size_t i = 0; i < list->n; i++)
        if (sw_str_equal_ignore_case(request->host, sw_str_of(list->v[i])) ||
            sw_str_equal_ignore_case(request->registry, sw_str_of(list->v[i])))
            return true;
    return list->n == 0;
}

static void write_id(struct exchange *x, struct sw_json_writer *w, const void *detail)
{
    (void)detail;
    sw_json_write_text(w, "id", x->id);
}

static unsigned status_of_refusal(int r)
{
    return r == -EBADMSG ? 400 : r == -EINVAL ? 422 : r == -EOPNOTSUPP ? 501 : 500;
}

static void queue_request(struct exchange *x, struct sw_harbor_request *request)
{
    int r = sw_harbor_queue_add(x->adapter->queue, request, x->id);
    if (r >= 0) {
        x->message = r > 0 ? "joins a scan that waits" : NULL;
        answer_json(x, 202, MIME_RESPONSE, write_id, NULL);
    } else if (r == -EAGAIN) {
        answer_retry(x, 429, "the queue is full; try again later");
    } else if (r == -ESHUTDOWN) {
        answer_retry(x, 503, "the adapter is being stopped");
    } else {
        answer_error(x, 500, "out of memory");
    }
}

static void handle_scan(struct exchange *x)
{
    struct sw_err err = {0};
    SW_CLEANUP(sw_harbor_request_freep) struct sw_harbor_request *request = NULL;
    int r = sw_harbor_request_parse(sw_http_call_body(x->call), &request, &err);
    if (r < 0) {
        char *message = sw_region_strdup(x->region, sw_str_of(err.message));
        answer_error(x, status_of_refusal(r), message != NULL ? message : "out of memory");
    } else if (request->is_plain && !x->adapter->is_plain_allowed) {
        answer_error(x, 422, "registry.url is plain http; the adapter allows it with --plain-http");
    } else if (!is_registry_allowed(x->adapter, request)) {
        answer_error(x, 422, "this registry is not one of those that --registry names");
    } else {
        queue_request(x, SW_TAKE(request));
    }
}

/* ---- report ---- */

/* Which document the request names: 0, or a status after answering. */
static unsigned choose_document(
    struct exchange *x, enum sw_harbor_document *ret, const char **ret_type)
{
    static const char *const types[] = {SW_HARBOR_MIME_REPORT_11, SW_HARBOR_MIME_REPORT_10,
        SW_HARBOR_MIME_RAW, SW_HARBOR_MIME_SBOM, NULL};
    const char *media = sw_http_call_query(x->call, "sbom_media_type");
    *ret_type = choose_type(sw_http_call_header(x->call, "Accept"), types);
    if (*ret_type == NULL) {
        answer_error(x, 501, "no report of the type in Accept is made");
        return 501;
    }
    *ret = *ret_type == types[2] ? SW_HARBOR_RAW : SW_HARBOR_VULNERABILITIES;
    if (*ret_type != types[3])
        return 0;
    if (media != NULL && strcmp(media, SW_HARBOR_SBOM_SPDX) == 0) {
        *ret = SW_HARBOR_SPDX;
    } else if (media != NULL && strcmp(media, SW_HARBOR_SBOM_CYCLONEDX) == 0) {
        *ret = SW_HARBOR_CYCLONEDX;
    } else {
        answer_error(
            x, 400, "sbom_media_type must be " SW_HARBOR_SBOM_SPDX " or " SW_HARBOR_SBOM_CYCLONEDX);
        return 400;
    }
    return 0;
}

static void answer_document(struct exchange *x, struct sw_harbor_result *result,
    enum sw_harbor_document document, const char *type)
{
    struct sw_buf *buf = &result->documents[document];
    if (buf->n == 0) {
        sw_harbor_result_unref(result);
        answer_error(x, 400, "the scan was not asked for this report");
        return;
    }
    x->answer->status = 200;
    x->answer->type = type;
    x->answer->body = sw_buf_str(buf);
    x->answer->release = sw_harbor_result_unref;
    x->answer->owner = result;
}

static void answer_state(struct exchange *x, struct sw_harbor_state *state,
    enum sw_harbor_document document, const char *type)
{
    switch (state->stage) {
    case SW_HARBOR_WAITING:
    case SW_HARBOR_RUNNING:
        x->answer->status = 302;
        sw_http_answer_header(x->answer, "Refresh-After", REFRESH_AFTER);
        sw_http_answer_header(x->answer, "Location",
            sw_region_printf(x->region, PATH_SCAN "/%s" PATH_REPORT_END, x->id));
        break;
    case SW_HARBOR_DONE:
        answer_document(x, state->result, document, type);
        break;
    case SW_HARBOR_FAILED: {
        char *message = sw_region_strdup(x->region, sw_str_of(state->err.message));
        answer_error(x, 500, message != NULL && message[0] != '\0' ? message : "the scan failed");
        break;
    }
    case _SW_HARBOR_STAGE_MAX:
        break;
    }
}

static void handle_report(struct exchange *x)
{
    enum sw_harbor_document document = SW_HARBOR_VULNERABILITIES;
    const char *type = NULL;
    struct sw_harbor_state state = {0};
    if (sw_harbor_queue_find(x->adapter->queue, x->id, &state) < 0) {
        answer_error(x, 404, "no such scan, or its reports are no longer kept");
        return;
    }
    if (choose_document(x, &document, &type) == 0)
        answer_state(x, &state, document, type);
    else
        sw_harbor_result_unref(state.result);
}

/* ---- probes ---- */

static void write_health(struct exchange *x, struct sw_json_writer *w, const void *detail)
{
    struct sw_harbor_counts counts;
    sw_harbor_queue_count(x->adapter->queue, &counts);
    sw_json_write_text(w, "status", detail);
    sw_json_write_u64(w, "waiting", counts.n[SW_HARBOR_WAITING]);
    sw_json_write_u64(w, "running", counts.n[SW_HARBOR_RUNNING]);
}

static void handle_healthy(struct exchange *x)
{
    answer_json(x, 200, "application/json", write_health, "healthy");
}

static void handle_ready(struct exchange *x)
{
    if (x->adapter->database_time(x->adapter->context, x->region) != NULL)
        answer_json(x, 200, "application/json", write_health, "ready");
    else
        answer_retry(x, 503, "there is no vulnerability database; see seawall db update");
}

/* ---- routes ---- */

struct route {
    const char *method;
    const char *path; /* NULL: a report */
    bool is_open;     /* to everybody */
    void (*handle)(struct exchange *x);
};

static const struct route routes[] = {
    {"GET", "/api/v1/metadata", false, handle_metadata},
    {"POST", PATH_SCAN, false, handle_scan},
    {"GET", NULL, false, handle_report},
    {"GET", "/probe/healthy", true, handle_healthy},
    {"GET", "/probe/ready", true, handle_ready},
};

/* "/api/v1/scan/ID/report"; the id is what an id can be. */
static bool match_report(struct exchange *x, const char *path)
{
    struct sw_str rest = sw_str_of(path);
    struct sw_str begin = SW_STR(PATH_SCAN "/");
    struct sw_str end = SW_STR(PATH_REPORT_END);
    if (!sw_str_starts_with(rest, begin) || !sw_str_ends_with(rest, end) ||
        rest.n < begin.n + end.n)
        return false;
    rest = sw_str_part(rest, begin.n, rest.n - begin.n - end.n);
    if (rest.n == 0 || sw_str_find_char(rest, '/') >= 0)
        return false;
    /* A longer one names nothing. */
    snprintf(x->id, sizeof(x->id), "%.*s", rest.n < sizeof(x->id) ? (int)rest.n : 0, rest.p);
    return true;
}

static const struct route *find_route(struct exchange *x)
{
    const char *path = sw_http_call_path(x->call);
    for (size_t i = 0; i < SW_ARRAY_SIZE(routes); i++)
        if (routes[i].path != NULL ? strcmp(routes[i].path, path) == 0 : match_report(x, path))
            return &routes[i];
    return NULL;
}

static void refuse_stranger(struct exchange *x)
{
    const struct sw_harbor_guard *guard = &x->adapter->guard;
    answer_error(x, 401, "who are you? the adapter wants authentication");
    if (guard->secret != NULL)
        sw_http_answer_header(x->answer, "WWW-Authenticate", "Basic realm=\"seawall\"");
    if (guard->token != NULL)
        sw_http_answer_header(x->answer, "WWW-Authenticate", "Bearer realm=\"seawall\"");
}

static void dispatch(struct exchange *x)
{
    const struct route *route = find_route(x);
    const char *authorization = sw_http_call_header(x->call, "Authorization");
    if ((route == NULL || !route->is_open) &&
        !sw_harbor_guard_admits(&x->adapter->guard, authorization)) {
        refuse_stranger(x);
    } else if (route == NULL) {
        answer_error(x, 404, "there is nothing at this path");
    } else if (strcmp(route->method, sw_http_call_method(x->call)) != 0) {
        answer_error(x, 405, "this path takes another method");
        sw_http_answer_header(x->answer, "Allow", route->method);
    } else {
        route->handle(x);
    }
}

void sw_harbor_adapter_handle(
    void *context, const struct sw_http_call *call, struct sw_http_answer *answer)
{
    struct exchange x = {
        .adapter = context,
        .call = call,
        .answer = answer,
        .region = sw_http_call_region(call),
    };
    int64_t start_ns = sw_clock_monotonic_ns();
    dispatch(&x);
    if (x.adapter->is_quiet)
        return;
    const struct sw_harbor_log_line line = {
        .event = "request",
        .id = x.id[0] != '\0' ? x.id : NULL,
        .method = sw_http_call_method(call),
        .path = sw_http_call_path(call),
        .message = x.message,
        .status = answer->status,
        .ms = (sw_clock_monotonic_ns() - start_ns) / 1000000,
        .n_findings = -1,
    };
    sw_harbor_log(&line);
}
