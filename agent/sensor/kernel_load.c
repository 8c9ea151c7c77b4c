/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading and attaching. All programs are loaded at once; only when that fails are they tried one
 * by one, so that a program that a kernel refuses costs itself and nothing else.
 */
#include "sensor/kernel_priv.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <seawall.skel.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/thread.h"

#define RINGS_DEFAULT_MAX 8u
#define RINGS_BYTES ((size_t)16 << 20)
#define RING_BYTES_MIN ((size_t)256 << 10)
#define PRIORITY_BYTES ((size_t)4 << 20)

static size_t round_up(size_t n)
{
    size_t power = 4096;
    while (power < n && power < ((size_t)1 << 30))
        power <<= 1;
    return power;
}

static unsigned ring_count(const struct sw_kernel_options *options)
{
    unsigned n = options->n_rings;
    if (n == 0) {
        n = sw_thread_n_processors();
        n = n > RINGS_DEFAULT_MAX ? RINGS_DEFAULT_MAX : n;
    }
    return n > SW_ABI_RINGS_MAX ? SW_ABI_RINGS_MAX : n;
}

static void close_object(struct bpf_object **object)
{
    bpf_object__close(*object);
    *object = NULL;
}

static struct bpf_object *open_object(void)
{
    size_t n;
    const void *bytes = seawall_bpf__elf_bytes(&n);
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "seawall");
    return bpf_object__open_mem(bytes, n, &options);
}

/* The tracepoint's function got a second argument (16.6 of group_dead) or not. */
static bool has_group_dead(void)
{
    struct btf *btf = btf__load_vmlinux_btf();
    if (btf == NULL)
        return false;
    bool has = false;
    int id = btf__find_by_name_kind(btf, "btf_trace_sched_process_exit", BTF_KIND_TYPEDEF);
    const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;
    if (type != NULL)
        type = btf__type_by_id(btf, type->type); /* pointer */
    if (type != NULL)
        type = btf__type_by_id(btf, type->type); /* function: void *, task, group_dead */
    if (type != NULL && btf_is_func_proto(type))
        has = btf_vlen(type) >= 3;
    btf__free(btf);
    return has;
}

static int configure(
    struct bpf_object *object, const struct sw_kernel_options *options, const struct kernel *kernel)
{
    struct sw_abi_config config = {
        .n_rings = kernel->source.n_rings - 1, .has_group_dead = has_group_dead()};
    struct bpf_map *rodata = bpf_object__find_map_by_name(object, ".rodata");
    int r = rodata == NULL ? -ENOENT : bpf_map__set_initial_value(rodata, &config, sizeof(config));
    if (r < 0)
        return r;
    size_t bytes = options->priority_bytes != 0 ? options->priority_bytes : PRIORITY_BYTES;
    r = bpf_map__set_max_entries(
        bpf_object__find_map_by_name(object, "priority"), (__u32)round_up(bytes));
    return r < 0 ? r
                 : bpf_map__set_inner_map_fd(
                       bpf_object__find_map_by_name(object, "rings"), kernel->rings[1].fd);
}

static bool is_own_program(const char *name)
{
    return strcmp(name, "on_canary") == 0 || strcmp(name, "on_task") == 0;
}

/* Loads the programs that are wanted: all of them, or besides our own only that of hook `only`. */
static int try_to_load(const struct sw_kernel_options *options,
    const struct sw_kernel_status *status, const struct kernel *kernel, ptrdiff_t only,
    struct bpf_object **ret)
{
    SW_CLEANUP(close_object) struct bpf_object *object = open_object();
    if (object == NULL)
        return -errno;
    struct bpf_program *program;
    bpf_object__for_each_program(program, object)
        bpf_program__set_autoload(program, is_own_program(bpf_program__name(program)));
    for (ptrdiff_t i = 0; sw_hooks[i].need != NULL; i++) {
        if (status->hooks[i].state != SW_HOOK_ATTACHED || (only >= 0 && i != only))
            continue;
        program = bpf_object__find_program_by_name(object, sw_hooks[i].program);
        if (program == NULL)
            return -ENOENT;
        bpf_program__set_autoload(program, true);
    }
    int r = configure(object, options, kernel);
    if (r == 0)
        r = bpf_object__load(object);
    if (r < 0)
        return r;
    *ret = SW_TAKE(object);
    return 0;
}

