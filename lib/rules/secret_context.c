/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about surroundings, each with the reason that a report shows.
 */
#include "rules/secret_context.h"

#include <stdbool.h>
#include <stddef.h>

/* Keys that vendors print in their documentation, by the part that makes them so. */
static const char *const documented[] = {
    "EXAMPLE",                       /* AWS: AKIAIOSFODNN7EXAMPLE, .../bPxRfiCYEXAMPLEKEY */
    "4eC39HqLyjWDarjtT1zdp7dc",      /* Stripe: sk_test_... of its first page */
    "BQokikJOvBiI2HlWgH4olfQ2",      /* Stripe, the one before it */
    "eyJzdWIiOiIxMjM0NTY3ODkwIiwib", /* jwt.io: {"sub":"1234567890","n... */
    "c2lnbmF0dXJl",                  /* "signature" in Base64, as in RFC-like examples */
    "AIzaSyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe", /* Google: Firebase and Maps pages */
};

/* Where packages of languages and systems lie; what is below belongs to them. */
static const char *const package_folders[] = {"node_modules", "site-packages", "dist-packages",
    "vendor", "gems", "bower_components", ".cargo", ".m2", "jspm_packages", "mod", "pkg", "rustlib",
    "perl5", "doc", "dist-info"};

static const char *const test_folders[] = {"test", "tests", "testing", "testdata", "test-data",
    "test_data", "__tests__", "spec", "specs", "fixture", "fixtures", "example", "examples",
    "sample", "samples", "demo", "demos", "t", "benchmark", "benchmarks", "e2e", "mocks",
    "__mocks__", "selftests", "test-fixtures"};

static bool is_one_of(struct sw_str s, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sw_str_equal_ignore_case(s, sw_str_of(names[i])))
            return true;
    return false;
}

#define IS_ONE_OF(s, names) is_one_of(s, names, sizeof(names) / sizeof((names)[0]))

/* A folder for tests below a folder for packages. The programs of a distribution (usr/lib,
 * usr/share) are packages as well. */
static bool is_test_of_package(struct sw_str path)
{
    bool in_package = sw_str_starts_with(path, SW_STR("usr/lib")) ||
                      sw_str_starts_with(path, SW_STR("usr/share/")) ||
                      sw_str_starts_with(path, SW_STR("usr/src/"));
    struct sw_str rest = path;
    struct sw_str part;
    while (sw_str_next_token(&rest, '/', &part)) {
        if (rest.p == NULL)
            return false; /* the file's own name */
        if (in_package && IS_ONE_OF(part, test_folders))
            return true;
        /* A jar or wheel that was looked into ends its name with "!". */
        in_package =
            in_package || IS_ONE_OF(part, package_folders) || sw_str_ends_with(part, SW_STR("!"));
    }
    return false;
}

static bool is_snake_oil(struct sw_str path)
{
    return sw_str_find(path, SW_STR("snakeoil")) >= 0 ||
           sw_str_find(path, SW_STR("snake-oil")) >= 0;
}

static bool is_documented(struct sw_str secret)
{
    for (size_t i = 0; i < sizeof(documented) / sizeof(documented[0]); i++)
        if (sw_str_find(secret, sw_str_of(documented[i])) >= 0)
            return true;
    return false;
}

enum sw_severity sw_secret_context_grade(
    enum sw_severity severity, struct sw_str path, struct sw_str secret, const char **ret_reason)
{
    const char *reason = NULL;
    if (is_documented(secret))
        reason = "an example out of its vendor's documentation";
    else if (is_snake_oil(path))
        reason = "a certificate that the system made for itself";
    else if (is_test_of_package(path))
        reason = "a file that a package brings for its own tests or examples";
    if (reason == NULL || severity <= SW_SEVERITY_LOW) {
        *ret_reason = reason;
        return severity;
    }
    *ret_reason = reason;
    return SW_SEVERITY_LOW;
}
