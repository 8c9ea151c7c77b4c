/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which images a scan of this node is about: those of its engines, each distinct one once. Names
 * come from the engines and may hold anything.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "batch_priv.h"
#include "scan/engine.h"
#include "scan/node_image.h"

#define NAME_BYTES_MAX ((size_t)65536)
#define PROBLEM_BYTES ((size_t)480)

/* Fit to be printed. */
static const char *format_name(struct sw_batch *batch, const char *label)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, NAME_BYTES_MAX);
    return sw_text_terminal(&text, sw_str_of(label)) < 0
               ? NULL
               : sw_region_strdup(&batch->region, sw_buf_str(&text));
}

/* Of an image that is elsewhere than where the run looks; NULL otherwise, and out of memory. */
static int find_place(
    struct sw_batch *batch, const struct sw_node_image *image, const struct sw_engine_options **ret)
{
    if (image->root.n == 0)
        return 0;
    struct sw_engine_options *engines = sw_region_alloc(&batch->region, sizeof(*engines));
    if (engines == NULL)
        return -ENOMEM;
    *engines = *batch->options->scan->engines;
    if (strcmp(image->engine, "containerd") == 0) {
        engines->containerd_root = image->root.p;
    } else if (strcmp(image->engine, "podman") == 0) {
        engines->podman_root = image->root.p;
        engines->container_host = NULL;
    } else {
        engines->docker_root = image->root.p;
        engines->docker_host = NULL;
    }
    *ret = engines;
    return 0;
}

static int add_image(struct sw_batch *batch, const struct sw_node_image *image)
{
    struct sw_batch_image item = {
        .target = image->target.p, .label = image->target.p, .n_running = image->n_running};
    if (image->name.n > 0)
        item.label = sw_region_printf(&batch->region, "%s:%s", image->engine, image->name.p);
    item.name = item.label != NULL ? format_name(batch, item.label) : NULL;
    if (item.name == NULL || find_place(batch, image, &item.engines) < 0)
        return -ENOMEM;
    snprintf(item.digest, sizeof(item.digest), "%s", image->id.p);
    return sw_vec_push(&batch->images, item, SW_BATCH_IMAGES_MAX);
}

/* An engine that is there and does not give its list. */
static int add_problem(struct sw_batch *batch, const struct sw_node_problem *problem)
{
    struct sw_batch_image item = {.name = problem->engine, .state = SW_BATCH_FAILED};
    snprintf(item.message, sizeof(item.message), "%.255s", problem->message);
    return sw_vec_push(&batch->images, item, SW_BATCH_IMAGES_MAX);
}

static int add_images(struct sw_batch *batch, const struct sw_node_images *images)
{
    SW_CLEANUP(sw_mem_freep) size_t *same = sw_mem_zalloc(images->n + 1, sizeof(*same));
    int r = same == NULL ? -ENOMEM : sw_node_images_same(images, same);
    size_t first = batch->images.n;
    /* Those that run come first: what is left out is behind all that are taken. */
    for (size_t i = 0; r == 0 && i < images->n; i++) {
        if (batch->options->is_running_only && !images->v[i].is_running)
            break;
        r = add_image(batch, &images->v[i]);
        if (r == 0 && same[i] != i) {
            batch->images.v[first + i].state = SW_BATCH_SAME;
            batch->images.v[first + i].same_as = first + same[i];
        }
    }
    return r;
}

static int tell_absence(const struct sw_node_problem *problems, size_t n, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, PROBLEM_BYTES);
    for (size_t i = 0; i < n; i++)
        if (sw_buf_printf(
                &text, "%s%s: %s", i > 0 ? "; " : "", problems[i].engine, problems[i].message) < 0)
            break;
    return sw_err_set(err, -ENOENT, "no engine has images here: %s", text.p != NULL ? text.p : "");
}

int sw_batch_plan_node(struct sw_batch *batch, struct sw_err *err)
{
    SW_CLEANUP(sw_node_images_done) struct sw_node_images images = {0};
    struct sw_node_problem problems[SW_NODE_PROBLEMS_MAX];
    size_t n = 0;
    size_t n_absent = 0;
    int r = sw_node_images_all(
        batch->options->scan->engines, &batch->region, &images, problems, &n, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < n; i++)
        n_absent += problems[i].code == -ENOENT;
    if (n_absent == SW_NODE_ENGINES && images.n == 0)
        return tell_absence(problems, n, err);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = problems[i].code == -ENOENT ? 0 : add_problem(batch, &problems[i]);
    if (r == 0)
        r = add_images(batch, &images);
    return r < 0 ? sw_err_set(err, r, "more images than memory is there for") : 0;
}
