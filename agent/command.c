/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the command, and the few lines that the agent says to people.
 */
#include "command.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/descriptor.h"

#define TEXT_MAX ((size_t)1 << 20)

extern const struct sw_agent_command sw_agent_run_command;
extern const struct sw_agent_command sw_agent_probe_command;
extern const struct sw_agent_command sw_agent_preflight_command;

static const struct sw_agent_command *const commands[] = {
    &sw_agent_run_command,
    &sw_agent_probe_command,
    &sw_agent_preflight_command,
};

int sw_agent_print(int fd, const struct sw_buf *text)
{
    return sw_descriptor_write_full(fd, text->p, text->n);
}

int sw_agent_fail(int status, const char *message)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf line = {0};
    sw_buf_init(&line, TEXT_MAX);
    sw_buf_append_str(&line, SW_STR("seawall-agent: "));
    sw_text_terminal(&line, sw_str_of(message));
    sw_buf_append_char(&line, '\n');
    sw_agent_print(STDERR_FILENO, &line);
    return status;
}

static int print_overview(int fd)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, TEXT_MAX);
    sw_buf_printf(&text, "seawall-agent %s sees what runs on this node\n\n", SEAWALL_VERSION);
    for (size_t i = 0; i < SW_ARRAY_SIZE(commands); i++)
        sw_buf_printf(
            &text, "  seawall-agent %-22s %s\n", commands[i]->usage, commands[i]->summary);
    sw_buf_append_str(&text, SW_STR("\n`seawall-agent run --help` shows its options.\n"));
    return sw_agent_print(fd, &text);
}

int sw_agent_run(int argc, char **argv)
{
    sw_descriptor_ignore_sigpipe();
    const char *name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_overview(argc > 1 ? STDOUT_FILENO : STDERR_FILENO);
        return argc > 1 ? SW_AGENT_DONE : SW_AGENT_USAGE;
    }
    if (strcmp(name, "--version") == 0) {
        SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
        sw_buf_init(&text, TEXT_MAX);
        sw_buf_printf(&text, "seawall-agent %s\n", SEAWALL_VERSION);
        return sw_agent_print(STDOUT_FILENO, &text) < 0 ? SW_AGENT_FAILED : SW_AGENT_DONE;
    }
    for (size_t i = 0; i < SW_ARRAY_SIZE(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i]->run(argc - 1, argv + 1);
    return sw_agent_fail(SW_AGENT_USAGE, "no such command; see seawall-agent --help");
}
