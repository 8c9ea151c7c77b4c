/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One feed file and the validators that make its next download conditional, which are kept beside
 * it as .FILE.state ("etag" and "last-modified", a line each). What is on its way gathers under a
 * hidden name too: a build of the folder passes over those.
 */
#include "feed_fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/file.h"

#define LIST_MAX_BYTES ((size_t)65536)

static const char *path_of(const struct sw_feed_fetcher *fetcher, const char *file)
{
    return sw_region_printf(fetcher->region, "%s/%s", fetcher->folder, file);
}

/* Fetches a short text file and yields its first line. */
static int fetch_line(const struct sw_feed_fetcher *fetcher, const char *url, const char *path,
    struct sw_str *ret, struct sw_err *err)
{
    struct sw_http_result result;
    int r = sw_http_client_download(fetcher->client, url, NULL, path, &result, err);
    if (r < 0)
        return r;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, LIST_MAX_BYTES);
    r = sw_file_load(AT_FDCWD, path, &text, err);
    sw_file_remove_tree(AT_FDCWD, path, NULL);
    if (r < 0)
        return r;
    struct sw_str rest = sw_buf_str(&text);
    struct sw_str line = SW_STR_NONE;
    if (!sw_str_next_line(&rest, &line) || sw_str_trim(line).n == 0)
        return sw_err_set(err, -EBADMSG, "'%s' is empty", url);
    return sw_region_copy(fetcher->region, sw_str_trim(line), ret);
}

static const char *join_latest(
    const struct sw_feed_fetcher *fetcher, const char *url, struct sw_str name)
{
    struct sw_str base = sw_str_of(url);
    base.n = (size_t)(sw_str_find_last_char(base, '/') + 1);
    return sw_region_printf(fetcher->region, "%.*s%.*s", SW_STR_ARG(base), SW_STR_ARG(name));
}

static const char *join_mirror(
    const struct sw_feed_fetcher *fetcher, struct sw_str base, const char *tail)
{
    bool has_slash = sw_str_ends_with(base, SW_STR("/"));
    return sw_region_printf(
        fetcher->region, "%.*s%s%s", SW_STR_ARG(base), has_slash ? "" : "/", tail);
}

int sw_feed_fetch_resolve(
    const struct sw_feed_fetcher *fetcher, struct sw_feed_fetch *fetch, struct sw_err *err)
{
    const char *url = fetch->url;
    struct sw_str line = SW_STR_NONE;
    if (fetcher->mirror != NULL) {
        url = join_mirror(fetcher, sw_str_of(fetcher->mirror), fetch->file);
    } else if (fetch->place->lookup != SW_FEED_DIRECT) {
        const char *path = path_of(fetcher, ".lookup");
        int r = sw_file_make_directories(AT_FDCWD, fetcher->folder, 0755, err);
        if (r == 0)
            r = path == NULL ? -ENOMEM : fetch_line(fetcher, url, path, &line, err);
        if (r < 0)
            return r;
        url = fetch->place->lookup == SW_FEED_LATEST_NAME
                  ? join_latest(fetcher, url, line)
                  : join_mirror(fetcher, line, fetch->place->tail);
    }
    if (url == NULL)
        return -ENOMEM;
    fetch->address = url;
    return 0;
}

/* "FOLDER/debian/tracker.json" and ".state": "FOLDER/debian/.tracker.json.state" */
static const char *hidden_of(
    const struct sw_feed_fetcher *fetcher, const char *file, const char *suffix)
{
    struct sw_str s = sw_str_of(file);
    struct sw_str name = sw_str_skip(s, (size_t)(sw_str_find_last_char(s, '/') + 1));
    return sw_region_printf(fetcher->region, "%s/%.*s.%.*s%s", fetcher->folder, (int)(s.n - name.n),
        s.p, SW_STR_ARG(name), suffix);
}

