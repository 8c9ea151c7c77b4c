/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests by OpenSSL's EVP, which picks the processor's own instructions. Every byte that is handed
 * to the scanner passes through update once.
 */
#include "io/digest.h"

#include <errno.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/mem.h"

struct algorithm {
    const char *prefix;
    const EVP_MD *(*md)(void);
    size_t n_hex;
    bool is_for_images; /* manifests may name content by it */
};

static const struct algorithm algorithms[] = {
    [SW_DIGEST_SHA256] = {"sha256:", EVP_sha256, 64, true},
    [SW_DIGEST_SHA512] = {"sha512:", EVP_sha512, 128, true},
    [SW_DIGEST_SHA1] = {"sha1:", EVP_sha1, 40, false},
    [SW_DIGEST_MD5] = {"md5:", EVP_md5, 32, false},
};
_Static_assert(SW_ARRAY_SIZE(algorithms) == _SW_DIGEST_ALGORITHM_MAX, "a row for every algorithm");

int sw_digest_init(struct sw_digest *digest, enum sw_digest_algorithm algorithm)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL)
        return -ENOMEM;
    if (EVP_DigestInit_ex(context, algorithms[algorithm].md(), NULL) != 1) {
        EVP_MD_CTX_free(context);
        return -EIO;
    }
    *digest = (struct sw_digest){.context = context, .algorithm = algorithm};
    return 0;
}

int sw_digest_update(struct sw_digest *digest, const void *p, size_t n)
{
    if (digest->context == NULL)
        return -EINVAL;
    return n == 0 || EVP_DigestUpdate(digest->context, p, n) == 1 ? 0 : -EIO;
}

int sw_digest_restart(struct sw_digest *digest)
{
    if (digest->context == NULL)
        return -EINVAL;
    return EVP_DigestInit_ex(digest->context, NULL, NULL) == 1 ? 0 : -EIO;
}

int sw_digest_final_raw(struct sw_digest *digest, uint8_t ret[SW_DIGEST_RAW_BYTES])
{
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (digest->context == NULL)
        return -EINVAL;
    if (EVP_DigestFinal_ex(digest->context, raw, &n) != 1 ||
        (size_t)n * 2 != algorithms[digest->algorithm].n_hex)
        return -EIO;
    memcpy(ret, raw, n);
    return (int)n;
}

int sw_digest_final(struct sw_digest *digest, char ret[SW_DIGEST_TEXT_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    const struct algorithm *row = &algorithms[digest->algorithm];
    uint8_t raw[SW_DIGEST_RAW_BYTES];
    int n = sw_digest_final_raw(digest, raw);
    if (n < 0)
        return n;
    size_t at = strlen(row->prefix);
    memcpy(ret, row->prefix, at);
    for (int i = 0; i < n; i++) {
        ret[at++] = digits[raw[i] >> 4];
        ret[at++] = digits[raw[i] & 15];
    }
    ret[at] = '\0';
    return 0;
}

void sw_digest_done(struct sw_digest *digest)
{
    EVP_MD_CTX_free(digest->context);
    digest->context = NULL;
}

int sw_digest_of(
    enum sw_digest_algorithm algorithm, struct sw_str bytes, char ret[SW_DIGEST_TEXT_BYTES])
{
    SW_CLEANUP(sw_digest_done) struct sw_digest digest = {0};
    int r = sw_digest_init(&digest, algorithm);
    if (r < 0)
        return r;
    r = sw_digest_update(&digest, bytes.p, bytes.n);
    if (r < 0)
        return r;
    return sw_digest_final(&digest, ret);
}

static bool is_lower_hex(struct sw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

/* The OCI grammar of an algorithm's name, and a plausible rest. */
static bool is_other_algorithm(struct sw_str text)
{
    ptrdiff_t colon = sw_str_find_char(text, ':');
    if (colon <= 0 || (size_t)colon + 1 >= text.n || text.n > 512)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
        bool is_other = strchr("+._-", c) != NULL && c != '\0';
        bool is_late = i > (size_t)colon && ((c >= 'A' && c <= 'Z') || c == '=');
        if (!is_plain && !is_other && !is_late && i != (size_t)colon)
            return false;
    }
    return true;
}

int sw_digest_parse(
    struct sw_str text, enum sw_digest_algorithm *ret_algorithm, struct sw_str *ret_hex)
{
    for (unsigned i = 0; i < _SW_DIGEST_ALGORITHM_MAX; i++) {
        struct sw_str prefix = sw_str_of(algorithms[i].prefix);
        if (!algorithms[i].is_for_images || !sw_str_starts_with(text, prefix))
            continue;
        struct sw_str hex = sw_str_skip(text, prefix.n);
        if (hex.n != algorithms[i].n_hex || !is_lower_hex(hex))
            return -EINVAL;
        if (ret_algorithm != NULL)
            *ret_algorithm = (enum sw_digest_algorithm)i;
        if (ret_hex != NULL)
            *ret_hex = hex;
        return 0;
    }
    return is_other_algorithm(text) ? -EOPNOTSUPP : -EINVAL;
}

int sw_digest_hmac(struct sw_str key, struct sw_str bytes, uint8_t ret[SW_DIGEST_HMAC_BYTES])
{
    unsigned n = 0;
    const unsigned char *p = (const unsigned char *)(bytes.p != NULL ? bytes.p : "");
    if (key.n > INT32_MAX ||
        HMAC(EVP_sha256(), key.p != NULL ? key.p : "", (int)key.n, p, bytes.n, ret, &n) == NULL)
        return -EIO;
    return n == SW_DIGEST_HMAC_BYTES ? 0 : -EIO;
}
