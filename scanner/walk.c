/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names: what each member of a layer means for the tree. Runs for every entry of every layer, so
 * an unwanted entry costs a clean name and a look-up, nothing else.
 */
#include "walk_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "oci/path.h"

/* The largest real images hold some three million files. */
#define ENTRIES_MAX ((uint64_t)20000000)
/* Content of one layer; a bomb ends here at the latest. */
#define BYTES_MAX ((uint64_t)1 << 40)
#define TICK_ENTRIES 1024

#define WHITEOUT_PREFIX SW_STR(".wh.")
#define WHITEOUT_META SW_STR(".wh..wh.")
#define WHITEOUT_OPAQUE SW_STR(".wh..wh..opq")

struct sw_walk *sw_walk_new(const struct sw_walk_options *options, struct sw_facts *facts)
{
    struct sw_walk *walk = sw_mem_zalloc(1, sizeof(*walk));
    if (walk == NULL)
        return NULL;
    walk->options = *options;
    walk->facts = facts;
    /* Where things lie in memory differs from run to run, and no image can know it. */
    walk->places_seed = (uint64_t)(uintptr_t)walk ^ (uint64_t)(uintptr_t)&options << 24;
    sw_budget_hold_init(&walk->hold, options->budget);
    return walk;
}

void sw_walk_free(struct sw_walk *walk)
{
    if (walk == NULL)
        return;
    sw_walk_close_layers(walk);
    SW_VEC_EACH (kept, &walk->kept) {
        sw_mem_free(kept->bytes);
        sw_budget_give(&walk->hold, &kept->share);
    }
    sw_vec_done(&walk->kept);
    sw_vec_done(&walk->links);
    sw_vec_done(&walk->paths);
    sw_mem_free(walk->places);
    sw_budget_hold_done(&walk->hold);
    sw_mem_free(walk);
}

void sw_walk_freep(struct sw_walk **walk)
{
    sw_walk_free(*walk);
}

bool sw_walk_wants_content(const struct sw_walk *walk, struct sw_str path)
{
    struct sw_wants_answer answer = sw_wants_find(walk->options.wants, path);
    return sw_walk_content_mask(walk, answer.mask | sw_wants_any(walk->options.wants)) != 0;
}

bool sw_walk_wants_target(const struct sw_walk *walk, struct sw_str path)
{
    struct sw_wants_answer answer = sw_wants_find(walk->options.wants, path);
    return answer.is_guard || answer.is_link_kept;
}

/* A whiteout by its name: true when the entry was one and is dealt with. */
static bool take_whiteout(struct sw_walk *walk, struct sw_str path, int *ret)
{
    struct sw_str base = sw_path_base(path);
    if (!sw_str_starts_with(base, WHITEOUT_PREFIX))
        return false;
    struct sw_str folder = sw_path_folder(path);
    struct sw_str name = sw_str_skip(base, WHITEOUT_PREFIX.n);
    *ret = 0;
    if (sw_str_equal(base, WHITEOUT_OPAQUE)) {
        *ret = sw_walk_add(walk, SW_FACT_OPAQUE, folder, SW_STR_NONE);
    } else if (sw_str_starts_with(base, WHITEOUT_META)) {
        return true; /* bookkeeping of aufs */
    } else if (name.n == 0 || sw_str_equal(name, SW_STR(".")) || sw_str_equal(name, SW_STR(".."))) {
        sw_walk_note(walk, SW_NOTE_INFO, path, "a whiteout that names nothing was passed over");
    } else {
        char removed[SW_FACT_PATH_MAX];
        size_t n = 0;
        if (folder.n > 0) {
            __builtin_memcpy(removed, folder.p, folder.n);
            n = folder.n;
            removed[n++] = '/';
        }
        __builtin_memcpy(removed + n, name.p, name.n);
        *ret =
            sw_walk_add(walk, SW_FACT_WHITEOUT, (struct sw_str){removed, n + name.n}, SW_STR_NONE);
    }
    return true;
}

