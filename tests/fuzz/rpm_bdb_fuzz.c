/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes Berkeley DB hash files (scanner/catalog/rpm_bdb.c).
 */
#include <stdlib.h>

#include "base/mem.h"
#include "catalog/rpm_bdb.h"
#include "catalog/rpm_list.h"

#define REGION_MAX ((size_t)64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_MAX);
    SW_CLEANUP(sw_rpm_list_done) struct sw_rpm_list list = {0};
    sw_rpm_list_init(&list, &region, SW_STR("var/lib/rpm/Packages"));
    struct sw_err err = {0};
    int r = sw_rpm_bdb_parse((struct sw_str){(const char *)data, size}, &list, &err);
    /* Nothing is refused without a sentence. */
    if (r < 0 && err.message[0] == '\0' && !list.is_cut)
        abort();
    return 0;
}
