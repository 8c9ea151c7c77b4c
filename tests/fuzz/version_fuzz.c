/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three versions of any bytes: each scheme must order them, the same way from both sides and
 * without a circle. Input: lines.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "rules/version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int compare(enum sw_version_scheme scheme, struct sw_str a, struct sw_str b)
{
    int forth = sw_version_compare(scheme, a, b);
    int back = sw_version_compare(scheme, b, a);
    if ((forth > 0) != (back < 0) || (forth < 0) != (back > 0))
        abort();
    return forth;
}

static void check(enum sw_version_scheme scheme, struct sw_str a, struct sw_str b, struct sw_str c)
{
    if (compare(scheme, a, a) != 0)
        abort();
    int ab = compare(scheme, a, b);
    int bc = compare(scheme, b, c);
    int ac = compare(scheme, a, c);
    if (ab <= 0 && bc <= 0 && (ac > 0 || (ac == 0 && (ab < 0 || bc < 0))))
        abort();
    (void)sw_version_is_valid(scheme, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_str rest = {(const char *)data, size};
    struct sw_str v[3] = {SW_STR(""), SW_STR(""), SW_STR("")};
    for (size_t i = 0; i < 3; i++) {
        if (!sw_str_next_token(&rest, '\n', &v[i]))
            break;
    }
    for (int scheme = 0; scheme < _SW_VERSION_SCHEME_MAX; scheme++) {
        check(scheme, v[0], v[1], v[2]);
        check(scheme, v[0], v[2], v[1]);
        check(scheme, v[1], v[0], v[2]);
        check(scheme, v[1], v[2], v[0]);
        check(scheme, v[2], v[0], v[1]);
        check(scheme, v[2], v[1], v[0]);
    }
    return 0;
}
