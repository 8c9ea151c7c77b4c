/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `rpmdb.sqlite`, the rpm database as an SQLite file (Fedora since 33, RHEL since 9, Azure Linux,
 * Amazon Linux 2023).
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct sw_rpm_list;

/* Adds every package of the file, with its write-ahead log (empty: none) applied, to the list: 0
 * (damage is counted in the list), -EBADMSG when the file as a whole is no such database, -ENOMEM,
 * -EFBIG when the list is full. Safe in several threads at once. */
int sw_rpm_sqlite_parse(
    struct sw_str bytes, struct sw_str log, struct sw_rpm_list *list, struct sw_err *err);
