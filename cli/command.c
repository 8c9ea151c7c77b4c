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
#include "habit.h"
#include "nearest.h"
#include "rules/gate.h"

/* Of a command that is not known, as far as it is repeated. */
#define WORDS_BYTES_MAX 256

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
        if (!(*c)->is_hidden)
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
    /* Who got the word that he needs needs no more. */
    if (r == -ENOTSUP)
        return -EINVAL;
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

/* What is said for a word that is no command, or none of a group ("db udpate" of "db"); NULL when
 * there is nothing better to say than the list. */
static const char *explain_unknown(const char *word, const char *group, struct sw_err *err)
{
    if (sw_habit_explain_command(word, err) < 0)
        return err->message;
    struct sw_nearest nearest;
    sw_nearest_init(&nearest, word);
    size_t n = group != NULL ? strlen(group) : 0;
    for (const struct sw_command *const *c = sw_commands; *c != NULL; c++)
        if (!(*c)->is_hidden && (group == NULL || strncmp((*c)->name, group, n) == 0))
            sw_nearest_offer(&nearest, (*c)->name);
    if (nearest.name == NULL)
        return NULL;
    sw_err_set(err, -EINVAL, "unknown command '%s'; did you mean '%s'?", word, nearest.name);
    return err->message;
}

static int report_unknown(const char *word)
{
    struct sw_err err = {0};
    if (explain_unknown(word, NULL, &err) == NULL)
        sw_err_set(&err, -EINVAL,
            "unknown command '%s'; 'seawall --help' lists all, 'seawall scan %s' scans it", word,
            word);
    return sw_command_fail(SW_EXIT_USAGE, err.message);
}

/* `seawall -q image NAME`: elsewhere options may come first. */
static int report_option(const char *word)
{
    static const struct sw_option none[] = {{0}};
    struct sw_err err = {0};
    if (sw_habit_explain_option(word, NULL, none, &err) < 0)
        sw_command_fail(0, err.message);
    return sw_command_fail(
        SW_EXIT_USAGE, "options come after the command, as in: seawall scan OPTIONS TARGET");
}

static bool is_in_group(const struct sw_command *command, const char *word)
{
    size_t n = strlen(word);
    return strncmp(command->name, word, n) == 0 && command->name[n] == ' ';
}

/* "seawall db": the commands that begin with this word. */
static void print_group(const char *word, FILE *out)
{
    for (const struct sw_command *const *c = sw_commands; *c != NULL; c++)
        if (is_in_group(*c, word))
            fprintf(out, "  %-18s %s\n", (*c)->name, (*c)->summary);
}

/* "db" without a second word that is known. */
static int report_group(int argc, char **argv)
{
    bool is_asked = argc > 2 && is_help(argv[2]);
    char words[WORDS_BYTES_MAX];
    snprintf(words, sizeof(words), argc > 2 ? "%s %s" : "%s", argv[1], argc > 2 ? argv[2] : "");
    struct sw_err err = {0};
    if (!is_asked && explain_unknown(words, argv[1], &err) != NULL)
        return sw_command_fail(SW_EXIT_USAGE, err.message);
    print_group(argv[1], is_asked ? stdout : stderr);
    return is_asked ? SW_EXIT_DONE : SW_EXIT_USAGE;
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
    if (argv[1][0] == '-')
        return report_option(argv[1]);
    for (const struct sw_command *const *c = sw_commands; *c != NULL; c++)
        if (is_in_group(*c, argv[1]))
            return report_group(argc, argv);
    return report_unknown(argv[1]);
}
