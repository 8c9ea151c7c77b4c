/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes scanner/malware/elf.c: the first byte says how large the blocks are, and the result must
 * not depend on it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "malware/elf.h"

static unsigned signs_in(struct sw_elf *elf, struct sw_str bytes, size_t block)
{
    sw_elf_init(elf);
    for (size_t at = 0; at < bytes.n; at += block)
        sw_elf_feed(elf, sw_str_part(bytes, at, block));
    return sw_elf_end(elf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sw_elf elf;
    if (size == 0)
        return 0;
    struct sw_str bytes = {(const char *)data + 1, size - 1};
    unsigned signs = signs_in(&elf, bytes, (size_t)data[0] + 1);
    if (signs != signs_in(&elf, bytes, size))
        abort();
    if (sw_elf_judge(signs) >= _SW_ELF_VERDICT_MAX)
        abort();
    return 0;
}
