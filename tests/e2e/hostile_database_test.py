#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Damaged databases through `scan`, `db show` and `db verify`: refused in a sentence that names the
file, with exit status 3; never a crash of the program, never an answer from damaged pages."""
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from hostile import main, tree  # noqa: E402

# By hand: SEAWALL_DAMAGES=1000.
N = int(os.environ.get("SEAWALL_DAMAGES", "24"))


def build(where):
    feeds = os.path.join(where, "feeds")
    os.makedirs(feeds)
    with open(os.path.join(feeds, "debian-fixed-versions.jsonl"), "w", encoding="ascii") as file:
        for i in range(3000):
            file.write('{"release":"12","suite":"bookworm","source":"bash%s","cve":"CVE-2024-%d",'
                       '"fixed":"9.0"}\n' % ("" if i == 0 else i, 10000 + i))
    database = os.path.join(where, "vuln.db")
    seawall.run("db", "build", "--sources", feeds, "-o", database)
    return database


def damage(data, rng):
    way = rng.randrange(6)
    if way == 0:
        return data[:rng.randrange(len(data))]
    if way == 1:
        return data + os.urandom(rng.randrange(1, 9000))
    if way == 2:  # a page in the place of another
        pages = len(data) // 4096
        a, b = rng.randrange(pages), rng.randrange(pages)
        copy = bytearray(data)
        copy[a * 4096:a * 4096 + 4096] = data[b * 4096:b * 4096 + 4096]
        return bytes(copy)
    copy = bytearray(data)
    for _ in range((1, 8, 300)[way - 3]):
        copy[rng.randrange(len(copy))] = rng.randrange(256)
    return bytes(copy)


def damaged_databases_are_refused(folder):
    root = tree(folder, ("bash", "5.2"))
    database = build(folder)
    with open(database, "rb") as file:
        whole = file.read()
    seawall.run("db", "show", "--db", database, "CVE-2024-10000")
    bad = os.path.join(folder, "bad.db")
    rng = random.Random(int(os.environ.get("SEAWALL_SEED", "1")))
    n_refused = 0
    for i in range(N):
        data = damage(whole, rng)
        with open(bad, "wb") as file:
            file.write(data)
        os.chmod(bad, 0o644)
        wanted = (0, 4) if data == whole else (3,)
        for arguments in (("scan", "-q", "--no-cache", "--db", bad, root),
                          ("db", "show", "--db", bad, "CVE-2024-10000"), ("db", "verify", bad)):
            if arguments[1] == "verify" and i % 4 != 0:
                continue
            done = seawall.run(*arguments, status=wanted, timeout=60)
            assert b"Sanitizer" not in done.stderr, done.stderr
            if wanted == (3,):
                assert b"bad.db" in done.stderr and not done.stdout, (i, arguments, done)
                n_refused += 1
    print(f"   {n_refused} refusals of {N} databases")


if __name__ == "__main__":
    main(globals())
