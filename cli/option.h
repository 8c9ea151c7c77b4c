/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of a command as one table: it drives the parser, the environment and --help.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

#define SW_OPTION_LIST_MAX 16
#define SW_OPTIONS_MAX 96

enum sw_option_type {
    SW_OPTION_FLAG,     /* bool */
    SW_OPTION_STRING,   /* const char * */
    SW_OPTION_OPTIONAL, /* const char *, given as --name or --name=VALUE; "" without a value */
    SW_OPTION_LIST,     /* struct sw_option_list; may be given several times */
    SW_OPTION_SIZE,     /* uint64_t bytes: 256M, 1G, 500K */
    SW_OPTION_COUNT,    /* uint64_t */
    SW_OPTION_DURATION, /* int64_t seconds: 3d, 12h, 30m, 45s */
    _SW_OPTION_TYPE_MAX
};

struct sw_option_list {
    const char *v[SW_OPTION_LIST_MAX];
    size_t n;
};

/* One row; a row without a name ends the table. */
struct sw_option {
    const char *name;
    char letter; /* short form, or 0 */
    enum sw_option_type type;
    size_t offset;           /* of the value in the command's struct */
    const char *argument;    /* "FILE", for --help */
    const char *help;        /* one or two lines */
    const char *environment; /* variable that gives the value when the option is absent, or NULL */
};

/* Parses argv[1..]. Values keep pointing into argv. The rest goes to operands (at most max).
 * 0 with *ret_n operands, or -EINVAL with a sentence that says what to do; -ENOTSUP when it says
 * what an option of another scanner is called here. */
int sw_option_parse(const struct sw_option *table, int argc, char **argv, void *values,
    const char **operands, size_t max, size_t *ret_n, struct sw_err *err);

/* The option part of --help, wrapped at 80 columns. */
void sw_option_print_help(const struct sw_option *table, FILE *out);

/* "256M" and kin to bytes; "3d" and kin to seconds: 0 or -EINVAL. */
int sw_option_parse_size(const char *text, uint64_t *ret);
int sw_option_parse_duration(const char *text, int64_t *ret);
