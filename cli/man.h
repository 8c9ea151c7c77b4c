/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manual pages, made from the tables of commands and options.
 */
#pragma once

#include "base/buf.h"
#include "command.h"

/* "seawall-db-update", of at most n bytes with the NUL; "seawall" for NULL. */
void sw_man_name(const struct sw_command *command, char *ret, size_t n);
/* Appends the page of a command, or for NULL that of the whole program, as roff (man(7)). 0,
 * -ENOMEM or -EFBIG. */
int sw_man_format(const struct sw_command *command, struct sw_buf *ret_page);
