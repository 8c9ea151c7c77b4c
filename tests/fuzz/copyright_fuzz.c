/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the reading of Debian copyright files.
 */
#include <stdint.h>

#include "base/mem.h"
#include "catalog/copyright.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, (size_t)16 * 1024 * 1024);
    struct sw_str licences = SW_STR_NONE;
    (void)sw_copyright_parse((struct sw_str){(const char *)data, size}, &region, &licences);
    return 0;
}
