/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the lists of Docker and podman: the first byte chooses which one the rest is.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "oci/docker_store.h"
#include "oci/engine_api.h"
#include "oci/json_items.h"
#include "oci/podman_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_item(struct sw_str text, struct sw_region *region)
{
    struct sw_engine_image image;
    struct sw_podman_layer layer;
    struct sw_podman_container container;
    struct sw_docker_container docker;
    struct sw_str str;
    sw_podman_image_parse(text, region, &image, NULL);
    sw_podman_layer_parse(text, region, &layer, NULL);
    sw_podman_container_parse(text, region, &container, NULL);
    sw_docker_container_parse(text, region, &docker, NULL);
    sw_engine_api_image_parse(text, region, &image, NULL);
    sw_engine_api_container_parse(text, region, &str, NULL);
    sw_engine_api_root_parse(text, region, &str, NULL);
}

static void parse_items(struct sw_str text, struct sw_region *region)
{
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_memory(text);
    SW_CLEANUP(sw_json_items_done) struct sw_json_items items;
    struct sw_str item;
    sw_json_items_init(&items, reader, 65536);
    while (sw_json_items_next(&items, &item, NULL) > 0)
        parse_item(item, region);
}

static void parse_names(struct sw_str text, struct sw_region *region)
{
    static const char *const names[] = {"app:1", "aaaa", "team/app", "app@sha256:"};
    struct sw_engine_images images = {0};
    const struct sw_engine_image *image = NULL;
    if (sw_docker_names_parse(text, 0, region, &images, NULL) < 0)
        return;
    for (size_t i = 0; i < SW_ARRAY_SIZE(names); i++)
        if (sw_engine_images_find(&images, names[i], i % 2 == 1, &image, NULL) == 0)
            sw_engine_image_name(image, names[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_podman_conf conf;
    struct sw_str root = SW_STR_NONE;
    sw_region_init(&region, (size_t)4 << 20);
    if (size == 0)
        return 0;
    struct sw_str text = {(const char *)data + 1, size - 1};
    switch (data[0] % 4) {
    case 0:
        parse_items(text, &region);
        break;
    case 1:
        parse_names(text, &region);
        break;
    case 2:
        sw_podman_conf_parse(text, &region, &conf, NULL);
        break;
    default:
        sw_docker_settings_parse(text, &region, &root, NULL);
        break;
    }
    return 0;
}
