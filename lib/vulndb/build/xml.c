/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one file that names expat. Called by the OVAL and updateinfo readers, once per feed file. The
 * bytes are a stranger's: no document type, no entity, no unbounded text, depth or markup.
 */
#include "vulndb/build/xml.h"

#include <errno.h>
#include <string.h>

#include <expat.h>

#include "base/buf.h"
#include "base/mem.h"

#define CHUNK_BYTES ((size_t)65536)

struct walk {
    XML_Parser parser; /* owned */
    const struct sw_xml_handler *handler;
    struct sw_err *err;
    struct sw_buf text;
    size_t depth;
    int r; /* what ended the walk; 0 while it goes on */
};

static void walk_done(struct walk *walk)
{
    if (walk->parser != NULL)
        XML_ParserFree(walk->parser);
    walk->parser = NULL;
    sw_buf_done(&walk->text);
}

static void stop(struct walk *walk, int r)
{
    if (walk->r == 0)
        walk->r = r;
    XML_StopParser(walk->parser, XML_FALSE);
}

static struct sw_str local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return sw_str_of(colon != NULL ? colon + 1 : name);
}

static void XMLCALL on_open(void *context, const char *name, const char **attributes)
{
    struct walk *walk = context;
    if (walk->r < 0)
        return;
    if (++walk->depth > SW_XML_DEPTH_MAX) {
        stop(walk,
            sw_err_set(walk->err, -EFBIG, "elements are nested deeper than %d", SW_XML_DEPTH_MAX));
        return;
    }
    sw_buf_clear(&walk->text);
    int r = walk->handler->open(
        walk->handler->context, local_name(name), (const char *const *)attributes, walk->err);
    if (r < 0)
        stop(walk, r);
}

static void XMLCALL on_close(void *context, const char *name)
{
    struct walk *walk = context;
    if (walk->r < 0)
        return;
    walk->depth--;
    int r = walk->handler->close(
        walk->handler->context, local_name(name), sw_buf_str(&walk->text), walk->err);
    sw_buf_clear(&walk->text);
    if (r < 0)
        stop(walk, r);
}

static void XMLCALL on_text(void *context, const char *p, int n)
{
    struct walk *walk = context;
    if (walk->r < 0 || n <= 0)
        return;
    size_t room = SW_XML_TEXT_MAX - walk->text.n;
    int r = sw_buf_append(&walk->text, p, (size_t)n < room ? (size_t)n : room);
    if (r < 0)
        stop(walk, r);
}

static void XMLCALL on_doctype(void *context, const char *name, const char *system_id,
    const char *public_id, int has_internal_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    struct walk *walk = context;
    stop(walk, sw_err_set(walk->err, -EBADMSG, "document type declarations are not allowed"));
}

static void XMLCALL on_entity(void *context, const char *name, int is_parameter, const char *value,
    int value_length, const char *base, const char *system_id, const char *public_id,
    const char *notation)
{
    (void)name;
    (void)is_parameter;
    (void)value;
    (void)value_length;
    (void)base;
    (void)system_id;
    (void)public_id;
    (void)notation;
    struct walk *walk = context;
    stop(walk, sw_err_set(walk->err, -EBADMSG, "entity declarations are not allowed"));
}

/* One chunk into the parser. `fed` counts the bytes so far: what the parser has not yet turned into
 * events is one unfinished piece of markup. */
static int feed_chunk(struct walk *walk, const char *p, size_t n, uint64_t *fed)
{
    enum XML_Status status = XML_Parse(walk->parser, p, (int)n, n == 0);
    if (walk->r < 0)
        return walk->r;
    if (status != XML_STATUS_OK) {
        enum XML_Error code = XML_GetErrorCode(walk->parser);
        if (code == XML_ERROR_NO_MEMORY)
            return sw_err_set(walk->err, -ENOMEM, "out of memory");
        return sw_err_set(walk->err, -EBADMSG, "line %llu: %s",
            (unsigned long long)XML_GetCurrentLineNumber(walk->parser), XML_ErrorString(code));
    }
    *fed += n;
    XML_Index done = XML_GetCurrentByteIndex(walk->parser);
    if (n > 0 && done >= 0 && *fed > (uint64_t)done &&
        *fed - (uint64_t)done > SW_XML_MARKUP_MAX + CHUNK_BYTES)
        return sw_err_set(walk->err, -EFBIG,
            "line %llu: a piece of markup is larger than %zu bytes",
            (unsigned long long)XML_GetCurrentLineNumber(walk->parser), SW_XML_MARKUP_MAX);
    return 0;
}

int sw_xml_read(struct sw_reader *in, const struct sw_xml_handler *handler, struct sw_err *err)
{
    SW_CLEANUP(walk_done) struct walk walk = {.handler = handler, .err = err};
    sw_buf_init(&walk.text, SW_XML_TEXT_MAX);
    SW_CLEANUP(sw_mem_freep) char *chunk = sw_mem_alloc(CHUNK_BYTES);
    walk.parser = XML_ParserCreate(NULL);
    if (chunk == NULL || walk.parser == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    XML_SetUserData(walk.parser, &walk);
    XML_SetElementHandler(walk.parser, on_open, on_close);
    XML_SetCharacterDataHandler(walk.parser, on_text);
    XML_SetStartDoctypeDeclHandler(walk.parser, on_doctype);
    XML_SetEntityDeclHandler(walk.parser, on_entity);
    XML_SetParamEntityParsing(walk.parser, XML_PARAM_ENTITY_PARSING_NEVER);

    uint64_t fed = 0;
    for (;;) {
        ssize_t n = sw_reader_read(in, chunk, CHUNK_BYTES, err);
        if (n < 0)
            return (int)n;
        int r = feed_chunk(&walk, chunk, (size_t)n, &fed);
        if (r < 0)
            return r;
        if (n == 0)
            return 0;
    }
}

struct sw_str sw_xml_attribute(const char *const *attributes, const char *name)
{
    for (size_t i = 0; attributes != NULL && attributes[i] != NULL; i += 2)
        if (sw_str_equal_z(local_name(attributes[i]), name))
            return sw_str_of(attributes[i + 1]);
    return SW_STR_NONE;
}
