/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command of the `seawall` program: one const struct at the foot of its file, one line in the
 * list of commands.c.
 */
#pragma once

#include "option.h"

/* What a process ends with; the meaning is settled in lib/rules/gate.h. */
struct sw_command {
    const char *name;                /* "scan"; "db build" for one with a second word */
    const char *usage;               /* "scan [OPTIONS] TARGET" */
    const char *summary;             /* one line for the list */
    const char *help;                /* what --help says before the options; teaches by example */
    const struct sw_option *options; /* for --help; NULL: none */
    bool is_hidden;                  /* not for people: in no list */
    /* argv[0] is the command's last word. Returns the exit status. */
    int (*run)(const struct sw_command *command, int argc, char **argv);
};

extern const struct sw_command *const sw_commands[];

/* Finds the command that argv[1] (and argv[2]) name and runs it; prints help and usage errors.
 * Returns the exit status. */
int sw_command_run(int argc, char **argv);

/* Parses a command's options; on --help prints it and returns 1; on a usage error prints a
 * sentence and returns -EINVAL; 0 otherwise. */
int sw_command_parse(const struct sw_command *command, int argc, char **argv, void *values,
    const char **operands, size_t max, size_t *ret_n);

/* "seawall: MESSAGE" on standard error, escaped for terminals; returns status. */
int sw_command_fail(int status, const char *message);
