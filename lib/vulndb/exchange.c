/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Export and import. What is checked is always our own copy, so that nobody can change the file
 * between check and use.
 */
#include "vulndb/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/region.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/file.h"
#include "io/signature.h"
#include "vulndb/carrier.h"
#include "vulndb/dbfile.h"
#include "vulndb/store_priv.h"

#define COPY_CHUNK ((size_t)1024 * 1024)
#define REGION_BYTES ((size_t)16 << 20)

/* When a database was built; false when it does not say. */
static bool get_created(const struct sw_vulndb *db, struct sw_str *ret)
{
    return sw_store_get(db, SW_TABLE_META, SW_STR(SW_META_CREATED), ret) == 1;
}

static int describe(const char *database, struct sw_carrier *carrier, struct sw_err *err)
{
    SW_CLEANUP(sw_vulndb_closep) struct sw_vulndb *db = NULL;
    struct sw_str created;
    int r = sw_vulndb_open(database, &db, err);
    if (r < 0)
        return r;
    if (get_created(db, &created) && created.n < SW_CARRIER_CREATED_BYTES)
        memcpy(carrier->created, created.p, created.n);
    carrier->n_content = db->file.n_bytes;
    memcpy(carrier->to, db->file.digest, SW_CARRIER_DIGEST_BYTES);
    return 0;
}

int sw_exchange_export(
    const char *database, const char *output, const char *private_key, struct sw_err *err)
{
    struct sw_carrier carrier = {.kind = SW_CARRIER_DATABASE, .format = SW_VULNDB_FORMAT_VERSION};
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = NULL;
    int fd = -1;
    int r = sw_vulndb_verify(database, err);
    if (r == 0)
        r = describe(database, &carrier, err);
    if (r == 0)
        r = sw_file_open(AT_FDCWD, database, &fd, err);
    if (r < 0)
        return r;
    reader = sw_reader_new_fd(fd);
    if (reader == NULL)
        return -ENOMEM;
    return sw_carrier_write(output, &carrier, reader, private_key, err);
}

struct importing {
    const struct sw_exchange_import *import;
    struct sw_region region;
    struct sw_carrier carrier;
    bool is_packed; /* the carrier holds */
    char *copy;     /* beside the database; NULL until made */
};

static int copy_all(struct sw_reader *reader, int to, struct sw_err *err)
{
    SW_CLEANUP(sw_mem_freep) char *chunk = sw_mem_alloc(COPY_CHUNK);
    ssize_t n = chunk != NULL ? 1 : -ENOMEM;
    int r = 0;
    while (n > 0 && r == 0) {
        n = sw_reader_read(reader, chunk, COPY_CHUNK, err);
        if (n > 0)
            r = sw_descriptor_write_full(to, chunk, (size_t)n);
    }
    return n < 0 ? (int)n : r;
}

/* What the file holds, as a reader; notes whether it is packed. */
static int open_file(struct importing *m, struct sw_reader **ret, struct sw_err *err)
{
    const struct sw_exchange_import *import = m->import;
    struct sw_err why = {0};
    int fd = -1;
    int r = sw_carrier_open(
        import->file, SW_CARRIER_DATABASE, import->public_key, &m->carrier, &fd, &why);
    m->is_packed = r == 0;
    if (r == 0) {
        r = sw_carrier_read(&m->carrier, fd, ret, &why);
        if (r < 0)
            sw_err_wrap(&why, r, "'%s'", import->file);
    } else if (r == -EMEDIUMTYPE) {
        r = sw_file_open(AT_FDCWD, import->file, &fd, &why);
        *ret = r == 0 ? sw_reader_new_fd(fd) : NULL;
        if (r == 0 && *ret == NULL)
            r = -ENOMEM;
    }
    return r < 0 ? sw_err_set(err, r, "%s", why.message) : 0;
}

