/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content: a wanted file is read once, as much of it as its analyzers want, inside the memory of
 * the budget, and offered to each.
 */
#include "walk_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "oci/path.h"

#define EACH_BIT(bit, mask)                                                                        \
    for (uint64_t _left = (mask), bit = 0;                                                         \
         _left != 0 && ((bit = (uint64_t)__builtin_ctzll(_left)), 1); _left &= _left - 1)

/* One file's content and who gets it. */
struct load {
    uint64_t wholes;  /* analyzers that get everything */
    uint64_t heads;   /* those that get the beginning */
    uint64_t streams; /* those that get each block */
    size_t keep;      /* bytes to hold */
    char *bytes;      /* owned */
    size_t n;
    struct sw_budget_share share;
    void *states[SW_WANTS_ANALYZERS_MAX];
};

static const struct sw_analyzer *analyzer_of(const struct sw_walk *walk, uint64_t bit)
{
    return sw_wants_analyzer(walk->options.wants, (unsigned)bit);
}

uint64_t sw_walk_content_mask(const struct sw_walk *walk, uint64_t mask)
{
    uint64_t content = 0;
    EACH_BIT(bit, mask)
    if (analyzer_of(walk, bit)->want != SW_WANT_NAME)
        content |= (uint64_t)1 << bit;
    return content;
}

/* A failed analyzer is a note on the file; everything else goes on. */
static void note_failure(struct sw_walk *walk, const struct sw_analyzer *analyzer,
    struct sw_str path, int r, const struct sw_err *err)
{
    const char *text = err->message[0] != '\0' ? err->message : strerror(-r);
    enum sw_note_kind kind = r == -ENOMEM ? SW_NOTE_LIMIT : SW_NOTE_UNREADABLE;
    sw_walk_note(walk, kind, path, "%s: %s", analyzer->name, text);
}

struct sw_analyzer_context sw_walk_context(const struct sw_walk *walk, unsigned bit)
{
    return (struct sw_analyzer_context){
        .analyzer = analyzer_of(walk, bit),
        .region = walk->facts->region,
        .facts = walk->facts,
        .contents = walk->options.contents,
        .layer = walk->layers[bit],
        .is_showing_secrets = walk->options.is_showing_secrets,
    };
}

/* Begins the layer for analyzers that have not: those of the mask that are fit for work. */
static uint64_t open_layers(struct sw_walk *walk, struct sw_str path, uint64_t mask)
{
    EACH_BIT(bit, mask & ~walk->opened & ~walk->failed)
    {
        uint64_t one = (uint64_t)1 << bit;
        const struct sw_analyzer *analyzer = analyzer_of(walk, bit);
        struct sw_analyzer_context context = sw_walk_context(walk, (unsigned)bit);
        struct sw_err err = {0};
        int r = analyzer->open_layer != NULL
                    ? analyzer->open_layer(&context, &walk->layers[bit], &err)
                    : 0;
        if (r < 0)
            note_failure(walk, analyzer, path, r, &err);
        walk->opened |= r < 0 ? 0 : one;
        walk->failed |= r < 0 ? one : 0;
    }
    return mask & ~walk->failed;
}

void sw_walk_close_layers(struct sw_walk *walk)
{
    EACH_BIT(bit, walk->opened)
    {
        const struct sw_analyzer *analyzer = analyzer_of(walk, bit);
        struct sw_analyzer_context context = sw_walk_context(walk, (unsigned)bit);
        struct sw_err err = {0};
        int r = analyzer->close_layer != NULL ? analyzer->close_layer(&context, &err) : 0;
        if (r < 0)
            note_failure(walk, analyzer, SW_STR_NONE, r, &err);
    }
    walk->opened = 0;
}

static void analyze(
    struct sw_walk *walk, uint64_t bit, const struct sw_analyzer_file *files, size_t n_files)
{
    const struct sw_analyzer *analyzer = analyzer_of(walk, bit);
    struct sw_analyzer_context context = sw_walk_context(walk, (unsigned)bit);
    struct sw_err err = {0};
    int r = analyzer->analyze(&context, files, n_files, &err);
    if (r < 0 && r != -EFBIG)
        note_failure(walk, analyzer, files[0].path, r, &err);
    else if (r < 0)
        sw_walk_note(walk, SW_NOTE_LIMIT, files[0].path, "%s: %s", analyzer->name,
            err.message[0] != '\0' ? err.message : "more facts than a layer may have");
}

