/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header blob of one installed rpm package, as all three database forms store it: an index of
 * (tag, type, offset, count) and a store of values, both big-endian.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* One blob. rpm wrote at most 16 MiB of values until 4.14; the largest real ones (texlive, kernel
 * sources) stay below that. */
#define SW_RPM_HEADER_MAX_BYTES ((size_t)32 * 1024 * 1024)

/* What the catalog wants of a header. Borrowed from the blob; absent text is empty. */
struct sw_rpm_header {
    struct sw_str name;
    struct sw_str version;
    struct sw_str release;
    uint32_t epoch; /* 0 where absent: rpm compares both alike */
    struct sw_str arch;
    struct sw_str source_rpm; /* "bash-5.1.8-9.el9.src.rpm" */
    struct sw_str vendor;
    struct sw_str packager;
    struct sw_str licence;
    struct sw_str module; /* MODULARITYLABEL */

    /* Wanted values that could not be read, and the first of them in words; the rest holds. */
    unsigned n_damaged;
    struct sw_err damage;
};

/* Reads a blob: 0 when name, version and release are there (whatever else is damaged is counted in
 * the result), or -EBADMSG with a sentence. */
int sw_rpm_header_parse(struct sw_str blob, struct sw_rpm_header *ret, struct sw_err *err);

/* Splits the file name of a source rpm into name and "version-release": true, or false when it does
 * not have that shape. */
bool sw_rpm_header_split_source(
    struct sw_str source_rpm, struct sw_str *ret_name, struct sw_str *ret_version);
