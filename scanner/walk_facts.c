/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a walk keeps: facts and notes of the walker's own, and which facts a later entry of the same
 * path has made void. Only paths that have facts are remembered, so that millions of unwanted
 * files cost nothing here.
 */
#include "walk_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

/* Section of the walker's own facts. */
#define SECTION SW_STR("layer")

static bool is_over_budget(const struct sw_walk *walk)
{
    size_t list;
    return !__builtin_mul_overflow(walk->facts->facts.n, sizeof(struct sw_fact), &list) &&
           list + walk->facts->region->used_bytes > walk->options.facts_max_bytes;
}

int sw_walk_add(
    struct sw_walk *walk, enum sw_fact_kind kind, struct sw_str path, struct sw_str text)
{
    struct sw_fact fact = {.kind = kind, .section = SECTION};
    if (sw_region_copy(walk->facts->region, path, &fact.path) < 0)
        return -ENOMEM;
    struct sw_str cut = sw_str_part(text, 0, SW_FACT_PATH_MAX);
    if (text.n > 0 && sw_region_copy(walk->facts->region, cut, &fact.text) < 0)
        return -ENOMEM;
    int r = sw_facts_add(walk->facts, &fact);
    return r == -EFBIG ? 0 : r;
}

void sw_walk_note(
    struct sw_walk *walk, enum sw_note_kind kind, struct sw_str path, const char *format, ...)
{
    if (walk->n_notes >= SW_WALK_NOTES_MAX) {
        walk->n_notes_dropped++;
        return;
    }
    char message[SW_ERR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    struct sw_fact fact = {
        .kind = SW_FACT_NOTE,
        .section = SECTION,
        .note = {.kind = kind, .analyzer = SW_STR_NONE, .layer = -1},
    };
    struct sw_region *region = walk->facts->region;
    if (sw_region_copy(region, sw_str_of(message), &fact.note.message) < 0 ||
        sw_region_copy(region, path, &fact.note.subject) < 0)
        return;
    /* The path of the fact must be in normal form; the subject is as the archive says. */
    fact.path = sw_fact_path_is_normal(fact.note.subject) ? fact.note.subject : SW_STR("");
    walk->n_notes++;
    if (sw_facts_add(walk->facts, &fact) < 0)
        walk->n_notes_dropped++;
}

static struct sw_walk_place *find_place(
    uint64_t seed, struct sw_walk_place *places, size_t capacity, struct sw_str path)
{
    size_t i = sw_str_hash_seeded(seed, path) & (capacity - 1);
    while (places[i].path.p != NULL && !sw_str_equal(places[i].path, path))
        i = (i + 1) & (capacity - 1);
    return &places[i];
}

static int grow_places(struct sw_walk *walk)
{
    size_t capacity = walk->places_capacity == 0 ? 256 : walk->places_capacity * 2;
    struct sw_walk_place *places = sw_mem_zalloc(capacity, sizeof(*places));
    if (places == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < walk->places_capacity; i++)
        if (walk->places[i].path.p != NULL)
            *find_place(walk->places_seed, places, capacity, walk->places[i].path) =
                walk->places[i];
    sw_mem_free(walk->places);
    walk->places = places;
    walk->places_capacity = capacity;
    return 0;
}

void sw_walk_begin(struct sw_walk *walk, struct sw_str path)
{
    if (is_over_budget(walk) && !walk->is_full) {
        walk->is_full = true;
        sw_walk_note(walk, SW_NOTE_LIMIT, path,
            "cut short: the facts of this layer are over %zu bytes; what follows was not examined",
            walk->options.facts_max_bytes);
    }
    if (walk->places_capacity == 0)
        return;
    struct sw_walk_place *place =
        find_place(walk->places_seed, walk->places, walk->places_capacity, path);
    if (place->path.p == NULL)
        return;
    place->first = walk->facts->facts.n;
    place->entry = walk->facts->n_files;
}

int sw_walk_remember_path(struct sw_walk *walk, struct sw_str path, size_t first)
{
    if (2 * (walk->n_places + 1) > walk->places_capacity && grow_places(walk) < 0)
        return -ENOMEM;
    struct sw_walk_place *place =
        find_place(walk->places_seed, walk->places, walk->places_capacity, path);
    if (path.p == NULL || place->path.p != NULL)
        return 0;
    *place = (struct sw_walk_place){path, first, walk->facts->n_files};
    walk->n_places++;
    return 0;
}

int sw_walk_remember(struct sw_walk *walk, size_t first)
{
    for (size_t i = first; i < walk->facts->facts.n; i++) {
        int r = sw_walk_remember_path(walk, walk->facts->facts.v[i].path, first);
        if (r < 0)
            return r;
    }
    return 0;
}

bool sw_walk_is_newest(const struct sw_walk *walk, struct sw_str path, uint64_t entry)
{
    if (walk->places_capacity == 0)
        return true;
    const struct sw_walk_place *place =
        find_place(walk->places_seed, walk->places, walk->places_capacity, path);
    return place->path.p == NULL || place->entry == entry;
}

/* Whiteouts speak of the layers below; nothing in this layer makes them void. */
static bool is_replaced(const struct sw_walk *walk, const struct sw_fact *fact, size_t i)
{
    if (fact->kind == SW_FACT_WHITEOUT || fact->kind == SW_FACT_OPAQUE || fact->path.p == NULL)
        return false;
    const struct sw_walk_place *place =
        find_place(walk->places_seed, walk->places, walk->places_capacity, fact->path);
    return place->path.p != NULL && i < place->first;
}

void sw_walk_drop_replaced(struct sw_walk *walk)
{
    if (walk->places_capacity == 0)
        return;
    size_t n = 0;
    for (size_t i = 0; i < walk->facts->facts.n; i++)
        if (!is_replaced(walk, &walk->facts->facts.v[i], i))
            walk->facts->facts.v[n++] = walk->facts->facts.v[i];
    walk->facts->facts.n = n;
}
