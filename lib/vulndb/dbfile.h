/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database as a file, before LMDB is allowed to map it: who owns it, whether its size and
 * headers make sense, whether its content is what its last page says, and the record beside it
 * (FILE.verified) that says that all this was found right before.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "vulndb/format.h"

struct sw_dbfile {
    uint64_t device;
    uint64_t inode;
    uint64_t n_bytes;
    int64_t mtime_ns;
    int64_t ctime_ns;
    struct sw_trailer trailer;
    char digest[SW_TRAILER_DIGEST_BYTES]; /* of the whole file; empty until known */
};

/* Opens for reading and looks at owner, mode, size, trailer and LMDB's two headers; reads four
 * pages and maps nothing. A descriptor, which the caller closes, or as sw_vulndb_open. */
int sw_dbfile_open(const char *path, struct sw_dbfile *ret, struct sw_err *err);
/* Reads all of it: -EBADMSG when the content is not what the trailer says. Sets the digest. */
int sw_dbfile_hash(int fd, struct sw_dbfile *file, struct sw_err *err);
/* True when the record beside the file speaks of exactly this file; sets the digest. */
bool sw_dbfile_find_record(const char *path, struct sw_dbfile *file);
/* Writes the record: 0 or negative errno; the database is as good without. */
int sw_dbfile_save_record(const char *path, const struct sw_dbfile *file);
/* True when fd is open on this very file. */
bool sw_dbfile_is_same(const struct sw_dbfile *file, int fd);
/* Puts a file that was checked in the place of `to`, and its record with it: a rename changes a
 * file's times, not what is in it. */
int sw_dbfile_replace(const char *from, const char *to, struct sw_err *err);
