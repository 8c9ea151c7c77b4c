/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Severities as OSV records state them: vendors' words in four places, and CVSS vectors.
 */
#include <stddef.h>

#include "base/mem.h"
#include "vulndb/build/json_get.h"
#include "vulndb/build/osv_priv.h"

static const struct word {
    struct sw_str word;
    enum sw_severity severity;
} words[] = {
    {SW_STR_INIT("critical"), SW_SEVERITY_CRITICAL},
    {SW_STR_INIT("important"), SW_SEVERITY_HIGH},
    {SW_STR_INIT("high"), SW_SEVERITY_HIGH},
    {SW_STR_INIT("moderate"), SW_SEVERITY_MEDIUM},
    {SW_STR_INIT("medium"), SW_SEVERITY_MEDIUM},
    {SW_STR_INIT("low"), SW_SEVERITY_LOW},
    {SW_STR_INIT("minor"), SW_SEVERITY_LOW},
    {SW_STR_INIT("negligible"), SW_SEVERITY_NEGLIGIBLE},
    {SW_STR_INIT("unimportant"), SW_SEVERITY_NEGLIGIBLE},
};

enum sw_severity osv_severity_find(struct sw_str word)
{
    struct sw_str bare = sw_str_trim(word);
    /* Debian marks an urgency that it has not checked with stars. */
    while (bare.n > 0 && bare.p[bare.n - 1] == '*')
        bare.n--;
    for (size_t i = 0; i < SW_ARRAY_SIZE(words); i++) {
        if (sw_str_equal_ignore_case(bare, words[i].word))
            return words[i].severity;
    }
    return SW_SEVERITY_UNKNOWN;
}

enum sw_severity osv_severity_of_summary(struct sw_str summary)
{
    ptrdiff_t colon = sw_str_find(summary, SW_STR(": "));
    if (colon > 0) {
        enum sw_severity severity = osv_severity_find(sw_str_part(summary, 0, (size_t)colon));
        if (severity != SW_SEVERITY_UNKNOWN)
            return severity;
    }
    ptrdiff_t open = sw_str_find_last_char(summary, '(');
    if (open < 0 || !sw_str_ends_with(summary, SW_STR(")")))
        return SW_SEVERITY_UNKNOWN;
    struct sw_str inner = sw_str_skip(summary, (size_t)open + 1);
    return osv_severity_find(sw_str_part(inner, 0, inner.n - 1));
}

/* 0 for text that is no vector, else larger for the one to prefer. */
static int rank_vector(struct sw_str type, struct sw_str vector)
{
    if (sw_str_starts_with(vector, SW_STR("CVSS:3.1/")))
        return 4;
    if (sw_str_starts_with(vector, SW_STR("CVSS:3.0/")))
        return 3;
    if (sw_str_starts_with(vector, SW_STR("CVSS:4.0/")))
        return 2;
    return sw_str_equal_z(type, "CVSS_V2") && sw_str_starts_with(vector, SW_STR("AV:"));
}

struct sw_cvss osv_severity_cvss(const json_t *severity)
{
    struct sw_cvss best = {.vector = SW_STR(""), .score = -1};
    int best_rank = 0;
    size_t n = json_array_size(severity);
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(severity, i);
        struct sw_str type = sw_json_get_str(item, "type");
        struct sw_str vector = sw_json_get_str(item, "score");
        double score = -1;
        /* The Kubernetes feed puts the vector where the type belongs and the score beside it. */
        if (sw_str_starts_with(type, SW_STR("CVSS:"))) {
            vector = type;
            score = sw_json_get_number(item, "score", -1);
        }
        int rank = rank_vector(type, vector);
        if (rank <= best_rank)
            continue;
        best_rank = rank;
        best = (struct sw_cvss){.vector = vector, .score = score >= 0 && score <= 10 ? score : -1};
    }
    return best;
}

enum sw_severity osv_severity_of_list(const json_t *severity)
{
    size_t n = json_array_size(severity);
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(severity, i);
        enum sw_severity found = osv_severity_find(sw_json_get_str(item, "score"));
        if (found != SW_SEVERITY_UNKNOWN)
            return found;
    }
    return SW_SEVERITY_UNKNOWN;
}
