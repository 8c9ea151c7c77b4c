/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall version compare`: how a distribution orders two versions. Given pairs on standard input
 * it answers a line each, so that scripts and tests can ask a million at once.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "command.h"
#include "io/reader.h"
#include "rules/gate.h"
#include "rules/version.h"

#define LINE_MAX_BYTES ((size_t)65536)

static void print_order(enum sw_version_scheme scheme, struct sw_str a, struct sw_str b)
{
    int order = sw_version_compare(scheme, a, b);
    fwrite(a.p, 1, a.n, stdout);
    fputs(order < 0 ? " < " : order > 0 ? " > " : " = ", stdout);
    fwrite(b.p, 1, b.n, stdout);
    fputc('\n', stdout);
}

static int compare_input(enum sw_version_scheme scheme)
{
    struct sw_err err = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf line = {0};
    sw_buf_init(&line, LINE_MAX_BYTES);
    struct sw_reader *in = sw_reader_new_fd(dup(STDIN_FILENO));
    int status = SW_EXIT_DONE;
    unsigned long long number = 0;
    int r = in != NULL ? 1 : -ENOMEM;
    while (in != NULL && (r = sw_reader_read_line(in, &line, &err)) != 0) {
        number++;
        struct sw_str rest = sw_str_trim(sw_buf_str(&line));
        struct sw_str a = SW_STR_NONE;
        if (r == 1 && rest.n == 0)
            continue;
        if (r == 1 && sw_str_next_token(&rest, ' ', &a) && rest.p != NULL) {
            print_order(scheme, a, sw_str_trim(rest));
            continue;
        }
        sw_err_set(&err, -EINVAL, "line %llu is not a pair 'A B'", number);
        status = sw_command_fail(SW_EXIT_USAGE, err.message);
        if (r < 0 && r != -EFBIG)
            break;
    }
    sw_reader_free(in);
    return status;
}

static int run(const struct sw_command *command, int argc, char **argv)
{
    const char *operands[3] = {0};
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, NULL, operands, 3, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    enum sw_version_scheme scheme = SW_VERSION_DPKG;
    if (n == 0 || sw_version_scheme_find(sw_str_of(operands[0]), &scheme) < 0)
        return sw_command_fail(SW_EXIT_USAGE, "name a scheme: dpkg, apk or rpm");
    if (n == 2)
        return sw_command_fail(SW_EXIT_USAGE, "name two versions, or none to read pairs");
    if (n == 1)
        return compare_input(scheme);
    print_order(scheme, sw_str_of(operands[1]), sw_str_of(operands[2]));
    return SW_EXIT_DONE;
}

const struct sw_command sw_version_compare_command = {
    .name = "version compare",
    .usage = "version compare SCHEME [A B]",
    .summary = "Compare versions as dpkg, apk or rpm does",
    .help = "Prints one line: A < B, A = B or A > B. SCHEME is dpkg, apk or rpm.\n"
            "Without A and B it reads pairs 'A B' from standard input, one a line.\n"
            "\n"
            "Examples:\n"
            "  seawall version compare dpkg 1.0~rc1-1 1.0-1\n"
            "  seawall version compare rpm < pairs.txt\n",
    .run = run,
};
