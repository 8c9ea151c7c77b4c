/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Docker's credential helpers: `docker-credential-NAME get`, the server on standard input, JSON on
 * standard output. Which ones are run is the operator's settings file to say.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "credential_priv.h"
#include "io/process.h"

/* Some ask a cloud, or a person for a passphrase. */
#define HELPER_MS ((int64_t)60000)
#define REASON_BYTES_MAX ((size_t)160)

static void wipe_buf(struct sw_buf *buf)
{
    if (buf->p != NULL)
        explicit_bzero(buf->p, buf->capacity);
    sw_buf_done(buf);
}

/* Helpers write why they failed to standard output. What looks like an answer stays unseen. */
static int refuse(const char *program, const struct sw_process_exit *exit, struct sw_str output,
    struct sw_err *err)
{
    char ending[64];
    struct sw_str line = SW_STR_NONE;
    struct sw_str rest = sw_str_trim(output);
    sw_str_next_line(&rest, &line);
    if (sw_str_find(output, SW_STR("credentials not found")) >= 0)
        return -ENOENT;
    SW_CLEANUP(sw_buf_done) struct sw_buf reason = {0};
    sw_buf_init(&reason, 8 * REASON_BYTES_MAX);
    bool is_shown = line.n > 0 && sw_str_find_char(output, '{') < 0 &&
                    sw_text_terminal(&reason, sw_str_part(line, 0, REASON_BYTES_MAX)) == 0;
    return sw_err_set(err, -EACCES, "the credential helper '%s' %s%s%s", program,
        sw_process_exit_text(exit, ending, sizeof(ending)), is_shown ? ": " : "",
        is_shown ? reason.p : "");
}

int sw_credential_helper_ask(const char *name, const char *server, struct sw_region *region,
    struct sw_docker_login *ret, struct sw_err *err)
{
    char program[SW_DOCKER_HELPER_NAME_MAX + 32];
    struct sw_process_exit exit = {0};
    SW_CLEANUP(wipe_buf) struct sw_buf output = {0};
    sw_buf_init(&output, SW_DOCKER_HELPER_ANSWER_MAX);
    /* At once, so that no part stays behind where a buffer has grown. */
    int r = sw_buf_reserve(&output, SW_DOCKER_HELPER_ANSWER_MAX);
    if (r < 0)
        return sw_err_set(err, r, "out of memory");
    snprintf(program, sizeof(program), "docker-credential-%s", name);
    struct sw_process_question question = {
        .name = program, .argument = "get", .input = sw_str_of(server), .timeout_ms = HELPER_MS};
    r = sw_process_ask(&question, &output, &exit, err);
    if (r < 0) /* not the caller's "no login": the settings name a program that is not there */
        return r == -ENOENT ? sw_err_wrap(err, -ENOEXEC, "credential helper") : r;
    if (exit.end != SW_PROCESS_EXITED || exit.code != 0)
        return refuse(program, &exit, sw_buf_str(&output), err);
    r = sw_docker_helper_parse(sw_buf_str(&output), region, ret, err);
    return r < 0 && r != -ENOENT ? sw_err_wrap(err, r, "the credential helper '%s'", program) : r;
}
