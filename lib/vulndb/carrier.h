/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file in which a database, or the difference of two, travels: a head of 512 bytes that says
 * what is inside, with digests and an optional signature, and one zstd frame
 * (lib/vulndb/README.md). Whoever reads one believes nothing of it before digest and signature are
 * checked.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/reader.h"
#include "io/signature.h"

#define SW_CARRIER_MAGIC "SEAWALL CARRIER\n"
#define SW_CARRIER_VERSION 1
#define SW_CARRIER_HEAD_BYTES 512
#define SW_CARRIER_DIGEST_BYTES 72
#define SW_CARRIER_CREATED_BYTES 32
#define SW_CARRIER_CONTENT_MAX ((uint64_t)1 << 40) /* as the largest database */

enum sw_carrier_kind {
    SW_CARRIER_DATABASE = 1,
    SW_CARRIER_DELTA = 2,
};

struct sw_carrier {
    enum sw_carrier_kind kind;
    uint32_t format; /* of the database */
    bool is_signed;
    uint64_t n_packed;                      /* bytes of the frame */
    uint64_t n_content;                     /* bytes in the frame */
    char digest[SW_CARRIER_DIGEST_BYTES];   /* of the frame */
    char from[SW_CARRIER_DIGEST_BYTES];     /* delta: content of the database it is for */
    char to[SW_CARRIER_DIGEST_BYTES];       /* what comes out: delta: content; else the file */
    char created[SW_CARRIER_CREATED_BYTES]; /* of the database that comes out */
    uint8_t signature[SW_SIGNATURE_BYTES];
};

/* Writes a new file and renames it to `path`. carrier: kind, format, from, to, created, n_content;
 * the rest is filled in. private_key: PEM, or NULL for none. */
int sw_carrier_write(const char *path, struct sw_carrier *carrier, struct sw_reader *content,
    const char *private_key, struct sw_err *err);

/* Takes the head apart: 0; -EMEDIUMTYPE: not of this form; -EPROTO: of a newer program; -EBADMSG.
 */
int sw_carrier_parse(
    const uint8_t head[SW_CARRIER_HEAD_BYTES], struct sw_carrier *ret, struct sw_err *err);
/* Opens and checks size, digest and signature. public_key NULL: signatures are not looked at; else
 * a file without one is -EKEYREJECTED. 0 with a descriptor that the caller owns. -EMEDIUMTYPE: not
 * of this form at all. */
int sw_carrier_open(const char *path, enum sw_carrier_kind kind, const char *public_key,
    struct sw_carrier *ret, int *ret_fd, struct sw_err *err);
/* What is in the frame; never gives more than n_content bytes, and fails where it is not exactly
 * that. Consumes the descriptor. */
int sw_carrier_read(
    const struct sw_carrier *carrier, int fd, struct sw_reader **ret, struct sw_err *err);
