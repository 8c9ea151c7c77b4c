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

/* Images, names and plans of one scan; an index of a million members takes some 100 MiB. */
#define REGION_MAX ((size_t)256 << 20)

static int send_hello(struct sw_session *session, struct sw_str sandbox, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf analyzers = {0};
    sw_buf_init(&analyzers, SW_MESSAGE_TEXT_MAX);
    for (size_t i = 0; sw_analyzers[i] != NULL; i++) {
        int r = sw_buf_printf(&analyzers, "%s%s=%u", i > 0 ? "," : "", sw_analyzers[i]->name,
            sw_analyzers[i]->version);
        if (r < 0)
            return r;
    }
    struct sw_message message = {
        .type = SW_MESSAGE_HELLO,
        .hello = {.protocol = SW_MESSAGE_PROTOCOL,
            .version = SW_STR(SEAWALL_VERSION),
            .analyzers = sw_buf_str(&analyzers),
            .sandbox = sandbox},
    };
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

static int prepare(struct sw_session *session, const struct sw_message_scan *scan, int fd,
    struct sw_region *region, struct sw_engine *engine, struct sw_err *err)
{
    struct sw_beneath_mounts mounts = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf sandbox = {0};
    sw_buf_init(&sandbox, SW_MESSAGE_TEXT_MAX);
    int r = 0;
    if (scan->mode == SW_SCAN_DIRECTORY && scan->is_crossing_mounts)
        r = sw_beneath_mounts_load(false, region, &mounts, err);
    if (r == 0)
        r = enter_sandbox(scan, fd, &sandbox, err);
    if (r == 0)
        r = send_hello(session, sw_buf_str(&sandbox), err);
    if (r < 0)
        return r;
    r = sw_engine_init(engine, session, scan, region);
    engine->source_fd = fd;
    engine->mounts = mounts;
    return r < 0 ? sw_err_set(err, r, "out of memory") : 0;
}

static int run(struct sw_session *session, struct sw_region *region, struct sw_err *err)
{
    struct sw_message_scan scan;
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    int r = sw_session_receive_scan(session, region, &scan, &fd, err);
    if (r < 0)
        return r;
    SW_CLEANUP(sw_engine_done) struct sw_engine engine = {0};
    r = prepare(session, &scan, fd, region, &engine, err);
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
