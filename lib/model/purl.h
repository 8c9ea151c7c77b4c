/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Package URLs (purl): the name of a package that other tools understand.
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "model/os.h"
#include "model/package.h"

struct sw_purl_qualifier {
    const char *key; /* lower case, static */
    struct sw_str value;
};

/* Borrowed parts, as bytes; formatting encodes them. Empty parts are left out. */
struct sw_purl {
    const char *type;
    struct sw_str name_space; /* one segment */
    struct sw_str name;
    struct sw_str version;
    const struct sw_purl_qualifier *qualifiers; /* sorted by key; empty values are left out */
    size_t n_qualifiers;
};

/* Appends "pkg:type/namespace/name@version?key=value&...": 0, -ENOMEM, -EFBIG. Every byte outside
 * the unreserved set is percent-encoded, so any name gives valid ASCII. */
int sw_purl_format(const struct sw_purl *purl, struct sw_buf *buf);

/* Appends the purl of an installed package of this system:
 * "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12&upstream=openssl". The namespace is
 * the system's id ("redhat" for rhel, "opensuse" for all of openSUSE); an rpm epoch moves into a
 * qualifier. The same returns. */
int sw_purl_format_package(
    const struct sw_package *package, const struct sw_os *os, struct sw_buf *buf);