static void note_too_large(
    struct sw_walk *walk, const struct sw_analyzer_file *file, uint64_t mask, size_t limit)
{
    EACH_BIT(bit, mask)
    sw_walk_note(walk, SW_NOTE_LIMIT, file->path,
        "cut short: %llu bytes, over the %zu that analyzer '%s' can have",
        (unsigned long long)file->size_bytes, limit, analyzer_of(walk, bit)->name);
}

/* Sorts the analyzers by what they want and finds how much must be held. */
static void plan(
    struct sw_walk *walk, const struct sw_analyzer_file *file, uint64_t mask, struct load *load)
{
    EACH_BIT(bit, mask)
    {
        const struct sw_analyzer *analyzer = analyzer_of(walk, bit);
        uint64_t one = (uint64_t)1 << bit;
        size_t want =
            file->size_bytes < analyzer->max_bytes ? (size_t)file->size_bytes : analyzer->max_bytes;
        switch (analyzer->want) {
        case SW_WANT_WHOLE:
            if (file->size_bytes > analyzer->max_bytes) {
                note_too_large(walk, file, one, analyzer->max_bytes);
                break;
            }
            load->wholes |= one;
            load->keep = want > load->keep ? want : load->keep;
            break;
        case SW_WANT_HEAD:
            load->heads |= one;
            load->keep = want > load->keep ? want : load->keep;
            break;
        case SW_WANT_STREAM:
            load->streams |= one;
            break;
        case SW_WANT_NAME:
        case _SW_WANT_MAX:
            break;
        }
    }
}

static bool is_any_grouped(const struct sw_walk *walk, uint64_t mask)
{
    EACH_BIT(bit, mask)
    if (analyzer_of(walk, bit)->is_grouped)
        return true;
    return false;
}

/* Memory for what must be held; what can never fit is a note and is left out. */
static int reserve(struct sw_walk *walk, const struct sw_analyzer_file *file, struct load *load)
{
    if (load->wholes == 0 && load->heads == 0)
        return 0;
    int r =
        sw_budget_take(&walk->hold, load->keep, is_any_grouped(walk, load->wholes), &load->share);
    if (r == 0) {
        load->bytes = sw_mem_alloc(load->keep + 1);
        if (load->bytes != NULL)
            return 0;
        sw_budget_give(&walk->hold, &load->share);
    }
    note_too_large(walk, file, load->wholes | load->heads, sw_budget_largest(walk->options.budget));
    load->wholes = 0;
    load->heads = 0;
    load->keep = 0;
    return 0;
}

static void begin_streams(
    struct sw_walk *walk, const struct sw_analyzer_file *file, struct load *load)
{
    EACH_BIT(bit, load->streams)
    {
        const struct sw_analyzer *analyzer = analyzer_of(walk, bit);
        struct sw_analyzer_context context = sw_walk_context(walk, (unsigned)bit);
        struct sw_err err = {0};
        int r = analyzer->begin(&context, file, &load->states[bit], &err);
        if (r < 0) {
            note_failure(walk, analyzer, file->path, r, &err);
            load->streams &= ~((uint64_t)1 << bit);
        }
    }
}

static void end_streams(
    struct sw_walk *walk, const struct sw_analyzer_file *file, struct load *load)
{
    EACH_BIT(bit, load->streams)
    {
        const struct sw_analyzer *analyzer = analyzer_of(walk, bit);
        struct sw_analyzer_context context = sw_walk_context(walk, (unsigned)bit);
        struct sw_err err = {0};
        int r = analyzer->end(load->states[bit], &context, &err);
        if (r < 0)
            note_failure(walk, analyzer, file->path, r, &err);
    }
}

static void take_block(struct sw_walk *walk, const struct sw_analyzer_file *file, struct load *load,
    struct sw_str block)
{
    size_t room = load->keep - load->n;
    size_t n = block.n < room ? block.n : room;
    if (n > 0)
        memcpy(load->bytes + load->n, block.p, n);
    load->n += n;
    EACH_BIT(bit, load->streams)
    {
        struct sw_err err = {0};
        int r = analyzer_of(walk, bit)->block(load->states[bit], block, &err);
        if (r < 0)
            note_failure(walk, analyzer_of(walk, bit), file->path, r, &err);
    }
}

/* A file's blocks on their way to its analyzers; an archive in it is read from what passes. */
struct tee {
    struct sw_walk *walk;
    const struct sw_analyzer_file *file;
    struct load *load;
    struct sw_walk_content *content;
    struct sw_str first; /* has passed, and is not yet handed on */
    ssize_t last;        /* what the content said: > 0, 0 at its end, negative errno */
    bool is_outermost;   /* the file itself, and nothing inside of one */
};

