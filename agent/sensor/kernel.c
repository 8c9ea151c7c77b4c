/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel as a source: which hooks, the rings, heartbeats, the task iterator, counters. poll is
 * called in the agent's loop, tens to thousands of times a second.
 */
#include "sensor/kernel_priv.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"

/* Records of one ring before the priority ring is looked at again. */
#define BATCH 512u
/* A read of the iterator: two of the largest records fit. */
#define SEED_BYTES ((size_t)2 * SW_ABI_RECORD_MAX)

static int take_record(void *context, void *data, size_t n)
{
    struct kernel_ring *ring = context;
    const struct sw_source_handler *handler = &ring->kernel->source.handler;
    handler->take(handler->context, (struct sw_str){data, n});
    ring->n_left--;
    return ring->n_left == 0 ? -EAGAIN : 0;
}

/* How many records it gave. */
static int drain(struct kernel_ring *ring)
{
    ring->n_left = BATCH;
    int r = ring_buffer__consume(ring->reader);
    if (r < 0 && r != -EAGAIN)
        return r;
    return (int)(BATCH - ring->n_left);
}

/* The priority ring before each batch of another one: what a process did comes after what it is. */
static int drain_all(struct kernel *kernel)
{
    int total = 0;
    for (unsigned i = 0; i < kernel->source.n_rings; i++) {
        int n;
        do {
            n = drain(&kernel->rings[0]);
            if (n < 0)
                return n;
            total += n;
        } while (n == (int)BATCH);
        if (i == 0)
            continue;
        n = drain(&kernel->rings[i]);
        if (n < 0)
            return n;
        total += n;
    }
    return total;
}

static int poll_kernel(struct sw_source *source, int timeout_ms)
{
    struct kernel *kernel = (struct kernel *)source;
    int n = drain_all(kernel);
    if (n != 0 || timeout_ms == 0)
        return n;
    struct epoll_event event;
    if (epoll_wait(kernel->epoll_fd, &event, 1, timeout_ms) < 0 && errno != EINTR)
        return -errno;
    return drain_all(kernel);
}

