/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables to roff; when Seawall is built and when somebody asks. What --help says is taken as it is:
 * paragraphs flow, what is indented stays as it stands, "Examples:" and "Exit status:" become
 * sections of their own.
 */
#include "man.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "report/format.h"
#include "rules/gate.h"

/* Of the pages' words; a date of the build would make every build another. */
#define PAGE_DATE "2026-11-25"
#define NAME_BYTES_MAX 64

/* A page under way; the first failure stays. */
struct page {
    struct sw_buf *out;
    bool is_fresh; /* nothing follows the section's title yet */
    int r;
};

/* Roff as it is. */
static void put(struct page *page, const char *roff)
{
    int r = sw_buf_append_str(page->out, sw_str_of(roff));
    page->r = page->r == 0 ? r : page->r;
}

/* Text: nothing in it means anything to roff. */
static void say(struct page *page, struct sw_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        bool is_start = page->out->n == 0 || page->out->p[page->out->n - 1] == '\n';
        char letter[] = {text.p[i], '\0'};
        if (is_start && strchr(".'", letter[0]) != NULL)
            put(page, "\\&");
        switch (letter[0]) {
        case '\\':
            put(page, "\\e");
            break;
        case '-':
            put(page, "\\-");
            break;
        case '\'':
            put(page, "\\(aq");
            break;
        case '`':
            put(page, "\\(ga");
            break;
        case '^':
            put(page, "\\(ha");
            break;
        case '~':
            put(page, "\\(ti");
            break;
        default:
            put(page, letter);
        }
    }
}

static void say_z(struct page *page, const char *text)
{
    say(page, sw_str_of(text));
}

static void start(struct page *page, const char *section)
{
    put(page, ".SH ");
    put(page, section);
    put(page, "\n");
    page->is_fresh = true;
}

/* The lines of a paragraph; "Examples:" before the first of them. */
static void put_paragraph(struct page *page, struct sw_str text)
{
    static const struct {
        const char *lead;
        const char *section;
    } sections[] = {{"Examples:\n", "EXAMPLES"}, {"Exit status: ", "\"EXIT STATUS\""}};
    for (size_t i = 0; i < SW_ARRAY_SIZE(sections); i++) {
        struct sw_str lead = sw_str_of(sections[i].lead);
        if (!sw_str_starts_with(text, lead))
            continue;
        start(page, sections[i].section);
        text = sw_str_skip(text, lead.n);
    }
    bool is_filled = true;
    bool is_first = true;
    struct sw_str line;
    while (sw_str_next_line(&text, &line)) {
        bool is_indented = line.n > 2 && line.p[0] == ' ' && line.p[1] == ' ';
        if (is_filled && (is_indented || is_first) && !page->is_fresh)
            put(page, ".PP\n");
        if (is_filled == is_indented)
            put(page, is_indented ? ".nf\n" : ".fi\n.PP\n");
        is_filled = !is_indented;
        is_first = false;
        page->is_fresh = false;
        say(page, line);
        put(page, "\n");
    }
    if (!is_filled)
        put(page, ".fi\n");
}

static void put_help(struct page *page, const char *help)
{
    struct sw_str rest = sw_str_of(help);
    while (rest.n > 0) {
        ptrdiff_t end = sw_str_find(rest, SW_STR("\n\n"));
        put_paragraph(page, end >= 0 ? sw_str_part(rest, 0, (size_t)end + 1) : rest);
        rest = end >= 0 ? sw_str_skip(rest, (size_t)end + 2) : SW_STR_NONE;
    }
}

static void put_option(struct page *page, const struct sw_option *row)
{
    put(page, ".TP\n");
    if (row->letter != 0) {
        char letter[] = {'-', row->letter, '\0'};
        put(page, "\\fB");
        say_z(page, letter);
        put(page, "\\fR, ");
    }
    put(page, "\\fB");
    say_z(page, "--");
    say_z(page, row->name);
    put(page, "\\fR");
    if (row->argument != NULL) {
        put(page, row->type == SW_OPTION_OPTIONAL ? "[=\\fI" : " \\fI");
        say_z(page, row->argument);
        put(page, row->type == SW_OPTION_OPTIONAL ? "\\fR]" : "\\fR");
    }
    put(page, "\n");
    say_z(page, row->help);
    put(page, "\n");
}

