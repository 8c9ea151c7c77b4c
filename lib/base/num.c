/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unaligned loads and stores. Callers have checked the bounds.
 */
#include "base/num.h"

#include <endian.h>

#define DEFINE_LOAD(name, type, convert)                                                           \
    type name(const void *p)                                                                       \
    {                                                                                              \
        type v;                                                                                    \
        memcpy(&v, p, sizeof(v));                                                                  \
        return convert(v);                                                                         \
    }

DEFINE_LOAD(sw_num_le16, uint16_t, le16toh)
DEFINE_LOAD(sw_num_le32, uint32_t, le32toh)
DEFINE_LOAD(sw_num_le64, uint64_t, le64toh)
DEFINE_LOAD(sw_num_be16, uint16_t, be16toh)
DEFINE_LOAD(sw_num_be32, uint32_t, be32toh)
DEFINE_LOAD(sw_num_be64, uint64_t, be64toh)

void sw_num_put_le32(void *p, uint32_t v)
{
    v = htole32(v);
    memcpy(p, &v, sizeof(v));
}

void sw_num_put_le64(void *p, uint64_t v)
{
    v = htole64(v);
    memcpy(p, &v, sizeof(v));
}
