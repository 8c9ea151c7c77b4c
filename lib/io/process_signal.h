/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a server is told to end: SIGTERM and SIGINT as something to wait for.
 */
#pragma once

#include <stdint.h>

/* From now on they wait until they are asked for; before any thread is started. 0 or negative
 * errno. */
int sw_process_signal_hold(void);
/* Waits for one of them: its number, or -ETIMEDOUT after timeout_ms (negative: for ever). */
int sw_process_signal_wait(int64_t timeout_ms);
/* Ends the program at once: for one whose threads cannot be waited for. */
void sw_process_end_now(int status) __attribute__((noreturn));
