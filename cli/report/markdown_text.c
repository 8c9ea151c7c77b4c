/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Escapes for Markdown. A backslash stops markup, but mentions and links by themselves are found
 * after it is gone; a space of no width in them stops those.
 */
#include "report/markdown_text.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#define TEXT_MAX ((size_t)65536)
#define ITEM_MAX ((size_t)8192)
#define NO_SPACE "&#8203;"

/* The fence of a span must be longer than any run of its own mark inside. */
static size_t longest_run(struct sw_str s)
{
    size_t longest = 0;
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        n = s.p[i] == '`' ? n + 1 : 0;
        longest = n > longest ? n : longest;
    }
    return longest;
}

static void print_fence(FILE *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fputc('`', out);
}

void sw_markdown_print_code(FILE *out, struct sw_str s)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, TEXT_MAX);
    if (s.n == 0 || sw_text_terminal(&text, sw_str_part(s, 0, ITEM_MAX)) < 0)
        return;
    struct sw_str t = sw_buf_str(&text);
    size_t fence = longest_run(t) + 1;
    bool is_padded = t.p[0] == '`' || t.p[t.n - 1] == '`' || t.p[0] == ' ' || t.p[t.n - 1] == ' ';
    print_fence(out, fence);
    if (is_padded)
        fputc(' ', out);
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] == '|') /* ends a cell even within code */
            fputc('\\', out);
        fputc(t.p[i], out);
    }
    if (is_padded)
        fputc(' ', out);
    print_fence(out, fence);
}

static void print_character(FILE *out, struct sw_str s, size_t i)
{
    char c = s.p[i];
    if (c == '&')
        fputs("&amp;", out);
    else if (c == '<')
        fputs("&lt;", out);
    else if (c == '>')
        fputs("&gt;", out);
    else if (strchr("\\`*_{}[]()#+-.!|~@:/$", c) != NULL)
        fprintf(out, "\\%c", c);
    else
        fputc(c, out);
    bool is_followed = i + 1 < s.n && !isspace((unsigned char)s.p[i + 1]);
    bool is_www = i >= 2 && c == 'w' && s.p[i - 1] == 'w' && s.p[i - 2] == 'w';
    if (is_followed && (c == '@' || c == '#' || c == ':' || c == '!' || c == '~' || is_www))
        fputs(NO_SPACE, out);
}

void sw_markdown_print_text(FILE *out, struct sw_str s)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, TEXT_MAX);
    if (sw_text_terminal(&text, sw_str_part(s, 0, ITEM_MAX)) < 0)
        return;
    for (size_t i = 0; i < text.n; i++)
        print_character(out, sw_buf_str(&text), i);
}

static bool is_plain_link(struct sw_str url)
{
    if (!sw_str_starts_with(url, SW_STR("https://")) || url.n < 12 || url.n > 1000)
        return false;
    for (size_t i = 0; i < url.n; i++)
        if (!isalnum((unsigned char)url.p[i]) && strchr("-._~:/?#&=%+,;", url.p[i]) == NULL)
            return false;
    return true;
}

void sw_markdown_print_id(FILE *out, struct sw_str id, struct sw_str url)
{
    bool has_link = is_plain_link(url);
    if (has_link)
        fputc('[', out);
    sw_markdown_print_text(out, id);
    if (has_link) {
        fputs("](", out);
        fwrite(url.p, 1, url.n, out);
        fputc(')', out);
    }
}

void sw_markdown_print_finding(FILE *out, const struct sw_finding *finding)
{
    fprintf(out, "| %s | ", sw_severity_name(finding->severity));
    sw_markdown_print_code(out, finding->source_name);
    fputs(" | ", out);
    sw_markdown_print_code(out, finding->installed_version);
    fputs(" | ", out);
    if (finding->status == SW_FIX_FIXED)
        sw_markdown_print_code(out, finding->fixed_version);
    else
        fputs(sw_fix_status_name(finding->status), out);
    fputs(" | ", out);
    sw_markdown_print_id(
        out, finding->id, finding->n_references > 0 ? finding->references[0] : SW_STR_NONE);
    fputs(finding->is_kev ? " **exploited** |" : " |", out);
}
