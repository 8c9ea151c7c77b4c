/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One image into the plan; once per image and platform.
 */
#include "image.h"

#include <errno.h>

#include "base/mem.h"
#include "analyzer.h"
#include "io/digest.h"
#include "model/fact_json.h"
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

/* Runs one analyzer on the texts of a config. Its failure is a note. */
static int analyze_texts(struct sw_plan *plan, const struct sw_analyzer *analyzer,
    const struct sw_image_config *config, struct sw_facts *facts)
{
    const struct sw_engine *engine = plan->engine;
    struct sw_analyzer_context context = {
        .analyzer = analyzer,
        .region = engine->region,
        .facts = facts,
        .contents = engine->contents,
        .is_showing_secrets = engine->scan->is_showing_secrets,
    };
    struct sw_err err = {0};
    int r = analyzer->config(&context, config->texts, config->n_texts, &err);
    if (r >= 0 || r == -ENOMEM)
        return r;
    return sw_engine_note(plan->engine, SW_NOTE_UNREADABLE, SW_STR_NONE,
        "config of the image: %s: %s", analyzer->name, err.message);
}

/* As lines; those beyond the cap are told of. */
static int format_facts(struct sw_plan *plan, const struct sw_facts *facts, struct sw_str *ret)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf lines = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf line = {0};
    sw_buf_init(&lines, SW_MESSAGE_CONFIG_FACTS_MAX);
    sw_buf_init(&line, SW_MESSAGE_CONFIG_FACTS_MAX);
    size_t n = 0;
    SW_VEC_EACH (fact, &facts->facts) {
        sw_buf_clear(&line);
        int r = sw_fact_json_format(fact, &line);
        if (r == 0 && lines.n + line.n + 1 > SW_MESSAGE_CONFIG_FACTS_MAX)
            r = -EFBIG;
        if (r == -ENOMEM)
            return r;
        if (r < 0)
            break;
        r = sw_buf_append_str(&lines, sw_buf_str(&line));
        if (r == 0)
            r = sw_buf_append_char(&lines, '\n');
        if (r < 0)
            return r;
        n++;
    }
    int r = 0;
    if (n < facts->facts.n)
        r = sw_engine_note(plan->engine, SW_NOTE_LIMIT, SW_STR_NONE,
            "config of the image: %zu of %zu findings are told", n, facts->facts.n);
    return r < 0 ? r : sw_region_copy(plan->engine->region, sw_buf_str(&lines), ret);
}

/* What analyzers find in the config itself. */
static int examine_texts(
    struct sw_plan *plan, const struct sw_image_config *config, struct sw_str *ret_facts)
{
    struct sw_facts facts;
    sw_facts_init(&facts, plan->engine->region);
    int r = 0;
    for (size_t i = 0; r == 0 && sw_analyzers[i] != NULL; i++) {
        bool is_at_work =
            (plan->engine->scan->aspects & SW_ASPECT_BIT(sw_analyzers[i]->aspect)) != 0;
        if (is_at_work && sw_analyzers[i]->config != NULL)
            r = analyze_texts(plan, sw_analyzers[i], config, &facts);
    }
    if (r == 0 && config->n_texts_dropped > 0)
        r = sw_engine_note(plan->engine, SW_NOTE_LIMIT, SW_STR_NONE,
            "config of the image: %llu texts were passed over",
            (unsigned long long)config->n_texts_dropped);
    if (r == 0 && facts.facts.n > 0)
        r = format_facts(plan, &facts, ret_facts);
    sw_facts_done(&facts);
    return r;
}

static int read_config(struct sw_plan *plan, const struct sw_image_parts *parts,
    struct sw_image *image, struct sw_str *ret_facts)
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
    return examine_texts(plan, &config, ret_facts);
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
    int r = read_config(plan, parts, &message.image, &message.config_facts);
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
