#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real fish completes commands, options, values and files with the script of `seawall completion
fish`. fish says what it would offer without a terminal."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
import shell  # noqa: E402


def offers(folder, line):
    environment = dict(os.environ, HOME=folder, ASAN_OPTIONS="detect_leaks=0", LC_ALL="C.UTF-8",
                       PATH=os.path.dirname(seawall.PROGRAM) + ":" + os.environ["PATH"])
    script = 'seawall completion fish | source; complete -C "$argv[1]"'
    done = subprocess.run(["fish", "-c", script, line], capture_output=True, cwd=folder, text=True,
                          env=environment, check=True, timeout=shell.LIMIT_S)
    assert not done.stderr, done.stderr
    return [text.split("\t")[0] for text in done.stdout.splitlines()]


def main():
    seawall.need("fish")
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "reports"))
        for name in ("image.tar", "image two.tar", "app.json"):
            with open(os.path.join(folder, name), "w", encoding="utf-8"):
                pass
        problems = []
        for line, wanted in shell.CASES:
            words = offers(folder, line)
            if words != wanted[-1:]:
                problems.append(f"'{line}' is offered {words}, not {wanted[-1:]}")
    assert not problems, "\n".join(problems)
    print(f"{len(shell.CASES)} lines completed")


if __name__ == "__main__":
    main()
