/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to an engine. It is this machine's (or one that the user names), but what it says of
 * images came with them, so that answers are bounded and read item by item.
 */
#include "oci/engine_api.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/http_exchange.h"
#include "io/http_url.h"
#include "oci/json_items.h"

#define UNIX "unix://"
#define TCP "tcp://"
#define INFO_BYTES_MAX ((size_t)4 << 20)
#define LIST_BYTES_MAX ((uint64_t)1 << 30)
#define ITEM_BYTES_MAX ((size_t)4 << 20)
/* The largest images have some 100 GB. */
#define SAVE_BYTES_MAX ((uint64_t)1 << 40)
/* An engine may write the whole image to its disk before the first byte comes. */
#define SILENCE_S 900
#define ANSWER_S 60
#define STATUS_OK 200U
#define STATUS_ABSENT 404U

struct sw_engine_api {
    struct sw_http_options options;
    struct sw_http_pool *pool; /* owned */
    struct sw_buf socket;      /* path; empty over TCP */
    struct sw_buf base;        /* "http://localhost" */
    struct sw_buf files[3];    /* ca, cert, key */
    bool is_local;
};

void sw_engine_api_free(struct sw_engine_api *api)
{
    if (api == NULL)
        return;
    sw_http_pool_free(api->pool);
    sw_buf_done(&api->socket);
    sw_buf_done(&api->base);
    for (size_t i = 0; i < SW_ARRAY_SIZE(api->files); i++)
        sw_buf_done(&api->files[i]);
    sw_mem_free(api);
}

void sw_engine_api_freep(struct sw_engine_api **api)
{
    sw_engine_api_free(*api);
    *api = NULL;
}

bool sw_engine_api_is_local(const struct sw_engine_api *api)
{
    return api->is_local;
}

/* Said before libcurl fails with less to say. */
static int take_socket(struct sw_engine_api *api, const char *path, struct sw_err *err)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return errno == ENOENT ? sw_err_set(err, -ENOENT, "no socket at '%s'", path)
                               : sw_err_set(err, -errno, "'%s': %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return sw_err_set(err, -ENOTSOCK, "'%s' is no socket", path);
    if (access(path, W_OK) < 0)
        return sw_err_set(err, -errno,
            "the socket '%s' may not be used by this user (%s); run as root or join the group "
            "that it belongs to",
            path, strerror(errno));
    api->is_local = true;
    int r = sw_buf_append_str(&api->socket, sw_str_of(path));
    if (r == 0)
        r = sw_buf_append_str(&api->base, SW_STR("http://localhost"));
    api->options.unix_socket = api->socket.p;
    return r;
}

static int take_tcp(
    struct sw_engine_api *api, const char *place, const char *cert_path, struct sw_err *err)
{
    static const char *const names[] = {"ca.pem", "cert.pem", "key.pem"};
    int r = sw_buf_printf(&api->base, "%s://%s", cert_path != NULL ? "https" : "http", place);
    struct sw_http_origin origin;
    if (r == 0)
        r = sw_http_origin_parse(api->base.p, &origin, err);
    for (size_t i = 0; r == 0 && cert_path != NULL && i < SW_ARRAY_SIZE(names); i++)
        r = sw_buf_printf(&api->files[i], "%s/%s", cert_path, names[i]);
    api->options.is_plain_allowed = cert_path == NULL;
    api->options.ca_file = api->files[0].p;
    api->options.cert_file = api->files[1].p;
    api->options.key_file = api->files[2].p;
    return r;
}

static int take_host(
    struct sw_engine_api *api, const struct sw_engine_api_options *options, struct sw_err *err)
{
    const char *host = options->host;
    if (strncmp(host, UNIX, strlen(UNIX)) == 0)
        return take_socket(api, host + strlen(UNIX), err);
    if (host[0] == '/')
        return take_socket(api, host, err);
    if (strncmp(host, TCP, strlen(TCP)) == 0)
        return take_tcp(api, host + strlen(TCP), options->cert_path, err);
    return sw_err_set(err, -EOPNOTSUPP,
        "engines at '%.100s' are not reached from here (unix:// and tcp:// are); try "
        "`docker save NAME | seawall scan -`",
        host);
}

