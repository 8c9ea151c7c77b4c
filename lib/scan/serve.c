/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the child asks and says, one function per message. Every number and name is held against
 * what is known here; the cache is written here and nowhere else.
 */
#include "conversation_priv.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "model/fact_json.h"

/* Layers open at once: a thread of the scanner has one. Each costs a thread and a buffer here. */
#define LAYER_PUMPS_MAX ((size_t)128)
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
    conversation->n_pumps--;
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

static bool is_same_open(const struct sw_message_open *a, const struct sw_message_open *b)
{
    return a->kind == b->kind && a->offset == b->offset && a->length == b->length &&
           sw_str_equal(a->digest, b->digest);
}

/* The layer's facts from the cache: true when they are there. */
static bool load_cached(
    struct sw_conversation *conversation, struct sw_layer_state *layer, const struct sw_blob *blob)
{
    struct sw_str digest;
    if (conversation->cache == NULL || !blob->has_key ||
        sw_cache_find_record(conversation->cache, &blob->key, conversation->region, &digest) < 0)
        return false;
    struct sw_cache_layer info = {.analyzers = conversation->analyzers};
    if (sw_cache_load(conversation->cache, digest, &layer->facts, &info) < 0)
        return false;
    layer->digest = digest;
    layer->compression = info.compression;
    layer->diff_id = info.diff_id;
    layer->is_cached = true;
    layer->is_done = true;
    conversation->n_files += layer->facts.n_files;
    return true;
}

/* Checks a request for a layer's bytes: one layer is one piece of the source, for good. */
static int check_layer_open(struct sw_conversation *conversation, struct sw_layer_state *layer,
    const struct sw_message_open *open, struct sw_err *err)
{
    if (layer->is_done)
        return sw_err_set(err, -EINVAL, "the layer is done");
    if (!layer->is_opened) {
        layer->open = *open;
        layer->is_opened = true;
        return sw_region_copy(conversation->region, open->digest, &layer->open.digest);
    }
    if (!open->is_again || !is_same_open(&layer->open, open))
        return sw_err_set(err, -EINVAL, "the layer is open already");
    return finish_pump(conversation, layer, PUMP_GRACE_MS);
}

static int start_layer_pump(struct sw_conversation *conversation, struct sw_layer_state *layer,
    struct sw_blob *blob, int *ret_fd, struct sw_err *err)
{
    if (conversation->n_pumps >= LAYER_PUMPS_MAX)
        return sw_err_set(err, -EMFILE, "more than %zu layers open at once", LAYER_PUMPS_MAX);
    int r = sw_pump_start(blob, &layer->pump, ret_fd, err);
    conversation->n_pumps += r == 0 ? 1 : 0;
    layer->n_passes++;
    return r;
}

/* Puts a pump behind the blob. The fd goes to the child. */
static int start_pump(struct sw_conversation *conversation, struct sw_layer_state *layer,
    struct sw_blob *blob, int *ret_fd, struct sw_err *err)
{
    if (layer != NULL)
        return start_layer_pump(conversation, layer, blob, ret_fd, err);
    if (conversation->loose.n == LOOSE_MAX) {
        struct sw_pump_result result;
        conversation->n_bytes += sw_pump_n_bytes(conversation->loose.v[0]);
        sw_pump_finish(conversation->loose.v[0], PUMP_GRACE_MS, &result);
        conversation->loose.n--;
        memmove(conversation->loose.v, conversation->loose.v + 1,
            conversation->loose.n * sizeof(conversation->loose.v[0]));
    }
    struct sw_pump *pump = NULL;
    int r = sw_pump_start(blob, &pump, ret_fd, err);
    return r < 0 ? r : sw_vec_push(&conversation->loose, pump, LOOSE_MAX);
}

