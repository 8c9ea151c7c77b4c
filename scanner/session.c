/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session with the parent. Whoever waits for an answer while nobody reads the socket reads it,
 * and hands answers of others to them; so there is no thread that does nothing else.
 */
#include "session.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "content.h"
#include "io/descriptor.h"
#include "io/reader.h"
#include "io/ring.h"
#include "io/thread.h"
#include "wire/frame.h"

/* One OPENED message. */
#define ANSWER_BYTES_MAX ((size_t)65536)

/* A request that waits; lives on its thread's stack. */
struct waiting {
    struct waiting *next;
    uint32_t id;
    bool is_answered;
    int r;
    struct sw_session_opened opened;
    struct sw_err err;
};

struct sw_session {
    int socket;
    struct sw_mutex send_mutex;
    struct sw_mutex mutex; /* what follows, and who reads */
    struct sw_condition changed;
    struct sw_frame_reader reader;
    bool is_reading;
    int broken; /* negative errno: no answer will come any more */
    uint32_t last_id;
    struct waiting *waiting;
};

struct sw_session *sw_session_new(int socket)
{
    struct sw_session *session = sw_mem_zalloc(1, sizeof(*session));
    if (session == NULL)
        return NULL;
    session->socket = socket;
    sw_mutex_init(&session->send_mutex);
    sw_mutex_init(&session->mutex);
    sw_condition_init(&session->changed);
    sw_frame_reader_init(&session->reader);
    return session;
}

void sw_session_free(struct sw_session *session)
{
    if (session == NULL)
        return;
    sw_frame_reader_done(&session->reader);
    sw_condition_done(&session->changed);
    sw_mutex_done(&session->mutex);
    sw_mutex_done(&session->send_mutex);
    sw_mem_free(session);
}

void sw_session_freep(struct sw_session **session)
{
    sw_session_free(*session);
}

/* The next whole frame, waiting for it. */
static int receive(struct sw_session *session, struct sw_frame *ret, struct sw_err *err)
{
    for (;;) {
        int r = sw_frame_reader_next(&session->reader, ret, err);
        if (r != 0)
            return r < 0 ? r : 0;
        r = sw_frame_reader_fill(&session->reader, session->socket, err);
        if (r == 0)
            return sw_err_set(err, -EPIPE, "the program that started the scanner has gone");
        if (r < 0)
            return r;
    }
}

int sw_session_receive_scan(struct sw_session *session, struct sw_contents *contents,
    struct sw_region *region, struct sw_message_scan *ret, int *ret_fd, struct sw_err *err)
{
    for (;;) {
        struct sw_frame frame;
        int r = receive(session, &frame, err);
        if (r < 0)
            return r;
        SW_CLEANUP(sw_descriptor_closep) int fd = frame.fd;
        if (frame.type != SW_MESSAGE_SCAN && frame.type != SW_MESSAGE_CONTENT)
            return sw_err_set(err, -EPROTO, "the first message has type %u", frame.type);
        struct sw_message message;
        r = sw_message_parse(
            (enum sw_message_type)frame.type, frame.payload, region, &message, err);
        if (r == 0 && message.type == SW_MESSAGE_CONTENT)
            r = sw_contents_add(contents, &message.content, sw_descriptor_take(&fd), err);
        if (r < 0)
            return r;
        if (message.type == SW_MESSAGE_CONTENT)
            continue;
        *ret = message.scan;
        *ret_fd = sw_descriptor_take(&fd);
        return 0;
    }
}

static int send_frame(struct sw_session *session, const struct sw_frame *frame, struct sw_err *err)
{
    SW_CLEANUP(sw_mutex_unlockp) struct sw_mutex *held = sw_mutex_lock(&session->send_mutex);
    (void)held;
    return sw_frame_send(session->socket, frame, err);
}

int sw_session_send(
    struct sw_session *session, const struct sw_message *message, uint32_t id, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, SW_FRAME_PAYLOAD_MAX);
    int r = sw_message_format(message, &buf);
    if (r < 0)
        return sw_err_wrap(err, r, "write a message");
    struct sw_frame frame = {
        .type = (uint16_t)message->type,
        .flags = message->type == SW_MESSAGE_PROGRESS ? SW_FRAME_IGNORABLE : 0,
        .id = id,
        .payload = sw_buf_str(&buf),
        .fd = -1,
    };
    return send_frame(session, &frame, err);
}

