/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every map of the kernel side, as maps.bpf.c defines it. User space sets sizes before load.
 */
#pragma once

#include "../vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "abi/event.h"

/* Half of what a path may have is kept free behind what is masked, for one more component. */
#define PATH_BYTES 4096
#define NAME_BYTES 256

/* Where a record is put together. One is claimed per event, see record.bpf.h. */
struct scratch {
    __u64 is_busy;
    __u32 used; /* bytes of the record so far */
    __u32 path_at;
    union {
        struct sw_abi_record record;
        __u8 bytes[SW_ABI_RECORD_MAX];
    };
    char path[PATH_BYTES + NAME_BYTES];
};
#define SCRATCH_SLOTS 4

struct sequence {
    __u64 last;
    __u64 reserved[7]; /* a line of cache each */
};

extern const volatile struct sw_abi_config config;

struct ring_map {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 256 * 1024);
};
extern struct ring_map priority SEC(".maps");

struct rings_map {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, SW_ABI_RINGS_MAX);
    __type(key, __u32);
    __array(values, struct ring_map);
};
extern struct rings_map rings SEC(".maps");

struct sequences_map {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, SW_ABI_RINGS_MAX + 1);
    __type(key, __u32);
    __type(value, struct sequence);
};
extern struct sequences_map sequences SEC(".maps");

struct counters_map {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, SW_ABI_KIND_MAX);
    __type(key, __u32);
    __type(value, struct sw_abi_counter);
};
extern struct counters_map counters SEC(".maps");

struct settings_map {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct sw_abi_settings);
};
extern struct settings_map settings SEC(".maps");

struct scratches_map {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, SCRATCH_SLOTS);
    __type(key, __u32);
    __type(value, struct scratch);
};
extern struct scratches_map scratches SEC(".maps");

/* cgroup id (v2, else v1) -> kinds wanted of it */
struct cgroups_map {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 16384);
    __type(key, __u64);
    __type(value, __u64);
};
extern struct cgroups_map cgroups SEC(".maps");

struct paths_map {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 4096);
    __type(key, struct sw_abi_prefix);
    __type(value, __u64);
};
extern struct paths_map paths SEC(".maps");

struct ports_map {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 4096);
    __type(key, __u32);
    __type(value, __u64);
};
extern struct ports_map ports SEC(".maps");

struct networks_map {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 4096);
    __type(key, struct sw_abi_network_prefix);
    __type(value, __u64);
};
extern struct networks_map networks SEC(".maps");