static void put_options(struct page *page, const struct sw_option *table)
{
    bool has_environment = false;
    start(page, "OPTIONS");
    for (const struct sw_option *row = table; row != NULL && row->name != NULL; row++) {
        put_option(page, row);
        has_environment = has_environment || row->environment != NULL;
    }
    put(page, ".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nsay all this in the terminal\n");
    if (!has_environment)
        return;
    start(page, "ENVIRONMENT");
    put(page, "A variable holds where its option is not given.\n");
    for (const struct sw_option *row = table; row->name != NULL; row++) {
        if (row->environment == NULL)
            continue;
        put(page, ".TP\n\\fB");
        say_z(page, row->environment);
        put(page, "\\fR\n\\fB");
        say_z(page, "--");
        say_z(page, row->name);
        put(page, "\\fR\n");
    }
}

void sw_man_name(const struct sw_command *command, char *ret, size_t n)
{
    snprintf(
        ret, n, "seawall%s%s", command != NULL ? "-" : "", command != NULL ? command->name : "");
    for (char *at = strchr(ret, ' '); at != NULL; at = strchr(at, ' '))
        *at = '-';
}

static void put_head(struct page *page, const struct sw_command *command, const char *summary)
{
    char name[NAME_BYTES_MAX];
    sw_man_name(command, name, sizeof(name));
    put(page, ".TH \"");
    for (const char *p = name; *p != '\0'; p++) {
        char letter[] = {*p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p, '\0'};
        say_z(page, letter);
    }
    put(page, "\" 1 \"" PAGE_DATE "\" \"Seawall " SEAWALL_VERSION "\" \"Seawall\"\n");
    start(page, "NAME");
    say_z(page, name);
    put(page, " \\- ");
    say_z(page, summary);
    put(page, "\n");
    start(page, "SYNOPSIS");
    put(page, "\\fBseawall\\fR ");
    say_z(page, command != NULL ? command->usage : "COMMAND [OPTIONS] ...");
    put(page, "\n");
    start(page, "DESCRIPTION");
}

static void put_reference(struct page *page, const struct sw_command *command, bool is_last)
{
    char name[NAME_BYTES_MAX];
    sw_man_name(command, name, sizeof(name));
    put(page, ".BR ");
    say_z(page, name);
    put(page, is_last ? " (1)\n" : " (1),\n");
}

/* The other commands of a group ("db"), or all for NULL. */
static void put_references(struct page *page, const struct sw_command *command)
{
    const char *space = command != NULL ? strchr(command->name, ' ') : NULL;
    size_t n = space != NULL ? (size_t)(space + 1 - command->name) : 0;
    const struct sw_command *last = command;
    start(page, "\"SEE ALSO\"");
    for (const struct sw_command *const *c = sw_commands; *c != NULL; c++) {
        bool is_one = *c != command && !(*c)->is_hidden &&
                      (command == NULL || (n > 0 && strncmp((*c)->name, command->name, n) == 0));
        if (!is_one)
            continue;
        if (last != command)
            put_reference(page, last, false);
        last = *c;
    }
    if (last != command)
        put_reference(page, last, command == NULL);
    if (command != NULL)
        put_reference(page, NULL, true);
}

static void put_overview(struct page *page)
{
    put(page,
        "Container security that you run yourself: finds vulnerable packages in images, file\n"
        "systems and registries, in one pass, in a sandbox, with nothing unpacked to disk, and\n"
        "sends nothing anywhere.\n");
    start(page, "COMMANDS");
    for (const struct sw_command *const *c = sw_commands; *c != NULL; c++) {
        if ((*c)->is_hidden)
            continue;
        put(page, ".TP\n\\fB");
        say_z(page, (*c)->name);
        put(page, "\\fR\n");
        say_z(page, (*c)->summary);
        put(page, "\n");
    }
    start(page, "FORMATS");
    for (const struct sw_report_format *const *f = sw_report_formats; *f != NULL; f++) {
        put(page, ".TP\n\\fB");
        say_z(page, (*f)->name);
        put(page, "\\fR\n");
        say_z(page, (*f)->summary);
        put(page, "\n");
    }
    start(page, "\"EXIT STATUS\"");
    for (int i = 0; i < _SW_EXIT_MAX; i++) {
        char number[] = {(char)('0' + i), '\0'};
        put(page, ".TP\n\\fB");
        put(page, number);
        put(page, "\\fR\n");
        say_z(page, sw_exit_explain((enum sw_exit)i));
        put(page, "\n");
    }
}

int sw_man_format(const struct sw_command *command, struct sw_buf *ret_page)
{
    struct page page = {.out = ret_page};
    put_head(&page, command,
        command != NULL ? command->summary : "Container security that you run yourself");
    if (command == NULL) {
        put_overview(&page);
    } else {
        put_help(&page, command->help);
        put_options(&page, command->options);
    }
    put_references(&page, command);
    return page.r;
}
