/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images of an OCI layout: indexes are followed down to manifests, of each group of platforms the
 * wanted ones are taken. Once per source.
 */
#include "image.h"

#include <errno.h>

#include "base/mem.h"
#include "io/digest.h"
#include "oci/manifest.h"

/* Documents read for one scan, so that indexes which name each other end. */
#define DOCUMENTS_MAX 4096

struct finder {
    struct sw_plan *plan;
    enum sw_target_kind kind;
    unsigned n_documents;
};

static int blob_name(struct sw_region *region, struct sw_str digest, struct sw_str *ret)
{
    ptrdiff_t colon = sw_str_find_char(digest, ':');
    char *name = sw_region_printf(region, "blobs/%.*s/%.*s", (int)colon, digest.p,
        SW_STR_ARG(sw_str_skip(digest, (size_t)colon + 1)));
    if (name == NULL)
        return -ENOMEM;
    *ret = sw_str_of(name);
    return 0;
}

static int note_mismatch(struct finder *finder, struct sw_str text, struct sw_str digest)
{
    char got[SW_DIGEST_TEXT_BYTES];
    enum sw_digest_algorithm algorithm;
    if (sw_digest_parse(digest, &algorithm, NULL) < 0)
        return 0;
    int r = sw_digest_of(algorithm, text, got);
    if (r < 0 || sw_str_equal_z(digest, got))
        return r;
    return sw_engine_note(
        finder->plan->engine, SW_NOTE_UNREADABLE, digest, "manifest digest mismatch, got %s", got);
}

static int load_document(
    struct finder *finder, struct sw_str digest, struct sw_manifest *ret, struct sw_err *err)
{
    if (finder->n_documents++ == DOCUMENTS_MAX)
        return sw_err_set(err, -EFBIG, "more than %d manifests", DOCUMENTS_MAX);
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, SW_MANIFEST_BYTES_MAX);
    struct sw_str name;
    int r = blob_name(finder->plan->engine->region, digest, &name);
    const struct sw_image_source *source = finder->plan->source;
    if (r == 0 && source->load_manifest != NULL)
        r = source->load_manifest(source->context, name, &text, err);
    else if (r == 0)
        r = source->load(source->context, name, &text, err);
    if (r == 0)
        r = note_mismatch(finder, sw_buf_str(&text), digest);
    if (r == 0)
        r = sw_manifest_parse(sw_buf_str(&text), finder->plan->engine->region, ret, err);
    return r < 0 ? sw_err_wrap(err, r, "manifest '%.*s'", SW_STR_ARG(digest)) : 0;
}

static int add_image(struct finder *finder, const struct sw_descriptor *descriptor,
    const struct sw_manifest *manifest, struct sw_err *err)
{
    struct sw_region *region = finder->plan->engine->region;
    size_t n = manifest->n_entries;
    struct sw_image_parts parts = {
        .kind = finder->kind,
        .name = descriptor->ref_name,
        .digest = descriptor->digest,
        .config_digest = manifest->config.digest,
        .n_layers = n,
        .layers = sw_region_array(region, n, sizeof(struct sw_layer)),
        .layer_names = sw_region_array(region, n, sizeof(struct sw_str)),
    };
    if (parts.layers == NULL || parts.layer_names == NULL)
        return -ENOMEM;
    int r = 0;
    if (manifest->config.digest.n > 0)
        r = blob_name(region, manifest->config.digest, &parts.config_name);
    for (size_t i = 0; r == 0 && i < n; i++) {
        const struct sw_descriptor *layer = &manifest->entries[i];
        parts.layers[i] = (struct sw_layer){.digest = layer->digest,
            .media_type = layer->media_type,
            .size_bytes = layer->size_bytes};
        r = blob_name(region, layer->digest, &parts.layer_names[i]);
    }
    return r < 0 ? r : sw_image_add(finder->plan, &parts, err);
}

static int add_index(struct finder *finder, const struct sw_manifest *index, struct sw_str name,
    unsigned depth, struct sw_err *err);

/* Follows one entry. What cannot be read is a note where other entries remain. A store that has
 * only some platforms of an index says -ENODATA of the others, when all are asked for. */
