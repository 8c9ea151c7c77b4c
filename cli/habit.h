/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people type who come from another scanner, and what it is called here: one table, that is
 * asked where a command, an option, a value or a kind of source is not known. docs/migrate.md has
 * the same rows.
 */
#pragma once

#include "option.h"

enum sw_habit_kind {
    SW_HABIT_COMMAND, /* "image", "registry login" */
    SW_HABIT_OPTION,  /* "--exit-code", "-o" */
    SW_HABIT_VALUE,   /* "--format template": of an option that is here too */
    SW_HABIT_SOURCE,  /* "sbom:": what a target begins with */
    _SW_HABIT_KIND_MAX
};

/* A row without a word ends the table. */
struct sw_habit {
    const char *peers; /* "Trivy", "Grype and Syft" */
    enum sw_habit_kind kind;
    const char *word;
    const char *ours; /* options, or "seawall ..."; NULL: nothing is the same */
    const char *says; /* what there is to know besides, or to do instead; NULL: nothing */
};
extern const struct sw_habit sw_habits[];

/* Each sets a sentence and returns -ENOTSUP when the word is known from elsewhere, or returns 0. */
int sw_habit_explain_command(const char *word, struct sw_err *err);
/* With the value that follows (NULL: none), as far as it tells what is meant. What is here an
 * option of `scan` and not of this table is said to be so. */
int sw_habit_explain_option(
    const char *word, const char *value, const struct sw_option *table, struct sw_err *err);
/* The name is that of an option here, without dashes. */
int sw_habit_explain_value(const char *name, const char *value, struct sw_err *err);
int sw_habit_explain_source(const char *target, struct sw_err *err);
