/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of feeds. A new feed is one line here.
 */
#include "vulndb/build/feed.h"

#include <stddef.h>

#include "vulndb/build/csaf.h"
#include "vulndb/build/debian.h"
#include "vulndb/build/eol.h"
#include "vulndb/build/epss.h"
#include "vulndb/build/kev.h"
#include "vulndb/build/osv.h"
#include "vulndb/build/oval.h"
#include "vulndb/build/photon.h"
#include "vulndb/build/secdb.h"
#include "vulndb/build/ubuntu_vex.h"
#include "vulndb/build/updateinfo.h"

const struct sw_feed *const sw_feeds[] = {
    &sw_csaf_feed,
    &sw_debian_changelog_feed,
    &sw_debian_entries_feed,
    &sw_debian_tracker_feed,
    &sw_eol_feed,
    &sw_epss_feed,
    &sw_kev_feed,
    &sw_osv_feed,
    &sw_oval_feed,
    &sw_photon_feed,
    &sw_secdb_feed,
    &sw_ubuntu_vex_feed,
    &sw_updateinfo_feed,
    NULL,
};

const struct sw_feed *sw_feed_find(const struct sw_feed_file *file)
{
    const struct sw_feed *best = NULL;
    int best_score = 0;
    for (const struct sw_feed *const *feed = sw_feeds; *feed != NULL; feed++) {
        int score = (*feed)->recognise(file);
        if (score > best_score) {
            best = *feed;
            best_score = score;
        }
    }
    return best;
}
