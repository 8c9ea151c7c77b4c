/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk through every page and record; for verify.c, which calls it in a child.
 */
#pragma once

#include "vulndb/store_priv.h"

int sw_walk_all(const struct sw_vulndb *db, struct sw_err *err);
