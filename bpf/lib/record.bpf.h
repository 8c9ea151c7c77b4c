/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records: counted, put together in a scratch of this processor, sent to a ring.
 *
 *     struct scratch *scratch = record_begin(SW_ABI_EXEC, task);     head and process are filled in
 *     struct sw_abi_exec *exec = record_payload(scratch, sizeof(*exec));
 *     text_append_kernel(scratch, &exec->filename, pointer, length);
 *     record_submit(scratch);                                        or record_drop
 *
 * record_begin counts the event as seen (or skipped, when filters do not want it), and submit as
 * reserved or refused, so that seen = reserved + refused at any time nobody is in between.
 */
#pragma once

#include "filter.bpf.h"
#include "maps.bpf.h"
#include "process.bpf.h"

/* Tells the compiler that it does not know the value, so that it keeps a check where it stands. */
#define HIDE(value) asm volatile("" : "+r"(value))

static __always_inline struct sw_abi_counter *counter_of(__u32 kind)
{
    return bpf_map_lookup_elem(&counters, &kind);
}

/* Some programs can be interrupted by others on the same processor (LSM hooks under preemption),
 * so a scratch is claimed, not taken. */
static __always_inline struct scratch *scratch_claim(void)
{
    for (__u32 i = 0; i < SCRATCH_SLOTS; i++) {
        __u32 slot = i;
        struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
        if (scratch == NULL)
            return NULL;
#ifdef SEAWALL_NO_FETCH
        if (scratch->is_busy == 0) {
            scratch->is_busy = 1;
            return scratch;
        }
#else
        if (__sync_val_compare_and_swap(&scratch->is_busy, 0, 1) == 0)
            return scratch;
#endif
    }
    return NULL;
}

static __always_inline void record_drop(struct scratch *scratch)
{
    scratch->is_busy = 0;
}

/* Counts, claims, fills the head in. NULL: not wanted, or no scratch. `task` is the one that acts.
 */
static __always_inline struct scratch *record_begin(__u32 kind, struct task_struct *task)
{
    struct sw_abi_counter *counter = counter_of(kind);
    if (counter == NULL)
        return NULL;
    if (!is_wanted(kind, task)) {
        __sync_fetch_and_add(&counter->skipped, 1);
        return NULL;
    }
    __sync_fetch_and_add(&counter->seen, 1);
    struct scratch *scratch = scratch_claim();
    if (scratch == NULL) {
        __sync_fetch_and_add(&counter->refused, 1);
        return NULL;
    }
    struct sw_abi_record *record = &scratch->record;
    record->kind = (__u16)kind;
    record->version = SW_ABI_VERSION;
    record->ring = 0;
    record->boot_ns = bpf_ktime_get_boot_ns();
    record->result = 0;
    record->call = SW_ABI_CALL_NONE;
    record->tier = 'C';
    record->flags = 0;
    process_fill(record, task);
    scratch->used = sizeof(*record);
    return scratch;
}

/* For what turns out to be unwanted only while it is put together. */
static __always_inline void record_skip(struct scratch *scratch)
{
    struct sw_abi_counter *counter = counter_of(scratch->record.kind);
    record_drop(scratch);
    if (counter == NULL)
        return;
    __sync_fetch_and_add(&counter->seen, -1);
    __sync_fetch_and_add(&counter->skipped, 1);
}

/* Zeroed room for the struct of the kind, right behind the head; to be asked for once. */
static __always_inline void *record_payload(struct scratch *scratch, __u32 n)
{
    __builtin_memset(scratch->bytes + sizeof(struct sw_abi_record), 0, n);
    scratch->used = (__u32)sizeof(struct sw_abi_record) + n;
    return scratch->bytes + sizeof(struct sw_abi_record);
}

#define APPEND_MAX (SW_ABI_RECORD_MAX - (SW_ABI_TEXT_MAX + 1))

enum text_source { TEXT_KERNEL, TEXT_USER };

