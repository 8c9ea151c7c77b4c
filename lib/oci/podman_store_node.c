/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of podman's containers run: each has a monitor, whose process id lies in the run root.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "oci/json_items.h"
#include "oci/podman_store.h"

#define PATH_BYTES ((size_t)4096)
#define NOTE_BYTES_MAX ((size_t)64)
#define MONITOR "conmon"

struct node {
    const struct sw_podman_place *place;
    struct sw_region *region;
    int run_fd; /* -1: nothing runs */
    struct sw_str *ids;
    size_t n;
    size_t capacity;
};

/* A process id may be another's by now; the monitor's name is not. */
static bool is_monitor(uint64_t pid)
{
    char path[64];
    char name[32] = "";
    snprintf(path, sizeof(path), "/proc/%llu/comm", (unsigned long long)pid);
    SW_CLEANUP(sw_descriptor_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && sw_descriptor_read_full(fd, name, sizeof(name) - 1) > 0 &&
           strncmp(name, MONITOR, strlen(MONITOR)) == 0;
}

static bool is_running(const struct node *node, struct sw_str id)
{
    char path[PATH_BYTES];
    uint64_t pid = 0;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, NOTE_BYTES_MAX);
    snprintf(path, sizeof(path), "%s-containers/%.*s/userdata/conmon.pid",
        node->place->driver->name, SW_STR_ARG(id));
    return node->run_fd >= 0 && id.n > 0 &&
           sw_store_load_file(node->run_fd, path, &text, NULL) == 0 &&
           sw_str_parse_u64(sw_str_trim(sw_buf_str(&text)), 10, &pid) == 0 && is_monitor(pid);
}

static int add(struct node *node, struct sw_str id)
{
    if (node->n >= SW_PODMAN_CONTAINERS_MAX)
        return -EFBIG;
    if (node->n == node->capacity) {
        size_t capacity = node->capacity == 0 ? 64 : node->capacity * 2;
        struct sw_str *ids = sw_region_array(node->region, capacity, sizeof(*ids));
        if (ids == NULL)
            return -ENOMEM;
        if (node->n > 0)
            memcpy(ids, node->ids, node->n * sizeof(*ids));
        node->ids = ids;
        node->capacity = capacity;
    }
    node->ids[node->n++] = id;
    return 0;
}

static int take_items(struct node *node, struct sw_reader *reader, struct sw_err *err)
{
    SW_CLEANUP(sw_json_items_done) struct sw_json_items items;
    struct sw_str text;
    int r;
    sw_json_items_init(&items, reader, SW_PODMAN_ITEM_MAX);
    while ((r = sw_json_items_next(&items, &text, err)) > 0) {
        struct sw_podman_container container;
        r = sw_podman_container_parse(text, node->region, &container, err);
        if (r == 0 && is_running(node, container.id))
            r = add(node, container.image);
        if (r < 0)
            return r;
    }
    return r;
}

static int read_containers(struct node *node, struct sw_err *err)
{
    static const char *const names[] = {"containers.json", "volatile-containers.json"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(names); i++) {
        char path[PATH_BYTES];
        uint64_t size = 0;
        int fd = -1;
        snprintf(path, sizeof(path), "%s-containers/%s", node->place->driver->name, names[i]);
        int r = sw_store_open_file(node->place->root_fd, path, &fd, &size, err);
        if (r == -ENOENT)
            continue;
        if (r < 0)
            return r;
        SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_fd(fd);
        if (reader == NULL)
            return -ENOMEM;
        r = size > 0 ? take_items(node, reader, err) : 0;
        if (r < 0)
            return sw_err_wrap(err, r, "'%s'", path);
    }
    return 0;
}

static int compare_ids(const void *a, const void *b)
{
    return sw_str_compare(*(const struct sw_str *)a, *(const struct sw_str *)b);
}

int sw_podman_store_running(const struct sw_podman_store *store, const char *run_root,
    struct sw_region *region, struct sw_str **ret, size_t *ret_n, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep)
    int run_fd = open(run_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct node node = {.region = region, .run_fd = run_fd};
    for (size_t i = 0; i < store->n_places; i++) {
        node.place = &store->places[i];
        int r = read_containers(&node, err);
        if (r < 0)
            return r;
    }
    if (node.n > 0)
        qsort(node.ids, node.n, sizeof(*node.ids), compare_ids);
    *ret = node.ids;
    *ret_n = node.n;
    return 0;
}