static int beat_kernel(struct sw_source *source, uint64_t number)
{
    struct kernel *kernel = (struct kernel *)source;
    struct bpf_program *program = bpf_object__find_program_by_name(kernel->object, "on_canary");
    for (unsigned ring = 0; ring < source->n_rings; ring++) {
        __u64 arguments[2] = {ring, number};
        LIBBPF_OPTS(
            bpf_test_run_opts, options, .ctx_in = arguments, .ctx_size_in = sizeof(arguments));
        int r = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Hands on the whole records in buf and keeps the rest at its beginning. */
static int take_seeds(struct sw_source *source, char *buf, size_t *n)
{
    size_t at = 0;
    while (*n - at >= sizeof(struct sw_abi_record)) {
        const struct sw_abi_record *record = (const void *)(buf + at);
        if (record->size < sizeof(*record) || record->size > SW_ABI_RECORD_MAX)
            return -EBADMSG;
        if (record->size > *n - at)
            break;
        source->handler.take(source->handler.context, (struct sw_str){buf + at, record->size});
        at += record->size;
    }
    memmove(buf, buf + at, *n - at);
    *n -= at;
    return 0;
}

static int read_seeds(struct sw_source *source, int fd)
{
    SW_CLEANUP(sw_mem_freep) char *buf = sw_mem_alloc(SEED_BYTES);
    if (buf == NULL)
        return -ENOMEM;
    size_t n = 0;
    for (;;) {
        ssize_t r = read(fd, buf + n, SEED_BYTES - n);
        if (r < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (r <= 0)
            return r < 0 ? -errno : 0;
        n += (size_t)r;
        int taken = take_seeds(source, buf, &n);
        if (taken < 0)
            return taken;
    }
}

static int seed_kernel(struct sw_source *source, struct sw_err *err)
{
    struct kernel *kernel = (struct kernel *)source;
    struct bpf_program *program = bpf_object__find_program_by_name(kernel->object, "on_task");
    struct bpf_link *link = bpf_program__attach_iter(program, NULL);
    if (link == NULL)
        return sw_err_set(err, -errno, "no iterator over tasks: %s", strerror(errno));
    SW_CLEANUP(sw_descriptor_closep) int fd = bpf_iter_create(bpf_link__fd(link));
    int r = fd < 0 ? -errno : read_seeds(source, fd);
    bpf_link__destroy(link);
    return r < 0 ? sw_err_set(err, r, "iterator over tasks: %s", strerror(-r)) : 0;
}

static int count_kernel(struct sw_source *source, struct sw_source_counters *ret)
{
    struct kernel *kernel = (struct kernel *)source;
    int fd = bpf_object__find_map_fd_by_name(kernel->object, "counters");
    struct sw_abi_counter *each =
        sw_mem_zalloc((size_t)kernel->n_processors, sizeof(struct sw_abi_counter));
    if (each == NULL)
        return -ENOMEM;
    *ret = (struct sw_source_counters){0};
    int r = 0;
    for (__u32 kind = 0; r == 0 && kind < _SW_EVENT_MAX; kind++) {
        if (bpf_map_lookup_elem(fd, &kind, each) < 0)
            r = -errno;
        for (int i = 0; r == 0 && i < kernel->n_processors; i++) {
            ret->kinds[kind].seen += each[i].seen;
            ret->kinds[kind].reserved += each[i].reserved;
            ret->kinds[kind].refused += each[i].refused;
            ret->kinds[kind].skipped += each[i].skipped;
        }
    }
    sw_mem_free(each);
    return r;
}

static void stop_kernel(struct sw_source *source)
{
    struct kernel *kernel = (struct kernel *)source;
    for (size_t i = 0; i < SW_KERNEL_HOOKS_MAX; i++) {
        bpf_link__destroy(kernel->links[i]);
        kernel->links[i] = NULL;
    }
}

static void free_kernel(struct sw_source *source)
{
    struct kernel *kernel = (struct kernel *)source;
    stop_kernel(source);
    for (size_t i = 0; i <= SW_ABI_RINGS_MAX; i++) {
        ring_buffer__free(kernel->rings[i].reader);
        if (i > 0)
            sw_descriptor_closep(&kernel->rings[i].fd);
    }
    bpf_object__close(kernel->object);
    sw_descriptor_closep(&kernel->epoll_fd);
    sw_mem_free(kernel);
}

static const struct sw_source_ops kernel_ops = {
    .name = "kernel",
    .poll = poll_kernel,
    .seed = seed_kernel,
    .beat = beat_kernel,
    .count = count_kernel,
    .stop = stop_kernel,
    .free = free_kernel,
};

/* Says for each hook whether it is to be attached: per need the first tier that is there. */
static void choose(const struct sw_node *node, uint64_t kinds, struct sw_kernel_status *status)
{
    const char *served = NULL;
    enum sw_hook_tier tier = SW_HOOK_LSM;
    for (size_t i = 0; sw_hooks[i].need != NULL; i++) {
        const struct sw_hook *hook = &sw_hooks[i];
        struct sw_hook_status *state = &status->hooks[i];
        bool is_served = served != NULL && strcmp(served, hook->need) == 0;
        if ((hook->kinds & kinds) == 0) {
            state->state = SW_HOOK_UNWANTED;
        } else if (!sw_node_has_hook(node, hook, state->reason)) {
            state->state = SW_HOOK_MISSING;
        } else if (is_served && hook->tier != tier) {
            state->state = SW_HOOK_SPARE;
        } else {
            state->state = SW_HOOK_ATTACHED;
            served = hook->need;
            tier = hook->tier;
        }
    }
}

static int open_readers(struct kernel *kernel, struct sw_err *err)
{
    kernel->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (kernel->epoll_fd < 0)
        return sw_err_set(err, -errno, "cannot wait for rings");
    kernel->rings[0].fd = bpf_object__find_map_fd_by_name(kernel->object, "priority");
    for (unsigned i = 0; i < kernel->source.n_rings; i++) {
        struct kernel_ring *ring = &kernel->rings[i];
        ring->kernel = kernel;
        ring->reader = ring_buffer__new(ring->fd, take_record, ring, NULL);
        struct epoll_event event = {.events = EPOLLIN};
        if (ring->reader == NULL || epoll_ctl(kernel->epoll_fd, EPOLL_CTL_ADD,
                                        ring_buffer__epoll_fd(ring->reader), &event) < 0)
            return sw_err_set(err, -errno, "cannot read ring %u", i);
    }
    return 0;
}

static int be_silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
    (void)level;
    (void)format;
    (void)arguments;
    return 0;
}

int sw_kernel_source_new(const struct sw_node *node, const struct sw_kernel_options *options,
    const struct sw_source_handler *handler, struct sw_kernel_status *ret_status,
    struct sw_source **ret, struct sw_err *err)
{
    const char *reason;
    if (!sw_node_has_events(node, &reason))
        return sw_err_set(err, -EOPNOTSUPP, "no kernel events: %s", reason);
    libbpf_set_print(be_silent);
    struct kernel *kernel = sw_mem_zalloc(1, sizeof(*kernel));
    SW_CLEANUP(sw_source_freep) struct sw_source *source = (struct sw_source *)kernel;
    SW_CLEANUP(sw_mem_freep)
    struct sw_kernel_status *status = sw_mem_zalloc(1, sizeof(*status));
    if (kernel == NULL)
        return -ENOMEM;
    source->ops = &kernel_ops;
    source->handler = *handler;
    kernel->epoll_fd = -1;
    kernel->n_processors = libbpf_num_possible_cpus();
    for (size_t i = 0; i <= SW_ABI_RINGS_MAX; i++)
        kernel->rings[i].fd = -1;
    if (status == NULL)
        return -ENOMEM;
    choose(node, options->kinds, status);
    int r = kernel_load(node, options, status, kernel, err);
    if (r == 0)
        r = open_readers(kernel, err);
    if (r < 0)
        return r;
    if (kernel_attach(kernel, status) == 0 && options->kinds != 0)
        r = sw_err_set(err, -EOPNOTSUPP, "no kernel events: no hook could be attached");
    if (ret_status != NULL)
        *ret_status = *status;
    if (r < 0)
        return r;
    *ret = SW_TAKE(source);
    return 0;
}
