/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the elder release files say in prose: "CentOS Linux release 7.6.1810 (Core)". For
 * os_release.c alone.
 */
#pragma once

#include "base/region.h"
#include "base/str.h"
#include "model/os.h"

/* The os-release id of a system that a text begins to name ("Debian GNU/Linux"), or NULL. */
const char *sw_os_text_find_id(struct sw_str text);
/* The leading letters and digits of a text. */
struct sw_str sw_os_text_first_word(struct sw_str text);
/* A lower-case copy, cut at a sane length: 0 or -ENOMEM. */
int sw_os_text_lower(struct sw_region *region, struct sw_str text, struct sw_str *ret);
/* One-line release files, and etc/issue. 0 or -ENOMEM; os stays empty when it names no system. */
int sw_os_text_read_release(struct sw_region *region, struct sw_str bytes, struct sw_os *os);
/* system-release-cpe: "cpe:/o:centos:linux:6:GA". The same returns. */
int sw_os_text_read_cpe(struct sw_region *region, struct sw_str bytes, struct sw_os *os);
