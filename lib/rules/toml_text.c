/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings of TOML: basic and literal, of one line and of many.
 */
#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "rules/toml_priv.h"

static bool is_at(const struct toml_reader *reader, const char *what, size_t n)
{
    return (size_t)(reader->end - reader->p) >= n && memcmp(reader->p, what, n) == 0;
}

static int append_code_point(struct toml_reader *reader, uint32_t c)
{
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return toml_fail(reader, "escape of no Unicode character");
    char out[4];
    size_t n = 0;
    if (c < 0x80) {
        out[n++] = (char)c;
    } else if (c < 0x800) {
        out[n++] = (char)(0xc0 | (c >> 6));
        out[n++] = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        out[n++] = (char)(0xe0 | (c >> 12));
        out[n++] = (char)(0x80 | ((c >> 6) & 0x3f));
        out[n++] = (char)(0x80 | (c & 0x3f));
    } else {
        out[n++] = (char)(0xf0 | (c >> 18));
        out[n++] = (char)(0x80 | ((c >> 12) & 0x3f));
        out[n++] = (char)(0x80 | ((c >> 6) & 0x3f));
        out[n++] = (char)(0x80 | (c & 0x3f));
    }
    return sw_buf_append(&reader->text, out, n);
}

static int read_unicode(struct toml_reader *reader, size_t n_digits)
{
    uint32_t c = 0;
    for (size_t i = 0; i < n_digits; i++) {
        int digit = reader->p < reader->end ? sw_str_hex_digit(*reader->p) : SW_STR_NO_DIGIT;
        if (digit == SW_STR_NO_DIGIT)
            return toml_fail(reader, "expected a hexadecimal digit");
        c = c << 4 | (uint32_t)digit;
        reader->p++;
    }
    return append_code_point(reader, c);
}

/* After a backslash at the end of a line white space and ends of line are left out. */
static int skip_line_end(struct toml_reader *reader)
{
    toml_skip_blank(reader);
    if (toml_skip_newline(reader) == 0)
        return toml_fail(reader, "unknown escape");
    do
        toml_skip_blank(reader);
    while (toml_skip_newline(reader) == 1);
    return 0;
}

static int read_escape(struct toml_reader *reader, bool is_long)
{
    reader->p++;
    int c = toml_peek(reader);
    static const char from[] = "btnfr\"\\";
    static const char to[] = "\b\t\n\f\r\"\\";
    const char *at = c > 0 ? strchr(from, c) : NULL;
    if (at != NULL) {
        reader->p++;
        return sw_buf_append_char(&reader->text, to[at - from]);
    }
    if (c == 'u' || c == 'U') {
        reader->p++;
        return read_unicode(reader, c == 'u' ? 4 : 8);
    }
    if (is_long && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
        return skip_line_end(reader);
    return toml_fail(reader, "unknown escape");
}

/* The quotes that end a long string: three, and up to two of the content before them. 1 at the end.
 */
static int read_quotes(struct toml_reader *reader, char quote)
{
    size_t n = 0;
    while (n < 5 && reader->p + n < reader->end && reader->p[n] == quote)
        n++;
    size_t n_content = n >= 3 ? n - 3 : n;
    int r = sw_buf_append(&reader->text, reader->p, n_content);
    if (r < 0)
        return r;
    reader->p += n;
    return n >= 3;
}

static int read_char(struct toml_reader *reader, char quote, bool is_long)
{
    int c = toml_peek(reader);
    if (c == '\\' && quote == '"')
        return read_escape(reader, is_long);
    if (is_long && toml_skip_newline(reader) == 1)
        return sw_buf_append_char(&reader->text, '\n');
    if ((c < 0x20 && c != '\t') || c == 0x7f)
        return toml_fail(
            reader, c == '\n' ? "text does not end on its line" : "control character in a text");
    reader->p++;
    return sw_buf_append_char(&reader->text, (char)c);
}

int toml_read_text(struct toml_reader *reader, bool is_key, struct sw_str *ret)
{
    char quote = *reader->p;
    const char three[3] = {quote, quote, quote};
    bool is_long = !is_key && is_at(reader, three, 3);
    reader->p += is_long ? 3 : 1;
    if (is_long)
        toml_skip_newline(reader);
    sw_buf_clear(&reader->text);
    for (;;) {
        int c = toml_peek(reader);
        if (c < 0)
            return toml_fail(reader, "text without an end");
        int r = 0;
        if (c != quote) {
            r = read_char(reader, quote, is_long);
        } else if (is_long) {
            r = read_quotes(reader, quote);
        } else {
            reader->p++;
            r = 1;
        }
        if (r < 0)
            return r;
        if (r == 1)
            return sw_region_copy(reader->region, sw_buf_str(&reader->text), ret);
    }
}
