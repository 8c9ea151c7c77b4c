/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared text inside records; for the two files that pack and unpack them.
 */
#pragma once

#include "vulndb/record.h"

void sw_shared_pack(struct sw_pack *pack, struct sw_str s, const struct sw_strings *strings);
struct sw_str sw_shared_unpack(struct sw_unpack *in, const struct sw_strings *strings);
