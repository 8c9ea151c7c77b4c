/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `Packages`, the rpm database as a Berkeley DB hash file (rpm until 4.16: RHEL 5 to 8, Amazon
 * Linux 2, SUSE 12).
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct sw_rpm_list;

/* Adds every package of the file to the list: 0 (damage is counted in the list), -EBADMSG when the
 * file as a whole is no such database, -EOPNOTSUPP for a form of it that is not read, -ENOMEM,
 * -EFBIG when the list is full. */
int sw_rpm_bdb_parse(struct sw_str bytes, struct sw_rpm_list *list, struct sw_err *err);
