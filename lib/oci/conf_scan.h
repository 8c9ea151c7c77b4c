/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of engines that are written in TOML, as much of it as says where images are: what the
 * readers of storage.conf and of containerd's config.toml share.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

struct sw_conf_scan {
    struct sw_str rest;
    struct sw_region *region; /* strings are made in it */
    struct sw_err *err;
    unsigned line;
};

/* -EINVAL, with the line. */
int sw_conf_fail(struct sw_conf_scan *scan, const char *what);
/* Passes over white space, over ends of lines as well where `is_across`, and over comments. */
void sw_conf_skip_space(struct sw_conf_scan *scan, bool is_across);
bool sw_conf_take_char(struct sw_conf_scan *scan, char c);
/* A string of either kind on one line, without zeros; in the double-quoted kind only \\ and \" are
 * known, paths need no others. */
int sw_conf_take_string(struct sw_conf_scan *scan, struct sw_str *ret);
/* The key before the next `=`, which is passed; false where the line has none. */
bool sw_conf_take_key(struct sw_conf_scan *scan, struct sw_str *ret);
/* Passes over a value of any kind, over several lines where its strings and brackets go so far. */
void sw_conf_skip_value(struct sw_conf_scan *scan);
void sw_conf_skip_line(struct sw_conf_scan *scan);
