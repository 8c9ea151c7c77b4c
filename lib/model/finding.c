/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of finding kinds, severities and fix states.
 */
#include "model/finding.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "model/names.h"

static const char *const kind_names[] = {
    [SW_FINDING_VULNERABILITY] = "vulnerability",
    [SW_FINDING_SECRET] = "secret",
    [SW_FINDING_MALWARE] = "malware",
    [SW_FINDING_CHECK] = "check",
};
static_assert(SW_ARRAY_SIZE(kind_names) == _SW_FINDING_KIND_MAX, "a name for each value");

const char *sw_finding_kind_name(enum sw_finding_kind value)
{
    return kind_names[value];
}

static const char *const severity_names[] = {
    [SW_SEVERITY_UNKNOWN] = "unknown",
    [SW_SEVERITY_NEGLIGIBLE] = "negligible",
    [SW_SEVERITY_LOW] = "low",
    [SW_SEVERITY_MEDIUM] = "medium",
    [SW_SEVERITY_HIGH] = "high",
    [SW_SEVERITY_CRITICAL] = "critical",
};
static_assert(SW_ARRAY_SIZE(severity_names) == _SW_SEVERITY_MAX, "a name for each value");

const char *sw_severity_name(enum sw_severity value)
{
    return severity_names[value];
}

int sw_severity_find(struct sw_str name, enum sw_severity *ret)
{
    int i = sw_names_find(severity_names, SW_ARRAY_SIZE(severity_names), name);
    if (i < 0)
        return i;
    *ret = (enum sw_severity)i;
    return 0;
}

static const char *const status_names[] = {
    [SW_FIX_UNKNOWN] = "unknown",
    [SW_FIX_AFFECTED] = "affected",
    [SW_FIX_FIXED] = "fixed",
    [SW_FIX_WILL_NOT_FIX] = "will_not_fix",
    [SW_FIX_DEFERRED] = "deferred",
    [SW_FIX_NOT_AFFECTED] = "not_affected",
    [SW_FIX_UNDER_INVESTIGATION] = "under_investigation",
    [SW_FIX_END_OF_LIFE] = "end_of_life",
};
static_assert(SW_ARRAY_SIZE(status_names) == _SW_FIX_STATUS_MAX, "a name for each value");

const char *sw_fix_status_name(enum sw_fix_status value)
{
    return status_names[value];
}

int sw_fix_status_find(struct sw_str name, enum sw_fix_status *ret)
{
    int i = sw_names_find(status_names, SW_ARRAY_SIZE(status_names), name);
    if (i < 0)
        return i;
    *ret = (enum sw_fix_status)i;
    return 0;
}

static const char *const presence_names[] = {
    [SW_PRESENCE_FINAL] = "final",
    [SW_PRESENCE_DELETED] = "deleted",
    [SW_PRESENCE_REPLACED] = "replaced",
    [SW_PRESENCE_CONFIG] = "config",
};
static_assert(SW_ARRAY_SIZE(presence_names) == _SW_PRESENCE_MAX, "a name for each value");

const char *sw_presence_name(enum sw_presence value)
{
    return presence_names[value];
}

int sw_presence_find(struct sw_str name, enum sw_presence *ret)
{
    int i = sw_names_find(presence_names, SW_ARRAY_SIZE(presence_names), name);
    if (i < 0)
        return i;
    *ret = (enum sw_presence)i;
    return 0;
}

int sw_finding_copy(
    const struct sw_finding *finding, struct sw_region *region, struct sw_finding *ret)
{
    struct sw_finding copy = *finding;
    struct sw_str *texts[] = {&copy.id, &copy.title, &copy.engine, &copy.family, &copy.match,
        &copy.secret, &copy.fingerprint, &copy.digest, &copy.location.path, &copy.location.inner};
    int r = 0;
    for (size_t i = 0; r == 0 && i < SW_ARRAY_SIZE(texts); i++)
        r = sw_region_copy(region, *texts[i], texts[i]);
    copy.references = sw_region_array(region, copy.n_references, sizeof(*copy.references));
    if (copy.references == NULL)
        return -ENOMEM;
    for (size_t i = 0; r == 0 && i < copy.n_references; i++)
        r = sw_region_copy(region, finding->references[i], &copy.references[i]);
    if (r == 0)
        *ret = copy;
    return r;
}
