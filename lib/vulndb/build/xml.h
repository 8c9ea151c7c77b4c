/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XML as a stream of elements: what the feed readers of XML formats stand on. Names come without
 * their prefix, text comes at the end of its element. A document type or an entity declaration is
 * refused, so nothing can be expanded; depth, text and markup are capped.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "io/reader.h"

/* Elements inside elements; OVAL criteria go to about ten. */
#define SW_XML_DEPTH_MAX 256
/* Text of one element; longer text is cut. */
#define SW_XML_TEXT_MAX ((size_t)1 << 20)
/* One piece of markup (a start tag with its attributes). */
#define SW_XML_MARKUP_MAX ((size_t)1 << 20)

/* What to call. A negative return ends the reading and is returned. */
struct sw_xml_handler {
    void *context;
    /* attributes: name, value, name, value ... NULL; borrowed for the call. */
    int (*open)(
        void *context, struct sw_str name, const char *const *attributes, struct sw_err *err);
    /* text: the character data since the last open or close, not trimmed; borrowed. */
    int (*close)(void *context, struct sw_str name, struct sw_str text, struct sw_err *err);
};

/* 0; -EBADMSG with line and reason for what is not well-formed or ends early; -EFBIG beyond a cap;
 * what the reader or a handler returned. */
int sw_xml_read(struct sw_reader *in, const struct sw_xml_handler *handler, struct sw_err *err);

/* The value of an attribute (compared without prefix); empty when it is not there. */
struct sw_str sw_xml_attribute(const char *const *attributes, const char *name);
