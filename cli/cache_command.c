/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall cache`: how much is kept of layers that were scanned, and making it less.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/region.h"
#include "command.h"
#include "place.h"
#include "rules/gate.h"
#include "scan/cache.h"

struct cache_values {
    const char *directory;
    uint64_t max_bytes;
};

#define DIRECTORY_ROW                                                                              \
    {                                                                                              \
        "cache-dir", 0, SW_OPTION_STRING, offsetof(struct cache_values, directory), "DIR",         \
            "the cache (default: where scan keeps it)", "SEAWALL_CACHE_DIR"                        \
    }

static const struct sw_option cache_options[] = {DIRECTORY_ROW, {0}};

static const struct sw_option prune_options[] = {
    DIRECTORY_ROW,
    {"max", 0, SW_OPTION_SIZE, offsetof(struct cache_values, max_bytes), "SIZE",
        "what may stay, the most recently used first (default 1G)", "SEAWALL_CACHE_MAX"},
    {0},
};

static int run_cache(const struct sw_command *command, int argc, char **argv,
    int (*act)(const struct cache_values *values, struct sw_err *err))
{
    struct cache_values values = {.max_bytes = (uint64_t)1 << 30};
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &values, NULL, 0, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 65536);
    if (values.directory == NULL)
        values.directory = sw_place_cache(&region);
    if (values.directory == NULL)
        return sw_command_fail(SW_EXIT_USAGE, "name the cache: --cache-dir DIR");
    struct sw_err err = {0};
    r = act(&values, &err);
    return r < 0 ? sw_command_fail(SW_EXIT_FAILED, err.message) : SW_EXIT_DONE;
}

static int show(const struct cache_values *values, struct sw_err *err)
{
    struct sw_cache_info info = {0};
    int r = sw_cache_info(values->directory, &info, err);
    if (r == 0)
        printf("%s: facts of %" PRIu64 " layers, %" PRIu64 " known digests, %" PRIu64
               " inventories, %.1f MB\n",
            values->directory, info.n_layers, info.n_records, info.n_inventories,
            (double)info.n_bytes / 1e6);
    return r;
}

static int clear(const struct cache_values *values, struct sw_err *err)
{
    return sw_cache_clear(values->directory, err);
}

static int prune(const struct cache_values *values, struct sw_err *err)
{
    return sw_cache_prune(values->directory, values->max_bytes, err);
}

static int run_info(const struct sw_command *command, int argc, char **argv)
{
    return run_cache(command, argc, argv, show);
}

static int run_clear(const struct sw_command *command, int argc, char **argv)
{
    return run_cache(command, argc, argv, clear);
}

static int run_prune(const struct sw_command *command, int argc, char **argv)
{
    return run_cache(command, argc, argv, prune);
}

const struct sw_command sw_cache_info_command = {
    .name = "cache info",
    .usage = "cache info",
    .summary = "Show how much is kept of scanned layers",
    .help =
        "Facts are kept by the digest of a layer, so that a layer is read once; inventories of\n"
        "what was scanned are kept for seawall rescan.\n",
    .options = cache_options,
    .run = run_info,
};

const struct sw_command sw_cache_clear_command = {
    .name = "cache clear",
    .usage = "cache clear",
    .summary = "Forget all scanned layers and inventories",
    .help = "The next scans read their layers again, and seawall rescan has nothing to judge.\n",
    .options = cache_options,
    .run = run_clear,
};

const struct sw_command sw_cache_prune_command = {
    .name = "cache prune",
    .usage = "cache prune [--max SIZE]",
    .summary = "Forget the layers that were not used for longest",
    .help = "Scans do this by themselves beyond --cache-max.\n",
    .options = prune_options,
    .run = run_prune,
};
