/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of touched packages: a head, steps, and the digest of all that. A step is the digests of
 * the database before and after, how many names and bytes of names, and the names. Believed as the
 * record beside it that says the database was checked: by owner and mode, and never in parts.
 */
#include "vulndb/touched.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/vec.h"
#include "io/descriptor.h"
#include "io/digest.h"
#include "io/file.h"
#include "vulndb/pack.h"

#define MAGIC "SEAWALL TOUCHED\n"
#define MAGIC_BYTES ((size_t)16)
#define DIGEST_BYTES ((size_t)72)
#define STEP_BYTES (2 * DIGEST_BYTES + 8)
#define SLOTS_MIN ((size_t)256)
#define NAME_BYTES_MAX ((size_t)512)

void sw_touched_init(struct sw_touched *touched)
{
    *touched = (struct sw_touched){0};
    sw_region_init(&touched->region, SW_TOUCHED_BYTES_MAX);
}

void sw_touched_done(struct sw_touched *touched)
{
    sw_mem_free(SW_TAKE(touched->v));
    sw_mem_free(SW_TAKE(touched->slots));
    sw_region_done(&touched->region);
    touched->n = 0;
    touched->capacity = 0;
    touched->n_slots = 0;
}

/* The slot of a name, or the free one where it belongs. */
static size_t find_slot(const struct sw_touched *t, struct sw_str name)
{
    size_t i = (size_t)sw_str_hash(name) & (t->n_slots - 1);
    while (t->slots[i] != 0 && !sw_str_equal(t->v[t->slots[i] - 1], name))
        i = (i + 1) & (t->n_slots - 1);
    return i;
}

static int grow(struct sw_touched *t)
{
    if (t->n < t->n_slots / 2)
        return 0;
    size_t n = t->n_slots == 0 ? SLOTS_MIN : t->n_slots * 2;
    uint32_t *slots = sw_mem_zalloc(n, sizeof(*slots));
    if (slots == NULL)
        return -ENOMEM;
    sw_mem_free(t->slots);
    t->slots = slots;
    t->n_slots = n;
    for (size_t i = 0; i < t->n; i++)
        t->slots[find_slot(t, t->v[i])] = (uint32_t)i + 1;
    return 0;
}

int sw_touched_add(struct sw_touched *touched, struct sw_str name)
{
    int r = grow(touched);
    if (r < 0)
        return r;
    size_t slot = find_slot(touched, name);
    if (touched->slots[slot] != 0)
        return 0;
    r = sw_vec_grow((void **)&touched->v, touched->n, &touched->capacity, sizeof(*touched->v),
        SW_TOUCHED_NAMES_MAX);
    if (r == 0)
        r = sw_region_copy(&touched->region, name, &touched->v[touched->n]);
    if (r < 0)
        return r;
    touched->slots[slot] = (uint32_t)++touched->n;
    return 0;
}

bool sw_touched_has(const struct sw_touched *touched, struct sw_str name)
{
    return touched->n > 0 && touched->slots[find_slot(touched, name)] != 0;
}

/* One step, all of it borrowed. */
struct step {
    struct sw_str all;
    struct sw_str from;
    struct sw_str to;
    struct sw_str names;
    uint32_t n;
};

struct steps {
    struct step v[SW_TOUCHED_STEPS_MAX];
    size_t n;
};

static struct sw_str digest_at(const char *p)
{
    return (struct sw_str){p, strnlen(p, DIGEST_BYTES)};
}

static int take_step(struct sw_str *rest, struct step *ret)
{
    struct step step = {0};
    if (rest->n < STEP_BYTES)
        return -EBADMSG;
    step.from = digest_at(rest->p);
    step.to = digest_at(rest->p + DIGEST_BYTES);
    step.n = sw_num_le32(rest->p + 2 * DIGEST_BYTES);
    uint32_t n_bytes = sw_num_le32(rest->p + 2 * DIGEST_BYTES + 4);
    if (n_bytes > rest->n - STEP_BYTES || step.n > n_bytes)
        return -EBADMSG;
    step.names = sw_str_part(*rest, STEP_BYTES, n_bytes);
    step.all = sw_str_part(*rest, 0, STEP_BYTES + n_bytes);
    *rest = sw_str_skip(*rest, step.all.n);
    *ret = step;
    return 0;
}

/* The steps of a file whose digest holds; each begins where the one before ended. */
static int take_steps(struct sw_str bytes, struct steps *ret)
{
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    ret->n = 0;
    if (bytes.n < MAGIC_BYTES + DIGEST_BYTES || memcmp(bytes.p, MAGIC, MAGIC_BYTES) != 0)
        return -EBADMSG;
    struct sw_str body = sw_str_part(bytes, 0, bytes.n - DIGEST_BYTES);
    int r = sw_digest_of(SW_DIGEST_SHA256, body, digest);
    if (r < 0 || memcmp(digest, body.p + body.n, DIGEST_BYTES) != 0)
        return r < 0 ? r : -EBADMSG;
    struct sw_str rest = sw_str_skip(body, MAGIC_BYTES);
    while (rest.n > 0) {
        if (ret->n == SW_TOUCHED_STEPS_MAX || take_step(&rest, &ret->v[ret->n]) < 0 ||
            (ret->n > 0 && !sw_str_equal(ret->v[ret->n - 1].to, ret->v[ret->n].from)))
            return -EBADMSG;
        ret->n++;
    }
    return 0;
}

static int add_names(const struct step *step, struct sw_touched *touched)
{
    struct sw_unpack in;
    int r = 0;
    sw_unpack_init(&in, step->names);
    for (uint32_t i = 0; i < step->n && r == 0; i++) {
        struct sw_str name = sw_unpack_str(&in);
        r = in.is_bad || name.n == 0 || name.n > NAME_BYTES_MAX ? -EBADMSG
                                                                : sw_touched_add(touched, name);
    }
    return r == 0 && !sw_unpack_is_done(&in) ? -EBADMSG : r;
}

