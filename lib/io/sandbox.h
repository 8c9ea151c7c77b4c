/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shuts the calling program in: it reads hostile bytes from here on, and keeps only what that
 * takes. To be entered early, before the first thread, with every descriptor it needs open.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum sw_sandbox_piece {
    SW_SANDBOX_NO_NEW_PRIVILEGES,
    SW_SANDBOX_LIMITS,       /* memory, descriptors, no core file, no byte written to a file */
    SW_SANDBOX_NAMESPACES,   /* a network, IPC and host name of its own, with nothing in them */
    SW_SANDBOX_LANDLOCK,     /* no file but below the directories given */
    SW_SANDBOX_CAPABILITIES, /* none, or CAP_DAC_READ_SEARCH alone */
    SW_SANDBOX_SECCOMP,      /* no system call but those of a reader with threads */
    _SW_SANDBOX_PIECE_MAX
};

enum sw_sandbox_state {
    SW_SANDBOX_OFF,         /* not asked for, or of no use (no capability to drop) */
    SW_SANDBOX_ON,          /* in force */
    SW_SANDBOX_UNAVAILABLE, /* this kernel, or who started us, does not grant it */
    _SW_SANDBOX_STATE_MAX
};

struct sw_sandbox_options {
    /* Private writable memory of the whole process; 0: no limit. Not applied with sanitizers, whose
     * shadow memory is larger than any limit. */
    uint64_t memory_limit_bytes;
    /* Borrowed: the directories below which files may be read. None: no file may be opened. */
    const int *directory_fds;
    size_t n_directory_fds;
};

struct sw_sandbox_status {
    enum sw_sandbox_state pieces[_SW_SANDBOX_PIECE_MAX];
    unsigned landlock_abi; /* 0: none */
};

/* Enters: 0, or negative errno when a piece that the kernel has could not be put in force; the
 * program must not go on then. There is no way back. */
int sw_sandbox_enter(
    const struct sw_sandbox_options *options, struct sw_sandbox_status *ret, struct sw_err *err);

/* "landlock", "on". */
const char *sw_sandbox_piece_name(enum sw_sandbox_piece piece);
const char *sw_sandbox_state_name(enum sw_sandbox_state state);
