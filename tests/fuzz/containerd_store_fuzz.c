/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes lib/oci/containerd_{store,node,conf}.c: the images of a database, what they consist of,
 * searches among them, and settings.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "oci/containerd_node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_str bytes = {(const char *)data, size};
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_containerd_store store;
    const struct sw_containerd_image *image = NULL;
    sw_region_init(&region, (size_t)4 << 20);
    struct sw_containerd_node node;
    struct sw_containerd_parts parts;
    struct sw_containerd_conf conf;
    sw_containerd_conf_parse(bytes, &region, &conf, NULL);
    if (sw_containerd_store_parse(bytes, NULL, &region, &store, NULL) < 0)
        return 0;
    sw_containerd_store_find(&store, "tiny:1", &image, NULL);
    if (sw_containerd_node_load(&store, &region, &node, NULL) < 0)
        return 0;
    for (size_t i = 0; i < store.n; i++)
        sw_containerd_node_parts(&node, store.images[i].digest, &region, &parts);
    sw_containerd_node_find(&store, &node, "sha256:aaaa", &image, NULL);
    return 0;
}
