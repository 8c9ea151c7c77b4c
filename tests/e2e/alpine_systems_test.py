#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Alpine, Wolfi and Chainguard systems made from the names in secdb samples and one feed of odd
entries: versions around each fix, entries for "0" (never affected), several fixes of one id,
packages that are only called like an origin. The findings must be the oracle's, from directory and
image, from both places of the apk database."""
import json
import os
import random
import shutil
import sys

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [os.path.join(TESTS, "harness"), os.path.join(TESTS, "oracle")]
sys.dont_write_bytecode = True

import match_oracle  # noqa: E402
import seawall  # noqa: E402
import systems  # noqa: E402

SAMPLES = "corpora/vex/vunnel-rhel-ubuntu/{}/test-fixtures/input/secdb/{}"
ROOTS = 6  # of each system; each has another version of every package
ODD = {
    "reponame": "main", "distroversion": "v3.20", "archs": ["x86_64"],
    "urlprefix": "https://dl-cdn.alpinelinux.org/alpine",
    "apkurl": "{{urlprefix}}/{{distroversion}}/{{reponame}}/{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk",
    "packages": [
        {"pkg": {"name": "twice", "secfixes": {
            "1.10-r3": ["CVE-2020-0001", "CVE-2020-0002"], "1.9-r1": ["CVE-2020-0001"]}}},
        {"pkg": {"name": "twice-other-order", "secfixes": {
            "1.9-r1": ["CVE-2020-0003"], "1.10-r3": ["CVE-2020-0003"]}}},
        {"pkg": {"name": "never", "secfixes": {"0": ["CVE-2020-0004", "CVE-2020-0005"]}}},
        {"pkg": {"name": "never-and-once", "secfixes": {
            "0": ["CVE-2020-0006"], "2.0_rc2-r0": ["CVE-2020-0006", "CVE-2020-0007"]}}},
        {"pkg": {"name": "words", "secfixes": {
            "3.0-r0": ["CVE-2020-0008 XSA-290", "CVE-2020-0009 (+ regression fix)",
                       "GHSA-f7r5-w49x-gxm3", "GHSA-h6cc-rc6q-23j4 CVE-2020-0010"]}}},
        {"pkg": {"name": "dates", "secfixes": {"20240101-r0": ["CVE-2020-0011"]}}},
        {"pkg": {"name": "letters", "secfixes": {"1.1.1w-r1": ["CVE-2020-0012"]}}},
        {"pkg": {"name": "patched", "secfixes": {"1.2.3_p4-r0": ["CVE-2020-0013"]}}},
        {"pkg": {"name": "snapshot", "secfixes": {"0.9_git20230101-r2": ["CVE-2020-0014"]}}},
        {"pkg": {"name": "leading", "secfixes": {"1.05-r0": ["CVE-2020-0015"]}}},
        {"pkg": {"name": "long", "secfixes": {"4.19.0.0.10-r12": ["CVE-2020-0016"]}}},
        {"pkg": {"name": "nothing", "secfixes": {}}},
    ],
}


def os_release(identity, version):
    text = f'ID={identity}\nNAME="{identity}"\n'
    return text + (f"VERSION_ID={version}\n" if version else "")


def around(fixed, pick):
    """A version below, at or above a fix, in one of the ways in which versions grow."""
    base, _, revision = fixed.rpartition("-r")
    number = int(revision)
    digits, letter = base.split("_")[0].rstrip("abcdefghijklmnopqrstuvwxyz"), base.split("_")[0][-1:]
    head, dot, last = digits.rpartition(".")
    lower = f"{head}{dot}{int(last) - 1}-r9" if int(last) > 0 else f"0-r{number}"
    ways = [fixed, fixed, f"{base}-r{number + 1}", f"{digits}.1-r0", f"{head}{dot}{int(last) + 1}-r0",
            lower, lower, f"{base}-r{number - 1}" if number else f"0.0.1-r{number}", "0.0.1-r7",
            f"{digits}_alpha3-r{number}", f"{digits}_p99-r0", f"{digits}_git20200101-r0"]
    if letter.isalpha():
        ways += [f"{digits}a-r0", f"{digits}z-r0", f"{digits}-r5"]
    return pick.choice(ways)


def installed_database(fixes, pick):
    """An apk database: two packages of each origin, and some that are only called like one."""
    blocks = []
    for origin in sorted(fixes):
        version = around(pick.choice(sorted(fixes[origin] - {"0"}) or ["1.0-r0"]), pick)
        names = [origin, origin + "-libs"] if pick.random() < 0.7 else [origin + "-libs"]
        blocks += [(name, version, origin) for name in names]
        if origin not in names:
            blocks.append((origin, "0.0.1-r0", "somewhere-else"))
    blocks.append(("alpine-baselayout", "3.4.3-r1", "alpine-baselayout"))
    pick.shuffle(blocks)
    return "\n".join(f"C:Q1{'A' * 27}=\nP:{name}\nV:{version}\nA:x86_64\nS:1\nI:1\nT:a test package\n"
                     f"U:https://example.org\nL:MIT\no:{origin}\nF:usr\nR:{name}\n"
                     for name, version, origin in blocks)


def make_root(root, release, installed, place):
    os.makedirs(os.path.join(root, place))
    os.makedirs(os.path.join(root, "etc"))
    with open(os.path.join(root, place, "installed"), "w", encoding="ascii") as file:
        file.write(installed)
    with open(os.path.join(root, "etc/os-release"), "w", encoding="ascii") as file:
        file.write(release)


def check_system(compare, top, name, release, feeds, database):
    fixes = {}
    for path in feeds:
        for package, version, _ in match_oracle.secdb_packages(path):
            fixes.setdefault(package, set()).add(version)
    assert fixes, feeds
    n_findings = 0
    for i in range(ROOTS):
        pick = random.Random(f"{name} {i}")
        installed = installed_database(fixes, pick)
        root = os.path.join(top, f"{name}-{i}")
        make_root(root, release, installed, "lib/apk/db" if i % 2 else "usr/lib/apk/db")
        expected = {(*f, "fixed") for f in match_oracle.secdb(feeds, installed)}
        report = seawall.scan(root, "--db", database)
        compare(f"{name} {i}: packages", {(p["name"], p["version"], p["source_name"])
                                         for p in report["packages"]},
                set(match_oracle.apk_installed(installed)))
        compare(f"{name} {i}: findings", systems.findings(report), expected)
        n_findings += len(expected)
    layer, image = root + ".layer", root + ".image"
    seawall.tar_of(root, layer)
    seawall.oci_layout(image, [layer])
    compare(f"{name}: as an image", systems.findings(seawall.scan(image, "--db", database)), expected)
    assert n_findings >= ROOTS, name


def main():
    samples = {
        "alpine": [seawall.shared(SAMPLES.format("alpine", f"v3.15/{part}.yaml"))
                   for part in ("main", "community")],
        "wolfi": [seawall.shared(SAMPLES.format("wolfi", "security.json"))],
        "chainguard": [seawall.shared(SAMPLES.format("chainguard", "security.json"))],
    }
    compare = systems.Comparison()
    with systems.scratch() as top:
        sources, odd = os.path.join(top, "sources"), os.path.join(top, "odd.json")
        for name, paths in samples.items():
            for path in paths:
                to = os.path.join(sources, "secdb", name, os.path.basename(path))
                os.makedirs(os.path.dirname(to), exist_ok=True)
                shutil.copyfile(path, to)
        with open(odd, "w", encoding="ascii") as file:
            json.dump(ODD, file)
        shutil.copyfile(odd, os.path.join(sources, "secdb/v3.20-main.json"))
        database = os.path.join(top, "seawall.db")
        seawall.run("db", "build", "--sources", sources, "-o", database)
        check_system(compare, top, "alpine 3.15", os_release("alpine", "3.15.11"),
                     samples["alpine"], database)
        check_system(compare, top, "wolfi", os_release("wolfi", "20230201"), samples["wolfi"],
                     database)
        check_system(compare, top, "chainguard", os_release("chainguard", "20230214"),
                     samples["chainguard"], database)
        check_system(compare, top, "alpine 3.20", os_release("alpine", "3.20.3"), [odd], database)
        # What one release lists says nothing of another.
        report = os.path.join(top, "other")
        make_root(report, os_release("alpine", "3.16.0"),
                  installed_database({"zlib": {"1.2.12-r2"}}, random.Random(1)), "lib/apk/db")
        compare("alpine 3.16: not judged by another's feed",
                systems.findings(seawall.scan(report, "--db", database)), set())
    compare.finish()


if __name__ == "__main__":
    main()
