/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections that wait for their next request, the pace of requests, and the pauses between
 * tries. libcurl's connections belong to a handle, handles to one thread at a time: so whole
 * handles are lent.
 */
#include <errno.h>
#include <sys/random.h>

#include "base/mem.h"
#include "http_priv.h"
#include "io/clock.h"

/* Idle ones beyond that are closed. */
#define IDLE_MAX ((size_t)64)
#define DELAY_MAX_MS ((uint64_t)60000)
#define SLICE_MS ((uint64_t)50)

int sw_http_pool_new(const struct sw_http_options *options, unsigned rate_per_s,
    struct sw_http_pool **ret, struct sw_err *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return sw_err_set(err, -EIO, "the HTTP library does not start");
    struct sw_http_pool *pool = sw_mem_zalloc(1, sizeof(*pool));
    if (pool == NULL) {
        curl_global_cleanup();
        return sw_err_set(err, -ENOMEM, "out of memory");
    }
    pool->options = *options;
    pool->rate_per_s = rate_per_s;
    if (pool->options.unix_socket != NULL) {
        pool->options.proxy = "";
        pool->options.is_plain_allowed = true;
    }
    if (pool->options.max_bytes == 0)
        pool->options.max_bytes = SW_HTTP_MAX_BYTES;
    if (pool->options.n_tries == 0)
        pool->options.n_tries = SW_HTTP_TRIES;
    if (pool->options.retry_delay_ms == 0)
        pool->options.retry_delay_ms = SW_HTTP_RETRY_DELAY_MS;
    if (pool->options.low_speed_s == 0)
        pool->options.low_speed_s = SW_HTTP_LOW_SPEED_S;
    sw_mutex_init(&pool->mutex);
    *ret = pool;
    return 0;
}

static void free_lane(struct sw_http_lane *lane)
{
    curl_easy_cleanup(lane->easy);
    curl_multi_cleanup(lane->multi);
    sw_mem_free(lane);
}

void sw_http_pool_free(struct sw_http_pool *pool)
{
    if (pool == NULL)
        return;
    while (pool->idle != NULL) {
        struct sw_http_lane *lane = pool->idle;
        pool->idle = lane->next;
        free_lane(lane);
    }
    sw_mutex_done(&pool->mutex);
    curl_global_cleanup();
    sw_mem_free(pool);
}

uint64_t sw_http_pool_n_requests(const struct sw_http_pool *pool)
{
    return atomic_load(&pool->n_requests);
}

struct sw_http_lane *sw_http_pool_take(struct sw_http_pool *pool)
{
    sw_mutex_lock(&pool->mutex);
    struct sw_http_lane *lane = pool->idle;
    if (lane != NULL) {
        pool->idle = lane->next;
        pool->n_idle--;
    }
    sw_mutex_unlock(&pool->mutex);
    if (lane != NULL)
        return lane;
    lane = sw_mem_zalloc(1, sizeof(*lane));
    if (lane == NULL)
        return NULL;
    lane->easy = curl_easy_init();
    lane->multi = curl_multi_init();
    if (lane->easy != NULL && lane->multi != NULL)
        return lane;
    free_lane(lane);
    return NULL;
}

void sw_http_pool_give(struct sw_http_pool *pool, struct sw_http_lane *lane)
{
    sw_mutex_lock(&pool->mutex);
    bool is_kept = pool->n_idle < IDLE_MAX;
    if (is_kept) {
        lane->next = pool->idle;
        pool->idle = lane;
        pool->n_idle++;
    }
    sw_mutex_unlock(&pool->mutex);
    if (!is_kept)
        free_lane(lane);
}

static int wait_ms(uint64_t ms, const atomic_bool *stop)
{
    while (ms > 0) {
        if (stop != NULL && atomic_load(stop))
            return -ECANCELED;
        uint64_t step = ms < SLICE_MS ? ms : SLICE_MS;
        sw_clock_sleep_ms(step);
        ms -= step;
    }
    return 0;
}

int sw_http_pool_pace(struct sw_http_pool *pool, const atomic_bool *stop)
{
    atomic_fetch_add(&pool->n_requests, 1);
    if (pool->rate_per_s == 0)
        return 0;
    int64_t now_ns = sw_clock_monotonic_ns();
    sw_mutex_lock(&pool->mutex);
    int64_t turn_ns = pool->next_request_ns > now_ns ? pool->next_request_ns : now_ns;
    pool->next_request_ns = turn_ns + 1000000000 / pool->rate_per_s;
    sw_mutex_unlock(&pool->mutex);
    return wait_ms((uint64_t)(turn_ns - now_ns + 999999) / 1000000, stop);
}

/* Half of it is chance, so that those who failed together do not come back together. */
static uint64_t jitter(uint64_t ms)
{
    uint32_t chance = 0;
    if (ms < 2 || getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != sizeof(chance))
        return ms;
    return ms / 2 + chance % (ms - ms / 2 + 1);
}

int sw_http_pool_back_off(
    struct sw_http_pool *pool, unsigned n, uint64_t asked_ms, const atomic_bool *stop)
{
    uint64_t delay = pool->options.retry_delay_ms;
    for (unsigned i = 1; i < n && delay < DELAY_MAX_MS; i++)
        delay *= 2;
    delay = jitter(delay < DELAY_MAX_MS ? delay : DELAY_MAX_MS);
    if (asked_ms > SW_HTTP_RETRY_AFTER_MAX_MS)
        asked_ms = SW_HTTP_RETRY_AFTER_MAX_MS;
    return wait_ms(asked_ms > delay ? asked_ms : delay, stop);
}

struct sw_http_verdict sw_http_judge_curl(CURLcode code)
{
    switch ((int)code) {
    case CURLE_OUT_OF_MEMORY:
        return (struct sw_http_verdict){-ENOMEM, false};
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return (struct sw_http_verdict){-ENETUNREACH, true};
    case CURLE_COULDNT_CONNECT:
        return (struct sw_http_verdict){-ECONNREFUSED, true};
    case CURLE_OPERATION_TIMEDOUT:
        return (struct sw_http_verdict){-ETIMEDOUT, true};
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return (struct sw_http_verdict){-ECONNRESET, true};
    case CURLE_PEER_FAILED_VERIFICATION:
        return (struct sw_http_verdict){-EKEYREJECTED, false};
    case CURLE_SSL_CONNECT_ERROR:
        return (struct sw_http_verdict){-EPROTONOSUPPORT, false};
    case CURLE_TOO_MANY_REDIRECTS:
        return (struct sw_http_verdict){-ELOOP, false};
    default:
        return (struct sw_http_verdict){-EPROTO, false};
    }
}
