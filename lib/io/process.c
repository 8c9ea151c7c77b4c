/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Child programs by posix_spawn, which is safe with other threads running. One thread per child
 * drains its standard error into a ring, so that the child never blocks on it.
 */
#include "io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/environment.h"
#include "io/thread.h"

/* Shells allow more, people do not have them. */
#define ENVIRONMENT_MAX ((size_t)4096)
/* Below these the child's own descriptors are put; ours are moved out of their way first. */
#define FIRST_FREE_FD 10
/* Without pidfd (before Linux 5.3) the end is polled for. */
#define POLL_MS 5
/* The drain looks so often whether the child has gone, where somebody else holds its pipe. */
#define DRAIN_POLL_MS 100

struct sw_process {
    pid_t pid;
    int pid_fd;    /* -1: not known to the kernel */
    int stderr_fd; /* our end */
    bool is_reaped;
    struct sw_process_exit exit;

    struct sw_thread drain;
    atomic_bool is_gone;   /* the child: what the pipe holds now is all */
    struct sw_mutex mutex; /* guards the ring */
    uint64_t n_written;    /* bytes ever; the ring holds the last of them */
    char ring[SW_PROCESS_STDERR_BYTES];
};

/* The pipe does not end with the child when the child has passed its end on: to a child of its own,
 * or through the socket to ourselves. */
static void drain(void *opaque)
{
    struct sw_process *process = opaque;
    char block[4096];
    for (;;) {
        bool is_gone = atomic_load(&process->is_gone);
        struct pollfd ready = {.fd = process->stderr_fd, .events = POLLIN};
        int r = poll(&ready, 1, is_gone ? 0 : DRAIN_POLL_MS);
        if (r == 0 && is_gone)
            return;
        if (r <= 0)
            continue;
        ssize_t n = read(process->stderr_fd, block, sizeof(block));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        sw_mutex_lock(&process->mutex);
        for (ssize_t i = 0; i < n; i++)
            process->ring[process->n_written++ % sizeof(process->ring)] = block[i];
        sw_mutex_unlock(&process->mutex);
    }
}

int sw_process_stderr(struct sw_process *process, struct sw_buf *buf)
{
    SW_MUTEX_HOLD(held, &process->mutex);
    size_t size = sizeof(process->ring);
    size_t n = process->n_written < size ? (size_t)process->n_written : size;
    size_t first = (size_t)((process->n_written - n) % size);
    size_t part = n < size - first ? n : size - first;
    int r = sw_buf_append(buf, process->ring + first, part);
    if (r < 0)
        return r;
    return sw_buf_append(buf, process->ring, n - part);
}

/* Sanitizers take their options from the environment; leak detection needs ptrace, which the
 * scanner's sandbox refuses. */
static size_t add_sanitizer_options(char **environment, size_t n, char *text, size_t n_text)
{
    if (!SEAWALL_SANITIZED)
        return n;
    const char *asan = sw_environment_get("ASAN_OPTIONS");
    const char *ubsan = sw_environment_get("UBSAN_OPTIONS");
    snprintf(text, n_text / 2, "ASAN_OPTIONS=%s%sdetect_leaks=0", asan != NULL ? asan : "",
        asan != NULL ? ":" : "");
    environment[n++] = text;
    if (ubsan != NULL) {
        snprintf(text + n_text / 2, n_text / 2, "UBSAN_OPTIONS=%s", ubsan);
        environment[n++] = text + n_text / 2;
    }
    return n;
}

static int add_streams(posix_spawn_file_actions_t *actions, const int *streams)
{
    if (streams == NULL) {
        int r = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
        return r != 0 ? r : posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0);
    }
    int r = posix_spawn_file_actions_adddup2(actions, streams[0], 0);
    return r != 0 ? r : posix_spawn_file_actions_adddup2(actions, streams[1], 1);
}

static int add_actions(
    posix_spawn_file_actions_t *actions, const int *streams, int stderr_fd, int socket_fd)
{
    int r = add_streams(actions, streams);
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(actions, stderr_fd, 2);
    if (r == 0 && socket_fd >= 0)
        r = posix_spawn_file_actions_adddup2(actions, socket_fd, SW_PROCESS_SOCKET_FD);
    if (r == 0)
        r = posix_spawn_file_actions_addclosefrom_np(
            actions, socket_fd >= 0 ? SW_PROCESS_SOCKET_FD + 1 : SW_PROCESS_SOCKET_FD);
    return -r;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int r = posix_spawnattr_setsigmask(attributes, &none);
    if (r == 0)
        r = posix_spawnattr_setsigdefault(attributes, &all);
    if (r == 0)
        r = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return -r;
}

