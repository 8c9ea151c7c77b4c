/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter's log: one JSON line per request and per scan on standard error. No secret is ever
 * handed to it.
 */
#pragma once

#include <stdint.h>

/* Members that are NULL or negative are left out. */
struct sw_harbor_log_line {
    const char *event; /* "request", "scan", "start", "stop" */
    const char *id;
    const char *method;
    const char *path; /* without the query */
    const char *target;
    const char *outcome;
    const char *message;
    int64_t status;
    int64_t ms;
    int64_t n_findings;
};

void sw_harbor_log(const struct sw_harbor_log_line *line);
