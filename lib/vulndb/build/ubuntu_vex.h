/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of Ubuntu's OpenVEX documents, one per CVE.
 */
#pragma once

#include "vulndb/build/feed.h"

extern const struct sw_feed sw_ubuntu_vex_feed;
