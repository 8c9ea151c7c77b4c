/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operating system of an image: what os-release and its elder forms say.
 */
#pragma once

#include "base/str.h"

struct sw_os {
    struct sw_str id;         /* os-release ID, lower case: "debian"; empty when unknown */
    struct sw_str version_id; /* "12", "3.20.3", "9.4"; empty for rolling systems */
    struct sw_str codename;   /* "bookworm"; may be empty */
    struct sw_str name;       /* PRETTY_NAME or NAME, for people */
    struct sw_str id_like;    /* as in os-release, space separated */
    struct sw_str cpe;        /* CPE_NAME; may be empty */
    struct sw_str variant;    /* VARIANT_ID; may be empty */
    struct sw_str path;       /* the file that said so */
};

/* Which versions a package of this system is compared with. */
enum sw_package_type { SW_PACKAGE_DPKG, SW_PACKAGE_APK, SW_PACKAGE_RPM, _SW_PACKAGE_TYPE_MAX };

/* "deb", "apk", "rpm": the type in a package URL. */
const char *sw_package_type_name(enum sw_package_type type);
/* The inverse: 0 or -ENOENT. */
int sw_package_type_find(struct sw_str name, enum sw_package_type *ret);
