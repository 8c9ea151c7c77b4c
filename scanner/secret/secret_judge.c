/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What speaks against a match: too little entropy, no keyword near, a checksum that fails, a
 * comment that allows it, allow lists. The cheap questions first.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "rules/secret_checksum.h"
#include "rules/secret_rule.h"
#include "secret/secret_priv.h"

double secret_entropy(struct sw_str s)
{
    size_t counts[256] = {0};
    for (size_t i = 0; i < s.n; i++)
        counts[(unsigned char)s.p[i]]++;
    double entropy = 0;
    for (size_t i = 0; i < 256; i++) {
        if (counts[i] == 0)
            continue;
        double share = (double)counts[i] / (double)s.n;
        entropy -= share * log2(share);
    }
    return entropy;
}

static char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The window in lower case, made once per window. */
static struct sw_str lower_window(struct sw_secret_stream *stream)
{
    struct sw_secret_scanner *scanner = stream->scanner;
    if (scanner->lower_of != stream) {
        for (size_t i = 0; i < stream->n; i++)
            scanner->lower[i] = to_lower(stream->window[i]);
        scanner->lower_of = stream;
    }
    return (struct sw_str){scanner->lower, stream->n};
}

static bool holds_keyword(const struct sw_secret_image *image,
    const struct sw_secret_image_rule *rule, struct sw_str lower)
{
    for (uint32_t i = 0; i < rule->keywords.n; i++) {
        struct sw_str keyword = sw_secret_image_item(image, rule->keywords, i);
        if (memmem(lower.p, lower.n, keyword.p, keyword.n) != NULL)
            return true;
    }
    return false;
}

/* A keyword in the match itself, or anywhere in the window (gitleaks: in its piece of 100 KB). */
static bool is_keyword_near(struct sw_secret_stream *stream, const struct secret_match *match)
{
    if (match->rule->keywords.n == 0)
        return true;
    struct secret_rule_state *state = &stream->rules[match->index];
    if (state->keyword == SECRET_UNKNOWN) {
        const struct sw_secret_image *image = &stream->scanner->image;
        char lower[256];
        size_t n =
            match->to - match->from < sizeof(lower) ? match->to - match->from : sizeof(lower);
        for (size_t i = 0; i < n; i++)
            lower[i] = to_lower(match->text.p[match->from + i]);
        bool holds = holds_keyword(image, match->rule, (struct sw_str){lower, n}) ||
                     holds_keyword(image, match->rule, lower_window(stream));
        state->keyword = holds ? SECRET_YES : SECRET_NO;
    }
    return state->keyword == SECRET_YES;
}

/* The lines in which the match stands, within the window. */
static struct sw_str lines_of(const struct secret_match *match)
{
    size_t from = match->from;
    size_t to = match->to;
    while (from > 0 && match->text.p[from - 1] != '\n' && match->from - from < SECRET_AHEAD)
        from--;
    while (to < match->text.n && match->text.p[to] != '\n' && to - match->to < SECRET_AHEAD)
        to++;
    return sw_str_part(match->text, from, to - from);
}

static int match_any(struct sw_secret_stream *stream, struct sw_secret_image_list list,
    struct sw_str text, bool *ret)
{
    struct sw_secret_scanner *scanner = stream->scanner;
    *ret = false;
    for (uint32_t i = 0; i < list.n; i++) {
        struct sw_expression *expression = NULL;
        int r = secret_expression(&scanner->texts[list.first + i],
            sw_secret_image_item(&scanner->image, list, i), &expression);
        if (r < 0)
            return r;
        if (expression == NULL)
            continue;
        r = sw_expression_match(expression, text);
        if (r == -ENOMEM)
            return r;
        if (r == 1) {
            *ret = true;
            return 0;
        }
    }
    return 0;
}

static bool holds_stopword(const struct sw_secret_image *image,
    const struct sw_secret_image_allow *allow, struct sw_str secret)
{
    char lower[SW_SECRET_BYTES_MAX];
    size_t n = secret.n < sizeof(lower) ? secret.n : sizeof(lower);
    for (size_t i = 0; i < n; i++)
        lower[i] = to_lower(secret.p[i]);
    for (uint32_t i = 0; i < allow->stopwords.n; i++) {
        struct sw_str word = sw_secret_image_item(image, allow->stopwords, i);
        if (memmem(lower, n, word.p, word.n) != NULL)
            return true;
    }
    return false;
}

/* One criterion more: false ends the question for OR lists with yes, for AND lists with no. */
static bool is_open(const struct sw_secret_image_allow *allow, bool holds)
{
    return (allow->flags & SW_SECRET_IMAGE_ALL) != 0 ? holds : !holds;
}

