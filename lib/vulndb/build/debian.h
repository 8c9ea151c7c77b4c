/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debian's feeds: the security tracker, and the facts drawn from package changelogs.
 */
#pragma once

#include "vulndb/build/feed.h"

extern const struct sw_feed sw_debian_tracker_feed;
extern const struct sw_feed sw_debian_changelog_feed;
extern const struct sw_feed sw_debian_entries_feed;
