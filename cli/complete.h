/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may stand where a shell's cursor is, by the tables of commands and options. The scripts of
 * `seawall completion` ask for it at each press of the key, so that they never grow old.
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"

/* Appends a line for each word that may stand for the last of these (those before it are given; the
 * first is a command): the word, and after a tab what it means. A word that ends with ':' or '='
 * goes on. A line that begins with ':' asks the shell for names of its own, ":files HEAD" or
 * ":directories HEAD", HEAD being the part of the last word that stays before them. 0, -ENOMEM or
 * -EFBIG. */
int sw_complete_print(const char *const *words, size_t n, struct sw_buf *ret_lines);
