/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The environment, for main functions and their option tables. Libraries are told, they do not ask.
 */
#pragma once

/* The value, borrowed; NULL when unset or empty. */
const char *sw_environment_get(const char *name);
/* All of it, "NAME=value", NULL at its end; borrowed. */
char **sw_environment_all(void);
