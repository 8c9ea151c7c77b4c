/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file on its way: bytes are gathered in the window, scanned when it is full, and the last of
 * them kept for what is still to come.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "secret/secret_priv.h"

/* A NUL in this much of the beginning: no text, so it has no lines. */
#define SNIFF_BYTES ((size_t)8192)
/* Of the secrets of one file, and of the texts around them. */
#define REGION_MAX ((size_t)16 * 1024 * 1024)

void secret_cut(struct sw_secret_stream *stream, const char *format, ...)
{
    if (stream->is_cut)
        return;
    stream->is_cut = true;
    va_list args;
    va_start(args, format);
    vsnprintf(stream->cut_reason, sizeof(stream->cut_reason), format, args);
    va_end(args);
}

static struct sw_secret_stream *stream_new(struct sw_secret_scanner *scanner)
{
    struct sw_secret_stream *stream = sw_mem_zalloc(1, sizeof(*stream));
    if (stream == NULL)
        return NULL;
    stream->scanner = scanner;
    sw_region_init(&stream->region, REGION_MAX);
    stream->window = sw_mem_alloc(SECRET_WINDOW);
    stream->rules =
        sw_mem_zalloc((size_t)scanner->image.header->n_rules + 1, sizeof(*stream->rules));
    if (stream->window != NULL && stream->rules != NULL &&
        (scanner->image.database == NULL ||
            hs_open_stream(scanner->image.database, 0, &stream->automaton) == HS_SUCCESS))
        return stream;
    sw_mem_free(stream->window);
    sw_mem_free(stream->rules);
    sw_mem_free(stream);
    return NULL;
}

int secret_open(struct sw_secret_scanner *scanner, struct sw_str path, unsigned depth,
    const char *encoding, struct sw_secret_stream **ret, struct sw_err *err)
{
    struct sw_secret_stream *stream = scanner->free;
    if (stream != NULL)
        scanner->free = stream->next;
    else
        stream = stream_new(scanner);
    if (stream == NULL)
        return sw_err_set(err, -ENOMEM, "no memory to look for secrets");
    stream->next = NULL;
    stream->path = path;
    stream->depth = depth;
    stream->encoding = encoding;
    *ret = stream;
    return 0;
}

/* Everything but memory and the automaton, which is reset by what ends it. */
void secret_close(struct sw_secret_stream *stream)
{
    struct sw_secret_scanner *scanner = stream->scanner;
    if (!stream->is_end && stream->automaton != NULL)
        hs_reset_stream(stream->automaton, 0, NULL, NULL, NULL);
    memset(stream->rules, 0, scanner->image.header->n_rules * sizeof(*stream->rules));
    stream->hits.n = 0;
    stream->candidates.n = 0;
    if (stream->region.used_bytes > 0) {
        sw_region_done(&stream->region);
        sw_region_init(&stream->region, REGION_MAX);
    }
    if (scanner->lower_of == stream)
        scanner->lower_of = NULL;
    stream->sink = NULL;
    stream->n = 0;
    stream->n_scanned = 0;
    stream->n_decoded[0] = 0;
    stream->n_decoded[1] = 0;
    stream->start = 0;
    stream->is_end = false;
    stream->is_binary = false;
    stream->n_lines = 0;
    stream->line_start = 0;
    stream->n_lines_known = 0;
    stream->lines_counted_to = 0;
    stream->is_cut = false;
    stream->error = 0;
    stream->next = scanner->free;
    scanner->free = stream;
}

/* Vectorscan's callback; it may come often, so it only writes down. */
static int on_hit(
    unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    (void)from;
    (void)flags;
    struct sw_secret_stream *stream = context;
    if (id >= stream->scanner->image.header->n_rules)
        return 0;
    struct secret_rule_state *state = &stream->rules[id];
    if (state->hit > 0) {
        struct secret_hit *hit = &stream->hits.v[state->hit - 1];
        if (to <= hit->last_to + SECRET_GAP) {
            if (to > hit->last_to)
                hit->last_to = to;
            else if (to < hit->first_to)
                hit->first_to = to;
            return 0;
        }
    }
    struct secret_hit hit = {.rule = id, .first_to = to, .last_to = to};
    int r = sw_vec_push(&stream->hits, hit, SECRET_HITS_MAX);
    if (r == -EFBIG) {
        secret_cut(
            stream, "more than %zu places to look at in %zu bytes", SECRET_HITS_MAX, SECRET_BLOCK);
        return 0;
    }
    if (r < 0) {
        stream->error = r;
        return 1;
    }
    state->hit = (uint32_t)stream->hits.n;
    return 0;
}

static int scan(struct sw_secret_stream *stream, struct sw_err *err)
{
    if (stream->automaton == NULL)
        return 0;
    struct sw_secret_scanner *scanner = stream->scanner;
    hs_error_t code = HS_SUCCESS;
    if (stream->n > stream->n_scanned)
        code = hs_scan_stream(stream->automaton, stream->window + stream->n_scanned,
            (unsigned)(stream->n - stream->n_scanned), 0, scanner->scratch, on_hit, stream);
    stream->n_scanned = stream->n;
    if (stream->is_end && code == HS_SUCCESS)
        code = hs_reset_stream(stream->automaton, 0, scanner->scratch, on_hit, stream);
    else if (stream->is_end)
        hs_reset_stream(stream->automaton, 0, NULL, NULL, NULL);
    if (stream->error < 0)
        return stream->error;
    if (code != HS_SUCCESS)
        return sw_err_set(err, -EIO, "Vectorscan failed (%d)", code);
    return 0;
}

/* Drops what is not needed for what follows. */
static void shift(struct sw_secret_stream *stream)
{
    size_t n_drop = stream->n > SECRET_KEEP ? stream->n - SECRET_KEEP : 0;
    secret_place_forget(stream, n_drop);
    memmove(stream->window, stream->window + n_drop, stream->n - n_drop);
    stream->n -= n_drop;
    stream->n_scanned -= n_drop;
    for (int i = 0; i < 2; i++)
        stream->n_decoded[i] = stream->n_decoded[i] > n_drop ? stream->n_decoded[i] - n_drop : 0;
    stream->start += n_drop;
}

static int advance(struct sw_secret_stream *stream, struct sw_err *err)
{
    if (stream->start == 0 && stream->n_scanned == 0)
        stream->is_binary =
            memchr(stream->window, '\0', stream->n < SNIFF_BYTES ? stream->n : SNIFF_BYTES) != NULL;
    int r = scan(stream, err);
    if (r < 0)
        return r;
    if (stream->hits.n > 0) {
        r = secret_settle(stream, err);
        if (r < 0)
            return r;
    }
    if (stream->depth < SW_SECRET_DEPTH_MAX) {
        r = secret_look_into(stream, err);
        if (r < 0)
            return r;
    }
    if (!stream->is_end)
        shift(stream);
    return 0;
}

int secret_feed(struct sw_secret_stream *stream, struct sw_str bytes, struct sw_err *err)
{
    while (bytes.n > 0) {
        size_t room = SECRET_WINDOW - stream->n;
        size_t n = bytes.n < room ? bytes.n : room;
        memcpy(stream->window + stream->n, bytes.p, n);
        stream->n += n;
        bytes = sw_str_skip(bytes, n);
        if (stream->n < SECRET_WINDOW)
            break;
        int r = advance(stream, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int secret_finish(struct sw_secret_stream *stream, struct sw_err *err)
{
    stream->is_end = true;
    return advance(stream, err);
}
