/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of Authorization headers: those that Harbor shows to us, and those that it wants shown to
 * its registry.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

/* Bearer tokens of Harbor have some 2 KB. */
#define SW_HARBOR_AUTHORIZATION_MAX ((size_t)16384)

/* What a value says; members that do not apply are NULL. All are secrets. */
struct sw_harbor_authorization {
    char *user;
    char *secret;
    char *token; /* of Bearer */
};

/* "Basic ..." or "Bearer ...", made in the region. Empty text is nobody. -EINVAL with a sentence
 * that holds no part of it. */
int sw_harbor_authorization_parse(struct sw_str text, struct sw_region *region,
    struct sw_harbor_authorization *ret, struct sw_err *err);
void sw_harbor_authorization_wipe(struct sw_harbor_authorization *authorization);

/* Who may ask us: all NULL for everybody. Strings are borrowed. */
struct sw_harbor_guard {
    const char *user;
    const char *secret;
    const char *token;
};

/* Takes the same time whatever part of a secret is right. NULL: no header came. */
bool sw_harbor_guard_admits(const struct sw_harbor_guard *guard, const char *header);
