/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scan from target to reports: opens source and cache, talks with the child, folds what was said
 * into one report per image.
 */
#include "scan/scan.h"

#include <errno.h>

#include "base/mem.h"
#include "io/clock.h"
#include "model/fact_json.h"
#include "scan/conversation.h"
#include "scan/fold.h"
#include "scan/inventory_store.h"

/* Reports on all images of one source; one of 3,000 packages has some 3 MB. */
#define REGION_MAX ((size_t)1 << 30)
/* Facts of all layers of one source in the parent, where no other limit was given. */
#define FACTS_BYTES_DEFAULT ((uint64_t)256 << 20)

struct reporter {
    const struct sw_conversation *conversation;
    struct sw_region *region;
    struct sw_report *report;
};

/* A note about one layer. */
static int note_layer(struct reporter *reporter, enum sw_note_kind kind, size_t index,
    struct sw_str subject, const char *text)
{
    int r = sw_report_note(reporter->report, kind, subject, "layer %zu: %s", index + 1, text);
    if (r == 0 && reporter->report->notes.n > 0)
        reporter->report->notes.v[reporter->report->notes.n - 1].layer = (int)index;
    return r;
}

/* The digest that stands against the claimed one: what was hashed here, else what the child says
 * of bytes that only it has seen. */
static int check_digest(struct reporter *reporter, const struct sw_layer *layer,
    const struct sw_layer_state *state, size_t index)
{
    struct sw_str expected = layer->digest;
    struct sw_str got = state->digest.n > 0 ? state->digest : state->child_digest;
    if (expected.n == 0) {
        bool is_plain = sw_str_equal(state->compression, SW_STR("none"));
        expected = layer->diff_id;
        if (state->diff_id.n > 0 || !is_plain)
            got = state->diff_id;
    }
    /* A digest of another algorithm than ours is not checked. */
    bool is_checked = sw_str_starts_with(expected, SW_STR("sha256:")) && got.n > 0;
    if (!is_checked || sw_str_equal(expected, got))
        return 0;
    struct sw_err err = {0};
    const char *place = reporter->conversation->source->place;
    sw_err_set(&err, -EBADMSG, "%s%sdigest mismatch, got %.*s, expected %.*s",
        place != NULL ? place : "", place != NULL ? ": " : "", SW_STR_ARG(got),
        SW_STR_ARG(expected));
    return note_layer(reporter, SW_NOTE_UNREADABLE, index, expected, err.message);
}

static int note_state(struct reporter *reporter, const struct sw_layer *layer,
    const struct sw_layer_state *state, size_t index)
{
    struct sw_str subject = layer->digest.n > 0 ? layer->digest : layer->diff_id;
    if (state == NULL || !state->is_done)
        return note_layer(reporter, SW_NOTE_UNREADABLE, index, subject,
            state != NULL && state->facts.facts.n > 0 ? "not examined to its end" : "not examined");
    int r = 0;
    if (state->source_err.code < 0)
        r = note_layer(reporter, SW_NOTE_UNREADABLE, index, subject, state->source_err.message);
    if (r == 0 && state->code < 0) {
        char *text = sw_region_printf(reporter->region, "%.*s", SW_STR_ARG(state->message));
        enum sw_note_kind kind = state->code == -EFBIG ? SW_NOTE_LIMIT : SW_NOTE_UNREADABLE;
        r = text == NULL ? -ENOMEM : note_layer(reporter, kind, index, subject, text);
    }
    return r < 0 ? r : check_digest(reporter, layer, state, index);
}

/* Notes on the whole source, and why the talk ended where it did not end well. */
static int note_source(struct reporter *reporter)
{
    const struct sw_conversation *conversation = reporter->conversation;
    SW_VEC_EACH (note, &conversation->notes) {
        size_t n = reporter->report->notes.n;
        int r = sw_report_note(
            reporter->report, note->kind, note->subject, "%.*s", SW_STR_ARG(note->message));
        if (r == 0 && reporter->report->notes.n > n)
            r = sw_region_copy(
                reporter->report->region, note->analyzer, &reporter->report->notes.v[n].analyzer);
        if (r < 0)
            return r;
    }
    if (conversation->end.code == 0)
        return 0;
    return sw_report_note(
        reporter->report, SW_NOTE_UNREADABLE, SW_STR_NONE, "%s", conversation->end.message);
}