int sw_engine_api_new(
    const struct sw_engine_api_options *options, struct sw_engine_api **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_engine_api_freep) struct sw_engine_api *api = sw_mem_zalloc(1, sizeof(*api));
    if (api == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    sw_buf_init(&api->socket, SW_HTTP_URL_MAX);
    sw_buf_init(&api->base, SW_HTTP_URL_MAX);
    for (size_t i = 0; i < SW_ARRAY_SIZE(api->files); i++)
        sw_buf_init(&api->files[i], SW_HTTP_URL_MAX);
    api->options = (struct sw_http_options){
        .user_agent = "seawall", .n_tries = 1, .low_speed_s = SILENCE_S, .proxy = ""};
    int r = take_host(api, options, err);
    if (r == 0)
        r = sw_http_pool_new(&api->options, 0, &api->pool, err);
    if (r < 0)
        return r;
    *ret = SW_TAKE(api);
    return 0;
}

/* Sends GET and looks at the status. */
static int ask(struct sw_engine_api *api, const char *path, uint64_t max_bytes,
    const atomic_bool *stop, struct sw_http_exchange **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf url = {0};
    SW_CLEANUP(sw_http_exchange_freep) struct sw_http_exchange *exchange = NULL;
    sw_buf_init(&url, SW_HTTP_URL_MAX);
    int r = sw_buf_printf(&url, "%s%s", api->base.p, path);
    if (r < 0)
        return sw_err_set(err, r, "a name of that length");
    struct sw_http_request request = {
        .url = url.p, .max_bytes = max_bytes, .stop = stop, .total_s = stop == NULL ? ANSWER_S : 0};
    r = sw_http_exchange_open(api->pool, &request, &exchange, err);
    if (r < 0)
        return r == -ECONNREFUSED && api->is_local
                   ? sw_err_set(err, r, "nobody listens at '%s'", api->socket.p)
                   : r;
    unsigned status = sw_http_exchange_status(exchange);
    if (status == STATUS_ABSENT)
        return sw_err_set(err, -ENOENT, "the engine has no such image");
    if (status != STATUS_OK)
        return sw_err_set(err, -EPROTO, "the engine answers %u to GET %.200s", status, path);
    *ret = SW_TAKE(exchange);
    return 0;
}

int sw_engine_api_root(
    struct sw_engine_api *api, struct sw_region *region, struct sw_str *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_http_exchange_freep) struct sw_http_exchange *exchange = NULL;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, INFO_BYTES_MAX);
    int r = ask(api, "/info", INFO_BYTES_MAX, NULL, &exchange, err);
    if (r == 0)
        r = sw_http_exchange_read_all(exchange, &text, err);
    return r < 0 ? r : sw_engine_api_root_parse(sw_buf_str(&text), region, ret, err);
}

/* A body as a reader. */
struct body {
    struct sw_engine_api *api; /* borrowed */
    struct sw_buf path;        /* asked for by the first read */
    const atomic_bool *stop;
    struct sw_http_exchange *exchange; /* owned; NULL until then */
};

static ssize_t body_read(void *opaque, void *p, size_t n, struct sw_err *err)
{
    struct body *body = opaque;
    if (body->exchange == NULL) {
        int r = ask(body->api, body->path.p, SAVE_BYTES_MAX, body->stop, &body->exchange, err);
        if (r < 0)
            return r;
    }
    return sw_http_exchange_read(body->exchange, p, n, err);
}

static void body_free(void *opaque)
{
    struct body *body = opaque;
    sw_http_exchange_free(body->exchange);
    sw_buf_done(&body->path);
    sw_mem_free(body);
}

static const struct sw_reader_ops body_ops = {.read = body_read, .free = body_free};

