/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl, one transfer at a time. Feeds are large and their servers busy, so most of this is about
 * not fetching twice what is here already. Nothing of the content is looked at.
 */
#include "io/http_client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/region.h"
#include "base/str.h"
#include "http_priv.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/file.h"

#define CONNECT_TIMEOUT_S 30L
#define LOW_SPEED_BYTES 1024L
#define DELAY_MAX_MS 60000U

/* The statuses that mean something of their own to us. */
enum status {
    STATUS_OK = 200,
    STATUS_PARTIAL = 206,
    STATUS_NOT_MODIFIED = 304,
    STATUS_UNAUTHORIZED = 401,
    STATUS_FORBIDDEN = 403,
    STATUS_NOT_FOUND = 404,
    STATUS_PROXY_UNAUTHORIZED = 407,
    STATUS_TIMEOUT = 408,
    STATUS_GONE = 410,
    STATUS_RANGE_WRONG = 416,
    STATUS_TOO_MANY = 429,
    STATUS_SERVER_ERROR = 500,
    STATUS_NOT_IMPLEMENTED = 501,
};

struct sw_http_client {
    CURL *curl; /* owned */
    struct sw_http_options options;
    char curl_error[CURL_ERROR_SIZE];
};

/* One call of download or probe, over all its tries. */
struct transfer {
    struct sw_http_client *client;
    int fd;               /* of the partial file; -1 for a probe */
    uint64_t offset;      /* bytes in it */
    uint64_t transferred; /* bytes of content received */
    int failure;          /* why a callback ended it; 0 while none did */

    /* Of the response at hand. */
    struct sw_http_validators validators;
    bool is_range_known;
    uint64_t range_start;
    bool is_begun; /* its first byte of content was handled */

    char *partial_of;   /* path of the partial file's validator; in the region */
    char *partial_path; /* in the region */
};

static void keep_text(char *target, struct sw_str value)
{
    /* One that does not fit is no validator of ours; cut, it would be a wrong one. */
    if (value.n >= SW_HTTP_VALIDATOR_BYTES)
        value.n = 0;
    if (value.n > 0)
        memcpy(target, value.p, value.n);
    target[value.n] = '\0';
}

/* "bytes 100-199/200" */
static void read_range(struct transfer *transfer, struct sw_str value)
{
    struct sw_str prefix = SW_STR("bytes ");
    if (!sw_str_starts_with(value, prefix))
        return;
    value = sw_str_skip(value, prefix.n);
    ptrdiff_t dash = sw_str_find_char(value, '-');
    if (dash > 0 &&
        sw_str_parse_u64(sw_str_part(value, 0, (size_t)dash), 10, &transfer->range_start) == 0)
        transfer->is_range_known = true;
}

static size_t on_header(char *p, size_t size, size_t n, void *opaque)
{
    struct transfer *transfer = opaque;
    struct sw_str line = {p, size * n};
    /* Each response begins anew: a redirect's headers are not the file's. */
    if (sw_str_starts_with(line, SW_STR("HTTP/"))) {
        transfer->validators = (struct sw_http_validators){.etag = ""};
        transfer->is_range_known = false;
        transfer->is_begun = false;
        return size * n;
    }
    ptrdiff_t colon = sw_str_find_char(line, ':');
    if (colon <= 0)
        return size * n;
    struct sw_str name = sw_str_part(line, 0, (size_t)colon);
    struct sw_str value = sw_str_trim(sw_str_skip(line, (size_t)colon + 1));
    if (sw_str_equal_ignore_case(name, SW_STR("etag")))
        keep_text(transfer->validators.etag, value);
    else if (sw_str_equal_ignore_case(name, SW_STR("last-modified")))
        keep_text(transfer->validators.last_modified, value);
    else if (sw_str_equal_ignore_case(name, SW_STR("content-range")))
        read_range(transfer, value);
    return size * n;
}

/* What a later Range request may rely on: a strong entity tag, or else the date. */
static const char *strong_validator(const struct sw_http_validators *validators)
{
    if (validators->etag[0] == '"')
        return validators->etag;
    return validators->etag[0] == '\0' ? validators->last_modified : "";
}

