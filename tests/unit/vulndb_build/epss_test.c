/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/epss.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/feed_dump.h"
#include "harness/shared.h"
#include "vulndb/build/epss.h"

static void reads_scores_and_skips_what_is_none(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    struct sw_str text = SW_STR(
        "#model_version:v2025.03.14,score_date:2026-08-16\ncve,epss,percentile\n"
        "CVE-1999-0001,0.03351,0.87650\r\nCVE-1,1,0\nCVE-2,1.5,0\nCVE-3,nan,0\nCVE-4,-0.1,0\n"
        "CVE-5,0.1\nx,0.1,0.1\n\nCVE-6,0.1x,0.1\nCVE-7,1e999,0\n");
    assert_true(feed_dump_recognise(&sw_epss_feed, "e.csv", text) > 0);
    assert_int_equal(feed_dump_text(&dump, &sw_epss_feed, "e.csv", text), 0);
    assert_string_equal(dump.text.p, "CVE-1999-0001 added= due= name= epss=0.03351/0.87650\n"
                                     "CVE-1 added= due= name= epss=1.00000/0.00000\n");
    assert_int_equal(dump.n_skipped, 7);
}

static void refuses_another_header(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "#only a comment\n", "invalid,header,format\nCVE-1,0,0\n", "cve,epss\nCVE-1,0,0\n"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++) {
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        feed_dump_init(&dump);
        assert_int_equal(
            feed_dump_text(&dump, &sw_epss_feed, "e.csv", sw_str_of(texts[i])), -EBADMSG);
        assert_int_equal(feed_dump_recognise(&sw_epss_feed, "e.csv", sw_str_of(texts[i])), 0);
    }
}

static void passes_over_a_line_of_absurd_length(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, (size_t)4 << 20);
    sw_buf_append_str(&text, SW_STR("cve,percentile,epss\nCVE-"));
    for (int i = 0; i < 1000000; i++)
        sw_buf_append_char(&text, '1');
    sw_buf_append_str(&text, SW_STR(",0,0\nCVE-2,0.5,0.25\n"));
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    assert_int_equal(feed_dump_text(&dump, &sw_epss_feed, "e.csv", sw_buf_str(&text)), 0);
    assert_string_equal(dump.text.p, "CVE-2 added= due= name= epss=0.25000/0.50000\n");
    assert_int_equal(dump.n_skipped, 1);
}

static void reads_the_shared_scores_without_loss(void **state)
{
    (void)state;
    const char *path = test_shared("vulndb-sources/epss/epss_scores.csv.gz");
    if (access(path, R_OK) != 0) {
        print_message("no shared data: %s\n", path);
        skip();
    }
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    dump.is_counting = true;
    assert_int_equal(feed_dump_file(&dump, &sw_epss_feed, path), 0);
    assert_int_equal(dump.n_skipped, 0);
    assert_int_equal(dump.n_cve_facts, 360142);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_scores_and_skips_what_is_none),
        cmocka_unit_test(refuses_another_header),
        cmocka_unit_test(passes_over_a_line_of_absurd_length),
        cmocka_unit_test(reads_the_shared_scores_without_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
