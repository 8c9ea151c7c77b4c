/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the children ask and say, one function per message. Every number and name is held against
 * what is known here; the cache is written here and nowhere else.
 */
#include "conversation_priv.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "model/fact_json.h"

/* Bytes that are no layer, open at once: manifests, or the one stream. */
#define LOOSE_MAX ((size_t)64)
#define NOTES_MAX ((size_t)10000)
#define IMAGES_MAX ((size_t)1024)
/* Frames that bring nothing: a scanner with 64 threads sends some 300 signs of life a second. */
#define IDLE_FRAMES_MAX ((uint64_t)5000)
#define IDLE_FRAMES_PER_SECOND ((uint64_t)400)
/* One layer's facts take at most this part of the memory for facts. */
#define LAYER_SHARE 4
/* Bytes of facts beyond that, of all layers; a layer of ten million whiteouts is within it. */
#define DROPPED_BYTES_MAX ((uint64_t)2 << 30)
/* After the child has said that it is done with a layer. */
#define PUMP_GRACE_MS 2000

static struct sw_layer_state *get_layer(
    struct sw_conversation *conversation, uint32_t id, struct sw_err *err)
{
    if (id >= SW_CONVERSATION_LAYERS_MAX) {
        sw_err_set(err, -EPROTO, "the scanner speaks of layer %u", id);
        return NULL;
    }
    while (conversation->layers.n <= id) {
        struct sw_layer_state *none = NULL;
        if (sw_vec_push(&conversation->layers, none, SW_CONVERSATION_LAYERS_MAX) < 0)
            return NULL;
    }
    if (conversation->layers.v[id] == NULL) {
        struct sw_layer_state *layer = sw_mem_zalloc(1, sizeof(*layer));
        if (layer == NULL)
            return NULL;
        sw_facts_init(&layer->facts, conversation->region);
        conversation->layers.v[id] = layer;
    }
    return conversation->layers.v[id];
}

static int add_note(struct sw_conversation *conversation, enum sw_note_kind kind,
    struct sw_str subject, struct sw_str message)
{
    struct sw_note note = {.kind = kind, .subject = subject, .message = message, .layer = -1};
    int r = sw_vec_push(&conversation->notes, note, NOTES_MAX);
    return r == -EFBIG ? 0 : r;
}

int sw_conversation_note(
    struct sw_conversation *conversation, enum sw_note_kind kind, struct sw_str message)
{
    return add_note(conversation, kind, SW_STR_NONE, message);
}

static bool is_same_key(const struct sw_blob_key *a, const struct sw_blob_key *b)
{
    return sw_file_identity_equal(&a->file, &b->file) && a->offset == b->offset &&
           a->length == b->length;
}

/* Ends a layer's pump and keeps what it hashed. */
static int finish_pump(
    struct sw_conversation *conversation, struct sw_layer_state *layer, uint64_t grace_ms)
{
    if (layer->pump == NULL)
        return 0;
    struct sw_pump_result result;
    conversation->n_bytes += sw_pump_n_bytes(layer->pump);
    sw_pump_finish(SW_TAKE(layer->pump), grace_ms, &result);
    if (result.r < 0)
        layer->source_err = result.err;
    /* Facts of two passes over a file that changed between or under them belong to no digest. */
    if (layer->n_passes > 1 && (result.is_changed || !is_same_key(&layer->key, &result.key))) {
        layer->is_damaged = true;
        sw_err_set(&layer->source_err, -ESTALE, "the file changed while it was read");
    }
    if (layer->n_passes == 1)
        layer->key = result.key;
    /* A second pass hands out the same bytes again. */
    if (!result.is_whole || layer->digest.n > 0)
        return 0;
    int r = sw_region_copy(conversation->region, sw_str_of(result.digest), &layer->digest);
    if (r == 0 && conversation->cache != NULL && result.has_key)
        sw_cache_add_record(conversation->cache, &result.key, layer->digest);
    return r;
}

void sw_conversation_stop_pumps(struct sw_conversation *conversation)
{
    struct sw_pump_result result;
    SW_VEC_EACH (layer, &conversation->layers)
        if (*layer != NULL)
            finish_pump(conversation, *layer, 0);
    SW_VEC_EACH (pump, &conversation->loose) {
        conversation->n_bytes += sw_pump_n_bytes(*pump);
        sw_pump_finish(*pump, 0, &result);
    }
    conversation->loose.n = 0;
}

