/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rescan keeps between runs, from any bytes: what it remembers, what scans found, and which
 * packages deltas touched. Head and digest are made here, else nothing would get past them.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/digest.h"
#include "rescan_count.h"
#include "rescan_found.h"
#include "rescan_judged.h"
#include "vulndb/touched.h"

#define DIGEST_BYTES 72

static int wrap(struct sw_buf *buf, const char magic[16], struct sw_str body)
{
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    sw_buf_init(buf, (size_t)64 << 20);
    int r = sw_buf_append(buf, magic, 16);
    if (r == 0)
        r = sw_buf_append_str(buf, body);
    if (r == 0)
        r = sw_digest_of(SW_DIGEST_SHA256, sw_buf_str(buf), digest);
    return r < 0 ? r : sw_buf_append(buf, digest, DIGEST_BYTES);
}

static void read_touched(struct sw_str bytes)
{
    struct sw_touched touched;
    sw_touched_init(&touched);
    int r = sw_touched_parse(bytes, SW_STR("a"), SW_STR("c"), &touched);
    if (r < 0)
        abort();
    for (size_t i = 0; i < touched.n; i++)
        if (!sw_touched_has(&touched, touched.v[i]))
            abort();
    sw_touched_done(&touched);
}

/* What was read is written again and read again. */
static void read_judged(struct sw_buf *text)
{
    struct sw_judged judged = {.text = *text};
    struct sw_judged again = {0};
    struct sw_memo *memo = NULL;
    SW_CLEANUP(sw_rescan_counter_done) struct sw_rescan_counter counter = {0};
    struct sw_judged_counts counts;
    *text = (struct sw_buf){0};
    if (sw_memo_new(&memo) < 0)
        abort();
    counter.memo = memo;
    sw_buf_init(&again.text, (size_t)256 << 20);
    int r = sw_judged_parse(&judged, memo);
    SW_VEC_EACH (entry, &judged.entries) {
        if (sw_judged_find(&judged, entry->name) != entry)
            abort();
        for (size_t i = 0; i < sw_judged_list_count(entry->list); i++)
            sw_judged_list_get(entry->list, i);
        if (sw_rescan_count(
                &counter, entry->packages, entry->n_packages, SW_RESCAN_BEFORE, &counts) < 0)
            abort();
    }
    if (r == 0 && (sw_judged_format(
                       memo, &judged.state, judged.entries.v, judged.entries.n, &again.text) < 0 ||
                      sw_judged_parse(&again, memo) < 0 || again.entries.n != judged.entries.n))
        abort();
    sw_judged_done(&judged);
    sw_judged_done(&again);
    sw_memo_free(memo);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const magics[] = {
        "SEAWALL TOUCHED\n", "SEAWALL JUDGED2\n", "SEAWALL FOUND 1\n"};
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    struct sw_str list;
    if (n == 0)
        return 0;
    unsigned kind = data[0] % 3;
    if (wrap(&buf, magics[kind], (struct sw_str){(const char *)data + 1, n - 1}) < 0)
        return 0;
    if (kind == 0)
        read_touched(sw_buf_str(&buf));
    else if (kind == 1)
        read_judged(&buf);
    else if (sw_found_parse(sw_buf_str(&buf), &list) == 0)
        sw_rescan_compare(list, list, SW_SEVERITY_UNKNOWN, &(uint64_t){0}, &(uint64_t){0});
    return 0;
}
