/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiling half of Vectorscan. Its other half, which scans, is in scanner/secret.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <hs.h>

#include "base/mem.h"
#include "rules/secret_compile.h"
#include "rules/secret_compile_priv.h"
#include "rules/secret_image.h"

/* State that a file has while it is open. gitleaks' rules want 1 KB. */
#define STREAM_BYTES_MAX ((size_t)1024 * 1024)

static unsigned flags_of(const struct secret_plan *plan)
{
    if (plan->way == SECRET_BY_PREFILTER)
        return HS_FLAG_PREFILTER;
    return plan->way == SECRET_BY_KEYWORDS ? HS_FLAG_CASELESS : 0;
}

static int error_of(hs_error_t code)
{
    return code == HS_NOMEM ? -ENOMEM : -EINVAL;
}

int sw_secret_compile_key(struct sw_buf *buf, struct sw_err *err)
{
    hs_platform_info_t platform = {0};
    if (hs_valid_platform() != HS_SUCCESS || hs_populate_platform(&platform) != HS_SUCCESS)
        return sw_err_set(err, -ENOTSUP,
            "this processor lacks what the search for secrets needs (SSE4.2 or NEON)");
    return sw_buf_printf(buf, "%u;%s;%u;%llx", SW_SECRET_IMAGE_VERSION, hs_version(), platform.tune,
        platform.cpu_features);
}

int secret_check_pattern(const struct secret_plan *plan, uint32_t *ret_min, uint32_t *ret_max,
    char *ret_reason, size_t n_reason)
{
    hs_expr_info_t *info = NULL;
    hs_compile_error_t *error = NULL;
    hs_error_t code = hs_expression_info(plan->pattern, flags_of(plan), &info, &error);
    if (code != HS_SUCCESS) {
        snprintf(ret_reason, n_reason, "%s", error != NULL ? error->message : "out of memory");
        hs_free_compile_error(error);
        return error_of(code);
    }
    *ret_min = info->min_width;
    *ret_max = info->max_width;
    sw_mem_free(info);
    return 0;
}

/* The patterns as Vectorscan wants them: three arrays. */
struct patterns {
    const char **texts;
    unsigned *flags;
    unsigned *ids;
    unsigned n;
};

static void patterns_done(struct patterns *patterns)
{
    sw_mem_free(patterns->texts);
    sw_mem_free(patterns->flags);
    sw_mem_free(patterns->ids);
    *patterns = (struct patterns){0};
}

static int fill_patterns(const struct secret_plans *plans, struct patterns *patterns)
{
    patterns->texts = sw_mem_zalloc(plans->n + 1, sizeof(*patterns->texts));
    patterns->flags = sw_mem_zalloc(plans->n + 1, sizeof(*patterns->flags));
    patterns->ids = sw_mem_zalloc(plans->n + 1, sizeof(*patterns->ids));
    if (patterns->texts == NULL || patterns->flags == NULL || patterns->ids == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < plans->n; i++) {
        if (plans->v[i].way == SECRET_BY_PATH)
            continue;
        patterns->texts[patterns->n] = plans->v[i].pattern;
        patterns->flags[patterns->n] = flags_of(&plans->v[i]);
        patterns->ids[patterns->n] = (unsigned)i;
        patterns->n++;
    }
    return 0;
}

static int compile(const struct patterns *patterns, hs_database_t **ret, int *ret_bad,
    char *ret_reason, size_t n_reason)
{
    hs_compile_error_t *error = NULL;
    hs_error_t code = hs_compile_multi(patterns->texts, patterns->flags, patterns->ids, patterns->n,
        HS_MODE_STREAM, NULL, ret, &error);
    if (code == HS_SUCCESS)
        return 0;
    *ret_bad = error != NULL ? error->expression : -1;
    snprintf(ret_reason, n_reason, "%s", error != NULL ? error->message : "out of memory");
    hs_free_compile_error(error);
    return error_of(code);
}

static void remove_plan(struct secret_plans *plans, size_t i)
{
    sw_mem_free(plans->v[i].pattern);
    memmove(&plans->v[i], &plans->v[i + 1], (plans->n - i - 1) * sizeof(*plans->v));
    plans->n--;
}

