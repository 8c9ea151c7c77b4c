/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the table of habits, a row a line: kind, peers, their word, ours, what is said; fields are
 * parted by tabs. For tests/check/migrate_test.py, which compares docs/migrate.md with it.
 */
#include <stdio.h>

#include "habit.h"

int main(void)
{
    static const char *const kinds[] = {"command", "option", "value", "source"};
    for (const struct sw_habit *h = sw_habits; h->word != NULL; h++)
        printf("%s\t%s\t%s\t%s\t%s\n", kinds[h->kind], h->peers, h->word,
            h->ours != NULL ? h->ours : "", h->says != NULL ? h->says : "");
    return 0;
}
