/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the readers of Debian's tracker and of changelog facts.
 */
#include <stddef.h>
#include <stdint.h>

#include "harness/feed_fuzz.h"
#include "vulndb/build/debian.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    feed_fuzz_run(&sw_debian_tracker_feed, "debian.json", data, size);
    feed_fuzz_run(&sw_debian_entries_feed, "debian-entries.jsonl", data, size);
    return feed_fuzz_run(&sw_debian_changelog_feed, "debian.jsonl", data, size);
}