static int make_copy(struct importing *m, struct sw_err *err)
{
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = NULL;
    SW_CLEANUP(sw_descriptor_closep) int out = -1;
    struct sw_err why = {0};
    int r = open_file(m, &reader, err);
    if (r == 0)
        r = sw_file_new_beside(
            AT_FDCWD, m->import->database, 0644, &m->region, &m->copy, &out, err);
    if (r < 0)
        return r;
    r = copy_all(reader, out, &why);
    /* Readers refuse a file that others can write. */
    if (r == 0 && fchmod(out, 0644) < 0)
        r = -errno;
    if (r < 0)
        return sw_err_set(err, r, "cannot copy '%s' to '%s': %s", m->import->file,
            m->import->database, why.message[0] != '\0' ? why.message : strerror(-r));
    return 0;
}

static int check_signature(struct importing *m, struct sw_err *err)
{
    const struct sw_exchange_import *import = m->import;
    const char *signature = import->signature;
    if (import->public_key == NULL || m->is_packed)
        return 0; /* a packed one was checked when it was opened */
    if (signature == NULL)
        signature = sw_region_printf(&m->region, "%s.sig", import->file);
    if (signature == NULL)
        return -ENOMEM;
    if (access(signature, R_OK) < 0)
        return sw_err_set(err, -EKEYREJECTED,
            "'%s' is not signed, and a key is required; there is no '%s' either", import->file,
            signature);
    return sw_signature_verify(m->copy, signature, import->public_key, err);
}

/* What was found in force, as far as it can be read. */
static int check_age(struct importing *m, struct sw_err *err)
{
    SW_CLEANUP(sw_vulndb_closep) struct sw_vulndb *now = NULL;
    SW_CLEANUP(sw_vulndb_closep) struct sw_vulndb *old = NULL;
    struct sw_str now_text;
    struct sw_str old_text;
    int64_t now_s = 0;
    int64_t old_s = 0;
    int r = sw_vulndb_open(m->copy, &now, err);
    if (r < 0)
        return r;
    if (m->is_packed && strcmp(now->file.digest, m->carrier.to) != 0)
        return sw_err_set(
            err, -EBADMSG, "'%s' is damaged: the database in it is another", m->import->file);
    if (m->import->is_forced || sw_vulndb_open(m->import->database, &old, NULL) < 0 ||
        !get_created(now, &now_text) || !get_created(old, &old_text) ||
        sw_clock_parse(now_text, &now_s) < 0 || sw_clock_parse(old_text, &old_s) < 0)
        return 0;
    if (now_s < old_s)
        return sw_err_set(err, -ESTALE,
            "'%s' was built %.*s, the database in force is newer (%.*s); --force goes back",
            m->import->file, SW_STR_ARG(now_text), SW_STR_ARG(old_text));
    return 0;
}

static int make_parent(struct importing *m, struct sw_err *err)
{
    char *parent = sw_region_strdup(&m->region, sw_str_of(m->import->database));
    char *slash = parent != NULL ? strrchr(parent, '/') : NULL;
    if (slash == NULL || slash == parent)
        return parent != NULL ? 0 : -ENOMEM;
    *slash = '\0';
    return sw_file_make_directories(AT_FDCWD, parent, 0755, err);
}

static void discard_copy(struct importing *m)
{
    if (m->copy == NULL)
        return;
    const char *record = sw_region_printf(&m->region, "%s.verified", m->copy);
    unlink(m->copy);
    if (record != NULL)
        unlink(record);
}

int sw_exchange_import(const struct sw_exchange_import *import, struct sw_err *err)
{
    struct importing m = {.import = import};
    sw_region_init(&m.region, REGION_BYTES);
    int r = make_parent(&m, err);
    if (r == 0)
        r = make_copy(&m, err);
    if (r == 0)
        r = check_signature(&m, err);
    if (r == 0)
        r = sw_vulndb_verify(m.copy, err);
    if (r == 0)
        r = check_age(&m, err);
    if (r == 0)
        r = sw_dbfile_replace(m.copy, import->database, err);
    if (r < 0)
        discard_copy(&m);
    sw_region_done(&m.region);
    return r;
}
