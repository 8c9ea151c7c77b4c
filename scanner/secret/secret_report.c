/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Candidates of a file in order, each secret once, with what may be shown of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/digest.h"
#include "rules/secret_context.h"
#include "secret/secret_priv.h"

/* Secrets from this length on show their first characters, from the second on their last too. */
enum { SHOW_FIRST = 16, SHOW_LAST = 24, SHOWN = 4 };

/* Of a text that others may see: never so much that the rest can be guessed. */
static void mask(struct sw_str secret, char ret[SW_SECRET_MASKED_BYTES])
{
    char clean[SW_SECRET_MASKED_BYTES / 2];
    size_t n_first = secret.n >= SHOW_FIRST ? SHOWN : 0;
    size_t n_last = secret.n >= SHOW_LAST ? SHOWN : 0;
    if (sw_str_starts_with(secret, SW_STR("-----BEGIN"))) {
        ptrdiff_t end = sw_str_find_char(secret, '\n');
        n_first = end > 0 && (size_t)end < sizeof(clean) ? (size_t)end : SHOWN;
        n_last = 0;
    }
    size_t n = 0;
    for (size_t i = 0; i < n_first + n_last; i++) {
        char c = i < n_first ? secret.p[i] : secret.p[secret.n - n_last + (i - n_first)];
        clean[n++] = c >= 0x20 && c < 0x7f ? c : '?';
    }
    snprintf(ret, SW_SECRET_MASKED_BYTES, "%.*s********%.*s", (int)n_first, clean, (int)n_last,
        clean + n_first);
}

static int fingerprint(struct sw_str rule, struct sw_str path, struct sw_str secret,
    char ret[SW_SECRET_FINGERPRINT_BYTES])
{
    SW_CLEANUP(sw_digest_done) struct sw_digest digest = {0};
    char text[SW_DIGEST_TEXT_BYTES];
    int r = sw_digest_init(&digest, SW_DIGEST_SHA256);
    if (r == 0)
        r = sw_digest_update(&digest, rule.p, rule.n);
    if (r == 0)
        r = sw_digest_update(&digest, "", 1);
    if (r == 0)
        r = sw_digest_update(&digest, path.p, path.n);
    if (r == 0)
        r = sw_digest_update(&digest, "", 1);
    if (r == 0)
        r = sw_digest_update(&digest, secret.p, secret.n);
    if (r == 0)
        r = sw_digest_final(&digest, text);
    if (r < 0)
        return r;
    snprintf(ret, SW_SECRET_FINGERPRINT_BYTES, "%.32s", strchr(text, ':') + 1);
    return 0;
}

static int compare_places(const void *a, const void *b)
{
    const struct secret_candidate *left = a;
    const struct secret_candidate *right = b;
    if (left->from != right->from)
        return left->from < right->from ? -1 : 1;
    if (left->rule != right->rule)
        return left->rule < right->rule ? -1 : 1;
    return sw_str_compare(left->secret, right->secret);
}

static bool is_generic(const struct sw_secret_stream *stream, const struct secret_candidate *c)
{
    return (stream->scanner->image.rules[c->rule].flags & SW_SECRET_IMAGE_GENERIC) != 0;
}

static bool overlap(const struct secret_candidate *a, const struct secret_candidate *b)
{
    return a->from < b->to && b->from < a->to;
}

/* The same again, or what a rule that knows more has found as well. Candidates are sorted and few
 * overlap: neighbours are enough. */
static bool is_redundant(const struct sw_secret_stream *stream, size_t i)
{
    enum { NEIGHBOURS = 16 };
    const struct secret_candidate *all = stream->candidates.v;
    const struct secret_candidate *mine = &all[i];
    size_t first = i > NEIGHBOURS ? i - NEIGHBOURS : 0;
    for (size_t k = first; k < stream->candidates.n && k < i + NEIGHBOURS; k++) {
        const struct secret_candidate *other = &all[k];
        if (k == i || !overlap(mine, other))
            continue;
        if (k < i && mine->rule == other->rule && sw_str_equal(mine->secret, other->secret))
            return true;
        if (is_generic(stream, mine) && !is_generic(stream, other) &&
            (sw_str_find(other->match, mine->secret) >= 0 ||
                sw_str_find(mine->secret, other->secret) >= 0))
            return true;
    }
    return false;
}

static int tell(struct sw_secret_stream *stream, const struct secret_candidate *candidate)
{
    const struct sw_secret_image *image = &stream->scanner->image;
    const struct sw_secret_image_rule *rule = &image->rules[candidate->rule];
    char masked[SW_SECRET_MASKED_BYTES] = "";
    char print[SW_SECRET_FINGERPRINT_BYTES];
    struct sw_secret_found found = {
        .rule = sw_secret_image_text(image, rule->id),
        .description = sw_secret_image_text(image, rule->description),
        .path = stream->path,
        .encoding = candidate->encoding,
        .line = candidate->line,
        .column = candidate->column,
        .offset = candidate->from,
        .secret = candidate->secret,
        .match = candidate->match,
        .masked = masked,
        .fingerprint = print,
        .entropy = candidate->entropy,
    };
    if (!candidate->is_file)
        mask(candidate->secret, masked);
    found.severity = sw_secret_context_grade(
        candidate->severity, stream->path, candidate->secret, &found.context);
    int r = fingerprint(found.rule, found.path, found.secret, print);
    if (r < 0)
        return r;
    return stream->sink->found(stream->sink->context, &found);
}

int secret_report(struct sw_secret_stream *stream, struct sw_err *err)
{
    if (stream->candidates.n == 0)
        return 0;
    qsort(
        stream->candidates.v, stream->candidates.n, sizeof(*stream->candidates.v), compare_places);
    for (size_t i = 0; i < stream->candidates.n; i++) {
        if (is_redundant(stream, i))
            continue;
        int r = tell(stream, &stream->candidates.v[i]);
        if (r < 0)
            return sw_err_wrap(err, r, "reporting a secret");
    }
    return 0;
}
