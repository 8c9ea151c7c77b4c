# SPDX-License-Identifier: Apache-2.0
"""Reading C as the checks need it: which files there are, and code without comments and strings."""
import os
import re
import subprocess

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

_TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def files(*endings):
    """Tracked and new files with these endings, relative to the top."""
    listed = subprocess.run(
        ["git", "-C", TOP, "ls-files", "-co", "--exclude-standard", "-z"],
        check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(f for f in listed if f.endswith(endings) and os.path.exists(os.path.join(TOP, f)))


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def strip(text, keep_strings=False):
    """Code with comments (and strings) blanked out; line numbers stay."""
    def blank(match):
        token = match.group(0)
        if keep_strings and token[0] in "\"'":
            return token
        return re.sub(r"[^\n]", " ", token) if token[0] == "/" else token[0] + token[0]
    return _TOKEN.sub(blank, text)
