/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command of `seawall-agent`: one const struct at the foot of its file, one line in command.c.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* What the program ends with. */
enum sw_agent_exit {
    SW_AGENT_DONE = 0,
    SW_AGENT_USAGE = 2,
    SW_AGENT_FAILED = 3,
    SW_AGENT_INCOMPLETE = 4, /* ran, but events were lost or counters do not agree */
};

struct sw_agent_command {
    const char *name;
    const char *usage;
    const char *summary;
    /* argv[0] is the command's name. The exit status. */
    int (*run)(int argc, char **argv);
};

/* Finds the command that argv[1] names and runs it: the exit status. */
int sw_agent_run(int argc, char **argv);

/* Writes text to standard output (fd 1) or standard error (fd 2): 0 or negative errno. */
int sw_agent_print(int fd, const struct sw_buf *text);
/* "seawall-agent: MESSAGE" on standard error; returns status. */
int sw_agent_fail(int status, const char *message);
