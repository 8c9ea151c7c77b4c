#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shared root filesystems: the package lists of four Alpine releases, an image without a package
database, and three Debian systems whose fixable CVEs are known, each as directory and as image."""
import gzip
import os
import shutil
import subprocess
import sys

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [os.path.join(TESTS, "harness"), os.path.join(TESTS, "oracle")]
sys.dont_write_bytecode = True

import match_oracle  # noqa: E402
import seawall  # noqa: E402
import systems  # noqa: E402

DEBIAN = {"bullseye": "11", "bookworm": "12", "trixie": "13"}
FEED = "native/debian-fixed-versions.jsonl.zst"

compare = systems.Comparison()


def read_table(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]


def plain_layer(packed, path):
    with gzip.open(packed) as source, open(path, "wb") as layer:
        shutil.copyfileobj(source, layer)


def check_alpine(top):
    base = seawall.shared("corpora/rootfs/alpine")
    for name in sorted(os.listdir(base)):
        if not name.endswith(".packages.tsv"):
            continue
        expected = {tuple(row) for row in read_table(os.path.join(base, name))}
        packed = os.path.join(base, name[:-len(".packages.tsv")])
        layer, root = os.path.join(top, name + ".layer"), os.path.join(top, name + ".root")
        plain_layer(packed, layer)
        os.makedirs(root)
        subprocess.run(["tar", "-C", root, "-xf", layer, "--exclude=./dev/*"], check=True)
        image = os.path.join(top, name + ".image")
        seawall.docker_archive(image, [layer], "gzip")
        for target in (root, image):
            report = seawall.scan(target, "--db", database)
            compare(f"{name} {report['target']['kind']}",
                    {(p["name"], p["version"], p["source_name"]) for p in report["packages"]},
                    expected)


def check_busybox():
    report = seawall.scan(seawall.shared("corpora/rootfs/busybox-oci/glibc-amd64"), "--db", database)
    said = [n for n in report["notes"] if "no package database" in n["message"].lower()]
    compare("busybox: says that there is no package database", {bool(said)}, {True})
    compare("busybox: lists nothing", set(map(str, report["packages"])), set())


def fixed_findings(report):
    return {f[:-1] for f in systems.findings(report) if f[-1] == "fixed"}


def check_debian(top):
    for suite, release in DEBIAN.items():
        base = seawall.shared(f"corpora/rootfs/debian-{suite}")
        root = os.path.join(top, suite)
        os.makedirs(root)
        subprocess.run(["tar", "-C", root, "-xzf", os.path.join(base, "rootfs-dpkg-only.tar.gz")],
                       check=True)
        layer, image = os.path.join(top, suite + ".layer"), os.path.join(top, suite + ".image")
        plain_layer(os.path.join(base, "rootfs-dpkg-only.tar.gz"), layer)
        seawall.docker_archive(image, [layer])
        with open(os.path.join(root, "var/lib/dpkg/status"), encoding="utf-8") as file:
            joined = match_oracle.debian(seawall.shared("vulndb-sources"), release, file.read())
        # Rows of the table may be held back; the join that it was made by has them all.
        table = {(r[0], r[1], r[3], r[4], r[5])
                 for r in read_table(os.path.join(base, "expected-fixable.tsv"))}
        compare(f"{suite}: the table's rows are the join's", table - joined, set())
        for target in (root, image):
            report = seawall.scan(target, "--db", database)
            compare(f"{suite} {report['target']['kind']}: {len(table)} rows of the table and "
                    f"{len(joined - table)} more", fixed_findings(report), joined)


def main():
    global database
    seawall.need("tar", "zstd")
    database = systems.database()
    with systems.scratch() as top:
        check_alpine(top)
        check_busybox()
        check_debian(top)
    compare.finish()


if __name__ == "__main__":
    main()
