/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Platforms: parse, compare, write. Pure.
 */
#include "oci/platform.h"

#include <errno.h>

#include "base/mem.h"

static const struct {
    const char *kernel;
    const char *image;
} architectures[] = {
    {"x86_64", "amd64"},
    {"aarch64", "arm64"},
    {"armv7l", "arm"},
    {"i386", "386"},
    {"i686", "386"},
};

static struct sw_str image_name(struct sw_str architecture)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(architectures); i++)
        if (sw_str_equal_z(architecture, architectures[i].kernel))
            return sw_str_of(architectures[i].image);
    return architecture;
}

int sw_platform_parse(struct sw_str text, struct sw_platform *ret, struct sw_err *err)
{
    struct sw_str parts[3] = {{0}};
    struct sw_str rest = text;
    struct sw_str token;
    size_t n = 0;
    while (sw_str_next_token(&rest, '/', &token)) {
        if (n == SW_ARRAY_SIZE(parts) || token.n == 0)
            return sw_err_set(
                err, -EINVAL, "'%.*s' is no platform (linux/arm64/v8)", SW_STR_ARG(text));
        parts[n++] = token;
    }
    if (n == 1)
        *ret = (struct sw_platform){SW_STR("linux"), image_name(parts[0]), SW_STR_NONE};
    else
        *ret = (struct sw_platform){parts[0], image_name(parts[1]), parts[2]};
    return 0;
}

struct sw_platform sw_platform_here(void)
{
    struct sw_platform platform = {.os = SW_STR("linux")};
#if defined(__x86_64__)
    platform.architecture = SW_STR("amd64");
#elif defined(__aarch64__)
    platform.architecture = SW_STR("arm64");
#elif defined(__arm__)
    platform.architecture = SW_STR("arm");
#elif defined(__riscv)
    platform.architecture = SW_STR("riscv64");
#elif defined(__s390x__)
    platform.architecture = SW_STR("s390x");
#elif defined(__powerpc64__)
    platform.architecture = SW_STR("ppc64le");
#else
    platform.architecture = SW_STR("386");
#endif
    return platform;
}

bool sw_platform_serves(const struct sw_platform *have, const struct sw_platform *want)
{
    return sw_str_equal(have->os, want->os) &&
           sw_str_equal(have->architecture, want->architecture) &&
           (have->variant.n == 0 || want->variant.n == 0 ||
               sw_str_equal(have->variant, want->variant));
}

bool sw_platform_is_unknown(const struct sw_platform *platform)
{
    return sw_str_equal_z(platform->os, "unknown") ||
           sw_str_equal_z(platform->architecture, "unknown");
}

int sw_platform_format(const struct sw_platform *platform, struct sw_buf *buf)
{
    return sw_buf_printf(buf, "%.*s/%.*s%s%.*s", SW_STR_ARG(platform->os),
        SW_STR_ARG(platform->architecture), platform->variant.n > 0 ? "/" : "",
        SW_STR_ARG(platform->variant));
}
