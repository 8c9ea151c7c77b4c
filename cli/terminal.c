/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks the terminal once per run.
 */
#include "terminal.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "io/environment.h"

bool sw_terminal_is_one(int fd)
{
    return isatty(fd) == 1;
}

unsigned sw_terminal_width(int fd)
{
    struct winsize size = {0};
    if (!sw_terminal_is_one(fd) || ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col < 40)
        return 80;
    return size.ws_col;
}

bool sw_terminal_has_color(int fd)
{
    const char *no_color = sw_environment_get("NO_COLOR");
    const char *term = sw_environment_get("TERM");
    return sw_terminal_is_one(fd) && (no_color == NULL || no_color[0] == '\0') &&
           (term == NULL || strcmp(term, "dumb") != 0);
}
