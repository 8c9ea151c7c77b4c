/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From hits to candidates: where Vectorscan says that a match ends, the expression itself finds
 * where it begins and what its groups hold. Only few bytes of a file ever come here.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "rules/secret_checksum.h"
#include "secret/secret_priv.h"

/* Matches of one rule around one hit. */
enum { MATCHES_MAX = 2000 };
/* An expression that hit its limits so often in one file is not asked there any more. */
enum { TOO_LONG_MAX = 8 };
/* Rules whose matches may be this long are searched once over the same bytes, not per hit. */
enum { LONG_BACK = 4096 };

static int copy_cut(struct sw_region *region, struct sw_str s, struct sw_str *ret)
{
    return sw_region_copy(region, sw_str_part(s, 0, SW_SECRET_BYTES_MAX), ret);
}

int secret_add(struct sw_secret_stream *stream, const struct secret_candidate *candidate)
{
    struct secret_candidate kept = *candidate;
    int r = copy_cut(&stream->region, candidate->secret, &kept.secret);
    if (r == 0)
        r = copy_cut(&stream->region, candidate->match, &kept.match);
    if (r == 0)
        r = sw_vec_push(&stream->candidates, kept, SW_SECRET_FOUND_MAX);
    if (r == -EFBIG || (r == -ENOMEM && stream->candidates.n > 0)) {
        secret_cut(stream, "more than %zu secrets in one file", stream->candidates.n);
        return 0;
    }
    return r;
}

static struct sw_str trim_newlines(struct sw_str s)
{
    while (s.n > 0 && s.p[0] == '\n')
        s = sw_str_skip(s, 1);
    while (s.n > 0 && s.p[s.n - 1] == '\n')
        s.n--;
    return s;
}

/* The group that the rule names, or the first that holds something, or the whole. */
static struct sw_str pick_secret(
    const struct secret_match *match, const struct sw_expression_span *spans, size_t n_groups)
{
    struct sw_str whole =
        trim_newlines(sw_str_part(match->text, match->from, match->to - match->from));
    if (match->rule->group > 0) {
        size_t group = match->rule->group;
        if (group > SW_EXPRESSION_GROUPS_MAX || spans[group].from > spans[group].to)
            return SW_STR_NONE;
        return sw_str_part(match->text, spans[group].from, spans[group].to - spans[group].from);
    }
    for (size_t i = 1; i <= n_groups && i <= SW_EXPRESSION_GROUPS_MAX; i++)
        if (spans[i].from < spans[i].to)
            return sw_str_part(match->text, spans[i].from, spans[i].to - spans[i].from);
    return whole;
}

static int take_match(struct sw_secret_stream *stream, struct secret_match *match)
{
    if (match->secret.n == 0)
        return 0;
    int r = secret_judge(stream, match);
    if (r <= 0)
        return r;
    struct secret_candidate candidate = {
        .rule = match->index,
        .from = stream->start + match->from,
        .to = stream->start + match->to,
        .secret = match->secret,
        .match = sw_str_part(match->text, match->from, match->to - match->from),
        .encoding = stream->encoding,
        .entropy = match->entropy,
        .severity = match->severity,
    };
    secret_place(
        stream, (size_t)(match->secret.p - match->text.p), &candidate.line, &candidate.column);
    return secret_add(stream, &candidate);
}

static size_t into_window(const struct sw_secret_stream *stream, uint64_t offset)
{
    if (offset <= stream->start)
        return 0;
    uint64_t at = offset - stream->start;
    return at < stream->n ? (size_t)at : stream->n;
}

/* A hit on its way: the rule's expression, and where it is searched. */
struct search {
    struct sw_secret_stream *stream;
    struct sw_expression *expression;
    struct sw_expression_search at;
    struct sw_expression_span spans[SW_EXPRESSION_GROUPS_MAX + 1];
    size_t n_groups;
    struct secret_match match;
};

static int find(struct search *search)
{
    size_t n = search->n_groups + 1;
    if (n > SW_ARRAY_SIZE(search->spans))
        n = SW_ARRAY_SIZE(search->spans);
    int r = sw_expression_find(search->expression, &search->at, search->spans, n);
    if (r != -E2BIG)
        return r;
    search->stream->rules[search->match.index].n_too_long++;
    secret_cut(search->stream, "rule '%.*s' takes too long on what is there",
        SW_STR_ARG(sw_secret_image_text(&search->stream->scanner->image, search->match.rule->id)));
    return 0;
}

/* The first match, searched from near before the hit, where most begin, and from further off only
 * when none begins there: without JIT each kilobyte costs. A match right at the start of what is
 * searched may be the rest of a longer one. */