/* The first byte of content is here: where does it belong? */
static int begin_content(struct transfer *transfer, long status)
{
    if (status == STATUS_PARTIAL) {
        bool is_next = transfer->is_range_known && transfer->range_start == transfer->offset;
        return is_next ? 0 : -EPROTO;
    }
    transfer->offset = 0;
    if (ftruncate(transfer->fd, 0) < 0)
        return -errno;
    /* Remembered before the content, so that a partial file is never taken for another one's. */
    const char *validator = strong_validator(&transfer->validators);
    if (validator[0] == '\0')
        unlink(transfer->partial_of);
    else
        return sw_file_save(AT_FDCWD, transfer->partial_of, sw_str_of(validator), 0644, NULL);
    return 0;
}

static size_t on_content(char *p, size_t size, size_t n, void *opaque)
{
    struct transfer *transfer = opaque;
    size_t n_bytes = size * n;
    long status = 0;
    curl_easy_getinfo(transfer->client->curl, CURLINFO_RESPONSE_CODE, &status);
    /* The page that explains an error is not the file. */
    if (transfer->fd < 0 || (status != STATUS_OK && status != STATUS_PARTIAL))
        return n_bytes;
    if (!transfer->is_begun) {
        transfer->failure = begin_content(transfer, status);
        transfer->is_begun = true;
    }
    if (transfer->failure == 0 && n_bytes > transfer->client->options.max_bytes - transfer->offset)
        transfer->failure = -EFBIG;
    if (transfer->failure == 0 && lseek(transfer->fd, (off_t)transfer->offset, SEEK_SET) < 0)
        transfer->failure = -errno;
    if (transfer->failure == 0)
        transfer->failure = sw_descriptor_write_full(transfer->fd, p, n_bytes);
    if (transfer->failure < 0)
        return 0;
    transfer->offset += n_bytes;
    transfer->transferred += n_bytes;
    return n_bytes;
}

static int on_progress(
    void *opaque, curl_off_t n_total, curl_off_t n_done, curl_off_t up_total, curl_off_t up_done)
{
    struct transfer *transfer = opaque;
    const struct sw_http_options *options = &transfer->client->options;
    (void)up_total;
    (void)up_done;
    if (options->progress == NULL)
        return 0;
    uint64_t before = transfer->offset > (uint64_t)n_done ? transfer->offset - (uint64_t)n_done : 0;
    uint64_t total = n_total > 0 ? (uint64_t)n_total + before : 0;
    if (options->progress(options->context, transfer->offset, total))
        return 0;
    transfer->failure = -ECANCELED;
    return 1;
}

int sw_http_client_new(
    const struct sw_http_options *options, struct sw_http_client **ret, struct sw_err *err)
{
    struct sw_http_client *client = sw_mem_zalloc(1, sizeof(*client));
    if (client == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        sw_mem_free(client);
        return sw_err_set(err, -EIO, "the HTTP library does not start");
    }
    client->options = *options;
    if (client->options.max_bytes == 0)
        client->options.max_bytes = SW_HTTP_MAX_BYTES;
    if (client->options.n_tries == 0)
        client->options.n_tries = SW_HTTP_TRIES;
    if (client->options.retry_delay_ms == 0)
        client->options.retry_delay_ms = SW_HTTP_RETRY_DELAY_MS;
    if (client->options.low_speed_s == 0)
        client->options.low_speed_s = SW_HTTP_LOW_SPEED_S;
    client->curl = curl_easy_init();
    if (client->curl == NULL) {
        sw_http_client_free(client);
        return sw_err_set(err, -ENOMEM, "out of memory");
    }
    *ret = client;
    return 0;
}

void sw_http_client_free(struct sw_http_client *client)
{
    if (client == NULL)
        return;
    if (client->curl != NULL)
        curl_easy_cleanup(client->curl);
    curl_global_cleanup();
    sw_mem_free(client);
}

void sw_http_client_freep(struct sw_http_client **client)
{
    sw_http_client_free(*client);
    *client = NULL;
}

