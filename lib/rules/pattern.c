/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a pattern's program: all places where it could be are kept at once, so that no text makes it
 * go back.
 */
#include "rules/pattern.h"

#include <stdint.h>

#include "rules/pattern_priv.h"

struct places {
    uint16_t v[SW_PATTERN_CODE_MAX];
    size_t n;
};

struct run {
    const struct sw_pattern *pattern;
    struct places now;
    struct places next;
    uint32_t marks[SW_PATTERN_CODE_MAX]; /* the round in which a step was put down last */
    uint32_t round;
    uint16_t waiting[2 * SW_PATTERN_CODE_MAX];
};

/* Puts down the steps that read a byte, reached from `at`. A step waits twice at most: each split
 * is gone through once. */
static void put(struct run *run, struct places *places, size_t at)
{
    size_t n = 0;
    run->waiting[n++] = (uint16_t)at;
    while (n > 0) {
        size_t i = run->waiting[--n];
        const struct sw_pattern_step *step = &run->pattern->steps[i];
        if (run->marks[i] == run->round)
            continue;
        run->marks[i] = run->round;
        if (step->op == SW_PATTERN_SPLIT)
            run->waiting[n++] = (uint16_t)((int)i + step->y);
        if (step->op == SW_PATTERN_SPLIT || step->op == SW_PATTERN_JUMP)
            run->waiting[n++] = (uint16_t)((int)i + step->x);
        else
            places->v[places->n++] = (uint16_t)i;
    }
}

static bool takes(const struct sw_pattern *pattern, const struct sw_pattern_step *step, uint8_t c)
{
    if (step->op == SW_PATTERN_CHAR)
        return step->c == c;
    if (step->op == SW_PATTERN_CLASS)
        return (pattern->classes[step->x].bits[c / 8] >> (c % 8)) & 1;
    return step->op == SW_PATTERN_ANY;
}

static bool run_steps(const struct sw_pattern *pattern, struct sw_str text)
{
    struct run run;
    run.pattern = pattern;
    run.round = 1;
    run.now.n = 0;
    for (size_t i = 0; i < pattern->n_steps; i++)
        run.marks[i] = 0;
    put(&run, &run.now, 0);
    for (size_t i = 0; i < text.n && run.now.n > 0; i++) {
        run.next.n = 0;
        run.round++;
        for (size_t k = 0; k < run.now.n; k++)
            if (takes(pattern, &pattern->steps[run.now.v[k]], (uint8_t)text.p[i]))
                put(&run, &run.next, (size_t)run.now.v[k] + 1);
        run.now.n = run.next.n;
        for (size_t k = 0; k < run.next.n; k++)
            run.now.v[k] = run.next.v[k];
    }
    for (size_t k = 0; k < run.now.n; k++)
        if (pattern->steps[run.now.v[k]].op == SW_PATTERN_END)
            return true;
    return false;
}

bool sw_pattern_match(const struct sw_pattern *pattern, struct sw_str text)
{
    if (pattern->n_steps == 0)
        return sw_str_equal(pattern->literal, text);
    return text.n <= SW_PATTERN_INPUT_MAX && run_steps(pattern, text);
}
