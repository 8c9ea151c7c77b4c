/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checksums that tokens carry in themselves. A token whose checksum fails was never issued: a
 * placeholder, or a random text of that shape. Pure.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

enum sw_secret_checksum {
    SW_SECRET_CHECKSUM_NONE,
    SW_SECRET_CHECKSUM_GITHUB, /* ghp_ and kin: 30, then their CRC-32 in base 62 */
    SW_SECRET_CHECKSUM_NPM,    /* npm_: the same */
    SW_SECRET_CHECKSUM_JWT,    /* no sum, but a header that must be JSON and name its "alg" */
    _SW_SECRET_CHECKSUM_MAX
};

/* "none", "github" ... as the key `checksum` of rules names them. */
const char *sw_secret_checksum_name(enum sw_secret_checksum checksum);
/* False when there is none of that name. */
bool sw_secret_checksum_find(struct sw_str name, enum sw_secret_checksum *ret);

/* False when the secret carries this checksum and it is wrong. A secret of another shape (an older
 * generation of the token) holds. */
bool sw_secret_checksum_holds(enum sw_secret_checksum checksum, struct sw_str secret);
