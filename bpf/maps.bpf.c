/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps, and the heartbeat. User space runs on_canary once a second: a record that does not come
 * out of a ring says that the ring, or its reader, stands.
 */
#include "lib/maps.bpf.h"
#include "lib/record.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct sw_abi_config config = {.n_rings = 1};

struct ring_map priority SEC(".maps");
struct rings_map rings SEC(".maps");
struct sequences_map sequences SEC(".maps");
struct counters_map counters SEC(".maps");
struct settings_map settings SEC(".maps");
struct scratches_map scratches SEC(".maps");
struct cgroups_map cgroups SEC(".maps");
struct paths_map paths SEC(".maps");
struct ports_map ports SEC(".maps");
struct networks_map networks SEC(".maps");

/* Argument 0 is the ring, 1 the number of the heartbeat. */
SEC("raw_tp")
int on_canary(struct bpf_raw_tracepoint_args *context)
{
    __u64 ring = context->args[0];
    __u64 number = context->args[1];
    struct scratch *scratch = record_begin(SW_ABI_CANARY, current_task());
    if (scratch == NULL)
        return 0;
    struct sw_abi_canary *canary = (void *)record_payload(scratch, sizeof(*canary));
    canary->number = number;
    record_submit_to(scratch, (__u32)ring);
    return 0;
}
