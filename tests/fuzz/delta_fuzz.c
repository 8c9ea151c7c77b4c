/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deltas from any bytes: the head of the file that carries one, the maps of numbers, and the
 * operations of all tables, each applied to an old value.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vulndb/carrier.h"
#include "vulndb/delta.h"

#define N_OLD 100 /* of each sort */

static void read_head(const uint8_t *data, size_t n)
{
    uint8_t head[SW_CARRIER_HEAD_BYTES] = {0};
    struct sw_carrier carrier;
    memcpy(head, data, n < sizeof(head) ? n : sizeof(head));
    if (sw_carrier_parse(head, &carrier, NULL) == 0 &&
        (memchr(carrier.digest, 0, sizeof(carrier.digest)) == NULL ||
            memchr(carrier.created, 0, sizeof(carrier.created)) == NULL))
        abort();
}

static void check_map(const struct sw_delta_map *map)
{
    for (size_t i = 0; i < map->n_new; i++)
        if (map->to_old[i] != SW_DELTA_NONE && map->to_new[map->to_old[i]] != i)
            abort();
}

static int read_ops(struct sw_delta_ops *ops, struct sw_buf *value)
{
    struct sw_delta_op op;
    int r = 0;
    sw_delta_ops_start(ops);
    while ((r = sw_delta_ops_next(ops, &op)) == 1)
        if (op.key.n == 0 || op.key.n > SW_KEY_MAX ||
            sw_delta_op_value(&op, SW_STR("an old value of some bytes"), value) > 0)
            abort();
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sw_delta_ops ops = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf value = {0};
    int r = 0;
    sw_buf_init(&value, (size_t)16 << 20);
    read_head(data, n);
    sw_unpack_init(&ops.in, (struct sw_str){(const char *)data, n});
    for (unsigned i = 0; i < _SW_DELTA_NUMBERED_MAX && r == 0; i++) {
        struct sw_delta_map map = {0};
        r = sw_delta_map_unpack(&ops.in, N_OLD, &map);
        if (r == 0)
            check_map(&map);
        sw_delta_map_done(&map);
    }
    for (unsigned i = 0; i < _SW_TABLE_MAX && r == 0; i++)
        r = read_ops(&ops, &value);
    return 0;
}