static int reply(
    int socket, uint32_t id, const struct sw_message_opened *opened, int fd, struct sw_err *err)
{
    struct sw_message message = {.type = SW_MESSAGE_OPENED, .opened = *opened};
    SW_CLEANUP(sw_buf_done) struct sw_buf payload = {0};
    sw_buf_init(&payload, SW_FRAME_PAYLOAD_MAX);
    int r = sw_message_format(&message, &payload);
    if (r < 0)
        return sw_err_wrap(err, r, "write a message");
    struct sw_frame frame = {
        .type = SW_MESSAGE_OPENED, .id = id, .payload = sw_buf_str(&payload), .fd = fd};
    return sw_frame_send(socket, &frame, err);
}

/* What facts of an aspect hang on: versions of analyzers and the rules that they had. Empty: such
 * facts are not kept. */
static struct sw_str aspect_key(
    const struct sw_conversation *conversation, const struct sw_child *child, enum sw_aspect aspect)
{
    const struct sw_scan_options *options = conversation->options;
    if (child->analyzers[aspect].n == 0 ||
        (aspect == SW_ASPECT_SECRETS && options->is_showing_secrets))
        return SW_STR_NONE;
    struct sw_str key = child->analyzers[aspect];
    for (size_t i = 0; i < options->n_contents; i++) {
        const struct sw_scan_content *content = &options->contents[i];
        if (sw_content_kind_aspect(content->kind) != aspect)
            continue;
        char *longer = sw_region_printf(conversation->region, "%.*s,%s=%.*s", SW_STR_ARG(key),
            sw_content_kind_name(content->kind), SW_STR_ARG(content->digest));
        if (longer == NULL)
            return SW_STR_NONE;
        key = sw_str_of(longer);
    }
    if (aspect == SW_ASPECT_MALWARE && conversation->has_clamd) {
        char *longer = sw_region_printf(
            conversation->region, "%.*s,clamd=%s", SW_STR_ARG(key), conversation->clamd_version);
        key = longer != NULL ? sw_str_of(longer) : SW_STR_NONE;
    }
    return key;
}

/* Takes the facts of one aspect: true when there are. */
static bool load_aspect(struct sw_conversation *conversation, struct sw_layer_state *layer,
    struct sw_str digest, enum sw_aspect aspect)
{
    struct sw_cache_layer info = {
        .aspect = aspect, .analyzers = aspect_key(conversation, &conversation->first, aspect)};
    if (info.analyzers.n == 0 ||
        sw_cache_load(conversation->cache, digest, &layer->facts, &info) < 0)
        return false;
    layer->compression = info.compression;
    layer->diff_id = info.diff_id;
    layer->cached_aspects |= SW_ASPECT_BIT(aspect);
    layer->n_cached_facts = layer->facts.facts.n;
    return true;
}

bool sw_conversation_load_cached(
    struct sw_conversation *conversation, struct sw_layer_state *layer, struct sw_str digest)
{
    for (int i = 0; i < _SW_ASPECT_MAX; i++) {
        unsigned bit = SW_ASPECT_BIT(i);
        if ((conversation->aspects & bit) != 0 && (layer->cached_aspects & bit) == 0)
            load_aspect(conversation, layer, digest, (enum sw_aspect)i);
    }
    if (layer->cached_aspects != conversation->aspects)
        return false;
    layer->digest = digest;
    layer->is_cached = true;
    layer->is_done = true;
    conversation->n_files += layer->facts.n_files;
    return true;
}

/* Whether the cache answers for a layer. Opens the blob where only its file can tell the digest,
 * and so that what cannot be opened is told of before a worker starts. */
