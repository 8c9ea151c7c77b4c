/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every byte of every layer goes through here on its way to the child. Through a pipe it is copied
 * twice, and lines of cache travel between processors for files that nobody looks at: that took
 * longer than hashing them.
 *
 * The socket carries the memory's descriptor with a first message, then a number per block that is
 * filled; a byte comes back for each that is done with. The writer never has more than BLOCKS
 * blocks out. A reader that gives back what it has not got garbles its own view and nothing else:
 * the writer hashes a block before it hands it out and never looks at it again.
 */
#include "io/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "io/socket.h"

/* Large blocks, since waking the other side costs more than anything in between; enough of them
 * that neither waits for the other at every one. */
#define BLOCKS ((size_t)4)
#define RING_BYTES (BLOCKS * SW_RING_BLOCK_BYTES)

static int make_memory(int *ret_fd, uint8_t **ret)
{
    SW_CLEANUP(sw_descriptor_closep)
    int fd = memfd_create("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || ftruncate(fd, (off_t)RING_BYTES) < 0)
        return -errno;
    void *p = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return -errno;
    /* From here on it can be mapped for reading only, by whomever it is handed to. */
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) <
        0) {
        int r = -errno;
        munmap(p, RING_BYTES);
        return r;
    }
    *ret_fd = sw_descriptor_take(&fd);
    *ret = p;
    return 0;
}

static int send_number(int fd, uint32_t number, const int *memory_fd)
{
    int r = sw_socket_send(fd, &number, sizeof(number), memory_fd, memory_fd != NULL ? 1 : 0);
    return r == -ECONNRESET ? -EPIPE : r;
}

int sw_ring_open(struct sw_ring *ret, int *ret_fd)
{
    SW_CLEANUP(sw_ring_close) struct sw_ring ring = {.fd = -1};
    SW_CLEANUP(sw_descriptor_closep) int memory = -1;
    SW_CLEANUP(sw_descriptor_closep) int reader = -1;
    int ends[2];
    int r = sw_socket_pair(ends);
    if (r < 0)
        return r;
    ring.fd = ends[0];
    reader = ends[1];
    r = make_memory(&memory, &ring.blocks);
    if (r == 0 && fcntl(ring.fd, F_SETFL, O_NONBLOCK) < 0)
        r = -errno;
    if (r == 0)
        r = send_number(ring.fd, (uint32_t)RING_BYTES, &memory);
    if (r < 0)
        return r;
    *ret = ring;
    ring = (struct sw_ring){.fd = -1};
    *ret_fd = sw_descriptor_take(&reader);
    return 0;
}

void sw_ring_close(struct sw_ring *ring)
{
    if (ring->blocks != NULL)
        munmap(ring->blocks, RING_BYTES);
    sw_descriptor_close(ring->fd);
    *ring = (struct sw_ring){.fd = -1};
}

/* Counts what has come back, when all are out: 0, -EAGAIN when nothing has. */
static int take_returned(struct sw_ring *ring)
{
    char bytes[BLOCKS];
    ssize_t n = sw_socket_receive(ring->fd, bytes, sizeof(bytes), NULL, 0, NULL);
    if (n == -EAGAIN)
        return -EAGAIN;
    if (n <= 0)
        return -EPIPE;
    ring->n_returned += (uint64_t)n;
    return 0;
}

int sw_ring_get_block(struct sw_ring *ring, int timeout_ms, void **ret)
{
    if (ring->n_put - ring->n_returned == BLOCKS) {
        struct pollfd wait = {.fd = ring->fd, .events = POLLIN};
        poll(&wait, 1, timeout_ms);
        int r = take_returned(ring);
        if (r < 0)
            return r == -EAGAIN ? 0 : r;
    }
    *ret = ring->blocks + ring->n_put % BLOCKS * SW_RING_BLOCK_BYTES;
    return 1;
}