int sw_touched_parse(
    struct sw_str bytes, struct sw_str from, struct sw_str to, struct sw_touched *touched)
{
    SW_CLEANUP(sw_mem_freep) struct steps *steps = sw_mem_zalloc(1, sizeof(*steps));
    if (steps == NULL)
        return -ENOMEM;
    int r = take_steps(bytes, steps);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    size_t end = steps->n;
    while (end > 0 && !sw_str_equal(steps->v[end - 1].to, to))
        end--;
    /* The shortest way: a database may have been in one state more than once. */
    size_t start = end;
    while (start > 0 && !sw_str_equal(steps->v[start - 1].from, from))
        start--;
    if (end == 0 || start == 0)
        return 0;
    for (size_t i = start - 1; i < end && r == 0; i++)
        r = add_names(&steps->v[i], touched);
    return r < 0 ? (r == -ENOMEM ? r : 0) : 1;
}

static char *path_of(struct sw_region *region, const char *database)
{
    return sw_region_printf(region, "%s.touched", database);
}

/* What may be believed of the file; empty: nothing. */
static int load(const char *path, struct sw_buf *buf)
{
    struct stat st;
    SW_CLEANUP(sw_descriptor_closep)
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
        (st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
        (uint64_t)st.st_size > SW_TOUCHED_BYTES_MAX)
        return 0;
    int r = sw_buf_reserve(buf, (size_t)st.st_size);
    ssize_t n = r == 0 ? sw_descriptor_pread_full(fd, buf->p, (size_t)st.st_size, 0) : r;
    if (n > 0)
        buf->n = (size_t)n;
    return r;
}

int sw_touched_load(
    const char *database, struct sw_str from, struct sw_str to, struct sw_touched *touched)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    if (from.n == 0 || to.n == 0)
        return 0;
    if (sw_str_equal(from, to))
        return 1;
    sw_region_init(&region, (size_t)1 << 20);
    sw_buf_init(&buf, SW_TOUCHED_BYTES_MAX);
    const char *path = path_of(&region, database);
    int r = path == NULL ? -ENOMEM : load(path, &buf);
    return r < 0 ? r : sw_touched_parse(sw_buf_str(&buf), from, to, touched);
}

static int put_step(
    struct sw_buf *buf, struct sw_str from, struct sw_str to, const struct sw_touched *touched)
{
    uint8_t head[STEP_BYTES] = {0};
    struct sw_pack pack = {.buf = buf};
    size_t at = buf->n;
    if (from.n >= DIGEST_BYTES || to.n >= DIGEST_BYTES)
        return -EINVAL;
    memcpy(head, from.p, from.n);
    memcpy(head + DIGEST_BYTES, to.p, to.n);
    sw_num_put_le32(head + 2 * DIGEST_BYTES, (uint32_t)touched->n);
    int r = sw_buf_append(buf, head, sizeof(head));
    for (size_t i = 0; i < touched->n && r == 0; i++) {
        sw_pack_str(&pack, touched->v[i]);
        r = pack.error;
    }
    if (r == 0)
        sw_num_put_le32(buf->p + at + 2 * DIGEST_BYTES + 4, (uint32_t)(buf->n - at - STEP_BYTES));
    return r;
}

/* The steps that the file has, as far as the new one goes on from them and there is room. */
static int put_former(
    struct sw_buf *buf, const char *path, struct sw_str from, const struct sw_touched *touched)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf old = {0};
    SW_CLEANUP(sw_mem_freep) struct steps *steps = sw_mem_zalloc(1, sizeof(*steps));
    sw_buf_init(&old, SW_TOUCHED_BYTES_MAX);
    int r = steps == NULL ? -ENOMEM : load(path, &old);
    if (r < 0 || take_steps(sw_buf_str(&old), steps) < 0 || steps->n == 0 ||
        !sw_str_equal(steps->v[steps->n - 1].to, from))
        return r;
    /* Half of the room, so that there is some for the new one; it has its own caps. */
    size_t room = SW_TOUCHED_BYTES_MAX / 2;
    size_t n_names = touched->n;
    size_t first = steps->n;
    while (first > 0 && steps->n - first < SW_TOUCHED_STEPS_MAX - 1 &&
           steps->v[first - 1].all.n <= room &&
           n_names + steps->v[first - 1].n <= SW_TOUCHED_NAMES_MAX) {
        first--;
        room -= steps->v[first].all.n;
        n_names += steps->v[first].n;
    }
    for (size_t i = first; i < steps->n && r == 0; i++)
        r = sw_buf_append_str(buf, steps->v[i].all);
    return r;
}

int sw_touched_save(const char *database, struct sw_str from, struct sw_str to,
    const struct sw_touched *touched, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    sw_region_init(&region, (size_t)1 << 20);
    sw_buf_init(&buf, SW_TOUCHED_BYTES_MAX);
    const char *path = path_of(&region, database);
    int r = path == NULL ? -ENOMEM : sw_buf_append(&buf, MAGIC, MAGIC_BYTES);
    if (r == 0)
        r = put_former(&buf, path, from, touched);
    if (r == 0)
        r = put_step(&buf, from, to, touched);
    if (r == 0)
        r = sw_digest_of(SW_DIGEST_SHA256, sw_buf_str(&buf), digest);
    if (r == 0)
        r = sw_buf_append(&buf, digest, DIGEST_BYTES);
    return r < 0 ? r : sw_file_save(AT_FDCWD, path, sw_buf_str(&buf), 0644, err);
}