static int ask_cache(struct sw_conversation *conversation, struct sw_layer_state *layer,
    bool *ret_settled, struct sw_err *err)
{
    struct sw_cache *cache = conversation->cache;
    const struct sw_message_open *open = &layer->open;
    if (conversation->source->ops->is_by_digest) {
        bool is_known = open->kind == SW_OPEN_BLOB && cache != NULL &&
                        sw_str_starts_with(open->digest, SW_STR("sha256:"));
        *ret_settled = is_known && sw_conversation_load_cached(conversation, layer, open->digest);
        return 0;
    }
    SW_CLEANUP(sw_blob_done) struct sw_blob blob = {.wait_fd = -1};
    int r = conversation->source->ops->blob_open(conversation->source, open, &blob, err);
    if (r < 0)
        return r;
    struct sw_str digest;
    *ret_settled = cache != NULL && blob.has_key &&
                   sw_cache_find_record(cache, &blob.key, conversation->region, &digest) == 0 &&
                   sw_conversation_load_cached(conversation, layer, digest);
    return 0;
}

/* The first child asks for a layer: one layer is one piece of the source, for good. True: it is
 * settled already; otherwise it waits for a worker. */
static int ask_for_layer(struct sw_conversation *conversation, const struct sw_message_open *open,
    uint32_t request, bool *ret_settled, struct sw_err *err)
{
    struct sw_layer_state *layer = get_layer(conversation, open->layer, err);
    if (layer == NULL)
        return -EPROTO;
    if (layer->is_done || layer->is_opened || layer->is_told)
        return sw_err_set(err, -EINVAL, "the layer is open already");
    layer->open = *open;
    int r = sw_region_copy(conversation->region, open->digest, &layer->open.digest);
    if (r == 0)
        r = ask_cache(conversation, layer, ret_settled, err);
    if (r < 0)
        return r;
    layer->is_opened = true;
    struct sw_waiting_layer waiting = {open->layer, request};
    return *ret_settled ? 0
                        : sw_vec_push(&conversation->waiting, waiting, SW_CONVERSATION_LAYERS_MAX);
}

/* Bytes that are no layer: nothing that is said of them is cached. */
static int open_loose(struct sw_conversation *conversation, const struct sw_message_open *open,
    struct sw_message_opened *opened, int *ret_fd, struct sw_err *err)
{
    SW_CLEANUP(sw_blob_done) struct sw_blob blob = {.wait_fd = -1};
    int r = conversation->source->ops->blob_open(conversation->source, open, &blob, err);
    if (r < 0)
        return r;
    opened->size_bytes = blob.size_bytes;
    if (conversation->loose.n == LOOSE_MAX) {
        struct sw_pump_result result;
        conversation->n_bytes += sw_pump_n_bytes(conversation->loose.v[0]);
        sw_pump_finish(conversation->loose.v[0], PUMP_GRACE_MS, &result);
        conversation->loose.n--;
        memmove(conversation->loose.v, conversation->loose.v + 1,
            conversation->loose.n * sizeof(conversation->loose.v[0]));
    }
    struct sw_pump *pump = NULL;
    r = sw_pump_start(&blob, &pump, ret_fd, err);
    return r < 0 ? r : sw_vec_push(&conversation->loose, pump, LOOSE_MAX);
}

/* A worker gets the bytes of its own layer, whatever it asks for: once, and again. */
static int open_own(struct sw_conversation *conversation, uint32_t id,
    const struct sw_message_open *open, struct sw_message_opened *opened, int *ret_fd,
    struct sw_err *err)
{
    struct sw_layer_state *layer = sw_conversation_layer(conversation, id);
    if (layer->is_done)
        return sw_err_set(err, -EINVAL, "the layer is done");
    if (layer->n_passes > 0 && !open->is_again)
        return sw_err_set(err, -EINVAL, "the layer is open already");
    int r = finish_pump(conversation, layer, PUMP_GRACE_MS);
    SW_CLEANUP(sw_blob_done) struct sw_blob blob = {.wait_fd = -1};
    if (r == 0)
        r = conversation->source->ops->blob_open(conversation->source, &layer->open, &blob, err);
    if (r < 0)
        return r;
    opened->size_bytes = blob.size_bytes;
    r = sw_pump_start(&blob, &layer->pump, ret_fd, err);
    layer->n_passes++;
    return r;
}

/* A worker and the first child may have as many connections as they ask for: clamd has a limit of
 * its own. One that cannot be had any more is told of once. */
