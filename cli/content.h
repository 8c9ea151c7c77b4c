/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to look for, and with which rules: options that every command that scans shares, and the
 * rule sets that they name, compiled and ready to be handed to scanners. One row per kind of rule
 * set in the table of content.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/region.h"
#include "io/digest.h"
#include "base/vec.h"
#include "option.h"
#include "scan/scan.h"

struct sw_content_values {
    const char *only;
    bool is_showing_secrets;
    struct sw_option_list yara;
    struct sw_option_list hash_lists;
    struct sw_option_list hash_allow_lists;
    const char *clamd;
    const char *directory; /* no option: where compiled rule sets are kept; NULL: nowhere */
    struct sw_option_list secret_rules;
};

/* Rows of a command's option table, for a member of that type. */
#define SW_CONTENT_ROWS(type, member)                                                              \
    {"only", 0, SW_OPTION_STRING, offsetof(struct type, member.only), "KIND[,KIND]",               \
        "look for these alone: vuln, secrets, malware (default: vuln,malware)", NULL},             \
        {"yara", 0, SW_OPTION_LIST, offsetof(struct type, member.yara), "DIR",                     \
            "malware: YARA rules of a folder or file besides our own; may be given several times", \
            NULL},                                                                                 \
        {"hash-list", 0, SW_OPTION_LIST, offsetof(struct type, member.hash_lists), "FILE",         \
            "malware: files with an MD5, SHA-1 or SHA-256 of this list are malware", NULL},        \
        {"hash-allow", 0, SW_OPTION_LIST, offsetof(struct type, member.hash_allow_lists), "FILE",  \
            "malware: files with a digest of this list are harmless", NULL},                       \
        {"clamd", 0, SW_OPTION_STRING, offsetof(struct type, member.clamd), "SOCKET|HOST:PORT",    \
            "malware: have ClamAV's daemon look at files too", "SEAWALL_CLAMD"},                   \
        {"show-secrets", 0, SW_OPTION_FLAG, offsetof(struct type, member.is_showing_secrets),      \
            NULL, "print secrets as they are, instead of masked", NULL},                           \
    {                                                                                              \
        "secret-rules", 0, SW_OPTION_LIST, offsetof(struct type, member.secret_rules), "FILE",     \
            "look for secrets by these rules (gitleaks' TOML, or a folder of it) instead of\n"     \
            "Seawall's own",                                                                       \
            "SEAWALL_SECRET_RULES"                                                                 \
    }

struct sw_contents_loaded {
    unsigned aspects;
    struct sw_scan_content items[_SW_CONTENT_MAX]; /* descriptors owned */
    size_t n;
    SW_VEC(struct sw_note) notes; /* rules that were refused; texts in the region */
    /* Of the compiled YARA rules, which hold what they look for; empty: none. */
    char compiled_digest[SW_DIGEST_TEXT_BYTES];
};

/* What --only says: 0, or -EINVAL with a sentence. */
int sw_contents_choose(
    const struct sw_content_values *values, struct sw_contents_loaded *loaded, struct sw_err *err);
/* Loads the rule sets of what was chosen; texts live in the region. */
int sw_contents_load(const struct sw_content_values *values, struct sw_region *region,
    struct sw_contents_loaded *loaded, struct sw_err *err);
/* May be called twice. */
void sw_contents_unload(struct sw_contents_loaded *loaded);
