/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words that Trivy's report uses where ours uses others: families of systems and sources of
 * advisories. What it has no word for keeps ours.
 */
#pragma once

#include "base/str.h"
#include "model/os.h"

struct sw_trivy_source {
    const char *feed; /* ours begins with */
    const char *id;
    const char *name;
    const char *url;
};

/* "alma" for almalinux and the like. */
struct sw_str sw_trivy_family(const struct sw_os *os);

/* The source of a feed; NULL when Trivy has none like it. */
const struct sw_trivy_source *sw_trivy_source_find(struct sw_str feed);