/* Options of every request. */
static int set_options(struct transfer *transfer, const char *url)
{
    struct sw_http_client *client = transfer->client;
    const struct sw_http_options *options = &client->options;
    CURL *curl = client->curl;
    const char *schemes = options->is_plain_allowed ? "http,https" : "https";
    curl_easy_reset(curl); /* keeps connections */
    client->curl_error[0] = '\0';
    CURLcode code = CURLE_OK;
#define SET(option, value) code = code == CURLE_OK ? curl_easy_setopt(curl, option, value) : code
    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, schemes);
    SET(CURLOPT_REDIR_PROTOCOLS_STR, schemes);
    SET(CURLOPT_FOLLOWLOCATION, 1L);
    SET(CURLOPT_MAXREDIRS, (long)SW_HTTP_REDIRECTS_MAX);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    SET(CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED_BYTES);
    SET(CURLOPT_LOW_SPEED_TIME, (long)options->low_speed_s);
    SET(CURLOPT_ERRORBUFFER, client->curl_error);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, on_content);
    SET(CURLOPT_WRITEDATA, transfer);
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, transfer);
    SET(CURLOPT_NOPROGRESS, 0L);
    if (options->user_agent != NULL)
        SET(CURLOPT_USERAGENT, options->user_agent);
    if (options->proxy != NULL)
        SET(CURLOPT_PROXY, options->proxy);
    if (options->ca_file != NULL)
        SET(CURLOPT_CAINFO, options->ca_file);
    if (options->cert_file != NULL)
        SET(CURLOPT_SSLCERT, options->cert_file);
    if (options->key_file != NULL)
        SET(CURLOPT_SSLKEY, options->key_file);
#undef SET
    /* Refused once a transfer has made its buffer, which then has this size already. */
    (void)curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 256L * 1024);
    return code == CURLE_OK ? 0 : code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
}

static int add_header(struct curl_slist **list, const char *name, const char *value)
{
    char line[SW_HTTP_VALIDATOR_BYTES + 64];
    int n = snprintf(line, sizeof(line), "%s: %s", name, value);
    if (n < 0 || (size_t)n >= sizeof(line) || strpbrk(value, "\r\n") != NULL)
        return -EINVAL;
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer == NULL)
        return -ENOMEM;
    *list = longer;
    return 0;
}

static void free_headers(struct curl_slist **list)
{
    curl_slist_free_all(*list);
    *list = NULL;
}

static int add_conditions(struct curl_slist **list, const struct sw_http_validators *known)
{
    int r = 0;
    if (known == NULL)
        return 0;
    if (known->etag[0] != '\0')
        r = add_header(list, "If-None-Match", known->etag);
    else if (known->last_modified[0] != '\0')
        r = add_header(list, "If-Modified-Since", known->last_modified);
    return r;
}

/* Asks for the rest when there is a beginning and a validator that it belongs to. */
static int add_range(struct transfer *transfer, struct curl_slist **list)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf validator = {0};
    sw_buf_init(&validator, SW_HTTP_VALIDATOR_BYTES - 1);
    struct stat st;
    if (fstat(transfer->fd, &st) < 0)
        return -errno;
    transfer->offset = (uint64_t)st.st_size;
    if (transfer->offset == 0)
        return 0;
    if (sw_file_load(AT_FDCWD, transfer->partial_of, &validator, NULL) < 0 || validator.n == 0) {
        transfer->offset = 0;
        return 0;
    }
    char range[64];
    snprintf(range, sizeof(range), "%llu-", (unsigned long long)transfer->offset);
    if (curl_easy_setopt(transfer->client->curl, CURLOPT_RANGE, range) != CURLE_OK)
        return -ENOMEM;
    return add_header(list, "If-Range", validator.p);
}

static struct sw_http_verdict judge_curl(struct transfer *transfer, CURLcode code)
{
    /* A range that was not asked for: from the start, then. */
    if (transfer->failure < 0)
        return (struct sw_http_verdict){transfer->failure, transfer->failure == -EPROTO};
    return sw_http_judge_curl(code);
}

