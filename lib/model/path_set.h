/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which paths a layer has entries for that are no directories, small enough to be kept with its
 * facts: hashes of 48 bits, sorted, as text of eight characters each. The scanner writes it,
 * folding asks it. A path that is not there is taken for one that is once in 2^48 / n times.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Characters of one entry. */
#define SW_PATH_SET_ENTRY_BYTES 8
/* Entries of one text; more paths make more texts. */
#define SW_PATH_SET_ENTRIES_MAX ((size_t)8000)

/* The same in every program and version. */
uint64_t sw_path_set_hash(struct sw_str path);
/* Writes n sorted hashes as n * SW_PATH_SET_ENTRY_BYTES characters. */
void sw_path_set_format(const uint64_t *hashes, size_t n, char *text);
/* Whether the text holds the hash; one that is no such text holds nothing. */
bool sw_path_set_has(struct sw_str text, uint64_t hash);
