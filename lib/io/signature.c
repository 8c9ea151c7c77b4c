/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ed25519 by OpenSSL. The file is mapped, since pure Ed25519 reads its message twice; the caller
 * has made sure that nobody else may write to it.
 */
#include "io/signature.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/descriptor.h"
#include "io/file.h"

#define KEY_MAX_BYTES ((size_t)16384)

/* A key with a passphrase is refused: nobody is there to be asked. */
static int no_passphrase(char *buf, int size, int is_writing, void *context)
{
    (void)buf;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

static int load_key(const char *path, bool is_private, EVP_PKEY **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, KEY_MAX_BYTES);
    int r = sw_file_load(AT_FDCWD, path, &text, err);
    if (r < 0)
        return r;
    BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
    EVP_PKEY *key = NULL;
    if (bio != NULL)
        key = is_private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
                         : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    BIO_free(bio);
    OPENSSL_cleanse(text.p, text.n);
    if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) {
        EVP_PKEY_free(key);
        return sw_err_set(err, -EINVAL, "'%s' is no Ed25519 %s key in PEM%s", path,
            is_private ? "private" : "public",
            is_private ? " (or it has a passphrase); make one: openssl genpkey -algorithm ed25519"
                       : "");
    }
    *ret = key;
    return 0;
}

static int verify_bytes(EVP_PKEY *key, struct sw_str signature, const void *p, size_t n)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int r = context != NULL ? 0 : -ENOMEM;
    if (r == 0 &&
        (EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) != 1 ||
            EVP_DigestVerify(context, (const unsigned char *)signature.p, signature.n, p, n) != 1))
        r = -EKEYREJECTED;
    EVP_MD_CTX_free(context);
    return r;
}

static int verify_file(const char *path, EVP_PKEY *key, struct sw_str signature, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    struct stat status;
    int r = sw_file_open(AT_FDCWD, path, &fd, err);
    if (r < 0)
        return r;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
        return sw_err_set(err, -EINVAL, "'%s' is no regular file with content", path);
    size_t n = (size_t)status.st_size;
    void *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        return sw_err_set(err, -errno, "cannot map '%s'", path);
    r = verify_bytes(key, signature, p, n);
    munmap(p, n);
    return r;
}

int sw_signature_verify(
    const char *path, const char *signature, const char *key, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf bytes = {0};
    sw_buf_init(&bytes, 4096);
    int r = sw_file_load(AT_FDCWD, signature, &bytes, err);
    if (r < 0)
        return r;
    if (bytes.n != SW_SIGNATURE_BYTES)
        return sw_err_set(err, -EINVAL, "'%s' is no Ed25519 signature of %zu bytes", signature,
            SW_SIGNATURE_BYTES);
    EVP_PKEY *public_key = NULL;
    r = load_key(key, false, &public_key, err);
    if (r < 0)
        return r;
    r = verify_file(path, public_key, sw_buf_str(&bytes), err);
    EVP_PKEY_free(public_key);
    if (r == -EKEYREJECTED)
        sw_err_set(err, r, "the signature '%s' does not hold for '%s'", signature, path);
    return r;
}

int sw_signature_verify_bytes(struct sw_str bytes, const uint8_t signature[SW_SIGNATURE_BYTES],
    const char *key, struct sw_err *err)
{
    EVP_PKEY *public_key = NULL;
    int r = load_key(key, false, &public_key, err);
    if (r < 0)
        return r;
    struct sw_str held = {(const char *)signature, SW_SIGNATURE_BYTES};
    r = verify_bytes(public_key, held, bytes.p, bytes.n);
    EVP_PKEY_free(public_key);
    if (r == -EKEYREJECTED)
        sw_err_set(err, r, "its signature is not that of '%s'", key);
    return r;
}

int sw_signature_sign_bytes(struct sw_str bytes, const char *private_key,
    uint8_t ret[SW_SIGNATURE_BYTES], struct sw_err *err)
{
    EVP_PKEY *key = NULL;
    size_t n = SW_SIGNATURE_BYTES;
    int r = load_key(private_key, true, &key, err);
    if (r < 0)
        return r;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL || EVP_DigestSignInit(context, NULL, NULL, NULL, key) != 1 ||
        EVP_DigestSign(context, ret, &n, (const unsigned char *)bytes.p, bytes.n) != 1 ||
        n != SW_SIGNATURE_BYTES)
        r = sw_err_set(err, -EINVAL, "cannot sign with '%s'", private_key);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return r;
}

int sw_signature_sign_rs256(struct sw_str bytes, struct sw_str private_key_pem,
    uint8_t ret[SW_SIGNATURE_RSA_BYTES_MAX], size_t *ret_n, struct sw_err *err)
{
    EVP_PKEY *key = NULL;
    BIO *bio = private_key_pem.n > 0 && private_key_pem.n <= KEY_MAX_BYTES
                   ? BIO_new_mem_buf(private_key_pem.p, (int)private_key_pem.n)
                   : NULL;
    if (bio != NULL)
        key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t n = SW_SIGNATURE_RSA_BYTES_MAX;
    int r = 0;
    if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
        r = sw_err_set(err, -EINVAL, "no RSA private key in PEM");
    else if (context == NULL || (size_t)EVP_PKEY_get_size(key) > n ||
             EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
             EVP_DigestSign(context, ret, &n, (const unsigned char *)bytes.p, bytes.n) != 1)
        r = sw_err_set(err, -EINVAL, "cannot sign with that RSA key");
    else
        *ret_n = n;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return r;
}
