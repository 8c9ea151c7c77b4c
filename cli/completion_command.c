/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall completion` prints a script for a shell; `seawall complete` (not shown in lists) is what
 * the scripts ask. The scripts know no command and no option, so that one of an older version
 * serves.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "command.h"
#include "complete.h"
#include "io/file.h"
#include "rules/gate.h"

/* Some hundred options with their explanations. */
#define LINES_BYTES_MAX ((size_t)262144)

/* bash takes ':' and '=' for ends of words, and replaces only what follows the last of them; it is
 * told by no option which candidates are files, so that the rest is not quoted like files. */
static const char bash_script[] =
    "# bash completion for seawall: source <(seawall completion bash)\n"
    "_seawall() {\n"
    "    local word what text program file stop= IFS=$' \\t\\n'\n"
    "    local -a words\n"
    "    COMPREPLY=()\n"
    "    read -a words <<<\"${COMP_LINE:0:COMP_POINT}\" 2>/dev/null\n"
    "    [[ ${COMP_LINE:0:COMP_POINT} == *[[:blank:]] ]] && words+=(\"\")\n"
    "    (( ${#words[@]} > 1 )) || return 0\n"
    "    program=${words[0]/#\\~/$HOME} word=${words[-1]}\n"
    "    [[ $COMP_WORDBREAKS == *=* && $word == *=* ]] && stop=${word%\"${word##*=}\"}\n"
    "    text=${word#\"$stop\"}\n"
    "    [[ $COMP_WORDBREAKS == *:* && $text == *:* ]] && stop+=${text%\"${text##*:}\"}\n"
    "    while IFS=$'\\t' read -r text what; do\n"
    "        if [[ $text == :files\\ * || $text == :directories\\ * ]]; then\n"
    "            local kind=-f head=${text#* }\n"
    "            [[ $text == :d* ]] && kind=-d\n"
    "            while IFS= read -r file; do\n"
    "                text=$(printf %q \"$file\")\n"
    "                [[ $file == \\~* ]] && text=\\~${text#\\\\\\~}\n"
    "                if [[ -d ${file/#\\~/$HOME} ]]; then text+=/; else text+=' '; fi\n"
    "                text=$head$text\n"
    "                COMPREPLY+=(\"${text#\"$stop\"}\")\n"
    "            done < <(compgen $kind -- \"${word#\"$head\"}\")\n"
    "        else\n"
    "            [[ $text == *[:=] ]] || text+=' '\n"
    "            COMPREPLY+=(\"${text#\"$stop\"}\")\n"
    "        fi\n"
    "    done < <(\"$program\" complete -- \"${words[@]:1}\" 2>/dev/null)\n"
    "}\n"
    "complete -o nospace -F _seawall seawall\n";

static const char zsh_script[] =
    "#compdef seawall\n"
    "# zsh completion for seawall: source <(seawall completion zsh), or this file as _seawall in\n"
    "# a folder of $fpath.\n"
    "_seawall() {\n"
    "    local line word head kind\n"
    "    local -a ready open given\n"
    "    given=(\"${(@Q)words[2,CURRENT-1]}\" \"${(Q)PREFIX}\")\n"
    "    for line in \"${(@f)$(${(Q)~words[1]} complete -- \"${given[@]}\" 2>/dev/null)}\"; do\n"
    "        word=${line%%$'\\t'*}\n"
    "        if [[ $word == :(files|directories)\\ * ]]; then\n"
    "            kind=${word%% *} head=${word#* }\n"
    "        elif [[ $word == *[:=] ]]; then\n"
    "            open+=(\"${word//:/\\\\:}:${line#*$'\\t'}\")\n"
    "        elif [[ -n $word ]]; then\n"
    "            ready+=(\"${word//:/\\\\:}:${line#*$'\\t'}\")\n"
    "        fi\n"
    "    done\n"
    "    local ret=1\n"
    "    (( $#ready )) && _describe -V seawall ready && ret=0\n"
    "    (( $#open )) && _describe -V seawall open -S '' && ret=0\n"
    "    if [[ -n $kind ]]; then\n"
    "        [[ -n $head ]] && compset -P \"${(b)head}\"\n"
    "        if [[ $kind == :directories ]]; then _files -/ && ret=0; else _files && ret=0; fi\n"
    "    fi\n"
    "    return ret\n"
    "}\n"
    "if [[ $funcstack[1] == _seawall ]]; then _seawall \"$@\"; else compdef _seawall seawall; fi\n";

static const char fish_script[] =
    "# fish completion for seawall: seawall completion fish | source\n"
    "function __seawall_complete\n"
    "    set -l given (commandline -opc)\n"
    "    set -l word (commandline -ct | string unescape)\n"
    "    set -l program $given[1]\n"
    "    set -e given[1]\n"
    "    for line in ($program complete -- $given \"$word\" 2>/dev/null)\n"
    "        if string match -q ':files *' -- $line\n"
    "            set -l head (string replace ':files ' '' -- $line)\n"
    "            set -l n (math (string length -- \"$head\") + 1)\n"
    "            for file in (__fish_complete_path (string sub -s $n -- \"$word\"))\n"
    "                echo -- \"$head$file\"\n"
    "            end\n"
    "        else if string match -q ':directories *' -- $line\n"
    "            set -l head (string replace ':directories ' '' -- $line)\n"
    "            set -l n (math (string length -- \"$head\") + 1)\n"
    "            for file in (__fish_complete_directories (string sub -s $n -- \"$word\") '')\n"
    "                echo -- \"$head$file\"\n"
    "            end\n"
    "        else\n"
    "            echo -- $line\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c seawall -f -k -a '(__seawall_complete)'\n";

struct completion_values {
    const char *output;
};

static const struct sw_option completion_options[] = {
    {"output", 'o', SW_OPTION_STRING, offsetof(struct completion_values, output), "FILE",
        "write the script there", NULL},
    {0},
};

static int put_script(const char *script, const char *path)
{
    struct sw_err err = {0};
    if (path == NULL)
        fputs(script, stdout);
    else if (sw_file_save(AT_FDCWD, path, sw_str_of(script), 0644, &err) < 0)
        return sw_command_fail(SW_EXIT_FAILED, err.message);
    return SW_EXIT_DONE;
}

static int run_completion(const struct sw_command *command, int argc, char **argv)
{
    static const struct {
        const char *name;
        const char *script;
    } shells[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};
    struct completion_values values = {0};
    const char *name = NULL;
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &values, &name, 1, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    for (size_t i = 0; n > 0 && i < SW_ARRAY_SIZE(shells); i++)
        if (strcmp(shells[i].name, name) == 0)
            return put_script(shells[i].script, values.output);
    return sw_command_fail(SW_EXIT_USAGE, "completion for which shell? bash, zsh or fish");
}

static int run_complete(const struct sw_command *command, int argc, char **argv)
{
    (void)command;
    int from = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
    if (from >= argc)
        return SW_EXIT_USAGE;
    SW_CLEANUP(sw_buf_done) struct sw_buf lines = {0};
    sw_buf_init(&lines, LINES_BYTES_MAX);
    int r = sw_complete_print((const char *const *)argv + from, (size_t)(argc - from), &lines);
    if (r < 0)
        return SW_EXIT_FAILED;
    fwrite(lines.p, 1, lines.n, stdout);
    return SW_EXIT_DONE;
}

const struct sw_command sw_completion_command = {
    .name = "completion",
    .usage = "completion bash|zsh|fish [-o FILE]",
    .summary = "Print a script that completes commands and options in a shell",
    .help =
        "The script asks this program for what may stand at the cursor, so that it need not be\n"
        "made again for another version. An installed Seawall brings it along.\n"
        "\n"
        "Examples:\n"
        "  source <(seawall completion bash)        in ~/.bashrc\n"
        "  source <(seawall completion zsh)         in ~/.zshrc, after compinit\n"
        "  seawall completion fish | source         in ~/.config/fish/config.fish\n",
    .options = completion_options,
    .run = run_completion,
};

const struct sw_command sw_complete_command = {
    .name = "complete",
    .usage = "complete -- WORD...",
    .summary = "What may stand for the last word, for the scripts of completion",
    .help = "",
    .is_hidden = true,
    .run = run_complete,
};
