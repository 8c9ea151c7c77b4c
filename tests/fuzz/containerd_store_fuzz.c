/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes lib/oci/containerd_store.c: the images of a database, and a search among them.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "oci/containerd_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_str bytes = {(const char *)data, size};
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_containerd_store store;
    const struct sw_containerd_image *image = NULL;
    sw_region_init(&region, (size_t)4 << 20);
    if (sw_containerd_store_parse(bytes, &region, &store, NULL) < 0)
        return 0;
    sw_containerd_store_find(&store, "tiny:1", &image, NULL);
    return 0;
}