/* What is stored can be judged again without the image; not storing it costs only that. */
static int give_report(const struct sw_conversation *conversation, struct sw_report *report)
{
    const struct sw_scan_options *options = conversation->options;
    if (conversation->cache != NULL)
        sw_inventory_save(options->cache_dir, report, NULL);
    return options->report(options->context, report);
}

static int begin_report(struct reporter *reporter, enum sw_target_kind kind)
{
    const struct sw_scan_options *options = reporter->conversation->options;
    char text[SW_CLOCK_TEXT_BYTES];
    sw_clock_format(options->now_s, text);
    reporter->report->target_kind = kind;
    reporter->report->aspects = reporter->conversation->aspects;
    const char *name = options->name != NULL ? options->name : options->target;
    int r = sw_region_copy(reporter->region, sw_str_of(name), &reporter->report->target);
    return r < 0 ? r
                 : sw_region_copy(reporter->region, sw_str_of(text), &reporter->report->scanned_at);
}

/* The facts of an image's layers, lowest first; an empty list for one that was not examined. */
static int gather(struct reporter *reporter, const struct sw_message_image *message,
    struct sw_image *image, struct sw_facts *facts)
{
    for (size_t i = 0; i < message->image.n_layers; i++) {
        struct sw_layer_state *state =
            sw_conversation_layer(reporter->conversation, message->layer_ids[i]);
        if (state != NULL)
            facts[i] = state->facts;
        image->layers[i].n_files = facts[i].n_files;
        image->layers[i].n_bytes = facts[i].n_bytes;
        image->layers[i].is_cached = state != NULL && state->is_cached;
        int r = note_state(reporter, &image->layers[i], state, i);
        if (r < 0)
            return r;
    }
    return 0;
}

/* What was found in the image's config: it is in no file and in no layer's bytes. */
static int add_config_findings(struct reporter *reporter, const struct sw_message_image *message)
{
    struct sw_str rest = message->config_facts;
    struct sw_str line;
    struct sw_report *report = reporter->report;
    while (sw_str_next_line(&rest, &line)) {
        struct sw_fact fact;
        struct sw_err err = {0};
        int r = sw_fact_json_parse(line, reporter->region, &fact, &err);
        if (r == 0 && fact.kind != SW_FACT_FINDING)
            continue;
        if (r < 0) {
            r = sw_report_note(report, SW_NOTE_UNREADABLE, SW_STR_NONE,
                "a fact of the scanner was refused: %s", err.message);
            return r;
        }
        fact.finding->location.presence = SW_PRESENCE_CONFIG;
        if (fact.finding->location.layer >= (int)report->image.n_layers)
            fact.finding->location.layer = -1;
        r = sw_vec_push(&report->findings, *fact.finding, SW_REPORT_FINDINGS_MAX);
        if (r < 0)
            return r;
    }
    return 0;
}

static int report_image(const struct sw_conversation *conversation,
    const struct sw_message_image *message, struct sw_err *err)
{
    SW_CLEANUP(sw_report_done) struct sw_report report;
    sw_report_init(&report, conversation->report_region);
    struct reporter reporter = {conversation, conversation->report_region, &report};
    size_t n = message->image.n_layers;
    /* Borrowed from the states. */
    SW_CLEANUP(sw_mem_freep) struct sw_facts *facts = sw_mem_zalloc(n > 0 ? n : 1, sizeof(*facts));
    if (facts == NULL)
        return -ENOMEM;
    const struct sw_source *source = conversation->source;
    int r = begin_report(&reporter, source->has_target_kind ? source->target_kind : message->kind);
    report.image = message->image;
    if (source->is_manifest_made)
        report.image.digest = source->image_digest;
    if (r == 0)
        r = gather(&reporter, message, &report.image, facts);
    /* A tar of a root file system has a layer to be read, but none to be told of. */
    if (message->kind == SW_TARGET_ROOTFS)
        report.image.n_layers = 0;
    if (r == 0)
        r = note_source(&reporter);
    if (r == 0)
        r = sw_fold(facts, n, &report, err);
    if (r == 0)
        r = add_config_findings(&reporter, message);
    return r < 0 ? r : give_report(conversation, &report);
}

