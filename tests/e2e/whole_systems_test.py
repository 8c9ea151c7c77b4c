#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole Debian 11, 12 and 13 systems, made by mmdebstrap without security updates and kept between
runs. As `docker save` archive, as OCI layout with each compression and as directory they must give
the same packages and findings, and those that the oracle computes from the feeds and dpkg's status.

The first run needs a Debian mirror (apt's own) and some minutes; skipped (77) where it has none."""
import concurrent.futures
import os
import sys

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [os.path.join(TESTS, "harness"), os.path.join(TESTS, "oracle")]
sys.dont_write_bytecode = True

import match_oracle  # noqa: E402
import seawall  # noqa: E402
import systems  # noqa: E402

DEBIAN = {"bullseye": "11", "bookworm": "12", "trixie": "13"}
# So many that a system which lost its packages cannot pass.
PACKAGES_MIN = 100
FINDINGS_MIN = 10


def packages_of(report):
    return {(p["name"], p["version"], p["arch"], p["source_name"], p["source_version"])
            for p in report["packages"]}


def known_exploited(report):
    return {f["id"] for f in report["findings"] if f["is_kev"]}


def scored(report):
    return {(f["id"], f["epss"], f["epss_percentile"])
            for f in report["findings"] if "epss" in f}


def make_all():
    """Suite -> its parts, by name; made two at a time, since packing takes longest by far."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        tars = dict(zip(DEBIAN, pool.map(systems.debian_tar, DEBIAN)))
        made = {suite: {"directory": pool.submit(systems.unpacked, tar),
                        "docker archive": pool.submit(systems.as_docker, tar)}
                for suite, tar in tars.items()}
        for suite, tar in tars.items():
            for kind in seawall.COMPRESS:
                made[suite][f"OCI layout, {kind}"] = pool.submit(systems.as_layout, tar, kind)
        return {suite: {name: part.result() for name, part in parts.items()}
                for suite, parts in made.items()}


def check_forms(compare, suite, parts, database):
    """The report on the directory; every other form must say the same."""
    directory = seawall.scan(parts["directory"], "--db", database)
    for form, image in parts.items():
        report = seawall.scan(image, "--db", database)
        compare(f"{suite}, {form}: packages", packages_of(report), packages_of(directory))
        compare(f"{suite}, {form}: findings", systems.findings(report),
                systems.findings(directory))
    return directory


def check_oracle(compare, suite, root, report, sources):
    with open(os.path.join(root, "var/lib/dpkg/status"), encoding="utf-8") as file:
        status = file.read()
    expected = match_oracle.debian(sources, DEBIAN[suite], status)
    compare(f"{suite}: packages, by dpkg's status", {p[:2] for p in packages_of(report)},
            {p[:2] for p in match_oracle.dpkg_status(status)})
    compare(f"{suite}: findings, by the oracle",
            {f[:-1] for f in systems.findings(report) if f[-1] == "fixed"}, expected)
    cves = {f[2] for f in expected}
    compare(f"{suite}: known exploited", known_exploited(report),
            cves & match_oracle.known_exploited(sources))
    scores = match_oracle.exploit_scores(sources)
    compare(f"{suite}: EPSS", scored(report), {(cve, *scores[cve]) for cve in cves & set(scores)})
    assert len(report["packages"]) >= PACKAGES_MIN and len(expected) >= FINDINGS_MIN, suite


def main():
    seawall.need("tar", *(c[0] for c in seawall.COMPRESS.values() if c))
    sources = seawall.shared("vulndb-sources")
    database = systems.database()
    compare = systems.Comparison()
    for suite, parts in make_all().items():
        report = check_forms(compare, suite, parts, database)
        check_oracle(compare, suite, parts["directory"], report, sources)
    compare.finish()


if __name__ == "__main__":
    main()