static struct sw_http_verdict judge_status(long status)
{
    switch (status) {
    case STATUS_OK:
    case STATUS_PARTIAL:
    case STATUS_NOT_MODIFIED:
        return (struct sw_http_verdict){0, false};
    case STATUS_NOT_FOUND:
    case STATUS_GONE:
        return (struct sw_http_verdict){-ENOENT, false};
    case STATUS_UNAUTHORIZED:
    case STATUS_FORBIDDEN:
    case STATUS_PROXY_UNAUTHORIZED:
        return (struct sw_http_verdict){-EACCES, false};
    case STATUS_RANGE_WRONG:
        return (struct sw_http_verdict){-EPROTO, true};
    case STATUS_TIMEOUT:
    case STATUS_TOO_MANY:
        return (struct sw_http_verdict){-EAGAIN, true};
    default:
        if (status >= STATUS_SERVER_ERROR && status != STATUS_NOT_IMPLEMENTED)
            return (struct sw_http_verdict){-EAGAIN, true};
        return (struct sw_http_verdict){-EPROTO, false};
    }
}

/* Performs the prepared request and says how it went. */
static struct sw_http_verdict perform(
    struct transfer *transfer, const char *url, long *ret_status, struct sw_err *err)
{
    char buf[256];
    struct sw_http_client *client = transfer->client;
    CURLcode code = curl_easy_perform(client->curl);
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, ret_status);
    struct sw_http_verdict verdict =
        code == CURLE_OK ? judge_status(*ret_status) : judge_curl(transfer, code);
    if (verdict.code == 0)
        return verdict;
    const char *address = sw_http_url_shown(url, buf, sizeof(buf));
    if (transfer->failure == -EFBIG)
        sw_err_set(err, -EFBIG, "'%s' is larger than %llu bytes", address,
            (unsigned long long)client->options.max_bytes);
    else if (transfer->failure < 0) {
        sw_err_set(err, 0, "%s", "");
        sw_err_wrap(err, transfer->failure, "download '%s'", address);
    } else if (code != CURLE_OK)
        sw_err_set(err, verdict.code, "download '%s': %.200s", address,
            client->curl_error[0] != '\0' ? client->curl_error : curl_easy_strerror(code));
    else
        sw_err_set(
            err, verdict.code, "download '%s': the server answers %ld", address, *ret_status);
    return verdict;
}

/* How long to wait before try n (from 1), by our own rule or as the server asks. */
static uint64_t delay_ms(struct sw_http_client *client, unsigned n)
{
    curl_off_t asked_s = 0;
    uint64_t delay = client->options.retry_delay_ms;
    for (unsigned i = 1; i < n && delay < DELAY_MAX_MS; i++)
        delay *= 2;
    if (delay > DELAY_MAX_MS)
        delay = DELAY_MAX_MS;
    if (curl_easy_getinfo(client->curl, CURLINFO_RETRY_AFTER, &asked_s) != CURLE_OK || asked_s <= 0)
        return delay;
    uint64_t asked = asked_s > SW_HTTP_RETRY_AFTER_MAX_MS / 1000 ? SW_HTTP_RETRY_AFTER_MAX_MS
                                                                 : (uint64_t)asked_s * 1000;
    return asked > delay ? asked : delay;
}

/* Waits, and lets the caller give up meanwhile. */
static int wait_for_retry(struct transfer *transfer, uint64_t ms)
{
    const struct sw_http_options *options = &transfer->client->options;
    while (ms > 0) {
        uint64_t step = ms < 200 ? ms : 200;
        sw_clock_sleep_ms(step);
        ms -= step;
        if (options->progress != NULL && !options->progress(options->context, transfer->offset, 0))
            return -ECANCELED;
    }
    return 0;
}

static int try_once(struct transfer *transfer, const char *url,
    const struct sw_http_validators *known, long *ret_status, bool *ret_is_worth_more,
    struct sw_err *err)
{
    SW_CLEANUP(free_headers) struct curl_slist *headers = NULL;
    transfer->failure = 0;
    *ret_is_worth_more = false;
    int r = set_options(transfer, url);
    if (r == 0)
        r = add_conditions(&headers, known);
    if (r == 0)
        r = add_range(transfer, &headers);
    if (r == 0 && curl_easy_setopt(transfer->client->curl, CURLOPT_HTTPHEADER, headers) != CURLE_OK)
        r = -ENOMEM;
    if (r < 0)
        return sw_err_set(err, r, "the request cannot be made");
    struct sw_http_verdict verdict = perform(transfer, url, ret_status, err);
    /* The list is freed with this scope. */
    curl_easy_setopt(transfer->client->curl, CURLOPT_HTTPHEADER, NULL);
    *ret_is_worth_more = verdict.is_worth_more;
    if (*ret_status == STATUS_RANGE_WRONG || transfer->failure == -EPROTO) {
        /* What we have is not the beginning of what the server has. */
        if (ftruncate(transfer->fd, 0) < 0)
            return sw_err_wrap(err, -errno, "truncate '%s'", transfer->partial_path);
        unlink(transfer->partial_of);
    }
    return verdict.code;
}