/* A wanted hard link: its content is that of an earlier member, which is asked for again later. */
static int add_link(struct sw_walk *walk, const struct sw_walk_entry *entry, uint64_t mask)
{
    if (entry->target.n > sizeof(walk->path)) {
        sw_walk_note(walk, SW_NOTE_UNREADABLE, entry->path, "hard link with an absurd target");
        return 0;
    }
    struct sw_walk_link link = {.mask = mask, .entry = walk->facts->n_files};
    struct sw_region *region = walk->facts->region;
    char *target = sw_region_alloc(region, entry->target.n + 1);
    if (target == NULL || sw_region_copy(region, entry->path, &link.path) < 0)
        return -ENOMEM;
    link.target = (struct sw_str){target, sw_path_clean(entry->target, target, NULL)};
    int r = sw_vec_push(&walk->links, link, SW_WALK_LINKS_MAX);
    if (r == -EFBIG) {
        sw_walk_note(
            walk, SW_NOTE_LIMIT, entry->path, "more than %zu wanted hard links", SW_WALK_LINKS_MAX);
        return 0;
    }
    return r < 0 ? r : sw_walk_remember_path(walk, link.path, walk->facts->facts.n);
}

/* A file, or the name of one. */
static int take_file(struct sw_walk *walk, const struct sw_walk_entry *entry, uint64_t mask,
    struct sw_walk_content *content, struct sw_err *err)
{
    struct sw_analyzer_file file = {
        .path = entry->path, .size_bytes = entry->size_bytes, .mode = entry->mode};
    if (entry->type == SW_MEMBER_FILE)
        return sw_walk_examine(walk, &file, mask, content, err);
    uint64_t content_mask = sw_walk_content_mask(walk, mask);
    int r = sw_walk_examine(walk, &file, mask & ~content_mask, NULL, err);
    if (r == 0 && content_mask != 0)
        r = add_link(walk, entry, content_mask);
    return r;
}

/* What stands in the place of a guarded path or of a file that is wanted. */
static int take_other(
    struct sw_walk *walk, const struct sw_walk_entry *entry, struct sw_wants_answer answer)
{
    switch (entry->type) {
    case SW_MEMBER_SYMLINK:
        /* A link to nothing leads nowhere; it only stands in the way. */
        if ((answer.is_guard || answer.is_link_kept) && entry->target.n > 0)
            return sw_walk_add(walk, SW_FACT_SYMLINK, entry->path, entry->target);
        return sw_walk_add(walk, SW_FACT_OBJECT, entry->path, SW_STR_NONE);
    case SW_MEMBER_DIRECTORY:
        /* A directory where a file was: the file is gone. */
        if (answer.is_guard && answer.mask != 0)
            return sw_walk_add(walk, SW_FACT_WHITEOUT, entry->path, SW_STR_NONE);
        return answer.is_guard ? sw_walk_add(walk, SW_FACT_DIRECTORY, entry->path, SW_STR_NONE) : 0;
    case SW_MEMBER_FILE:
    case SW_MEMBER_HARDLINK:
    case SW_MEMBER_OTHER:
        return sw_walk_add(walk, SW_FACT_OBJECT, entry->path, SW_STR_NONE);
    case _SW_MEMBER_TYPE_MAX:
        break;
    }
    return 0;
}

static void tell_link(struct sw_walk *walk, const struct sw_walk_entry *entry)
{
    char target[SW_FACT_PATH_MAX];
    if (entry->target.n > sizeof(target) || sw_wants_any(walk->options.wants) == 0)
        return;
    size_t n = sw_path_clean(entry->target, target, NULL);
    sw_walk_tell_link(walk, entry->path, (struct sw_str){target, n});
}

