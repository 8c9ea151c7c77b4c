/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines and columns: counted where a secret was found, and in what leaves the window of a text.
 */
#include <string.h>

#include "secret/secret_priv.h"

static unsigned count_lines(const char *p, size_t n, const char **ret_last)
{
    unsigned count = 0;
    const char *end = p + n;
    for (const char *at = p; at < end; at++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (at == NULL)
            break;
        count++;
        *ret_last = at;
    }
    return count;
}

void secret_place(
    struct sw_secret_stream *stream, size_t at, unsigned *ret_line, unsigned *ret_column)
{
    if (stream->is_binary) {
        *ret_line = 0;
        *ret_column = 0;
        return;
    }
    const char *last = NULL;
    unsigned line = stream->n_lines + count_lines(stream->window, at, &last) + 1;
    uint64_t start =
        last != NULL ? stream->start + (uint64_t)(last - stream->window) + 1 : stream->line_start;
    *ret_line = line;
    *ret_column = (unsigned)(stream->start + at - start) + 1;
}

void secret_place_forget(struct sw_secret_stream *stream, size_t n)
{
    if (stream->is_binary)
        return;
    const char *last = NULL;
    stream->n_lines += count_lines(stream->window, n, &last);
    if (last != NULL)
        stream->line_start = stream->start + (uint64_t)(last - stream->window) + 1;
}
