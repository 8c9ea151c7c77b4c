/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 and UTF-16 inside the window: what stands for text is looked through like a file of its
 * own. What is found there has the place of the encoded text.
 */
#include <errno.h>
#include <string.h>

#include "rules/secret_decode.h"
#include "secret/secret_priv.h"

enum { BASE64, UTF16 };

/* Characters that are decoded first: 24 bytes tell text from everything else. */
#define PROBE_BYTES ((size_t)32)
/* Lines of wrapped Base64 (64 or 76 characters) belong together. */
#define WRAPPED_MIN ((size_t)60)

static const char *name_encoding(const struct sw_secret_stream *stream, int kind)
{
    if (stream->encoding[0] == '\0')
        return kind == BASE64 ? "base64" : "utf-16";
    return kind == BASE64 ? "base64, encoded" : "utf-16, encoded";
}

/* Takes over what a stream of decoded text found. */
static int adopt(struct sw_secret_stream *stream, struct sw_secret_stream *inner,
    const struct sw_secret_run *run)
{
    unsigned line = 0;
    unsigned column = 0;
    if (inner->candidates.n > 0)
        secret_place(stream, run->from, &line, &column);
    if (inner->is_cut)
        secret_cut(stream, "%s", inner->cut_reason);
    SW_VEC_EACH (found, &inner->candidates) {
        struct secret_candidate candidate = *found;
        candidate.from = stream->start + run->from;
        candidate.to = stream->start + run->to;
        candidate.line = line;
        candidate.column = column;
        int r = secret_add(stream, &candidate);
        if (r < 0)
            return r;
    }
    return 0;
}

static int scan_decoded(struct sw_secret_stream *stream, int kind, struct sw_str text,
    const struct sw_secret_run *run, struct sw_err *err)
{
    struct sw_secret_stream *inner = NULL;
    int r = secret_open(
        stream->scanner, stream->path, stream->depth + 1, name_encoding(stream, kind), &inner, err);
    if (r < 0)
        return r;
    r = secret_feed(inner, text, err);
    if (r >= 0)
        r = secret_finish(inner, err);
    if (r >= 0)
        r = adopt(stream, inner, run);
    secret_close(inner);
    return r;
}

/* The run with the lines behind it, when they are one wrapped text: end of the last of them. */
static size_t join_lines(struct sw_str bytes, struct sw_secret_run run)
{
    while ((run.to - run.from) % 4 == 0 && run.to - run.from >= WRAPPED_MIN && run.to < bytes.n) {
        size_t at = run.to;
        if (bytes.p[at] == '\r')
            at++;
        if (at >= bytes.n || bytes.p[at] != '\n')
            break;
        at++;
        while (at < bytes.n && (bytes.p[at] == ' ' || bytes.p[at] == '\t'))
            at++;
        size_t width = run.to - run.from;
        struct sw_str line = sw_str_part(bytes, at, width);
        size_t n = 0;
        struct sw_secret_run next;
        if (sw_secret_find_base64(line, 0, &next) && next.from == 0)
            n = next.to;
        if (n == 0)
            break;
        run.from = at;
        run.to = at + n;
        if (n < width)
            break;
    }
    return run.to;
}

static int decode_wrapped(struct sw_str text, struct sw_buf *buf)
{
    struct sw_str line;
    while (sw_str_next_line(&text, &line)) {
        int r = sw_secret_decode_base64(sw_str_trim(line), buf);
        if (r < 0)
            return r;
    }
    return 0;
}

/* 0 when the run is no text or was looked through. */
static int look_into_base64(struct sw_secret_stream *stream, struct sw_str bytes,
    struct sw_secret_run *run, struct sw_err *err)
{
    struct sw_buf *buf = &stream->scanner->decoded[stream->depth];
    struct sw_str text = sw_str_part(bytes, run->from, run->to - run->from);
    sw_buf_clear(buf);
    int r = sw_secret_decode_base64(sw_str_part(text, 0, PROBE_BYTES), buf);
    if (r < 0 || !sw_secret_is_text(sw_buf_str(buf)))
        return r == -ENOMEM ? r : 0;
    run->to = join_lines(bytes, *run);
    text = sw_str_part(bytes, run->from, run->to - run->from);
    sw_buf_clear(buf);
    r = decode_wrapped(text, buf);
    if (r < 0 || !sw_secret_is_text(sw_buf_str(buf)))
        return r == -ENOMEM ? r : 0;
    return scan_decoded(stream, BASE64, sw_buf_str(buf), run, err);
}

static int look_into_utf16(struct sw_secret_stream *stream, struct sw_str bytes,
    struct sw_secret_run *run, struct sw_err *err)
{
    struct sw_buf *buf = &stream->scanner->decoded[stream->depth];
    sw_buf_clear(buf);
    int r = sw_secret_decode_utf16(
        sw_str_part(bytes, run->from, run->to - run->from), run->is_big_endian, buf);
    return r < 0 ? r : scan_decoded(stream, UTF16, sw_buf_str(buf), run, err);
}

static int look_for(struct sw_secret_stream *stream, int kind, struct sw_err *err)
{
    struct sw_str bytes = {stream->window, stream->n};
    size_t from = stream->n_decoded[kind];
    struct sw_secret_run run;
    while (kind == BASE64 ? sw_secret_find_base64(bytes, from, &run)
                          : sw_secret_find_utf16(bytes, from, &run)) {
        /* What goes on behind the window waits for it, unless it fills it. */
        if (run.to + 2 >= bytes.n && !stream->is_end && run.from > stream->n - SECRET_KEEP) {
            stream->n_decoded[kind] = run.from;
            return 0;
        }
        int r = kind == BASE64 ? look_into_base64(stream, bytes, &run, err)
                               : look_into_utf16(stream, bytes, &run, err);
        if (r < 0)
            return r;
        from = run.to;
    }
    /* Shorter beginnings of runs at the end are seen again. */
    size_t tail = kind == BASE64 ? SW_SECRET_BASE64_MIN : 2 * SW_SECRET_UTF16_MIN;
    size_t done = stream->n > tail ? stream->n - tail : 0;
    stream->n_decoded[kind] = from > done ? from : done;
    return 0;
}

int secret_look_into(struct sw_secret_stream *stream, struct sw_err *err)
{
    int r = look_for(stream, BASE64, err);
    return r < 0 ? r : look_for(stream, UTF16, err);
}
