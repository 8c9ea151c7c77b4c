/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of CSAF documents: Red Hat's VEX files and advisories, SUSE's.
 */
#pragma once

#include "vulndb/build/feed.h"

extern const struct sw_feed sw_csaf_feed;
