/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stored inventories from any bytes. The input is the compact part; head and digest are made here,
 * else nothing would get past them. The bytes as they are go in as well.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "io/digest.h"
#include "scan/inventory_store.h"

#define HEAD_BYTES 184

static void read_packages(const struct sw_inventory *inventory)
{
    struct sw_str rest = inventory->packages;
    struct sw_str bytes;
    while (sw_inventory_next(&rest, &bytes) == 1) {
        struct sw_package package;
        if (bytes.n < 2 || bytes.n > inventory->packages.n)
            abort();
        if (sw_inventory_package(bytes, &package) == 0 && package.name.n > bytes.n)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    uint8_t head[HEAD_BYTES] = "SEAWALL INVENTO\n\1";
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    struct sw_inventory inventory;
    struct sw_str bytes = {(const char *)data, n};
    sw_buf_init(&buf, (size_t)16 << 20);
    sw_inventory_parse(bytes, &inventory);
    sw_num_put_le64(head + 24, n);
    if (sw_digest_of(SW_DIGEST_SHA256, bytes, digest) < 0)
        return 0;
    memcpy(head + 40, digest, 72);
    if (sw_buf_append(&buf, head, sizeof(head)) < 0 || sw_buf_append(&buf, data, n) < 0)
        return 0;
    if (sw_inventory_parse(sw_buf_str(&buf), &inventory) == 0)
        read_packages(&inventory);
    return 0;
}
