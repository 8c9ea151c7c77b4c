/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A function run in a child process of its own, so that whatever it trips over cannot take the
 * caller with it. For work on foreign bytes inside libraries that trust them.
 */
#pragma once

#include "base/err.h"

/* Runs run(context) in a forked child whose standard streams are closed, for at most so many
 * seconds of processor time. Returns what it returned, with its sentence; or -ECHILD with a
 * sentence that names the signal that ended it; or another negative errno when no child could be
 * made. The child shares nothing back but that. */
int sw_process_run_child(int (*run)(void *context, struct sw_err *err), void *context,
    unsigned cpu_seconds, struct sw_err *err);