static int open_clamd(struct sw_conversation *conversation, int *ret_fd, struct sw_err *err)
{
    if (!conversation->has_clamd)
        return sw_err_set(err, -ENOTCONN, "there is no clamd");
    int r = sw_clamd_connect(conversation->options->clamd, ret_fd, err);
    if (r == 0)
        return 0;
    conversation->has_clamd = false;
    return sw_conversation_note_clamd(conversation, err) < 0 ? -ENOMEM : r;
}

int sw_conversation_note_contents(struct sw_conversation *conversation)
{
    const struct sw_scan_options *options = conversation->options;
    int r = 0;
    for (size_t i = 0; r == 0 && i < options->n_notes; i++)
        r = sw_vec_push(&conversation->notes, options->notes[i], NOTES_MAX);
    return r == -EFBIG ? 0 : r;
}

int sw_conversation_note_clamd(struct sw_conversation *conversation, const struct sw_err *why)
{
    struct sw_note note = {.kind = SW_NOTE_UNEXAMINED,
        .analyzer = SW_STR("clamav"),
        .subject = sw_str_of(conversation->options->clamd),
        .layer = -1};
    char *text = sw_region_printf(
        conversation->region, "not everything was examined by ClamAV: %s", why->message);
    if (text == NULL)
        return -ENOMEM;
    note.message = sw_str_of(text);
    int r = sw_vec_push(&conversation->notes, note, NOTES_MAX);
    return r == -EFBIG ? 0 : r;
}

static int take_open(struct sw_conversation *conversation, struct sw_child *child, uint32_t request,
    const struct sw_message_open *open, struct sw_err *err)
{
    struct sw_err failure = {0};
    struct sw_message_opened opened = {0};
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    int r;
    if (open->kind == SW_OPEN_CLAMD) {
        r = open_clamd(conversation, &fd, &failure);
    } else if (child->layer != SW_MESSAGE_NO_LAYER) {
        r = open_own(conversation, child->layer, open, &opened, &fd, &failure);
    } else if (open->layer == SW_MESSAGE_NO_LAYER) {
        r = open_loose(conversation, open, &opened, &fd, &failure);
    } else {
        r = ask_for_layer(conversation, open, request, &opened.is_cached, &failure);
        /* The answer comes when the layer's worker has ended. */
        if (r == 0 && !opened.is_cached)
            return 0;
    }
    if (r < 0) {
        opened.code = r;
        opened.message = sw_str_of(failure.message[0] != '\0' ? failure.message : strerror(-r));
    }
    return reply(child->socket, request, &opened, fd, err);
}

int sw_conversation_settle(
    struct sw_conversation *conversation, uint32_t request, struct sw_err *err)
{
    struct sw_message_opened opened = {.is_cached = true};
    return reply(conversation->first.socket, request, &opened, -1, err);
}

void sw_conversation_lose_layer(
    struct sw_conversation *conversation, uint32_t id, const struct sw_err *why)
{
    struct sw_layer_state *layer = sw_conversation_layer(conversation, id);
    finish_pump(conversation, layer, 0);
    if (layer->is_done)
        return;
    layer->is_done = true;
    layer->code = why->code;
    struct sw_str text = sw_str_of(why->message);
    if (sw_region_copy(conversation->region, text, &layer->message) < 0)
        layer->message = SW_STR("more facts than memory is there for");
}

/* The layer that a child speaks of: a worker of its own alone, whatever number it names; the first
 * child of those that it has read itself, as they passed by in a stream. */
static struct sw_layer_state *get_spoken_of(struct sw_conversation *conversation,
    const struct sw_child *child, uint32_t id, struct sw_err *err)
{
    if (child->layer != SW_MESSAGE_NO_LAYER)
        return sw_conversation_layer(conversation, child->layer);
    struct sw_layer_state *layer = get_layer(conversation, id, err);
    if (layer == NULL || !layer->is_opened)
        return layer;
    sw_err_set(err, -EPROTO, "the scanner speaks of a layer that it did not read");
    return NULL;
}

/* Counts a frame that brings nothing. */
static int take_idle(struct sw_child *child, struct sw_err *err)
{
    int64_t seconds = (sw_clock_monotonic_ns() - child->started_ns) / 1000000000;
    uint64_t limit = IDLE_FRAMES_MAX + IDLE_FRAMES_PER_SECOND * (uint64_t)seconds;
    return ++child->n_idle <= limit ? 0 : sw_err_set(err, -EPROTO, "the scanner floods its socket");
}

