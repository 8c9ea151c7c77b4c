/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the terminal can do. NO_COLOR (no-color.org) and TERM=dumb are respected.
 */
#pragma once

#include <stdbool.h>

bool sw_terminal_is_one(int fd);
/* Columns; 80 when fd is no terminal or does not say. */
unsigned sw_terminal_width(int fd);
bool sw_terminal_has_color(int fd);
