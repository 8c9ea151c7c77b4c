/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks the parallel arrays in which a header names its files. Called once per package, on hostile
 * bytes: each array is checked against the store, each index against its array.
 */
#include "catalog/rpm_files.h"

#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/num.h"

#define INDEX_MAX 65535U
#define PREAMBLE_BYTES 8U
#define ENTRY_BYTES 16U
/* The largest packages have some ten thousand folders. */
#define FOLDERS_MAX ((uint32_t)1 << 18)

enum { TYPE_INT8 = 2, TYPE_INT16 = 3, TYPE_INT32 = 4, TYPE_STRING_ARRAY = 8 };
enum { TYPE_CHAR = 1 };
enum { CONFIG = 1, DOC = 2, GHOST = 64, LICENCE = 128, README = 256 };
enum { VERIFY_DIGEST = 1 };

enum array {
    MODES,
    DIGESTS,
    FLAGS,
    STATES,
    VERIFY,
    FOLDER_INDEXES,
    NAMES,
    FOLDERS,
    ALGORITHM,
    _ARRAY_MAX
};

static const struct {
    uint32_t tag;
    uint32_t type;
    size_t item_bytes; /* 0: texts */
} arrays[_ARRAY_MAX] = {
    [MODES] = {1030, TYPE_INT16, 2},
    [DIGESTS] = {1035, TYPE_STRING_ARRAY, 0},
    [FLAGS] = {1037, TYPE_INT32, 4},
    [STATES] = {1029, TYPE_CHAR, 1},
    [VERIFY] = {1045, TYPE_INT32, 4},
    [FOLDER_INDEXES] = {1116, TYPE_INT32, 4},
    [NAMES] = {1117, TYPE_STRING_ARRAY, 0},
    [FOLDERS] = {1118, TYPE_STRING_ARRAY, 0},
    [ALGORITHM] = {5011, TYPE_INT32, 4},
};

/* One array in the store: absent where n is 0. */
struct items {
    struct sw_str bytes; /* from its first item to the end of the store */
    uint32_t n;
};

/* True for the type that is right, and for char and int8, which rpm takes for each other. */
static bool is_type(enum array array, uint32_t type)
{
    return type == arrays[array].type || (array == STATES && type == TYPE_INT8);
}

static void find_arrays(struct sw_str index, struct sw_str store, struct items ret[_ARRAY_MAX])
{
    for (size_t at = 0; at < index.n; at += ENTRY_BYTES) {
        const char *p = index.p + at;
        uint32_t tag = sw_num_be32(p);
        uint32_t offset = sw_num_be32(p + 8);
        uint32_t n = sw_num_be32(p + 12);
        for (enum array i = 0; i < _ARRAY_MAX; i++) {
            if (arrays[i].tag != tag || !is_type(i, sw_num_be32(p + 4)) || offset > store.n)
                continue;
            size_t least = arrays[i].item_bytes > 0 ? arrays[i].item_bytes : 1;
            ret[i] = (struct items){0};
            if (n <= (store.n - offset) / least)
                ret[i] = (struct items){sw_str_skip(store, offset), n};
        }
    }
}

static bool next_text(struct sw_str *rest, struct sw_str *ret)
{
    ptrdiff_t end = sw_str_find_char(*rest, '\0');
    if (end < 0)
        return false;
    *ret = sw_str_part(*rest, 0, (size_t)end);
    *rest = sw_str_skip(*rest, (size_t)end + 1);
    return true;
}

static uint32_t number(const struct items *items, size_t i, uint32_t otherwise)
{
    return i < items->n ? sw_num_be32(items->bytes.p + 4 * i) : otherwise;
}

static int read_folders(const struct items *items, struct sw_str **ret)
{
    if (items->n > FOLDERS_MAX)
        return -EBADMSG;
    SW_CLEANUP(sw_mem_freep) struct sw_str *folders = sw_mem_zalloc(items->n, sizeof(*folders));
    if (folders == NULL)
        return -ENOMEM;
    struct sw_str rest = items->bytes;
    for (uint32_t i = 0; i < items->n; i++)
        if (!next_text(&rest, &folders[i]))
            return -EBADMSG;
    *ret = SW_TAKE(folders);
    return 0;
}

static bool is_free(const struct items *all, size_t i)
{
    uint32_t flags = number(&all[FLAGS], i, 0);
    bool is_installed = i >= all[STATES].n || all[STATES].bytes.p[i] == 0;
    bool is_verified = (number(&all[VERIFY], i, UINT32_MAX) & VERIFY_DIGEST) != 0;
    return (flags & (CONFIG | DOC | GHOST | LICENCE | README)) != 0 || !is_installed ||
           !is_verified;
}

static int walk(const struct items *all, const struct sw_str *folders,
    int (*each)(void *context, const struct sw_rpm_file *file), void *context)
{
    struct sw_str names = all[NAMES].bytes;
    struct sw_str digests = all[DIGESTS].bytes;
    uint32_t algorithm = number(&all[ALGORITHM], 0, SW_RPM_DIGEST_MD5);
    for (uint32_t i = 0; i < all[NAMES].n; i++) {
        struct sw_rpm_file file = {.algorithm = algorithm, .is_free = is_free(all, i)};
        uint32_t folder = number(&all[FOLDER_INDEXES], i, UINT32_MAX);
        if (!next_text(&names, &file.name) || !next_text(&digests, &file.digest) ||
            folder >= all[FOLDERS].n)
            return -EBADMSG;
        bool is_regular = i < all[MODES].n && S_ISREG(sw_num_be16(all[MODES].bytes.p + 2 * i));
        if (!is_regular || file.digest.n == 0)
            continue;
        file.folder = folders[folder];
        int r = each(context, &file);
        if (r < 0)
            return r;
    }
    return 0;
}

int sw_rpm_files_parse(
    struct sw_str blob, int (*each)(void *context, const struct sw_rpm_file *file), void *context)
{
    if (blob.n < PREAMBLE_BYTES)
        return -EBADMSG;
    uint32_t n_entries = sw_num_be32(blob.p);
    size_t index_bytes = (size_t)n_entries * ENTRY_BYTES;
    if (n_entries > INDEX_MAX || blob.n - PREAMBLE_BYTES < index_bytes)
        return -EBADMSG;
    struct sw_str store = sw_str_skip(blob, PREAMBLE_BYTES + index_bytes);
    store = sw_str_part(store, 0, sw_num_be32(blob.p + 4));
    struct items all[_ARRAY_MAX] = {0};
    find_arrays(sw_str_part(blob, PREAMBLE_BYTES, index_bytes), store, all);
    if (all[NAMES].n == 0)
        return 0;
    if (all[DIGESTS].n != all[NAMES].n || all[FOLDER_INDEXES].n != all[NAMES].n)
        return -EBADMSG;
    SW_CLEANUP(sw_mem_freep) struct sw_str *folders = NULL;
    int r = read_folders(&all[FOLDERS], &folders);
    return r < 0 ? r : walk(all, folders, each, context);
}
