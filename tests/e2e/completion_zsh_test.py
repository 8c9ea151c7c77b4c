#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real zsh completes commands, options, values and files with the script of `seawall completion zsh`."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
import shell  # noqa: E402

seawall.need("zsh")
# -f: no start-up files; the terminal is told of neither pastes nor colours.
session = shell.Shell(["zsh", "-f", "-i"],
                      "unset zle_bracketed_paste; unsetopt PROMPT_SP; bindkey -e; autoload -U compinit; "
                      "compinit -u -D; source <(seawall completion zsh)")
try:
    shell.check(session)
finally:
    session.close()
