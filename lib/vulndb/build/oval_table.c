/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of one OVAL file. Called for every element of it, millions of times; everything is
 * constant time and capped. Two ids with one 64-bit hash would be taken for one; a vendor's file
 * of ten million ids has that once in hundreds of thousands of files.
 */
#include "vulndb/build/oval_table.h"

#include <errno.h>

#include "base/mem.h"

#define FIRST_SLOTS ((size_t)1024)

void sw_oval_map_done(struct sw_oval_map *map)
{
    sw_mem_free(map->keys);
    sw_mem_free(map->values);
    *map = (struct sw_oval_map){0};
}

uint64_t sw_oval_map_key(struct sw_str id)
{
    uint64_t key = sw_str_hash(id);
    return key != 0 ? key : 1;
}

/* The slot of key, or the free slot where it belongs. */
static size_t slot_of(const struct sw_oval_map *map, uint64_t key)
{
    size_t i = (size_t)key & (map->n_slots - 1);
    while (map->keys[i] != 0 && map->keys[i] != key)
        i = (i + 1) & (map->n_slots - 1);
    return i;
}

const uint32_t *sw_oval_map_find(const struct sw_oval_map *map, uint64_t key)
{
    if (map->n_slots == 0)
        return NULL;
    size_t i = slot_of(map, key);
    return map->keys[i] == key ? &map->values[i] : NULL;
}

static int grow(struct sw_oval_map *map)
{
    struct sw_oval_map larger = {.n = map->n};
    larger.n_slots = map->n_slots == 0 ? FIRST_SLOTS : map->n_slots * 2;
    larger.keys = sw_mem_zalloc(larger.n_slots, sizeof(*larger.keys));
    larger.values = sw_mem_zalloc(larger.n_slots, sizeof(*larger.values));
    if (larger.keys == NULL || larger.values == NULL) {
        sw_oval_map_done(&larger);
        return -ENOMEM;
    }
    for (size_t i = 0; i < map->n_slots; i++) {
        if (map->keys[i] == 0)
            continue;
        size_t slot = slot_of(&larger, map->keys[i]);
        larger.keys[slot] = map->keys[i];
        larger.values[slot] = map->values[i];
    }
    sw_oval_map_done(map);
    *map = larger;
    return 0;
}

int sw_oval_map_add(struct sw_oval_map *map, uint64_t key, uint32_t value, uint32_t *ret)
{
    if (map->n >= SW_OVAL_ENTRIES_MAX)
        return -EFBIG;
    if (map->n + map->n / 3 >= map->n_slots) {
        int r = grow(map);
        if (r < 0)
            return r;
    }
    size_t slot = slot_of(map, key);
    if (map->keys[slot] == 0) {
        map->keys[slot] = key;
        map->values[slot] = value;
        map->n++;
    }
    *ret = map->values[slot];
    return 0;
}

void sw_oval_table_init(struct sw_oval_table *table)
{
    *table = (struct sw_oval_table){0};
    sw_region_init(&table->region, SW_OVAL_TEXT_MAX);
}

void sw_oval_table_done(struct sw_oval_table *table)
{
    sw_vec_done(&table->strings);
    sw_vec_done(&table->definitions);
    sw_vec_done(&table->nodes);
    sw_vec_done(&table->numbers);
    sw_vec_done(&table->tests);
    sw_vec_done(&table->states);
    sw_oval_map_done(&table->string_numbers);
    sw_oval_map_done(&table->test_numbers);
    sw_oval_map_done(&table->objects);
    sw_oval_map_done(&table->state_numbers);
    sw_region_done(&table->region);
}

int sw_oval_table_intern(struct sw_oval_table *table, struct sw_str s, uint32_t *ret)
{
    if (s.n == 0) {
        *ret = 0;
        return 0;
    }
    if (table->strings.n == 0) {
        int r = sw_vec_push(&table->strings, SW_STR(""), SW_OVAL_ENTRIES_MAX);
        if (r < 0)
            return r;
    }
    uint64_t key = sw_oval_map_key(s);
    const uint32_t *known = sw_oval_map_find(&table->string_numbers, key);
    /* Text matters more than an id: two strings of one hash stay two strings. */
    if (known != NULL && sw_str_equal(table->strings.v[*known], s)) {
        *ret = *known;
        return 0;
    }
    struct sw_str copy;
    if (sw_region_copy(&table->region, s, &copy) < 0)
        return table->region.used_bytes + s.n > SW_OVAL_TEXT_MAX ? -EFBIG : -ENOMEM;
    uint32_t number = (uint32_t)table->strings.n;
    int r = sw_vec_push(&table->strings, copy, SW_OVAL_ENTRIES_MAX);
    if (r < 0)
        return r;
    uint32_t held;
    r = sw_oval_map_add(&table->string_numbers, key, number, &held);
    if (r < 0)
        return r;
    *ret = number;
    return 0;
}

struct sw_str sw_oval_table_text(const struct sw_oval_table *table, uint32_t number)
{
    return number < table->strings.n ? table->strings.v[number] : SW_STR_NONE;
}

int sw_oval_table_test(struct sw_oval_table *table, struct sw_str id, uint32_t *ret)
{
    uint64_t key = sw_oval_map_key(id);
    const uint32_t *known = sw_oval_map_find(&table->test_numbers, key);
    if (known != NULL) {
        *ret = *known;
        return 0;
    }
    uint32_t number = (uint32_t)table->tests.n;
    int r = sw_vec_push(&table->tests, (struct sw_oval_test){0}, SW_OVAL_ENTRIES_MAX);
    if (r < 0)
        return r;
    return sw_oval_map_add(&table->test_numbers, key, number, ret);
}
