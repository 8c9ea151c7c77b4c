/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts of layers on disk, by the digest of the bytes that were handed out and the versions of the
 * analyzers; and which digest the unchanged part of a file has. Shared by any number of processes:
 * files are written beside and renamed, a damaged one is as good as absent.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "model/aspect.h"
#include "model/fact.h"
#include "scan/source.h"

struct sw_cache;

/* What goes with the facts of a layer. */
struct sw_cache_layer {
    enum sw_aspect aspect;
    struct sw_str analyzers;   /* as the child's HELLO says, and the rules that they had */
    struct sw_str compression; /* as the child found it; may be empty */
    struct sw_str diff_id;     /* the same */
};

/* Makes the directory where it is missing. -EPERM: somebody else could write there. */
int sw_cache_open(
    const char *directory, uint64_t max_bytes, struct sw_cache **ret, struct sw_err *err);
/* Removes what was not used longest, where the whole is over its size. NULL is allowed. */
void sw_cache_close(struct sw_cache *cache);
void sw_cache_closep(struct sw_cache **cache);

/* Adds the facts of one aspect of a layer; bytes are made in facts->region. layer->aspect and
 * analyzers are asked for, the rest is filled in. -ENOENT: none, or none of these versions, or
 * damaged. */
int sw_cache_load(struct sw_cache *cache, struct sw_str digest, struct sw_facts *facts,
    struct sw_cache_layer *layer);
/* Whether that would find something, as far as its first line says. */
bool sw_cache_has(
    struct sw_cache *cache, struct sw_str digest, enum sw_aspect aspect, struct sw_str analyzers);
int sw_cache_store(struct sw_cache *cache, struct sw_str digest, const struct sw_facts *facts,
    const struct sw_cache_layer *layer);

/* The digest of those bytes, in the region. -ENOENT: not known. */
int sw_cache_find_record(struct sw_cache *cache, const struct sw_blob_key *key,
    struct sw_region *region, struct sw_str *ret_digest);
int sw_cache_add_record(
    struct sw_cache *cache, const struct sw_blob_key *key, struct sw_str digest);

/* Manifests and configs by the digest of their bytes: a few kilobytes that say which layers make an
 * image, so that it is judged again without a word to its registry. Appended to text, and checked:
 * -ENOENT: none, or damaged. Any number of threads may call these two. */
#define SW_CACHE_DOCUMENT_BYTES_MAX ((size_t)8 << 20)
int sw_cache_load_document(struct sw_cache *cache, struct sw_str digest, struct sw_buf *text);
/* -EBADMSG for bytes of another digest. */
int sw_cache_store_document(struct sw_cache *cache, struct sw_str digest, struct sw_str text);

/* For `seawall cache`. A directory that does not exist is an empty cache. */
struct sw_cache_info {
    uint64_t n_layers;
    uint64_t n_records;
    uint64_t n_inventories;
    uint64_t n_bytes;
};
int sw_cache_info(const char *directory, struct sw_cache_info *ret, struct sw_err *err);
int sw_cache_clear(const char *directory, struct sw_err *err);
int sw_cache_prune(const char *directory, uint64_t max_bytes, struct sw_err *err);