/* A directory has one list of facts and no image. */
static int report_directory(const struct sw_conversation *conversation, struct sw_err *err)
{
    static const struct sw_facts none;
    SW_CLEANUP(sw_report_done) struct sw_report report;
    sw_report_init(&report, conversation->report_region);
    struct reporter reporter = {conversation, conversation->report_region, &report};
    struct sw_layer_state *state = sw_conversation_layer(conversation, 0);
    const struct sw_facts *facts = state != NULL ? &state->facts : &none;
    int r = begin_report(&reporter, SW_TARGET_ROOTFS);
    if (r == 0)
        r = note_source(&reporter);
    if (r == 0 && state != NULL && state->code < 0)
        r = sw_report_note(
            &report, SW_NOTE_UNREADABLE, SW_STR_NONE, "%.*s", SW_STR_ARG(state->message));
    if (r == 0)
        r = sw_fold(facts, 1, &report, err);
    return r < 0 ? r : give_report(conversation, &report);
}

static int report_all(const struct sw_conversation *conversation, struct sw_err *err)
{
    if (conversation->source->mode == SW_SCAN_DIRECTORY) {
        bool has_facts = sw_conversation_layer(conversation, 0) != NULL;
        if (conversation->end.code < 0 && !has_facts)
            return sw_err_set(err, conversation->end.code, "%s", conversation->end.message);
        return report_directory(conversation, err);
    }
    if (conversation->images.n == 0)
        return conversation->end.code < 0
                   ? sw_err_set(err, conversation->end.code, "%s", conversation->end.message)
                   : sw_err_set(err, -ENOENT, "no image in it");
    SW_VEC_EACH (image, &conversation->images) {
        int r = report_image(conversation, image, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int run(const struct sw_scan_options *options, struct sw_source *source,
    struct sw_cache *cache, const struct sw_err *cache_err, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_region_done) struct sw_region report_region = {0};
    uint64_t limit = options->memory_limit_bytes;
    sw_region_init(&region, limit > 0 ? (size_t)limit : FACTS_BYTES_DEFAULT);
    sw_region_init(&report_region, REGION_MAX);
    SW_CLEANUP(sw_conversation_done) struct sw_conversation conversation;
    sw_conversation_init(&conversation, options, &region);
    conversation.report_region = &report_region;
    conversation.source = source;
    conversation.cache = cache;
    int r = 0;
    /* Somebody else's cache is not used, and that is told. */
    if (cache_err->code == -EPERM)
        r = sw_conversation_note(&conversation, SW_NOTE_INFO, sw_str_of(cache_err->message));
    if (r == 0)
        r = sw_conversation_run(&conversation, err);
    return r < 0 ? r : report_all(&conversation, err);
}

int sw_scan_run(const struct sw_scan_options *options, struct sw_err *err)
{
    /* A cache that cannot be had costs time, no result. */
    SW_CLEANUP(sw_cache_closep) struct sw_cache *cache = NULL;
    struct sw_err cache_err = {0};
    if (options->cache_dir != NULL)
        sw_cache_open(options->cache_dir, options->cache_max_bytes, &cache, &cache_err);
    SW_CLEANUP(sw_source_close) struct sw_source source = {.fd = -1};
    struct sw_source_options source_options = {
        .target = options->target,
        .stdin_fd = options->stdin_fd,
        .registry = options->registry,
        .client = options->client,
        .cache = cache,
        .engines = options->engines,
        .flight = cache != NULL ? options->flight : NULL,
        .is_all_platforms = options->is_all_platforms,
    };
    int r = sw_source_open(&source_options, &source, err);
    if (r < 0)
        return r;
    r = run(options, &source, cache, &cache_err, err);
    return r < 0 ? sw_err_wrap(err, r, "'%s'", options->target) : 0;
}
