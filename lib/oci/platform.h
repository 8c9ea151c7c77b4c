/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Platforms of images: "linux/arm64/v8". Which one of an index a scan means.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct sw_platform {
    struct sw_str os;
    struct sw_str architecture;
    struct sw_str variant; /* may be empty */
};

/* "os/arch[/variant]" or "arch" alone; names of kernels ("x86_64", "aarch64") are understood.
 * Borrows from text. -EINVAL with a sentence. */
int sw_platform_parse(struct sw_str text, struct sw_platform *ret, struct sw_err *err);
/* The platform that this program was built for. */
struct sw_platform sw_platform_here(void);
/* True when `have` serves who wants `want`: an empty variant of either is taken as any. */
bool sw_platform_serves(const struct sw_platform *have, const struct sw_platform *want);
/* True for the "unknown/unknown" of attestations. */
bool sw_platform_is_unknown(const struct sw_platform *platform);
/* Appends "linux/arm64/v8". */
int sw_platform_format(const struct sw_platform *platform, struct sw_buf *buf);
