/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seawall-scanner: started by a program that scans, on a socket. Reads SCAN, shuts the sandbox
 * behind itself, says HELLO, and only then touches a byte of the source. One scan per process.
 */
#include <stdlib.h>

#include "analyzer.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine.h"
#include "io/descriptor.h"
#include "io/process.h"
#include "io/sandbox.h"
#include "walk.h"

/* Images, names and plans of one scan; an index of a million members takes some 100 MiB. */
#define REGION_MAX ((size_t)256 << 20)

/* Analyzers of one aspect and their versions, which is what facts of that aspect hang on. */
static int list_analyzers(enum sw_aspect aspect, struct sw_region *region, struct sw_str *ret)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, SW_MESSAGE_TEXT_MAX);
    int r = sw_buf_printf(&text, "layer=%u", SW_WALK_VERSION);
    for (size_t i = 0; r == 0 && sw_analyzers[i] != NULL; i++)
        if (sw_analyzers[i]->aspect == aspect)
            r = sw_buf_printf(&text, ",%s=%u", sw_analyzers[i]->name, sw_analyzers[i]->version);
    return r < 0 ? r : sw_region_copy(region, sw_buf_str(&text), ret);
}

static int send_hello(struct sw_session *session, const struct sw_message_scan *scan,
    struct sw_str sandbox, struct sw_region *region, struct sw_err *err)
{
    struct sw_message message = {
        .type = SW_MESSAGE_HELLO,
        .hello = {.protocol = SW_MESSAGE_PROTOCOL,
            .version = SW_STR(SEAWALL_VERSION),
            .sandbox = sandbox},
    };
    for (int i = 0; i < _SW_ASPECT_MAX; i++) {
        bool is_at_work = (scan->aspects & SW_ASPECT_BIT(i)) != 0;
        int r =
            is_at_work ? list_analyzers((enum sw_aspect)i, region, &message.hello.analyzers[i]) : 0;
        if (r < 0)
            return r;
    }
    return sw_session_send(session, &message, 0, err);
}

static int send_end(struct sw_session *session, int r, const struct sw_err *failure)
{
    struct sw_message message = {.type = SW_MESSAGE_DONE};
    if (r < 0) {
        message.type = SW_MESSAGE_FAILED;
        message.failed.code = r;
        message.failed.message = sw_str_of(failure->message);
    }
    return sw_session_send(session, &message, 0, NULL);
}

/* Shuts the sandbox. Of files only a handed directory stays open. */
static int enter_sandbox(
    const struct sw_message_scan *scan, int fd, struct sw_buf *ret_text, struct sw_err *err)
{
    struct sw_sandbox_options options = {
        .memory_limit_bytes = sw_engine_process_bytes(scan),
        .directory_fds = &fd,
        .n_directory_fds = scan->mode == SW_SCAN_DIRECTORY ? 1 : 0,
    };
    struct sw_sandbox_status status;
    int r = sw_sandbox_enter(&options, &status, err);
    for (int i = 0; r == 0 && i < _SW_SANDBOX_PIECE_MAX; i++)
        r = sw_buf_printf(ret_text, "%s%s=%s", i > 0 ? "," : "",
            sw_sandbox_piece_name((enum sw_sandbox_piece)i),
            sw_sandbox_state_name(status.pieces[i]));
    return r;
}

static int prepare(struct sw_session *session, const struct sw_message_scan *scan,
    struct sw_contents *contents, int fd, struct sw_region *region, struct sw_engine *engine,
    struct sw_err *err)
{
    struct sw_beneath_mounts mounts = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf sandbox = {0};
    sw_buf_init(&sandbox, SW_MESSAGE_TEXT_MAX);
    int r = 0;
    if (scan->mode == SW_SCAN_DIRECTORY && scan->is_crossing_mounts)
        r = sw_beneath_mounts_load(false, region, &mounts, err);
    if (r == 0)
        r = sw_contents_open(contents, scan, session, err);
    if (r == 0)
        r = enter_sandbox(scan, fd, &sandbox, err);
    if (r == 0)
        r = send_hello(session, scan, sw_buf_str(&sandbox), region, err);
    if (r < 0)
        return r;
    r = sw_engine_init(engine, session, scan, contents, region);
    engine->source_fd = fd;
    engine->mounts = mounts;
    return r < 0 ? sw_err_set(err, r, "out of memory") : 0;
}

static int run(struct sw_session *session, struct sw_region *region, struct sw_err *err)
{
    struct sw_message_scan scan;
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    SW_CLEANUP(sw_contents_done) struct sw_contents contents;
    sw_contents_init(&contents);
    int r = sw_session_receive_scan(session, &contents, region, &scan, &fd, err);
    if (r < 0)
        return r;
    SW_CLEANUP(sw_engine_done) struct sw_engine engine = {0};
    r = prepare(session, &scan, &contents, fd, region, &engine, err);
    return r < 0 ? r : sw_engine_run(&engine, err);
}

int main(void)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_MAX);
    SW_CLEANUP(sw_session_freep) struct sw_session *session = sw_session_new(SW_PROCESS_SOCKET_FD);
    struct sw_err err = {0};
    if (session == NULL)
        return EXIT_FAILURE;
    int r = run(session, &region, &err);
    if (send_end(session, r, &err) < 0)
        sw_log_write(SW_LOG_ERROR, "scanner", "%s", err.message);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