static int find_first(struct search *search, const struct secret_hit *hit)
{
    static const uint32_t steps[] = {512, 4096, SW_SECRET_BACK_MAX};
    struct sw_secret_stream *stream = search->stream;
    uint64_t settled = stream->rules[hit->rule].settled;
    for (size_t i = 0; i < SW_ARRAY_SIZE(steps); i++) {
        uint32_t limit = search->match.rule->back;
        uint32_t back = steps[i] < limit ? steps[i] : limit;
        uint64_t from = hit->first_to > back ? hit->first_to - back : 0;
        bool is_last = back == limit || from <= settled || from <= stream->start;
        search->at.from = into_window(stream, from > settled ? from : settled);
        int r = find(search);
        if (r < 0 || is_last || (r > 0 && search->spans[0].from > search->at.from))
            return r;
    }
    return 0;
}

/* All matches of the rule that begin before the last end of the hit. */
static int match_hit(
    struct sw_secret_stream *stream, const struct secret_hit *hit, struct sw_expression *expression)
{
    const struct sw_secret_image_rule *rule = &stream->scanner->image.rules[hit->rule];
    struct secret_rule_state *state = &stream->rules[hit->rule];
    uint64_t last = hit->last_to;
    if (rule->flags & SW_SECRET_IMAGE_KEYWORDS)
        last += SECRET_AHEAD; /* the match begins before or behind the keyword */
    struct search search = {
        .stream = stream,
        .expression = expression,
        .at = {.text = {stream->window, stream->n}, .last = into_window(stream, last)},
        .n_groups = sw_expression_n_groups(expression),
        .match = {.rule = rule, .index = hit->rule, .text = {stream->window, stream->n}},
    };
    search.at.flags = (stream->start > 0 ? SW_EXPRESSION_NOT_BEGIN : 0) |
                      (stream->is_end ? 0 : SW_EXPRESSION_NOT_END);
    int r = find_first(&search, hit);
    for (int i = 0; i < MATCHES_MAX && r > 0; i++) {
        search.match.from = search.spans[0].from;
        search.match.to = search.spans[0].to;
        search.match.secret = pick_secret(&search.match, search.spans, search.n_groups);
        r = take_match(stream, &search.match);
        if (r < 0)
            return r;
        size_t at = search.match.to > search.at.from ? search.match.to : search.at.from + 1;
        state->settled = stream->start + at;
        if (at >= search.at.last)
            break;
        search.at.from = at;
        r = find(&search);
    }
    if (r >= 0 && rule->back >= LONG_BACK && stream->start + search.at.last > state->settled)
        state->settled = stream->start + search.at.last;
    return r < 0 ? r : 0;
}

static int settle_hit(struct sw_secret_stream *stream, const struct secret_hit *hit)
{
    struct sw_secret_scanner *scanner = stream->scanner;
    struct secret_rule_state *state = &stream->rules[hit->rule];
    if (state->n_too_long >= TOO_LONG_MAX)
        return 0;
    int r = secret_judge_path(stream, hit->rule);
    if (r <= 0)
        return r;
    const struct sw_secret_image *image = &scanner->image;
    struct sw_expression *expression = NULL;
    r = secret_expression(&scanner->regexes[hit->rule],
        sw_secret_image_text(image, image->rules[hit->rule].regex), &expression);
    if (r < 0 || expression == NULL)
        return r;
    return match_hit(stream, hit, expression);
}

int secret_settle(struct sw_secret_stream *stream, struct sw_err *err)
{
    uint64_t end = stream->start + stream->n;
    size_t n_left = 0;
    for (size_t i = 0; i < stream->hits.n; i++)
        stream->rules[stream->hits.v[i].rule].hit = 0;
    uint32_t n_rules = stream->scanner->image.header->n_rules;
    for (uint32_t i = 0; i < n_rules; i++)
        stream->rules[i].keyword = SECRET_UNKNOWN;
    if (stream->scanner->lower_of == stream)
        stream->scanner->lower_of = NULL;
    for (size_t i = 0; i < stream->hits.n; i++) {
        struct secret_hit hit = stream->hits.v[i];
        if (!stream->is_end && hit.last_to + SECRET_AHEAD > end) {
            stream->hits.v[n_left++] = hit;
            stream->rules[hit.rule].hit = (uint32_t)n_left;
            continue;
        }
        int r = settle_hit(stream, &hit);
        if (r < 0)
            return sw_err_wrap(err, r, "settling a match");
    }
    stream->hits.n = n_left;
    return 0;
}

int secret_settle_path(struct sw_secret_stream *stream, struct sw_err *err)
{
    struct sw_secret_scanner *scanner = stream->scanner;
    for (size_t i = 0; i < scanner->n_path_rules; i++) {
        struct secret_candidate candidate = {
            .rule = scanner->path_rules[i], .encoding = "", .is_file = true};
        int r = secret_judge_path(stream, candidate.rule);
        if (r > 0) {
            r = secret_judge_severity(stream, candidate.rule, &candidate.severity);
            if (r == 0)
                r = secret_add(stream, &candidate);
        }
        if (r < 0)
            return sw_err_wrap(err, r, "settling a path");
    }
    return 0;
}
