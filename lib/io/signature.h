/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ed25519 signatures over files (RFC 8032, pure), as `openssl pkeyutl -sign -rawin` makes them;
 * RSA ones for the logins of clouds.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define SW_SIGNATURE_BYTES ((size_t)64)

/* Checks that `signature` (a file of 64 bytes) is the key's over all bytes of `path`; `key` is a
 * public key in PEM. 0; -EKEYREJECTED when it is not; -EINVAL when key or signature are none. */
int sw_signature_verify(
    const char *path, const char *signature, const char *key, struct sw_err *err);

/* The same for bytes at hand and a signature inside of the file that they come from. */
int sw_signature_verify_bytes(struct sw_str bytes, const uint8_t signature[SW_SIGNATURE_BYTES],
    const char *key, struct sw_err *err);
/* Signs bytes with a private key in PEM (not encrypted): 0, or -EINVAL when it is none. */
int sw_signature_sign_bytes(struct sw_str bytes, const char *private_key,
    uint8_t ret[SW_SIGNATURE_BYTES], struct sw_err *err);

/* RSA of 16,384 bits; nobody has a longer key. */
#define SW_SIGNATURE_RSA_BYTES_MAX ((size_t)2048)
/* RS256 of RFC 7518 (PKCS #1 v1.5 with SHA-256); the key is PEM text, not encrypted. */
int sw_signature_sign_rs256(struct sw_str bytes, struct sw_str private_key_pem,
    uint8_t ret[SW_SIGNATURE_RSA_BYTES_MAX], size_t *ret_n, struct sw_err *err);