static ssize_t tee_block(void *context, const void **ret, struct sw_err *err)
{
    struct tee *tee = context;
    if (tee->first.n > 0) {
        ssize_t n = (ssize_t)tee->first.n;
        *ret = tee->first.p;
        tee->first = SW_STR_NONE;
        return n;
    }
    if (tee->last > 0)
        tee->last = tee->content->block(tee->content->context, ret, err);
    if (tee->last > 0) {
        take_block(tee->walk, tee->file, tee->load, (struct sw_str){*ret, (size_t)tee->last});
        if (tee->is_outermost)
            tee->walk->nest.n_packed += (uint64_t)tee->last;
    }
    return tee->last;
}

/* Reads as much as anybody wants. Analyzers of any file see what is in archives, too. */
static int read_content(struct sw_walk *walk, const struct sw_analyzer_file *file,
    struct load *load, struct sw_walk_content *content, struct sw_err *err)
{
    struct tee tee = {.walk = walk,
        .file = file,
        .load = load,
        .content = content,
        .last = 1,
        .is_outermost = walk->nest.depth == 0};
    bool is_first = (load->streams & sw_wants_any(walk->options.wants)) != 0;
    if (tee.is_outermost)
        walk->nest = (struct sw_walk_nest){0};
    while (load->n < load->keep || load->streams != 0) {
        const void *p = NULL;
        ssize_t n = tee_block(&tee, &p, err);
        if (n <= 0)
            return (int)n;
        tee.first = (struct sw_str){p, (size_t)n};
        if (is_first && sw_walk_nested_is(tee.first, file->size_bytes)) {
            struct sw_walk_content blocks = {tee_block, &tee};
            sw_walk_nested(walk, file, &blocks);
        }
        tee.first = SW_STR_NONE;
        is_first = false;
    }
    return 0;
}

static struct sw_analyzer_file with_bytes(
    const struct sw_analyzer_file *file, const struct load *load, size_t max)
{
    struct sw_analyzer_file full = *file;
    full.bytes = (struct sw_str){load->bytes, load->n < max ? load->n : max};
    return full;
}

/* Offers what was read to all that do not wait for a whole folder. */
static void offer_bytes(struct sw_walk *walk, const struct sw_analyzer_file *file, uint64_t mask,
    const struct load *load)
{
    EACH_BIT(bit, (load->wholes | load->heads) & mask)
    {
        const struct sw_analyzer *analyzer = analyzer_of(walk, bit);
        if (analyzer->is_grouped)
            continue;
        struct sw_analyzer_file full = with_bytes(file, load, analyzer->max_bytes);
        analyze(walk, bit, &full, 1);
    }
}

static uint64_t grouped_of(const struct sw_walk *walk, uint64_t mask)
{
    uint64_t grouped = 0;
    EACH_BIT(bit, mask)
    if (analyzer_of(walk, bit)->is_grouped)
        grouped |= (uint64_t)1 << bit;
    return grouped;
}

/* Keeps the bytes for the end of the walk; they change hands. */
static int keep_bytes(
    struct sw_walk *walk, const struct sw_analyzer_file *file, uint64_t mask, struct load *load)
{
    struct sw_walk_kept kept = {
        .file = with_bytes(file, load, load->n),
        .mask = mask,
        .entry = walk->facts->n_files,
        .bytes = load->bytes,
    };
    if (sw_region_copy(walk->facts->region, file->path, &kept.file.path) < 0)
        return -ENOMEM;
    int r = sw_vec_push(&walk->kept, kept, SW_WALK_GROUPED_MAX);
    if (r == -EFBIG) {
        sw_walk_note(walk, SW_NOTE_LIMIT, file->path, "more than %zu database files in one layer",
            SW_WALK_GROUPED_MAX);
        return 0;
    }
    if (r < 0)
        return r;
    walk->kept.v[walk->kept.n - 1].share = load->share;
    load->bytes = NULL;
    load->share = (struct sw_budget_share){0};
    return sw_walk_remember_path(walk, kept.file.path, walk->facts->facts.n);
}

static void release(struct sw_walk *walk, struct load *load)
{
    sw_mem_free(load->bytes);
    sw_budget_give(&walk->hold, &load->share);
}

