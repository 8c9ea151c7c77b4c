/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks for secrets in bytes as they pass, with a compiled rule set (rules/secret_image.h). One
 * scanner per thread; any number of files open in it, each a stream with a fixed window of recent
 * bytes. Vectorscan reads every byte once; only where it hits are expressions matched exactly, and
 * entropy, checksum, allow lists and comments asked.
 *
 * Base64 and UTF-16 inside a file that stand for text are looked into as well, one in the other to
 * a depth of SW_SECRET_DEPTH_MAX.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "model/finding.h"

#define SW_SECRET_DEPTH_MAX 2              /* Base64 of Base64 occurs (Kubernetes secrets) */
#define SW_SECRET_FOUND_MAX ((size_t)1000) /* of one file; a dump of tokens has its say by then */
#define SW_SECRET_BYTES_MAX ((size_t)4096) /* kept of one secret */
#define SW_SECRET_FINGERPRINT_BYTES ((size_t)33)
#define SW_SECRET_MASKED_BYTES ((size_t)96)

struct sw_secret_scanner;
struct sw_secret_stream;

/* A secret, lent for the call. */
struct sw_secret_found {
    struct sw_str rule; /* id */
    struct sw_str description;
    struct sw_str path; /* as given to begin */
    enum sw_severity severity;
    const char *context;     /* why it is graded lower than its rule says, or NULL */
    const char *encoding;    /* "base64", "utf-16", "base64, utf-16" ...; empty: as it stands */
    unsigned line;           /* from 1; 0: in a file that is no text, or the file itself */
    unsigned column;         /* in bytes from 1 */
    uint64_t offset;         /* of the match in the file; of the encoded text around it */
    struct sw_str secret;    /* cut at SW_SECRET_BYTES_MAX; empty when the file itself is one */
    struct sw_str match;     /* the whole match, cut likewise */
    const char *masked;      /* the secret as it may be shown */
    const char *fingerprint; /* of rule, path and secret: 32 hexadecimal digits */
    double entropy;
};

/* Told about each secret of a file when the file ends, in the order of their places. A negative
 * return ends the file with it. */
struct sw_secret_sink {
    int (*found)(void *context, const struct sw_secret_found *found);
    void *context;
};

/* `image` is borrowed for the scanner's life, aligned as secret_image.h says. */
int sw_secret_scanner_new(
    const void *image, size_t n, struct sw_secret_scanner **ret, struct sw_err *err);
void sw_secret_scanner_free(struct sw_secret_scanner *scanner);
/* The caller's name for the rule set. */
struct sw_str sw_secret_scanner_digest(const struct sw_secret_scanner *scanner);

/* Opens a file. `path` and `sink` are borrowed until it ends. */
int sw_secret_begin(struct sw_secret_scanner *scanner, struct sw_str path,
    const struct sw_secret_sink *sink, struct sw_secret_stream **ret, struct sw_err *err);
int sw_secret_block(struct sw_secret_stream *stream, struct sw_str bytes, struct sw_err *err);
/* Ends the file and its stream, also when it fails. 1 when something was left out because of a
 * limit (more findings than are kept, an expression that takes too long): err says what. */
int sw_secret_end(struct sw_secret_stream *stream, struct sw_err *err);
/* Ends the stream without a word; NULL is allowed. */
void sw_secret_abort(struct sw_secret_stream *stream);

/* All of that over text at hand: build history, labels, environment. */
int sw_secret_scan_text(struct sw_secret_scanner *scanner, struct sw_str name, struct sw_str text,
    const struct sw_secret_sink *sink, struct sw_err *err);
