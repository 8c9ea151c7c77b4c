/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form of deltas. Read once per delta, from bytes that anybody may have made: no count is
 * believed beyond what is left to read, and every number is checked before it is an index.
 */
#include "vulndb/delta.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

int sw_delta_map_init(struct sw_delta_map *map, size_t n_old, size_t n_new)
{
    struct sw_delta_map made = {.n_old = n_old, .n_new = n_new};
    made.to_old = sw_mem_zalloc(n_new + 1, sizeof(*made.to_old));
    made.to_new = sw_mem_zalloc(n_old + 1, sizeof(*made.to_new));
    if (made.to_old == NULL || made.to_new == NULL) {
        sw_delta_map_done(&made);
        return -ENOMEM;
    }
    memset(made.to_old, 0xff, (n_new + 1) * sizeof(*made.to_old));
    memset(made.to_new, 0xff, (n_old + 1) * sizeof(*made.to_new));
    *map = made;
    return 0;
}

void sw_delta_map_done(struct sw_delta_map *map)
{
    sw_mem_free(SW_TAKE(map->to_old));
    sw_mem_free(SW_TAKE(map->to_new));
    map->n_old = 0;
    map->n_new = 0;
}

/* How many numbers from `at` on follow one another in both, or are new in a row. */
static size_t find_run(const struct sw_delta_map *map, size_t at)
{
    size_t n = 1;
    uint32_t first = map->to_old[at];
    while (at + n < map->n_new) {
        uint32_t expected = first == SW_DELTA_NONE ? SW_DELTA_NONE : first + (uint32_t)n;
        if (map->to_old[at + n] != expected)
            break;
        n++;
    }
    return n;
}

void sw_delta_map_pack(struct sw_pack *pack, const struct sw_delta_map *map)
{
    sw_pack_number(pack, map->n_new);
    for (size_t at = 0, n = 0; at < map->n_new; at += n) {
        n = find_run(map, at);
        sw_pack_number(pack, n);
        sw_pack_number(pack, map->to_old[at] == SW_DELTA_NONE ? 0 : (uint64_t)map->to_old[at] + 1);
    }
}

static bool add_run(struct sw_delta_map *map, size_t at, uint64_t n, uint64_t first)
{
    if (first >= map->n_old || n > map->n_old - first)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (map->to_new[first + i] != SW_DELTA_NONE)
            return false;
        map->to_new[first + i] = (uint32_t)(at + i);
        map->to_old[at + i] = (uint32_t)(first + i);
    }
    return true;
}

int sw_delta_map_unpack(struct sw_unpack *in, size_t n_old, struct sw_delta_map *ret)
{
    struct sw_delta_map map = {0};
    /* No more new numbers than bytes that could make them, beside those that there were. */
    uint64_t left = (uint64_t)(in->end - in->p);
    uint64_t n_new = sw_unpack_number_max(in, SW_DELTA_NUMBERS_MAX);
    if (in->is_bad || n_new > (uint64_t)n_old + left)
        return -EBADMSG;
    int r = sw_delta_map_init(&map, n_old, (size_t)n_new);
    for (size_t at = 0; r == 0 && at < n_new;) {
        uint64_t n = sw_unpack_number_max(in, n_new - at);
        uint64_t first = sw_unpack_number_max(in, (uint64_t)n_old);
        if (in->is_bad || n == 0 || (first > 0 && !add_run(&map, at, n, first - 1)))
            r = -EBADMSG;
        at += (size_t)n;
    }
    if (r < 0)
        sw_delta_map_done(&map);
    else
        *ret = map;
    return r;
}

void sw_delta_ops_start(struct sw_delta_ops *ops)
{
    ops->key.n = 0;
}

/* Each key is greater than the one before: that also bounds how often a value can be asked for. */
static bool next_key(struct sw_delta_ops *ops)
{
    size_t n_shared = (size_t)sw_unpack_number_max(&ops->in, ops->key.n);
    struct sw_str rest = sw_unpack_str(&ops->in);
    if (ops->in.is_bad || rest.n == 0 || rest.n > SW_KEY_MAX - n_shared)
        return false;
    struct sw_str old = sw_str_skip(sw_key_str(&ops->key), n_shared);
    bool is_greater = sw_str_compare(old, rest) < 0;
    memcpy(ops->key.p + n_shared, rest.p, rest.n);
    ops->key.n = n_shared + rest.n;
    return is_greater;
}

int sw_delta_ops_next(struct sw_delta_ops *ops, struct sw_delta_op *ret)
{
    struct sw_delta_op op = {0};
    uint8_t kind = sw_unpack_u8(&ops->in);
    if (ops->in.is_bad || kind >= _SW_DELTA_OP_KIND_MAX)
        return -EBADMSG;
    op.kind = (enum sw_delta_op_kind)kind;
    if (op.kind == SW_DELTA_END)
        return 0;
    if (!next_key(ops))
        return -EBADMSG;
    op.key = sw_key_str(&ops->key);
    if (op.kind == SW_DELTA_CHANGE) {
        op.n_start = sw_unpack_number_max(&ops->in, SW_DELTA_VALUE_MAX);
        op.n_end = sw_unpack_number_max(&ops->in, SW_DELTA_VALUE_MAX);
    }
    if (op.kind != SW_DELTA_REMOVE)
        op.bytes = sw_unpack_str(&ops->in);
    if (ops->in.is_bad)
        return -EBADMSG;
    *ret = op;
    return 1;
}

int sw_delta_op_value(const struct sw_delta_op *op, struct sw_str old, struct sw_buf *ret)
{
    sw_buf_clear(ret);
    if (op->n_start > old.n || op->n_end > old.n - op->n_start)
        return -EBADMSG;
    int r = sw_buf_append(ret, old.p, (size_t)op->n_start);
    if (r == 0)
        r = sw_buf_append_str(ret, op->bytes);
    if (r == 0)
        r = sw_buf_append_str(ret, sw_str_skip(old, old.n - (size_t)op->n_end));
    return r;
}

void sw_delta_op_pack(struct sw_pack *pack, struct sw_key *previous, const struct sw_delta_op *op)
{
    sw_pack_u8(pack, (uint8_t)op->kind);
    if (op->kind == SW_DELTA_END) {
        previous->n = 0;
        return;
    }
    size_t n = 0;
    while (n < previous->n && n < op->key.n && previous->p[n] == op->key.p[n])
        n++;
    sw_pack_number(pack, n);
    sw_pack_str(pack, sw_str_skip(op->key, n));
    memcpy(previous->p, op->key.p, op->key.n);
    previous->n = op->key.n;
    if (op->kind == SW_DELTA_CHANGE) {
        sw_pack_number(pack, op->n_start);
        sw_pack_number(pack, op->n_end);
    }
    if (op->kind != SW_DELTA_REMOVE)
        sw_pack_str(pack, op->bytes);
}

struct sw_delta_op sw_delta_op_between(struct sw_str key, struct sw_str old, struct sw_str now)
{
    struct sw_delta_op op = {.kind = SW_DELTA_CHANGE, .key = key};
    size_t least = old.n < now.n ? old.n : now.n;
    size_t n_start = 0;
    size_t n_end = 0;
    while (n_start < least && old.p[n_start] == now.p[n_start])
        n_start++;
    while (n_end < least - n_start && old.p[old.n - 1 - n_end] == now.p[now.n - 1 - n_end])
        n_end++;
    op.n_start = n_start;
    op.n_end = n_end;
    op.bytes = sw_str_part(now, n_start, now.n - n_start - n_end);
    return op;
}
