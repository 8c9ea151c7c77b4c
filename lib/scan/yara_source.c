/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading YARA rules. Folders are walked below their descriptor, links in them are not followed.
 */
#include "scan/yara_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "io/beneath.h"
#include "io/descriptor.h"
#include "oci/path.h"

#define ROOTS_MAX ((size_t)256)
#define INCLUDE_DEPTH_MAX 16
#define NOTES_MAX ((size_t)200)
#define NOTES_BYTES_MAX ((size_t)256 * 1024)

static const char *const suffixes[] = {".yar", ".yara", ".rule", ".rules"};

void sw_yara_sources_init(struct sw_yara_sources *sources, struct sw_region *region)
{
    *sources = (struct sw_yara_sources){.region = region};
    sw_buf_init(&sources->notes, NOTES_BYTES_MAX);
}

void sw_yara_sources_done(struct sw_yara_sources *sources)
{
    SW_VEC_EACH (root, &sources->roots)
        sw_descriptor_closep(&root->fd);
    SW_VEC_EACH (file, &sources->files)
        sw_yara_outline_done(&file->outline);
    sw_vec_done(&sources->roots);
    sw_vec_done(&sources->files);
    sw_buf_done(&sources->notes);
}

void sw_yara_sources_note(struct sw_yara_sources *sources, const struct sw_yara_source *source,
    unsigned line, const char *format, ...)
{
    char text[SW_ERR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    /* A line of the notes is one note. */
    for (char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < ' ')
            *p = ' ';
    if (sources->n_notes++ >= NOTES_MAX)
        return;
    if (line > 0)
        (void)sw_buf_printf(&sources->notes, "%s:%u: %s\n", source->display.p, line, text);
    else
        (void)sw_buf_printf(&sources->notes, "%s: %s\n", source->display.p, text);
}

static int read_text(struct sw_yara_sources *sources, int fd, uint64_t size_bytes,
    struct sw_yara_source *source, struct sw_err *err)
{
    if (size_bytes > SW_YARA_FILE_BYTES_MAX || sources->n_bytes + size_bytes > SW_YARA_BYTES_MAX)
        return sw_err_set(err, -EFBIG, "'%s': rules of more than %zu bytes, or %zu in all",
            source->display.p, SW_YARA_FILE_BYTES_MAX, SW_YARA_BYTES_MAX);
    source->text = sw_region_alloc(sources->region, (size_t)size_bytes + 1);
    if (source->text == NULL)
        return -ENOMEM;
    ssize_t n = sw_descriptor_read_full(fd, source->text, (size_t)size_bytes);
    if (n < 0)
        return sw_err_set(err, (int)n, "read '%s': %s", source->display.p, strerror((int)-n));
    source->n = (size_t)n;
    sources->n_bytes += source->n;
    return 0;
}

/* libyara takes text up to the first NUL. */
static void check_text(struct sw_yara_sources *sources, struct sw_yara_source *source)
{
    if (memchr(source->text, '\0', source->n) == NULL)
        return;
    source->is_refused = true;
    source->n = 0;
    source->text[0] = '\0';
    sw_yara_sources_note(sources, source, 0, "refused: holds a NUL byte, so this is no text");
}

static int load(
    struct sw_yara_sources *sources, size_t root, struct sw_str path, struct sw_err *err)
{
    const struct sw_yara_root *folder = &sources->roots.v[root];
    struct sw_beneath_options options = {.is_crossing_mounts = true};
    struct sw_beneath_stat stat;
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    struct sw_yara_source source = {.root = root};
    size_t n_folder = strlen(folder->path);
    const char *slash = n_folder > 0 && folder->path[n_folder - 1] == '/' ? "" : "/";
    char *display =
        sw_region_printf(sources->region, "%s%s%.*s", folder->path, slash, SW_STR_ARG(path));
    if (display == NULL || sw_region_copy(sources->region, path, &source.path) < 0)
        return -ENOMEM;
    source.display = sw_str_of(display);
    int r = sw_beneath_open(folder->fd, path, &options, &fd, &stat, err);
    if (r == 0)
        r = read_text(sources, fd, stat.size_bytes, &source, err);
    if (r < 0)
        return r;
    check_text(sources, &source);
    r = sw_yara_outline_parse((struct sw_str){source.text, source.n}, &source.outline);
    if (r == 0)
        r = sw_vec_push(&sources->files, source, SW_YARA_FILES_MAX);
    if (r < 0)
        sw_yara_outline_done(&source.outline);
    return r == -EFBIG ? sw_err_set(err, r, "'%s': more rules or files than are taken", display)
                       : r;
}

struct listing {
    struct sw_region *region;
    SW_VEC(struct sw_str) paths;
};

static void listing_done(struct listing *listing)
{
    sw_vec_done(&listing->paths);
}

static int list_entry(void *context, const struct sw_beneath_entry *entry)
{
    struct listing *listing = context;
    if (entry->type != SW_BENEATH_FILE)
        return entry->name.p[0] == '.' && entry->name.n > 1 ? SW_BENEATH_SKIP : 0;
    for (size_t i = 0; i < SW_ARRAY_SIZE(suffixes); i++) {
        struct sw_str path;
        if (!sw_str_ends_with(entry->name, sw_str_of(suffixes[i])))
            continue;
        if (sw_region_copy(listing->region, entry->path, &path) < 0)
            return -ENOMEM;
        return sw_vec_push(&listing->paths, path, SW_YARA_FILES_MAX);
    }
    return 0;
}

static int tell_trouble(
    void *context, struct sw_str path, enum sw_beneath_trouble trouble, int error)
{
    (void)context;
    (void)path;
    (void)trouble;
    return error < 0 ? error : -EACCES;
}

static int compare_paths(const void *a, const void *b)
{
    return sw_str_compare(*(const struct sw_str *)a, *(const struct sw_str *)b);
}

static int add_folder(struct sw_yara_sources *sources, size_t root, struct sw_err *err)
{
    SW_CLEANUP(listing_done) struct listing listing = {.region = sources->region};
    struct sw_beneath_walk walk = {.options = {.is_crossing_mounts = true},
        .entry = list_entry,
        .trouble = tell_trouble,
        .context = &listing};
    const char *name = sources->roots.v[root].path;
    int r = sw_beneath_walk(sources->roots.v[root].fd, &walk, err);
    if (r < 0)
        return sw_err_set(err, r, "rules in '%s': %s", name, strerror(-r));
    if (listing.paths.n == 0)
        return sw_err_set(
            err, -ENOENT, "'%s' holds no rules (*.yar, *.yara, *.rule, *.rules)", name);
    qsort(listing.paths.v, listing.paths.n, sizeof(listing.paths.v[0]), compare_paths);
    for (size_t i = 0; r == 0 && i < listing.paths.n; i++)
        r = load(sources, root, listing.paths.v[i], err);
    return r;
}

static int add_root(
    struct sw_yara_sources *sources, const char *path, size_t *ret, struct sw_err *err)
{
    struct sw_yara_root root = {.path = path};
    root.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root.fd < 0)
        return sw_err_set(err, -errno, "rules '%s': %s", path, strerror(errno));
    int r = sw_vec_push(&sources->roots, root, ROOTS_MAX);
    if (r < 0)
        sw_descriptor_closep(&root.fd);
    *ret = sources->roots.n - 1;
    return r == -EFBIG ? sw_err_set(err, r, "more than %zu folders of rules", ROOTS_MAX) : r;
}

