/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helper programs: one argument, one input, one answer, and a time by which they are done. The
 * input is put into its pipe before they start, so that nothing can block on both ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/environment.h"
#include "io/process.h"

#define PATH_BYTES_MAX 4096
#define OWN_VARIABLES_MAX ((size_t)4096)
/* Clear of the numbers that the child's own streams get. */
#define FIRST_FREE_FD 10
#define PATH_DEFAULT "/usr/local/bin:/usr/bin:/bin"

/* Empty and relative folders of $PATH are passed over: the current one may be anybody's. */
static int find_program(const char *name, char ret[PATH_BYTES_MAX])
{
    if (name[0] == '\0' || strchr(name, '/') != NULL)
        return -ENOENT;
    const char *path = sw_environment_get("PATH");
    struct sw_str rest = sw_str_of(path != NULL ? path : PATH_DEFAULT);
    struct sw_str folder;
    while (sw_str_next_token(&rest, ':', &folder)) {
        struct stat status;
        if (folder.n == 0 || folder.p[0] != '/' || folder.n + strlen(name) + 2 > PATH_BYTES_MAX)
            continue;
        snprintf(ret, PATH_BYTES_MAX, "%.*s/%s", SW_STR_ARG(folder), name);
        if (stat(ret, &status) == 0 && S_ISREG(status.st_mode) && access(ret, X_OK) == 0)
            return 0;
    }
    return -ENOENT;
}

/* A pipe whose ends are out of the way of 0, 1 and 2. */
static int make_pipe(int ret[2])
{
    int low[2];
    int r = sw_descriptor_pipe(low, 0);
    if (r < 0)
        return r;
    for (size_t i = 0; i < 2; i++) {
        ret[i] = fcntl(low[i], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
        if (ret[i] < 0 && r == 0)
            r = -errno;
        sw_descriptor_close(low[i]);
    }
    return r;
}

static int read_output(int fd, int64_t deadline_ns, struct sw_buf *output)
{
    char block[4096];
    int r = 0;
    for (;;) {
        int64_t left_ms = (deadline_ns - sw_clock_monotonic_ns()) / 1000000;
        if (left_ms <= 0) {
            r = -ETIMEDOUT;
            break;
        }
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, left_ms > 60000 ? 60000 : (int)left_ms) <= 0)
            continue;
        ssize_t n = read(fd, block, sizeof(block));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            r = n < 0 ? -errno : 0;
            break;
        }
        r = sw_buf_append(output, block, (size_t)n);
        if (r < 0)
            break;
    }
    explicit_bzero(block, sizeof(block));
    return r;
}

/* What is meant for us is nobody else's: passwords and tokens among it. */
static int own_environment(const char ***ret)
{
    char **all = sw_environment_all();
    size_t n = 0;
    size_t n_kept = 0;
    while (all != NULL && all[n] != NULL && n < OWN_VARIABLES_MAX)
        n++;
    const char **kept = sw_mem_zalloc(n + 1, sizeof(*kept));
    if (kept == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (strncmp(all[i], "SEAWALL_", 8) != 0)
            kept[n_kept++] = all[i];
    *ret = kept;
    return 0;
}

/* The child has its own copies of `streams` now; ours would keep its input open. */
static int converse(struct sw_process *process, int output_fd,
    const struct sw_process_question *question, struct sw_buf *output, struct sw_process_exit *ret)
{
    int64_t deadline_ns = sw_clock_monotonic_ns() + question->timeout_ms * 1000000;
    int r = read_output(output_fd, deadline_ns, output);
    if (r < 0)
        return r;
    int64_t left_ms = (deadline_ns - sw_clock_monotonic_ns()) / 1000000;
    return sw_process_wait(process, left_ms > 0 ? left_ms : 0, ret);
}

static int start(const struct sw_process_question *question, const char *path, const int streams[2],
    struct sw_process **ret, struct sw_err *err)
{
    const char *argv[] = {question->name, question->argument, NULL};
    SW_CLEANUP(sw_mem_freep) const char **environment = NULL;
    int r = own_environment(&environment);
    if (r < 0)
        return sw_err_set(err, r, "out of memory");
    struct sw_process_options options = {.path = path,
        .argv = argv,
        .environment = environment,
        .socket_fd = -1,
        .streams = streams};
    return sw_process_start(&options, ret, err);
}

int sw_process_ask(const struct sw_process_question *question, struct sw_buf *output,
    struct sw_process_exit *ret, struct sw_err *err)
{
    char path[PATH_BYTES_MAX];
    if (question->input.n > SW_PROCESS_INPUT_MAX)
        return sw_err_set(err, -E2BIG, "%zu bytes for '%s'", question->input.n, question->name);
    int r = find_program(question->name, path);
    if (r < 0)
        return sw_err_set(err, r, "there is no program '%s' in $PATH", question->name);
    int input[2] = {-1, -1};
    int answer[2] = {-1, -1};
    SW_CLEANUP(sw_process_freep) struct sw_process *process = NULL;
    r = make_pipe(input);
    if (r == 0)
        r = make_pipe(answer);
    if (r == 0)
        r = sw_descriptor_write_full(input[1], question->input.p, question->input.n);
    if (r < 0)
        sw_err_wrap(err, r, "a pipe for '%s'", question->name);
    sw_descriptor_closep(&input[1]);
    const int streams[2] = {input[0], answer[1]};
    if (r == 0)
        r = start(question, path, streams, &process, err);
    bool is_started = r == 0;
    sw_descriptor_closep(&input[0]);
    sw_descriptor_closep(&answer[1]);
    if (r == 0)
        r = converse(process, answer[0], question, output, ret);
    sw_descriptor_closep(&answer[0]);
    if (r == -ETIMEDOUT)
        return sw_err_set(err, r, "'%s' does not end", question->name);
    return r < 0 && is_started ? sw_err_wrap(err, r, "run '%s'", question->name) : r;
}
