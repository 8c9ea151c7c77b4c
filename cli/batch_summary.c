/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The summary: a line per image. Names have passed the grammar of names; sentences are escaped.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "batch_priv.h"
#include "io/clock.h"

#define NAME_COLUMNS_MAX 60
#define DIGEST_COLUMNS 12

static void format_name(const struct sw_batch_image *image, char *buf, size_t n)
{
    if (image->name != NULL)
        snprintf(buf, n, "%s", image->name);
    else
        snprintf(buf, n, "%s%s%s", image->repository, image->tag[0] != '\0' ? ":" : "", image->tag);
}

static int name_columns(const struct sw_batch *batch)
{
    size_t columns = strlen("IMAGE");
    char name[512];
    SW_VEC_EACH (image, &batch->images) {
        format_name(image, name, sizeof(name));
        columns = strlen(name) > columns ? strlen(name) : columns;
    }
    return columns < NAME_COLUMNS_MAX ? (int)columns : NAME_COLUMNS_MAX;
}

/* "sha256:" says nothing in a table. */
static const char *short_digest(const struct sw_batch_image *image)
{
    const char *colon = strchr(image->digest, ':');
    return colon != NULL ? colon + 1 : "-";
}

/* Beside others of its repository. */
static const char *short_name(const struct sw_batch_image *image)
{
    return image->name != NULL ? image->name : image->tag;
}

static void print_state(const struct sw_batch *batch, const struct sw_batch_image *image, FILE *out)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 4096);
    switch (image->state) {
    case SW_BATCH_WAITING:
        fputs("not scanned", out);
        break;
    case SW_BATCH_DONE:
        fputs(image->is_incomplete ? "incomplete" : "done", out);
        break;
    case SW_BATCH_SAME:
        fprintf(out, "same as %s", short_name(&batch->images.v[image->same_as]));
        break;
    case SW_BATCH_FAILED:
        sw_text_terminal(&text, sw_str_of(image->message));
        fprintf(out, "failed: %s", text.p != NULL ? text.p : "");
        break;
    case _SW_BATCH_STATE_MAX:
        break;
    }
    fputc('\n', out);
}

static void print_image(
    const struct sw_batch *batch, const struct sw_batch_image *image, int columns, FILE *out)
{
    char name[512];
    format_name(image, name, sizeof(name));
    fprintf(
        out, "%-*s  %-*.*s", columns, name, DIGEST_COLUMNS, DIGEST_COLUMNS, short_digest(image));
    if (batch->registry == NULL)
        fprintf(out, "  %7zu", image->n_running);
    if (image->state == SW_BATCH_FAILED || image->n_reports == 0)
        fprintf(out, "  %8s %8s %6s %6s %6s  ", "-", "-", "-", "-", "-");
    else
        fprintf(out, "  %8" PRIu64 " %8" PRIu64 " %6" PRIu64 " %6" PRIu64 " %6" PRIu64 "  ",
            image->n_packages, image->n_findings[SW_SEVERITY_CRITICAL],
            image->n_findings[SW_SEVERITY_HIGH], image->n_findings[SW_SEVERITY_MEDIUM],
            image->n_findings[SW_SEVERITY_LOW] + image->n_findings[SW_SEVERITY_NEGLIGIBLE] +
                image->n_findings[SW_SEVERITY_UNKNOWN]);
    print_state(batch, image, out);
}

void sw_batch_print_summary(const struct sw_batch *batch, FILE *out)
{
    int columns = name_columns(batch);
    size_t n[_SW_BATCH_STATE_MAX] = {0};
    fprintf(out, "%-*s  %-*s%s  %8s %8s %6s %6s %6s  %s\n", columns, "IMAGE", DIGEST_COLUMNS,
        "DIGEST", batch->registry == NULL ? "  RUNNING" : "", "PACKAGES", "CRITICAL", "HIGH",
        "MEDIUM", "LOWER", "STATE");
    SW_VEC_EACH (image, &batch->images) {
        n[image->state]++;
        print_image(batch, image, columns, out);
    }
    fprintf(out, "\n%s: %zu images scanned, %zu the same by digest, %zu failed",
        batch->registry != NULL ? batch->place.registry.p : "this node", n[SW_BATCH_DONE],
        n[SW_BATCH_SAME], n[SW_BATCH_FAILED]);
    if (batch->n_names_refused > 0)
        fprintf(out, ", %" PRIu64 " names that no image can have", batch->n_names_refused);
    if (batch->registry != NULL)
        fprintf(out, "; %" PRIu64 " requests", sw_registry_n_requests(batch->registry));
    fprintf(out, "%s in %.1f s\n", batch->registry != NULL ? "" : ";",
        (double)(sw_clock_monotonic_ns() - batch->started_ns) / 1e9);
}
