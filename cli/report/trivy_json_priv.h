/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two halves of trivy-json share: the document is trivy_json.c, its lists trivy_lists.c.
 */
#pragma once

#include "base/buf.h"
#include "base/vec.h"
#include "model/json_writer.h"
#include "model/report.h"

/* One entry: a vulnerability in a package. */
struct sw_trivy_row {
    const struct sw_finding *finding;
    const struct sw_package *package;
    struct sw_str id;
    struct sw_str vendor_id;          /* may be empty */
    const struct sw_ignored *ignored; /* NULL: it is not */
};

/* What travels through all writers. */
struct sw_trivy {
    struct sw_json_writer *w;
    const struct sw_report *report;
    struct sw_buf *scratch;
    SW_VEC(struct sw_trivy_row) rows; /* first those that are not ignored */
    size_t n_shown;
};

/* Readers written in Go refuse a whole report for one time that is not RFC 3339: nothing is written
 * for one. */
void sw_trivy_write_time(struct sw_json_writer *w, const char *key, struct sw_str time);

/* Fills rows, sorted: 0, -EFBIG, -ENOMEM. */
int sw_trivy_collect(struct sw_trivy *t);
/* The members "Packages" and "Vulnerabilities"; nothing for an empty list. */
void sw_trivy_write_packages(struct sw_trivy *t);
void sw_trivy_write_vulnerabilities(struct sw_trivy *t);
/* Results of their own for secrets (a result per file) and malware. 0 or -ENOMEM. */
int sw_trivy_write_finds(struct sw_trivy *t);
/* What was ignored: "ExperimentalModifiedFindings". */
void sw_trivy_write_modified(struct sw_trivy *t);
