/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Root file systems in a tar, as distributions publish them.
 */
#include "rootfs_archive.h"

#include <errno.h>

#include "base/mem.h"
#include "plan.h"

static const char *const landmarks[] = {"etc/os-release", "usr/lib/os-release", "etc/passwd",
    "bin/sh", "usr/bin/sh", "var/lib/dpkg/status", "lib/apk/db/installed"};

bool sw_rootfs_archive_is(const struct sw_member_index *index)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(landmarks); i++)
        if (sw_member_index_find(index, sw_str_of(landmarks[i])) != NULL)
            return true;
    return false;
}

static int place_whole(void *context, struct sw_str name, struct sw_place *ret, struct sw_err *err)
{
    (void)context;
    (void)name;
    (void)err;
    *ret = (struct sw_place){.open = {.kind = SW_OPEN_WHOLE}};
    return 0;
}

int sw_rootfs_archive_run(struct sw_engine *engine, struct sw_err *err)
{
    struct sw_image_source source = {.place = place_whole};
    SW_CLEANUP(sw_plan_done) struct sw_plan plan;
    sw_plan_init(&plan, engine, &source);
    struct sw_message_image image = {
        .kind = SW_TARGET_ROOTFS,
        .image = {.layers = sw_region_alloc(engine->region, sizeof(struct sw_layer)),
            .n_layers = 1},
        .layer_ids = sw_region_alloc(engine->region, sizeof(uint32_t)),
    };
    if (image.image.layers == NULL || image.layer_ids == NULL)
        return -ENOMEM;
    int r = sw_plan_add_layer(&plan, SW_STR("."), 0, false, &image.layer_ids[0]);
    if (r == 0)
        r = sw_plan_add_image(&plan, &image, err);
    return r < 0 ? r : sw_plan_run(&plan, err);
}
