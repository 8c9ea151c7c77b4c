/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests and indexes, of OCI and of Docker's registry (they differ in media types, which nobody
 * believes), and image configs. All bytes live in the region given.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "oci/platform.h"

/* Registries refuse manifests over 4 MiB. */
#define SW_MANIFEST_BYTES_MAX ((size_t)8 << 20)
/* An index within an index within ...; real ones are two deep. */
#define SW_INDEX_DEPTH_MAX 8
/* Entries of one index. */
#define SW_INDEX_ENTRIES_MAX ((size_t)4096)
/* History may have more steps than there are layers. */
#define SW_HISTORY_MAX ((size_t)8192)
#define SW_INSTRUCTION_MAX ((size_t)65536)

/* What an index or a manifest points to. */
struct sw_descriptor {
    struct sw_str media_type;
    struct sw_str digest; /* checked for form */
    uint64_t size_bytes;
    struct sw_platform platform; /* empty where the index names none */
    struct sw_str ref_name;      /* org.opencontainers.image.ref.name or containerd's name */
    bool is_attestation;         /* a statement about an image, not an image */
};

struct sw_manifest {
    bool is_index;
    struct sw_descriptor *entries; /* index: manifests; manifest: layers, lowest first */
    size_t n_entries;
    struct sw_descriptor config; /* manifest only; digest empty where absent */
};

/* An index or a manifest, told apart by what it holds. -EINVAL with a sentence. */
int sw_manifest_parse(
    struct sw_str text, struct sw_region *region, struct sw_manifest *ret, struct sw_err *err);

/* A text in a config where people leave what nobody should see. */
struct sw_image_text {
    struct sw_str member; /* "Env[2]", "Labels[maintainer]", "history[4]" */
    struct sw_str text;
    int layer; /* that this step of the history made; -1: none, or not known */
};
/* Together; a hundred variables are many. */
#define SW_IMAGE_TEXTS_MAX ((size_t)16384)

struct sw_image_config {
    struct sw_platform platform;
    struct sw_str created;
    struct sw_str *diff_ids; /* lowest first */
    size_t n_diff_ids;
    struct sw_str *instructions; /* one per layer; empty text where the history does not say */
    size_t n_instructions;       /* n_diff_ids, or 0 where the history does not fit the layers */
    struct sw_image_text *texts; /* environment, labels, commands, build history, comments */
    size_t n_texts;
    uint64_t n_texts_dropped; /* beyond SW_IMAGE_TEXTS_MAX */
};

int sw_image_config_parse(
    struct sw_str text, struct sw_region *region, struct sw_image_config *ret, struct sw_err *err);
