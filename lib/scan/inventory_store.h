/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every scan leaves behind: the inventory of an image and platform (by digest) or of a
 * directory (by path), so that it can be judged again by a newer database without the image. One
 * file each in the cache: a compact form made for matching, and behind it the whole report.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "model/report.h"

#define SW_INVENTORY_FOLDER "inventories"
#define SW_INVENTORY_NAME_BYTES 65 /* 64 hex digits and NUL */

/* Stores the inventory of a report that was not matched yet; one of the same image or path is
 * replaced. 0 or negative errno; the scan is as good without. */
int sw_inventory_save(const char *cache_dir, const struct sw_report *report, struct sw_err *err);

/* The stored ones. */
struct sw_inventories {
    int fd;               /* of the folder; -1: there is none */
    struct sw_str *names; /* in the region, sorted */
    size_t n;
};

/* -EPERM: somebody else could have written there. No folder: none. */
int sw_inventories_open(const char *cache_dir, struct sw_region *region, struct sw_inventories *ret,
    struct sw_err *err);
void sw_inventories_close(struct sw_inventories *inventories);

/* The compact form; everything is borrowed from the buffer that it was loaded into. */
struct sw_inventory {
    struct sw_str target;
    struct sw_str image; /* name as found; may be empty */
    struct sw_str digest;
    struct sw_str config_digest;
    struct sw_str platform; /* "linux/amd64"; empty for a directory */
    struct sw_str scanned_at;
    bool is_incomplete; /* as the scan's notes say */
    struct sw_os os;
    struct sw_str os_bytes; /* the same as one piece, for comparing */
    uint64_t n_packages;
    struct sw_str packages; /* records, one after another */
};

/* Reads and checks one into the buffer, which is cleared first. 0; -EBADMSG: damaged or no
 * inventory; -EPROTONOSUPPORT: of another version; other negative errno. */
int sw_inventory_load(int fd, struct sw_str name, struct sw_buf *buf, struct sw_inventory *ret);
/* The same for bytes at hand: the compact part of a file, head included. */
int sw_inventory_parse(struct sw_str bytes, struct sw_inventory *ret);

/* Cuts the next package's bytes off: 1, 0 at the end, -EBADMSG. Equal bytes are equal packages, as
 * far as matching goes. */
int sw_inventory_next(struct sw_str *packages, struct sw_str *ret);
/* Takes them apart; text is borrowed. Members that no match needs are empty. */
int sw_inventory_package(struct sw_str bytes, struct sw_package *ret);

/* Takes os_bytes apart; text is borrowed. 0 or -EBADMSG. */
int sw_inventory_system(struct sw_str bytes, struct sw_os *ret);

/* The name under which a report's inventory is stored. */
int sw_inventory_name(const struct sw_report *report, char ret[SW_INVENTORY_NAME_BYTES]);

/* The whole report, as it was stored, into one that sw_report_init has prepared. */
int sw_inventory_report(int fd, struct sw_str name, struct sw_report *report, struct sw_err *err);
