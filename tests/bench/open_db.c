/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time to open a database that was checked before, as every scan does: size, owner, headers,
 * the record of the check, and the map. `bench_open_db FILE RUNS` prints the first and the median
 * of RUNS openings.
 */
#include <stdio.h>
#include <stdlib.h>

#include "io/clock.h"
#include "vulndb/vulndb.h"

#define RUNS_MAX 10000

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static int64_t open_once(const char *path)
{
    struct sw_err err = {0};
    struct sw_vulndb *db = NULL;
    int64_t started_ns = sw_clock_monotonic_ns();
    if (sw_vulndb_open(path, &db, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    int64_t took_ns = sw_clock_monotonic_ns() - started_ns;
    sw_vulndb_close(db);
    return took_ns;
}

int main(int argc, char **argv)
{
    long n = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (n < 1 || n > RUNS_MAX) {
        fprintf(stderr, "usage: bench_open_db FILE RUNS\n");
        return 2;
    }
    static int64_t took_ns[RUNS_MAX];
    for (long i = 0; i < n; i++)
        took_ns[i] = open_once(argv[1]);
    printf("open the database, first in a process: %.3f ms\n", (double)took_ns[0] / 1e6);
    qsort(took_ns, (size_t)n, sizeof(took_ns[0]), compare);
    printf("open the database, median of %ld: %.3f ms\n", n, (double)took_ns[n / 2] / 1e6);
    return 0;
}
