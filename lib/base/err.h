/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One sentence per failure. Owned by the caller, fixed size, on the stack: no allocation, no free.
 * Every function here accepts err == NULL.
 */
#pragma once

#include <stddef.h>

#define SW_ERR_MESSAGE_MAX 512

struct sw_err {
    int code; /* negative errno; 0 while unset */
    char message[SW_ERR_MESSAGE_MAX];
};

/* Sets the sentence (cut at the limit) and returns code. Starts lowercase, no full stop, names in
 * single quotes. */
int sw_err_set(struct sw_err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the sentence and returns code. With no sentence so far, the text of the
 * errno follows. */
int sw_err_wrap(struct sw_err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