static int spawn(const struct sw_process_options *options, int stderr_fd, int socket_fd, pid_t *ret)
{
    char sanitizer_text[8192];
    size_t n = 0;
    while (options->environment != NULL && options->environment[n] != NULL)
        if (++n > ENVIRONMENT_MAX)
            return -E2BIG;
    SW_CLEANUP(sw_mem_freep) char **environment = sw_mem_zalloc(n + 3, sizeof(char *));
    if (environment == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        environment[i] = (char *)(uintptr_t)options->environment[i];
    n = add_sanitizer_options(environment, n, sanitizer_text, sizeof(sanitizer_text));
    environment[n] = NULL;

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int r = add_actions(&actions, options->streams, stderr_fd, socket_fd);
    if (r == 0)
        r = set_attributes(&attributes);
    /* The argument vector is declared without const, yet only read. */
    if (r == 0)
        r = -posix_spawn(ret, options->path, &actions, &attributes,
            (char *const *)(uintptr_t)options->argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return r;
}

int sw_process_start(
    const struct sw_process_options *options, struct sw_process **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_process_freep) struct sw_process *process = sw_mem_zalloc(1, sizeof(*process));
    if (process == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    process->pid_fd = -1;
    process->stderr_fd = -1;
    process->is_reaped = true; /* nothing to reap yet */
    sw_mutex_init(&process->mutex);
    int ends[2];
    int r = sw_descriptor_pipe(ends, 0);
    if (r < 0)
        return sw_err_wrap(err, r, "pipe");
    process->stderr_fd = ends[0];
    SW_CLEANUP(sw_descriptor_closep) int low_end = ends[1];
    SW_CLEANUP(sw_descriptor_closep)
    int stderr_end = fcntl(low_end, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    SW_CLEANUP(sw_descriptor_closep)
    int socket_fd =
        options->socket_fd >= 0 ? fcntl(options->socket_fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD) : -1;
    if (stderr_end < 0 || (options->socket_fd >= 0 && socket_fd < 0))
        return sw_err_wrap(err, -errno, "duplicate a descriptor");
    r = spawn(options, stderr_end, socket_fd, &process->pid);
    if (r < 0)
        return sw_err_wrap(err, r, "start '%s'", options->path);
    process->is_reaped = false;
    process->pid_fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
    r = sw_thread_start(&process->drain, drain, process);
    if (r < 0)
        return sw_err_wrap(err, r, "start a thread");
    *ret = SW_TAKE(process);
    return 0;
}

/* 1 reaped, 0 still running. */
static int reap(struct sw_process *process, bool is_waiting)
{
    int status = 0;
    pid_t pid = -1;
    do {
        pid = waitpid(process->pid, &status, is_waiting ? 0 : WNOHANG);
    } while (pid < 0 && errno == EINTR);
    if (pid == 0)
        return 0;
    if (pid < 0)
        return -errno;
    process->is_reaped = true;
    if (WIFSIGNALED(status))
        process->exit = (struct sw_process_exit){SW_PROCESS_SIGNALED, WTERMSIG(status)};
    else
        process->exit = (struct sw_process_exit){SW_PROCESS_EXITED, WEXITSTATUS(status)};
    return 1;
}

static int wait_a_while(struct sw_process *process, int64_t left_ms)
{
    if (process->pid_fd < 0) {
        sw_clock_sleep_ms((uint64_t)(left_ms < POLL_MS ? left_ms : POLL_MS));
        return 0;
    }
    struct pollfd ready = {.fd = process->pid_fd, .events = POLLIN};
    int r = poll(&ready, 1, left_ms > 60000 ? 60000 : (int)left_ms);
    return r < 0 && errno != EINTR ? -errno : 0;
}

int sw_process_wait(struct sw_process *process, int64_t timeout_ms, struct sw_process_exit *ret)
{
    int64_t start_ns = sw_clock_monotonic_ns();
    while (!process->is_reaped) {
        int r = reap(process, timeout_ms < 0);
        if (r < 0)
            return r;
        if (r > 0)
            break;
        int64_t left_ms = timeout_ms - (sw_clock_monotonic_ns() - start_ns) / 1000000;
        if (left_ms <= 0)
            return -ETIMEDOUT;
        r = wait_a_while(process, left_ms);
        if (r < 0)
            return r;
    }
    /* The last words are in the pipe. */
    atomic_store(&process->is_gone, true);
    sw_thread_join(&process->drain);
    *ret = process->exit;
    return 0;
}

void sw_process_kill(struct sw_process *process, int signal)
{
    if (!process->is_reaped)
        kill(process->pid, signal);
}

void sw_process_free(struct sw_process *process)
{
    if (process == NULL)
        return;
    if (!process->is_reaped) {
        sw_process_kill(process, SIGKILL);
        reap(process, true);
    }
    atomic_store(&process->is_gone, true);
    sw_thread_join(&process->drain);
    sw_descriptor_closep(&process->stderr_fd);
    sw_descriptor_closep(&process->pid_fd);
    sw_mutex_done(&process->mutex);
    sw_mem_free(process);
}

void sw_process_freep(struct sw_process **process)
{
    sw_process_free(*process);
    *process = NULL;
}

const char *sw_process_exit_text(const struct sw_process_exit *exit, char *buf, size_t n)
{
    switch (exit->end) {
    case SW_PROCESS_EXITED:
        snprintf(buf, n, "exited with status %d", exit->code);
        break;
    case SW_PROCESS_SIGNALED: {
        const char *name = sigabbrev_np(exit->code);
        snprintf(buf, n, "killed by signal %d (%s)", exit->code, name != NULL ? name : "unknown");
        break;
    }
    case _SW_PROCESS_END_MAX:
        snprintf(buf, n, "ended");
        break;
    }
    return buf;
}