static int make_rings(struct kernel *kernel, const struct sw_kernel_options *options,
    struct sw_kernel_status *status, struct sw_err *err)
{
    unsigned n = ring_count(options);
    size_t bytes = options->ring_bytes != 0 ? options->ring_bytes : RINGS_BYTES / n;
    bytes = round_up(bytes < RING_BYTES_MIN ? RING_BYTES_MIN : bytes);
    kernel->source.n_rings = n + 1;
    for (unsigned i = 1; i <= n; i++) {
        kernel->rings[i].fd =
            bpf_map_create(BPF_MAP_TYPE_RINGBUF, "shared", 0, 0, (__u32)bytes, NULL);
        if (kernel->rings[i].fd < 0)
            return sw_err_set(err, -errno, "cannot make a ring of %zu bytes", bytes);
    }
    size_t priority = options->priority_bytes != 0 ? options->priority_bytes : PRIORITY_BYTES;
    status->bytes = n * bytes + round_up(priority);
    return 0;
}

static int fill_maps(struct kernel *kernel, const struct sw_kernel_options *options)
{
    int rings = bpf_object__find_map_fd_by_name(kernel->object, "rings");
    for (__u32 i = 1; i < kernel->source.n_rings; i++) {
        __u32 slot = i - 1;
        if (bpf_map_update_elem(rings, &slot, &kernel->rings[i].fd, BPF_ANY) < 0)
            return -errno;
    }
    struct stat host = {0};
    struct sw_abi_settings settings = {.kinds = options->kinds,
        .own_pid = options->wants_self ? 0 : (__u32)getpid(),
        .wants_threads = options->wants_threads};
    if (stat("/proc/1/ns/mnt", &host) == 0)
        settings.host_mnt_ns = (__u32)host.st_ino;
    __u32 zero = 0;
    int fd = bpf_object__find_map_fd_by_name(kernel->object, "settings");
    return bpf_map_update_elem(fd, &zero, &settings, BPF_ANY) < 0 ? -errno : 0;
}

int kernel_load(const struct sw_node *node, const struct sw_kernel_options *options,
    struct sw_kernel_status *status, struct kernel *kernel, struct sw_err *err)
{
    (void)node;
    int r = make_rings(kernel, options, status, err);
    if (r < 0)
        return r;
    r = try_to_load(options, status, kernel, -1, &kernel->object);
    if (r < 0) {
        for (ptrdiff_t i = 0; sw_hooks[i].need != NULL; i++) {
            SW_CLEANUP(close_object) struct bpf_object *alone = NULL;
            struct sw_hook_status *hook = &status->hooks[i];
            int one = hook->state != SW_HOOK_ATTACHED
                          ? 0
                          : try_to_load(options, status, kernel, i, &alone);
            if (one == 0)
                continue;
            hook->state = SW_HOOK_FAILED;
            snprintf(hook->reason, sizeof(hook->reason), "refused at load: %s", strerror(-one));
        }
        r = try_to_load(options, status, kernel, -1, &kernel->object);
    }
    if (r < 0)
        return sw_err_set(err, r, "the kernel refuses our programs: %s", strerror(-r));
    r = fill_maps(kernel, options);
    return r < 0 ? sw_err_wrap(err, r, "cannot fill maps") : 0;
}

/* A system call's tracepoint by its id, so that no tracefs need be mounted. */
static struct bpf_link *attach_syscall(struct bpf_program *program, const char *target)
{
    int id = sw_node_tracepoint_id("syscalls", target);
    if (id < 0) {
        errno = -id;
        return NULL;
    }
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attributes), .config = (__u64)id};
    int fd = (int)syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0)
        return NULL;
    struct bpf_link *link = bpf_program__attach_perf_event(program, fd);
    if (link == NULL) {
        int kept = errno;
        close(fd);
        errno = kept;
    }
    return link;
}

int kernel_attach(struct kernel *kernel, struct sw_kernel_status *status)
{
    int n = 0;
    for (size_t i = 0; sw_hooks[i].need != NULL; i++) {
        struct sw_hook_status *hook = &status->hooks[i];
        if (hook->state != SW_HOOK_ATTACHED)
            continue;
        struct bpf_program *program =
            bpf_object__find_program_by_name(kernel->object, sw_hooks[i].program);
        bool is_call = strncmp(sw_hooks[i].target, "sys_", 4) == 0;
        kernel->links[i] =
            is_call ? attach_syscall(program, sw_hooks[i].target) : bpf_program__attach(program);
        if (kernel->links[i] == NULL) {
            hook->state = SW_HOOK_FAILED;
            snprintf(hook->reason, sizeof(hook->reason), "refused at attach: %s", strerror(errno));
            continue;
        }
        n++;
    }
    return n;
}
