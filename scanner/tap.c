/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashing on the way. One per layer at most; every byte of the layer goes through it.
 */
#include "tap.h"

#include <errno.h>

#include "base/mem.h"

struct state {
    struct sw_tap *tap; /* borrowed */
    struct sw_reader *inner;
};

static ssize_t tap_read(void *state, void *p, size_t n, struct sw_err *err)
{
    struct state *s = state;
    ssize_t got = sw_reader_read(s->inner, p, n, err);
    if (got > 0 && sw_digest_update(&s->tap->digest, p, (size_t)got) < 0)
        return -ENOMEM;
    return got;
}

static ssize_t tap_borrow(void *state, const void **ret, struct sw_err *err)
{
    struct state *s = state;
    ssize_t got = sw_reader_borrow(s->inner, ret, err);
    if (got > 0 && sw_digest_update(&s->tap->digest, *ret, (size_t)got) < 0)
        return -ENOMEM;
    return got;
}

static void tap_free(void *state)
{
    struct state *s = state;
    sw_reader_free(s->inner);
    sw_mem_free(s);
}

static const struct sw_reader_ops ops = {.read = tap_read, .free = tap_free, .borrow = tap_borrow};

void sw_tap_done(struct sw_tap *tap)
{
    sw_digest_done(&tap->digest);
}

struct sw_reader *sw_tap_reader(struct sw_tap *tap, struct sw_reader *inner)
{
    struct state *state = sw_mem_zalloc(1, sizeof(*state));
    if (state == NULL || sw_digest_init(&tap->digest, SW_DIGEST_SHA256) < 0) {
        sw_mem_free(state);
        sw_reader_free(inner);
        return NULL;
    }
    *state = (struct state){tap, inner};
    return sw_reader_new(&ops, state);
}

int sw_tap_drain(struct sw_reader *reader, struct sw_err *err)
{
    for (;;) {
        const void *p;
        ssize_t n = sw_reader_borrow(reader, &p, err);
        if (n <= 0)
            return (int)n;
    }
}
