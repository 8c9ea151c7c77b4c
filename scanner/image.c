/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One image into the plan; once per image and platform.
 */
#include "image.h"

#include <errno.h>

#include "base/mem.h"
#include "io/digest.h"
#include "oci/manifest.h"

/* Checks the text against its claimed digest and gives the real one. */
static int check_config(struct sw_plan *plan, const struct sw_image_parts *parts,
    struct sw_str text, struct sw_image *image)
{
    char digest[SW_DIGEST_TEXT_BYTES];
    int r = sw_digest_of(SW_DIGEST_SHA256, text, digest);
    if (r == 0)
        r = sw_region_copy(plan->engine->region, sw_str_of(digest), &image->config_digest);
    if (r < 0)
        return r;
    bool is_checked = sw_str_starts_with(parts->config_digest, SW_STR("sha256:"));
    if (is_checked && !sw_str_equal(parts->config_digest, image->config_digest))
        return sw_engine_note(plan->engine, SW_NOTE_UNREADABLE, parts->config_digest,
            "config digest mismatch, got %s", digest);
    return 0;
}

static void apply_config(const struct sw_image_config *config, struct sw_image *image)
{
    image->os = config->platform.os;
    image->architecture = config->platform.architecture;
    image->variant = config->platform.variant;
    image->created = config->created;
    for (size_t i = 0; i < image->n_layers; i++) {
        if (config->n_diff_ids == image->n_layers)
            image->layers[i].diff_id = config->diff_ids[i];
        if (config->n_instructions == image->n_layers)
            image->layers[i].instruction = config->instructions[i];
    }
}

static int note_config(struct sw_plan *plan, struct sw_str name, const struct sw_err *err)
{
    return sw_engine_note(
        plan->engine, SW_NOTE_UNREADABLE, name, "config of the image: %s", err->message);
}

static int read_config(
    struct sw_plan *plan, const struct sw_image_parts *parts, struct sw_image *image)
{
    if (parts->config_name.n == 0)
        return 0;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, SW_MANIFEST_BYTES_MAX);
    struct sw_err err = {0};
    int r = plan->source->load(plan->source->context, parts->config_name, &text, &err);
    if (r < 0)
        return r == -ENOMEM ? r : note_config(plan, parts->config_name, &err);
    r = check_config(plan, parts, sw_buf_str(&text), image);
    if (r < 0)
        return r;
    struct sw_image_config config;
    r = sw_image_config_parse(sw_buf_str(&text), plan->engine->region, &config, &err);
    if (r < 0)
        return r == -ENOMEM ? r : note_config(plan, parts->config_name, &err);
    apply_config(&config, image);
    return 0;
}

/* Whether the image is of the platform asked for; every image is where none was named. */
static bool is_wanted(const struct sw_plan *plan, const struct sw_platform *have)
{
    struct sw_platform want;
    const struct sw_message_scan *scan = plan->engine->scan;
    if (scan->platform.n == 0 || scan->is_all_platforms || have->os.n == 0)
        return true;
    return sw_platform_parse(scan->platform, &want, NULL) < 0 || sw_platform_serves(have, &want);
}

int sw_image_add(struct sw_plan *plan, const struct sw_image_parts *parts, struct sw_err *err)
{
    struct sw_region *region = plan->engine->region;
    struct sw_message_image message = {
        .kind = parts->kind,
        .image = {.name = parts->name,
            .digest = parts->digest,
            .layers = parts->layers,
            .n_layers = parts->n_layers},
    };
    int r = read_config(plan, parts, &message.image);
    if (r < 0)
        return r;
    struct sw_platform have = {message.image.os, message.image.architecture, message.image.variant};
    if (!is_wanted(plan, &have))
        return sw_plan_pass_over(plan, &have);
    message.layer_ids = sw_region_array(region, parts->n_layers, sizeof(uint32_t));
    if (message.layer_ids == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < parts->n_layers; i++) {
        /* Without a digest of the stored bytes the diff id is all there is to check. */
        bool is_diff_id_wanted = parts->layers[i].digest.n == 0 && parts->layers[i].diff_id.n > 0;
        r = sw_plan_add_layer(plan, parts->layer_names[i], parts->layers[i].size_bytes,
            is_diff_id_wanted, &message.layer_ids[i]);
        if (r < 0)
            return sw_err_wrap(err, r, "layer %zu", i + 1);
    }
    return sw_plan_add_image(plan, &message, err);
}

static int load(struct sw_plan *plan, const char *name, struct sw_buf *buf, struct sw_err *err)
{
    sw_buf_clear(buf);
    return plan->source->load(plan->source->context, sw_str_of(name), buf, err);
}

/* An OCI archive or a docker archive; a new `docker save` is both, and its manifest.json has the
 * names. */
int sw_image_add_any(struct sw_plan *plan, struct sw_str form, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, SW_MANIFEST_BYTES_MAX);
    bool is_oci = sw_str_equal(form, SW_STR("oci"));
    bool is_docker = sw_str_equal(form, SW_STR("docker-archive"));
    int r = -ENOENT;
    if (!is_oci) {
        r = load(plan, "manifest.json", &text, err);
        if (r == 0)
            return sw_image_add_docker(plan, sw_buf_str(&text), err);
    }
    if (r == -ENOENT && !is_docker) {
        r = load(plan, "index.json", &text, err);
        if (r == 0)
            return sw_image_add_oci(plan, SW_TARGET_OCI_ARCHIVE, sw_buf_str(&text), err);
    }
    if (r == -ENOENT && !is_oci) {
        r = load(plan, "repositories", &text, err);
        if (r == 0)
            return sw_image_add_repositories(plan, sw_buf_str(&text), err);
    }
    if (r == -ENOENT)
        return sw_err_set(err, r,
            "no image in it: neither manifest.json nor index.json ('rootfs:' before the name takes "
            "it "
            "as a root file system)");
    return r;
}