static int offer(struct sw_walk *walk, const struct sw_walk_entry *entry,
    struct sw_walk_content *content, struct sw_err *err)
{
    struct sw_wants_answer answer = sw_wants_find(walk->options.wants, entry->path);
    bool is_link = answer.is_link_kept && entry->type == SW_MEMBER_SYMLINK;
    uint64_t any = entry->type == SW_MEMBER_FILE ? sw_wants_any(walk->options.wants) : 0;
    if (walk->is_full)
        return 0;
    if (entry->type == SW_MEMBER_HARDLINK)
        tell_link(walk, entry);
    if (answer.mask == 0 && !answer.is_guard && !is_link)
        return any != 0 ? take_file(walk, entry, any, content, err) : 0;
    answer.mask |= any;
    sw_walk_begin(walk, entry->path);
    size_t first = walk->facts->facts.n;
    bool is_file = entry->type == SW_MEMBER_FILE || entry->type == SW_MEMBER_HARDLINK;
    int r = answer.mask != 0 && is_file ? take_file(walk, entry, answer.mask, content, err)
                                        : take_other(walk, entry, answer);
    int remembered = sw_walk_remember(walk, first);
    return r < 0 ? r : remembered;
}

static void count(struct sw_walk *walk, const struct sw_walk_entry *entry)
{
    walk->facts->n_files++;
    if (entry->type == SW_MEMBER_FILE)
        walk->facts->n_bytes += entry->size_bytes;
    if (walk->options.tick != NULL && walk->facts->n_files % TICK_ENTRIES == 0)
        walk->options.tick(walk->options.context, entry, walk->facts->n_files);
}

int sw_walk_offer(
    struct sw_walk *walk, const struct sw_walk_entry *entry, struct sw_walk_content *content)
{
    struct sw_err err = {0};
    count(walk, entry);
    int r = offer(walk, entry, content, &err);
    if (r < 0 && r != -ENOMEM) {
        sw_walk_note(walk, SW_NOTE_UNREADABLE, entry->path, "%s", err.message);
        return 0;
    }
    return r;
}

static ssize_t archive_block(void *context, const void **ret, struct sw_err *err)
{
    return sw_archive_read_block(context, ret, err);
}

/* The member's name as a path: 1, or 0 where it is the root or beyond every limit. */
static int clean_name(struct sw_walk *walk, struct sw_str name, struct sw_str *ret)
{
    if (name.n > sizeof(walk->path)) {
        sw_walk_note(walk, SW_NOTE_LIMIT, sw_str_part(name, 0, 255),
            "a name of %zu bytes was passed over", name.n);
        return 0;
    }
    bool climbs = false;
    size_t n = sw_path_clean(name, walk->path, &climbs);
    if (climbs && !walk->has_climbed) {
        walk->has_climbed = true;
        sw_walk_note(walk, SW_NOTE_INFO, sw_str_part(name, 0, SW_FACT_PATH_MAX),
            "a name that climbs above the root was taken as inside it");
    }
    /* Runtimes cannot make it either: the kernel stops at PATH_MAX. */
    if (n > SW_FACT_PATH_MAX)
        sw_walk_note(walk, SW_NOTE_LIMIT, (struct sw_str){walk->path, 255},
            "a path of %zu bytes was passed over", n);
    *ret = (struct sw_str){walk->path, n};
    return n > 0 && n <= SW_FACT_PATH_MAX;
}

static int check_caps(const struct sw_walk *walk, struct sw_err *err)
{
    if (walk->facts->n_files >= ENTRIES_MAX)
        return sw_err_set(
            err, -EFBIG, "cut short: more than %llu entries", (unsigned long long)ENTRIES_MAX);
    if (walk->facts->n_bytes >= BYTES_MAX)
        return sw_err_set(err, -EFBIG, "cut short: more than %llu bytes of content",
            (unsigned long long)BYTES_MAX);
    return 0;
}

