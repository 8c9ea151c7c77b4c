/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of package types, as package URLs spell them.
 */
#include "model/os.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "model/names.h"

static const char *const type_names[] = {
    [SW_PACKAGE_DPKG] = "deb",
    [SW_PACKAGE_APK] = "apk",
    [SW_PACKAGE_RPM] = "rpm",
};
static_assert(SW_ARRAY_SIZE(type_names) == _SW_PACKAGE_TYPE_MAX, "a name for each value");

const char *sw_package_type_name(enum sw_package_type value)
{
    return type_names[value];
}

int sw_package_type_find(struct sw_str name, enum sw_package_type *ret)
{
    int i = sw_names_find(type_names, SW_ARRAY_SIZE(type_names), name);
    if (i < 0)
        return i;
    *ret = (enum sw_package_type)i;
    return 0;
}
