/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of analyzers and what they share. A new analyzer is one line here.
 */
#include "analyzer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "catalog/apk.h"
#include "catalog/copyright.h"
#include "catalog/dpkg.h"
#include "catalog/os_release.h"
#include "catalog/rpm.h"
#include "catalog/seen.h"
#include "malware/integrity.h"
#include "malware/malware_analyzer.h"
#include "malware/structure.h"
#include "secret/secret_analyzer.h"

const struct sw_analyzer *const sw_analyzers[] = {
    &sw_os_analyzer,
    &sw_dpkg_analyzer,
    &sw_dpkg_info_analyzer,
    &sw_apk_analyzer,
    &sw_rpm_analyzer,
    &sw_copyright_analyzer,
    &sw_seen_analyzer,
    &sw_integrity_rpm_analyzer,
    &sw_integrity_analyzer,
    &sw_malware_analyzer,
    &sw_structure_analyzer,
    &sw_secret_analyzer,
    NULL,
};

int sw_analyzer_note(struct sw_analyzer_context *context, enum sw_note_kind kind,
    struct sw_str path, const char *format, ...)
{
    char message[SW_ERR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    struct sw_fact fact = {
        .kind = SW_FACT_NOTE,
        .section = sw_str_of(context->analyzer->name),
        .note = {.kind = kind, .analyzer = sw_str_of(context->analyzer->name), .layer = -1},
    };
    if (sw_region_copy(context->region, sw_str_of(message), &fact.note.message) < 0 ||
        sw_region_copy(context->region, path, &fact.path) < 0)
        return -ENOMEM;
    fact.note.subject = fact.path;
    return sw_facts_add(context->facts, &fact);
}

int sw_analyzer_packages(struct sw_analyzer_context *context, struct sw_str path,
    struct sw_package *packages, size_t n_packages)
{
    struct sw_fact fact = {
        .kind = SW_FACT_PACKAGES,
        .section = sw_str_of(context->analyzer->name),
        .packages = packages,
        .n_packages = n_packages,
    };
    if (sw_region_copy(context->region, path, &fact.path) < 0)
        return -ENOMEM;
    return sw_facts_add(context->facts, &fact);
}

int sw_analyzer_finding(struct sw_analyzer_context *context, const struct sw_analyzer_file *file,
    const struct sw_finding *finding)
{
    struct sw_fact fact = {
        .kind = SW_FACT_FINDING,
        .section = sw_str_of(context->analyzer->name),
        .finding = sw_region_array(context->region, 1, sizeof(*finding)),
    };
    if (fact.finding == NULL || sw_region_copy(context->region, file->path, &fact.path) < 0)
        return -ENOMEM;
    *fact.finding = *finding;
    fact.finding->location.path = fact.path;
    fact.finding->location.layer = -1;
    if (sw_region_copy(context->region, file->inner, &fact.finding->location.inner) < 0)
        return -ENOMEM;
    return sw_facts_add(context->facts, &fact);
}
