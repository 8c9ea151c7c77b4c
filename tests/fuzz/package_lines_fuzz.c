/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes scanner/malware/package_lines.c: the first byte says which form and how large blocks are;
 * the result must not depend on the blocks.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "malware/package_lines.h"

static uint64_t mix(uint64_t hash, struct sw_str s)
{
    return sw_str_hash_seeded(hash, s);
}

static int tell_package(
    void *context, struct sw_str name, struct sw_str arch, struct sw_str version)
{
    uint64_t *hash = context;
    *hash = mix(mix(mix(*hash, name), arch), version);
    return 0;
}

static int tell_file(void *context, struct sw_str path, enum sw_file_digest kind,
    const uint8_t digest[SW_FILE_DIGEST_BYTES])
{
    uint64_t *hash = context;
    *hash = mix(mix(*hash + kind, path), (struct sw_str){(const char *)digest, 10});
    return 0;
}

static int tell_path(void *context, struct sw_str path)
{
    uint64_t *hash = context;
    *hash = mix(*hash + 1, path);
    return 0;
}

static const struct sw_package_lines_sink sink = {tell_package, tell_file, tell_path, tell_path};

static uint64_t read_all(enum sw_package_lines_kind kind, struct sw_str bytes, size_t block)
{
    SW_CLEANUP(sw_package_lines_done) struct sw_package_lines lines;
    uint64_t hash = 1;
    sw_package_lines_init(&lines, kind, &sink, &hash);
    for (size_t at = 0; at < bytes.n; at += block)
        if (sw_package_lines_feed(&lines, sw_str_part(bytes, at, block)) < 0)
            abort();
    if (sw_package_lines_end(&lines) < 0)
        abort();
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum sw_package_lines_kind kind = data[0] % _SW_PACKAGE_LINES_KIND_MAX;
    struct sw_str bytes = {(const char *)data + 1, size - 1};
    if (read_all(kind, bytes, (size_t)data[0] + 1) != read_all(kind, bytes, size))
        abort();
    return 0;
}
