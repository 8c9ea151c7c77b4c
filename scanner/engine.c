/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the child's parts share, and the choice of the way in.
 */
#include "engine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "analyzer.h"
#include "image_source.h"
#include "io/thread.h"
#include "layer.h"

#define THREADS_MAX 64
/* Less cannot hold a decompressor's window and a package database. */
#define MEMORY_MIN ((uint64_t)64 << 20)
#define MEMORY_MAX ((uint64_t)1 << 40)
/* The limit of the kernel counts stacks and the program's own data too. */
#define OVERHEAD ((uint64_t)64 << 20)
#define THREAD_OVERHEAD ((uint64_t)16 << 20)
/* A window beyond this is an attack, or zstd --ultra --long=31. */
#define WINDOW_MAX ((size_t)128 << 20)

static uint64_t clamp(uint64_t n, uint64_t low, uint64_t high)
{
    n = n < low ? low : n;
    return n > high ? high : n;
}

static uint64_t memory_of(const struct sw_message_scan *scan)
{
    return clamp(scan->memory_limit_bytes, MEMORY_MIN, MEMORY_MAX);
}

static unsigned threads_of(const struct sw_message_scan *scan)
{
    uint64_t n = scan->n_threads > 0 ? scan->n_threads : sw_thread_n_processors();
    /* A directory is walked by one, a layer too. */
    bool is_single = scan->mode == SW_SCAN_DIRECTORY || scan->mode == SW_SCAN_LAYER;
    return is_single ? 1 : (unsigned)clamp(n, 1, THREADS_MAX);
}

uint64_t sw_engine_process_bytes(const struct sw_message_scan *scan)
{
    return memory_of(scan) + OVERHEAD + THREAD_OVERHEAD * threads_of(scan);
}

int sw_engine_init(struct sw_engine *engine, struct sw_session *session,
    const struct sw_message_scan *scan, const struct sw_contents *contents,
    struct sw_region *region)
{
    size_t memory = (size_t)memory_of(scan);
    *engine = (struct sw_engine){
        .session = session,
        .scan = scan,
        .contents = contents,
        .source_fd = -1,
        .n_threads = threads_of(scan),
        .region = region,
    };
    /* Half for whole files; facts of all threads a quarter; the rest for windows and code. */
    engine->facts_max_bytes = memory / 4 / engine->n_threads;
    engine->window_max_bytes = memory / 2 < WINDOW_MAX ? memory / 2 : WINDOW_MAX;
    engine->budget = sw_budget_new(memory / 2, engine->n_threads);
    int r = sw_wants_new(sw_analyzers, scan->aspects, &engine->wants);
    return engine->budget == NULL ? -ENOMEM : r;
}

void sw_engine_done(struct sw_engine *engine)
{
    sw_wants_free(engine->wants);
    sw_budget_free(engine->budget);
    engine->wants = NULL;
    engine->budget = NULL;
}

int sw_engine_run(struct sw_engine *engine, struct sw_err *err)
{
    switch (engine->scan->mode) {
    case SW_SCAN_ARCHIVE:
        return sw_image_archive_run(engine, err);
    case SW_SCAN_STREAM:
        return sw_image_stream_run(engine, err);
    case SW_SCAN_BLOBS:
        return sw_image_layout_run(engine, err);
    case SW_SCAN_DIRECTORY:
        return sw_rootfs_run(engine, err);
    case SW_SCAN_LAYER:
        return sw_layer_run_worker(engine, err);
    case _SW_SCAN_MODE_MAX:
        break;
    }
    return sw_err_set(err, -EINVAL, "an unknown way to scan");
}

int sw_engine_note(struct sw_engine *engine, enum sw_note_kind kind, struct sw_str subject,
    const char *format, ...)
{
    char text[SW_ERR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    struct sw_message message = {
        .type = SW_MESSAGE_NOTE,
        .note = {.kind = kind, .subject = subject, .message = sw_str_of(text)},
    };
    return sw_session_send(engine->session, &message, 0, NULL);
}
