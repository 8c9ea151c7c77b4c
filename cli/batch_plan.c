/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which images a run is about. Names come from the registry, so each is held against the grammar
 * before it becomes part of an address.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "batch_priv.h"

static const char prefix[] = "registry:";

bool sw_batch_is_registry(const char *target)
{
    return strncmp(target, prefix, sizeof(prefix) - 1) == 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Tags that are versions are newer than words, of which only one has a meaning. */
static int rank_of(struct sw_str tag)
{
    if (sw_str_equal_z(tag, SW_REFERENCE_TAG_DEFAULT))
        return 2;
    bool is_version = (tag.n > 0 && is_digit(tag.p[0])) ||
                      (tag.n > 1 && (tag.p[0] | 0x20) == 'v' && is_digit(tag.p[1]));
    return is_version ? 1 : 0;
}

/* The digits at the start, without zeros before them, cut off. */
static struct sw_str take_number(struct sw_str *rest)
{
    size_t n = 0;
    while (n < rest->n && is_digit(rest->p[n]))
        n++;
    struct sw_str number = sw_str_part(*rest, 0, n);
    *rest = sw_str_skip(*rest, n);
    while (number.n > 1 && number.p[0] == '0')
        number = sw_str_skip(number, 1);
    return number;
}

int sw_batch_compare_tags(struct sw_str a, struct sw_str b)
{
    int rank = rank_of(a) - rank_of(b);
    if (rank != 0)
        return rank;
    while (a.n > 0 && b.n > 0) {
        if (is_digit(a.p[0]) && is_digit(b.p[0])) {
            struct sw_str x = take_number(&a);
            struct sw_str y = take_number(&b);
            int order = x.n != y.n ? (x.n < y.n ? -1 : 1) : sw_str_compare(x, y);
            if (order != 0)
                return order;
            continue;
        }
        if (a.p[0] != b.p[0])
            return (unsigned char)a.p[0] < (unsigned char)b.p[0] ? -1 : 1;
        a = sw_str_skip(a, 1);
        b = sw_str_skip(b, 1);
    }
    return (a.n > 0) - (b.n > 0);
}

static int compare_names(const void *a, const void *b)
{
    return -sw_batch_compare_tags(
        sw_str_of(*(const char *const *)a), sw_str_of(*(const char *const *)b));
}

/* Names of a list as they come. */
struct names {
    struct sw_batch *batch;
    struct sw_str prefix; /* of repositories */
    size_t max;
    SW_VEC(const char *) list; /* strings in the batch's region */
};

static int keep(struct names *names, struct sw_str name, bool is_wanted)
{
    if (!is_wanted) {
        names->batch->n_names_refused++;
        return 0;
    }
    const char *copy = sw_region_strdup(&names->batch->region, name);
    return copy == NULL ? -ENOMEM : sw_vec_push(&names->list, copy, names->max);
}

static int take_tag(void *context, struct sw_str name)
{
    return keep(context, name, sw_reference_is_tag(name));
}

static int take_repository(void *context, struct sw_str name)
{
    struct names *names = context;
    struct sw_str start = names->prefix;
    bool is_below = start.n == 0 ||
                    (sw_str_starts_with(name, start) && name.n > start.n && name.p[start.n] == '/');
    return is_below ? keep(names, name, sw_reference_is_repository(name)) : 0;
}

static int add_images(
    struct sw_batch *batch, const char *repository, struct names *tags, struct sw_err *err)
{
    size_t n = tags->list.n;
    uint64_t n_latest = batch->options->n_latest;
    if (n_latest > 0 && n > 0) {
        qsort(tags->list.v, n, sizeof(tags->list.v[0]), compare_names);
        n = n < n_latest ? n : (size_t)n_latest;
    }
    for (size_t i = 0; i < n; i++) {
        struct sw_batch_image image = {.repository = repository, .tag = tags->list.v[i]};
        int r = sw_vec_push(&batch->images, image, SW_BATCH_IMAGES_MAX);
        if (r < 0)
            return sw_err_set(
                err, r, "more than %zu images; scan a part of it", SW_BATCH_IMAGES_MAX);
    }
    return 0;
}

/* The tags of one repository, all or the latest. */
static int add_repository(struct sw_batch *batch, const char *repository, struct sw_err *err)
{
    struct names tags = {.batch = batch, .max = SW_REGISTRY_NAMES_MAX};
    struct sw_registry_names names = {take_tag, &tags};
    int r = sw_registry_tags(batch->registry, repository, &names, err);
    if (r == 0)
        r = add_images(batch, repository, &tags, err);
    sw_vec_done(&tags.list);
    return r;
}

/* One that cannot be listed is an image that failed; the others go on. */
static int add_or_note(struct sw_batch *batch, const char *repository)
{
    struct sw_err err = {0};
    int r = add_repository(batch, repository, &err);
    if (r >= 0 || r == -ENOMEM || r == -EFBIG)
        return r;
    struct sw_batch_image image = {.repository = repository, .tag = "", .state = SW_BATCH_FAILED};
    snprintf(image.message, sizeof(image.message), "%.255s", err.message);
    return sw_vec_push(&batch->images, image, SW_BATCH_IMAGES_MAX);
}

static int add_catalog(struct sw_batch *batch, struct sw_err *err)
{
    struct names repositories = {
        .batch = batch, .prefix = batch->place.repository, .max = SW_BATCH_REPOSITORIES_MAX};
    struct sw_registry_names names = {take_repository, &repositories};
    int r = sw_registry_catalog(batch->registry, &names, err);
    if (r == -EFBIG)
        sw_err_set(
            err, r, "more than %zu repositories; scan a part of it", SW_BATCH_REPOSITORIES_MAX);
    for (size_t i = 0; r == 0 && i < repositories.list.n; i++) {
        r = add_or_note(batch, repositories.list.v[i]);
        if (r < 0)
            sw_err_set(err, r, "more images than memory is there for; scan a part of it");
    }
    if (r == 0 && repositories.list.n == 0)
        r = sw_err_set(err, -ENOENT, "'%s' has no repository '%s' and none below it",
            batch->place.registry.p, batch->place.repository.p);
    sw_vec_done(&repositories.list);
    return r;
}

/* "host", "host:port", "localhost": nothing else is a registry without a slash. */
static bool is_host(struct sw_str text)
{
    bool is_marked = sw_str_find_char(text, '.') >= 0 || sw_str_find_char(text, ':') >= 0 ||
                     sw_str_equal_z(text, "localhost");
    return is_marked && sw_str_find_char(text, '/') < 0 && sw_reference_is_registry(text);
}

static int parse_place(struct sw_batch *batch, struct sw_err *err)
{
    struct sw_str text = sw_str_of(batch->options->target + sizeof(prefix) - 1);
    while (text.n > 0 && text.p[text.n - 1] == '/')
        text.n--;
    if (!is_host(text))
        return sw_reference_parse_repository(text, &batch->region, &batch->place, err);
    batch->place.repository = SW_STR("");
    return sw_region_copy(&batch->region, text, &batch->place.registry);
}

int sw_batch_plan(struct sw_batch *batch, struct sw_err *err)
{
    struct sw_registry_access *access = batch->options->access;
    int r = parse_place(batch, err);
    if (r < 0)
        return r;
    if (access->credentials.explicit_host == NULL)
        access->credentials.explicit_host = batch->place.registry.p;
    r = sw_registry_new(&access->registry, batch->place.registry.p, &batch->registry, err);
    if (r < 0)
        return r;
    if (batch->place.repository.n == 0)
        return add_catalog(batch, err);
    r = add_repository(batch, batch->place.repository.p, err);
    return r == -ENOENT ? add_catalog(batch, err) : r;
}