int sw_ring_put_block(struct sw_ring *ring, size_t n)
{
    int r = send_number(ring->fd, (uint32_t)n, NULL);
    if (r == 0)
        ring->n_put++;
    return r;
}

/* The reader's side. */
struct source {
    int fd;                /* owned */
    const uint8_t *blocks; /* owned mapping; NULL before the first message */
    uint64_t n_got;
    bool is_lent; /* the last block has not gone back */
    struct sw_str left;
};

static int map_memory(struct source *source, struct sw_err *err)
{
    uint32_t size = 0;
    size_t n_fds = 0;
    SW_CLEANUP(sw_descriptor_closep) int memory = -1;
    ssize_t n = sw_socket_receive(source->fd, &size, sizeof(size), &memory, 1, &n_fds);
    if (n < 0)
        return sw_err_wrap(err, (int)n, "read");
    struct stat st;
    if (n != sizeof(size) || n_fds != 1 || size != RING_BYTES || fstat(memory, &st) < 0 ||
        st.st_size != (off_t)RING_BYTES)
        return sw_err_set(err, -EPROTO, "no ring to read from");
    void *p = mmap(NULL, RING_BYTES, PROT_READ, MAP_SHARED, memory, 0);
    if (p == MAP_FAILED)
        return sw_err_wrap(err, -errno, "map a ring");
    source->blocks = p;
    return 0;
}

/* Gives the last block back, then waits for the next: 1, 0 at the end. */
static int next_block(struct source *source, struct sw_err *err)
{
    uint32_t size = 0;
    int r = source->blocks == NULL ? map_memory(source, err) : 0;
    if (r < 0)
        return r;
    if (source->is_lent) {
        /* A writer that has written all has gone; that is for it to judge. */
        sw_socket_send(source->fd, "", 1, NULL, 0);
        source->is_lent = false;
    }
    ssize_t n = sw_descriptor_read_full(source->fd, &size, sizeof(size));
    if (n == 0 || n == -ECONNRESET)
        return 0;
    if (n < 0)
        return sw_err_wrap(err, (int)n, "read");
    if (n != sizeof(size) || size == 0 || size > SW_RING_BLOCK_BYTES)
        return sw_err_set(err, -EPROTO, "a block of %u bytes", size);
    const uint8_t *block = source->blocks + source->n_got % BLOCKS * SW_RING_BLOCK_BYTES;
    source->left = (struct sw_str){(const char *)block, size};
    source->n_got++;
    source->is_lent = true;
    return 1;
}

static ssize_t ring_borrow(void *state, const void **ret, struct sw_err *err)
{
    struct source *source = state;
    int r = source->left.n > 0 ? 1 : next_block(source, err);
    if (r <= 0)
        return r;
    ssize_t n = (ssize_t)source->left.n;
    *ret = source->left.p;
    source->left = SW_STR_NONE;
    return n;
}

static ssize_t ring_read(void *state, void *p, size_t n, struct sw_err *err)
{
    struct source *source = state;
    int r = source->left.n > 0 ? 1 : next_block(source, err);
    if (r <= 0)
        return r;
    n = n < source->left.n ? n : source->left.n;
    memcpy(p, source->left.p, n);
    source->left = sw_str_skip(source->left, n);
    return (ssize_t)n;
}

static void ring_free(void *state)
{
    struct source *source = state;
    if (source->blocks != NULL)
        munmap((void *)(uintptr_t)source->blocks, RING_BYTES);
    sw_descriptor_close(source->fd);
    sw_mem_free(source);
}

struct sw_reader *sw_reader_new_ring(int fd)
{
    static const struct sw_reader_ops ops = {
        .read = ring_read, .free = ring_free, .borrow = ring_borrow};
    struct source *source = sw_mem_zalloc(1, sizeof(*source));
    if (source == NULL) {
        sw_descriptor_close(fd);
        return NULL;
    }
    source->fd = fd;
    return sw_reader_new(&ops, source);
}
