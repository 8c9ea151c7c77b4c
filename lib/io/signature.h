/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ed25519 signatures over files (RFC 8032, pure), as `openssl pkeyutl -sign -rawin` makes them.
 */
#pragma once

#include "base/err.h"

/* Checks that `signature` (a file of 64 bytes) is the key's over all bytes of `path`; `key` is a
 * public key in PEM. 0; -EKEYREJECTED when it is not; -EINVAL when key or signature are none. */
int sw_signature_verify(
    const char *path, const char *signature, const char *key, struct sw_err *err);
