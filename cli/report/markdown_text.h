/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes in a cell of a Markdown table, as GitHub and GitLab read it: nothing in them makes markup,
 * a link, a mention of somebody or a reference to an issue.
 */
#pragma once

#include <stdio.h>

#include "base/str.h"
#include "model/finding.h"

/* Names and versions: a span of code. Nothing for an empty string. */
void sw_markdown_print_code(FILE *out, struct sw_str s);
/* Sentences of a feed or of ours. */
void sw_markdown_print_text(FILE *out, struct sw_str s);
/* An id, with a link to where it is told of when there is a plain one. */
void sw_markdown_print_id(FILE *out, struct sw_str id, struct sw_str url);
/* The cells that tables of findings begin with: severity, package, installed, fixed in, id. */
void sw_markdown_print_finding(FILE *out, const struct sw_finding *finding);
