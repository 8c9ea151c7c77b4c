/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings the search for secrets (secret_scanner.h) into the walk: one scanner per layer, one stream
 * per file. Without rules it looks at nothing. What leaves here is masked unless the operator asked
 * otherwise.
 */
#include "secret/secret_analyzer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "content.h"
#include "oci/manifest.h"
#include "secret/secret_scanner.h"

/* Of a path and what is inside of it. */
#define NAME_MAX_BYTES ((size_t)2 * SW_FACT_PATH_MAX)
/* Of the lines around a secret that a report shows. */
#define MATCH_MAX ((size_t)200)

/* One open file. */
struct file {
    struct sw_secret_stream *stream;
    struct sw_secret_sink sink;
    struct sw_analyzer_file file; /* its texts in the region */
    struct sw_analyzer_context context;
    struct sw_str name;
    int layer; /* of the build history; -1 */
};

static int open_layer(struct sw_analyzer_context *context, void **ret_layer, struct sw_err *err)
{
    struct sw_str image = sw_contents_get(context->contents, SW_CONTENT_SECRET_RULES);
    *ret_layer = NULL;
    if (image.n == 0)
        return 0;
    struct sw_secret_scanner *scanner = NULL;
    int r = sw_secret_scanner_new(image.p, image.n, &scanner, err);
    if (r == 0)
        *ret_layer = scanner;
    return r;
}

static int close_layer(struct sw_analyzer_context *context, struct sw_err *err)
{
    (void)err;
    sw_secret_scanner_free(context->layer);
    return 0;
}

/* Puts what may be shown in place of the secret, wherever it stands in the match. */
static int show_match(
    struct sw_region *region, const struct sw_secret_found *found, struct sw_str *ret)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 4 * SW_SECRET_BYTES_MAX + 4 * SW_SECRET_MASKED_BYTES);
    struct sw_str rest = found->match;
    ptrdiff_t at = found->secret.n > 0 ? sw_str_find(rest, found->secret) : -1;
    int r = 0;
    if (at < 0) {
        /* Cut in its middle, or put together from several places: nothing of it is safe to show. */
        r = sw_buf_append(&buf, found->masked, strlen(found->masked));
    } else {
        r = sw_buf_append(&buf, rest.p, (size_t)at);
        if (r == 0)
            r = sw_buf_append(&buf, found->masked, strlen(found->masked));
        rest = sw_str_skip(rest, (size_t)at + found->secret.n);
        /* The same secret may follow a second time. */
        if (r == 0 && sw_str_find(rest, found->secret) < 0)
            r = sw_buf_append_str(&buf, rest);
    }
    if (r < 0)
        return r;
    return sw_region_copy(region, sw_str_part(sw_buf_str(&buf), 0, MATCH_MAX), ret);
}

static const char *describe(
    struct sw_region *region, const struct file *file, const struct sw_secret_found *found)
{
    bool is_key =
        sw_str_find(found->rule, SW_STR("private-key")) >= 0 && found->encoding[0] == '\0';
    bool is_open = is_key && file->file.inner.n == 0 && (file->file.mode & 04) != 0;
    return sw_region_printf(region, "%.*s%s%s%s%s%s", SW_STR_ARG(found->description),
        is_open ? "; readable by every user" : "",
        found->encoding[0] != '\0' ? "; written in " : "", found->encoding,
        found->context != NULL ? "; " : "", found->context != NULL ? found->context : "");
}

static int fill_finding(struct sw_region *region, const struct file *file,
    const struct sw_secret_found *found, struct sw_finding *finding)
{
    bool is_shown = file->context.is_showing_secrets;
    const char *title = describe(region, file, found);
    if (title == NULL)
        return -ENOMEM;
    finding->title = sw_str_of(title);
    int r = sw_region_copy(region, found->rule, &finding->id);
    if (r == 0)
        r = sw_region_copy(
            region, is_shown ? found->secret : sw_str_of(found->masked), &finding->secret);
    if (r == 0)
        r = is_shown
                ? sw_region_copy(region, sw_str_part(found->match, 0, MATCH_MAX), &finding->match)
                : show_match(region, found, &finding->match);
    if (r == 0)
        r = sw_region_copy(region, sw_str_of(found->fingerprint), &finding->fingerprint);
    return r;
}

static int on_found(void *context, const struct sw_secret_found *found)
{
    struct file *file = context;
    struct sw_finding finding = {
        .kind = SW_FINDING_SECRET,
        .severity = found->severity,
        .severity_source = SW_STR("rule"),
        .cvss.score = -1,
        .epss = -1,
        .epss_percentile = -1,
        .engine = SW_STR("secrets"),
        .entropy = found->secret.n > 0 ? found->entropy : -1,
        .location = {.line = found->line,
            .column = found->column,
            .offset = found->offset,
            .layer = -1},
    };
    int r = fill_finding(file->context.region, file, found, &finding);
    if (r == 0)
        r = sw_analyzer_finding(&file->context, &file->file, &finding);
    if (r == 0 && file->layer >= 0) {
        struct sw_facts *facts = file->context.facts;
        facts->facts.v[facts->facts.n - 1].finding->location.layer = file->layer;
    }
    return r;
}

