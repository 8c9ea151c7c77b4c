/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folds the facts of an image's layers into the inventory, as a container runtime would stack the
 * layers themselves. Pure: no I/O, the same facts give the same inventory.
 *
 * What counts:
 * - WHITEOUT and OPAQUE of a layer act on the layers below it only, never on its own files.
 * - SYMLINK and OBJECT at a path end what lower layers had there and below; DIRECTORY ends a link
 * or object that a lower layer had there.
 * - A fact at a path replaces facts of lower layers there: those of its own section, and every OS
 * and PACKAGES fact. Within one layer the later of two OS, PACKAGES, LICENCE or SEEN facts of one
 *   section and path wins, as the later of two entries does in a tar, except that is_continued
 *   appends (model/fact_json.h).
 * - Paths are taken through the SYMLINK facts in force, at most SW_FOLD_HOPS_MAX deep and never
 * above the root, so one database that is reached by two names counts once.
 * - Of several rpm databases in one directory the first in rpm's own order that lists packages
 *   counts, whichever layers they are from; a note of kind info names each of the others.
 * - A link that leads a package database to where none is read is a note of kind unreadable.
 * - A package belongs to the lowest layer since which the same name, version and architecture have
 *   been listed without a break, in whichever database of its type.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "model/fact.h"
#include "model/report.h"

#define SW_FOLD_HOPS_MAX 40 /* as the kernel follows */

/* Adds to a report that sw_report_init has prepared: os, packages, notes, unexamined. Layers are
 * given lowest first; a directory is one layer. report->image must be set before: where it has no
 * layers, packages and notes name none. Everything is copied into report->region; the facts are not
 * needed afterwards. Where no package database is found, a note of kind unsupported says so.
 * 0, or -ENOMEM with a sentence; the report is then of no use. */
int sw_fold(
    const struct sw_facts *layers, size_t n_layers, struct sw_report *report, struct sw_err *err);
