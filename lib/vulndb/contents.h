/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that a database holds, in its own order: for a build that keeps the records of a feed
 * that broke, and for comparing two databases.
 */
#pragma once

#include "io/digest.h"
#include "vulndb/vulndb.h"

struct sw_contents_visitor {
    void *context;
    /* Each is borrowed for the call; NULL: not wanted. A negative return ends the walk. */
    int (*advisory)(void *context, const struct sw_advisory *advisory, struct sw_err *err);
    int (*cve_facts)(void *context, const struct sw_cve_facts *facts, struct sw_err *err);
    int (*eol)(void *context, const struct sw_eol *eol, struct sw_err *err);
    /* Spares unpacking those that are not wanted; NULL: all are. */
    bool (*wants_feed)(void *context, struct sw_str feed);
};

int sw_contents_walk(
    const struct sw_vulndb *db, const struct sw_contents_visitor *visitor, struct sw_err *err);

/* Calls each() with the names of feeds (newlines between, borrowed from the database) that a file
 * of the sources folder made, once for itself and once for each member of an archive, until it
 * returns a negative errno. The number of calls. */
int sw_contents_find_file(const struct sw_vulndb *db, struct sw_str path,
    int (*each)(void *context, struct sw_str names), void *context);

/* The digest of every record of every table in key order, "sha256:...": the same for two databases
 * that hold the same, however their pages lie. Reads all of it. */
int sw_contents_digest(
    const struct sw_vulndb *db, char ret[SW_DIGEST_TEXT_BYTES], struct sw_err *err);
