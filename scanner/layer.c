/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One layer: decompressed once, walked once as a stream (twice only for hard links to content that
 * passed by), its facts sent, its memory freed.
 */
#include "layer.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/region.h"
#include "facts_out.h"
#include "io/archive.h"
#include "io/decompress.h"
#include "io/ring.h"
#include "progress.h"
#include "tap.h"
#include "walk.h"

/* The chain of readers of one pass; the archive owns them all. */
struct chain {
    struct sw_archive *archive; /* owned */
    struct sw_reader *stored;   /* borrowed from the archive */
    struct sw_reader *plain;    /* the same */
    struct sw_tap stored_tap;
    struct sw_tap plain_tap;
    enum sw_compression compression;
};

struct run {
    const struct sw_layer_job *job;
    struct sw_walk *walk;
    struct sw_facts facts;
    struct sw_message_layer_done done;
    struct sw_progress progress;
    bool is_stream;
};

static void chain_done(struct chain *chain)
{
    sw_archive_close(SW_TAKE(chain->archive));
    sw_tap_done(&chain->stored_tap);
    sw_tap_done(&chain->plain_tap);
}

static int chain_open(
    struct run *run, struct sw_reader *stored, struct chain *chain, struct sw_err *err)
{
    bool is_diff_id_wanted = run->job->is_diff_id_wanted;
    if (run->is_stream && !is_diff_id_wanted)
        stored = sw_tap_reader(&chain->stored_tap, stored);
    if (stored == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    chain->stored = stored;
    struct sw_reader *plain = NULL;
    int r = sw_reader_new_decompress(
        stored, run->job->engine->window_max_bytes, &plain, &chain->compression, err);
    if (r < 0)
        return r;
    /* Without compression the parent's digest of the stored bytes is the diff id. */
    bool is_hashed_by_parent = chain->compression == SW_COMPRESSION_NONE && !run->is_stream;
    if (is_diff_id_wanted && !is_hashed_by_parent)
        plain = sw_tap_reader(&chain->plain_tap, plain);
    if (plain == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    chain->plain = plain;
    return sw_archive_open(plain, SW_ARCHIVE_TAR, &chain->archive, err);
}

static int read_digest(struct sw_tap *tap, struct sw_region *region, struct sw_str *ret)
{
    char text[SW_DIGEST_TEXT_BYTES];
    if (tap->digest.context == NULL)
        return 0;
    int r = sw_digest_final(&tap->digest, text);
    return r < 0 ? r : sw_region_copy(region, sw_str_of(text), ret);
}

/* Whatever lies behind the archive's end is part of the digest. */
static int finish_chain(struct run *run, struct chain *chain, struct sw_err *err)
{
    int r = 0;
    if (chain->plain_tap.digest.context != NULL)
        r = sw_tap_drain(chain->plain, err);
    if (r == 0)
        r = sw_tap_drain(chain->stored, err);
    if (r < 0)
        return r;
    run->done.is_whole = true;
    r = read_digest(&chain->stored_tap, run->facts.region, &run->done.digest);
    return r < 0 ? r : read_digest(&chain->plain_tap, run->facts.region, &run->done.diff_id);
}

/* The first pass. */
static int walk_once(struct run *run, struct sw_reader *stored, struct sw_err *err)
{
    SW_CLEANUP(chain_done) struct chain chain = {0};
    int r = chain_open(run, stored, &chain, err);
    run->done.compression = sw_str_of(sw_compression_name(chain.compression));
    if (r < 0)
        return r;
    r = sw_walk_archive(run->walk, chain.archive, err);
    struct sw_err drain_err = {0};
    int drained = finish_chain(run, &chain, r == 0 ? err : &drain_err);
    if (r < 0)
        run->done.is_whole = false;
    return r < 0 ? r : drained;
}

static int open_stored(
    struct run *run, bool is_again, struct sw_reader **ret, bool *ret_cached, struct sw_err *err)
{
    struct sw_message_open open = run->job->open;
    open.layer = run->job->id;
    open.is_again = is_again;
    open.is_diff_id_wanted = run->job->is_diff_id_wanted;
    struct sw_session_opened opened;
    int r = sw_session_open(run->job->engine->session, &open, &opened, err);
    if (r < 0)
        return r;
    *ret_cached = opened.is_cached;
    if (opened.is_cached)
        return 0;
    *ret = sw_reader_new_ring(opened.fd);
    return *ret != NULL ? 0 : sw_err_set(err, -ENOMEM, "out of memory");
}

/* The second pass, only where it is needed and the bytes can be had again. */
static int walk_again(struct run *run, struct sw_err *err)
{
    if (!sw_walk_needs_links(run->walk) || run->is_stream)
        return 0;
    struct sw_reader *stored = NULL;
    bool is_cached = false;
    int r = open_stored(run, true, &stored, &is_cached, err);
    if (r < 0)
        return r;
    SW_CLEANUP(chain_done) struct chain chain = {0};
    struct sw_layer_job job = *run->job;
    job.is_diff_id_wanted = false;
    struct run again = {.job = &job, .facts = run->facts};
    r = chain_open(&again, stored, &chain, err);
    return r < 0 ? r : sw_walk_links(run->walk, chain.archive, err);
}

static int send_done(struct run *run, int code, const struct sw_err *failure, struct sw_err *err)
{
    run->done.code = code;
    if (code < 0)
        run->done.message =
            sw_str_of(failure->message[0] != '\0' ? failure->message : strerror(-code));
    run->done.n_files = run->facts.n_files;
    run->done.n_bytes = run->facts.n_bytes;
    struct sw_message message = {.type = SW_MESSAGE_LAYER_DONE, .layer_done = run->done};
    return sw_session_send(run->job->engine->session, &message, run->job->id, err);
}

/* Both passes, then everything found goes to the parent, also when the layer broke off. */
static int run_passes(struct run *run, struct sw_reader *stored, struct sw_err *err)
{
    struct sw_err failure = {0};
    int r = walk_once(run, stored, &failure);
    if (r == 0)
        r = walk_again(run, &failure);
    int finished = sw_walk_finish(run->walk);
    if (r == 0 && finished < 0)
        r = sw_err_set(&failure, finished, "out of memory");
    if (r < 0)
        run->done.is_whole = false;
    int sent = sw_facts_out_send(run->job->engine->session, run->job->id, &run->facts, err);
    return sent < 0 ? sent : send_done(run, r, &failure, err);
}

static int run_layer(
    const struct sw_layer_job *job, struct sw_reader *stored, bool is_stream, struct sw_err *err)
{
    const struct sw_engine *engine = job->engine;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    /* Analyzers may go somewhat beyond before the walk stops offering. */
    sw_region_init(&region, 2 * engine->facts_max_bytes);
    struct run run = {
        .job = job,
        .progress = {.session = engine->session, .layer = job->id},
        .is_stream = is_stream,
    };
    sw_facts_init(&run.facts, &region);
    struct sw_walk_options options = {
        .wants = engine->wants,
        .contents = engine->contents,
        .is_showing_secrets = engine->scan->is_showing_secrets,
        .budget = engine->budget,
        .facts_max_bytes = engine->facts_max_bytes,
        .tick = sw_progress_tick,
        .context = &run.progress,
    };
    run.walk = sw_walk_new(&options, &run.facts);
    int r = 0;
    if (run.walk == NULL) {
        sw_reader_free(stored);
        r = sw_err_set(err, -ENOMEM, "out of memory");
    } else {
        r = run_passes(&run, stored, err);
    }
    sw_walk_free(run.walk);
    sw_facts_done(&run.facts);
    return r;
}

int sw_layer_run_stream(
    const struct sw_layer_job *job, struct sw_reader *reader, struct sw_err *err)
{
    return run_layer(job, reader, true, err);
}

int sw_layer_run_worker(struct sw_engine *engine, struct sw_err *err)
{
    struct sw_layer_job job = {
        .engine = engine,
        .open = {.kind = SW_OPEN_WHOLE},
        .is_diff_id_wanted = engine->scan->is_diff_id_wanted,
    };
    return sw_layer_run(&job, err);
}

int sw_layer_run(const struct sw_layer_job *job, struct sw_err *err)
{
    struct run run = {.job = job};
    struct sw_reader *stored = NULL;
    bool is_cached = false;
    struct sw_err failure = {0};
    int r = job->absent.n > 0 ? sw_err_set(&failure, -ENOENT, "%.*s", SW_STR_ARG(job->absent))
                              : open_stored(&run, false, &stored, &is_cached, &failure);
    if (r < 0)
        return send_done(&run, r, &failure, err);
    return is_cached ? 0 : run_layer(job, stored, false, err);
}
