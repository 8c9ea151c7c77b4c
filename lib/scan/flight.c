/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A short list under a lock: as many entries as there are transfers.
 */
#include "scan/flight.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "io/clock.h"
#include "io/digest.h"
#include "io/thread.h"

#define ENTRIES_MAX ((size_t)4096)
#define WAIT_NS ((int64_t)100 * 1000 * 1000)

/* Layers that a whole run cannot have; beyond that they are tried again. */
#define FAILURES_MAX ((size_t)1024)

struct entry {
    char digest[SW_DIGEST_TEXT_BYTES];
};

struct failure {
    char digest[SW_DIGEST_TEXT_BYTES];
    char message[320];
};

struct sw_flight {
    struct sw_mutex mutex;
    struct sw_condition ended;
    SW_VEC(struct entry) entries;
    SW_VEC(struct failure) failures;
};

int sw_flight_new(struct sw_flight **ret)
{
    struct sw_flight *flight = sw_mem_zalloc(1, sizeof(*flight));
    if (flight == NULL)
        return -ENOMEM;
    sw_mutex_init(&flight->mutex);
    sw_condition_init(&flight->ended);
    *ret = flight;
    return 0;
}

void sw_flight_free(struct sw_flight *flight)
{
    if (flight == NULL)
        return;
    sw_vec_done(&flight->entries);
    sw_vec_done(&flight->failures);
    sw_condition_done(&flight->ended);
    sw_mutex_done(&flight->mutex);
    sw_mem_free(flight);
}

void sw_flight_freep(struct sw_flight **flight)
{
    sw_flight_free(*flight);
    *flight = NULL;
}

static struct entry *find(struct sw_flight *flight, struct sw_str digest)
{
    SW_VEC_EACH (entry, &flight->entries)
        if (sw_str_equal_z(digest, entry->digest))
            return entry;
    return NULL;
}

/* Under the lock. Without memory for the entry it may be fetched twice, no more. */
static bool take(struct sw_flight *flight, struct sw_str digest)
{
    struct entry entry = {{0}};
    if (digest.n >= sizeof(entry.digest))
        return true;
    if (find(flight, digest) != NULL)
        return false;
    memcpy(entry.digest, digest.p, digest.n);
    (void)sw_vec_push(&flight->entries, entry, ENTRIES_MAX);
    return true;
}

bool sw_flight_try(struct sw_flight *flight, struct sw_str digest)
{
    SW_MUTEX_HOLD(hold, &flight->mutex);
    return take(flight, digest);
}

int sw_flight_wait(struct sw_flight *flight, struct sw_str digest, const atomic_bool *stop)
{
    SW_MUTEX_HOLD(hold, &flight->mutex);
    while (!take(flight, digest)) {
        if (atomic_load(stop))
            return -ECANCELED;
        sw_condition_wait_until(&flight->ended, &flight->mutex, sw_clock_monotonic_ns() + WAIT_NS);
    }
    return 0;
}

static const struct failure *find_failure(const struct sw_flight *flight, struct sw_str digest)
{
    SW_VEC_EACH (failure, &flight->failures)
        if (sw_str_equal_z(digest, failure->digest))
            return failure;
    return NULL;
}

void sw_flight_end(struct sw_flight *flight, struct sw_str digest, const char *failure)
{
    SW_MUTEX_HOLD(hold, &flight->mutex);
    struct entry *entry = find(flight, digest);
    if (entry == NULL)
        return;
    if (failure != NULL && find_failure(flight, digest) == NULL) {
        struct failure kept = {{0}};
        snprintf(kept.digest, sizeof(kept.digest), "%.*s", SW_STR_ARG(digest));
        snprintf(kept.message, sizeof(kept.message), "%s", failure);
        (void)sw_vec_push(&flight->failures, kept, FAILURES_MAX);
    }
    *entry = flight->entries.v[--flight->entries.n];
    sw_condition_broadcast(&flight->ended);
}

int sw_flight_check(struct sw_flight *flight, struct sw_str digest, struct sw_err *err)
{
    SW_MUTEX_HOLD(hold, &flight->mutex);
    const struct failure *failure = find_failure(flight, digest);
    return failure == NULL ? 0 : sw_err_set(err, -EIO, "%s", failure->message);
}
