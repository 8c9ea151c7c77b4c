/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's part of scanning with ClamAV's daemon: is it there, what are its signatures, and
 * connections to it, which scanners are handed. What they say over them is scanner/malware/clamd.h.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

/* Of one connect, send or receive. clamd answers at once, or after it has scanned one file. */
#define SW_CLAMD_TIMEOUT_MS 60000U
/* Whether it is there at all is known sooner. */
#define SW_CLAMD_CONNECT_TIMEOUT_MS 3000U
/* "ClamAV 1.4.3/27655/Mon Jun  2 08:35:57 2026" */
#define SW_CLAMD_VERSION_BYTES ((size_t)128)

/* Asks for its version and that of its signatures: 0, or negative errno with a sentence. */
int sw_clamd_ask_version(const char *address, char ret[SW_CLAMD_VERSION_BYTES], struct sw_err *err);
/* A connection for a scanner; the caller owns *ret_fd. */
int sw_clamd_connect(const char *address, int *ret_fd, struct sw_err *err);