/* 1 when the list allows the match. Of a list without criteria beyond the path `match` is NULL. */
static int is_allowed_by(struct sw_secret_stream *stream, const struct sw_secret_image_allow *allow,
    const struct secret_match *match)
{
    bool is_all = (allow->flags & SW_SECRET_IMAGE_ALL) != 0;
    if (is_all && allow->has_commits)
        return 0;
    bool holds = false;
    int r = 0;
    if (allow->paths.n > 0) {
        r = match_any(stream, allow->paths, stream->path, &holds);
        if (r < 0 || !is_open(allow, holds))
            return r < 0 ? r : holds;
    }
    if (match == NULL)
        return is_all && allow->regexes.n + allow->stopwords.n == 0;
    if (allow->regexes.n > 0) {
        struct sw_str text = match->secret;
        if (allow->target == SW_SECRET_TARGET_MATCH)
            text = sw_str_part(match->text, match->from, match->to - match->from);
        else if (allow->target == SW_SECRET_TARGET_LINE)
            text = lines_of(match);
        r = match_any(stream, allow->regexes, text, &holds);
        if (r < 0 || !is_open(allow, holds))
            return r < 0 ? r : holds;
    }
    if (allow->stopwords.n > 0) {
        holds = holds_stopword(&stream->scanner->image, allow, match->secret);
        if (!is_open(allow, holds))
            return holds;
    }
    return is_all;
}

/* One list, in view of what it says: 1 when it takes the match away; 0 when not, with *severity
 * lowered where it says so. `severity` is NULL while only the path is asked about. */
static int apply_allow(struct sw_secret_stream *stream, const struct sw_secret_image_allow *allow,
    const struct secret_match *match, enum sw_severity *severity)
{
    enum sw_severity most = (enum sw_severity)allow->severity;
    if (most != SW_SEVERITY_UNKNOWN && (severity == NULL || *severity <= most))
        return 0;
    int r = is_allowed_by(stream, allow, match);
    if (r <= 0 || most == SW_SEVERITY_UNKNOWN)
        return r;
    *severity = most;
    return 0;
}

/* Those of all rules and those of this one. 1: allowed. */
static int apply_allows(struct sw_secret_stream *stream, const struct sw_secret_image_rule *rule,
    const struct secret_match *match, enum sw_severity *severity)
{
    const struct sw_secret_image *image = &stream->scanner->image;
    for (uint32_t i = 0; i < image->header->n_common; i++) {
        int r = apply_allow(stream, &image->allows[i], match, severity);
        if (r != 0)
            return r;
    }
    for (uint32_t i = 0; i < rule->n_allows; i++) {
        int r = apply_allow(stream, &image->allows[rule->first_allow + i], match, severity);
        if (r != 0)
            return r;
    }
    return 0;
}

static int ask_path(struct sw_secret_stream *stream, uint32_t index)
{
    struct sw_secret_scanner *scanner = stream->scanner;
    const struct sw_secret_image_rule *rule = &scanner->image.rules[index];
    if (rule->path.n > 0) {
        struct sw_expression *expression = NULL;
        int r = secret_expression(
            &scanner->paths[index], sw_secret_image_text(&scanner->image, rule->path), &expression);
        if (r < 0 || expression == NULL)
            return r;
        r = sw_expression_match(expression, stream->path);
        if (r <= 0)
            return r == -ENOMEM ? r : 0;
    }
    int r = apply_allows(stream, rule, NULL, NULL);
    return r < 0 ? r : !r;
}

int secret_judge_path(struct sw_secret_stream *stream, uint32_t rule)
{
    struct secret_rule_state *state = &stream->rules[rule];
    if (state->path == SECRET_UNKNOWN) {
        int r = ask_path(stream, rule);
        if (r < 0)
            return r;
        state->path = r > 0 ? SECRET_YES : SECRET_NO;
    }
    return state->path == SECRET_YES;
}

static bool is_allowed_by_comment(const struct secret_match *match)
{
    struct sw_str lines = lines_of(match);
    return memmem(lines.p, lines.n, "gitleaks:allow", 14) != NULL ||
           memmem(lines.p, lines.n, "seawall:allow", 13) != NULL;
}

int secret_judge(struct sw_secret_stream *stream, struct secret_match *match)
{
    const struct sw_secret_image_rule *rule = match->rule;
    match->entropy = secret_entropy(match->secret);
    if (rule->entropy > 0 && match->entropy <= rule->entropy)
        return 0;
    if (!is_keyword_near(stream, match))
        return 0;
    if (!sw_secret_checksum_holds((enum sw_secret_checksum)rule->checksum, match->secret))
        return 0;
    if (is_allowed_by_comment(match))
        return 0;
    match->severity = (enum sw_severity)rule->severity;
    int r = apply_allows(stream, rule, match, &match->severity);
    return r < 0 ? r : !r;
}

int secret_judge_severity(
    struct sw_secret_stream *stream, uint32_t rule, enum sw_severity *ret_severity)
{
    *ret_severity = (enum sw_severity)stream->scanner->image.rules[rule].severity;
    int r = apply_allows(stream, &stream->scanner->image.rules[rule], NULL, ret_severity);
    return r < 0 ? r : 0;
}
