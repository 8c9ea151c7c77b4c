#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What rpm itself says about pairs of versions: a line "A<TAB>B" in, one of '<', '=', '>' out,
'?' where rpm refuses one of them. Needs python3-rpm, which exists for the system's python only."""
import sys

import rpm


def compare(a, b):
    try:
        va, vb = rpm.ver(a), rpm.ver(b)
    except ValueError:
        return "?"
    return "<" if va < vb else ">" if va > vb else "="


def main():
    out = []
    for line in sys.stdin:
        a, b = line.rstrip("\n").split("\t")
        out.append(compare(a, b))
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
