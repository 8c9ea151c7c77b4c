/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of compiled YARA rules, numbers little-endian.
 */
#include "wire/yara_rules.h"

#include <errno.h>

#include "base/num.h"

/* The last byte is the version. */
static const char magic[16] = "SEAWALL YARA\0\0\0\1";

int sw_yara_file_format(uint32_t n_rules, struct sw_str notes, struct sw_buf *buf)
{
    char digest[SW_YARA_DIGEST_BYTES] = {0};
    uint8_t numbers[8];
    if (notes.n > UINT32_MAX)
        return -EFBIG;
    sw_num_put_le32(numbers, n_rules);
    sw_num_put_le32(numbers + 4, (uint32_t)notes.n);
    int r = sw_buf_append(buf, magic, sizeof(magic));
    if (r == 0)
        r = sw_buf_append(buf, digest, sizeof(digest));
    if (r == 0)
        r = sw_buf_append(buf, numbers, sizeof(numbers));
    return r == 0 ? sw_buf_append_str(buf, notes) : r;
}

int sw_yara_file_parse(struct sw_str bytes, struct sw_yara_file *ret)
{
    struct sw_str start = {magic, sizeof(magic)};
    if (bytes.n < SW_YARA_HEAD_BYTES || !sw_str_starts_with(bytes, start))
        return -EBADMSG;
    uint32_t n_notes = sw_num_le32(bytes.p + SW_YARA_BODY_AT + 4);
    struct sw_str rest = sw_str_skip(bytes, SW_YARA_HEAD_BYTES);
    if (n_notes > rest.n)
        return -EBADMSG;
    *ret = (struct sw_yara_file){
        .n_rules = sw_num_le32(bytes.p + SW_YARA_BODY_AT),
        .notes = sw_str_part(rest, 0, n_notes),
        .compiled = sw_str_skip(rest, n_notes),
    };
    return 0;
}