int sw_session_send_facts(
    struct sw_session *session, uint32_t layer, struct sw_str lines, struct sw_err *err)
{
    struct sw_frame frame = {.type = SW_MESSAGE_FACTS, .id = layer, .payload = lines, .fd = -1};
    return send_frame(session, &frame, err);
}

/* Puts an answer into its request. */
static void answer(struct waiting *waiting, const struct sw_message_opened *opened, int *fd)
{
    waiting->is_answered = true;
    waiting->r = (int)opened->code;
    if (opened->code < 0) {
        sw_err_set(&waiting->err, waiting->r, "%.*s", SW_STR_ARG(opened->message));
        return;
    }
    if (*fd < 0 && !opened->is_cached)
        waiting->r = sw_err_set(&waiting->err, -EPROTO, "an answer without its descriptor");
    waiting->opened = (struct sw_session_opened){
        .fd = sw_descriptor_take(fd),
        .is_cached = opened->is_cached,
        .size_bytes = opened->size_bytes,
    };
}

/* Handles one frame of the parent; the lock is held. */
static int deliver(struct sw_session *session, const struct sw_frame *frame, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = frame->fd;
    if (frame->type != SW_MESSAGE_OPENED)
        return (frame->flags & SW_FRAME_IGNORABLE) != 0
                   ? 0
                   : sw_err_set(err, -EPROTO, "a message of type %u", frame->type);
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, ANSWER_BYTES_MAX);
    struct sw_message message;
    int r = sw_message_parse(SW_MESSAGE_OPENED, frame->payload, &region, &message, err);
    if (r < 0)
        return r;
    for (struct waiting *w = session->waiting; w != NULL; w = w->next)
        if (w->id == frame->id && !w->is_answered)
            answer(w, &message.opened, &fd);
    return 0;
}

/* Reads one frame for everybody; the lock is held before and after, not while waiting. */
static void read_one(struct sw_session *session)
{
    session->is_reading = true;
    sw_mutex_unlock(&session->mutex);
    struct sw_frame frame;
    struct sw_err err = {0};
    int r = receive(session, &frame, &err);
    sw_mutex_lock(&session->mutex);
    session->is_reading = false;
    if (r == 0)
        r = deliver(session, &frame, &err);
    if (r < 0)
        session->broken = r;
    sw_condition_broadcast(&session->changed);
}

static void unlink_waiting(struct sw_session *session, struct waiting *waiting)
{
    struct waiting **at = &session->waiting;
    while (*at != waiting)
        at = &(*at)->next;
    *at = waiting->next;
}

int sw_session_open(struct sw_session *session, const struct sw_message_open *open,
    struct sw_session_opened *ret, struct sw_err *err)
{
    struct waiting waiting = {.opened = {.fd = -1}};
    sw_mutex_lock(&session->mutex);
    waiting.id = ++session->last_id;
    waiting.next = session->waiting;
    session->waiting = &waiting;
    sw_mutex_unlock(&session->mutex);

    struct sw_message message = {.type = SW_MESSAGE_OPEN, .open = *open};
    int r = sw_session_send(session, &message, waiting.id, err);
    sw_mutex_lock(&session->mutex);
    while (r == 0 && !waiting.is_answered && session->broken == 0) {
        if (session->is_reading)
            sw_condition_wait(&session->changed, &session->mutex);
        else
            read_one(session);
    }
    unlink_waiting(session, &waiting);
    int broken = session->broken;
    sw_mutex_unlock(&session->mutex);
    if (r < 0)
        return r;
    if (!waiting.is_answered)
        return sw_err_set(err, broken, "no answer from the program that started the scanner");
    if (waiting.r < 0)
        return sw_err_set(err, waiting.r, "%s", waiting.err.message);
    *ret = waiting.opened;
    return 0;
}

int sw_session_load(struct sw_session *session, const struct sw_message_open *open,
    struct sw_buf *buf, struct sw_err *err)
{
    struct sw_session_opened opened;
    int r = sw_session_open(session, open, &opened, err);
    if (r < 0)
        return r;
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_ring(opened.fd);
    if (reader == NULL)
        return -ENOMEM;
    return sw_reader_read_all(reader, buf, err);
}
