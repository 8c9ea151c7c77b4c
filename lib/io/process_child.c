/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work in a forked child. The answer comes back through a pipe as one fixed-size struct; anything
 * else the child does stays in the child.
 */
#include "io/process_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Signals that say "damaged" must end the child, whatever handlers the program has. */
static void reset_signals(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGXCPU, SIGPIPE};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        signal(signals[i], SIG_DFL);
}

static void close_streams(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int stream = 0; stream <= 2 && fd >= 0; stream++)
        dup2(fd, stream);
}

static void __attribute__((noreturn)) run_child(
    int (*run)(void *context, struct sw_err *err), void *context, unsigned cpu_seconds, int fd)
{
    struct sw_err answer = {0};
    struct rlimit cpu = {.rlim_cur = cpu_seconds, .rlim_max = cpu_seconds};
    struct rlimit core = {0};
    reset_signals();
    close_streams();
    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_CORE, &core);
    answer.code = run(context, &answer);
    ssize_t n = write(fd, &answer, sizeof(answer));
    _exit(n == (ssize_t)sizeof(answer) ? 0 : 1);
}

/* The whole answer, or a short count when the child died before. */
static size_t read_answer(int fd, struct sw_err *answer)
{
    size_t n = 0;
    while (n < sizeof(*answer)) {
        ssize_t r = read(fd, (char *)answer + n, sizeof(*answer) - n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            break;
        n += (size_t)r;
    }
    return n;
}

static int wait_child(pid_t pid, int *ret_status)
{
    pid_t r = 0;
    do {
        r = waitpid(pid, ret_status, 0);
    } while (r < 0 && errno == EINTR);
    return r < 0 ? -errno : 0;
}

int sw_process_run_child(int (*run)(void *context, struct sw_err *err), void *context,
    unsigned cpu_seconds, struct sw_err *err)
{
    int fds[2] = {-1, -1};
    if (pipe2(fds, O_CLOEXEC) < 0)
        return sw_err_set(err, -errno, "cannot make a pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0) {
        int r = -errno;
        close(fds[0]);
        close(fds[1]);
        return sw_err_set(err, r, "cannot start a child: %s", strerror(-r));
    }
    if (pid == 0)
        run_child(run, context, cpu_seconds, fds[1]);
    close(fds[1]);
    struct sw_err answer = {0};
    size_t n = read_answer(fds[0], &answer);
    close(fds[0]);
    int status = 0;
    int r = wait_child(pid, &status);
    if (r < 0)
        return sw_err_set(err, r, "cannot wait for the child: %s", strerror(-r));
    if (WIFSIGNALED(status))
        return sw_err_set(err, -ECHILD, "%s", strsignal(WTERMSIG(status)));
    if (n < sizeof(answer) || WEXITSTATUS(status) != 0)
        return sw_err_set(err, -ECHILD, "the child ended without an answer");
    answer.message[sizeof(answer.message) - 1] = '\0';
    if (answer.code < 0 && answer.message[0] != '\0')
        return sw_err_set(err, answer.code, "%s", answer.message);
    return answer.code;
}
