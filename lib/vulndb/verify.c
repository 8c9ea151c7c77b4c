/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole check of a database, and opening one. LMDB follows page numbers without asking, so
 * a file that nobody has checked is walked in a child first; only a file whose check is on record
 * is opened straight away.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/process_child.h"
#include "vulndb/store_priv.h"
#include "vulndb/walk_priv.h"

/* A walk takes seconds for the largest database; a circle of pages would take for ever. */
#define WALK_CPU_SECONDS 300
#define OPEN_TRIES 3 /* somebody may rename a new one into place while we look at the old */

struct walk {
    const char *path;
    const struct sw_dbfile *file;
};

static int walk_in_child(void *context, struct sw_err *err)
{
    const struct walk *walk = context;
    SW_CLEANUP(sw_vulndb_closep) struct sw_vulndb *db = NULL;
    int r = sw_store_open(walk->path, walk->file, &db, err);
    return r < 0 ? r : sw_walk_all(db, err);
}

/* Everything: checksum by plain reads, then the walk in a child. Records success where it may. */
static int check_all(const char *path, int fd, struct sw_dbfile *file, struct sw_err *err)
{
    struct walk walk = {.path = path, .file = file};
    int r = sw_dbfile_hash(fd, file, err);
    if (r < 0)
        return r;
    r = sw_process_run_child(walk_in_child, &walk, WALK_CPU_SECONDS, err);
    if (r == -ECHILD)
        return sw_err_wrap(err, -EBADMSG, "database damaged: walking it ended in");
    if (r < 0)
        return r;
    sw_dbfile_save_record(path, file);
    return 0;
}

static int open_once(const char *path, struct sw_vulndb **ret, struct sw_err *err)
{
    struct sw_dbfile file = {0};
    int fd = sw_dbfile_open(path, &file, err);
    if (fd < 0)
        return fd;
    int r = sw_dbfile_find_record(path, &file) ? 0 : check_all(path, fd, &file, err);
    close(fd);
    return r < 0 ? r : sw_store_open(path, &file, ret, err);
}

/* Every sentence names the file, also those from below that do not know it. */
static int name_file(const char *path, int r, struct sw_err *err)
{
    if (r >= 0 || err == NULL || strstr(err->message, path) != NULL)
        return r;
    return sw_err_wrap(err, r, "'%s'", path);
}

int sw_vulndb_open(const char *path, struct sw_vulndb **ret, struct sw_err *err)
{
    int r = -ESTALE;
    for (unsigned i = 0; i < OPEN_TRIES && r == -ESTALE; i++)
        r = open_once(path, ret, err);
    return name_file(path, r, err);
}

int sw_vulndb_verify(const char *path, struct sw_err *err)
{
    struct sw_dbfile file = {0};
    int fd = sw_dbfile_open(path, &file, err);
    if (fd < 0)
        return fd;
    int r = check_all(path, fd, &file, err);
    close(fd);
    return name_file(path, r, err);
}
