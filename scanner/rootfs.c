/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A root file system in a directory, walked below its descriptor. The tree may be anybody's and may
 * change meanwhile: what vanishes is passed over, what cannot be read is a note.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "facts_out.h"
#include "image_source.h"
#include "io/beneath.h"
#include "io/descriptor.h"
#include "progress.h"
#include "walk.h"

/* The one list of facts that a directory makes. */
#define LAYER 0
#define BLOCK_BYTES ((size_t)64 << 10)

struct tree {
    struct sw_engine *engine;
    struct sw_beneath_options options;
    struct sw_walk *walk;
    struct sw_buf link;
    int fd; /* of the file at hand */
    char block[BLOCK_BYTES];
};

static ssize_t read_block(void *context, const void **ret, struct sw_err *err)
{
    struct tree *tree = context;
    ssize_t n;
    do
        n = read(tree->fd, tree->block, sizeof(tree->block));
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return sw_err_set(err, -errno, "%s", strerror(errno));
    *ret = tree->block;
    return n;
}

static enum sw_member_type type_of(enum sw_beneath_type type)
{
    switch (type) {
    case SW_BENEATH_FILE:
        return SW_MEMBER_FILE;
    case SW_BENEATH_DIRECTORY:
        return SW_MEMBER_DIRECTORY;
    case SW_BENEATH_SYMLINK:
        return SW_MEMBER_SYMLINK;
    case SW_BENEATH_OTHER:
    case _SW_BENEATH_TYPE_MAX:
        break;
    }
    return SW_MEMBER_OTHER;
}

/* A wanted file: opened, and offered with its content. */
static int offer_content(
    struct tree *tree, const struct sw_beneath_entry *entry, struct sw_walk_entry *offered)
{
    struct sw_err err = {0};
    struct sw_beneath_stat st;
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    int r = sw_beneath_entry_open(entry, &tree->options, &fd, &st, &err);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        sw_walk_note(tree->walk, r == -ENOENT ? SW_NOTE_INFO : SW_NOTE_UNREADABLE, entry->path,
            "%s", r == -ENOENT ? "vanished while the tree was read" : err.message);
        return 0;
    }
    offered->size_bytes = st.size_bytes;
    offered->mode = st.mode;
    tree->fd = fd;
    struct sw_walk_content content = {read_block, tree};
    return sw_walk_offer(tree->walk, offered, &content);
}

static int take_entry(void *context, const struct sw_beneath_entry *entry)
{
    struct tree *tree = context;
    struct sw_walk_entry offered = {.type = type_of(entry->type), .path = entry->path};
    if (!sw_fact_path_is_normal(entry->path)) {
        sw_walk_note(tree->walk, SW_NOTE_LIMIT, sw_str_part(entry->path, 0, 255),
            "a path of %zu bytes was passed over", entry->path.n);
        return 0;
    }
    if (entry->type == SW_BENEATH_FILE && sw_walk_wants_content(tree->walk, entry->path))
        return offer_content(tree, entry, &offered);
    if (entry->type == SW_BENEATH_SYMLINK && sw_walk_wants_target(tree->walk, entry->path)) {
        if (sw_beneath_readlink(
                tree->engine->source_fd, entry->path, &tree->options, &tree->link, NULL) == 0)
            offered.target = sw_buf_str(&tree->link);
    }
    return sw_walk_offer(tree->walk, &offered, NULL);
}

static int take_trouble(
    void *context, struct sw_str path, enum sw_beneath_trouble trouble, int error)
{
    struct tree *tree = context;
    switch (trouble) {
    case SW_BENEATH_UNREADABLE:
        sw_walk_note(tree->walk, SW_NOTE_UNREADABLE, path, "directory not read: %s",
            strerror(error < 0 ? -error : error));
        break;
    case SW_BENEATH_VANISHED:
        sw_walk_note(tree->walk, SW_NOTE_INFO, path, "vanished while the tree was read");
        break;
    case SW_BENEATH_MOUNT:
        /* Where a package database may lie on it, the result is not whole. */
        sw_walk_note(tree->walk,
            sw_walk_wants_target(tree->walk, path) ? SW_NOTE_LIMIT : SW_NOTE_INFO, path,
            "another file system, not entered");
        break;
    case SW_BENEATH_LIMIT:
        sw_walk_note(tree->walk, SW_NOTE_LIMIT, path, "directory not entered: nested too deep");
        break;
    case _SW_BENEATH_TROUBLE_MAX:
        break;
    }
    return 0;
}

static int walk_tree(struct tree *tree, struct sw_err *err)
{
    struct sw_beneath_walk walk = {
        .options = tree->options,
        .entry = take_entry,
        .trouble = take_trouble,
        .context = tree,
    };
    int r = sw_beneath_walk(tree->engine->source_fd, &walk, err);
    int finished = sw_walk_finish(tree->walk);
    return r < 0 ? r : finished;
}

static int send_facts(
    struct sw_engine *engine, const struct sw_facts *facts, int code, const struct sw_err *failure)
{
    struct sw_err err = {0};
    int r = sw_facts_out_send(engine->session, LAYER, facts, &err);
    if (r < 0)
        return r;
    struct sw_message message = {
        .type = SW_MESSAGE_LAYER_DONE,
        .layer_done = {.code = code,
            .message = sw_str_of(failure->message),
            .n_files = facts->n_files,
            .n_bytes = facts->n_bytes},
    };
    return sw_session_send(engine->session, &message, LAYER, &err);
}

static int run_tree(struct tree *tree, struct sw_facts *facts, struct sw_err *err)
{
    struct sw_engine *engine = tree->engine;
    struct sw_progress progress = {.session = engine->session, .layer = LAYER};
    struct sw_walk_options options = {
        .wants = engine->wants,
        .contents = engine->contents,
        .is_tree = true,
        .is_showing_secrets = engine->scan->is_showing_secrets,
        .budget = engine->budget,
        .facts_max_bytes = engine->facts_max_bytes,
        .tick = sw_progress_tick,
        .context = &progress,
    };
    tree->walk = sw_walk_new(&options, facts);
    if (tree->walk == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    struct sw_err failure = {0};
    int r = walk_tree(tree, &failure);
    sw_walk_free(tree->walk);
    /* What was found before it broke off is told as well. */
    return send_facts(engine, facts, r < 0 ? r : 0, &failure);
}

int sw_rootfs_run(struct sw_engine *engine, struct sw_err *err)
{
    struct tree *tree = sw_mem_zalloc(1, sizeof(*tree));
    if (tree == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    tree->engine = engine;
    tree->options = (struct sw_beneath_options){
        .is_crossing_mounts = engine->scan->is_crossing_mounts,
        .skipped = &engine->mounts,
    };
    sw_buf_init(&tree->link, SW_FACT_PATH_MAX);
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 2 * engine->facts_max_bytes);
    struct sw_facts facts;
    sw_facts_init(&facts, &region);
    int r = run_tree(tree, &facts, err);
    sw_facts_done(&facts);
    sw_buf_done(&tree->link);
    sw_mem_free(tree);
    return r;
}
