/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a scan looks for, in aspects that people choose from and that the cache keeps apart: a new
 * set of rules makes its own aspect look again, and nothing else.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

enum sw_aspect {
    SW_ASPECT_VULN, /* packages, to be matched against the vulnerability database */
    SW_ASPECT_SECRETS,
    SW_ASPECT_MALWARE,
    _SW_ASPECT_MAX
};

/* A set of aspects is a number with these bits. */
#define SW_ASPECT_BIT(aspect) (1u << (aspect))
#define SW_ASPECTS_ALL ((1u << _SW_ASPECT_MAX) - 1)

/* "vuln", "secrets", "malware". */
const char *sw_aspect_name(enum sw_aspect aspect);
int sw_aspect_find(struct sw_str name, enum sw_aspect *ret);
/* "vuln,secrets" as a set: 0, or -EINVAL with a sentence that names what there is. */
int sw_aspects_parse(struct sw_str text, unsigned *ret, struct sw_err *err);
/* The set as text, names of all aspects at most. */
#define SW_ASPECTS_TEXT_BYTES 64
const char *sw_aspects_text(unsigned aspects, char text[SW_ASPECTS_TEXT_BYTES]);
