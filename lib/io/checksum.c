/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC-64 by ISA-L, which counts by carry-less multiplication where the processor can.
 */
#include "io/checksum.h"

#include <isa-l/crc64.h>

uint64_t sw_checksum_crc64_iso(uint64_t crc, const void *p, size_t n)
{
    return n > 0 ? crc64_iso_refl(crc, p, n) : crc;
}
