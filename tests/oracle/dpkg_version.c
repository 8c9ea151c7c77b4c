/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What dpkg itself says about pairs of versions: a line "A<TAB>B" in, one of '<', '=', '>' out, '?'
 * where dpkg refuses one of them. Built for tests only, never installed: libdpkg is GPL, and this
 * is a program of its own that shares nothing with Seawall but lines on a pipe.
 */
#define LIBDPKG_VOLATILE_API

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dpkg/dpkg-db.h>
#include <dpkg/ehandle.h>
#include <dpkg/error.h>
#include <dpkg/program.h>
#include <dpkg/version.h>

/* Only what dpkg calls an error is refused; what it warns of ("1_2") it still compares. */
static int parse(const char *text, struct dpkg_version *version)
{
    struct dpkg_error err = DPKG_ERROR_INIT;
    int r = parseversion(version, text, &err);
    if (r < 0 && err.type == DPKG_MSG_WARN)
        r = 0;
    dpkg_error_destroy(&err);
    return r;
}

static char compare(const char *a, const char *b)
{
    struct dpkg_version va;
    struct dpkg_version vb;
    if (parse(a, &va) < 0 || parse(b, &vb) < 0)
        return '?';
    int r = dpkg_version_compare(&va, &vb);
    return r < 0 ? '<' : r > 0 ? '>' : '=';
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    push_error_context();
    while ((n = getline(&line, &size, stdin)) >= 0) {
        if (n > 0 && line[n - 1] == '\n')
            line[n - 1] = '\0';
        char *tab = strchr(line, '\t');
        if (tab == NULL) {
            fprintf(stderr, "no tab in '%s'\n", line);
            return 2;
        }
        *tab = '\0';
        putchar(compare(line, tab + 1));
        putchar('\n');
        nffreeall();
    }
    free(line);
    pop_error_context(ehflag_normaltidy);
    return fflush(stdout) == 0 ? 0 : 1;
}
