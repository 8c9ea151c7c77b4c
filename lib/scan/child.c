/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of one child. Nothing here waits without a bound.
 */
#include "scan/child.h"

#include <errno.h>
#include <signal.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/socket.h"
#include "scan/scan.h"

/* Neither a frame nor a byte in that time: the child hangs. */
#define IDLE_NS ((int64_t)120 * 1000 * 1000 * 1000)
/* All answers that a scanner can wait for at once fit into the socket, so one that makes us wait
 * does not read; only the start of a scanner on a busy machine takes its time. */
#define SEND_MS 10000

static int start_process(struct sw_child *child, const char *path, struct sw_err *err)
{
    int ends[2];
    int r = sw_socket_pair(ends);
    if (r < 0)
        return sw_err_wrap(err, r, "socket pair");
    child->socket = ends[0];
    /* For the first message, which may be larger than the socket holds, and the answers. */
    r = sw_socket_limit_send(child->socket, SEND_MS);
    if (r < 0) {
        sw_descriptor_close(ends[1]);
        return sw_err_wrap(err, r, "socket pair");
    }
    const char *const argv[] = {"seawall-scanner", NULL};
    struct sw_process_options options = {.path = path, .argv = argv, .socket_fd = ends[1]};
    r = sw_process_start(&options, &child->process, err);
    sw_descriptor_close(ends[1]);
    return r < 0 ? sw_err_wrap(err, r, "start '%s'", path) : 0;
}

static int send_message(
    struct sw_child *child, const struct sw_message *message, int fd, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf payload = {0};
    sw_buf_init(&payload, SW_FRAME_PAYLOAD_MAX);
    int r = sw_message_format(message, &payload);
    if (r < 0)
        return sw_err_wrap(err, r, "write the first message");
    struct sw_frame frame = {
        .type = (uint16_t)message->type, .payload = sw_buf_str(&payload), .fd = fd};
    return sw_frame_send(child->socket, &frame, err);
}

static int send_scan(struct sw_child *child, const struct sw_scan_options *options,
    const struct sw_message_scan *scan, int fd, struct sw_err *err)
{
    for (size_t i = 0; i < options->n_contents; i++) {
        const struct sw_scan_content *content = &options->contents[i];
        struct sw_message message = {
            .type = SW_MESSAGE_CONTENT,
            .content = {.kind = content->kind, .size_bytes = content->size_bytes},
        };
        if ((scan->aspects & SW_ASPECT_BIT(sw_content_kind_aspect(content->kind))) == 0)
            continue;
        int r = send_message(child, &message, content->fd, err);
        if (r < 0)
            return r;
    }
    struct sw_message message = {.type = SW_MESSAGE_SCAN, .scan = *scan};
    return send_message(child, &message, fd, err);
}

int sw_child_start(struct sw_child *child, const struct sw_scan_options *options,
    const struct sw_message_scan *scan, int fd, struct sw_err *err)
{
    sw_frame_reader_init(&child->reader);
    child->started_ns = sw_clock_monotonic_ns();
    child->last_change_ns = child->started_ns;
    int r = start_process(child, options->scanner_path, err);
    if (r < 0)
        return r;
    /* One that ends at once has said why, or dies of what will be told. */
    struct sw_err send_err = {0};
    r = send_scan(child, options, scan, fd, &send_err);
    if (r < 0) {
        child->end.code = r;
        child->end = send_err;
    }
    return 0;
}

int sw_child_watch(struct sw_child *child, uint64_t n_bytes, bool is_excused, struct sw_err *err)
{
    int64_t now_ns = sw_clock_monotonic_ns();
    if (n_bytes != child->last_n_bytes || is_excused)
        child->last_change_ns = now_ns;
    child->last_n_bytes = n_bytes;
    if (now_ns - child->last_change_ns < IDLE_NS)
        return 0;
    return sw_err_set(err, -ETIMEDOUT, "the scanner has not moved for %lld seconds",
        (long long)(IDLE_NS / 1000000000));
}

void sw_child_describe_end(
    struct sw_child *child, int r, const struct sw_err *talk_err, int64_t timeout_ms)
{
    struct sw_process_exit exit = {0};
    char text[128] = "";
    bool is_gone = r == -ECHILD || r == -EPIPE || r == -ECONNRESET;
    if (!is_gone)
        sw_process_kill(child->process, SIGKILL);
    bool is_known = sw_process_wait(child->process, timeout_ms, &exit) == 0;
    if (is_gone && is_known)
        sw_process_exit_text(&exit, text, sizeof(text));
    SW_CLEANUP(sw_buf_done) struct sw_buf reading = {0};
    sw_buf_init(&reading, SW_ERR_MESSAGE_MAX);
    sw_text_terminal(&reading, sw_str_of(child->reading));
    sw_err_set(&child->end, r, "scanner: %s%s%s%s", text[0] != '\0' ? text : talk_err->message,
        reading.n > 0 ? " while it read '" : "", reading.n > 0 ? reading.p : "",
        reading.n > 0 ? "'" : "");
}

void sw_child_done(struct sw_child *child)
{
    sw_frame_reader_done(&child->reader);
    sw_descriptor_closep(&child->socket);
    sw_process_free(SW_TAKE(child->process));
}
