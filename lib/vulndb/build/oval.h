/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OVAL reader: SUSE, Oracle Linux, Azure Linux and CBL-Mariner, Red Hat patch definitions.
 */
#pragma once

#include "vulndb/build/feed.h"
#include "vulndb/build/oval_table.h"

extern const struct sw_feed sw_oval_feed;

/* Turns the table of a whole file into advisories: definition by definition, in file order. */
int sw_oval_resolve(const struct sw_oval_table *table, const struct sw_feed_file *file,
    const struct sw_feed_sink *sink, struct sw_err *err);
