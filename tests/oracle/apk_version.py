#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What apk-tools 3 says about pairs of well-formed versions: a line "A<TAB>B" in, one of '<', '=',
'>' out, '?' where one is malformed. apk-tools is not in Debian, so this is its order written a
second time, from its manual page and by another way than lib/rules/version_apk.c: a regular
expression and sort keys."""
import re
import sys

FORM = re.compile(r"(?P<numbers>[0-9]+(?:\.[0-9]+)*)(?P<letter>[a-z]?)"
                  r"(?P<suffixes>(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*)"
                  r"(?:~(?P<commit>[0-9a-f]+))?(?:-r(?P<revision>[0-9]+))?")
SUFFIX = re.compile(r"_([a-z]+)([0-9]*)")
SUFFIXES = "alpha beta pre rc - cvs svn git hg p".split()

# What may follow an equal beginning, the oldest first. A suffix before "-" marks a pre-release.
PRE, END, REVISION, COMMIT, SUFFIX_NUMBER, POST, LETTER, NUMBER = range(8)


def key_of(version):
    """A list of tuples that compare as the versions do; None for a malformed version."""
    match = FORM.fullmatch(version)
    if match is None:
        return None
    first, *others = match["numbers"].split(".")
    key = [(NUMBER, 1, int(first), "")]
    for number in others:
        # With a leading zero it is text, which sorts before all that begin with another digit.
        is_text = number.startswith("0")
        key.append((NUMBER, 0 if is_text else 1, 0 if is_text else int(number),
                    number if is_text else ""))
    if match["letter"]:
        key.append((LETTER, 0, 0, match["letter"]))
    for name, number in SUFFIX.findall(match["suffixes"]):
        rank = SUFFIXES.index(name)
        key.append((PRE if rank < SUFFIXES.index("-") else POST, rank, 0, ""))
        if number:
            key.append((SUFFIX_NUMBER, 0, int(number), ""))
    if match["commit"]:
        key.append((COMMIT, 0, 0, match["commit"]))
    if match["revision"]:
        key.append((REVISION, 0, int(match["revision"]), ""))
    return key + [(END, 0, 0, "")]


def compare(a, b):
    ka, kb = key_of(a), key_of(b)
    if ka is None or kb is None:
        return "?"
    return "<" if ka < kb else ">" if ka > kb else "="


def main():
    out = []
    for line in sys.stdin:
        a, b = line.rstrip("\n").split("\t")
        out.append(compare(a, b))
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
