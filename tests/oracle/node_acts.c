/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_acts ACT [ARGUMENT...]: does one thing that the agent is to see, and says on standard output
 * what it did, as key=value words of the truth: pids, inodes, ports. For e2e tests and guests, so
 * it needs nothing but libc.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char own_name[] = "node_acts", nothing[] = "nothing";
static char *nothing_argv[] = {own_name, nothing, NULL};

static int fail(const char *what)
{
    fprintf(stderr, "node_acts: %s: %s\n", what, strerror(errno));
    return 1;
}

static int open_self(struct stat *ret)
{
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    return fd >= 0 && fstat(fd, ret) == 0 ? fd : -1;
}

static int copy_to(int to, const struct stat *self, int from)
{
    char *bytes = mmap(NULL, (size_t)self->st_size, PROT_READ, MAP_PRIVATE, from, 0);
    if (bytes == MAP_FAILED)
        return -1;
    return write(to, bytes, (size_t)self->st_size) == self->st_size ? 0 : -1;
}

/* Runs a copy of ourselves that exists in memory only. */
static int act_exec_memfd(char **arguments)
{
    (void)arguments;
    struct stat self;
    int from = open_self(&self);
    int fd = memfd_create("hidden", 0);
    if (from < 0 || fd < 0 || copy_to(fd, &self, from) < 0)
        return fail("memfd");
    printf("pid=%d\n", getpid());
    fflush(stdout);
    fexecve(fd, nothing_argv, environ);
    return fail("fexecve");
}

/* Runs a copy of ourselves, at the path given, that has been removed. */
static int act_exec_deleted(char **arguments)
{
    struct stat self;
    int from = open_self(&self);
    int to = open(arguments[0], O_WRONLY | O_CREAT | O_EXCL, 0700);
    if (from < 0 || to < 0 || copy_to(to, &self, from) < 0)
        return fail(arguments[0]);
    close(to);
    int fd = open(arguments[0], O_PATH);
    if (fd < 0 || unlink(arguments[0]) < 0)
        return fail(arguments[0]);
    printf("pid=%d\n", getpid());
    fflush(stdout);
    fexecve(fd, nothing_argv, environ);
    return fail("fexecve");
}

static void *exec_in_thread(void *argument)
{
    (void)argument;
    printf("pid=%d tid=%d\n", getpid(), (int)syscall(SYS_gettid));
    fflush(stdout);
    execve("/proc/self/exe", nothing_argv, environ);
    exit(fail("execve"));
}

static int act_exec_thread(char **arguments)
{
    (void)arguments;
    pthread_t thread;
    if (pthread_create(&thread, NULL, exec_in_thread, NULL) != 0)
        return fail("pthread_create");
    pthread_join(thread, NULL);
    return 1;
}

static int act_exec(char **arguments)
{
    printf("pid=%d\n", getpid());
    fflush(stdout);
    execv(arguments[0], arguments);
    return fail(arguments[0]);
}

static int act_fork(char **arguments)
{
    int code = atoi(arguments[0]);
    pid_t child = fork();
    if (child == 0)
        _exit(code);
    int status;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return fail("fork");
    printf("pid=%d child=%d code=%d\n", getpid(), child, WEXITSTATUS(status));
    return 0;
}

static int act_killed(char **arguments)
{
    (void)arguments;
    pid_t child = fork();
    if (child == 0) {
        raise(SIGKILL);
        _exit(1);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return fail("fork");
    printf("pid=%d child=%d signal=%d\n", getpid(), child, WTERMSIG(status));
    return 0;
}

/* As many forks, and execs of nothing, as asked for: the truth for counters. */
static int act_many(char **arguments)
{
    int n = atoi(arguments[0]);
    for (int i = 0; i < n; i++) {
        pid_t child = fork();
        if (child == 0) {
            execve("/proc/self/exe", nothing_argv, environ);
            _exit(1);
        }
        if (child < 0 || waitpid(child, NULL, 0) < 0)
            return fail("fork");
    }
    printf("pid=%d forks=%d execs=%d\n", getpid(), n, n);
    return 0;
}

static int act_nothing(char **arguments)
{
    (void)arguments;
    return 0;
}

static const struct {
    const char *name;
    int (*act)(char **arguments);
    int n_arguments;
} acts[] = {
    {"nothing", act_nothing, 0},
    {"exec", act_exec, 1},
    {"exec-memfd", act_exec_memfd, 0},
    {"exec-deleted", act_exec_deleted, 1},
    {"exec-thread", act_exec_thread, 0},
    {"fork", act_fork, 1},
    {"killed", act_killed, 0},
    {"many", act_many, 1},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(acts) / sizeof(acts[0]); i++)
        if (strcmp(acts[i].name, argv[1]) == 0 && argc - 2 >= acts[i].n_arguments)
            return acts[i].act(argv + 2);
    fprintf(stderr, "usage: node_acts ACT [ARGUMENT...]\n");
    return 2;
}