/* A sign of life; nothing of it is kept but the name. */
static int take_progress(struct sw_child *child, const struct sw_frame *frame, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 4 * SW_MESSAGE_TEXT_MAX);
    struct sw_message message;
    int r = sw_message_parse(SW_MESSAGE_PROGRESS, frame->payload, &region, &message, err);
    if (r < 0)
        return sw_err_wrap(err, r, "a message of the scanner");
    struct sw_str subject = sw_str_part(message.progress.subject, 0, SW_CHILD_READING_BYTES - 1);
    memcpy(child->reading, subject.p != NULL ? subject.p : "", subject.n);
    child->reading[subject.n] = '\0';
    return take_idle(child, err);
}

/* One beyond the cap of a layer is counted and told of when layers are folded. */
static int add_fact(
    struct sw_conversation *conversation, struct sw_layer_state *layer, const struct sw_fact *fact)
{
    const struct sw_region *region = conversation->region;
    if (++conversation->n_facts > region->max_bytes / sizeof(*fact))
        return -ENOMEM;
    int r = sw_facts_add(&layer->facts, fact);
    layer->is_damaged = layer->is_damaged || r < 0;
    return r == -EFBIG ? 0 : r;
}

/* Told of once per layer. */
static int refuse_fact(struct sw_conversation *conversation, struct sw_child *child,
    struct sw_layer_state *layer, const struct sw_err *failure, struct sw_err *err)
{
    bool is_told = layer->is_damaged;
    layer->is_damaged = true;
    if (is_told)
        return take_idle(child, err);
    char *text = sw_region_printf(
        conversation->region, "a fact of the scanner was refused: %s", failure->message);
    return text == NULL ? -ENOMEM
                        : add_note(conversation, SW_NOTE_UNREADABLE, SW_STR_NONE, sw_str_of(text));
}

/* A layer that has had its share of the memory does not take that of the others. */
static int drop_facts(struct sw_conversation *conversation, struct sw_layer_state *layer,
    struct sw_str rest, struct sw_err *err)
{
    struct sw_str line;
    conversation->n_dropped_bytes += rest.n;
    while (sw_str_next_line(&rest, &line))
        layer->facts.n_dropped++;
    layer->is_damaged = true;
    return conversation->n_dropped_bytes <= DROPPED_BYTES_MAX
               ? 0
               : sw_err_set(err, -EPROTO, "the scanner floods its socket");
}

static int take_facts(struct sw_conversation *conversation, struct sw_child *child,
    const struct sw_frame *frame, struct sw_err *err)
{
    struct sw_layer_state *layer = get_spoken_of(conversation, child, frame->id, err);
    if (layer == NULL)
        return -EPROTO;
    if (layer->is_done)
        return sw_err_set(err, -EPROTO, "the scanner says more about a layer that is done");
    layer->is_told = true;
    struct sw_region *region = conversation->region;
    if (layer->n_facts_bytes > region->max_bytes / LAYER_SHARE)
        return drop_facts(conversation, layer, frame->payload, err);
    size_t before = region->used_bytes;
    struct sw_str rest = frame->payload;
    struct sw_str line;
    while (sw_str_next_line(&rest, &line)) {
        struct sw_fact fact;
        layer->n_facts_bytes += sizeof(fact);
        struct sw_err failure = {0};
        int r = sw_fact_json_parse(line, region, &fact, &failure);
        if (r == 0)
            r = add_fact(conversation, layer, &fact);
        else if (r != -ENOMEM)
            r = refuse_fact(conversation, child, layer, &failure, err);
        if (r == -ENOMEM)
            sw_err_set(err, r, "more facts than memory is there for");
        if (r < 0)
            return r;
    }
    layer->n_facts_bytes += region->used_bytes - before;
    return 0;
}

/* "dpkg" of "layer=1,dpkg=3". */
static bool is_named_in(struct sw_str analyzers, struct sw_str section)
{
    struct sw_str one;
    while (sw_str_next_token(&analyzers, ',', &one))
        if (sw_str_starts_with(one, section) && one.n > section.n && one.p[section.n] == '=')
            return true;
    return false;
}