/* Another way for a plan that did not compile, or none: 0, or negative errno. */
static int give_way(
    struct sw_secret_rules *rules, struct secret_plans *plans, size_t i, const char *reason)
{
    struct sw_secret_rule *rule = &rules->rules.v[plans->v[i].rule];
    int r = secret_plan_demote(rule, &plans->v[i]);
    if (r != 0)
        return r < 0 ? r : 0;
    remove_plan(plans, i);
    return sw_secret_rules_refuse(rules, rule, true,
        "regex cannot be looked for in a stream (%s), and it has no keywords", reason);
}

/* Each pattern by itself, when all together failed and none was named. 1 when one had to go. */
static int find_culprits(struct sw_secret_rules *rules, struct secret_plans *plans)
{
    bool found = false;
    for (size_t i = plans->n; i > 0; i--) {
        const struct secret_plan *plan = &plans->v[i - 1];
        if (plan->way == SECRET_BY_PATH)
            continue;
        const char *text = plan->pattern;
        unsigned flags = flags_of(plan);
        unsigned id = 0;
        struct patterns one = {&text, &flags, &id, 1};
        hs_database_t *database = NULL;
        int bad = 0;
        char reason[SW_ERR_MESSAGE_MAX / 2];
        int r = compile(&one, &database, &bad, reason, sizeof(reason));
        hs_free_database(database);
        if (r == -EINVAL) {
            found = true;
            r = give_way(rules, plans, i - 1, reason);
        }
        if (r < 0)
            return r;
    }
    return found;
}

/* As it will lie in the image: what a database holds depends on its address modulo 64. */
static int copy_out(hs_database_t *database, struct sw_buf *ret, struct sw_err *err)
{
    size_t n_stream = 0;
    if (hs_stream_size(database, &n_stream) != HS_SUCCESS || n_stream > STREAM_BYTES_MAX)
        return sw_err_set(err, -EFBIG, "secret rules want %zu bytes of state per file (limit %zu)",
            n_stream, STREAM_BYTES_MAX);
    char *bytes = NULL;
    size_t n = 0;
    if (hs_serialize_database(database, &bytes, &n) != HS_SUCCESS)
        return -ENOMEM;
    size_t n_flat = 0;
    int r = hs_serialized_database_size(bytes, n, &n_flat) == HS_SUCCESS ? 0 : -EINVAL;
    char *room = r == 0 ? sw_mem_zalloc(n_flat + SW_SECRET_IMAGE_ALIGN, 1) : NULL;
    if (room == NULL) {
        r = r == 0 ? -ENOMEM : r;
    } else {
        char *flat = room + (SW_SECRET_IMAGE_ALIGN - (uintptr_t)room % SW_SECRET_IMAGE_ALIGN);
        if (hs_deserialize_database_at(bytes, n, (hs_database_t *)flat) != HS_SUCCESS)
            r = sw_err_set(err, -EINVAL, "Vectorscan refuses what it made itself");
        else
            r = sw_buf_append(ret, flat, n_flat);
    }
    sw_mem_free(room);
    sw_mem_free(bytes);
    return r;
}

/* One attempt: 1 when it is done, 0 when plans were changed and it is to be tried again. */
static int attempt(struct sw_secret_rules *rules, struct secret_plans *plans, struct sw_buf *ret,
    struct sw_err *err)
{
    SW_CLEANUP(patterns_done) struct patterns patterns = {0};
    int r = fill_patterns(plans, &patterns);
    if (r < 0 || patterns.n == 0)
        return r < 0 ? r : 1;
    hs_database_t *database = NULL;
    int bad = -1;
    char reason[SW_ERR_MESSAGE_MAX / 2];
    r = compile(&patterns, &database, &bad, reason, sizeof(reason));
    if (r == 0) {
        r = copy_out(database, ret, err);
        hs_free_database(database);
        return r < 0 ? r : 1;
    }
    if (r != -EINVAL)
        return r;
    if (bad >= 0 && (unsigned)bad < patterns.n)
        return give_way(rules, plans, patterns.ids[bad], reason);
    r = find_culprits(rules, plans);
    if (r == 0)
        return sw_err_set(err, -EFBIG, "secret rules do not compile together: %s", reason);
    return r < 0 ? r : 0;
}

int secret_build_database(struct sw_secret_rules *rules, struct secret_plans *plans,
    struct sw_buf *ret, struct sw_err *err)
{
    /* Each attempt takes a second or so for some hundred rules; one bad rule costs two. */
    enum { ATTEMPTS_MAX = 40 };
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
        int r = attempt(rules, plans, ret, err);
        if (r != 0)
            return r < 0 ? r : 0;
    }
    return sw_err_set(err, -EINVAL, "too many secret rules that Vectorscan refuses");
}