/* What a file includes is loaded with it, and is no file of its own any more. */
static int load_includes(struct sw_yara_sources *sources, size_t first, struct sw_err *err)
{
    for (size_t i = first; i < sources->files.n; i++) {
        for (size_t j = 0; j < sources->files.v[i].outline.items.n; j++) {
            struct sw_yara_source *file = &sources->files.v[i];
            const struct sw_yara_item *item = &file->outline.items.v[j];
            struct sw_err why = {0};
            if (item->kind != SW_YARA_INCLUDE)
                continue;
            struct sw_yara_source *found = sw_yara_sources_find(sources, file, item->name, &why);
            if (why.code == -ENOMEM)
                return -ENOMEM;
            file = &sources->files.v[i];
            if (found != NULL && found != file) {
                found->is_included = true;
                continue;
            }
            sw_yara_sources_note(sources, file, item->line, "include '%.*s' refused: %s",
                SW_STR_ARG(item->name), found != NULL ? "it is this very file" : why.message);
            sw_yara_source_blank(file, &file->outline.items.v[j]);
        }
    }
    (void)err;
    return 0;
}

/* Everything that a file brings in; what would come back to a file that is being read is taken out.
 */
static void reach(struct sw_yara_sources *sources, struct sw_yara_source *file, unsigned depth)
{
    if (file->is_reached || depth > INCLUDE_DEPTH_MAX)
        return;
    file->is_reached = true;
    file->is_open = true;
    SW_VEC_EACH (item, &file->outline.items) {
        struct sw_yara_source *found = item->kind == SW_YARA_INCLUDE
                                           ? sw_yara_sources_find(sources, file, item->name, NULL)
                                           : NULL;
        if (found != NULL && found->is_open) {
            sw_yara_sources_note(sources, file, item->line,
                "include '%.*s' refused: the files include one another in a circle",
                SW_STR_ARG(item->name));
            sw_yara_source_blank(file, item);
        } else if (found != NULL) {
            reach(sources, found, depth + 1);
        }
    }
    file->is_open = false;
}

