/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error sentences. Control characters from hostile names are replaced here, once, so that no error
 * can move a terminal's cursor.
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void clean(char *text)
{
    for (char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
}

int sw_err_set(struct sw_err *err, int code, const char *format, ...)
{
    if (err == NULL)
        return code;
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    clean(err->message);
    err->code = code;
    return code;
}

int sw_err_wrap(struct sw_err *err, int code, const char *format, ...)
{
    if (err == NULL)
        return code;
    char tail[SW_ERR_MESSAGE_MAX];
    if (err->code != 0 && err->message[0] != '\0')
        memcpy(tail, err->message, sizeof(tail));
    else
        snprintf(tail, sizeof(tail), "%s", strerrordesc_np(-code) ?: "unknown error");
    va_list args;
    va_start(args, format);
    int n = vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof(err->message))
        snprintf(err->message + n, sizeof(err->message) - (size_t)n, ": %s", tail);
    clean(err->message);
    err->code = code;
    return code;
}
