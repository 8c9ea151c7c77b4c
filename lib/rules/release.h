/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operating system's release means for matching: which product keys (model/advisory.h) its
 * packages are looked up under, how their versions compare, and which packages are not the
 * distribution's own. Pure knowledge in tables; called once per report, the package questions once
 * per package.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/region.h"
#include "base/str.h"
#include "model/advisory.h"
#include "model/os.h"
#include "model/package.h"
#include "rules/version.h"

/* Systems that are judged alike. Static; never freed. */
struct sw_release_family {
    const char *name;        /* "debian", "redhat", "alma" ...: what its product keys begin with */
    const char *title;       /* "Debian", "Red Hat Enterprise Linux" */
    const char *unsupported; /* one sentence why Seawall does not judge it; NULL: it does */
    enum sw_package_type package_type;
    enum sw_version_scheme scheme;
    /* What the family's own feed names where it leaves no choice. Entries carry their own kind
     * (Red Hat's feed has both), which holds. */
    enum sw_affected_name name_kind;
};

/* The family of a system by its id, or NULL when the id is empty or not known at all. What is only
 * like a known system (ID_LIKE) is not that system: its versions differ. */
const struct sw_release_family *sw_release_find_family(const struct sw_os *os);

/* One sentence (static) why packages of this system are listed but not judged; NULL when they are.
 * Covers the unknown system and the missing release number too. */
const char *sw_release_explain_unsupported(const struct sw_os *os);

/* The most keys that any release has. */
#define SW_RELEASE_PRODUCTS_MAX 6

/* The product keys of a release, the most specific first, in the region; 0 keys when it is not
 * supported. Examples: debian 12 "debian:12"; alpine 3.20.3 "alpine:3.20"; rhel 9.2
 * "redhat:9.2-eus", "redhat:9.2-e4s", "redhat:9.2-aus", "redhat:9.2-tus", "redhat:9"; centos 8
 * "centos:8", "redhat:8"; debian testing "debian:14", "debian:sid".
 *
 * A package is fixed when any key's entry says that its version is fixed or not affected (an
 * extended stream backports a fix to an older version); otherwise the last key that has an entry
 * for it speaks: that is the stream which everyone gets. End-of-life dates are looked up by the
 * first key that has one. 0 or -ENOMEM. */
int sw_release_products(
    const struct sw_os *os, struct sw_region *region, struct sw_str **ret_products, size_t *ret_n);

/* "bookworm" of "debian" is "12", "jammy" of "ubuntu" is "22.04", "sid" is "sid"; for feeds that
 * name releases so. NULL when not known. Static text. */
const char *sw_release_find_codename(struct sw_str family, struct sw_str codename);

/* False for a package that some other vendor built (EPEL, docker, nvidia ...): the distribution's
 * feed says nothing about it, and its version numbers mean something else. A package without a
 * vendor counts as the distribution's. */
bool sw_release_is_vendor_package(const struct sw_os *os, const struct sw_package *package);

/* True for packages that are built from the kernel's source but hold only its headers, build
 * scripts or documentation: flaws of the kernel are not theirs. */
bool sw_release_is_kernel_headers(const struct sw_package *package);
