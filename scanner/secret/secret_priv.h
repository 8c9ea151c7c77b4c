/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the search for secrets share.
 */
#pragma once

#include <hs.h>

#include "base/buf.h"
#include "base/region.h"
#include "base/vec.h"
#include "rules/expression.h"
#include "rules/secret_image.h"
#include "secret/secret_scanner.h"

/* Behind a hit at least this much is at hand before its exact match is made, for greedy ends. */
#define SECRET_AHEAD ((size_t)4096)
/* Kept of what has passed. */
#define SECRET_KEEP ((size_t)SW_SECRET_BACK_MAX + SECRET_AHEAD)
/* What is scanned at once; beyond it nothing becomes faster. */
#define SECRET_BLOCK ((size_t)128 * 1024)
#define SECRET_WINDOW (SECRET_KEEP + SECRET_BLOCK)
/* Hits of one rule nearer than this are settled together. */
#define SECRET_GAP ((uint64_t)256)
/* Places to settle in one block; more is a text made for it. */
#define SECRET_HITS_MAX ((size_t)20000)

/* Places where Vectorscan says that matches of a rule end. */
struct secret_hit {
    uint32_t rule;
    uint64_t first_to;
    uint64_t last_to;
};

/* A secret that passed everything; texts are in the stream's region. */
struct secret_candidate {
    uint32_t rule;
    uint64_t from;
    uint64_t to;
    unsigned line;
    unsigned column;
    struct sw_str secret;
    struct sw_str match;
    const char *encoding;
    double entropy;
    enum sw_severity severity;
    bool is_file; /* the path alone */
};

/* What is known about a rule in the file at hand. */
struct secret_rule_state {
    uint64_t settled; /* matches begin at or after it */
    uint32_t hit;     /* 1 + index of its last hit in this block; 0: none */
    uint8_t path;     /* enum secret_answer: may it apply here */
    uint8_t keyword;  /* the same, in this window */
    uint16_t n_too_long;
};

enum secret_answer { SECRET_UNKNOWN, SECRET_YES, SECRET_NO };

struct sw_secret_stream {
    struct sw_secret_scanner *scanner;
    struct sw_secret_stream *next; /* in the list of those that are free */
    hs_stream_t *automaton;        /* owned; NULL when no rule has an expression */
    const struct sw_secret_sink *sink;
    struct sw_str path;
    unsigned depth;
    const char *encoding;

    char *window; /* owned, SECRET_WINDOW */
    size_t n;
    size_t n_scanned;
    size_t n_decoded[2]; /* of Base64 and UTF-16, up to here */
    uint64_t start;      /* offset of the window in the file */
    bool is_end;
    bool is_binary;
    unsigned n_lines;     /* ends of line before the window */
    uint64_t line_start;  /* of the line in which the window begins */
    size_t n_lines_known; /* counted so far inside the window */
    size_t lines_counted_to;
    bool has_lower; /* scanner->lower is of this window */

    struct secret_rule_state *rules; /* owned, one each */
    SW_VEC(struct secret_hit) hits;
    SW_VEC(struct secret_candidate) candidates;
    struct sw_region region;
    bool is_cut; /* something was left out */
    char cut_reason[160];
    int error; /* of a callback */
};

struct sw_secret_scanner {
    struct sw_secret_image image;
    hs_scratch_t *scratch;
    struct sw_secret_stream *free;
    struct sw_expression **regexes; /* one per rule, made when first wanted */
    struct sw_expression **paths;
    struct sw_expression **texts; /* one per text of the image: those of allow lists */
    uint32_t *path_rules;         /* that are about paths alone */
    size_t n_path_rules;
    char *lower; /* owned, SECRET_WINDOW: a window in lower case */
    const struct sw_secret_stream *lower_of;
    struct sw_buf decoded[SW_SECRET_DEPTH_MAX + 1];
};

/* secret_stream.c */
int secret_open(struct sw_secret_scanner *scanner, struct sw_str path, unsigned depth,
    const char *encoding, struct sw_secret_stream **ret, struct sw_err *err);
int secret_feed(struct sw_secret_stream *stream, struct sw_str bytes, struct sw_err *err);
/* The last of it; candidates are complete then. */
int secret_finish(struct sw_secret_stream *stream, struct sw_err *err);
void secret_close(struct sw_secret_stream *stream);
/* Remembers that something was left out, the first reason only. */
void secret_cut(struct sw_secret_stream *stream, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* secret_settle.c: exact matches for hits whose surroundings are at hand. */
int secret_settle(struct sw_secret_stream *stream, struct sw_err *err);
/* A file that is a finding by its path. */
int secret_settle_path(struct sw_secret_stream *stream, struct sw_err *err);
/* Adds one, its texts copied. */
int secret_add(struct sw_secret_stream *stream, const struct secret_candidate *candidate);

/* secret_judge.c: what speaks against a match. */
struct secret_match {
    const struct sw_secret_image_rule *rule;
    uint32_t index;
    struct sw_str text; /* the window */
    size_t from;
    size_t to;
    struct sw_str secret;
    double entropy;
    enum sw_severity severity; /* its rule's, or what an allow list left of it */
};
/* 1 when it stands, 0 when not. */
int secret_judge(struct sw_secret_stream *stream, struct secret_match *match);
/* Whether a rule may apply to the stream's path at all. */
int secret_judge_path(struct sw_secret_stream *stream, uint32_t rule);
/* Of a finding that is the file itself. */
int secret_judge_severity(
    struct sw_secret_stream *stream, uint32_t rule, enum sw_severity *ret_severity);
double secret_entropy(struct sw_str s);

/* secret_place.c */
void secret_place(
    struct sw_secret_stream *stream, size_t at, unsigned *ret_line, unsigned *ret_column);
/* Before the first n bytes of the window go. */
void secret_place_forget(struct sw_secret_stream *stream, size_t n);

/* secret_encoded.c: what in the window stands for other text. */
int secret_look_into(struct sw_secret_stream *stream, struct sw_err *err);

/* secret_report.c: candidates to the sink. */
int secret_report(struct sw_secret_stream *stream, struct sw_err *err);

/* An expression of the image, made when first wanted; NULL in *ret when it is none after all. */
int secret_expression(struct sw_expression **slot, struct sw_str text, struct sw_expression **ret);
