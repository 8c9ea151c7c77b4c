/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall man` (in no list): the manual page of a command, or all pages into a folder. Building
 * calls it, so that the pages that are installed are those of the program beside them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "command.h"
#include "io/file.h"
#include "man.h"
#include "rules/gate.h"

#define PAGE_BYTES_MAX ((size_t)262144)
#define NAME_BYTES_MAX 64

struct man_values {
    const char *folder;
};

static const struct sw_option man_options[] = {
    {"output", 'o', SW_OPTION_STRING, offsetof(struct man_values, folder), "DIR",
        "write the pages of all commands there", NULL},
    {0},
};

static int save_page(const char *folder, const struct sw_command *command)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf page = {0};
    sw_buf_init(&page, PAGE_BYTES_MAX);
    char name[NAME_BYTES_MAX];
    char path[4096];
    sw_man_name(command, name, sizeof(name));
    int n = snprintf(path, sizeof(path), "%s/%s.1", folder, name);
    int r = n < 0 || (size_t)n >= sizeof(path) ? -ENAMETOOLONG : sw_man_format(command, &page);
    if (r < 0)
        return sw_command_fail(SW_EXIT_FAILED, strerror(-r));
    struct sw_err err = {0};
    r = sw_file_save(AT_FDCWD, path, sw_buf_str(&page), 0644, &err);
    return r < 0 ? sw_command_fail(SW_EXIT_FAILED, err.message) : SW_EXIT_DONE;
}

static int save_pages(const char *folder)
{
    int status = save_page(folder, NULL);
    for (const struct sw_command *const *c = sw_commands; *c != NULL && status == 0; c++)
        if (!(*c)->is_hidden)
            status = save_page(folder, *c);
    return status;
}

static const struct sw_command *find(const char *const *words, size_t n)
{
    char name[NAME_BYTES_MAX];
    snprintf(name, sizeof(name), n > 1 ? "%s %s" : "%s", words[0], n > 1 ? words[1] : "");
    for (const struct sw_command *const *c = sw_commands; *c != NULL; c++)
        if (!(*c)->is_hidden && strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}

static int run(const struct sw_command *command, int argc, char **argv)
{
    struct man_values values = {0};
    const char *words[2] = {0};
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &values, words, 2, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    if (values.folder != NULL)
        return save_pages(values.folder);
    const struct sw_command *which = n > 0 ? find(words, n) : NULL;
    if (n > 0 && which == NULL)
        return sw_command_fail(SW_EXIT_USAGE, "there is no such command; see seawall --help");
    SW_CLEANUP(sw_buf_done) struct sw_buf page = {0};
    sw_buf_init(&page, PAGE_BYTES_MAX);
    r = sw_man_format(which, &page);
    if (r < 0)
        return sw_command_fail(SW_EXIT_FAILED, strerror(-r));
    fwrite(page.p, 1, page.n, stdout);
    return SW_EXIT_DONE;
}

const struct sw_command sw_man_command = {
    .name = "man",
    .usage = "man [COMMAND] | man -o DIR",
    .summary = "Print the manual page of a command as roff",
    .help = "Example:\n"
            "  seawall man db update | man -l -\n",
    .options = man_options,
    .is_hidden = true,
    .run = run,
};
