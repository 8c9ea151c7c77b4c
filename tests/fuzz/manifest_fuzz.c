/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents of images: manifests and indexes, configs, the index files of docker archives.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "oci/docker.h"
#include "oci/manifest.h"

#define REGION_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_str text = {(const char *)data, size};
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_MAX);
    struct sw_manifest manifest;
    struct sw_image_config config;
    struct sw_docker_image *images;
    struct sw_str parent;
    struct sw_platform platform;
    size_t n;
    struct sw_err err;
    sw_manifest_parse(text, &region, &manifest, &err);
    sw_image_config_parse(text, &region, &config, &err);
    sw_docker_manifest_parse(text, &region, &images, &n, &err);
    sw_docker_repositories_parse(text, &region, &images, &n, &err);
    sw_docker_parent_parse(text, &region, &parent, &err);
    sw_platform_parse(text, &platform, &err);
    return 0;
}
