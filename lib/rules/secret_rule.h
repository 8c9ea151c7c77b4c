/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules for secrets, in gitleaks' TOML: read, checked, and merged with what they extend. The
 * parent reads them; what looks for secrets gets them compiled (secret_compile.h).
 *
 * A rule that cannot be honoured is left out with its id and the reason in `refusals`; a file of
 * which the whole makes no sense fails. Keys of our own in [[rules]]: severity, examples,
 * counterexamples, examplePath, checksum; in allow lists: severity.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "base/vec.h"
#include "model/finding.h"
#include "rules/secret_checksum.h"

#define SW_SECRET_RULES_MAX ((size_t)5000)     /* gitleaks has 222, kingfisher 640 */
#define SW_SECRET_ALLOWS_MAX ((size_t)10000)   /* allow lists of all rules together */
#define SW_SECRET_ITEMS_MAX ((size_t)20000)    /* of one list: stop words have 1500 */
#define SW_SECRET_REFUSALS_MAX ((size_t)10000) /* kept; every rule can have two */
#define SW_SECRET_EXTEND_MAX 4                 /* files that extend files; gitleaks has 2 */
#define SW_SECRET_REGION_MAX ((size_t)256 * 1024 * 1024)

/* What an allow list's expressions are held against. */
enum sw_secret_target {
    SW_SECRET_TARGET_SECRET,
    SW_SECRET_TARGET_MATCH,
    SW_SECRET_TARGET_LINE,
    _SW_SECRET_TARGET_MAX
};

struct sw_secret_list {
    struct sw_str *v;
    size_t n;
};

struct sw_secret_allow {
    bool is_all;      /* condition = "AND": every kind of criterion that is named must hold */
    bool has_commits; /* a criterion that never holds here: there is no history */
    enum sw_secret_target target;
    struct sw_secret_list paths;     /* expressions */
    struct sw_secret_list regexes;   /* expressions */
    struct sw_secret_list stopwords; /* lower case; contained in the secret */
    struct sw_secret_list rules;     /* of a global list: only for these; none: for all */
    enum sw_severity severity;       /* what it covers stays, at most this; UNKNOWN: it goes */
};

struct sw_secret_rule {
    struct sw_str id;
    struct sw_str description;
    struct sw_str regex; /* Go's syntax; empty: a rule about paths alone */
    struct sw_str path;  /* expression; empty: any */
    size_t group;        /* 0: the first group that holds something, or the whole */
    double entropy;      /* Shannon's bits per byte of the secret must exceed it; 0: any */
    struct sw_secret_list keywords; /* lower case; one must stand near */
    struct sw_secret_list tags;
    struct sw_secret_list examples;
    struct sw_secret_list counterexamples;
    struct sw_str example_path; /* where they stand, of a rule with a path; empty: anywhere */
    enum sw_severity severity;  /* SW_SEVERITY_UNKNOWN: not said */
    enum sw_secret_checksum checksum;
    SW_VEC(struct sw_secret_allow) allows; /* heap; sw_secret_rules_done ends it */
    const char *origin;                    /* of its file, in the region */
    unsigned line;
    bool is_refused;
};

/* What was left out or read over, for people. */
struct sw_secret_refusal {
    struct sw_str rule; /* id, or empty for the file */
    const char *origin; /* of the file */
    unsigned line;      /* 0: of no line */
    const char *reason; /* in the region */
    bool is_whole;      /* the rule is left out; false: it holds, but for this */
};

struct sw_secret_rules {
    struct sw_region *region; /* borrowed; texts live in it */
    SW_VEC(struct sw_secret_rule) rules;
    SW_VEC(struct sw_secret_allow) allows; /* for all rules */
    SW_VEC(struct sw_secret_refusal) refusals;
};

/* Reads what a file extends: `path` as written there, empty for our own set (which may be several
 * files). Calls sw_secret_rules_load on `base` for each. Lives with the program: lib/rules opens
 * nothing. NULL where nothing can be extended. */
struct sw_secret_loader {
    int (*load)(const struct sw_secret_loader *loader, struct sw_str path,
        struct sw_secret_rules *base, struct sw_err *err);
    void *context;
    unsigned depth;
};

void sw_secret_rules_init(struct sw_secret_rules *rules, struct sw_region *region);
void sw_secret_rules_done(struct sw_secret_rules *rules);

/* Adds the rules of one file. `origin` is what messages call it, copied. -EINVAL with a sentence
 * that begins with "ORIGIN:"; -EFBIG, -ENOMEM. */
int sw_secret_rules_load(struct sw_secret_rules *rules, struct sw_str origin, struct sw_str bytes,
    const struct sw_secret_loader *loader, struct sw_err *err);

/* The rule of that id, or NULL. */
struct sw_secret_rule *sw_secret_rules_find(const struct sw_secret_rules *rules, struct sw_str id);

/* Notes that a rule is left out (is_whole), or that something about it is: 0 or -ENOMEM. */
int sw_secret_rules_refuse(struct sw_secret_rules *rules, struct sw_secret_rule *rule,
    bool is_whole, const char *format, ...) __attribute__((format(printf, 4, 5)));
