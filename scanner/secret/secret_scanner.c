/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scanners, and the functions that everybody else calls.
 */
#include "secret/secret_scanner.h"

#include <errno.h>

#include "base/mem.h"
#include "secret/secret_priv.h"

static void free_expressions(struct sw_expression **expressions, size_t n)
{
    for (size_t i = 0; expressions != NULL && i < n; i++)
        sw_expression_free(expressions[i]);
    sw_mem_free(expressions);
}

static void free_stream(struct sw_secret_stream *stream)
{
    if (stream->automaton != NULL)
        hs_close_stream(stream->automaton, NULL, NULL, NULL);
    sw_mem_free(stream->window);
    sw_mem_free(stream->rules);
    sw_vec_done(&stream->hits);
    sw_vec_done(&stream->candidates);
    sw_region_done(&stream->region);
    sw_mem_free(stream);
}

void sw_secret_scanner_free(struct sw_secret_scanner *scanner)
{
    if (scanner == NULL)
        return;
    while (scanner->free != NULL) {
        struct sw_secret_stream *stream = scanner->free;
        scanner->free = stream->next;
        free_stream(stream);
    }
    const struct sw_secret_image_header *header = scanner->image.header;
    free_expressions(scanner->regexes, header->n_rules);
    free_expressions(scanner->paths, header->n_rules);
    free_expressions(scanner->texts, header->n_texts);
    for (size_t i = 0; i < SW_ARRAY_SIZE(scanner->decoded); i++)
        sw_buf_done(&scanner->decoded[i]);
    sw_mem_free(scanner->path_rules);
    sw_mem_free(scanner->lower);
    hs_free_scratch(scanner->scratch);
    sw_mem_free(scanner);
}

static int prepare(struct sw_secret_scanner *scanner, struct sw_err *err)
{
    const struct sw_secret_image *image = &scanner->image;
    size_t n_rules = image->header->n_rules;
    scanner->regexes = sw_mem_zalloc(n_rules + 1, sizeof(struct sw_expression *));
    scanner->paths = sw_mem_zalloc(n_rules + 1, sizeof(struct sw_expression *));
    scanner->texts =
        sw_mem_zalloc((size_t)image->header->n_texts + 1, sizeof(struct sw_expression *));
    scanner->path_rules = sw_mem_zalloc(n_rules + 1, sizeof(*scanner->path_rules));
    scanner->lower = sw_mem_alloc(SECRET_WINDOW);
    if (scanner->regexes == NULL || scanner->paths == NULL || scanner->texts == NULL ||
        scanner->path_rules == NULL || scanner->lower == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < n_rules; i++)
        if (image->rules[i].regex.n == 0)
            scanner->path_rules[scanner->n_path_rules++] = i;
    for (size_t i = 0; i < SW_ARRAY_SIZE(scanner->decoded); i++)
        sw_buf_init(&scanner->decoded[i], SECRET_WINDOW);
    if (image->database == NULL)
        return 0;
    hs_error_t code = hs_alloc_scratch(image->database, &scanner->scratch);
    if (code == HS_NOMEM)
        return -ENOMEM;
    if (code != HS_SUCCESS)
        return sw_err_set(
            err, -EINVAL, "secret rules were compiled for another processor or version (%d)", code);
    return 0;
}

int sw_secret_scanner_new(
    const void *image, size_t n, struct sw_secret_scanner **ret, struct sw_err *err)
{
    struct sw_secret_image opened;
    int r = sw_secret_image_open(image, n, &opened, err);
    if (r < 0)
        return r;
    struct sw_secret_scanner *scanner = sw_mem_zalloc(1, sizeof(*scanner));
    if (scanner == NULL)
        return -ENOMEM;
    scanner->image = opened;
    r = prepare(scanner, err);
    if (r < 0) {
        sw_secret_scanner_free(scanner);
        return r;
    }
    *ret = scanner;
    return 0;
}

struct sw_str sw_secret_scanner_digest(const struct sw_secret_scanner *scanner)
{
    return sw_secret_image_digest(&scanner->image);
}

int secret_expression(struct sw_expression **slot, struct sw_str text, struct sw_expression **ret)
{
    if (*slot == NULL) {
        int r = sw_expression_new(text, slot, NULL);
        if (r == -ENOMEM)
            return r;
        /* The parent has made it before; what cannot be made matches nothing. */
    }
    *ret = *slot;
    return 0;
}

int sw_secret_begin(struct sw_secret_scanner *scanner, struct sw_str path,
    const struct sw_secret_sink *sink, struct sw_secret_stream **ret, struct sw_err *err)
{
    struct sw_secret_stream *stream = NULL;
    int r = secret_open(scanner, path, 0, "", &stream, err);
    if (r < 0)
        return r;
    stream->sink = sink;
    *ret = stream;
    return 0;
}

int sw_secret_block(struct sw_secret_stream *stream, struct sw_str bytes, struct sw_err *err)
{
    return secret_feed(stream, bytes, err);
}

int sw_secret_end(struct sw_secret_stream *stream, struct sw_err *err)
{
    int r = secret_settle_path(stream, err);
    if (r >= 0)
        r = secret_finish(stream, err);
    if (r >= 0)
        r = secret_report(stream, err);
    if (r >= 0 && stream->is_cut) {
        sw_err_set(err, 0, "%s", stream->cut_reason);
        r = 1;
    }
    secret_close(stream);
    return r;
}

void sw_secret_abort(struct sw_secret_stream *stream)
{
    if (stream != NULL)
        secret_close(stream);
}

int sw_secret_scan_text(struct sw_secret_scanner *scanner, struct sw_str name, struct sw_str text,
    const struct sw_secret_sink *sink, struct sw_err *err)
{
    struct sw_secret_stream *stream = NULL;
    int r = sw_secret_begin(scanner, name, sink, &stream, err);
    if (r < 0)
        return r;
    r = sw_secret_block(stream, text, err);
    if (r < 0) {
        sw_secret_abort(stream);
        return r;
    }
    return sw_secret_end(stream, err);
}
