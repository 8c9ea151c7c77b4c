/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A feed reader turns one feed's own format into advisories, one at a time and as a stream. One
 * const struct per format at the foot of its file, one line in the list of feeds.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "io/reader.h"
#include "model/advisory.h"

/* Where records go. Everything passed is borrowed for the call. A negative return ends the feed. */
struct sw_feed_sink {
    void *context;
    int (*advisory)(void *context, const struct sw_advisory *advisory, struct sw_err *err);
    int (*cve_facts)(void *context, const struct sw_cve_facts *facts, struct sw_err *err);
    int (*eol)(void *context, const struct sw_eol *eol, struct sw_err *err);
    /* A record was lost or cut; the feed goes on. Counted per feed and shown in `db status`. */
    void (*skipped)(void *context, struct sw_str record, const char *reason);
};

/* One file of a feed, already decompressed, or one member of its archive. */
struct sw_feed_file {
    struct sw_str path; /* below the sources folder, for recognition and messages; a member of an
                           archive is "archive.zip/member.json"; compression suffix removed */
    struct sw_str head; /* the first bytes, up to SW_READER_PEEK_MAX */
};

struct sw_feed {
    const char *name;  /* "debian-tracker"; every record it makes carries this, or a more specific
                          name that starts with it ("osv" makes "osv-almalinux") */
    const char *title; /* for people: "Debian security tracker" */

    /* How sure it is that the file is of this format: 0 not at all, 100 certain. Looks at path and
     * head only. The highest wins; a file that nobody recognises is named and skipped. */
    int (*recognise)(const struct sw_feed_file *file);

    /* Reads all records. 0, or negative errno with a sentence for damage that ends the file; what
     * was passed to the sink before stays. One broken record is `skipped`, not an error. */
    int (*read)(struct sw_reader *in, const struct sw_feed_file *file,
        const struct sw_feed_sink *sink, struct sw_err *err);
};

/* All feeds, NULL at its end. */
extern const struct sw_feed *const sw_feeds[];

/* The feed for a file; NULL when none recognises it. */
const struct sw_feed *sw_feed_find(const struct sw_feed_file *file);