/* An empty file has no content to begin with. */
static int end_empty(struct transfer *transfer, long status)
{
    if (transfer->is_begun || status != STATUS_OK)
        return 0;
    transfer->offset = 0;
    return ftruncate(transfer->fd, 0) < 0 ? -errno : 0;
}

static int finish(struct transfer *transfer, const char *path, long status,
    struct sw_http_result *ret, struct sw_err *err)
{
    int r = 0;
    if (status == STATUS_NOT_MODIFIED) {
        ret->outcome = SW_HTTP_UNCHANGED;
        unlink(transfer->partial_path);
        unlink(transfer->partial_of);
        return 0;
    }
    r = end_empty(transfer, status);
    if (r < 0)
        return sw_err_wrap(err, r, "truncate '%s'", transfer->partial_path);
    r = sw_file_replace(AT_FDCWD, transfer->partial_path, path, err);
    if (r < 0)
        return r;
    unlink(transfer->partial_of);
    ret->outcome = SW_HTTP_FETCHED;
    ret->validators = transfer->validators;
    ret->size_bytes = transfer->offset;
    return 0;
}

int sw_http_client_download(struct sw_http_client *client, const char *url,
    const struct sw_http_validators *known, const char *path, struct sw_http_result *ret,
    struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, (size_t)1 << 20);
    struct transfer transfer = {.client = client, .fd = -1};
    transfer.partial_path = sw_region_printf(&region, "%s.partial", path);
    transfer.partial_of = sw_region_printf(&region, "%s.partial-of", path);
    if (transfer.partial_path == NULL || transfer.partial_of == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    SW_CLEANUP(sw_descriptor_closep)
    int fd = open(transfer.partial_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return sw_err_wrap(err, -errno, "open '%s'", transfer.partial_path);
    transfer.fd = fd;
    struct sw_http_result result = {0};
    long status = 0;
    int r = 0;
    for (;;) {
        bool is_worth_more = false;
        result.n_tries++;
        r = try_once(&transfer, url, known, &status, &is_worth_more, err);
        if (r == 0 || !is_worth_more || result.n_tries >= client->options.n_tries)
            break;
        r = wait_for_retry(&transfer, delay_ms(client, result.n_tries));
        if (r < 0)
            return sw_err_set(err, r, "download given up");
    }
    if (r == 0) {
        if (known != NULL)
            result.validators = *known;
        r = finish(&transfer, path, status, &result, err);
    }
    if (r < 0) {
        struct stat st;
        if (fstat(fd, &st) == 0 && st.st_size == 0)
            unlink(transfer.partial_path);
        return r;
    }
    result.transferred_bytes = transfer.transferred;
    *ret = result;
    return 0;
}

int sw_http_client_probe(
    struct sw_http_client *client, const char *url, struct sw_http_probe *ret, struct sw_err *err)
{
    struct transfer transfer = {.client = client, .fd = -1};
    int r = set_options(&transfer, url);
    if (r == 0 && curl_easy_setopt(client->curl, CURLOPT_NOBODY, 1L) != CURLE_OK)
        r = -ENOMEM;
    if (r < 0)
        return sw_err_set(err, r, "the request cannot be made");
    long status = 0;
    struct sw_http_verdict verdict = perform(&transfer, url, &status, err);
    if (verdict.code < 0)
        return verdict.code;
    curl_off_t size = -1;
    curl_easy_getinfo(client->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    struct sw_http_probe probe = {.validators = transfer.validators};
    probe.is_size_known = size >= 0;
    probe.size_bytes = size >= 0 ? (uint64_t)size : 0;
    *ret = probe;
    return 0;
}
