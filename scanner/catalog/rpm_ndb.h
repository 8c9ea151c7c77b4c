/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `Packages.db`, the rpm database in rpm's own NDB form (SUSE and openSUSE since 15).
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct sw_rpm_list;

/* Adds every package of the file to the list: 0 (damage is counted in the list), -EBADMSG when the
 * file as a whole is no such database, -EOPNOTSUPP for an unknown version, -ENOMEM, -EFBIG when
 * the list is full. */
int sw_rpm_ndb_parse(struct sw_str bytes, struct sw_rpm_list *list, struct sw_err *err);
