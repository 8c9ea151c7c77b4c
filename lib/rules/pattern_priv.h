/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program that a pattern becomes: pattern_compile.c writes it, pattern.c runs it. Jumps are
 * relative, so that a piece may move when something is put before it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum sw_pattern_op {
    SW_PATTERN_CHAR,  /* the byte c */
    SW_PATTERN_ANY,   /* any byte */
    SW_PATTERN_CLASS, /* a byte of the class number x */
    SW_PATTERN_SPLIT, /* goes on at x and at y */
    SW_PATTERN_JUMP,  /* goes on at x */
    SW_PATTERN_END,
};

struct sw_pattern_step {
    uint8_t op;
    uint8_t c;
    int16_t x;
    int16_t y;
};

struct sw_pattern_class {
    uint8_t bits[32];
};

struct sw_pattern {
    struct sw_str literal; /* with n_steps 0 */
    const struct sw_pattern_step *steps;
    size_t n_steps;
    const struct sw_pattern_class *classes;
};
