/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of feeds: every file in a fixed order, decompressed, archives opened, each offered as
 * one stream.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "io/reader.h"
#include "vulndb/build/feed.h"

struct sw_sources_visitor {
    void *context;
    /* One file or archive member with its first bytes; reads as much of `in` as it likes. A
     * negative return ends the walk. */
    int (*file)(
        void *context, const struct sw_feed_file *file, struct sw_reader *in, struct sw_err *err);
    /* The file could not be opened, or ended in damage before it could be offered whole. */
    void (*broken)(void *context, struct sw_str path, const char *reason);
    /* One file of the folder is done. */
    void (*done)(void *context, uint64_t n_bytes);
};

int sw_sources_walk(
    const char *folder, const struct sw_sources_visitor *visitor, struct sw_err *err);