/* The facts of one aspect among those that a worker gave. False: a limit cut them short; with a
 * larger one they may be whole. */
static bool select_facts(
    const struct sw_layer_state *layer, struct sw_str analyzers, struct sw_facts *ret)
{
    ret->n_files = layer->facts.n_files;
    ret->n_bytes = layer->facts.n_bytes;
    for (size_t i = layer->n_cached_facts; i < layer->facts.facts.n; i++) {
        const struct sw_fact *fact = &layer->facts.facts.v[i];
        if (!is_named_in(analyzers, fact->section))
            continue;
        /* The second: clamd was to examine it and went away. */
        bool is_cut_short =
            fact->kind == SW_FACT_NOTE &&
            (fact->note.kind == SW_NOTE_LIMIT || fact->note.kind == SW_NOTE_UNEXAMINED);
        if (is_cut_short || sw_facts_add(ret, fact) < 0)
            return false;
    }
    return true;
}

static void store_aspect(struct sw_conversation *conversation, const struct sw_child *child,
    const struct sw_layer_state *layer, enum sw_aspect aspect)
{
    struct sw_cache_layer info = {
        .aspect = aspect,
        .analyzers = aspect_key(conversation, child, aspect),
        .compression = layer->compression,
        .diff_id = layer->diff_id,
    };
    struct sw_facts facts;
    sw_facts_init(&facts, conversation->region);
    /* A full disk costs the next scan time, this one nothing. */
    if (info.analyzers.n > 0 && select_facts(layer, child->analyzers[aspect], &facts))
        sw_cache_store(conversation->cache, layer->digest, &facts, &info);
    sw_facts_done(&facts);
}

/* Only whole layers are kept, and only under the digest that was computed here of what this worker
 * was handed. */
static void store_layer(struct sw_conversation *conversation, const struct sw_child *child,
    const struct sw_layer_state *layer, const struct sw_message_layer_done *done)
{
    if (conversation->cache == NULL || child->layer == SW_MESSAGE_NO_LAYER ||
        layer->digest.n == 0 || done->code < 0 || !done->is_whole || layer->is_damaged)
        return;
    for (int i = 0; i < _SW_ASPECT_MAX; i++)
        store_aspect(conversation, child, layer, (enum sw_aspect)i);
}

static int take_layer_done(struct sw_conversation *conversation, struct sw_child *child,
    uint32_t id, const struct sw_message_layer_done *done, struct sw_err *err)
{
    struct sw_layer_state *layer = get_spoken_of(conversation, child, id, err);
    if (layer == NULL)
        return -EPROTO;
    if (layer->is_done)
        return sw_err_set(err, -EPROTO, "the scanner ends a layer that is done");
    int r = finish_pump(conversation, layer, done->is_whole ? PUMP_GRACE_MS : 0);
    if (r < 0)
        return r;
    layer->is_done = true;
    layer->code = (int)done->code;
    layer->message = done->message;
    layer->compression = done->compression;
    layer->child_digest = done->digest;
    layer->diff_id = done->diff_id;
    layer->facts.n_files = done->n_files;
    layer->facts.n_bytes = done->n_bytes;
    conversation->n_files += done->n_files;
    store_layer(conversation, child, layer, done);
    return 0;
}

static int take_hello(
    struct sw_child *child, const struct sw_message_hello *hello, struct sw_err *err)
{
    if (hello->protocol != SW_MESSAGE_PROTOCOL)
        return sw_err_set(err, -EPROTO, "the scanner speaks protocol %llu, not %d",
            (unsigned long long)hello->protocol, SW_MESSAGE_PROTOCOL);
    if (child->is_introduced)
        return sw_err_set(err, -EPROTO, "the scanner introduces itself twice");
    child->is_introduced = true;
    for (int i = 0; i < _SW_ASPECT_MAX; i++)
        child->analyzers[i] = hello->analyzers[i];
    return 0;
}

