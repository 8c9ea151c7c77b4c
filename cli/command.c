/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dispatch and help. A command that is not known gets the nearest name.
 */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "rules/gate.h"

int sw_command_fail(int status, const char *message)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 16384);
    if (sw_text_terminal(&text, sw_str_of(message)) < 0)
        sw_buf_clear(&text);
    fprintf(stderr, "seawall: %s\n", text.p != NULL ? text.p : "out of memory");
    return status;
}

static void print_overview(FILE *out)
{
    fprintf(out, "Container security that you run yourself.\n\nUsage: seawall COMMAND ...\n\n");
    for (const struct sw_command *const *c = sw_commands; *c != NULL; c++)
        fprintf(out, "  %-18s %s\n", (*c)->name, (*c)->summary);
    fprintf(out, "\nFirst steps:\n"
                 "  seawall scan image.tar          scan what `docker save` wrote\n"
                 "  seawall scan /                  scan this machine\n"
                 "  seawall COMMAND --help          all about one command\n");
}

static void print_help(const struct sw_command *command)
{
    printf("%s\n\nUsage: seawall %s\n\n%s", command->summary, command->usage, command->help);
    if (command->options != NULL) {
        printf("\nOptions:\n");
        sw_option_print_help(command->options, stdout);
    }
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int sw_command_parse(const struct sw_command *command, int argc, char **argv, void *values,
    const char **operands, size_t max, size_t *ret_n)
{
    static const struct sw_option none[] = {{0}};
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (!is_help(argv[i]))
            continue;
        print_help(command);
        return 1;
    }
    struct sw_err err = {0};
    int r = sw_option_parse(command->options != NULL ? command->options : none, argc, argv, values,
        operands, max, ret_n, &err);
    if (r == 0)
        return 0;
    sw_command_fail(0, err.message);
    fprintf(stderr, "Usage: seawall %s\nTry 'seawall %s --help'.\n", command->usage, command->name);
    return -EINVAL;
}

/* Number of words of the name that argv[1..] begins with; 0: it is another command. */
static int match_words(const char *name, int argc, char **argv)
{
    struct sw_str rest = sw_str_of(name);
    struct sw_str word;
    int n = 0;
    while (sw_str_next_token(&rest, ' ', &word)) {
        if (n + 1 >= argc || !sw_str_equal_z(word, argv[n + 1]))
            return 0;
        n++;
    }
    return n;
}

static size_t distance(const char *a, const char *b)
{
    size_t row[32];
    size_t n = strlen(b) < 31 ? strlen(b) : 31;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0' && i < 31; i++) {
        size_t corner = row[0]++;
        for (size_t j = 0; j < n; j++) {
            size_t next = corner + (a[i] != b[j]);
            corner = row[j + 1];
            if (row[j] + 1 < next)
                next = row[j] + 1;
            if (corner + 1 < next)
                next = corner + 1;
            row[j + 1] = next;
        }
    }
    return row[n];
}

static int report_unknown(const char *word)
{
    const char *nearest = NULL;
    size_t best = 3;
    for (const struct sw_command *const *c = sw_commands; *c != NULL; c++) {
        size_t d = distance(word, (*c)->name);
        if (d < best) {
            best = d;
            nearest = (*c)->name;
        }
    }
    struct sw_err err = {0};
    if (nearest != NULL)
        sw_err_set(&err, -EINVAL, "unknown command '%s'; did you mean '%s'?", word, nearest);
    else
        sw_err_set(&err, -EINVAL, "unknown command '%s'; 'seawall --help' lists all", word);
    return sw_command_fail(SW_EXIT_USAGE, err.message);
}

/* "seawall db": the commands that begin with this word. False when there are none. */
static bool print_group(const char *word, FILE *out)
{
    size_t n = strlen(word);
    bool is_found = false;
    for (const struct sw_command *const *c = sw_commands; *c != NULL; c++) {
        if (strncmp((*c)->name, word, n) != 0 || (*c)->name[n] != ' ')
            continue;
        fprintf(out, "  %-18s %s\n", (*c)->name, (*c)->summary);
        is_found = true;
    }
    return is_found;
}

int sw_command_run(int argc, char **argv)
{
    if (argc < 2) {
        print_overview(stderr);
        return SW_EXIT_USAGE;
    }
    if (is_help(argv[1]) || strcmp(argv[1], "help") == 0) {
        print_overview(stdout);
        return SW_EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("seawall %s\n", SEAWALL_VERSION);
        return SW_EXIT_DONE;
    }
    for (const struct sw_command *const *c = sw_commands; *c != NULL; c++) {
        int n = match_words((*c)->name, argc, argv);
        if (n > 0)
            return (*c)->run(*c, argc - n, argv + n);
    }
    bool is_asked = argc > 2 && is_help(argv[2]);
    if (print_group(argv[1], is_asked ? stdout : stderr))
        return is_asked ? SW_EXIT_DONE : SW_EXIT_USAGE;
    return report_unknown(argv[1]);
}
