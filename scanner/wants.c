/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of wanted paths. A set of lengths in front of each keeps nearly every path from being
 * hashed at all.
 */
#include "wants.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "oci/path.h"

/* Names in all analyzers together; far above what people write by hand. */
#define ENTRIES_MAX ((size_t)65536)

struct entry {
    struct sw_str key;
    uint64_t mask;
    bool is_guard;
};

/* Open addressing; lengths beyond 255 share the last bit. */
struct table {
    struct entry *entries; /* owned; a key of NULL is a free place */
    size_t capacity;       /* power of two, at most half full */
    size_t n;
    uint64_t lengths[4];
};

struct pattern {
    struct sw_str before;
    struct sw_str after;
    uint64_t mask;
};

struct suffix {
    struct sw_str text;
    uint64_t mask;
};

struct sw_wants {
    const struct sw_analyzer *const *analyzers; /* borrowed */
    struct table paths;                         /* guards too */
    struct table folders;
    struct table basenames;
    SW_VEC(struct suffix) suffixes;
    uint64_t last_bytes[4]; /* of the suffixes */
    SW_VEC(struct pattern) patterns;
    uint64_t any; /* analyzers of every file */
    unsigned aspects;
};

static void set_bit(uint64_t set[4], size_t i)
{
    i = i < 255 ? i : 255;
    set[i / 64] |= (uint64_t)1 << i % 64;
}

static bool has_bit(const uint64_t set[4], size_t i)
{
    i = i < 255 ? i : 255;
    return (set[i / 64] >> i % 64 & 1) != 0;
}

/* The entry of the key, or the free place where it belongs. */
static struct entry *find_place(const struct table *table, struct sw_str key)
{
    size_t i = sw_str_hash(key) & (table->capacity - 1);
    while (table->entries[i].key.p != NULL && !sw_str_equal(table->entries[i].key, key))
        i = (i + 1) & (table->capacity - 1);
    return &table->entries[i];
}

static int grow(struct table *table)
{
    struct table bigger = *table;
    bigger.capacity = table->capacity == 0 ? 64 : table->capacity * 2;
    if (bigger.capacity > 4 * ENTRIES_MAX)
        return -E2BIG;
    bigger.entries = sw_mem_zalloc(bigger.capacity, sizeof(struct entry));
    if (bigger.entries == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < table->capacity; i++)
        if (table->entries[i].key.p != NULL)
            *find_place(&bigger, table->entries[i].key) = table->entries[i];
    sw_mem_free(table->entries);
    *table = bigger;
    return 0;
}

static int table_add(struct table *table, struct sw_str key, uint64_t mask, bool is_guard)
{
    if (2 * (table->n + 1) > table->capacity) {
        int r = grow(table);
        if (r < 0)
            return r;
    }
    struct entry *entry = find_place(table, key);
    if (entry->key.p == NULL) {
        entry->key = key;
        table->n++;
        set_bit(table->lengths, key.n);
    }
    entry->mask |= mask;
    entry->is_guard = entry->is_guard || is_guard;
    return 0;
}

static const struct entry *table_find(const struct table *table, struct sw_str key)
{
    if (!has_bit(table->lengths, key.n) || table->capacity == 0)
        return NULL;
    const struct entry *entry = find_place(table, key);
    return entry->key.p != NULL ? entry : NULL;
}

