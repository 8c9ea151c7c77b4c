#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real bash completes commands, options, values and files with the script of `seawall completion bash`."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
import shell  # noqa: E402

seawall.need("bash")
session = shell.Shell(["bash", "--norc", "--noprofile", "-i"],
                      "bind 'set enable-bracketed-paste off'; source <(seawall completion bash)")
try:
    shell.check(session)
finally:
    session.close()