static int take_member(struct sw_walk *walk, struct sw_archive *archive,
    const struct sw_member *member, struct sw_err *err)
{
    struct sw_walk_entry entry = {
        .type = member->type,
        .target = member->target,
        .size_bytes = member->size_bytes,
        .mode = member->mode,
    };
    int is_path = clean_name(walk, member->name, &entry.path);
    count(walk, &entry);
    int r = check_caps(walk, err);
    if (r < 0 || is_path == 0)
        return r;
    if (take_whiteout(walk, entry.path, &r))
        return r;
    if (member->type != SW_MEMBER_DIRECTORY) {
        r = sw_walk_add_path(walk, entry.path);
        if (r < 0)
            return r;
    }
    struct sw_walk_content content = {archive_block, archive};
    return offer(walk, &entry, &content, err);
}

int sw_walk_archive(struct sw_walk *walk, struct sw_archive *archive, struct sw_err *err)
{
    for (;;) {
        struct sw_member member;
        int r = sw_archive_next(archive, &member, err);
        if (r <= 0)
            return r;
        r = take_member(walk, archive, &member, err);
        if (r < 0)
            return r;
    }
}

bool sw_walk_needs_links(const struct sw_walk *walk)
{
    return walk->links.n > 0;
}

static int compare_targets(const void *a, const void *b)
{
    return sw_str_compare(
        ((const struct sw_walk_link *)a)->target, ((const struct sw_walk_link *)b)->target);
}

/* The links to a path lie side by side once sorted. */
static size_t find_links(const struct sw_walk *walk, struct sw_str path, size_t *ret_n)
{
    size_t low = 0;
    size_t high = walk->links.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sw_str_compare(walk->links.v[middle].target, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t n = 0;
    while (low + n < walk->links.n && sw_str_equal(walk->links.v[low + n].target, path))
        n++;
    *ret_n = n;
    return low;
}

static int take_target(struct sw_walk *walk, struct sw_archive *archive,
    const struct sw_member *member, struct sw_err *err)
{
    struct sw_str path;
    if (member->type != SW_MEMBER_FILE || clean_name(walk, member->name, &path) == 0)
        return 0;
    size_t n;
    size_t first = find_links(walk, path, &n);
    if (n == 0)
        return 0;
    struct sw_analyzer_file file = {.size_bytes = member->size_bytes, .mode = member->mode};
    struct sw_walk_content content = {archive_block, archive};
    return sw_walk_examine_links(walk, &file, walk->links.v + first, n, &content, err);
}

int sw_walk_links(struct sw_walk *walk, struct sw_archive *archive, struct sw_err *err)
{
    SW_VEC_EACH (link, &walk->links)
        link->is_done = !sw_walk_is_newest(walk, link->path, link->entry);
    qsort(walk->links.v, walk->links.n, sizeof(walk->links.v[0]), compare_targets);
    int r;
    do {
        struct sw_member member;
        r = sw_archive_next(archive, &member, err);
        if (r == 1)
            r = take_target(walk, archive, &member, err) < 0 ? -EBADMSG : 1;
    } while (r > 0);
    return r;
}

int sw_walk_finish(struct sw_walk *walk)
{
    SW_VEC_EACH (link, &walk->links)
        if (!link->is_done && sw_walk_is_newest(walk, link->path, link->entry))
            sw_walk_note(walk, SW_NOTE_UNREADABLE, link->path,
                "hard link to content that was not found in its layer");
    int r = sw_walk_examine_groups(walk);
    sw_walk_close_layers(walk);
    if (r == 0)
        r = sw_walk_emit_paths(walk);
    sw_walk_drop_replaced(walk);
    if (walk->n_notes_dropped > 0) {
        uint64_t n = walk->n_notes_dropped;
        walk->n_notes = 0;
        sw_walk_note(walk, SW_NOTE_LIMIT, SW_STR_NONE, "%llu more notes on this layer were dropped",
            (unsigned long long)n);
    }
    return r;
}
