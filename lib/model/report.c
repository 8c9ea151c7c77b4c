/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report: its life, its notes, the names of its verdicts.
 */
#include "model/report.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "model/names.h"

static const char *const target_names[] = {
    [SW_TARGET_DOCKER_ARCHIVE] = "docker-archive",
    [SW_TARGET_OCI_LAYOUT] = "oci-layout",
    [SW_TARGET_OCI_ARCHIVE] = "oci-archive",
    [SW_TARGET_ROOTFS] = "rootfs",
    [SW_TARGET_REGISTRY] = "registry",
    [SW_TARGET_DOCKER] = "docker",
    [SW_TARGET_PODMAN] = "podman",
    [SW_TARGET_CONTAINERD] = "containerd",
};
static_assert(SW_ARRAY_SIZE(target_names) == _SW_TARGET_KIND_MAX, "a name for each value");

const char *sw_target_kind_name(enum sw_target_kind value)
{
    return target_names[value];
}

static const char *const support_names[] = {
    [SW_SUPPORT_UNKNOWN] = "unknown",
    [SW_SUPPORT_YES] = "supported",
    [SW_SUPPORT_NO_DATABASE] = "no_database",
    [SW_SUPPORT_NO_FEED] = "no_feed",
    [SW_SUPPORT_UNSUPPORTED] = "unsupported",
    [SW_SUPPORT_END_OF_LIFE] = "end_of_life",
};
static_assert(SW_ARRAY_SIZE(support_names) == _SW_SUPPORT_MAX, "a name for each value");

const char *sw_support_name(enum sw_support value)
{
    return support_names[value];
}

void sw_report_init(struct sw_report *report, struct sw_region *region)
{
    *report = (struct sw_report){.region = region};
}

void sw_report_done(struct sw_report *report)
{
    sw_vec_done(&report->packages);
    sw_vec_done(&report->findings);
    sw_vec_done(&report->ignored);
    sw_vec_done(&report->notes);
    sw_vec_done(&report->unexamined);
}

/* The last place is kept for the note that says how many found none. */
static int note_overflow(struct sw_report *report)
{
    report->n_notes_dropped++;
    char *text = sw_region_printf(report->region, "%llu more notes were dropped",
        (unsigned long long)report->n_notes_dropped);
    if (text == NULL)
        return -ENOMEM;
    struct sw_note note = {.kind = SW_NOTE_LIMIT, .message = sw_str_of(text), .layer = -1};
    if (report->notes.n == SW_REPORT_NOTES_MAX) {
        report->notes.v[report->notes.n - 1] = note;
        return 0;
    }
    return sw_vec_push(&report->notes, note, SW_REPORT_NOTES_MAX);
}

int sw_report_note(struct sw_report *report, enum sw_note_kind kind, struct sw_str subject,
    const char *format, ...)
{
    if (report->notes.n >= SW_REPORT_NOTES_MAX - 1)
        return note_overflow(report);
    char message[SW_REPORT_NOTE_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    struct sw_note note = {.kind = kind, .layer = -1};
    if (sw_region_copy(report->region, subject, &note.subject) < 0 ||
        sw_region_copy(report->region, sw_str_of(message), &note.message) < 0)
        return -ENOMEM;
    return sw_vec_push(&report->notes, note, SW_REPORT_NOTES_MAX);
}

bool sw_report_is_incomplete(const struct sw_report *report)
{
    SW_VEC_EACH (note, &report->notes)
        if (sw_note_is_incomplete(note->kind))
            return true;
    return false;
}

bool sw_report_has_aspect(const struct sw_report *report, enum sw_aspect aspect)
{
    unsigned aspects = report->aspects != 0 ? report->aspects : SW_ASPECT_BIT(SW_ASPECT_VULN);
    return (aspects & SW_ASPECT_BIT(aspect)) != 0;
}
