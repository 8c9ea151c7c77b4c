/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall db verify`, `export` and `import`: a database as a file. Import is the way into an
 * air-gapped site: the file is checked whole (signature where a key is configured, digest,
 * structure) before it takes the place of the old one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/region.h"
#include "command.h"
#include "io/descriptor.h"
#include "io/file.h"
#include "io/signature.h"
#include "place.h"
#include "rules/gate.h"
#include "vulndb/vulndb.h"

#define COPY_CHUNK ((size_t)1024 * 1024)

struct file_values {
    const char *database;
    const char *key;
    const char *signature;
};

#define ROW(name, type, member, argument, help, environment)                                       \
    {                                                                                              \
        name, 0, type, offsetof(struct file_values, member), argument, help, environment           \
    }

static const struct sw_option file_options[] = {
    ROW("db", SW_OPTION_STRING, database, "FILE", "the database (default: where scan looks for it)",
        "SEAWALL_DB"),
    {0},
};

static const struct sw_option import_options[] = {
    ROW("db", SW_OPTION_STRING, database, "FILE",
        "the database to replace (default: where scan looks for it)", "SEAWALL_DB"),
    ROW("key", SW_OPTION_STRING, key, "PEM",
        "Ed25519 public key; the import then needs a signature that holds", "SEAWALL_DB_KEY"),
    ROW("signature", SW_OPTION_STRING, signature, "FILE",
        "signature of the file (default: FILE.sig beside it)", NULL),
    {0},
};

/* A file of ours that is not wanted any more; NULL where it was never made. */
static void discard(const char *path)
{
    if (path != NULL)
        unlink(path);
}

static int copy_bytes(int from, int to)
{
    SW_CLEANUP(sw_mem_freep) char *chunk = sw_mem_alloc(COPY_CHUNK);
    if (chunk == NULL)
        return -ENOMEM;
    for (;;) {
        ssize_t n = read(from, chunk, COPY_CHUNK);
        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        int r = n < 0 ? -errno : sw_descriptor_write_full(to, chunk, (size_t)n);
        if (r < 0)
            return r;
    }
}

/* Copies `from` to a new file beside `to`; its name goes to *ret. */
static int copy_beside(
    const char *from, const char *to, struct sw_region *region, char **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int in = -1;
    SW_CLEANUP(sw_descriptor_closep) int out = -1;
    int r = sw_file_open(AT_FDCWD, from, &in, err);
    if (r == 0)
        r = sw_file_new_beside(AT_FDCWD, to, 0644, region, ret, &out, err);
    if (r < 0)
        return r;
    r = copy_bytes(in, out);
    if (r < 0) {
        discard(*ret);
        return sw_err_set(err, r, "cannot copy '%s' to '%s': %s", from, to, strerror(-r));
    }
    return 0;
}

static int make_parent(const char *path, struct sw_region *region, struct sw_err *err)
{
    char *parent = sw_region_strdup(region, sw_str_of(path));
    char *slash = parent != NULL ? strrchr(parent, '/') : NULL;
    if (slash == NULL || slash == parent)
        return 0;
    *slash = '\0';
    return sw_file_make_directories(AT_FDCWD, parent, 0755, err);
}

static int check_signature(const struct file_values *values, const char *file, const char *copy,
    struct sw_region *region, struct sw_err *err)
{
    if (values->key == NULL)
        return values->signature == NULL
                   ? 0
                   : sw_err_set(err, -EINVAL, "a signature needs the key that made it: --key PEM");
    const char *signature =
        values->signature != NULL ? values->signature : sw_region_printf(region, "%s.sig", file);
    return signature == NULL ? -ENOMEM : sw_signature_verify(copy, signature, values->key, err);
}

/* The copy is what is checked, so that nobody can change the file between check and use. */
static int import(const struct file_values *values, const char *file, const char *database,
    struct sw_region *region, struct sw_err *err)
{
    char *copy = NULL;
    int r = make_parent(database, region, err);
    if (r == 0)
        r = copy_beside(file, database, region, &copy, err);
    if (r < 0)
        return r;
    r = check_signature(values, file, copy, region, err);
    if (r == 0)
        r = sw_vulndb_verify(copy, err);
    if (r == 0)
        r = sw_file_replace(AT_FDCWD, copy, database, err);
    if (r < 0)
        discard(copy);
    const char *record = sw_region_printf(region, "%s.verified", copy);
    discard(record);
    return r < 0 ? r : sw_vulndb_verify(database, err);
}

static int run_file(const struct sw_command *command, int argc, char **argv,
    int (*act)(const struct file_values *values, const char *operand, const char *database,
        struct sw_region *region, struct sw_err *err),
    const char *missing)
{
    struct file_values values = {0};
    const char *operand = NULL;
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &values, &operand, 1, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    if (operand == NULL && missing != NULL)
        return sw_command_fail(SW_EXIT_USAGE, missing);
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, (size_t)16 * 1024 * 1024);
    const char *database = values.database != NULL ? values.database : sw_place_database(&region);
    if (database == NULL)
        return sw_command_fail(SW_EXIT_USAGE, "name the database: --db FILE");
    struct sw_err err = {0};
    r = act(&values, operand, database, &region, &err);
    if (r < 0)
        return sw_command_fail(SW_EXIT_FAILED, err.message[0] != '\0' ? err.message : strerror(-r));
    return SW_EXIT_DONE;
}

static int verify(const struct file_values *values, const char *operand, const char *database,
    struct sw_region *region, struct sw_err *err)
{
    (void)values;
    (void)region;
    const char *path = operand != NULL ? operand : database;
    int r = sw_vulndb_verify(path, err);
    if (r == 0)
        printf("%s: every page and record is sound\n", path);
    return r;
}

static int export(const struct file_values *values, const char *operand, const char *database,
    struct sw_region *region, struct sw_err *err)
{
    (void)values;
    char *copy = NULL;
    int r = sw_vulndb_verify(database, err);
    if (r == 0)
        r = copy_beside(database, operand, region, &copy, err);
    if (r < 0)
        return r;
    r = sw_file_replace(AT_FDCWD, copy, operand, err);
    if (r < 0)
        discard(copy);
    else
        printf("%s\n", operand);
    return r;
}

static int import_and_say(const struct file_values *values, const char *operand,
    const char *database, struct sw_region *region, struct sw_err *err)
{
    int r = import(values, operand, database, region, err);
    if (r == 0)
        printf("%s is in force\n", database);
    return r;
}

static int run_verify(const struct sw_command *command, int argc, char **argv)
{
    return run_file(command, argc, argv, verify, NULL);
}

static int run_export(const struct sw_command *command, int argc, char **argv)
{
    return run_file(command, argc, argv, export, "name the file to write");
}

static int run_import(const struct sw_command *command, int argc, char **argv)
{
    return run_file(command, argc, argv, import_and_say, "name the file to import");
}

const struct sw_command sw_db_verify_command = {
    .name = "db verify",
    .usage = "db verify [--db FILE] [FILE]",
    .summary = "Check every page and record of a database",
    .help = "Walks the whole file in a child process and records that it was sound.\n",
    .options = file_options,
    .run = run_verify,
};

const struct sw_command sw_db_export_command = {
    .name = "db export",
    .usage = "db export [--db FILE] FILE",
    .summary = "Copy the checked database to a file, for another site",
    .help = "Sign it, if the other side wants that:\n"
            "  openssl pkeyutl -sign -rawin -inkey key.pem -in vuln.db -out vuln.db.sig\n",
    .options = file_options,
    .run = run_export,
};

const struct sw_command sw_db_import_command = {
    .name = "db import",
    .usage = "db import [--db FILE] [--key PEM] FILE",
    .summary = "Check a database file and put it in force",
    .help = "The old database stays in force until the new one is checked whole; scans that have\n"
            "the old one open are not disturbed.\n",
    .options = import_options,
    .run = run_import,
};
