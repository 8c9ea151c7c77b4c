/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of ignore files make, and ignore.c asks.
 */
#pragma once

#include "rules/ignore.h"
#include "rules/pattern.h"
#include "rules/yaml_node.h"

#define SW_IGNORE_LINE_MAX ((size_t)8192)  /* bytes of a line */
#define SW_IGNORE_ITEMS_MAX ((size_t)1000) /* paths or purls of one rule */

/* A package URL as a condition: what it does not say may be anything. */
struct sw_ignore_purl {
    struct sw_str type;
    const struct sw_pattern *name;    /* "namespace/name"; NULL: any */
    const struct sw_pattern *version; /* NULL: any */
    struct sw_str *qualifiers;        /* "arch=amd64", decoded */
    size_t n_qualifiers;
};

/* A package of the report as a package URL. */
struct sw_ignore_target {
    struct sw_str type;
    struct sw_str name; /* "namespace/name" */
    struct sw_str version;
    struct sw_str qualifiers[8];
    size_t n_qualifiers;
};

enum sw_ignore_alias {
    SW_IGNORE_ALIAS_ANY, /* each name that the finding has */
    SW_IGNORE_ALIAS_CVE, /* its own id, and CVEs */
};

enum sw_ignore_match_type {
    SW_IGNORE_MATCH_ANY,
    SW_IGNORE_MATCH_DIRECT,   /* the package itself was named */
    SW_IGNORE_MATCH_INDIRECT, /* its source was */
};

/* Everything that is set has to hold. */
struct sw_ignore_rule {
    struct sw_str origin;
    struct sw_str id;
    enum sw_ignore_alias alias;
    bool has_kind;
    bool is_waiting; /* for a kind, language or the like that no finding has yet: never holds */
    bool is_source_named; /* purls may name the source package too */
    bool is_day_excluded; /* until: on that day it holds no more */
    enum sw_finding_kind kind;
    uint16_t fix_states; /* bits of enum sw_fix_status; 0: any */
    enum sw_ignore_match_type match_type;
    int layer; /* -1: any */
    struct sw_str layer_prefix;
    const struct sw_ignore_purl *purls; /* one of them */
    size_t n_purls;
    const struct sw_pattern *const *paths; /* one of them */
    size_t n_paths;
    const struct sw_pattern *package_name;
    const struct sw_pattern *source_name;
    struct sw_str package_version;
    struct sw_str package_type;
    struct sw_str os_id; /* of the system */
    struct sw_str os_version;
    struct sw_str until; /* "YYYY-MM-DD" */
    struct sw_str reason;
    struct sw_str status; /* what a report says of it; empty: "ignored" */
};

/* What travels through a reader. */
struct sw_ignore_reader {
    struct sw_ignore_rules *rules;
    struct sw_str origin;
    struct sw_err *err;
};

int sw_ignore_read_seawall(const struct sw_ignore_reader *reader, struct sw_str bytes);
int sw_ignore_read_trivy(const struct sw_ignore_reader *reader, struct sw_str bytes);
int sw_ignore_read_trivy_yaml(const struct sw_ignore_reader *reader, struct sw_str bytes);
int sw_ignore_read_grype(const struct sw_ignore_reader *reader, struct sw_str bytes);

/* "ORIGIN:LINE:COLUMN: what"; returns -EINVAL. */
int sw_ignore_refuse(const struct sw_ignore_reader *reader, unsigned line, unsigned column,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same around a sentence that err holds already; returns r. */
int sw_ignore_wrap(const struct sw_ignore_reader *reader, int r, unsigned line, unsigned column);

/* A new rule at the end of the list, zeroed but for its place. NULL with err set. */
struct sw_ignore_rule *sw_ignore_add(const struct sw_ignore_reader *reader, unsigned line);
/* A sentence for people; "ORIGIN: " is put before it. */
int sw_ignore_warn(const struct sw_ignore_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A date "YYYY-MM-DD" that there is. */
bool sw_ignore_is_date(struct sw_str text);
/* The known word that is nearest, or NULL when none is near. */
const char *sw_ignore_nearest(struct sw_str word, const char *const *known, size_t n);

/* The text of a package URL as a condition, with stars or without. -EINVAL with a sentence. */
int sw_ignore_purl_parse(struct sw_str text, enum sw_pattern_kind kind, struct sw_region *region,
    struct sw_ignore_purl *ret, struct sw_err *err);
bool sw_ignore_purl_match(const struct sw_ignore_purl *purl, const struct sw_ignore_target *target);
/* Takes a whole package URL apart; text lives in the region. */
int sw_ignore_target_parse(
    struct sw_str text, struct sw_region *region, struct sw_ignore_target *ret);

/* YAML: what a reader expects at a node. Each returns 0 or -EINVAL with its place. */
int sw_ignore_expect(const struct sw_ignore_reader *reader, const struct sw_yaml_node *node,
    enum sw_yaml_kind kind, const char *what);
/* Parses the file; *ret NULL when it is empty, else a map. */
int sw_ignore_read_yaml(
    const struct sw_ignore_reader *reader, struct sw_str bytes, const struct sw_yaml_node **ret);
/* An unknown key of a map is refused, with the nearest known one. */
int sw_ignore_check_keys(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map,
    const char *const *known, size_t n);
/* The member's text into *ret; absent or null leaves it. */
int sw_ignore_get_text(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map,
    const char *key, struct sw_str *ret);