/* Those that include one another in a circle would otherwise all be nobody's. */
static void reach_all(struct sw_yara_sources *sources, size_t first)
{
    for (size_t i = first; i < sources->files.n; i++)
        if (!sources->files.v[i].is_included)
            reach(sources, &sources->files.v[i], 0);
    for (size_t i = first; i < sources->files.n; i++) {
        if (sources->files.v[i].is_reached)
            continue;
        sources->files.v[i].is_included = false;
        reach(sources, &sources->files.v[i], 0);
    }
}

int sw_yara_sources_add(struct sw_yara_sources *sources, const char *path, struct sw_err *err)
{
    struct stat st;
    size_t root = 0;
    size_t first = sources->files.n;
    if (stat(path, &st) < 0)
        return sw_err_set(err, -errno, "rules '%s': %s", path, strerror(errno));
    int r;
    if (S_ISDIR(st.st_mode)) {
        r = add_root(sources, path, &root, err);
        if (r == 0)
            r = add_folder(sources, root, err);
    } else {
        struct sw_str folder = sw_path_folder(sw_str_of(path));
        bool is_absolute = path[0] == '/';
        char *name = folder.n > 0
                         ? sw_region_strdup(sources->region, folder)
                         : sw_region_strdup(sources->region, sw_str_of(is_absolute ? "/" : "."));
        r = name == NULL ? -ENOMEM : add_root(sources, name, &root, err);
        if (r == 0)
            r = load(sources, root, sw_path_base(sw_str_of(path)), err);
    }
    if (r == 0)
        r = load_includes(sources, first, err);
    if (r == 0)
        reach_all(sources, first);
    return r;
}

static struct sw_yara_source *find_loaded(
    struct sw_yara_sources *sources, size_t root, struct sw_str path)
{
    SW_VEC_EACH (file, &sources->files)
        if (file->root == root && sw_str_equal(file->path, path))
            return file;
    return NULL;
}

struct sw_yara_source *sw_yara_sources_find(struct sw_yara_sources *sources,
    const struct sw_yara_source *from, struct sw_str name, struct sw_err *err)
{
    char joined[2 * SW_BENEATH_PATH_MAX];
    char clean[2 * SW_BENEATH_PATH_MAX];
    bool climbs = false;
    struct sw_str folder = sw_path_folder(from->path);
    if (name.n == 0 || name.n > SW_BENEATH_PATH_MAX || folder.n > SW_BENEATH_PATH_MAX / 2) {
        sw_err_set(err, -EINVAL, "no name of a file");
        return NULL;
    }
    if (name.p[0] == '/') {
        sw_err_set(err, -EPERM, "it lies outside of the folder of rules");
        return NULL;
    }
    int n = snprintf(joined, sizeof(joined), "%.*s/%.*s", SW_STR_ARG(folder), SW_STR_ARG(name));
    struct sw_str path = {clean, 0};
    path.n = n < 0 || (size_t)n >= sizeof(joined)
                 ? 0
                 : sw_path_clean((struct sw_str){joined, (size_t)n}, clean, &climbs);
    if (path.n == 0 || climbs) {
        sw_err_set(err, -EPERM, "it lies outside of the folder of rules");
        return NULL;
    }
    struct sw_yara_source *found = find_loaded(sources, from->root, path);
    if (found != NULL)
        return found;
    int r = load(sources, from->root, path, err);
    return r < 0 ? NULL : find_loaded(sources, from->root, path);
}

void sw_yara_source_blank(struct sw_yara_source *source, const struct sw_yara_item *item)
{
    for (size_t i = item->start; i < item->end && i < source->n; i++)
        if (source->text[i] != '\n')
            source->text[i] = ' ';
}

static bool is_blank(const struct sw_yara_source *source, const struct sw_yara_item *item)
{
    for (size_t i = item->start; i < item->end && i < source->n; i++)
        if (source->text[i] != '\n' && source->text[i] != ' ')
            return false;
    return true;
}

const struct sw_yara_item *sw_yara_source_item_at(
    const struct sw_yara_source *source, unsigned line)
{
    const struct sw_yara_item *found = NULL;
    SW_VEC_EACH (item, &source->outline.items)
        if (item->line <= line && line <= item->end_line && !is_blank(source, item))
            found = item;
    return found;
}

const struct sw_yara_item *sw_yara_source_rule(
    const struct sw_yara_source *source, struct sw_str name)
{
    SW_VEC_EACH (item, &source->outline.items)
        if (item->kind == SW_YARA_RULE && sw_str_equal(item->name, name) && !is_blank(source, item))
            return item;
    return NULL;
}
