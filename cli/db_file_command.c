/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall db verify`, `export` and `import`: a database as a file. Import is the way into an
 * air-gapped site: the file is checked whole (signature where a key is configured, digest,
 * structure) before it takes the place of the old one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/region.h"
#include "command.h"
#include "place.h"
#include "rules/gate.h"
#include "vulndb/exchange.h"
#include "vulndb/vulndb.h"

struct file_values {
    const char *database;
    const char *public_key;
    const char *private_key;
    const char *signature;
    bool is_forced;
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

static const struct sw_option export_options[] = {
    ROW("db", SW_OPTION_STRING, database, "FILE", "the database (default: where scan looks for it)",
        "SEAWALL_DB"),
    ROW("key", SW_OPTION_STRING, private_key, "PEM", "sign with this Ed25519 private key", NULL),
    {0},
};

static const struct sw_option import_options[] = {
    ROW("db", SW_OPTION_STRING, database, "FILE",
        "the database to replace (default: where scan looks for it)", "SEAWALL_DB"),
    ROW("public-key", SW_OPTION_STRING, public_key, "PEM",
        "Ed25519 public key; the import then needs a signature that holds", "SEAWALL_DB_KEY"),
    ROW("key", SW_OPTION_STRING, public_key, "PEM", "the same", NULL),
    ROW("signature", SW_OPTION_STRING, signature, "FILE",
        "of a database that is not packed: its signature (default: FILE.sig beside it)", NULL),
    ROW("force", SW_OPTION_FLAG, is_forced, NULL, "also when it is older than the one in force",
        NULL),
    {0},
};

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
    (void)region;
    int r = sw_exchange_export(database, operand, values->private_key, err);
    if (r == 0)
        printf("%s\n", operand);
    return r;
}

static int import(const struct file_values *values, const char *operand, const char *database,
    struct sw_region *region, struct sw_err *err)
{
    (void)region;
    if (values->signature != NULL && values->public_key == NULL)
        return sw_err_set(err, -EINVAL, "a signature needs the key that made it: --public-key PEM");
    struct sw_exchange_import import = {
        .file = operand,
        .database = database,
        .public_key = values->public_key,
        .signature = values->signature,
        .is_forced = values->is_forced,
    };
    int r = sw_exchange_import(&import, err);
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
    return run_file(command, argc, argv, import, "name the file to import");
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
    .usage = "db export [--db FILE] [--key PEM] FILE",
    .summary = "Pack the checked database into one file, for another site",
    .help = "The file is compressed and carries its digest, and a signature if a key is given:\n"
            "  openssl genpkey -algorithm ed25519 -out key.pem\n"
            "  openssl pkey -in key.pem -pubout -out pub.pem    # for those who import\n",
    .options = export_options,
    .run = run_export,
};

const struct sw_command sw_db_import_command = {
    .name = "db import",
    .usage = "db import [--db FILE] [--public-key PEM] FILE",
    .summary = "Check a database file and put it in force",
    .help = "FILE is what db export wrote, or a database as it is. The old one stays in force\n"
            "until the new one is checked whole; scans that have it open are not disturbed.\n",
    .options = import_options,
    .run = run_import,
};
