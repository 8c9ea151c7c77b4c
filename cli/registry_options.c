/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From options and environment to how a registry is reached.
 */
#include "registry_options.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/environment.h"
#include "io/file.h"
#include "io/reader.h"

/* Tokens serve as passwords; the longest have some 4 KB. */
#define SECRET_BYTES_MAX ((size_t)65536)

static void wipe_buf(struct sw_buf *buf)
{
    if (buf->p != NULL)
        explicit_bzero(buf->p, buf->n);
    sw_buf_done(buf);
}

/* The first line, as `docker login --password-stdin` takes it. */
static int keep_line(struct sw_registry_access *access, struct sw_str text, struct sw_err *err)
{
    struct sw_str line = SW_STR_NONE;
    if (!sw_str_next_line(&text, &line) || line.n == 0)
        return sw_err_set(err, -EINVAL, "the registry's password is empty");
    access->secret = sw_mem_strndup(line.p, line.n);
    return access->secret == NULL ? sw_err_set(err, -ENOMEM, "out of memory") : 0;
}

static int read_stdin(struct sw_buf *buf, struct sw_err *err)
{
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return sw_err_wrap(err, -errno, "standard input");
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_fd(fd);
    return reader == NULL ? -ENOMEM : sw_reader_read_line(reader, buf, err);
}

static int read_secret(
    struct sw_registry_access *access, const struct sw_registry_values *values, struct sw_err *err)
{
    SW_CLEANUP(wipe_buf) struct sw_buf text = {0};
    sw_buf_init(&text, SECRET_BYTES_MAX);
    const char *given = sw_environment_get("SEAWALL_REGISTRY_PASSWORD");
    int r = 0;
    if (values->is_password_on_stdin)
        r = read_stdin(&text, err);
    else if (values->password_file != NULL)
        r = sw_file_load(AT_FDCWD, values->password_file, &text, err);
    else if (given != NULL)
        r = sw_buf_append_str(&text, sw_str_of(given));
    else
        return values->user == NULL ? 0
                                    : sw_err_set(err, -EINVAL,
                                          "--registry-user: where is the password? Put it into "
                                          "$SEAWALL_REGISTRY_PASSWORD, or see "
                                          "--registry-password-file and --registry-password-stdin");
    if (r < 0)
        return sw_err_wrap(err, r, "the registry's password");
    /* The variable may be there for other runs. */
    if (values->user == NULL)
        return given != NULL
                   ? 0
                   : sw_err_set(err, -EINVAL, "a password without a user; see --registry-user");
    return keep_line(access, sw_buf_str(&text), err);
}

int sw_registry_access_init(
    struct sw_registry_access *access, const struct sw_registry_values *values, struct sw_err *err)
{
    *access = (struct sw_registry_access){
        .http =
            {
                .user_agent = "seawall/" SEAWALL_VERSION,
                .proxy = values->proxy,
                .ca_file = values->ca,
                .cert_file = values->cert,
                .key_file = values->key,
                .is_plain_allowed = values->is_plain,
            },
        .credentials =
            {
                .config_path = values->config,
                .user = values->user,
                .registry_token = sw_environment_get("SEAWALL_REGISTRY_TOKEN"),
            },
        .registry =
            {
                .http = &access->http,
                .credentials = &access->credentials,
                .mirrors = values->mirrors.v,
                .n_mirrors = values->mirrors.n,
            },
    };
    int r = values->key != NULL && values->cert == NULL
                ? sw_err_set(err, -EINVAL, "--registry-key: whose? see --registry-cert")
                : 0;
    if (r == 0)
        r = read_secret(access, values, err);
    if (r < 0)
        return r;
    access->credentials.secret = access->secret;
    access->credentials.http = &access->http;
    return 0;
}

void sw_registry_access_done(struct sw_registry_access *access)
{
    if (access->secret != NULL)
        explicit_bzero(access->secret, strlen(access->secret));
    sw_mem_freep(&access->secret);
}
