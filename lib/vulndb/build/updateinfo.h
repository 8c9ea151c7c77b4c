/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of updateinfo.xml, the errata of a yum or dnf repository: Amazon Linux first of all.
 */
#pragma once

#include "vulndb/build/feed.h"

extern const struct sw_feed sw_updateinfo_feed;
