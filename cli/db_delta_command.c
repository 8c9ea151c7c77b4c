/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall db delta` and `db apply`: the difference of two databases as a file, and putting it in
 * force on another machine.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/region.h"
#include "command.h"
#include "place.h"
#include "rules/gate.h"
#include "vulndb/build/delta_apply.h"
#include "vulndb/delta_make.h"

#define DELTAS_MAX 256 /* of one run */

struct delta_values {
    const char *database;
    const char *output;
    const char *private_key;
    const char *public_key;
};

#define ROW(name, letter, type, member, argument, help, environment)                               \
    {                                                                                              \
        name, letter, type, offsetof(struct delta_values, member), argument, help, environment     \
    }

static const struct sw_option delta_options[] = {
    ROW("output", 'o', SW_OPTION_STRING, output, "FILE", "where the delta goes", NULL),
    ROW("key", 0, SW_OPTION_STRING, private_key, "PEM", "sign with this Ed25519 private key", NULL),
    {0},
};

static const struct sw_option apply_options[] = {
    ROW("db", 0, SW_OPTION_STRING, database, "FILE",
        "the database to bring forward (default: where scan looks for it)", "SEAWALL_DB"),
    ROW("database", 0, SW_OPTION_STRING, database, "FILE", "the same", NULL),
    ROW("public-key", 0, SW_OPTION_STRING, public_key, "PEM",
        "Ed25519 public key; a delta then needs a signature that holds", "SEAWALL_DB_KEY"),
    {0},
};

static uint64_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static int run_delta(const struct sw_command *command, int argc, char **argv)
{
    struct delta_values values = {0};
    const char *operands[2] = {0};
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &values, operands, 2, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    if (n != 2)
        return sw_command_fail(SW_EXIT_USAGE, "name two databases, the older one first");
    if (values.output == NULL)
        return sw_command_fail(SW_EXIT_USAGE, "name the delta to write: -o FILE");
    struct sw_delta_counts counts = {0};
    struct sw_err err = {0};
    r = sw_delta_make(operands[0], operands[1], values.output, values.private_key, &counts, &err);
    if (r < 0)
        return sw_command_fail(SW_EXIT_FAILED, err.message[0] != '\0' ? err.message : strerror(-r));
    printf("%s: %" PRIu64 " records put, %" PRIu64 " changed, %" PRIu64 " removed, %.1f kB\n",
        values.output, counts.n_put, counts.n_changed, counts.n_removed,
        (double)size_of(values.output) / 1e3);
    return SW_EXIT_DONE;
}

static int apply_one(const char *database, const char *delta, const char *public_key)
{
    struct sw_delta_counts counts = {0};
    struct sw_err err = {0};
    int r = sw_delta_apply(database, delta, public_key, &counts, &err);
    if (r < 0)
        return sw_command_fail(SW_EXIT_FAILED, err.message[0] != '\0' ? err.message : strerror(-r));
    if (r == 0)
        printf("%s: '%s' is in this state already\n", database, delta);
    else
        printf("%s is in force: %" PRIu64 " records put, %" PRIu64 " changed, %" PRIu64
               " removed\n",
            database, counts.n_put, counts.n_changed, counts.n_removed);
    return SW_EXIT_DONE;
}

static int run_apply(const struct sw_command *command, int argc, char **argv)
{
    struct delta_values values = {0};
    const char *operands[DELTAS_MAX] = {0};
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &values, operands, DELTAS_MAX, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    if (n == 0)
        return sw_command_fail(SW_EXIT_USAGE, "name the delta to apply, or several in their order");
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 65536);
    const char *database = values.database != NULL ? values.database : sw_place_database(&region);
    if (database == NULL)
        return sw_command_fail(SW_EXIT_USAGE, "name the database: --db FILE");
    int status = SW_EXIT_DONE;
    for (size_t i = 0; i < n && status == SW_EXIT_DONE; i++)
        status = apply_one(database, operands[i], values.public_key);
    return status;
}

const struct sw_command sw_db_delta_command = {
    .name = "db delta",
    .usage = "db delta OLD NEW -o FILE [--key PEM]",
    .summary = "Write what makes one database of another",
    .help = "Where OLD is in force, seawall db apply FILE makes NEW of it; a day's difference is\n"
            "small. Both stay as they are.\n",
    .options = delta_options,
    .run = run_delta,
};

const struct sw_command sw_db_apply_command = {
    .name = "db apply",
    .usage = "db apply [--db FILE] [--public-key PEM] DELTA...",
    .summary = "Bring the database forward by deltas",
    .help = "Several are applied one after the other. Each is checked: that the database is in\n"
            "the state that it is for, and that what comes out is what it promises. Until then\n"
            "nothing is changed.\n",
    .options = apply_options,
    .run = run_apply,
};
