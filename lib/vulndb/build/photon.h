/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of Photon OS' photon_cve_metadata: cve_data_photonN.0.json.
 */
#pragma once

#include "vulndb/build/feed.h"

extern const struct sw_feed sw_photon_feed;
