/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall registry`: what a registry holds, as far as it tells. Names come from the server: any
 * bytes, escaped for whoever reads them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/region.h"
#include "base/text.h"
#include "command.h"
#include "model/json_writer.h"
#include "oci/reference.h"
#include "registry_options.h"
#include "rules/gate.h"

#define JSON_BYTES_MAX ((size_t)1 << 20)

struct registry_values {
    struct sw_registry_values registry;
    const char *format;
    uint64_t limit;
};

static const struct sw_option registry_options[] = {
    {"format", 'f', SW_OPTION_STRING, offsetof(struct registry_values, format), "FORMAT",
        "table (a name on each line) or json", NULL},
    {"limit", 0, SW_OPTION_COUNT, offsetof(struct registry_values, limit), "N",
        "stop after N names", NULL},
    SW_REGISTRY_ROWS(registry_values, registry),
    {0},
};

struct listing {
    const struct registry_values *values;
    struct sw_registry_access access;
    struct sw_region region;
    struct sw_reference reference; /* ls: the repository may be empty, or the prefix of some */
    bool is_json;
    struct sw_buf text;
    struct sw_json_writer writer;
    uint64_t n_names;
};

static int flush(void *context, struct sw_str text)
{
    (void)context;
    return fwrite(text.p, 1, text.n, stdout) == text.n ? 0 : -EIO;
}

static int print_name(struct listing *listing, struct sw_str name)
{
    if (listing->is_json) {
        sw_json_write_str(&listing->writer, NULL, name);
        return listing->writer.r;
    }
    sw_buf_clear(&listing->text);
    int r = sw_text_terminal(&listing->text, name);
    if (r < 0)
        return r;
    return printf("%s\n", listing->text.p != NULL ? listing->text.p : "") < 0 ? -EIO : 0;
}

/* 1: enough. */
static int take_name(void *context, struct sw_str name)
{
    struct listing *listing = context;
    if (listing->values->limit > 0 && listing->n_names == listing->values->limit)
        return 1;
    listing->n_names++;
    return print_name(listing, name);
}

static int take_repository(void *context, struct sw_str name)
{
    struct listing *listing = context;
    struct sw_str prefix = listing->reference.repository;
    bool is_below = prefix.n == 0 || sw_str_equal(name, prefix) ||
                    (sw_str_starts_with(name, prefix) && name.p[prefix.n] == '/');
    return is_below ? take_name(context, name) : 0;
}

static void begin_json(struct listing *listing, const char *key)
{
    sw_json_writer_init(&listing->writer, &listing->text, flush, NULL);
    sw_json_write_object(&listing->writer, NULL);
    sw_json_write_str(&listing->writer, "registry", listing->reference.registry);
    sw_json_write_optional(&listing->writer, "repository", listing->reference.repository);
    sw_json_write_array(&listing->writer, key);
}

/* What came before a failure was printed; the failure is told of all the same. */
static int end_json(struct listing *listing)
{
    sw_json_write_end(&listing->writer);
    sw_json_write_end(&listing->writer);
    int r = sw_json_writer_finish(&listing->writer);
    return r < 0 || fputc('\n', stdout) == EOF ? -EIO : 0;
}

static int list(struct listing *listing, const char *key, bool is_tags, struct sw_err *err)
{
    SW_CLEANUP(sw_registry_freep) struct sw_registry *registry = NULL;
    struct sw_registry_names names = {is_tags ? take_name : take_repository, listing};
    listing->access.credentials.explicit_host = listing->reference.registry.p;
    int r =
        sw_registry_new(&listing->access.registry, listing->reference.registry.p, &registry, err);
    if (r < 0)
        return r;
    if (listing->is_json)
        begin_json(listing, key);
    r = is_tags ? sw_registry_tags(registry, listing->reference.repository.p, &names, err)
                : sw_registry_catalog(registry, &names, err);
    int ended = listing->is_json ? end_json(listing) : 0;
    if (fflush(stdout) != 0 || ended < 0)
        return sw_err_set(err, -EIO, "cannot write to standard output");
    return r > 0 ? 0 : r;
}

/* A registry, and after a slash the beginning of its repositories' names. */
static int parse_place(struct listing *listing, const char *target, struct sw_err *err)
{
    struct sw_str rest = sw_str_of(target);
    ptrdiff_t slash = sw_str_find_char(rest, '/');
    struct sw_str host = slash >= 0 ? sw_str_part(rest, 0, (size_t)slash) : rest;
    struct sw_str prefix = slash >= 0 ? sw_str_skip(rest, (size_t)slash + 1) : SW_STR_NONE;
    if (!sw_reference_is_registry(host) || (prefix.n > 0 && !sw_reference_is_repository(prefix)))
        return sw_err_set(
            err, -EINVAL, "'%s' is no registry (host, host:port or host/prefix)", target);
    int r = sw_region_copy(&listing->region, host, &listing->reference.registry);
    return r < 0 ? r : sw_region_copy(&listing->region, prefix, &listing->reference.repository);
}

static int prepare(struct listing *listing, const char *target, bool is_tags, struct sw_err *err)
{
    const struct registry_values *values = listing->values;
    const char *format = values->format != NULL ? values->format : "table";
    listing->is_json = strcmp(format, "json") == 0;
    if (!listing->is_json && strcmp(format, "table") != 0)
        return sw_err_set(err, -EINVAL, "unknown format '%s'; known: table json", format);
    int r = is_tags ? sw_reference_parse_repository(
                          sw_str_of(target), &listing->region, &listing->reference, err)
                    : parse_place(listing, target, err);
    return r < 0 ? r : sw_registry_access_init(&listing->access, &values->registry, err);
}

static int run(const struct sw_command *command, int argc, char **argv, bool is_tags)
{
    struct registry_values values = {0};
    const char *target = NULL;
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &values, &target, 1, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    if (n == 0)
        return sw_command_fail(SW_EXIT_USAGE,
            is_tags ? "tags of what? name a repository: HOST/NAME" : "which registry? name a HOST");
    struct listing listing = {.values = &values};
    struct sw_err err = {0};
    sw_region_init(&listing.region, 65536);
    sw_buf_init(&listing.text, JSON_BYTES_MAX);
    r = prepare(&listing, target, is_tags, &err);
    int status = r < 0 ? SW_EXIT_USAGE : SW_EXIT_DONE;
    if (r == 0) {
        r = list(&listing, is_tags ? "tags" : "repositories", is_tags, &err);
        status = r < 0 ? SW_EXIT_FAILED : SW_EXIT_DONE;
    }
    sw_registry_access_done(&listing.access);
    sw_buf_done(&listing.text);
    sw_region_done(&listing.region);
    return r < 0 ? sw_command_fail(status, err.message[0] != '\0' ? err.message : strerror(-r))
                 : status;
}

static int run_ls(const struct sw_command *command, int argc, char **argv)
{
    return run(command, argc, argv, false);
}

static int run_tags(const struct sw_command *command, int argc, char **argv)
{
    return run(command, argc, argv, true);
}

const struct sw_command sw_registry_ls_command = {
    .name = "registry ls",
    .usage = "registry ls [OPTIONS] REGISTRY[/PREFIX]",
    .summary = "List the repositories of a registry",
    .help = "Not every registry has such a list: Docker Hub and GHCR do not.\n"
            "\n"
            "Examples:\n"
            "  seawall registry ls registry.example:5000\n"
            "  seawall registry ls registry.example/team -f json\n",
    .options = registry_options,
    .run = run_ls,
};

const struct sw_command sw_registry_tags_command = {
    .name = "registry tags",
    .usage = "registry tags [OPTIONS] REGISTRY/REPOSITORY",
    .summary = "List the tags of a repository",
    .help = "In the order that the registry gives.\n"
            "\n"
            "Examples:\n"
            "  seawall registry tags debian\n"
            "  seawall registry tags --limit 20 registry.example/team/app\n",
    .options = registry_options,
    .run = run_tags,
};
