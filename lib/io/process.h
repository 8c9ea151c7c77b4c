/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child program that speaks over a socket. It gets nothing of ours but what is named here; what
 * it writes to standard error is kept, so that its last words can be quoted.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* The descriptor under which the child finds its socket. */
#define SW_PROCESS_SOCKET_FD 3
/* The last so many bytes of the child's standard error are kept. */
#define SW_PROCESS_STDERR_BYTES ((size_t)16 * 1024)

struct sw_process_options {
    const char *path;        /* of the program; not searched for */
    const char *const *argv; /* with argv[0], NULL at its end */
    /* "NAME=value", NULL at its end: all of the child's environment. NULL: none. Builds with
     * sanitizers add their options. */
    const char *const *environment;
    int socket_fd; /* borrowed; becomes SW_PROCESS_SOCKET_FD. -1: none */
    /* Borrowed: standard input and output. NULL: /dev/null. */
    const int *streams;
};

struct sw_process;

enum sw_process_end { SW_PROCESS_EXITED, SW_PROCESS_SIGNALED, _SW_PROCESS_END_MAX };

struct sw_process_exit {
    enum sw_process_end end;
    int code; /* exit status or signal number */
};

/* Starts it. The caller owns *ret. */
int sw_process_start(
    const struct sw_process_options *options, struct sw_process **ret, struct sw_err *err);

/* Waits for its end: 0, -ETIMEDOUT after timeout_ms (negative: for ever). May be called again. */
int sw_process_wait(struct sw_process *process, int64_t timeout_ms, struct sw_process_exit *ret);

/* Sends a signal; nothing happens when it has been waited for. */
void sw_process_kill(struct sw_process *process, int signal);

/* Appends what is kept of its standard error; whole once it has been waited for. */
int sw_process_stderr(struct sw_process *process, struct sw_buf *buf);

/* Kills it if need be, and reaps it. NULL is allowed. */
void sw_process_free(struct sw_process *process);
void sw_process_freep(struct sw_process **process);

/* "exited with status 3", "killed by signal 9 (KILL)"; written into buf, returned. */
const char *sw_process_exit_text(const struct sw_process_exit *exit, char *buf, size_t n);

/* As much fits into a pipe that nobody reads yet. */
#define SW_PROCESS_INPUT_MAX ((size_t)4096)

/* A program of the operator's that is asked one thing. */
struct sw_process_question {
    const char *name;     /* of the program, searched for in $PATH */
    const char *argument; /* NULL: none */
    struct sw_str input;  /* at most SW_PROCESS_INPUT_MAX */
    int64_t timeout_ms;
};

/* Runs it to its end in our own environment (without what is named SEAWALL_*), its standard output
 * appended to `output`: 0, however it ended. -ENOENT: no such program; -ETIMEDOUT; -EFBIG: more
 * output than its buffer allows. What it wrote to standard error is passed over. */
int sw_process_ask(const struct sw_process_question *question, struct sw_buf *output,
    struct sw_process_exit *ret, struct sw_err *err);
