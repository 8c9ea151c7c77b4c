#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Manual pages: one for each command, with all of its options, and neither groff nor mandoc has a word to
say against any."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402


def complaints(arguments, path):
    done = subprocess.run([*arguments, path], capture_output=True, text=True, check=False)
    return [f"{' '.join(arguments)}: {line}" for line in (done.stdout + done.stderr).splitlines()]


def read_page(path):
    """As a reader sees it."""
    done = subprocess.run(["groff", "-man", "-Tutf8", "-P-cbou", path], capture_output=True, text=True,
                          check=True)
    return done.stdout


def main():
    seawall.need("groff")
    problems = []
    overview = seawall.run("--help").stdout.decode()
    names = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  +[A-Z]", overview, flags=re.M)
    with tempfile.TemporaryDirectory() as folder:
        seawall.run("man", "-o", folder)
        pages = {os.path.basename(path): path for path in glob.glob(os.path.join(folder, "*"))}
        wanted = {"seawall.1"} | {f"seawall-{name.replace(' ', '-')}.1" for name in names}
        assert set(pages) == wanted, set(pages) ^ wanted
        for path in pages.values():
            problems += complaints(["groff", "-man", "-Tutf8", "-ww", "-z"], path)
            if shutil.which("mandoc"):
                problems += complaints(["mandoc", "-Tlint", "-W", "warning"], path)
        for name in names:
            text = read_page(pages[f"seawall-{name.replace(' ', '-')}.1"])
            help_text = seawall.run(*name.split(), "--help").stdout.decode()
            for option in re.findall(r"^  (?:-[a-zA-Z], |    )(--[a-z-]+)", help_text, flags=re.M):
                if not re.search(rf"^ +(-\w, )?{option}\b", text, flags=re.M):
                    problems.append(f"the page of '{name}' lacks {option}")
            if seawall.run("man", *name.split()).stdout.decode() != open(
                    pages[f"seawall-{name.replace(' ', '-')}.1"], encoding="utf-8").read():
                problems.append(f"'man {name}' prints another page than it writes")
    assert not problems, "\n".join(problems)
    print(f"{len(pages)} pages" + ("" if shutil.which("mandoc") else "; mandoc is not installed"))


if __name__ == "__main__":
    main()