/* A protection that is skipped must be seen. All children run in the same sandbox. */
static int tell_sandbox(struct sw_conversation *conversation, struct sw_str pieces)
{
    const struct sw_scan_options *options = conversation->options;
    if (options->sandbox != NULL)
        options->sandbox(options->context, pieces);
    if (sw_str_find(pieces, SW_STR("=unavailable")) < 0)
        return 0;
    char *text = sw_region_printf(conversation->region,
        "this kernel lacks a part of the scanner's sandbox: %.*s", SW_STR_ARG(pieces));
    return text == NULL ? -ENOMEM
                        : sw_conversation_note(conversation, SW_NOTE_INFO, sw_str_of(text));
}

static int take_image(
    struct sw_conversation *conversation, const struct sw_message_image *image, struct sw_err *err)
{
    for (size_t i = 0; i < image->image.n_layers; i++)
        if (get_layer(conversation, image->layer_ids[i], err) == NULL)
            return -EPROTO;
    int r = sw_vec_push(&conversation->images, *image, IMAGES_MAX);
    return r < 0 ? sw_err_wrap(err, r, "more than %zu images", IMAGES_MAX) : 0;
}

static void take_failed(struct sw_child *child, const struct sw_message_failed *failed)
{
    int code = failed->code < 0 ? (int)failed->code : -EIO;
    child->is_complete = true;
    sw_err_set(&child->end, code, "%.*s", SW_STR_ARG(failed->message));
}

static int take_message(struct sw_conversation *conversation, struct sw_child *child,
    const struct sw_frame *frame, struct sw_err *err)
{
    struct sw_message message;
    int r = sw_message_parse(
        (enum sw_message_type)frame->type, frame->payload, conversation->region, &message, err);
    if (r < 0)
        return sw_err_wrap(err, r, "a message of the scanner");
    switch (message.type) {
    case SW_MESSAGE_HELLO:
        r = take_hello(child, &message.hello, err);
        return r == 0 && child == &conversation->first
                   ? tell_sandbox(conversation, message.hello.sandbox)
                   : r;
    case SW_MESSAGE_OPEN:
        return take_open(conversation, child, frame->id, &message.open, err);
    case SW_MESSAGE_IMAGE:
        return take_image(conversation, &message.image, err);
    case SW_MESSAGE_LAYER_DONE:
        return take_layer_done(conversation, child, frame->id, &message.layer_done, err);
    case SW_MESSAGE_NOTE:
        return add_note(
            conversation, message.note.kind, message.note.subject, message.note.message);
    case SW_MESSAGE_DONE:
        child->is_complete = true;
        return 0;
    case SW_MESSAGE_FAILED:
        take_failed(child, &message.failed);
        return 0;
    case SW_MESSAGE_SCAN:
    case SW_MESSAGE_CONTENT:
    case SW_MESSAGE_OPENED:
    case SW_MESSAGE_FACTS:
    case SW_MESSAGE_PROGRESS:
    case _SW_MESSAGE_MAX:
        break;
    }
    return sw_err_set(err, -EPROTO, "a message that no scanner sends");
}

int sw_conversation_take(struct sw_conversation *conversation, struct sw_child *child,
    const struct sw_frame *frame, struct sw_err *err)
{
    bool is_known = frame->type >= SW_MESSAGE_HELLO && frame->type < _SW_MESSAGE_MAX;
    if (!is_known && (frame->flags & SW_FRAME_IGNORABLE) != 0)
        return take_idle(child, err);
    if (frame->fd >= 0)
        return sw_err_set(err, -EPROTO, "the scanner sends a descriptor");
    bool is_first = frame->type == SW_MESSAGE_HELLO || frame->type == SW_MESSAGE_FAILED;
    if (!child->is_introduced && !is_first)
        return sw_err_set(err, -EPROTO, "the scanner does not introduce itself");
    bool is_of_source = frame->type == SW_MESSAGE_IMAGE || frame->type == SW_MESSAGE_NOTE;
    if (child->layer != SW_MESSAGE_NO_LAYER && is_of_source)
        return sw_err_set(err, -EPROTO, "the scanner of a layer speaks of the whole source");
    if (frame->type == SW_MESSAGE_FACTS)
        return take_facts(conversation, child, frame, err);
    if (frame->type == SW_MESSAGE_PROGRESS)
        return take_progress(child, frame, err);
    if (frame->type == SW_MESSAGE_NOTE && conversation->notes.n >= NOTES_MAX)
        return take_idle(child, err);
    return take_message(conversation, child, frame, err);
}
