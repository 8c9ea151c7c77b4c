/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of one installed rpm package, from the header that rpm_header.c reads for its name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Digest algorithms by rpm's numbers (those of OpenPGP). */
enum { SW_RPM_DIGEST_MD5 = 1, SW_RPM_DIGEST_SHA1 = 2, SW_RPM_DIGEST_SHA256 = 8 };

struct sw_rpm_file {
    struct sw_str folder; /* "/usr/bin/" */
    struct sw_str name;
    struct sw_str digest; /* in hex; never empty */
    uint32_t algorithm;
    /* Configuration, documentation, a ghost, not installed, or the package says that its digest is
     * not to be verified. */
    bool is_free;
};

/* Calls `each` for every regular file with a digest. 0, -EBADMSG for arrays that do not fit
 * together (what came before stands), -ENOMEM, or what `each` said. */
int sw_rpm_files_parse(
    struct sw_str blob, int (*each)(void *context, const struct sw_rpm_file *file), void *context);
