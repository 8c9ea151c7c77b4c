/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The epss feed.
 */
#pragma once

#include "vulndb/build/feed.h"

extern const struct sw_feed sw_epss_feed;
