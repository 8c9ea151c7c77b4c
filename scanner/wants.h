/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all analyzers want, compiled once into tables that answer for each member of each layer in
 * a few nanoseconds. Read by several threads at once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer.h"
#include "base/str.h"

/* Bits of a mask. */
#define SW_WANTS_ANALYZERS_MAX 64

struct sw_wants;

struct sw_wants_answer {
    uint64_t mask;     /* bit i: the analyzer at index i of the table wants this path */
    bool is_guard;     /* an ancestor of a named path: its replacement must be recorded */
    bool is_link_kept; /* the folder that a pattern's star stands for, or a path of the pattern:
                          what it leads to, where it is a symbolic link, must be recorded */
};

/* Compiles a table that ends with NULL, of which those of these aspects are at work; its strings
 * are borrowed. 0, -ENOMEM, -E2BIG. */
int sw_wants_new(
    const struct sw_analyzer *const *analyzers, unsigned aspects, struct sw_wants **ret);
void sw_wants_free(struct sw_wants *wants);
void sw_wants_freep(struct sw_wants **wants);

/* For a cleaned path. */
struct sw_wants_answer sw_wants_find(const struct sw_wants *wants, struct sw_str path);
/* Analyzers that want every regular file. */
uint64_t sw_wants_any(const struct sw_wants *wants);
/* True when an aspect is at work whose findings need to know which paths a layer has. */
bool sw_wants_paths(const struct sw_wants *wants);
/* The analyzer of a bit. */
const struct sw_analyzer *sw_wants_analyzer(const struct sw_wants *wants, unsigned bit);
