#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stored inventories judged again: the numbers are those of a scan, what is new and fixed is told
after the database changed, damaged inventories are passed over by name, and no image is touched."""
import collections
import json
import os
import random
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from hostile import image, main, tree  # noqa: E402


def build(where, name, n, fixed="9.0", epoch=1700000000):
    feeds = os.path.join(where, name + ".feeds")
    os.makedirs(feeds)
    with open(os.path.join(feeds, "debian-fixed-versions.jsonl"), "w", encoding="ascii") as file:
        for i in range(n):
            file.write(json.dumps({
                "release": "12", "suite": "bookworm", "source": f"p{i % 40}",
                "cve": f"CVE-2024-{10000 + i}", "fixed": fixed if i % 3 else "5.0"}) + "\n")
    database = os.path.join(where, name + ".db")
    seawall.run("db", "build", "-q", "--sources", feeds, "-o", database,
                env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)})
    return database


def rows(done):
    """Per target: packages, critical, high, medium, lower, new, fixed, state."""
    found = {}
    for line in done.stdout.decode().splitlines()[1:]:
        words = line.split()
        if len(words) == 10:
            found[words[0]] = words[2:]
    return found


def rescan(cache, database, *arguments, status=(0,)):
    return seawall.run("rescan", "--cache-dir", cache, "--db", database, *arguments, status=status)


def scan(cache, database, target):
    return seawall.scan(target, "--db", database, "--cache-dir", cache, status=(0, 4))


def files_of(cache):
    folder = os.path.join(cache, "inventories")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]


def numbers_are_those_of_a_scan(folder):
    database, cache = build(folder, "a", 300), os.path.join(folder, "cache")
    rng = random.Random(7)
    reports = {}
    for i in range(6):
        packages = [(f"p{k}", rng.choice(("1.0", "5.0", "6.0", "9.0"))) for k in
                    rng.sample(range(60), 25)]
        target = tree(folder, *packages, name=f"root{i}")
        reports[target] = scan(cache, database, target)
    picture = image(folder, ("p1", "1.0"), ("p2", "9.0"))
    reports[picture] = scan(cache, database, picture)
    assert len(files_of(cache)) == 7
    for target in reports:  # not needed any more
        (shutil.rmtree if os.path.isdir(target) else os.unlink)(target)
    for options in ((), ("--only-fixed",), ("--threads", "1")):
        found = rows(rescan(cache, database, "--all", *options))
        assert len(found) == 7, found
        for target, report in reports.items():
            short = next(t for t in found if target.endswith(t.removeprefix("...")))
            severities = collections.Counter(f["severity"] for f in report["findings"])
            lower = sum(severities[s] for s in ("low", "negligible", "unknown"))
            wanted = [len(report["packages"]), severities["critical"], severities["high"],
                      severities["medium"], lower]
            assert list(map(int, found[short][:5])) == wanted, (target, found[short], wanted)
    for target, report in reports.items():
        again = json.loads(rescan(cache, database, target, "-f", "json").stdout)
        again = again[0] if isinstance(again, list) else again
        for part in ("packages", "findings", "image", "os", "notes"):
            assert again.get(part) == report.get(part), (target, part)
    assert "nothing of that name" in rescan(cache, database, "absent", status=(3,)).stderr.decode()
    digest = reports[picture]["image"]["config_digest"]
    assert len(rows(rescan(cache, database, digest[:20]))) == 1


def changes_are_told(folder):
    cache = os.path.join(folder, "cache")
    old, new = build(folder, "a", 100), build(folder, "b", 140, epoch=1700100000)
    some, none = tree(folder, ("p1", "1.0"), ("p2", "6.0"), name="some"), tree(
        folder, ("other", "1.0"), name="none")
    before = {t: len(scan(cache, old, t)["findings"]) for t in (some, none)}
    after = {t: len(seawall.scan(t, "--db", new)["findings"]) for t in (some, none)}
    assert after[some] > before[some] and after[none] == before[none] == 0
    assert all(row[5:7] == ["0", "0"] for row in rows(rescan(cache, old, "--all")).values())
    delta = os.path.join(folder, "delta")
    seawall.run("db", "delta", old, new, "-o", delta)
    seawall.run("db", "apply", "--db", old, delta)
    found = rows(rescan(cache, old, "--all", "--changed-only"))
    assert len(found) == 1, found
    assert list(found.values())[0][5:7] == [str(after[some] - before[some]), "0"], found
    assert not rows(rescan(cache, old, "--all", "--changed-only"))
    back = os.path.join(folder, "back")
    older = build(folder, "c", 100)
    seawall.run("db", "delta", old, older, "-o", back)
    seawall.run("db", "apply", "--db", old, back)
    found = rows(rescan(cache, old, "--all"))
    assert sorted(row[6] for row in found.values()) == ["0", str(after[some] - before[some])]
    severity = scan(cache, old, some)["findings"][0]["severity"]
    if severity == "unknown":
        severity = "negligible"
        rescan(cache, old, "--all", "--fail-on", severity, status=(0,))
    else:
        rescan(cache, old, "--all", "--fail-on", severity, status=(1,))


def damage_is_passed_over_by_name(folder):
    database, cache = build(folder, "a", 100), os.path.join(folder, "cache")
    for i in range(8):
        scan(cache, database, tree(folder, (f"p{i}", "1.0"), name=f"r{i}"))
    paths = files_of(cache)
    whole = [open(path, "rb").read() for path in paths]
    damages = [whole[0][:100], b"", whole[2][:16] + b"\x09" + whole[2][17:],
               whole[3][:200] + b"x" + whole[3][201:], os.urandom(5000),
               whole[5][:24] + b"\xff" * 8 + whole[5][32:]]
    for path, data in zip(paths, damages):
        with open(path, "wb") as file:
            file.write(data)
    os.unlink(paths[6])
    os.mkfifo(paths[6])
    done = rescan(cache, database, "--all", status=(4,))
    text = done.stderr.decode()
    for path in paths[:7]:
        assert os.path.basename(path) in text, (path, text)
    assert "of another version" in text and len(rows(done)) == 1, (text, done.stdout)
    # The report behind a sound compact part.
    with open(paths[7], "wb") as file:
        file.write(whole[7][:-3] + b"xyz")
    done = rescan(cache, database, "--all", "-f", "json", status=(3,))
    assert os.path.basename(paths[7]) in done.stderr.decode()
    # What is remembered may be damaged too: then everything is judged for the first time.
    with open(os.path.join(cache, "judged"), "wb") as file:
        file.write(os.urandom(3000))
    assert list(rows(rescan(cache, database, "--all", status=(4,))).values())[0][5] == "-"
    os.chmod(os.path.join(cache, "inventories"), 0o777)
    assert "written by others" in rescan(cache, database, "--all", status=(3,)).stderr.decode()
    os.chmod(os.path.join(cache, "inventories"), 0o700)
    assert b"inventories" in seawall.run("cache", "info", "--cache-dir", cache).stdout
    seawall.run("cache", "clear", "--cache-dir", cache)
    assert not os.path.exists(os.path.join(cache, "inventories"))
    assert not os.path.exists(os.path.join(cache, "judged"))
    assert "nothing was scanned" in rescan(cache, database, "--all", status=(3,)).stderr.decode()
    rescan(cache, database, status=(2,))


if __name__ == "__main__":
    main(globals())
