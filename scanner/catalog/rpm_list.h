/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packages that one rpm database lists, as its reader finds them, and what of it was lost.
 * Every reader fills one; damage never takes away what was read before it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "base/vec.h"
#include "model/package.h"

struct sw_rpm_list {
    struct sw_region *region; /* borrowed; the packages' bytes live in it */
    struct sw_str database;   /* path, in the region or outliving it */
    SW_VEC(struct sw_package) packages;
    uint64_t n_records; /* blobs offered, whatever became of them */
    bool is_cut;        /* more than SW_PACKAGES_MAX records */

    uint64_t n_damaged;   /* places that could not be read or are in doubt */
    struct sw_err damage; /* the first of them in words */
    bool has_log_left;    /* a write-ahead log ends in a transaction without commit */

    /* Sees each package that was added, with its header; NULL: nobody. 0 or negative errno. */
    int (*each)(void *context, const struct sw_package *package, struct sw_str blob);
    void *context; /* of each */
};

void sw_rpm_list_init(struct sw_rpm_list *list, struct sw_region *region, struct sw_str database);
/* Frees the vector; the bytes are the region's. May be called twice. Usable with SW_CLEANUP. */
void sw_rpm_list_done(struct sw_rpm_list *list);

/* Adds the package of a header blob; `record` names it in sentences. A damaged one is counted, a
 * gpg-pubkey is left out: 0 in both cases. -ENOMEM, or -EFBIG when the list is full (is_cut). */
int sw_rpm_list_add(struct sw_rpm_list *list, uint64_t record, struct sw_str blob);

/* Counts a damaged place; the first sentence is kept. */
void sw_rpm_list_damage(struct sw_rpm_list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