static int open_blob(struct sw_conversation *conversation, const struct sw_message_open *open,
    struct sw_message_opened *opened, int *ret_fd, struct sw_err *err)
{
    struct sw_layer_state *layer = NULL;
    int r = 0;
    if (open->layer != SW_MESSAGE_NO_LAYER) {
        layer = get_layer(conversation, open->layer, err);
        r = layer == NULL ? -EPROTO : check_layer_open(conversation, layer, open, err);
    }
    SW_CLEANUP(sw_blob_done) struct sw_blob blob = {.wait_fd = -1};
    if (r == 0)
        r = conversation->source->ops->blob_open(conversation->source, open, &blob, err);
    if (r < 0)
        return r;
    opened->size_bytes = blob.size_bytes;
    opened->is_cached = layer != NULL && !open->is_again && load_cached(conversation, layer, &blob);
    return opened->is_cached ? 0 : start_pump(conversation, layer, &blob, ret_fd, err);
}

static int take_open(struct sw_conversation *conversation, int socket, uint32_t id,
    const struct sw_message_open *open, struct sw_err *err)
{
    struct sw_err failure = {0};
    struct sw_message_opened opened = {0};
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    int r = open_blob(conversation, open, &opened, &fd, &failure);
    if (r < 0) {
        opened.code = r;
        opened.message = sw_str_of(failure.message[0] != '\0' ? failure.message : strerror(-r));
    }
    return reply(socket, id, &opened, fd, err);
}

/* Counts a frame that brings nothing. */
static int take_idle(struct sw_conversation *conversation, struct sw_err *err)
{
    int64_t seconds = (sw_clock_monotonic_ns() - conversation->started_ns) / 1000000000;
    uint64_t limit = IDLE_FRAMES_MAX + IDLE_FRAMES_PER_SECOND * (uint64_t)seconds;
    return ++conversation->n_idle <= limit
               ? 0
               : sw_err_set(err, -EPROTO, "the scanner floods its socket");
}

/* A sign of life; nothing of it is kept but the name. */
static int take_progress(
    struct sw_conversation *conversation, const struct sw_frame *frame, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 4 * SW_MESSAGE_TEXT_MAX);
    struct sw_message message;
    int r = sw_message_parse(SW_MESSAGE_PROGRESS, frame->payload, &region, &message, err);
    if (r < 0)
        return sw_err_wrap(err, r, "a message of the scanner");
    struct sw_str subject =
        sw_str_part(message.progress.subject, 0, SW_CONVERSATION_READING_BYTES - 1);
    memcpy(conversation->reading, subject.p != NULL ? subject.p : "", subject.n);
    conversation->reading[subject.n] = '\0';
    return take_idle(conversation, err);
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
static int refuse_fact(struct sw_conversation *conversation, struct sw_layer_state *layer,
    const struct sw_err *failure, struct sw_err *err)
{
    bool is_told = layer->is_damaged;
    layer->is_damaged = true;
    if (is_told)
        return take_idle(conversation, err);
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

static int take_facts(
    struct sw_conversation *conversation, const struct sw_frame *frame, struct sw_err *err)
{
    struct sw_layer_state *layer = get_layer(conversation, frame->id, err);
    if (layer == NULL)
        return -EPROTO;
    if (layer->is_done)
        return sw_err_set(err, -EPROTO, "the scanner says more about a layer that is done");
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
            r = refuse_fact(conversation, layer, &failure, err);
        if (r == -ENOMEM)
            sw_err_set(err, r, "more facts than memory is there for");
        if (r < 0)
            return r;
    }
    layer->n_facts_bytes += region->used_bytes - before;
    return 0;
}

/* What a limit cut short may be whole with a larger one. */
static bool is_cut_short(const struct sw_facts *facts)
{
    SW_VEC_EACH (fact, &facts->facts)
        if (fact->kind == SW_FACT_NOTE && fact->note.kind == SW_NOTE_LIMIT)
            return true;
    return false;
}

/* Only whole layers are kept, and only under the digest that was computed here. */
static void store_layer(struct sw_conversation *conversation, const struct sw_layer_state *layer,
    const struct sw_message_layer_done *done)
{
    if (conversation->cache == NULL || layer->digest.n == 0 || done->code < 0 || !done->is_whole ||
        layer->is_damaged || is_cut_short(&layer->facts))
        return;
    struct sw_cache_layer info = {
        .analyzers = conversation->analyzers,
        .compression = layer->compression,
        .diff_id = layer->diff_id,
    };
    /* A full disk costs the next scan time, this one nothing. */
    sw_cache_store(conversation->cache, layer->digest, &layer->facts, &info);
}

