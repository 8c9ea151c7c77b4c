/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes scanner/catalog/rpm_files.c with header blobs.
 */
#include <stddef.h>
#include <stdint.h>

#include "catalog/rpm_files.h"

static int each(void *context, const struct sw_rpm_file *file)
{
    volatile char *last = context;
    if (file->folder.n > 0)
        *last = file->folder.p[file->folder.n - 1];
    if (file->name.n > 0)
        *last = file->name.p[file->name.n - 1];
    *last = file->digest.p[file->digest.n - 1];
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    volatile char last = 0;
    sw_rpm_files_parse((struct sw_str){(const char *)data, size}, each, (void *)&last);
    return 0;
}
