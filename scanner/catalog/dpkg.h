/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dpkg database: status, the status.d of distroless images, and what opkg makes of the same
 * format.
 */
#pragma once

#include "analyzer.h"

extern const struct sw_analyzer sw_dpkg_analyzer;

/* Sees by name the file lists that dpkg keeps per package (var/lib/dpkg/info). Its facts let
 * folding say that a status file is missing. */
extern const struct sw_analyzer sw_dpkg_info_analyzer;
