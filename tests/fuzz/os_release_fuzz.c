/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the reading of release files; the first byte picks the kind of file.
 */
#include <stdint.h>

#include "base/mem.h"
#include "catalog/os_release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *const *paths = sw_os_analyzer.wants.paths;
    size_t n = 0;
    while (paths[n] != NULL)
        n++;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, (size_t)64 * 1024 * 1024);
    struct sw_os os = {0};
    (void)sw_os_release_parse(sw_str_of(paths[data[0] % n]),
        (struct sw_str){(const char *)data + 1, size - 1}, &region, &os);
    return 0;
}
