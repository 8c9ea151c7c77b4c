/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checksums in tokens. GitHub published its own in 2021, npm took it over. Of the fine-grained
 * github_pat_ nobody outside knows the sum: it is let pass.
 */
#include "rules/secret_checksum.h"

#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"
#include "rules/secret_decode.h"

enum { RANDOM_BYTES = 30, SUM_BYTES = 6 };
/* A header of a JSON web token has 30 to 200 bytes; one with a certificate chain is let pass. */
enum { JWT_HEADER_MAX = 4096 };

static const char *const names[] = {
    [SW_SECRET_CHECKSUM_NONE] = "none",
    [SW_SECRET_CHECKSUM_GITHUB] = "github",
    [SW_SECRET_CHECKSUM_NPM] = "npm",
    [SW_SECRET_CHECKSUM_JWT] = "jwt",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == _SW_SECRET_CHECKSUM_MAX, "a name each");

const char *sw_secret_checksum_name(enum sw_secret_checksum checksum)
{
    return names[checksum];
}

bool sw_secret_checksum_find(struct sw_str name, enum sw_secret_checksum *ret)
{
    for (int i = 0; i < _SW_SECRET_CHECKSUM_MAX; i++) {
        if (sw_str_equal_z(name, names[i])) {
            *ret = (enum sw_secret_checksum)i;
            return true;
        }
    }
    return false;
}

static uint32_t crc32(struct sw_str s)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < s.n; i++) {
        crc ^= (unsigned char)s.p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

/* `body` is 30 characters and 6 of their CRC-32, 0-9A-Za-z, with leading zeros. */
static bool is_base62_sum(struct sw_str body)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint32_t crc = crc32(sw_str_part(body, 0, RANDOM_BYTES));
    for (size_t i = RANDOM_BYTES + SUM_BYTES; i > RANDOM_BYTES; i--) {
        if (body.p[i - 1] != digits[crc % 62])
            return false;
        crc /= 62;
    }
    return true;
}

static bool holds_prefixed(struct sw_str secret, const char *const *prefixes)
{
    for (; *prefixes != NULL; prefixes++) {
        struct sw_str prefix = sw_str_of(*prefixes);
        if (sw_str_starts_with(secret, prefix) && secret.n == prefix.n + RANDOM_BYTES + SUM_BYTES)
            return is_base62_sum(sw_str_skip(secret, prefix.n));
    }
    return true;
}

static bool is_jwt(struct sw_str secret)
{
    ptrdiff_t end = sw_str_find_char(secret, '.');
    if (end <= 0 || end > JWT_HEADER_MAX)
        return true;
    SW_CLEANUP(sw_buf_done) struct sw_buf header = {0};
    sw_buf_init(&header, JWT_HEADER_MAX);
    if (sw_secret_decode_base64(sw_str_part(secret, 0, (size_t)end), &header) < 0)
        return true;
    struct sw_str text = sw_str_trim(sw_buf_str(&header));
    return sw_str_starts_with(text, SW_STR("{")) && sw_str_ends_with(text, SW_STR("}")) &&
           sw_str_find(text, SW_STR("\"alg\"")) >= 0;
}

bool sw_secret_checksum_holds(enum sw_secret_checksum checksum, struct sw_str secret)
{
    static const char *const github[] = {"ghp_", "gho_", "ghu_", "ghs_", "ghr_", NULL};
    static const char *const npm[] = {"npm_", NULL};
    switch (checksum) {
    case SW_SECRET_CHECKSUM_GITHUB:
        return holds_prefixed(secret, github);
    case SW_SECRET_CHECKSUM_NPM:
        return holds_prefixed(secret, npm);
    case SW_SECRET_CHECKSUM_JWT:
        return is_jwt(secret);
    case SW_SECRET_CHECKSUM_NONE:
    case _SW_SECRET_CHECKSUM_MAX:
        break;
    }
    return true;
}
