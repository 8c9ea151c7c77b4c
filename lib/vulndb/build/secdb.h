/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secdb feed.
 */
#pragma once

#include "vulndb/build/feed.h"

extern const struct sw_feed sw_secdb_feed;
