/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_print SCANNER TARGET [CACHE]: runs one scan and prints its reports as JSON, one a line. For
 * trying the engine without the command line program.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "model/report_json.h"
#include "scan/scan.h"

static int write_text(void *context, struct sw_str text)
{
    (void)context;
    return fwrite(text.p, 1, text.n, stdout) == text.n ? 0 : -1;
}

static int print_report(void *context, struct sw_report *report)
{
    (void)context;
    return sw_report_json_format(report, "test", write_text, NULL, NULL);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: scan_print SCANNER TARGET [CACHE]\n");
        return 2;
    }
    sw_descriptor_ignore_sigpipe();
    struct sw_scan_options options = {
        .target = argv[2],
        .scanner_path = argv[1],
        .cache_dir = argc > 3 ? argv[3] : NULL,
        .cache_max_bytes = (uint64_t)1 << 30,
        .memory_limit_bytes = (uint64_t)256 << 20,
        .now_s = sw_clock_wall_s(),
        .platform = getenv("PLATFORM"),
        .is_all_platforms = getenv("ALL_PLATFORMS") != NULL,
        .report = print_report,
    };
    struct sw_err err = {0};
    int r = sw_scan_run(&options, &err);
    if (r < 0)
        fprintf(stderr, "error: %s\n", err.message);
    return r < 0 ? 3 : 0;
}
