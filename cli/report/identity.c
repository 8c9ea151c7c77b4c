/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two hashes of the report's identity, set out as a UUID. Uniqueness, not secrecy, is wanted.
 */
#include "report/identity.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"

void sw_report_identity_of(struct sw_str name, char *ret, size_t size)
{
    uint64_t high = sw_str_hash(name);
    uint64_t low = sw_str_hash_seeded(high, name);
    high = (high & ~UINT64_C(0xf000)) | 0x5000;
    low = (low & ~(UINT64_C(0xc0) << 56)) | UINT64_C(0x80) << 56;
    snprintf(ret, size, "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64,
        high >> 32, high >> 16 & 0xffff, high & 0xffff, low >> 48, low & UINT64_C(0xffffffffffff));
}

void sw_report_identity(const struct sw_report *report, char *ret, size_t size)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf name = {0};
    sw_buf_init(&name, 65536);
    if (sw_buf_append_str(&name, report->target) < 0 ||
        sw_buf_append_str(&name, report->scanned_at) < 0 ||
        sw_buf_append_str(&name, report->image.config_digest) < 0 ||
        sw_buf_append_str(&name, report->image.architecture) < 0)
        sw_buf_clear(&name);
    sw_report_identity_of(sw_buf_str(&name), ret, size);
}
