/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs as readers. A body that breaks off goes on from there: at the same endpoint a few times,
 * then at the next one, for a blob is the same bytes wherever it is. The reader's bytes have been
 * handed on, so nothing is ever begun anew; a server that knows no ranges has its beginning passed
 * over.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "registry_priv.h"

/* Tries without so much progress between them. */
#define TRIES_MAX 4U
#define PROGRESS_BYTES ((uint64_t)1 << 20)
/* A server that sends a little and breaks off, again and again. */
#define RESUMES_MAX 1000U

enum status { STATUS_OK = 200, STATUS_PARTIAL = 206 };

struct blob {
    struct sw_registry *registry; /* borrowed */
    char *repository;             /* owned, like the next */
    char *digest;
    uint64_t max_bytes;
    const atomic_bool *stop;
    size_t endpoint; /* which is asked */
    struct sw_http_exchange *exchange;
    uint64_t offset;      /* handed out */
    uint64_t good_offset; /* at the last failure that counted */
    unsigned n_tries;
    unsigned n_resumes;
};

static void blob_free(void *state)
{
    struct blob *blob = state;
    sw_http_exchange_free(blob->exchange);
    sw_mem_free(blob->repository);
    sw_mem_free(blob->digest);
    sw_mem_free(blob);
}

/* "bytes 100-199/200" */
static bool is_range_from(const struct sw_http_exchange *exchange, uint64_t offset)
{
    struct sw_str value = sw_http_exchange_header(exchange, "content-range", 0);
    struct sw_str prefix = SW_STR("bytes ");
    uint64_t start;
    if (!sw_str_starts_with(value, prefix))
        return false;
    value = sw_str_skip(value, prefix.n);
    ptrdiff_t dash = sw_str_find_char(value, '-');
    return dash > 0 && sw_str_parse_u64(sw_str_part(value, 0, (size_t)dash), 10, &start) == 0 &&
           start == offset;
}

/* Passes over what was handed out already. */
static int pass_over(struct blob *blob, uint64_t n, struct sw_err *err)
{
    char block[16384];
    while (n > 0) {
        size_t want = n < sizeof(block) ? (size_t)n : sizeof(block);
        ssize_t got = sw_http_exchange_read(blob->exchange, block, want, err);
        if (got == 0)
            return sw_err_set(err, -EPROTO, "it is shorter than it was");
        if (got < 0)
            return (int)got;
        n -= (uint64_t)got;
    }
    return 0;
}

/* Sends the request for what is left, and stands where the reader does. */
static int begin(struct blob *blob, struct sw_err *err)
{
    struct sw_registry_endpoint *endpoint = &blob->registry->endpoints[blob->endpoint];
    SW_CLEANUP(sw_buf_done) struct sw_buf path = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf scope = {0};
    sw_buf_init(&path, SW_REGISTRY_PATH_MAX);
    sw_buf_init(&scope, SW_REGISTRY_PATH_MAX);
    int r = sw_registry_path(endpoint, &path, blob->repository, "blobs", blob->digest);
    if (r == 0)
        r = sw_registry_scope(endpoint, &scope, blob->repository);
    if (r < 0)
        return sw_err_set(err, r, "the name is too long");
    struct sw_registry_call call = {
        .path = path.p,
        .scope = scope.p,
        .range_start = blob->offset,
        .max_bytes = blob->max_bytes,
        .stop = blob->stop,
    };
    r = sw_registry_send(endpoint, &call, &blob->exchange, err);
    if (r < 0 || blob->offset == 0)
        return r;
    if (sw_http_exchange_status(blob->exchange) == STATUS_OK)
        return pass_over(blob, blob->offset, err);
    return is_range_from(blob->exchange, blob->offset)
               ? 0
               : sw_err_set(err, -EPROTO, "it answers with another part than was asked for");
}

/* After a failure: the same endpoint again, the next one, or the end. Requests that were not even
 * answered have been tried again already. */
static int give_way(struct blob *blob, int code, bool is_in_body)
{
    bool is_broken = is_in_body && (code == -ECONNRESET || code == -ETIMEDOUT);
    sw_http_exchange_freep(&blob->exchange);
    if (code == -ECANCELED || code == -EFBIG || code == -ENOMEM || ++blob->n_resumes > RESUMES_MAX)
        return code;
    if (blob->offset - blob->good_offset >= PROGRESS_BYTES)
        blob->n_tries = 0;
    blob->good_offset = blob->offset;
    if (is_broken && ++blob->n_tries < TRIES_MAX) {
        struct sw_http_pool *pool = blob->registry->endpoints[blob->endpoint].pool;
        return sw_http_pool_back_off(pool, blob->n_tries, 0, blob->stop);
    }
    if (blob->endpoint + 1 == blob->registry->n_endpoints)
        return code;
    blob->endpoint++;
    blob->n_tries = 0;
    return 0;
}

static ssize_t blob_read(void *state, void *p, size_t n, struct sw_err *err)
{
    struct blob *blob = state;
    for (;;) {
        ssize_t got = 0;
        int r = blob->exchange == NULL ? begin(blob, err) : 0;
        if (r == 0)
            got = sw_http_exchange_read(blob->exchange, p, n, err);
        if (r == 0 && got >= 0) {
            if ((uint64_t)got > blob->max_bytes - blob->offset)
                return sw_err_set(err, -EFBIG, "'%s' sends more than the %llu bytes it should have",
                    blob->registry->host, (unsigned long long)blob->max_bytes);
            blob->offset += (uint64_t)got;
            return got;
        }
        r = give_way(blob, r < 0 ? r : (int)got, r == 0);
        if (r < 0)
            return sw_err_wrap(err, r, "'%s/%s', blob", blob->registry->host, blob->repository);
    }
}

static const struct sw_reader_ops blob_ops = {.read = blob_read, .free = blob_free};

int sw_registry_blob(struct sw_registry *registry, const struct sw_registry_item *item,
    struct sw_reader **ret, struct sw_err *err)
{
    struct blob *blob = sw_mem_zalloc(1, sizeof(*blob));
    if (blob == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    blob->registry = registry;
    blob->repository = sw_mem_strndup(item->repository, strlen(item->repository));
    blob->digest = sw_mem_strndup(item->reference, strlen(item->reference));
    blob->max_bytes = item->max_bytes > 0 ? item->max_bytes : SW_REGISTRY_BLOB_BYTES_MAX;
    blob->stop = item->stop;
    if (blob->repository == NULL || blob->digest == NULL) {
        blob_free(blob);
        return sw_err_set(err, -ENOMEM, "out of memory");
    }
    struct sw_reader *reader = sw_reader_new(&blob_ops, blob);
    if (reader == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    *ret = reader;
    return 0;
}
