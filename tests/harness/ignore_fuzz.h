/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets of ignore files share: a small report that rules of any kind can speak of,
 * and what must hold whatever they say.
 */
#pragma once

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "rules/ignore.h"

static inline void ignore_fuzz_fill(struct sw_report *report)
{
    static struct sw_layer layers[] = {{.digest = SW_STR_INIT("sha256:aaaabbbbcccc")}};
    static size_t both[] = {0, 1};
    static struct sw_str aliases[] = {SW_STR_INIT("CVE-2026-2"), SW_STR_INIT("CVE-2026-3")};
    struct sw_package a = {.name = SW_STR("libssl3"),
        .source_name = SW_STR("openssl"),
        .version = SW_STR("1:3.0"),
        .arch = SW_STR("amd64"),
        .database = SW_STR("var/lib/dpkg/status")};
    struct sw_package b = a;
    b.name = SW_STR("bash");
    b.layer = SW_PACKAGE_NO_LAYER;
    struct sw_finding one = {.id = SW_STR("CVE-2026-1"), .packages = both, .n_packages = 2};
    struct sw_finding two = {.id = SW_STR("RHSA-2026:2"), .aliases = aliases, .n_aliases = 2};
    report->os = (struct sw_os){.id = SW_STR("debian"), .version_id = SW_STR("12")};
    report->image.layers = layers;
    report->image.n_layers = 1;
    if (sw_vec_push(&report->packages, a, 2) < 0 || sw_vec_push(&report->packages, b, 2) < 0 ||
        sw_vec_push(&report->findings, one, 2) < 0 || sw_vec_push(&report->findings, two, 2) < 0)
        abort();
}

/* Each finding stays with each of its packages, here or there. */
static inline void ignore_fuzz_check(const struct sw_report *report)
{
    size_t n = 0;
    SW_VEC_EACH (finding, &report->findings)
        n += finding->n_packages > 0 ? finding->n_packages : 1;
    SW_VEC_EACH (ignored, &report->ignored)
        n += ignored->finding.n_packages > 0 ? ignored->finding.n_packages : 1;
    if (n != 3)
        abort();
}

static inline int ignore_fuzz(enum sw_ignore_format format, const uint8_t *data, size_t size)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_report_done) struct sw_report report;
    struct sw_ignore_rules rules;
    struct sw_ignore_use use;
    struct sw_err err = {0};
    sw_region_init(&region, SW_IGNORE_REGION_MAX);
    sw_report_init(&report, &region);
    sw_ignore_init(&rules, &region);
    ignore_fuzz_fill(&report);
    struct sw_str bytes = {(const char *)data, size};
    sw_ignore_format_guess(sw_str_part(bytes, 0, 40), bytes);
    if (sw_ignore_load(&rules, format, SW_STR("f"), bytes, &err) < 0) {
        if (err.message[0] == '\0')
            abort();
        return 0;
    }
    if (sw_ignore_finish(&rules) < 0 || sw_ignore_use_init(&use, &rules, &region) < 0 ||
        sw_ignore_apply(&rules, &use, &report, SW_STR("2026-11-25"), &err) < 0)
        abort();
    ignore_fuzz_check(&report);
    return 0;
}
