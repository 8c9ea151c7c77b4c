/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secret rules as anybody may write them: TOML, gitleaks' keys, expressions. What loads is not
 * compiled by Vectorscan here (seconds), but each expression is by PCRE2.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "rules/expression.h"
#include "rules/secret_rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void try_expression(struct sw_str text)
{
    struct sw_expression *expression = NULL;
    struct sw_err err;
    if (sw_expression_new(text, &expression, &err) == 0)
        sw_expression_match(expression, SW_STR("key = 'abcdefgh0123' \xff\xc3\xa9\n"));
    sw_expression_free(expression);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sw_region region;
    struct sw_secret_rules rules;
    struct sw_err err;
    sw_region_init(&region, (size_t)16 << 20);
    sw_secret_rules_init(&rules, &region);
    struct sw_str text = {(const char *)data, n};
    if (sw_secret_rules_load(&rules, SW_STR("f"), text, NULL, &err) == 0) {
        SW_VEC_EACH (rule, &rules.rules) {
            try_expression(rule->regex);
            try_expression(rule->path);
        }
    }
    if (n < 200)
        try_expression(text);
    sw_secret_rules_done(&rules);
    sw_region_done(&region);
    return 0;
}
