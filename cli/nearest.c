/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters that are wrong, missing, too many or in the other order, counted over a list of names;
 * after a mistake only.
 */
#include "nearest.h"

#include <string.h>

/* No name of ours is longer; of words only so much is looked at. */
#define WORD_BYTES_MAX 31
#define DISTANCE_MAX 2
/* Two letters of fewer are most of the word. */
#define SHORT_BYTES 5

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(const char *a, const char *b)
{
    size_t d[WORD_BYTES_MAX + 1][WORD_BYTES_MAX + 1];
    size_t m = strnlen(a, WORD_BYTES_MAX);
    size_t n = strnlen(b, WORD_BYTES_MAX);
    for (size_t j = 0; j <= n; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= m; i++) {
        d[i][0] = i;
        for (size_t j = 1; j <= n; j++) {
            d[i][j] = least(d[i - 1][j], d[i][j - 1]) + 1;
            d[i][j] = least(d[i][j], d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[m][n];
}

void sw_nearest_init(struct sw_nearest *nearest, const char *word)
{
    size_t limit = strlen(word) < SHORT_BYTES ? 1 : DISTANCE_MAX;
    *nearest = (struct sw_nearest){.word = word, .distance = limit + 1};
}

void sw_nearest_offer(struct sw_nearest *nearest, const char *name)
{
    size_t d = distance(nearest->word, name);
    if (d >= nearest->distance)
        return;
    nearest->distance = d;
    nearest->name = name;
}
