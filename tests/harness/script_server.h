/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server of the tests as a child process: a Python script of tests/harness/ that prints one line
 * with where it listens, and ends when its standard input does.
 */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int script_server_stdin = -1;
static pid_t script_server_pid = -1;

/* Starts it and reads its line into `line`: 0, or -1 when there is no Python or no line. */
static inline int script_server_start(const char *script, char *line, size_t size)
{
    char path[1024];
    const char *slash = strrchr(__FILE__, '/');
    snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - __FILE__), __FILE__, script);
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        return -1;
    script_server_pid = fork();
    if (script_server_pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        execlp("python3", "python3", path, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    script_server_stdin = in[1];
    memset(line, 0, size);
    for (size_t i = 0; i < size - 1 && strchr(line, '\n') == NULL; i++)
        if (read(out[0], line + i, 1) != 1)
            break;
    close(out[0]);
    return strchr(line, '\n') != NULL ? 0 : -1;
}

static inline void script_server_stop(void)
{
    close(script_server_stdin);
    waitpid(script_server_pid, NULL, 0);
}