/* The folders above a path, and the path itself. */
static int add_guards(struct sw_wants *wants, struct sw_str path)
{
    for (; path.n > 0; path = sw_path_folder(path)) {
        int r = table_add(&wants->paths, path, 0, true);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_guard(struct sw_wants *wants, struct sw_str path, uint64_t mask)
{
    (void)mask;
    return add_guards(wants, path);
}

static int add_path(struct sw_wants *wants, struct sw_str path, uint64_t mask)
{
    int r = table_add(&wants->paths, path, mask, true);
    return r < 0 ? r : add_guards(wants, path);
}

static int add_folder(struct sw_wants *wants, struct sw_str path, uint64_t mask)
{
    int r = table_add(&wants->folders, path, mask, false);
    return r < 0 ? r : add_guards(wants, path);
}

static int add_basename(struct sw_wants *wants, struct sw_str name, uint64_t mask)
{
    return table_add(&wants->basenames, name, mask, false);
}

static int add_suffix(struct sw_wants *wants, struct sw_str text, uint64_t mask)
{
    if (text.n == 0)
        return -EINVAL;
    set_bit(wants->last_bytes, (unsigned char)text.p[text.n - 1]);
    struct suffix suffix = {text, mask};
    return sw_vec_push(&wants->suffixes, suffix, ENTRIES_MAX);
}

static int add_pattern(struct sw_wants *wants, struct sw_str text, uint64_t mask)
{
    ptrdiff_t star = sw_str_find_char(text, '*');
    if (star < 0)
        return -EINVAL;
    struct pattern pattern = {
        .before = sw_str_part(text, 0, (size_t)star),
        .after = sw_str_skip(text, (size_t)star + 1),
        .mask = mask,
    };
    int r = sw_vec_push(&wants->patterns, pattern, ENTRIES_MAX);
    return r < 0 ? r : add_guards(wants, sw_path_folder(pattern.before));
}

static int add_list(struct sw_wants *wants, const char *const *list, uint64_t mask,
    int (*add)(struct sw_wants *, struct sw_str, uint64_t))
{
    for (; list != NULL && *list != NULL; list++) {
        int r = add(wants, sw_str_of(*list), mask);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_analyzer(struct sw_wants *wants, const struct sw_analyzer_wants *list, uint64_t mask)
{
    int r = add_list(wants, list->paths, mask, add_path);
    if (r == 0)
        r = add_list(wants, list->directories, mask, add_folder);
    if (r == 0)
        r = add_list(wants, list->guards, mask, add_guard);
    if (r == 0)
        r = add_list(wants, list->basenames, mask, add_basename);
    if (r == 0)
        r = add_list(wants, list->suffixes, mask, add_suffix);
    if (r == 0)
        r = add_list(wants, list->patterns, mask, add_pattern);
    return r;
}

int sw_wants_new(
    const struct sw_analyzer *const *analyzers, unsigned aspects, struct sw_wants **ret)
{
    SW_CLEANUP(sw_wants_freep) struct sw_wants *wants = sw_mem_zalloc(1, sizeof(*wants));
    if (wants == NULL)
        return -ENOMEM;
    wants->analyzers = analyzers;
    wants->aspects = aspects;
    for (size_t i = 0; analyzers[i] != NULL; i++) {
        if (i == SW_WANTS_ANALYZERS_MAX)
            return -E2BIG;
        if ((aspects & SW_ASPECT_BIT(analyzers[i]->aspect)) == 0)
            continue;
        if (analyzers[i]->wants.is_any)
            wants->any |= (uint64_t)1 << i;
        int r = add_analyzer(wants, &analyzers[i]->wants, (uint64_t)1 << i);
        if (r < 0)
            return r;
    }
    *ret = SW_TAKE(wants);
    return 0;
}

void sw_wants_free(struct sw_wants *wants)
{
    if (wants == NULL)
        return;
    sw_mem_free(wants->paths.entries);
    sw_mem_free(wants->folders.entries);
    sw_mem_free(wants->basenames.entries);
    sw_vec_done(&wants->suffixes);
    sw_vec_done(&wants->patterns);
    sw_mem_free(wants);
}

void sw_wants_freep(struct sw_wants **wants)
{
    sw_wants_free(*wants);
}

static uint64_t find_suffixes(const struct sw_wants *wants, struct sw_str base)
{
    if (base.n == 0 || !has_bit(wants->last_bytes, (unsigned char)base.p[base.n - 1]))
        return 0;
    uint64_t mask = 0;
    SW_VEC_EACH (suffix, &wants->suffixes)
        if (sw_str_ends_with(base, suffix->text))
            mask |= suffix->mask;
    return mask;
}

/* The star stands for one or more bytes within one component. */
static void find_patterns(
    const struct sw_wants *wants, struct sw_str path, struct sw_wants_answer *answer)
{
    SW_VEC_EACH (pattern, &wants->patterns) {
        if (path.n <= pattern->before.n || !sw_str_starts_with(path, pattern->before))
            continue;
        struct sw_str rest = sw_str_skip(path, pattern->before.n);
        bool is_folder = sw_str_starts_with(pattern->after, SW_STR("/"));
        ptrdiff_t slash = sw_str_find_char(rest, '/');
        if (slash < 0 && is_folder)
            answer->is_link_kept = true;
        if (rest.n <= pattern->after.n || !sw_str_ends_with(rest, pattern->after) ||
            (slash >= 0 && (size_t)slash < rest.n - pattern->after.n))
            continue;
        answer->mask |= pattern->mask;
        answer->is_link_kept = true;
    }
}

struct sw_wants_answer sw_wants_find(const struct sw_wants *wants, struct sw_str path)
{
    struct sw_wants_answer answer = {0};
    struct sw_str base = sw_path_base(path);
    const struct entry *entry = table_find(&wants->paths, path);
    if (entry != NULL)
        answer = (struct sw_wants_answer){.mask = entry->mask, .is_guard = entry->is_guard};
    entry = table_find(&wants->folders, sw_path_folder(path));
    if (entry != NULL)
        answer.mask |= entry->mask;
    entry = table_find(&wants->basenames, base);
    if (entry != NULL)
        answer.mask |= entry->mask;
    answer.mask |= find_suffixes(wants, base);
    find_patterns(wants, path, &answer);
    return answer;
}

uint64_t sw_wants_any(const struct sw_wants *wants)
{
    return wants->any;
}

bool sw_wants_paths(const struct sw_wants *wants)
{
    return (wants->aspects & ~SW_ASPECT_BIT(SW_ASPECT_VULN)) != 0;
}

const struct sw_analyzer *sw_wants_analyzer(const struct sw_wants *wants, unsigned bit)
{
    return wants->analyzers[bit];
}
