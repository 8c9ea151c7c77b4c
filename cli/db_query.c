/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a database for a command.
 */
#include "db_query.h"

#include <errno.h>

#include "place.h"
#include "rules/gate.h"

#define REGION_MAX ((size_t)256 * 1024 * 1024)

struct query_values {
    const char *database;
};

const struct sw_option sw_db_query_options[] = {
    {"db", 0, SW_OPTION_STRING, offsetof(struct query_values, database), "FILE",
        "the database (default: where scan looks for it)", "SEAWALL_DB"},
    {0},
};

int sw_db_query_open(struct sw_db_query *query, const struct sw_command *command, int argc,
    char **argv, int *ret_status)
{
    *query = (struct sw_db_query){0};
    sw_region_init(&query->region, REGION_MAX);
    struct query_values values = {0};
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &values, &query->operand, 1, &n);
    if (r != 0) {
        *ret_status = r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
        return -ECANCELED;
    }
    query->path = values.database != NULL ? values.database : sw_place_database(&query->region);
    struct sw_err err = {0};
    r = query->path == NULL ? sw_err_set(&err, -ENOENT, "name a database: --db FILE")
                            : sw_vulndb_open(query->path, &query->database, &err);
    if (r < 0)
        *ret_status = sw_command_fail(SW_EXIT_FAILED, err.message);
    return r;
}

void sw_db_query_done(struct sw_db_query *query)
{
    sw_vulndb_closep(&query->database);
    sw_region_done(&query->region);
}
