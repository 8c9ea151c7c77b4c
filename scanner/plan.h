/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be done: the images found, and the layers of all of them, each once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "engine.h"
#include "layer.h"
#include "oci/platform.h"

/* Images of one source; a registry's index lists a dozen platforms. */
#define SW_PLAN_IMAGES_MAX ((size_t)1024)
#define SW_PLAN_LAYERS_MAX ((size_t)65536)

/* Where the bytes of a layer are. */
struct sw_place {
    bool is_passed; /* read already, as layer `id` */
    uint32_t id;
    struct sw_message_open open;
};

/* Small files and layers by name: members of an archive, or blobs ("blobs/sha256/<hex>"). */
struct sw_image_source {
    /* Appends the whole file. -ENOENT with a sentence, -EFBIG. */
    int (*load)(void *context, struct sw_str name, struct sw_buf *buf, struct sw_err *err);
    /* The same for the manifest of that name; NULL: like any other file. */
    int (*load_manifest)(void *context, struct sw_str name, struct sw_buf *buf, struct sw_err *err);
    /* -ENOENT with a sentence. */
    int (*place)(void *context, struct sw_str name, struct sw_place *ret, struct sw_err *err);
    void *context;
};

#define SW_PLAN_BUCKETS 4096

struct sw_plan {
    struct sw_engine *engine;       /* borrowed */
    struct sw_image_source *source; /* borrowed */
    SW_VEC(struct sw_message_image) images;
    SW_VEC(struct sw_layer_job) jobs;
    SW_VEC(uint32_t) next;             /* job of the same bucket + 1 */
    uint32_t buckets[SW_PLAN_BUCKETS]; /* first job + 1 */
    struct sw_err failure;             /* why the last image that failed did */
    struct sw_buf seen_platforms;      /* of images that were passed over, for the sentence */
};

void sw_plan_init(struct sw_plan *plan, struct sw_engine *engine, struct sw_image_source *source);
/* May be called twice. Usable with SW_CLEANUP. */
void sw_plan_done(struct sw_plan *plan);

/* The id of the layer of that name; one that is not there gets an id too, and will be reported as
 * absent. size_bytes is what the manifest claims; 0: nothing. */
int sw_plan_add_layer(struct sw_plan *plan, struct sw_str name, uint64_t size_bytes,
    bool is_diff_id_wanted, uint32_t *ret_id);
/* Takes the image over; bytes live in the engine's region. */
int sw_plan_add_image(
    struct sw_plan *plan, const struct sw_message_image *image, struct sw_err *err);
/* An image that is not of the platform asked for. */
int sw_plan_pass_over(struct sw_plan *plan, const struct sw_platform *platform);
/* Sends the images and runs their layers on all threads. -ENOENT with a sentence when there is no
 * image. */
int sw_plan_run(struct sw_plan *plan, struct sw_err *err);