static int take_layer_done(struct sw_conversation *conversation, uint32_t id,
    const struct sw_message_layer_done *done, struct sw_err *err)
{
    struct sw_layer_state *layer = get_layer(conversation, id, err);
    if (layer == NULL || layer->is_done)
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
    store_layer(conversation, layer, done);
    return 0;
}

static int take_hello(
    struct sw_conversation *conversation, const struct sw_message_hello *hello, struct sw_err *err)
{
    if (hello->protocol != SW_MESSAGE_PROTOCOL)
        return sw_err_set(err, -EPROTO, "the scanner speaks protocol %llu, not %d",
            (unsigned long long)hello->protocol, SW_MESSAGE_PROTOCOL);
    if (conversation->analyzers.p != NULL || hello->analyzers.p == NULL)
        return sw_err_set(err, -EPROTO, "the scanner introduces itself twice or not at all");
    conversation->analyzers = hello->analyzers;
    return 0;
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

static void take_failed(
    struct sw_conversation *conversation, const struct sw_message_failed *failed)
{
    int code = failed->code < 0 ? (int)failed->code : -EIO;
    conversation->is_complete = true;
    sw_err_set(&conversation->end, code, "%.*s", SW_STR_ARG(failed->message));
}

static int take_message(struct sw_conversation *conversation, int socket,
    const struct sw_frame *frame, struct sw_err *err)
{
    struct sw_message message;
    int r = sw_message_parse(
        (enum sw_message_type)frame->type, frame->payload, conversation->region, &message, err);
    if (r < 0)
        return sw_err_wrap(err, r, "a message of the scanner");
    switch (message.type) {
    case SW_MESSAGE_HELLO:
        return take_hello(conversation, &message.hello, err);
    case SW_MESSAGE_OPEN:
        return take_open(conversation, socket, frame->id, &message.open, err);
    case SW_MESSAGE_IMAGE:
        return take_image(conversation, &message.image, err);
    case SW_MESSAGE_LAYER_DONE:
        return take_layer_done(conversation, frame->id, &message.layer_done, err);
    case SW_MESSAGE_NOTE:
        return add_note(
            conversation, message.note.kind, message.note.subject, message.note.message);
    case SW_MESSAGE_DONE:
        conversation->is_complete = true;
        return 0;
    case SW_MESSAGE_FAILED:
        take_failed(conversation, &message.failed);
        return 0;
    case SW_MESSAGE_SCAN:
    case SW_MESSAGE_OPENED:
    case SW_MESSAGE_FACTS:
    case SW_MESSAGE_PROGRESS:
    case _SW_MESSAGE_MAX:
        break;
    }
    return sw_err_set(err, -EPROTO, "a message that no scanner sends");
}

int sw_conversation_take(struct sw_conversation *conversation, int socket,
    const struct sw_frame *frame, struct sw_err *err)
{
    bool is_known = frame->type >= SW_MESSAGE_HELLO && frame->type < _SW_MESSAGE_MAX;
    if (!is_known && (frame->flags & SW_FRAME_IGNORABLE) != 0)
        return take_idle(conversation, err);
    if (frame->fd >= 0)
        return sw_err_set(err, -EPROTO, "the scanner sends a descriptor");
    bool is_first = frame->type == SW_MESSAGE_HELLO || frame->type == SW_MESSAGE_FAILED;
    if (conversation->analyzers.p == NULL && !is_first)
        return sw_err_set(err, -EPROTO, "the scanner does not introduce itself");
    if (frame->type == SW_MESSAGE_FACTS)
        return take_facts(conversation, frame, err);
    if (frame->type == SW_MESSAGE_PROGRESS)
        return take_progress(conversation, frame, err);
    if (frame->type == SW_MESSAGE_NOTE && conversation->notes.n >= NOTES_MAX)
        return take_idle(conversation, err);
    return take_message(conversation, socket, frame, err);
}
