/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A short list under a lock: as many entries as there are transfers.
 */
#include "scan/flight.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "io/clock.h"
#include "io/digest.h"
#include "io/thread.h"

#define ENTRIES_MAX ((size_t)4096)
#define WAIT_NS ((int64_t)100 * 1000 * 1000)

struct entry {
    char digest[SW_DIGEST_TEXT_BYTES];
};

struct sw_flight {
    struct sw_mutex mutex;
    struct sw_condition ended;
    SW_VEC(struct entry) entries;
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

void sw_flight_end(struct sw_flight *flight, struct sw_str digest)
{
    SW_MUTEX_HOLD(hold, &flight->mutex);
    struct entry *entry = find(flight, digest);
    if (entry == NULL)
        return;
    *entry = flight->entries.v[--flight->entries.n];
    sw_condition_broadcast(&flight->ended);
}
