/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts as lines, gathered into frames of a size that suits a socket. Once per layer.
 */
#include "facts_out.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "model/fact_json.h"
#include "wire/frame.h"

/* A frame is sent when it holds this much. */
#define FRAME_BYTES ((size_t)256 << 10)

struct out {
    struct sw_session *session;
    uint32_t layer;
    struct sw_buf frame;
    struct sw_buf line;
};

static int flush(struct out *out, struct sw_err *err)
{
    if (out->frame.n == 0)
        return 0;
    int r = sw_session_send_facts(out->session, out->layer, sw_buf_str(&out->frame), err);
    sw_buf_clear(&out->frame);
    return r;
}

static int add_line(struct out *out, struct sw_err *err)
{
    int r = 0;
    if (out->frame.n > 0 && out->frame.n + out->line.n + 1 > FRAME_BYTES)
        r = flush(out, err);
    if (r == 0)
        r = sw_buf_append_str(&out->frame, sw_buf_str(&out->line));
    return r < 0 ? r : sw_buf_append_char(&out->frame, '\n');
}

/* In place of a fact that is too large for a frame. */
static int add_note(struct out *out, const struct sw_fact *fact, struct sw_err *err)
{
    struct sw_fact note = {
        .kind = SW_FACT_NOTE,
        .section = fact->section,
        .path = fact->path,
        .note = {.kind = SW_NOTE_LIMIT,
            .subject = fact->path,
            .message = SW_STR("what this file says is too large to be reported"),
            .analyzer = fact->section,
            .layer = -1},
    };
    sw_buf_clear(&out->line);
    int r = sw_fact_json_format(&note, &out->line);
    return r < 0 ? r : add_line(out, err);
}

static int add_fact(struct out *out, const struct sw_fact *fact, struct sw_err *err)
{
    for (size_t from = 0; from == 0 || from < fact->n_packages; from += SW_FACT_JSON_PACKAGES_MAX) {
        sw_buf_clear(&out->line);
        int r = sw_fact_json_format_part(fact, from, &out->line);
        if (r == -EFBIG)
            return add_note(out, fact, err);
        if (r == 0)
            r = add_line(out, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_dropped(struct out *out, uint64_t n_dropped, struct sw_err *err)
{
    if (n_dropped == 0)
        return 0;
    struct sw_fact fact = {.section = SW_STR("layer"), .path = SW_STR("")};
    return add_note(out, &fact, err);
}

int sw_facts_out_send(
    struct sw_session *session, uint32_t layer, const struct sw_facts *facts, struct sw_err *err)
{
    struct out out = {.session = session, .layer = layer};
    sw_buf_init(&out.frame, SW_FRAME_PAYLOAD_MAX);
    sw_buf_init(&out.line, SW_FRAME_PAYLOAD_MAX - 1);
    int r = 0;
    SW_VEC_EACH (fact, &facts->facts) {
        r = add_fact(&out, fact, err);
        if (r < 0)
            break;
    }
    if (r == 0)
        r = add_dropped(&out, facts->n_dropped, err);
    if (r == 0)
        r = flush(&out, err);
    sw_buf_done(&out.frame);
    sw_buf_done(&out.line);
    return r;
}
