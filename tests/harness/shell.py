# SPDX-License-Identifier: Apache-2.0
"""An interactive shell on a terminal of its own: types what a person types, and says what the line has
become. What all shells must complete is a list here."""
import os
import pty
import re
import select
import shutil
import signal
import tempfile
import time

import seawall

LIMIT_S = 30


class Shell:
    def __init__(self, arguments, setup):
        self.folder = tempfile.mkdtemp(prefix="seawall-shell-")
        for name in ("reports", "with space"):
            os.mkdir(os.path.join(self.folder, name))
        for name in ("image.tar", "image two.tar", "app.json"):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8"):
                pass
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(self.folder)
            os.environ.update(TERM="dumb", PATH=os.path.dirname(seawall.PROGRAM) + ":"
                              + os.environ["PATH"], HOME=self.folder, PS1="READY> ", LC_ALL="C.UTF-8",
                              COLUMNS="200", ASAN_OPTIONS="detect_leaks=0", HISTFILE="/dev/null")
            os.execvp(arguments[0], arguments)
        self.n_lines = 0
        self.send(setup + "\n")
        self.echoed()

    def send(self, text):
        os.write(self.fd, text.encode())

    def read_until(self, pattern):
        text, end = "", time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    text += os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    break
            found = re.search(pattern, text, flags=re.S)
            if found:
                return found
        raise AssertionError(f"the shell did not show {pattern!r} but:\n{text}")

    def echoed(self, line=""):
        """What is left of a line that a key has completed, by a program that prints its words."""
        self.n_lines += 1
        mark = f"{self.n_lines:04d}"
        self.send(f"{line}\x01printf '<%s>' BEGIN{mark} \x05 END{mark}\n")
        words = self.read_until(rf"<BEGIN{mark}>(.*?)<END{mark}>").group(1)
        return re.findall(r"<([^>]*)>", words)

    def complete(self, line):
        """The words of the line after the completing key."""
        return self.echoed(line + "\t")

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)
        shutil.rmtree(self.folder)


# Typed, and the words that it becomes: commands, options, values, files.
CASES = [
    ("seawall conv", ["seawall", "convert"]),
    ("seawall registry ta", ["seawall", "registry", "tags"]),
    ("seawall completion fi", ["seawall", "completion", "fish"]),
    ("seawall scan --only-f", ["seawall", "scan", "--only-fixed"]),
    ("seawall db build --sour", ["seawall", "db", "build", "--sources"]),
    ("seawall scan --fail-on hi", ["seawall", "scan", "--fail-on", "high"]),
    ("seawall scan --fail-on=crit", ["seawall", "scan", "--fail-on=critical"]),
    ("seawall scan -f sari", ["seawall", "scan", "-f", "sarif"]),
    ("seawall scan --format=cyc", ["seawall", "scan", "--format=cyclonedx"]),
    ("seawall diff -f mar", ["seawall", "diff", "-f", "markdown"]),
    ("seawall scan --platform linux/s3", ["seawall", "scan", "--platform", "linux/s390x"]),
    ("seawall version compare dp", ["seawall", "version", "compare", "dpkg"]),
    ("seawall convert ap", ["seawall", "convert", "app.json"]),
    ("seawall scan image\\ t", ["seawall", "scan", "image two.tar"]),
    ("seawall scan -f json=ap", ["seawall", "scan", "-f", "json=app.json"]),
    ("seawall scan --cache-dir rep", ["seawall", "scan", "--cache-dir", "reports/"]),
    ("seawall scan oci-archive:image.t", ["seawall", "scan", "oci-archive:image.tar"]),
    ("seawall scan podm", ["seawall", "scan", "podman:"]),
]


def check(shell):
    problems = []
    for line, wanted in CASES:
        # zsh takes a folder's slash back when a space follows.
        words = [word.rstrip("/") for word in shell.complete(line)]
        if words != [word.rstrip("/") for word in wanted]:
            problems.append(f"'{line}' became {words}, not {wanted}")
    assert not problems, "\n".join(problems)
    print(f"{len(CASES)} lines completed")
