/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that databases and deltas travel in, as `db import` and `db apply` open them. The digest of
 * the frame and its size are set right where the first byte says so, else nothing would get past
 * them.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/digest.h"
#include "vulndb/carrier.h"

#define AT_PACKED 32
#define AT_DIGEST 48
#define CONTENT_MAX ((size_t)1 << 20)

static void read_content(const struct sw_carrier *carrier, int fd)
{
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = NULL;
    char block[4096];
    size_t n_all = 0;
    ssize_t n = sw_carrier_read(carrier, fd, &reader, NULL);
    for (n = n == 0 ? 1 : n; n > 0 && n_all<CONTENT_MAX; n_all += n> 0 ? (size_t)n : 0)
        n = sw_reader_read(reader, block, sizeof(block), NULL);
    if (n_all > carrier->n_content)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static int file = -1;
    uint8_t head[SW_CARRIER_HEAD_BYTES] = {0};
    char path[64];
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    if (file < 0)
        file = memfd_create("carrier", MFD_CLOEXEC);
    if (n < 1 + sizeof(head) || file < 0)
        return 0;
    struct sw_str frame = {(const char *)data + 1 + sizeof(head), n - 1 - sizeof(head)};
    memcpy(head, data + 1, sizeof(head));
    if ((data[0] & 1) != 0 && sw_digest_of(SW_DIGEST_SHA256, frame, digest) == 0) {
        sw_num_put_le64(head + AT_PACKED, frame.n);
        memcpy(head + AT_DIGEST, digest, SW_CARRIER_DIGEST_BYTES);
    }
    if (ftruncate(file, 0) < 0 || pwrite(file, head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
        pwrite(file, frame.p, frame.n, sizeof(head)) != (ssize_t)frame.n)
        return 0;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    for (int kind = SW_CARRIER_DATABASE; kind <= SW_CARRIER_DELTA; kind++) {
        struct sw_carrier carrier;
        struct sw_err err = {0};
        int fd = -1;
        if (sw_carrier_open(path, (enum sw_carrier_kind)kind, NULL, &carrier, &fd, &err) == 0)
            read_content(&carrier, fd);
    }
    return 0;
}
