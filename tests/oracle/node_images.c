/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lib/scan/node_image.c says of an engine: node_images ENGINE ROOT RUN_ROOT HOST ("" for what
 * is not given), a line for each image: id, size, whether it runs, name.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "scan/node_image.h"

static const char *given(const char *argument)
{
    return argument[0] != '\0' ? argument : NULL;
}

int main(int argc, char **argv)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_node_images_done) struct sw_node_images images = {0};
    struct sw_err err = {0};
    if (argc != 5)
        return 2;
    sw_region_init(&region, (size_t)256 << 20);
    struct sw_engine_options options = {
        .docker_root = given(argv[2]),
        .docker_host = given(argv[4]),
        .podman_root = given(argv[2]),
        .podman_run_root = given(argv[3]),
        .container_host = given(argv[4]),
    };
    int r = strcmp(argv[1], "docker") == 0
                ? sw_node_images_docker(&options, &region, &images, &err)
                : sw_node_images_podman(&options, &region, &images, &err);
    if (r < 0) {
        fprintf(stderr, "%d %s\n", r, err.message);
        return 3;
    }
    SW_VEC_EACH (image, &images)
        printf("%s %llu %s %s\n", image->id.p, (unsigned long long)image->size_bytes,
            image->is_running ? "running" : "-", image->name.n > 0 ? image->name.p : "-");
    return 0;
}
