/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lib/rules/version.c says about pairs of versions: the same lines as the oracles beside it.
 * Usage: version_compare dpkg|apk|rpm < pairs
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/version.h"

int main(int argc, char **argv)
{
    enum sw_version_scheme scheme;
    if (argc != 2 || sw_version_scheme_find(sw_str_of(argv[1]), &scheme) < 0) {
        fprintf(stderr, "usage: version_compare dpkg|apk|rpm < pairs\n");
        return 2;
    }
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    while ((n = getline(&line, &size, stdin)) >= 0) {
        if (n > 0 && line[n - 1] == '\n')
            n--;
        struct sw_str rest = {line, (size_t)n};
        struct sw_str a;
        struct sw_str b;
        if (!sw_str_next_token(&rest, '\t', &a) || !sw_str_next_token(&rest, '\t', &b)) {
            fprintf(stderr, "no tab in '%.*s'\n", (int)n, line);
            return 2;
        }
        int r = sw_version_compare(scheme, a, b);
        putchar(r < 0 ? '<' : r > 0 ? '>' : '=');
        putchar('\n');
    }
    free(line);
    return fflush(stdout) == 0 ? 0 : 1;
}
