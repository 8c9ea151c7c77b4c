/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses indexes and manifests. Called in the sandboxed child, on a few documents per image.
 */
#include "oci/manifest.h"

#include <errno.h>

#include "base/mem.h"
#include "foreign_json.h"
#include "io/digest.h"
#include "model/image.h"

static const char *const ref_keys[] = {
    "io.containerd.image.name", "org.opencontainers.image.ref.name"};

static int parse_platform(const json_t *object, struct sw_region *region,
    struct sw_platform *platform, struct sw_err *err)
{
    if (object == NULL || json_is_null(object))
        return 0;
    if (!json_is_object(object))
        return sw_err_set(err, -EINVAL, "'platform' is not an object");
    int r = sw_oci_json_str(object, "os", SW_OCI_TEXT_MAX, region, &platform->os, err);
    if (r == 0)
        r = sw_oci_json_str(
            object, "architecture", SW_OCI_TEXT_MAX, region, &platform->architecture, err);
    if (r == 0)
        r = sw_oci_json_str(object, "variant", SW_OCI_TEXT_MAX, region, &platform->variant, err);
    return r;
}

static int parse_annotations(const json_t *object, struct sw_region *region,
    struct sw_descriptor *descriptor, struct sw_err *err)
{
    const json_t *annotations = json_object_get(object, "annotations");
    if (!json_is_object(annotations))
        return 0;
    struct sw_str type = SW_STR_NONE;
    int r = sw_oci_json_str(
        annotations, "vnd.docker.reference.type", SW_OCI_TEXT_MAX, region, &type, err);
    descriptor->is_attestation = sw_str_equal_z(type, "attestation-manifest");
    for (size_t i = 0; r == 0 && i < SW_ARRAY_SIZE(ref_keys) && descriptor->ref_name.n == 0; i++)
        r = sw_oci_json_str(
            annotations, ref_keys[i], SW_OCI_TEXT_MAX, region, &descriptor->ref_name, err);
    return r;
}

static int parse_descriptor(
    const json_t *object, struct sw_region *region, struct sw_descriptor *ret, struct sw_err *err)
{
    if (!json_is_object(object))
        return sw_err_set(err, -EINVAL, "a descriptor is not an object");
    struct sw_descriptor descriptor = {0};
    int r =
        sw_oci_json_str(object, "mediaType", SW_OCI_TEXT_MAX, region, &descriptor.media_type, err);
    if (r == 0)
        r = sw_oci_json_str(object, "digest", SW_OCI_TEXT_MAX, region, &descriptor.digest, err);
    if (r == 0)
        r = sw_oci_json_size(object, "size", &descriptor.size_bytes, err);
    if (r == 0)
        r = parse_platform(json_object_get(object, "platform"), region, &descriptor.platform, err);
    if (r == 0)
        r = parse_annotations(object, region, &descriptor, err);
    if (r < 0)
        return r;
    if (sw_digest_parse(descriptor.digest, NULL, NULL) < 0)
        return sw_err_set(err, -EINVAL, "'%.*s' is no digest", SW_STR_ARG(descriptor.digest));
    if (sw_platform_is_unknown(&descriptor.platform))
        descriptor.is_attestation = true;
    *ret = descriptor;
    return 0;
}

static int parse_entries(
    const json_t *array, struct sw_region *region, struct sw_manifest *manifest, struct sw_err *err)
{
    size_t n = json_array_size(array);
    manifest->entries = sw_region_array(region, n, sizeof(struct sw_descriptor));
    if (manifest->entries == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        int r = parse_descriptor(json_array_get(array, i), region, &manifest->entries[i], err);
        if (r < 0)
            return sw_err_wrap(err, r, "%s %zu", manifest->is_index ? "entry" : "layer", i + 1);
    }
    manifest->n_entries = n;
    return 0;
}

int sw_manifest_parse(
    struct sw_str text, struct sw_region *region, struct sw_manifest *ret, struct sw_err *err)
{
    if (text.n > SW_MANIFEST_BYTES_MAX)
        return sw_err_set(err, -EINVAL, "a manifest of %zu bytes", text.n);
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    int r = sw_oci_json_load(text, &json, err);
    if (r < 0)
        return r;
    struct sw_manifest manifest = {0};
    const json_t *entries = NULL;
    r = sw_oci_json_array(json, "manifests", SW_INDEX_ENTRIES_MAX, &entries, err);
    if (r < 0)
        return r;
    manifest.is_index = entries != NULL;
    if (!manifest.is_index) {
        r = sw_oci_json_array(json, "layers", SW_IMAGE_LAYERS_MAX, &entries, err);
        if (r < 0)
            return r;
        if (entries == NULL)
            return sw_err_set(err, -EINVAL, "neither 'manifests' nor 'layers' in it");
        const json_t *config = json_object_get(json, "config");
        if (json_is_object(config))
            r = parse_descriptor(config, region, &manifest.config, err);
        if (r < 0)
            return sw_err_wrap(err, r, "config");
    }
    r = parse_entries(entries, region, &manifest, err);
    if (r < 0)
        return r;
    *ret = manifest;
    return 0;
}
