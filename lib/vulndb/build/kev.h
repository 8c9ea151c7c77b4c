/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kev feed.
 */
#pragma once

#include "vulndb/build/feed.h"

extern const struct sw_feed sw_kev_feed;