/* Takes the exchange, also on failure. */
static struct sw_reader *new_body(struct sw_engine_api *api, struct sw_http_exchange *exchange)
{
    struct body *body = sw_mem_zalloc(1, sizeof(*body));
    if (body == NULL) {
        sw_http_exchange_free(exchange);
        return NULL;
    }
    body->api = api;
    body->exchange = exchange;
    sw_buf_init(&body->path, SW_HTTP_URL_MAX);
    return sw_reader_new(&body_ops, body);
}

struct sw_reader *sw_engine_api_save(
    struct sw_engine_api *api, const char *name, const atomic_bool *stop)
{
    struct body *body = sw_mem_zalloc(1, sizeof(*body));
    if (body == NULL)
        return NULL;
    body->api = api;
    body->stop = stop;
    sw_buf_init(&body->path, SW_HTTP_URL_MAX);
    int r = sw_buf_append_str(&body->path, SW_STR("/images/"));
    if (r == 0)
        r = sw_http_url_escape(&body->path, sw_str_of(name));
    if (r == 0)
        r = sw_buf_append_str(&body->path, SW_STR("/get"));
    if (r == 0)
        return sw_reader_new(&body_ops, body);
    body_free(body);
    return NULL;
}

/* A list, each item of it given to `take`. */
struct list {
    struct sw_region *region;
    struct sw_engine_images images;
    struct sw_str *ids;
    size_t n_ids;
    size_t capacity;
    int (*take)(struct list *list, struct sw_str text, struct sw_err *err);
};

static int take_image(struct list *list, struct sw_str text, struct sw_err *err)
{
    struct sw_engine_image image;
    int r = sw_engine_api_image_parse(text, list->region, &image, err);
    return r < 0 ? r : sw_engine_images_add(&list->images, list->region, &image, err);
}

static int take_container(struct list *list, struct sw_str text, struct sw_err *err)
{
    struct sw_str id = SW_STR_NONE;
    int r = sw_engine_api_container_parse(text, list->region, &id, err);
    if (r < 0 || id.n == 0)
        return r;
    if (list->n_ids >= SW_ENGINE_IMAGES_MAX)
        return sw_err_set(err, -EFBIG, "more than %zu containers", SW_ENGINE_IMAGES_MAX);
    if (list->n_ids == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        struct sw_str *ids = sw_region_array(list->region, capacity, sizeof(*ids));
        if (ids == NULL)
            return sw_err_set(err, -ENOMEM, "out of memory");
        if (list->n_ids > 0)
            memcpy(ids, list->ids, list->n_ids * sizeof(*ids));
        list->ids = ids;
        list->capacity = capacity;
    }
    list->ids[list->n_ids++] = id;
    return 0;
}

static int read_list(
    struct sw_engine_api *api, const char *path, struct list *list, struct sw_err *err)
{
    struct sw_http_exchange *exchange = NULL;
    int r = ask(api, path, LIST_BYTES_MAX, NULL, &exchange, err);
    if (r < 0)
        return r;
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = new_body(api, exchange);
    if (reader == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    SW_CLEANUP(sw_json_items_done) struct sw_json_items items;
    struct sw_str text;
    sw_json_items_init(&items, reader, ITEM_BYTES_MAX);
    while ((r = sw_json_items_next(&items, &text, err)) > 0) {
        r = list->take(list, text, err);
        if (r < 0)
            break;
    }
    return r < 0 ? sw_err_wrap(err, r, "GET %s", path) : 0;
}

int sw_engine_api_images(struct sw_engine_api *api, struct sw_region *region,
    struct sw_engine_images *ret, struct sw_err *err)
{
    struct list list = {.region = region, .take = take_image};
    int r = read_list(api, "/images/json", &list, err);
    if (r == 0)
        *ret = list.images;
    return r;
}

int sw_engine_api_running(struct sw_engine_api *api, struct sw_region *region, struct sw_str **ret,
    size_t *ret_n, struct sw_err *err)
{
    struct list list = {.region = region, .take = take_container};
    int r = read_list(api, "/containers/json", &list, err);
    if (r < 0)
        return r;
    *ret = list.ids;
    *ret_n = list.n_ids;
    return 0;
}
