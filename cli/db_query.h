/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the commands that ask a database share: the --db option, one operand, opening it.
 */
#pragma once

#include "base/region.h"
#include "command.h"
#include "vulndb/vulndb.h"

struct sw_db_query {
    const char *path;    /* of the database */
    const char *operand; /* NULL: none given */
    struct sw_vulndb *database;
    struct sw_region region;
};

extern const struct sw_option sw_db_query_options[];

/* Parses and opens. 0: go on; else *ret_status is what to exit with. Call sw_db_query_done. */
int sw_db_query_open(struct sw_db_query *query, const struct sw_command *command, int argc,
    char **argv, int *ret_status);
void sw_db_query_done(struct sw_db_query *query);
