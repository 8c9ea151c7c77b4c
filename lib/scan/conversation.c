/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of one child: start, frames until it has said everything, end. Nothing here waits
 * without a bound.
 */
#include "scan/conversation.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "base/mem.h"
#include "base/text.h"
#include "conversation_priv.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/process.h"
#include "io/socket.h"

#define POLL_MS 100
#define PROGRESS_NS ((int64_t)50 * 1000 * 1000)
/* Neither a frame nor a byte in that time: the child hangs. */
#define IDLE_NS ((int64_t)120 * 1000 * 1000 * 1000)
/* All answers that a scanner can wait for at once fit into the socket, so one that makes us wait
 * does not read; only the start of a scanner on a busy machine takes its time. */
#define SEND_MS 10000
/* For its exit after the last word. */
#define EXIT_MS 3000

struct loop {
    struct sw_conversation *conversation;
    struct sw_process *process; /* owned */
    struct sw_frame_reader reader;
    int socket;
    uint64_t last_n_bytes;
    int64_t last_change_ns;
    int64_t last_progress_ns;
};

void sw_conversation_init(struct sw_conversation *conversation,
    const struct sw_scan_options *options, struct sw_region *region)
{
    *conversation = (struct sw_conversation){
        .options = options, .region = region, .started_ns = sw_clock_monotonic_ns()};
}

void sw_conversation_done(struct sw_conversation *conversation)
{
    sw_conversation_stop_pumps(conversation);
    SW_VEC_EACH (layer, &conversation->layers) {
        if (*layer == NULL)
            continue;
        sw_facts_done(&(*layer)->facts);
        sw_mem_free(*layer);
    }
    sw_vec_done(&conversation->layers);
    sw_vec_done(&conversation->loose);
    sw_vec_done(&conversation->images);
    sw_vec_done(&conversation->notes);
}

struct sw_layer_state *sw_conversation_layer(
    const struct sw_conversation *conversation, uint32_t id)
{
    return id < conversation->layers.n ? conversation->layers.v[id] : NULL;
}

static int start_child(struct loop *loop, struct sw_err *err)
{
    int ends[2];
    int r = sw_socket_pair(ends);
    if (r < 0)
        return sw_err_wrap(err, r, "socket pair");
    loop->socket = ends[0];
    /* For the first message, which may be larger than the socket holds, and the answers. */
    r = sw_socket_limit_send(loop->socket, SEND_MS);
    if (r < 0) {
        sw_descriptor_close(ends[1]);
        return sw_err_wrap(err, r, "socket pair");
    }
    const char *const argv[] = {"seawall-scanner", NULL};
    struct sw_process_options options = {
        .path = loop->conversation->options->scanner_path,
        .argv = argv,
        .socket_fd = ends[1],
    };
    r = sw_process_start(&options, &loop->process, err);
    sw_descriptor_close(ends[1]);
    return r < 0 ? sw_err_wrap(err, r, "start '%s'", options.path) : 0;
}

static int send_scan(struct loop *loop, struct sw_err *err)
{
    const struct sw_scan_options *options = loop->conversation->options;
    const struct sw_source *source = loop->conversation->source;
    struct sw_message message = {
        .type = SW_MESSAGE_SCAN,
        .scan = {.mode = source->mode,
            .form = sw_str_of(source->form),
            .platform = sw_str_of(options->platform),
            .is_all_platforms = options->is_all_platforms,
            .is_crossing_mounts = options->is_crossing_mounts,
            .memory_limit_bytes = options->memory_limit_bytes,
            .n_threads = options->n_threads,
            .size_bytes = source->size_bytes,
            .index = sw_buf_str(&source->index)},
    };
    SW_CLEANUP(sw_buf_done) struct sw_buf payload = {0};
    sw_buf_init(&payload, SW_FRAME_PAYLOAD_MAX);
    int r = sw_message_format(&message, &payload);
    if (r < 0)
        return sw_err_wrap(err, r, "write the first message");
    struct sw_frame frame = {
        .type = SW_MESSAGE_SCAN,
        .payload = sw_buf_str(&payload),
        .fd = source->is_fd_handed ? source->fd : -1,
    };
    return sw_frame_send(loop->socket, &frame, err);
}

/* Bytes handed out so far, and whether a source keeps somebody waiting. */
static uint64_t count_bytes(const struct sw_conversation *conversation, bool *ret_waiting)
{
    uint64_t n = conversation->n_bytes;
    *ret_waiting = false;
    SW_VEC_EACH (pump, &conversation->loose) {
        n += sw_pump_n_bytes(*pump);
        *ret_waiting = *ret_waiting || sw_pump_is_waiting_for_source(*pump);
    }
    SW_VEC_EACH (layer, &conversation->layers) {
        if (*layer == NULL || (*layer)->pump == NULL)
            continue;
        n += sw_pump_n_bytes((*layer)->pump);
        *ret_waiting = *ret_waiting || sw_pump_is_waiting_for_source((*layer)->pump);
    }
    return n;
}