static void load_state(const char *path, struct sw_http_validators *ret)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 4096);
    if (sw_file_load(AT_FDCWD, path, &text, NULL) < 0)
        return;
    struct sw_str rest = sw_buf_str(&text);
    struct sw_str line;
    if (sw_str_next_line(&rest, &line))
        snprintf(ret->etag, sizeof(ret->etag), "%.*s", SW_STR_ARG(line));
    if (sw_str_next_line(&rest, &line))
        snprintf(ret->last_modified, sizeof(ret->last_modified), "%.*s", SW_STR_ARG(line));
}

static void save_state(const char *path, const struct sw_http_validators *validators)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 4096);
    /* Without it the next download is a whole one, so failing here is no failure. */
    if (sw_buf_printf(&text, "%s\n%s\n", validators->etag, validators->last_modified) == 0)
        sw_file_save(AT_FDCWD, path, sw_buf_str(&text), 0644, NULL);
}

uint64_t sw_feed_fetch_present_bytes(
    const struct sw_feed_fetcher *fetcher, const struct sw_feed_fetch *fetch)
{
    struct stat status;
    const char *path = path_of(fetcher, fetch->file);
    return path != NULL && stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

/* The validators of what is there; empty ones when nothing is. */
static int load_known(const struct sw_feed_fetcher *fetcher, const struct sw_feed_fetch *fetch,
    struct sw_http_validators *ret)
{
    const char *state = hidden_of(fetcher, fetch->file, ".state");
    if (state == NULL)
        return -ENOMEM;
    if (sw_feed_fetch_present_bytes(fetcher, fetch) > 0)
        load_state(state, ret);
    return 0;
}

static bool is_same(const struct sw_http_validators *a, const struct sw_http_validators *b)
{
    if (a->etag[0] != '\0' || b->etag[0] != '\0')
        return strcmp(a->etag, b->etag) == 0;
    return a->last_modified[0] != '\0' && strcmp(a->last_modified, b->last_modified) == 0;
}

int sw_feed_fetch_probe(const struct sw_feed_fetcher *fetcher, const struct sw_feed_fetch *fetch,
    struct sw_http_probe *ret, struct sw_err *err)
{
    struct sw_http_validators known = {0};
    struct sw_http_probe probe = {0};
    int r = load_known(fetcher, fetch, &known);
    if (r == 0)
        r = sw_http_client_probe(fetcher->client, fetch->address, &probe, err);
    if (r < 0)
        return r;
    if (is_same(&known, &probe.validators)) {
        probe.is_size_known = true;
        probe.size_bytes = 0;
    }
    *ret = probe;
    return 0;
}

static int make_parent(char *path, struct sw_err *err)
{
    char *slash = strrchr(path, '/');
    *slash = '\0';
    int r = sw_file_make_directories(AT_FDCWD, path, 0755, err);
    *slash = '/';
    return r;
}

int sw_feed_fetch_run(const struct sw_feed_fetcher *fetcher, const struct sw_feed_fetch *fetch,
    struct sw_http_result *ret, struct sw_err *err)
{
    char *path = sw_region_printf(fetcher->region, "%s/%s", fetcher->folder, fetch->file);
    const char *fresh = hidden_of(fetcher, fetch->file, "");
    const char *state = hidden_of(fetcher, fetch->file, ".state");
    struct sw_http_validators known = {0};
    if (path == NULL || fresh == NULL || state == NULL)
        return -ENOMEM;
    int r = make_parent(path, err);
    if (r == 0)
        r = load_known(fetcher, fetch, &known);
    if (r == 0)
        r = sw_http_client_download(fetcher->client, fetch->address, &known, fresh, ret, err);
    if (r < 0 || ret->outcome != SW_HTTP_FETCHED)
        return r;
    if (ret->size_bytes == 0) {
        sw_file_remove_tree(AT_FDCWD, fresh, NULL);
        return sw_err_set(err, -EBADMSG, "'%s' is empty", fetch->address);
    }
    r = sw_file_replace(AT_FDCWD, fresh, path, err);
    if (r == 0)
        save_state(state, &ret->validators);
    return r;
}
