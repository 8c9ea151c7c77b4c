/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a secret or malware is, in words.
 */
#include "report/find.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"

/* Of an instruction; the whole is in the JSON report. */
#define INSTRUCTION_SHOWN ((size_t)60)

bool sw_report_is_find(const struct sw_finding *finding)
{
    return finding->kind == SW_FINDING_SECRET || finding->kind == SW_FINDING_MALWARE;
}

size_t sw_report_count_kind(const struct sw_report *report, enum sw_finding_kind kind)
{
    size_t n = 0;
    SW_VEC_EACH (finding, &report->findings)
        n += finding->kind == kind;
    return n;
}

const char *sw_report_kind_text(enum sw_finding_kind kind, size_t n)
{
    switch (kind) {
    case SW_FINDING_VULNERABILITY:
        return n == 1 ? "vulnerability" : "vulnerabilities";
    case SW_FINDING_SECRET:
        return n == 1 ? "secret" : "secrets";
    case SW_FINDING_MALWARE:
        return "malware";
    case SW_FINDING_CHECK:
        return n == 1 ? "failed check" : "failed checks";
    case _SW_FINDING_KIND_MAX:
        break;
    }
    return "";
}

static int append_file(const struct sw_location *location, struct sw_buf *buf)
{
    int r = sw_buf_append_str(buf, location->path);
    if (r == 0 && location->inner.n > 0)
        r = sw_buf_append_str(buf, SW_STR("!/"));
    return r < 0 ? r : sw_buf_append_str(buf, location->inner);
}

int sw_report_find_place(const struct sw_finding *finding, struct sw_buf *buf)
{
    const struct sw_location *location = &finding->location;
    if (location->presence == SW_PRESENCE_CONFIG) {
        int r = sw_buf_append_str(buf, SW_STR("image config, "));
        return r < 0 ? r : sw_buf_append_str(buf, location->inner);
    }
    int r = append_file(location, buf);
    if (r == 0 && location->line > 0)
        r = sw_buf_printf(buf, ":%" PRIu64, location->line);
    if (r == 0 && location->line > 0 && location->column > 0)
        r = sw_buf_printf(buf, ":%" PRIu64, location->column);
    return r;
}

int sw_report_find_uri(const struct sw_finding *finding, struct sw_buf *buf)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf path = {0};
    sw_buf_init(&path, 4 * SW_REPORT_NOTE_TEXT_MAX * 64);
    int r = finding->location.presence == SW_PRESENCE_CONFIG
                ? sw_buf_append_str(&path, SW_STR("config.json"))
                : append_file(&finding->location, &path);
    for (size_t i = 0; r == 0 && i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') ||
                        (c != 0 && strchr("-._~/!$&'()*+,;=@", c) != NULL);
        r = is_plain ? sw_buf_append_char(buf, (char)c) : sw_buf_printf(buf, "%%%02X", c);
    }
    return r;
}

const struct sw_layer *sw_report_find_layer(
    const struct sw_report *report, const struct sw_finding *finding)
{
    int layer = finding->location.layer;
    return layer >= 0 && (size_t)layer < report->image.n_layers ? &report->image.layers[layer]
                                                                : NULL;
}

int sw_report_find_story(
    const struct sw_report *report, const struct sw_finding *finding, struct sw_buf *buf)
{
    static const char *const fates[] = {
        [SW_PRESENCE_FINAL] = "",
        [SW_PRESENCE_DELETED] = "deleted in a later layer, still in the image",
        [SW_PRESENCE_REPLACED] = "replaced in a later layer, still in the image",
        [SW_PRESENCE_CONFIG] = "",
    };
    const struct sw_layer *layer = sw_report_find_layer(report, finding);
    const char *fate = fates[finding->location.presence];
    int r = 0;
    if (layer != NULL)
        r = sw_buf_printf(buf, "layer %d", finding->location.layer + 1);
    if (r == 0 && layer != NULL && layer->instruction.n > 0)
        r = sw_buf_printf(buf, ", %.*s%s",
            SW_STR_ARG(sw_str_part(layer->instruction, 0, INSTRUCTION_SHOWN)),
            layer->instruction.n > INSTRUCTION_SHOWN ? "..." : "");
    if (r == 0 && fate[0] != '\0')
        r = sw_buf_printf(buf, "%s%s", layer != NULL ? "; " : "", fate);
    return r;
}

struct sw_str sw_report_find_title(const struct sw_finding *finding)
{
    return finding->title.n > 0 ? finding->title : finding->id;
}
