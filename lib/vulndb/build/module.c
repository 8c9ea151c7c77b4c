/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams of rpm modules out of errata titles. Several streams of one module live in a release side
 * by side, each with errata of its own, and all of them name the same packages; OSV records say
 * which stream they mean in no field but in the title: "Important: nodejs:20 security update",
 * "virt:rhel and virt-devel:rhel bug fix update". Called once per entry that has a fix.
 */
#include <errno.h>

#include "vulndb/build/writer_priv.h"

#define STREAMS_MAX 16 /* titles name one or two */
#define STREAMS_BYTES_MAX ((size_t)1024)

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name_byte(char c)
{
    return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.' || c == '+';
}

/* A word "name:stream". An erratum's own number at the start of a title ("ALSA-2022:5468: ...") has
 * the same form; it ends in a colon. */
static bool is_stream(struct sw_str word)
{
    ptrdiff_t colon = sw_str_find_char(word, ':');
    if (colon <= 0 || (size_t)colon + 1 >= word.n || !is_letter_or_digit(word.p[0]))
        return false;
    for (size_t i = 0; i < word.n; i++)
        if (i != (size_t)colon && !is_name_byte(word.p[i]))
            return false;
    return true;
}

/* "httpd:2.4/mod_http2" names the source package within the stream. */
static struct sw_str without_tail(struct sw_str word)
{
    ptrdiff_t slash = sw_str_find_char(word, '/');
    if (slash >= 0)
        word.n = (size_t)slash;
    while (word.n > 0 && (word.p[word.n - 1] == ',' || word.p[word.n - 1] == ';'))
        word.n--;
    return word;
}

static bool is_modular(struct sw_str version)
{
    return sw_str_find(version, SW_STR(".module_el")) >= 0 ||
           sw_str_find(version, SW_STR(".module+el")) >= 0;
}

static bool has_modular_fix(const struct sw_affected *affected)
{
    for (size_t i = 0; i < affected->n_ranges; i++)
        if (is_modular(affected->ranges[i].fixed) || is_modular(affected->ranges[i].last_affected))
            return true;
    return false;
}

int sw_module_derive(const struct sw_advisory *advisory, const struct sw_affected *affected,
    struct sw_region *region, struct sw_str *ret)
{
    if (affected->module.n > 0 || !has_modular_fix(affected)) {
        *ret = without_tail(affected->module);
        return 0;
    }
    struct sw_buf streams;
    struct sw_str rest = advisory->title;
    struct sw_str word;
    unsigned n = 0;
    int r = 0;
    sw_buf_init(&streams, STREAMS_BYTES_MAX);
    while (r == 0 && n < STREAMS_MAX && sw_str_next_token(&rest, ' ', &word)) {
        word = without_tail(word);
        if (!is_stream(word))
            continue;
        r = n++ > 0 ? sw_buf_append_char(&streams, ' ') : 0;
        if (r == 0)
            r = sw_buf_append_str(&streams, word);
    }
    if (r == 0)
        r = sw_region_copy(region, n > 0 ? sw_buf_str(&streams) : SW_STR("*"), ret);
    sw_buf_done(&streams);
    return r == -EFBIG ? sw_region_copy(region, SW_STR("*"), ret) : r;
}
