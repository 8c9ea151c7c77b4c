/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EPSS scores (https://epss.empiricalsecurity.com/epss_scores-current.csv.gz, by FIRST.org): a
 * comment line with the model's version and the date, a header, then a line for each CVE.
 */
#include "vulndb/build/epss.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"

/* "CVE-2024-12345,0.00043,0.09291" and a comment line of about fifty bytes. */
#define LINE_MAX_BYTES ((size_t)4096)
#define COLUMNS_MAX 16

struct epss_columns {
    size_t cve;
    size_t score;
    size_t percentile;
};

static size_t split_line(struct sw_str line, struct sw_str *ret)
{
    size_t n = 0;
    while (n < COLUMNS_MAX && sw_str_next_token(&line, ',', &ret[n]))
        n++;
    return n;
}

/* Where the columns stand; false when the line is not the header. */
static bool read_header(struct sw_str line, struct epss_columns *ret)
{
    struct sw_str cells[COLUMNS_MAX];
    size_t n = split_line(line, cells);
    size_t n_found = 0;
    for (size_t i = 0; i < n; i++) {
        struct sw_str cell = sw_str_trim(cells[i]);
        size_t *column = sw_str_equal_z(cell, "cve")          ? &ret->cve
                         : sw_str_equal_z(cell, "epss")       ? &ret->score
                         : sw_str_equal_z(cell, "percentile") ? &ret->percentile
                                                              : NULL;
        if (column == NULL)
            continue;
        *column = i;
        n_found++;
    }
    return n_found == 3;
}

/* A probability; false for anything but a number from 0 to 1. The cell ends at a comma or the
 * line's NUL. */
static bool read_fraction(struct sw_str cell, double *ret)
{
    struct sw_str text = sw_str_trim(cell);
    if (text.n == 0 || !((text.p[0] >= '0' && text.p[0] <= '9') || text.p[0] == '.'))
        return false;
    char *end = NULL;
    double value = strtod(text.p, &end);
    if (end != text.p + text.n || !(value >= 0 && value <= 1))
        return false;
    *ret = value;
    return true;
}

static bool read_row(
    struct sw_str line, const struct epss_columns *columns, struct sw_cve_facts *ret)
{
    struct sw_str cells[COLUMNS_MAX];
    size_t n = split_line(line, cells);
    if (columns->cve >= n || columns->score >= n || columns->percentile >= n)
        return false;
    *ret = (struct sw_cve_facts){.cve = sw_str_trim(cells[columns->cve])};
    return sw_str_starts_with(ret->cve, SW_STR("CVE-")) &&
           read_fraction(cells[columns->score], &ret->epss) &&
           read_fraction(cells[columns->percentile], &ret->epss_percentile);
}

static int read_epss(struct sw_reader *in, const struct sw_feed_file *file,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    (void)file;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, LINE_MAX_BYTES);
    struct epss_columns columns = {0};
    bool has_header = false;
    for (;;) {
        int r = sw_reader_read_line(in, &buf, err);
        struct sw_str line = sw_str_trim(sw_buf_str(&buf));
        if (r == 0)
            return has_header ? 0 : sw_err_set(err, -EBADMSG, "header line is missing");
        if (r == -EFBIG) {
            sink->skipped(sink->context, sw_str_part(line, 0, 64), "line is too long");
            continue;
        }
        if (r < 0)
            return r;
        if (line.n == 0 || line.p[0] == '#')
            continue;
        if (!has_header) {
            has_header = read_header(line, &columns);
            if (!has_header)
                return sw_err_set(err, -EBADMSG, "header line lacks cve, epss or percentile");
            continue;
        }
        struct sw_cve_facts facts;
        if (!read_row(line, &columns, &facts)) {
            sink->skipped(sink->context, sw_str_part(line, 0, 64), "not a CVE with two fractions");
            continue;
        }
        r = sink->cve_facts(sink->context, &facts, err);
        if (r < 0)
            return r;
    }
}

static int recognise_epss(const struct sw_feed_file *file)
{
    struct sw_str rest = file->head;
    struct sw_str line;
    struct epss_columns columns;
    for (int i = 0; i < 4 && sw_str_next_line(&rest, &line); i++) {
        if (line.n > 0 && line.p[0] == '#')
            continue;
        return read_header(line, &columns) ? 95 : 0;
    }
    return 0;
}

const struct sw_feed sw_epss_feed = {
    .name = "epss",
    .title = "EPSS scores by FIRST.org",
    .recognise = recognise_epss,
    .read = read_epss,
};
