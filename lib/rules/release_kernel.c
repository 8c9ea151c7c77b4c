/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which packages of a kernel's source are no kernel. A container image has its headers at most;
 * hundreds of kernel flaws on linux-libc-dev are noise that hides the rest.
 */
#include "base/mem.h"
#include "rules/release.h"

/* '*' stands for any bytes. */
static const char *const patterns[] = {
    "linux-libc-dev",
    "linux-libc-dev-*",
    "linux-headers",
    "linux-headers-*",
    "linux-*-headers-*",
    "linux-kbuild-*",
    "linux-compiler-*",
    "linux-config-*",
    "linux-support-*",
    "linux-source",
    "linux-source-*",
    "linux-doc",
    "linux-doc-*",
    "linux-docs",
    "linux-devel",
    "linux-api-headers",
    "linux-glibc-devel",
    "kernel-headers",
    "kernel-*-headers",
    "kernel-devel",
    "kernel-devel-*",
    "kernel-*-devel",
    "kernel-*-devel-matched",
    "kernel-doc",
    "kernel-docs",
    "kernel-*-doc",
    "kernel-source",
    "kernel-source-*",
    "kernel-macros",
    "kernel-syms",
    "kernel-syms-*",
    "kernel-srpm-macros",
    "kernel-rpm-macros",
    "kernel-abi-*",
};

/* Each star takes as little as it can, save the last, which must reach the end: enough for
 * patterns whose pieces do not repeat, and linear. */
static bool matches(struct sw_str name, const char *pattern)
{
    struct sw_str rest = sw_str_of(pattern);
    struct sw_str piece;
    bool is_first = true;
    while (sw_str_next_token(&rest, '*', &piece)) {
        bool is_last = rest.p == NULL;
        if (is_first && is_last)
            return sw_str_equal(name, piece);
        if (is_last)
            return sw_str_ends_with(name, piece);
        ptrdiff_t at = sw_str_find(name, piece);
        if (at < 0 || (is_first && at > 0))
            return false;
        name = sw_str_skip(name, (size_t)at + piece.n);
        is_first = false;
    }
    return false;
}

bool sw_release_is_kernel_headers(const struct sw_package *package)
{
    if (!sw_str_starts_with(package->name, SW_STR("linux-")) &&
        !sw_str_starts_with(package->name, SW_STR("kernel-")))
        return false;
    for (size_t i = 0; i < SW_ARRAY_SIZE(patterns); i++) {
        if (matches(package->name, patterns[i]))
            return true;
    }
    return false;
}