/* "path" or "path!/inner", as rules about paths see it. */
static int name_file(struct file *file)
{
    struct sw_region *region = file->context.region;
    int r = sw_region_copy(region, file->file.path, &file->file.path);
    if (r < 0 || file->file.inner.n == 0) {
        file->name = file->file.path;
        return r;
    }
    r = sw_region_copy(region, file->file.inner, &file->file.inner);
    const char *name = sw_region_printf(region, "%.*s%s%.*s", SW_STR_ARG(file->file.path),
        file->file.path.n > 0 ? "!/" : "", SW_STR_ARG(file->file.inner));
    if (name == NULL)
        return -ENOMEM;
    file->name = sw_str_of(name);
    return r;
}

static int begin_file(struct sw_secret_scanner *scanner, struct file *file, struct sw_err *err)
{
    file->sink = (struct sw_secret_sink){.found = on_found, .context = file};
    return sw_secret_begin(scanner, file->name, &file->sink, &file->stream, err);
}

static int begin(struct sw_analyzer_context *context, const struct sw_analyzer_file *file,
    void **ret_state, struct sw_err *err)
{
    *ret_state = NULL;
    if (context->layer == NULL)
        return 0;
    /* Not in the region, which lives as long as the layer: there are many files. */
    struct file *opened = sw_mem_zalloc(1, sizeof(*opened) + file->path.n + file->inner.n + 3);
    if (opened == NULL)
        return -ENOMEM;
    char *text = (char *)(opened + 1);
    opened->context = *context;
    opened->file = *file;
    opened->file.bytes = SW_STR_NONE;
    opened->layer = -1;
    size_t n = 0;
    memcpy(text, file->path.p, file->path.n);
    opened->file.path = (struct sw_str){text, file->path.n};
    n = file->path.n;
    if (file->inner.n > 0) {
        text[n] = '!';
        text[n + 1] = '/';
        memcpy(text + n + 2, file->inner.p, file->inner.n);
        opened->file.inner = (struct sw_str){text + n + 2, file->inner.n};
        n += 2 + file->inner.n;
    }
    opened->name = (struct sw_str){text, n};
    int r = begin_file(context->layer, opened, err);
    if (r < 0) {
        sw_mem_free(opened);
        return r;
    }
    *ret_state = opened;
    return 0;
}

static int block(void *state, struct sw_str bytes, struct sw_err *err)
{
    struct file *file = state;
    if (file == NULL || file->stream == NULL)
        return 0;
    int r = sw_secret_block(file->stream, bytes, err);
    if (r < 0) {
        /* Told once; the rest of the file passes by. */
        sw_secret_abort(file->stream);
        file->stream = NULL;
    }
    return r;
}

static int end(void *state, struct sw_analyzer_context *context, struct sw_err *err)
{
    SW_CLEANUP(sw_mem_freep) struct file *file = state;
    if (file == NULL || file->stream == NULL)
        return 0;
    file->context = *context;
    struct sw_err limit = {0};
    int r = sw_secret_end(file->stream, &limit);
    if (r == 1)
        return sw_analyzer_note(context, SW_NOTE_LIMIT, file->name, "secrets: %s", limit.message);
    return r < 0 ? sw_err_set(err, r, "%s", limit.message) : 0;
}

static int scan_text(struct sw_secret_scanner *scanner, struct sw_analyzer_context *context,
    const struct sw_image_text *text, struct sw_err *err)
{
    struct file file = {.context = *context, .layer = text->layer, .file.inner = text->member};
    int r = name_file(&file);
    if (r < 0)
        return r;
    const struct sw_secret_sink sink = {.found = on_found, .context = &file};
    r = sw_secret_scan_text(scanner, file.name, text->text, &sink, err);
    return r < 0 ? r : 0;
}

static int config(struct sw_analyzer_context *context, const struct sw_image_text *texts,
    size_t n_texts, struct sw_err *err)
{
    void *scanner = NULL;
    int r = open_layer(context, &scanner, err);
    for (size_t i = 0; r == 0 && scanner != NULL && i < n_texts; i++)
        r = scan_text(scanner, context, &texts[i], err);
    sw_secret_scanner_free(scanner);
    return r;
}

const struct sw_analyzer sw_secret_analyzer = {
    .name = "secrets",
    .version = 1,
    .aspect = SW_ASPECT_SECRETS,
    .want = SW_WANT_STREAM,
    .wants = {.is_any = true},
    .open_layer = open_layer,
    .close_layer = close_layer,
    .config = config,
    .begin = begin,
    .block = block,
    .end = end,
};
