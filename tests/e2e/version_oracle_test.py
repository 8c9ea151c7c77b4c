#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A million pairs of versions through libdpkg, another million through rpm, each in one process,
and both through lib/rules/version.c: no difference is allowed where the distribution's tool takes
both versions. For apk, whose tool is not in Debian, a quarter of a million through a second
implementation of its order. The pairs are the same in every run."""
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading

N_PAIRS = int(os.environ.get("SEAWALL_VERSION_PAIRS", "1000000"))
SEED = 20260

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SEAWALL_BUILD", SOURCE / "build" / "dev"))
SHARED = pathlib.Path(os.environ.get("SEAWALL_SHARED", SOURCE / ".." / "shared"))

DPKG_REAL = """1.2.3-1~deb7u1 1:2.36-9+deb12u4 2.7.4+reloaded2-13ubuntu1 0.9.8zh-1 7u25-2.3.12-4
3.0.11-1~deb12u2 1:45.6.0-2~deb7u1 2018c-0+deb7u1 78.6.0esr-1~deb9u1 1.0.2g-1ubuntu4.20
4.19.37-5+deb10u2~bpo9+1 20211016ubuntu0.22.04.1 2:8.39-13ubuntu0.1 1.1.1n-0+deb11u5
5:7.0.15-1~deb12u1 1:9.2p1-2+deb12u2 0~20220504+ds1-1 2.0.0~rc1+git20230101-3""".split()
RPM_REAL = """1:1.1.1k-7.el8_6 3.0.7-16.el9_2 5.14.0-284.11.1.el9_2 2.34-60.el9 0:3.10.0-229.el7
1.module+el9.4.0+23026+aaa2e3cb-2 32:9.16.23-11.el9_2.1 1.0~rc1-1.fc40 1.0^git20240101.abc-2.fc41
2.4.57-5.el9 4.18.0-477.10.1.el8_8 1.2.11-40.el9 8.0.36-1.module+el8 20230731-1.git94f0e2c.el9_3
7.61.1-30.el8_8.3 2:9.1.083-1.amzn2023 1.9.5p2-9.el8 0.11.3-2.cm2""".split()

APK_REAL = """1.2.3-r0 5.7.1p1-r0 0.1_pre2~1234abcd-r3 2.0.0_p481-r2 8.2.2956-r0
1.0.0_pre20191002222144-r0 20240226-r0 1.36.1-r29 3.1.4-r5 1.1_alpha1 2.9.11_pre20051101-r3 6.6.2_p1
0.99.3.20040818 02.08.01b 1.06-r6 1.2.3_git20240101-r0 9.05.1-r0 0.1_p1_pre2""".split()

DPKG_BYTES = list("0019aAz.+~~-:_")
DPKG_PIECES = ["~", "~~", "+", ".", "-", "-0", "-1", "0", "00", "1", "9", "10", "a", "Z", "+b1",
               "~rc1", "~deb12u1", "0:", "1:", "2147483647:", "99999999999999999999",
               "18446744073709551616", ":", "alpha", ".0", "_"]
APK_BYTES = list("0019aAz._~-r")
APK_PIECES = [".", ".0", ".00", ".01", ".1", ".9", ".10", "0", "1", "9", "a", "p", "p1",
              "_alpha", "_beta2", "_pre", "_rc1", "_cvs", "_svn1", "_git20240101", "_hg", "_p",
              "_p2", "~ab", "~0f", "-r0", "-r1", "-r01", "-r", ".18446744073709551616", "!"]
RPM_BYTES = list("0019aAz._+~^-: ")
RPM_PIECES = ["~", "^", "~~", "^^", "~^", "+", ".", "..", "_", "-", "-1", "0", "00", "1", "9", "10",
              "a", "Z", ".el9", "_2", "0:", "1:", "4294967295:", "99999999999999999999",
              "18446744073709551616", ":", "alpha", ".0", "%", "\x01", "\x7f"]


class Maker:
    """Versions by grammar, and small changes to them. random.random() is what is fast."""

    EPOCHS = ("", "", "", "0:", "1:", "2:", "00:", "10:")

    def __init__(self, seed, real, chars, pieces, epochs=EPOCHS):
        self.rng = random.Random(seed)
        self.real = real
        self.chars = chars
        self.pieces = pieces
        self.epochs = epochs

    def pick(self, items):
        return items[int(self.rng.random() * len(items))]

    def short(self):
        n = int(self.rng.random() * 9)
        return "".join(self.rng.choices(self.chars, k=n))

    def grammar(self):
        n = 1 + int(self.rng.random() * 5)
        text = self.pick("0129") + "".join(self.rng.choices(self.pieces, k=n))
        return self.pick(self.epochs) + text

    def change(self, text):
        rnd = self.rng.random
        at = int(rnd() * (len(text) + 1))
        kind = int(rnd() * 5)
        if kind == 0:
            return text[:at] + self.pick(self.pieces) + text[at:]
        if kind == 1:
            return text[:at] + text[at + 1:]
        if kind == 2:
            return text[:at] + self.pick(self.chars) + text[at + 1:]
        if kind == 3:
            to = at + 1 + int(rnd() * 6)
            return text[:to] + text[at:]
        return text[:at]

    def pair(self):
        kind = int(self.rng.random() * 10)
        if kind < 2:
            return self.short(), self.short()
        if kind < 4:
            a = self.grammar()
            return a, self.grammar()
        if kind < 6:
            a = self.grammar()
            return a, self.change(a)
        if kind < 7:
            return self.pick(self.real), self.pick(self.real)
        a = self.pick(self.real)
        b = self.change(a)
        if kind == 7:
            a = self.change(a)
        if kind == 8:
            b = self.change(b)
        return a, b


def corpus(name):
    path = SHARED / "corpora" / "versions" / "osv-scalibr" / name
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    versions = {v for line in lines if not line.startswith("#") for v in line.split()[::2]}
    return sorted(v for v in versions if v.isascii())


def run(command, pairs, outputs):
    with open(pairs, "rb") as stdin:
        done = subprocess.run(command, stdin=stdin, stdout=subprocess.PIPE, check=False)
    outputs[command[0]] = done.stdout.decode().split("\n")[:-1]
    if done.returncode != 0:
        print(f"{command[0]} ended with {done.returncode}")


def compare(scheme, oracle, maker, folder, n_pairs=N_PAIRS):
    """Number of differences; prints the first few."""
    path = pathlib.Path(folder) / scheme
    with open(path, "w", encoding="ascii") as file:
        for _ in range(n_pairs):
            file.write("%s\t%s\n" % maker.pair())
    ours = [str(BUILD / "tests" / "oracle_version_compare"), scheme]
    outputs = {}
    threads = [threading.Thread(target=run, args=(c, path, outputs)) for c in (oracle, ours)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    theirs, mine = outputs[oracle[0]], outputs[ours[0]]
    if len(theirs) != n_pairs or len(mine) != n_pairs:
        print(f"{scheme}: {len(theirs)} and {len(mine)} answers to {n_pairs} pairs")
        return 1
    n_refused = theirs.count("?")
    n_differences = 0
    with open(path, encoding="ascii") as file:
        for line, their, our in zip(file, theirs, mine):
            if their == our or their == "?":
                continue
            n_differences += 1
            if n_differences <= 20:
                a, b = line.rstrip("\n").split("\t")
                print(f"{scheme}: {a!r} {b!r}: the tool says {their}, Seawall {our}")
    counts = ", ".join(f"{theirs.count(c)} {c}" for c in "<=>")
    print(f"{scheme}: {n_pairs} pairs, {n_refused} refused by the tool, {counts}, "
          f"{n_differences} differences", flush=True)
    return n_differences


def find_rpm_python():
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import rpm; rpm.ver"], stderr=subprocess.DEVNULL,
                          check=False).returncode == 0:
            return python
    return None


def main():
    missing = []
    n_differences = 0
    dpkg = BUILD / "tests" / "oracle_dpkg_version"
    if not (BUILD / "tests" / "oracle_version_compare").exists():
        print("skipped: not built with SEAWALL_TESTS")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        if dpkg.exists():
            real = DPKG_REAL * 20 + corpus("debian-versions-generated.txt")
            maker = Maker(SEED, real, DPKG_BYTES, DPKG_PIECES)
            n_differences += compare("dpkg", [str(dpkg)], maker, folder)
        else:
            missing.append("libdpkg-dev")
        python = find_rpm_python()
        if python is not None:
            real = RPM_REAL * 20 + corpus("redhat-versions.txt")
            maker = Maker(SEED + 1, real, RPM_BYTES, RPM_PIECES)
            oracle = [python, str(SOURCE / "tests" / "oracle" / "rpm_version.py")]
            n_differences += compare("rpm", oracle, maker, folder)
        else:
            missing.append("python3-rpm 4.18 or newer")
        real = APK_REAL * 20 + corpus("alpine-versions-generated.txt")
        maker = Maker(SEED + 2, real, APK_BYTES, APK_PIECES, ("",))
        oracle = [sys.executable, str(SOURCE / "tests" / "oracle" / "apk_version.py")]
        n_differences += compare("apk", oracle, maker, folder, N_PAIRS // 4)
    if n_differences > 0:
        return 1
    if missing:
        print(f"skipped: {' and '.join(missing)} not installed")
        return 77
    return 0


if __name__ == "__main__":
    sys.exit(main())