static int add_entry(struct finder *finder, const struct sw_descriptor *descriptor, unsigned depth,
    struct sw_err *err)
{
    struct sw_manifest manifest;
    struct sw_err failure = {0};
    int r = load_document(finder, descriptor->digest, &manifest, &failure);
    if (r == -ENOMEM)
        return r;
    finder->plan->failure = r < 0 ? failure : finder->plan->failure;
    if (r == -ENODATA && depth > 0)
        return sw_engine_note(finder->plan->engine, SW_NOTE_INFO, descriptor->digest,
            "platform passed over: the store does not have it");
    if (r < 0)
        return sw_engine_note(
            finder->plan->engine, SW_NOTE_UNREADABLE, descriptor->digest, "%s", failure.message);
    if (!manifest.is_index)
        return add_image(finder, descriptor, &manifest, err);
    return add_index(finder, &manifest, descriptor->ref_name, depth + 1, err);
}

/* Takes the wanted platforms of the entries that share a name; `done` marks them all. */
static int add_group(struct finder *finder, const struct sw_manifest *index, size_t first,
    bool *done, unsigned depth, struct sw_err *err)
{
    const struct sw_message_scan *scan = finder->plan->engine->scan;
    struct sw_platform want = sw_platform_here();
    if (scan->platform.n > 0 && sw_platform_parse(scan->platform, &want, err) < 0)
        return -EINVAL;
    const struct sw_descriptor *found = NULL;
    size_t n = 0;
    for (size_t i = first; i < index->n_entries; i++) {
        const struct sw_descriptor *entry = &index->entries[i];
        if (done[i] || !sw_str_equal(entry->ref_name, index->entries[first].ref_name))
            continue;
        done[i] = true;
        n++;
        bool is_match = scan->is_all_platforms || sw_platform_serves(&entry->platform, &want);
        if (is_match && (found == NULL || scan->is_all_platforms)) {
            found = entry;
            int r = add_entry(finder, entry, depth, err);
            if (r < 0)
                return r;
        }
    }
    if (found != NULL)
        return 0;
    if (n == 1 && scan->platform.n == 0)
        return add_entry(finder, &index->entries[first], depth, err);
    for (size_t i = first; i < index->n_entries; i++)
        if (sw_str_equal(index->entries[i].ref_name, index->entries[first].ref_name) &&
            sw_plan_pass_over(finder->plan, &index->entries[i].platform) < 0)
            return -ENOMEM;
    return 0;
}

static int add_index(struct finder *finder, const struct sw_manifest *index, struct sw_str name,
    unsigned depth, struct sw_err *err)
{
    if (depth > SW_INDEX_DEPTH_MAX)
        return sw_engine_note(finder->plan->engine, SW_NOTE_LIMIT, name,
            "indexes within indexes, more than %d deep", SW_INDEX_DEPTH_MAX);
    SW_CLEANUP(sw_mem_freep) bool *done = sw_mem_zalloc(index->n_entries, sizeof(*done));
    if (done == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < index->n_entries; i++) {
        struct sw_descriptor *entry = &index->entries[i];
        if (entry->ref_name.n == 0)
            entry->ref_name = name;
        done[i] = entry->is_attestation;
    }
    for (size_t i = 0; i < index->n_entries; i++) {
        if (done[i])
            continue;
        /* An entry that names no platform is an image or an index of its own. */
        int r = index->entries[i].platform.os.n == 0
                    ? add_entry(finder, &index->entries[i], depth, err)
                    : add_group(finder, index, i, done, depth, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int sw_image_add_oci(
    struct sw_plan *plan, enum sw_target_kind kind, struct sw_str index, struct sw_err *err)
{
    struct finder finder = {.plan = plan, .kind = kind};
    struct sw_manifest manifest;
    int r = sw_manifest_parse(index, plan->engine->region, &manifest, err);
    if (r == 0 && !manifest.is_index)
        r = sw_err_set(err, -EINVAL, "no list of manifests in it");
    if (r < 0)
        return sw_err_wrap(err, r, "index.json");
    return add_index(&finder, &manifest, SW_STR_NONE, 0, err);
}
