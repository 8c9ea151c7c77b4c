#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The checks themselves: each finds the breach that it exists for, in a scratch project."""
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
HEAD = "/* SPDX-License-Identifier: Apache-2.0 */\n/*\n * A file.\n */\n"

CASES = [
    ("check-layers", {"lib/base/mem.c": HEAD + '#include "io/a.h"\n'}, "base may not include io"),
    ("check-layers", {"lib/io/a.h": HEAD, "lib/io/b_priv.h": HEAD,
                      "lib/model/m.c": HEAD + '#include "io/b_priv.h"\n'}, "private to its folder"),
    ("check-layers", {"lib/io/a.h": HEAD + '#include "io/b.h"\n',
                      "lib/io/b.h": HEAD + '#include "io/a.h"\n'}, "circle of includes"),
    ("check-rooms", {"lib/io/a.c": HEAD + "void f(void)\n{\n    free(p);\n}\n"}, "'free('"),
    ("check-rooms", {"lib/io/a.c": HEAD + "int x = sqlite3_open(0);\n"}, "'sqlite3_open'"),
    ("check-rooms", {"lib/io/a.c": HEAD + "/* free(p) */ const char *s = \"malloc(\";\n"}, None),
    ("check-lengths", {"lib/io/a.c": HEAD + "int f(void)\n{\n" + "    g();\n" * 61 + "}\n"},
     "f has 61 lines"),
    ("check-lengths", {"lib/io/a.c": "int x;\n"}, "no SPDX line"),
]


def main():
    failures = 0
    for tool, files, expected in CASES:
        with tempfile.TemporaryDirectory() as scratch:
            shutil.copytree(os.path.join(TOP, "tools"), os.path.join(scratch, "tools"))
            files = {"lib/base/README.md": "# base\n\nmem, str\n", **files}
            for name, text in files.items():
                path = os.path.join(scratch, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            # A breach is wanted whatever HEAD holds: the scratch project has no other file.
            os.makedirs(os.path.join(scratch, "lib/io"), exist_ok=True)
            if not os.path.exists(os.path.join(scratch, "lib/io/a.h")):
                with open(os.path.join(scratch, "lib/io/a.h"), "w", encoding="utf-8") as file:
                    file.write(HEAD)
            subprocess.run(["git", "init", "-q", scratch], check=True)
            run = subprocess.run([os.path.join(scratch, "tools", tool)], capture_output=True,
                                 text=True, check=False)
            is_good = run.returncode == (0 if expected is None else 1) and (expected or "") in run.stdout
            if not is_good:
                failures += 1
                print(f"{tool} on {sorted(files)}: wanted {expected!r}, got {run.returncode}: "
                      f"{run.stdout}{run.stderr}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