static void tell_progress(struct loop *loop, uint64_t n_bytes, int64_t now_ns)
{
    const struct sw_conversation *conversation = loop->conversation;
    if (conversation->options->progress == NULL || now_ns - loop->last_progress_ns < PROGRESS_NS)
        return;
    loop->last_progress_ns = now_ns;
    struct sw_scan_progress progress = {
        .stage = "reading",
        .n_bytes = n_bytes,
        .n_bytes_total = conversation->source->size_bytes,
        .n_files = conversation->n_files,
    };
    SW_VEC_EACH (layer, &conversation->layers) {
        progress.n_layers += *layer != NULL ? 1 : 0;
        progress.layer += *layer != NULL && (*layer)->is_done ? 1 : 0;
    }
    conversation->options->progress(conversation->options->context, &progress);
}

/* -ETIMEDOUT when nothing has moved for too long. */
static int watch(struct loop *loop, struct sw_err *err)
{
    bool is_waiting = false;
    int64_t now_ns = sw_clock_monotonic_ns();
    uint64_t n_bytes = count_bytes(loop->conversation, &is_waiting);
    tell_progress(loop, n_bytes, now_ns);
    if (n_bytes != loop->last_n_bytes || is_waiting)
        loop->last_change_ns = now_ns;
    loop->last_n_bytes = n_bytes;
    if (now_ns - loop->last_change_ns < IDLE_NS)
        return 0;
    return sw_err_set(err, -ETIMEDOUT, "the scanner has not moved for %lld seconds",
        (long long)(IDLE_NS / 1000000000));
}

/* What has come so far: 0, or negative errno. */
static int take_frames(struct loop *loop, struct sw_err *err)
{
    int r = 0;
    while (r == 0 && !loop->conversation->is_complete) {
        struct sw_frame frame;
        r = sw_frame_reader_next(&loop->reader, &frame, err);
        if (r <= 0)
            return r;
        r = sw_conversation_take(loop->conversation, loop->socket, &frame, err);
        sw_descriptor_close(frame.fd);
        loop->last_change_ns = sw_clock_monotonic_ns();
    }
    return r;
}

static int talk(struct loop *loop, struct sw_err *err)
{
    loop->last_change_ns = sw_clock_monotonic_ns();
    while (!loop->conversation->is_complete) {
        struct pollfd wait = {.fd = loop->socket, .events = POLLIN};
        int n = poll(&wait, 1, POLL_MS);
        if (n < 0 && errno != EINTR)
            return sw_err_wrap(err, -errno, "wait for the scanner");
        if (n > 0) {
            int r = sw_frame_reader_fill(&loop->reader, loop->socket, err);
            if (r == 0)
                return sw_err_set(err, -ECHILD, "the scanner ended before it was done");
            if (r > 0)
                r = take_frames(loop, err);
            if (r < 0)
                return r;
        }
        int r = watch(loop, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* "scanner killed by signal 9 (KILL) while it read 'var/lib/dpkg/status'". */
static void describe_end(struct loop *loop, int r, const struct sw_err *talk_err)
{
    struct sw_conversation *conversation = loop->conversation;
    struct sw_process_exit exit = {0};
    char text[128] = "";
    bool is_gone = r == -ECHILD || r == -EPIPE || r == -ECONNRESET;
    if (!is_gone)
        sw_process_kill(loop->process, SIGKILL);
    bool is_known = sw_process_wait(loop->process, EXIT_MS, &exit) == 0;
    if (is_gone && is_known)
        sw_process_exit_text(&exit, text, sizeof(text));
    const char *what = text[0] != '\0' ? text : talk_err->message;
    SW_CLEANUP(sw_buf_done) struct sw_buf reading = {0};
    sw_buf_init(&reading, SW_ERR_MESSAGE_MAX);
    sw_text_terminal(&reading, sw_str_of(conversation->reading));
    sw_err_set(&conversation->end, r, "scanner: %s%s%s%s", what,
        reading.n > 0 ? " while it read '" : "", reading.n > 0 ? reading.p : "",
        reading.n > 0 ? "'" : "");
}

int sw_conversation_run(struct sw_conversation *conversation, struct sw_err *err)
{
    struct loop loop = {.conversation = conversation, .socket = -1};
    sw_frame_reader_init(&loop.reader);
    int r = start_child(&loop, err);
    if (r == 0) {
        struct sw_err talk_err = {0};
        int ended = send_scan(&loop, &talk_err);
        if (ended == 0)
            ended = talk(&loop, &talk_err);
        if (ended < 0)
            describe_end(&loop, ended, &talk_err);
    }
    sw_conversation_stop_pumps(conversation);
    sw_frame_reader_done(&loop.reader);
    sw_descriptor_closep(&loop.socket);
    struct sw_process_exit exit;
    if (loop.process != NULL && conversation->is_complete)
        sw_process_wait(loop.process, EXIT_MS, &exit);
    sw_process_free(loop.process);
    return r;
}
