/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checksums against accidents, for formats that carry them. For what must not be forged see
 * digest.h.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* CRC-64 of ISO 3309, as Go's hash/crc64 counts it: begins with 0, goes on with what it returned.
 */
uint64_t sw_checksum_crc64_iso(uint64_t crc, const void *p, size_t n);