/* Bound: `at` is at most APPEND_MAX and n at most SW_ABI_TEXT_MAX, so all ends within the bytes. */
static __always_inline void text_append(struct scratch *scratch, struct sw_abi_text *text,
    const void *from, __u64 n, enum text_source source)
{
    __u64 at = scratch->used;
    if (n > SW_ABI_TEXT_MAX) {
        n = SW_ABI_TEXT_MAX;
        scratch->record.flags |= SW_ABI_IS_CUT;
    }
    HIDE(at);
    if (at > APPEND_MAX) {
        scratch->record.flags |= SW_ABI_IS_CUT;
        return;
    }
    asm volatile("%0 &= 4095" : "+r"(n));
    long r = source == TEXT_USER ? bpf_probe_read_user(scratch->bytes + at, (__u32)n, from)
                                 : bpf_probe_read_kernel(scratch->bytes + at, (__u32)n, from);
    if (r < 0)
        return;
    text->offset = (__u16)at;
    text->length = (__u16)n;
    scratch->used = (__u32)(at + n);
}

/* The same for a NUL-terminated one, whose length is not known. */
static __always_inline void text_append_z(
    struct scratch *scratch, struct sw_abi_text *text, const void *from, enum text_source source)
{
    __u64 at = scratch->used;
    HIDE(at);
    if (at > APPEND_MAX) {
        scratch->record.flags |= SW_ABI_IS_CUT;
        return;
    }
    long n = source == TEXT_USER
                 ? bpf_probe_read_user_str(scratch->bytes + at, SW_ABI_TEXT_MAX, from)
                 : bpf_probe_read_kernel_str(scratch->bytes + at, SW_ABI_TEXT_MAX, from);
    if (n <= 1)
        return;
    text->offset = (__u16)at;
    text->length = (__u16)(n - 1);
    scratch->used = (__u32)(at + (__u64)n);
}

/* Wakes nobody: the reader looks some twenty times a second, and an interrupt for each record costs
 * ten times what the record does. */
static __always_inline void record_submit_to(struct scratch *scratch, __u32 ring)
{
    struct sw_abi_record *record = &scratch->record;
    struct sw_abi_counter *counter = counter_of(record->kind);
    struct sequence *sequence = bpf_map_lookup_elem(&sequences, &ring);
    __u64 size = (scratch->used + 7) & ~7ULL;
    long r = -1;
    if (sequence != NULL) {
#ifdef SEAWALL_NO_FETCH
        record->sequence = 0;
        record->flags |= SW_ABI_HAS_NO_SEQUENCE;
#else
        record->sequence = __sync_fetch_and_add(&sequence->last, 1) + 1;
#endif
        record->ring = (__u8)ring;
        record->size = (__u32)size;
        HIDE(size);
        if (size <= SW_ABI_RECORD_MAX) {
            if (ring == 0) {
                r = bpf_ringbuf_output(&priority, record, size, BPF_RB_NO_WAKEUP);
            } else {
                __u32 slot = ring - 1;
                void *map = bpf_map_lookup_elem(&rings, &slot);
                if (map != NULL)
                    r = bpf_ringbuf_output(map, record, size, BPF_RB_NO_WAKEUP);
            }
        }
    }
    record_drop(scratch);
    if (counter != NULL) {
        if (r == 0)
            __sync_fetch_and_add(&counter->reserved, 1);
        else
            __sync_fetch_and_add(&counter->refused, 1);
    }
}

/* To the priority ring. */
static __always_inline void record_submit_priority(struct scratch *scratch)
{
    record_submit_to(scratch, 0);
}

/* To the ring of its process. */
static __always_inline void record_submit(struct scratch *scratch)
{
    __u32 hash = scratch->record.process.pid * 2654435761u;
    __u32 n_rings = config.n_rings;
    if (n_rings == 0 || n_rings > SW_ABI_RINGS_MAX)
        n_rings = 1;
    record_submit_to(scratch, 1 + (hash >> 16) % n_rings);
}
