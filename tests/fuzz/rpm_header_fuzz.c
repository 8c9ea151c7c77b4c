/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes rpm header blobs (scanner/catalog/rpm_header.c) and the packages made of them.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "catalog/rpm_header.h"
#include "catalog/rpm_list.h"

#define REGION_MAX ((size_t)64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_MAX);
    SW_CLEANUP(sw_rpm_list_done) struct sw_rpm_list list = {0};
    sw_rpm_list_init(&list, &region, SW_STR("var/lib/rpm/Packages"));
    if (sw_rpm_list_add(&list, 1, (struct sw_str){(const char *)data, size}) < 0)
        return 0;
    SW_VEC_EACH (package, &list.packages) {
        if (package->name.n == 0 || package->version.n == 0 || package->source_name.n == 0 ||
            package->version.n > SW_PACKAGE_TEXT_MAX)
            abort();
    }
    return 0;
}
