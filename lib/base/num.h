/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that come from outside: checked sums before they become a size or an index, and
 * unaligned loads of both byte orders.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Each stores the result and returns true, or returns false on overflow (ret untouched in value
 * that matters: do not use it). */
#define sw_num_add(a, b, ret) (!__builtin_add_overflow((a), (b), (ret)))
#define sw_num_sub(a, b, ret) (!__builtin_sub_overflow((a), (b), (ret)))
#define sw_num_mul(a, b, ret) (!__builtin_mul_overflow((a), (b), (ret)))

uint16_t sw_num_le16(const void *p);
uint32_t sw_num_le32(const void *p);
uint64_t sw_num_le64(const void *p);
uint16_t sw_num_be16(const void *p);
uint32_t sw_num_be32(const void *p);
uint64_t sw_num_be64(const void *p);
void sw_num_put_le32(void *p, uint32_t v);
void sw_num_put_le64(void *p, uint64_t v);