int sw_walk_examine(struct sw_walk *walk, const struct sw_analyzer_file *file, uint64_t mask,
    struct sw_walk_content *content, struct sw_err *err)
{
    mask = open_layers(walk, file->path, mask);
    uint64_t content_mask = sw_walk_content_mask(walk, mask);
    EACH_BIT(bit, mask & ~content_mask)
    analyze(walk, bit, file, 1);
    if (content_mask == 0)
        return 0;
    struct load load = {0};
    plan(walk, file, content_mask, &load);
    reserve(walk, file, &load);
    begin_streams(walk, file, &load);
    int r = read_content(walk, file, &load, content, err);
    end_streams(walk, file, &load);
    uint64_t grouped = grouped_of(walk, load.wholes);
    if (r == 0)
        offer_bytes(walk, file, content_mask, &load);
    if (r == 0 && grouped != 0)
        r = keep_bytes(walk, file, grouped, &load);
    release(walk, &load);
    return r;
}

void sw_walk_tell_link(struct sw_walk *walk, struct sw_str path, struct sw_str target)
{
    uint64_t mask = open_layers(walk, path, sw_wants_any(walk->options.wants));
    EACH_BIT(bit, mask)
    {
        const struct sw_analyzer *analyzer = analyzer_of(walk, bit);
        struct sw_analyzer_context context = sw_walk_context(walk, (unsigned)bit);
        struct sw_err err = {0};
        int r = analyzer->link != NULL ? analyzer->link(&context, path, target, &err) : 0;
        if (r < 0)
            note_failure(walk, analyzer, path, r, &err);
    }
}

int sw_walk_examine_links(struct sw_walk *walk, const struct sw_analyzer_file *file,
    struct sw_walk_link *links, size_t n_links, struct sw_walk_content *content, struct sw_err *err)
{
    /* Each link reads as a file of its own; only the first can have the stream of blocks, so the
     * others are served from what is held. */
    struct load load = {0};
    uint64_t mask = 0;
    for (size_t i = 0; i < n_links; i++)
        mask |= links[i].is_done ? 0 : links[i].mask;
    mask = open_layers(walk, links[0].path, mask);
    struct sw_analyzer_file first = *file;
    first.path = links[0].path;
    plan(walk, &first, mask, &load);
    reserve(walk, &first, &load);
    begin_streams(walk, &first, &load);
    int r = read_content(walk, &first, &load, content, err);
    end_streams(walk, &first, &load);
    for (size_t i = 0; r == 0 && i < n_links; i++) {
        if (links[i].is_done)
            continue;
        struct sw_analyzer_file linked = *file;
        linked.path = links[i].path;
        offer_bytes(walk, &linked, links[i].mask, &load);
        uint64_t grouped = grouped_of(walk, load.wholes & links[i].mask);
        if (grouped != 0 && load.bytes != NULL)
            r = keep_bytes(walk, &linked, grouped, &load);
        links[i].is_done = true;
    }
    release(walk, &load);
    return r;
}

static int compare_kept(const void *a, const void *b)
{
    return sw_str_compare(
        ((const struct sw_walk_kept *)a)->file.path, ((const struct sw_walk_kept *)b)->file.path);
}

/* The files that one analyzer has kept from the folder of kept[from]. */
static size_t collect(
    struct sw_walk *walk, uint64_t bit, size_t from, struct sw_analyzer_file *files)
{
    struct sw_str folder = sw_path_folder(walk->kept.v[from].file.path);
    size_t n = 0;
    for (size_t i = from; i < walk->kept.n; i++) {
        struct sw_walk_kept *kept = &walk->kept.v[i];
        if ((kept->mask >> bit & 1) == 0 || !sw_str_equal(sw_path_folder(kept->file.path), folder))
            continue;
        files[n++] = kept->file;
        kept->mask &= ~((uint64_t)1 << bit);
    }
    return n;
}

int sw_walk_examine_groups(struct sw_walk *walk)
{
    size_t n = walk->kept.n;
    if (n == 0)
        return 0;
    SW_CLEANUP(sw_mem_freep) struct sw_analyzer_file *files = sw_mem_zalloc(n, sizeof(*files));
    if (files == NULL)
        return -ENOMEM;
    SW_VEC_EACH (kept, &walk->kept)
        if (!sw_walk_is_newest(walk, kept->file.path, kept->entry))
            kept->mask = 0;
    qsort(walk->kept.v, n, sizeof(walk->kept.v[0]), compare_kept);
    for (size_t i = 0; i < n; i++) {
        EACH_BIT(bit, walk->kept.v[i].mask)
        {
            size_t n_files = collect(walk, bit, i, files);
            analyze(walk, bit, files, n_files);
        }
    }
    SW_VEC_EACH (kept, &walk->kept) {
        sw_mem_free(SW_TAKE(kept->bytes));
        sw_budget_give(&walk->hold, &kept->share);
    }
    return 0;
}
